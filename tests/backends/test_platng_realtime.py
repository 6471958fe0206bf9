"""PlatNG's notifications: two namespaces, one user."""

from typing import Any

import pytest

from mock_server.engine import Problem

from .client import Client
from .peer import Peer

BACKEND = "platng"
USER, SECOND = "user@example.com", "second@example.com"
CHANNELS = ("notifications/api", "notifications/root")


def connect(client: Client, channel: str, login: str = USER) -> Peer:
    return Peer(client, channel, auth={"token": client.token(login)})


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("auth", [None, {"token": "bad"}])
def test_a_socket_without_a_good_token_is_refused(client: Client, channel: str, auth: Any) -> None:
    with pytest.raises(Problem) as refused:
        Peer(client, channel, auth=auth)
    assert refused.value.detail == "Authentication failed"


def test_a_paid_order_is_told_to_its_user_in_both_namespaces(client: Client) -> None:
    peers = [connect(client, channel) for channel in CHANNELS]
    others = [connect(client, channel, SECOND) for channel in CHANNELS]
    order = client.row("orders", 789)
    operation = next(item for item in client.engine.contract.operations if item.id == "verifyPayment")
    answer = client.post(operation.path, {"order_id": 789, "reference": order["reference"]}, by=USER)
    assert answer.status == 200, answer
    told = [peer.take() for peer in peers]
    assert told[0] == told[1]
    assert [(name, data["order_id"], data["type"]) for name, data in told[0]] == [("notification", 789, "payment")]
    assert [peer.take() for peer in others] == [[], []]


def test_a_message_that_nobody_declared_is_ignored(client: Client) -> None:
    peer = connect(client, CHANNELS[0])
    assert peer.ask("anything", {}) == []
