"""Models inside the program: nothing but the program is needed."""

from __future__ import annotations

import time

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

from clients import anthropic_of, openai_of
from e2e_support import Program

PASSAGES = (
    "Answer from these passages.\n\n"
    "[1] The Eiffel Tower was completed in 1889. It is 330 metres tall.\n\n"
    "[2] The Rhine rises in the Swiss Alps and flows into the North Sea."
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A program without any configuration."""
    with Program(tmp_path_factory.mktemp("bare"), "") as running:
        yield running


def ask(program: Program, model: str, text: str = "Hello", **more):
    return openai_of(program).chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)


def test_echo_repeats_and_reports_usage(bare):
    raw = openai_of(bare).chat.completions.with_raw_response.create(
        model="builtin/echo", messages=[{"role": "user", "content": "Grüße 🍵"}]
    )
    completion = raw.parse()
    assert completion.choices[0].message.content == "Grüße 🍵"
    assert completion.usage.prompt_tokens > 0 and completion.usage.completion_tokens > 0
    assert raw.headers["x-nab-cost-usd"] == "0.00"
    row = bare.api.row(raw.headers["x-request-id"])
    assert (row["status"], row["cost_nano_usd"]) == ("success", 0)


def test_echo_streams_through_every_endpoint(bare):
    chunks = ask(bare, "builtin/echo", "one two three", stream=True)
    assert "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices) == "one two three"
    hello = [{"role": "user", "content": "one two three"}]
    with anthropic_of(bare).messages.stream(model="builtin/echo", messages=hello, max_tokens=100) as events:
        assert "".join(events.text_stream) == "one two three"
    events = openai_of(bare).responses.create(model="builtin/echo", input="one two three", stream=True)
    assert list(events)[-1].response.output_text == "one two three"
    completion = openai_of(bare).completions.create(model="builtin/echo", prompt="one two three")
    assert completion.choices[0].text == "one two three"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_extract_answers_from_the_passages_with_their_marks(stream, bare):
    messages = [
        {"role": "system", "content": PASSAGES},
        {"role": "user", "content": "When was the Eiffel Tower completed?"},
    ]
    answer = openai_of(bare).chat.completions.create(model="builtin/extract", messages=messages, stream=stream)
    if stream:
        text = "".join(c.delta.content or "" for chunk in answer for c in chunk.choices)
    else:
        text = answer.choices[0].message.content
        assert answer.usage.completion_tokens > 0
    assert "1889" in text and "[1]" in text
    assert "Rhine" not in text


FAULTS = {
    "builtin/fault-429": (429, openai_sdk.RateLimitError),
    "builtin/fault-500": (502, openai_sdk.InternalServerError),
    "builtin/fault-503": (503, openai_sdk.InternalServerError),
    "builtin/fault-refusal": (400, openai_sdk.BadRequestError),
    "builtin/fault-context": (400, openai_sdk.BadRequestError),
}


@pytest.mark.parametrize("model", FAULTS)
def test_a_fault_model_fails_as_it_says(model, program):
    status, kind = FAULTS[model]
    with pytest.raises(kind) as raised:
        ask(program, model)
    assert raised.value.status_code == status


@pytest.mark.parametrize("model", ["builtin/fault-cut", "builtin/fault-malformed"])
def test_a_fault_in_a_stream_is_an_error_and_no_clean_end(model, program):
    got = ""
    with pytest.raises(openai_sdk.APIError):
        for chunk in ask(program, model, "one two three four five six", stream=True):
            got += "".join(choice.delta.content or "" for choice in chunk.choices)
    hello = [{"role": "user", "content": "one two three four five six"}]
    with pytest.raises(anthropic_sdk.APIStatusError):
        list(anthropic_of(program).messages.create(model=model, messages=hello, max_tokens=50, stream=True))
    assert got


def test_a_slow_model_is_slow(program):
    began = time.monotonic()
    ask(program, "builtin/fault-slow-300")
    assert 0.28 < time.monotonic() - began < 3


def test_an_unknown_builtin_model_is_not_found(program):
    with pytest.raises(openai_sdk.NotFoundError):
        ask(program, "builtin/nothing")
