"""The upstream's sockets: asyncio in a thread of its own, so that tests can be plain functions."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable

from .script import Script, whole
from .seen import Seen
from .wire import Wire

Scripted = Script | Callable[[Seen], Script]


class Plan:
    """What a model's calls are answered with, in turn; the last script stays."""

    def __init__(self, scripts: tuple[Scripted, ...]) -> None:
        self.scripts = scripts
        self.seen: list[Seen] = []
        self._arrived = threading.Condition()

    def take(self, seen: Seen) -> Scripted:
        with self._arrived:
            script = self.scripts[min(len(self.seen), len(self.scripts) - 1)]
            self.seen.append(seen)
            self._arrived.notify_all()
        return script

    def wait(self, count: int = 1, timeout: float = 10.0) -> Seen:
        """Waits for the request number `count` (from 1)."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.seen) >= count, timeout)
        assert arrived, f"the upstream saw {len(self.seen)} requests, not {count}"
        return self.seen[count - 1]

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    @property
    def count(self) -> int:
        """Requests so far."""
        return len(self.seen)


class Upstream:
    """A server on a free port of the loopback address."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.seen: list[Seen] = []
        self.default: Scripted = lambda seen: whole(
            {"error": {"message": f"no script for {seen.path} {seen.model!r}", "type": "invalid_request_error"}},
            status=418,
        )
        self.extra: dict[str, Callable[[Seen], Script]] = {}
        self._thread = threading.Thread(target=self._run, name="upstream", daemon=True)
        self._thread.start()
        assert self._ready.wait(10), "the upstream did not start"

    def on(self, model: str, *scripts: Scripted, lane: str = "*") -> Plan:
        """Answers calls of `model` (of one lane, or of all) with these scripts in turn."""
        plan = Plan(scripts)
        with self._lock:
            self._plans[(lane, model)] = plan
        return plan

    def url(self, lane: str, rest: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{lane}{rest}"

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(5)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024, limit=2**20)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    def _plan(self, seen: Seen) -> Scripted:
        model = seen.model
        with self._lock:
            plan = self._plans.get((seen.lane, model), self._plans.get(("*", model)))
        return self.default if plan is None else plan.take(seen)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(reader, writer)
        try:
            while (seen := await wire.head()) is not None:
                self.seen.append(seen)
                await wire.read_body(seen)
                seen.complete.set()
                extra = self.extra.get(seen.lane)
                scripted = extra or self._plan(seen)
                script = scripted(seen) if callable(scripted) else scripted
                if not await wire.play(script, seen):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
