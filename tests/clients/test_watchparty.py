"""The watch party's sockets: who is let in, and playback, chat and notifications."""

import pytest

from .node import Frames, Met
from .watchparty import ADMIN, IDS, NAMES, SECOND, USER, Cinema

CHANNELS = ("party", "chat", "interactive", "notifications")


def path(cinema: Cinema, channel: str, visibility: str = "public") -> str:
    return channel if channel == "notifications" else f"{channel}/{cinema.party(visibility)}"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_token_in_the_query_opens_each_channel(cinema: Cinema, channel: str) -> None:
    socket = cinema.open(path(cinema, channel), cinema.token(USER))
    assert socket.wait("open") == ""
    socket.rest()
    assert socket.rest() == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_token_as_subprotocol_opens_each_channel_as_jwt(cinema: Cinema, channel: str) -> None:
    socket = cinema.open(path(cinema, channel), protocols=("jwt", cinema.token(USER)))
    assert socket.wait("open") == "jwt"
    socket.rest()
    assert socket.rest() == []


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("token", [None, "bad"])
def test_without_a_good_token_each_channel_is_closed_with_4401(cinema: Cinema, channel: str, token: str | None) -> None:
    socket = cinema.open(path(cinema, channel), token)
    assert socket.story("close") == [Met("open", ""), Met("close", 4401)]


def test_a_bad_token_as_subprotocol_is_closed_with_4401(cinema: Cinema) -> None:
    socket = cinema.open(path(cinema, "party"), protocols=("jwt", "bad"))
    assert socket.story("close") == [Met("open", "jwt"), Met("close", 4401)]


@pytest.mark.parametrize("channel", CHANNELS[:3])
def test_who_takes_no_part_is_closed_with_4403(cinema: Cinema, channel: str) -> None:
    socket = cinema.open(path(cinema, channel, "private"), cinema.token(SECOND))
    assert socket.story("close") == [Met("open", ""), Met("close", 4403)]


@pytest.mark.parametrize("channel", CHANNELS[:3])
def test_who_is_invited_to_a_private_party_takes_part(cinema: Cinema, channel: str) -> None:
    party = cinema.party("private")
    cinema.invite(party, SECOND)
    assert cinema.enter(f"{channel}/{party}", SECOND).rest() == []


@pytest.mark.parametrize(("visibility", "token", "code"), [("public", "bad", 4401), ("private", None, 4403)])
def test_what_is_sent_by_who_is_closed_has_no_effect(cinema: Cinema, visibility: str, token: str | None, code: int) -> None:
    party = cinema.party(visibility)
    host = cinema.enter(f"chat/{party}", USER)
    for _ in range(5):
        stranger = cinema.open(f"chat/{party}", token or cinema.token(SECOND), greetings=({"type": "message", "content": "Boo"},))
        assert stranger.story("close") == [Met("open", ""), Met("close", code)]
    assert host.rest() == []
    assert cinema.rest().get(f"/chat/{party}/messages/")["results"] == []


@pytest.fixture
def party(cinema: Cinema) -> str:
    return cinema.party()


@pytest.fixture
def host(cinema: Cinema, party: str) -> Frames:
    return cinema.enter(f"party/{party}", USER)


@pytest.fixture
def guest(cinema: Cinema, party: str, host: Frames) -> Frames:
    """A guest of whom the host has heard."""
    socket = cinema.enter(f"party/{party}", SECOND)
    host.rest()
    return socket


@pytest.mark.parametrize(("kind", "status"), [("play", "live"), ("pause", "paused"), ("seek", "live")])
def test_the_host_moves_the_playback_for_everybody(cinema: Cinema, party: str, host: Frames, guest: Frames, kind: str, status: str) -> None:
    host.send({"type": "play", "position": 0})
    for socket in (host, guest):
        socket.wait("play")
    host.send({"type": kind, "position": 12.5})
    told = host.wait(kind)
    assert guest.wait(kind) == told
    assert told.keys() == {"type", "position", "at", "user"}
    assert (told["position"], told["user"]) == (12.5, NAMES[USER])
    assert cinema.status(party) == status


def test_the_first_play_makes_a_party_live_and_end_ends_it(cinema: Cinema, party: str, host: Frames, guest: Frames) -> None:
    assert cinema.status(party) == "scheduled"
    host.send({"type": "play", "position": 0})
    guest.wait("play")
    assert cinema.status(party) == "live"
    host.send({"type": "end"})
    assert guest.wait("end")["user"] == NAMES[USER]
    assert cinema.status(party) == "ended"


@pytest.mark.parametrize("frame", [{"type": "play", "position": 1}, {"type": "pause", "position": 1}, {"type": "seek", "position": 1}, {"type": "end"}])
def test_a_guest_moves_nothing(cinema: Cinema, party: str, host: Frames, guest: Frames, frame: dict[str, object]) -> None:
    guest.send(frame)
    refusal = guest.wait("error")
    assert refusal.keys() == {"type", "code", "detail"}
    assert refusal["code"] == "permission_denied"
    assert host.rest() == guest.rest() == []
    assert cinema.status(party) == "scheduled"


def test_who_asks_learns_where_the_playback_is(host: Frames, guest: Frames) -> None:
    host.send({"type": "play", "position": 40})
    guest.wait("play")
    guest.send({"type": "sync_request"})
    sync = guest.wait("sync")
    assert sync.keys() == {"type", "position", "playing", "at"}
    assert sync["playing"] is True
    assert 40 <= sync["position"] < 60
    host.send({"type": "pause", "position": 50})
    guest.wait("pause")
    guest.send({"type": "sync_request"})
    sync = guest.wait("sync")
    assert (sync["playing"], sync["position"]) == (False, 50)
    assert "sync" not in [item.event for item in host.rest()]


def test_coming_and_leaving_are_told(cinema: Cinema, party: str, host: Frames) -> None:
    socket = cinema.enter(f"party/{party}", SECOND)
    assert host.wait("join") == {"type": "join", "user": NAMES[SECOND]}
    socket.do("close")
    assert host.wait("leave") == {"type": "leave", "user": NAMES[SECOND]}


def test_leaving_without_a_word_is_told_as_well(host: Frames, guest: Frames) -> None:
    guest.do("cut")
    assert host.wait("leave") == {"type": "leave", "user": NAMES[SECOND]}


def test_a_reaction_reaches_everybody(host: Frames, guest: Frames) -> None:
    guest.send({"type": "reaction", "emoji": "🎉"})
    for socket in (host, guest):
        assert socket.wait("reaction") == {"type": "reaction", "emoji": "🎉", "user": NAMES[SECOND]}


def test_a_party_hears_nothing_of_another(cinema: Cinema, host: Frames, guest: Frames) -> None:
    other = cinema.enter(f"party/{cinema.party()}", USER)
    host.send({"type": "play", "position": 0})
    host.send({"type": "reaction", "emoji": "🎉"})
    guest.wait("reaction")
    assert other.rest() == []


def test_a_chat_message_reaches_everybody_and_is_kept(cinema: Cinema, party: str) -> None:
    one, two = (cinema.enter(f"chat/{party}", email) for email in (USER, SECOND))
    one.send({"type": "message", "content": "Bring popcorn"})
    told = one.wait("message")
    assert two.wait("message") == told
    assert told.keys() == {"type", "id", "user", "content", "created_at"}
    assert (told["content"], told["user"]) == ("Bring popcorn", NAMES[USER])
    kept = cinema.rest(SECOND).get(f"/chat/{party}/messages/")["results"]
    assert [row["id"] for row in kept] == [told["id"]]


def test_a_chat_message_by_rest_reaches_the_sockets(cinema: Cinema, party: str) -> None:
    chat, playback = cinema.enter(f"chat/{party}", SECOND), cinema.enter(f"party/{party}", SECOND)
    row = cinema.rest().post(f"/chat/{party}/messages/send/", {"content": "By REST"})
    told = chat.wait("message")
    assert (told["id"], told["content"], told["user"]) == (row["id"], "By REST", NAMES[USER])
    assert playback.rest() == []


def test_typing_is_told_to_the_others(cinema: Cinema, party: str) -> None:
    one, two = (cinema.enter(f"chat/{party}", email) for email in (USER, SECOND))
    for active in (True, False):
        one.send({"type": "typing", "active": active})
        assert two.wait("typing") == {"type": "typing", "active": active, "user": NAMES[USER]}


def test_an_invitation_is_notified_to_the_invited_alone(cinema: Cinema) -> None:
    invited, other = cinema.enter("notifications", SECOND), cinema.enter("notifications", ADMIN)
    cinema.invite(cinema.party(), SECOND)
    told = invited.wait("notification")
    assert told.keys() == {"type", "id", "title", "body"}
    assert told["id"] in [row["id"] for row in cinema.rest(SECOND).get("/notifications/")["results"]]
    assert other.rest() == invited.rest() == []


BROKEN = {
    "no JSON": "{type",
    "nothing": "",
    "a list": "[]",
    "no type": "{}",
    "a type that there isn't": '{"type": "dance"}',
    "a type that is no text": '{"type": 7}',
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_broken_frame_is_an_error_and_the_socket_lives(cinema: Cinema, channel: str, case: str) -> None:
    socket = cinema.enter(path(cinema, channel), USER)
    socket.do("send", BROKEN[case])
    refusal = socket.wait("error")
    assert refusal.keys() == {"type", "code", "detail"}
    assert refusal["code"]
    assert refusal["detail"]
    assert socket.rest() == []


MALFORMED = {
    "party": [{"type": "play"}, {"type": "play", "position": -1}, {"type": "seek", "position": "far"}, {"type": "reaction"}, {"type": "sync"}],
    "chat": [{"type": "message"}, {"type": "message", "content": ""}, {"type": "message", "content": "x" * 2001}, {"type": "typing", "active": "yes"}],
    "interactive": [{"type": "poll_create", "question": "One?", "options": ["only"]}, {"type": "poll_vote"}, {"type": "voice_offer", "to": IDS[SECOND]}],
    "notifications": [{"type": "notification"}, {"type": "play", "position": 1}],
}


@pytest.mark.parametrize(("channel", "frame"), [(channel, frame) for channel, frames in MALFORMED.items() for frame in frames])
def test_a_malformed_frame_is_an_error_and_nobody_hears_it(cinema: Cinema, channel: str, frame: dict[str, object]) -> None:
    where = path(cinema, channel)
    socket, other = cinema.enter(where, USER), cinema.enter(where, USER)
    socket.rest()
    socket.send(frame)
    assert socket.wait("error")["code"]
    assert other.rest() == socket.rest() == []


def test_binary_and_long_frames_are_errors_and_the_socket_lives(host: Frames) -> None:
    host.do("sendBytes", '{"type": "ping"}')
    assert host.wait("error")["code"]
    host.send({"type": "reaction", "emoji": "x" * (1 << 20)})
    assert host.wait("error")["code"]
    assert host.rest() == []
