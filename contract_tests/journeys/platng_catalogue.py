"""PlatNG's catalogue: browsing, searching, favourites, and that six services know the same events."""

from contract_tests.checks import NotChecked
from contract_tests.journey import CONTENT, OTHERS, Flow, Journey, Row
from understudy.contract.functions import time

__all__ = ["CATALOGUE"]

EVENT = ("id", "title", "category_id", "city", "start_date", "is_free")


def _some(journey: Journey) -> list[Row]:
    """Events of the catalogue. Raises NotChecked where it is empty."""
    events = journey.rows("listEvents", query={"limit": 100})
    if not events:
        raise NotChecked("there are no events")
    return events


def _browse(journey: Journey) -> None:
    """A visitor looks through the events by city, category and price, and opens one."""
    with journey.step("the events are listed", "listed", rule="journey.works"):
        events = _some(journey)
    event = next((row for row in events if row.get("category_id") and not row.get("is_free")), events[0])
    with journey.step("filtered by its city, category and price, an event is found among its like", "filtered", on="listEvents", rule="journey.listed"):
        wanted = {"city": event["city"], "category_id": event["category_id"], "is_free": event["is_free"]}
        like = journey.rows("listEvents", query={**wanted, "page": 1, "limit": 20})
        journey.among(like, "id", event["id"], "the event")
        for row in like:
            journey.agree(row, wanted, tuple(wanted), "a filtered event")
    with journey.step("its page shows what the list shows", "detail", on="getEvent", rule="journey.agrees"):
        journey.agree(journey.row("getEvent", path={"id": event["id"]}), event, EVENT, "the event's page")
    with journey.step("a search for its title finds it", "search", on="searchEvents", rule="journey.listed"):
        hits = journey.rows("searchEvents", query={"q": event["title"], "city": event["city"], "limit": 100})
        journey.agree(journey.among(hits, "id", event["id"], "the event among the hits"), event, EVENT, "the hit")
        journey.holds(all(row["city"] == event["city"] for row in hits), "a hit lies in another city", event["city"], [row["city"] for row in hits])
    with journey.step("its category, venue and organizer are those of the catalogue", "parts", rule="journey.agrees", lines=(209, 216)):
        for name, field, inner in (
            ("listCategories", "category_id", "category"),
            ("listVenues", "venue_id", "venue"),
            ("listOrganizers", "organizer_id", "organizer"),
        ):
            known = journey.among(journey.every(name), "id", event[field], f"{field} in {name}")
            journey.equal(event[inner]["name"], known["name"], f"name of the {inner}")


def _highlights(journey: Journey) -> None:
    """What is featured, and what comes next."""
    with journey.step("the events are listed", "listed", rule="journey.works"):
        events = journey.every("listEvents")
    with journey.step("upcoming events lie ahead, and no more come than were asked for", "upcoming", on="listUpcomingEvents", rule="journey.time", apart=True):
        upcoming = journey.rows("listUpcomingEvents", query={"limit": 10})
        journey.holds(len(upcoming) <= 10, "more than asked for", 10, len(upcoming))
        past = [row["start_date"] for row in upcoming if (time(row["start_date"]) or 0) < journey.session.now() - 60]
        journey.holds(not past, "an event is over", "dates after now", past)
    with journey.step("featured events are those that are marked so", "featured", on="listFeaturedEvents", rule="journey.listed", apart=True):
        featured = {str(row["id"]) for row in journey.every("listFeaturedEvents")}
        marked = {str(row["id"]) for row in events if row.get("is_featured")}
        if any("is_featured" in row for row in events):
            journey.equal(sorted(featured), sorted(marked), "the ids")


def _favourite(journey: Journey) -> None:
    """A user likes an event: every service shows it, to nobody else, until it is taken back."""
    person, other = journey.newcomer(), journey.newcomer()
    with journey.step("the events are listed", "listed", rule="journey.works"):
        event = _some(journey)[0]
    where, silent = {"id": event["id"]}, "what the optional token is good for"
    with journey.step("an event becomes a favourite, and is listed as one", "added", on="addFavorite", rule="journey.kept"):
        mine = journey.row("addFavorite", person, {"event_id": event["id"]})
        shown = journey.among(journey.rows("listFavorites", person), "id", mine["id"], "the favourite")
        journey.equal(shown["event_id"], event["id"], "event_id")
    with journey.step(
        "the favourite shows the event of the catalogue", "embedded", on="listFavorites", rule="journey.services", inferred="that it shows it", apart=True
    ):
        journey.agree(shown["event"], event, EVENT, "the favourite's event")
    with journey.step("the events service knows it, for this user alone", "is-favorite", on="getEvent", rule="journey.services", inferred=silent):
        journey.equal(journey.row("getEvent", person, path=where)["is_favorite"], True, "is_favorite for the user")
        listed = journey.among(journey.rows("listEvents", person, query={"limit": 100}), "id", event["id"], "the event")
        journey.equal(listed["is_favorite"], True, "is_favorite in the list")
        journey.equal(journey.row("getEvent", other, path=where)["is_favorite"], False, "is_favorite for another")
        journey.holds(not journey.row("getEvent", path=where).get("is_favorite"), "a visitor has favourites", "nothing", True)
    with journey.step("it becomes one once", "twice", on="addFavorite", rule="journey.once", inferred="that a second one is refused", apart=True):
        journey.refuses(CONTENT, "addFavorite", person, {"event_id": event["id"]}, broken=False)
        journey.equal(len(journey.rows("listFavorites", person)), 1, "the number of favourites")
    with journey.step("nobody else sees or removes it", "private", on="removeFavorite", rule="journey.others"):
        journey.absent(journey.rows("listFavorites", other), "id", mine["id"], "another's favourite")
        journey.refuses(OTHERS, "removeFavorite", other, path={"id": mine["id"]}, broken=False)
        journey.among(journey.rows("listFavorites", person), "id", mine["id"], "the favourite")
    with journey.step("removed, it is none any more, anywhere", "removed", on="removeFavorite", rule="journey.undone"):
        journey.works("removeFavorite", person, path={"id": mine["id"]})
        journey.absent(journey.rows("listFavorites", person), "id", mine["id"], "a removed favourite")
        journey.holds(not journey.row("getEvent", person, path=where).get("is_favorite"), "the event is still a favourite", False, True)
    with journey.step("and it can become one again", "again", on="addFavorite", rule="journey.undone"):
        again = journey.row("addFavorite", person, {"event_id": event["id"]})
        journey.works("removeFavorite", person, path={"id": again["id"]})


def _partner(journey: Journey) -> None:
    """A partner's events are those of the catalogue, and nobody else's."""
    partner = journey.account("partner")
    with journey.step("a partner sees events, and the dashboard counts them", "counted", on="getPartnerDashboard", rule="journey.figures"):
        events = journey.every("listPartnerEvents", partner)
        figures = journey.row("getPartnerDashboard", partner)
        journey.equal(figures["total_events"], len(events), "total_events")
        ahead = [row for row in events if (time(row["start_date"]) or 0) > journey.session.now()]
        journey.equal(figures["upcoming_events"], len(ahead), "upcoming_events")
    with journey.step("they are the catalogue's own", "same", on="listPartnerEvents", rule="journey.services"):
        for event in events[:5]:
            journey.agree(journey.row("getEvent", path={"id": event["id"]}), event, EVENT, "an event of the partner")
    with journey.step("every one is the partner's", "own", on="listPartnerEvents", rule="journey.others", apart=True):
        foreign = [row for row in events if str(row.get("partner_id", partner.key)) != str(partner.key)]
        journey.holds(not foreign, "an event of another partner is listed", f"partner_id {partner.key}", foreign[:2])


CATALOGUE = (
    Flow("browse", "listEvents", _browse),
    Flow("highlights", "listUpcomingEvents", _highlights),
    Flow("favourite", "addFavorite", _favourite),
    Flow("partner", "listPartnerEvents", _partner),
)
