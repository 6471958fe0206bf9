"""Operations and channels as the runtime reads them: facts that the mock's own plans have worked out, and words with compiled expressions."""

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.engine.effects import Later
from mock_server.engine.engine import Engine
from mock_server.engine.limits import Rate
from mock_server.engine.plan import Plan
from understudy.contract import schemas
from understudy.contract.model import Channel, Media, Operation, Parameter, Response
from understudy.export.schemata import Schemata
from understudy.export.words import Words

__all__ = ["channel", "operation"]

# What `runtime/complete.js` fills in again.
OPERATION: Mapping[str, Any] = {
    "tags": [], "parameters": [], "bodies": {}, "bodyRequired": False, "responses": {}, "security": [], "anonymous": False, "source": "declared",
    "do": None, "collection": None, "words": {}, "names": {}, "status": 200, "success": None, "media": None, "empty": False, "inferred": False,
    "wrapped": False, "invalid": 400, "bodyLimit": 1 << 20, "sort": [], "pager": None, "message": None, "idempotency": None, "rates": [], "headers": {},
}  # fmt: skip
PARAMETER: Mapping[str, Any] = {"required": False, "explode": True, "style": "form"}


def operation(engine: Engine, plan: Plan, schemata: Schemata, section: str = "operation") -> dict[str, Any]:
    """One operation. section: of the vocabulary, by which its words are read."""
    item = plan.operation
    words = Words(engine.runtime, plan.names)
    write = schemata.writer(item.service, item.bundle)
    made = {
        "id": item.id, "service": item.service, "method": item.method, "path": item.path, "tags": list(item.tags),
        "parameters": [_parameter(parameter, write, item) for parameter in item.parameters],
        "bodies": {kind: _media(media, write) for kind, media in item.bodies.items()}, "bodyRequired": item.body_required,
        "responses": {status: _response(response, write) for status, response in item.responses.items()},
        "security": [{"scheme": way.scheme, "where": way.where, "name": way.name} for way in item.security], "anonymous": item.anonymous,
        "source": item.behavior.source, "do": item.behavior.do, "collection": item.behavior.collection,
        "words": _words(words, section, plan), "names": dict(plan.names),
        "status": plan.status, "success": plan.success.status if plan.success else None, "media": plan.media, "empty": plan.empty,
        "inferred": plan.inferred, "wrapped": plan.envelope is not None, "invalid": plan.invalid, "bodyLimit": plan.body_limit,
        "sort": list(plan.sort), "pager": _pager(plan), "message": plan.message, "idempotency": plan.idempotency,
        "rates": [_rate(rate, plan, words) for rate in plan.rates], "headers": _headers(engine, plan, words),
    }  # fmt: skip
    return without(made, OPERATION)


def without(made: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """What is not as usual."""
    return {name: value for name, value in made.items() if name not in usual or value != usual[name] or type(value) is not type(usual[name])}


def _words(words: Words, section: str, plan: Plan) -> dict[str, Any]:
    made = words.section(section, plan.words)
    if "after" in made:  # what each needs to remember is the mock's to say
        made["after"] = [{**item, "names": sorted(due.names)} for item, due in zip(made["after"], _due(plan), strict=True)]
    return made


def _due(plan: Plan) -> Iterator[Later]:
    return iter(plan.due)


def _parameter(item: Parameter, write: Any, operation: Operation) -> dict[str, Any]:
    found = schemas.follow(operation.bundle.data, item.schema)
    inner = found.get("items", {}) if isinstance(found, Mapping) else {}
    kind = {"itemType": schemas.type_of(operation.bundle.data, inner) or "string"} if item.type == "array" else {}
    schema = {"schema": write(item.schema)} if item.pointer else {}
    made = {"name": item.name, "where": item.where, "type": item.type, **kind, **schema}
    return {**made, **without({"required": item.required, "explode": item.explode, "style": item.style}, PARAMETER)}


def _media(item: Media, write: Any) -> dict[str, Any]:
    schema = {} if item.schema is None else {"schema": write(item.schema)}
    return {**schema, **({"examples": dict(item.examples)} if item.examples else {})}


def _response(item: Response, write: Any) -> dict[str, Any]:
    made = {"media": {kind: _media(media, write) for kind, media in item.media.items()}, "headers": {}}
    made["headers"] = {name: _header(node, write) for name, node in item.headers.items()}
    return {name: value for name, value in made.items() if value}


def _header(node: Mapping[str, Any], write: Any) -> dict[str, Any]:
    kept = {name: node[name] for name in ("required", "example", "examples") if name in node}
    return {**kept, **({"schema": write(node["schema"])} if "schema" in node else {})}


def _pager(plan: Plan) -> dict[str, Any] | None:
    found = plan.pager
    if found is None:
        return None
    return {"style": found.style, "page": found.page, "size": found.size, "cursor": found.cursor, "default": found.default, "most": found.most}


def _rate(rate: Rate, plan: Plan, words: Words) -> dict[str, Any]:
    """A limit. window: seconds."""
    declared = (plan.words.get("rate") or {}) if rate.name == plan.operation.id else {}
    by = [words.expression(item) for item in declared.get("by") or ("address",)]
    return {
        "name": rate.name, "limit": rate.limit, "window": rate.window, "switch": rate.switch, "by": by,
        "needsBody": rate.needs_body, "needsUser": rate.needs_user,
    }  # fmt: skip


def _headers(engine: Engine, plan: Plan, words: Words) -> dict[str, Any]:
    declared = {**(engine.contract.settings.get("headers") or {}), **(plan.service.settings.get("headers") or {})}
    return {name: words.expression(text, {}) for name, text in declared.items()}


def channel(engine: Engine, item: Channel, schemata: Schemata) -> dict[str, Any]:
    """One channel with its messages."""
    line = engine.realtime.lines[f"{item.service}/{item.id}"]
    write = schemata.writer(item.service, item.bundle)

    def message(found: Any) -> Any:
        return None if found is None else {"name": found.name, "schema": None if found.schema is None else write(found.schema)}

    receives = {
        name: {
            "operation": operation(engine, line.plans[name], schemata, "message"), "message": message(receiver.message),
            "reply": message(receiver.reply), "ack": receiver.ack,
        }
        for name, receiver in item.receives.items()
    }  # fmt: skip
    sends = {
        name: {"id": push.id, "message": message(push.message), "words": Words(engine.runtime, _of(push.words)).section("push", push.words)}
        for name, push in item.sends.items()
    }
    for name, push in item.sends.items():
        if "collection" in push.words:
            sends[name]["words"]["collection"] = push.words["collection"]
    return {
        "id": item.id, "service": item.service, "address": item.address, "opening": operation(engine, line.plan, schemata, "channel"),
        "receives": receives, "sends": sends, "security": [{"scheme": way.scheme, "where": way.where, "name": way.name} for way in item.security],
        "tag": item.tag, "socketio": dict(item.socketio), "raw": item.raw,
    }  # fmt: skip


def _of(words: Mapping[str, Any]) -> Mapping[str, str]:
    return {"row": words["collection"], "old": words["collection"]} if "collection" in words else {}
