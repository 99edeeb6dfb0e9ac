"""Who may call: wrong, revoked, expired and restricted keys."""

from __future__ import annotations

import datetime
import json
import time

import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest

from clients import anthropic_of, openai_of
from e2e_support import Program, model_of
from upstream import Answer
from upstream.dialects import says

HELLO = [{"role": "user", "content": "Hello"}]
STRANGERS = {
    "unknown": "nab-" + "A" * 43,
    "too_short": "nab-abc",
    "of_another_vendor": "sk-proj-0123456789abcdefghijklmnop",
    "with_odd_characters": "nab-' OR 1=1 --",
}


def ask(program: Program, key: str, model: str = "builtin/echo"):
    return openai_of(program, key).chat.completions.create(model=model, messages=HELLO)


@pytest.mark.parametrize("key", STRANGERS.values(), ids=STRANGERS)
def test_openais_client_is_told_that_a_key_is_wrong(key, program):
    with pytest.raises(openai_sdk.AuthenticationError) as raised:
        ask(program, key)
    error = raised.value
    assert (error.status_code, error.code, error.type) == (401, "invalid_api_key", "authentication_error")
    assert error.response.headers["www-authenticate"] == "Bearer"
    assert error.request_id
    assert key not in error.message, "a key is not repeated in an error"


@pytest.mark.parametrize("key", STRANGERS.values(), ids=STRANGERS)
def test_anthropics_client_is_told_that_a_key_is_wrong(key, program):
    with pytest.raises(anthropic_sdk.AuthenticationError) as raised:
        anthropic_of(program, key).messages.create(model="builtin/echo", messages=HELLO, max_tokens=9)
    body = raised.value.body
    assert body["type"] == "error" and body["error"]["type"] == "authentication_error"
    assert body["request_id"] == raised.value.response.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings", "/v1/models"]
)
def test_no_key_at_all_is_a_401(path, program):
    client = program.api.http
    request = client.build_request("GET" if path.endswith("models") else "POST", path, content=b"{}")
    del request.headers["authorization"]
    answer = client.send(request)
    assert answer.status_code == 401
    assert "key" in answer.json()["error"]["message"].lower()


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key"])
def test_a_key_may_come_in(header, program):
    value = f"Bearer {program.key}" if header == "authorization" else program.key
    client = program.api.http
    body = {"model": "builtin/echo", "messages": HELLO}
    request = client.build_request("POST", "/v1/chat/completions", json=body)
    del request.headers["authorization"]
    request.headers[header] = value
    assert client.send(request).status_code == 200


def test_a_revoked_key_is_refused_within_a_second(program):
    key = program.api.new_key()
    client = openai_of(program, key.key)
    client.chat.completions.create(model="builtin/echo", messages=HELLO)
    program.api.patch(f"/keys/{key.id}", {"revoked": True})
    time.sleep(1)
    with pytest.raises(openai_sdk.AuthenticationError):
        client.chat.completions.create(model="builtin/echo", messages=HELLO)


def test_a_key_revoked_on_the_command_line_is_refused_within_a_second(program):
    place = ("--data-dir", str(program.data), "--config", str(program.config_file))
    made = program.run("key", *place, "create", "--name", "from the shell", "--json")
    assert made.returncode == 0, made.stderr
    shown = json.loads(made.stdout)
    key, name = shown["key"], shown.get("record", shown)["id"]
    ask(program, key)
    assert program.run("key", *place, "revoke", name).returncode == 0
    time.sleep(1.2)
    with pytest.raises(openai_sdk.AuthenticationError):
        ask(program, key)
    listed = program.run("key", *place, "list", "--json")
    assert key not in listed.stdout and name in listed.stdout


def test_a_deleted_key_is_refused(program):
    key = program.api.new_key()
    ask(program, key.key)
    program.api.delete(f"/keys/{key.id}")
    with pytest.raises(openai_sdk.AuthenticationError):
        ask(program, key.key)


def test_a_key_is_refused_once_it_has_expired(program):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1.5)
    key = program.api.new_key(expires_at=soon.isoformat().replace("+00:00", "Z"))
    ask(program, key.key)
    time.sleep(1.7)
    with pytest.raises(openai_sdk.AuthenticationError, match="(?i)expired"):
        ask(program, key.key)


def test_a_key_is_only_shown_once_and_only_its_ends_later(program):
    key = program.api.new_key("shown once")
    for page in (program.api.get("/keys", limit=500), program.api.get(f"/keys/{key.id}")):
        text = json.dumps(page)
        assert key.key not in text
        assert key.key[:8] in text and key.key[-4:] in text
    for file in program.data.rglob("*"):
        if file.is_file():
            assert key.key.encode() not in file.read_bytes(), f"the key stands in {file.name}"
    assert key.key not in program.log


def test_a_key_uses_only_its_models(upstream, program):
    allowed, other = model_of("openai", "allowed"), model_of("openai", "other")
    plan = upstream.on(other, says(Answer()))
    upstream.on(allowed, says(Answer()))
    key = program.api.new_key(models=["openai/allowed-*"])
    assert ask(program, key.key, f"openai/{allowed}").choices
    with pytest.raises(openai_sdk.PermissionDeniedError) as raised:
        ask(program, key.key, f"openai/{other}")
    error = raised.value
    assert (error.status_code, error.code, error.param) == (403, "model_not_allowed", "model")
    with pytest.raises(anthropic_sdk.PermissionDeniedError) as raised:
        anthropic_of(program, key.key).messages.create(model=f"openai/{other}", messages=HELLO, max_tokens=9)
    assert raised.value.body["error"]["type"] == "permission_error"
    assert plan.count == 0


def test_a_key_uses_only_its_endpoints(program):
    key = program.api.new_key(endpoints=["/v1/chat/*"])
    assert ask(program, key.key).choices
    with pytest.raises(anthropic_sdk.PermissionDeniedError):
        anthropic_of(program, key.key).messages.create(model="builtin/echo", messages=HELLO, max_tokens=9)
    with pytest.raises(openai_sdk.PermissionDeniedError) as raised:
        openai_of(program, key.key).responses.create(model="builtin/echo", input="Hello")
    assert raised.value.code == "endpoint_not_allowed"


def test_a_plain_key_does_not_open_the_administration(program):
    key = program.api.new_key()
    for method, path in [("GET", "/keys"), ("POST", "/keys"), ("GET", "/usage/requests"), ("POST", "/budgets")]:
        headers = {"authorization": f"Bearer {key.key}"}
        answer = program.api.http.request(method, f"/api/v1{path}", json={"name": "x"}, headers=headers)
        assert answer.status_code == 403, (path, answer.text)


def test_a_keys_tags_and_the_requests_stand_on_the_row(upstream, program):
    model = model_of("openai")
    upstream.on(model, says(Answer()))
    key = program.api.new_key(tags=["team-a"], metadata={"cost_center": "42"})
    raw = openai_of(program, key.key).chat.completions.with_raw_response.create(
        model=f"openai/{model}",
        messages=HELLO,
        user="customer-7",
        metadata={"order": "1001"},
        extra_headers={"x-nab-tags": "nightly, eval"},
    )
    row = program.api.row(raw.headers["x-request-id"])
    assert row["key_id"] == key.id
    assert set(row["tags"]) == {"team-a", "nightly", "eval"}
    assert row["end_user"] == "customer-7"
    assert "1001" in json.dumps(row["metadata"])


def test_provider_keys_from_the_vault_are_used_and_never_shown(upstream, program):
    made = program.api.post("/credentials", {"provider": "openai", "name": "vault", "secret": "sk-from-the-vault"})
    try:
        model = model_of("openai")
        plan = upstream.on(model, says(Answer()))
        ask(program, program.key, f"openai/{model}")
        assert plan.last.header("authorization") == "Bearer sk-from-the-vault"
        shown = json.dumps([made, program.api.get("/credentials"), program.api.get(f"/credentials/{made['id']}")])
        assert "sk-from-the-vault" not in shown
    finally:
        program.api.delete(f"/credentials/{made['id']}")
    ask(program, program.key, f"openai/{model}")
    assert plan.last.header("authorization") == "Bearer sk-upstream-openai"
    for file in program.data.rglob("*"):
        if file.is_file():
            assert b"sk-from-the-vault" not in file.read_bytes(), file.name
