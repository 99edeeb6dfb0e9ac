"""Flows as tools of the official MCP client, and a run's events over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from collections.abc import Callable

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from e2e_support import Program

GREETING = {
    "nodes": [
        {
            "id": "call",
            "type": "input.api",
            "settings": {"fields": [{"name": "who", "type": "string", "required": True}]},
        },
        {"id": "text", "type": "data.template", "settings": {"template": "Hello, {{ input.who }}!"}},
        {"id": "end", "type": "output.return", "settings": {"value": {"said": "{{ nodes.text.output.text }}"}}},
    ],
    "edges": [
        {"id": "a", "kind": "control", "from": {"node": "call", "port": "out"}, "to": {"node": "text", "port": "in"}},
        {"id": "b", "kind": "control", "from": {"node": "text", "port": "out"}, "to": {"node": "end", "port": "in"}},
    ],
}


@pytest.fixture(scope="module")
def greeting(program: Program) -> str:
    """The slug of a published flow that is a tool."""
    api = program.api
    project = api.post("/projects", {"name": "MCP"})
    flow = api.post("/workflows", {"project_id": project["id"], "name": "Greet", "graph": GREETING})
    api.post(f"/workflows/{flow['id']}/publish", {"revision": flow["revision"]})
    tool = {"is_on": True, "description": "Greets somebody."}
    answer = api.http.put(f"/api/v1/workflows/{flow['id']}/tool", json=tool)
    assert answer.status_code == 200, answer.text
    return flow["slug"]


def with_client(program: Program, key: str, mode: str, test: Callable) -> None:
    async def run() -> None:
        headers = {"authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http:
            transport = streamable_http_client(f"{program.url}/api/v1/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                await test(client)

    asyncio.run(run())


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_official_client_lists_and_calls_a_flow(program: Program, greeting: str, mode: str) -> None:
    told: list[str | None] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async def talk(client: Client) -> None:
        (tool,) = (await client.list_tools()).tools
        assert (tool.name, tool.description) == (greeting, "Greets somebody.")
        assert tool.input_schema["required"] == ["who"]
        result = await client.call_tool(greeting, {"who": "Ada"}, progress_callback=on_progress)
        assert not result.is_error, result
        assert result.structured_content == {"said": "Hello, Ada!"}
        assert result.content[0].text == "Hello, Ada!"
        wrong = await client.call_tool(greeting, {})
        assert wrong.is_error
        assert "`who` is missing" in wrong.content[0].text
        with pytest.raises(MCPError, match="there is no tool `none`"):
            await client.call_tool("none", {})

    with_client(program, program.key, mode, talk)
    assert told[:3] == ["call", "text", "end"]


def test_a_key_sees_only_the_tools_that_it_may_call(program: Program, greeting: str) -> None:
    key = program.api.new_key("elsewhere", models=["openai/*"]).key

    async def talk(client: Client) -> None:
        assert (await client.list_tools()).tools == []

    with_client(program, key, "auto", talk)


class Socket:
    """The client's half of a WebSocket, as far as this test needs it."""

    def __init__(self, program: Program, path: str, **headers: str) -> None:
        url = httpx.URL(program.url)
        self.raw = socket.create_connection((url.host, url.port), timeout=20)
        lines = {
            "Host": f"{url.host}:{url.port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **headers,
        }
        head = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n"
        self.raw.sendall(head.encode())
        self.file = self.raw.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def events(self) -> list[dict]:
        """All events until the server closes, which it must do with 1000."""
        found = []
        while True:
            first, length = self.file.read(2)
            if length == 126:
                length = int.from_bytes(self.file.read(2))
            elif length == 127:
                length = int.from_bytes(self.file.read(8))
            content = self.file.read(length)
            if first == 0x88:
                assert int.from_bytes(content[:2]) == 1000
                return found
            if first == 0x81:
                found.append(json.loads(content))


def test_events_of_a_run_come_over_a_websocket(program: Program, greeting: str) -> None:
    run = program.api.post(f"/flows/{greeting}/run", {"input": {"who": "Ada"}})
    path = f"/api/v1/executions/{run['id']}/socket"
    bearer = {"Authorization": f"Bearer {program.key}"}
    seen = Socket(program, path, **bearer)
    assert seen.status == 101
    events = seen.events()
    assert events[0]["type"] == "execution:started"
    assert events[-1]["type"] == "execution:completed"
    middle = events[2]["seq"]
    rest = Socket(program, f"{path}?after={middle}", **bearer).events()
    assert all(event["seq"] > middle for event in rest)
    assert rest[-1]["type"] == "execution:completed"
    assert Socket(program, path).status == 401
