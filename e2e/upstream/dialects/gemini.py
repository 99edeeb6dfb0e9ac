"""`generateContent` and `streamGenerateContent?alt=sse` as Google sends them."""

from __future__ import annotations

from ..answer import Answer, Tokens, dumps, pieces
from ..seen import Seen

STREAM_TYPE = "text/event-stream"
FINISH = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


def usage(tokens: Tokens) -> dict:
    out = {
        "promptTokenCount": tokens.input,
        # Google counts thoughts apart from the candidates.
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "totalTokenCount": tokens.total,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens.input}],
    }
    if tokens.cached:
        out["cachedContentTokenCount"] = tokens.cached
    if tokens.reasoning:
        out["thoughtsTokenCount"] = tokens.reasoning
    return out


def _calls(answer: Answer) -> list[dict]:
    # The first of parallel calls carries the signature of the thoughts before it.
    out: list[dict] = []
    for number, call in enumerate(answer.calls):
        part: dict = {"functionCall": {"name": call.name, "args": call.arguments}}
        if number == 0 and answer.signature:
            part["thoughtSignature"] = answer.signature
        out.append(part)
    return out


def _answer(parts: list[dict], answer: Answer, seen: Seen, last: bool) -> dict:
    candidate: dict = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if last:
        candidate["finishReason"] = FINISH[answer.finish_reason]
    out = {"candidates": [candidate], "modelVersion": seen.model, "responseId": f"gem-{answer.id}"}
    if answer.usage:
        out["usageMetadata"] = usage(answer.usage)
    return out


def body(answer: Answer, seen: Seen) -> bytes:
    parts: list[dict] = []
    if answer.reasoning:
        parts.append({"text": answer.reasoning, "thought": True})
    if answer.text:
        parts.append({"text": answer.text})
    return dumps(_answer(parts + _calls(answer), answer, seen, True)).encode()


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    parts = [[{"text": piece, "thought": True}] for piece in pieces(answer.reasoning)]
    parts += [[{"text": piece}] for piece in pieces(answer.text)]
    parts += [[call] for call in _calls(answer)]
    parts = parts or [[{"text": ""}]]
    last = len(parts) - 1
    # Google ends lines with CR LF.
    return [f"data: {dumps(_answer(part, answer, seen, at == last))}\r\n\r\n".encode() for at, part in enumerate(parts)]
