"""The administration interface, as a script would use it."""

from __future__ import annotations

import time

import httpx


class Api:
    """`/api/v1` under an administrator's key."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=30, trust_env=False)

    def get(self, path: str, **params: object) -> dict:
        return self._checked(self.http.get(f"/api/v1{path}", params=params))

    def post(self, path: str, body: dict) -> dict:
        return self._checked(self.http.post(f"/api/v1{path}", json=body))

    def patch(self, path: str, body: dict) -> dict:
        return self._checked(self.http.patch(f"/api/v1{path}", json=body))

    def delete(self, path: str) -> None:
        self._checked(self.http.delete(f"/api/v1{path}"))

    @staticmethod
    def _checked(response: httpx.Response) -> dict:
        assert response.is_success, f"{response.request.method} {response.url}: {response.status_code} {response.text}"
        return response.json() if response.content else {}

    def new_key(self, name: str = "test", **fields: object) -> NewKey:
        made = self.post("/keys", {"name": name, **fields})
        return NewKey(made["id"], made["key"])

    def limit(self, key: NewKey, metric: str, maximum: int, window: str | None = "minute", **more: object) -> dict:
        body = {"scope": "key", "scope_id": key.id, "metric": metric, "max": maximum, **more}
        return self.post("/limits", body if window is None else body | {"window": window})

    def budget(self, key: NewKey, maximum: int, unit: str = "nano_usd", period: str = "total", **more: object) -> dict:
        body = {"scope": "key", "scope_id": key.id, "unit": unit, "period": period, "max": maximum, **more}
        return self.post("/budgets", body)

    def rows(self, timeout: float = 5.0, count: int = 1, **filters: object) -> list[dict]:
        """Usage rows that match, oldest first, waiting until there are `count` of them."""
        end = time.monotonic() + timeout
        while True:
            rows = self.all_rows(**filters)
            if len(rows) >= count or time.monotonic() > end:
                return rows
            time.sleep(0.03)

    def all_rows(self, **filters: object) -> list[dict]:
        """All usage rows that match, oldest first."""
        rows: list[dict] = []
        cursor: dict = {}
        while True:
            page = self.get("/usage/requests", limit=500, **filters, **cursor)
            rows += page["data"]
            if not page.get("next_cursor"):
                return rows[::-1]
            cursor = {"cursor": page["next_cursor"]}

    def row(self, request_id: str, timeout: float = 5.0) -> dict:
        """The one row of a request."""
        rows = self.rows(timeout, request_id=request_id)
        assert len(rows) == 1, f"{len(rows)} usage rows for {request_id}: {rows}"
        return rows[0]


class NewKey:
    """A key just made: its id and the key itself."""

    def __init__(self, id: str, key: str) -> None:
        self.id = id
        self.key = key
