"""What `understudy mock` says when it is ready: where everything is, who may sign in, what the front end's .env needs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mock_server.options import MockOptions
from mock_server.ports import host_of
from mock_server.steering.overview import facts, places_of

SOCKETIO_PATH = "/socket.io/"  # what clients take by themselves


def describe(bound: Sequence[Any], options: MockOptions, token: str | None = None) -> str:
    """The text for the terminal, or one JSON object with --json. token: what the control API asks for."""
    backends = [_facts(engine, token) for engine in _first_of_each(bound)]
    if options.json:
        return json.dumps({"backends": backends, **({"token": token} if token else {})})
    if options.verbosity < 0:
        return "\n".join(service["url"] for backend in backends for service in backend["services"])
    return "\n\n".join(_text(backend, options.color) for backend in backends) + _said_of(token) + "\n\nPress Ctrl-C to stop."


def _facts(engine: Any, token: str | None) -> dict[str, Any]:
    """What a client needs to know, and where the console is."""
    told = facts(engine.contract, places_of(engine))
    return {**told, "console": f"{told['services'][0]['url']}/__admin/ui{f'?token={token}' if token else ''}"}


def _said_of(token: str | None) -> str:
    return f"\n\nThe control API asks for this token: {token}" if token else ""


def places(bound: Sequence[Any], options: MockOptions) -> Iterable[tuple[Any, str, str]]:
    """Engine, service and the URL at which it is reached."""
    host = host_of(options)
    for item in bound:
        if item.hosted is not None:
            yield item.hosted.engine, item.hosted.service.name, f"http://{host}:{item.port}"
            continue
        for route in item.app.routes:
            yield route.app.engine, route.app.service, f"http://{host}:{item.port}{route.path}"


def _first_of_each(bound: Sequence[Any]) -> list[Any]:
    """One hosted service of each backend."""
    hosted = [item.hosted for item in bound if item.hosted is not None] or [route.app for item in bound for route in item.app.routes]
    engines = {id(item.engine): item.engine for item in hosted}
    return list(engines.values())


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
    lines.append(f"  {'console':<{width}}  {backend['console']}")
    if backend["accounts"]:
        lines.append("  accounts")
        wide = max(len(str(account["login"])) for account in backend["accounts"])
        for account in backend["accounts"]:
            note = ", ".join(str(part) for part in (account["role"], account["note"]) if part)
            lines.append(f"    {account['login']:<{wide}}  {account['password']}  {dim}{note}{plain}")
    lines += [f"  {name}  {value}" for name, value in backend["secrets"].items()]
    lines += ["  .env", *(f"    {line}" for line in backend["environment"])] if backend["environment"] else []
    return "\n".join(lines)
