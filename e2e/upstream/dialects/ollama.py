"""`/api/chat` as Ollama sends it: JSON, or one JSON object a line."""

from __future__ import annotations

from ..answer import Answer, dumps, pieces
from ..seen import Seen

STREAM_TYPE = "application/x-ndjson"
DONE = {"stop": "stop", "tool_calls": "stop", "length": "length", "content_filter": "stop"}
CREATED = "2026-11-22T12:00:00.123456Z"


def _calls(answer: Answer) -> list[dict]:
    return [{"function": {"name": call.name, "arguments": call.arguments}} for call in answer.calls]


def _end(answer: Answer) -> dict:
    out = {
        "done": True,
        "done_reason": DONE[answer.finish_reason],
        "total_duration": 4883583458,
        "load_duration": 1334875,
        "prompt_eval_duration": 342546000,
        "eval_duration": 4535599000,
    }
    if answer.usage:
        out |= {"prompt_eval_count": answer.usage.input, "eval_count": answer.usage.output}
    return out


def body(answer: Answer, seen: Seen) -> bytes:
    message: dict = {"role": "assistant", "content": answer.text}
    if answer.reasoning:
        message["thinking"] = answer.reasoning
    if answer.calls:
        message["tool_calls"] = _calls(answer)
    return dumps({"model": seen.model, "created_at": CREATED, "message": message, **_end(answer)}).encode()


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    def line(message: dict, **more) -> bytes:
        whole = {
            "model": seen.model,
            "created_at": CREATED,
            "message": {"role": "assistant", "content": "", **message},
            "done": False,
            **more,
        }
        return f"{dumps(whole)}\n".encode()

    out = [line({"thinking": piece}) for piece in pieces(answer.reasoning)]
    out += [line({"content": piece}) for piece in pieces(answer.text)]
    if answer.calls:
        out.append(line({"tool_calls": _calls(answer)}))
    out.append(line({}, **_end(answer)))
    return out
