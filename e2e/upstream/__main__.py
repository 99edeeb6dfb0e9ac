"""The upstream as a process, for tests in other languages: `python3 -m upstream`.

Prints one line, `{"url": …}`. Scripts are set by `PUT /control/<model>` with
`{"answer": {"text": …, "calls": [{"name": …, "arguments": {…}}], "reasoning": …}, "fault": …}`, where
`fault` is `cut`, `hang`, `silent_end`, `error_event`, or `{"status": 429, "headers": {…}, "body": …}`;
`{"scripts": [{…}, {…}]}` gives one for each call in turn. `GET /control/<model>` tells what was asked.
Ends with its standard input.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields

from .answer import Answer, Call, Tokens
from .dialects import says, streams
from .media import draws, embeds, moderates, speaks, transcribes
from .script import Cut, Hang, Script, whole
from .seen import Seen
from .server import Plan, Scripted, Upstream

OTHER = {
    "embeds": embeds(),
    "draws": draws,
    "moderates": moderates,
    "transcribes": transcribes("Grüß Gott."),
    "speaks": speaks(bytes(range(256)) * 64),
}


def half(frames: list[bytes]) -> list[bytes]:
    return frames[: len(frames) // 2]


FAULTS = {
    "cut": lambda frames: [*half(frames), Cut()],
    "hang": lambda frames: [*half(frames), Hang()],
    "silent_end": half,
}


def answer_of(given: dict) -> Answer:
    known = {field.name for field in fields(Answer)}
    assert set(given) <= known, f"an answer has {known}"
    calls = tuple(Call(**call) for call in given.get("calls", ()))
    usage = {"usage": Tokens(**given["usage"])} if given.get("usage") else {}
    return Answer(**{**given, "calls": calls, **usage})


def scripted(given: dict) -> Scripted:
    if "does" in given:
        return OTHER[given["does"]]
    fault = given.get("fault")
    if isinstance(fault, dict):
        headers = tuple(fault.get("headers", {}).items())
        return whole(fault.get("body") or {"error": {"message": "failed"}}, status=fault["status"], headers=headers)
    answer = answer_of(given.get("answer", {}))
    return streams(answer, FAULTS[fault]) if fault else says(answer)


class Control:
    """The endpoint that tests in other languages talk to."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.plans: dict[str, Plan] = {}
        upstream.extra["control"] = self.answer

    def answer(self, seen: Seen) -> Script:
        model = seen.path.removeprefix("/control/")
        if seen.method == "PUT":
            given = seen.json
            self.plans[model] = self.upstream.on(model, *map(scripted, given.get("scripts", [given])))
            return whole({})
        plan = self.plans[model]
        return whole([told(one) for one in plan.seen])


def told(seen: Seen) -> dict:
    try:
        body = seen.json
    except ValueError:
        body = None
    return {
        "path": seen.path,
        "headers": dict(seen.headers),
        "body": body,
        "bytes": len(seen.body),
        "hung_up": seen.hung_up.is_set(),
    }


def main() -> None:
    upstream = Upstream()
    Control(upstream)
    print(json.dumps({"url": f"http://127.0.0.1:{upstream.port}"}), flush=True)
    sys.stdin.read()
    upstream.close()


if __name__ == "__main__":
    main()
