"""A user's own web address: text, or events of text."""

from __future__ import annotations

from ..answer import Answer, dumps, pieces
from ..seen import Seen

STREAM_TYPE = "text/event-stream"


def _end(answer: Answer) -> dict:
    out: dict = {"finish_reason": answer.finish_reason}
    if answer.usage:
        out["usage"] = {"input_tokens": answer.usage.input, "output_tokens": answer.usage.output}
    return out


def body(answer: Answer, seen: Seen) -> bytes:
    return dumps({"text": answer.text, **_end(answer)}).encode()


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    out = [f"data: {dumps({'text': piece})}\n\n".encode() for piece in pieces(answer.text)]
    out.append(f"data: {dumps({'done': True, **_end(answer)})}\n\n".encode())
    return out
