"""Responses that the program keeps: `store`, `previous_response_id`, retrieve, delete."""

from __future__ import annotations

import json

import pytest
from openai import NotFoundError, OpenAI

from clients import openai_of
from e2e_support import model_of, providers
from upstream import Answer
from upstream.dialects import says

KEEPING = ["anthropic", "gemini", "custom", "openai"]
keeping = pytest.mark.parametrize("lane", KEEPING)


@keeping
def test_a_conversation_goes_on_from_a_stored_response(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(
        model, says(Answer(text="FIRST ANSWER")), says(Answer(text="Second.")), says(Answer(text="Third."))
    )
    first = openai.responses.create(model=f"{lane}/{model}", instructions="Rule one.", input="FIRST QUESTION")
    second = openai.responses.create(
        model=f"{lane}/{model}", instructions="Rule two.", input="SECOND QUESTION", previous_response_id=first.id
    )
    assert second.id != first.id
    if lane != "openai":
        # OpenAI's own bytes pass through, and OpenAI was sent the whole conversation instead.
        assert second.previous_response_id == first.id
    sent = json.dumps(plan.last.json)
    assert sent.index("FIRST QUESTION") < sent.index("FIRST ANSWER") < sent.index("SECOND QUESTION")
    assert "Rule two." in sent and "Rule one." not in sent, "instructions do not carry over"
    openai.responses.create(model=f"{lane}/{model}", input="Third?", previous_response_id=second.id)
    sent = json.dumps(plan.last.json)
    assert sent.index("FIRST ANSWER") < sent.index("Second.") < sent.index("Third?")


@keeping
def test_a_streamed_response_is_stored_too(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="FIRST ANSWER")), says(Answer(text="Second.")))
    events = list(openai.responses.create(model=f"{lane}/{model}", input="Q1", stream=True))
    first = events[-1].response
    assert openai.responses.retrieve(first.id).output_text == "FIRST ANSWER"
    openai.responses.create(model=f"{lane}/{model}", input="Q2", previous_response_id=first.id)
    assert b"FIRST ANSWER" in plan.last.body


@keeping
def test_a_stored_response_is_retrieved_and_deleted(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer(text="Kept.")))
    made = openai.responses.create(model=f"{lane}/{model}", input="Keep this.")
    kept = openai.responses.retrieve(made.id)
    assert (kept.id, kept.output_text, kept.status) == (made.id, "Kept.", "completed")
    assert kept.usage == made.usage
    openai.responses.delete(made.id)
    with pytest.raises(NotFoundError):
        openai.responses.retrieve(made.id)
    with pytest.raises(NotFoundError):
        openai.responses.delete(made.id)


@keeping
def test_a_response_that_shall_not_be_stored_is_not(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer()))
    made = openai.responses.create(model=f"{lane}/{model}", input="Forget this.", store=False)
    with pytest.raises(NotFoundError):
        openai.responses.retrieve(made.id)


def test_an_unknown_previous_response_is_a_clear_error(upstream, openai: OpenAI):
    model = model_of("anthropic")
    plan = upstream.on(model, says(Answer()))
    with pytest.raises(Exception) as refused:
        openai.responses.create(model=f"anthropic/{model}", input="Hm?", previous_response_id="resp_nowhere")
    assert refused.value.status_code in (400, 404)
    assert "resp_nowhere" in str(refused.value)
    assert plan.count == 0


def test_a_stored_response_survives_a_restart(upstream, start):
    program = start(providers(upstream))
    model = model_of("anthropic")
    upstream.on(model, says(Answer(text="Kept.")))
    made = openai_of(program).responses.create(model=f"anthropic/{model}", input="Keep this.")
    program.stop()
    program.start()
    assert openai_of(program).responses.retrieve(made.id).output_text == "Kept."


def test_a_key_without_the_endpoint_cannot_read_a_stored_response(upstream, program, openai: OpenAI):
    model = model_of("anthropic")
    upstream.on(model, says(Answer(text="Kept.")))
    made = openai.responses.create(model=f"anthropic/{model}", input="Keep this.")
    other = openai_of(program, program.api.new_key(endpoints=["/v1/chat/completions"]).key)
    with pytest.raises(Exception) as refused:
        other.responses.retrieve(made.id)
    assert refused.value.status_code == 403
    stranger = openai_of(program, "nab-" + "x" * 43)
    with pytest.raises(Exception) as refused:
        stranger.responses.retrieve(made.id)
    assert refused.value.status_code == 401
