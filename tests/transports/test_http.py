"""What HTTP itself does with what one request prefers."""

import asyncio
from typing import Any

import pytest

from .wire import app, send

PLATFORM = ("eventplatform", "gateway")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The sleeps that were asked for, in seconds; none of them is slept."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr("mock_server.transports.http.sleep", sleep)
    return asked


def test_an_answer_is_sent_as_much_later_as_it_is_asked_for(slept: list[float]) -> None:
    answer = send(app(*PLATFORM), "GET", "/api/events/1", {"prefer": "delay=300"})
    assert (slept, answer.status, answer.headers["preference-applied"], answer.json["idEvent"]) == ([0.3], 200, "delay=300", 1)
    refused = send(app(*PLATFORM), "GET", "/api/events/1?__delay=600000&__code=404")
    assert (slept[1:], refused.status) == ([600.0], 404)


@pytest.mark.parametrize("prefer", ["code=404", "delay=0", "delay=soon", "wait=5"])
def test_an_answer_that_nobody_wants_later_is_sent_at_once(slept: list[float], prefer: str) -> None:
    send(app(*PLATFORM), "GET", "/api/events/1", {"prefer": prefer})
    send(app(*PLATFORM), "GET", "/api/events/1")
    assert slept == []


def test_head_is_as_late_as_get(slept: list[float]) -> None:
    got, head = (send(app(*PLATFORM), method, "/api/events/1", {"prefer": "delay=20"}) for method in ("GET", "HEAD"))
    assert (slept, head.body) == ([0.02, 0.02], b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_several_prefer_headers_are_one_list() -> None:
    answer = asyncio.run(_lines([(b"prefer", b"code=404"), (b"accept", b"*/*"), (b"prefer", b"wait=5, dynamic=true"), (b"prefer", b"code=401")]))
    assert (answer["status"], dict(answer["headers"])[b"preference-applied"]) == (404, b"code=404, dynamic=true")


async def _lines(headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """The start of an answer to a request with lines that a mapping can't hold."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "method": "GET", "path": "/api/events/1", "raw_path": b"/api/events/1", "root_path": "", "query_string": b"", "headers": headers,
        "scheme": "http", "client": ("127.0.0.1", 5000), "server": ("mock.test", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def keep(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(*PLATFORM)(scope, receive, keep)
    return sent[0]
