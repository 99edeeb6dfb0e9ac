"""`/v1/messages` as Anthropic sends it."""

from __future__ import annotations

from ..answer import Answer, Tokens, dumps, halves, pieces
from ..seen import Seen

STREAM_TYPE = "text/event-stream; charset=utf-8"
STOP = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
SIGNATURE = "EqQBCgIYAhIkMGRlYWRiZWVmLXNpZ25lZC10aGlua2luZw=="


def usage(tokens: Tokens) -> dict:
    return {
        "input_tokens": tokens.input - tokens.cached - tokens.written,
        "cache_creation_input_tokens": tokens.written,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": tokens.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": tokens.output,
        "service_tier": "standard",
    }


def blocks(answer: Answer) -> list[dict]:
    out: list[dict] = []
    if answer.reasoning:
        out.append({"type": "thinking", "thinking": answer.reasoning, "signature": answer.signature or SIGNATURE})
    if answer.text:
        out.append({"type": "text", "text": answer.text})
    for number, call in enumerate(answer.calls):
        name = call.id or f"toolu_{number}"
        out.append({"type": "tool_use", "id": name, "name": call.name, "input": call.arguments})
    return out


def message(answer: Answer, seen: Seen) -> dict:
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": seen.model,
        "content": blocks(answer),
        "stop_reason": STOP[answer.finish_reason],
        "stop_sequence": None,
        "usage": usage(answer.usage or Tokens()),
    }


def body(answer: Answer, seen: Seen) -> bytes:
    return dumps(message(answer, seen)).encode()


def event(kind: str, **fields) -> bytes:
    return f"event: {kind}\ndata: {dumps({'type': kind, **fields})}\n\n".encode()


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    tokens = answer.usage or Tokens()
    begun = {**message(answer, seen), "content": [], "stop_reason": None}
    begun["usage"] = {**usage(tokens), "output_tokens": 1}
    out = [event("message_start", message=begun), event("ping")]
    for index, block in enumerate(blocks(answer)):
        out += _block(index, block)
    delta = {"stop_reason": STOP[answer.finish_reason], "stop_sequence": None}
    out.append(event("message_delta", delta=delta, usage={"output_tokens": tokens.output}))
    out.append(event("message_stop"))
    return out


def _block(index: int, block: dict) -> list[bytes]:
    deltas: list[dict] = []
    match block["type"]:
        case "thinking":
            begun = {"type": "thinking", "thinking": "", "signature": ""}
            deltas += [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "text":
            begun = {"type": "text", "text": ""}
            deltas += [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        case _:
            begun = {**block, "input": {}}
            deltas.append({"type": "input_json_delta", "partial_json": ""})
            parts = halves(dumps(block["input"])) if block["input"] else []
            deltas += [{"type": "input_json_delta", "partial_json": part} for part in parts]
    out = [event("content_block_start", index=index, content_block=begun)]
    out += [event("content_block_delta", index=index, delta=delta) for delta in deltas]
    out.append(event("content_block_stop", index=index))
    return out


def error(kind: str, text: str) -> bytes:
    """The body of an error, and the data of an error event."""
    return dumps(
        {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}
    ).encode()
