"""Configuration: wrong keys, the environment, hot reload."""

from __future__ import annotations

import signal
import threading
import time

import openai as openai_sdk
import pytest

from clients import openai_of
from e2e_support import Program, model_of, providers
from e2e_support.configuration import provider
from e2e_support.program import wait_until, with_defaults
from test_fallback import refused
from upstream import Answer, Gate
from upstream.dialects import says, streams

HELLO = [{"role": "user", "content": "Hello"}]


def check(tmp_path, config: dict | str, **env: str):
    program = Program(tmp_path, config)
    return program.run("check", "--config", str(program.config_file), "--data-dir", str(program.data), **env)


def test_a_good_configuration_is_fine(upstream, tmp_path):
    done = check(tmp_path, providers(upstream))
    assert done.returncode == 0, done.stderr
    assert "fine" in done.stdout


WRONG = {
    "[gatway]\n": ("gatway", "gateway"),
    "[gateway]\non_disconect = 'drain'\n": ("on_disconect", "on_disconnect"),
    "[gateway.timeouts]\nstal_ms = 5\n": ("stal_ms", "stall_ms"),
    "[gateway.retry]\nmax_retrys = 5\n": ("max_retrys", "max_retries"),
    "[server]\nlisen = '127.0.0.1:1'\n": ("lisen", "listen"),
    "[providers.openai]\napi_kye = 'x'\n": ("api_kye", "api_key"),
    "[models.a]\ntargets = ['openai/x']\nstratgy = 'sticky'\n": ("stratgy", "strategy"),
    "[catalogue.'openai/x']\nprize = { input = '1' }\n": ("prize", "price"),
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: WRONG[text][0])
def test_an_unknown_key_is_refused_with_the_nearest_known_one(text, tmp_path):
    found, meant = WRONG[text]
    done = check(tmp_path, text)
    assert done.returncode != 0
    assert found in done.stderr and f"`{meant}`" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[providers.nobody]\n", "nobody"),
        ("[providers.openai]\nbase_url = 'ftp://x'\napi_key = 'k'\n", "base_url"),
        ("[providers.openai]\napi_key = 'env:NO_SUCH_VARIABLE'\n", "NO_SUCH_VARIABLE"),
        ("[providers.openai]\napi_key = 'file:/no/such/file'\n", "/no/such/file"),
        ("[models.a]\ntargets = []\n", "targets"),
        ("[models.a]\ntargets = ['nowhere/x']\n", "nowhere"),
        ("[gateway]\non_disconnect = 'maybe'\n", "maybe"),
        ("[gateway]\nmax_body_bytes = 'lots'\n", "max_body_bytes"),
        ("[gateway\n", ""),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 25 and "\n" not in value else "",
)
def test_a_wrong_value_is_refused_and_named(text, word, tmp_path):
    done = check(tmp_path, text)
    assert done.returncode != 0
    assert word in done.stderr, done.stderr
    assert "panicked" not in done.stderr


def test_the_server_does_not_start_with_a_wrong_configuration(tmp_path):
    program = Program(tmp_path, "[gatway]\n")
    with pytest.raises(AssertionError, match="gatway"):
        program.start()


def test_the_environment_goes_over_the_file(upstream, start):
    program = start(providers(upstream), NOCODE_AI_GATEWAY__MAX_BODY_BYTES="1000")
    answer = program.api.http.post("/v1/chat/completions", content=b"x" * 2000)
    assert answer.status_code == 413


def test_keys_come_from_the_environment_and_from_files(upstream, start, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("sk-from-a-file\n")
    config = providers(upstream, ("openai", "anthropic"))
    config["providers"]["openai"]["api_key"] = "env:MY_KEY"
    config["providers"]["anthropic"]["api_key"] = f"file:{secret}"
    program = start(config, MY_KEY="sk-from-the-environment")
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    for lane in ("openai", "anthropic"):
        openai_of(program).chat.completions.create(model=f"{lane}/{model}", messages=HELLO)
    assert plan.seen[0].header("authorization") == "Bearer sk-from-the-environment"
    assert plan.seen[1].header("x-api-key") == "sk-from-a-file"
    assert "sk-from" not in program.log


def test_extra_headers_of_a_provider_are_sent(upstream, start):
    config = {"providers": {"mine": provider(upstream, "mine", "custom", headers={"x-team": "blue"}, api_key="k")}}
    program, model = start(config), model_of("custom")
    plan = upstream.on(model, says(Answer()))
    openai_of(program).chat.completions.create(model=f"mine/{model}", messages=HELLO)
    assert plan.last.header("x-team") == "blue" and plan.last.header("authorization") == "Bearer k"


def reloaded(program: Program, count: int = 1):
    return wait_until(lambda: program.log.count("configuration reloaded") >= count, 5)


@pytest.mark.parametrize("how", ["by_itself", "on_sighup"])
def test_a_changed_file_takes_effect_without_dropping_a_call(how, upstream, start):
    config = with_defaults(providers(upstream) | {"models": {"alias": {"targets": ["openai/before"]}}})
    program, gate = start(config), Gate()
    upstream.on("before", streams(Answer(text="Before."), lambda frames: [*frames[:2], gate, *frames[2:]]))
    upstream.on("after", says(Answer(text="After.")))
    client = openai_of(program)
    open_stream = client.chat.completions.create(model="alias", messages=HELLO, stream=True)
    next(iter(open_stream))
    program.write_config(config | {"models": {"alias": {"targets": ["openai/after"]}}})
    if how == "on_sighup":
        program.signal(signal.SIGHUP)
    assert reloaded(program)
    assert client.chat.completions.create(model="alias", messages=HELLO).choices[0].message.content == "After."
    gate.open()
    text = "".join(c.delta.content or "" for chunk in open_stream for c in chunk.choices)
    assert text == "Before."


@pytest.mark.parametrize(
    "broken",
    ["[gatway]\n", "not toml at all [", "[models.alias]\ntargets = ['nowhere/x']\n"],
    ids=["key", "toml", "target"],
)
def test_an_invalid_change_leaves_the_old_configuration_in_force(broken, upstream, start):
    config = with_defaults(providers(upstream) | {"models": {"alias": {"targets": ["openai/before"]}}})
    program = start(config)
    upstream.on("before", says(Answer(text="Before.")))
    program.write_config(broken)
    program.signal(signal.SIGHUP)
    assert wait_until(lambda: "the old one stays in force" in program.log, 5)
    client = openai_of(program)
    assert client.chat.completions.create(model="alias", messages=HELLO).choices[0].message.content == "Before."
    program.write_config(config)
    program.signal(signal.SIGHUP)
    assert reloaded(program)
    assert client.chat.completions.create(model="alias", messages=HELLO).choices


def test_a_removed_provider_is_gone(upstream, start):
    config = with_defaults(providers(upstream, ("openai", "anthropic")))
    program, model = start(config), model_of("anthropic")
    upstream.on(model, says(Answer()))
    client = openai_of(program)
    client.chat.completions.create(model=f"anthropic/{model}", messages=HELLO)
    del config["providers"]["anthropic"]
    program.write_config(config)
    assert reloaded(program)
    with pytest.raises(openai_sdk.APIStatusError):
        client.chat.completions.create(model=f"anthropic/{model}", messages=HELLO)


def test_a_reload_under_load_loses_no_call(upstream, start):
    config = with_defaults(providers(upstream))
    program, model = start(config), model_of("openai")
    upstream.on(model, says(Answer()))
    failures: list[Exception] = []
    stop = threading.Event()

    def hammer() -> None:
        client = openai_of(program)
        while not stop.is_set():
            try:
                client.chat.completions.create(model=f"openai/{model}", messages=HELLO)
            except Exception as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(5):
        program.write_config(config | {"models": {f"alias-{number}": {"targets": ["openai/x"]}}})
        program.signal(signal.SIGHUP)
        assert reloaded(program, number + 1)
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert not failures


def test_doctor_checks_without_calling_models(upstream, tmp_path):
    program = Program(tmp_path, providers(upstream))
    place = ("--data-dir", str(program.data), "--config", str(program.config_file))
    done = program.run("doctor", *place, "--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("configuration", "data directory", "database"):
        assert word in done.stdout, done.stdout


def test_doctor_calls_each_model_once(upstream, tmp_path):
    good, bad = model_of("openai"), model_of("openai")
    config = providers(upstream) | {
        "models": {"good": {"targets": [f"openai/{good}"]}, "bad": {"targets": [f"openai/{bad}"]}}
    }
    plan = upstream.on(good, says(Answer()))
    upstream.on(bad, refused(401))
    program = Program(tmp_path, with_defaults(config))
    place = ("--data-dir", str(program.data), "--config", str(program.config_file))
    done = program.run("doctor", *place)
    assert done.returncode != 0, "one of the models does not work"
    assert plan.count == 1
    lines = {word: line for line in done.stdout.splitlines() for word in ("good", "bad") if f" {word}" in line}
    assert "ok" in lines["good"] and "ok" not in lines["bad"], done.stdout
    assert "sk-upstream" not in done.stdout + done.stderr
