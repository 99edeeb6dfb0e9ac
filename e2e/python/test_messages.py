"""`/v1/messages` with Anthropic's client, through every upstream dialect."""

from __future__ import annotations

import pytest
from anthropic import Anthropic

from checks import (
    MESSAGES_TOOLS,
    NO_ARGUMENTS,
    ONE_CALL,
    PIXEL,
    TWO_CALLS,
    USAGE,
    check_headers,
    check_row,
    messages_tokens,
    without_reasoning,
)
from e2e_support import LANES, model_of
from test_chat import TOOLED
from upstream import Answer, Tokens
from upstream.dialects import says, usage_of
from upstream.dialects.anthropic import SIGNATURE
from upstream.script import whole

lanes = pytest.mark.parametrize("lane", LANES)
tooled = pytest.mark.parametrize("lane", TOOLED)
ASKED = {"max_tokens": 500, "system": "Be brief.", "messages": [{"role": "user", "content": "Capital of France?"}]}


def check_order(events: list) -> None:
    """One `message_start`, blocks that never overlap, one `message_delta`, one `message_stop`."""
    kinds = [event.type for event in events if event.type != "ping"]
    assert kinds[0] == "message_start" and kinds[-2:] == ["message_delta", "message_stop"]
    assert kinds.count("message_start") == kinds.count("message_stop") == 1
    current, following = None, 0
    for event in events:
        match event.type:
            case "content_block_start":
                assert current is None, "blocks do not overlap"
                assert event.index == following
                current = event.index
            case "content_block_delta":
                assert event.index == current
            case "content_block_stop":
                assert event.index == current
                current, following = None, following + 1
    assert current is None


def text_of(message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


@lanes
def test_a_message_arrives_with_its_usage_in_body_headers_and_row(lane, upstream, program, anthropic: Anthropic):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    raw = anthropic.messages.with_raw_response.create(model=f"{lane}/{model}", **ASKED)
    message = raw.parse()
    assert (message.type, message.role, message.stop_reason) == ("message", "assistant", "end_turn")
    assert text_of(message) == answer.text
    tokens = usage_of(lane, answer.usage)
    assert messages_tokens(message.usage) == tokens
    check_row(program.api, check_headers(raw.headers, lane, model, tokens), lane, model, tokens)


@lanes
def test_a_message_streams_its_events_in_order(lane, upstream, program, anthropic: Anthropic):
    model, answer = model_of(lane), Answer()
    upstream.on(model, says(answer))
    raw = anthropic.messages.with_raw_response.create(model=f"{lane}/{model}", **ASKED, stream=True)
    events = list(raw.parse())
    check_order(events)
    deltas = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert len(deltas) > 5 and "".join(deltas) == answer.text
    assert events[0].message.usage.input_tokens > 0, "clients show how full their context is"
    end = next(event for event in events if event.type == "message_delta")
    tokens = usage_of(lane, answer.usage)
    assert end.usage.output_tokens == tokens.output
    check_row(program.api, check_headers(raw.headers, lane, model), lane, model, tokens)


@lanes
def test_the_clients_own_stream_helper_follows_a_message(lane, upstream, anthropic: Anthropic):
    model, answer = model_of(lane), Answer(usage=USAGE)
    upstream.on(model, says(answer))
    with anthropic.messages.stream(model=f"{lane}/{model}", **ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == text_of(final) == answer.text
    assert final.stop_reason == "end_turn"
    assert messages_tokens(final.usage) == without_reasoning(usage_of(lane, USAGE))


@pytest.mark.parametrize("usage", [USAGE, Tokens(input=90, output=10, cached=30, written=40)], ids=["read", "written"])
def test_cache_tokens_are_counted_once(usage, upstream, program, anthropic: Anthropic, openai):
    model = model_of("anthropic")
    upstream.on(model, says(Answer(usage=usage)))
    tokens = without_reasoning(usage)
    raw = anthropic.messages.with_raw_response.create(model=f"anthropic/{model}", **ASKED)
    assert messages_tokens(raw.parse().usage) == tokens
    check_row(program.api, raw.headers["x-request-id"], "anthropic", model, tokens)
    chat = openai.chat.completions.with_raw_response.create(model=f"anthropic/{model}", messages=ASKED["messages"])
    assert chat.parse().usage.prompt_tokens == usage.input, "OpenAI's prompt tokens include the cache's"
    check_row(program.api, chat.headers["x-request-id"], "anthropic", model, tokens)


@tooled
@pytest.mark.parametrize("calls", [ONE_CALL, TWO_CALLS, NO_ARGUMENTS], ids=["one", "parallel", "no_arguments"])
def test_tool_use_arrives_whole_and_streamed(lane, calls, upstream, anthropic: Anthropic):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="", calls=calls)))
    wanted = [(call.name, call.arguments) for call in calls]
    asked = {"model": f"{lane}/{model}", **ASKED, "tools": MESSAGES_TOOLS}

    def got(message) -> list:
        blocks = [block for block in message.content if block.type == "tool_use"]
        assert len({block.id for block in blocks}) == len(blocks)
        return [(block.name, block.input) for block in blocks]

    message = anthropic.messages.create(**asked)
    assert message.stop_reason == "tool_use"
    assert got(message) == wanted
    assert b"weather" in plan.last.body
    check_order(list(anthropic.messages.create(**asked, stream=True)))
    with anthropic.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "tool_use"
    assert got(final) == wanted


@tooled
def test_tool_results_go_back_to_the_provider(lane, upstream, anthropic: Anthropic):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="", calls=TWO_CALLS)), says(Answer(text="21 °C.")))
    asked = {**ASKED, "model": f"{lane}/{model}", "tools": MESSAGES_TOOLS}
    turn = anthropic.messages.create(**asked)
    uses = [block for block in turn.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": use.id, "content": "RESULT"} for use in uses]
    messages = [
        *ASKED["messages"],
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in turn.content]},
        {"role": "user", "content": results},
    ]
    assert text_of(anthropic.messages.create(**asked | {"messages": messages})) == "21 °C."
    assert plan.last.body.count(b"RESULT") == 2


@tooled
def test_thinking_arrives_before_the_answer_and_signed_where_the_provider_signs(lane, upstream, anthropic: Anthropic):
    model = model_of(lane)
    answer = Answer(text="Paris.", reasoning="France has one capital, so it is Paris.", usage=USAGE)
    plan = upstream.on(model, says(answer))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    asked = {**ASKED, "model": f"{lane}/{model}", "max_tokens": 4000, "thinking": thinking}
    message = anthropic.messages.create(**asked)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking == answer.reasoning
    with anthropic.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0].thinking == answer.reasoning
    if lane == "anthropic":
        assert message.content[0].signature == final.content[0].signature == SIGNATURE
        assert plan.last.json["thinking"] == thinking


def test_signed_thinking_goes_back_unchanged(upstream, anthropic: Anthropic):
    model = model_of("anthropic")
    plan = upstream.on(model, says(Answer(text="", reasoning="Hm.", calls=ONE_CALL)), says(Answer(text="21 °C.")))
    asked = {"model": f"anthropic/{model}", "max_tokens": 4000, "tools": MESSAGES_TOOLS}
    thinking = {"type": "enabled", "budget_tokens": 1024}
    turn = anthropic.messages.create(**asked, messages=ASKED["messages"], thinking=thinking)
    content = [block.model_dump(exclude_none=True) for block in turn.content]
    result = [{"type": "tool_result", "tool_use_id": turn.content[-1].id, "content": "21"}]
    history = [*ASKED["messages"], {"role": "assistant", "content": content}, {"role": "user", "content": result}]
    anthropic.messages.create(**asked, messages=history, thinking=thinking)
    sent = plan.last.json["messages"][1]["content"]
    assert sent[0] == {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE}


def test_signed_thinking_survives_the_way_through_chat_completions(upstream, openai):
    model = model_of("anthropic")
    plan = upstream.on(model, says(Answer(text="", reasoning="Hm.", calls=ONE_CALL)), says(Answer(text="21 °C.")))
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
    asked = {"model": f"anthropic/{model}", "tools": tools, "reasoning_effort": "low"}
    turn = openai.chat.completions.create(**asked, messages=ASKED["messages"])
    message = turn.choices[0].message.model_dump(exclude_none=True)
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "21"}
    openai.chat.completions.create(**asked, messages=[*ASKED["messages"], message, result])
    sent = plan.last.json["messages"][1]["content"]
    assert sent[0] == {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE}


@tooled
def test_an_image_reaches_the_provider(lane, upstream, anthropic: Anthropic):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer(text="One pixel.")))
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    asked = {**ASKED, "messages": [{"role": "user", "content": content}]}
    assert text_of(anthropic.messages.create(model=f"{lane}/{model}", **asked)) == "One pixel."
    assert PIXEL.encode() in plan.last.body


def test_cache_control_and_beta_headers_reach_anthropic_as_they_are(upstream, anthropic: Anthropic):
    model = model_of("anthropic")
    plan = upstream.on(model, says(Answer()))
    system = [{"type": "text", "text": "Long rules.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    anthropic.messages.create(
        model=f"anthropic/{model}",
        **{**ASKED, "system": system},
        extra_headers={"anthropic-beta": "extended-cache-ttl-2025-04-11"},
    )
    assert plan.last.json["system"] == system
    assert "extended-cache-ttl-2025-04-11" in plan.last.header("anthropic-beta")
    assert plan.last.header("x-api-key") == "sk-upstream-anthropic"
    assert plan.last.header("authorization") is None


@lanes
def test_a_cut_short_answer_says_so(lane, upstream, anthropic: Anthropic):
    model = model_of(lane)
    upstream.on(model, says(Answer(finish="length")))
    assert anthropic.messages.create(model=f"{lane}/{model}", **ASKED).stop_reason == "max_tokens"
    with anthropic.messages.stream(model=f"{lane}/{model}", **ASKED) as stream:
        assert stream.get_final_message().stop_reason == "max_tokens"


@pytest.mark.parametrize("lane", ["anthropic", "openai", "gemini"])
def test_tokens_are_counted_before_a_call(lane, upstream, anthropic: Anthropic):
    model = model_of(lane)
    upstream.on(model, whole({"input_tokens": 4321}))
    count = anthropic.messages.count_tokens(
        model=f"{lane}/{model}", messages=ASKED["messages"], system="Be brief.", tools=MESSAGES_TOOLS
    )
    if lane == "anthropic":
        assert count.input_tokens == 4321, "the provider counts its own models"
    else:
        assert 20 < count.input_tokens < 1000, "estimated where the provider does not count"
