"""People: the first owner, signing in from browsers and programs, mail, sessions, floods."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator

import httpx
import pytest

from e2e_support import Program
from e2e_support.mail import Mailbox

OWNER = {"email": "owner@example.org", "name": "Olga Owner", "password": "lupine-orbit-mackerel-41"}
ADA = {"email": "ada@example.org", "name": "Ada Lovelace", "password": "granite-teapot-voyage-77"}
CHAT = {"model": "builtin/echo", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


def client(program: Program, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=program.url, headers=headers, timeout=30, trust_env=False)


def set_up(program: Program, **more: object) -> httpx.Response:
    token = program.first_line["setup_url"].split("token=")[1]
    answer = client(program).post("/api/v1/setup", json={"token": token, **OWNER, **more})
    assert answer.status_code == 200, answer.text
    return answer


def bearer(program: Program, answer: httpx.Response) -> httpx.Client:
    return client(program, authorization=f"Bearer {answer.json()['access_token']}")


def browser(program: Program, who: dict = OWNER) -> httpx.Client:
    """A client with cookies that repeats the CSRF token, as the web app does."""
    one = client(program)
    body = {"email": who["email"], "password": who["password"], "transport": "cookie"}
    assert one.post("/api/v1/auth/login", json=body).status_code == 200
    one.headers["x-nab-csrf"] = one.cookies["nab_csrf"]
    return one


def test_the_first_start_leads_to_an_owner_and_later_ones_do_not(start):
    program = start({})
    assert program.first_line["setup_url"].startswith(f"{program.url}/setup?token=")
    me = bearer(program, set_up(program, organization="Acme")).get("/api/v1/auth/me").json()
    assert me["is_instance_owner"] and me["current"]["role"] == "owner"
    assert [o["name"] for o in me["organizations"]] == ["Acme"]
    # The organization of the first key is the owner's now.
    assert program.api.get("/organizations/current")["id"] == me["current"]["id"]
    program.stop()
    program.start()
    assert program.first_line["setup_url"] is None
    assert browser(program).get("/api/v1/auth/me").status_code == 200
    assert OWNER["password"] not in program.log and "token=" not in program.log


def test_a_browser_signs_in_plays_with_a_model_and_signs_out(start):
    program = start({})
    set_up(program)
    page = browser(program)
    answer = page.post("/v1/chat/completions", json=CHAT)
    assert answer.status_code == 200, answer.text
    row = program.api.row(answer.headers["x-request-id"])
    me = page.get("/api/v1/auth/me").json()
    assert (row["user_id"], row["key_id"]) == (me["user"]["id"], None)
    # Without the page's token, nobody spends money.
    forged = page.build_request("POST", "/v1/chat/completions", json=CHAT)
    del forged.headers["x-nab-csrf"]
    refused = page.send(forged)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    old = dict(page.cookies)
    assert page.post("/api/v1/auth/refresh").status_code == 200
    assert page.cookies["nab_refresh"] != old["nab_refresh"]
    assert page.post("/api/v1/auth/logout").status_code == 204
    assert page.get("/api/v1/auth/me").status_code == 401
    stale = client(program)
    stale.cookies.update(old)
    answer = stale.post("/v1/chat/completions", json=CHAT, headers={"x-nab-csrf": old["nab_csrf"]})
    assert answer.status_code == 401


def test_a_budget_of_the_organization_counts_a_session(start):
    program = start({})
    page = browser_after_setup(program)
    org = page.get("/api/v1/auth/me").json()["current"]["id"]
    limit = {"scope": "organization", "scope_id": org, "metric": "requests", "window": "hour", "max": 1}
    made = page.post("/api/v1/limits", json=limit)
    assert made.status_code == 201, made.text
    assert page.post("/v1/chat/completions", json=CHAT).status_code == 200
    assert page.post("/v1/chat/completions", json=CHAT).status_code == 429


def browser_after_setup(program: Program) -> httpx.Client:
    set_up(program)
    return browser(program)


def test_a_stranger_registers_confirms_forgets_and_resets(start, mailbox):
    program = start({"email": mailbox.config, "accounts": {"registration": "open"}})
    set_up(program)
    one = client(program)
    assert one.post("/api/v1/auth/register", json=ADA).status_code == 202
    mail = mailbox.wait(ADA["email"])
    assert "Confirm" in mail["subject"] and mail.get_content_type() == "multipart/alternative"
    login = {"email": ADA["email"], "password": ADA["password"]}
    assert one.post("/api/v1/auth/login", json=login).json()["error"]["code"] == "email_not_verified"
    token = mailbox.token(mail)
    assert one.post("/api/v1/auth/verify-email", json={"token": token}).status_code == 204
    signed_in = one.post("/api/v1/auth/login", json=login)
    ada = bearer(program, signed_in)
    assert ada.get("/api/v1/auth/me").json()["organizations"][0]["name"] == ADA["name"]
    assert ada.post("/v1/chat/completions", json=CHAT).status_code == 200

    assert one.post("/api/v1/auth/forgot-password", json={"email": ADA["email"]}).status_code == 202
    body = {"token": mailbox.token(mailbox.wait(ADA["email"], 2)), "password": "violet-harbour-sextant-9"}
    assert one.post("/api/v1/auth/reset-password", json=body).status_code == 204
    assert ada.get("/api/v1/auth/me").status_code == 401, "all sessions ended"
    outbox = browser(program).get("/api/v1/outbox").json()["data"]
    assert {mail["status"] for mail in outbox} == {"sent"} and not any(mail["link"] for mail in outbox)
    for secret in (ADA["password"], body["password"], body["token"], token):
        assert secret not in program.log


def test_a_mail_survives_the_death_of_the_program(start, mailbox):
    config = {"email": mailbox.config | {"port": 1}, "accounts": {"registration": "open"}}
    program = start(config)
    assert client(program).post("/api/v1/auth/register", json=ADA).status_code == 202
    program.kill()
    program.write_config(config | {"email": mailbox.config})
    program.start()
    assert mailbox.token(mailbox.wait(ADA["email"], timeout=30))


def test_refresh_tokens_work_once_across_restarts(start):
    program = start({})
    first = set_up(program).json()
    one = client(program)

    def refresh(token: str) -> httpx.Response:
        return one.post("/api/v1/auth/refresh", json={"refresh_token": token})

    second = refresh(first["refresh_token"])
    assert second.status_code == 200
    assert refresh(first["refresh_token"]).status_code == 409
    program.kill()
    program.start()
    one = client(program)
    assert bearer(program, second).get("/api/v1/auth/me").status_code == 200, "tokens outlive the process"
    assert refresh(second.json()["refresh_token"]).status_code == 200


def test_foreign_pages_and_guesses_are_turned_away(start):
    program = start({})
    set_up(program)
    page = browser(program)
    answer = page.patch("/api/v1/auth/me", json={"name": "X"}, headers={"origin": "https://evil.test"})
    assert answer.json()["error"]["code"] == "wrong_csrf_token"
    assert page.patch("/api/v1/auth/me", json={"name": "X"}, headers={"origin": program.url}).status_code == 200
    login = {"email": OWNER["email"], "password": "wrong"}
    statuses = [client(program).post("/api/v1/auth/login", json=login).status_code for _ in range(12)]
    assert statuses[:10] == [401] * 10 and statuses[10:] == [429] * 2


def test_a_flood_of_logins_leaves_model_calls_alone(start):
    program = start({})
    set_up(program)
    headers = {"authorization": f"Bearer {program.key}"}

    async def measure(http: httpx.AsyncClient, calls: int) -> list[float]:
        times = []
        for _ in range(calls):
            began = time.perf_counter()
            answer = await http.post("/v1/chat/completions", json=CHAT, headers=headers)
            times.append(time.perf_counter() - began)
            assert answer.status_code == 200
        return times

    async def run() -> tuple[list[float], list[float], list[int]]:
        limits = httpx.Limits(max_connections=None)
        base = {"base_url": program.url, "trust_env": False, "timeout": 60}
        async with httpx.AsyncClient(limits=limits, **base) as flood, httpx.AsyncClient(**base) as calm:
            quiet = await measure(calm, 50)

            async def attack(n: int) -> int:
                login = {"email": f"a{n}@example.org", "password": "guess"}
                return (await flood.post("/api/v1/auth/login", json=login)).status_code

            attacks = [asyncio.create_task(attack(n)) for n in range(1_000)]
            # The flood's own client needs the interpreter for its 1,000 connections first.
            while not any(task.done() for task in attacks):
                await asyncio.sleep(0.005)
            loud = await measure(calm, 50)
            return quiet, loud, await asyncio.gather(*attacks)

    quiet, loud, statuses = asyncio.run(run())
    assert set(statuses) <= {401, 429} and statuses.count(429) > 800, statuses
    # Both share the machine with this client, so only a queue behind the hashes would show.
    assert statistics.median(loud) < statistics.median(quiet) + 0.1, (quiet, loud)


def test_the_operator_lets_a_locked_out_owner_in(start):
    import subprocess

    program = start({})
    set_up(program)
    program.stop()
    arguments = [program.arguments()[0], "account", "reset-link", OWNER["email"]]
    config = program.arguments()[program.arguments().index("--data-dir") :]
    config.remove("--json")
    done = subprocess.run([*arguments[:2], *config, *arguments[2:]], capture_output=True, text=True, check=True)
    program.start()
    body = {"token": done.stdout.strip().split("token=")[1], "password": "violet-harbour-sextant-9"}
    assert client(program).post("/api/v1/auth/reset-password", json=body).status_code == 204
    login = {"email": OWNER["email"], "password": body["password"]}
    assert client(program).post("/api/v1/auth/login", json=login).status_code == 200
