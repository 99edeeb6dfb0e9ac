"""Vendors' wire formats, each written down by itself from an `Answer`.

A lane is the first segment of the upstream's paths: one configured provider.
"""

from __future__ import annotations

from collections.abc import Callable

from ..answer import Answer, Tokens
from ..script import Script, Step, stream, whole
from ..seen import Seen
from . import anthropic, gemini, ollama, openai_chat, openai_responses, webhook

FORMATS = {
    "chat": openai_chat,
    "responses": openai_responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "ollama": ollama,
    "webhook": webhook,
}


def format_of(seen: Seen):
    """Which wire format a request is in, by its path."""
    path = seen.path
    if path.endswith("/chat/completions"):
        return openai_chat
    if path.endswith("/responses"):
        return openai_responses
    if path.endswith("/v1/messages"):
        return anthropic
    if "enerateContent" in path:
        return gemini
    if path.endswith("/api/chat"):
        return ollama
    return webhook


def frames(answer: Answer, seen: Seen) -> list[bytes]:
    """The events that this request would be streamed, each as its own bytes."""
    return format_of(seen).frames(answer, seen)


def says(answer: Answer, headers: tuple[tuple[str, str], ...] = (), **more) -> Callable[[Seen], Script]:
    """Answers in the request's wire format, streamed where a stream was asked for."""

    def script(seen: Seen) -> Script:
        form = format_of(seen)
        if seen.streams:
            return stream(form.frames(answer, seen), form.STREAM_TYPE, headers=headers, **more)
        return whole(form.body(answer, seen), headers=headers, **more)

    return script


def streams(answer: Answer, change: Callable[[list[bytes]], list[bytes | Step]], **more) -> Callable[[Seen], Script]:
    """As `says`, with the stream's frames changed: the faults."""

    def script(seen: Seen) -> Script:
        form = format_of(seen)
        return stream(change(form.frames(answer, seen)), form.STREAM_TYPE, **more)

    return script


def usage_of(lane: str, tokens: Tokens) -> Tokens:
    """What of the usage a lane's wire format can express."""
    match lane:
        case "ollama" | "webhook":
            return Tokens(tokens.input, tokens.output)
        case "anthropic":
            return Tokens(tokens.input, tokens.output, tokens.cached, tokens.written)
        case _:
            return Tokens(tokens.input, tokens.output, tokens.cached, 0, tokens.reasoning)
