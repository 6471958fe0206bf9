"""Many messages of one sender without a pause: the others get them in the order in which they were sent."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from contract_tests.checks import Check, NotChecked
from contract_tests.findings import Finding
from contract_tests.realtime.acts import act_of
from contract_tests.realtime.deeds import Source, sources
from contract_tests.realtime.delivering import listeners
from contract_tests.realtime.figures import Foretold
from contract_tests.realtime.letters import Letters, Place, leaf, put
from contract_tests.realtime.lines import LAYER, Line, clause_about
from contract_tests.realtime.scenes import Scene, staged
from contract_tests.realtime.sight import UNKNOWN, agrees
from contract_tests.session import Session
from understudy.contract import schemas
from understudy.contract.model import Channel, Contract, Push

__all__ = ["plan"]

ORDER, LOSS = "realtime.order", "realtime.loss"
MANY, LEAST, TURNS = 16, 12, 3  # messages of a burst; fewer say little; bursts, for some servers mix up only now and then
LISTENERS = 2
BITS = "0010110111001010"  # so that neighbours differ, but not always
TAKEN = ("const", "pattern", "format")  # texts that may not be any


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each message that passes on what a client may send again and again."""
    for channel in contract.channels:
        for push in channel.sends.values():
            for source in sources(contract, push):
                if _repeatable(source):
                    run = partial(_in_order, channel=channel, push=push, source=source)
                    yield Check(ORDER, LAYER, push.id, run, source.name, slow=True, also=(LOSS,), wide=True)


def _repeatable(source: Source) -> bool:
    operation = source.operation
    plain = not source.delay and source.whenever is None and not {"when", "to", "each"} & source.emit.keys()
    return operation.method == "RECEIVE" and plain and operation.behavior.do != "transition" and not operation.behavior.words.keys() & {"take", "give"}


def _in_order(session: Session, channel: Channel, push: Push, source: Source) -> Iterator[Finding]:
    with staged(session) as letters:
        act = act_of(letters, channel, push, source)
        inside = [line for line in listeners(letters, channel, push, act)[0] if line is not act.line][-LISTENERS:]
        if act.scene is None or not inside:
            raise NotChecked(f"nobody else can be in the room '{act.expected.room}'")
        limit = letters.stage.lines.limit(act.scene.line.channel)
        many = min(MANY, limit[0] - 2) if limit else MANY
        if many < LEAST:
            raise NotChecked(f"a socket may send no more than {limit[0] if limit else many} messages at once")
        for turn in range(1 if limit else TURNS):
            found = list(_burst(letters, act.scene, push, inside, many, turn * many))
            yield from found
            if found:
                return


def _burst(letters: Letters, made: Scene, push: Push, inside: Sequence[Line], many: int, start: int) -> Iterator[Finding]:
    places = _distinct(letters, made, push)
    bodies = [_varied(made, places, start + number) for number in range(many)]
    told = [_told(letters, made, push, body) for body in bodies]
    marks = {id(line): line.client.mark() for line in inside}
    for body in bodies:
        letters.stage.say(made.line, made.receiver, body)
    for line in inside:
        heard = letters.stage.collect(line, push.message.name, marks[id(line)], many)
        if not heard:
            raise NotChecked(f"no '{push.message.name}' comes at all, so there is no order")
        yield from _judged(letters, push, line, told, heard)


def _judged(letters: Letters, push: Push, line: Line, told: Sequence[Any], heard: Sequence[Any]) -> Iterator[Finding]:
    name, stage, clause = push.message.name, letters.stage, clause_about(line.channel, push.message.name)
    order = _order(told, heard)
    single = all(agrees(told[0], other) for other in told[1:])
    if order != sorted(order) and (single or len(order) == len(told)):
        title = f"'{name}' of one sender arrive in another order than they were sent: {', '.join(str(number + 1) for number in order)}"
        yield stage.finding(ORDER, push.id, title, list(range(1, len(told) + 1)), [number + 1 for number in order], clause=clause, aspect="burst", line=line)
    elif len(order) < len(told):
        title = f"of {len(told)} '{name}' without a pause {len(told) - len(order)} do not arrive as they were sent"
        yield stage.finding(LOSS, push.id, title, len(told), len(order), clause=clause, aspect="burst", line=line)


def _order(told: Sequence[Any], heard: Sequence[Any]) -> list[int]:
    """For each that arrived, which one it is; what is none of them is left out."""
    left, found = list(range(len(told))), []
    for data in heard:
        number = next((number for number in left if agrees(told[number], data) is None), None)
        if number is not None:
            left.remove(number)
            found.append(number)
    return found


# payloads that can be told apart


def _told(letters: Letters, made: Scene, push: Push, body: Any) -> Any:
    """What is passed on of a payload, as far as that is known."""
    if made.receiver.operation.behavior.do == "create":
        found = letters.expected(made.line, made.receiver, body)
    else:
        found = list(Foretold(letters.facts(made.line, made.receiver, body), ()).expected(made.receiver.operation.behavior.get("emit")))
    return next((item.data for item in found if item.message == push.message.name), UNKNOWN)


def _distinct(letters: Letters, made: Scene, push: Push) -> list[tuple[Place, Mapping[str, Any]]]:
    """The places of a payload that may have other values, which then are passed on. Raises NotChecked where there are none."""
    document, schema = made.line.channel.bundle.data, made.receiver.message.schema
    named = [*(at for at, _, _ in letters.bound(made.receiver)), *letters.mine(made.receiver), *letters.theirs(made.receiver)]
    base, found = _told(letters, made, push, made.body), []
    for at, node in _places(document, schema, made.body, ()):
        ones = [_varied(made, [(at, node)], number) for number in range(len(BITS))]
        other = next((body for body in ones if leaf(body, at) != leaf(made.body, at)), None)
        if at not in named and other is not None and letters.fits(made.line, made.receiver, other) and agrees(base, _told(letters, made, push, other)):
            found.append((at, node))
    if not found:
        raise NotChecked(f"all '{push.message.name}' are alike, so their order can't be seen")
    return found


def _places(document: Any, schema: Any, value: Any, at: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    node = schemas.follow(document, schema) if schema is not None else {}
    if not isinstance(value, dict):
        if at and isinstance(node, dict):
            yield at, node
        return
    for name, inner in (schemas.properties(document, node) or {name: {} for name in value}).items():
        if name in value:
            yield from _places(document, inner, value[name], (*at, name))


def _varied(made: Scene, places: Sequence[tuple[Place, Mapping[str, Any]]], number: int) -> Any:
    body = made.body
    for at, node in places:
        body = put(body, at, _other(node, leaf(body, at), number))
    return body


def _other(node: Mapping[str, Any], value: Any, number: int) -> Any:
    """The value of a field in the message of a number; as it was, where it may not be any."""
    if node.get("enum"):
        return node["enum"][int(BITS[number % len(BITS)]) % len(node["enum"])]
    if isinstance(value, bool):
        return BITS[number % len(BITS)] == "1"
    if isinstance(value, int | float):
        least, most = node.get("minimum", 0), node.get("maximum", 10**6)
        return min(most, least + number + 1)
    if isinstance(value, str) and not set(TAKEN) & node.keys():
        return f"{number + 1} {value}"[: node.get("maxLength", len(value) + 8)]
    return value
