"""The first state of the page, as its templates show it: without scripts it is all there is."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit

from mock_server.console import files, forms
from mock_server.control import worlds
from mock_server.control.clock import state as clock_state
from mock_server.control.desk import Desk
from mock_server.steering import faults, scenarios, snapshots
from mock_server.steering.overview import facts, places_of, routes

LINES = 100
TABS = {
    "log": "Log", "state": "State", "sockets": "Sockets", "faults": "Faults", "scenarios": "Scenarios", "worlds": "Snapshots & Worlds", "routes": "Routes",
    "accounts": "Accounts",
}  # fmt: skip


async def first(desk: Desk) -> dict[str, Any]:
    """Everything that the page shows when it comes."""
    told = facts(desk.engine.contract, _reached(desk))
    return {
        "title": told["title"], "backend": told["name"], "service": desk.service, "services": told["services"], "accounts": told["accounts"],
        "secrets": told["secrets"], "environment": told["environment"], "world": desk.world.name, "tabs": TABS, "digest": files.digest(),
        "scripts": files.scripts(), "control": f"{desk.base}/__admin", "groups": _groups(desk, told["services"]), "forms": forms.forms(),
        **await _changing(desk),
    }  # fmt: skip


async def _changing(desk: Desk) -> dict[str, Any]:
    """What a world has, as it is now."""
    engine, world = desk.engine, desk.world
    world.faults.sweep(world.clock.now)
    known = engine.contract.collections
    records, sockets = desk.control.records, await desk.peers.sockets(world)
    there = await worlds.states(desk, *engine.worlds)
    return {
        "clock": clock_state(desk),
        "log": [records.brief(world, entry) for entry in islice(reversed(world.log), LINES)], "lines": len(world.log),
        "collections": {name: (collection.key, len(world.store.tables[name].rows)) for name, collection in known.items()},
        "sockets": sockets, "faults": [faults.shown(item) for item in world.faults],
        "scenarios": [scenarios.shown(name, item) for name, item in engine.contract.scenarios.items()],
        "snapshots": [snapshots.shown(item) for item in engine.snapshots.values()], "worlds": there,
    }  # fmt: skip


def _reached(desk: Desk) -> Mapping[str, str]:
    """Where the services are for who reads this: under the name by which they called, which need not be this machine's own."""
    host = urlsplit(desk.base).hostname or "localhost"
    named = f"[{host}]" if ":" in host else host
    return {name: _at(url, named) for name, url in places_of(desk.engine).items()}


def _at(url: str, host: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()


def _groups(desk: Desk, services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The routes of each service, with a link into its docs."""
    found: dict[str, list[dict[str, Any]]] = {service["name"]: [] for service in services}
    urls = {service["name"]: service["url"] for service in services}
    for item in routes(desk.engine):
        found[item["service"]].append({**item, "docs": _docs(urls[item["service"]], item)})
    return [{**service, "routes": found[service["name"]]} for service in services]


def _docs(url: str, item: Mapping[str, Any]) -> str:
    """Where the docs show a route."""
    if item["kind"] == "message":
        return f"{url}/docs/realtime#{quote(item['channel'].rpartition('/')[2])}"
    return f"{url}/docs#/{quote((item['tags'] or ['default'])[0])}/{quote(item['id'])}"
