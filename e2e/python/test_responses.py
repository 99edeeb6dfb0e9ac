"""`/v1/responses` with OpenAI's client, through every upstream dialect."""

from __future__ import annotations

import json

import pytest
from openai import OpenAI

from checks import (
    NO_ARGUMENTS,
    ONE_CALL,
    PERSON,
    PIXEL_URL,
    RESPONSES_TOOLS,
    TWO_CALLS,
    USAGE,
    check_headers,
    check_row,
    responses_tokens,
)
from e2e_support import LANES, model_of
from test_chat import TOOLED, structured
from upstream import Answer
from upstream.dialects import says, usage_of

lanes = pytest.mark.parametrize("lane", LANES)
tooled = pytest.mark.parametrize("lane", TOOLED)
ASKED = {"instructions": "Be brief.", "input": "Capital of France?", "store": False}


def check_order(events: list) -> None:
    """The order of a response's events, as OpenAI documents it."""
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] in ("response.completed", "response.incomplete")
    assert kinds.count("response.created") == 1
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers)), "sequence numbers increase"
    open_items: dict[int, str] = {}
    for event in events:
        if event.type == "response.output_item.added":
            assert event.output_index not in open_items
            open_items[event.output_index] = event.item.id
        elif event.type == "response.output_item.done":
            assert open_items.pop(event.output_index) == event.item.id
        elif hasattr(event, "output_index"):
            assert open_items[event.output_index] == event.item_id, "within its item"
    assert not open_items, "every item is closed"
    added = [event.item.id for event in events if event.type == "response.output_item.added"]
    assert [item.id for item in events[-1].response.output] == added, "the last event holds the whole output"


@lanes
def test_a_response_arrives_with_its_usage_in_body_headers_and_row(lane, upstream, program, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    raw = openai.responses.with_raw_response.create(model=f"{lane}/{model}", **ASKED)
    response = raw.parse()
    assert response.object == "response" and response.status == "completed"
    assert response.output_text == answer.text
    assert response.id.startswith("resp")
    tokens = usage_of(lane, answer.usage)
    assert responses_tokens(response.usage) == tokens
    check_row(program.api, check_headers(raw.headers, lane, model, tokens), lane, model, tokens)


@lanes
def test_a_response_streams_its_events_in_order(lane, upstream, program, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    raw = openai.responses.with_raw_response.create(model=f"{lane}/{model}", **ASKED, stream=True)
    events = list(raw.parse())
    check_order(events)
    kinds = [event.type for event in events]
    for kind in ("content_part.added", "output_text.done", "content_part.done", "output_item.done"):
        assert kinds.count(f"response.{kind}") == 1, kind
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(deltas) > 5 and "".join(deltas) == answer.text
    last = events[-1].response
    assert last.output_text == answer.text
    tokens = usage_of(lane, answer.usage)
    assert responses_tokens(last.usage) == tokens
    check_row(program.api, check_headers(raw.headers, lane, model), lane, model, tokens)


@lanes
def test_the_clients_own_stream_helper_follows_a_response(lane, upstream, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    with openai.responses.stream(model=f"{lane}/{model}", **ASKED) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == answer.text


@tooled
@pytest.mark.parametrize("calls", [ONE_CALL, TWO_CALLS, NO_ARGUMENTS], ids=["one", "parallel", "no_arguments"])
def test_function_calls_arrive_whole_and_streamed(lane, calls, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="", calls=calls)))
    wanted = [(call.name, call.arguments) for call in calls]
    asked = {"model": f"{lane}/{model}", **ASKED, "tools": RESPONSES_TOOLS}

    def got(response) -> list:
        items = [item for item in response.output if item.type == "function_call"]
        assert len({item.call_id for item in items}) == len(items)
        return [(item.name, json.loads(item.arguments)) for item in items]

    assert got(openai.responses.create(**asked)) == wanted
    assert b"weather" in plan.last.body
    events = list(openai.responses.create(**asked, stream=True))
    check_order(events)
    assert got(events[-1].response) == wanted
    arguments: dict[int, str] = {}
    for event in events:
        if event.type == "response.function_call_arguments.delta":
            arguments[event.output_index] = arguments.get(event.output_index, "") + event.delta
        if event.type == "response.function_call_arguments.done":
            assert json.loads(event.arguments) == json.loads(arguments.get(event.output_index) or "{}")
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert len(done) == len(calls)


@tooled
def test_function_results_go_back_to_the_provider(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="", calls=TWO_CALLS)), says(Answer(text="21 °C.")))
    asked = {"model": f"{lane}/{model}", "store": False, "tools": RESPONSES_TOOLS}
    turn = openai.responses.create(**asked, input="Weather and time?")
    calls = [item for item in turn.output if item.type == "function_call"]
    history = [
        {"role": "user", "content": "Weather and time?"},
        *(item.model_dump(exclude_none=True) for item in turn.output),
        *({"type": "function_call_output", "call_id": call.call_id, "output": "RESULT"} for call in calls),
    ]
    assert openai.responses.create(**asked, input=history).output_text == "21 °C."
    assert plan.last.body.count(b"RESULT") == 2


@pytest.mark.parametrize("lane", TOOLED)
def test_structured_output_comes_as_the_schema_says(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    person = {"name": "Zoë", "age": 31}
    plan = upstream.on(model, lambda seen: says(structured(seen, person))(seen))
    text = {"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True}}
    response = openai.responses.create(model=f"{lane}/{model}", **ASKED, text=text)
    assert json.loads(response.output_text) == person
    assert '"age"' in json.dumps(plan.last.json)


@pytest.mark.parametrize("lane", TOOLED)
def test_an_image_reaches_the_provider(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="One pixel.")))
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": PIXEL_URL, "detail": "auto"},
    ]
    asked = [{"role": "user", "content": content}]
    response = openai.responses.create(model=f"{lane}/{model}", input=asked, store=False)
    assert response.output_text == "One pixel."
    assert PIXEL_URL.partition("base64,")[2].encode() in plan.last.body


@pytest.mark.parametrize("lane", TOOLED)
def test_reasoning_arrives_as_an_item_of_its_own(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    answer = Answer(text="Paris.", reasoning="France has one capital, so it is Paris.", usage=USAGE)
    upstream.on(model, says(answer))
    asked = {"model": f"{lane}/{model}", **ASKED, "reasoning": {"effort": "low", "summary": "auto"}}

    def thoughts(response) -> str:
        items = [item for item in response.output if item.type == "reasoning"]
        parts = [part.text for item in items for part in [*item.summary, *(item.content or [])]]
        return "".join(parts)

    response = openai.responses.create(**asked)
    assert (thoughts(response), response.output_text) == (answer.reasoning, answer.text)
    assert [item.type for item in response.output] == ["reasoning", "message"]
    events = list(openai.responses.create(**asked, stream=True))
    check_order(events)
    assert thoughts(events[-1].response) == answer.reasoning
    deltas = [
        event.delta for event in events if event.type.startswith("response.reasoning") and event.type.endswith(".delta")
    ]
    assert "".join(deltas) == answer.reasoning


@lanes
def test_a_cut_short_answer_is_incomplete(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer(finish="length")))
    response = openai.responses.create(model=f"{lane}/{model}", **ASKED)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    events = list(openai.responses.create(model=f"{lane}/{model}", **ASKED, stream=True))
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"
