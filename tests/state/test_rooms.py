"""Sockets and their rooms."""

import pytest

from mock_server.state.rooms import Rooms, Socket


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def socket(rooms: Rooms, name: str, *joined: str) -> Socket:
    made = Socket(name, "channel", lambda _frame: None, lambda _code, _reason: None, 0.0)
    rooms.add(made)
    for room in joined:
        rooms.join(made, room)
    return made


def members(rooms: Rooms, room: str | None) -> list[str]:
    return [item.id for item in rooms.members(room)]


def test_a_room_has_those_who_joined_it_in_their_order(rooms: Rooms) -> None:
    socket(rooms, "b", "one", "two")
    socket(rooms, "a", "one")
    assert (members(rooms, "one"), members(rooms, "two"), members(rooms, "three")) == (["b", "a"], ["b"], [])


def test_everyone_is_in_no_room(rooms: Rooms) -> None:
    socket(rooms, "a")
    socket(rooms, "b", "one")
    assert members(rooms, None) == ["a", "b"]


def test_joining_twice_is_being_in_once(rooms: Rooms) -> None:
    made = socket(rooms, "a", "one", "one")
    assert (members(rooms, "one"), list(made.rooms)) == (["a"], ["one"])


def test_who_goes_leaves_nothing_behind(rooms: Rooms) -> None:
    made = socket(rooms, "a", "one", "two")
    socket(rooms, "b", "two")
    assert rooms.drop(made)
    assert not rooms.drop(made)
    assert (list(rooms.rooms), members(rooms, "two"), made.rooms) == (["two"], ["b"], {})


def test_who_is_not_in_joins_nothing(rooms: Rooms) -> None:
    made = socket(rooms, "a")
    rooms.drop(made)
    rooms.join(made, "one")
    assert (rooms.rooms, made.rooms) == ({}, {})
