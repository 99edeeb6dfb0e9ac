"""`/responses` as OpenAI sends it."""

from __future__ import annotations

from ..answer import Answer, Tokens, dumps, halves, pieces
from ..seen import Seen

STREAM_TYPE = "text/event-stream; charset=utf-8"
CREATED = 1_795_000_000


def usage(tokens: Tokens) -> dict:
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.total,
    }


def items(answer: Answer) -> list[dict]:
    out: list[dict] = []
    if answer.reasoning:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        out.append({"id": f"rs_{answer.id}", "type": "reasoning", "summary": summary})
    if answer.text:
        text = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        out.append(
            {"id": f"msg_{answer.id}", "type": "message", "status": "completed", "role": "assistant", "content": [text]}
        )
    for number, call in enumerate(answer.calls):
        out.append(
            {
                "id": f"fc_{answer.id}_{number}",
                "type": "function_call",
                "status": "completed",
                "arguments": call.arguments_json,
                "call_id": call.id or f"call_{number}",
                "name": call.name,
            }
        )
    return out


def response(answer: Answer, seen: Seen) -> dict:
    asked = seen.json
    incomplete = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(answer.finish_reason)
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": CREATED,
        "status": "incomplete" if incomplete else "completed",
        "background": False,
        "error": None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "model": f"{seen.model}-2026-01-01",
        "output": items(answer),
        "parallel_tool_calls": True,
        "previous_response_id": asked.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "store": asked.get("store", True),
        "temperature": 1.0,
        "text": asked.get("text") or {"format": {"type": "text"}},
        "tool_choice": asked.get("tool_choice", "auto"),
        "tools": asked.get("tools", []),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage(answer.usage) if answer.usage else None,
        "user": None,
        "metadata": asked.get("metadata") or {},
    }


def body(answer: Answer, seen: Seen) -> bytes:
    return dumps(response(answer, seen)).encode()


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    out: list[bytes] = []
    done = response(answer, seen)
    begun = {**done, "status": "in_progress", "output": [], "usage": None}

    def event(kind: str, **fields) -> None:
        data = dumps({"type": kind, "sequence_number": len(out), **fields})
        out.append(f"event: {kind}\ndata: {data}\n\n".encode())

    event("response.created", response=begun)
    event("response.in_progress", response=begun)
    for index, item in enumerate(done["output"]):
        at = {"item_id": item["id"], "output_index": index}
        match item["type"]:
            case "reasoning":
                _reasoning(event, item, index, at)
            case "message":
                _message(event, item, index, at)
            case _:
                event(
                    "response.output_item.added",
                    output_index=index,
                    item={**item, "status": "in_progress", "arguments": ""},
                )
                for part in halves(item["arguments"]):
                    event("response.function_call_arguments.delta", **at, delta=part)
                event("response.function_call_arguments.done", **at, arguments=item["arguments"], name=item["name"])
        event("response.output_item.done", output_index=index, item=item)
    event("response.incomplete" if done["incomplete_details"] else "response.completed", response=done)
    return out


def _reasoning(event, item: dict, index: int, at: dict) -> None:
    text = item["summary"][0]["text"]
    part = {**at, "summary_index": 0}
    event("response.output_item.added", output_index=index, item={**item, "summary": []})
    event("response.reasoning_summary_part.added", **part, part={"type": "summary_text", "text": ""})
    for piece in pieces(text):
        event("response.reasoning_summary_text.delta", **part, delta=piece)
    event("response.reasoning_summary_text.done", **part, text=text)
    event("response.reasoning_summary_part.done", **part, part=item["summary"][0])


def _message(event, item: dict, index: int, at: dict) -> None:
    content = item["content"][0]
    part = {**at, "content_index": 0}
    event("response.output_item.added", output_index=index, item={**item, "status": "in_progress", "content": []})
    event("response.content_part.added", **part, part={**content, "text": ""})
    for piece in pieces(content["text"]):
        event("response.output_text.delta", **part, delta=piece, logprobs=[])
    event("response.output_text.done", **part, text=content["text"], logprobs=[])
    event("response.content_part.done", **part, part=content)
