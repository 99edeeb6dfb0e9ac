"""`/v1/embeddings` with OpenAI's client."""

from __future__ import annotations

import base64
import struct

import pytest
from openai import OpenAI

from checks import check_headers, check_row
from e2e_support import model_of
from upstream import Tokens
from upstream.media import embeds, embeds_gemini, embeds_ollama, vector

EMBEDDERS = {"openai": embeds, "custom": embeds, "gemini": embeds_gemini, "ollama": embeds_ollama}
lanes = pytest.mark.parametrize("lane", EMBEDDERS)


@lanes
def test_the_client_gets_vectors_by_its_default_base64(lane, upstream, openai: OpenAI):
    model = model_of(lane, "gemini-embedding-001" if lane == "gemini" else "")
    upstream.on(model, EMBEDDERS[lane]())
    answer = openai.embeddings.create(model=f"{lane}/{model}", input=["alpha", "beta"])
    assert [one.index for one in answer.data] == [0, 1]
    assert [one.embedding for one in answer.data] == [vector("alpha", 8), vector("beta", 8)]


@lanes
@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_vectors_come_in_the_encoding_that_was_asked_for(lane, encoding, upstream, http):
    model = model_of(lane)
    upstream.on(model, EMBEDDERS[lane]())
    asked = {"model": f"{lane}/{model}", "input": "alpha", "encoding_format": encoding}
    answer = http.post("/v1/embeddings", json=asked).json()
    got = answer["data"][0]["embedding"]
    if encoding == "base64":
        got = list(struct.unpack("<8f", base64.b64decode(got)))
    assert got == vector("alpha", 8)
    assert answer["object"] == "list" and answer["data"][0]["object"] == "embedding"


@pytest.mark.parametrize("lane", ["openai", "gemini", "ollama"])
def test_dimensions_reach_the_provider(lane, upstream, openai: OpenAI):
    model = model_of(lane)
    upstream.on(model, EMBEDDERS[lane]())
    answer = openai.embeddings.create(model=f"{lane}/{model}", input="alpha", dimensions=4)
    assert len(answer.data[0].embedding) == 4


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2, 3], [4, 5]]], ids=["one", "several"])
def test_token_ids_are_an_input_too(tokens, upstream, openai: OpenAI):
    model = model_of("openai")
    plan = upstream.on(model, embeds())
    answer = openai.embeddings.create(model=f"openai/{model}", input=tokens)
    assert plan.last.json["input"] == tokens
    assert len(answer.data) == (2 if isinstance(tokens[0], list) else 1)


@pytest.mark.parametrize(("lane", "size"), [("openai", 2048), ("gemini", 100), ("ollama", 512)])
def test_more_inputs_than_the_provider_takes_are_split_and_merged_in_order(lane, size, upstream, program, openai):
    model = model_of(lane)
    plan = upstream.on(model, EMBEDDERS[lane](2))
    inputs = [f"text {number}" for number in range(size + 7)]
    raw = openai.embeddings.with_raw_response.create(model=f"{lane}/{model}", input=inputs)
    answer = raw.parse()
    assert plan.count == 2
    assert [one.index for one in answer.data] == list(range(size + 7))
    assert [one.embedding for one in answer.data] == [vector(text, 2) for text in inputs]
    row = program.api.row(raw.headers["x-request-id"])
    if lane != "gemini":
        assert answer.usage.prompt_tokens == 3 * (size + 7)
        assert row["usage_detail"]["input_tokens"] == 3 * (size + 7)


def test_usage_of_embeddings_stands_in_body_headers_and_row(upstream, program, openai: OpenAI):
    model = model_of("openai")
    upstream.on(model, embeds())
    raw = openai.embeddings.with_raw_response.create(model=f"openai/{model}", input=["a", "b"])
    tokens = Tokens(6, 0)
    assert raw.parse().usage.prompt_tokens == 6
    request_id = check_headers(raw.headers, "openai", model, tokens)
    row = check_row(program.api, request_id, "openai", model, tokens)
    assert (row["operation"], row["endpoint"]) == ("embeddings", "/v1/embeddings")


@pytest.mark.parametrize("bad", [None, [], 5, [["a"]], {"a": 1}])
def test_a_bad_input_is_refused_before_the_provider_is_asked(bad, upstream, http):
    model = model_of("gemini")
    plan = upstream.on(model, embeds_gemini())
    answer = http.post("/v1/embeddings", json={"model": f"gemini/{model}", "input": bad})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert plan.count == 0
