"""Scripts: what the upstream does on one connection, step by step."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True)
class Send:
    """Bytes of the body; with chunked framing one chunk."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    """Nothing for a while."""

    seconds: float


@dataclass(frozen=True)
class Gate:
    """Nothing until the test opens it."""

    opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self.opened.set()


@dataclass(frozen=True)
class Hang:
    """Nothing until the peer hangs up."""


@dataclass(frozen=True)
class Reset:
    """The connection is reset (RST)."""


@dataclass(frozen=True)
class Cut:
    """The connection is closed in the middle: no last chunk, fewer bytes than announced."""


Step = Send | Pause | Gate | Hang | Reset | Cut


@dataclass(frozen=True)
class Script:
    """One answer. `before` runs before the head is sent."""

    steps: tuple[Step, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    framing: Literal["length", "chunked", "close"] = "length"
    before: tuple[Step, ...] = ()
    wire_split: int = 0
    """Write the answer's bytes, head included, in pieces of this many bytes; 0: as they come."""

    def with_headers(self, *headers: tuple[str, str]) -> Script:
        return replace(self, headers=self.headers + headers)

    @property
    def body(self) -> bytes:
        return b"".join(step.data for step in self.steps if isinstance(step, Send))


def whole(body: bytes | dict | list, status: int = 200, content_type: str = "application/json", **more) -> Script:
    """A complete answer with `content-length`."""
    if not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
    headers = (("content-type", content_type), *more.pop("headers", ()))
    return Script(steps=(Send(body),), status=status, headers=headers, **more)


def stream(frames: list[bytes | Step], content_type: str = "text/event-stream", **more) -> Script:
    """A chunked answer, one chunk a frame."""
    steps = tuple(Send(frame) if isinstance(frame, bytes) else frame for frame in frames)
    headers = (("content-type", content_type), *more.pop("headers", ()))
    return Script(steps=steps, headers=headers, framing=more.pop("framing", "chunked"), **more)


def resplit(frames: list[bytes], size: int) -> list[bytes]:
    """The same bytes in chunks of `size` bytes."""
    data = b"".join(frames)
    return [data[at : at + size] for at in range(0, len(data), size)]
