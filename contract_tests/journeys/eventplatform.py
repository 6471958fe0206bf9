"""The flows of the event platform's guide: accounts and events; orders and locks have modules of their own."""

from collections.abc import Iterator

from contract_tests.checks import Check
from contract_tests.journey import CONTENT, CREDENTIAL, RIGHTS, Flow, Journey, Row, flows_of
from contract_tests.journeys.eventplatform_locks import LOCKS
from contract_tests.journeys.eventplatform_orders import ORDERS, SILENT, event_body
from contract_tests.people import Person
from understudy.contract.functions import time
from understudy.contract.model import Contract

__all__ = ["plan"]

SEATS = ("reservedSeats", "availableSeats")


def plan(contract: Contract) -> Iterator[Check]:
    """The flows, each as one check."""
    return flows_of(contract, __name__, FLOWS)


def _sign_up(journey: Journey) -> None:
    """Register, log in, and the profile, as the authentication flow shows."""
    tag = journey.session.chance.text(8)
    credentials = {"username": f"check-{tag}@example.com", "password": "password123"}
    with journey.step("a new account is an assistant unless it says otherwise", "default-role", lines=(43, 49)):
        made = journey.row("register", None, credentials)
        journey.equal(made["user"]["role"], "assistant", "the role of a new account")
    with journey.step("the new account signs in with what it registered with", "login", on="login", rule="journey.rights"):
        login = journey.row("login", None, credentials)
        journey.equal(login["user"]["username"], credentials["username"], "the username of the login")
        journey.equal(login["user"]["id"], made["user"]["id"], "the id of the login")
    person = Person(credentials["username"], credentials["password"], token=login["access_token"], key=login["user"]["id"])
    with journey.step("the token of the login opens the own profile, which is the user of the login", "profile", on="getCurrentUser", rule="journey.agrees"):
        journey.agree(journey.row("getCurrentUser", person), login["user"], ("id", "username", "role"), "the profile")
    with journey.step("a wrong password does not sign in", "wrong-password", on="login", rule="journey.rights", apart=True):
        journey.refuses(CREDENTIAL, "login", None, {**credentials, "password": "password124"})
    with journey.step("a username is taken once", "taken", on="register", rule="journey.once", inferred=SILENT, apart=True):
        journey.refuses(CONTENT, "register", None, {**credentials, "password": "another-password"})
        journey.row("login", None, credentials)
    with journey.step("who registers as an organizer is one and may create events", "organizer", on="register", rule="journey.rights"):
        organizer = journey.row("register", None, {**credentials, "username": f"organizer-{tag}@example.com", "role": "organizer"})
        journey.equal(organizer["user"]["role"], "organizer", "the role of the new organizer")
        chief = Person(f"organizer-{tag}@example.com", token=organizer["access_token"])
        journey.row("createEvent", chief, event_body(journey, []))


def _event_life(journey: Journey) -> None:
    """An organizer's event from its creation to its end, and who may change it."""
    organizer, other, assistant = journey.newcomer("organizer"), journey.newcomer("organizer"), journey.newcomer("assistant")
    body = event_body(journey, [{"categoryName": "VIP", "price": 150.0, "totalSeats": 100}, {"categoryName": "General", "price": 75.0, "totalSeats": 500}])
    with journey.step("an assistant creates no events", "assistant-creates", on="createEvent", rule="journey.rights", lines=(43, 49), apart=True):
        journey.refuses(RIGHTS, "createEvent", assistant, body, broken=False)
    with journey.step("an event is created with its categories", "created", on="createEvent", rule="journey.kept"):
        event = journey.row("createEvent", organizer, body)
        journey.agree(event, body, ("eventName", "eventCategory", "description", "eventDate", "location"), "the created event")
        journey.equal(event["createdBy"], organizer.key, "createdBy")
        for wanted in body["ticketCategories"]:
            made = journey.among(event["ticketCategories"], "categoryName", wanted["categoryName"], "a category of the event")
            journey.agree(made, {**wanted, "availableSeats": wanted["totalSeats"], "reservedSeats": 0}, ("price", "totalSeats", *SEATS), "a new category")
    where = {"id": event["idEvent"]}
    _shown_alike(journey, event)
    with journey.step("its organizer changes one field and no other", "changed", on="updateEvent", rule="journey.kept"):
        changed = journey.row("updateEvent", organizer, {"eventName": "Updated Event Name"}, path=where)
        journey.agree(changed, {**event, "eventName": "Updated Event Name"}, ("eventName", "eventCategory", "eventDate", "location", "isActive"), "the change")
        journey.agree(journey.row("getEvent", path=where), changed, ("eventName", "eventCategory", "location"), "the changed event")
    for person, who in ((other, "another organizer"), (assistant, "an assistant")):
        with journey.step(f"{who} neither changes nor deletes it", f"{who.split()[1]}-changes", rule="journey.others", lines=(236, 256), apart=True):
            journey.refuses(RIGHTS, "updateEvent", person, {"eventName": "Stolen"}, path=where, broken=False)
            journey.refuses(RIGHTS, "deleteEvent", person, path=where, broken=False)
            journey.equal(journey.row("getEvent", path=where)["eventName"], "Updated Event Name", "the event's name")
    _hidden(journey, organizer, assistant, event)
    with journey.step("its organizer deletes it, and it is gone", "deleted", on="deleteEvent", rule="journey.kept"):
        journey.works("deleteEvent", organizer, path=where)
        journey.refuses(frozenset([404, 410]), "getEvent", None, path=where, broken=False)
        journey.absent(journey.rows("listEvents"), "idEvent", event["idEvent"], "a deleted event")


def _lists(journey: Journey, event: Row) -> Iterator[tuple[str, list[Row]]]:
    """The rows of every list that may show the event."""
    yield "listEvents", journey.rows("listEvents")
    yield "listUpcomingEvents", journey.rows("listUpcomingEvents")
    yield "listEventsByCategory", journey.rows("listEventsByCategory", path={"category": event["eventCategory"]})


def _shown_alike(journey: Journey, event: Row) -> None:
    """Detail, lists and tickets show one event."""
    names, key = ("eventName", "eventCategory", "eventDate", "location", "isActive"), event["idEvent"]
    with journey.step("the detail and every list show the event as it was created", "shown", rule="journey.agrees"):
        journey.agree(journey.row("getEvent", path={"id": key}), event, names, "the event's detail")
        for name, rows in _lists(journey, event):
            journey.agree(journey.among(rows, "idEvent", key, f"the event in {name}"), event, names, f"the event in {name}")
    with journey.step("the event's tickets are its categories", "tickets", on="listTicketCategories", rule="journey.agrees"):
        tickets = journey.rows("listTicketCategories", path={"id": key})
        journey.equal(len(tickets), len(event["ticketCategories"]), "the number of categories")
        for wanted in event["ticketCategories"]:
            shown = journey.among(tickets, "id", wanted["id"], "a category among the tickets")
            journey.agree(shown, wanted, ("categoryName", "price", "totalSeats", *SEATS), "a category")


def _hidden(journey: Journey, organizer: Person, buyer: Person, event: Row) -> None:
    """Switched off, an event is in no list and not on sale, and still readable."""
    where, seat = {"id": event["idEvent"]}, event["ticketCategories"][0]
    with journey.step("an event that is switched off is in no list", "hidden", on="updateEvent", rule="journey.listed", inferred=SILENT):
        journey.equal(journey.row("updateEvent", organizer, {"isActive": False}, path=where)["isActive"], False, "isActive")
        for name, rows in _lists(journey, event):
            journey.absent(rows, "idEvent", event["idEvent"], f"in {name}, an inactive event")
    with journey.step("it can still be read by its id", "hidden-read", on="getEvent", rule="journey.listed", inferred=SILENT, apart=True):
        journey.equal(journey.row("getEvent", path=where)["isActive"], False, "isActive")
    with journey.step("nobody buys tickets of it", "hidden-sale", on="createOrder", rule="journey.state", inferred=SILENT, apart=True):
        journey.refuses(CONTENT, "createOrder", buyer, {"eventId": event["idEvent"], "categoryId": seat["id"], "quantity": 1}, broken=False)
    with journey.step("switched on, it is listed again", "shown-again", on="updateEvent", rule="journey.listed", inferred=SILENT):
        journey.row("updateEvent", organizer, {"isActive": True}, path=where)
        journey.among(journey.rows("listEvents"), "idEvent", event["idEvent"], "the event in listEvents")


def _upcoming(journey: Journey) -> None:
    """Upcoming events really lie ahead, and all that do are there."""
    with journey.step("upcoming events lie ahead of now", "ahead", on="listUpcomingEvents", rule="journey.time"):
        upcoming = journey.rows("listUpcomingEvents")
        past = [row for row in upcoming if (time(row["eventDate"]) or 0) < journey.session.now() - 60]
        journey.holds(not past, "an event that is over is upcoming", "dates after now", past[:2])
    with journey.step("every listed event that lies ahead is upcoming", "complete", on="listUpcomingEvents", rule="journey.listed"):
        ahead = [row for row in journey.rows("listEvents") if (time(row["eventDate"]) or 0) > journey.session.now() + 60]
        journey.equal(len([row for row in ahead if str(row["idEvent"]) not in {str(item["idEvent"]) for item in upcoming}]), 0, "the number of events missing")


FLOWS = (
    Flow("sign-up", "register", _sign_up),
    Flow("event-life", "createEvent", _event_life),
    Flow("upcoming", "listUpcomingEvents", _upcoming),
    *ORDERS,
    *LOCKS,
)
