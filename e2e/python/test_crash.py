"""`kill -9` under load: what clients were answered is billed, once."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import threading
import time
from collections import Counter

import pytest

from e2e_support import Program, model_of, providers
from e2e_support.raw import chat, request
from upstream import Answer, Pause, Tokens
from upstream.dialects import says

ROUNDS = 10
CONNECTIONS = 50
SECONDS = 1.2
LASTING = 0.3
"""A call that has been under way this long has a row, whatever happens."""
numbers = itertools.count(1)


class Load:
    """Connections that ask one question after another until the program dies."""

    def __init__(self, program: Program, bodies: list[dict]) -> None:
        self.program, self.bodies = program, bodies
        self.answered: set[str] = set()

    async def run(self) -> None:
        await asyncio.gather(*(self.connection() for _ in range(CONNECTIONS)))

    async def connection(self) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.program.port)
        except OSError:
            return
        try:
            while True:
                number = next(numbers)
                name, body = f"crash-{number}", self.bodies[number % len(self.bodies)]
                path = "/v1/messages" if "max_tokens" in body else "/v1/chat/completions"
                # The upstream, too, learns which request it is.
                text = body | {"messages": [{"role": "user", "content": name}]}
                writer.write(request(path, self.program.key, text, (("x-request-id", name),)))
                await writer.drain()
                if not await self.read(reader, body.get("stream", False)):
                    return
                self.answered.add(name)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    async def read(self, reader: asyncio.StreamReader, stream: bool) -> bool:
        """Whether a complete answer came."""
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        if not stream:
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            return True
        got = await reader.readuntil(b"0\r\n\r\n")
        assert b"[DONE]" in got or b"message_stop" in got, "an answer ended cleanly in the middle"
        return True


@pytest.mark.slow
def test_ten_kills_under_load_lose_no_row_and_double_none(upstream, start):
    program: Program = start(providers(upstream))
    usage = Tokens(30, 12)
    asked = {lane: model_of(lane) for lane in ("openai", "anthropic", "gemini")}
    plans = [upstream.on(model, says(Answer(usage=usage))) for model in asked.values()]
    slow = model_of("openai")
    plans.append(upstream.on(slow, says(Answer(usage=usage), before=(Pause(0.5),))))
    bodies = [
        chat(f"{lane}/{model}", **more)
        for lane, model in asked.items()
        for more in ({}, {"stream": True}, {"stream": True, "max_tokens": 100})
    ]
    bodies.append(chat(f"openai/{slow}"))
    answered: set[str] = set()
    for _ in range(ROUNDS):
        load = Load(program, bodies)
        thread = threading.Thread(target=lambda load=load: asyncio.run(load.run()))
        thread.start()
        time.sleep(SECONDS)
        program.kill()
        thread.join(20)
        assert not thread.is_alive()
        answered |= load.answered
        program.start()

    assert len(answered) > ROUNDS * CONNECTIONS, "there was load"
    rows = program.api.all_rows()
    crashed = [row for row in rows if row["request_id"].startswith("crash-")]
    ids = Counter(row["id"] for row in rows)
    assert not [name for name, count in ids.items() if count > 1]
    of_request = Counter(row["request_id"] for row in crashed)
    assert not [name for name, count in of_request.items() if count > 1], "one attempt, one row"
    successes = {row["request_id"] for row in crashed if row["status"] == "success"}
    assert not answered - successes, "answered, and not billed"
    lasting = {question_of(seen) for seen in plans[-1].seen if lived(seen) > LASTING}
    assert not lasting - set(of_request), "the provider worked for a while, and no row says so"
    assert "interrupted" in Counter(row["status"] for row in crashed), "some were under way"
    assert set(Counter(row["status"] for row in crashed)) <= {"success", "interrupted", "cancelled", "error"}
    for row in crashed:
        if row["status"] == "success":
            used = row["usage_detail"]
            assert (used["input_tokens"], used["output_tokens"], row["usage_source"]) == (30, 12, "reported")
    # A budget seeded from these rows starts from the same sum.
    assert sum(row["cost_nano_usd"] or 0 for row in crashed) > 0


def lived(seen) -> float:
    """How long the program waited for the upstream's slow answer, in seconds."""
    end = seen.hung_up_at if seen.hung_up.is_set() else math.inf
    return end - seen.began


def question_of(seen) -> str:
    """The request's id, from wherever the dialect keeps the text of a message."""
    text = json.dumps(seen.json)
    at = text.find("crash-")
    return text[at:].split('"')[0] if at >= 0 else ""
