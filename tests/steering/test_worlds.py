"""Worlds in the path of requests and messages: chosen by header, cookie, query or path, and never seen by each other."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from mock_server.engine import Request
from mock_server.engine.selection import named, split
from mock_server.state.world import World
from tests.backends.client import Answer, Client
from tests.backends.peer import Peer

USER = "user@example.com"
CHANNEL = "realtime/realtime"
MANY = 500
PAYMENTS = "/api/shops/shop_123/payments"


@pytest.fixture
def client() -> Client:
    return Client("eventplatform")


def within(world: str) -> dict[str, str]:
    return {"x-understudy-world": world}


def login(client: Client, world: str, user: str = USER) -> str:
    answer = client.login(user, headers=within(world))
    assert answer.status == 200, answer
    return str(answer.json["access_token"])


def order(client: Client, world: str, quantity: int, token: str) -> Answer:
    body = {"eventId": 1, "categoryId": 1, "quantity": quantity}
    return client.post("/api/orders", body, token=token, headers=within(world))


def world_of(client: Client, name: str) -> World:
    found = client.engine.worlds.find(name)
    assert found is not None
    return found


def rows(world: World, collection: str) -> list[dict[str, Any]]:
    return list(world.store.begin().all(collection))


@pytest.mark.parametrize(
    ("path", "header", "cookie", "query", "world"),
    [
        (None, None, None, None, "default"), (None, "h", None, None, "h"), (None, None, "c", None, "c"), (None, None, None, "q", "q"),
        ("p", "h", "c", "q", "p"), (None, "h", "c", "q", "h"), (None, None, "c", "q", "c"), (None, "", None, "q", "q"), (None, " h ", None, None, "h"),
        (None, "default", None, "q", "default"),
    ],
)  # fmt: skip
def test_a_request_names_its_world(path: str | None, header: str | None, cookie: str | None, query: str | None, world: str) -> None:
    headers = [(b"x-understudy-world", header.encode())] if header is not None else []
    headers += [(b"cookie", f"a=b; understudy_world={cookie}; c=d".encode())] if cookie is not None else []
    request = Request("GET", "/", f"x=1&understudy_world={query}".encode() if query else b"x=1", headers, world=path)
    assert named(request) == world


@pytest.mark.parametrize(
    ("path", "name", "rest"),
    [("/__world/a/api/x", "a", "/api/x"), ("/__world/a", "a", ""), ("/__world/a/", "a", "/"), ("/__world/a%20b/x", "a b", "/x"), ("/__world//x", "", "/x")],
)
def test_a_path_carries_a_world(path: str, name: str, rest: str) -> None:
    assert split(path) == (name, rest)


def test_what_happens_in_a_world_is_seen_in_no_other(client: Client) -> None:
    token = login(client, "a")
    assert order(client, "a", 3, token).status == 201
    seats = [client.get("/api/events/1/tickets", headers=within(world)).json[0]["availableSeats"] for world in ("a", "b", "default")]
    assert seats == [72, 75, 75]
    assert (len(rows(world_of(client, "a"), "orders")), len(rows(world_of(client, "b"), "orders"))) == (13, 12)


def test_a_token_of_another_world_is_refused(client: Client) -> None:
    token = login(client, "a")
    assert client.get("/api/orders", token=token, headers=within("a")).status == 200
    for world in ("b", "default"):
        assert client.get("/api/orders", token=token, headers=within(world)).status == 401


def test_a_name_that_can_not_be_is_refused_in_the_backends_own_words(client: Client) -> None:
    answer = client.get("/api/events", headers=within("no way"))
    assert (answer.status, answer.json["statusCode"]) == (400, 400)
    said = json.loads(answer.headers["understudy-violations"])[0]
    assert (said["pointer"], said["rule"], said["got"]) == ("/header/x-understudy-world", "world", "no way")
    assert said["message"].startswith("'no way' is no name of a world. Valid: ")
    assert len(client.engine.worlds) == 1


def test_too_many_worlds_are_refused_and_those_in_use_go_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.engine.worlds, "most", 3)
    assert [client.get("/api/events", headers=within(name)).status for name in ("a", "b", "c", "a")] == [200, 200, 503, 200]


def test_a_world_has_its_own_clock_and_timers(client: Client) -> None:
    client.get("/api/events", headers=within("b"))
    world_of(client, "b").clock.freeze()  # an order completes by itself after two seconds, however long this test takes
    order(client, "a", 1, login(client, "a"))
    order(client, "b", 1, login(client, "b"))
    first = world_of(client, "a")
    first.clock.advance(3)
    client.engine.fire(first)
    latest = [rows(world_of(client, name), "orders")[-1]["status"] for name in ("a", "b")]
    assert latest == ["completed", "pending"]


def test_sockets_hear_their_own_world(client: Client) -> None:
    client.get("/api/events", headers=within("a"))
    inside, outside = (Peer(client, CHANNEL, query={"userId": 1}, world=world) for world in (world_of(client, "a"), client.world))
    for peer in (inside, outside):
        peer.send("join-event-room", {"eventId": 1})
        peer.take()
    order(client, "a", 2, login(client, "a"))
    assert [name for name, _ in inside.take()] == ["availability-update"]
    assert outside.take() == []
    assert len(world_of(client, "a").rooms.sockets) == len(client.world.rooms.sockets) == 1


def test_five_hundred_worlds_at_once_do_not_meet(client: Client) -> None:
    """Every world does the same in turn, each with other numbers: orders over REST, locks over a socket, time."""
    names = [f"w{number}" for number in range(MANY)]
    tokens = {name: login(client, name) for name in names}
    peers = {name: Peer(client, CHANNEL, query={"userId": 2}, world=world_of(client, name)) for name in names}
    for name, peer in peers.items():
        peer.send("join-event-room", {"eventId": 1})
        peer.take()
        assert order(client, name, 1 + int(name[1:]) % 7, tokens[name]).status == 201
    for number, (name, peer) in enumerate(peers.items()):
        peer.send("lock-tickets", {"eventId": 1, "categoryId": 2, "quantity": 1 + number % 5})
        if number % 2:
            world_of(client, name).clock.advance(301)
            client.engine.fire(world_of(client, name))
    for number, name in enumerate(names):
        world, bought, held = world_of(client, name), 1 + number % 7, 1 + number % 5
        vip, general = (next(row for row in rows(world, "ticketCategories") if row["id"] == key) for key in (1, 2))
        assert (vip["reservedSeats"], general["reservedSeats"]) == (25 + bought, 0)
        assert [row["quantity"] for row in rows(world, "orders")][12:] == [bought]
        assert [row["quantity"] for row in rows(world, "holds")] == ([] if number % 2 else [held])
        heard = [data.get("availableTickets") for message, data in peers[name].take() if message == "availability-update"]
        assert heard == [75 - bought, 500 - held, *([500] if number % 2 else [])]
        assert len(world.rooms.sockets) == 1
    assert rows(client.world, "holds") == []
    assert len(rows(client.world, "orders")) == 12


def test_a_link_that_the_mock_issues_carries_its_world() -> None:
    """An OAuth popup is a navigation: no header goes with it."""
    client = Client("cliick")
    answer = client.post("/api/shops/shop_123/integrations/tiktok/connect", token=_token(client, "a"), headers=within("a"))
    assert answer.status == 200, answer
    url = urlsplit(answer.json["authorizationUrl"])
    assert url.path == "/__world/a/oauth/tiktok/callback"
    assert client.browse("GET", f"{url.path}?{url.query}").status == 200
    platforms = [{row["platform"] for row in rows(world, "connections")} for world in (world_of(client, "a"), client.world)]
    assert platforms == [{"facebook", "tiktok"}, {"facebook"}]


def _token(client: Client, world: str) -> str:
    return str(client.login("test@example.com", headers=within(world)).json["accessToken"])


def test_a_link_of_the_default_world_is_as_it_was() -> None:
    client = Client("cliick")
    answer = client.post("/api/shops/shop_123/integrations/tiktok/connect", by="test@example.com")
    assert urlsplit(answer.json["authorizationUrl"]).path == "/oauth/tiktok/callback"


def test_an_upload_address_carries_its_world() -> None:
    client = Client("watchparty")
    token = client.login(USER, headers=within("a")).json["access"]
    body = {"filename": "film.mp4", "content_type": "video/mp4", "size": 5}
    operation = next(item for item in client.engine.contract.operations if item.id == "createUploadUrl")
    example = next(iter(operation.bodies["application/json"].examples.values()), body)
    answer = client.post(operation.path, example, token=token, headers=within("a"))
    assert answer.status in (200, 201), answer
    path = urlsplit(answer.json["upload_url"]).path
    assert path.startswith("/__world/a/api/videos/uploads/")
    done = client.browse("PUT", path, {"content-type": "video/mp4"}, b"bytes")
    assert done.status in (200, 201), done
    assert client.browse("PUT", path.removeprefix("/__world/a"), {"content-type": "video/mp4"}, b"bytes").status >= 400


def test_a_webhook_that_the_mock_sends_itself_stays_in_its_world() -> None:
    client = Client("cliick")
    token = _token(client, "a")
    intent = client.post(
        f"{PAYMENTS}/intent", {"orderId": "order_123", "amount": 2000, "currency": "usd", "provider": "stripe"}, token=token, headers=within("a")
    )
    assert intent.status in (200, 201), intent
    confirmed = client.post(f"{PAYMENTS}/confirm", {"paymentIntentId": intent.json["id"]}, token=token, headers=within("a"))
    assert confirmed.status == 200, confirmed
    world = world_of(client, "a")
    world.clock.advance(60)
    client.engine.fire(world)
    paid = [next(row for row in rows(item, "orders") if row["id"] == "order_123")["paymentStatus"] for item in (world, client.world)]
    assert paid == ["paid", "unpaid"]
