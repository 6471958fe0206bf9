"""What Redis keeps of worlds that nobody serves any more."""

import asyncio
import json
from typing import Any

import pytest
import redis

from mock_server.app import create_engine
from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.sharing.joining import join
from mock_server.sharing.lifetimes import KEPT, SPARED
from mock_server.sharing.link import Link
from understudy.contract.reader import read

from .redis_server import RedisServer


def engine_on(url: str, worlds: int = 1000) -> Engine:
    engine = create_engine(read("cliick"), "1", worlds=worlds)
    join(engine, Link(url))
    return engine


@pytest.fixture
def store(redis_server: RedisServer) -> Any:
    redis_server.clear()
    return redis.Redis.from_url(redis_server.url)


def lifetimes(store: Any, world: str) -> dict[str, int]:
    """Key -> seconds that it is kept, -1 for ever."""
    prefix = f"understudy:{{cliick:{world}}}:"
    return {name.decode().removeprefix(prefix): store.ttl(name) for name in store.scan_iter(match=f"{prefix}*")}


def post(engine: Engine, world: str, path: str, body: Any, **headers: str) -> Any:
    given = {b"content-type": b"application/json", b"x-understudy-world": world.encode()}
    given |= {name.encode().replace(b"_", b"-"): value.encode() for name, value in headers.items()}
    answer = engine.handle("api", Request("POST", f"/api/{path}", b"", given, json.dumps(body).encode()))
    return json.loads(answer.body)


def use(engine: Engine, world: str) -> None:
    """Does something of every kind in a world: rows, timers, tokens, kept answers, limits, faults, lines."""
    there = engine.worlds.use(world)
    there.share.catch_up()
    there.switches.update(ratelimit=True)
    there.faults.add("latency", {}, {"ms": 0})
    there.share.steered()
    session = post(engine, world, "auth/login", {"email": "test@example.com", "password": "password123"})
    credential = f"Bearer {session['accessToken']}"
    intent = {"orderId": "order_123", "amount": 2000, "currency": "usd", "provider": "stripe"}
    post(engine, world, "shops/shop_123/payments/intent", intent, authorization=credential, idempotency_key="k1")
    post(engine, world, "auth/logout", {}, authorization=credential)
    there.share.log.flush()
    there.share.log.collect()


def test_every_key_of_a_world_has_an_end_but_the_default_worlds(store: Any, redis_server: RedisServer) -> None:
    engine = engine_on(redis_server.url)
    for world in ("test-1", "default"):
        use(engine, world)
        engine.worlds.use(world).share.sweep()
    found = {name: seconds for name, seconds in lifetimes(store, "test-1").items() if not name.startswith("calls:")}
    assert {"head", "log", "rows", "meta", "revoked", "replies", "hits", "lines", "lines:head"} <= found.keys()
    assert all(KEPT - 60 <= seconds <= KEPT for seconds in found.values()), found
    kept = {name: seconds for name, seconds in lifetimes(store, "default").items() if not name.startswith("calls:")}
    assert set(kept.values()) == {-1}


def test_a_world_that_made_room_for_another_ends_sooner_and_can_be_taken_up_again(store: Any, redis_server: RedisServer) -> None:
    engine = engine_on(redis_server.url, worlds=2)
    use(engine, "first")
    tables = engine.worlds.use("first").share.tables
    before = {name: dict(table.rows) for name, table in tables.items()}
    engine.worlds.use("first").used = 0.0
    engine.worlds.use("second").used = 0.0
    found = {name: seconds for name, seconds in lifetimes(store, "first").items() if not name.startswith("calls:")}
    assert "rows" in found
    assert all(0 < seconds <= SPARED for seconds in found.values()), found
    again = engine.worlds.use("first")
    again.share.catch_up()
    assert {name: dict(table.rows) for name, table in again.store.tables.items()} == before
    assert min(seconds for name, seconds in lifetimes(store, "first").items() if not name.startswith("calls:")) > SPARED


def test_lines_of_a_world_that_made_room_are_in_the_log_of_all(store: Any, redis_server: RedisServer) -> None:
    engine, other = engine_on(redis_server.url, worlds=2), engine_on(redis_server.url)
    post(engine, "first", "auth/login", {})
    engine.worlds.use("first").used = 0.0
    engine.worlds.use("second")
    assert len(other.worlds.use("first").share.log.collect()) == 1


def test_a_world_that_has_ended_is_not_met_again(store: Any, redis_server: RedisServer) -> None:
    engine, other = engine_on(redis_server.url), engine_on(redis_server.url)
    for world in ("gone", "there"):
        engine.worlds.use(world).share.catch_up()
    for name in store.scan_iter(match="understudy:{cliick:gone}:*"):
        store.delete(name)
    asyncio.run(other.peers.meet())
    assert [world.name for world in other.worlds] == ["default", "there"]
    assert store.smembers("understudy:cliick:worlds") == {b"there"}


def test_what_ended_while_a_process_has_it_begins_again_as_seeded(store: Any, redis_server: RedisServer) -> None:
    engine = engine_on(redis_server.url)
    use(engine, "gone")
    for name in store.scan_iter(match="understudy:{cliick:gone}:*"):
        store.delete(name)
    assert "accessToken" in post(engine, "gone", "auth/login", {"email": "test@example.com", "password": "password123"})
    assert store.exists("understudy:{cliick:gone}:head")
