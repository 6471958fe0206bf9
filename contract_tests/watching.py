"""What every answer of a run must be, whatever it was asked for: documented, of its schema, without leaks, with the headers that all have."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from contract_tests.envelopes import complaint, leak, validator
from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from contract_tests.lab import found, short
from contract_tests.provenance import clause_at, clause_of_response
from understudy.contract import documents, schemas
from understudy.contract.model import Media, Operation, Response

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["RULES", "Watch"]

RULES = (
    "surface.status",
    "surface.crash",
    "surface.media",
    "surface.header",
    "surface.schema",
    "times.format",
    "errors.shape",
    "errors.status",
    "errors.leak",
    "browser.header",
)  # those of what is seen of every answer: any check may meet them
MOST = 8  # findings of one rule about one operation


class Watch:
    """Looks at all exchanges of a session's operations; keeps what is wrong with them."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.findings: list[Finding] = []
        self.seen = 0
        auth = session.contract.settings.get("auth") or {}
        self.tokens = {str((auth.get(use) or {}).get("name")) for use in ("access", "refresh")}
        self._counts: dict[tuple[str, str], int] = {}

    def look(self, operation: Operation, exchange: Exchange) -> None:
        """Notes what is wrong with an exchange."""
        if not exchange.status or exchange.method == "HEAD":
            return
        self.seen += 1
        for finding in (*self._status(operation, exchange), *self._leaks(operation, exchange), *self._headers(operation, exchange)):
            key = (finding.rule, operation.id)
            self._counts[key] = self._counts.get(key, 0) + 1
            if self._counts[key] <= MOST:
                self.findings.append(finding)

    def drain(self) -> list[Finding]:
        """What was noted since it was last asked."""
        noted, self.findings = self.findings, []
        return noted

    def _status(self, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
        response = operation.responses.get(str(exchange.status)) or operation.responses.get("default")
        if not operation.responses:
            return
        if response is not None:
            yield from self._body(operation, exchange, response)
            return
        if not self.session.contract.declared and 400 <= exchange.status < 500:
            return  # documents without declarations seldom list what they refuse with
        if exchange.status in (404, 405, 413, 415, 429, 431, 503) and not exchange.ok:
            yield from self._envelope(operation, exchange)
            return
        near = next((status for status in sorted(operation.responses) if status[0] == str(exchange.status)[0]), None)
        clause = clause_of_response(operation, near) if near else clause_of_response(operation, operation.success.status) if operation.success else None
        crash = exchange.status >= 500
        yield found(
            "surface.crash" if crash else "surface.status",
            "schema",
            operation,
            f"{operation.id} answers with {exchange.status}, which is not documented",
            expected=", ".join(sorted(operation.responses)),
            seen=f"{exchange.status} {short(exchange.text)}",
            evidence=[exchange],
            aspect=str(exchange.status),
            clause=clause,
            severity="error" if crash else None,
        )

    def _envelope(self, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
        wrong = complaint(self.session.contract, operation, exchange)
        if wrong:
            yield found(
                "errors.shape",
                "oracles",
                operation,
                f"an error has not the shape of errors: {wrong}",
                expected="the backend's error body",
                seen=f"{exchange.status} {short(exchange.text)}",
                evidence=[exchange],
                aspect=str(exchange.status),
                severity="warning",
            )

    def _body(self, operation: Operation, exchange: Exchange, response: Response) -> Iterator[Finding]:
        media = _chosen(exchange, response)
        if not response.media:
            return
        kind = (exchange.header("content-type") or "").partition(";")[0].strip().lower()
        if media is None:
            yield found(
                "surface.media",
                "schema",
                operation,
                f"the answer {exchange.status} is of a type that is not documented",
                expected=", ".join(response.media),
                seen=kind or "no content type",
                evidence=[exchange],
                aspect=str(exchange.status),
                clause=clause_of_response(operation, exchange.status),
            )
            return
        if media.pointer is None or not schemas.is_json(media.type):
            return
        if exchange.json is None and exchange.content.strip() != b"null":
            yield found(
                "surface.schema",
                "schema",
                operation,
                f"the answer {exchange.status} is no JSON",
                expected=media.type,
                seen=short(exchange.text),
                evidence=[exchange],
                aspect=str(exchange.status),
                clause=clause_of_response(operation, exchange.status),
            )
            return
        yield from self._schema(operation, exchange, media)
        if exchange.status >= 400:
            wrong = complaint(self.session.contract, operation, exchange)
            if wrong and wrong.startswith("it says"):
                yield found(
                    "errors.status",
                    "oracles",
                    operation,
                    f"an error is not true to itself: {wrong}",
                    expected=exchange.status,
                    seen=short(exchange.text),
                    evidence=[exchange],
                    aspect="statusCode",
                    clause=clause_of_response(operation, exchange.status),
                )

    def _schema(self, operation: Operation, exchange: Exchange, media: Media) -> Iterator[Finding]:
        for error in list(validator(operation.bundle, str(media.pointer)).iter_errors(exchange.json))[:3]:
            where = "/".join("*" if isinstance(part, int) else str(part) for part in error.instance_path)
            rule = "times.format" if "date-time" in error.message or '"date"' in error.message else "surface.schema"
            yield found(
                rule,
                "schema",
                operation,
                f"{where or 'the body'} of the answer {exchange.status} breaks its schema: {error.message[:200]}",
                expected=_rule(operation, error),
                seen=short(_value(exchange.json, error.instance_path)),
                evidence=[exchange],
                aspect=f"{exchange.status}.{where or 'body'}",
                clause=_clause(operation, exchange, error),
            )

    def _leaks(self, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
        shown = leak(exchange.content[:200_000].decode("utf-8", "replace"))
        if shown:
            yield found(
                "errors.leak",
                "security",
                operation,
                f"an answer shows {shown}",
                expected="nothing internal",
                seen=short(exchange.text),
                evidence=[exchange],
                aspect=shown.replace(" ", "-"),
            )
        for collection in self.session.contract.collections.values():
            for name in collection.secret - self.tokens:
                if _is_named(name, exchange.content) and name not in _documented(operation, exchange):
                    yield found(
                        "errors.leak",
                        "security",
                        operation,
                        f"an answer shows {name}",
                        expected=f"{name} never leaves the server",
                        seen=short(exchange.text),
                        evidence=[exchange],
                        aspect=name,
                    )

    def _headers(self, operation: Operation, exchange: Exchange) -> Iterator[Finding]:
        service = next((item for item in self.session.contract.services if item.name == operation.service), None)
        wanted = {**(self.session.contract.settings.get("headers") or {}), **((service.settings.get("headers") if service else None) or {})}
        response = operation.responses.get(str(exchange.status))
        documented = {name for name, node in (response.headers if response else {}).items() if isinstance(node, dict) and node.get("required")}
        for name in dict.fromkeys([*documented, *wanted]):
            if exchange.header(name) is None:
                yield found(
                    "surface.header" if name in documented or (response and name in response.headers) else "browser.header",
                    "browser",
                    operation,
                    f"an answer lacks the header {name}",
                    expected=name,
                    seen="not there",
                    evidence=[exchange],
                    aspect=name,
                )


def _is_named(name: str, content: bytes) -> bool:
    """Whether a property of that name is in a JSON text."""
    return f'"{name}":'.encode() in content or f'"{name}" :'.encode() in content


def _documented(operation: Operation, exchange: Exchange) -> set[str]:
    """The names that the schema of an answer has, at any depth: what is documented is meant."""
    response = operation.responses.get(str(exchange.status))
    media = _chosen(exchange, response) if response is not None else None
    return _names(operation.bundle.data, media.schema) if media is not None and media.schema is not None else set()


def _names(document: Any, schema: Any, depth: int = 5) -> set[str]:
    found_names = set()
    for name, node in schemas.properties(document, schema).items():
        found_names.add(name)
        if depth:
            inner = schemas.follow(document, node)
            found_names |= _names(document, inner.get("items", inner) if isinstance(inner, dict) else inner, depth - 1)
    return found_names


def _chosen(exchange: Exchange, response: Response) -> Media | None:
    kind = (exchange.header("content-type") or "").partition(";")[0].strip().lower()
    exact = response.media.get(kind)
    if exact is not None:
        return exact
    return next(
        (
            item
            for name, item in response.media.items()
            if name == "*/*" or (name.endswith("/*") and kind.startswith(name[:-1])) or (schemas.is_json(name) and schemas.is_json(kind))
        ),
        None,
    )


def _rule(operation: Operation, error: Any) -> str:
    """What the schema asks for, and where it does."""
    path = [str(part) for part in error.schema_path]
    for start in range(len(path)):  # the path begins at the schema of the answer, which may be only a reference to one of the document
        try:
            asked = documents.resolve(operation.bundle.data, documents.pointer_of(*path[start:]))
        except KeyError:
            continue
        return f"{path[-1]}: {short(asked)} ({'/'.join(path[start:])[-120:]})"
    return "/".join(path)[-120:]


def _value(value: Any, path: Any) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _clause(operation: Operation, exchange: Exchange, error: Any) -> Any:
    """The clause of the field that is broken, as far as the schema's path leads to it; else that of the response."""
    own = clause_of_response(operation, exchange.status)
    path = [str(part) for part in error.schema_path]
    while path:
        try:
            documents.resolve(operation.bundle.data, documents.pointer_of(*path))
        except KeyError:
            path = path[1:]
            continue
        nearest = clause_at(operation.bundle, documents.pointer_of(*path))
        return nearest if (nearest.guide or nearest.inferred) and not own.inferred else own
    return own
