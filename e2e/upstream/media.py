"""OpenAI's answers besides conversations: embeddings, images, audio, moderation, completions."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable

from .answer import Answer, dumps, pieces
from .script import Script, stream, whole
from .seen import Seen

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def vector(of: object, dimensions: int) -> list[float]:
    """A vector that depends on the input alone; every number is exact in 32 bits."""
    seed = hashlib.sha256(repr(of).encode()).digest()
    return [(seed[at % 32] - 128) / 128 for at in range(dimensions)]


def embeds(dimensions: int = 8) -> Callable[[Seen], Script]:
    """`/embeddings`: a vector for each input, in the encoding that was asked for."""

    def script(seen: Seen) -> Script:
        asked = seen.json
        inputs = asked["input"]
        if isinstance(inputs, str) or (inputs and isinstance(inputs[0], int)):
            inputs = [inputs]
        data = []
        for index, one in enumerate(inputs):
            numbers: object = vector(one, asked.get("dimensions") or dimensions)
            if asked.get("encoding_format") == "base64":
                numbers = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
            data.append({"object": "embedding", "index": index, "embedding": numbers})
        tokens = 3 * len(inputs)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return whole({"object": "list", "data": data, "model": seen.model, "usage": usage})

    return script


def embeds_gemini(dimensions: int = 8) -> Callable[[Seen], Script]:
    """`batchEmbedContents`."""

    def script(seen: Seen) -> Script:
        out = []
        for request in seen.json["requests"]:
            text = "".join(part.get("text", "") for part in request["content"]["parts"])
            out.append({"values": vector(text, request.get("outputDimensionality") or dimensions)})
        return whole({"embeddings": out})

    return script


def embeds_ollama(dimensions: int = 8) -> Callable[[Seen], Script]:
    """`/api/embed`."""

    def script(seen: Seen) -> Script:
        inputs = seen.json["input"]
        inputs = [inputs] if isinstance(inputs, str) else inputs
        size = seen.json.get("dimensions") or dimensions
        vectors = [vector(one, size) for one in inputs]
        return whole({"model": seen.model, "embeddings": vectors, "prompt_eval_count": 3 * len(inputs)})

    return script


def draws(seen: Seen) -> Script:
    """`/images/generations`."""
    asked = seen.json
    data = [{"b64_json": base64.b64encode(PNG).decode(), "revised_prompt": asked["prompt"]}] * (asked.get("n") or 1)
    usage = {
        "input_tokens": 11,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 11},
        "output_tokens": 272 * len(data),
        "total_tokens": 11 + 272 * len(data),
    }
    return whole({"created": 1_795_000_000, "data": data, "usage": usage})


def transcribes(text: str) -> Callable[[Seen], Script]:
    """`/audio/transcriptions` and `/audio/translations`, with usage in tokens."""
    usage = {
        "type": "tokens",
        "input_tokens": 14,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
        "output_tokens": 45,
        "total_tokens": 59,
    }
    return lambda seen: whole({"text": text, "usage": usage})


def speaks(audio: bytes) -> Callable[[Seen], Script]:
    """`/audio/speech`: bytes in chunks."""
    parts = [audio[at : at + 4096] for at in range(0, len(audio), 4096)]
    return lambda seen: stream(list(parts), "audio/mpeg")


def moderates(seen: Seen) -> Script:
    """`/moderations`."""
    inputs = seen.json["input"]
    inputs = [inputs] if isinstance(inputs, str) else inputs
    results = []
    for one in inputs:
        bad = "violence" in str(one)
        results.append(
            {
                "flagged": bad,
                "categories": {"violence": bad, "harassment": False},
                "category_scores": {"violence": 0.98 if bad else 0.01, "harassment": 0.02},
                "category_applied_input_types": {"violence": ["text"], "harassment": ["text"]},
            }
        )
    return whole({"id": "modr-1", "model": seen.model, "results": results})


def completes(answer: Answer) -> Callable[[Seen], Script]:
    """Legacy `/completions`, streamed where a stream was asked for."""

    def script(seen: Seen) -> Script:
        tokens = answer.usage
        usage = {"prompt_tokens": tokens.input, "completion_tokens": tokens.output, "total_tokens": tokens.total}
        shared = {"id": f"cmpl-{answer.id}", "object": "text_completion", "created": 1_795_000_000, "model": seen.model}

        def choice(text: str, finish: str | None) -> list[dict]:
            return [{"text": text, "index": 0, "logprobs": None, "finish_reason": finish}]

        if not seen.streams:
            return whole({**shared, "choices": choice(answer.text, "stop"), "usage": usage})
        frames = [f"data: {dumps({**shared, 'choices': choice(p, None)})}\n\n".encode() for p in pieces(answer.text)]
        frames.append(f"data: {dumps({**shared, 'choices': choice('', 'stop')})}\n\n".encode())
        if (seen.json.get("stream_options") or {}).get("include_usage"):
            frames.append(f"data: {dumps({**shared, 'choices': [], 'usage': usage})}\n\n".encode())
        return stream([*frames, b"data: [DONE]\n\n"])

    return script
