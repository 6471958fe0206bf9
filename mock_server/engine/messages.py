"""The path of a message that a socket sends: one visible list of stages, as for a request. Each may raise a Problem."""

from collections.abc import Callable
from typing import Any

from mock_server.engine import violations
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.stages import commit, shape, take_steps, throttle

Stage = Callable[[Call], None]


def identify(call: Call) -> None:
    """Makes the account that the socket is of the caller."""
    socket, auth = call.socket, call.runtime.auth
    assert socket is not None
    if socket.account is not None:
        call.user = call.scope["user"] = call.store.get(auth["collection"], socket.account)


def check(call: Call) -> None:
    """Checks the payload; raises 400 with every violation. What the schema does not know is ignored and noted."""
    value, body = call.body, call.plan.validation.json
    if body is None or body.validator is None:
        call.scope["body"] = value
        return
    try:
        good = body.validator.is_valid(value)
        found = [] if good else [item for error in body.validator.iter_errors(value) for item in violations.explain(error, "/body")]
    except (TypeError, ValueError) as error:  # bytes, half a character, or a number that JSON does not have
        raise Problem(400, None, f"The payload is no JSON: {error}", rule="syntax") from None
    if found and call.runtime.mode != "off":
        _refuse(call, found)
    call.body = call.scope["body"] = body.prune(value, "/body", call.violations) if body.prune else value
    if call.runtime.mode == "strict" and call.violations:
        _refuse(call, list(call.violations))


def _refuse(call: Call, found: list[Any]) -> None:
    if call.runtime.mode == "warn":
        call.violations.extend(found)
        return
    raise Problem(call.plan.invalid, None, found[0].message, violations=tuple(found), field=found[0].field, rule=found[0].rule)


def behave(call: Call) -> None:
    """Takes the message's steps and commits what they wrote; nothing is half-written if one of them refuses."""
    take_steps(call)
    commit(call)


def answer(call: Call) -> None:
    """Cuts the reply to its schema and encodes it; a message without a reply has none."""
    if call.plan.success is None:
        call.reply = None
    else:
        shape(call)


STAGES: tuple[Stage, ...] = (identify, throttle, check, behave, answer)
