"""Watch Party's four sockets: frames {type, ...}."""

from typing import Any

import pytest

from mock_server.engine import Problem

from .client import Client
from .peer import Peer

BACKEND = "watchparty"
PARTY = "10000000-0000-4000-8000-000000000001"
USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"
SECOND_ID = "00000000-0000-4000-8000-000000000002"


def connect(client: Client, channel: str, login: str = USER, party: str = PARTY) -> Peer:
    peer = Peer(client, f"api/{channel}", path={"partyId": party}, query={"token": client.token(login)})
    peer.take()
    return peer


def types(peer: Peer) -> list[str]:
    return [name for name, _ in peer.take()]


def private_party(client: Client) -> str:
    """A party that only its host takes part in."""
    row = {**client.row("parties", PARTY), "id": "10000000-0000-4000-8000-0000000000aa", "visibility": "private"}
    client.put("parties", row)
    return str(row["id"])


@pytest.mark.parametrize("channel", ["party", "chat", "notifications", "interactive"])
@pytest.mark.parametrize("query", [{}, {"token": "bad"}])
def test_a_socket_without_a_good_token_is_refused(client: Client, channel: str, query: dict[str, str]) -> None:
    with pytest.raises(Problem) as refused:
        Peer(client, f"api/{channel}", path={"partyId": PARTY}, query=query)
    assert refused.value.status == 401


@pytest.mark.parametrize("channel", ["party", "chat", "interactive"])
def test_who_takes_no_part_is_refused(client: Client, channel: str) -> None:
    party = private_party(client)
    with pytest.raises(Problem) as refused:
        connect(client, channel, SECOND, party)
    assert refused.value.status == 403
    assert connect(client, channel, USER, party).ask("ping", {"type": "ping"}) == [("pong", {"type": "pong"})]


@pytest.mark.parametrize("party", ["10000000-0000-4000-8000-00000000ffff", "x"])
def test_a_party_that_is_not_there_is_refused(client: Client, party: str) -> None:
    with pytest.raises(Problem) as refused:
        connect(client, "party", USER, party)
    assert refused.value.status == 403


def test_a_token_may_come_as_a_subprotocol(client: Client) -> None:
    headers = {"sec-websocket-protocol": f"jwt, {client.token(USER)}"}
    assert Peer(client, "api/notifications", headers=headers).socket.account == client.row("parties", PARTY)["host_id"]
    with pytest.raises(Problem):
        Peer(client, "api/notifications", headers={"sec-websocket-protocol": "jwt"})


def test_who_opens_a_public_party_takes_part_and_is_announced(client: Client) -> None:
    host = connect(client, "party")
    guest = connect(client, "party", ADMIN)
    assert [(name, data["user"]["username"]) for name, data in host.take()] == [("join", "admin")]
    assert any(row["user_id"] == guest.socket.account for row in client.rows("participants") if row["party_id"] == PARTY)
    guest.close()
    assert [(name, data["user"]["username"]) for name, data in host.take()] == [("leave", "admin")]


def test_the_first_play_of_the_host_makes_the_party_live(client: Client) -> None:
    host, guest = connect(client, "party"), connect(client, "party", SECOND)
    host.take()
    host.send("play", {"type": "play", "position": 12.5})
    ((name, data),) = guest.take()
    assert (name, data["position"], data["user"]["username"]) == ("play", 12.5, "user")
    assert host.take() == [(name, data)]
    assert client.row("parties", PARTY)["status"] == "live"


@pytest.mark.parametrize("frame", [{"type": "play", "position": 1}, {"type": "pause", "position": 1}, {"type": "seek", "position": 1}, {"type": "end"}])
def test_only_the_host_steers(client: Client, frame: dict[str, Any]) -> None:
    host, guest = connect(client, "party"), connect(client, "party", SECOND)
    host.take()
    assert guest.ask(frame["type"], frame) == [("error", {"type": "error", "code": "permission_denied", "detail": "Only the host may do that."})]
    assert host.take() == []


def test_the_position_goes_on_while_it_plays(client: Client) -> None:
    host, guest = connect(client, "party"), connect(client, "party", SECOND)
    host.send("play", {"type": "play", "position": 10})
    client.advance(5)
    guest.take()
    ((_, sync),) = guest.ask("sync_request", {"type": "sync_request"})
    assert (sync["position"], sync["playing"]) == (15, True)
    host.send("pause", {"type": "pause", "position": 15})
    client.advance(5)
    guest.take()
    assert guest.ask("sync_request", {"type": "sync_request"})[0][1]["position"] == 15


def test_an_ended_party_is_not_played_again(client: Client) -> None:
    host = connect(client, "party")
    for frame in ({"type": "play", "position": 0}, {"type": "end"}):
        host.send(frame["type"], frame)
    host.take()
    ((name, data),) = host.ask("play", {"type": "play", "position": 0})
    assert (name, data["code"]) == ("error", "conflict")


def test_reactions_and_chat_reach_everyone_in_the_party(client: Client) -> None:
    for channel, frame in (
        ("party", {"type": "reaction", "emoji": "🎉"}),
        ("chat", {"type": "message", "content": "Hi"}),
        ("chat", {"type": "typing", "active": True}),
    ):
        one, other = connect(client, channel), connect(client, channel, SECOND)
        one.take()
        other.send(frame["type"], frame)
        ((name, data),) = one.take()
        assert (name, data["user"]["username"]) == (frame["type"], "second")
        assert data.items() >= frame.items()


def test_a_chat_message_by_socket_is_in_the_rest_of_the_chat(client: Client) -> None:
    connect(client, "chat", SECOND).send("message", {"type": "message", "content": "By socket"})
    assert any(row["content"] == "By socket" for row in client.rows("chatMessages") if row["party_id"] == PARTY)


def test_a_poll_is_asked_by_the_host_and_voted_once_by_each(client: Client) -> None:
    host, guest = connect(client, "interactive"), connect(client, "interactive", SECOND)
    assert guest.ask("poll_create", {"type": "poll_create", "question": "Which?", "options": ["a", "b"]})[0][0] == "error"
    host.send("poll_create", {"type": "poll_create", "question": "Which?", "options": ["a", "b"]})
    ((_, asked),) = guest.take()
    vote = {"type": "poll_vote", "poll_id": asked["poll"]["id"], "option": asked["poll"]["options"][0]["id"]}
    ((name, voted),) = guest.ask("poll_vote", vote)
    assert (name, [item["votes"] for item in voted["poll"]["options"]]) == ("poll_update", [1, 0])
    assert guest.ask("poll_vote", vote)[0][1]["code"] == "conflict"


def test_a_voice_offer_reaches_one_participant_of_this_party(client: Client) -> None:
    host, guest, tab = connect(client, "interactive"), connect(client, "interactive", SECOND), connect(client, "notifications", SECOND)
    private = private_party(client)
    client.put("participants", {"id": "x", "party_id": private, "user_id": SECOND_ID, "role": "guest"})
    elsewhere = connect(client, "interactive", SECOND, private)
    host.send("voice_offer", {"type": "voice_offer", "to": SECOND_ID, "sdp": "v=0"})
    assert [(name, data["sdp"], data["user"]["username"]) for name, data in guest.take()] == [("voice_offer", "v=0", "user")]
    assert (host.take(), tab.take(), elsewhere.take()) == ([], [], [])


def test_an_invitation_is_a_notification_to_who_is_invited(client: Client) -> None:
    invited, other = connect(client, "notifications", ADMIN), connect(client, "notifications", SECOND)
    answer = client.post(f"/api/parties/{PARTY}/invite/", {"emails": [ADMIN]}, by=USER)
    assert answer.status in (200, 201), answer
    ((name, data),) = invited.take()
    assert (name, data["type"], data["title"]) == ("notification", "notification", "Invitation")
    assert other.take() == []


@pytest.mark.parametrize("frame", [{"type": "seek", "position": "x"}, {"type": "seek"}, {"type": "reaction", "emoji": ""}])
def test_a_frame_that_breaks_its_schema_is_an_error(client: Client, frame: dict[str, Any]) -> None:
    ((name, data),) = connect(client, "party").ask(frame["type"], frame)
    assert (name, data["type"], data["code"]) == ("error", "error", "invalid")
