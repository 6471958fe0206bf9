"""What holds for every message of every backend: documented examples are taken, anything else changes nothing and is answered in the backend's words."""

from typing import Any

import pytest

from mock_server.engine import Problem
from understudy.contract import schemas
from understudy.contract.model import Channel, Receiver
from understudy.contract.reader import backend_names

from .client import Client, contract
from .peer import Peer

MESSAGES = [
    pytest.param(backend, f"{channel.service}/{channel.id}", name, id=f"{backend} {channel.address} {name}")
    for backend in backend_names()
    for channel in contract(backend).channels
    for name in channel.receives
]
CHANNELS = [
    pytest.param(backend, f"{channel.service}/{channel.id}", id=f"{backend} {channel.address}")
    for backend in backend_names()
    for channel in contract(backend).channels
]
PATHS = {"partyId": "10000000-0000-4000-8000-000000000001"}
NONSENSE: tuple[Any, ...] = (None, 5, "text", [], {}, [[]], True, {"a": {"b": []}}, b"\x00", {"\x00": "\ud800"})


def first_account(client: Client) -> Any:
    return client.engine.contract.settings["accounts"][0]


def connect(client: Client, key: str) -> Peer:
    """A socket of the first account, by whatever the channel takes."""
    account = first_account(client)
    token, channel = client.token(account[client.auth["login"]]), client.engine.realtime.lines[key].channel
    query = {"token": token, **({"userId": account["id"]} if any(item.name == "userId" for item in channel.opening.parameters) else {})}
    peer = Peer(client, key, path={name: PATHS[name] for name in channel.opening.path_names}, query=query, auth={"token": token})
    peer.take()
    return peer


def receiver(client: Client, key: str, name: str) -> tuple[Channel, Receiver]:
    channel = client.engine.realtime.lines[key].channel
    return channel, channel.receives[name]


def versions(client: Client) -> dict[str, int]:
    return {name: table.version for name, table in client.world.store.tables.items()}


def payloads(item: Receiver) -> list[Any]:
    return list(item.message.examples)


@pytest.mark.parametrize(("backend", "key", "name"), MESSAGES)
def test_the_documents_own_example_is_answered_by_no_crash(backend: str, key: str, name: str) -> None:
    client = Client(backend)
    _, item = receiver(client, key, name)
    assert payloads(item)
    for payload in payloads(item):
        peer = connect(client, key)
        peer.send(name, payload)
        assert all("Internal server error" not in str(data) for _, data in peer.take())
    assert not [entry.crash for entry in client.engine.log if getattr(entry, "crash", None)]


@pytest.mark.parametrize(("backend", "key", "name"), MESSAGES)
def test_a_payload_that_breaks_the_schema_changes_nothing_and_is_answered(backend: str, key: str, name: str) -> None:
    client = Client(backend)
    channel, item = receiver(client, key, name)
    peer = connect(client, key)
    validator = client.validator(key, item.message.pointer)
    before = versions(client)
    for payload in (*NONSENSE, *broken(channel, item)):
        if isinstance(payload, bytes) or not fits(validator, payload):
            client.advance(1)
            peer.take()
            peer.send(name, payload)
            assert peer.take(), f"{payload!r} has no answer"
    assert versions(client) == before
    assert not [entry.crash for entry in client.engine.log if getattr(entry, "crash", None)]


def fits(validator: Any, payload: Any) -> bool:
    try:
        return bool(validator.is_valid(payload))
    except ValueError:
        return False


def broken(channel: Channel, item: Receiver) -> list[Any]:
    """The example without each required field, and with each field of another type."""
    document, example = channel.bundle.data, payloads(item)[0]
    if not isinstance(example, dict):
        return []
    lacking = [{key: value for key, value in example.items() if key != name} for name in schemas.required(document, item.message.schema or {})]
    return lacking + [{**example, name: other} for name in example for other in (None, [], {}, -1, 0.5, "", "x" * 100_000, 10**30)]


@pytest.mark.parametrize(("backend", "key"), CHANNELS)
def test_a_socket_that_was_refused_does_nothing(backend: str, key: str) -> None:
    client = Client(backend)
    channel = client.engine.realtime.lines[key].channel
    before = versions(client)
    try:
        peer = Peer(client, key, path={name: PATHS[name] for name in channel.opening.path_names}, query={"token": "bad", "userId": 1}, auth={"token": "bad"})
    except Problem:
        peer = None
    assert peer is None, "a bad token opens nothing"
    assert versions(client) == before
    assert not client.world.rooms.sockets


@pytest.mark.parametrize(("backend", "key", "name"), MESSAGES)
def test_who_is_gone_sends_nothing(backend: str, key: str, name: str) -> None:
    client = Client(backend)
    _, item = receiver(client, key, name)
    peer = connect(client, key)
    peer.close()
    before = versions(client)
    assert peer.send(name, payloads(item)[0]) is None
    assert (peer.take(), versions(client)) == ([], before)
