"""What falls due happens by itself, on the world's clock."""

import asyncio
from collections.abc import Callable

import pytest

from mock_server.transports.scheduler import Scheduler
from tests.backends.client import Client
from tests.backends.peer import Peer

PATIENCE = 5.0


@pytest.fixture
def client() -> Client:
    return Client("eventplatform")


def watched(client: Client) -> Peer:
    """A socket in the room of event 1 that holds two seats."""
    peer = Peer(client, "realtime/realtime", query={"userId": 1})
    peer.send("join-event-room", {"eventId": 1})
    peer.send("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 2})
    peer.take()
    return peer


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)


def scheduled(client: Client, act: Callable[[], None], holds: Callable[[], bool]) -> None:
    """Runs a scheduler, does an act, and waits until something holds."""

    async def run() -> None:
        scheduler = Scheduler(client.engine)
        scheduler.start()
        act()
        await _until(holds)
        scheduler.stop()

    asyncio.run(run())


def test_a_lock_ends_without_anybody_asking(client: Client) -> None:
    peer = watched(client)
    scheduled(client, lambda: client.world.clock.run(rate=3000), lambda: bool(peer.received))
    assert [(name, data["lockedTickets"]) for name, data in peer.take()] == [("availability-update", 0)]


def test_what_is_set_while_it_runs_happens_too(client: Client) -> None:
    client.world.clock.run(rate=1000)
    peer = Peer(client, "realtime/realtime", query={"userId": 1})
    order = {"eventId": 1, "categoryId": 1, "quantity": 1}
    scheduled(
        client,
        lambda: [None, client.post("/api/orders", order, by="user@example.com")][0],
        lambda: any(name == "order-completed" for name, _ in peer.received),
    )


def test_an_advance_of_a_frozen_clock_wakes_it(client: Client) -> None:
    peer = watched(client)
    scheduled(client, lambda: client.world.clock.advance(300), lambda: bool(peer.received))


def test_a_clock_that_stands_still_is_not_waited_for(client: Client) -> None:
    watched(client)

    async def run() -> None:
        scheduler = Scheduler(client.engine)
        scheduler.start()
        assert not scheduler._handles
        client.world.clock.run()
        assert scheduler._handles
        client.world.clock.freeze()
        assert not scheduler._handles
        scheduler.stop()

    asyncio.run(run())


def test_services_share_it(client: Client) -> None:
    async def run() -> None:
        scheduler = Scheduler(client.engine)
        scheduler.start()
        scheduler.start()
        scheduler.stop()
        assert client.world.timers.sooner is not None
        scheduler.stop()
        assert client.world.timers.sooner is None
        assert client.world.clock.moved is None

    asyncio.run(run())


def test_a_world_that_comes_after_its_end_is_nobody_s(client: Client) -> None:
    scheduled(client, lambda: None, lambda: True)
    world = client.engine.worlds.create("afterwards")
    world.timers.set(world.clock.now + 60, "due")
    world.clock.advance(1)
    client.engine.worlds.drop("afterwards")
