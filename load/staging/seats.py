"""The stage of the stories about seats: a room, what is in it, and who may have it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.session import NOTHING, Session
from load.stage import Call, Stage, Stock
from load.staging.cast import member_of, people_for
from load.staging.roles import Roles, roles_of
from load.staging.stocks import any_there, made, there
from load.staging.templates import message_call, request_call, room_of
from understudy.contract.errors import UsageError
from understudy.contract.model import Contract

__all__ = ["fits", "prepare"]


def fits(contract: Contract, needed: tuple[str, ...]) -> bool:
    """Whether a contract has a stock with these roles."""
    return _found(contract, needed) is not None


def _found(contract: Contract, needed: tuple[str, ...]) -> Roles | None:
    return next((roles for roles in roles_of(contract) if roles.has(*needed)), None)


def prepare(session: Session, values: Mapping[str, Any], users: int, needed: tuple[str, ...]) -> Stage:
    """The stage of a story that needs some roles, for so many users. Raises UsageError where the target has nothing to be had."""
    roles = _found(session.contract, needed)
    assert roles is not None
    people, warnings = people_for(session, users)
    if not people:
        raise UsageError(f"Nobody can sign in at the target{_why(session)}. Give --auth LOGIN:PASSWORD.")
    stocks, said = _stocks(session, roles, values, people[0])
    channels = {channel.id: channel for channel, _ in roles.messages.values()}
    update = roles.update[1].message.name if roles.update else ""
    first = next(iter(session.urls.values()))
    options = session.options
    return Stage(
        "", session.contract.name, session.contract.title, session.own, session.urls,
        tuple(member_of(session, person, channels) for person in people), _calls(session, roles, people[0]),
        {name: room_of(session, channel, update) for name, channel in channels.items()}, tuple(stocks), dict(values), roles.hold,
        options.insecure, str(options.ca.resolve()) if isinstance(options.ca, Path) else "", options.timeout, first if session.steering.steerable else "",
        options.seed, (*warnings, *said), tuple(undone(session)), {"collection": roles.stock.name, "parent": roles.parent.name if roles.parent else ""},
    )  # fmt: skip


def _why(session: Session) -> str:
    return f" ({session.people.failures[0]})" if session.people.failures else ""


def _stocks(session: Session, roles: Roles, values: Mapping[str, Any], person: Person) -> tuple[list[Stock], list[str]]:
    """Rows of our own, or those that are there; and what is to be said of that."""
    if values.get("event"):
        return there(session, roles, str(values["event"]), person), ["what is had is not ours alone: others may change its figures while the run goes on"]
    try:
        return made(session, roles, int(values.get("seats", 100)), int(values.get("categories", 1))), []
    except NotChecked as why:
        try:
            found = any_there(session, roles, person)
        except NotChecked as error:
            raise UsageError(f"There is nothing to be had at the target: {why}; {error}. Name what is there with --set event=KEY.") from None
        return found, [f"nothing new is made ({why}): what is there is used, and others may change its figures"]


def _calls(session: Session, roles: Roles, person: Person) -> dict[str, Call]:
    found: dict[str, Call] = {role: message_call(session, channel, receiver, role, roles) for role, (channel, receiver) in roles.messages.items()}
    for role, operation in roles.http.items():
        if role and role not in found:
            try:
                found[role] = request_call(session, operation, role, roles, person)
            except NotChecked:
                continue
    return found


def undone(session: Session) -> list[dict[str, Any]]:
    """The requests that unmake what was made, last first."""
    found: list[dict[str, Any]] = []
    for operation, person, request in reversed(session.undo):
        caller = session.caller(operation, person)
        credentials = session.credentials(operation, caller) if caller is not NOTHING else {}
        found.append({"method": operation.method, "url": session.url(operation, request.path, request.query), "headers": credentials})
    return found
