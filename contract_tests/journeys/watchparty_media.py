"""Watch Party's videos, store, billing, support and calendar."""

from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.journey import CONTENT, OTHERS, RIGHTS, Flow, Journey, Row
from contract_tests.journeys.watchparty_parties import new_party
from contract_tests.people import Person
from understudy.contract.functions import time

__all__ = ["MEDIA"]

FILM = bytes(range(256)) * 16
HOUR, MONTH = 3_600.0, 30 * 86_400.0
VERIFIED = "that uploading is for verified users"
CLOCK = "how long processing takes is ours"
COINS = "what is paid with is ours; the guide names purchases"
PLANS = "which plans there are is ours; the guide names upgrade"


def _verified(journey: Journey) -> Person:
    """Somebody who may upload. Raises NotChecked."""
    found = next((person for person in journey.session.people.everyone if person.row.get("is_verified") and person.role != "admin"), None)
    if found is None:
        raise NotChecked("nobody who can sign in is verified")
    return journey.fresh(found)


def _upload(journey: Journey) -> None:
    """A video is uploaded, processed and ready, on the clock; whoever waits for it is told."""
    person, newcomer = _verified(journey), journey.newcomer()
    form = {"file": FILM, "title": f"Sunrise {journey.session.chance.text(6)}", "description": "A short film", "visibility": "private"}
    with journey.step("who is not verified uploads nothing", "unverified", on="uploadVideo", rule="journey.rights", inferred=VERIFIED, apart=True):
        journey.refuses(RIGHTS, "uploadVideo", newcomer, form, media="multipart/form-data", broken=False)
        journey.refuses(RIGHTS, "createUploadUrl", newcomer, {"filename": "film.mp4"}, broken=False)
    with journey.step("an upload is kept with its title and size", "uploaded", on="uploadVideo", rule="journey.kept"):
        video = journey.row("uploadVideo", person, form, media="multipart/form-data")
        journey.agree(video, form, ("title", "description", "visibility"), "the video")
        journey.equal(video["size"], len(FILM), "size")
    where = {"id": video["id"]}
    party = new_party(journey, person, "private", video=video["id"])
    line, notes = journey.line("/ws/party/{partyId}/", person, {"partyId": party["id"]}), journey.line("/ws/notifications/", person)
    with journey.step("a private video is its uploader's alone", "private", on="getVideo", rule="journey.others", inferred="which videos are seen"):
        journey.refuses(OTHERS, "getVideo", newcomer, path=where, broken=False)
        journey.absent(journey.every("listVideos", newcomer), "id", video["id"], "another's private video")
        journey.among(journey.rows("listVideos", person), "id", video["id"], "the video in the list")
    mark = line.client.mark()
    _processing(journey, person, where)
    with journey.step("the parties that show it are told", "told", on="uploadVideo", rule="journey.told", lines=(86, 86), apart=True):
        journey.hears(line, "video_ready", mark, video_id=video["id"])
    with journey.step("the uploader is notified, by socket and in the list", "notified", on="uploadVideo", rule="journey.told", inferred=CLOCK, apart=True):
        note = journey.hears(notes, "notification", 0, lambda frame: video["title"] in frame["body"])
        journey.equal(journey.among(journey.rows("listNotifications", person), "id", note["id"], "the notification")["type"], "video_ready", "type")
    with journey.step("the party shows the video as ready", "party", on="getParty", rule="journey.agrees", apart=True):
        shown = journey.row("getParty", person, path={"partyId": party["id"]})["video"]
        journey.agree(
            shown, {"id": video["id"], "processing_state": "ready", "title": video["title"]}, ("id", "processing_state", "title"), "the party's video"
        )


def _processing(journey: Journey, person: Person, where: dict[str, Any]) -> None:
    """From uploading to ready, with a progress that grows."""
    seen: list[int] = []
    for seconds, state in ((1.5, "processing"), (2.0, "processing"), (3.0, "ready")):
        journey.wait(seconds, "the processing of a video")
        with journey.step(f"the video is {state} then, as its job says", f"then-{len(seen)}", on="uploadVideo", rule="journey.time", inferred=CLOCK):
            video, job = journey.row("getVideo", person, path=where), journey.row("getVideoProcessing", person, path=where)
            journey.equal(video["processing_state"], state, "processing_state")
            journey.agree(job, video, ("processing_state", "progress"), "the job")
            seen.append(video["progress"])
    with journey.step("its progress grows to the end, and then it has an address", "progress", on="uploadVideo", rule="journey.figures", inferred=CLOCK):
        journey.holds(seen == sorted(seen) and seen[-1] == 100, "progress does not grow to 100", "growing to 100", seen)
        journey.holds(video.get("url"), "a ready video has no url", "a url", video)


def _put(journey: Journey, url: str) -> Exchange:
    """Puts a file to a pre-signed URL: the API's own, or that of a storage."""
    operation = journey.operation("putUpload")
    token = url.rstrip("/").rsplit("/", 1)[-1]
    if url.startswith(journey.session.urls[operation.service]) or url == journey.session.url(operation, {"token": token}):
        return journey.call("putUpload", None, FILM, path={"token": token}, media="application/octet-stream")
    answer = journey.session.client.send("PUT", url, {"content-type": "application/octet-stream"}, FILM, patient=False)
    journey.trail.append(answer)
    return answer


def _presigned(journey: Journey) -> None:
    """A pre-signed URL takes the file once, without a token."""
    person = _verified(journey)
    with journey.step("a URL is given, good for a while", "given", on="createUploadUrl", rule="journey.works"):
        target = journey.row("createUploadUrl", person, {"filename": "film.mp4", "content_type": "video/mp4", "title": "A long film"})
        journey.holds((time(target["expires_at"]) or 0) > journey.session.now(), "it is over already", "later than now", target["expires_at"])
    with journey.step("it takes the file, and the video is processed", "put", on="putUpload", rule="journey.works", inferred="the guide uploads to a storage"):
        answer = _put(journey, target["upload_url"])
        journey.holds(answer.ok, "the file is not taken", "success", f"{answer.status} {answer.text}")
        video = journey.row("getVideo", person, path={"id": target["id"]})
        journey.agree(video, {"processing_state": "processing", "size": len(FILM), "title": "A long film"}, ("processing_state", "size", "title"), "the video")
    with journey.step("it takes one file", "once", on="putUpload", rule="journey.once", inferred="that it takes one"):
        journey.denied(CONTENT | RIGHTS, _put(journey, target["upload_url"]))
    with journey.step(
        "an address that was never given takes none", "unknown", on="putUpload", rule="journey.rights", inferred="the address is the credential", apart=True
    ):
        journey.refuses(CONTENT | RIGHTS, "putUpload", None, FILM, path={"token": "not-a-token"}, media="application/octet-stream", broken=False)


def _late_upload(journey: Journey) -> None:
    """A pre-signed URL ends."""
    person = _verified(journey)
    with journey.step("a URL is given", "given", on="createUploadUrl", rule="journey.works"):
        target = journey.row("createUploadUrl", person, {"filename": "late.mp4"})
    journey.wait(HOUR + 5, "the end of an upload URL")
    person = journey.fresh(person)
    with journey.step("after its end it takes nothing", "late", on="putUpload", rule="journey.time", inferred="an hour is ours"):
        journey.denied(CONTENT | RIGHTS, _put(journey, target["upload_url"]))
        journey.equal(journey.row("getVideo", person, path={"id": target["id"]})["processing_state"], "uploading", "processing_state")


def _store(journey: Journey) -> None:
    """Something is bought: the balance pays for it, and never more than there is."""
    person = journey.newcomer()
    credentials = {"email": person.login, "password": person.password}
    with journey.step("the items are listed, and the balance is seen at the login", "seen", rule="journey.works"):
        items = journey.every("listStoreItems", person)
        balance = journey.row("login", None, credentials)["user"]["balance"]
    item = next((row for row in sorted(items, key=lambda row: -row["price"]) if 0 < 2 * row["price"] <= balance), None)
    dear = max(items, key=lambda row: row["price"], default=None)
    if item is None or dear is None:
        raise NotChecked("a new user can't afford anything")
    with journey.step("two of an item cost twice its price, and the balance pays", "bought", on="purchaseItem", rule="journey.figures", inferred=COINS):
        bought = journey.row("purchaseItem", person, {"item_id": item["id"], "quantity": 2})
        journey.agree(
            bought, {"quantity": 2, "total": 2 * item["price"], "balance": balance - 2 * item["price"]}, ("quantity", "total", "balance"), "the purchase"
        )
        journey.agree(bought["item"], item, ("id", "name", "price"), "the item of the purchase")
        journey.equal(journey.row("login", None, credentials)["user"]["balance"], balance - 2 * item["price"], "balance at the login")
    with journey.step("nothing is bought on credit", "credit", on="purchaseItem", rule="journey.stock", inferred=COINS):
        quantity = min(100, balance // max(dear["price"], 1) + 1)
        journey.refuses(CONTENT, "purchaseItem", person, {"item_id": dear["id"], "quantity": quantity}, broken=False)
        journey.equal(journey.row("login", None, credentials)["user"]["balance"], balance - 2 * item["price"], "balance afterwards")
    with journey.step("nor what the store does not have", "unknown", on="purchaseItem", rule="journey.kept", apart=True):
        journey.refuses(CONTENT, "purchaseItem", person, {"item_id": "a0000000-0000-4000-8000-00000000ffff"}, broken=False)
        journey.equal(journey.row("login", None, credentials)["user"]["balance"], balance - 2 * item["price"], "balance afterwards")


def _billing(journey: Journey) -> None:
    """A plan goes upwards, one step at a time, and is the user's own."""
    person, other = journey.newcomer(), journey.newcomer()
    with journey.step("a new user is on the free plan", "free", on="getSubscription", rule="journey.kept", inferred=PLANS):
        journey.equal(journey.row("getSubscription", person)["plan"], "free", "plan")
    for plan in ("basic", "premium"):
        with journey.step(f"an upgrade to {plan} is the plan from now on, for a month", plan, on="upgradePlan", rule="journey.kept", inferred=PLANS):
            journey.equal(journey.row("upgradePlan", person, {"plan": plan})["plan"], plan, "plan in the answer")
            mine = journey.row("getSubscription", person)
            journey.agree(mine, {"plan": plan, "status": "active"}, ("plan", "status"), "the subscription")
            start, end = time(mine["current_period_start"]) or 0, time(mine["current_period_end"]) or 0
            journey.holds(
                abs(end - start - MONTH) < 3 * 86_400, "the period is no month", "a month", [mine["current_period_start"], mine["current_period_end"]]
            )
            journey.holds(abs(start - journey.session.now()) < 90, "the period does not begin now", "now", mine["current_period_start"])
        with journey.step(f"{plan} is not bought again", f"{plan}-again", on="upgradePlan", rule="journey.state", inferred=PLANS, apart=True):
            journey.refuses(CONTENT, "upgradePlan", person, {"plan": plan}, broken=False)
    with journey.step("nor is there a way down", "down", on="upgradePlan", rule="journey.state", inferred=PLANS):
        journey.refuses(CONTENT, "upgradePlan", person, {"plan": "basic"}, broken=False)
        journey.equal(journey.row("getSubscription", person)["plan"], "premium", "plan")
    with journey.step("nobody else's plan has changed", "other", on="upgradePlan", rule="journey.others"):
        journey.equal(journey.row("getSubscription", other)["plan"], "free", "plan of another")


def _support(journey: Journey) -> None:
    """A ticket, with a file or without, and its follow-ups, by its owner and the administrator."""
    person, other, admin = journey.newcomer(), journey.newcomer(), journey.account("admin")
    body = {"subject": "Sound is out of step", "description": "The sound lags by a second", "category": "technical", "priority": "high"}
    with journey.step("a ticket is opened as it was sent", "opened", on="createTicket", rule="journey.kept"):
        ticket = journey.row("createTicket", person, body)
        journey.agree(ticket, {**body, "status": "open"}, (*body, "status"), "the ticket")
    with journey.step("a ticket takes a file", "file", on="createTicket", rule="journey.kept", lines=(69, 69)):
        filed = journey.row("createTicket", person, {**body, "attachments": FILM}, media="multipart/form-data")
        journey.equal([item["size"] for item in filed["attachments"]], [len(FILM)], "sizes of the attachments")
        journey.agree(filed, body, ("subject", "description"), "the ticket with a file")
    where = {"id": ticket["id"]}
    with journey.step("its owner and the administrator follow up", "messages", on="addTicketMessage", rule="journey.kept"):
        for author, text in ((person, "It happens in every film"), (admin, "We look into it")):
            message = journey.row("addTicketMessage", author, {"message": text}, path=where)
            journey.equal(message["message"], text, "message")
            journey.equal(message["author"]["id"], author.key, "id of the author")
    with journey.step("nobody else does", "other", on="addTicketMessage", rule="journey.others", inferred="whose a ticket is"):
        journey.refuses(OTHERS, "addTicketMessage", other, {"message": "Mine too"}, path=where, broken=False)


def _closed_ticket(journey: Journey) -> None:
    """A closed ticket takes no more messages."""
    person = journey.newcomer()
    body = {"subject": "Refund", "description": "I bought it twice", "category": "billing", "priority": "low", "status": "closed", "attachments": []}
    closed = journey.plant("tickets", {**body, "user_id": person.key})
    with journey.step("a closed ticket takes no more", "closed", on="addTicketMessage", rule="journey.state", inferred="a closed ticket takes none"):
        journey.refuses(CONTENT, "addTicketMessage", person, {"message": "Still there"}, path={"id": closed["id"]}, broken=False)


def _calendar(journey: Journey) -> None:
    """The calendar shows what begins between two days, by type."""
    person = journey.newcomer()
    with journey.step("the events are listed, the next first", "listed", on="listEvents", rule="journey.listed"):
        events = journey.every("listEvents", person)
        starts = [time(row["starts_at"]) or 0 for row in events]
        journey.equal(starts, sorted(starts), "the order of the events")
    if not events:
        raise NotChecked("the calendar is empty")
    event: Row = events[len(events) // 2]
    day = str(event["starts_at"])[:10]
    with journey.step("from a day to the same day, it is that day's events", "day", on="listEvents", rule="journey.listed", lines=(65, 65)):
        shown = journey.every("listEvents", person, query={"from": day, "to": day})
        wanted = [row["id"] for row in events if str(row["starts_at"])[:10] == day]
        journey.equal(sorted(row["id"] for row in shown), sorted(wanted), "the events of the day")
    with journey.step("by type, it is the events of the type", "type", on="listEvents", rule="journey.listed", lines=(65, 65)):
        shown = journey.every("listEvents", person, query={"type": event["type"]})
        journey.equal(sorted(row["id"] for row in shown), sorted(row["id"] for row in events if row["type"] == event["type"]), "the events of the type")


MEDIA = (
    Flow("presigned", "createUploadUrl", _presigned),
    Flow("store", "purchaseItem", _store),
    Flow("billing", "upgradePlan", _billing),
    Flow("support", "createTicket", _support),
    Flow("closed-ticket", "addTicketMessage", _closed_ticket),
    Flow("calendar", "listEvents", _calendar),
    Flow("upload", "uploadVideo", _upload, clock=True, slow=True),
    Flow("late-upload", "putUpload", _late_upload, clock=True, slow=True),
)
