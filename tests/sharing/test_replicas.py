"""What two replicas of a world tell each other, and what happens when both want the same."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from mock_server import storage
from mock_server.app import create_engine
from mock_server.engine.again import Again, Unavailable
from mock_server.engine.call import Reply, Request
from mock_server.engine.engine import Engine
from mock_server.sharing import leases
from mock_server.sharing.joining import join
from mock_server.sharing.link import Link
from mock_server.sharing.share import TRIES, Share
from mock_server.state import snapshots
from mock_server.state.clock import Clock
from mock_server.state.rooms import Socket
from understudy.contract.reader import read

from .redis_server import RedisServer

START = 1767225600.0


def engine_on(url: str, place: str | None = None) -> Engine:
    """A process' engine, its clock standing still."""
    engine = create_engine(read("eventplatform"), "1", clock=Clock, start=START)
    engine.world.clock.freeze(START)
    join(engine, Link(url, place))
    return engine


@pytest.fixture
def engines(redis_server: RedisServer) -> tuple[Engine, Engine]:
    redis_server.clear()
    first, second = engine_on(redis_server.url), engine_on(redis_server.url)
    for engine in (first, second):
        engine.world.share.catch_up()
    return first, second


def share(engine: Engine) -> Share:
    found: Share = engine.world.share
    return found


def ask(engine: Engine, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    headers = {b"content-type": b"application/json"} if body is not None else {}
    if token is not None:
        headers[b"authorization"] = f"Bearer {token}".encode()
    response = engine.handle("gateway", Request(method, path, b"", headers, json.dumps(body).encode() if body is not None else b""))
    return response.status, json.loads(response.body)


def token(engine: Engine) -> str:
    return str(ask(engine, "POST", "/api/auth/login", {"username": "user@example.com", "password": "password123"})[1]["access_token"])


def order(engine: Engine, credential: str, quantity: int = 1, category: int = 1) -> tuple[int, Any]:
    return ask(engine, "POST", "/api/orders", {"eventId": 1, "categoryId": category, "quantity": quantity}, credential)


def test_a_commit_of_another_is_seen_by_the_next_call(engines: tuple[Engine, Engine]) -> None:
    first, second = engines
    made = order(first, token(first))[1]
    assert ask(second, "GET", f"/api/orders/{made['id']}", token=token(second)) == (200, made)


def test_lists_have_one_order_in_all_replicas_and_in_one_that_comes_later(engines: tuple[Engine, Engine], redis_server: RedisServer) -> None:
    credential = token(engines[0])
    for number in range(5):
        order(engines[number % 2], credential)
    found = [ask(engine, "GET", "/api/orders", token=credential)[1] for engine in (*engines, engine_on(redis_server.url))]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 5


def test_a_call_that_was_overtaken_is_run_again_unseen(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = engines
    credential, commit, overtaken = token(first), Share.commit, []

    def late(self: Share, call: Any) -> None:
        if self is share(first) and not overtaken and call.store.changed:
            overtaken.append(order(second, credential, 74)[0])
        commit(self, call)

    monkeypatch.setattr(Share, "commit", late)
    assert [order(first, credential, 2)[0], *overtaken] == [409, 201]
    assert order(first, credential, 1)[0] == 201


def overtake(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Has commits of the first process be overtaken by the other so often; the statuses of what overtook them."""
    first, second = engines
    credential, commit, overtaken = token(second), Share.commit, []

    def late(self: Share, call: Any) -> None:
        if self is share(first) and len(overtaken) < times and call.store.changed:
            overtaken.append(order(second, credential)[0])
        commit(self, call)

    monkeypatch.setattr(Share, "commit", late)
    return overtaken


def test_a_fault_strikes_a_call_that_was_overtaken_and_counts_once(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = engines
    first.world.faults.add("latency", {"path": "/api/orders"}, {"ms": 70}, id="late", times=1)
    credential, overtaken = token(first), overtake(engines, monkeypatch, 3)
    body = json.dumps({"eventId": 1, "categoryId": 1, "quantity": 1}).encode()
    headers = {b"content-type": b"application/json", b"authorization": f"Bearer {credential}".encode()}
    struck, spared = (first.handle("gateway", Request("POST", "/api/orders", b"", headers, body)) for _ in range(2))
    assert (overtaken, struck.status, struck.delay, dict(struck.headers)[b"understudy-fault"]) == ([201] * 3, 201, 0.07, b"late")
    assert (spared.status, spared.delay) == (201, 0.0)


def test_a_limit_counts_a_call_that_was_overtaken_once(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = engines
    first.world.faults.add("rate", {"path": "/api/orders"}, {"limit": 2, "per": "60s"}, id="few")
    credential, overtaken = token(first), overtake(engines, monkeypatch, TRIES + 2)
    assert [order(first, credential)[0] for _ in range(3)] == [201, 201, 429]
    assert overtaken.count(201) >= TRIES
    assert len(second.world.faults) == 0  # that the other one has none is what lets it overtake


def test_a_snapshot_brings_counts_of_all_processes_back(engines: tuple[Engine, Engine]) -> None:
    first, second = engines
    counted = ("login", "10.0.0.1")
    for engine in engines:
        engine.world.throttle.count(counted, 5, 60, START)
    snapshot = snapshots.take("s", second.world, START)
    first.world.throttle.count(counted, 5, 60, START)
    snapshots.restore(first.world, snapshot)
    share(first).steered()
    assert second.world.throttle.count(counted, 5, 60, START).left == 2
    second.snapshots["s"] = snapshot
    assert first.snapshots["s"].calls == {counted: (START, START)}


def test_two_that_touch_different_things_do_not_disturb_each_other(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = engines
    tries, commit = [], Share.commit

    def counted(self: Share, call: Any) -> None:
        tries.append(self)
        if self is share(first) and len(tries) == 1:
            ask(second, "POST", "/api/events/tickets/reserve", {"eventId": 1, "categoryId": 2, "quantity": 1}, other)
        commit(self, call)

    credential = token(first)
    other = str(ask(second, "POST", "/api/auth/login", {"username": "second@example.com", "password": "password123"})[1]["access_token"])
    monkeypatch.setattr(Share, "commit", counted)
    body = {"eventId": 1, "categoryId": 1, "quantity": 1}
    assert ask(first, "POST", "/api/events/tickets/reserve", body, credential)[0] == 200
    assert [who is share(first) for who in tries].count(True) == 1


def test_who_is_overtaken_again_and_again_gets_a_turn(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = engines
    tries = []

    def act() -> str:
        tries.append(share(first).turn)
        if not share(first).turn:
            raise Again
        with pytest.raises(Again):  # while it lasts nobody else commits
            unit_of(second)
        return "done"

    assert share(first).consistent(act) == "done"
    assert len(tries) == TRIES + 1
    unit_of(second)


def unit_of(engine: Engine) -> None:
    """Writes a row, in one try."""
    from mock_server.engine.call import NO_REQUEST, Call

    share(engine).catch_up()
    call = Call(engine.runtime, NO_REQUEST, engine.any_plan(), {}, engine.world)
    row = call.store.get("ticketCategories", 1)
    call.store.put("ticketCategories", 1, {**(row or {}), "description": "changed"})
    share(engine).commit(call)


def test_what_falls_due_is_done_once(engines: tuple[Engine, Engine]) -> None:
    first, second = engines
    credential = token(first)
    made = order(first, credential)[1]
    share(second).catch_up()
    for engine in engines:
        engine.world.clock.freeze(START + 3)
        engine.fire(engine.world)
    assert ask(second, "GET", f"/api/orders/{made['id']}", token=credential)[1]["status"] == "completed"
    told = [emit.message for engine in engines for emit in engine.outbox]
    assert told.count("order-completed") == 1


def test_a_refresh_token_is_good_once(redis_server: RedisServer) -> None:
    redis_server.clear()
    first, second = (create_engine(read("platng"), "1") for _ in range(2))
    for engine in (first, second):
        join(engine, Link(redis_server.url))

    def post(engine: Engine, path: str, body: Any) -> Any:
        headers = {b"content-type": b"application/json"}
        return engine.handle("auth", Request("POST", f"/api/v1/auth/{path}", b"", headers, json.dumps(body).encode()))

    issued = json.loads(post(first, "login", {"email": "user@example.com", "password": "password123"}).body)["refresh_token"]
    assert [post(engine, "refresh", {"refresh_token": issued}).status for engine in (second, first)] == [200, 401]


def test_tokens_that_have_ended_are_forgotten_by_all(engines: tuple[Engine, Engine], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    for module in ("sharing.limits", "state.tokens"):
        monkeypatch.setattr(f"mock_server.{module}.CACHE", 3)
    first, second = engines
    for number in range(8):
        first.world.tokens.revoke({"jti": f"old-{number}", "exp": START - 1}, START)
    first.world.tokens.revoke({"jti": "good", "exp": START + 60}, START)
    share(second).catch_up()
    assert len(second.world.tokens.revoked) <= 4
    assert "good" in second.world.tokens.revoked
    kept = redis.Redis.from_url(redis_server.url).hgetall(share(first).key("revoked"))
    assert (len(kept) <= 4, b"good" in kept) == (True, True)


def test_a_process_that_takes_the_place_of_a_dead_one_frees_its_locks_at_once(redis_server: RedisServer) -> None:
    redis_server.clear()
    dead = engine_on(redis_server.url, "group-1")
    leases.renew(share(dead).link, "eventplatform")
    frames: list[Any] = []
    socket = Socket("s1", "realtime/realtime", frames.append, lambda *_: None, START, dead.world, Request("GET", "/", b"userId=1"))
    socket.channel = next(iter(dead.realtime.lines))
    dead.realtime.open(socket, dead.world)()
    dead.realtime.take(socket, "lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 75})
    heir = engine_on(redis_server.url, "group-1")
    assert order(heir, token(heir))[0] == 409
    (gone,) = leases.dead(share(heir).link, "eventplatform")
    assert leases.bury(heir, share(heir).link, gone) == 1
    assert order(heir, token(heir))[0] == 201


def test_a_process_whose_lease_is_good_is_left_alone(engines: tuple[Engine, Engine]) -> None:
    for engine in engines:
        leases.renew(share(engine).link, "eventplatform")
    assert not list(leases.dead(share(engines[0]).link, "eventplatform"))


def test_a_replica_that_is_far_behind_loads_everything(engines: tuple[Engine, Engine], redis_server: RedisServer) -> None:
    import redis

    first, second = engines
    credential = token(first)
    for _ in range(3):
        order(first, credential)
    redis.Redis.from_url(redis_server.url).xtrim(share(first).key("log"), maxlen=0)
    assert len(ask(second, "GET", "/api/orders", token=credential)[1]) == len(ask(first, "GET", "/api/orders", token=credential)[1])


@pytest.mark.parametrize(
    "act", [lambda world: world.clock.advance(60), lambda world: world.switches.update(ratelimit=True), lambda world: world.tokens.expire("access")]
)
def test_what_is_steered_is_so_everywhere(engines: tuple[Engine, Engine], act: Callable[[Any], None]) -> None:
    first, second = engines
    act(first.world)
    share(first).steered()
    share(second).catch_up()
    for what in (lambda world: world.clock.now, lambda world: world.switches, lambda world: world.tokens.generations):
        assert what(first.world) == what(second.world)


def test_tags_that_nobody_can_be_behind_are_forgotten(engines: tuple[Engine, Engine]) -> None:
    first, second = engines
    credential = token(first)
    for _ in range(4):
        order(first, credential)
    before = share(first).sweep()
    share(first).most = 2
    assert 0 < share(first).sweep() < before
    assert order(second, credential)[0] == 201


def test_nobody_waits_for_a_redis_that_hangs(engines: tuple[Engine, Engine], redis_server: RedisServer) -> None:
    first, _ = engines
    redis_server.hang()
    try:
        begin = time.monotonic()
        assert [ask(first, "GET", "/api/events")[0] for _ in range(50)] == [503] * 50
        assert time.monotonic() - begin < 10
    finally:
        redis_server.go_on()
    time.sleep(0.5)
    assert ask(first, "GET", "/api/events")[0] == 200


def test_what_a_process_has_can_be_saved_while_redis_is_gone(engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = engines
    made = order(first, token(first))[1]
    first.world.throttle.count(("login", "10.0.0.1"), 5, 60, START)

    def gone(_link: Link) -> Any:
        raise Unavailable("it was killed")

    monkeypatch.setattr(Link, "asking", gone)
    rows = json.loads(storage.rendered([first]))["snapshots"][0]["rows"]["orders"]
    assert made["id"] in [row["id"] for row in rows]


def test_worlds_do_not_meet(engines: tuple[Engine, Engine]) -> None:
    first, second = engines
    order(first, token(first))
    other = second.worlds.use("other")
    other.share.catch_up()
    assert len(list(other.store.begin().all("orders"))) == len(list(first.data.rows["orders"]))


def test_a_snapshot_brings_back_what_idempotency_keys_keep_in_all_processes(redis_server: RedisServer) -> None:
    redis_server.clear()
    first, second = (create_engine(read("cliick"), "1") for _ in range(2))
    for engine in (first, second):
        join(engine, Link(redis_server.url))
        engine.world.share.catch_up()
    key, kept = ("createPaymentIntent", "1", b"k1"), (("/api/payments/intent", b"{}"), Reply(b'{"id":"pi_1"}', 201))
    first.world.replies[key] = kept
    snapshot = snapshots.take("s", first.world, START)
    first.world.replies.clear()
    snapshots.restore(first.world, snapshot)
    share(first).steered()
    share(second).catch_up()
    assert second.world.replies == {key: kept}


def test_only_so_many_answers_are_kept(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    redis_server.clear()
    for module in ("share", "entries"):
        monkeypatch.setattr(f"mock_server.sharing.{module}.MOST_REPLIES", 3)
    first, second = (create_engine(read("cliick"), "1") for _ in range(2))
    for engine in (first, second):
        join(engine, Link(redis_server.url))

    def post(engine: Engine, path: str, body: Any, **headers: str) -> Any:
        given = {b"content-type": b"application/json", **{name.encode().replace(b"_", b"-"): value.encode() for name, value in headers.items()}}
        return json.loads(engine.handle("api", Request("POST", f"/api/{path}", b"", given, json.dumps(body).encode())).body)

    credential = f"Bearer {post(first, 'auth/login', {'email': 'test@example.com', 'password': 'password123'})['accessToken']}"
    intent = {"orderId": "order_123", "amount": 2000, "currency": "usd", "provider": "stripe"}
    made = [post(first, "shops/shop_123/payments/intent", intent, authorization=credential, idempotency_key=f"key-{number}") for number in range(5)]
    again = [post(second, "shops/shop_123/payments/intent", intent, authorization=credential, idempotency_key=f"key-{number}") for number in (4, 3, 0)]
    assert [item["id"] for item in again[:2]] == [made[4]["id"], made[3]["id"]]
    assert again[2]["id"] != made[0]["id"]
    assert redis.Redis.from_url(redis_server.url).hlen(first.world.share.key("replies")) == 3
