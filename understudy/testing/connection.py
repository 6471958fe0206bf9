"""The way to a mock's control API: one connection that is kept open, of the standard library alone."""

import json
import weakref
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from understudy.contract.errors import UsageError
from understudy.testing.errors import MockError, NoMockError

__all__ = ["Connection"]

ROOT = "/__admin"
SCHEMES: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}


class Connection:
    """A connection to one service of a mock, for use by several threads. timeout: seconds for an answer."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise UsageError(f"'{url}' is no URL of a mock. Valid: one such as http://localhost:3000.")
        self.path = parts.path.partition(ROOT)[0].rstrip("/")
        self.url = f"{parts.scheme}://{parts.netloc}{self.path}"
        self._headers = {"accept": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
        self._http = SCHEMES[parts.scheme](parts.hostname, parts.port, timeout=timeout)
        self._lock = Lock()
        weakref.finalize(self, self._http.close)  # one that nobody closes is no ResourceWarning in a test

    def close(self) -> None:
        """Closes it; what is sent afterwards opens it again."""
        with self._lock:
            self._http.close()

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None) -> Any:
        """The JSON that the control API answers with. path: below /__admin; body: sent as JSON unless it is None. Raises MockError."""
        target = f"{self.path}{ROOT}{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        kind = {} if content is None else {"content-type": "application/json"}
        with self._lock:
            status, media, answer = self._exchange(method, target, content, {**self._headers, **kind, **(headers or {})})
        return self._read(status, media, answer)

    def _exchange(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        reused = self._http.sock is not None
        try:
            self._http.request(method, target, body, dict(headers))
            answer = self._http.getresponse()
            return answer.status, answer.headers.get("content-type", ""), answer.read()
        except (OSError, HTTPException) as error:
            self._http.close()
            if reused and not isinstance(error, TimeoutError):  # the mock closes connections that were idle for some seconds
                return self._exchange(method, target, body, headers)
            raise NoMockError(self.url, _reason(error)) from None

    def _read(self, status: int, media: str, answer: bytes) -> Any:
        value = _json(answer) if media.startswith("application/json") else None
        if status < 400 and media.startswith("application/json"):
            return value
        if isinstance(value, dict) and isinstance(value.get("violations"), list) and "error" in value:
            raise MockError(status, str(value["error"]), value["violations"])
        raise NoMockError(self.url, f"what is there has no control API (status {status})")


def _json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
