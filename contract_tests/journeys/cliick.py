"""The flows of Cliick's guide: accounts, cookies and teams; a shop's work and its money have modules of their own."""

from collections.abc import Iterator
from typing import Any

from contract_tests.checks import Check
from contract_tests.exchange import Exchange
from contract_tests.journey import CONTENT, CREDENTIAL, RIGHTS, Flow, Journey, flows_of
from contract_tests.journeys.cliick_money import MONEY
from contract_tests.journeys.cliick_shop import SHOP, new_shop
from contract_tests.people import PASSWORD, Person, cookies_of
from understudy.contract.model import Contract

__all__ = ["plan"]

USER = ("id", "email", "username", "role")
TEAM = "who of a team may do what is ours; the guide names the roles"


def plan(contract: Contract) -> Iterator[Check]:
    """The flows, each as one check."""
    return flows_of(contract, __name__, FLOWS)


def _sign_up(journey: Journey) -> None:
    """Register, log in, and who one is then."""
    tag = journey.session.chance.text(8)
    body = {"email": f"check-{tag}@example.com", "password": PASSWORD, "username": f"check{tag}"}
    credentials = {"email": body["email"], "password": PASSWORD}
    with journey.step("who registers is an owner and signed in", "registered", on="register", rule="journey.kept"):
        made = journey.row("register", None, body)
        journey.agree(made["user"], {**body, "role": "owner"}, ("email", "username", "role"), "the new user")
    with journey.step("the account signs in with what it registered with", "login", on="login", rule="journey.rights"):
        login = journey.row("login", None, credentials)
        journey.agree(login["user"], made["user"], USER, "the user of the login")
    person = Person(body["email"], PASSWORD, token=login["accessToken"], key=login["user"]["id"])
    with journey.step("the token opens the current user, who is that of the login", "me", on="getCurrentUser", rule="journey.agrees"):
        journey.agree(journey.row("getCurrentUser", person), login["user"], USER, "the current user")
    with journey.step("a wrong password does not sign in", "wrong-password", on="login", rule="journey.rights", apart=True):
        journey.refuses(CREDENTIAL, "login", None, {**credentials, "password": "password124"}, broken=False)
    with journey.step("an e-mail is registered once", "taken", on="register", rule="journey.once", inferred="the guide does not say so", apart=True):
        journey.refuses(CONTENT, "register", None, {**body, "password": "another-password"}, broken=False)
        journey.row("login", None, credentials)


def _flags(answer: Exchange, name: str) -> set[str]:
    """The flags of a cookie that an answer sets, in small letters; none where it sets no such cookie."""
    line = next((item for item in answer.header_list("set-cookie") if item.startswith(f"{name}=")), "")
    return {part.strip().lower() for part in line.split(";")[1:]}


def _by_cookie(*cookies: str) -> dict[str, str]:
    return {"cookie": "; ".join(cookies)}


def _cookies(journey: Journey) -> None:
    """A browser's session: cookies at the login, requests, refresh, logout; scripts never see a token."""
    person = journey.newcomer()
    with journey.step("a login sets both cookies, out of reach of scripts", "set", on="login", rule="journey.browser", lines=(332, 335)):
        answer = journey.works("login", None, {"email": person.login, "password": person.password})
        cookies = cookies_of(answer)
        for name in ("access_token", "refresh_token"):
            journey.holds(name in cookies, f"{name} is not set", f"Set-Cookie: {name}=...; HttpOnly", answer.header_list("set-cookie"))
            journey.holds("httponly" in _flags(answer, name), f"{name} can be read by scripts", "HttpOnly", sorted(_flags(answer, name)))
    access, refresh = (f"{name}={cookies[name]}" for name in ("access_token", "refresh_token"))
    with journey.step("the cookie alone is a credential", "cookie", on="getCurrentUser", rule="journey.rights", lines=(332, 335)):
        journey.equal(journey.row("getCurrentUser", headers=_by_cookie(access))["email"], person.login, "e-mail of the current user")
    with journey.step("a write from a foreign page by cookie is refused", "foreign", on="createShop", rule="journey.browser", lines=(456, 463), apart=True):
        journey.refuses(RIGHTS, "createShop", None, {"name": "Stolen shop"}, headers={**_by_cookie(access), "origin": "https://evil.example"}, broken=False)
        journey.works("createShop", None, {"name": "Own shop"}, headers={**_by_cookie(access), "origin": "http://localhost:3000"})
    with journey.step("the refresh cookie renews both, and is good once", "refresh", on="refreshSession", rule="journey.rights", lines=(332, 335)):
        renewed = journey.works("refreshSession", headers=_by_cookie(refresh))
        fresh = {name: f"{name}={value}" for name, value in cookies_of(renewed).items()}
        journey.holds({"access_token", "refresh_token"} <= set(fresh), "no new cookies", "both cookies", renewed.header_list("set-cookie"))
        journey.row("getCurrentUser", headers=_by_cookie(fresh["access_token"]))
        journey.refuses(CREDENTIAL, "refreshSession", headers=_by_cookie(refresh), broken=False)
    with journey.step("signing out clears the cookies", "logout", on="logout", rule="journey.browser"):
        out = journey.works("logout", headers=_by_cookie(fresh["access_token"], fresh["refresh_token"]))
        cleared = " ".join(out.header_list("set-cookie"))
        journey.holds(
            "access_token=" in cleared and not cookies_of(out).get("access_token", "").strip('"'), "access_token is not cleared", "an empty cookie", cleared
        )
    with journey.step("and ends the session", "dead", on="logout", rule="journey.rights", inferred="the guide does not say what logging out ends"):
        journey.refuses(CREDENTIAL, "refreshSession", headers=_by_cookie(fresh["refresh_token"]), broken=False)
        journey.refuses(CREDENTIAL, "getCurrentUser", headers=_by_cookie(fresh["access_token"]), broken=False)


def _rights() -> tuple[tuple[str, Any, str], ...]:
    """Operation, body, and the roles of a team that may do it."""
    product, form = (
        {"name": "Canvas Tote Bag", "retailPrice": 10.0},
        {"name": "Order form", "fields": [{"label": "Full name", "type": "text", "required": True}]},
    )
    return (
        ("getShop", None, "owner admin agent"), ("listProducts", None, "owner admin agent"), ("listOrders", None, "owner admin agent"),
        ("listConversations", None, "owner admin agent"), ("createProduct", product, "owner admin"), ("listForms", None, "owner admin"),
        ("createForm", form, "owner admin"), ("updateShop", {"name": "Renamed"}, "owner"), ("connectIntegration", None, "owner"),
    )  # fmt: skip


def _team(journey: Journey) -> None:
    """An owner's shop, the team that is added to it, and what each of them may do."""
    owner, admin, agent, stranger = (journey.newcomer() for _ in range(4))
    shop = new_shop(journey, owner)
    with journey.step("the owner names a team", "named", on="updateShop", rule="journey.kept"):
        team = [{"userId": admin.key, "role": "admin"}, {"userId": agent.key, "role": "agent"}]
        changed = journey.row("updateShop", owner, {"team": team}, path={"shopId": shop["id"]})
        journey.equal(changed["name"], shop["name"], "name of the shop")
        for member in team:
            journey.equal(journey.among(changed["team"], "userId", member["userId"], "a member")["role"], member["role"], "role of a member")
    for name, body, roles in _rights():
        path = {"shopId": shop["id"], **({"platform": "viber"} if name == "connectIntegration" else {})}
        more: dict[str, Any] = {"path": path, **({"body": body} if body is not None else {})}
        for role, person in (("owner", owner), ("admin", admin), ("agent", agent)):
            if role in roles:
                with journey.step(f"the {role} may do it: {name}", f"{role}-may-{name}", on=name, rule="journey.rights", inferred=TEAM, apart=True):
                    journey.works(name, person, **more)
            else:
                with journey.step(f"the {role} may not do it: {name}", f"{role}-may-not-{name}", on=name, rule="journey.rights", inferred=TEAM, apart=True):
                    journey.refuses(RIGHTS, name, person, broken=False, **more)
        with journey.step(f"a stranger may not do it: {name}", f"stranger-{name}", on=name, rule="journey.others", inferred=TEAM, apart=True):
            journey.refuses(RIGHTS, name, stranger, broken=False, **more)
    with journey.step("who leaves the team is a stranger", "left", on="updateShop", rule="journey.others", inferred=TEAM):
        journey.works("updateShop", owner, {"team": team[:1]}, path={"shopId": shop["id"]})
        journey.refuses(RIGHTS, "getShop", agent, path={"shopId": shop["id"]}, broken=False)
        journey.works("getShop", admin, path={"shopId": shop["id"]})
    with journey.step("nobody unknown is in a team", "unknown", on="updateShop", rule="journey.kept", inferred="the guide does not say so", apart=True):
        journey.refuses(CONTENT, "updateShop", owner, {"team": [{"userId": "user_nobody", "role": "agent"}]}, path={"shopId": shop["id"]}, broken=False)
        journey.equal(len(journey.row("getShop", owner, path={"shopId": shop["id"]})["team"]), 1, "the size of the team")


FLOWS = (
    Flow("sign-up", "register", _sign_up),
    Flow("cookies", "logout", _cookies),
    Flow("team", "updateShop", _team),
    *SHOP,
    *MONEY,
)
