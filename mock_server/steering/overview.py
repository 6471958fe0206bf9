"""What a client needs to know of a backend in development: where it is, who may sign in, its secrets, the lines of a `.env`, and its routes."""

import re
from collections.abc import Mapping
from typing import Any

from mock_server.engine.engine import Engine
from mock_server.steering.records import short
from understudy.contract.model import Channel, Contract, Media, Message, Operation, Service


def facts(contract: Contract, places: Mapping[str, str]) -> dict[str, Any]:
    """What a client needs to know of a backend: services, accounts, secrets, environment. places: service -> the URL it is reached at."""
    auth = contract.settings.get("auth") or {}
    services = [_service(service, places[service.name]) for service in contract.services]
    accounts = [
        {"login": account.get(auth.get("login")), "password": account["password"], "role": account.get(auth.get("role", "role")), "note": account.get("note")}
        for account in contract.settings.get("accounts") or ()
    ]
    environment = [_filled(line, places) for line in contract.settings.get("environment") or ()]
    return {
        "name": contract.name,
        "title": contract.title,
        "services": services,
        "accounts": accounts,
        "secrets": contract.settings.get("secrets") or {},
        "environment": environment,
    }


def _service(service: Service, url: str) -> dict[str, Any]:
    docs = f"{url}/docs" if service.bundle else f"{url}/docs/realtime" if service.channels else None
    return {
        "name": service.name,
        "url": url,
        "base": url + service.base,
        "purpose": service.purpose,
        "docs": docs,
        "operations": len(service.operations),
        "channels": [_channel(channel, url) for channel in service.channels],
    }


def _channel(channel: Channel, url: str) -> dict[str, str]:
    """How a channel is reached: a raw WebSocket by its URL, a Socket.IO namespace by its URL and the path of the handshake."""
    root = url.partition("://")[2].partition("/")[2]
    if channel.raw:
        return {"transport": "WebSocket", "url": f"{url.replace('http', 'ws', 1)}{channel.address}"}
    origin = url.removesuffix(f"/{root}") if root else url
    path = "/".join(part.strip("/") for part in (root, channel.socketio["path"]) if part)
    return {"transport": "Socket.IO", "url": f"{origin}/{channel.address.strip('/')}".rstrip("/"), "path": f"/{path}/"}


def _filled(line: str, places: Mapping[str, str]) -> str:
    """A line of the .env with `{url:SERVICE}`, `{ws:SERVICE}`, `{port:SERVICE}` and `{host}` as they are now."""

    def value(match: re.Match[str]) -> str:
        word, _, service = match.group(1).partition(":")
        url = places.get(service, "")
        authority = url.partition("://")[2].partition("/")[0]
        return {
            "url": url,
            "ws": url.replace("http", "ws", 1),
            "port": authority.rpartition(":")[2],
            "host": next(iter(places.values())).partition("://")[2].partition(":")[0],
        }.get(word, match.group(0))

    return re.sub(r"\{((?:url|ws|port):\w+|host)\}", value, line)


def places_of(engine: Engine) -> dict[str, str]:
    """Service -> URL: as it is served, else on its guide's port of this machine."""
    return {service.name: engine.places.get(service.name, f"http://localhost:{service.port}") for service in engine.contract.services}


def routes(engine: Engine) -> list[dict[str, Any]]:
    """The operations and messages of a backend, with what each may answer."""
    contract = engine.contract
    return [*map(_operation, contract.operations), *(item for channel in contract.channels for item in _messages(engine, channel))]


def _operation(operation: Operation) -> dict[str, Any]:
    behavior = operation.behavior
    return {
        "kind": "operation", "id": operation.id, "service": operation.service, "method": operation.method, "path": operation.path,
        "summary": operation.summary, "tags": list(operation.tags), "source": behavior.source, "do": behavior.do, "collection": behavior.collection,
        "secured": bool(operation.security) and not operation.anonymous, "place": short(operation.place),
        "answers": [
            {"status": status, "description": response.description, "examples": _examples(response.media)} for status, response in operation.responses.items()
        ],
    }  # fmt: skip


def _examples(media: Mapping[str, Media]) -> list[str]:
    return sorted({name for item in media.values() for name in item.examples})


def _messages(engine: Engine, channel: Channel) -> list[dict[str, Any]]:
    """The messages of a channel, each with its document's example; of one that is sent, the collection whose rows it is made of."""
    templates = engine.runtime.templates
    told = {"service": channel.service, "channel": channel.id, "address": channel.address, "transport": "WebSocket" if channel.raw else "Socket.IO"}
    received = [
        {"kind": "message", "direction": "in", "id": name, "reply": item.reply.name if item.reply else None, "ack": item.ack,
         "example": _example(item.message), **told}
        for name, item in channel.receives.items()
    ]  # fmt: skip
    sent = [
        {"kind": "message", "direction": "out", "id": name, "collection": templates[name].collection if name in templates else None,
         "example": _example(item.message), **told}
        for name, item in channel.sends.items()
    ]  # fmt: skip
    return [*received, *sent]


def _example(message: Message) -> Any:
    return next(iter(message.examples), None)
