"""A proxy before a server that is right, with the manners that real ones have: none of them breaks a contract, so none may be accused."""

import gzip
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from .web import Answer, App, Asked, Closed

LEFT_OUT = ("connection", "transfer-encoding", "content-length", "keep-alive", "date", "server")


def passed(url: str, prefix: str = "") -> Callable[[Asked], Answer]:
    """What the server behind answers."""
    parts = urlsplit(url)

    def ask(asked: Asked) -> Answer:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            headers = {
                name: value
                for name, value in asked.headers.items()
                if name not in ("host", "connection", "content-length", "accept-encoding", "transfer-encoding")
            }
            connection.request(asked.method, asked.target.removeprefix(prefix) or "/", asked.raw or None, headers)
            answer = connection.getresponse()
            told: dict[str, object] = {}
            for name, value in answer.getheaders():
                if name.lower() not in LEFT_OUT:
                    told[name] = [*told.get(name, []), value]  # type: ignore[misc]
            return answer.status, answer.read(), told
        finally:
            connection.close()

    return ask


def polite(url: str) -> App:
    made = App()
    made.lost = passed(url)
    return made


def prefixed(url: str) -> App:
    """Everything lies under /v2/backend."""
    made = App()
    inner = passed(url, "/v2/backend")
    made.lost = lambda asked: inner(asked) if asked.path.startswith("/v2/backend/") else (404, "<h1>nothing here</h1>")
    return made


def guarded(url: str) -> App:
    """A gateway that wants its own key."""
    made = polite(url)
    made.before = lambda asked: None if asked.headers.get("x-gateway-key") == "s3cret" else (403, {"fault": "missing gateway key"})
    return made


def slow(url: str, seconds: float = 0.3) -> App:
    made = polite(url)

    def before(asked: Asked) -> None:
        time.sleep(seconds)

    made.before = before
    return made


def hasty(url: str) -> App:
    """Every seventh connection is closed without an answer, before anything was done."""
    made, numbers = polite(url), itertools.count(1)

    def before(asked: Asked) -> None:
        if next(numbers) % 7 == 0:
            raise Closed

    made.before = before
    return made


def throttled(url: str, every: int = 15) -> App:
    """Now and then 429, with a true Retry-After."""
    made, numbers, until, lock = polite(url), itertools.count(1), [0.0], threading.Lock()

    def before(asked: Asked) -> Answer | None:
        with lock:
            if next(numbers) % every == 0:
                until[0] = time.monotonic() + 0.9
            if time.monotonic() < until[0]:
                return 429, {"statusCode": 429, "message": "Too Many Requests", "error": "slow down"}, {"Retry-After": "1"}
        return None

    made.before = before
    return made


def zipped(url: str) -> App:
    """Every body is gzip, in chunks, whatever was asked for."""
    made, inner = App(), passed(url)

    def ask(asked: Asked) -> Answer:
        status, body, headers = inner(asked)
        return status, gzip.compress(body), {**headers, "Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}

    made.lost = ask
    return made


def slashed(url: str) -> App:
    """Paths without a slash at the end are redirected to ones with it."""
    made, inner = App(), passed(url)

    def ask(asked: Asked) -> Answer:
        path, _, query = asked.target.partition("?")
        if not path.endswith("/") and not path.startswith("/__admin"):
            return 308, b"", {"Location": f"{path}/{'?' + query if query else ''}"}
        asked.target = path.rstrip("/") + ("?" + query if query else "")
        return inner(asked)

    made.lost = ask
    return made


def moved(url: str) -> App:
    """All http is redirected to https, where this test has nobody."""
    made = App()
    made.lost = lambda asked: (301, b"", {"Location": f"https://127.0.0.1:9{asked.target}"})
    return made


def verbose(url: str) -> App:
    """Fields that nobody documented, long ones among them."""
    made, inner = App(), passed(url)

    def ask(asked: Asked) -> Answer:
        status, body, headers = inner(asked)
        value = json.loads(body) if body[:1] == b"{" else None
        return (status, {**value, "_debug": "x" * 300_000}, headers) if isinstance(value, dict) and "openapi" not in value else (status, body, headers)

    made.lost = ask
    return made


def mortal(url: str, requests: int = 150) -> App:
    """Dies in the middle of the run: from then on each connection is closed at once."""
    made, numbers = polite(url), itertools.count(1)

    def before(asked: Asked) -> None:
        if next(numbers) > requests:
            raise Closed

    made.before = before
    return made


MANNERS: dict[str, Callable[[str], App]] = {
    "polite": polite, "prefixed": prefixed, "guarded": guarded, "slow": slow, "hasty": hasty, "throttled": throttled,
    "zipped": zipped, "slashed": slashed, "moved": moved, "verbose": verbose, "mortal": mortal,
}  # fmt: skip
