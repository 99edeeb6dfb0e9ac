"""`/v1/chat/completions` with OpenAI's client, through every upstream dialect."""

from __future__ import annotations

import json

import pytest
from openai import OpenAI
from pydantic import BaseModel

from checks import (
    CHAT_TOOLS,
    NO_ARGUMENTS,
    ONE_CALL,
    PERSON,
    PIXEL_URL,
    TWO_CALLS,
    USAGE,
    chat_tokens,
    check_headers,
    check_row,
)
from e2e_support import LANES, model_of
from upstream import Answer, Call, Tokens
from upstream.dialects import says, usage_of

TOOLED = [lane for lane in LANES if lane != "webhook"]
THINKING = [lane for lane in LANES if lane != "webhook"]
SEEING = [lane for lane in LANES if lane != "webhook"]
lanes = pytest.mark.parametrize("lane", LANES)
tooled = pytest.mark.parametrize("lane", TOOLED)
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of France?"}]
streamed = {"stream": True, "stream_options": {"include_usage": True}}


def calls_of(chunks) -> dict[int, dict]:
    """Tool calls put together from a stream's deltas, by index."""
    calls: dict[int, dict] = {}
    for chunk in chunks:
        for choice in chunk.choices:
            for delta in choice.delta.tool_calls or []:
                call = calls.setdefault(delta.index, {"id": None, "name": None, "arguments": ""})
                if delta.id:
                    assert call["id"] is None, "a call's id comes once"
                    call["id"] = delta.id
                if delta.function and delta.function.name:
                    assert call["name"] is None, "a call's name comes once"
                    call["name"] = delta.function.name
                call["arguments"] += (delta.function and delta.function.arguments) or ""
    return calls


@lanes
def test_an_answer_arrives_with_its_usage_in_body_headers_and_row(lane, upstream, program, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    plan = upstream.on(model, says(answer))
    raw = openai.chat.completions.with_raw_response.create(model=f"{lane}/{model}", messages=HELLO)
    completion = raw.parse()
    assert completion.object == "chat.completion"
    assert completion.choices[0].message.role == "assistant"
    assert completion.choices[0].message.content == answer.text
    assert completion.choices[0].finish_reason == "stop"
    tokens = usage_of(lane, answer.usage)
    assert chat_tokens(completion.usage) == tokens
    request_id = check_headers(raw.headers, lane, model, tokens)
    check_row(program.api, request_id, lane, model, tokens)
    assert plan.count == 1
    assert program.key not in str(plan.last.headers), "a client's key must not reach a provider"


@lanes
def test_a_stream_arrives_piece_by_piece_with_its_usage_at_the_end(lane, upstream, program, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    raw = openai.chat.completions.with_raw_response.create(model=f"{lane}/{model}", messages=HELLO, **streamed)
    chunks = list(raw.parse())
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == answer.text
    assert len(chunks) > 5, "the pieces are not joined"
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    finishes = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    assert finishes[-1] == "stop" and set(finishes[:-1]) <= {None}
    tokens = usage_of(lane, answer.usage)
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].choices == []
    assert chat_tokens(chunks[-1].usage) == tokens
    request_id = check_headers(raw.headers, lane, model)
    row = check_row(program.api, request_id, lane, model, tokens)
    assert row["stream"] is True and row["first_token_us"] > 0


@lanes
def test_cached_and_reasoning_tokens_are_counted_as_the_provider_reports_them(lane, upstream, program, openai):
    model, answer = model_of(lane), Answer(usage=USAGE)
    upstream.on(model, says(answer))
    tokens = usage_of(lane, USAGE)
    whole = openai.chat.completions.with_raw_response.create(model=f"{lane}/{model}", messages=HELLO)
    assert chat_tokens(whole.parse().usage) == tokens
    check_row(program.api, whole.headers["x-request-id"], lane, model, tokens)
    raw = openai.chat.completions.with_raw_response.create(model=f"{lane}/{model}", messages=HELLO, **streamed)
    assert chat_tokens(list(raw.parse())[-1].usage) == tokens
    check_row(program.api, raw.headers["x-request-id"], lane, model, tokens)


@tooled
@pytest.mark.parametrize("calls", [ONE_CALL, TWO_CALLS, NO_ARGUMENTS], ids=["one", "parallel", "no_arguments"])
def test_tool_calls_arrive_whole(lane, calls, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="", calls=calls)))
    completion = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, tools=CHAT_TOOLS)
    choice = completion.choices[0]
    assert choice.finish_reason == "tool_calls"
    got = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls]
    assert got == [(call.name, call.arguments) for call in calls]
    ids = [call.id for call in choice.message.tool_calls]
    assert all(ids) and len(set(ids)) == len(ids)
    assert b"weather" in plan.last.body, "the tools reach the provider"


@tooled
@pytest.mark.parametrize("calls", [ONE_CALL, TWO_CALLS, NO_ARGUMENTS], ids=["one", "parallel", "no_arguments"])
def test_tool_calls_arrive_in_a_stream(lane, calls, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer(text="", calls=calls)))
    stream = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, tools=CHAT_TOOLS, stream=True)
    chunks = list(stream)
    got = calls_of(chunks)
    assert sorted(got) == list(range(len(calls)))
    for index, call in enumerate(calls):
        assert got[index]["name"] == call.name
        assert json.loads(got[index]["arguments"]) == call.arguments
    ids = [call["id"] for call in got.values()]
    assert all(ids) and len(set(ids)) == len(ids)
    assert [c.finish_reason for chunk in chunks for c in chunk.choices][-1] == "tool_calls"


@tooled
def test_tool_results_go_back_to_the_provider(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(
        model, says(Answer(text="", calls=TWO_CALLS, signature="c2lnbmF0dXJl")), says(Answer(text="21 °C."))
    )
    turn = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, tools=CHAT_TOOLS)
    message = turn.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"of": call.function.name, "is": "RESULT"})}
        for call in message.tool_calls
    ]
    messages = [*HELLO, message.model_dump(exclude_none=True), *results]
    answer = openai.chat.completions.create(model=f"{lane}/{model}", messages=messages, tools=CHAT_TOOLS)
    assert answer.choices[0].message.content == "21 °C."
    sent = json.dumps(plan.last.json)
    assert sent.count("RESULT") == 2
    if lane == "anthropic":
        last = plan.last.json["messages"][-1]
        assert [block["type"] for block in last["content"]] == ["tool_result", "tool_result"], "in one turn"
    if lane == "gemini":
        last = plan.last.json["contents"][-1]
        assert len(last["parts"]) == 2, "function responses in one turn"
        assert "c2lnbmF0dXJl" in sent, "the thought signature is replayed"


@pytest.mark.parametrize("lane", ["openai", "anthropic", "gemini", "custom"])
def test_a_required_tool_is_required_of_the_provider(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="", calls=ONE_CALL)))
    named = {"type": "function", "function": {"name": "weather"}}
    openai.chat.completions.create(
        model=f"{lane}/{model}", messages=HELLO, tools=CHAT_TOOLS, tool_choice=named, parallel_tool_calls=False
    )
    sent = plan.last.json
    match lane:
        case "anthropic":
            assert sent["tool_choice"] == {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}
        case "gemini":
            choice = sent["toolConfig"]["functionCallingConfig"]
            assert (choice["mode"], choice["allowedFunctionNames"]) == ("ANY", ["weather"])
        case _:
            assert sent["tool_choice"] == named and sent["parallel_tool_calls"] is False


@pytest.mark.parametrize("lane", TOOLED)
def test_structured_output_comes_as_the_schema_says(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    person = {"name": "Zoë", "age": 31}
    plan = upstream.on(model, lambda seen: says(structured(seen, person))(seen))
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, "strict": True}}
    completion = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, response_format=form)
    assert json.loads(completion.choices[0].message.content) == person
    assert completion.choices[0].finish_reason == "stop"
    assert '"age"' in json.dumps(plan.last.json), "the schema reaches the provider"


def structured(seen, person: dict) -> Answer:
    """As text, or as the call that the request forces where structured output is emulated by a tool."""
    choice = seen.json.get("tool_choice") or {}
    if isinstance(choice, dict) and choice.get("type") == "tool":
        return Answer(text="", calls=(Call(choice["name"], person, "toolu_s"),))
    return Answer(text=json.dumps(person, ensure_ascii=False))


class Person(BaseModel):
    name: str
    age: int


@pytest.mark.parametrize("lane", ["openai", "anthropic", "gemini"])
def test_the_client_parses_structured_output_into_its_own_type(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, lambda seen: says(structured(seen, {"name": "Zoë", "age": 31}))(seen))
    parsed = openai.chat.completions.parse(model=f"{lane}/{model}", messages=HELLO, response_format=Person)
    assert parsed.choices[0].message.parsed == Person(name="Zoë", age=31)


@pytest.mark.parametrize("lane", SEEING)
def test_an_image_reaches_the_provider(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="One pixel.")))
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": PIXEL_URL}}]
    messages = [{"role": "user", "content": content}]
    completion = openai.chat.completions.create(model=f"{lane}/{model}", messages=messages)
    assert completion.choices[0].message.content == "One pixel."
    assert PIXEL_URL.partition("base64,")[2].encode() in plan.last.body


@pytest.mark.parametrize("lane", THINKING)
def test_reasoning_arrives_beside_the_answer(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    answer = Answer(text="Paris.", reasoning="France has one capital, so it is Paris.", usage=USAGE)
    plan = upstream.on(model, says(answer))
    asked = {"model": f"{lane}/{model}", "messages": HELLO, "reasoning_effort": "low"}
    message = openai.chat.completions.create(**asked).choices[0].message
    assert (message.content, message.reasoning_content) == (answer.text, answer.reasoning)
    sent = json.dumps(plan.last.json)
    assert any(word in sent for word in ("reasoning_effort", "thinking", "think")), "the effort reaches the provider"
    text = reasoning = ""
    for chunk in openai.chat.completions.create(**asked, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            reasoning += getattr(choice.delta, "reasoning_content", None) or ""
    assert (text, reasoning) == (answer.text, answer.reasoning)


@pytest.mark.parametrize(
    ("lane", "finish"),
    [(lane, "length") for lane in LANES] + [(lane, "content_filter") for lane in LANES if lane != "ollama"],
)
def test_the_finish_reason_is_one_of_openais(lane, finish, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer(finish=finish)))
    completion = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO)
    assert completion.choices[0].finish_reason == finish
    chunks = list(openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, stream=True))
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == finish


@pytest.mark.parametrize("lane", ["openai", "custom"])
def test_several_choices_are_told_apart(lane, upstream, openai: OpenAI):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    completion = openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, n=2)
    assert [choice.index for choice in completion.choices] == [0, 1]
    texts = {0: "", 1: ""}
    for chunk in openai.chat.completions.create(model=f"{lane}/{model}", messages=HELLO, n=2, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
    assert texts == {0: answer.text, 1: answer.text}


@pytest.mark.parametrize("lane", ["anthropic", "gemini"])
def test_what_a_translation_drops_stands_in_a_header_and_in_the_row(lane, upstream, program, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, says(Answer()))
    raw = openai.chat.completions.with_raw_response.create(
        model=f"{lane}/{model}", messages=HELLO, logit_bias={"50256": -100}
    )
    assert "dropped=" in raw.headers["x-nab-translation"] and "logit_bias" in raw.headers["x-nab-translation"]
    row = program.api.row(raw.headers["x-request-id"])
    assert row["translation"] == raw.headers["x-nab-translation"]


def test_an_unknown_field_of_the_own_dialect_passes_both_ways(upstream, openai: OpenAI):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    raw = openai.chat.completions.with_raw_response.create(
        model=f"openai/{model}", messages=HELLO, extra_body={"not_invented_yet": {"a": [1, 2.50]}}
    )
    assert plan.last.json["not_invented_yet"] == {"a": [1, 2.5]}
    assert b'"a":[1,2.5]' in plan.last.body.replace(b" ", b"")
    assert raw.parse().system_fingerprint == "fp_44709d6fcb"
    assert "x-nab-translation" not in raw.headers


def test_a_provider_that_reports_no_usage_is_billed_by_an_estimate(upstream, program, openai: OpenAI):
    model = model_of("custom")
    upstream.on(model, says(Answer(usage=None)))
    raw = openai.chat.completions.with_raw_response.create(model=f"custom/{model}", messages=HELLO)
    row = program.api.row(raw.headers["x-request-id"])
    assert (row["status"], row["usage_source"]) == ("success", "estimated")
    assert row["usage_detail"]["input_tokens"] > 5 and row["usage_detail"]["output_tokens"] > 5


def test_a_usage_of_zero_is_not_taken_for_a_missing_one(upstream, program, openai: OpenAI):
    model = model_of("openai")
    upstream.on(model, says(Answer(usage=Tokens(0, 0))))
    raw = openai.chat.completions.with_raw_response.create(model=f"openai/{model}", messages=HELLO)
    check_row(program.api, raw.headers["x-request-id"], "openai", model, Tokens(0, 0))
