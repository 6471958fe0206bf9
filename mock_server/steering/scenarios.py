"""Scenarios brought about in a world: rows changed by the words of the vocabulary, then tokens, switches, clock and faults."""

from collections.abc import Mapping
from typing import Any

from fixtures.instants import seconds
from mock_server.engine import effects
from mock_server.engine.call import NO_REQUEST, Call
from mock_server.engine.engine import Engine
from mock_server.engine.planner import blank_plan
from mock_server.engine.problem import Problem
from mock_server.engine.stages import finish
from mock_server.state.world import World
from mock_server.steering import faults
from understudy.contract.errors import ContractError, suggest
from understudy.contract.scenarios import FILE

Scenario = Mapping[str, Any]


def apply(engine: Engine, world: World, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Brings a scenario about, on top of what is there; returns what it did. given: values for its names. Raises Problem."""
    scenario = find(engine, name)
    call = _call(engine, world, name)
    call.scope["given"] = {**(scenario.get("given") or {}), **_checked(name, scenario, given)}
    _take_steps(engine, call, name, scenario)
    changed = call.store.writes
    finish(call)
    for use in scenario.get("expires") or ():
        world.tokens.expire(use)
    world.switches.update(scenario.get("switches") or {})
    if "advance" in scenario:
        world.clock.advance(seconds(scenario["advance"]))
        engine.fire(world)
    declared = [faults.declare(engine, world, item).id for item in scenario.get("faults") or ()]
    engine.feed.tell("state", world, {"scenario": name})
    return {"name": name, "title": scenario["title"], "rows": changed, "faults": declared}


def find(engine: Engine, name: str) -> Scenario:
    """A scenario of a backend. Raises Problem with the closest name."""
    known = engine.contract.scenarios
    if name not in known:
        raise Problem(404, None, f"There is no scenario '{name}'.{suggest(name, known)}")
    return known[name]


def _checked(name: str, scenario: Scenario, given: Mapping[str, Any]) -> Mapping[str, Any]:
    known = scenario.get("given") or {}
    for item in given:
        if item not in known:
            raise Problem(400, None, f"'{item}' is no name that {name} takes.{suggest(item, known)}")
    return given


def _call(engine: Engine, world: World, name: str) -> Call:
    """A call of no operation: its plan has nothing but the scenario's steps."""
    plan = blank_plan(engine.runtime, f"scenario {name}")
    plan.names["given"] = ""  # a name of expressions that is no row of a collection
    return Call(engine.runtime, NO_REQUEST, plan, {}, world)


def _take_steps(engine: Engine, call: Call, name: str, scenario: Scenario) -> None:
    """Compiles and takes the steps that change rows; a fault in them is said with the file."""
    plan = call.plan
    try:
        steps = [effects.creates(plan, scenario.get("creates") or ()), effects.updates(plan, scenario.get("updates") or ())]
        steps.append(effects.removes(plan, scenario.get("removes") or ()))
    except ContractError as error:
        raise Problem(500, None, f"{engine.contract.folder}/{FILE}: {name}: {error.what}") from None
    for step in steps:
        if step is not None:
            step(call)


def shown(name: str, scenario: Scenario) -> dict[str, Any]:
    """What a list says of a scenario."""
    return {"name": name, "title": scenario["title"], "about": scenario.get("about", ""), "given": dict(scenario.get("given") or {})}
