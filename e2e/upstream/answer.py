"""What a model says, before a dialect writes it down."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field

_ids = itertools.count(1)


@dataclass(frozen=True)
class Tokens:
    """Usage in OpenAI's convention: `input` includes `cached` and `written`, `output` includes
    `reasoning`."""

    input: int = 21
    output: int = 9
    cached: int = 0
    written: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output


@dataclass(frozen=True)
class Call:
    """A tool call."""

    name: str
    arguments: dict
    id: str = ""

    @property
    def arguments_json(self) -> str:
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Answer:
    """A complete answer. `finish` is one of OpenAI's words; empty: as the content suggests."""

    text: str = "The café in Zürich serves 東京 tea 🍵, and Paris is the capital of France."
    reasoning: str = ""
    signature: str = ""
    calls: tuple[Call, ...] = ()
    finish: str = ""
    usage: Tokens | None = field(default_factory=Tokens)
    id: str = field(default_factory=lambda: f"{next(_ids):08d}")

    @property
    def finish_reason(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")


def pieces(text: str) -> list[str]:
    """A text in the pieces it is streamed in: words with the space behind them."""
    return re.findall(r"\S+\s*|\s+", text)


def halves(text: str) -> list[str]:
    """Arguments in the two pieces they are streamed in."""
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]


def dumps(value: object) -> str:
    """Compact JSON with the characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
