"""The exact cache: hits, misses, replays, controls, and what must never be cached."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import openai as openai_sdk
import pytest

from clients import anthropic_of, openai_of
from e2e_support import Program, model_of, providers
from faults import half
from test_fallback import refused
from upstream import Answer, Cut, Gate, Hang, Script
from upstream.dialects import says, streams
from upstream.media import embeds

ON = {"x-nab-cache-control": "on"}


@pytest.fixture(scope="module")
def caching(upstream, tmp_path_factory):
    config = providers(upstream) | {"gateway": {"cache": {"enabled": True, "ttl_s": 60}}}
    config["models"] = {"backed/*": {"targets": ["openai/*", "custom/*"]}}
    with Program(tmp_path_factory.mktemp("caching"), config) as running:
        yield running


def ask(program: Program, model: str, text: str = "Hello", control: str = "", key: str = "", **more):
    headers = {"x-nab-cache-control": control} if control else {}
    return openai_of(program, key).chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": text}], extra_headers=headers, **more
    )


def cache_word(answer) -> str | None:
    return answer.headers.get("x-nab-cache")


def test_the_second_time_the_answer_comes_from_the_cache(upstream, caching):
    model, answer = model_of("openai"), Answer()
    plan = upstream.on(model, says(answer))
    first, second = ask(caching, f"openai/{model}"), ask(caching, f"openai/{model}")
    assert (cache_word(first), cache_word(second)) == ("miss", "hit")
    assert first.content == second.content
    assert plan.count == 1
    assert second.headers["x-nab-cost-usd"] == "0" and int(second.headers["age"]) >= 0
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    row = caching.api.row(second.headers["x-request-id"])
    assert (row["status"], row["cost_nano_usd"]) == ("cache_hit", 0)
    assert row["saved_nano_usd"] == caching.api.row(first.headers["x-request-id"])["cost_nano_usd"] > 0


@pytest.mark.parametrize("lane", ["openai", "anthropic"])
def test_a_stream_is_cached_and_replayed_as_a_stream(lane, upstream, caching):
    model, answer = model_of(lane), Answer()
    plan = upstream.on(model, says(answer))
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    first = ask(caching, f"{lane}/{model}", **asked)
    chunks = list(first.parse())
    second = ask(caching, f"{lane}/{model}", **asked)
    replayed = list(second.parse())
    assert (cache_word(first), cache_word(second)) == ("miss", "hit")
    assert plan.count == 1
    assert [chunk.model_dump() for chunk in replayed] == [chunk.model_dump() for chunk in chunks]
    assert len(replayed) > 5 and replayed[-1].usage
    assert "".join(c.delta.content or "" for chunk in replayed for c in chunk.choices) == answer.text
    assert second.headers["content-type"].startswith("text/event-stream")


def test_streams_and_complete_answers_are_kept_apart(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    list(ask(caching, f"openai/{model}", stream=True).parse())
    ask(caching, f"openai/{model}")
    with_usage = ask(caching, f"openai/{model}", stream=True, stream_options={"include_usage": True})
    assert [chunk for chunk in with_usage.parse() if chunk.usage]
    assert plan.count == 3


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.5},
        {"max_tokens": 5},
        {"seed": 7},
        {"stop": ["x"]},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
        {"response_format": {"type": "json_object"}},
        {"n": 2},
        {"logprobs": True},
        {"extra_body": {"something_new": 1}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_question_is_not_answered_from_the_cache_when_it_differs_in(change, upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    ask(caching, f"openai/{model}")
    assert cache_word(ask(caching, f"openai/{model}", **change)) == "miss"
    assert plan.count == 2


def test_who_asks_does_not_change_the_question(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    ask(caching, f"openai/{model}", user="one", metadata={"a": "1"})
    key = caching.api.new_key().key
    assert cache_word(ask(caching, f"openai/{model}", user="two", key=key)) == "hit"
    assert plan.count == 1


def test_a_key_that_may_not_use_the_model_is_not_answered_from_the_cache(upstream, caching):
    model = model_of("openai")
    upstream.on(model, says(Answer()))
    ask(caching, f"openai/{model}")
    key = caching.api.new_key(models=["nothing/*"]).key
    with pytest.raises(openai_sdk.PermissionDeniedError):
        ask(caching, f"openai/{model}", key=key)


def test_a_hit_takes_nothing_from_the_budget(upstream, caching):
    model = model_of("openai")
    upstream.on(model, says(Answer()))
    key = caching.api.new_key()
    caching.api.budget(key, 500, unit="tokens")
    for _ in range(30):
        ask(caching, f"openai/{model}", key=key.key, max_tokens=100)


def test_no_store_keeps_nothing_and_no_cache_reads_nothing(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    ask(caching, f"openai/{model}", control="no-store")
    assert cache_word(ask(caching, f"openai/{model}")) == "miss", "nothing was kept"
    assert cache_word(ask(caching, f"openai/{model}", control="no-cache")) == "miss"
    assert cache_word(ask(caching, f"openai/{model}")) == "hit"
    assert plan.count == 3


def test_off_is_off_and_the_default_is_off(upstream, caching, program):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    assert [cache_word(ask(caching, f"openai/{model}", control="off")) for _ in range(2)] == [None, None]
    assert [cache_word(ask(program, f"openai/{model}")) for _ in range(2)] == [None, None]
    assert [cache_word(ask(program, f"openai/{model}", control="on")) for _ in range(2)] == ["miss", "hit"]
    assert plan.count == 5


def test_an_entry_is_used_no_longer_than_asked(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    ask(caching, f"openai/{model}", control="ttl=1")
    assert cache_word(ask(caching, f"openai/{model}")) == "hit"
    time.sleep(1.1)
    assert cache_word(ask(caching, f"openai/{model}", control="ttl=60")) == "miss"
    time.sleep(1.1)
    assert cache_word(ask(caching, f"openai/{model}", control="max-age=0")) == "miss"
    assert plan.count == 3


def test_a_directive_that_is_not_known_is_refused(program):
    with pytest.raises(openai_sdk.BadRequestError, match="no-cash"):
        ask(program, "builtin/echo", control="no-cash")


def test_errors_are_never_cached(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, refused(500), refused(400), says(Answer()))
    for _ in range(2):
        with pytest.raises(openai_sdk.APIStatusError):
            ask(caching, f"openai/{model}")
    assert cache_word(ask(caching, f"openai/{model}")) == "miss"
    assert plan.count == 3


def test_a_cut_stream_is_never_cached(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, streams(Answer(), lambda frames: [*half(frames), Cut()]), says(Answer()))
    with pytest.raises(openai_sdk.APIError):
        list(ask(caching, f"openai/{model}", stream=True).parse())
    assert list(ask(caching, f"openai/{model}", stream=True).parse())
    assert plan.count == 2


def test_a_stream_that_the_client_left_is_never_cached(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, streams(Answer(), lambda frames: [*half(frames), Hang()]), says(Answer()))
    left = ask(caching, f"openai/{model}", stream=True).parse()
    next(iter(left))
    left.close()
    assert plan.wait(1).hung_up.wait(2)
    text = "".join(
        c.delta.content or "" for chunk in ask(caching, f"openai/{model}", stream=True).parse() for c in chunk.choices
    )
    assert text == Answer().text


def test_what_a_fallback_answered_is_not_kept_for_the_primary(upstream, caching):
    model = model_of("openai")
    upstream.on(model, refused(500), says(Answer(text="From the primary.")), lane="openai")
    upstream.on(model, says(Answer(text="From the fallback.")), lane="custom")
    first = ask(caching, f"backed/{model}")
    assert first.parse().choices[0].message.content == "From the fallback."
    second = ask(caching, f"backed/{model}")
    assert second.parse().choices[0].message.content == "From the primary."
    assert cache_word(second) == "miss"


def test_identical_calls_at_the_same_time_make_one(upstream, caching):
    model, gate = model_of("openai"), Gate()

    def script(seen):
        answer = says(Answer())(seen)
        return Script(before=(gate,), steps=answer.steps, headers=answer.headers)

    plan = upstream.on(model, script)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, caching, f"openai/{model}") for _ in range(8)]
        plan.wait()
        time.sleep(0.2)
        gate.open()
        words = sorted(cache_word(one.result()) for one in asked)
    assert words == ["hit"] * 7 + ["miss"]
    assert plan.count == 1


def test_when_the_first_of_identical_calls_fails_the_others_are_not_lost(upstream, caching):
    model, gate = model_of("openai"), Gate()
    plan = upstream.on(
        model, Script(before=(gate,), status=500, headers=(("content-type", "text/plain"),)), says(Answer())
    )
    results: list[str] = []

    def one() -> None:
        try:
            results.append(str(cache_word(ask(caching, f"openai/{model}"))))
        except openai_sdk.APIStatusError:
            results.append("error")

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    plan.wait()
    time.sleep(0.2)
    gate.open()
    for thread in threads:
        thread.join(10)
    assert sorted(results) == ["error", "hit", "hit", "miss"]


def test_messages_responses_and_embeddings_are_cached_too(upstream, caching):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    hello = [{"role": "user", "content": "Hello"}]
    for _ in range(2):
        message = anthropic_of(caching).messages.with_raw_response.create(
            model=f"openai/{model}", messages=hello, max_tokens=50
        )
        response = openai_of(caching).responses.with_raw_response.create(
            model=f"openai/{model}", input="Hello", store=False
        )
    assert (cache_word(message), cache_word(response)) == ("hit", "hit")
    assert plan.count == 2
    model = model_of("openai")
    plan = upstream.on(model, embeds())
    first, second = (
        openai_of(caching).embeddings.with_raw_response.create(model=f"openai/{model}", input="alpha") for _ in range(2)
    )
    assert cache_word(second) == "hit" and first.parse() == second.parse()
    assert plan.count == 1
