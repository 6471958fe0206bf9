"""Reports made by hand, for the tests of what is made of them."""

from typing import Any

from contract_tests.checks import Check, Outcome
from contract_tests.exchange import Exchange, Frames
from contract_tests.findings import Clause, Finding
from contract_tests.report import Covered, Report
from understudy.contract.model import Place

GUIDE = Clause("events whose date is after now", "event-platform.md", (215, 220), None, Place("specs/eventplatform/gateway.openapi.yaml", 117))
INFERRED = Clause("", None, None, "status of a creation", None)
# Everything that has broken a report somewhere.
HOSTILE = "</script><img src=x onerror=alert(1)>]]>&amp;\x1b[31m\x00\r\n\x9b2J\u202e\ud800\ufffe|`*_{{7*7}}{% raw %}\U0001f600'\"@here"


def exchange(**changed: Any) -> Exchange:
    made: dict[str, Any] = {
        "method": "POST",
        "url": "http://localhost:3000/api/orders",
        "sent": {"Authorization": "Bearer abc", "Content-Type": "application/json"},
        "body": b'{"eventId": 1}',
        "status": 500,
        "headers": (("Content-Type", "application/json"),),
        "content": b'{"message": "boom"}',
        "seconds": 0.012,
        "operation": "createOrder",
    }
    return Exchange(**{**made, **changed})


FRAMES = Frames("socket.io http://localhost:3001 namespace /realtime query userId=1", ("> lock-tickets {}", "< error {}"), "lockTickets")


def finding(rule: str = "orders.total", subject: str = "createOrder", **changed: Any) -> Finding:
    made: dict[str, Any] = {
        "layer": "oracles", "title": f"{subject} breaks {rule}", "expected": 40, "seen": 20, "clause": GUIDE,
        "evidence": (exchange(),), "check": f"{rule}:{subject}", "service": "gateway",
    }  # fmt: skip
    return Finding(rule, subject=subject, **{**made, **changed})


def check(rule: str = "orders.total", subject: str = "createOrder", layer: str = "oracles", aspect: str = "") -> Check:
    return Check(rule, layer, subject, lambda _session: None, aspect)


def outcome(*findings: Finding, state: Any = None, why: str = "", **checked: Any) -> Outcome:
    return Outcome(check(**checked), state or ("failed" if findings else "passed"), findings, why, 0.25, 3)


def report(*findings: Finding, outcomes: tuple[Outcome, ...] | None = None, **changed: Any) -> Report:
    """A report with these findings, each of a check of its own unless the checks are given."""
    own = tuple(outcome(item, rule=item.rule, subject=item.subject, layer=item.layer, aspect=item.aspect) for item in findings)
    made: dict[str, Any] = {
        "backend": "eventplatform", "title": "Event platform", "urls": {"gateway": "http://localhost:3000"}, "own": False, "seed": 1,
        "started": "2026-10-06T12:00:00Z", "seconds": 12.5, "outcomes": (*own, outcome(subject="getOrder")) if outcomes is None else outcomes,
        "findings": findings, "coverage": {"operations": Covered("operations", ("createOrder", "getOrder"), ("payOrder",))}, "version": "0.5",
        "requests": 1234, "unchecked": {"the clock can't be moved": ("time.expiry:lockTickets",)},
    }  # fmt: skip
    return Report(**{**made, **changed})


def full() -> Report:
    """A report with something of everything."""
    found = (
        finding("surface.missing", "listUpcomingEvents", layer="oracles", title="The route is not there", expected="200", seen="404 Cannot GET"),
        finding("realtime.refused", "lockTickets", layer="realtime", evidence=(FRAMES,), expected="lock-tickets-response", seen="error", service="realtime"),
        finding("orders.total", "createOrder", aspect="totalPrice"),
        finding("shape.status", "createEvent", severity="warning", clause=INFERRED, title="answers 200 where 201 is documented"),
        finding("errors.envelope", "getEvent", count=12, subjects=("getEvent", "getOrder", "payOrder"), title="404 has no envelope"),
        finding("lists.limit", "listOrders", title="limit is not obeyed"),
        finding("lists.total", "listOrders", title="total is not true"),
        finding("old.thing", "getUser", accepted="known since 2024, goes with v2"),
        finding("hostile.thing", HOSTILE, title=HOSTILE, expected=HOSTILE, seen={HOSTILE: [HOSTILE, float("nan")]}, aspect=HOSTILE,
                evidence=(exchange(url=f"http://x/{HOSTILE}", content=HOSTILE.encode("utf-8", "replace") * 100, sent={HOSTILE: HOSTILE}, body=b"\xff\0" * 9),)),
    )  # fmt: skip
    own = tuple(outcome(item, rule=item.rule, subject=item.subject, layer=item.layer, aspect=item.aspect) for item in found)
    crashed = outcome(state="crashed", why="Traceback: ...", subject="refund", layer="journeys")
    left_out = outcome(state="not checked", why="the clock can't be moved", rule="time.expiry", subject="lockTickets")
    stale = ("deviations.toml:12: lists.sort of listOrders was not seen", "deviations.toml:20: lists.page of listOrders is accepted until 2026-01-01 only")
    return report(*found, outcomes=(*own, outcome(), crashed, left_out), stale=stale, left=("orders 7", "orders 8"), notes=("registration is not there",))
