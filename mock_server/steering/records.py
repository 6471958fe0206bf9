"""The log as people and programs read it: one JSON object per line, rendered when it is asked for."""

import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import orjson

from mock_server.engine.call import Request
from mock_server.engine.engine import Engine
from mock_server.engine.entries import Exchange, Heard, Sent
from mock_server.engine.media import essence
from mock_server.engine.plan import Plan
from mock_server.engine.refusals import said
from mock_server.state.store import Row
from mock_server.state.world import World
from mock_server.steering.redaction import Redaction
from understudy.contract.functions import iso
from understudy.contract.model import Place
from understudy.contract.schemas import is_json
from understudy.wire import jsons

Record = dict[str, Any]
LARGEST = 1 << 16  # bytes of a body that is shown as it is
UNHELPFUL = frozenset({"host", "content-length", "connection", "accept-encoding", "user-agent", "accept", "cookie"})


class Records:
    """Renders the log of one backend."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._redaction = Redaction(engine.contract)

    @property
    def redaction(self) -> Redaction:
        """What is secret in the contract as it is now."""
        if self._redaction.contract is not self.engine.contract:
            self._redaction = Redaction(self.engine.contract)
        return self._redaction

    def render(self, world: World, entry: Any) -> Record:
        """One line. Members without a value are left out."""
        return _told(self.brief(world, entry) | self._contents(entry))

    def brief(self, world: World, entry: Any) -> Record:
        """One line without headers and bodies, for lists: no body is looked at, because a list may have ten thousand lines."""
        found = self._exchange(entry) if isinstance(entry, Exchange) else self._heard(entry) if isinstance(entry, Heard) else self._sent(entry)
        return _told({"id": entry.number, "at": iso(entry.at), "world": world.name, "service": entry.service, **found, "faults": list(entry.faults)})

    def _contents(self, entry: Any) -> Record:
        """What a line carries besides: headers, bodies, payloads."""
        if isinstance(entry, Heard):
            return {"data": self.redaction.value(entry.data)}
        if isinstance(entry, Exchange):
            return self._bodies(entry)
        return {"data": self.redaction.value(orjson.loads(entry.data)) if entry.data else None}

    def _exchange(self, entry: Exchange) -> Record:
        request, response, plan = entry.request, entry.response, entry.plan
        return {
            "kind": "exchange", "method": request.method, "path": f"{request.root}{request.path}", "query": self._query(request),
            "operation": plan.operation.id if plan else None,
            "status": response.status, "user": self._user(entry.user), "stage": _stage(entry), "why": self._why(entry),
            "place": short(plan.operation.place) if plan else None, "violations": self._violations(entry), "crash": entry.crash,
            "preferred": entry.preferred, "delay": round(response.delay * 1000) or None, "cut": _cut(entry),
        }  # fmt: skip

    def _query(self, request: Request) -> str:
        return self.redaction.query(request.query.decode("latin-1"))

    def _bodies(self, entry: Exchange) -> Record:
        request, response = entry.request, entry.response
        return {
            "request": {"headers": self._headers(request.headers.items()), "body": self._body(request.headers.get(b"content-type"), request.body)},
            "response": {"headers": self._headers(response.headers), "body": self._body(dict(response.headers).get(b"content-type"), response.body)},
            "curl": self._curl(entry, f"{request.root}{request.path}", self._query(request)),
        }  # fmt: skip

    def _heard(self, entry: Heard) -> Record:
        return {
            "kind": "frame", "direction": "in", "channel": entry.channel, "message": entry.message, "socket": entry.socket, "user": self._user(entry.user),
            "refused": entry.refused, "why": _frame_why(entry),
            "violations": self._violations(entry), "crash": entry.crash,
        }  # fmt: skip

    def _sent(self, entry: Sent) -> Record:
        return {
            "kind": "frame", "direction": "out", "channel": entry.channel, "message": entry.message, "room": entry.room, "sockets": list(entry.sockets),
            "count": entry.count,
        }  # fmt: skip

    def _user(self, row: Row | None) -> Any:
        """The login of an account."""
        auth = self.engine.runtime.auth
        return row.get(auth.get("login", "email")) if row and auth else None

    def _headers(self, headers: Any) -> Mapping[str, str]:
        shown = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        return {name: self.redaction.header(name, value) for name, value in shown}

    def _body(self, content_type: bytes | None, body: bytes) -> Any:
        """JSON as it is, other text as text, anything else by its size."""
        kind = essence(content_type)
        if not body:
            return None
        if len(body) > LARGEST:
            return f"({len(body)} bytes)"
        try:
            if is_json(kind) or not kind:
                return self.redaction.value(orjson.loads(body))
        except orjson.JSONDecodeError:
            return self.redaction.text(body.decode("utf-8", "replace"))
        if kind == "application/x-www-form-urlencoded":
            return self.redaction.query(body.decode("utf-8", "replace"))
        return body.decode("utf-8", "replace") if kind.startswith("text/") else f"({len(body)} bytes of {kind})"

    def _violations(self, entry: Exchange | Heard) -> list[dict[str, Any]]:
        return [self.redaction.violation(item) for item in entry.violations]

    def _why(self, entry: Exchange) -> str:
        if entry.crash:
            return "crashed: " + entry.crash.strip().rpartition("\n")[2]
        if entry.problem is not None:
            return self._refusal(entry)
        if entry.preferred and entry.stage is None:
            return f"the request preferred {entry.preferred}"
        return _behaved(entry.plan) if entry.plan else ""

    def _refusal(self, entry: Exchange) -> str:
        problem = entry.problem
        assert problem is not None
        rule = problem.rule or problem.kind or (problem.violations[0].rule if problem.violations else "")
        text = problem.violations[0].message if problem.violations else str(said(self.engine.runtime, problem)["detail"])
        return f"{rule}: {text}" if rule else text

    def _curl(self, entry: Exchange, path: str, query: str) -> str:
        """The request as a command; its credential is to be filled in."""
        request = entry.request
        scheme = "https" if request.secure else "http"
        url = f"{scheme}://{request.host or 'localhost'}{path}{'?' + query if query else ''}"
        parts = ["curl", "-X", request.method, shlex.quote(url)]
        for name, value in self._headers(request.headers.items()).items():
            if name == "authorization":
                parts += ["-H", '"authorization: Bearer $TOKEN"']
            elif name not in UNHELPFUL and not name.startswith("sec-"):
                parts += ["-H", shlex.quote(f"{name}: {value}")]
        body = self._body(request.headers.get(b"content-type"), request.body)
        parts += ["--data-raw", shlex.quote(body if isinstance(body, str) else jsons.dumps(body).decode())] if body is not None else []
        return " ".join(parts)


def _told(record: Record) -> Record:
    return {name: value for name, value in record.items() if value not in (None, [], "")}


def short(place: Place) -> str:
    """Where something stands, without the path of this machine: eventplatform/gateway.openapi.yaml:41."""
    path = PurePath(place.file)
    return f"{path.parent.name}/{path.name}:{place.line}" if path.parent.name else f"{path.name}:{place.line}"


def _stage(entry: Exchange) -> str:
    """The stage that answered: `route` for what leads nowhere, `fault`, `prefer`, else the one that refused, or the last."""
    if entry.stage is None:
        refused = entry.problem is not None and entry.problem.rule == "preference"
        return "prefer" if entry.preferred or refused else "route"
    name = entry.stage.__name__
    return {"strike": "fault", "shape": "behave"}.get(name, name)


def _behaved(plan: Plan) -> str:
    behavior = plan.operation.behavior
    act = f"{behavior.do or 'reply'}{' of ' + behavior.collection if behavior.collection else ''}"
    return {"declared": f"declared: {act}", "bound": f"python: {plan.operation.id}", "inferred": f"inferred: {act}", "example": "the document's example"}[
        behavior.source
    ]


def _cut(entry: Exchange) -> str | None:
    kept = entry.response.kept
    return None if kept is None else "reset" if kept < 0 else f"after {kept} of {len(entry.response.body)} bytes"


def _frame_why(entry: Heard) -> str:
    if entry.crash:
        return "crashed: " + entry.crash.strip().rpartition("\n")[2]
    if entry.refused:
        return f"refused: {entry.refused}"
    return "dropped by a fault" if entry.faults else ""
