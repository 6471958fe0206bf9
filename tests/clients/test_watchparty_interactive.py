"""The watch party's widgets: polls, screen share, voice; and what a finished video tells the party."""

from collections.abc import Callable
from typing import Any

import pytest

from .node import Frames
from .watchparty import ADMIN, IDS, NAMES, SECOND, USER, Cinema

Enter = Callable[[str], Frames]


@pytest.fixture
def party(cinema: Cinema) -> str:
    return cinema.party()


@pytest.fixture
def enter(cinema: Cinema, party: str) -> Enter:
    """Opens the party's widgets for a user."""
    return lambda email: cinema.enter(f"interactive/{party}", email)


def poll(host: Frames, *others: Frames) -> dict[str, Any]:
    """A new poll that everybody has heard of."""
    host.send({"type": "poll_create", "question": "Which film?", "options": ["A comedy", "A thriller"]})
    (told, *same) = [socket.wait("poll_update") for socket in (host, *others)]
    assert all(item == told for item in same)
    return dict(told["poll"])


def test_a_poll_is_told_to_everybody(cinema: Cinema, party: str, enter: Enter) -> None:
    created = poll(enter(USER), enter(SECOND))
    assert created.keys() == {"id", "question", "options", "created_at"}
    assert [(option["text"], option["votes"]) for option in created["options"]] == [("A comedy", 0), ("A thriller", 0)]
    assert created["id"] in [row["id"] for row in cinema.rest().get(f"/parties/{party}/")["polls"]]


def test_only_the_host_makes_a_poll(enter: Enter) -> None:
    host, guest = enter(USER), enter(SECOND)
    guest.send({"type": "poll_create", "question": "Mine?", "options": ["Yes", "No"]})
    assert guest.wait("error")["code"] == "permission_denied"
    assert host.rest() == guest.rest() == []


def test_each_vote_is_told_to_everybody(enter: Enter) -> None:
    host, guest = enter(USER), enter(SECOND)
    made = poll(host, guest)
    for voter, votes in ((guest, [0, 1]), (host, [0, 2])):
        voter.send({"type": "poll_vote", "poll_id": made["id"], "option": made["options"][1]["id"]})
        told = [socket.wait("poll_update") for socket in (host, guest)]
        assert told[0] == told[1]
        assert [option["votes"] for option in told[0]["poll"]["options"]] == votes


def test_a_user_votes_once(enter: Enter) -> None:
    host, guest = enter(USER), enter(SECOND)
    made = poll(host, guest)
    for option in made["options"]:
        guest.send({"type": "poll_vote", "poll_id": made["id"], "option": option["id"]})
    assert [option["votes"] for option in host.wait("poll_update")["poll"]["options"]] == [1, 0]
    assert guest.wait("error")["code"] == "conflict"
    assert host.rest() == []


@pytest.mark.parametrize("change", [{"poll_id": IDS[USER]}, {"option": IDS[USER]}, {"poll_id": "50000000-0000-4000-8000-000000000001"}])
def test_a_vote_for_what_is_not_there_is_an_error(enter: Enter, change: dict[str, str]) -> None:
    host, guest = enter(USER), enter(SECOND)
    made = poll(host, guest)
    guest.send({"type": "poll_vote", "poll_id": made["id"], "option": made["options"][0]["id"], **change})
    assert guest.wait("error")["code"] == "not_found"
    assert host.rest() == guest.rest() == []


@pytest.mark.parametrize("kind", ["screen_share_start", "screen_share_stop"])
def test_a_shared_screen_is_told_to_the_others(enter: Enter, kind: str) -> None:
    host, guest = enter(USER), enter(SECOND)
    guest.send({"type": kind})
    assert host.wait(kind) == {"type": kind, "user": NAMES[SECOND]}


VOICE: dict[str, dict[str, Any]] = {"voice_offer": {"sdp": "v=0"}, "voice_answer": {"sdp": "v=0"}, "voice_candidate": {"candidate": {"sdpMid": "0"}}}


@pytest.mark.parametrize("kind", VOICE)
def test_voice_reaches_one_participant_alone(cinema: Cinema, party: str, enter: Enter, kind: str) -> None:
    caller, called, third = enter(USER), enter(SECOND), enter(ADMIN)
    elsewhere = [cinema.enter(path, SECOND) for path in (f"party/{party}", f"chat/{party}", "notifications")]
    frame = {"type": kind, "to": IDS[SECOND], **VOICE[kind]}
    caller.send(frame)
    assert called.wait(kind) == {**frame, "user": NAMES[USER]}
    assert [socket.rest() for socket in (caller, third, *elsewhere)] == [[]] * 5


def test_voice_stays_in_its_party(cinema: Cinema, party: str, enter: Enter) -> None:
    other = cinema.party()
    for name in (party, other):
        cinema.enter(f"party/{name}", SECOND)
    caller, here, elsewhere = enter(USER), enter(SECOND), cinema.enter(f"interactive/{other}", SECOND)
    caller.send({"type": "voice_offer", "to": IDS[SECOND], "sdp": "v=0"})
    here.wait("voice_offer")
    assert elsewhere.rest() == []


def test_voice_to_who_takes_no_part_is_an_error(cinema: Cinema) -> None:
    caller = cinema.enter("interactive/" + cinema.party("private"), USER)
    caller.send({"type": "voice_offer", "to": IDS[SECOND], "sdp": "v=0"})
    assert caller.wait("error")["code"] == "not_found"


def test_a_video_that_is_ready_is_told_to_the_party_that_shows_it(cinema: Cinema) -> None:
    video = cinema.upload("Holiday")
    party = cinema.party(video=video)
    shows, other = cinema.enter(f"party/{party}", USER), cinema.enter(f"party/{cinema.party()}", USER)
    owner = cinema.enter("notifications", USER)
    assert shows.wait("video_ready") == {"type": "video_ready", "video_id": video}
    assert "Holiday" in owner.wait("notification")["body"]
    assert other.rest() == []
