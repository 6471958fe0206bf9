"""The flows of PlatNG's guide: accounts and sessions; the catalogue and orders have modules of their own."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.journey import CONTENT, CREDENTIAL, Flow, Journey, Row, flows_of
from contract_tests.journeys.platng_catalogue import CATALOGUE
from contract_tests.journeys.platng_orders import ORDERS
from contract_tests.people import PASSWORD, Person, cookies_of
from understudy.contract.model import Contract

__all__ = ["plan"]

USER = ("id", "email", "full_name", "is_verified")
HEALTHS = ("getAuthHealth", "getEventsHealth", "getPaymentsHealth", "getNotificationsHealth", "getFavoritesHealth", "getPartnersHealth")
ROTATES = "the guide does not say that refresh tokens are good once"


def plan(contract: Contract) -> Iterator[Check]:
    """The flows, each as one check."""
    return flows_of(contract, __name__, FLOWS)


def _flags(answer: Exchange, name: str) -> set[str]:
    """The flags of a cookie that an answer sets, in small letters; none where it sets no such cookie."""
    line = next((item for item in answer.header_list("set-cookie") if item.startswith(f"{name}=")), "")
    return {part.strip().lower() for part in line.split(";")[1:]}


def _holder(person: Person, session: Row) -> Person:
    """A person with another session."""
    return Person(person.login, person.password, token=session["access_token"], key=person.key)


def _sign_up(journey: Journey) -> None:
    """Register, and the complete login flow as the guide shows it, with the request after it."""
    tag = journey.session.chance.text(8)
    body = {"email": f"check-{tag}@example.com", "password": PASSWORD, "full_name": f"John Doe {tag}", "phone": "+234 123 456 7890"}
    credentials = {"email": body["email"], "password": PASSWORD}
    with journey.step("creating an account gives a token and the user", "registered", lines=(373, 378)):
        made = journey.row("register", None, body)
        journey.agree(made["user"], body, ("email", "full_name"), "the new user")
        journey.holds(made["access_token"], "there is no token", "a token", made)
    with journey.step("the account signs in with what it registered with", "login", on="login", rule="journey.rights"):
        answer = journey.works("login", None, credentials)
        login = journey.row("login", None, credentials)
        journey.equal(login["token_type"], "Bearer", "token_type")
        journey.agree(login["user"], made["user"], USER, "the user of the login")
    with journey.step(
        "the refresh cookie is out of reach of scripts and other sites", "cookie", on="login", rule="journey.browser", lines=(472, 476), apart=True
    ):
        flags = _flags(answer, "refresh_token")
        journey.holds({"httponly", "secure", "samesite=strict"} <= flags, "flags of the cookie are missing", "HttpOnly; Secure; SameSite=Strict", sorted(flags))
    person = Person(body["email"], PASSWORD, token=login["access_token"], key=login["user"]["id"])
    with journey.step("the token opens the own profile, which is the user of the login", "profile", on="getProfile", rule="journey.agrees"):
        profile = journey.row("getProfile", person)
        journey.agree(profile, login["user"], USER, "the profile")
        journey.equal(profile["phone"], body["phone"], "phone")
    with journey.step("the next request, for events, takes the token", "next", on="listEvents", rule="journey.services", lines=(500, 504), apart=True):
        journey.rows("listEvents", person)
    with journey.step("a wrong password does not sign in", "wrong-password", on="login", rule="journey.rights", apart=True):
        journey.refuses(CREDENTIAL, "login", None, {**credentials, "password": "password124"}, broken=False)
    with journey.step("an e-mail is registered once", "taken", on="register", rule="journey.once", inferred="the guide does not say so", apart=True):
        journey.refuses(CONTENT, "register", None, {**body, "password": "another-password"}, broken=False)
        journey.row("login", None, credentials)


def _profile(journey: Journey) -> None:
    """A changed profile is the same at the profile and at the next login, and only what was named has changed."""
    person, other = journey.newcomer(), journey.newcomer()
    with journey.step("the profile is as registered", "before", on="getProfile", rule="journey.works"):
        before = journey.row("getProfile", person)
        theirs = journey.row("getProfile", other)
    with journey.step("changing the phone leaves the name", "phone", on="updateProfile", rule="journey.kept"):
        changed = journey.row("updateProfile", person, {"phone": "+234 987 654 3210"})
        journey.agree(changed, {**before, "phone": "+234 987 654 3210"}, ("phone", *USER), "the answer")
    with journey.step("both changes are kept", "name", on="updateProfile", rule="journey.kept"):
        journey.row("updateProfile", person, {"full_name": "Jane Doe"})
        wanted = {**before, "phone": "+234 987 654 3210", "full_name": "Jane Doe"}
        journey.agree(journey.row("getProfile", person), wanted, ("phone", *USER), "the profile")
    with journey.step("the next login knows the new name", "login", on="updateProfile", rule="journey.agrees"):
        login = journey.row("login", None, {"email": person.login, "password": person.password})
        journey.equal(login["user"]["full_name"], "Jane Doe", "full_name")
    with journey.step("nobody else's profile has changed", "other", on="updateProfile", rule="journey.others"):
        journey.agree(journey.row("getProfile", other), theirs, ("full_name", "phone"), "the other profile")


def _password(journey: Journey) -> None:
    """Changing the password: the old one is needed, and is worth nothing afterwards."""
    person, new = journey.newcomer(), "newpassword456"
    old = {"email": person.login, "password": person.password}
    with journey.step("a wrong old password changes nothing", "wrong-old", on="changePassword", rule="journey.rights"):
        journey.refuses(CREDENTIAL | CONTENT, "changePassword", person, {"old_password": "not-it-at-all", "new_password": new}, broken=False)
        journey.row("login", None, old)
        journey.refuses(CREDENTIAL, "login", None, {**old, "password": new}, broken=False)
    with journey.step("the old password is given and the new one set", "changed", on="changePassword", rule="journey.works"):
        journey.works("changePassword", person, {"old_password": person.password, "new_password": new})
    with journey.step("the new password signs in, and its token works", "new", on="changePassword", rule="journey.kept"):
        session = journey.row("login", None, {**old, "password": new})
        journey.equal(journey.row("getProfile", _holder(person, session))["email"], person.login, "e-mail of the profile")
    with journey.step("the old password no longer does", "old", on="changePassword", rule="journey.rights"):
        journey.refuses(CREDENTIAL, "login", None, old, broken=False)
    person.password = new
    with journey.step("the new password changes nothing else", "same", on="changePassword", rule="journey.kept"):
        journey.equal(journey.row("getProfile", _holder(person, session))["full_name"], session["user"]["full_name"], "full_name")


def _refresh(journey: Journey) -> None:
    """The refresh cookie is exchanged for new tokens, which work; a used one is dead."""
    person = journey.newcomer()
    with journey.step("a login sets the refresh cookie", "cookie", on="login", rule="journey.browser", lines=(472, 476)):
        answer = journey.works("login", None, {"email": person.login, "password": person.password})
        first = cookies_of(answer).get("refresh_token")
        journey.holds(first, "no refresh_token is set", "Set-Cookie: refresh_token=...", answer.header_list("set-cookie"))
    with journey.step("the cookie is exchanged for an access token that works", "refreshed", on="refreshSession", rule="journey.rights", lines=(128, 133)):
        renewed = journey.works("refreshSession", headers={"cookie": f"refresh_token={first}"})
        token = {"access_token": str((renewed.json or {}).get("access_token"))}
        journey.equal(journey.row("getProfile", _holder(person, Row(token)))["email"], person.login, "e-mail of the profile")
    with journey.step("it is replaced by another", "rotated", on="refreshSession", rule="journey.rights", inferred=ROTATES, apart=True):
        second = cookies_of(renewed).get("refresh_token") or (renewed.json or {}).get("refresh_token")
        journey.holds(second and second != first, "the refresh token stays", "another refresh token", second)
        journey.refuses(CREDENTIAL, "refreshSession", headers={"cookie": f"refresh_token={first}"}, broken=False)
        journey.works("refreshSession", headers={"cookie": f"refresh_token={second}"})
    with journey.step("nothing is refreshed without a token, or with an access token", "nothing", on="refreshSession", rule="journey.rights", apart=True):
        journey.refuses(CREDENTIAL, "refreshSession")
        journey.refuses(CREDENTIAL, "refreshSession", headers={"cookie": f"refresh_token={person.token}"}, broken=False)


def _google(journey: Journey) -> None:
    """Google's identity token signs in the account that it names. A target that verifies it has no use for ours."""
    person = journey.newcomer()
    parts = ({"alg": "RS256", "typ": "JWT"}, {"email": person.login, "email_verified": True, "iss": "https://accounts.google.com"})
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".c2lnbmF0dXJl"
    answer = journey.call("signInWithGoogle", None, {"token": token})
    if answer.status in CREDENTIAL:
        raise NotChecked("the target verifies Google's signature, so nothing can be signed in with here")
    with journey.step("the account that the token names is signed in", "named", on="signInWithGoogle", rule="journey.rights"):
        session = journey.row("signInWithGoogle", None, {"token": token})
        journey.equal(session["user"]["email"], person.login, "e-mail of the user")
        journey.equal(journey.row("getProfile", _holder(person, session))["id"], person.key, "id of the profile")
    with journey.step(
        "it sets the refresh cookie as a login does", "cookie", on="signInWithGoogle", rule="journey.browser", inferred="it answers as login does", apart=True
    ):
        journey.holds("httponly" in _flags(answer, "refresh_token"), "no refresh cookie", "HttpOnly", answer.header_list("set-cookie"))
    with journey.step(
        "a token that Google refuses signs nobody in", "refused", on="signInWithGoogle", rule="journey.rights", inferred="how a bad token looks", apart=True
    ):
        journey.refuses(CREDENTIAL, "signInWithGoogle", None, {"token": "invalid"}, broken=False)


def _services(journey: Journey) -> None:
    """Six services are up, and take the token of the first; each knows whom it is for."""
    for name in HEALTHS:
        with journey.step(f"{name} says that its service is up", f"health-{name}", on=name, rule="journey.works", apart=True):
            journey.equal(journey.row(name)["status"], "ok", "status")
    person = journey.newcomer()
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("getProfile", {}), ("listEvents", {}), ("listMyTickets", {}), ("listNotifications", {}), ("listFavorites", {}),
    )  # fmt: skip
    for name, more in calls:
        with journey.step(f"{name} takes the token of the auth service", f"token-{name}", on=name, rule="journey.services", apart=True):
            journey.works(name, person, **more)
    with journey.step(
        "nobody new is a partner", "partner", on="getPartnerDashboard", rule="journey.rights", inferred="that it needs the partner role", apart=True
    ):
        journey.refuses(frozenset([401, 403]), "getPartnerDashboard", person, broken=False)
    with journey.step("what is new has no tickets, favourites or notifications of others", "empty", rule="journey.others", apart=True):
        for name in ("listMyTickets", "listFavorites", "listNotifications"):
            foreign = [row for row in journey.rows(name, person) if str(row.get("user_id", person.key)) != str(person.key)]
            journey.holds(not foreign, f"{name} shows what belongs to others", f"user_id {person.key}", foreign)


FLOWS = (
    Flow("sign-up", "login", _sign_up),
    Flow("profile", "updateProfile", _profile),
    Flow("password", "changePassword", _password),
    Flow("refresh", "refreshSession", _refresh),
    Flow("google", "signInWithGoogle", _google),
    Flow("services", "getProfile", _services),
    *CATALOGUE,
    *ORDERS,
)
