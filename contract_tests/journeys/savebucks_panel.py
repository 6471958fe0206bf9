"""SaveBucks' admin panel: balances, offers, and figures that agree with the data and move with it."""

from contract_tests.journey import CONTENT, RIGHTS, Flow, Journey, Row
from contract_tests.people import Person

__all__ = ["PANEL"]

OFFER = ("title", "description", "category", "reward", "url")
MOVES = "which moves an offer makes is ours; the guide names approve and reject"
DAYS = 3650  # as long a period as may be asked for


def _balance(journey: Journey) -> None:
    """A balance goes up and down, never below zero; its user is told, every figure moves with it."""
    person, admin = journey.account("user"), journey.account("admin")
    me, where = {"userId": person.key}, {"user": person.key}
    line, deaf = journey.line("/", person), journey.line("/", admin)
    with journey.step("the user's balance is seen", "before", on="getUserProfile", rule="journey.works"):
        before = journey.row("getUserProfile", person, path=me)["balance"]
        total = journey.row("getUserStats", admin)["total_balance"]
    journey.afterwards(lambda: _restored(journey, admin, person, before))
    mark = line.client.mark()
    with journey.step("what is added is there, for user and administrator", "added", on="adjustBalance", rule="journey.figures"):
        adjusted = journey.row("adjustBalance", admin, {"amount": 10.5, "reason": "Goodwill"}, path=where)
        journey.equal(adjusted["balance"], round(before + 10.5, 2), "balance in the answer")
        journey.equal(journey.row("getUserProfile", person, path=me)["balance"], round(before + 10.5, 2), "balance of the profile")
    with journey.step("the user is told of it, and nobody else", "told", on="adjustBalance", rule="journey.told", lines=(441, 448), apart=True):
        said = journey.hears(line, "balance:updated", mark)
        journey.agree(said, {"newBalance": round(before + 10.5, 2), "change": 10.5, "reason": "Goodwill"}, ("newBalance", "change", "reason"), "the message")
        journey.equal(len(deaf.client.since(0, "balance:updated")), 0, "the number of messages to another")
    with journey.step("the sum of all balances moves with it", "sum", on="getUserStats", rule="journey.figures", lines=(566, 566), apart=True):
        journey.equal(journey.row("getUserStats", admin)["total_balance"], round(total + 10.5, 2), "total_balance")
    with journey.step(
        "no balance falls below zero, and what is refused changes nothing", "below", on="adjustBalance", rule="journey.kept", inferred="that it may not"
    ):
        journey.refuses(CONTENT, "adjustBalance", admin, {"amount": -round(before + 10.51, 2), "reason": "Too much"}, path=where, broken=False)
        journey.equal(journey.row("getUserProfile", person, path=me)["balance"], round(before + 10.5, 2), "balance")
    with journey.step("what is taken away is gone, and all is as before", "taken", on="adjustBalance", rule="journey.undone"):
        journey.works("adjustBalance", admin, {"amount": -10.5, "reason": "Correction"}, path=where)
        journey.equal(journey.row("getUserProfile", person, path=me)["balance"], before, "balance")
        journey.equal(journey.row("getUserStats", admin)["total_balance"], total, "total_balance")
    mark = deaf.client.mark()
    with journey.step(
        "whoever comes to the top of the leaderboard is shown there to everybody", "leaderboard", on="adjustBalance", rule="journey.told", lines=(467, 473)
    ):
        journey.works("adjustBalance", admin, {"amount": 500_000, "reason": "Jackpot"}, path=where)
        board = journey.hears(deaf, "leaderboard:updated", mark)["leaderboard"]
        journey.equal(board[0]["userId"], person.key, "the first of the leaderboard")
        journey.equal(board[0]["balance"], round(before + 500_000, 2), "balance of the first")


def _restored(journey: Journey, admin: Person, person: Person, before: float) -> None:
    """Gives a user the balance of before."""
    row = journey.call("getUser", admin, path={"user": person.key}).json or {}
    now = (row.get("data") or {}).get("balance") if isinstance(row, dict) else None
    if isinstance(now, int | float) and now != before:
        journey.call("adjustBalance", admin, {"amount": round(before - now, 2), "reason": "Check undone"}, path={"user": person.key})


def _offered(journey: Journey, admin: Person) -> Row:
    """A new offer, pending."""
    body = {
        "title": f"Ten percent back {journey.session.chance.text(6)}",
        "description": "On groceries",
        "category": "shopping",
        "reward": 5.5,
        "url": "https://offers.example.com/1",
    }
    with journey.step("an administrator creates an offer, which is pending", "created", on="createOffer", rule="journey.kept"):
        offer = journey.row("createOffer", admin, body)
        journey.agree(offer, {**body, "status": "pending"}, (*OFFER, "status"), "the offer")
        journey.agree(journey.row("getOffer", admin, path={"offer": offer["id"]}), offer, (*OFFER, "status"), "the offer by its id")
        journey.among(journey.every("listOffers", admin), "id", offer["id"], "the offer in the list")
    return offer


def _approval(journey: Journey) -> None:
    """An offer is created, changed, approved once and announced, counted, and deleted."""
    admin, person = journey.account("admin"), journey.account("user")
    line = journey.line("/", person)
    active = journey.row("getDashboard", admin)["stats"]["total_offers"]
    offer = _offered(journey, admin)
    where = {"offer": offer["id"]}
    with journey.step("a pending offer does not count", "pending", on="getDashboard", rule="journey.figures", lines=(590, 590), apart=True):
        journey.equal(journey.row("getDashboard", admin)["stats"]["total_offers"], active, "total_offers")
    with journey.step("a patched field changes nothing else", "patched", on="patchOffer", rule="journey.kept"):
        journey.works("patchOffer", admin, {"reward": 7.25}, path=where)
        journey.agree(journey.row("getOffer", admin, path=where), {**offer, "reward": 7.25}, (*OFFER, "status"), "the offer")
    with journey.step("a put offer is as it was put", "put", on="updateOffer", rule="journey.kept"):
        body = {"title": f"{offer['title']} again", "category": "shopping", "reward": 7.25}
        journey.works("updateOffer", admin, body, path=where)
        journey.agree(journey.row("getOffer", admin, path=where), {**body, "status": "pending"}, (*body, "status"), "the offer")
    with journey.step("users neither create nor approve offers", "user", on="approveOffer", rule="journey.rights", lines=(551, 551)):
        journey.refuses(RIGHTS, "approveOffer", person, path=where, broken=False)
        journey.refuses(RIGHTS, "createOffer", person, {name: offer[name] for name in ("title", "category", "reward")}, broken=False)
        journey.equal(journey.row("getOffer", admin, path=where)["status"], "pending", "status")
    mark = line.client.mark()
    with journey.step("approved, it is active", "approved", on="approveOffer", rule="journey.state", inferred=MOVES):
        journey.equal(journey.row("approveOffer", admin, path=where)["status"], "active", "status")
        journey.equal(journey.row("getOffer", admin, path=where)["status"], "active", "status afterwards")
    with journey.step("everybody is told of it", "told", on="approveOffer", rule="journey.told", lines=(450, 456), apart=True):
        said = journey.hears(line, "offer:new", mark, lambda data: str(data["offer"]["id"]) == str(offer["id"]))
        journey.equal(said["category"], "shopping", "category")
        journey.equal(said["offer"]["reward"], 7.25, "reward")
    with journey.step("and the dashboard counts it", "counted", on="getDashboard", rule="journey.figures", lines=(590, 590), apart=True):
        journey.equal(journey.row("getDashboard", admin)["stats"]["total_offers"], active + 1, "total_offers")
    with journey.step("it is neither approved again nor rejected", "again", on="approveOffer", rule="journey.state", inferred=MOVES):
        journey.refuses(CONTENT, "approveOffer", admin, path=where, broken=False)
        journey.refuses(CONTENT, "rejectOffer", admin, path=where, broken=False)
        journey.equal(journey.row("getOffer", admin, path=where)["status"], "active", "status")
    with journey.step("deleted, it is gone and no longer counted", "deleted", on="deleteOffer", rule="journey.undone"):
        journey.works("deleteOffer", admin, path=where)
        journey.refuses(frozenset([404, 410]), "getOffer", admin, path=where, broken=False)
        journey.absent(journey.every("listOffers", admin), "id", offer["id"], "a deleted offer")
        journey.equal(journey.row("getDashboard", admin)["stats"]["total_offers"], active, "total_offers")


def _rejection(journey: Journey) -> None:
    """An offer is rejected for good."""
    admin = journey.account("admin")
    active = journey.row("getDashboard", admin)["stats"]["total_offers"]
    where = {"offer": _offered(journey, admin)["id"]}
    with journey.step("rejected, it is so", "rejected", on="rejectOffer", rule="journey.state", inferred=MOVES):
        journey.equal(journey.row("rejectOffer", admin, path=where)["status"], "rejected", "status")
        journey.equal(journey.row("getOffer", admin, path=where)["status"], "rejected", "status afterwards")
    with journey.step("what was rejected is not approved, and does not count", "for-good", on="approveOffer", rule="journey.state", inferred=MOVES):
        journey.refuses(CONTENT, "approveOffer", admin, path=where, broken=False)
        journey.refuses(CONTENT, "rejectOffer", admin, path=where, broken=False)
        journey.equal(journey.row("getOffer", admin, path=where)["status"], "rejected", "status")
        journey.equal(journey.row("getDashboard", admin)["stats"]["total_offers"], active, "total_offers")
    journey.call("deleteOffer", admin, path=where)


def _figures(journey: Journey) -> None:
    """The dashboard, the revenue and the statistics are what users, offers and each other say."""
    admin = journey.account("admin")
    with journey.step("users and offers are listed", "listed", rule="journey.works"):
        users, offers = journey.every("listUsers", admin), journey.every("listOffers", admin)
        stats, more = journey.row("getDashboard", admin)["stats"], journey.row("getUserStats", admin)
    with journey.step(
        "the dashboard counts the users and offers of the lists", "dashboard", on="getDashboard", rule="journey.figures", lines=(585, 599), apart=True
    ):
        journey.equal(stats["total_users"], len(users), "total_users")
        journey.equal(stats["active_users"], len([row for row in users if row["status"] == "active"]), "active_users")
        journey.equal(stats["total_offers"], len([row for row in offers if row["status"] == "active"]), "total_offers")
    with journey.step("the statistics of users are those of the list", "users", on="getUserStats", rule="journey.figures", lines=(566, 566), apart=True):
        journey.equal(more["total_users"], stats["total_users"], "total_users")
        journey.equal(more["active_users"], stats["active_users"], "active_users")
        journey.equal(more["suspended_users"], len([row for row in users if row["status"] == "suspended"]), "suspended_users")
        journey.equal(more["total_balance"], round(sum(row["balance"] for row in users), 2), "total_balance")
    with journey.step("the revenue of all days is that of the dashboard", "revenue", on="getRevenue", rule="journey.figures", lines=(616, 632), apart=True):
        days = journey.rows("getRevenue", admin, query={"period": DAYS})
        journey.equal(round(sum(row["revenue"] for row in days), 2), stats["total_revenue"], "the sum of the revenue")
    with journey.step(
        "days come once, in order, and fewer days are part of more", "days", on="getRevenue", rule="journey.listed", lines=(616, 632), apart=True
    ):
        names = [row["date"] for row in days]
        journey.equal(names, sorted(set(names)), "the order of the days")
        known = {row["date"]: row["revenue"] for row in days}
        month, week = (journey.rows("getRevenue", admin, query=asked) for asked in ({}, {"period": 7}))
        # the first day of a period is cut off at the hour, so that its revenue may be less
        for row in month[1:] + week[1:]:
            journey.equal(row["revenue"], known.get(row["date"]), f"the revenue of {row['date']}")
        journey.holds({row["date"] for row in week} <= {row["date"] for row in month}, "a week has days that its month has not", "days of the month", week)


PANEL = (
    Flow("balance", "adjustBalance", _balance),
    Flow("approval", "approveOffer", _approval),
    Flow("rejection", "rejectOffer", _rejection),
    Flow("figures", "getDashboard", _figures),
)
