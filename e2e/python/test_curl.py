"""What a person types first."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e_support import Program, model_of
from e2e_support.program import ROOT, environment
from upstream import Answer
from upstream.dialects import says
from upstream.media import transcribes

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def curl(*arguments: str, data: str | None = None) -> subprocess.CompletedProcess:
    command = ["curl", "--silent", "--show-error", "--max-time", "10", "--noproxy", "*", *arguments]
    return subprocess.run(command, input=data, capture_output=True, text=True, timeout=20)


def headers(program) -> list[str]:
    return ["-H", f"Authorization: Bearer {program.key}", "-H", "Content-Type: application/json"]


def test_curl_gets_an_answer(program):
    body = json.dumps({"model": "builtin/echo", "messages": [{"role": "user", "content": "Hello"}]})
    done = curl(f"{program.url}/v1/chat/completions", *headers(program), "-d", body)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Hello"


def test_curl_gets_a_stream(upstream, program):
    model = model_of("anthropic")
    upstream.on(model, says(Answer(text="One two")))
    body = json.dumps(
        {"model": f"anthropic/{model}", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    )
    done = curl("--no-buffer", "-i", f"{program.url}/v1/chat/completions", *headers(program), "-d", body)
    head, _, events = done.stdout.partition("\n\n") if "\r\n" not in done.stdout else done.stdout.partition("\r\n\r\n")
    assert "200" in head.splitlines()[0]
    assert events.rstrip().endswith("data: [DONE]")


def test_curl_learns_what_is_wrong(program):
    done = curl("-w", "%{http_code}", f"{program.url}/v1/chat/completions", *headers(program), "-d", "{}")
    assert done.stdout.endswith("400") and "model" in done.stdout


def test_curl_uploads_a_file(upstream, program, tmp_path):
    model = model_of("openai", "whisper-1")
    plan = upstream.on(model, transcribes("Ja."))
    file = tmp_path / "a.wav"
    file.write_bytes(os.urandom(50_000))
    done = curl(
        f"{program.url}/v1/audio/transcriptions",
        "-H",
        f"Authorization: Bearer {program.key}",
        "-F",
        f"file=@{file}",
        "-F",
        f"model=openai/{model}",
    )
    assert json.loads(done.stdout)["text"] == "Ja."
    assert file.read_bytes() in bytes(plan.last.body)


def test_the_first_lines_for_people_hold_a_command_that_works(start, tmp_path):
    """Without `--json` the program prints a curl command; it is run as it stands."""
    one = Program(tmp_path, {})
    arguments = [argument for argument in one.arguments() if argument != "--json"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()
    ) as process:
        try:
            text = ""
            for line in process.stdout:
                text += line
                if "curl" in text and not line.rstrip().endswith("\\") and line.strip().endswith("'"):
                    break
            command = text[text.index("curl") :]
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=20)
            assert json.loads(done.stdout)["choices"][0]["message"]["content"], (command, done)
        finally:
            process.kill()


README = ROOT / "README.md"
with_readme = pytest.mark.skipif(not README.exists(), reason="there is no README.md")


def readme(language: str) -> list[str]:
    """The README's blocks of a language that call this program, with its address in place of the example's."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)
    return [re.sub(r"http://127\.0\.0\.1:8080", SHOWN_URL, block) for block in blocks if "127.0.0.1:8080" in block]


SHOWN_URL = "$URL"


def promised() -> str:
    """What the README says that its first call answers."""
    return re.search(r"The answer is `([^`]+)`", README.read_text())[1]


@with_readme
def test_the_readmes_curl_command_works(program):
    commands = readme("sh")
    assert commands
    for command in commands:
        command = re.sub(r"^export NAB_KEY=.*$", "", command, flags=re.MULTILINE).replace(SHOWN_URL, program.url)
        env = os.environ | {"NAB_KEY": program.key}
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=20, env=env)
        assert json.loads(done.stdout)["choices"][0]["message"]["content"] == promised(), done


@with_readme
def test_the_readmes_python_works(program):
    scripts = readme("python")
    assert scripts
    for script in scripts:
        command = [sys.executable, "-c", script.replace(SHOWN_URL, program.url)]
        env = os.environ | {"NAB_KEY": program.key}
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=env)
        assert done.stdout == promised(), done


@with_readme
def test_the_readmes_configuration_is_valid(tmp_path):
    texts = re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL)
    assert texts
    for text in texts:
        one = Program(tmp_path, text)
        place = ("--config", str(one.config_file), "--data-dir", str(one.data))
        done = one.run("check", *place, OPENAI_API_KEY="sk-1", ANTHROPIC_API_KEY="sk-2")
        assert done.returncode == 0, done.stderr


def test_the_openapi_document_is_served_by_the_command(program):
    done = program.run("openapi")
    document = json.loads(done.stdout)
    assert "/v1/chat/completions" in document["paths"]
    committed = Path(ROOT / "openapi" / "openapi.json")
    if committed.exists():
        assert json.loads(committed.read_text()) == document
