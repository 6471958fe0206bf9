"""How a client gets into a channel: its address, what the handshake carries, the code that does it, and who is turned away."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from mock_server.pages.reached import Here
from understudy.contract import schemas
from understudy.contract.model import Channel

JSON = "application/json"
USUAL_PATH = "/socket.io/"
REFUSED = 4000  # a refused raw WebSocket is closed with this and the status
DEFAULT_STATUS = 403
TOKEN = "ACCESS_TOKEN"
JWT = "jwt"  # the first of two subprotocols, of which the second is the token


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a handshake carries. where: path, query, header, auth or protocol; value: one that will do, "" if none is known."""

    name: str
    where: str
    required: bool
    type: str
    value: str
    description: str
    token: bool


def fields(channel: Channel) -> list[Field]:
    """What a handshake carries, in the order path, query, header, auth object, subprotocol."""
    found = [*_parameters(channel), *_auth(channel)]
    known = {(item.where, item.name) for item in found}
    for way in channel.security:
        name = "token" if way.where == "protocol" else way.name
        if way.where in ("query", "protocol") and (way.where, name) not in known:
            found.append(Field(name, way.where, False, "string", "", described(channel, way.name), True))
    return sorted(found, key=lambda item: ("path", "query", "header", "auth", "protocol").index(item.where))


def _parameters(channel: Channel) -> Iterator[Field]:
    told = _map(_node(channel).get("parameters"))
    for item in channel.opening.parameters:
        token = any(way.name == item.name and way.where == item.where for way in channel.security)
        node = _map(schemas.follow(channel.bundle.data, told.get(item.name) if item.where == "path" else item.schema))
        value = "" if token else _usable(node)
        says = str(node.get("description") or (described(channel, item.name) if token else ""))
        yield Field(item.name, item.where, item.required, item.type, value, says, token)


def _auth(channel: Channel) -> Iterator[Field]:
    document, body = channel.bundle.data, channel.opening.bodies.get(JSON)
    schema = body.schema if body else None
    needed, tokens = schemas.required(document, schema), {way.name for way in channel.security if way.where == "auth"}
    for name, inner in schemas.properties(document, schema).items():
        node, token = _map(schemas.follow(document, inner)), name in tokens
        kind = schemas.type_of(document, inner) or "string"
        yield Field(name, "auth", name in needed, kind, "" if token else _usable(node), str(node.get("description") or ""), token)


def _usable(node: Mapping[str, Any]) -> str:
    """A value that a schema or an AsyncAPI parameter names."""
    named = [node[word] for word in ("default", "example", "const") if word in node]
    named += [item for word in ("examples", "enum") if isinstance(node.get(word), list) for item in node[word]]
    named += [node["minimum"]] if node.get("type") == "integer" and "minimum" in node else []
    return "" if not named else named[0] if isinstance(named[0], str) else json.dumps(named[0])


def described(channel: Channel, name: str) -> str:
    """What the document says of a security scheme, by the name that its credential has."""
    known = _map(_map(channel.bundle.data.get("components")).get("securitySchemes"))
    return next((str(node["description"]) for node in known.values() if _map(node).get("name") == name and node.get("description")), "")


def _node(channel: Channel) -> Mapping[str, Any]:
    return _map(schemas.follow(channel.bundle.data, _map(channel.bundle.data.get("channels")).get(channel.id)))


def _map(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}


def namespace(channel: Channel) -> str:
    """The Socket.IO namespace of a channel."""
    return f"/{channel.address.strip('/')}"


def handshake_path(channel: Channel, here: Here) -> str:
    """The path of Socket.IO's handshake as it is reached now."""
    return f"{here.root}/{str(channel.socketio['path']).strip('/')}/"


def url(channel: Channel, here: Here) -> str:
    """What a WebSocket is opened at. `{name}` stands for path parameters."""
    return f"{here.sockets}{here.root}/{channel.address.lstrip('/')}" if channel.raw else f"{here.sockets}{handshake_path(channel, here)}"


def snippet(channel: Channel, here: Here) -> str:
    """The code by which a browser connects, listens and sends."""
    return _raw(channel, here) if channel.raw else _socketio(channel, here)


def _raw(channel: Channel, here: Here) -> str:
    told = fields(channel)
    address = url(channel, here)
    for item in told:
        address = address.replace(f"{{{item.name}}}", quote(_said(item))) if item.where == "path" else address
    query = urlencode({item.name: _said(item) for item in told if item.where == "query" and _is_said(item)})
    lines = [f"const socket = new WebSocket({_js(address + (f'?{query}' if query else ''))});"]
    if any(item.where == "protocol" for item in told):
        lines += ["// or, with the token as a subprotocol, which stands in no log:", f"// new WebSocket({_js(address)}, {_js([JWT, TOKEN])});"]
    lines += ["socket.onmessage = event => console.log(JSON.parse(event.data));", "socket.onclose = event => console.log(event.code, event.reason);"]
    for receiver in list(channel.receives.values())[:1]:
        frame = next(iter(receiver.message.examples), {channel.tag: receiver.message.name})
        lines.append(f"socket.onopen = () => socket.send(JSON.stringify({_js(frame)}));")
    return "\n".join(lines)


def _socketio(channel: Channel, here: Here) -> str:
    options, path = [], handshake_path(channel, here)
    options += [f"path: {_js(path)}"] if path != USUAL_PATH else []
    options += [f"transports: {_js(channel.socketio['transports'])}"] if "polling" not in channel.socketio["transports"] else []
    for word, where in (("query", "query"), ("extraHeaders", "header"), ("auth", "auth")):
        said = {item.name: _typed(item) for item in fields(channel) if item.where == where and _is_said(item)}
        options += [f"{word}: {_js(said)}"] if said else []
    space = namespace(channel)
    address = _js(f"{here.scheme}://{here.host}{'' if space == '/' else space}")
    lines = ['import { io } from "socket.io-client";', "", f"const socket = io({address}{_block(options)});"]
    lines.append('socket.on("connect_error", error => console.log(error.message));')
    lines += [f"socket.on({_js(name)}, data => console.log(data));" for name in list(channel.sends)[:1]]
    for receiver in list(channel.receives.values())[:1]:
        data = next(iter(receiver.message.examples), None)
        lines.append(f"socket.emit({', '.join(_js(item) for item in (receiver.message.name, data) if item is not None)});")
    return "\n".join(lines)


def _block(options: list[str]) -> str:
    return ", {\n" + "".join(f"  {option},\n" for option in options) + "}" if options else ""


def _said(item: Field) -> str:
    return TOKEN if item.token else item.value or item.name.upper()


def _typed(item: Field) -> Any:
    said = _said(item)
    return int(said) if item.type == "integer" and said.isdecimal() else said


def _is_said(item: Field) -> bool:
    """What a snippet shows of what may be left out: tokens."""
    return item.required or item.token


def _js(value: Any) -> str:
    """JavaScript for a JSON value, keys without quotes where they need none."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name if name.isascii() and name.isidentifier() else json.dumps(name)}: {_js(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_js(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse. status: of HTTP; when: an expression, or the word of `with` whose row is missing; say: the text, "" for the usual one."""

    status: int
    when: str | Mapping[str, Any]
    say: str


def refusals(channel: Channel) -> list[Refusal]:
    """Who is turned away, in the order in which it is asked."""
    words = channel.opening.behavior.words
    found = [Refusal(int(item.get("status", DEFAULT_STATUS)), str(item["when"]), str(item["say"])) for item in words.get("requires") or ()]
    for word in _map(words.get("with")).values():
        if not word.get("optional"):
            found.append(Refusal(404, word, str(word.get("say") or "")))
    return found
