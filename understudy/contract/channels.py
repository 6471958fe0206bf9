"""Reads the channels of an AsyncAPI 3.0 document. How Socket.IO stands in one is described in docs/realtime.md."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from understudy.contract import documents, schemas
from understudy.contract.behaviors import read_behavior
from understudy.contract.bundle import Bundle
from understudy.contract.errors import suggest
from understudy.contract.model import Behavior, Channel, Collection, Media, Message, Operation, Parameter, Push, Receiver, Response, Security

__all__ = ["read_channels", "wrong_refusals"]

JSON = "application/json"
WEB = frozenset({"ws", "wss", "socketio", "socket.io", "socketios"})
SOCKETIO = {"path": "/socket.io/", "transports": ["polling", "websocket"]}
SUBPROTOCOL = "sec-websocket-protocol"
Collections = Mapping[str, Collection]


def read_channels(service: str, found: Bundle, collections: Collections) -> tuple[Channel, ...]:
    """The channels of a document that are reached over WebSocket or Socket.IO."""
    document = found.data
    ids = [name for name in _map(document.get("channels")) if _servers(document, document["channels"][name])]
    return tuple(_channel(service, found, name, collections) for name in ids)


def _map(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}


def _servers(document: Mapping[str, Any], channel: Any) -> list[Mapping[str, Any]]:
    """The servers of a channel that speak WebSocket or Socket.IO: those that it names, else all."""
    every = list(_map(document.get("servers")).values())
    chosen = [schemas.follow(document, item) for item in _map(channel).get("servers") or every]
    web: list[Mapping[str, Any]] = [item for item in chosen if isinstance(item, dict) and str(item.get("protocol", "ws")).lower() in WEB]
    fallback: Mapping[str, Any] = {"protocol": "ws"}
    return web if chosen else [fallback]


def _channel(service: str, found: Bundle, name: str, collections: Collections) -> Channel:
    node, pointer = schemas.follow(found.data, found.data["channels"][name]), documents.pointer_of("channels", name)
    server = _servers(found.data, node)[0]
    socketio = _socketio(server)
    address = str(node.get("address") or ("/" if socketio else f"/{name}"))
    address = address if socketio else f"{str(server.get('pathname', '')).rstrip('/')}/{address.lstrip('/')}"
    receives = {item.message.name: item for item in _receivers(service, found, name, address, collections)}
    sends = _sends(found, name, receives.values(), collections)
    opening = _opening(service, found, name, node, server, address, collections)
    known = [*(item.message for item in receives.values()), *(item.message for item in sends.values())]
    return Channel(
        id=name, service=service, address=address, opening=opening, receives=receives, sends=sends, security=_security(found.data, server),
        tag=_tag(found.data, known), socketio=socketio, pointer=pointer, bundle=found, summary=str(node.get("title") or node.get("description") or ""),
    )  # fmt: skip


def _socketio(server: Mapping[str, Any]) -> Mapping[str, Any]:
    """Path and transports of a Socket.IO server, {} for another."""
    declared = server.get("x-socketio")
    said = str(server.get("protocol", "")).lower().startswith("socket") or str(server.get("x-protocol-variant", "")).lower() == "socket.io"
    return {**SOCKETIO, **_map(declared)} if said or declared is not None else {}


def _operations(found: Bundle, channel: str, action: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The operations of a channel: id, pointer, node."""
    wanted = documents.pointer_of("channels", channel)
    for name, node in _map(found.data.get("operations")).items():
        if _map(node).get("action") == action and str(_map(node.get("channel")).get("$ref", ""))[1:] == wanted:
            yield name, documents.pointer_of("operations", name), node


def _named(found: Bundle, channel: str, node: Mapping[str, Any]) -> Iterator[Message]:
    """The messages of an operation or of its reply: those that it lists, else all of the channel."""
    listed = node.get("messages")
    pointer = documents.pointer_of("channels", channel, "messages")
    for name in _map(_map(found.data["channels"][channel]).get("messages")) if listed is None else ():
        yield _message(found, {"$ref": f"#{pointer}{documents.pointer_of(name)}"})
    for item in listed or ():
        yield _message(found, item)


def _message(found: Bundle, reference: Mapping[str, Any]) -> Message:
    """A message: at the end of the references that lead to it."""
    pointer, node = str(reference.get("$ref", "#"))[1:], reference
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        pointer = node["$ref"][1:]
        node = documents.resolve(found.data, pointer)
    payload = _map(node).get("payload")
    schema = payload.get("schema") if isinstance(payload, dict) and "schemaFormat" in payload else payload
    at = f"{pointer}/payload" if schema is payload else f"{pointer}/payload/schema"
    examples = tuple(item["payload"] for item in _map(node).get("examples") or () if isinstance(item, dict) and "payload" in item)
    name = str(_map(node).get("name") or documents.pointer_parts(pointer)[-1])
    title = str(_map(node).get("title") or _map(node).get("summary") or "")
    return Message(name, title, schema, schemas.pointer(schema, at) if schema is not None else None, examples)


def _receivers(service: str, found: Bundle, channel: str, address: str, collections: Collections) -> Iterator[Receiver]:
    for name, pointer, node in _operations(found, channel, "receive"):
        behavior = _reply_kind(read_behavior(found, node, pointer, "message", name, collections))
        for message in _named(found, channel, node):
            reply = next(_named(found, channel, node["reply"]), None) if "reply" in node else _acknowledged(found, node)
            ack = behavior.get("reply_as") == "ack" or ("reply" not in node and reply is not None)
            yield Receiver(_operation(service, found, name, address, pointer, behavior, message, reply), message, reply, ack)


def _reply_kind(behavior: Behavior) -> Behavior:
    """`reply: event` and `reply: ack` say how a reply is sent, as `reply_as` does; who says nothing else gets the reply's example."""
    kind = behavior.get("reply")
    if kind not in ("event", "ack"):
        return behavior
    words = {**behavior.words, "reply_as": kind}
    del words["reply"]
    return Behavior("example" if words.keys() == {"reply_as"} else behavior.source, behavior.do, behavior.collection, words)


def _acknowledged(found: Bundle, node: Mapping[str, Any]) -> Message | None:
    """The acknowledgement that a message documents as `x-ack`, a schema or `{args: schema}`."""
    for item in node.get("messages") or ():
        message = schemas.follow(found.data, schemas.follow(found.data, item))
        declared = _map(message).get("x-ack")
        if isinstance(declared, dict):
            return Message("", "acknowledgement", declared.get("args", declared), None)
    return None


def _operation(service: str, found: Bundle, name: str, address: str, pointer: str, behavior: Behavior, message: Message, reply: Message | None) -> Operation:
    """A message as an operation: its payload is the body, its reply the answer."""
    examples = {str(index): example for index, example in enumerate(reply.examples if reply else ())}
    answer = {"200": Response("200", reply.title, {JSON: Media(JSON, reply.schema, reply.pointer, examples)}, {}, pointer)} if reply else {}
    return Operation(
        id=name, service=service, method="RECEIVE", path=address, parameters=(), bodies={JSON: Media(JSON, message.schema, message.pointer)},
        body_required=False, responses=answer, security=(), anonymous=True, behavior=behavior, pointer=pointer, bundle=found,
    )  # fmt: skip


def _sends(found: Bundle, channel: str, receivers: Iterable[Receiver], collections: Collections) -> dict[str, Push]:
    """What clients may be sent: the messages of operations that send, and replies."""
    pushes: dict[str, Push] = {}
    for name, pointer, node in _operations(found, channel, "send"):
        words = read_behavior(found, node, pointer, "push", name, collections).words
        pushes |= {message.name: Push(name, message, words, pointer) for message in _named(found, channel, node)}
    replies = {item.reply.name: Push(item.reply.name, item.reply, {}, item.operation.pointer) for item in receivers if item.reply and not item.ack}
    return {**replies, **pushes}


def _opening(service: str, found: Bundle, name: str, node: Mapping[str, Any], server: Mapping[str, Any], address: str, collections: Collections) -> Operation:
    """The opening of a channel as an operation: path and query are those of the handshake, its auth object is the body."""
    pointer = documents.pointer_of("channels", name)
    behavior = read_behavior(found, node, pointer, "channel", f"channel {name}", collections)
    auth = server.get("x-socketio-auth")
    return Operation(
        id=f"{name}.open", service=service, method="OPEN", path=address, parameters=tuple(_parameters(found, name, node, address)),
        bodies={JSON: Media(JSON, auth, None)} if auth else {}, body_required=False, responses={}, security=(), anonymous=True,
        behavior=Behavior("declared", "reply", None, behavior.words), pointer=pointer, bundle=found,
    )  # fmt: skip


def _parameters(found: Bundle, name: str, node: Mapping[str, Any], address: str) -> Iterator[Parameter]:
    for part in (part.split("}", 1)[0] for part in address.split("{")[1:]):
        yield Parameter(part, "path", True, {"type": "string"}, "", "string")
    binding = schemas.follow(found.data, _map(node.get("bindings")).get("ws")) or {}
    for where, word in (("query", "query"), ("header", "headers")):
        schema = binding.get(word) or {}
        needed = schemas.required(found.data, schema)
        for key, inner in schemas.properties(found.data, schema).items():
            at = schemas.pointer(inner, documents.pointer_of("channels", name, "bindings", "ws", word, "properties", key))
            yield Parameter(key, where, key in needed, inner, at, schemas.type_of(found.data, inner) or "string")


def _security(document: Mapping[str, Any], server: Mapping[str, Any]) -> tuple[Security, ...]:
    """Where a token may stand: as the server's `security` says, and in Socket.IO's auth object."""
    found = [_scheme(schemas.follow(document, item)) for item in server.get("security") or ()]
    auth = next(iter(schemas.properties(document, server.get("x-socketio-auth") or {})), None)
    return tuple(item for item in (*([Security("auth", "auth", auth)] if auth else []), *found) if item is not None)


def _scheme(node: Any) -> Security | None:
    kind, name = _map(node).get("type"), str(_map(node).get("name", ""))
    if kind == "http" and str(node.get("scheme", "")).lower() == "bearer":
        return Security("bearer", "bearer", "Authorization")
    if kind != "httpApiKey":
        return None
    if name.lower() == SUBPROTOCOL:
        return Security("protocol", "protocol", name)
    return Security(name, "bearer" if name.lower() == "authorization" else str(node.get("in", "query")), name)


def _tag(document: Mapping[str, Any], messages: Iterable[Message]) -> str:
    """The property by which frames name their message: the one whose constant is the message's name."""
    for message in messages:
        for name, node in schemas.properties(document, message.schema or {}).items():
            inner = schemas.follow(document, node)
            if isinstance(inner, dict) and (inner.get("const") == message.name or inner.get("enum") == [message.name]):
                return name
    return "type"


def wrong_refusals(channel: Channel) -> Iterator[tuple[Operation, str]]:
    """Operations of a channel whose `refused` names a message that it does not send, and the sentence for it."""
    for operation in (channel.opening, *(item.operation for item in channel.receives.values())):
        name = (operation.behavior.get("refused") or {}).get("message")
        if name is not None and name not in channel.sends:
            yield operation, f"'{name}' is no message that the channel sends.{suggest(name, channel.sends)}"
