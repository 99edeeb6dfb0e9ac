"""Retries, fallbacks, key rotation and the breaker: everything before the client's first byte."""

from __future__ import annotations

import time
from email.utils import formatdate

import openai as openai_sdk
import pytest

from clients import anthropic_of, openai_of
from e2e_support import LANES, Program, model_of, providers
from e2e_support.configuration import provider
from faults import error_event
from upstream import Answer, Cut, Hang, Reset, Script
from upstream.dialects import anthropic as anthropic_wire
from upstream.dialects import says, streams
from upstream.script import stream, whole

HELLO = [{"role": "user", "content": "Hello"}]
SECOND = Answer(text="From the second.")


@pytest.fixture(scope="module")
def pairs(upstream, tmp_path_factory):
    """`<lane>-first/<model>` goes to the lane and then to a provider called `second`."""
    config = providers(upstream)
    config["providers"]["second"] = provider(upstream, "second", "custom")
    config["models"] = {f"{lane}-first/*": {"targets": [f"{lane}/*", "second/*"]} for lane in LANES}
    config["models"]["long/*"] = {"targets": ["openai/*"], "context_window_fallbacks": ["second/*"]}
    config["models"]["safe/*"] = {"targets": ["openai/*"], "content_policy_fallbacks": ["second/*"]}
    config["gateway"] = {
        "timeouts": {"connect_ms": 500, "headers_ms": 500, "first_token_ms": 500, "stall_ms": 500, "total_ms": 20_000}
    }
    with Program(tmp_path_factory.mktemp("pairs"), config) as running:
        yield running


def refused(status: int, body: bytes | dict = b"", *headers: tuple[str, str]) -> Script:
    text = body or {"error": {"message": f"status {status}", "type": "server_error", "code": None, "param": None}}
    return whole(text, status=status, headers=headers)


QUICK = ("retry-after-ms", "1")
EARLY = {
    "status_500": refused(500),
    "status_502_with_a_web_page": refused(502, b"<html>Bad Gateway</html>"),
    "status_503": refused(503),
    "status_529": refused(529, anthropic_wire.error("overloaded_error", "Overloaded")),
    "status_429": refused(429, b"", QUICK),
    "status_404": refused(
        404, {"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}}
    ),
    "reset_before_the_head": Script(before=(Reset(),)),
    "close_before_the_head": Script(before=(Cut(),)),
    "hang_before_the_head": Script(before=(Hang(),)),
    "hang_after_the_head": stream([Hang()]),
    "empty_stream": stream([]),
    "reset_after_the_head": stream([Reset()]),
    "cut_after_the_head": stream([Cut()]),
    "comments_and_silence": stream([b": keep-alive\n\n", b"\n", Hang()]),
    "garbage": stream([b"data: {nonsense\n\n"]),
}


@pytest.mark.parametrize("fault", EARLY)
def test_a_stream_that_fails_early_falls_back_to_the_second_target(fault, upstream, pairs):
    model = model_of("openai")
    first = upstream.on(model, EARLY[fault], lane="openai")
    second = upstream.on(model, says(SECOND), lane="second")
    raw = openai_of(pairs).chat.completions.with_raw_response.create(
        model=f"openai-first/{model}", messages=HELLO, stream=True
    )
    text = "".join(c.delta.content or "" for chunk in raw.parse() for c in chunk.choices)
    assert text == SECOND.text
    assert (first.count, second.count) == (1, 1)
    assert raw.headers["x-nab-model"] == f"second/{model}"
    assert raw.headers["x-nab-attempts"] == "2"
    rows = pairs.api.rows(count=2, request_id=raw.headers["x-request-id"])
    assert [(row["attempt"], row["provider"], row["status"]) for row in rows] == [
        (1, "openai", "error"),
        (2, "second", "success"),
    ]
    assert rows[0]["cost_nano_usd"] == 0, "a failed attempt costs nothing"


@pytest.mark.parametrize("fault", [name for name in EARLY if "stream" not in name and "comments" not in name])
def test_a_complete_answer_that_fails_falls_back_to_the_second_target(fault, upstream, pairs):
    model = model_of("openai")
    upstream.on(model, EARLY[fault], lane="openai")
    upstream.on(model, says(SECOND), lane="second")
    completion = openai_of(pairs).chat.completions.create(model=f"openai-first/{model}", messages=HELLO)
    assert completion.choices[0].message.content == SECOND.text


@pytest.mark.parametrize("lane", LANES)
def test_an_error_event_before_any_content_falls_back(lane, upstream, pairs):
    model = model_of(lane)
    first = {"openai": 1, "anthropic": 3, "custom": 1}.get(lane, 0)
    upstream.on(model, streams(Answer(), lambda frames: [*frames[:first], error_event(lane)]), lane=lane)
    upstream.on(model, says(SECOND), lane="second")
    chunks = openai_of(pairs).chat.completions.create(model=f"{lane}-first/{model}", messages=HELLO, stream=True)
    assert "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices) == SECOND.text


@pytest.mark.parametrize("lane", ["openai", "anthropic"])
def test_messages_fall_back_across_dialects(lane, upstream, pairs):
    model = model_of(lane)
    upstream.on(model, EARLY["status_529"], lane=lane)
    upstream.on(model, says(SECOND), lane="second")
    asked = {"model": f"{lane}-first/{model}", "messages": HELLO, "max_tokens": 50}
    with anthropic_of(pairs).messages.stream(**asked) as events:
        assert "".join(events.text_stream) == SECOND.text


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_bad_request_is_not_tried_elsewhere(status, upstream, pairs):
    model = model_of("openai")
    body = {
        "error": {"message": "Bad temperature.", "type": "invalid_request_error", "param": "temperature", "code": None}
    }
    upstream.on(model, refused(status, body), lane="openai")
    second = upstream.on(model, says(SECOND), lane="second")
    with pytest.raises(openai_sdk.APIStatusError, match="Bad temperature") as raised:
        openai_of(pairs).chat.completions.create(model=f"openai-first/{model}", messages=HELLO)
    assert raised.value.status_code == 400
    assert second.count == 0


def test_a_prompt_that_does_not_fit_goes_to_the_model_with_the_larger_window(upstream, pairs):
    model = model_of("openai")
    error = {
        "message": "too long",
        "type": "invalid_request_error",
        "param": "messages",
        "code": "context_length_exceeded",
    }
    upstream.on(model, refused(400, {"error": error}), lane="openai")
    upstream.on(model, says(SECOND), lane="second")
    completion = openai_of(pairs).chat.completions.create(model=f"long/{model}", messages=HELLO)
    assert completion.choices[0].message.content == SECOND.text
    with pytest.raises(openai_sdk.BadRequestError) as raised:
        openai_of(pairs).chat.completions.create(model=f"safe/{model}", messages=HELLO)
    assert raised.value.code == "context_length_exceeded"


def test_a_prompt_that_the_safety_system_refuses_goes_to_the_other_model(upstream, pairs):
    model = model_of("openai")
    error = {"message": "refused", "type": "invalid_request_error", "param": None, "code": "content_policy_violation"}
    upstream.on(model, refused(400, {"error": error}), lane="openai")
    upstream.on(model, says(SECOND), lane="second")
    completion = openai_of(pairs).chat.completions.create(model=f"safe/{model}", messages=HELLO)
    assert completion.choices[0].message.content == SECOND.text


def test_when_all_targets_fail_the_client_gets_the_last_error(upstream, pairs):
    model = model_of("openai")
    upstream.on(model, EARLY["status_500"], lane="openai")
    upstream.on(model, EARLY["status_529"], lane="second")
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        openai_of(pairs).chat.completions.create(model=f"openai-first/{model}", messages=HELLO)
    assert raised.value.status_code == 503
    assert "second/" in raised.value.message, "the message says who failed"


# Retries of one target.

RETRY = {"max_retries": 2, "backoff_ms": 20, "backoff_max_ms": 40, "retry_after_max_ms": 2500}
FORMS = {
    "seconds": lambda: ("retry-after", "1"),
    "fractional_seconds": lambda: ("retry-after", "0.6"),
    "a_date": lambda: ("retry-after", formatdate(time.time() + 1.999, usegmt=True)),
    "milliseconds": lambda: ("retry-after-ms", "600"),
    "azure_milliseconds": lambda: ("x-ms-retry-after-ms", "600"),
    "a_reset_span": lambda: ("x-ratelimit-reset-requests", "600ms"),
    "a_reset_in_the_epoch": lambda: ("x-ratelimit-reset", str(int(time.time() + 1.999))),
}


def alone(start, upstream, **more) -> Program:
    return start(providers(upstream, ("openai", "anthropic")) | {"gateway": {"retry": RETRY} | more})


@pytest.mark.parametrize("form", FORMS)
def test_a_provider_that_limits_us_is_asked_again_when_it_says_as(form, upstream, start):
    program, model = alone(start, upstream), model_of("openai")
    plan = upstream.on(model, lambda seen: refused(429, b"", FORMS[form]()), says(Answer()))
    raw = openai_of(program).chat.completions.with_raw_response.create(model=f"openai/{model}", messages=HELLO)
    assert raw.headers["x-nab-attempts"] == "2"
    pause = plan.seen[1].began - plan.seen[0].began
    # Times in whole seconds lie up to a second nearer than they say.
    assert (0.55 if form not in ("a_date", "a_reset_in_the_epoch") else 0.3) < pause < 2.4


def test_google_says_when_to_ask_again_in_the_body(upstream, start):
    program, model = start(providers(upstream, ("gemini",)) | {"gateway": {"retry": RETRY}}), model_of("gemini")
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.6s"}
    error = {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": [delay]}
    plan = upstream.on(model, refused(429, {"error": error}), says(Answer()))
    openai_of(program).chat.completions.create(model=f"gemini/{model}", messages=HELLO)
    assert 0.55 < plan.seen[1].began - plan.seen[0].began < 1.5


def test_a_wait_longer_than_configured_is_not_waited_and_told_to_the_client(upstream, start):
    program, model = alone(start, upstream), model_of("openai")
    plan = upstream.on(model, refused(429, b"", ("retry-after", "30")))
    began = time.monotonic()
    with pytest.raises(openai_sdk.RateLimitError) as raised:
        openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    assert time.monotonic() - began < 2
    assert plan.count == 1
    assert raised.value.code == "upstream_rate_limited"
    assert 28 <= int(raised.value.response.headers["retry-after"]) <= 31


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (529, 3), (400, 1), (401, 1)])
def test_only_what_may_pass_is_retried(status, tries, upstream, start):
    program, model = alone(start, upstream), model_of("openai")
    plan = upstream.on(model, refused(status))
    with pytest.raises(openai_sdk.APIStatusError):
        openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    assert plan.count == tries
    rows = program.api.rows(count=tries, model=model)
    assert [row["attempt"] for row in rows] == list(range(1, tries + 1)), "one row an attempt"


@pytest.mark.parametrize("kind", ["insufficient_quota", "billing_hard_limit_reached"])
def test_an_account_without_money_is_not_asked_again(kind, upstream, start):
    program, model = alone(start, upstream), model_of("openai")
    error = {"message": "You exceeded your current quota", "type": kind, "param": None, "code": kind}
    plan = upstream.on(model, refused(429, {"error": error}))
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    assert plan.count == 1
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_quota_exhausted")


# Several keys of one provider.


def with_keys(start, upstream, count: int = 3) -> Program:
    config = providers(upstream, ("openai",))
    keys = [f"sk-key-{number}" for number in range(count)]
    config["providers"]["openai"] = provider(upstream, "openai", api_keys=keys)
    return start(config | {"gateway": {"retry": RETRY}})


def key_of(seen) -> str:
    return (seen.header("authorization") or "").removeprefix("Bearer ")


def test_a_limited_key_makes_room_for_the_next_one(upstream, start):
    program, model = with_keys(start, upstream), model_of("openai")

    def script(seen):
        if key_of(seen) == "sk-key-0":
            return refused(429, b"", ("retry-after", "20"))
        return says(Answer())(seen)

    plan = upstream.on(model, script)
    client = openai_of(program)
    for _ in range(12):
        client.chat.completions.create(model=f"openai/{model}", messages=HELLO)
    used = [key_of(seen) for seen in plan.seen]
    assert used.count("sk-key-0") <= 1, "it rests as long as the provider asked"
    assert {"sk-key-1", "sk-key-2"} <= set(used)


@pytest.mark.parametrize("status", [401, 403])
def test_a_dead_key_is_retired(status, upstream, start):
    program, model = with_keys(start, upstream), model_of("openai")

    def script(seen):
        if key_of(seen) == "sk-key-1":
            error = {"message": "Incorrect API key", "type": "invalid_request_error", "code": "invalid_api_key"}
            return refused(status, {"error": error})
        return says(Answer())(seen)

    plan = upstream.on(model, script)
    client = openai_of(program)
    for _ in range(12):
        client.chat.completions.create(model=f"openai/{model}", messages=HELLO)
    used = [key_of(seen) for seen in plan.seen]
    assert used.count("sk-key-1") == 1
    assert "sk-key-" not in program.log, "keys do not stand in the log"


def test_without_a_usable_key_the_client_learns_that_it_is_not_its_own(upstream, start):
    program, model = with_keys(start, upstream, 2), model_of("openai")
    error = {
        "message": "Incorrect API key provided: sk-key-*",
        "type": "invalid_request_error",
        "code": "invalid_api_key",
    }
    upstream.on(model, refused(401, {"error": error}))
    with pytest.raises(openai_sdk.APIStatusError) as raised:
        openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_authentication")


# The breaker.


def test_the_breaker_opens_keeps_traffic_away_and_closes_after_a_probe(upstream, start):
    config = providers(upstream, ("openai", "anthropic"))
    config["models"] = {"both/*": {"targets": ["openai/*", "anthropic/*"]}}
    config["gateway"] = {"breaker": {"failures": 3, "open_ms": 1000, "open_max_ms": 2000}}
    program, model = start(config), model_of("openai")
    healthy = False
    sick = upstream.on(model, lambda seen: says(Answer())(seen) if healthy else refused(500), lane="openai")
    upstream.on(model, says(SECOND), lane="anthropic")
    client = openai_of(program)

    def ask() -> str:
        raw = client.chat.completions.with_raw_response.create(model=f"both/{model}", messages=HELLO)
        return raw.headers["x-nab-provider"]

    assert [ask() for _ in range(6)] == ["anthropic"] * 6
    assert sick.count == 3, "after three failures it is left alone"
    time.sleep(1.1)
    assert ask() == "anthropic"
    assert sick.count == 4, "one probe"
    assert ask() == "anthropic"
    assert sick.count == 4, "which failed: it stays away"
    healthy = True
    time.sleep(2.1)
    assert ask() == "openai"
    assert ask() == "openai"


def test_when_every_breaker_is_open_the_least_bad_target_is_asked(upstream, start):
    config = providers(upstream, ("openai",)) | {"gateway": {"breaker": {"failures": 1, "open_ms": 60_000}}}
    program, model = start(config), model_of("openai")
    plan = upstream.on(model, refused(500), says(Answer()))
    with pytest.raises(openai_sdk.APIStatusError):
        openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    assert plan.count == 2


def test_a_bad_request_does_not_open_the_breaker(upstream, start):
    config = providers(upstream, ("openai",)) | {"gateway": {"breaker": {"failures": 1, "open_ms": 60_000}}}
    config["models"] = {"both/*": {"targets": ["openai/*", "openai/other"]}}
    program, model = start(config), model_of("openai")
    plan = upstream.on(model, refused(400), refused(400), says(Answer()))
    other = upstream.on("other", says(SECOND))
    for _ in range(2):
        with pytest.raises(openai_sdk.BadRequestError):
            openai_of(program).chat.completions.create(model=f"both/{model}", messages=HELLO)
    openai_of(program).chat.completions.create(model=f"both/{model}", messages=HELLO)
    assert (plan.count, other.count) == (3, 0)


# Choosing among targets.


def test_weights_share_the_calls_and_zero_gets_none(upstream, start):
    config = providers(upstream, ("openai", "anthropic", "gemini"))
    targets = [
        {"model": "openai/*", "weight": 3, "group": 1},
        {"model": "anthropic/*", "weight": 1, "group": 1},
        {"model": "gemini/*", "weight": 0, "group": 1},
    ]
    config["models"] = {"mix/*": {"targets": targets}, "same/*": {"targets": targets, "strategy": "sticky"}}
    program, model = start(config), model_of("openai")
    plans = {lane: upstream.on(model, says(Answer()), lane=lane) for lane in ("openai", "anthropic", "gemini")}
    client = openai_of(program)
    for _ in range(60):
        client.chat.completions.create(model=f"mix/{model}", messages=HELLO)
    counts = {lane: plan.count for lane, plan in plans.items()}
    assert counts["gemini"] == 0
    assert 28 <= counts["openai"] <= 58 and counts["anthropic"] >= 2, counts
    seen = {
        client.chat.completions.with_raw_response.create(model=f"same/{model}", messages=HELLO).headers[
            "x-nab-provider"
        ]
        for _ in range(10)
    }
    assert len(seen) == 1, "the same key stays with the same target"
