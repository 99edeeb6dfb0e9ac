"""Recorded answers of vendors, played to the program byte by byte."""

from __future__ import annotations

import json

import pytest
from anthropic import Anthropic
from openai import APIError, OpenAI

import recordings
from clients import anthropic_of
from e2e_support import model_of
from upstream import Script, Send
from upstream.script import resplit

pytestmark = pytest.mark.skipif(not recordings.DATA.exists(), reason=recordings.ABSENT)

OPENAI = recordings.openai() if recordings.DATA.exists() else []
JSON_REQUESTS = [one for one in OPENAI if one.request_type == "application/json" and not one.name.startswith("azure")]
HELLO = [{"role": "user", "content": "Hello"}]


def played(one: recordings.Recording, size: int = 0) -> Script:
    """The recorded answer, in chunks of `size` bytes."""
    parts = resplit([one.body], size or max(len(one.body), 1))
    return Script(
        steps=tuple(map(Send, parts)),
        status=one.status,
        headers=one.headers,
        framing="chunked" if one.streams or size else "length",
    )


def asked(one: recordings.Recording, model: str) -> bytes:
    return json.dumps(json.loads(one.request) | {"model": f"openai/{model}"}).encode()


def usage_of(body: dict) -> tuple[int, int] | None:
    usage = body.get("usage")
    if not usage:
        return None
    used = usage.get("prompt_tokens", usage.get("input_tokens"))
    return used, usage.get("completion_tokens", usage.get("output_tokens", 0))


@pytest.mark.parametrize("size", [0, 1], ids=["whole", "bytewise"])
@pytest.mark.parametrize("one", JSON_REQUESTS, ids=lambda one: one.name)
def test_a_recorded_answer_of_openai_comes_through(one, size, upstream, program, http):
    model = model_of("openai")
    plan = upstream.on(model, played(one, size if len(one.body) < 3000 else size * 97))
    answer = http.post(f"/v1{one.path}", content=asked(one, model), headers={"content-type": "application/json"})
    assert answer.status_code == one.status
    if not plan.count:
        assert one.status == 400, "only what is wrong in itself is refused without asking"
        return
    sent = plan.last.json
    assert {**sent, "model": "", "stream_options": ""} == {
        **json.loads(one.request),
        "model": "",
        "stream_options": "",
    }, "the client's fields reach the provider unchanged"
    if one.status != 200:
        got, recorded = answer.json()["error"], one.json["error"]
        assert recorded["message"] in got["message"]
        assert got["param"] == recorded["param"]
        return
    if one.streams:
        assert answer.content.replace(b"\r\n", b"\n").strip() == one.body.strip()
        usages = [
            usage_of(json.loads(line[6:]))
            for line in one.body.decode().splitlines()
            if line.startswith("data: {") and json.loads(line[6:]).get("usage")
        ]
        usage = usages[-1] if usages else None
    else:
        assert answer.content == one.body, "the provider's bytes come back unchanged"
        usage = usage_of(one.json)
    row = program.api.row(answer.headers["x-request-id"])
    assert row["status"] == "success"
    if usage:
        assert (row["usage_detail"]["input_tokens"], row["usage_detail"]["output_tokens"]) == usage
        assert row["usage_source"] == "reported"
    elif one.path.startswith("/images"):
        assert row["usage_detail"]["images"] == len(one.json["data"])
    else:
        assert row["usage_source"] == "estimated"


@pytest.mark.parametrize("one", [one for one in OPENAI if "multipart" in one.request_type], ids=lambda one: one.name)
def test_a_recorded_transcript_of_openai_comes_through(one, upstream, openai: OpenAI):
    model = model_of("openai", "whisper-1")
    upstream.on(model, played(one))
    kind = openai.audio.translations if "translation" in one.name else openai.audio.transcriptions
    assert kind.create(model=f"openai/{model}", file=("a.wav", b"RIFF" * 100)).text == one.json["text"]


# Recorded shapes of the other vendors, read through the chat endpoint.

SHAPES = {"anthropic": "anthropic", "vertex-gemini": "gemini", "completions": "custom"}
FILES = [
    (lane, file)
    for folder, lane in SHAPES.items()
    for file in (recordings.shapes(folder) if recordings.DATA.exists() else [])
    if file.stem != "count_tokens" and "message_delta_usage" not in file.stem
]


def shape(file, size: int = 0) -> Script:
    body = file.read_bytes()
    streams = recordings.is_stream(file)
    kind = "text/event-stream" if streams else "application/json"
    if streams and not body.endswith(b"\n\n"):
        body = body.rstrip() + b"\n\n"
    parts = resplit([body], size or len(body))
    return Script(steps=tuple(map(Send, parts)), headers=(("content-type", kind),), framing="chunked")


@pytest.mark.parametrize("size", [0, 1], ids=["whole", "bytewise"])
@pytest.mark.parametrize(("lane", "file"), FILES, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_a_vendors_shape_becomes_a_chat_completion(lane, file, size, upstream, program, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, shape(file, size))
    streams = recordings.is_stream(file)
    asked = {"model": f"{lane}/{model}", "messages": HELLO}
    if not streams:
        completion = openai.chat.completions.create(**asked)
        choice = completion.choices[0]
        assert choice.finish_reason in ("stop", "length", "tool_calls", "content_filter")
        for call in choice.message.tool_calls or []:
            assert call.id and call.function.name
            if "truncated" not in file.stem:
                json.loads(call.function.arguments)
        return
    said, finish = "", None
    for chunk in openai.chat.completions.create(**asked, stream=True):
        for choice in chunk.choices:
            said += (choice.delta.content or "") + "".join(c.function.name or "" for c in choice.delta.tool_calls or [])
            finish = choice.finish_reason or finish
    assert said and finish
    assert [row["status"] for row in program.api.rows(model=model)] == ["success"]


RESPONSES = recordings.shapes("responses") if recordings.DATA.exists() else []


@pytest.mark.parametrize("file", RESPONSES, ids=lambda file: file.stem)
def test_a_recorded_response_comes_through_unchanged(file, upstream, program, http):
    model = model_of("openai")
    upstream.on(model, shape(file, 7))
    body = {"model": f"openai/{model}", "input": "Hello", "stream": recordings.is_stream(file)}
    answer = http.post("/v1/responses", json=body)
    assert answer.status_code == 200, answer.text
    if not body["stream"]:
        assert json.loads(answer.content)["output"] == json.loads(file.read_bytes())["output"]
    else:
        sent = [line for line in file.read_text().splitlines() if line.startswith("data: {")]
        got = [line for line in answer.text.splitlines() if line.startswith("data: {")]
        assert [json.loads(line[6:])["type"] for line in got] == [json.loads(line[6:])["type"] for line in sent]
    assert [row["status"] for row in program.api.rows(model=model)] == ["success"]


MESSAGES = [file for lane, file in FILES if lane == "anthropic"]


@pytest.mark.parametrize("file", MESSAGES, ids=lambda file: file.stem)
def test_a_recorded_message_comes_through_unchanged(file, upstream, http):
    model = model_of("anthropic")
    upstream.on(model, shape(file, 7))
    body = {"model": f"anthropic/{model}", "messages": HELLO, "max_tokens": 99, "stream": recordings.is_stream(file)}
    answer = http.post("/v1/messages", json=body)
    assert answer.status_code == 200
    # What a file says behind the end of the answer is not part of it.
    recorded = file.read_bytes().split(b"\n:")[0]
    assert answer.content.strip() == recorded.strip()


@pytest.mark.parametrize("file", [file for file in MESSAGES if recordings.is_stream(file)], ids=lambda file: file.stem)
def test_anthropics_client_reads_a_recorded_stream(file, upstream, program):
    model = model_of("anthropic")
    upstream.on(model, shape(file, 1))
    client: Anthropic = anthropic_of(program)
    with client.messages.stream(model=f"anthropic/{model}", messages=HELLO, max_tokens=99) as events:
        assert events.get_final_message().content


def test_a_recording_cut_anywhere_is_never_taken_for_whole(upstream, openai: OpenAI):
    """Cut at every event but the last: an error, every time."""
    one = next(one for one in OPENAI if one.name == "chat-streaming")
    events = one.body.split(b"\n\n")
    ends = [at for at, event in enumerate(events) if b'"finish_reason":"' in event]
    for at in range(1, ends[0], 5):
        model = model_of("openai")
        part = b"\n\n".join(events[:at]) + b"\n\n"
        upstream.on(model, Script(steps=(Send(part),), headers=one.headers, framing="chunked"))
        with pytest.raises(APIError):
            list(openai.chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True))
