"""Messages that reach whom they should not, or fail to reach whom they should."""

from typing import Any

from .planting import mutant
from .plot import Plot
from .site import Site

USER, SECOND, ADMIN, OWNER = "user@example.com", "second@example.com", "admin@example.com", "test@example.com"
FILM_NIGHT, FAMILY_EVENING = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
SECOND_KEY = "00000000-0000-4000-8000-000000000002"


def named(frames: list[Any], tag: str) -> list[str]:
    """The names of frames."""
    return [str(frame[tag]) for frame in frames]


@mutant(
    "eventplatform-update-to-every-room", "N15 N9", "realtime", "availability-update", "497-516",
    "availability-update goes to all sockets, also those that never joined the event's room.",
)  # fmt: skip
def every_room(plot: Plot) -> None:
    plot.words("announceAvailability", room=None)


@every_room.shown
def _(site: Site) -> bool:
    watcher = site.socket("realtime", "/realtime", userId=3)
    watcher.say("join-event-room", {"eventId": 2})
    site.post("/api/events/tickets/reserve", {"eventId": 1, "categoryId": 1, "quantity": 1}, by=USER)
    return "availability-update" in dict(watcher.take())


@mutant(
    "eventplatform-completion-told-to-everyone", "N9 N15", "realtime", "order-completed createOrder", "518-535",
    "The completion of an order is told to all users.",
)  # fmt: skip
def completion(plot: Plot) -> None:
    plot.words("announceCompletion", room=None)


@completion.shown
def _(site: Site) -> bool:
    other = site.socket("realtime", "/realtime", userId=3)
    site.post("/api/orders", {"eventId": 1, "categoryId": 2, "quantity": 1}, by=USER)
    site.advance(3)
    return "order-completed" in dict(other.take())


@mutant(
    "eventplatform-rest-tells-no-room", "N15", "realtime", "availability-update reserveTickets createOrder", "497-516",
    "Only locks are told to an event's room: what is reserved or ordered by REST is not.",
)  # fmt: skip
def rest_silent(plot: Plot) -> None:
    plot.words("reserveTickets releaseTickets createOrder", emit=None)


@rest_silent.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    socket.say("join-event-room", {"eventId": 1})
    site.post("/api/events/tickets/reserve", {"eventId": 1, "categoryId": 1, "quantity": 1}, by=USER)
    return "availability-update" not in dict(socket.take())


@mutant(
    "cliick-message-to-every-shop", "N9 N15", "realtime", "message:new sendMessage", "102-108",
    "A new message is sent to the sockets of all shops.",
)  # fmt: skip
def every_shop(plot: Plot) -> None:
    plot.words("sendMessage", emit=lambda old: [{**old[0], "room": "null"}, old[1]])


@every_shop.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws", site.token("other@example.com"), tag="event")
    socket.say({"event": "shop:join", "data": {"shopId": "shop_124"}})
    site.post("/api/shops/shop_123/conversations/conversation_1/messages", {"text": "Hello"}, by=OWNER)
    return "message:new" in named(socket.take(), "event")


@mutant(
    "cliick-any-shop-joined", "N9 N15", "realtime", "shop:join error order:update", "89-94",
    "A socket may join the room of a shop that its user does not belong to.",
)  # fmt: skip
def any_shop(plot: Plot) -> None:
    plot.words("joinShop", members=None)


@any_shop.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws", site.token("other@example.com"), tag="event")
    refused = socket.say({"event": "shop:join", "data": {"shopId": "shop_123"}})
    site.put("/api/shops/shop_123/orders/order_123/status", {"status": "processing"}, by=OWNER)
    return not refused and "order:update" in named(socket.take(), "event")


@mutant(
    "savebucks-chat-without-joining", "N15", "realtime", "chat:send chat:message error", "279-300",
    "A message can be sent to a room that its sender has not joined.",
)  # fmt: skip
def without_joining(plot: Plot) -> None:
    plot.words("sendChat", requires=None)


@without_joining.shown
def _(site: Site) -> bool:
    inside, outside = (site.socket("api", "/", {"token": site.token(login)}) for login in (USER, SECOND))
    inside.say("chat:join", "lounge")
    outside.say("chat:send", {"roomId": "lounge", "content": "Hello"})
    return "chat:message" in dict(inside.take())


@mutant(
    "savebucks-balance-told-to-everyone", "N9 N15", "realtime", "balance:updated adjustBalance", "441-448",
    "balance:updated of one user is sent to all.",
)  # fmt: skip
def balance(plot: Plot) -> None:
    plot.words("adjustBalance", emit=lambda old: [{name: value for name, value in old[0].items() if name != "room"}])


@balance.shown
def _(site: Site) -> bool:
    other = site.socket("api", "/", {"token": site.token(SECOND)})
    site.post("/api/admin/users/1/adjust-balance", {"amount": 1, "reason": "gift"}, by=ADMIN)
    return "balance:updated" in dict(other.take())


@mutant(
    "watchparty-voice-offer-to-all", "N9 N15", "realtime", "voice_offer", "93-93",
    "A voice offer to one participant reaches all of the party.",
)  # fmt: skip
def voice(plot: Plot) -> None:
    plot.words("offerVoice", emit=lambda old: [{**old[0], "room": "'interactive:' + path.partyId"}])


@voice.shown
def _(site: Site) -> bool:
    sender = site.frames(f"/ws/interactive/{FILM_NIGHT}/", site.token(USER))
    return "voice_offer" in named(sender.say({"type": "voice_offer", "to": SECOND_KEY, "sdp": "v=0"}), "type")


@mutant(
    "watchparty-chat-heard-in-every-party", "N9 N15", "realtime", "message sendChatMessage", "91-91",
    "A chat message is sent to the chats of all parties.",
)  # fmt: skip
def every_party(plot: Plot) -> None:
    plot.words("sendChatMessage sendChatFrame", emit=lambda old: [{**old[0], "room": "null"}])


@every_party.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/chat/{FILM_NIGHT}/", site.token(SECOND))
    site.post(f"/api/chat/{FAMILY_EVENING}/messages/send/", {"content": "Private"}, by=USER)
    return "message" in named(socket.take(), "type")


@mutant(
    "watchparty-no-word-of-who-leaves", "N15", "realtime", "leave", "90-90",
    "When a socket goes away, the party is not told that its user left.",
)  # fmt: skip
def no_leave(plot: Plot) -> None:
    plot.words("party", closes=None)


@no_leave.shown
def _(site: Site) -> bool:
    here, going = (site.frames(f"/ws/party/{FILM_NIGHT}/", site.token(login)) for login in (USER, SECOND))
    here.take()
    going.close()
    return "leave" not in named(here.read(0.5), "type")


@mutant(
    "platng-notification-never-pushed", "N15", "realtime", "notification verifyPayment", "524-528",
    "Notifications are made, but not pushed.",
)  # fmt: skip
def never(plot: Plot) -> None:
    plot.words("pushNotification", whenever=None)


@never.shown
def _(site: Site) -> bool:
    socket = site.socket("notifications", "/api/v1", {"token": site.token(USER)})
    site.post("/api/v1/orders/verify", {"order_id": 789, "reference": "paystack-reference-123"}, by=USER)
    return "notification" not in dict(socket.take())


@mutant(
    "platng-notification-to-every-user", "N9 N15", "realtime", "notification", "524-528",
    "A notification of one user is pushed to all.",
)  # fmt: skip
def every_user(plot: Plot) -> None:
    plot.words("pushNotification", room=None)


@every_user.shown
def _(site: Site) -> bool:
    socket = site.socket("notifications", "/api/v1", {"token": site.token(SECOND)})
    site.post("/api/v1/orders/verify", {"order_id": 789, "reference": "paystack-reference-123"}, by=USER)
    return "notification" in dict(socket.take())
