"""Chat: what is said in a room is heard by all in it; and what is lost, doubled or mixed up shows."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_tests.options import Options
from load.driving import Plan, drive, fitting, session_with
from load.stage import Stage
from load.staging import chats
from load.story import story_named
from mock_server.engine.engine import Engine
from tests.mutants.planting import planted, served
from tests.mutants.table import mutants
from understudy.contract.reader import read

CHATS = ("cliick", "savebucks", "watchparty")
LOST, TWICE, MIXED = "lost-broadcast", "duplicate-broadcast", "misordered-broadcast"
USERS = 6


def ran(folder: Path, target: str, urls: Mapping[str, str] = {}, *given: str, seconds: float = 2.0) -> dict[str, Any]:
    options = Options(target, urls=tuple(f"{name}={url}" for name, url in urls.items()), time=600)
    return drive(Plan(story_named("chat"), options, USERS, 100, seconds, folder, given=given or ("think=0.2",)))


def counts(result: dict[str, Any]) -> dict[str, int]:
    assert all(verdict["judged"] for verdict in result["verdicts"].values()), result["verdicts"]
    return {name: verdict["count"] for name, verdict in result["verdicts"].items()}


def test_it_fits_the_backends_with_a_room_in_which_one_is_heard_by_all() -> None:
    assert tuple(fitting(story_named("chat"))) == CHATS


@pytest.mark.parametrize("backend", CHATS)
def test_on_the_clean_mock_each_message_is_heard_once_and_in_order(backend: str, tmp_path: Path) -> None:
    result = ran(tmp_path, backend)
    assert counts(result) == {LOST: 0, TWICE: 0, MIXED: 0}
    assert result["steps"]["send"]["count"] == result["steps"]["fan-out"]["count"] > USERS
    assert (result["failures"], result["exit_code"]) == ([], 0)


def test_messages_that_are_lost_are_counted_once_for_each_who_did_not_hear_them(tmp_path: Path) -> None:
    with planted(mutants()["savebucks-every-third-chat-message-lost"]) as server:
        result = ran(tmp_path, "savebucks", server.urls, seconds=3.0)
    found = counts(result)
    assert found[LOST] > 0
    assert found[LOST] % USERS == 0
    assert found[TWICE] == 0
    assert result["exit_code"] == 1
    assert {item["message"] for item in result["failures"]} == {"it was taken, and its sender did not hear it"}


def test_messages_that_come_twice_are_counted_for_each_who_heard_them(tmp_path: Path) -> None:
    with planted(mutants()["watchparty-chat-message-twice"]) as server:
        result = ran(tmp_path, "watchparty", server.urls)
    found = counts(result)
    assert found[TWICE] > 0
    assert found[TWICE] % USERS == 0
    assert found[LOST] == 0


def test_one_who_hears_messages_in_another_order_than_the_others_is_found(tmp_path: Path) -> None:
    with served("watchparty", lambda plot: plot.made(_mixed_up_for_one)) as server:
        result = ran(tmp_path, "watchparty", server.urls, "think=0.1")
    assert counts(result) == {LOST: 0, TWICE: 0, MIXED: 1}


def _mixed_up_for_one(engine: Engine) -> None:
    """Of two messages that come soon after another, the first in the room is told the second first."""
    deliver = engine.realtime._deliver
    held: list[tuple[Any, ...]] = []

    def released() -> None:
        while held:
            deliver(*held.pop(0))

    def delivered(world: Any, recipients: list[Any], frame: Any, room: str | None = None, *_mark: str) -> None:
        if frame.name != "message" or len(recipients) < 2:
            return deliver(world, recipients, frame, room)
        deliver(world, recipients[1:], frame, room)
        if held:
            deliver(world, recipients[:1], frame, room)
            return released()
        held.append((world, recipients[:1], frame, room))
        asyncio.get_running_loop().call_later(0.1, released)
        return None

    engine.realtime._deliver = delivered  # type: ignore[method-assign]


# the stage


def staged(backend: str, users: int, rooms: int = 1) -> Stage:
    with session_with(read(backend), Options(backend, time=600)) as session:
        return chats.prepare(session, {"rooms": rooms, "think": 1.0}, users, ())


def test_a_room_that_is_a_row_is_made_anew_and_lets_strangers_in() -> None:
    stage = staged("watchparty", 5, 2)
    assert len({stock.parent for stock in stage.stocks}) == 2
    assert len({member.login for member in stage.members}) == 5
    for number, member in enumerate(stage.members):
        assert f"/ws/chat/{stage.stocks[number % 2].parent}/" in member.handshakes["chat"]["uri"]
    assert "join" not in stage.calls
    assert stage.warnings == ()


def test_a_room_that_may_be_called_anything_is_called_as_nobody_else_does() -> None:
    stage = staged("savebucks", 4, 2)
    assert len({stock.parent for stock in stage.stocks if stock.parent.startswith("load-")}) == 2
    assert (stage.calls["join"].body, stage.calls["join"].reply) == ("@parent", "chat:joined")
    assert stage.calls["send"].body == {"roomId": "@parent", "content": "@text", "type": "text"}
    assert stage.calls["send"].reply == stage.rooms["root"].update == "chat:message"


def test_what_is_said_by_request_is_told_on_the_channel_and_few_accounts_are_shared() -> None:
    stage = staged("cliick", 8, 2)
    send = stage.calls["send"]
    assert (send.method, send.path.split("/")[3], send.body) == ("POST", "@parent", {"text": "@text"})
    assert (stage.calls["join"].reply, stage.calls["fence"].reply) == ("", "pong")
    assert len(stage.members) == 8
    assert any("accounts for 8 users" in text for text in stage.warnings)
    assert "1 of 2 rooms: no more can be had" in stage.warnings
