"""Fixtures: one upstream and one program for all tests that need nothing special of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

# Failures of helpers show the values that were compared.
pytest.register_assert_rewrite("checks", "e2e_support")

from anthropic import Anthropic
from openai import OpenAI

from clients import anthropic_of, openai_of
from e2e_support import Program, providers
from e2e_support.program import binary
from upstream import Upstream


def pytest_sessionstart(session: pytest.Session) -> None:
    if not binary().exists():
        pytest.exit(f"no program at {binary()}: build it, or name it in NOCODE_AI_BIN", 4)


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.close()


@pytest.fixture(scope="session")
def program(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program with one provider of each wire format, and no limits."""
    with Program(tmp_path_factory.mktemp("program"), providers(upstream)) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts programs of the test's own; they end with it."""
    started: list[Program] = []
    numbers = itertools.count()

    def begin(config: dict | str, **env: str) -> Program:
        one = Program(tmp_path / f"program-{next(numbers)}", config)
        started.append(one)
        return one.start(**env)

    yield begin
    for one in started:
        one.kill()


@pytest.fixture(scope="session")
def openai(program: Program) -> OpenAI:
    return openai_of(program)


@pytest.fixture(scope="session")
def anthropic(program: Program) -> Anthropic:
    return anthropic_of(program)


@pytest.fixture(scope="session")
def http(program: Program) -> httpx.Client:
    """A plain client with the administrator's key."""
    headers = {"authorization": f"Bearer {program.key}"}
    return httpx.Client(base_url=program.url, headers=headers, timeout=20, trust_env=False)
