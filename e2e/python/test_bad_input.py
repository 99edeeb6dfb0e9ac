"""What clients send by mistake or in bad faith."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from e2e_support import Program, model_of, providers
from e2e_support.raw import Raw, chat, request
from upstream import Answer
from upstream.dialects import says
from upstream.script import stream

JSON = {"content-type": "application/json"}
HELLO = [{"role": "user", "content": "Hello"}]
PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings", "/v1/completions"]


def error_of(answer: httpx.Response) -> dict:
    """The error's inner object, in either dialect's form."""
    body = answer.json()
    if answer.request.url.path.startswith("/v1/messages"):
        assert body["type"] == "error" and body["request_id"]
    else:
        assert set(body["error"]) >= {"message", "type", "param", "code"}
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-request-id"]
    return body["error"]


NOT_JSON = [
    b"",
    b" ",
    b"{",
    b"hello",
    b"[]",
    b"null",
    b'"text"',
    b"{'model': 'x'}",
    b'{"model":"x"',
    b"\xff\xfe",
    b"[" * 100_000,
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:12]))
def test_a_body_that_is_no_json_object_is_a_400(path, body, http):
    answer = http.post(path, content=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert error_of(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [None, "", 5, ["a"], {}], ids=repr)
def test_a_missing_or_odd_model_is_a_400(path, model, http):
    body = {"messages": HELLO, "input": "Hello", "prompt": "Hello", "max_tokens": 5}
    answer = http.post(path, json=body if model is None else body | {"model": model})
    assert answer.status_code == 400, answer.text
    assert "model" in error_of(answer)["message"]


@pytest.fixture(scope="module")
def plain(upstream, tmp_path_factory):
    """A program that knows the catalogue's models only."""
    config = providers(upstream)
    del config["catalogue"]
    with Program(tmp_path_factory.mktemp("plain"), config) as running:
        yield running


UNKNOWN = ["nobody/knows", "no-such-model", "openai/", "/", "openai", "../../etc/passwd", "x" * 5000]
BODIES = {
    "/v1/chat/completions": {"messages": HELLO},
    "/v1/messages": {"messages": HELLO, "max_tokens": 5},
    "/v1/responses": {"input": "Hello"},
    "/v1/embeddings": {"input": "Hello"},
    "/v1/completions": {"prompt": "Hello"},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", UNKNOWN, ids=lambda model: model[:20])
def test_an_unknown_model_is_a_404(path, model, plain):
    answer = plain.api.http.post(path, json=BODIES[path] | {"model": model})
    assert answer.status_code == 404, answer.text
    error = error_of(answer)
    if path != "/v1/messages":
        assert error["code"] == "model_not_found"
    else:
        assert error["type"] == "not_found_error"


@pytest.mark.parametrize("model", UNKNOWN, ids=lambda model: model[:20])
def test_a_price_for_all_models_of_a_provider_does_not_invent_models(model, http):
    answer = http.post("/v1/chat/completions", json={"model": model, "messages": HELLO})
    assert answer.status_code == 404, answer.text[:300]


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/v1/chat/completions", {"messages": None}),
        ("/v1/chat/completions", {"messages": "Hello"}),
        ("/v1/chat/completions", {"messages": [{"role": "wizard", "content": "Hi"}]}),
        ("/v1/chat/completions", {"messages": [5]}),
        ("/v1/chat/completions", {"stream": "yes"}),
        ("/v1/chat/completions", {"max_tokens": "many"}),
        ("/v1/chat/completions", {"max_tokens": -1}),
        ("/v1/chat/completions", {"temperature": "hot"}),
        ("/v1/chat/completions", {"tools": {}}),
        ("/v1/chat/completions", {"tools": [{"type": "function"}]}),
        ("/v1/messages", {"messages": "Hello"}),
        ("/v1/messages", {"max_tokens": None}),
        ("/v1/messages", {"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}),
        ("/v1/responses", {"input": 5}),
        ("/v1/responses", {"input": [{"type": "hologram"}]}),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value.rsplit("/", 1)[1],
)
def test_a_field_of_the_wrong_type_is_a_400_that_names_it(path, change, upstream, http):
    lane = "gemini"
    model = model_of(lane)
    plan = upstream.on(model, says(Answer()))
    body = {"model": f"{lane}/{model}", "messages": HELLO, "input": "Hello", "max_tokens": 50} | change
    if path != "/v1/responses":
        del body["input"]
    else:
        del body["messages"], body["max_tokens"]
    answer = http.post(path, json={key: value for key, value in body.items() if value is not None})
    assert answer.status_code == 400, answer.text
    error = error_of(answer)
    field = next(iter(change))
    named = (field, "hologram", "wizard")
    assert any(word in error["message"] or word in str(error.get("param")) for word in named), error
    assert plan.count == 0


def test_a_body_above_the_limit_is_a_413(upstream, start):
    program = start(providers(upstream) | {"gateway": {"max_body_bytes": 20_000}})
    http = program.api.http
    for path in PATHS:
        answer = http.post(path, json=chat("builtin/echo", "x" * 30_000))
        assert answer.status_code == 413, (path, answer.text)
        assert "20000" in error_of(answer)["message"]
    assert http.post(PATHS[0], json=chat("builtin/echo", "x" * 10_000)).status_code == 200


def test_a_body_above_the_limit_is_refused_while_it_arrives(upstream, start):
    """A client that announces a gigabyte is not listened to."""
    program = start(providers(upstream) | {"gateway": {"max_body_bytes": 20_000}})
    head = request("/v1/chat/completions", program.key, b"").replace(
        b"content-length: 0", b"content-length: 1000000000"
    )
    with Raw(program.port) as client:
        client.send(head + b"x" * 40_000)
        assert client.status == 413


def test_a_large_body_within_the_limit_passes(upstream, http):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    text = "Grüße 🍵 " * 100_000
    answer = http.post("/v1/chat/completions", json=chat(f"openai/{model}", text))
    assert answer.status_code == 200, answer.text
    assert plan.last.json["messages"][0]["content"] == text


@pytest.mark.parametrize("depth", [200, 10_000])
def test_deep_json_does_not_break_the_program(depth, http):
    body = b'{"model":"builtin/echo","messages":' + b"[" * depth + b"]" * depth + b"}"
    assert http.post("/v1/chat/completions", content=body, headers=JSON).status_code == 400
    assert http.get("/healthz").status_code == 200


INJECTED = "evil\r\nx-injected: yes"


@pytest.mark.parametrize(
    "fields",
    [
        {"model": f"openai/{INJECTED}"},
        {"model": INJECTED},
        {"user": INJECTED},
        {"metadata": {"a": INJECTED}},
        {f"odd{INJECTED}": 1},
        {"tools": [{"type": "function", "function": {"name": INJECTED, "parameters": {}}}]},
    ],
    ids=lambda fields: next(iter(fields))[:5],
)
@pytest.mark.parametrize("lane", ["openai", "gemini"])
def test_a_body_cannot_put_headers_into_answers_or_upstream_calls(fields, lane, upstream, http):
    model = model_of(lane)
    plan = upstream.on(model, says(Answer()))
    upstream.on(INJECTED, says(Answer()))
    body = {"model": f"{lane}/{model}", "messages": HELLO} | fields
    answer = http.post("/v1/chat/completions", json=body)
    assert "x-injected" not in answer.headers
    assert answer.status_code in (200, 400, 404), answer.text
    for seen in plan.seen:
        assert seen.header("x-injected") is None
        assert "x-injected" not in seen.target


@pytest.mark.parametrize("model", ["a/../b", "a%2fb", "a?b=c", "a#b", "..", "a b", "a\\b"])
def test_a_model_name_cannot_change_the_upstreams_path(model, upstream, http):
    before = len(upstream.seen)
    answer = http.post("/v1/chat/completions", json=chat(f"gemini/{model}"))
    for seen in upstream.seen[before:]:
        assert seen.path.startswith("/gemini/v1beta/models/") and seen.path.endswith(":generateContent")
        assert ".." not in seen.path and "?" not in seen.target.replace("?alt=sse", "")
    assert answer.status_code >= 400


@pytest.mark.parametrize("request_id", ["x" * 129, "a b", "ä", ""])
def test_a_strange_request_id_is_replaced(request_id, program):
    raw = request(
        "/v1/chat/completions",
        program.key,
        chat("builtin/echo"),
        (("x-request-id", request_id.encode("utf-8").decode("latin-1")),),
    )
    with Raw(program.port) as client:
        client.send(raw)
        assert client.status == 200
        assert (client.header("x-request-id") or "").startswith("req_")


def test_a_sane_request_id_is_kept(http):
    answer = http.post("/v1/chat/completions", json=chat("builtin/echo"), headers={"x-request-id": "my-id-1"})
    assert answer.headers["x-request-id"] == "my-id-1"


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: nonsense\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"v" * 1000) for n in range(200)) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1000,
    ],
    ids=["garbage", "version", "length", "two_lengths", "long_path", "many_headers", "tls", "zeros"],
)
def test_broken_http_is_refused_and_hurts_nobody(bytes_sent, program):
    with Raw(program.port, timeout=5) as client:
        try:
            got = client.send(bytes_sent).read()
        except (ConnectionError, BrokenPipeError):
            got = b""
        assert got == b"" or got.startswith(b"HTTP/1.1 4"), got[:200]
    assert program.api.http.get("/healthz").status_code == 200


def test_smuggled_requests_are_not_taken(upstream, program):
    """A content-length beside chunked framing: one message, or none."""
    inner = request("/v1/chat/completions", program.key, chat("builtin/echo"))
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n"
    )
    with Raw(program.port, timeout=3) as client:
        try:
            client.send(head + inner)
            client.socket.settimeout(1)
            while client.read():
                pass
        except OSError:
            pass
        assert not client.got.startswith(b"HTTP/1.1 2")


def test_an_unknown_path_and_method_say_so(http):
    missing = http.get("/v1/nothing")
    assert missing.status_code == 404 and "/v1/nothing" in missing.json()["error"]["message"]
    wrong = http.put("/v1/chat/completions", json={})
    assert wrong.status_code == 405 and wrong.json()["error"]["message"]


def test_client_headers_do_not_reach_the_provider(upstream, http):
    model = model_of("openai")
    plan = upstream.on(model, says(Answer()))
    headers = {
        "cookie": "session=1",
        "x-forwarded-for": "1.2.3.4",
        "openai-organization": "org-of-the-client",
        "x-nab-tags": "a",
        "te": "trailers",
        "proxy-authorization": "Basic eA==",
    }
    http.post("/v1/chat/completions", json=chat(f"openai/{model}"), headers=headers)
    names = {name for name, _ in plan.last.headers}
    assert not names & set(headers)
    assert plan.last.header("authorization") == "Bearer sk-upstream-openai"
    assert plan.last.header("host") == f"127.0.0.1:{upstream.port}"


def test_the_providers_connection_headers_do_not_reach_the_client(upstream, http):
    model = model_of("openai")
    odd = (
        ("set-cookie", "a=b"),
        ("x-request-id", "req_of_the_vendor"),
        ("server", "cloudflare"),
        ("x-nab-model", "lie"),
    )
    upstream.on(model, says(Answer(), headers=odd))
    answer = http.post("/v1/chat/completions", json=chat(f"openai/{model}"))
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-nab-model"] == f"openai/{model}"
    assert answer.headers["x-request-id"] != "req_of_the_vendor"
    assert answer.headers["x-nab-upstream-request-id"] == "req_of_the_vendor"


# Slow clients.


def test_a_slow_reader_does_not_hold_up_others(upstream, program):
    model = model_of("openai")
    delta = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    delta["choices"] = [{"index": 0, "delta": {"content": "x" * 60_000}, "finish_reason": None}]
    upstream.on(model, stream([f"data: {json.dumps(delta)}\n\n".encode()] * 150))
    slow = [Raw(program.port) for _ in range(20)]
    try:
        for client in slow:
            client.socket.setsockopt(1, 8, 1024)  # SOL_SOCKET, SO_RCVBUF: the answer does not fit
            client.post("/v1/chat/completions", program.key, chat(f"openai/{model}", stream=True))
        for client in slow:
            client.read(1)
        for _ in range(20):
            answer = program.api.http.post("/v1/chat/completions", json=chat("builtin/echo"), timeout=2)
            assert answer.status_code == 200
    finally:
        for client in slow:
            client.close()


def test_a_slow_writer_does_not_hold_up_others_and_is_answered(program):
    body = json.dumps(chat("builtin/echo")).encode()
    head = request("/v1/chat/completions", program.key, body)
    with Raw(program.port) as client:
        for at in range(0, len(head), 40):
            client.send(head[at : at + 40])
            began = time.monotonic()
            assert program.api.http.get("/healthz").status_code == 200
            assert time.monotonic() - began < 1
            time.sleep(0.02)
        assert client.status == 200


def test_a_head_that_never_ends_is_cut_off(upstream, start):
    program = start(providers(upstream) | {"server": {"header_timeout_ms": 500}})
    with Raw(program.port, timeout=5) as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n")
        began = time.monotonic()
        client.to_the_end()
        assert time.monotonic() - began < 3


def test_requests_on_one_connection_are_answered_in_order(program):
    one = request("/v1/chat/completions", program.key, chat("builtin/echo", "first"), (("x-request-id", "r1"),))
    two = request("/v1/chat/completions", program.key, chat("builtin/echo", "second"), (("x-request-id", "r2"),))
    with Raw(program.port) as client:
        client.send(one + two)
        got = client.until(b"second")
        assert got.index(b"x-request-id: r1") < got.index(b"x-request-id: r2")
