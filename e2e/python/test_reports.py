"""Usage reports over what clients have just done."""

from __future__ import annotations

import csv
import io
import json

import openai as openai_sdk
import pytest

from clients import openai_of
from e2e_support import Program, model_of, providers
from e2e_support.configuration import cost_nano
from test_fallback import refused
from upstream import Answer, Tokens
from upstream.dialects import says

HELLO = [{"role": "user", "content": "Hello"}]
USED = Tokens(100, 10)


@pytest.fixture(scope="module")
def busy(upstream, tmp_path_factory):
    """A program after three calls through `openai`, two through `anthropic`, and one that failed."""
    with Program(tmp_path_factory.mktemp("busy"), providers(upstream)) as program:
        model = model_of("openai", "reported")
        upstream.on(model, says(Answer(usage=USED)))
        broken = model_of("openai", "broken")
        upstream.on(broken, refused(500))
        client = openai_of(program)
        for lane, count in (("openai", 3), ("anthropic", 2)):
            for number in range(count):
                headers = {"x-nab-tags": f"tag-{number % 2}"}
                client.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, extra_headers=headers)
        with pytest.raises(openai_sdk.APIStatusError):
            client.chat.completions.create(model=f"openai/{broken}", messages=HELLO)
        assert len(program.api.rows(count=6)) == 6
        yield program


def test_usage_is_summed_up(busy):
    total = busy.api.get("/usage")["total"]
    assert (total["requests"], total["calls"], total["errors"]) == (6, 6, 1)
    assert (total["input_tokens"], total["output_tokens"]) == (500, 50)
    assert total["cost_nano_usd"] == 5 * cost_nano(100, 10)
    assert total["latency_p50_ms"] > 0


def test_usage_is_grouped(busy):
    rows = busy.api.get("/usage", group_by="provider")["data"]
    assert {row["provider"]: row["requests"] for row in rows} == {"openai": 4, "anthropic": 2}
    rows = busy.api.get("/usage", group_by="day,status")["data"]
    assert {row["status"]: row["requests"] for row in rows} == {"success": 5, "error": 1}
    rows = busy.api.get("/usage", group_by="tag")["data"]
    assert {row["tag"]: row["requests"] for row in rows if row["tag"]} == {"tag-0": 3, "tag-1": 2}


def test_usage_comes_as_a_table_and_as_lines(busy):
    http = busy.api.http
    table = http.get("/api/v1/usage", params={"group_by": "provider", "format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {row["provider"]: row["requests"] for row in rows} == {"openai": "4", "anthropic": "2"}
    lines = http.get("/api/v1/usage/requests", params={"format": "ndjson"})
    assert len([json.loads(line) for line in lines.text.splitlines()]) == 6


def test_requests_come_in_pages(busy):
    seen, cursor = [], {}
    while True:
        page = busy.api.get("/usage/requests", limit=4, **cursor)
        seen += [row["id"] for row in page["data"]]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 6


def test_one_call_is_shown_with_its_attempts(busy):
    row = busy.api.rows(status="error")[0]
    call = busy.api.get(f"/usage/requests/{row['request_id']}")
    assert [attempt["status"] for attempt in call["attempts"]] == ["error"]
    assert call["attempts"][0]["error_message"] and call["cost_nano_usd"] == 0
    assert call["bodies"] is None, "nothing is logged that nobody asked for"


def test_a_wrong_parameter_is_named(busy):
    answer = busy.api.http.get("/api/v1/usage", params={"group_by": "colour"})
    assert answer.status_code == 400 and "colour" in answer.text


def test_bodies_are_logged_once_it_is_switched_on(upstream, start):
    program = start(providers(upstream))
    program.api.patch("/organizations/current", {"log_bodies": True})
    model = model_of("openai")
    upstream.on(model, says(Answer(text="LOGGED ANSWER")))
    client = openai_of(program)
    for stream in (False, True):
        raw = client.chat.completions.with_raw_response.create(
            model=f"openai/{model}", messages=[{"role": "user", "content": "LOGGED QUESTION"}], stream=stream
        )
        if stream:
            list(raw.parse())
        request_id = raw.headers["x-request-id"]
        program.api.row(request_id)
        bodies = program.api.get(f"/usage/requests/{request_id}")["bodies"]
        assert "LOGGED QUESTION" in json.dumps(bodies)
        assert "LOGGED" in json.dumps(bodies).replace("LOGGED QUESTION", "")
