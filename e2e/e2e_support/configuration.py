"""Configurations of the program that lead to the scripted upstream."""

from __future__ import annotations

import itertools

from upstream import Upstream

LANES = ("openai", "anthropic", "gemini", "ollama", "webhook", "custom")
"""One provider of each wire format. `custom` speaks OpenAI's chat and nothing else."""

_BASES = {
    "openai": "/v1",
    "azure": "",
    "anthropic": "",
    "gemini": "/v1beta",
    "ollama": "",
    "webhook": "/hook",
    "custom": "/v1",
}

_FAMILIES = {
    "openai": "gpt-4.1-mini",
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-flash",
    "ollama": "llama3.2",
    "webhook": "hook",
    "custom": "local",
}

PRICE = {"input": "2", "output": "8"}
"""US dollars per million tokens, of every scripted model."""

_numbers = itertools.count(1)


def model_of(lane: str, family: str = "") -> str:
    """A model name that no other test uses, in the vendor's style."""
    return f"{family or _FAMILIES.get(lane, 'gpt-4.1-mini')}-scn{next(_numbers)}"


def provider(upstream: Upstream, lane: str, kind: str = "", **more) -> dict:
    """A provider section for a lane of the upstream."""
    kind = kind or lane
    section = {"kind": kind, "base_url": upstream.url(lane, _BASES[kind])}
    if "api_keys" not in more and kind not in ("ollama", "webhook", "custom"):
        section["api_key"] = f"sk-upstream-{lane}"
    return section | more


def providers(upstream: Upstream, lanes: tuple[str, ...] = LANES) -> dict:
    """Provider sections and prices for all lanes."""
    return {
        "providers": {lane: provider(upstream, lane) for lane in lanes},
        "catalogue": {f"{lane}/*": {"price": PRICE} for lane in lanes},
    }


def cost_nano(input_tokens: int, output_tokens: int) -> int:
    """What that many tokens cost at `PRICE`, in nano-dollars."""
    return input_tokens * 2_000 + output_tokens * 8_000
