"""Documents with their servers as they are reached now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from understudy.contract import documents, schemas
from understudy.contract.model import Channel

Json = dict[str, Any]
SECURE = {"ws": "wss", "socketio": "socketios"}
PLAIN = {secure: plain for plain, secure in SECURE.items()}
WEB = frozenset({"ws", "wss", "socketio", "socket.io", "socketios"})


@dataclass(frozen=True, slots=True)
class Here:
    """How a service is reached. scheme: http or https; host: with its port; root: the path under which the service lies, "" on a port of its own."""

    scheme: str
    host: str
    root: str

    @property
    def url(self) -> str:
        """The service's URL."""
        return f"{self.scheme}://{self.host}{self.root}"

    @property
    def sockets(self) -> str:
        """The scheme and host of its WebSockets."""
        return f"{'wss' if self.scheme == 'https' else 'ws'}://{self.host}"


def here_of(request: Request) -> Here:
    """How the service of a request was reached."""
    return Here(request.url.scheme, request.url.netloc, str(request.scope.get("root_path", "")))


def openapi(document: Json, here: Here) -> Json:
    """An OpenAPI document: its first server, and the first of each path that has its own."""
    paths = {path: _path(item, here) for path, item in document.get("paths", {}).items()}
    moved = {**document, **({"paths": paths} if paths else {})}
    return {**moved, "servers": _servers(document["servers"], here)} if isinstance(document.get("servers"), list) and paths else moved


def _path(item: Any, here: Here) -> Any:
    return {**item, "servers": _servers(item["servers"], here)} if isinstance(item, dict) and "servers" in item else item


def _servers(servers: list[Any], here: Here) -> list[Any]:
    first, *rest = servers
    url = str(first.get("url", ""))
    path = url.split("://", 1)[-1].partition("/")[2] if "://" in url else url.lstrip("/")
    return [{**first, "url": f"{here.url}/{path}".rstrip("/")}, *rest]


def asyncapi(document: Json, here: Here, channels: Iterable[Channel]) -> Json:
    """An AsyncAPI document: the servers by which its channels are reached."""
    declared = document.get("servers") or {"mock": {"protocol": "ws"}}
    ours = {name: channel for channel in channels for name in _first_server(document, declared, channel)}
    return {**document, "servers": {name: _server(document, node, here, ours[name]) if name in ours else node for name, node in declared.items()}}


def _first_server(document: Json, declared: Mapping[str, Any], channel: Channel) -> list[str]:
    """The name of the first server of a channel that speaks WebSocket or Socket.IO: of those that the channel names, else of all."""
    node = schemas.follow(document, document["channels"][channel.id])
    named = [documents.pointer_parts(str(item.get("$ref", ""))[1:])[-1] for item in node.get("servers") or ()]
    return [name for name in named or declared if str(schemas.follow(document, declared.get(name, {})).get("protocol", "ws")).lower() in WEB][:1]


def _server(document: Json, node: Any, here: Here, channel: Channel) -> Json:
    """A server here. The root stands in its path; that of Socket.IO in the path of the handshake, for a URL's path is a namespace."""
    server = schemas.follow(document, node)
    protocol = str(server.get("protocol", "ws"))
    moved = {**server, "host": here.host, "protocol": (SECURE if here.scheme == "https" else PLAIN).get(protocol, protocol)}
    if not here.root:
        return moved
    if channel.raw:
        return {**moved, "pathname": f"{here.root}{server.get('pathname', '')}"}
    return {**moved, "x-socketio": {**(server.get("x-socketio") or {}), "path": f"{here.root}/{str(channel.socketio['path']).strip('/')}/"}}
