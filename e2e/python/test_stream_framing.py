"""Streams in every shape that the wire allows: the answer is the same."""

from __future__ import annotations

import json

import pytest
from openai import OpenAI

from e2e_support import LANES, model_of
from upstream import Answer, Call, Gate
from upstream.dialects import says, streams
from upstream.script import resplit

ANSWER = Answer(calls=(Call("weather", {"city": "Zürich 🍵"}, "call_1"),), finish="tool_calls")
TEXT_ONLY = Answer()
SSE = [lane for lane in LANES if lane != "ollama"]
HELLO = [{"role": "user", "content": "Hello"}]


def crlf(frames: list[bytes]) -> list[bytes]:
    return [frame.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for frame in frames]


def carriage_returns(frames: list[bytes]) -> list[bytes]:
    return [frame.replace(b"\r\n", b"\n").replace(b"\n", b"\r") for frame in frames]


def comments(frames: list[bytes]) -> list[bytes]:
    """Keep-alive comments between all events, as OpenRouter sends them."""
    return [part for frame in frames for part in (b": OPENROUTER PROCESSING\n\n", b":\n", frame)]


def other_fields(frames: list[bytes]) -> list[bytes]:
    return [b"id: 7\nretry: 3000\n" + frame for frame in frames]


def no_space(frames: list[bytes]) -> list[bytes]:
    return [frame.replace(b"data: ", b"data:").replace(b"event: ", b"event:") for frame in frames]


def several_lines(frames: list[bytes]) -> list[bytes]:
    """JSON over several `data:` lines, broken behind a comma between fields."""
    return [frame.replace(b',"', b',\ndata: "') if b'"' in frame else frame for frame in frames]


def no_final_newline(frames: list[bytes]) -> list[bytes]:
    return [*frames[:-1], frames[-1].rstrip(b"\r\n")]


def one_final_newline(frames: list[bytes]) -> list[bytes]:
    return [*frames[:-1], frames[-1].rstrip(b"\r\n") + b"\n"]


def byte_order_mark(frames: list[bytes]) -> list[bytes]:
    return [b"\xef\xbb\xbf" + frames[0], *frames[1:]]


def joined(frames: list[bytes]) -> list[bytes]:
    return [b"".join(frames)]


def bytewise(frames: list[bytes]) -> list[bytes]:
    return resplit(frames, 1)


SHAPES = [
    crlf,
    carriage_returns,
    comments,
    other_fields,
    no_space,
    several_lines,
    no_final_newline,
    one_final_newline,
    byte_order_mark,
    joined,
    bytewise,
]


def answer_of(lane: str) -> Answer:
    return TEXT_ONLY if lane == "webhook" else ANSWER


def check(openai: OpenAI, lane: str, model: str) -> None:
    """The client gets the whole answer from a clean stream, usage included."""
    answer, text, arguments, usage, finish = answer_of(lane), "", "", None, None
    chunks = openai.chat.completions.create(
        model=f"{lane}/{model}", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or []:
                arguments += (call.function and call.function.arguments) or ""
    assert text == answer.text
    assert finish == answer.finish_reason
    assert usage and (usage.prompt_tokens, usage.completion_tokens) == (21, 9)
    if answer.calls:
        assert json.loads(arguments) == answer.calls[0].arguments


@pytest.mark.parametrize("lane", SSE)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_stream_is_understood_with(shape, lane, upstream, program, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, streams(answer_of(lane), shape))
    raw_rows = len(program.api.all_rows(model=model))
    check(openai, lane, model)
    rows = program.api.rows(model=model)
    assert raw_rows == 0 and [row["status"] for row in rows] == ["success"]


@pytest.mark.parametrize("shape", [crlf, no_final_newline, joined, bytewise], ids=lambda shape: shape.__name__)
def test_lines_of_json_are_understood_with(shape, upstream, openai: OpenAI):
    model = model_of("ollama")
    upstream.on(model, streams(ANSWER, shape))
    check(openai, "ollama", model)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("size", [1, 7])
def test_a_stream_is_understood_in_packets_of(size, lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer(text="Grüß 🍵.", calls=answer_of(lane).calls), wire_split=size))
    chunks = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, stream=True)
    assert "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices) == "Grüß 🍵."


@pytest.mark.parametrize("lane", LANES)
def test_a_complete_answer_is_understood_in_packets_of_one_byte(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer(text="Grüß 🍵."), wire_split=1))
    completion = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO)
    assert completion.choices[0].message.content == "Grüß 🍵."


@pytest.mark.parametrize("lane", LANES)
def test_a_stream_may_end_with_its_connection(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(answer_of(lane), framing="close"))
    check(openai, lane, model)


@pytest.mark.parametrize("lane", ["openai", "custom"])
def test_a_stream_without_done_is_complete_once_a_finish_reason_came(lane, upstream, program, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, streams(ANSWER, lambda frames: frames[:-1]))
    check(openai, lane, model)
    assert [row["status"] for row in program.api.rows(model=model)] == ["success"]


def test_chunks_without_choices_are_passed_over(upstream, openai: OpenAI):
    """vLLM sends `choices: null`, Azure an empty list with filter results."""
    model = model_of("custom")
    odd = [b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n']
    upstream.on(model, streams(ANSWER, lambda frames: odd + frames))
    check(openai, "custom", model)


@pytest.mark.parametrize("ingress", ["chat", "messages", "responses"])
def test_a_stream_is_not_held_back(ingress, upstream, openai: OpenAI, anthropic):
    """Each event reaches the client when it came, not when the next one comes."""
    model, gate = model_of("anthropic"), Gate()
    upstream.on(model, streams(Answer(text="One two"), lambda frames: [*frames[:4], gate, *frames[4:]]))
    name = f"anthropic/{model}"
    match ingress:
        case "chat":
            stream = openai.chat.completions.create(model=name, messages=HELLO, stream=True)
            texts = (c.delta.content for chunk in stream for c in chunk.choices if c.delta.content)
        case "messages":
            stream = anthropic.messages.create(model=name, messages=HELLO, max_tokens=9, stream=True)
            texts = (event.delta.text for event in stream if event.type == "content_block_delta")
        case _:
            stream = openai.responses.create(model=name, input="Hello", stream=True, store=False)
            texts = (event.delta for event in stream if event.type == "response.output_text.delta")
    assert next(texts) == "One ", "arrives although the provider has not gone on"
    gate.open()
    assert list(texts) == ["two"]


def test_headers_forbid_buffering(upstream, http):
    model = model_of("anthropic")
    upstream.on(model, says(Answer()))
    body = {"model": f"anthropic/{model}", "messages": HELLO, "stream": True}
    answer = http.post("/v1/chat/completions", json=body, headers={"accept-encoding": "gzip, br"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in answer.headers
    assert answer.text.rstrip().endswith("data: [DONE]")
