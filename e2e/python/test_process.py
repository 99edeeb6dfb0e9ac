"""The process: start, health, metrics, a second one, the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import httpx
import pytest

from clients import openai_of
from e2e_support import Program, model_of, providers
from e2e_support.program import wait_until
from e2e_support.raw import Raw, chat
from upstream import Answer, Gate, Hang
from upstream.dialects import says, streams

HELLO = [{"role": "user", "content": "Hello"}]


def test_the_first_line_gives_url_and_key_and_the_second_start_no_key(upstream, start):
    program = start(providers(upstream))
    line = program.first_line
    assert set(line) == {"url", "api_key", "setup_url"}
    assert line["url"].startswith("http://127.0.0.1:") and line["api_key"].startswith("nab-")
    assert openai_of(program).models.list().data
    program.stop()
    program.start()
    assert program.first_line["api_key"] is None
    assert openai_of(program).models.list().data, "the key of the first start still opens"


def test_it_is_quickly_ready(upstream, start):
    began = time.monotonic()
    program = start(providers(upstream))
    assert httpx.get(f"{program.url}/readyz", trust_env=False).json()["status"] == "ready"
    assert httpx.get(f"{program.url}/healthz", trust_env=False).text == "ok"
    assert time.monotonic() - began < 5


def test_the_master_key_is_readable_by_its_owner_only(program):
    assert stat.S_IMODE(os.stat(program.data / "master.key").st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["sigterm", "sighup"])
def test_a_signal_right_after_the_first_line_is_honoured(number, start):
    for _ in range(3):
        program = start({})
        program.signal(number)
        if number == signal.SIGTERM:
            assert program.process.wait(10) == 0
        else:
            assert wait_until(lambda program=program: "configuration reloaded" in program.log, 5)
            assert program.process.poll() is None


def test_a_second_process_on_the_same_data_is_refused(program):
    done = program.run(*program.arguments()[1:])
    assert done.returncode != 0
    assert "another server is using the data directory" in done.stderr
    assert program.api.http.get("/healthz").status_code == 200


def test_a_taken_port_is_a_clear_error(program, tmp_path):
    other = Program(tmp_path, {})
    done = other.run(*other.arguments(f"127.0.0.1:{program.port}")[1:])
    assert done.returncode != 0 and str(program.port) in done.stderr
    assert "panicked" not in done.stderr


def test_metrics_are_in_prometheus_form(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer()))
    openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO)
    text = httpx.get(f"{program.url}/metrics", trust_env=False).text
    for name in ("gen_ai_client_token_usage", "gen_ai_server_request_duration", "gen_ai_server_time_to_first_token"):
        assert name in text, name
    for line in text.split("\n"):
        assert not line or line.startswith("#") or len(line.rsplit(" ", 1)) == 2, line
    assert program.key not in text and "sk-upstream" not in text


def test_sigterm_lets_a_stream_end_and_takes_no_new_calls(upstream, start):
    program, model, gate = start(providers(upstream)), model_of("openai"), Gate()
    upstream.on(model, streams(Answer(text="One two"), lambda frames: [*frames[:2], gate, *frames[2:]]))
    stream = openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True)
    next(iter(stream))
    program.signal(signal.SIGTERM)

    def refused() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", program.port), 1):
                return False
        except (ConnectionRefusedError, ConnectionResetError):
            # Reset: the handshake was still in the backlog when the listener closed.
            return True

    assert wait_until(refused, 3), "no new connections"
    assert program.process.poll() is None, "the stream is still open"
    gate.open()
    text = "".join(c.delta.content or "" for chunk in stream for c in chunk.choices)
    assert text == "One two"
    assert program.process.wait(10) == 0
    program.start()
    assert [row["status"] for row in program.api.rows(model=model)] == ["success"]


def test_sigterm_does_not_wait_for_ever(upstream, start):
    program = start(providers(upstream) | {"server": {"shutdown_grace_ms": 300}})
    model = model_of("openai")
    upstream.on(model, streams(Answer(text="One two"), lambda frames: [*frames[:2], Hang()]))
    stream = openai_of(program).chat.completions.create(model=f"openai/{model}", messages=HELLO, stream=True)
    next(iter(stream))
    began = time.monotonic()
    program.stop(10)
    assert time.monotonic() - began < 5
    program.start()
    rows = program.api.rows(model=model)
    assert len(rows) == 1 and rows[0]["status"] != "success"


def test_idle_connections_do_not_hold_up_the_end(upstream, start):
    program = start(providers(upstream))
    idle = [Raw(program.port) for _ in range(5)]
    used = Raw(program.port)
    used.post("/v1/chat/completions", program.key, chat("builtin/echo"))
    used.until(b"\r\n\r\n")
    began = time.monotonic()
    assert program.stop() == 0
    assert time.monotonic() - began < 5
    for client in [*idle, used]:
        client.close()


def test_many_connections_at_once_are_served(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer()))
    clients = [Raw(program.port) for _ in range(300)]
    for client in clients:
        client.post("/v1/chat/completions", program.key, chat(f"openai/{model}", stream=True))
    for client in clients:
        client.until(b"[DONE]")
        client.close()


def test_memory_comes_back_after_many_streams(upstream, start):
    program, model = start(providers(upstream)), model_of("openai")
    upstream.on(model, says(Answer(text="word " * 200)))

    def resident() -> int:
        fields = Path(f"/proc/{program.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def round_of_streams() -> None:
        threads = [threading.Thread(target=one) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    def one() -> None:
        with httpx.Client(base_url=program.url, trust_env=False, timeout=30) as http:
            headers = {"authorization": f"Bearer {program.key}"}
            http.post("/v1/chat/completions", json=chat(f"openai/{model}", stream=True), headers=headers)

    round_of_streams()
    first = resident()
    for _ in range(4):
        round_of_streams()
    assert resident() - first < 16 * 1024 * 1024


@pytest.mark.parametrize("format", ["json", "pretty"])
def test_the_log_names_requests_and_holds_no_secrets(format, upstream, start):
    program = start(providers(upstream) | {"telemetry": {"format": format, "log": "debug"}})
    model = model_of("openai")
    upstream.on(model, lambda seen: says(Answer())(seen))
    openai_of(program).chat.completions.create(
        model=f"openai/{model}", messages=[{"role": "user", "content": "SECRET PROMPT"}]
    )
    program.stop()
    log = program.log
    assert log
    for secret in (program.key, "sk-upstream-openai", "SECRET PROMPT"):
        assert secret not in log
    if format == "json":
        for line in log.splitlines():
            assert json.loads(line)["level"]
