"""Requests that are released together, on connections that were opened beforehand: a burst of new connections misses the race."""

import http.client
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.people import Person
from contract_tests.samples import Request, encoded
from contract_tests.timing import ticks
from contract_tests.trust import context
from understudy.contract.model import Operation

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["burst"]

PATIENCE = 20.0  # seconds


def burst(session: "Session", operation: Operation, requests: Sequence[tuple[Person | None, Request]]) -> list[Exchange]:
    """The answers to requests that leave at one moment, in their order; status 0 for one that got none. Raises NotChecked where --rate forbids it."""
    if session.options.rate and session.options.rate < len(requests):
        raise NotChecked(f"{len(requests)} requests at once are more than --rate allows")
    barrier = threading.Barrier(len(requests))
    answers: list[Exchange | None] = [None] * len(requests)
    threads = [
        threading.Thread(target=_one, args=(session, operation, person, request, barrier, answers, number), daemon=True)
        for number, (person, request) in enumerate(requests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 2)
    session.client.count += len(requests)
    return [answer or _silent(operation) for answer in answers]


def _silent(operation: Operation) -> Exchange:
    return Exchange(operation.method, operation.path, {}, b"", 0, (), b"no answer", operation=operation.id)


def _one(
    session: "Session", operation: Operation, person: Person | None, request: Request, barrier: threading.Barrier, answers: list[Exchange | None], number: int
) -> None:
    url = session.url(operation, request.path, request.query)
    kind, body = encoded(request)
    headers = {**session.client.headers, **({"content-type": kind} if kind else {}), **session.credentials(operation, person), **request.headers}
    parts = urlsplit(url)
    connection = _connect(session, parts.scheme, parts.hostname or "", parts.port)
    try:
        connection.connect()
        barrier.wait(PATIENCE)
        answers[number] = _sent(connection, operation, url, headers, body)
    except (OSError, http.client.HTTPException, threading.BrokenBarrierError) as error:
        barrier.abort()
        answers[number] = Exchange(operation.method, url, headers, body, 0, (), str(error).encode(), operation=operation.id)
    finally:
        connection.close()


def _connect(session: "Session", scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context(session.options))


def _sent(connection: http.client.HTTPConnection, operation: Operation, url: str, headers: Mapping[str, str], body: bytes) -> Exchange:
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    begin = ticks()
    connection.request(operation.method, target, body or None, dict(headers))
    answer = connection.getresponse()
    content = answer.read()
    return Exchange(operation.method, url, headers, body, answer.status, tuple(answer.getheaders()), content, ticks() - begin, operation.id, "one of a burst")
