"""Faults as the control API and scenarios declare them."""

from collections.abc import Mapping
from typing import Any

from fixtures.instants import seconds
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state.faults import REQUEST, Fault, FaultError
from mock_server.state.world import World
from understudy.contract.errors import suggest
from understudy.contract.functions import iso

COMMON = ("id", "kind", "match", "probability", "ttl", "times")


def declare(engine: Engine, world: World, data: Mapping[str, Any]) -> Fault:
    """Adds a fault to a world. data: as the control API has it; ttl: a duration such as 5m, or seconds. Raises Problem for a name that is not there."""
    match = {name: value for name, value in (data.get("match") or {}).items() if value is not None}
    for name in ("operation", "message", "service", "channel"):
        if name in match:
            refuse_unknown(f"match: there is no {name}", name, match[name], known(engine, name, data["kind"] in REQUEST))
    settings = {name: value for name, value in data.items() if name not in COMMON and value is not None}
    until = None if data.get("ttl") is None else world.clock.now + lasting(data["ttl"])
    more = {"id": data.get("id"), "probability": data.get("probability", 1.0), "times": data.get("times"), "until": until}
    try:
        fault = world.faults.add(data["kind"], match, settings, **more)
    except FaultError as error:
        raise Problem(409, None, str(error)) from None
    engine.feed.tell("faults", world)
    return fault


def lasting(ttl: Any) -> float:
    """Seconds of a duration. Raises Problem."""
    try:
        return float(ttl) if isinstance(ttl, int | float) else seconds(ttl)
    except ValueError:
        raise Problem(400, None, f"'ttl' is seconds or a duration such as 30s, 5m or 1h, not {ttl!r}.") from None


def known(engine: Engine, name: str, of_requests: bool) -> set[str]:
    """The operations, messages, services or channels that a match may name."""
    contract = engine.contract
    if name == "operation":
        return {operation.id for operation in contract.operations} if of_requests else set()
    if name == "message":
        return {message for channel in contract.channels for message in (*channel.receives, *channel.sends)}
    if name == "channel":
        return {part for channel in contract.channels for part in (channel.id, f"{channel.service}/{channel.id}")}
    return {service.name for service in contract.services}


def refuse_unknown(said: str, name: str, wanted: Any, valid: set[str]) -> None:
    """Raises Problem for a name, or one of a list, that is not there; one that holds `*` or `?` may be anything."""
    for item in wanted if isinstance(wanted, list) else [wanted]:
        if "*" not in item and "?" not in item and item not in valid:
            raise Problem(404, None, f"{said} '{item}'.{suggest(item, valid)}", field=name, rule="unknown")


def shown(fault: Fault) -> dict[str, Any]:
    """A fault as JSON, with how often it struck."""
    whole = {
        "id": fault.id, "kind": fault.kind, "match": dict(fault.match), **fault.settings, "probability": fault.probability, "times": fault.times,
        "until": iso(fault.until) if fault.until is not None else None, "hits": fault.hits,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}
