"""AsyncAPI documents from outside: what works with no configuration, and that nothing in one is met by a crash."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from mock_server.app import create_engine
from mock_server.engine import Problem, Request
from mock_server.engine.engine import Engine
from mock_server.engine.frames import Frame
from mock_server.state.rooms import Socket
from understudy.contract.errors import ContractError, UnderstudyError
from understudy.contract.reader import read

from .driver import heard

CHAT = Path(__file__).with_name("chat.asyncapi.yaml")
SOUND = yaml.safe_load(CHAT.read_text(encoding="utf-8"))
WRONG: tuple[Any, ...] = (None, 5, True, -1.5, "x", [], {}, ["x"], [None], {"x": 1}, {"x": None}, {"$ref": "#/nope"}, {"$ref": "#/components/schemas/Say"})


class Guest:
    """A socket without a network."""

    def __init__(self, engine: Engine, channel: str, query: bytes = b"", auth: Any = None, **path: str) -> None:
        self.engine, self.heard = engine, []
        request = Request("GET", "/", query)
        self.socket = Socket("guest", f"api/{channel}", self._hear, lambda _code, _reason: None, 0.0, engine.world, request, path=path)
        engine.realtime.open(self.socket, engine.world, auth)()

    def _hear(self, frame: Frame) -> None:
        self.heard.append((frame.name, json.loads(frame.data) if frame.data else None))

    def send(self, name: str, data: Any) -> Any:
        answer = self.engine.realtime.receive(self.socket, self.engine.world, name, data)
        return None if answer is None else json.loads(orjson.dumps(answer))


@pytest.fixture
def engine() -> Engine:
    return create_engine(read(str(CHAT)))


def written(folder: Path, document: Any) -> str:
    path = folder / "chat.json"
    path.write_bytes(orjson.dumps(document))
    return str(path)


def changed(*place: Any, value: Any) -> Any:
    document = copy.deepcopy(SOUND)
    around = document
    for key in place[:-1]:
        around = around[key]
    around[place[-1]] = value
    return document


def pointers(node: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if here:
        yield here
    for key, item in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from pointers(item, (*here, key))


def test_channels_are_addressed_tagged_and_secured_as_the_document_says(engine: Engine) -> None:
    room, lobby = engine.contract.channels
    assert (room.address, room.raw, room.tag, [way.where for way in room.security]) == ("/v1/rooms/{roomId}", True, "type", ["query"])
    assert (lobby.address, lobby.raw, [way.where for way in lobby.security], lobby.receives["knock"].ack) == ("/lobby", False, ["auth"], True)


def test_a_message_is_answered_by_the_example_of_its_reply(engine: Engine) -> None:
    guest = Guest(engine, "room", b"name=Ann", roomId="7")
    guest.send("say", {"type": "say", "text": "Hello"})
    assert guest.heard == [("said", {"type": "said", "text": "hi"})]
    assert "7" in guest.socket.rooms


def test_an_acknowledgement_that_the_document_describes_is_made(engine: Engine) -> None:
    guest = Guest(engine, "lobby")
    answer = guest.send("knock", "knock")
    assert (set(answer) <= {"open"}, guest.heard) == (True, [])


def test_what_requires_says_comes_before_what_the_schema_says(engine: Engine) -> None:
    with pytest.raises(Problem) as refused:
        Guest(engine, "room", roomId="7")
    assert (refused.value.status, refused.value.detail) == (401, "Who are you?")


def test_a_handshake_that_breaks_its_schema_is_refused(tmp_path: Path) -> None:
    document = changed("channels", "room", "x-behavior", value={})
    with pytest.raises(Problem) as refused:
        Guest(create_engine(read(written(tmp_path, document))), "room", roomId="7")
    assert (refused.value.status, refused.value.detail) == (400, "name is required")


def test_a_refusal_takes_the_shape_of_the_message_error(tmp_path: Path) -> None:
    payload = {"type": "object", "required": ["type", "reason"], "properties": {"type": {"const": "error"}, "reason": {"type": "string"}}}
    document = changed("channels", "room", "messages", "failed", value={"name": "error", "payload": payload})
    document["operations"]["fail"] = {"action": "send", "channel": {"$ref": "#/channels/room"}, "messages": [{"$ref": "#/channels/room/messages/failed"}]}
    guest = Guest(create_engine(read(written(tmp_path, document))), "room", b"name=Ann", roomId="7")
    guest.send("say", {"type": "say"})
    assert guest.heard == [("error", {"type": "error", "reason": "text is required"})]


def test_without_a_message_for_it_a_refusal_is_only_in_the_log(engine: Engine) -> None:
    guest = Guest(engine, "room", b"name=Ann", roomId="7")
    guest.send("say", {"type": "say"})
    assert guest.heard == []
    assert heard(engine)[-1].refused == "text is required"


@pytest.mark.parametrize("kind", ["event", "ack"])
def test_reply_says_how_as_reply_as_does(tmp_path: Path, kind: str) -> None:
    document = changed("operations", "hear", "x-behavior", value={"reply": kind})
    guest = Guest(create_engine(read(written(tmp_path, document))), "room", b"name=Ann", roomId="7")
    assert guest.send("say", {"type": "say", "text": "Hello"}) == {"type": "said", "text": "hi"}
    assert guest.heard == ([("said", {"type": "said", "text": "hi"})] if kind == "event" else [])


def test_a_socket_is_in_a_thousand_rooms_at_most(tmp_path: Path) -> None:
    document = changed("operations", "hear", "x-behavior", value={"do": "reply", "room": "body.text", "reply": {"type": "'said'", "text": "body.text"}})
    guest = Guest(create_engine(read(written(tmp_path, document))), "room", b"name=Ann", roomId="7")
    for number in range(1100):
        guest.send("say", {"type": "say", "text": str(number)})
    assert len(guest.socket.rooms) == 1000
    assert heard(guest.engine)[-1].refused == "A socket can't be in more than 1000 rooms"


NO_WORD, NO_NAME = "is not a word of the vocabulary here.", "is no name here."


@pytest.mark.parametrize(("by", "refused"), [("body.text", [False, False, True, False]), ("address", [False, False, True, True])])
def test_a_message_has_a_limit_of_its_own(tmp_path: Path, by: str, refused: list[bool]) -> None:
    words = {"rate": {"limit": 2, "per": "1m", "by": [by]}, "do": "reply", "reply": {"type": "'said'", "text": "body.text"}}
    guest = Guest(create_engine(read(written(tmp_path, changed("operations", "hear", "x-behavior", value=words)))), "room", b"name=Ann", roomId="7")
    seen = []
    for text in ("a", "a", "a", "b"):
        guest.send("say", {"type": "say", "text": text})
        seen.append(heard(guest.engine)[-1].refused == "Too many requests")
    assert seen == refused


def test_a_transition_that_is_accepted_again_answers_and_changes_nothing(tmp_path: Path) -> None:
    row = {"type": "object", "properties": {"id": {"type": "integer"}, "state": {"type": "string", "enum": ["shut", "open"]}}}
    states = {"field": "state", "initial": "shut", "moves": {"shut": ["open"], "open": []}}
    document = changed("components", "schemas", "Door", value={**row, "x-behavior": {"collection": "doors", "states": states}})
    words = {"collection": "doors", "do": "transition", "key": "1", "to": "open", "repeat": "accept", "reply": {"type": "'said'", "text": "row.state"}}
    document["operations"]["hear"]["x-behavior"] = words
    guest = Guest(create_engine(read(written(tmp_path, document))), "room", b"name=Ann", roomId="7")
    table = guest.engine.world.store.tables["doors"]
    table.put(1, {"id": 1, "state": "shut"})
    for version in (table.version + 1, table.version + 1):
        assert guest.send("say", {"type": "say", "text": "Open"}) == {"type": "said", "text": "open"}
        assert table.version == version


REFUSED = {
    "version": (changed("asyncapi", value="2.6.0"), ":1: An AsyncAPI document names its version, 3.0; found '2.6.0'."),
    "protocol": (
        {**SOUND, "servers": {"k": {"host": "k", "protocol": "kafka"}}, "channels": {"room": {"address": "a"}}, "operations": {}},
        ":1: No channel is reached over WebSocket or Socket.IO, so there is nothing to serve. Protocols: kafka.",
    ),
    "action": (changed("operations", "hear", "action", value="recieve"), "operations.hear.action: 'recieve' is not valid. Did you mean 'receive'?"),
    "word": (
        changed("operations", "hear", "x-behavior", value={"rom": "'a'"}),
        f"hear: x-behavior.rom: 'rom' {NO_WORD} Did you mean 'room'?",
    ),
    "channel": (
        changed("channels", "room", "x-behavior", value={"clses": {}}),
        f"channel room: x-behavior.clses: 'clses' {NO_WORD} Did you mean 'closes'?",
    ),
    "refused": (
        changed("operations", "hear", "x-behavior", value={"refused": {"message": "sayd", "data": {}}}),
        "hear: x-behavior.refused: 'sayd' is no message that the channel sends. Did you mean 'said'?",
    ),
    "expression": (
        changed("operations", "hear", "x-behavior", value={"room": "bdy.text"}),
        f"hear: x-behavior.room: 'bdy' in 'bdy.text' {NO_NAME} Did you mean 'body'?",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_that_can_not_be_used_says_why(tmp_path: Path, case: str) -> None:
    document, sentence = REFUSED[case]
    with pytest.raises(ContractError) as refused:
        create_engine(read(written(tmp_path, document)))
    assert str(refused.value).endswith(sentence)


def test_a_message_is_made_of_a_row_in_one_way_only(tmp_path: Path) -> None:
    document = changed("operations", "tell", "x-behavior", value={"room": "'a'"})
    document["channels"]["hall"] = {**SOUND["channels"]["room"], "address": "hall", "parameters": {}, "x-behavior": {}}
    send = {"action": "send", "channel": {"$ref": "#/channels/hall"}, "messages": [{"$ref": "#/channels/hall/messages/said"}], "x-behavior": {"room": "'b'"}}
    document["operations"]["tellHall"] = send
    with pytest.raises(ContractError) as refused:
        create_engine(read(written(tmp_path, document)))
    assert str(refused.value).endswith("tellHall: x-behavior: another operation says already how 'said' is made.")


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_whatever_stands_in_a_wrong_place_nothing_crashes(tmp_path: Path, wrong: Any) -> None:
    crashes = {}
    for place in pointers(SOUND):
        try:
            create_engine(read(written(tmp_path, changed(*place, value=wrong))))
        except UnderstudyError:
            continue
        except Exception as error:
            crashes["/".join(map(str, place))] = repr(error)
    assert crashes == {}
