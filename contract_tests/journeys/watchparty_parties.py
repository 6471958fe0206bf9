"""Watch Party's parties: who is admitted, invitations, an evening over sockets, chat and figures."""

from typing import Any

from contract_tests.journey import CONTENT, OTHERS, RIGHTS, Flow, Journey, Row
from contract_tests.people import PASSWORD, Person
from understudy.contract.functions import iso, time

__all__ = ["PARTIES", "new_party", "registered"]

DAY = 86_400.0
ADMITTED = "whom a party admits is ours; the guide lists hosted and attended ones"
INVITED = "what an invitation does is ours; the guide sends it to e-mails"
STATES = "the states of a party are ours; the guide names status"
FIGURES = "which figures there are is ours; the guide names analytics"


def registered(journey: Journey, email: str, profile: dict[str, Any] | None = None) -> Person:
    """Somebody new with a certain e-mail."""
    body = {"username": f"check{journey.session.chance.text(10)}", "email": email, "password": PASSWORD, **({"profile_data": profile} if profile else {})}
    made = journey.row("register", None, body)
    journey.agree(made["user"], body, ("email", "username"), "the new user")
    person = Person(email, PASSWORD, made["user"].get("role"), token=made["access"], row=made["user"], key=made["user"]["id"], made=True)
    journey.people.append(person)
    journey.session.created.append(f"account {email}")
    return person


def new_party(journey: Journey, host: Person, visibility: str, **more: Any) -> Row:
    """A party of somebody's own, as it should be."""
    body = {
        "title": f"Friday film night {journey.session.chance.text(6)}", "description": "Bring popcorn", "scheduled_for": iso(journey.session.now() + 7 * DAY),
        "visibility": visibility, "settings": {"allow_chat": True, "allow_reactions": True, "max_participants": 20}, **more,
    }  # fmt: skip
    with journey.step(f"a {visibility} party is created by its host", f"created-{visibility}", on="createParty", rule="journey.kept"):
        party = journey.row("createParty", host, body)
        journey.agree(party, {**body, "status": "scheduled"}, ("title", "description", "scheduled_for", "visibility", "settings", "status"), "the party")
        journey.equal(party["host"]["id"], host.key, "id of the host")
        journey.holds(str(host.key) in str(party["participants"]), "the host does not take part", f"{host.key} among the participants", party["participants"])
    return party


def _visibility(journey: Journey) -> None:
    """Public parties are for all, private ones and those of friends for those whom they admit."""
    host, stranger = journey.newcomer(), journey.newcomer()
    parties = {kind: new_party(journey, host, kind) for kind in ("public", "friends", "private")}
    with journey.step("the host lists and reads all of them", "host", rule="journey.agrees"):
        rows = journey.rows("listParties", host)
        for party in parties.values():
            shown = journey.among(rows, "id", party["id"], "the party in the list")
            journey.agree(shown, party, ("title", "status", "visibility", "scheduled_for"), "the party in the list")
            journey.agree(journey.row("getParty", host, path={"partyId": party["id"]}), party, ("title", "status", "visibility"), "the party")
    with journey.step("a stranger reads the public one", "public", on="getParty", rule="journey.works", inferred=ADMITTED):
        journey.equal(journey.row("getParty", stranger, path={"partyId": parties["public"]["id"]})["title"], parties["public"]["title"], "title")
    for kind in ("private", "friends"):
        with journey.step(f"a stranger neither reads the {kind} one nor its chat", kind, on="getParty", rule="journey.others", inferred=ADMITTED, apart=True):
            here = {"partyId": parties[kind]["id"]}
            journey.refuses(OTHERS, "getParty", stranger, path=here, broken=False)
            journey.refuses(OTHERS, "listChatMessages", stranger, path=here, broken=False)
            journey.refuses(OTHERS, "sendChatMessage", stranger, {"content": "Hello"}, path=here, broken=False)
    with journey.step("a stranger's list has none of them", "list", on="listParties", rule="journey.others", lines=(56, 56), apart=True):
        rows = journey.rows("listParties", stranger)
        for party in parties.values():
            journey.absent(rows, "id", party["id"], "a party that the user neither hosts nor attends")
    with journey.step("filtered by status, the list has what is so", "status", on="listParties", rule="journey.listed", lines=(56, 56), apart=True):
        journey.equal(len(journey.rows("listParties", host, query={"status": "scheduled"})), 3, "the number of scheduled parties")
        journey.equal(len(journey.rows("listParties", host, query={"status": "live"})), 0, "the number of live parties")


def _invitation(journey: Journey) -> None:
    """A private party, an invitation to somebody known and to somebody who registers later: both take part, and the host counts them."""
    host, guest, stranger = journey.newcomer(), journey.newcomer(), journey.newcomer()
    party = new_party(journey, host, "private")
    here, later = {"partyId": party["id"]}, f"later-{journey.session.chance.text(8)}@example.com"
    with journey.step("only the host invites", "host-only", on="inviteToParty", rule="journey.rights", inferred=INVITED, apart=True):
        journey.refuses(RIGHTS, "inviteToParty", stranger, {"emails": [stranger.login]}, path=here, broken=False)
        journey.refuses(OTHERS, "getParty", stranger, path=here, broken=False)
    with journey.step("the invited are told who has accepted, and until when others can", "sent", on="inviteToParty", rule="journey.kept", inferred=INVITED):
        sent = journey.row("inviteToParty", host, {"emails": [guest.login, later]}, path=here)["invitations"]
        journey.equal(journey.among(sent, "email", guest.login, "the invitation")["status"], "accepted", "status for somebody known")
        pending = journey.among(sent, "email", later, "the invitation")
        journey.equal(pending["status"], "pending", "status for somebody unknown")
    with journey.step("an invitation is good for seven days", "ends", on="inviteToParty", rule="journey.time", inferred=INVITED, apart=True):
        ahead = (time(pending["expires_at"]) or 0) - journey.session.now()
        journey.holds(6.9 * DAY < ahead < 7.1 * DAY, "expires_at is not in seven days", "seven days from now", pending["expires_at"])
    with journey.step("whoever is known takes part at once", "known", on="inviteToParty", rule="journey.others", inferred=INVITED):
        shown = journey.row("getParty", guest, path=here)
        journey.holds(str(guest.key) in str(shown["participants"]), "the guest does not take part", guest.key, shown["participants"])
        journey.among(journey.rows("listParties", guest), "id", party["id"], "the party in the guest's list")
    with journey.step("and is notified", "notified", on="inviteToParty", rule="journey.step", inferred=INVITED, apart=True):
        note = journey.among(journey.rows("listNotifications", guest), "type", "party_invitation", "the notification")
        journey.equal(note["is_read"], False, "is_read")
        journey.works("markNotificationRead", guest, path={"id": note["id"]})
        journey.equal(journey.among(journey.rows("listNotifications", guest), "id", note["id"], "the notification")["is_read"], True, "is_read after reading")
    with journey.step("whoever registers later takes part then", "later", on="register", rule="journey.services", inferred=INVITED):
        new = registered(journey, later)
        shown = journey.row("getParty", new, path=here)
        journey.equal(len(shown["participants"]), 3, "the number of participants")
    with journey.step("inviting again makes nobody take part twice", "again", on="inviteToParty", rule="journey.once", inferred=INVITED):
        journey.works("inviteToParty", host, {"emails": [guest.login, later]}, path=here)
        journey.equal(len(journey.row("getParty", host, path=here)["participants"]), 3, "the number of participants")
    with journey.step("the host's figures count them", "figures", on="getPartyAnalytics", rule="journey.figures", inferred=FIGURES):
        figures = journey.row("getPartyAnalytics", host, path=here)
        journey.equal(figures["participants"], 3, "participants")
        journey.equal(figures["invitations"], {"sent": 2, "accepted": 2}, "invitations")
    with journey.step("nobody else sees the figures", "figures-host", on="getPartyAnalytics", rule="journey.rights", inferred=FIGURES, apart=True):
        for person in (guest, stranger):
            journey.refuses(RIGHTS, "getPartyAnalytics", person, path=here, broken=False)


def _chat(journey: Journey) -> None:
    """A chat in a party: over REST and sockets, counted in the party."""
    host, guest = journey.newcomer(), journey.newcomer()
    here = {"partyId": new_party(journey, host, "public")["id"]}
    line = journey.line("/ws/chat/{partyId}/", host, here)
    mark, text = line.client.mark(), f"Looking forward to Friday {journey.session.chance.text(6)}"
    with journey.step("a message is the sender's, and the first of the list", "sent", on="sendChatMessage", rule="journey.kept"):
        sent = journey.row("sendChatMessage", guest, {"content": text}, path=here)
        journey.equal(sent["user"]["id"], guest.key, "id of the sender")
        shown = journey.rows("listChatMessages", host, path=here)
        journey.agree(shown[0], sent, ("id", "content", "created_at"), "the first message")
    with journey.step("the chat's sockets are told of it", "told", on="sendChatMessage", rule="journey.told", lines=(91, 91), apart=True):
        journey.equal(journey.hears(line, "message", mark, id=sent["id"])["content"], text, "content")
    with journey.step("what is said by socket stands in the list", "by-socket", on="listChatMessages", rule="journey.told", lines=(91, 91)):
        said = journey.asks(line, "message", {"type": "message", "content": f"{text} too"}, "message", content=f"{text} too")
        row = journey.among(journey.rows("listChatMessages", guest, path=here), "id", said["id"], "the message")
        journey.equal(row["content"], f"{text} too", "content")
    with journey.step("the party sums its chat up", "summary", on="getParty", rule="journey.figures", lines=(58, 58)):
        summary = journey.row("getParty", host, path=here)["chat_summary"]
        journey.equal(summary["total_messages"], 2, "total_messages")
        journey.equal(summary["last_message"], f"{text} too", "last_message")
    with journey.step("and the figures count it", "figures", on="getPartyAnalytics", rule="journey.figures", inferred=FIGURES, apart=True):
        journey.equal(journey.row("getPartyAnalytics", host, path=here)["messages"], 2, "messages")


def _evening(journey: Journey) -> None:
    """An evening: the host plays, pauses and ends, guests follow, react and vote; the party and its figures show it."""
    host, guest = journey.newcomer(), journey.newcomer()
    here = {"partyId": new_party(journey, host, "public")["id"]}
    lead, follow = journey.line("/ws/party/{partyId}/", host, here), journey.line("/ws/party/{partyId}/", guest, here)
    with journey.step(
        "who joins a public party takes part in it", "joined", on="getParty", rule="journey.told", inferred="that joining makes one a participant", apart=True
    ):
        journey.holds(str(guest.key) in str(journey.row("getParty", guest, path=here)["participants"]), "the guest does not take part", guest.key, "")
    for frame, status, position in (("play", "live", 0), ("pause", "paused", 12), ("play", "live", 12)):
        with journey.step(
            f"the host's {frame} reaches the guest and makes the party {status}", f"{frame}-{position}", on="getParty", rule="journey.told", lines=(90, 90)
        ):
            mark = follow.client.mark()
            lead.client.emit(frame, {"type": frame, "position": position})
            journey.equal(journey.hears(follow, frame, mark)["position"], position, "position")
            journey.equal(journey.row("getParty", guest, path=here)["status"], status, "status")
    with journey.step("a guest does not command", "guest", on="getParty", rule="journey.others", inferred="that only the host does"):
        journey.asks(follow, "end", {"type": "end"}, "error")
        journey.equal(journey.row("getParty", guest, path=here)["status"], "live", "status")
    with journey.step("a live party is listed as such", "live", on="listParties", rule="journey.listed", lines=(56, 56), apart=True):
        journey.among(journey.rows("listParties", host, query={"status": "live"}), "id", here["partyId"], "the live party")
    with journey.step("reactions are seen by all", "reaction", on="getPartyAnalytics", rule="journey.told", lines=(90, 90)):
        mark = lead.client.mark()
        follow.client.emit("reaction", {"type": "reaction", "emoji": "🎉"})
        journey.hears(lead, "reaction", mark, emoji="🎉")
    _poll(journey, host, guest, here)
    with journey.step("the figures count reactions, polls and votes", "figures", on="getPartyAnalytics", rule="journey.figures", inferred=FIGURES, apart=True):
        figures = journey.row("getPartyAnalytics", host, path=here)
        journey.agree(figures, {"participants": 2, "reactions": 1, "polls": 1, "votes": 1}, ("participants", "reactions", "polls", "votes"), "the figures")
    with journey.step("the host ends the party for all", "ended", on="getParty", rule="journey.state", inferred=STATES):
        mark = follow.client.mark()
        lead.client.emit("end", {"type": "end"})
        journey.hears(follow, "end", mark)
        journey.equal(journey.row("getParty", guest, path=here)["status"], "ended", "status")
    with journey.step("nobody is invited to what is over, nor does it go on", "over", on="inviteToParty", rule="journey.state", inferred=STATES):
        journey.refuses(CONTENT, "inviteToParty", host, {"emails": [guest.login]}, path=here, broken=False)
        journey.asks(lead, "play", {"type": "play", "position": 0}, "error")
        journey.equal(journey.row("getParty", guest, path=here)["status"], "ended", "status")


def _poll(journey: Journey, host: Person, guest: Person, here: dict[str, Any]) -> None:
    """The host asks, the guest votes once, the party shows it."""
    ask, vote = journey.line("/ws/interactive/{partyId}/", host, here), journey.line("/ws/interactive/{partyId}/", guest, here)
    with journey.step("a poll reaches the guests, and its votes are counted in the party", "poll", on="getParty", rule="journey.told", lines=(93, 93)):
        mark = vote.client.mark()
        ask.client.emit("poll_create", {"type": "poll_create", "question": "Which film next?", "options": ["A comedy", "A thriller"]})
        poll = journey.hears(vote, "poll_update", mark)["poll"]
        option = journey.among(poll["options"], "text", "A thriller", "the option")
        frame = {"type": "poll_vote", "poll_id": poll["id"], "option": option["id"]}
        after = journey.asks(vote, "poll_vote", frame, "poll_update")["poll"]
        journey.equal(journey.among(after["options"], "id", option["id"], "the option")["votes"], 1, "votes in the message")
        shown = journey.among(journey.row("getParty", guest, path=here)["polls"], "id", poll["id"], "the poll of the party")
        journey.equal(journey.among(shown["options"], "id", option["id"], "the option")["votes"], 1, "votes in the party")
    with journey.step("one user votes once", "vote-once", on="getParty", rule="journey.once", inferred="one vote per user", apart=True):
        journey.asks(vote, "poll_vote", frame, "error")
        shown = journey.among(journey.row("getParty", guest, path=here)["polls"], "id", poll["id"], "the poll of the party")
        journey.equal(journey.among(shown["options"], "id", option["id"], "the option")["votes"], 1, "votes")


PARTIES = (
    Flow("visibility", "getParty", _visibility),
    Flow("invitation", "inviteToParty", _invitation),
    Flow("chat", "sendChatMessage", _chat),
    Flow("evening", "getPartyAnalytics", _evening),
)
