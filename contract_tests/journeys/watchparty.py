"""The flows of Watch Party's guide: accounts, the second factor, administration; parties, videos and the rest have modules of their own."""

from collections.abc import Iterator

from contract_tests.checks import Check, NotChecked
from contract_tests.journey import CONTENT, CREDENTIAL, OTHERS, RIGHTS, Flow, Journey, flows_of
from contract_tests.journeys.watchparty_media import MEDIA
from contract_tests.journeys.watchparty_parties import PARTIES, registered
from contract_tests.people import Person
from understudy.contract.model import Contract
from understudy.wire import codes

__all__ = ["plan"]

FACTOR = "how the second factor looks is ours; the guide names it"
EFFECTS = "what each action does is ours; the guide names resolve"
ORIGIN = "http://localhost:3000"
FRESH = 150.0  # seconds after which codes that were used are over


def plan(contract: Contract) -> Iterator[Check]:
    """The flows, each as one check."""
    return flows_of(contract, __name__, FLOWS)


def _sign_up(journey: Journey) -> None:
    """Register, log in, refresh."""
    tag = journey.session.chance.text(8)
    with journey.step("an account is registered with its profile", "registered", on="register", rule="journey.kept"):
        person = registered(journey, f"check-{tag}@example.com", {"display_name": "Ada", "bio": "Likes old films"})
        journey.equal(person.row["profile_data"]["display_name"], "Ada", "display_name")
    credentials = {"email": person.login, "password": person.password}
    with journey.step("it signs in with what it registered with", "login", on="login", rule="journey.rights"):
        login = journey.row("login", None, credentials)
        journey.agree(login["user"], person.row, ("id", "email", "username", "role", "balance"), "the user of the login")
    with journey.step("the access token opens what is the user's own", "access", on="listParties", rule="journey.rights"):
        holder = Person(person.login, token=login["access"], key=person.key)
        journey.equal(journey.rows("listParties", holder), [], "the parties of a new user")
    with journey.step("the refresh token makes another that works", "refreshed", on="refreshSession", rule="journey.rights"):
        renewed = journey.row("refreshSession", None, {"refresh": login["refresh"]})
        journey.rows("listParties", Person(person.login, token=renewed["access"], key=person.key))
    with journey.step("each token has its own use", "uses", on="refreshSession", rule="journey.rights", inferred="a token has one use", apart=True):
        journey.refuses(CREDENTIAL, "refreshSession", None, {"refresh": login["access"]}, broken=False)
        journey.refuses(CREDENTIAL, "listParties", Person(person.login, token=login["refresh"]), broken=False)
    with journey.step("a wrong password does not sign in", "wrong-password", on="login", rule="journey.rights", apart=True):
        journey.refuses(CREDENTIAL, "login", None, {**credentials, "password": "password124"}, broken=False)
    with journey.step("an e-mail is registered once", "taken", on="register", rule="journey.once", inferred="the guide does not say so", apart=True):
        body = {"username": f"other{tag}", "email": person.login, "password": "another-password"}
        journey.refuses(CONTENT, "register", None, body, broken=False)


def _second_factor(journey: Journey) -> None:
    """A login with a one-time code: each ticket and each code once, one step early or late."""
    accounts = journey.session.contract.settings.get("accounts") or ()
    account = next((item for item in accounts if item.get("two_factor_enabled")), None)
    secret = journey.session.steering.secret(f"TOTP of {account['email']}") if account else None
    if account is None or secret is None:
        raise NotChecked("no account with a second factor is known")
    credentials = {"email": account["email"], "password": account["password"]}
    if journey.call("login", None, credentials).status in CREDENTIAL:
        raise NotChecked(f"{account['email']} can't sign in")
    if journey.session.steering.steerable:
        journey.wait(FRESH, "the end of codes that were used")

    def code(step: int = 0) -> str:
        return codes.code(secret, journey.session.now(), step)

    with journey.step("the password alone signs nobody in", "ticket", on="login", rule="journey.rights", inferred=FACTOR):
        first = journey.row("login", None, credentials)
        journey.equal(first["requires_2fa"], True, "requires_2fa")
        journey.holds("access" not in first, "there is a token already", "a ticket alone", sorted(first))
    with journey.step("a wrong code, or one of minutes ago, does not either", "wrong-code", on="verifySecondFactor", rule="journey.rights", inferred=FACTOR):
        for wrong in (code(40), code(-4)):
            journey.refuses(CREDENTIAL, "verifySecondFactor", None, {"ticket": first["ticket"], "code": wrong}, broken=False)
    with journey.step("the code of now does", "code", on="verifySecondFactor", rule="journey.rights", inferred=FACTOR):
        used = code()
        session = journey.row("verifySecondFactor", None, {"ticket": first["ticket"], "code": used})
        journey.equal(session["user"]["email"], account["email"], "e-mail of the user")
        journey.rows("listParties", Person(account["email"], token=session["access"]))
    with journey.step("its ticket is spent", "ticket-once", on="verifySecondFactor", rule="journey.once", inferred=FACTOR, apart=True):
        journey.refuses(CREDENTIAL | CONTENT, "verifySecondFactor", None, {"ticket": first["ticket"], "code": code(1)}, broken=False)
    with journey.step("and so is the code, for another login too", "code-once", on="verifySecondFactor", rule="journey.once", inferred=FACTOR, apart=True):
        second = journey.row("login", None, credentials)["ticket"]
        journey.refuses(CREDENTIAL | CONTENT, "verifySecondFactor", None, {"ticket": second, "code": used}, broken=False)
    with journey.step("a clock that is one step ahead still counts", "ahead", on="verifySecondFactor", rule="journey.rights", inferred=FACTOR, apart=True):
        journey.works("verifySecondFactor", None, {"ticket": second, "code": code(1)})


def _slash(journey: Journey) -> None:
    """A list without its slash leads to the one with it, in a browser too."""
    person = journey.newcomer()
    operation = journey.operation("listParties")
    headers = {**journey.session.credentials(operation, person), "origin": ORIGIN}
    with journey.step("the list works with its slash", "with", on="listParties", rule="journey.works"):
        journey.works("listParties", person)
    with journey.step(
        "without, it redirects there, with the headers that a browser needs", "without", on="listParties", rule="journey.browser", inferred="Django's habit"
    ):
        url = journey.session.url(operation)
        answer = journey.session.client.send("GET", url.rstrip("/"), headers, operation="listParties")
        journey.trail.append(answer)
        journey.holds(answer.status in (301, 308), "there is no redirect", 301, answer.status)
        journey.holds(str(answer.header("location")).endswith("/parties/"), "it leads elsewhere", url, answer.header("location"))
        journey.equal(answer.header("access-control-allow-origin"), ORIGIN, "Access-Control-Allow-Origin")


def _users(journey: Journey) -> None:
    """An administrator finds a user by search, role and status; others do not."""
    person, admin = journey.newcomer(), journey.account("admin")
    with journey.step("a search for the e-mail finds the user, as they are", "found", on="listUsers", rule="journey.listed"):
        row = journey.among(journey.rows("listUsers", admin, query={"search": person.login}), "email", person.login, "the user")
        journey.agree(row, person.row, ("id", "username", "role", "status"), "the user")
    with journey.step("filters let through what fits", "filtered", on="listUsers", rule="journey.listed"):
        query = {"search": person.login, "role": "user", "status": "active"}
        journey.among(journey.rows("listUsers", admin, query=query), "email", person.login, "the user")
        journey.equal(journey.rows("listUsers", admin, query={**query, "status": "suspended"}), [], "suspended users of that name")
        journey.equal(journey.rows("listUsers", admin, query={**query, "role": "admin"}), [], "administrators of that name")
    with journey.step("nobody else sees users or reports", "rights", rule="journey.rights", inferred="that it needs the admin role", apart=True):
        journey.refuses(RIGHTS, "listUsers", person, broken=False)
        journey.refuses(RIGHTS, "listReports", person, broken=False)


def _report(journey: Journey, kind: str, key: str, reporter: Person) -> str:
    """The key of a new report about something of our own."""
    row = {"reporter_id": reporter.key, "target_type": kind, "target_id": key, "reason": "spam", "description": "Checked", "status": "pending"}
    return str(journey.plant("reports", row)["id"])


def _suspension(journey: Journey) -> None:
    """A report about a user is resolved by suspending them: they are out at once, and the report is closed for good."""
    person, reporter, admin = journey.newcomer(), journey.newcomer(), journey.account("admin")
    where, body = {"id": _report(journey, "user", str(person.key), reporter)}, {"action": "suspend_user", "notes": "Spam"}
    with journey.step("the report is listed as pending", "pending", on="listReports", rule="journey.listed"):
        journey.among(journey.every("listReports", admin, query={"status": "pending"}), "id", where["id"], "the report")
    with journey.step("only an administrator resolves it", "rights", on="resolveReport", rule="journey.rights"):
        journey.refuses(RIGHTS, "resolveReport", reporter, body, path=where, broken=False)
        journey.rows("listParties", person)
    with journey.step("resolved, it says how and by whom", "resolved", on="resolveReport", rule="journey.state", inferred=EFFECTS):
        report = journey.row("resolveReport", admin, body, path=where)
        journey.agree(report, {"status": "resolved", "action": "suspend_user"}, ("status", "action"), "the report")
        journey.equal(report["resolved_by"]["id"], admin.key, "id of resolved_by")
        journey.absent(journey.every("listReports", admin, query={"status": "pending"}), "id", where["id"], "a resolved report, among the pending")
    with journey.step("the user is suspended", "suspended", on="resolveReport", rule="journey.kept", inferred=EFFECTS, apart=True):
        row = journey.among(journey.rows("listUsers", admin, query={"search": person.login}), "email", person.login, "the user")
        journey.equal(row["status"], "suspended", "status")
    with journey.step("and can neither sign in nor go on", "out", on="resolveReport", rule="journey.rights", inferred=EFFECTS, apart=True):
        journey.refuses(CREDENTIAL, "login", None, {"email": person.login, "password": person.password}, broken=False)
        journey.refuses(CREDENTIAL, "listParties", person, broken=False)
    with journey.step("a report is resolved once", "once", on="resolveReport", rule="journey.state", inferred=EFFECTS):
        journey.refuses(CONTENT, "resolveReport", admin, {"action": "dismiss"}, path=where, broken=False)
        shown = journey.among(journey.every("listReports", admin), "id", where["id"], "the report")
        journey.agree(shown, {"status": "resolved", "action": "suspend_user"}, ("status", "action"), "the report")


def _dismissal(journey: Journey) -> None:
    """A report that is there is dismissed, once: that harms nobody."""
    admin = journey.account("admin")
    pending = journey.rows("listReports", admin, query={"status": "pending"})
    if not pending:
        raise NotChecked("there is no pending report")
    where = {"id": pending[-1]["id"]}
    with journey.step("dismissed, it is so, and no longer pending", "dismissed", on="resolveReport", rule="journey.state"):
        journey.equal(journey.row("resolveReport", admin, {"action": "dismiss", "notes": "Checked"}, path=where)["status"], "dismissed", "status")
        journey.absent(journey.every("listReports", admin, query={"status": "pending"}), "id", where["id"], "a dismissed report, among the pending")
    with journey.step("a report is resolved once", "once", on="resolveReport", rule="journey.state", inferred=EFFECTS):
        journey.refuses(CONTENT, "resolveReport", admin, {"action": "warn"}, path=where, broken=False)
        journey.equal(journey.among(journey.every("listReports", admin), "id", where["id"], "the report")["status"], "dismissed", "status")


def _removal(journey: Journey) -> None:
    """A report about a message is resolved by removing it; one that is dismissed removes nothing."""
    host, reporter, admin = journey.newcomer(), journey.newcomer(), journey.account("admin")
    with journey.step("two messages stand in a party's chat", "sent", rule="journey.works"):
        party = journey.row("createParty", host, {"title": "Reported", "scheduled_for": "2031-07-19T19:00:00Z", "visibility": "public"})
        here = {"partyId": party["id"]}
        bad, good = (journey.row("sendChatMessage", host, {"content": text}, path=here) for text in ("First!", "Second!"))
    reports = [_report(journey, "message", str(row["id"]), reporter) for row in (bad, good)]
    with journey.step("the content that a report is about is removed, and nothing else", "removed", on="resolveReport", rule="journey.kept", inferred=EFFECTS):
        journey.works("resolveReport", admin, {"action": "remove_content"}, path={"id": reports[0]})
        rows = journey.rows("listChatMessages", host, path=here)
        journey.absent(rows, "id", bad["id"], "a removed message")
        journey.among(rows, "id", good["id"], "the other message")
        journey.equal(journey.row("getParty", host, path=here)["chat_summary"]["total_messages"], 1, "total_messages")
    with journey.step("a report that is dismissed removes nothing", "dismissed", on="resolveReport", rule="journey.state", inferred=EFFECTS):
        journey.equal(journey.row("resolveReport", admin, {"action": "dismiss"}, path={"id": reports[1]})["status"], "dismissed", "status")
        journey.among(journey.rows("listChatMessages", host, path=here), "id", good["id"], "the message")


def _messaging(journey: Journey) -> None:
    """A user's conversations are their own."""
    person, stranger = journey.account("user"), journey.newcomer()
    with journey.step("every conversation has the user among its participants", "own", on="listConversations", rule="journey.others"):
        for row in journey.every("listConversations", person):
            journey.holds(
                str(person.key) in str(row["participants"]), "a conversation of others is listed", f"{person.key} among the participants", row["participants"]
            )
    with journey.step("a new user has none", "none", on="listConversations", rule="journey.others"):
        journey.equal(journey.rows("listConversations", stranger), [], "the conversations of a new user")
    with journey.step("notifications of others are not to be read", "notifications", on="markNotificationRead", rule="journey.others"):
        for row in journey.rows("listNotifications", person)[:1]:
            journey.refuses(OTHERS, "markNotificationRead", stranger, path={"id": row["id"]}, broken=False)
            again = journey.among(journey.rows("listNotifications", person), "id", row["id"], "the notification")
            journey.equal(again["is_read"], row["is_read"], "is_read")


FLOWS = (
    Flow("sign-up", "login", _sign_up),
    Flow("slash", "listParties", _slash),
    Flow("users", "listUsers", _users),
    Flow("suspension", "resolveReport", _suspension),
    Flow("removal", "resolveReport", _removal),
    Flow("dismissal", "resolveReport", _dismissal, late=True),
    Flow("messaging", "listConversations", _messaging),
    *PARTIES,
    *MEDIA,
    Flow("second-factor", "verifySecondFactor", _second_factor, clock=True, confirm=False),
)
