"""Rate limits that are not there, or say what is not true."""

from collections.abc import Callable
from typing import Any

from mock_server.engine.entries import Response

from .planting import mutant
from .plot import Asked, Plot
from .site import Answer, Site

USER = "user@example.com"


def flooded(site: Site, login: str = USER) -> Answer:
    """The answer to the eleventh attempt to sign in within a minute."""
    return [site.login(login, "wrong password") for _ in range(11)][-1]


def told(change: Callable[[str], str | None]) -> Callable[[Asked, Response], None]:
    """Changes what `Retry-After` says; None takes it away."""

    def changed(_asked: Asked, response: Response) -> None:
        if response.status == 429:
            headers = [(name, _as_told(name, value, change)) for name, value in response.headers]
            response.headers = [(name, value) for name, value in headers if value is not None]

    return changed


def _as_told(name: bytes, value: bytes, change: Callable[[str], str | None]) -> Any:
    after = change(value.decode()) if name == b"retry-after" else value.decode()
    return None if after is None else after.encode()


@mutant(
    "eventplatform-login-without-a-limit", "N11", "security", "login", "53-68",
    "Passwords can be tried as often as one likes.",
)  # fmt: skip
def no_limit(plot: Plot) -> None:
    plot.words("login", rate=None)


@no_limit.shown
def _(site: Site) -> bool:
    return flooded(site).status != 429


@mutant(
    "platng-retry-after-too-short", "N11", "security", "login", "606-606",
    "`Retry-After` says one second, but the window is open only after a minute.",
)  # fmt: skip
def too_short(plot: Plot) -> None:
    plot.answers("login", told(lambda _value: "1"))


@too_short.shown
def _(site: Site) -> bool:
    flooded(site)
    site.advance(2)
    return site.login(USER).status == 429 and site.login(USER).headers["retry-after"] == "1"


@mutant(
    "cliick-retry-after-missing", "N11 S", "security", "login", "337-338",
    "A 429 does not say when another attempt is allowed.",
)  # fmt: skip
def missing(plot: Plot) -> None:
    plot.answers("login", told(lambda _value: None))


@missing.shown
def _(site: Site) -> bool:
    answer = flooded(site, "test@example.com")
    return answer.status == 429 and "retry-after" not in answer.headers


@mutant(
    "savebucks-window-does-not-recover", "N11", "security", "login", "842-842",
    "Who was throttled stays so for an hour, though `Retry-After` speaks of a minute at most.",
)  # fmt: skip
def stays_shut(plot: Plot) -> None:
    plot.words("login", rate=lambda old: {**old, "per": "1h"})
    plot.answers("login", told(lambda value: str(min(int(value), 60))))


@stays_shut.shown
def _(site: Site) -> bool:
    wait = int(flooded(site).headers["retry-after"])
    site.advance(wait + 1)
    return wait <= 60 and site.login(USER).status == 429


@mutant(
    "watchparty-inviting-without-a-limit", "N11", "security", "inviteToParty", "97-100",
    "Invitations are not throttled.",
)  # fmt: skip
def no_invitations(plot: Plot) -> None:
    plot.words("inviteToParty", rate=None)


@no_invitations.shown
def _(site: Site) -> bool:
    path = "/api/parties/10000000-0000-4000-8000-000000000001/invite/"
    return {site.post(path, {"emails": [f"guest{number}@example.com"]}, by=USER).status for number in range(12)} == {200}


@mutant(
    "eventplatform-socket-events-without-a-limit", "N11 N15", "realtime", "heartbeat heartbeat-response", "867-867",
    "A socket may send as many events a second as it likes.",
)  # fmt: skip
def no_socket_limit(plot: Plot) -> None:
    plot.words("realtime", rate=None)


@no_socket_limit.shown
def _(site: Site) -> bool:
    site.put("/__admin/clock", {"frozen": True})
    socket = site.socket("realtime", "/realtime", userId=1)
    for _ in range(30):
        socket.send("heartbeat")
    return [name for name, _ in socket.take()].count("heartbeat-response") == 30
