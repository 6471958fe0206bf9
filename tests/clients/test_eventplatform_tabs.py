"""The event platform in several tabs: locks belong to the user, and live with the socket that made them."""

from contextlib import closing

import pytest

from .eventplatform import Event, User, Venue, beat, figures
from .node import Clients, SocketIO


def tabs(venue: Venue, event: Event) -> tuple[User, SocketIO, SocketIO]:
    user = venue.user()
    return user, venue.join(user, event), venue.join(user, event)


def test_one_tab_unlocks_what_another_has_locked(venue: Venue) -> None:
    event = venue.event(10)
    _, one, two = tabs(venue, event)
    one.ask("lock-tickets", event.seats(4))
    assert two.ask("unlock-tickets", event.seats(4)) == {"success": True}
    for tab in (one, two):
        assert [figures(tab.wait("availability-update")) for _ in range(2)] == [(6, 4, 10), (10, 0, 10)]


def test_answers_go_to_the_tab_that_asked(venue: Venue) -> None:
    event = venue.event(10)
    _, one, two = tabs(venue, event)
    one.emit("lock-tickets", event.seats(4))
    one.wait("lock-tickets-response")
    assert [item.event for item in two.rest()] == ["availability-update"]


def test_both_tabs_list_the_same_locks(venue: Venue) -> None:
    event = venue.event(10)
    _, one, two = tabs(venue, event)
    one.ask("lock-tickets", event.seats(4))
    assert one.ask("get-my-locks") == two.ask("get-my-locks")


def test_a_second_tab_gets_no_second_lock_in_the_category(venue: Venue) -> None:
    event = venue.event(10)
    _, one, two = tabs(venue, event)
    one.ask("lock-tickets", event.seats(4))
    assert two.ask("lock-tickets", event.seats(1)) == {"success": False, "message": "You have a lock in this category already"}


def test_a_completed_order_is_told_in_both_tabs(venue: Venue) -> None:
    event = venue.event(10)
    user, one, two = tabs(venue, event)
    order = user.rest.post("/orders", event.seats(2))
    assert one.wait("order-completed") == two.wait("order-completed")
    assert user.rest.get(f"/orders/{order['id']}")["status"] == "completed"


@pytest.mark.parametrize(
    ("transport", "act"), [("polling", "disconnect"), ("polling", "cut"), ("websocket", "disconnect"), ("websocket", "cut"), ("websocket", "kill")]
)
def test_a_lock_ends_with_the_socket_that_made_it(venue: Venue, transport: str, act: str) -> None:
    event = venue.event(10)
    locker, watcher = venue.enter(venue.user(), transports=[transport]), venue.join(venue.user(), event)
    locker.ask("lock-tickets", event.seats(4))
    locker.do(act)
    assert [figures(watcher.wait("availability-update")) for _ in range(2)] == [(6, 4, 10), (10, 0, 10)]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_a_lock_ends_with_the_program_that_made_it(venue: Venue, transport: str) -> None:
    event, user = venue.event(10), venue.user()
    watcher = venue.join(venue.user(), event)
    with closing(Clients(SocketIO)) as program:
        options = {"query": {"userId": user.id}, "transports": [transport]}
        locker = program.open(f"{venue.realtime}/realtime", options, settle=beat)
        locker.wait("connected")
        locker.ask("lock-tickets", event.seats(4))
        locker.idle()
        program.kill()
    assert [figures(watcher.wait("availability-update")) for _ in range(2)] == [(6, 4, 10), (10, 0, 10)]


def test_a_lock_outlives_the_user_s_other_tabs(venue: Venue) -> None:
    event = venue.event(10, 10)
    _, one, two = tabs(venue, event)
    kept = one.ask("lock-tickets", event.seats(4, category=0))
    two.ask("lock-tickets", event.seats(2, category=1))
    two.do("disconnect")
    ends = [one.wait("availability-update") for _ in range(3)][-1]
    assert (ends["categoryId"], *figures(ends)) == (event.categories[1], 10, 0, 10)
    assert [lock["lockId"] for lock in one.ask("get-my-locks")["locks"]] == [kept["lockId"]]


def test_a_socket_without_locks_leaves_in_silence(venue: Venue) -> None:
    event = venue.event(10)
    locker, watcher, leaver = (venue.join(venue.user(), event) for _ in range(3))
    leaver.do("disconnect")
    locker.ask("lock-tickets", event.seats(4))
    locker.do("disconnect")
    assert [figures(watcher.wait("availability-update")) for _ in range(2)] == [(6, 4, 10), (10, 0, 10)]
    assert watcher.rest() == []
