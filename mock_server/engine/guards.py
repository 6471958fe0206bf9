"""The steps that refuse: roles, members, rows that are needed, owners, conditions."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mock_server.engine import accounts, lookups, rows
from mock_server.engine.call import Call
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem
from mock_server.state.store import Row
from understudy.contract.expressions import names_in
from understudy.contract.model import Collection, Members

Step = Callable[[Call], None]


def roles(plan: Plan) -> Step | None:
    """Only callers with one of the roles."""
    wanted = frozenset(plan.words.get("roles") or ())
    field = plan.runtime.auth.get("role", "role")
    if not wanted:
        return None

    def check(call: Call) -> None:
        if call.user is None:
            raise accounts.unauthorized(call)
        if call.user.get(field) not in wanted:
            raise Problem(403, "role")

    return check


def members(plan: Plan) -> Step | None:
    """Only members of a row, with one of the roles."""
    word = plan.words.get("members")
    if not word:
        return None
    collection = plan.runtime.contract.collections.get(word["of"])
    if collection is None or collection.members is None:
        raise plan.fault("members", f"'{word['of']}' is no collection with declared members.")
    declared, key, wanted = collection.members, plan.compile(word["key"], "members.key"), frozenset(word.get("roles") or ())

    def check(call: Call) -> None:
        row = rows.find(call, collection, key(call.scope))
        if row is None:
            raise rows.missing(collection.name)
        role = role_in(call, collection, declared, row)
        if role is None or (wanted and role not in wanted):
            raise Problem(403, "role" if role else "owner")
        call.role = role

    return check


def role_in(call: Call, collection: Collection, declared: Members, row: Row) -> str | None:
    """The caller's role in a row, `member` where members have no roles, None for a stranger."""
    if call.user is None:
        return None
    me = call.user[call.runtime.contract.collections[call.runtime.auth["collection"]].key]
    if declared.owner and row.get(declared.owner) == me:
        return "owner"
    if declared.list:
        found = next((item for item in row.get(declared.list) or () if item.get(declared.user) == me), None)
    else:
        candidates = call.store.matching(str(declared.collection), {str(declared.by): row[collection.key], declared.user: me})
        found = next((item for item in candidates if item.get(declared.user) == me), None)
    return None if found is None else str(found.get(declared.role, "member")) if declared.role else "member"


def needs(plan: Plan, words: Mapping[str, Any]) -> Step | None:
    """The rows of `with`; one that is missing is 404."""
    if not words:
        return None
    fetches = [(name, _need(plan, name, word)) for name, word in words.items()]

    def fetch_all(call: Call) -> None:
        for name, fetch in fetches:
            call.scope[name] = fetch(call)

    return fetch_all


def _need(plan: Plan, name: str, word: Mapping[str, Any]) -> Callable[[Call], Row | None]:
    collection = plan.runtime.contract.collections[word["collection"]]
    key = plan.compile(word["key"], f"with.{name}.key") if "key" in word else None
    where = plan.compile(word["where"], f"with.{name}.where", {"it": collection.name}) if "where" in word else None
    candidates = lookups.candidates(plan, collection.name, word.get("where"), f"with.{name}.where")

    def fits(call: Call, row: Row) -> bool:
        call.scope["it"] = row
        return where is None or bool(where(call.scope))

    def fetch(call: Call) -> Row | None:
        if key is not None:
            found = rows.find(call, collection, key(call.scope))
            found = found if found is not None and fits(call, found) else None
        else:
            found = next((row for row in candidates(call) if fits(call, row)), None)
        if found is None and not word.get("optional"):
            raise rows.missing(collection.name, word.get("say"))
        return found

    return fetch


def row(plan: Plan) -> Step:
    """The row of the operation: in scope, visible, the caller's own."""
    collection = plan.collection
    assert collection is not None
    key = plan.compile(plan.words["key"], "key") if "key" in plan.words else _path_key(plan)
    owner, denied = plan.words.get("owner"), int(plan.words.get("denied", 404))
    inside = scope(plan)
    conditions = [plan.compile(plan.words[word], word) for word in ("where", "visible") if word in plan.words]

    def fetch(call: Call) -> None:
        found = rows.find(call, collection, key(call.scope))
        if found is None or (inside is not None and any(found.get(field) != value for field, value in inside(call).items())):
            raise rows.missing(collection.name)
        call.row = call.scope["row"] = call.scope["old"] = found
        for condition in conditions:
            if not condition(call.scope):
                raise rows.missing(collection.name)
        if owner is not None and (call.user is None or found.get(owner) != me(call)):
            raise Problem(403, "owner") if denied == 403 else rows.missing(collection.name)

    return fetch


def _path_key(plan: Plan) -> Callable[[Any], Any]:
    names = plan.operation.path_names
    if not names:
        raise plan.fault("key", "there is no path parameter, so the key must be said.")
    name = names[-1]
    return lambda names_: names_["path"].get(name)


def scope(plan: Plan) -> Callable[[Call], dict[str, Any]] | None:
    """Field -> value that the operation's rows have: as declared, else the path parameters that are fields; None if there are none."""
    declared = plan.words.get("scope")
    if declared is not None:
        evaluate = plan.values(declared, "scope")
        return (lambda call: evaluate(call.scope)) if declared else None
    stored = plan.collection.stored if plan.collection else frozenset()
    key = plan.collection.key if plan.collection else None
    last = None if plan.do in ("list", "create") or "key" in plan.words else (plan.operation.path_names or (None,))[-1]
    names = [name for name in plan.operation.path_names if name in stored and name not in (last, key)]
    return (lambda call: {name: call.path[name] for name in names}) if names else None


def me(call: Call) -> Any:
    """The caller's key."""
    collection = call.runtime.contract.collections[call.runtime.auth["collection"]]
    return call.user[collection.key] if call.user else None


def requires(plan: Plan, about_rows: bool) -> Step | None:
    """What must hold of the sender of a message. about_rows: those conditions that look at rows of `with`, or the others."""
    names = frozenset(plan.words.get("with") or ())
    chosen = [item for item in plan.words.get("requires") or () if bool(names & names_in(item["when"])) is about_rows]
    return _refusals(plan, chosen, "requires", 403)


def allow(plan: Plan) -> Step | None:
    """Only where the condition holds."""
    if "allow" not in plan.words:
        return None
    condition = plan.compile(plan.words["allow"], "allow")

    def check(call: Call) -> None:
        if not condition(call.scope):
            raise Problem(403, "owner")

    return check


def unless(plan: Plan) -> Step | None:
    """The refusals that depend on state."""
    return _refusals(plan, plan.words.get("unless") or (), "unless", 409)


def _refusals(plan: Plan, items: Iterable[Mapping[str, Any]], word: str, status: int) -> Step | None:
    refusals = [(plan.compile(item["when"], f"{word}.when"), item) for item in items]
    if not refusals:
        return None

    def check(call: Call) -> None:
        for condition, item in refusals:
            if condition(call.scope):
                raise Problem(item.get("status", status), None, item["say"], field=item.get("field"), rule=word)

    return check
