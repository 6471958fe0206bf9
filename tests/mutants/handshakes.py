"""Sockets that are let in, or obeyed, without a look at whose they are."""

from .planting import mutant
from .plot import Plot
from .rooms import FAMILY_EVENING, FILM_NIGHT, named
from .site import Site

USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"


@mutant(
    "eventplatform-socket-of-another-user", "N8 N15", "realtime", "connected error", "427-434",
    "The token in a handshake is not looked at: a socket is whoever its `userId` names.",
)  # fmt: skip
def another_user(plot: Plot) -> None:
    plot.words("realtime", requires=[{"when": "account == null", "say": "Unauthorized", "status": 401}])


@another_user.shown
def _(site: Site) -> bool:
    return "connected" in dict(site.socket("realtime", "/realtime", userId=1, token=site.token(SECOND)).take())


@mutant(
    "eventplatform-locks-in-the-name-of-others", "N9 N15", "realtime", "lock-tickets unlock-tickets", "457-490",
    "The `userId` in a message is not compared with the socket's: it is simply ignored.",
)  # fmt: skip
def others_name(plot: Plot) -> None:
    plot.words("lockTickets unlockTickets joinEventRoom", requires=None)


@others_name.shown
def _(site: Site) -> bool:
    socket = site.socket("realtime", "/realtime", userId=1)
    answer = dict(socket.say("lock-tickets", {"eventId": 1, "categoryId": 1, "quantity": 1, "userId": 3}))["lock-tickets-response"]
    return bool(answer["success"])


@mutant(
    "platng-socket-without-a-token", "N8 N15", "realtime", "notification", "510-522",
    "The notifications' namespace lets sockets in that bring no good token.",
)  # fmt: skip
def without_token(plot: Plot) -> None:
    plot.words("api root", requires=None)


@without_token.shown
def _(site: Site) -> bool:
    return site.socket("notifications", "/api/v1", {"token": "nonsense"}).refused is None


@mutant(
    "savebucks-socket-without-a-token", "N8 N15", "realtime", "chat:join chat:joined offer:new", "258-271",
    "A socket whose token is bad is let in.",
)  # fmt: skip
def bad_token(plot: Plot) -> None:
    plot.words("root", requires=None)


@bad_token.shown
def _(site: Site) -> bool:
    return site.socket("api", "/", {"token": "nonsense"}).refused is None


@mutant(
    "cliick-socket-with-a-bad-token-stays-open", "N8 N15", "realtime", "ping pong", "428-440",
    "A socket whose token is bad is not closed.",
)  # fmt: skip
def stays_open(plot: Plot) -> None:
    plot.words("shop", requires=None)


@stays_open.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws", "nonsense", tag="event")
    return socket.take() == [] and socket.closed is None


@mutant(
    "watchparty-chat-open-to-strangers", "N8 N9 N15", "realtime", "message typing", "91-91",
    "The chat socket of a private party lets in who takes no part in it.",
)  # fmt: skip
def strangers(plot: Plot) -> None:
    plot.words("chat", requires=lambda old: old[:1])


@strangers.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/chat/{FAMILY_EVENING}/", site.token(ADMIN))
    return socket.take() == [] and socket.closed is None


@mutant(
    "watchparty-guest-moves-the-playback", "N8 N15", "realtime", "play pause seek", "90-90",
    "Guests may play, pause and seek, which only the host may.",
)  # fmt: skip
def guest(plot: Plot) -> None:
    plot.words("playParty pauseParty seekParty", requires=None)


@guest.shown
def _(site: Site) -> bool:
    socket = site.frames(f"/ws/party/{FILM_NIGHT}/", site.token(SECOND))
    return "play" in named(socket.say({"type": "play", "position": 1}), "type")


@mutant(
    "watchparty-notifications-without-a-token", "N8 N15", "realtime", "notification ping", "92-92",
    "The notifications' socket opens without a token.",
)  # fmt: skip
def open_notifications(plot: Plot) -> None:
    plot.words("notifications", requires=None)


@open_notifications.shown
def _(site: Site) -> bool:
    socket = site.frames("/ws/notifications/")
    return socket.take() == [] and socket.closed is None
