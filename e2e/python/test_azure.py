"""Azure OpenAI: both forms of its addresses."""

from __future__ import annotations

import pytest
from openai import BadRequestError, OpenAI

from clients import openai_of
from e2e_support import Program, model_of
from e2e_support.configuration import provider
from upstream import Answer
from upstream.dialects import says, streams
from upstream.media import embeds
from upstream.script import whole

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def azure(upstream, tmp_path_factory):
    section = provider(upstream, "azure", "azure", api_key="azure-secret")
    config = {
        "providers": {
            "azure": section,
            "dated": section | {"deployment_urls": True, "api_version": "2024-12-01-preview"},
        }
    }
    with Program(tmp_path_factory.mktemp("azure"), config) as running:
        yield openai_of(running)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", ["azure", "dated"])
def test_chat_goes_to_the_right_address(name, stream, upstream, azure: OpenAI):
    model, answer = model_of("azure"), Answer()
    plan = upstream.on(model, says(answer), lane="azure")
    got = azure.chat.completions.create(model=f"{name}/{model}", messages=HELLO, stream=stream)
    if stream:
        text = "".join(c.delta.content or "" for chunk in got for c in chunk.choices)
    else:
        text = got.choices[0].message.content
    assert text == answer.text
    seen = plan.last
    assert seen.header("api-key") == "azure-secret" and seen.header("authorization") is None
    if name == "azure":
        assert seen.target == "/azure/openai/v1/chat/completions"
    else:
        assert seen.path == f"/azure/openai/deployments/{model}/chat/completions"
        assert seen.query == {"api-version": ["2024-12-01-preview"]}


@pytest.mark.parametrize("name", ["azure", "dated"])
def test_responses_are_not_bound_to_a_deployment(name, upstream, azure: OpenAI):
    model, answer = model_of("azure"), Answer()
    plan = upstream.on(model, says(answer), lane="azure")
    assert azure.responses.create(model=f"{name}/{model}", input="Hello", store=False).output_text == answer.text
    assert plan.last.path == "/azure/openai/v1/responses"


def test_embeddings_go_to_the_deployment(upstream, azure: OpenAI):
    model = model_of("azure")
    plan = upstream.on(model, embeds(), lane="azure")
    assert len(azure.embeddings.create(model=f"dated/{model}", input="alpha").data[0].embedding) == 8
    assert plan.last.path == f"/azure/openai/deployments/{model}/embeddings"


def test_azures_content_filter_is_told_in_openais_words(upstream, azure: OpenAI):
    model = model_of("azure")
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}}
    error = {
        "message": "filtered",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": inner,
    }
    upstream.on(model, whole({"error": error}, status=400), lane="azure")
    with pytest.raises(BadRequestError) as raised:
        azure.chat.completions.create(model=f"azure/{model}", messages=HELLO)
    assert raised.value.code == "content_filter"


def test_azures_chunk_of_filter_results_is_passed_over(upstream, azure: OpenAI):
    model = model_of("azure")
    first = b'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}\n\n'
    upstream.on(model, streams(Answer(), lambda frames: [first, *frames]), lane="azure")
    chunks = azure.chat.completions.create(model=f"azure/{model}", messages=HELLO, stream=True)
    assert "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices) == Answer().text
