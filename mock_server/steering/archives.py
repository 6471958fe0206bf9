"""Snapshots as files: one JSON document, which people may read and change, and which is checked before anything is done with it.

A file that leaves by the control API has nothing that is secret: what it lacks is filled in when it is read, from the seeded row of the same key,
or with the demo password. The one that `--save` writes for its own process has secrets, the signing key, what limits have counted and what idempotency keys
keep, so that sessions outlive a restart.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fixtures.records import DEMO_PASSWORD
from mock_server.engine import replies
from mock_server.engine.call import NO_REQUEST, Origin, Request
from mock_server.engine.engine import Engine
from mock_server.engine.locks import Expiry
from mock_server.engine.problem import Problem
from mock_server.state.clock import wall
from mock_server.state.snapshots import Snapshot
from mock_server.state.store import Key, Row
from understudy.contract.errors import suggest
from understudy.contract.functions import iso, time
from understudy.contract.model import Collection
from understudy.wire import jsons, passwords

VERSION = 1
Json = dict[str, Any]


def document(parts: list[Json]) -> Json:
    """A file of some backends' snapshots."""
    return {"understudy": VERSION, "saved": iso(wall()), "snapshots": parts}


def written(engine: Engine, snapshot: Snapshot, secrets: bool = False) -> Json:
    """A snapshot as JSON. secrets: whether secret fields and the signing key are in it."""
    known = engine.contract.collections
    hidden = {name: frozenset() if secrets or name not in known else known[name].secret for name in snapshot.tables}
    rows = {name: [_without(row, hidden[name]) for row in table.values()] for name, table in snapshot.tables.items()}
    whole: Json = {
        "backend": engine.contract.name, "name": snapshot.name, "saved": iso(snapshot.saved), "now": snapshot.now, "frozen": snapshot.frozen,
        "rate": snapshot.rate, "rows": rows, "serials": dict(snapshot.serials), "timers": [timer(*item) for item in snapshot.timers],
        "revoked": dict(snapshot.revoked), "generations": dict(snapshot.generations), "switches": dict(snapshot.switches),
    }  # fmt: skip
    return {**whole, **_private(snapshot)} if secrets else whole


def _private(snapshot: Snapshot) -> Json:
    calls = [[replies.plain_key(key), list(instants)] for key, instants in snapshot.calls.items()]
    return {"key": snapshot.key, "calls": calls, "replies": [[replies.plain_key(key), replies.written(*kept)] for key, kept in snapshot.replies.items()]}


def _without(row: Row, hidden: frozenset[str]) -> Row:
    return {field: value for field, value in row.items() if field not in hidden} if hidden else row


def timer(at: float, origin: Origin, name: Any) -> Json:
    later = origin.later
    of = {"lock": later.ledger.collection} if isinstance(later, Expiry) else {"after": origin.plan.due.index(later)}
    request = origin.request
    asked = None if request is NO_REQUEST else {"host": request.host, "root": request.root, "secure": request.secure, "address": request.address}
    return {"at": at, "of": {"operation": origin.plan.operation.id, **of}, "row": origin.row, "names": origin.names, "request": asked, "name": name}


def text(value: Json) -> bytes:
    """The file."""
    return jsons.dumps(value, str, indented=True)


def parts(data: Any) -> list[Json]:
    """The snapshots in a file's value. Raises Problem for what is none."""
    if not isinstance(data, dict) or "understudy" not in data or not isinstance(data.get("snapshots"), list):
        raise Problem(400, None, "This is no snapshot file: an object with 'understudy' and 'snapshots' is expected.")
    if data["understudy"] != VERSION:
        raise Problem(400, None, f"This file has the format {data['understudy']!r}; this version reads format {VERSION}.")
    for part in data["snapshots"]:
        _check(part)
    return list(data["snapshots"])


MEMBERS: Mapping[str, tuple[type, ...]] = {
    "backend": (str,), "name": (str,), "now": (int, float), "rows": (dict,), "frozen": (bool,), "rate": (int, float), "serials": (dict,), "timers": (list,),
    "revoked": (dict,), "generations": (dict,), "switches": (dict,), "key": (str, type(None)), "saved": (str,),
    "calls": (list,), "replies": (list,),
}  # fmt: skip
NEEDED = ("backend", "name", "now", "rows")


def _check(part: Any) -> None:
    if not isinstance(part, dict):
        raise Problem(400, None, "The file is damaged: a snapshot is an object.")
    for name in NEEDED:
        if name not in part:
            raise Problem(400, None, f"The file is damaged: the snapshot has no '{name}'.")
    for name, value in part.items():
        if name not in MEMBERS:
            raise Problem(400, None, f"The file is damaged: '{name}' is no member of a snapshot.{suggest(name, MEMBERS)}")
        if not isinstance(value, MEMBERS[name]) or (isinstance(value, bool) and bool not in MEMBERS[name]):
            raise Problem(400, None, f"The file is damaged: '{name}' of the snapshot is {type(value).__name__}.")


def part_of(engine: Engine, data: Any) -> Json:
    """The snapshot of a backend in a file's value. Raises Problem."""
    found = parts(data)
    own = next((part for part in found if part["backend"] == engine.contract.name), None)
    if own is None:
        others = ", ".join(str(part["backend"]) for part in found) or "nothing"
        raise Problem(409, None, f"This file has no snapshot of {engine.contract.name}; it holds {others}.")
    return own


def read(engine: Engine, part: Json, name: str | None = None) -> Snapshot:
    """A snapshot from its JSON. Raises Problem, with what is wrong and where, before anything is changed."""
    known = engine.contract.collections
    tables = {collection: _table(engine, known[collection], rows) for collection, rows in part["rows"].items() if _known(engine, collection)}
    saved = time(part.get("saved")) or wall()
    timers = tuple(_timers(engine, part.get("timers", ())))
    calls, kept = dict(_listed(part, "calls", _counted)), dict(_listed(part, "replies", _replied))
    return Snapshot(
        name or part["name"], saved, _instant(part["now"]), part.get("frozen", False), _rate(part.get("rate", 1.0)), tables,
        _numbers(part, "serials"), timers, _numbers(part, "revoked"), _numbers(part, "generations"), calls, kept, part.get("switches", {}), key=part.get("key"),
    )  # fmt: skip


def _listed(part: Json, name: str, read: Callable[[Any, Any], tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    for number, item in enumerate(part.get(name, ())):
        try:
            key, value = item
            yield read(key, value)
        except (TypeError, IndexError, ValueError, AttributeError) as error:
            raise Problem(400, None, f"The file is damaged: {name}.{number} can't be read ({type(error).__name__}: {error}).") from None


def _counted(key: Any, instants: Any) -> tuple[Any, tuple[float, ...]]:
    return tuple(key), tuple(float(at) for at in instants)


def _replied(key: Any, kept: Any) -> tuple[Any, replies.Kept]:
    return replies.read_key(key), replies.read(kept)


def _known(engine: Engine, name: str) -> bool:
    if name not in engine.contract.collections:
        raise Problem(
            409, None, f"The file has rows of '{name}', which is no collection of {engine.contract.name}.{suggest(name, engine.contract.collections)}"
        )
    return True


def _instant(now: float) -> float:
    if iso(now) is None:
        raise Problem(400, None, f"The file is damaged: 'now' is no instant: {now!r}.")
    return float(now)


def _rate(rate: float) -> float:
    if not 0 <= rate <= 10**9:
        raise Problem(400, None, f"The file is damaged: 'rate' is from 0 to 1000000000, not {rate!r}.")
    return float(rate)


def _numbers(part: Json, name: str) -> dict[str, Any]:
    found = part.get(name, {})
    for key, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Problem(400, None, f"The file is damaged: {name}.{key} is no number.")
    return dict(found)


def _table(engine: Engine, collection: Collection, rows: Any) -> dict[Key, Row]:
    if not isinstance(rows, list):
        raise Problem(400, None, f"The file is damaged: the rows of {collection.name} are no list.")
    table: dict[Key, Row] = {}
    for number, row in enumerate(rows):
        key = row.get(collection.key) if isinstance(row, dict) else None
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise Problem(400, None, f"The file is damaged: row {number} of {collection.name} has no '{collection.key}'.")
        if key in table:
            raise Problem(400, None, f"The file is damaged: {collection.name} has {key!r} twice.")
        table[key] = _filled(engine, collection, row)
    return table


def _filled(engine: Engine, collection: Collection, row: Row) -> Row:
    """A row with the secrets that its file lacks."""
    lacking = collection.secret - row.keys()
    if not lacking:
        return row
    seeded = engine.data.rows.get(collection.name, {}).get(row[collection.key], {})
    auth = engine.runtime.auth
    made = {field: seeded[field] for field in lacking if field in seeded}
    stored = auth.get("stored", "passwordHash")
    if auth and collection.name == auth["collection"] and stored in lacking - made.keys():
        made[stored] = passwords.hashed(DEMO_PASSWORD, "understudy")
    return {**row, **made}


def _timers(engine: Engine, timers: Any) -> Iterator[tuple[float, Origin, Any]]:
    for number, item in enumerate(timers):
        try:
            yield read_timer(engine, item)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            raise Problem(400, None, f"The file is damaged: timer {number} can't be read ({type(error).__name__}: {error}).") from None


def read_timer(engine: Engine, item: Json) -> tuple[float, Origin, Any]:
    of = item["of"]
    plan = engine.find_plan(of["operation"])
    if plan is None:
        raise Problem(409, None, f"The file has something due of '{of['operation']}', which is no operation of {engine.contract.name}.")
    later = Expiry(engine.runtime.ledgers[of["lock"]]) if "lock" in of else plan.due[int(of["after"])]
    request = Request("", "", **{name: item["request"][name] for name in ("host", "root", "secure", "address")}) if item.get("request") else NO_REQUEST
    name = item.get("name")
    return float(item["at"]), Origin.of(plan, item.get("row"), later, item.get("names"), request), tuple(name) if isinstance(name, list) else name
