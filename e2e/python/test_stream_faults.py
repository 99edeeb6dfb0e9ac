"""A stream that goes wrong after the client has got something: an error, never a clean end."""

from __future__ import annotations

import time
from dataclasses import replace

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

from clients import anthropic_of, openai_of
from e2e_support import LANES, Program, model_of, providers
from faults import MID_STREAM, error_event, half, responses_error_event
from upstream import Answer, Cut, Hang, Send
from upstream.dialects import says, streams
from upstream.script import whole

HELLO = [{"role": "user", "content": "Hello"}]
faults = pytest.mark.parametrize("fault", MID_STREAM, ids=lambda fault: fault.__name__)
lanes = pytest.mark.parametrize("lane", LANES)
CLEAN_ENDS = (
    "data:[DONE]",
    '"type":"message_stop"',
    '"type":"response.completed"',
    '"type":"response.incomplete"',
    '"finish_reason":"stop"',
    '"stop_reason":"end_turn"',
)


@pytest.fixture(scope="module")
def hasty(upstream, tmp_path_factory):
    """A program that does not wait long."""
    timeouts = {"connect_ms": 1000, "headers_ms": 2000, "first_token_ms": 1000, "stall_ms": 250, "total_ms": 20_000}
    config = providers(upstream) | {"gateway": {"timeouts": timeouts}}
    with Program(tmp_path_factory.mktemp("hasty"), config) as running:
        yield running


def check_row_of_broken(program: Program, model: str) -> dict:
    """One row: an error, with what was delivered billed by an estimate."""
    rows = program.api.rows(model=model)
    assert [row["status"] for row in rows] == ["error"]
    assert rows[0]["usage_source"] == "estimated"
    assert rows[0]["usage_detail"]["output_tokens"] > 0, "what was delivered is billed"
    assert rows[0]["usage_detail"]["input_tokens"] > 0
    assert rows[0]["error_kind"] and rows[0]["error_message"]
    return rows[0]


def raw_stream(program: Program, path: str, body: dict) -> str:
    with program.api.http.stream("POST", path, json=body | {"stream": True}) as answer:
        assert answer.status_code == 200
        return "".join(answer.iter_text())


def check_no_clean_end(text: str) -> None:
    for end in CLEAN_ENDS:
        assert end not in text.replace(" ", ""), f"{end} after a broken stream"


@lanes
@faults
def test_chat_ends_with_an_error_after_a(fault, lane, upstream, hasty):
    model = model_of(lane)
    upstream.on(model, streams(Answer(), fault))
    name = f"{lane}/{model}"
    got = ""
    with pytest.raises(openai_sdk.APIError) as raised:
        for chunk in openai_of(hasty).chat.completions.create(model=name, messages=HELLO, stream=True):
            got += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert got and Answer().text.startswith(got), "what came before the fault was delivered"
    assert raised.value.code and raised.value.code.startswith("upstream_")
    check_row_of_broken(hasty, model)
    check_no_clean_end(raw_stream(hasty, "/v1/chat/completions", {"model": name, "messages": HELLO}))


@lanes
@faults
def test_messages_end_with_an_error_after_a(fault, lane, upstream, hasty):
    model = model_of(lane)
    upstream.on(model, streams(Answer(), fault))
    asked = {"model": f"{lane}/{model}", "messages": HELLO, "max_tokens": 100}
    got = ""
    with pytest.raises(anthropic_sdk.APIStatusError) as raised:
        for event in anthropic_of(hasty).messages.create(**asked, stream=True):
            if event.type == "content_block_delta":
                got += event.delta.text
    assert got and Answer().text.startswith(got)
    assert raised.value.body["type"] == "error"
    check_row_of_broken(hasty, model)
    check_no_clean_end(raw_stream(hasty, "/v1/messages", asked))


@lanes
@faults
def test_responses_end_with_an_error_after_a(fault, lane, upstream, hasty):
    model = model_of(lane)
    upstream.on(model, streams(Answer(), fault))
    asked = {"model": f"{lane}/{model}", "input": "Hello", "store": False}
    got, last = "", None
    try:
        for event in openai_of(hasty).responses.create(**asked, stream=True):
            last = event
            if event.type == "response.output_text.delta":
                got += event.delta
        assert last.type == "response.failed", last.type
        assert last.response.status == "failed" and last.response.error.message
    except openai_sdk.APIError as error:
        assert error.message
    assert got and Answer().text.startswith(got)
    check_row_of_broken(hasty, model)
    check_no_clean_end(raw_stream(hasty, "/v1/responses", asked))


@lanes
def test_an_error_event_of_the_provider_is_told_to_the_client(lane, upstream, hasty):
    model = model_of(lane)
    upstream.on(model, streams(Answer(), lambda frames: [*half(frames), error_event(lane, "on fire")]))
    with pytest.raises(openai_sdk.APIError, match="on fire"):
        list(openai_of(hasty).chat.completions.create(model=f"{lane}/{model}", messages=HELLO, stream=True))
    check_row_of_broken(hasty, model)
    with pytest.raises(anthropic_sdk.APIStatusError, match="on fire"):
        list(anthropic_of(hasty).messages.create(model=f"{lane}/{model}", messages=HELLO, max_tokens=9, stream=True))


def test_an_error_event_in_a_response_is_told_to_the_client(upstream, hasty):
    model = model_of("openai")
    upstream.on(model, streams(Answer(), lambda frames: [*half(frames), responses_error_event("on fire")]))
    text = raw_stream(hasty, "/v1/responses", {"model": f"openai/{model}", "input": "Hello", "store": False})
    assert "on fire" in text
    check_no_clean_end(text)
    check_row_of_broken(hasty, model)


def test_a_finish_reason_of_error_is_an_error(upstream, hasty):
    """OpenRouter keeps the 200 and says `finish_reason: error`."""
    model = model_of("custom")
    broken = b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","provider":"P","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n'
    upstream.on(model, streams(Answer(), lambda frames: [*half(frames), broken, b"data: [DONE]\n\n"]))
    text = raw_stream(hasty, "/v1/chat/completions", {"model": f"custom/{model}", "messages": HELLO})
    assert "Provider disconnected" in text
    check_no_clean_end(text)
    check_row_of_broken(hasty, model)


@lanes
def test_a_complete_answer_cut_in_the_middle_is_an_error(lane, upstream, hasty):
    model = model_of(lane)

    def cut(seen):
        script = says(Answer())(seen)
        middle = len(script.body) // 2
        return replace(script, steps=(Send(script.body[:middle]), Cut(), Send(script.body[middle:])))

    upstream.on(model, cut)
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        openai_of(hasty).chat.completions.create(model=f"{lane}/{model}", messages=HELLO)
    assert raised.value.status_code == 502
    assert [row["status"] for row in hasty.api.rows(model=model)] == ["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"<html>", b'{"choices":5}', b"\xff\xfe"])
@pytest.mark.parametrize("lane", ["openai", "anthropic", "gemini", "ollama"])
def test_rubbish_is_an_error_and_not_an_answer(lane, body, upstream, hasty):
    model = model_of(lane)
    upstream.on(model, whole(body))
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        openai_of(hasty).chat.completions.create(model=f"{lane}/{model}", messages=HELLO)
    assert raised.value.status_code == 502, raised.value
    assert [row["status"] for row in hasty.api.rows(model=model)] == ["error"]


def test_silence_is_noticed_in_time(upstream, hasty):
    model = model_of("openai")
    plan = upstream.on(model, streams(Answer(), lambda frames: [*half(frames), Hang()]))
    began = time.monotonic()
    with pytest.raises(openai_sdk.APIError, match="(?i)stall"):
        list(openai_of(hasty).chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True))
    assert 0.2 < time.monotonic() - began < 2
    assert plan.last.hung_up.wait(1), "the provider's connection is closed too"
