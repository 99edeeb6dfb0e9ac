"""`/v1/models`: what a key may use."""

from __future__ import annotations

import pytest
from openai import NotFoundError

from clients import openai_of
from e2e_support import Program, providers


@pytest.fixture(scope="module")
def named(upstream, tmp_path_factory):
    config = providers(upstream)
    config["providers"]["custom"]["models"] = ["llama-one", "llama-two", "wild-*"]
    config["models"] = {"best": {"targets": ["openai/gpt-4.1"]}, "cheap": {"targets": ["custom/llama-one"]}}
    with Program(tmp_path_factory.mktemp("models"), config) as running:
        yield running


def test_configured_catalogued_and_builtin_models_are_listed(named):
    listed = {model.id: model for model in openai_of(named).models.list()}
    for name in ("best", "cheap", "openai/gpt-4.1", "custom/llama-one", "custom/llama-two", "builtin/echo"):
        assert name in listed, name
        assert listed[name].object == "model"
    assert not [name for name in listed if "*" in name]
    assert listed["openai/gpt-4.1"].owned_by == "openai"


def test_a_key_sees_only_the_models_it_may_use(named):
    key = named.api.new_key(models=["custom/*", "best"])
    client = openai_of(named, key.key)
    assert {model.id for model in client.models.list()} == {"best", "custom/llama-one", "custom/llama-two"}
    assert client.models.retrieve("best").id == "best"
    with pytest.raises(NotFoundError) as hidden:
        client.models.retrieve("cheap")
    assert hidden.value.code == "model_not_found"


def test_one_model_is_found_by_its_name_with_a_slash(named):
    assert openai_of(named).models.retrieve("openai/gpt-4.1").id == "openai/gpt-4.1"
    plain = named.api.http.get("/v1/models/openai/gpt-4.1")
    assert plain.status_code == 200 and plain.json()["id"] == "openai/gpt-4.1", plain.text


def test_an_unknown_model_is_not_found(named):
    with pytest.raises(NotFoundError):
        openai_of(named).models.retrieve("nobody/knows")


def test_a_stranger_sees_no_models(named):
    answer = named.api.http.get("/v1/models", headers={"authorization": "Bearer nab-wrong"})
    assert answer.status_code == 401
