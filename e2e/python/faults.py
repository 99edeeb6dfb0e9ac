"""Ways in which a stream goes wrong."""

from __future__ import annotations

from collections.abc import Callable

from upstream import Cut, Hang, Reset
from upstream.answer import dumps
from upstream.script import Step

Frames = list[bytes]
Change = Callable[[Frames], list[bytes | Step]]


def half(frames: Frames) -> Frames:
    """Some content, and more to come."""
    return frames[: len(frames) // 2]


def connection_cut(frames: Frames) -> list:
    return [*half(frames), Cut(), b"never sent"]


def connection_reset(frames: Frames) -> list:
    return [*half(frames), Reset()]


def clean_end_of_the_body(frames: Frames) -> list:
    """The last HTTP chunk came, the answer's end did not."""
    return list(half(frames))


def half_an_event(frames: Frames) -> list:
    begun = half(frames)
    return [*begun, frames[len(begun)][:-12]]


def silence(frames: Frames) -> list:
    return [*half(frames), Hang()]


def truncated_json(frames: Frames) -> list:
    event = frames[len(frames) // 2]
    end = b"\n" if event.startswith(b"{") else b"\n\n"
    return [*half(frames), event[: len(event) // 2] + end, *frames[len(frames) // 2 :]]


def web_page(frames: Frames) -> list:
    """A proxy's error page in the middle of the stream."""
    page = b"<html><body>502 Bad Gateway</body></html>"
    return [*half(frames), page + b"\n" if frames[0].startswith(b"{") else b"data: " + page + b"\n\n"]


MID_STREAM = [
    connection_cut,
    connection_reset,
    clean_end_of_the_body,
    half_an_event,
    silence,
    truncated_json,
    web_page,
]


def error_event(lane: str, word: str = "overloaded") -> bytes:
    """An error in the middle of a 200, in the vendor's words."""
    text = f"The engine is currently {word}"
    match lane:
        case "anthropic":
            data = {"type": "error", "error": {"type": "overloaded_error", "message": text}}
            return f"event: error\ndata: {dumps(data)}\n\n".encode()
        case "gemini":
            data = {"error": {"code": 503, "message": text, "status": "UNAVAILABLE"}}
            return f"data: {dumps(data)}\r\n\r\n".encode()
        case "ollama":
            return f"{dumps({'error': text})}\n".encode()
        case "webhook":
            return f"data: {dumps({'error': text})}\n\n".encode()
        case _:
            data = {"error": {"message": text, "type": "server_error", "param": None, "code": None}}
            return f"data: {dumps(data)}\n\n".encode()


def responses_error_event(word: str = "overloaded") -> bytes:
    """The same in the middle of a response."""
    data = {
        "type": "error",
        "sequence_number": 9,
        "code": "server_error",
        "message": f"The engine is {word}",
        "param": None,
    }
    return f"event: error\ndata: {dumps(data)}\n\n".encode()
