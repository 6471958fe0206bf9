"""Worlds of the Python client: apart from one another, reached by header, cookie or path."""

import pytest
from websockets.sync.client import connect

from understudy.testing import MockError, MockFactory, Understudy

from ..mock_process import ask
from .front import Front


@pytest.fixture
def mock(understudy_mock: MockFactory) -> Understudy:
    return understudy_mock("eventplatform")


def test_worlds_do_not_meet(mock: Understudy) -> None:
    one, two = mock.fresh(), mock.fresh()
    assert one.name != two.name
    Front(one.url, one.headers).sign_in().order()
    one.clock.freeze("2030-01-01T00:00:00Z")
    one.faults.add("status", status=503)
    assert [world.state.counts()["orders"] for world in (one, two, mock)] == [13, 12, 12]
    assert [world.clock.state.frozen for world in (one, two, mock)] == [True, False, False]
    assert [Front(world.url, world.headers).status("/events") for world in (one, two, mock)] == [503, 200, 200]
    assert [len(world.requests.all()) for world in (one, two, mock)] == [3, 1, 1]


def test_a_world_is_in_the_path_for_what_sends_no_header(mock: Understudy) -> None:
    world = mock.fresh()
    assert world.base == f"{mock.url}/__world/{world.name}"
    assert world.bases == {name: f"{url}/__world/{world.name}" for name, url in mock.urls.items()}
    Front(world.base).sign_in().order()
    assert world.state.counts()["orders"] == mock.state.counts()["orders"] + 1
    assert world.requests.count(operation="createOrder") == 1


def test_a_world_is_in_a_cookie_for_browsers(mock: Understudy) -> None:
    world = mock.fresh()
    cookie = "; ".join(f"{name}={value}" for name, value in world.cookies.items())
    ask(f"{mock.url}/api/events/1", headers={"cookie": cookie})
    assert (world.requests.count(), mock.requests.count()) == (1, 0)


def test_the_default_world_needs_nothing_sent(mock: Understudy) -> None:
    assert (mock.headers, mock.cookies, mock.base) == ({}, {}, mock.url)


def test_a_named_world_is_begun_again_when_it_is_there(mock: Understudy) -> None:
    world = mock.world("checkout")
    world.state("orders").delete(1)
    again = mock.world("checkout")
    assert again.name == "checkout"
    assert again.state("orders").get(1)["id"] == 1
    with pytest.raises(MockError, match="is no name of a world") as caught:
        mock.world("a b")
    assert caught.value.status == 409


def test_worlds_are_created_listed_and_deleted(mock: Understudy) -> None:
    mock.snapshots.save("seed")
    mock.state("orders").delete(1)
    world = mock.worlds.create("one", snapshot="seed")
    assert world.state("orders").get(1)["id"] == 1
    later = mock.worlds.create("later", now="2040-01-01T00:00:00Z")
    assert later.clock.now.year == 2040
    assert [item.name for item in mock.worlds.list()] == ["default", "one", "later"]
    assert mock.worlds.list()[1].base == world.base
    assert mock.worlds.delete("one").name == "one"
    later.end()
    assert [item.name for item in mock.worlds.list()] == ["default"]
    with pytest.raises(MockError, match="The default world can't be deleted; reset it"):
        mock.end()


def test_a_world_goes_with_its_block(mock: Understudy) -> None:
    with mock.fresh() as world:
        assert len(mock.worlds.list()) == 2
    assert [item.name for item in mock.worlds.list()] == ["default"]
    assert world.name not in mock.headers.values()


def test_another_client_of_a_world_does_not_end_it(mock: Understudy) -> None:
    mock.worlds.create("shared")
    with Understudy(mock.url, world="shared") as other:
        assert other.headers == {"X-Understudy-World": "shared"}
    assert len(mock.worlds.list()) == 2


def test_sockets_are_listed_heard_and_kicked_in_their_world(mock: Understudy) -> None:
    world = mock.fresh()
    address = world.bases["realtime"].replace("http", "ws", 1)
    with connect(f"{address}/socket.io/?EIO=4&transport=websocket&userId=1") as socket:
        socket.recv()
        socket.send("40/realtime,")
        assert str(socket.recv()).startswith("40/realtime,")
        (found,) = world.sockets.list()
        assert (found.account, mock.sockets.list()) == (1, [])
        given = {"eventId": 1, "categoryId": 1, "availableTickets": 1, "totalTickets": 2, "lockedTickets": 1, "timestamp": "2026-11-21T12:00:00Z"}
        assert [where.emit("availability-update", given).sockets for where in (mock, world)] == [0, 1]
        frames = [str(socket.recv()) for _ in range(2)]
        assert frames[-1].startswith('42/realtime,["availability-update",')
        assert world.sockets.kick(found).id == found.id
        assert str(socket.recv()) == "41/realtime,"
    assert world.sockets.list() == []
