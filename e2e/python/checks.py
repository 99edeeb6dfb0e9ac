"""What several tests check in the same way."""

from __future__ import annotations

from e2e_support import Api
from e2e_support.configuration import cost_nano
from upstream import Call, Tokens

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "description": f"The {name} of a city", "parameters": WEATHER},
    }
    for name in ("weather", "time")
]
RESPONSES_TOOLS = [{"type": "function", **tool["function"]} for tool in CHAT_TOOLS]
MESSAGES_TOOLS = [
    {"name": tool["name"], "description": tool["description"], "input_schema": WEATHER} for tool in RESPONSES_TOOLS
]

ONE_CALL = (Call("weather", {"city": "Zürich", "unit": "C"}, "call_weather_1"),)
TWO_CALLS = (*ONE_CALL, Call("time", {"city": "東京"}, "call_time_2"))
NO_ARGUMENTS = (Call("time", {}, "call_time_0"),)

USAGE = Tokens(input=120, output=45, cached=64, reasoning=20)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PIXEL_URL = f"data:image/png;base64,{PIXEL}"

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def chat_tokens(usage) -> Tokens:
    """Usage of a chat completion."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return Tokens(
        usage.prompt_tokens,
        usage.completion_tokens,
        cached=(prompt and prompt.cached_tokens) or 0,
        reasoning=(completion and completion.reasoning_tokens) or 0,
    )


def responses_tokens(usage) -> Tokens:
    """Usage of a response."""
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    return Tokens(
        usage.input_tokens,
        usage.output_tokens,
        cached=usage.input_tokens_details.cached_tokens,
        reasoning=usage.output_tokens_details.reasoning_tokens,
    )


def messages_tokens(usage) -> Tokens:
    """Usage of a message, whose input excludes what the cache took."""
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return Tokens(usage.input_tokens + cached + written, usage.output_tokens, cached=cached, written=written)


def without_reasoning(tokens: Tokens) -> Tokens:
    return Tokens(tokens.input, tokens.output, tokens.cached, tokens.written)


def row_tokens(row: dict) -> Tokens:
    """Usage of a usage row."""
    usage = row["usage_detail"]
    return Tokens(
        usage["input_tokens"],
        usage["output_tokens"],
        cached=usage["cache_read_tokens"],
        written=usage["cache_write_tokens"],
        reasoning=usage["reasoning_tokens"],
    )


def check_row(api: Api, request_id: str, lane: str, model: str, tokens: Tokens) -> dict:
    """The request's one row: a success with this usage, reported by the provider."""
    row = api.row(request_id)
    assert (row["status"], row["usage_source"]) == ("success", "reported"), row
    assert (row["provider"], row["model"]) == (lane, model)
    assert row_tokens(row) == tokens
    if not tokens.cached and not tokens.written:
        assert row["cost_nano_usd"] == cost_nano(tokens.input, tokens.output)
    return row


def check_headers(headers, lane: str, model: str, tokens: Tokens | None = None) -> str:
    """The headers that every answer carries. The request id."""
    assert headers["x-nab-provider"] == lane
    assert headers["x-nab-model"] == f"{lane}/{model}"
    assert headers["x-nab-attempts"] == "1"
    assert int(headers["x-nab-overhead-us"]) >= 0
    if tokens and not tokens.cached:
        cost = cost_nano(tokens.input, tokens.output)
        assert round(float(headers["x-nab-cost-usd"]) * 1e9) == cost
    return headers["x-request-id"]
