"""Files, vector stores and `file_search` through the official client's own helpers."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from e2e_support import model_of
from upstream import Answer
from upstream.dialects import says

LEAVE = b"# Leave\n\nEverybody has thirty days of leave a year.\n"
TRAVEL = b"# Travel\n\nTrains are booked in second class.\n"
QUESTION = "How many days of leave are there?"


def named(name: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.fixture
def store(openai: OpenAI) -> Iterator[str]:
    """A vector store with two files that were read."""
    made = openai.vector_stores.create(name="Handbook", metadata={"team": "hr"})
    batch = openai.vector_stores.file_batches.upload_and_poll(
        vector_store_id=made.id, files=[named("Leave.md", LEAVE), named("Travel.md", TRAVEL)], poll_interval_ms=100
    )
    assert (batch.status, batch.file_counts.completed, batch.file_counts.total) == ("completed", 2, 2)
    yield made.id
    openai.vector_stores.delete(made.id)


def search_in(store: str, **more) -> list[dict]:
    return [{"type": "file_search", "vector_store_ids": [store], **more}]


def test_a_file_is_kept_listed_read_and_deleted(openai: OpenAI):
    made = openai.files.create(
        file=named("Leave.md", LEAVE), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert (made.object, made.filename, made.bytes, made.purpose) == ("file", "Leave.md", len(LEAVE), "user_data")
    assert made.expires_at == made.created_at + 3600
    assert openai.files.wait_for_processing(made.id).status == "processed"
    assert made.id in [file.id for file in openai.files.list(purpose="user_data")]
    assert openai.files.content(made.id).read() == LEAVE
    assert openai.files.delete(made.id).deleted
    with pytest.raises(NotFoundError):
        openai.files.retrieve(made.id)


def test_one_file_is_uploaded_polled_changed_and_taken_out(openai: OpenAI):
    made = openai.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 3})
    assert made.expires_at == made.last_active_at + 3 * 86_400
    files = openai.vector_stores.files
    chunking = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 20}}
    file = files.upload_and_poll(
        vector_store_id=made.id,
        file=named("Leave.md", LEAVE),
        attributes={"year": 2026},
        chunking_strategy=chunking,
        poll_interval_ms=100,
    )
    assert (file.status, file.last_error, file.attributes) == ("completed", None, {"year": 2026})
    assert file.chunking_strategy.static.max_chunk_size_tokens == 200
    changed = files.update(file.id, vector_store_id=made.id, attributes={"year": 2027, "draft": True})
    assert changed.attributes == {"year": 2027, "draft": True}
    text = "".join(part.text or "" for part in files.content(file.id, vector_store_id=made.id))
    assert "thirty days" in text
    now = openai.vector_stores.update(made.id, name="Renamed")
    assert (now.name, now.file_counts.completed, now.usage_bytes) == ("Renamed", 1, len(LEAVE))
    assert files.delete(file.id, vector_store_id=made.id).deleted
    assert list(files.list(made.id)) == []
    assert openai.files.retrieve(file.id).filename == "Leave.md", "the file itself stays"
    openai.files.delete(file.id)
    assert openai.vector_stores.delete(made.id).deleted


def test_lists_page_by_themselves(openai: OpenAI, store: str):
    made = [openai.vector_stores.create(name=f"Page {n}").id for n in range(3)]
    seen = [one.id for one in openai.vector_stores.list(limit=1)]
    assert [one for one in seen if one in made] == made[::-1], "the client walks all pages, newest first"
    files = [file.id for file in openai.vector_stores.files.list(store, limit=1, filter="completed")]
    assert len(set(files)) == 2
    for one in made:
        openai.vector_stores.delete(one)


def test_a_search_finds_and_filters(openai: OpenAI, store: str):
    found = openai.vector_stores.search(store, query="days of leave", max_num_results=3)
    best = found.data[0]
    assert best.filename == "Leave.md" and "thirty days" in best.content[0].text
    assert 0 <= best.score <= 1
    openai.vector_stores.files.update(best.file_id, vector_store_id=store, attributes={"kind": "hr"})
    filters = {"type": "and", "filters": [{"type": "eq", "key": "kind", "value": "hr"}]}
    found = openai.vector_stores.search(store, query=["leave", "trains"], filters=filters, rewrite_query=True)
    assert {hit.filename for hit in found.data} == {"Leave.md"}
    assert found.data[0].attributes == {"kind": "hr"}
    with pytest.raises(BadRequestError, match="max_num_results"):
        openai.vector_stores.search(store, query="x", max_num_results=99)


def test_a_response_searches_in_files_without_any_key(openai: OpenAI, store: str):
    answer = openai.responses.create(
        model="builtin/extract", input=QUESTION, tools=search_in(store), include=["file_search_call.results"]
    )
    call, message = answer.output
    assert (call.type, call.status) == ("file_search_call", "completed")
    assert call.queries == [QUESTION]
    assert call.results[0].filename == "Leave.md" and "thirty days" in call.results[0].text
    assert "thirty days" in answer.output_text
    cited = message.content[0].annotations[0]
    assert (cited.type, cited.filename, cited.file_id) == ("file_citation", "Leave.md", call.results[0].file_id)
    assert answer.tools[0].vector_store_ids == [store]
    assert answer.usage.output_tokens > 0
    kept = openai.responses.retrieve(answer.id)
    assert kept.output_text == answer.output_text and kept.output[0].id == call.id
    # The kept answer, its search included, can be continued.
    second = openai.responses.create(
        model="builtin/extract", input="Which class are trains?", tools=search_in(store), previous_response_id=answer.id
    )
    assert second.output[0].results is None and "second class" in second.output_text


def test_a_streamed_response_tells_of_its_search(openai: OpenAI, store: str):
    with openai.responses.stream(model="builtin/extract", input=QUESTION, tools=search_in(store)) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    steps = [f"response.file_search_call.{step}" for step in ("in_progress", "searching", "completed")]
    assert [kind for kind in kinds if kind in steps] == steps
    assert kinds.index(steps[-1]) < kinds.index("response.output_text.delta")
    assert "response.output_text.annotation.added" in kinds
    numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
    assert numbers == sorted(numbers)
    assert [item.type for item in final.output] == ["file_search_call", "message"]
    assert final.output[1].content[0].annotations[0].filename == "Leave.md"


def test_a_vendors_model_gets_the_sources_and_its_citations_are_checked(upstream, openai: OpenAI, store: str):
    model = model_of("anthropic")
    said = "Everybody has thirty days of leave a year [1]. Trains fly to the moon [1]."
    plan = upstream.on(model, says(Answer(text=said)))
    answer = openai.responses.create(
        model=f"anthropic/{model}", input=QUESTION, tools=search_in(store), tool_choice="required"
    )
    assert b"thirty days" in plan.last.body and b"file_search" not in plan.last.body
    annotations = answer.output[-1].content[0].annotations
    assert [cited.filename for cited in annotations] == ["Leave.md"], "what no source says is not cited"


def test_stores_that_are_not_there_are_refused(openai: OpenAI, store: str):
    missing = "vs_0198c1f05a3e7c3e9d511f0a4f9d2b11"
    with pytest.raises(NotFoundError, match=missing):
        openai.vector_stores.retrieve(missing)
    with pytest.raises(NotFoundError, match=missing):
        openai.responses.create(model="builtin/extract", input="?", tools=search_in(missing))
    with pytest.raises(BadRequestError, match="max_num_results"):
        openai.responses.create(model="builtin/extract", input="?", tools=search_in(store, max_num_results=0))
    with pytest.raises(BadRequestError, match="vector_store_ids"):
        openai.responses.create(model="builtin/extract", input="?", tools=[{"type": "file_search", "vector_store_ids": []}])
