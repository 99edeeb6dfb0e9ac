"""Images, audio, speech, moderation and legacy completions."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from openai import APIStatusError, OpenAI

from clients import openai_of
from e2e_support import model_of, providers
from upstream import Answer, Cut
from upstream.dialects import says
from upstream.media import PNG, completes, draws, moderates, speaks, transcribes
from upstream.script import stream, whole

AUDIO = bytes(range(256)) * 64
BOUNDARY = "e2e-boundary-7MA4YWxkTrZu0gW"


def form(model: str, model_first: bool) -> bytes:
    """A multipart body with the model's field before or behind the file."""
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="model"\r\n\r\n{model}\r\n'.encode()
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="Grüße \\"1\\".wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    file = head.encode() + AUDIO + b"\r\n"
    parts = (field, file) if model_first else (file, field)
    other = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="language"\r\n\r\nde\r\n'.encode()
    return b"".join(parts) + other + f"--{BOUNDARY}--\r\n".encode()


FORM_TYPE = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def test_images_are_drawn_and_billed(upstream, program, openai: OpenAI):
    model = model_of("openai", "gpt-image-1")
    plan = upstream.on(model, draws)
    raw = openai.images.with_raw_response.generate(
        model=f"openai/{model}", prompt="A lighthouse", n=2, size="1024x1024"
    )
    images = raw.parse()
    assert [base64.b64decode(image.b64_json) for image in images.data] == [PNG, PNG]
    assert plan.last.path == "/openai/v1/images/generations"
    assert plan.last.json["model"] == model
    row = program.api.row(raw.headers["x-request-id"])
    assert row["operation"] == "images" and row["usage_detail"]["output_tokens"] == 544


@pytest.mark.parametrize("which", ["transcriptions", "translations"])
def test_a_recording_becomes_text(which, upstream, program, openai: OpenAI):
    model = model_of("openai", "whisper-1")
    plan = upstream.on(model, transcribes("Grüß Gott."))
    file = ("talk.wav", io.BytesIO(AUDIO), "audio/wav")
    raw = getattr(openai.audio, which).with_raw_response.create(model=f"openai/{model}", file=file)
    assert raw.parse().text == "Grüß Gott."
    seen = plan.last
    assert seen.path == f"/openai/v1/audio/{which}"
    assert AUDIO in bytes(seen.body) and seen.model == model
    row = program.api.row(raw.headers["x-request-id"])
    assert row["usage_detail"]["input_tokens"] == 14 and row["usage_detail"]["output_tokens"] == 45


@pytest.mark.parametrize("model_first", [True, False], ids=["before_the_file", "behind_the_file"])
def test_the_model_field_may_stand(model_first, upstream, http):
    model = model_of("openai", "whisper-1")
    plan = upstream.on(model, transcribes("Ja."))
    body = form(f"openai/{model}", model_first)
    answer = http.post("/v1/audio/transcriptions", content=body, headers=FORM_TYPE)
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == "Ja."
    seen = plan.last
    sent = bytes(seen.body)
    assert AUDIO in sent and seen.model == model
    assert b'name="language"' in sent and 'filename="Grüße'.encode() in sent


@pytest.mark.parametrize("format", ["text", "srt", "vtt"])
def test_transcripts_come_in_the_format_that_was_asked_for(format, upstream, openai: OpenAI):
    model = model_of("openai", "whisper-1")
    text = "1\n00:00:00,000 --> 00:00:01,000\nJa.\n"
    plan = upstream.on(model, whole(text.encode(), content_type="text/plain; charset=utf-8"))
    got = openai.audio.transcriptions.create(model=f"openai/{model}", file=("a.wav", AUDIO), response_format=format)
    assert str(got) == text
    assert f"\r\n\r\n{format}\r\n".encode() in bytes(plan.last.body)


def test_a_large_upload_is_not_held_in_memory(upstream, start):
    program = start(providers(upstream))
    model = model_of("openai", "whisper-1")
    plan = upstream.on(model, transcribes("Ja."))
    audio = bytes(1024) * 1024 * 64
    client = openai_of(program)
    client.audio.transcriptions.create(model=f"openai/{model}", file=("a.wav", AUDIO))
    before = peak_memory(program.process.pid)
    client.audio.transcriptions.create(model=f"openai/{model}", file=("a.wav", audio))
    assert len(plan.last.body) > len(audio)
    assert peak_memory(program.process.pid) - before < 24 * 1024 * 1024


def peak_memory(pid: int) -> int:
    """The most memory a process has held so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def test_an_upload_above_the_limit_is_refused(upstream, start):
    program = start(providers(upstream) | {"gateway": {"max_upload_bytes": 100_000}})
    model = model_of("openai", "whisper-1")
    plan = upstream.on(model, transcribes("Ja."))
    with pytest.raises(APIStatusError) as refused:
        openai_of(program).audio.transcriptions.create(model=f"openai/{model}", file=("a.wav", bytes(200_000)))
    assert refused.value.status_code == 413 and refused.value.code == "payload_too_large"
    assert plan.count == 0


def test_an_upload_without_a_model_is_refused(http):
    body = form("x", model_first=True).replace(b'name="model"', b'name="muddle"')
    answer = http.post("/v1/audio/transcriptions", content=body, headers=FORM_TYPE)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == "model"


def test_speech_comes_as_bytes_while_it_is_spoken(upstream, program, openai: OpenAI):
    model = model_of("openai", "tts-1")
    plan = upstream.on(model, speaks(AUDIO))
    with openai.audio.speech.with_streaming_response.create(
        model=f"openai/{model}", voice="alloy", input="Grüß Gott."
    ) as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        assert answer.read() == AUDIO
        request_id = answer.headers["x-request-id"]
    assert plan.last.json["model"] == model
    row = program.api.row(request_id)
    assert row["status"] == "success" and row["usage_detail"]["characters"] == 10


def test_speech_that_breaks_off_is_not_taken_for_whole(upstream, program, openai: OpenAI):
    model = model_of("openai", "tts-1")
    upstream.on(model, stream([AUDIO[:4096], Cut()], "audio/mpeg"))
    with pytest.raises(Exception, match="(?i)incomplete|closed|connection"):
        with openai.audio.speech.with_streaming_response.create(
            model=f"openai/{model}", voice="alloy", input="Grüß Gott."
        ) as answer:
            answer.read()


def test_texts_are_classified(upstream, openai: OpenAI):
    model = model_of("openai", "omni-moderation-latest")
    plan = upstream.on(model, moderates)
    answer = openai.moderations.create(model=f"openai/{model}", input=["kind words", "violence"])
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].category_scores.violence == 0.98
    assert plan.last.path == "/openai/v1/moderations"


def test_a_legacy_completion_passes_through(upstream, program, openai: OpenAI):
    model, answer = model_of("openai", "gpt-3.5-turbo-instruct"), Answer()
    plan = upstream.on(model, completes(answer))
    raw = openai.completions.with_raw_response.create(model=f"openai/{model}", prompt="Capital of France?", suffix="!")
    completion = raw.parse()
    assert completion.choices[0].text == answer.text
    assert completion.usage.total_tokens == 30
    assert plan.last.path == "/openai/v1/completions" and plan.last.json["suffix"] == "!"
    assert program.api.row(raw.headers["x-request-id"])["usage_detail"]["input_tokens"] == 21


@pytest.mark.parametrize("wants_usage", [True, False])
def test_a_legacy_completion_streams(wants_usage, upstream, program, openai: OpenAI):
    model, answer = model_of("openai", "gpt-3.5-turbo-instruct"), Answer()
    upstream.on(model, completes(answer))
    options = {"stream_options": {"include_usage": True}} if wants_usage else {}
    raw = openai.completions.with_raw_response.create(model=f"openai/{model}", prompt="Hm?", stream=True, **options)
    chunks = list(raw.parse())
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == answer.text
    assert [chunk for chunk in chunks if chunk.usage] == (chunks[-1:] if wants_usage else [])
    row = program.api.row(raw.headers["x-request-id"])
    assert (row["usage_detail"]["output_tokens"], row["usage_source"]) == (9, "reported")


@pytest.mark.parametrize("lane", ["anthropic", "gemini", "ollama"])
def test_a_legacy_completion_reaches_chat_providers(lane, upstream, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    completion = openai.completions.create(model=f"{lane}/{model}", prompt="Capital of France?")
    assert completion.object == "text_completion"
    assert completion.choices[0].text == answer.text
    chunks = openai.completions.create(model=f"{lane}/{model}", prompt="Capital of France?", stream=True)
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == answer.text


def test_an_endpoint_that_the_provider_does_not_have_is_a_clear_400(upstream, http):
    model = model_of("anthropic")
    plan = upstream.on(model, says(Answer()))
    for path, body in {
        "/v1/images/generations": {"prompt": "A lighthouse"},
        "/v1/audio/speech": {"input": "Hi", "voice": "alloy"},
        "/v1/moderations": {"input": "Hi"},
        "/v1/embeddings": {"input": "Hi"},
    }.items():
        answer = http.post(path, json={"model": f"anthropic/{model}", **body})
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["error"]["code"] == "not_supported"
    assert plan.count == 0
