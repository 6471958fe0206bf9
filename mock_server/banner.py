"""What `understudy mock` says when it is ready: where everything is, who may sign in, what the front end's .env needs."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mock_server.options import MockOptions
from understudy.contract.model import Channel, Service

SOCKETIO_PATH = "/socket.io/"  # what clients take by themselves


def describe(bound: Sequence[Any], options: MockOptions) -> str:
    """The text for the terminal, or one JSON object with --json."""
    places = dict(_places(bound, options))
    backends = [facts(hosted, places) for hosted in _first_of_each(bound)]
    if options.json:
        return json.dumps({"backends": backends})
    if options.verbosity < 0:
        return "\n".join(service["url"] for backend in backends for service in backend["services"])
    return "\n\n".join(_text(backend, options.color) for backend in backends) + "\n\nPress Ctrl-C to stop."


def _places(bound: Sequence[Any], options: MockOptions) -> Iterable[tuple[tuple[str, str], str]]:
    """(backend, service) -> the URL it is reached at."""
    host = "localhost" if options.host in ("127.0.0.1", "0.0.0.0", "::1", "::") else options.host
    for item in bound:
        if item.hosted is not None:
            yield (item.hosted.backend, item.hosted.service.name), f"http://{host}:{item.port}"
            continue
        for route in item.app.routes:
            _, backend, service = route.path.split("/")
            yield (backend, service), f"http://{host}:{item.port}{route.path}"


def _first_of_each(bound: Sequence[Any]) -> list[Any]:
    """One hosted service of each backend."""
    hosted = [item.hosted for item in bound if item.hosted is not None] or [route.app for item in bound for route in item.app.routes]
    engines = {id(item.engine): item.engine for item in hosted}
    return list(engines.values())


def facts(engine: Any, places: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """What a client needs to know of a backend: services, accounts, secrets, environment."""
    contract = engine.contract
    auth = contract.settings.get("auth") or {}
    services = [_service(service, places[contract.name, service.name]) for service in contract.services]
    accounts = [
        {"login": account.get(auth.get("login")), "password": account["password"], "role": account.get(auth.get("role", "role")), "note": account.get("note")}
        for account in contract.settings.get("accounts") or ()
    ]
    environment = [_filled(line, contract.name, places) for line in contract.settings.get("environment") or ()]
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


def _filled(line: str, backend: str, places: Mapping[tuple[str, str], str]) -> str:
    """A line of the .env with `{url:SERVICE}`, `{ws:SERVICE}`, `{port:SERVICE}` and `{host}` as they are now."""

    def value(match: re.Match[str]) -> str:
        word, _, service = match.group(1).partition(":")
        url = places.get((backend, service), "")
        authority = url.partition("://")[2].partition("/")[0]
        return {
            "url": url,
            "ws": url.replace("http", "ws", 1),
            "port": authority.rpartition(":")[2],
            "host": next(iter(places.values())).partition("://")[2].partition(":")[0],
        }.get(word, match.group(0))

    return re.sub(r"\{((?:url|ws|port):\w+|host)\}", value, line)


def _reached(channel: Mapping[str, str]) -> str:
    own = f"  with path: '{channel['path']}'" if channel.get("path", SOCKETIO_PATH) != SOCKETIO_PATH else ""
    return f"{channel['url']}  {channel['transport']}{own}"


def _text(backend: Mapping[str, Any], color: bool) -> str:
    strong, dim, plain = ("\033[1m", "\033[2m", "\033[0m") if color else ("", "", "")
    lines = [f"{strong}{backend['name']}{plain}  {backend['title']}"]
    width = max(len(service["name"]) for service in backend["services"])
    for service in backend["services"]:
        about = ", ".join(part for part in (f"{service['operations']} operations" if service["operations"] else "", service["purpose"]) if part)
        docs = f"  docs {service['docs']}" if service["docs"] else ""
        lines.append(f"  {service['name']:<{width}}  {service['base']}  {dim}{about}{plain}{docs}")
        lines += [f"  {'':<{width}}  {_reached(channel)}" for channel in service["channels"]]
    if backend["accounts"]:
        lines.append("  accounts")
        wide = max(len(str(account["login"])) for account in backend["accounts"])
        for account in backend["accounts"]:
            note = ", ".join(str(part) for part in (account["role"], account["note"]) if part)
            lines.append(f"    {account['login']:<{wide}}  {account['password']}  {dim}{note}{plain}")
    lines += [f"  {name}  {value}" for name, value in backend["secrets"].items()]
    lines += ["  .env", *(f"    {line}" for line in backend["environment"])] if backend["environment"] else []
    return "\n".join(lines)
