"""PlatNG's notifications: two namespaces, one token, and a push for each paid order."""

from collections.abc import Callable
from typing import Any

import pytest

from ..mock_process import Mock
from .node import Clients, SocketIO
from .rest import PASSWORD, Rest, session

JOHN, ADA = "user@example.com", "second@example.com"
NAMESPACES = ("/api/v1", "/")


class Desk:
    """The services of a running mock that have to do with payments."""

    def __init__(self, mock: Mock, clients: Clients[SocketIO]) -> None:
        self._mock, self._clients = mock, clients

    def token(self, email: str) -> str:
        return str(session(f"{self._mock.base('auth')}/auth/login", email=email, password=PASSWORD)["access_token"])

    def rest(self, service: str, email: str) -> Rest:
        return Rest(self._mock.base(service), self.token(email))

    def order(self, email: str) -> dict[str, Any]:
        lines = [{"ticket_id": 1, "quantity": 1}]
        return dict(self.rest("payments", email).post("/orders", {"event_id": 123, "tickets": lines})["data"])

    def pay(self, email: str, order: dict[str, Any]) -> None:
        self.rest("payments", email).post("/orders/verify", {"order_id": order["id"], "reference": order["reference"]})

    def open(self, namespace: str, auth: dict[str, Any], **options: Any) -> SocketIO:
        return self._clients.open(self._mock.url("notifications") + namespace, {"auth": auth, **options}, settle=lambda _: None)

    def enter(self, namespace: str, email: str) -> SocketIO:
        socket = self.open(namespace, {"token": self.token(email)})
        socket.wait("connect")
        return socket


@pytest.fixture
def desk(mocks: Callable[[str], Mock], socketio: Clients[SocketIO]) -> Desk:
    return Desk(mocks("platng"), socketio)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_token_opens_both_namespaces(desk: Desk, namespace: str, transport: str) -> None:
    assert desk.open(namespace, {"token": desk.token(JOHN)}, transports=[transport]).wait("connect")


@pytest.mark.parametrize("auth", [{}, {"token": "bad"}, {"token": None}], ids=repr)
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_without_a_good_token_both_namespaces_are_refused(desk: Desk, namespace: str, auth: dict[str, Any]) -> None:
    assert desk.open(namespace, auth).wait("connect_error") == "Authentication failed"


@pytest.mark.parametrize("namespace", ["/api/v2", "/api", "/notifications"])
def test_another_namespace_is_not_there(desk: Desk, namespace: str) -> None:
    assert desk.open(namespace, {"token": desk.token(JOHN)}).wait("connect_error") == "Invalid namespace"


def test_a_paid_order_is_told_in_both_namespaces(desk: Desk) -> None:
    sockets = [desk.enter(namespace, JOHN) for namespace in NAMESPACES]
    order = desk.order(JOHN)
    desk.pay(JOHN, order)
    told = [socket.wait("notification") for socket in sockets]
    assert told[0] == told[1]
    assert (told[0]["order_id"], told[0]["type"], told[0]["is_read"]) == (order["id"], "payment", False)
    assert told[0] in desk.rest("notifications", JOHN).get("/notifications")["data"]["items"]


def test_one_connection_serves_both_namespaces(desk: Desk) -> None:
    good = {"token": desk.token(JOHN)}
    one, two = (desk.open(namespace, good, forceNew=False) for namespace in NAMESPACES)
    for socket in (one, two):
        socket.wait("connect")
    two.do("disconnect")
    order = desk.order(JOHN)
    desk.pay(JOHN, order)
    assert one.wait("notification")["order_id"] == order["id"]
    assert [item.event for item in two.rest() if item.event != "upgrade"] == ["disconnect"]


def test_a_refusal_in_one_namespace_leaves_the_other_on_its_connection(desk: Desk) -> None:
    good = desk.open("/api/v1", {"token": desk.token(JOHN)}, forceNew=False)
    good.wait("connect")
    assert desk.open("/", {"token": "bad"}, forceNew=False).wait("connect_error") == "Authentication failed"
    assert desk.open("/nowhere", {"token": "bad"}, forceNew=False).wait("connect_error") == "Invalid namespace"
    order = desk.order(JOHN)
    desk.pay(JOHN, order)
    assert good.wait("notification")["order_id"] == order["id"]


def test_a_paid_order_is_told_to_its_buyer_alone(desk: Desk) -> None:
    sockets = [desk.enter(namespace, ADA) for namespace in NAMESPACES]
    desk.pay(JOHN, desk.order(JOHN))
    own = desk.order(ADA)
    desk.pay(ADA, own)
    for socket in sockets:
        assert socket.wait("notification")["order_id"] == own["id"]


def test_an_order_is_told_when_it_is_paid_and_only_once(desk: Desk) -> None:
    socket = desk.enter("/api/v1", JOHN)
    one, two = desk.order(JOHN), desk.order(JOHN)
    wrong = {"order_id": one["id"], "reference": "wrong"}
    assert desk.rest("payments", JOHN).status("POST", "/orders/verify", wrong) == 409
    for order in (one, one, two):
        desk.pay(JOHN, order)
    assert [socket.wait("notification")["order_id"] for _ in range(2)] == [one["id"], two["id"]]
