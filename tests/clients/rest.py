"""The REST half of a backend, as one of its users."""

import functools
import json
from typing import Any

from ..mock_process import ask

PASSWORD = "password123"  # of every seeded account


@functools.cache
def session(url: str, **credentials: str) -> Any:
    """What a login answers. Asked once, since logins are limited to ten in a minute."""
    return Rest(url).post("", credentials)


class Rest:
    """A service, asked with a token or without."""

    def __init__(self, base: str, token: str | None = None) -> None:
        self.base, self.token = base, token

    def status(self, method: str, path: str, body: Any = None) -> int:
        """The status of an answer."""
        return self._ask(method, path, body)[0]

    def get(self, path: str) -> Any:
        """What is answered."""
        return self._done("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        """What is answered."""
        return self._done("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """What is answered."""
        return self._done("PUT", path, body)

    def _done(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self._ask(method, path, body)
        assert status in (200, 201), (method, path, status, answer)
        return answer

    def _ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        status, _, answer = ask(self.base + path, body, headers, method)
        return status, json.loads(answer)
