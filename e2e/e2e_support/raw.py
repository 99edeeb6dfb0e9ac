"""HTTP by hand: for clients that are slow, rude or gone."""

from __future__ import annotations

import json
import socket


class Raw:
    """One connection and what came in on it."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""

    def send(self, data: bytes) -> Raw:
        self.socket.sendall(data)
        return self

    def post(self, path: str, key: str, body: dict | bytes, headers: tuple[tuple[str, str], ...] = ()) -> Raw:
        return self.send(request(path, key, body, headers))

    def read(self, size: int = 65536) -> bytes:
        data = self.socket.recv(size)
        self.got += data
        return data

    def until(self, mark: bytes) -> bytes:
        """Everything so far, once `mark` has come."""
        while mark not in self.got:
            if not self.read():
                raise AssertionError(f"the connection ended before {mark!r}: {self.got!r}")
        return self.got

    def to_the_end(self) -> bytes:
        while self.read():
            pass
        return self.got

    @property
    def status(self) -> int:
        self.until(b"\r\n")
        return int(self.got.split(b" ", 2)[1])

    def header(self, name: str) -> str | None:
        head = self.until(b"\r\n\r\n").partition(b"\r\n\r\n")[0].decode("latin-1")
        for line in head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return None

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def request(
    path: str, key: str, body: dict | bytes, headers: tuple[tuple[str, str], ...] = (), method: str = "POST"
) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {key}",
        "content-type: application/json",
        f"content-length: {len(data)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def chat(model: str, text: str = "Hello", **more: object) -> dict:
    """A chat request's body."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def events(data: bytes) -> list[str]:
    """The `data:` lines of an event stream, chunked framing left in place around them."""
    return [line[5:].strip().decode() for line in data.splitlines() if line.startswith(b"data:")]
