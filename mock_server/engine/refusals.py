"""The error bodies of documents that come without an envelope: made to fit the schema that the document has for the status."""

import re
from collections.abc import Mapping
from typing import Any

from fixtures.instants import at
from fixtures.values import Values
from mock_server.engine.call import Call
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.runtime import Runtime
from understudy.contract import schemas
from understudy.contract.functions import iso
from understudy.contract.model import Media
from understudy.wire.chance import derive

NAMED: tuple[tuple[str, str], ...] = (
    (r"status_?code|status|http_?status|code|error_?code", "status"), (r"type|rule|constraint|kind|error_?code|code|slug", "code"),
    (r"message|msg|detail|details|description|error_?(message|description)|reason|text", "detail"), (r"error|title|name", "title"),
    (r"timestamp|time|date", "now"), (r"path|instance|uri|url", "path"), (r"field|property|param(eter)?|attribute|source|pointer|location", "field"),
)  # fmt: skip


def documented(plan: Plan, status: int) -> Media | None:
    """The JSON body that a document has for a status of an operation: its own, that of its class (4XX), or the default."""
    responses = plan.operation.responses
    found = next((responses[name] for name in (str(status), f"{status // 100}XX", "default") if name in responses), None)
    return next((media for kind, media in found.media.items() if schemas.is_json(kind) and media.schema is not None), None) if found else None


def body(plan: Plan, call: Call, media: Media, said: Mapping[str, Any]) -> Any:
    """An error body by a schema. said: what is known of the refusal (status, code, title, detail, field, rule, violations)."""
    return _filled(plan, call, media.schema, "error", said, 0)


def _filled(plan: Plan, call: Call, schema: Any, name: str, said: Mapping[str, Any], depth: int) -> Any:
    document = plan.operation.bundle.data
    kind, properties = schemas.type_of(document, schema), schemas.properties(document, schema)
    if properties and depth < 5:
        needed = schemas.required(document, schema)
        made = {key: _filled(plan, call, node, key, said, depth + 1) for key, node in properties.items() if key in needed or _is_known(key) or depth == 0}
        return {key: value for key, value in made.items() if value is not None or key in needed}
    if kind == "array" and name == "loc":
        return said.get("loc") or [said.get("field") or "body"]
    if kind == "array":
        items = (schemas.follow(document, schema) or {}).get("items", {})
        return [_filled(plan, call, items, "message", {**said, **item, "detail": item["message"], "code": item["rule"]}, depth + 1) for item in _items(said)]
    return _leaf(plan, call, schema, name, kind, said)


def _items(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return said["violations"] or [{"field": said.get("field") or "", "rule": said["code"], "message": said["detail"]}]


def _is_known(name: str) -> bool:
    return any(re.fullmatch(pattern, _snake(name)) for pattern, _ in NAMED)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _leaf(plan: Plan, call: Call, schema: Any, name: str, kind: str | None, said: Mapping[str, Any]) -> Any:
    """One value: what the name asks for if it has the schema's type, else a value that the schema admits."""
    known = {**said, "now": iso(call.now), "path": call.request.path}
    node = schemas.follow(plan.operation.bundle.data, schema) or {}
    fixed = (
        isinstance(node, dict)
        and ({"enum", "const", "format", "pattern"} & node.keys())
        and node.get("format") not in ("int32", "int64", "date-time", "uri-reference")
    )
    for pattern, source in NAMED if not fixed else ():
        value = known.get(source)
        if re.fullmatch(pattern, _snake(name)) and _fits(value, kind):
            return value
    if _fits(said["detail"], kind) and not fixed and not _is_known(name):
        return said["detail"]
    values = Values(plan.operation.bundle.data, "en_US")
    return at(values.make(name, schema, derive(plan.operation.id, name), optional=False), call.now)


def _fits(value: Any, kind: str | None) -> bool:
    if kind in ("integer", "number"):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) if kind in ("string", None) else False


def said(runtime: Runtime, problem: Problem) -> dict[str, Any]:
    """What an error template may name."""
    violations = problem.violations
    detail = problem.detail if problem.detail is not None else runtime.details[problem.kind or "crash"].replace("{name}", problem.name)
    if problem.kind == "syntax" and violations:
        detail = violations[0].message
    first = violations[0] if violations else None
    fields: dict[str, list[str]] = {}
    for item in violations:
        fields.setdefault(item.field if item.pointer != "/body" else "non_field_errors", []).append(item.message)
    broken = first if problem.status in (400, 422) else None
    return {
        "status": problem.status,
        "title": runtime.titles.get(problem.status, "Error"),
        "code": runtime.codes.get(problem.status, "ERROR"),
        "detail": detail,
        "message": detail,
        "field": problem.field or (broken.field if broken else None),
        "rule": problem.rule or (broken.rule if broken else None),
        "violations": [{"field": item.field, "rule": item.rule, "message": item.message, "loc": item.pointer.split("/")[1:]} for item in violations],
        "field_errors": fields,
    }


def without_absent(body: Any) -> Any:
    """An error body without the fields that are not known."""
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if value is not None}


def unavailable(runtime: Runtime, why: Exception) -> Problem:
    """The refusal while state can't be reached."""
    return Problem(503, None, runtime.titles[503], violations=(Violation("/state", "unavailable", str(why)),), rule="unavailable")
