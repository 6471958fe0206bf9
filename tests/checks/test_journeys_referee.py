"""The referee sees what is wrong with an exchange, by the service's own document and without the validator of the other checks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.exchange import Exchange
from contract_tests.journey import Flow, Journey, run
from contract_tests.options import Options
from contract_tests.referee import Referee
from contract_tests.running import opened
from contract_tests.session import Session
from understudy.testing import serve

KEY = {"id": 1}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with serve("eventplatform") as mock, opened(Options("eventplatform", urls=tuple(f"{name}={url}" for name, url in mock.urls.items()))) as found:
        yield found


def changed(exchange: Exchange, change: Callable[[Any], Any]) -> Exchange:
    """The exchange with another body."""
    body = json.loads(exchange.content)
    change(body)
    return replace(exchange, content=json.dumps(body).encode())


def complaints(session: Session, exchange: Exchange, broken: bool = False, prefix: str = "") -> list[tuple[str, str]]:
    found = Referee().complaints(session.operation(exchange.operation), exchange, prefix, broken)
    return [(item.side, item.where) for item in found]


@pytest.fixture(scope="module")
def event(session: Session) -> Exchange:
    return session.call(session.operation("getEvent"), None, KEY)


def test_a_documented_exchange_is_in_order(session: Session, event: Exchange) -> None:
    assert complaints(session, event) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda body: body.update(eventName=5), "eventName"),
        (lambda body: body.pop("isActive"), "body"),
        (lambda body: body.update(eventDate="next week"), "eventDate"),
        (lambda body: body["ticketCategories"][0].update(price="150"), "ticketCategories.*.price"),
    ],
    ids=["wrong type", "missing field", "no instant", "wrong type within"],
)
def test_a_body_that_is_not_as_documented_is_told_by_field(session: Session, event: Exchange, change: Callable[[Any], Any], where: str) -> None:
    assert complaints(session, changed(event, change)) == [("response", where)]


def test_a_status_that_is_not_documented_is_told(session: Session, event: Exchange) -> None:
    assert complaints(session, replace(event, status=418)) == [("response", "status")]


@pytest.mark.parametrize("body", [b"{", b"<html>"])
def test_what_is_no_json_is_told(session: Session, event: Exchange, body: bytes) -> None:
    assert [side for side, _ in complaints(session, replace(event, content=body))] == ["response"]


def test_another_content_type_is_told(session: Session, event: Exchange) -> None:
    assert complaints(session, replace(event, headers=(("content-type", "text/html"),))) == [("response", "content-type")]


def test_a_request_is_judged_unless_it_is_meant_to_be_wrong(session: Session) -> None:
    answer = session.call(session.operation("login"), body={"username": "user@example.com"})
    assert complaints(session, answer) == [("request", "body")]
    assert complaints(session, answer, broken=True) == []


def test_the_prefix_of_a_target_is_no_part_of_the_documents_path(session: Session, event: Exchange) -> None:
    moved = replace(event, url=event.url.replace("/api/", "/some/where/api/"))
    assert complaints(session, moved, prefix="/some/where") == []


def test_an_answer_that_never_came_is_not_judged(session: Session, event: Exchange) -> None:
    assert complaints(session, replace(event, status=0, content=b"")) == []


def test_what_only_the_referee_sees_is_a_finding_of_the_journey(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = session.client.send

    def send(*arguments: Any, **more: Any) -> Exchange:
        answer = honest(*arguments, **more)
        return changed(answer, lambda body: body.update(eventName=5)) if answer.operation == "getEvent" else answer

    def tell(journey: Journey) -> None:
        with journey.step("an event is read", "read"):
            journey.row("getEvent", path=KEY)

    monkeypatch.setattr(session.client, "send", send)
    monkeypatch.setattr(session.watch, "look", lambda *_: None)
    [finding] = run(Flow("reading", "getEvent", tell), session)
    assert finding.id == "journey.shape:getEvent:200.eventName"
    assert (finding.clause.guide, finding.severity) == ("event-platform.md", "error")


def test_what_is_said_already_is_not_said_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = session.client.send
    monkeypatch.setattr(session.client, "send", lambda *given, **more: changed(honest(*given, **more), lambda body: body.update(eventName=5)))
    session.watch.drain()

    def tell(journey: Journey) -> None:
        journey.row("getEvent", path=KEY)

    assert run(Flow("reading", "getEvent", tell), session) == []
    assert [finding.rule for finding in session.watch.drain()] == ["surface.schema"]
