"""The upstream's sockets: asyncio in a thread of its own, so that tests can be plain functions."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from .script import Cut, Gate, Hang, Pause, Reset, Script, Send, whole

Scripted = Script | Callable[["Seen"], Script]


@dataclass
class Seen:
    """A request as it came in, and how its connection fared."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytearray = field(default_factory=bytearray)
    began: float = field(default_factory=time.monotonic)
    complete: threading.Event = field(default_factory=threading.Event)
    """The request's body has arrived."""
    answered: threading.Event = field(default_factory=threading.Event)
    """The script has run to its end."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """The peer closed before the script's end."""
    hung_up_at: float = 0.0
    port: int = 0

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def lane(self) -> str:
        """First segment of the path: which of the configured providers was meant."""
        return self.path.split("/")[1]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def json(self) -> dict:
        return json.loads(bytes(self.body))

    @property
    def model(self) -> str:
        """From the body, the form or (Gemini) the path."""
        in_path = re.search(r"/models/([^/:]+):", self.path)
        if in_path:
            return unquote(in_path[1])
        if (self.header("content-type") or "").startswith("multipart/"):
            found = re.search(rb'name="model"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n([^\r\n]*)\r\n', bytes(self.body))
            return found[1].decode() if found else ""
        try:
            return str(self.json.get("model", ""))
        except (ValueError, AttributeError):
            return ""

    @property
    def streams(self) -> bool:
        if "streamGenerateContent" in self.path:
            return True
        try:
            return self.json.get("stream") is True
        except (ValueError, AttributeError):
            return False


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


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.buffer = bytearray()
        self.eof = False

    async def fill(self) -> bool:
        try:
            data = await self.reader.read(65536)
        except ConnectionError:
            data = b""
        self.eof = not data
        self.buffer += data
        return not self.eof

    async def take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not await self.fill():
                raise ConnectionResetError
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            if not await self.fill():
                raise ConnectionResetError
        line, _, _ = self.buffer.partition(b"\r\n")
        del self.buffer[: len(line) + 2]
        return bytes(line)

    async def head(self) -> Seen | None:
        try:
            first = await self.line()
        except ConnectionError:
            return None
        method, target, _ = first.decode("latin-1").split(" ", 2)
        headers = []
        while line := await self.line():
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.strip().lower(), value.strip()))
        port = self.writer.get_extra_info("peername")[1]
        return Seen(method=method, target=target, headers=headers, port=port)

    async def read_body(self, seen: Seen) -> None:
        if (seen.header("transfer-encoding") or "").lower() == "chunked":
            while size := int((await self.line()).split(b";")[0], 16):
                seen.body += await self.take(size)
                await self.line()
            while await self.line():
                pass
            return
        left = int(seen.header("content-length") or 0)
        while left:
            if not self.buffer and not await self.fill():
                raise ConnectionResetError
            part = await self.take(min(left, len(self.buffer)))
            seen.body += part
            left -= len(part)

    async def play(self, script: Script, seen: Seen) -> bool:
        """Runs a script. True when the connection can be used again."""
        watch = asyncio.ensure_future(self._watch(seen))
        work = asyncio.ensure_future(self._steps(script))
        try:
            await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                # The peer is gone; what is left of the script has nobody to play to.
                return False
            return work.result() and script.framing != "close"
        except ConnectionError:
            self._mark(seen)
            return False
        finally:
            seen.answered.set()
            for task in (watch, work):
                task.cancel()
            await asyncio.gather(watch, work, return_exceptions=True)

    async def _watch(self, seen: Seen) -> None:
        while await self.fill():
            pass
        self._mark(seen)

    def _mark(self, seen: Seen) -> None:
        if not seen.answered.is_set():
            seen.hung_up_at = time.monotonic()
            seen.hung_up.set()

    async def _steps(self, script: Script) -> bool:
        for step in script.before:
            if not await self._step(step, script):
                return False
        await self._write(head_of(script), script.wire_split)
        for step in script.steps:
            if not await self._step(step, script):
                return False
        if script.framing == "chunked":
            await self._write(b"0\r\n\r\n", script.wire_split)
        return True

    async def _step(self, step: object, script: Script) -> bool:
        match step:
            case Send(data):
                if script.framing == "chunked" and data:
                    data = b"%x\r\n%s\r\n" % (len(data), data)
                await self._write(data, script.wire_split)
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Gate(opened):
                while not opened.is_set():
                    await asyncio.sleep(0.005)
            case Hang():
                await asyncio.Event().wait()
            case Reset():
                linger = struct.pack("ii", 1, 0)
                self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.writer.transport.abort()
                return False
            case Cut():
                return False
        return True

    async def _write(self, data: bytes, split: int) -> None:
        if not split:
            self.writer.write(data)
            await self.writer.drain()
            return
        for at in range(0, len(data), split):
            self.writer.write(data[at : at + split])
            await self.writer.drain()
            # Long enough for the peer to read this piece alone.
            await asyncio.sleep(0.0002)


REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 529: "Overloaded"}


def head_of(script: Script) -> bytes:
    lines = [f"HTTP/1.1 {script.status} {REASONS.get(script.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in script.headers]
    if script.framing == "chunked":
        lines.append("transfer-encoding: chunked")
    elif script.framing == "length":
        lines.append(f"content-length: {len(script.body)}")
    else:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
