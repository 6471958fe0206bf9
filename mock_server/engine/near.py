"""What a request that leads nowhere was probably meant for."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mock_server.engine.call import Request
from mock_server.engine.problem import Problem, Violation

if TYPE_CHECKING:
    from mock_server.engine.engine import Engine

LONGEST = 200  # characters of a path that is compared with others
ALIKE = 0.75


def missed(engine: "Engine", service: str, request: Request) -> Problem:
    """The 404 of a path that leads to no operation; its violation names the nearest operation."""
    asked = f"{request.method} {request.path}"
    hint, closest = _hint(engine, service, request)
    said = Violation("/path", "route", f"There is no {asked[:LONGEST]} here.{hint}", closest, asked[:LONGEST])
    return Problem(404, "route", name=asked, violations=(said,))


def _hint(engine: "Engine", service: str, request: Request) -> tuple[str, str | None]:
    for other, router in engine.routers.items():
        match = router.find(request.path)
        if match is not None and other != service:
            return f" {match.template} is answered by the service '{other}'.", f"{request.method} {match.template}"
    ranked = max(_ranked(engine, service, request), default=None) if len(request.path) <= LONGEST else None
    if ranked is None or ranked[0] < ALIKE:
        return "", None
    return f" Did you mean {ranked[2]}?", ranked[2]


def _ranked(engine: "Engine", service: str, request: Request) -> Iterator[tuple[float, bool, str]]:
    """Likeness, whether the method is the same, method and path of each operation of a service."""
    for plan in engine.plans.values():
        operation = plan.operation
        if operation.service == service:
            path = _filled(operation.path, request.path)
            yield SequenceMatcher(None, request.path, path).ratio(), operation.method == request.method, f"{operation.method} {operation.path}"


def _filled(template: str, path: str) -> str:
    """A template with the segments that a path has in the places of its parameters."""
    given = path.split("/")
    return "/".join(given[index] if "{" in part and index < len(given) else part for index, part in enumerate(template.split("/")))
