"""Clients that hang up, and clients that want or do not want usage."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from clients import openai_of
from e2e_support import LANES, Program, model_of, providers
from e2e_support.program import wait_until
from e2e_support.raw import Raw, chat
from upstream import Answer, Gate, Hang, Script
from upstream.dialects import says, streams
from upstream.script import whole

HELLO = [{"role": "user", "content": "Hello"}]
INGRESS = {
    "/v1/chat/completions": {"messages": HELLO},
    "/v1/messages": {"messages": HELLO, "max_tokens": 100},
    "/v1/responses": {"input": "Hello", "store": False},
}


@pytest.fixture(scope="module")
def draining(upstream, tmp_path_factory):
    config = providers(upstream) | {"gateway": {"on_disconnect": "drain", "drain_max_ms": 2000}}
    config["models"] = {"cancelled/*": {"targets": ["openai/*"], "on_disconnect": "cancel"}}
    with Program(tmp_path_factory.mktemp("draining"), config) as running:
        yield running


def hang_up_in_the_stream(program: Program, path: str, body: dict) -> None:
    """Reads the first events of a stream, then goes away."""
    with program.api.http.stream("POST", path, json=body | {"stream": True}) as answer:
        assert answer.status_code == 200, answer.read()
        got = b""
        for piece in answer.iter_raw():
            got += piece
            if b"One" in got:
                return
    raise AssertionError(f"the stream ended: {got!r}")


def half_then(step):
    """Some content, then this."""

    def change(frames: list[bytes]) -> list:
        at = next(i for i, frame in enumerate(frames) if b"One" in frame) + 1
        return [*frames[:at], step, *frames[at:]]

    return streams(Answer(text="One two three"), change)


@pytest.mark.parametrize("path", INGRESS)
@pytest.mark.parametrize("lane", LANES)
def test_when_the_client_hangs_up_the_provider_is_cancelled_within_a_second(lane, path, upstream, program):
    model = model_of(lane)
    plan = upstream.on(model, half_then(Hang()))
    began = time.monotonic()
    hang_up_in_the_stream(program, path, {"model": f"{lane}/{model}", **INGRESS[path]})
    left = time.monotonic()
    assert plan.last.hung_up.wait(3), "the provider goes on working for nobody"
    assert plan.last.hung_up_at - left < 1.0, left - began
    rows = program.api.rows(model=model)
    assert [(row["status"], row["usage_source"]) for row in rows] == [("cancelled", "estimated")]
    assert rows[0]["usage_detail"]["output_tokens"] > 0 and rows[0]["cost_nano_usd"] > 0, "what was delivered is billed"


@pytest.mark.parametrize("path", INGRESS)
@pytest.mark.parametrize("lane", LANES)
def test_under_drain_the_usage_that_the_provider_reports_is_recorded(lane, path, upstream, draining):
    model, gate = model_of(lane), Gate()
    plan = upstream.on(model, half_then(gate))
    hang_up_in_the_stream(draining, path, {"model": f"{lane}/{model}", **INGRESS[path]})
    time.sleep(0.05)
    gate.open()
    rows = draining.api.rows(model=model)
    assert [(row["status"], row["usage_source"]) for row in rows] == [("cancelled", "reported")]
    assert (rows[0]["usage_detail"]["input_tokens"], rows[0]["usage_detail"]["output_tokens"]) == (21, 9)
    assert not plan.last.hung_up.is_set()


def test_draining_ends_at_its_cap(upstream, draining):
    model = model_of("openai")
    plan = upstream.on(model, half_then(Hang()))
    hang_up_in_the_stream(draining, "/v1/chat/completions", {"model": f"openai/{model}", "messages": HELLO})
    assert plan.last.hung_up.wait(4)
    rows = draining.api.rows(model=model)
    assert [(row["status"], row["usage_source"]) for row in rows] == [("cancelled", "estimated")]


def test_a_models_own_policy_goes_before_the_default(upstream, draining):
    model = model_of("openai")
    plan = upstream.on(model, half_then(Hang()))
    hang_up_in_the_stream(draining, "/v1/chat/completions", {"model": f"cancelled/{model}", "messages": HELLO})
    assert plan.last.hung_up.wait(1)


@pytest.mark.parametrize("drains", [False, True], ids=["cancel", "drain"])
def test_hanging_up_on_a_complete_answer(drains, upstream, program, draining):
    running = draining if drains else program
    model, gate = model_of("openai"), Gate()

    def script(seen):
        answer = says(Answer())(seen)
        return Script(before=(gate,), steps=answer.steps, headers=answer.headers)

    plan = upstream.on(model, script)
    with Raw(running.port) as client:
        client.post("/v1/chat/completions", running.key, chat(f"openai/{model}"))
        plan.wait()
    if drains:
        time.sleep(0.1)
        gate.open()
        rows = running.api.rows(model=model)
        assert [(row["status"], row["usage_source"]) for row in rows] == [("success", "reported")]
        return
    assert plan.last.hung_up.wait(1), "the provider is cancelled"
    rows = running.api.rows(model=model)
    assert [row["status"] for row in rows] == ["cancelled"]
    assert rows[0]["usage_detail"]["input_tokens"] > 0, "the provider may have worked: the input is billed"


def test_hung_up_calls_leave_nothing_behind(upstream, program):
    """Connections to the provider are closed, and the program goes on serving."""
    model = model_of("openai")
    plan = upstream.on(model, half_then(Hang()))

    def one() -> None:
        hang_up_in_the_stream(program, "/v1/chat/completions", {"model": f"openai/{model}", "messages": HELLO})

    threads = [threading.Thread(target=one) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wait_until(lambda: plan.count == 30 and all(seen.hung_up.is_set() for seen in plan.seen), 5)
    assert len(program.api.rows(count=30, model=model)) == 30


# Usage at the end of a stream.


def asked_upstream(plan) -> object:
    return (plan.last.json.get("stream_options") or {}).get("include_usage")


def stream_text(http: httpx.Client, body: dict) -> list[str]:
    answer = http.post("/v1/chat/completions", json=body | {"stream": True})
    assert answer.status_code == 200, answer.text
    return [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]


@pytest.mark.parametrize("options", [{}, {"stream_options": None}, {"stream_options": {"include_usage": False}}])
def test_usage_is_asked_of_the_provider_but_not_shown_to_a_client_that_does_not_want_it(
    options, upstream, program, http
):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    events = stream_text(http, {"model": f"openai/{model}", "messages": HELLO, **options})
    assert asked_upstream(plan) is True
    assert events[-1] == "[DONE]"
    assert not [event for event in events if '"usage":{' in event or '"choices":[]' in event]
    assert program.api.rows(model=model)[0]["usage_source"] == "reported"


def test_usage_is_passed_on_to_a_client_that_wants_it(upstream, http):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    body = {
        "model": f"openai/{model}",
        "messages": HELLO,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
    }
    events = stream_text(http, body)
    assert plan.last.json["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert '"choices":[]' in events[-2] and '"total_tokens":30' in events[-2]


def test_other_stream_options_are_kept_when_usage_is_injected(upstream, http):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    stream_text(http, {"model": f"openai/{model}", "messages": HELLO, "stream_options": {"include_obfuscation": False}})
    assert plan.last.json["stream_options"] == {"include_usage": True, "include_obfuscation": False}


def test_nothing_is_injected_where_nothing_is_streamed(upstream, http):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    http.post("/v1/chat/completions", json={"model": f"openai/{model}", "messages": HELLO})
    assert "stream_options" not in plan.last.json


def test_only_the_models_name_is_changed_in_the_clients_bytes(upstream, http):
    """Number forms, key order, spaces and escapes of the client's JSON stay."""
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    text = (
        '{ "temperature": 1.0e0,\n "model" : "openai/%s", "messages":[{"role":"user","content":"\\u00e9 \\/ é"}],'
        ' "seed": 12345678901234567890, "top_p":0.10 }'
    )
    http.post("/v1/chat/completions", content=(text % model).encode(), headers={"content-type": "application/json"})
    assert plan.last.body.decode() == (text % model).replace("openai/", "")


def test_the_providers_bytes_come_back_unchanged(upstream, http):
    model = model_of("openai")
    body = (
        b'{ "id":"chatcmpl-1", "object":"chat.completion","created":1,"model":"m", "new_field": 1.00,'
        b' "choices":[{"index":0,"message":{"role":"assistant","content":"\\u00e9"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\n'
    )
    upstream.on(model, whole(body))
    answer = http.post("/v1/chat/completions", json={"model": f"openai/{model}", "messages": HELLO})
    assert answer.content == body


def test_openai_clients_that_leave_early_can_call_again(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer(text="One two three")))
    client = openai_of(program)
    for _ in range(5):
        with client.chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True) as chunks:
            next(iter(chunks))
    assert client.chat.completions.create(model=f"openai/{model}", messages=HELLO).choices
