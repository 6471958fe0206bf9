"""Requests of the generator: one connection for each user and service, timed from the first byte that goes to the last that comes."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from geventhttpclient import HTTPClient

from load.clock import now

__all__ = ["Requests", "Response"]

BUSY = (429, 503)


class Response:
    """What came. status: 0 where nothing did, and `error` says why; sent, at: monotonic seconds; retry: those after which one may come again."""

    __slots__ = ("at", "body", "error", "retry", "sent", "status")

    def __init__(self, sent: float, at: float, status: int, body: bytes, error: str = "", retry: float = 0.0) -> None:
        self.sent, self.at, self.status, self.body, self.error, self.retry = sent, at, status, body, error, retry

    @property
    def ok(self) -> bool:
        """Whether the status says so."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """The body; None where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


class Requests:
    """The connections of one user."""

    def __init__(self, urls: Mapping[str, str], timeout: float, insecure: bool = False, ca: str = "") -> None:
        self.urls, self.timeout, self.insecure, self.ca = urls, timeout, insecure, ca
        self._clients: dict[str, tuple[HTTPClient, str]] = {}

    def _client(self, service: str) -> tuple[HTTPClient, str]:
        found = self._clients.get(service)
        if found is None:
            parts = urlsplit(self.urls[service])
            options: dict[str, Any] = {"ssl_options": {"ca_certs": self.ca}} if self.ca else {}
            client = HTTPClient(
                parts.hostname or "localhost", parts.port, ssl=parts.scheme == "https", insecure=self.insecure,
                connection_timeout=self.timeout, network_timeout=self.timeout, concurrency=1, **options,
            )  # fmt: skip
            found = self._clients[service] = (client, parts.path.rstrip("/"))
        return found

    def send(
        self, service: str, method: str, path: str, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Sends a request. Never raises for what a target does."""
        client, prefix = self._client(service)
        pairs = [(name, item) for name, value in (query or {}).items() for item in (value if isinstance(value, list) else [value])]
        target = f"{prefix}{path}{f'?{urlencode(pairs)}' if pairs else ''}"
        sent = now()
        try:
            answer = client.request(method, target, body=body, headers=dict(headers or {}))
            content = bytes(answer.read())
        except Exception as error:  # whatever the library raises for a connection that breaks or a time that is over
            return Response(sent, now(), 0, b"", f"{type(error).__name__}: {error}")
        return Response(sent, now(), answer.status_code, content, retry=_retry(answer) if answer.status_code in BUSY else 0.0)

    def close(self) -> None:
        """Closes the connections."""
        for client, _ in self._clients.values():
            client.close()


def _retry(answer: Any) -> float:
    """The seconds of a Retry-After; 0 where none says them."""
    said = str(answer.get("retry-after") or "").strip()
    return float(said) if said.isdigit() else 0.0
