"""Where the documents carry a fact: one function per section, each gives the place or ''.

A place that begins with `~` has the name, but not where the guide has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from understudy.guides.documents import BACKEND, Documents, Endpoint, descend
from understudy.guides.facts import Fact
from understudy.guides.paths import signature

__all__ = ["carry", "endpoint", "payloads"]

ATTRIBUTES = {"HttpOnly": ("http_only", ("True",)), "Secure": ("secure", ("True", "https"))}


def carry(fact: Fact, documents: Documents) -> str:
    """The place in the documents that carries a fact; '' if none does."""
    return CARRIERS[fact.section](fact, documents)


def endpoint(name: str, port: int, documents: Documents) -> Endpoint | None:
    """The operation that `METHOD /path` names: exact segments first, then a literal that a parameter's enum admits."""
    method, _, path = name.partition(" ")
    fits = [each for each in documents.endpoints if each.method == method and (not port or not each.ports or port in each.ports)]
    for test in (_exact, _admitted):
        for each in sorted(fits, key=lambda each: (each.path.count("{"), each.place)):
            if test(path, each, documents):
                return each
    return None


def _tails(path: str, each: Endpoint) -> tuple[list[str], list[str]] | None:
    """The guide's segments and the document's; what the guide leaves out may only be base path."""
    ours = path.strip("/").split("/")
    theirs = (each.base + each.path).strip("/").split("/")
    base = len(each.base.strip("/").split("/")) if each.base.strip("/") else 0
    left = len(theirs) - len(ours)
    return (ours, theirs[left:]) if 0 <= left <= base else None


def _exact(path: str, each: Endpoint, _: Documents) -> bool:
    pair = _tails(path, each)
    return pair is not None and all(_matches(one, other) for one, other in zip(*pair, strict=True))


def _matches(ours: str, theirs: str) -> bool:
    variable = ours.startswith("{") or ours.isdigit()
    return (variable and theirs.startswith("{")) or ours == theirs


def _admitted(path: str, each: Endpoint, documents: Documents) -> bool:
    pair = _tails(path, each)
    return pair is not None and all(
        _matches(one, other) or (other.startswith("{") and one in _choices(each, other.strip("{}"), documents)) for one, other in zip(*pair, strict=True)
    )


def _parameters(each: Endpoint, documents: Documents) -> Iterator[tuple[dict[str, Any], str]]:
    for raw in (*each.shared, *each.node.get("parameters", ())):
        node, file = documents.resolve(raw, each.file)
        if isinstance(node, dict):
            yield node, file


def _choices(each: Endpoint, name: str, documents: Documents) -> tuple[Any, ...]:
    for node, file in _parameters(each, documents):
        if node.get("name") == name:
            schema, _ = documents.resolve(node.get("schema", {}), file)
            return tuple(schema.get("enum", ()))
    return ()


def _operation(fact: Fact, documents: Documents) -> str:
    found = endpoint(fact.name, fact.port, documents)
    return found.place if found else ""


def _parameter(fact: Fact, documents: Documents) -> str:
    if fact.of.startswith("/"):
        return _handshake(fact, documents)
    found = endpoint(fact.of, 0, documents) if fact.of else None
    for each in [found] if found else [] if fact.of else documents.endpoints:
        if any(node.get("name") == fact.name and node.get("in") == "query" for node, _ in _parameters(each, documents)):
            return f"{each.place}?{fact.name}"
    return ""


def _handshake(fact: Fact, documents: Documents) -> str:
    """What a connection carries: query bindings, `x-socketio-auth`, or a security scheme of an AsyncAPI document."""
    for file, keys, node in documents.walk():
        if "asyncapi" not in documents.files[file] or not isinstance(node, dict):
            continue
        told = {"query", "x-socketio-auth"} & set(keys) and fact.name in (node.get("properties") or ())
        if told or ("securitySchemes" in keys and node.get("name") == fact.name):
            return f"{_spot(file, keys)}.{fact.name}"
    return ""


def _event(fact: Fact, documents: Documents) -> str:
    return next((f"{file}: {name}" for name, file, _ in documents.messages if name == fact.name), "")


def _channel(fact: Fact, documents: Documents) -> str:
    ours = signature(fact.name)
    for address, file, _ in documents.channels:
        theirs = signature(address)
        if ours == theirs or (ours[-len(theirs) :] == theirs and _served("/".join(ours[: -len(theirs)]), documents)):
            return f"{file}: {address}"
    return ""


def _served(path: str, documents: Documents) -> bool:
    return any(server.endswith("/" + path) for server in documents.servers)


def _field(fact: Fact, documents: Documents) -> str:
    """A property of the context; of any schema (`~`) where the documents have no such operation or message."""
    contexts = list(_contexts(fact.of, documents))
    for node, file, place in contexts:
        if fact.name in documents.properties(node, file):
            return f"{place}.{fact.name}"
    if contexts and (" " in fact.of or any(fact.of == name for name, _, _ in documents.messages)):
        return ""
    if fact.of == "jwt" and fact.name in ((documents.backend.get("auth") or {}).get("claims") or {}):
        return f"{BACKEND}: auth.claims.{fact.name}"
    place = documents.everywhere.get(fact.name, "")
    return f"~ {place}" if place else _stored(fact.name, documents)


def _bodies(each: Endpoint) -> list[Any]:
    return [each.node.get("requestBody", {}), each.node.get("responses", {})]


def payloads(each: Endpoint, documents: Documents) -> frozenset[str]:
    """The properties of all bodies that an operation takes and gives."""
    return frozenset(documents.properties(_bodies(each), each.file))


def _contexts(of: str, documents: Documents) -> Iterator[tuple[Any, str, str]]:
    """What a context's name stands for: a schema, an operation's bodies, a status's answers, a message's payload."""
    for name, (file, node) in documents.schemas.items():
        if _singular(name) == _singular(of):
            yield node, file, f"{file}: {name}"
    found = endpoint(of, 0, documents) if " " in of else None
    if found:
        yield _bodies(found), found.file, found.place
    for file, keys, node in documents.walk():
        if keys[-2:] == ("responses", of):
            yield node, file, _spot(file, keys)
    for name, file, node in documents.messages:
        if name == of:
            yield node.get("payload", {}), file, f"{file}: {name}"


def _singular(name: str) -> str:
    name = name.lower().replace("_", "")
    return re.sub(r"ie$", "y", name[:-1]) if name.endswith("s") and not name.endswith(("ss", "us")) else name


def _stored(name: str, documents: Documents) -> str:
    """Fields that only backend.yaml, a `secret` or an `internal` declares."""
    places = (place for text, place in documents.texts if text == name)
    return next((f"~ {place}" for place in places if place.startswith(BACKEND) or ".secret." in place or ".internal." in place), "")


def _value(fact: Fact, documents: Documents) -> str:
    """A value of the context's property; else of any enum, best of a like-named property; else in a condition or a title."""
    context, _, name = fact.of.rpartition(".")
    for node, file, place in _contexts(context or name, documents):
        schemas = documents.properties(node, file).get(name, ()) if context else [(node, file)]
        if any(_lists(keys, each, fact.name) for schema, _ in schemas for keys, each in descend(schema)):
            return f"{place}.{name}" if context else place
    return _anywhere(fact, documents)


def _anywhere(fact: Fact, documents: Documents) -> str:
    owner = fact.of.rsplit(".", 1)[-1]
    found = [_spot(file, keys) for file, keys, node in documents.walk() if _lists(keys, node, fact.name)]
    best = sorted(found, key=lambda place: f".{owner.lower()}." not in f".{place.lower()}.")
    return best[0] if best else next((place for text, place in documents.texts if text == fact.name or f"'{fact.name}'" in text), "")


def _lists(keys: tuple[str, ...], node: Any, name: str) -> bool:
    if keys[-1:] == ("enum",):
        return isinstance(node, list) and name in node
    return bool(keys[-1:] == ("const",) and node == name)


def _status(fact: Fact, documents: Documents) -> str:
    return next((_spot(file, keys) for file, keys, _ in documents.walk() if keys[-2:] == ("responses", fact.name)), "")


def _header(fact: Fact, documents: Documents) -> str:
    name = fact.name.lower()
    for file, keys, node in documents.walk():
        if _heads(keys, name) or (isinstance(node, dict) and _carries(node, name)):
            return _spot(file, keys)
    if name in ("cookie", "set-cookie") and _cookies(documents):
        return f"{BACKEND}: auth.cookie"
    return next((place for text, place in documents.texts if text.lower() == name or f"'{name}'" in text.lower()), "")


def _heads(keys: tuple[str, ...], name: str) -> bool:
    """Headers of answers; bodies have a content type."""
    typed = keys[-1:] == ("content",) and keys[-2:-1] != ("properties",)
    return typed if name == "content-type" else keys[-2:-1] == ("headers",) and keys[-1].lower() == name


def _spot(file: str, keys: tuple[str, ...]) -> str:
    return f"{file}: {'.'.join(keys)}"


def _carries(node: dict[str, Any], name: str) -> bool:
    """Parameters and security schemes that travel in a header."""
    if node.get("in") == "cookie":
        return name == "cookie"
    if node.get("in") == "header":
        return str(node.get("name", "")).lower() == name
    return name == "authorization" and node.get("type") == "http" and "scheme" in node


def _cookies(documents: Documents) -> list[dict[str, Any]]:
    auth = documents.backend.get("auth") or {}
    return [auth[name]["cookie"] for name in ("access", "refresh") if isinstance(auth.get(name), dict) and "cookie" in auth[name]]


def _cookie(fact: Fact, documents: Documents) -> str:
    key, values = ATTRIBUTES.get(fact.name, ("name", (fact.name,)))
    if fact.name.lower().startswith("samesite="):
        key, values = "same_site", (fact.name.split("=")[1],)
    if any(str(cookie.get(key)) in values for cookie in _cookies(documents)):
        return f"{BACKEND}: auth.cookie.{key}"
    return next((place for text, place in documents.texts if re.search(rf"\b{fact.name}\b", text) and "cookie" in place.lower()), "")


def _port(fact: Fact, documents: Documents) -> str:
    for name, service in (documents.backend.get("services") or {}).items():
        if str(service.get("port")) == fact.name:
            return f"{BACKEND}: services.{name}.port"
    return next((f"servers: {server}" for server in documents.servers if re.search(rf":{fact.name}\b", server)), "")


def _origin(fact: Fact, documents: Documents) -> str:
    origins = (documents.backend.get("cors") or {}).get("origins") or ()
    return f"{BACKEND}: cors.origins" if fact.name in origins else ""


def _base(fact: Fact, documents: Documents) -> str:
    """A server's URL or its beginning; a bare path is a server's path, or how operations and channels begin."""
    name = fact.name.rstrip("/")
    if not name.startswith("/"):
        return next((f"servers: {server}" for server in sorted(documents.servers) if f"{server}/".startswith(f"{name}/")), "")
    served = next((f"servers: {server}" for server in sorted(documents.servers) if server.endswith(name)), "")
    places = [(each.path, each.place) for each in documents.endpoints]
    places += [(address, f"{file}: {address}") for address, file, _ in documents.channels]
    return served or next((place for path, place in places if f"{path}/".startswith(f"{name}/")), "")


def _variable(fact: Fact, documents: Documents) -> str:
    lines = documents.backend.get("environment") or ()
    return f"{BACKEND}: environment" if any(str(line).startswith(f"{fact.name}=") for line in lines) else ""


CARRIERS: dict[str, Callable[[Fact, Documents], str]] = {
    "operations": _operation,
    "parameters": _parameter,
    "events": _event,
    "channels": _channel,
    "fields": _field,
    "values": _value,
    "statuses": _status,
    "headers": _header,
    "cookies": _cookie,
    "ports": _port,
    "origins": _origin,
    "bases": _base,
    "variables": _variable,
}
