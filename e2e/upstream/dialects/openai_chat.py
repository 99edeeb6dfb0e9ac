"""`/chat/completions` as OpenAI sends it."""

from __future__ import annotations

from ..answer import Answer, Tokens, dumps, halves, pieces
from ..seen import Seen

STREAM_TYPE = "text/event-stream; charset=utf-8"
CREATED = 1_795_000_000
FINGERPRINT = "fp_44709d6fcb"


def usage(tokens: Tokens) -> dict:
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.total,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _call(number: int, call) -> dict:
    return {
        "id": call.id or f"call_{number}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments_json},
    }


def body(answer: Answer, seen: Seen) -> bytes:
    message = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.calls:
        message["tool_calls"] = [_call(number, call) for number, call in enumerate(answer.calls)]
    choices = [
        {"index": index, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
        for index in range(seen.json.get("n") or 1)
    ]
    whole = {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": CREATED,
        "model": f"{seen.model}-2026-01-01",
        "choices": choices,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }
    if answer.usage:
        whole["usage"] = usage(answer.usage)
    return dumps(whole).encode()


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    wants_usage = (seen.json.get("stream_options") or {}).get("include_usage") is True
    shared = {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": f"{seen.model}-2026-01-01",
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }

    def chunk(delta: dict, finish: str | None = None, index: int = 0) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        # OpenAI sends `usage: null` on every chunk where usage is to come.
        extra = {"usage": None} if wants_usage else {}
        return f"data: {dumps({**shared, 'choices': [choice], **extra})}\n\n".encode()

    out: list[bytes] = []
    for index in range(seen.json.get("n") or 1):
        out.append(chunk({"role": "assistant", "content": None if answer.calls else "", "refusal": None}, index=index))
        out += [chunk({"reasoning_content": piece}, index=index) for piece in pieces(answer.reasoning)]
        out += [chunk({"content": piece}, index=index) for piece in pieces(answer.text)]
        for number, call in enumerate(answer.calls):
            first = _call(number, call)
            first["function"]["arguments"] = ""
            out.append(chunk({"tool_calls": [{"index": number, **first}]}, index=index))
            for part in halves(call.arguments_json):
                out.append(chunk({"tool_calls": [{"index": number, "function": {"arguments": part}}]}, index=index))
        out.append(chunk({}, answer.finish_reason, index))
    if wants_usage and answer.usage:
        out.append(f"data: {dumps({**shared, 'choices': [], 'usage': usage(answer.usage)})}\n\n".encode())
    out.append(b"data: [DONE]\n\n")
    return out
