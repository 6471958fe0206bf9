"""Frames that come twice, late, in another order, under another name, with another payload, or not at all."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.engine import runtime
from mock_server.engine.engine import Engine
from mock_server.engine.frames import Frame
from mock_server.engine.problem import Problem
from mock_server.state.rooms import Socket
from mock_server.state.seats import Ledger

from .planting import mutant
from .plot import Plot, Sending
from .rooms import FAMILY_EVENING, FILM_NIGHT, named
from .site import Site

USER, SECOND, ADMIN, OWNER = "user@example.com", "second@example.com", "admin@example.com", "test@example.com"
VIP = {"eventId": 1, "categoryId": 1}
HELD = 0.2  # seconds that a frame waits for one to overtake it


def changed(change: Callable[[Any], Any]) -> Callable[[Sending], list[Sending]]:
    """Sends another payload."""
    return lambda sending: [sending.again(change(sending.data))]


def unanswered(*names: str) -> Callable[[Engine], None]:
    """Leaves the acknowledgements of messages out."""

    def act(engine: Engine) -> None:
        take = engine.realtime.take

        def taken(socket: Socket, name: str, data: Any, size: int = 0, broken: Problem | None = None, answer: Any = None) -> None:
            take(socket, name, data, size, broken, None if name in names else answer)

        engine.realtime.take = taken  # type: ignore[method-assign]

    return act


@mutant(
    "watchparty-chat-message-twice", "N15", "realtime", "message", "91-91",
    "Each chat message is broadcast twice.",
)  # fmt: skip
def twice(plot: Plot) -> None:
    plot.frames("message", lambda sending: [sending, sending])


@twice.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/chat/{FILM_NIGHT}/", site.token(USER))
    return named(socket.say({"type": "message", "content": "Hello"}), "type").count("message") == 2


@mutant(
    "eventplatform-update-twice", "N15", "realtime", "availability-update", "497-516",
    "Each availability-update is sent twice.",
)  # fmt: skip
def update_twice(plot: Plot) -> None:
    plot.frames("availability-update", lambda sending: [sending, sending])


@update_twice.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    socket.say("join-event-room", {"eventId": 1})
    return [name for name, _ in socket.say("lock-tickets", {**VIP, "quantity": 1})].count("availability-update") == 2


@mutant(
    "savebucks-every-third-chat-message-lost", "N15", "realtime", "chat:message", "289-290",
    "Of three chat messages one is not broadcast.",
)  # fmt: skip
def lost(plot: Plot) -> None:
    sent: dict[str, int] = {}

    def counted(sending: Sending) -> list[Sending]:
        sent[sending.world.name] = sent.get(sending.world.name, 0) + 1
        return [] if sent[sending.world.name] % 3 == 0 else [sending]

    plot.frames("chat:message", counted)


@lost.shown
def _(site: Site) -> bool:
    socket = site.socket("api", "/", {"token": site.token(USER)})
    socket.say("chat:join", "general")
    for number in range(6):
        socket.send("chat:send", {"roomId": "general", "content": str(number)})
    return [name for name, _ in socket.take()].count("chat:message") == 4


@mutant(
    "watchparty-frames-overtake", "N15", "realtime", "play pause seek", "90-90",
    "Playback frames that are sent one after the other arrive in another order.",
)  # fmt: skip
def overtake(plot: Plot) -> None:
    plot.made(_overtaking)


def _overtaking(engine: Engine) -> None:
    deliver = engine.realtime._deliver
    held: dict[Any, tuple[Any, ...]] = {}

    def released(key: Any) -> None:
        if key in held:
            deliver(*held.pop(key))

    def delivered(world: Any, recipients: list[Socket], frame: Frame, room: str | None = None, mark: str = "") -> None:
        key = (world.name, room)
        if frame.name not in ("play", "pause", "seek"):
            deliver(world, recipients, frame, room)
        elif key in held:
            deliver(world, recipients, frame, room)
            released(key)
        else:
            held[key] = (world, recipients, frame, room)
            asyncio.get_running_loop().call_later(HELD, released, key)

    engine.realtime._deliver = delivered  # type: ignore[method-assign]


@overtake.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/party/{FAMILY_EVENING}/", site.token(USER))
    for position in (1, 2):
        socket.send({"type": "seek", "position": position})
    return [frame["position"] for frame in socket.read(0.5) if frame["type"] == "seek"] == [2, 1]


@mutant(
    "savebucks-balance-event-renamed", "N15", "realtime", "balance:updated", "441-448",
    "The event is called `balance_updated`.",
)  # fmt: skip
def renamed(plot: Plot) -> None:
    plot.frames("balance:updated", lambda sending: [sending.again(name="balance_updated")])


@renamed.shown
def _(site: Site) -> bool:
    socket = site.socket("api", "/", {"token": site.token(USER)})
    site.post("/api/admin/users/1/adjust-balance", {"amount": 1, "reason": "gift"}, by=ADMIN)
    return "balance_updated" in dict(socket.take())


@mutant(
    "savebucks-balance-as-text", "N15 S", "realtime", "balance:updated", "441-448",
    "`newBalance` and `change` are texts.",
)  # fmt: skip
def as_text(plot: Plot) -> None:
    plot.frames("balance:updated", changed(lambda data: {**data, "newBalance": f"{data['newBalance']:.2f}", "change": str(data["change"])}))


@as_text.shown
def _(site: Site) -> bool:
    socket = site.socket("api", "/", {"token": site.token(USER)})
    site.post("/api/admin/users/1/adjust-balance", {"amount": 1, "reason": "gift"}, by=ADMIN)
    return isinstance(dict(socket.take())["balance:updated"]["newBalance"], str)


@mutant(
    "savebucks-undeclared-event-after-chat", "N15 N18", "realtime", "chat:message chat:send", "279-294",
    "Every chat message is followed by an event that nobody declared.",
)  # fmt: skip
def undeclared(plot: Plot) -> None:
    plot.frames("chat:message", lambda sending: [sending, sending.again({"took": 3}, name="debug:timing")])


@undeclared.shown
def _(site: Site) -> bool:
    socket = site.socket("api", "/", {"token": site.token(USER)})
    socket.say("chat:join", "general")
    return "debug:timing" in dict(socket.say("chat:send", {"roomId": "general", "content": "Hello"}))


@mutant(
    "eventplatform-lock-without-a-response", "N15", "realtime", "lock-tickets lock-tickets-response", "468-482",
    "A lock is made, but lock-tickets-response never comes.",
)  # fmt: skip
def no_response(plot: Plot) -> None:
    plot.frames("lock-tickets-response", lambda _sending: [])


@no_response.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    return "lock-tickets-response" not in dict(socket.say("lock-tickets", {**VIP, "quantity": 1}))


@mutant(
    "eventplatform-acknowledgements-missing", "N15", "realtime", "lock-tickets join-event-room", "457-482",
    "Who emits with an acknowledgement waits for it in vain.",
)  # fmt: skip
def no_acknowledgement(plot: Plot) -> None:
    plot.made(unanswered("lock-tickets", "unlock-tickets", "join-event-room", "get-my-locks", "heartbeat"))


@no_acknowledgement.shown
def _(site: Site) -> bool:
    return site.socket("realtime", "/realtime", userId=1).call("heartbeat", patience=0.5) is None


@mutant(
    "eventplatform-unknown-event-joined", "N15", "realtime", "join-event-room joined-event-room error", "447-455",
    "Joining the room of an event that does not exist is confirmed.",
)  # fmt: skip
def unknown_joined(plot: Plot) -> None:
    plot.words(
        "joinEventRoom",
        **{"with": None},
        room="'event:' + str(body.eventId)",
        reply=lambda old: {**old, "eventId": "body.eventId"},
    )


@unknown_joined.shown
def _(site: Site) -> bool:
    return "joined-event-room" in dict(site.socket("realtime", "/realtime", userId=1).say("join-event-room", {"eventId": 99999}))


class LocksAgain(Ledger):
    """Does not see that a user has a lock."""

    def locked(self, unit: Any, row: Any, now: float, user: Any = None) -> int:
        return 0 if user is not None else super().locked(unit, row, now)


@mutant(
    "eventplatform-second-lock-in-a-category", "N15 N6", "realtime", "lock-tickets lock-tickets-response", "457-482",
    "A user may lock a category again and again, beside the lock that is there.",
)  # fmt: skip
def second_lock(plot: Plot) -> None:
    plot.swap(runtime, "Ledger", LocksAgain)
    plot.words("unlockTickets", unless=None)


@second_lock.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    answers = [dict(socket.say("lock-tickets", {**VIP, "quantity": 1}))["lock-tickets-response"]["success"] for _ in range(2)]
    return answers == [True, True]


@mutant(
    "eventplatform-expiry-not-told", "N15", "realtime", "availability-update lock-tickets", "457-516",
    "When a lock expires, the event's room is not told.",
)  # fmt: skip
def expiry_silent(plot: Plot) -> None:
    plot.collection("ticketCategories", capacity=lambda old: replace(old, holds=replace(old.holds, announce=None)))


@expiry_silent.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    socket.say("join-event-room", {"eventId": 1})
    socket.say("lock-tickets", {**VIP, "quantity": 1})
    site.advance(301)
    return "availability-update" not in dict(socket.take())


@mutant(
    "cliick-ping-unanswered", "N15", "realtime", "ping pong", "96-99",
    "A ping is not answered.",
)  # fmt: skip
def no_pong(plot: Plot) -> None:
    plot.frames("pong", lambda _sending: [])


@no_pong.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws", tag="event")
    socket.send({"event": "ping", "data": {}})
    return socket.read(0.5) == []


@mutant(
    "cliick-notification-without-a-type", "N15 S", "realtime", "notification updateOrderStatus", "122-130",
    "A notification lacks its `type`.",
)  # fmt: skip
def no_type(plot: Plot) -> None:
    plot.frames("notification", changed(lambda frame: {**frame, "data": {name: value for name, value in frame["data"].items() if name != "type"}}))


@no_type.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws", site.token(OWNER), tag="event")
    socket.say({"event": "shop:join", "data": {"shopId": "shop_123"}})
    site.put("/api/shops/shop_123/orders/order_123/status", {"status": "processing"}, by=OWNER)
    return any(frame["event"] == "notification" and "type" not in frame["data"] for frame in socket.take())


@mutant(
    "watchparty-votes-not-counted", "N15 N2", "realtime", "poll_vote poll_update", "93-93",
    "poll_update after a vote carries the votes as they were before.",
)  # fmt: skip
def votes(plot: Plot) -> None:
    plot.words("votePoll", emit=lambda old: [{**old[0], "data": {**old[0]["data"], "poll": "pick(poll, ['id', 'question', 'options', 'created_at'])"}}])
    plot.words("votePoll", updates=lambda old: [{**old[0], "set": {"options": "poll.options"}}])


@votes.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/interactive/{FILM_NIGHT}/", site.token(SECOND))
    vote = {"type": "poll_vote", "poll_id": "50000000-0000-4000-8000-000000000001", "option": "51000000-0000-4000-8000-000000000001"}
    return any(frame["type"] == "poll_update" and sum(option["votes"] for option in frame["poll"]["options"]) == 0 for frame in socket.say(vote))
