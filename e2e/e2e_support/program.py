"""The program under test as a process."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import toml
from .api import Api

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


def binary() -> Path:
    """The program: `NOCODE_AI_BIN`, or the debug build of the workspace."""
    named = os.environ.get("NOCODE_AI_BIN")
    return Path(named).resolve() if named else ROOT / "target" / "debug" / "nocode-ai"


def environment() -> dict[str, str]:
    """Ours, without anything that configures the program or names a vendor's key."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith("NOCODE_AI_") and not k.endswith("_API_KEY")}
    return keep | {"NO_PROXY": "*"}


class Program:
    """One data directory and the process that works on it."""

    def __init__(self, directory: Path, config: dict | str | None = None) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.config_file = directory / "nocode-ai.toml"
        self.log_file = directory / "log"
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.key = ""
        self.first_line: dict = {}
        directory.mkdir(parents=True, exist_ok=True)
        self.write_config(config or {})

    def write_config(self, config: dict | str) -> None:
        text = config if isinstance(config, str) else toml.dumps(with_defaults(config))
        # Replaced in one step: a half-written file must not be read.
        fresh = self.config_file.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.config_file)

    def arguments(self, listen: str = "127.0.0.1:0") -> list[str]:
        paths = ["--data-dir", str(self.data), "--config", str(self.config_file)]
        return [str(binary()), "serve", "--listen", listen, *paths, "--json"]

    def start(self, **env: str) -> Program:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments(), stdout=subprocess.PIPE, stderr=log, env=environment() | env, cwd=self.directory
            )
        line = self._first_line()
        self.first_line = json.loads(line)
        self.url = self.first_line["url"].rstrip("/")
        # The key is shown once, at the first start on a data directory.
        self.key = self.first_line.get("api_key") or self.key
        return self

    def _first_line(self) -> bytes:
        assert self.process and self.process.stdout
        lines: queue.Queue[bytes] = queue.Queue()
        out = self.process.stdout

        def pump() -> None:
            for line in out:
                lines.put(line)
            lines.put(b"")

        threading.Thread(target=pump, daemon=True).start()
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            line = b""
        if not line:
            self.kill()
            raise AssertionError(f"the program did not start:\n{self.log[-4000:]}")
        return line

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def api(self) -> Api:
        return Api(self.url, self.key)

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        """`kill -9`."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait(10)

    def stop(self, timeout: float = 15.0) -> int:
        """SIGTERM; the exit code."""
        assert self.process
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the program did not stop within {timeout} s:\n{self.log[-2000:]}") from None

    def run(self, *arguments: str, timeout: float = 30.0, **env: str) -> subprocess.CompletedProcess:
        """Another command of the program, on the same files where it takes them."""
        command = [str(binary()), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, env=environment() | env, cwd=self.directory
        )

    def __enter__(self) -> Program:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def with_defaults(config: dict) -> dict:
    """Quick and lonely: no vendors from the environment, no pauses, no breaker unless a test wants one."""
    gateway = {
        "providers_from_environment": False,
        "retry": {"max_retries": 0, "backoff_ms": 20, "backoff_max_ms": 100},
        "breaker": {"failures": 0},
    }
    return {**config, "gateway": gateway | config.get("gateway", {})}


def wait_until(condition, timeout: float = 5.0, every: float = 0.02):
    """The condition's first true value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)
