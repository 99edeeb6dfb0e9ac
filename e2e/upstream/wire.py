"""One connection of the upstream: reading requests, playing scripts byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

from .script import Cut, Gate, Hang, Pause, Reset, Script, Send
from .seen import Seen


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


REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    529: "Overloaded",
}


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
