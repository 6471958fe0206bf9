"""Worlds by name: made on first use, capped, the idle ones dropped first."""

import copy
from typing import Any

import pytest

from fixtures.records import Dataset
from mock_server.state import snapshots
from mock_server.state.clock import Clock
from mock_server.state.rooms import Socket
from mock_server.state.world import World, create, reset
from mock_server.state.worlds import IDLE, WorldError, Worlds

START = 1_800_000_000.0
DATA = Dataset({"notes": {1: {"id": 1, "text": "seeded"}}})


class Time:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def made(name: str) -> World:
    return create(name, DATA, "1", {"limit": False}, Clock(lambda: START))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def worlds(time: Time) -> Worlds:
    return Worlds(made, most=4, clock=time)


def put(world: World, key: int, text: str) -> None:
    unit = world.store.begin()
    unit.put("notes", key, {"id": key, "text": text})
    unit.commit()


def texts(world: World) -> list[str]:
    return [row["text"] for row in world.store.begin().all("notes")]


def test_a_world_is_made_when_it_is_first_used(worlds: Worlds) -> None:
    assert worlds.find("a") is None
    assert worlds.use("a") is worlds.use("a") is worlds.find("a")
    assert worlds.use("default") is worlds.default
    assert [world.name for world in worlds] == ["default", "a"]


def test_what_is_written_in_a_world_is_seen_in_no_other(worlds: Worlds) -> None:
    put(worlds.use("a"), 2, "of a")
    put(worlds.use("a"), 1, "changed")
    assert (texts(worlds.use("a")), texts(worlds.use("b")), texts(worlds.default)) == (["changed", "of a"], ["seeded"], ["seeded"])


@pytest.mark.parametrize("name", ["", "a b", "-a", "ä", "a/b", "x" * 101, "a\n"])
def test_a_name_that_can_not_be_is_refused(worlds: Worlds, name: str) -> None:
    with pytest.raises(
        WorldError, match=r"is no name of a world\. Valid: up to 100 letters, digits, '\.', '_', '~' and '-', a letter or digit first\."
    ) as caught:
        worlds.use(name)
    assert not caught.value.full
    assert len(worlds) == 1


def test_a_world_is_created_once(worlds: Worlds) -> None:
    worlds.create("a")
    with pytest.raises(WorldError, match=r"There is a world 'a' already\."):
        worlds.create("a")


def test_the_world_that_is_idle_for_longest_makes_room(worlds: Worlds, time: Time) -> None:
    for name in ("a", "b", "c"):
        worlds.use(name)
        time.now += 1
    worlds.use("a")
    time.now += IDLE + 1
    worlds.use("d")
    assert [world.name for world in worlds] == ["default", "c", "a", "d"]


def test_worlds_in_use_are_not_dropped(worlds: Worlds, time: Time) -> None:
    for name in ("a", "b", "c"):
        worlds.use(name)
    time.now += IDLE / 2
    with pytest.raises(WorldError, match=r"There are 4 worlds, all in use within the last minute\. Delete some, or raise --worlds\.") as caught:
        worlds.use("d")
    assert caught.value.full


def test_a_world_with_an_open_socket_is_in_use(worlds: Worlds, time: Time) -> None:
    for name in ("a", "b", "c"):
        worlds.use(name)
    socket = Socket("s", "api/chat", lambda _frame: None, lambda _code, _reason: None, 0.0)
    worlds.use("a").rooms.add(socket)
    time.now += IDLE + 1
    worlds.use("d")
    assert [world.name for world in worlds] == ["default", "c", "a", "d"]


def test_who_watches_worlds_is_told_of_those_that_come_and_go(worlds: Worlds) -> None:
    told: list[tuple[str, str]] = []
    worlds.entered = lambda world: told.append(("in", world.name))
    worlds.left = lambda world: told.append(("out", world.name))
    worlds.use("a")
    worlds.use("a")
    worlds.drop("a")
    assert worlds.drop("a") is None
    assert told == [("in", "a"), ("out", "a")]


def test_the_default_world_is_not_dropped(worlds: Worlds) -> None:
    assert worlds.drop("default") is None
    assert worlds.find("default") is worlds.default


def used(world: World) -> World:
    """A world in which everything is other than seeded."""
    put(world, 1, "changed")
    put(world, 2, "new")
    world.clock.freeze(START + 1000)
    world.timers.set(START + 2000, "later", ("lock", 1))
    world.throttle.count("key", 1, 60, world.clock.now)
    world.switches["limit"] = True
    world.replies["k"] = "v"
    world.tokens.expire("access")
    world.tokens.revoke({"jti": "x", "exp": START + 5000}, world.clock.now)
    world.views["v"] = world.answers["a"] = None  # type: ignore[assignment]
    world.faults.add("drop", {}, {})
    world.chance.random()
    return world


def seen(world: World) -> dict[str, Any]:
    """A copy of everything that a world holds, to be compared."""
    tables, tokens, clock = world.store.tables, world.tokens, world.clock
    whole = {
        "rows": {name: table.rows for name, table in tables.items()}, "serials": {name: table.serial for name, table in tables.items()},
        "now": clock.now, "frozen": clock.frozen, "timers": world.timers.entries(), "switches": world.switches, "replies": world.replies,
        "calls": {key: list(calls) for key, calls in world.throttle.calls.items()}, "tokens": (tokens.generations, tokens.revoked),
        "chance": world.chance.getstate(),
    }  # fmt: skip
    return copy.deepcopy(whole)


def test_a_reset_world_is_as_it_was_made_but_for_its_key() -> None:
    world = made("a")
    before, key = seen(world), world.tokens.key
    reset(used(world), DATA, "1", {"limit": False})
    assert seen(world) == before
    assert (world.tokens.key, len(world.faults), len(world.log), world.views, world.answers) == (key, 0, 0, {}, {})


def test_a_world_begins_again_at_an_instant() -> None:
    world = made("a")
    reset(world, DATA, "1", {}, START + 86400)
    assert (world.clock.now, world.clock.frozen, world.clock.rate) == (START + 86400, False, 1.0)


def test_a_snapshot_brings_back_everything_but_faults() -> None:
    world = used(made("a"))
    before = seen(world)
    snapshot = snapshots.take("s", world, 5.0)
    put(world, 3, "after")
    world.clock.run(60)
    world.timers.cancel(("lock", 1))
    world.throttle.calls.clear()
    world.tokens.expire("refresh")
    world.chance.random()
    snapshots.restore(world, snapshot)
    assert seen(world) == before
    assert (snapshot.name, snapshot.saved, len(snapshot), len(world.faults)) == ("s", 5.0, 2, 1)
    assert list(world.timers.due(START + 3000)) == [(START + 2000, "later")]


def test_a_snapshot_is_restored_more_than_once() -> None:
    world = used(made("a"))
    snapshot = snapshots.take("s", world, 5.0)
    for _ in range(2):
        put(world, 1, "other")
        world.timers.cancel(("lock", 1))
        snapshots.restore(world, snapshot)
        assert texts(world) == ["changed", "new"]
        assert len(world.timers) == 1


def test_a_world_that_takes_over_a_snapshot_keeps_its_own_key() -> None:
    snapshot = snapshots.take("s", used(made("a")), 5.0)
    other = made("b")
    key = other.tokens.key
    snapshots.restore(other, snapshot)
    assert texts(other) == ["changed", "new"]
    assert other.tokens.key == key != snapshot.key
