"""What declared faults do to a request: refuse it, hold its answer back, cut it, or break its body."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fixtures.instants import seconds
from mock_server.engine import accounts
from mock_server.engine.breakage import broken
from mock_server.engine.call import Call
from mock_server.engine.entries import Response
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.runtime import Runtime
from mock_server.state.faults import Fault
from mock_server.state.store import Row

RESET = -1


class Trouble:
    """What the faults that struck do to one request. ids: of these; problem: the refusal that answers it, if one does."""

    __slots__ = ("delay", "faults", "ids", "problem")

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.ids: tuple[str, ...] = ()
        self.delay = 0.0
        self.problem: Problem | None = None

    def add(self, call: Call, fault: Fault) -> None:
        """Takes note of a fault that struck."""
        refuse = REFUSES.get(fault.kind)
        if fault.kind == "latency":
            self.delay += fault.wait()
        elif refuse is not None and self.problem is None:
            self.problem = refuse(call, fault)
            if self.problem is None and fault.kind not in SPOILS:
                return
        self.faults.append(fault)
        self.ids += (fault.id,)

    def spoil(self, call: Call, response: Response) -> None:
        """Changes an answer as the faults say."""
        response.delay += self.delay
        for fault in self.faults:
            if fault.kind in SPOILS:
                SPOILS[fault.kind](call, fault, response)
        response.headers.append((b"understudy-fault", ",".join(self.ids).encode("latin-1", "replace")))


def strike(call: Call) -> Trouble | None:
    """What the faults of a world do to a call, however often it is tried; None if none of them strikes."""
    share = call.world.share
    found: Trouble | None = _struck(call) if share is None else share.once("faults", partial(_struck, call))
    return found


def _struck(call: Call) -> Trouble | None:
    world, found = call.world, Trouble()
    over = False
    for fault in world.faults.requests:
        if fault.strikes(lambda name: FACTS[name](call), call.now):
            found.add(call, fault)
        over = over or fault.is_over(call.now)
    if over:
        world.faults.sweep(call.now)
    return found if found.faults else None


def of_account(runtime: Runtime, row: Row | None) -> Any:
    """By what a fault may name an account: its key and its login."""
    auth = runtime.auth
    if row is None or not auth:
        return None
    return row.get(runtime.contract.collections[auth["collection"]].key), row.get(auth.get("login", "email"))


FACTS: Mapping[str, Callable[[Call], Any]] = {
    "operation": lambda call: call.plan.operation.id,
    "service": lambda call: call.plan.operation.service,
    "method": lambda call: call.request.method,
    "path": lambda call: (call.request.path, call.plan.operation.path),
    "tag": lambda call: call.plan.operation.tags,
    "user": lambda call: of_account(call.runtime, accounts.who(call)),
}


def _refused(call: Call, fault: Fault) -> Problem:
    given = fault.settings
    status = int(given["status"])
    headers = {"Retry-After": str(int(given["retryAfter"]))} if "retryAfter" in given else {}
    said = Violation("/fault", "fault", f"The fault {fault.id} answers {status}")
    detail = given.get("detail") or call.runtime.titles.get(status, "Error")
    return Problem(status, None, detail, violations=(said,), headers=headers, rule="fault")


def _unreached(_call: Call, fault: Fault) -> Problem | None:
    """A connection that breaks before the request arrives; one that breaks after it is `spoil`'s."""
    if fault.settings.get("at") != "request":
        return None
    return Problem(503, None, "The connection was reset", violations=(Violation("/fault", "fault", f"The fault {fault.id} resets the connection"),))


def _limited(call: Call, fault: Fault) -> Problem | None:
    """A limit that is there for a while. One of 0 admits nothing."""
    limit, window = int(fault.settings.get("limit", 0)), seconds(str(fault.settings.get("per", "60s")))
    wait = call.world.throttle.count(("fault", fault.id), limit, window, call.now).wait if limit else max(1, round(window))
    if not wait:
        return None
    said = Violation("/fault", "fault", f"The fault {fault.id} admits {limit} requests in {window:g} seconds", limit, None)
    headers = {"Retry-After": str(wait), "RateLimit-Limit": str(limit), "RateLimit-Remaining": "0", "RateLimit-Reset": str(wait)}
    return Problem(429, "throttled", violations=(said,), headers=headers)


def _reset(_call: Call, _fault: Fault, response: Response) -> None:
    response.kept = RESET


def _truncated(_call: Call, fault: Fault, response: Response) -> None:
    given, size = fault.settings, len(response.body)
    kept = int(given["bytes"]) if "bytes" in given else int(size * float(given.get("part", 0.5)))
    if response.kept is None:
        response.kept = max(0, min(kept, size - 1))


def _broken(call: Call, fault: Fault, response: Response) -> None:
    response.body = broken(call.plan, response.status, response.body, fault.chance)


REFUSES: Mapping[str, Callable[[Call, Fault], Problem | None]] = {"status": _refused, "rate": _limited, "reset": _unreached}
SPOILS: Mapping[str, Callable[[Call, Fault, Response], None]] = {"reset": _reset, "truncate": _truncated, "break": _broken}
