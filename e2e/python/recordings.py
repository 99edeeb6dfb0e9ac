"""Recorded traffic, from the directory that `SHARED_DATA` names (else `shared/data` beside the project)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from e2e_support.program import ROOT

DATA = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
ABSENT = f"no recorded traffic: {DATA} does not exist (set SHARED_DATA)"


@dataclass(frozen=True)
class Recording:
    """One exchange with a vendor."""

    name: str
    path: str
    request: bytes
    request_type: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def streams(self) -> bool:
        return any(value.startswith("text/event-stream") for name, value in self.headers if name == "content-type")


# What belongs to the recorded connection and not to the answer.
_CONNECTION = {"content-length", "content-encoding", "transfer-encoding", "connection", "alt-svc", "date"}


def openai() -> list[Recording]:
    """All recorded exchanges with OpenAI."""
    return [_read(file) for file in sorted((DATA / "wire" / "openai-recorded").glob("*.yaml"))]


def _read(file: Path) -> Recording:
    exchange = yaml.safe_load(file.read_text())["interactions"][0]
    asked, answered = exchange["request"], exchange["response"]
    headers = tuple(
        (name.lower(), value)
        for name, values in answered["headers"].items()
        for value in values
        if name.lower() not in _CONNECTION
    )
    types = [v for name, values in asked["headers"].items() for v in values if name.lower() == "content-type"]
    return Recording(
        name=file.stem,
        path=asked["url"].partition("api.openai.com/v1")[2] or "/chat/completions",
        request=asked["body"].encode(),
        request_type=types[0] if types else "application/json",
        status=answered.get("code") or 200,
        headers=headers,
        body=answered["body"].encode(),
    )


def shapes(folder: str) -> list[Path]:
    """Files with answers in a vendor's form."""
    return sorted((DATA / "wire" / "shapes" / "response" / folder).glob("*.json"))


def is_stream(file: Path) -> bool:
    return file.read_bytes().lstrip()[:6] in (b"event:", b"data: ", b"data:{")
