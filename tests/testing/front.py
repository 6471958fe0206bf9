"""A front end of the event platform, as its tests would drive one."""

import json
from collections.abc import Mapping
from typing import Any

from ..mock_process import ask

USER = {"username": "user@example.com", "password": "password123"}


class Front:
    """Somebody at an address, with what is sent along."""

    def __init__(self, base: str, headers: Mapping[str, str] | None = None) -> None:
        self.base, self.headers = f"{base}/api", dict(headers or {})

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of an answer."""
        status, _, answer = ask(self.base + path, body, self.headers, method)
        return status, json.loads(answer)

    def status(self, path: str) -> int:
        """The status of a GET."""
        return self.call("GET", path)[0]

    def sign_in(self) -> "Front":
        """The same, signed in."""
        _, answer = self.call("POST", "/auth/login", USER)
        return Front(self.base.removesuffix("/api"), {**self.headers, "authorization": f"Bearer {answer['access_token']}"})

    def order(self, quantity: int = 1) -> dict[str, Any]:
        """Orders seats of the first event."""
        status, answer = self.call("POST", "/orders", {"eventId": 1, "categoryId": 1, "quantity": quantity})
        assert status == 201, answer
        return dict(answer)
