"""A refusal, and the violations that explain it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

TITLES: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus} | {413: "Payload Too Large", 422: "Unprocessable Entity"}
CODES: Mapping[int, str] = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    410: "GONE",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "VALIDATION_ERROR",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a request breaks the contract. pointer: where in the request, such as /body/eventName."""

    pointer: str
    rule: str
    message: str
    expected: Any = None
    got: Any = None
    line: str | None = None

    @property
    def field(self) -> str:
        """The field's name as people say it: `tickets.0.quantity`."""
        return ".".join(self.pointer.split("/")[2:]) or self.pointer.split("/")[-1]

    def as_json(self) -> dict[str, Any]:
        """The machine-readable form, without what is not known."""
        items = {"pointer": self.pointer, "rule": self.rule, "message": self.message, "expected": self.expected, "got": self.got, "line": self.line}
        return {key: value for key, value in items.items() if value is not None}


@dataclass(slots=True)
class Problem(Exception):  # noqa: N818 - the HTTP term
    """A refusal. kind: which of the backend's texts it takes (`details` in backend.yaml) if detail is None; name: what it is about."""

    status: int
    kind: str | None = None
    detail: str | None = None
    name: str = ""
    violations: tuple[Violation, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    field: str | None = None
    rule: str | None = None


DETAILS: Mapping[str, str] = {
    "token": "The token is missing or not valid", "credentials": "Wrong credentials", "role": "Insufficient permissions", "owner": "Insufficient permissions",
    "missing": "{name} not found", "taken": "{name} is already taken", "state": "{name}", "capacity": "{name}", "throttled": "Too many requests",
    "route": "Cannot {name}", "method": "Method {name} is not allowed", "media": "Send {name}", "size": "The body is larger than {name} bytes",
    "syntax": "The body is no valid JSON", "crash": "Internal server error", "expired": "{name}", "spent": "{name}",
    "csrf": "The request comes from a foreign origin",
}  # fmt: skip
