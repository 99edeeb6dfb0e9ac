"""The official clients, pointed at the program. They do not retry: each test counts its calls."""

from __future__ import annotations

from anthropic import Anthropic
from openai import OpenAI

from e2e_support import Program


def openai_of(program: Program, key: str = "", **more) -> OpenAI:
    return OpenAI(base_url=f"{program.url}/v1", api_key=key or program.key, **{"max_retries": 0, "timeout": 20} | more)


def anthropic_of(program: Program, key: str = "", **more) -> Anthropic:
    return Anthropic(base_url=program.url, api_key=key or program.key, **{"max_retries": 0, "timeout": 20} | more)
