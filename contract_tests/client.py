"""Sends requests to the target: at the pace that is allowed, waiting where it asks for that, and noticing when it is gone."""

import threading
import time
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx2 as httpx

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.options import Options
from contract_tests.target import Unreachable
from contract_tests.timing import ticks
from contract_tests.trust import context
from understudy.contract.errors import UsageError

__all__ = ["SAFE", "Client", "TimeOver"]

SAFE = ("GET", "HEAD", "OPTIONS")
LOST = 3  # requests in a row that find nobody, after which the target is taken for gone
SILENT = 6  # requests in a row that get no answer, after which it is looked whether there is anybody
PATIENT = (429, 503)
LONGEST = 20.0  # seconds that a Retry-After is waited for
GREETING = 2.0  # seconds that a service's first answer may take: one that only has sockets may never give it, and is there all the same
TRIES = 2


class TimeOver(Exception):  # noqa: N818 - it ends a run, which is no error
    """The run has used up its time."""


class Client:
    """One target over HTTP. Thread-safe; counts its requests."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.headers = dict(_header(item) for item in options.headers)
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
        nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # cookies are carried by hand: else whoever signed in last signs every request
        self._client = httpx.Client(verify=context(options), timeout=options.timeout, limits=limits, follow_redirects=False, trust_env=False, cookies=nobody)
        self.deadline = ticks() + options.time
        self.count = 0
        self._next, self._lock, self._lost, self._silent = 0.0, threading.Lock(), 0, 0
        self.record: list[Exchange] | None = None
        self.harmless: frozenset[str] = frozenset()  # operations that a read-only run may call all the same: those that sign in

    def remaining(self) -> float:
        """Seconds that are left of the run."""
        return self.deadline - ticks()

    def check_time(self) -> None:
        """Raises TimeOver where no time is left."""
        if self.remaining() <= 0:
            raise TimeOver

    def pace(self) -> None:
        """Waits until another request may be sent; raises TimeOver."""
        self.check_time()
        if self.options.rate:
            with self._lock:
                now = ticks()
                at = max(self._next, now)
                self._next = at + 1 / self.options.rate
            time.sleep(max(0.0, at - now))

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", operation: str = "", patient: bool = True, notes: str = ""
    ) -> Exchange:
        """Sends one request; waits and repeats it where a 429 or 503 says for how long, unless it is not to be patient.

        Raises Unreachable, TimeOver, and NotChecked for what might change something in a read-only run.
        """
        if self.options.read_only and method not in SAFE and operation not in self.harmless:
            raise NotChecked("the run is read-only")
        for attempt in range(TRIES + 1):
            exchange = self._once(method, url, {**self.headers, **(headers or {})}, body, operation, notes)
            wait = _wait(exchange) if patient and attempt < TRIES else None
            if wait is None or wait > min(LONGEST, self.remaining()):
                return exchange
            time.sleep(wait)
        return exchange

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes, operation: str, notes: str) -> Exchange:
        self.pace()
        begin = ticks()
        for attempt in (1, 2, 3):
            try:
                self.count += 1
                request = self._client.build_request(method, url, headers=_encoded(headers), content=body or None)
                answer = self._client.send(request)
                break
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                self._missed(url, error)
                time.sleep(0.2 * attempt)
            except httpx.TimeoutException as error:
                self._unanswered(url, error)
                return _failed(method, url, headers, body, operation, f"no answer within {self.options.timeout:g} s ({type(error).__name__})")
            except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
                self._unanswered(url, error)
                if attempt == 3 or method not in ("GET", "HEAD", "OPTIONS"):
                    return _failed(method, url, headers, body, operation, f"the connection broke: {error or type(error).__name__}")
        else:
            return _failed(method, url, headers, body, operation, "no connection")
        self._lost = self._silent = 0
        seconds = ticks() - begin
        pairs = tuple((name, value) for name, value in answer.headers.multi_items())
        made = Exchange(method, str(request.url), dict(headers), body, answer.status_code, pairs, answer.content, seconds, operation, notes)
        if self.record is not None:
            self.record.append(made)
        return made

    def _missed(self, url: str, error: Exception) -> None:
        self._lost += 1
        if self._lost >= LOST:
            raise Unreachable(f"{_origin(url)} does not answer: {error}")

    def _unanswered(self, url: str, error: Exception) -> None:
        """Notes a request without an answer; after some in a row the target is asked for anything at all. Raises Unreachable."""
        self._silent += 1
        if self._silent < SILENT:
            return
        self._silent = 0
        try:
            self._client.get(_origin(url), headers=_encoded(self.headers))
        except httpx.TransportError:
            raise Unreachable(f"{_origin(url)} does not answer any more: {error or type(error).__name__}") from None

    def wait_for(self, urls: Mapping[str, str]) -> None:
        """Returns when every service takes a request; raises Unreachable after the seconds of `wait`."""
        end = ticks() + self.options.wait
        for service, url in urls.items():
            while True:
                try:
                    self._client.get(url, headers=_encoded(self.headers), timeout=min(GREETING, self.options.timeout))
                    break
                except httpx.ReadTimeout:
                    break
                except httpx.TransportError as error:
                    seen = error
                if ticks() >= end:
                    waited = f" within {self.options.wait:g} s" if self.options.wait else ""
                    raise Unreachable(f"{service} at {url} does not answer{waited}: {seen or type(seen).__name__}")
                time.sleep(0.2)

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()


def _header(text: str) -> tuple[str, str]:
    name, sep, value = text.partition(":")
    if not sep or not name.strip():
        raise UsageError(f"--header '{text}' is no header such as 'X-Api-Key: 1234'.")
    return name.strip(), value.strip()


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1", "replace"), value.encode("utf-8")) for name, value in headers.items()]


def _failed(method: str, url: str, headers: Mapping[str, str], body: bytes, operation: str, why: str) -> Exchange:
    """What stands for an answer that did not come: status 0, and why."""
    return Exchange(method, url, dict(headers), body, 0, (), why.encode(), 0.0, operation, why)


def _wait(exchange: Exchange) -> float | None:
    """Seconds to wait before the request is repeated; None where it is not."""
    said = exchange.header("retry-after")
    if exchange.status not in PATIENT or said is None or not said.strip().isdigit():
        return None
    return float(said)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
