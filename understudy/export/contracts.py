"""What all operations of a contract share, as the runtime reads it: collections, settings, services, scenarios."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mock_server.engine.engine import Engine
from understudy.contract.model import Collection
from understudy.export.schemata import Schemata
from understudy.export.words import Words

__all__ = ["shared"]

PLAIN = ("cors", "details", "titles", "limits", "switches", "secrets", "redirect_slash", "locale")
ABOUT_USERS = ("claims", "visited", "active", "reply")


def shared(engine: Engine, schemata: Schemata) -> dict[str, Any]:
    """The contract without its operations and channels."""
    contract, words = engine.contract, Words(engine.runtime, {})
    return {
        "name": contract.name, "title": contract.title, "declared": contract.declared, "settings": _settings(engine, words),
        "envelope": _envelope(engine, words), "services": {item.name: _service(item, words) for item in contract.services},
        "collections": {name: _collection(engine, item, schemata) for name, item in contract.collections.items()},
        "scenarios": {name: Words(engine.runtime, {"given": ""}).section("scenario", item) for name, item in contract.scenarios.items()},
    }  # fmt: skip


def _settings(engine: Engine, words: Words) -> dict[str, Any]:
    settings = engine.contract.settings
    made = {name: settings[name] for name in PLAIN if settings.get(name)}
    auth = settings.get("auth")
    if not auth:
        return made
    compiled = {name: words.values(auth[name], mark=name == "reply") for name in ABOUT_USERS if name in auth}
    return {**made, "auth": {**auth, **compiled}}


def _envelope(engine: Engine, words: Words) -> dict[str, Any]:
    declared: Mapping[str, Any] = engine.contract.settings.get("envelope") or {}
    templates = {"error": {"error": "title", "message": "detail"}, **declared}
    return {name: words.values(template, mark=True) for name, template in templates.items()}


def _service(item: Any, words: Words) -> dict[str, Any]:
    own = {"envelope": words.values(item.settings["success"], mark=True)} if item.settings.get("success") else {}
    return {"port": item.port, "base": item.base, "purpose": item.purpose, **own}


def _collection(engine: Engine, item: Collection, schemata: Schemata) -> dict[str, Any]:
    runtime, write = engine.runtime, schemata.writer(*_home(engine, item))
    words = Words(runtime, {"row": item.name})
    return {
        "name": item.name, "key": item.key, "id": item.id, "declared": item.declared, "schema": write({"$ref": f"#{item.pointer}"}),
        "stored": sorted(item.stored), "virtual": sorted(item.virtual),
        "unique": [list(names) for names in item.unique], "refs": {name: asdict(ref) for name, ref in item.refs.items()},
        "children": {name: _child(runtime, child) for name, child in item.children.items()},
        "members": asdict(item.members) if item.members else None, "derive": {name: words.values(node, mark=True) for name, node in item.derive.items()},
        "capacity": asdict(item.capacity) if item.capacity else None, "states": asdict(item.states) if item.states else None,
        "created": item.created, "updated": item.updated, "unshown": sorted(item.unshown), "secret": sorted(item.secret), "internal": sorted(item.internal),
        "defaults": [list(pair) for pair in runtime.defaults[item.name]], "stamps": [list(stamp) for stamp in runtime.stamps[item.name]],
    }  # fmt: skip


def _home(engine: Engine, item: Collection) -> tuple[str, Any]:
    """The service whose document a collection stands in, and the document."""
    services = engine.contract.services
    home = next((service for service in services if item.bundle in (service.bundle, service.realtime)), services[0])
    return home.name, item.bundle


def _child(runtime: Any, child: Any) -> dict[str, Any]:
    where = {"where": Words(runtime, {"it": child.collection}).expression(child.where)} if child.where is not None else {}
    return {"collection": child.collection, "by": child.by, **where, "sort": list(child.sort), "last": child.last}
