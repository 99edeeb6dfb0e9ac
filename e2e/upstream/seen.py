"""A request as the upstream saw it."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit


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
