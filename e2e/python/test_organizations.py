"""Organizations: invitations, plans, statements, alerts, keys that are tested, requests sent twice."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import http.server
import io
import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from e2e_support import Program, model_of, providers
from e2e_support.mail import Mailbox
from test_accounts import ADA, CHAT, OWNER, bearer, client, set_up
from upstream import Answer, Tokens
from upstream.dialects import says
from upstream.script import whole


class Hook:
    """Takes webhooks; answers each with the next of `statuses`, then with 204."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.seen.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait(self, count: int, timeout: float = 20) -> None:
        end = time.monotonic() + timeout
        while len(self.seen) < count:
            assert time.monotonic() < end, f"{len(self.seen)} messages came, not {count}"
            time.sleep(0.05)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    one = Hook()
    yield one
    one.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


def org_of(api: httpx.Client) -> str:
    return api.get("/api/v1/organizations/current").json()["id"]


def outbox_token(root: httpx.Client, recipient: str) -> str:
    mails = root.get("/api/v1/outbox").json()["data"]
    return next(m for m in mails if m["recipient"] == recipient)["link"].split("token=")[1]


def join(program: Program, root: httpx.Client, email: str, role: str) -> httpx.Client:
    """Invites somebody and signs them in."""
    made = root.post("/api/v1/invitations", json={"email": email, "role": role})
    assert made.status_code == 201, made.text
    body = {"token": outbox_token(root, email), "name": email, "password": ADA["password"]}
    joined = client(program).post("/api/v1/invitations/accept", json=body)
    assert joined.status_code == 200, joined.text
    login = client(program).post("/api/v1/auth/login", json={"email": email, "password": ADA["password"]})
    return bearer(program, login)


def test_an_invited_viewer_looks_and_changes_nothing(start):
    program = start({})
    root = bearer(program, set_up(program))
    viewer = join(program, root, "viewer@example.org", "viewer")
    assert viewer.get("/api/v1/limits").status_code == 200
    refused = viewer.post("/api/v1/keys", json={"name": "k"})
    assert (refused.status_code, refused.json()["error"]["details"]["permission"]) == (403, "keys:write")
    me = viewer.get("/api/v1/auth/me").json()["user"]["id"]
    org = org_of(root)
    gone = viewer.delete(f"/api/v1/organizations/{org}/members/{me}")
    assert gone.status_code == 204
    assert viewer.get(f"/api/v1/organizations/{org}").status_code == 404


def test_organizations_do_not_see_each_other(start):
    program = start({})
    root = bearer(program, set_up(program))
    made = root.post("/api/v1/organizations", json={"name": "Second", "slug": "second"}).json()
    ours = program.api.new_key("ours")
    switched = root.post("/api/v1/auth/switch-organization", json={"organization_id": made["id"]}).json()
    second = client(program, authorization=f"Bearer {switched['access_token']}")
    assert second.get(f"/api/v1/keys/{ours.id}").status_code == 404
    assert second.get("/api/v1/keys").json()["data"] == []
    key = second.post("/api/v1/keys", json={"name": "k", "admin": True}).json()["key"]
    theirs = client(program, authorization=f"Bearer {key}")
    answer = theirs.post("/v1/chat/completions", json=CHAT)
    assert answer.status_code == 200
    assert program.api.all_rows(request_id=answer.headers["x-request-id"]) == []
    # A report waits until what was just used is stored; an export takes what is stored.
    rows = second.get("/api/v1/usage/requests", params={"request_id": answer.headers["x-request-id"]}).json()["data"]
    assert len(rows) == 1
    path = f"/api/v1/organizations/{made['id']}"
    exported = second.post(f"{path}/export").json()
    assert exported["organization"]["slug"] == "second" and len(exported["usage"]) == 1
    assert root.delete(path, params={"confirm_name": "Wrong"}).status_code == 400
    assert root.delete(path, params={"confirm_name": "Second"}).status_code == 204
    assert theirs.post("/v1/chat/completions", json=CHAT).status_code == 401


def test_a_plan_limits_calls_and_the_next_one_lets_them_through(start):
    plan = {"title": "Tiny", "retention_days": 1, "seats": 2}
    plan["limits"] = [{"metric": "requests", "window": "minute", "max": 2}]
    program = start({"plans": {"tiny": plan}})
    root = bearer(program, set_up(program))
    org = org_of(root)
    path = f"/api/v1/admin/organizations/{org}/plan"
    assert program.api.http.put(path, json={"plan": "tiny"}).status_code == 403, "not with a key"
    assert root.put(path, json={"plan": "tiny"}).json()["plan"] == "tiny"
    key = client(program, authorization=f"Bearer {program.key}")
    statuses = [key.post("/v1/chat/completions", json=CHAT).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert root.get("/api/v1/billing").json()["plan"]["id"] == "tiny"
    assert root.put(path, json={"plan": "business"}).status_code == 200
    assert key.post("/v1/chat/completions", json=CHAT).status_code == 200


def test_a_statement_adds_up_to_the_nano_dollar(start, upstream):
    program = start(providers(upstream, ("openai",)))
    models = [model_of("openai") for _ in range(3)]
    for number, model in enumerate(models):
        upstream.on(model, says(Answer(usage=Tokens(101 + number, 7))))
        for _ in range(number + 1):
            body = CHAT | {"model": f"openai/{model}"}
            assert program.api.http.post("/v1/chat/completions", json=body).status_code == 200
    rows = program.api.rows(count=6)
    total = sum(row["cost_nano_usd"] for row in rows)
    months = program.api.get("/billing/statements")["data"]
    path = f"/api/v1/billing/statements/{months[0]['month']}"
    statement = program.api.http.get(path).json()
    assert statement["cost_nano_usd"] == total == sum(line["cost_nano_usd"] for line in statement["lines"])
    assert months[0]["cost_nano_usd"] == total and not months[0]["is_final"]
    lines = list(csv.DictReader(io.StringIO(program.api.http.get(f"{path}.csv").text)))
    assert sum(int(line["cost_nano_usd"]) for line in lines) == total
    pdf = program.api.http.get(f"{path}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    exact = f"({total // 10**9}.{total % 10**9:09})"
    assert pdf.content.startswith(b"%PDF-") and exact.encode() in pdf.content
    assert program.api.http.get("/api/v1/billing/statements/2026-13").status_code == 400
    assert program.api.http.get("/api/v1/billing/statements/2999-01").status_code == 404


def test_a_budget_that_runs_out_is_told_by_mail_and_webhook_once(start, upstream, hook, mailbox):
    config = providers(upstream, ("openai",)) | {"email": mailbox.config}
    program = start(config | {"gateway": {"allow_private_webhooks": True}})
    root = bearer(program, set_up(program))
    secret = root.put("/api/v1/webhook", json={"url": hook.url}).json()["secret"]
    assert root.post("/api/v1/webhook/test").json() == {"delivered": True, "status": 204, "error": None}
    model = model_of("openai")
    upstream.on(model, says(Answer(usage=Tokens(100, 100))))
    body = CHAT | {"model": f"openai/{model}", "max_tokens": 100}
    # Each call costs 1,000,000 nano-dollars.
    budget = {"scope": "organization", "period": "month", "unit": "nano_usd", "max": 10_000_000}
    assert root.post("/api/v1/budgets", json=budget).status_code == 201
    hook.statuses = [500]
    for _ in range(6):
        assert program.api.http.post("/v1/chat/completions", json=body).status_code == 200
    hook.wait(3, timeout=40)
    first, again = hook.seen[1], hook.seen[2]
    assert first[0]["webhook-id"] == again[0]["webhook-id"], "tried again after the 500"
    for headers, raw in hook.seen:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"
    message = json.loads(again[1])
    assert (message["type"], message["data"]["alert"]["threshold"]) == ("budget.alert", 50)
    program.stop()
    program.start()
    while program.api.http.post("/v1/chat/completions", json=body).status_code == 200:
        pass
    hook.wait(4, timeout=40)
    time.sleep(3)
    told = sorted(alert["threshold"] for alert in program.api.get("/alerts")["data"])
    assert told == [50, 80, 100], "each once, also across the restart"
    subjects = [m["subject"] for m in mailbox.mails if m["to"] == OWNER["email"]]
    assert any(s.startswith("50 %") for s in subjects) and any(s.startswith("100 %") for s in subjects)


def test_a_request_sent_twice_is_carried_out_once_also_across_a_restart(start):
    program = start({})
    header = {"idempotency-key": "order-17"}
    first = program.api.http.post("/api/v1/keys", json={"name": "once"}, headers=header)
    assert first.status_code == 201 and "idempotent-replayed" not in first.headers
    program.stop()
    program.start()
    second = program.api.http.post("/api/v1/keys", json={"name": "once"}, headers=header)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()
    names = [key["name"] for key in program.api.get("/keys")["data"]]
    assert names.count("once") == 1
    other = program.api.http.post("/api/v1/keys", json={"name": "else"}, headers=header)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_the_slower_of_two_editors_sees_what_the_record_is_now(start):
    program = start({})
    made = program.api.http.post("/api/v1/teams", json={"name": "Team"})
    path = f"/api/v1/teams/{made.json()['id']}"
    tag = {"if-match": made.headers["etag"]}
    assert program.api.http.patch(path, json={"name": "Mine"}, headers=tag).status_code == 200
    late = program.api.http.patch(path, json={"name": "Theirs"}, headers=tag)
    assert late.status_code == 412
    assert late.json()["error"]["details"]["current"]["name"] == "Mine"


def test_a_credential_is_tested_by_a_real_call(start, upstream):
    config = providers(upstream, ("openai",))
    good, bad = model_of("openai"), model_of("openai")
    config["providers"]["openai"]["models"] = [good, bad]
    program = start(config)
    plan = upstream.on(good, says(Answer()))
    refusal = {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}
    upstream.on(bad, whole(refusal, status=401))
    made = program.api.post("/credentials", {"provider": "openai", "name": "own", "secret": "sk-own-key"})
    path = f"/credentials/{made['id']}/test"
    works = program.api.post(path, {"model": good})
    assert (works["ok"], works["verdict"], works["model"]) == (True, "works", f"openai/{good}")
    assert plan.wait().header("authorization") == "Bearer sk-own-key"
    wrong = program.api.post(path, {"model": bad})
    assert (wrong["ok"], wrong["verdict"]) == (False, "wrong_key")
    assert "sk-own-key" not in json.dumps(wrong) and "sk-own-key" not in program.log
    assert {row["status"] for row in program.api.rows(count=2, tag="test")} == {"success", "error"}
    listed = {p["id"]: p for p in program.api.get("/providers")["data"]}
    assert listed["openai"]["configured"] and listed["openai"]["has_credential"]
    models = [m["id"] for m in program.api.get("/providers/openai/models")["data"]]
    assert f"openai/{good}" in models
