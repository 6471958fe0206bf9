"""Lines of a world's log as other processes get them: what `steering.records` shows of one, as JSON."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import LARGEST_BODY, NAMED, Exchange, Heard, Response, Sent
from mock_server.engine.problem import Problem, Violation
from understudy.wire import jsons

__all__ = ["Line", "mark", "read", "text"]

Line = Exchange | Heard | Sent
VIOLATION = ("pointer", "rule", "message", "expected", "got", "line")


def text(engine: Engine, line: Line) -> bytes:
    """A line as it is stored."""
    told = _exchange(engine, line) if isinstance(line, Exchange) else _heard(engine, line) if isinstance(line, Heard) else _sent(line)
    return jsons.dumps(told, _plain)


def mark(line: Line) -> str:
    """What a line has in common with those of other processes that tell of the same message; empty for nothing."""
    return line.mark if isinstance(line, Sent) else ""


def read(engine: Engine, number: int, size: int, texts: Sequence[bytes]) -> Line:
    """A line as it was stored. texts: several where a message reached sockets of several processes."""
    kind, *told = jsons.loads(texts[0])
    line = READERS[kind](engine, *told)
    for other in texts[1:]:
        _add(line, READERS[kind](engine, *jsons.loads(other)[1:]))
    line.number, line.size = number, size
    return line


def _add(line: Any, other: Any) -> None:
    """Adds to the line of a message whom else it reached."""
    line.sockets = (*line.sockets, *other.sockets)[:NAMED]
    line.count += other.count
    line.faults = tuple(dict.fromkeys((*line.faults, *other.faults)))


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _exchange(engine: Engine, line: Exchange) -> list[Any]:
    request, response = line.request, line.response
    asked = [request.method, request.path, request.query.decode("latin-1"), _headers(request.headers.items()), _body(request.body)]
    asked += [request.address, request.secure, request.host, request.root]
    answered = [response.status, _headers(response.headers), _body(response.body), response.delay, response.kept]
    plan, stage = line.plan and line.plan.operation.id, line.stage and line.stage.__name__
    told = [line.at, line.service, asked, answered, plan, stage, _violations(line.violations), line.crash, _problem(line.problem), _login(engine, line.user)]
    return ["exchange", *told, line.faults, line.preferred]


def _read_exchange(
    engine: Engine, at: float, service: str, asked: Any, answered: Any, plan: Any, stage: Any, violations: Any, crash: Any, problem: Any, user: Any,
    faults: Any, preferred: str,
) -> Exchange:  # fmt: skip
    broken = _read_violations(violations)
    response = Response(answered[0], _read_headers(answered[1]), _read_body(answered[2]), *answered[3:])
    method, path, query, headers, body, *more = asked
    request = Request(method, path, query.encode("latin-1"), _read_headers(headers), _read_body(body), *more)
    return Exchange(
        at, service, request, response, engine.find_plan(plan) if plan else None, _named(stage) if stage else None, broken, crash,
        _read_problem(problem, broken), _account(engine, user), tuple(faults), preferred,
    )  # fmt: skip


def _headers(headers: Any) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def _read_headers(headers: Any) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _body(body: bytes) -> str | int:
    """A body, or the size of one that is too large to be shown."""
    return body.decode("latin-1") if len(body) <= LARGEST_BODY else len(body)


def _read_body(body: str | int) -> bytes:
    return bytes(body) if isinstance(body, int) else body.encode("latin-1")


def _violations(violations: Sequence[Violation]) -> list[list[Any]]:
    return [[getattr(item, name) for name in VIOLATION] for item in violations]


def _read_violations(violations: Any) -> tuple[Violation, ...]:
    return tuple(Violation(*item) for item in violations)


def _problem(problem: Problem | None) -> list[Any] | None:
    """A refusal; its violations are the first ones of the line."""
    return None if problem is None else [problem.status, problem.kind, problem.detail, problem.name, len(problem.violations), problem.field, problem.rule]


def _read_problem(told: Any, violations: tuple[Violation, ...]) -> Problem | None:
    if told is None:
        return None
    status, kind, detail, name, count, field, rule = told
    return Problem(status, kind, detail, name, violations[:count], field=field, rule=rule)


def _login(engine: Engine, user: Any) -> Any:
    """What an account signs in with: all that the log shows of it."""
    auth = engine.runtime.auth
    return user.get(auth.get("login", "email")) if user and auth else None


def _account(engine: Engine, login: Any) -> Mapping[str, Any] | None:
    auth = engine.runtime.auth
    return {auth.get("login", "email"): login} if auth and login is not None else None


@cache
def _named(name: str) -> Callable[[Any], None]:
    """A stage of which only the name is known."""

    def stage(_call: Any) -> None:
        raise NotImplementedError(name)

    stage.__name__ = name
    return stage


def _heard(engine: Engine, line: Heard) -> list[Any]:
    told = [line.at, line.service, line.channel, line.socket, line.message, line.data, line.refused, _violations(line.violations), line.crash]
    return ["heard", *told, _login(engine, line.user), line.faults]


def _read_heard(
    engine: Engine,
    at: float,
    service: str,
    channel: str,
    socket: str,
    message: str,
    data: Any,
    refused: Any,
    violations: Any,
    crash: Any,
    user: Any,
    faults: Any,
) -> Heard:
    return Heard(at, service, channel, socket, message, data, refused, _read_violations(violations), crash, _account(engine, user), tuple(faults))


def _sent(line: Sent) -> list[Any]:
    return ["sent", line.at, line.service, line.channel, line.message, line.room, line.data.decode("latin-1"), line.sockets, line.count, line.faults]


def _read_sent(_engine: Engine, at: float, service: str, channel: str, message: str, room: Any, data: str, sockets: Any, count: int, faults: Any) -> Sent:
    return Sent(at, service, channel, message, room, data.encode("latin-1"), tuple(sockets), count, tuple(faults))


READERS: Mapping[str, Callable[..., Line]] = {"exchange": _read_exchange, "heard": _read_heard, "sent": _read_sent}
