"""The flows of SaveBucks' guide: sign-in and profiles, and what an administrator does over the same data; offers and figures have a module of their own."""

from collections.abc import Iterator

from contract_tests.checks import Check, NotChecked
from contract_tests.journey import CREDENTIAL, OTHERS, RIGHTS, Flow, Journey, Row, flows_of
from contract_tests.journeys.savebucks_panel import PANEL
from contract_tests.people import Person
from understudy.contract.functions import time
from understudy.contract.model import Contract

__all__ = ["plan"]

PROFILE = ("id", "email", "name", "balance")
SUSPENDED = "what suspending does is ours; the guide names the status"
SKEW = 90.0  # seconds that clocks may differ
ROOM = "check-room"


def plan(contract: Contract) -> Iterator[Check]:
    """The flows, each as one check."""
    return flows_of(contract, __name__, FLOWS)


def _signed_in(journey: Journey, person: Person) -> Row:
    """The answer to a login."""
    if not person.password:
        raise NotChecked(f"{person} has no password to sign in with")
    return journey.row("login", None, {"email": person.login, "password": person.password})


def _holder(person: Person, token: str) -> Person:
    return Person(person.login, person.password, person.role, token=token, key=person.key)


def _login(journey: Journey) -> None:
    """Login, the own profile, refresh: as the guide's AuthService does it."""
    person, other, admin = journey.account("user"), journey.session.people.others(journey.account("user")), journey.account("admin")
    with journey.step("login answers the user, both tokens, and how long the first lives", "login", on="login", rule="journey.rights"):
        login = _signed_in(journey, person)
        journey.equal(login["user"]["email"], person.login, "e-mail of the user")
        journey.holds(login["refreshToken"] and login["accessToken"] != login["refreshToken"], "the tokens are one", "two tokens", "")
    holder, me = _holder(person, login["accessToken"]), {"userId": login["user"]["id"]}
    with journey.step("the own profile is the user of the login", "profile", on="getUserProfile", rule="journey.agrees"):
        journey.agree(journey.row("getUserProfile", holder, path=me), login["user"], PROFILE, "the profile")
    with journey.step(
        "nobody reads another's profile, but an administrator", "private", on="getUserProfile", rule="journey.others", inferred="whose a profile is", apart=True
    ):
        journey.refuses(OTHERS, "getUserProfile", journey.fresh(other), path=me, broken=False)
        journey.agree(journey.row("getUserProfile", admin, path=me), login["user"], PROFILE, "the profile for an administrator")
    with journey.step("the refresh token makes an access token that works", "refreshed", on="refreshSession", rule="journey.rights", lines=(72, 83)):
        renewed = journey.row("refreshSession", None, {"refreshToken": login["refreshToken"]})
        journey.agree(journey.row("getUserProfile", _holder(person, renewed["accessToken"]), path=me), login["user"], ("id", "email"), "the profile")
        journey.equal(renewed["expiresIn"], login["expiresIn"], "expiresIn")
    with journey.step(
        "an access token refreshes nothing", "not-refreshed", on="refreshSession", rule="journey.rights", inferred="a token has one use", apart=True
    ):
        journey.refuses(CREDENTIAL, "refreshSession", None, {"refreshToken": login["accessToken"]}, broken=False)
    with journey.step("a wrong password does not sign in", "wrong-password", on="login", rule="journey.rights", apart=True):
        journey.refuses(CREDENTIAL, "login", None, {"email": person.login, "password": f"not-{person.password}"}, broken=False)


def _lifetime(journey: Journey) -> None:
    """An access token lives as long as the login says; then it is refreshed."""
    person = journey.account("user")
    with journey.step("a login says how many seconds its token lives", "login", on="login", rule="journey.works"):
        login = _signed_in(journey, person)
    holder, me = _holder(person, login["accessToken"]), {"userId": login["user"]["id"]}
    journey.wait(login["expiresIn"] + 1, "the end of an access token")
    with journey.step("after them it is refused, as the client's interceptor expects", "ended", on="getUserProfile", rule="journey.rights", lines=(184, 207)):
        journey.refuses(CREDENTIAL, "getUserProfile", holder, path=me, broken=False)
    with journey.step("and the refresh token makes another that works", "refreshed", on="refreshSession", rule="journey.rights", lines=(184, 207)):
        renewed = journey.row("refreshSession", None, {"refreshToken": login["refreshToken"]})
        journey.row("getUserProfile", _holder(person, renewed["accessToken"]), path=me)


def _panel_rights(journey: Journey) -> None:
    """The admin panel takes the API's tokens, of administrators alone, and knows the same users."""
    person, admin = journey.account("user"), journey.account("admin")
    with journey.step("the panel takes the token that the API issued", "token", on="listUsers", rule="journey.services", inferred="that the API issues it"):
        users = journey.every("listUsers", admin)
        row = journey.among(users, "email", person.login, "the user")
    with journey.step("API, panel and list show one user", "same", on="getUser", rule="journey.services"):
        journey.agree(journey.row("getUser", admin, path={"user": row["id"]}), row, (*PROFILE, "status"), "the panel's user")
        journey.agree(journey.row("getUserProfile", person, path={"userId": row["id"]}), row, PROFILE, "the API's user")
    for name, more in (("listUsers", {}), ("getUser", {"user": row["id"]}), ("listOffers", {}), ("getDashboard", {}), ("getRevenue", {}), ("getUserStats", {})):
        with journey.step(f"a user may not do it: {name}", f"user-{name}", on=name, rule="journey.rights", lines=(551, 551), apart=True):
            journey.refuses(RIGHTS, name, person, path=more, broken=False)
    with journey.step("no user adjusts a balance or a status", "user-writes", on="adjustBalance", rule="journey.rights", lines=(551, 551), apart=True):
        journey.refuses(RIGHTS, "adjustBalance", person, {"amount": 100, "reason": "mine"}, path={"user": row["id"]}, broken=False)
        journey.refuses(RIGHTS, "updateUserStatus", person, {"status": "active"}, path={"user": row["id"]}, broken=False)
        journey.equal(journey.row("getUser", admin, path={"user": row["id"]})["balance"], row["balance"], "balance")


def _suspension(journey: Journey) -> None:
    """A suspended user is shut out and counted as such, until an administrator lets them in again."""
    person, admin = journey.session.people.others(journey.account("user")), journey.account("admin")
    if person.role != "user" or not person.password:
        raise NotChecked("there are no two users who can sign in with a password")
    with journey.step("the user signs in", "before", on="login", rule="journey.works"):
        login = _signed_in(journey, person)
        figures, stats = journey.row("getDashboard", admin), journey.row("getUserStats", admin)
    where, holder, me = {"user": login["user"]["id"]}, _holder(person, login["accessToken"]), {"userId": login["user"]["id"]}
    journey.afterwards(lambda: (journey.call("updateUserStatus", admin, {"status": "active"}, path=where), journey.session.people.sign_in(person)))
    with journey.step("an administrator suspends the user", "suspended", on="updateUserStatus", rule="journey.kept"):
        journey.equal(journey.row("updateUserStatus", admin, {"status": "suspended"}, path=where)["status"], "suspended", "status")
        journey.equal(journey.row("getUser", admin, path=where)["status"], "suspended", "status afterwards")
    with journey.step("who is suspended can't sign in", "no-login", on="login", rule="journey.rights", inferred=SUSPENDED, apart=True):
        journey.refuses(CREDENTIAL, "login", None, {"email": person.login, "password": person.password}, broken=False)
    with journey.step("nor go on with old tokens", "no-token", on="getUserProfile", rule="journey.rights", inferred=SUSPENDED, apart=True):
        journey.refuses(CREDENTIAL, "getUserProfile", holder, path=me, broken=False)
        journey.refuses(CREDENTIAL, "refreshSession", None, {"refreshToken": login["refreshToken"]}, broken=False)
    with journey.step("the figures count one active user less", "figures", on="getDashboard", rule="journey.figures", lines=(587, 589), apart=True):
        journey.equal(journey.row("getDashboard", admin)["stats"]["active_users"], figures["stats"]["active_users"] - 1, "active_users")
        journey.equal(journey.row("getDashboard", admin)["stats"]["total_users"], figures["stats"]["total_users"], "total_users")
        journey.equal(journey.row("getUserStats", admin)["suspended_users"], stats["suspended_users"] + 1, "suspended_users")
    with journey.step("active again, the user signs in as before", "active", on="updateUserStatus", rule="journey.undone"):
        journey.works("updateUserStatus", admin, {"status": "active"}, path=where)
        journey.agree(_signed_in(journey, person)["user"], login["user"], PROFILE, "the user")
        journey.equal(journey.row("getDashboard", admin)["stats"]["active_users"], figures["stats"]["active_users"], "active_users")


def _health(journey: Journey) -> None:
    """The health check names what the server stands on."""
    with journey.step("a healthy server says so, with each check", "health", on="getHealth", rule="journey.step"):
        answer = journey.call("getHealth")
        journey.holds(answer.status in (200, 503), "health is neither 200 nor 503", "200 or 503", answer.status)
        good = all(check["status"] == "ok" for check in Row(Row(answer.json or {})["checks"]).values())
        journey.equal(answer.status, 200 if good else 503, "the status for these checks")
    with journey.step("its timestamp is now", "now", on="getHealth", rule="journey.time", apart=True):
        ago = abs(journey.session.now() - (time(Row(answer.json or {})["timestamp"]) or 0))
        journey.holds(ago < SKEW, "timestamp is not now", "the time of the answer", (answer.json or {}).get("timestamp"))


def _chat(journey: Journey) -> None:
    """Two users in a room: both see what one says; who has not joined says nothing."""
    person = journey.account("user")
    other = journey.fresh(journey.session.people.others(person))
    mine, theirs = journey.line("/", person), journey.line("/", other)
    room, text = f"{ROOM}-{journey.session.chance.text(8)}", f"Hello {journey.session.chance.text(6)}"
    with journey.step("a room is joined by its name", "joined", on="getUserProfile", rule="journey.told", lines=(297, 300)):
        journey.equal(journey.asks(mine, "chat:join", room, "chat:joined")["roomId"], room, "roomId")
    with journey.step(
        "who has not joined can't say anything in it", "outside", on="getUserProfile", rule="journey.others", inferred="that one must have joined", apart=True
    ):
        mark = mine.client.mark()
        journey.asks(theirs, "chat:send", {"roomId": room, "content": "not heard", "type": "text"}, "error")
        journey.equal(len(mine.client.since(mark, "chat:message")), 0, "the number of messages in the room")
    with journey.step("both who have joined hear what one says", "heard", on="getUserProfile", rule="journey.told", lines=(279, 290)):
        journey.asks(theirs, "chat:join", room, "chat:joined")
        mark, here = mine.client.mark(), theirs.client.emit("chat:send", {"roomId": room, "content": text, "type": "text"})
        first, second = journey.hears(mine, "chat:message", mark, content=text), journey.hears(theirs, "chat:message", here, content=text)
        journey.equal(first["id"], second["id"], "id of the message")
        journey.equal(first["userId"], other.key, "userId")
        profile = journey.row("getUserProfile", other, path={"userId": other.key})
        journey.equal(first["user"]["name"], profile["name"], "name of the author")
    with journey.step("other rooms do not", "elsewhere", on="getUserProfile", rule="journey.others", lines=(279, 290), apart=True):
        third = journey.line("/", person)
        journey.asks(third, "chat:join", f"{room}-2", "chat:joined")
        mark = mine.client.emit("chat:send", {"roomId": room, "content": f"{text} again", "type": "text"})
        journey.hears(mine, "chat:message", mark, content=f"{text} again")
        journey.equal(len(third.client.since(0, "chat:message")), 0, "the number of messages in another room")


FLOWS = (
    Flow("login", "login", _login),
    Flow("panel", "listUsers", _panel_rights),
    Flow("suspension", "updateUserStatus", _suspension),
    Flow("health", "getHealth", _health),
    Flow("chat", "getUserProfile", _chat),
    *PANEL,
    Flow("lifetime", "refreshSession", _lifetime, clock=True, slow=True),
)
