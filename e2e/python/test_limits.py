"""Limits on requests, tokens and concurrency; budgets that are never overshot."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic as anthropic_sdk
import httpx
import openai as openai_sdk
import pytest

from clients import anthropic_of, openai_of
from e2e_support import Program, model_of, providers
from e2e_support.configuration import cost_nano
from test_fallback import refused
from upstream import Answer, Cut, Gate, Pause, Tokens
from upstream.dialects import says, streams

HELLO = [{"role": "user", "content": "Hello"}]
SPAN = re.compile(r"(\d+m)?\d+(\.\d+)?m?s")


def ask(client, model: str, **more):
    return client.chat.completions.with_raw_response.create(model=model, messages=HELLO, **more)


def test_a_limit_on_requests_is_told_in_headers_and_body(upstream, program):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    key = program.api.new_key("limited")
    program.api.limit(key, "requests", 3)
    client = openai_of(program, key.key)
    left = []
    for _ in range(3):
        headers = ask(client, f"openai/{model}").headers
        assert headers["x-ratelimit-limit-requests"] == "3"
        assert SPAN.fullmatch(headers["x-ratelimit-reset-requests"])
        left.append(int(headers["x-ratelimit-remaining-requests"]))
    assert left == [2, 1, 0]
    with pytest.raises(openai_sdk.RateLimitError) as raised:
        ask(client, f"openai/{model}")
    error = raised.value
    assert (error.status_code, error.code, error.type) == (429, "rate_limit_exceeded", "rate_limit_error")
    assert 'key "limited"' in error.message, "whose limit it is"
    assert "requests per minute" in error.message, "which window"
    assert 1 <= int(error.response.headers["retry-after"]) <= 61
    assert 1 <= int(error.response.headers["retry-after-ms"]) <= 61_000
    assert plan.count == 3
    with pytest.raises(anthropic_sdk.RateLimitError) as raised:
        anthropic_of(program, key.key).messages.create(model=f"openai/{model}", messages=HELLO, max_tokens=9)
    assert raised.value.body["error"]["type"] == "rate_limit_error"


def test_a_limit_on_tokens_counts_what_was_used(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer(usage=Tokens(400, 300))))
    key = program.api.new_key()
    program.api.limit(key, "tokens", 1000)
    client = openai_of(program, key.key)
    first = ask(client, f"openai/{model}", max_tokens=300)
    assert first.headers["x-ratelimit-limit-tokens"] == "1000"
    with pytest.raises(openai_sdk.RateLimitError, match="tokens per minute"):
        ask(client, f"openai/{model}", max_tokens=301)
    ask(client, f"openai/{model}", max_tokens=20)


def test_a_call_larger_than_the_limit_says_so(upstream, program):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    key = program.api.new_key()
    program.api.limit(key, "tokens", 100)
    with pytest.raises(openai_sdk.RateLimitError, match="max_tokens") as raised:
        ask(openai_of(program, key.key), f"openai/{model}", max_tokens=5000)
    assert "retry-after" not in raised.value.response.headers, "waiting does not help"
    assert plan.count == 0


def test_a_limit_on_one_model_leaves_the_others_alone(upstream, program):
    model, other = model_of("openai"), model_of("openai")
    for name in (model, other):
        upstream.on(name, says(Answer()))
    key = program.api.new_key()
    program.api.limit(key, "requests", 1, model=f"openai/{model}")
    client = openai_of(program, key.key)
    ask(client, f"openai/{model}")
    with pytest.raises(openai_sdk.RateLimitError):
        ask(client, f"openai/{model}")
    ask(client, f"openai/{other}")


def test_a_raised_limit_holds_at_once(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer()))
    key = program.api.new_key()
    limit = program.api.limit(key, "requests", 0)
    client = openai_of(program, key.key)
    with pytest.raises(openai_sdk.RateLimitError):
        ask(client, f"openai/{model}")
    program.api.patch(f"/limits/{limit['id']}", {"max": 5})
    ask(client, f"openai/{model}")


def test_concurrency_is_limited_and_freed_by_every_end(upstream, program):
    model, gate = model_of("openai"), Gate()
    plan = upstream.on(model, streams(Answer(), lambda frames: [*frames[:3], gate, *frames[3:]]))
    key = program.api.new_key()
    program.api.limit(key, "concurrency", 2, window=None)
    client = openai_of(program, key.key)
    first = client.chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True)
    second = client.chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True)
    with pytest.raises(openai_sdk.RateLimitError, match="concurrent"):
        ask(client, f"openai/{model}")
    first.close()
    assert plan.wait(1).hung_up.wait(2)
    time.sleep(0.1)
    third = client.chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True)
    with pytest.raises(openai_sdk.RateLimitError):
        ask(client, f"openai/{model}")
    gate.open()
    list(second)
    list(third)
    time.sleep(0.1)
    ask(client, f"openai/{model}", stream=True).parse().close()


def test_failed_calls_are_not_charged(upstream, program):
    model = model_of("openai")
    upstream.on(model, refused(500), says(Answer(usage=Tokens(10, 10))))
    key = program.api.new_key()
    program.api.budget(key, 2_000, unit="tokens")
    client = openai_of(program, key.key)
    with pytest.raises(openai_sdk.APIStatusError):
        ask(client, f"openai/{model}", max_tokens=1500)
    ask(client, f"openai/{model}", max_tokens=1500)


# Budgets.

DOLLAR = 1_000_000_000


def test_a_used_up_budget_is_told_clearly(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer(usage=Tokens(1000, 1000))))
    key = program.api.new_key("poor")
    program.api.budget(key, cost_nano(1000, 1000) + 1)
    client = openai_of(program, key.key)
    ask(client, f"openai/{model}", max_tokens=1000)
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        ask(client, f"openai/{model}", max_tokens=1000)
    error = raised.value
    assert (error.status_code, error.code, error.type) == (402, "budget_exceeded", "insufficient_quota")
    assert 'key "poor"' in error.message and "$0.01" in error.message
    assert error.response.headers["x-should-retry"] == "false"


def test_what_was_reserved_and_not_used_comes_back(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer(usage=Tokens(10, 1))))
    key = program.api.new_key()
    program.api.budget(key, cost_nano(200, 1100))
    for _ in range(20):
        ask(openai_of(program, key.key), f"openai/{model}", max_tokens=1000)


def test_what_may_have_been_used_does_not_come_back(upstream, program):
    """The provider took the request and broke off: nobody knows what it used."""
    model = model_of("openai")
    plan = upstream.on(model, streams(Answer(), lambda frames: [*frames[:4], Cut()]))
    key = program.api.new_key()
    program.api.budget(key, cost_nano(500, 2500))
    client = openai_of(program, key.key)
    for _ in range(2):
        with pytest.raises(openai_sdk.APIError):
            list(client.chat.completions.create(model=f"openai/{model}", messages=HELLO, max_tokens=1000, stream=True))
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        ask(client, f"openai/{model}", max_tokens=1000)
    assert raised.value.status_code == 402
    assert plan.count == 2


def test_a_model_without_a_price_is_refused_under_a_budget_in_money(upstream, start):
    config = providers(upstream, ("openai",))
    del config["catalogue"]
    program, model = start(config), "no-such-model-anywhere"
    plan = upstream.on(model, says(Answer()))
    key = program.api.new_key()
    program.api.budget(key, DOLLAR)
    with pytest.raises(openai_sdk.BadRequestError) as raised:
        ask(openai_of(program, key.key), f"openai/{model}")
    assert raised.value.code == "price_unknown" and f"openai/{model}" in raised.value.message
    assert plan.count == 0


def test_a_budget_survives_a_restart(upstream, start):
    program, model = start(providers(upstream)), model_of("openai")
    upstream.on(model, says(Answer(usage=Tokens(1000, 1000))))
    key = program.api.new_key()
    program.api.budget(key, cost_nano(2500, 2500))
    for _ in range(2):
        ask(openai_of(program, key.key), f"openai/{model}", max_tokens=1000)
    program.kill()
    program.start()
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        ask(openai_of(program, key.key), f"openai/{model}", max_tokens=1000)
    assert raised.value.status_code == 402


@pytest.mark.parametrize("scope", ["key", "organization"])
def test_a_budget_of_one_dollar_is_never_overshot_by_200_concurrent_calls(scope, upstream, start):
    """Each call may cost up to 4 cents and costs between half and all of it."""
    program: Program = start(providers(upstream))
    key = program.api.new_key()
    scope_id = {"scope_id": key.id} if scope == "key" else {}
    program.api.post("/budgets", {"scope": scope, "unit": "nano_usd", "period": "total", "max": DOLLAR, **scope_id})
    whole, piecewise, broken = (model_of("openai") for _ in range(3))
    upstream.on(whole, says(Answer(usage=Tokens(1000, 4700)), before=(Pause(0.02),)))
    upstream.on(piecewise, says(Answer(usage=Tokens(1000, 2500))))
    upstream.on(broken, streams(Answer(), lambda frames: [*frames[:6], Cut()]))
    models = [whole, piecewise, broken]
    statuses: list[int] = []
    lock = threading.Lock()
    limits = httpx.Limits(max_connections=200)
    headers = {"authorization": f"Bearer {key.key}"}

    with httpx.Client(base_url=program.url, headers=headers, limits=limits, timeout=60, trust_env=False) as http:

        def one(number: int) -> None:
            body = {
                "model": f"openai/{models[number % 3]}",
                "messages": HELLO,
                "max_tokens": 4750,
                "stream": number % 3 != 0,
            }
            answer = http.post("/v1/chat/completions", json=body)
            with lock:
                statuses.append(answer.status_code)

        with ThreadPoolExecutor(200) as pool:
            list(pool.map(one, range(400)))

    assert set(statuses) == {200, 402}
    answered = statuses.count(200)
    assert answered >= 20, "most of the budget can be used"
    program.stop()
    program.start()
    rows = program.api.rows(count=answered, key_id=key.id)
    spent = sum(row["cost_nano_usd"] for row in rows)
    assert DOLLAR / 3 < spent <= DOLLAR
