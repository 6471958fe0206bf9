"""The act itself: one function per verb of `do`, and the answer made of what it did."""

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.engine import accounts, choosing, guards, pages, rows
from mock_server.engine.call import Call, Entity, Reply
from mock_server.engine.invention import invented
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem
from mock_server.state.ordering import sort_rows
from mock_server.state.selection import Sifted
from mock_server.state.store import Row
from understudy.contract import schemas

Step = Callable[[Call], None]


def act(plan: Plan) -> Step | None:
    """The step of the operation's verb."""
    maker = VERBS.get(plan.do or "")
    return maker(plan) if maker else None


def reply(plan: Plan) -> Step:
    """The answer: `reply` if it is declared, else what the act answered with, else the row."""
    status = plan.compile(plan.words["status"], "status") if "status" in plan.words else None
    if "reply" in plan.words:
        evaluate = plan.values(plan.words["reply"], "reply", mark=True)

        def declared(call: Call) -> None:
            made = call.reply or Reply(None)
            call.scope.update(made.page or {})
            call.scope["items"] = made.value if isinstance(made.value, list) else None
            made.value, made.page = evaluate(call.scope), None
            made.status = status(call.scope) if status else made.status
            call.reply = made

        return declared
    name = plan.collection.name if plan.collection else ""

    def plain(call: Call) -> None:
        if call.reply is None:
            call.reply = Reply(Entity(name, call.row) if call.row is not None else {})
        if status:
            call.reply.status = status(call.scope)

    return plain


def _list(plan: Plan) -> Step:
    collection = plan.collection
    assert collection is not None
    lazy = plan.pager is not None and plan.pager.style == "cursor" and not choosing.counts(plan)
    chosen = choosing.sifting(plan, plan.sort) if lazy else choosing.chosen(plan, plan.sort)

    def run(call: Call) -> None:
        found = chosen(call)
        names: Mapping[str, Any]
        if isinstance(found, Sifted):
            assert plan.pager is not None
            shown, names = pages.walked(call, plan.pager, found, plan.sort, collection.key)
        elif plan.pager is not None:
            shown, names = pages.cut(call, plan.pager, found, plan.sort, collection.key)
        else:
            shown, names = found.rows(), {"total": len(found)}
        call.reply = Reply([Entity(collection.name, row) for row in shown], page=names)

    return run


def _read(plan: Plan) -> None:
    return None


def given(plan: Plan) -> Callable[[Call], dict[str, Any]]:
    """The body's fields that are stored: as `accepts` says, else those that the collection has."""
    collection = plan.collection
    assert collection is not None
    accepted = frozenset(plan.words.get("accepts", collection.stored | collection.children.keys()))
    defaults = _body_defaults(plan, accepted)
    guarded = {collection.key} if collection.declared else set()
    free, wrapper = not collection.properties, plan.words.get("wrapped")

    def take(call: Call) -> dict[str, Any]:
        body = call.body.get(wrapper) if wrapper and isinstance(call.body, dict) else call.body
        body = body if isinstance(body, dict) else {}
        if free:
            return dict(body)
        values = {name: value for name, value in body.items() if name in accepted and name not in guarded}
        return {**defaults, **values} if defaults else values

    return take


def _body_defaults(plan: Plan, accepted: frozenset[str]) -> dict[str, Any]:
    """What the body's schema says of fields that are not given; a change leaves them alone."""
    if plan.do not in ("create", "register"):
        return {}
    media = next(iter(plan.operation.bodies.values()), None)
    document = plan.operation.bundle.data
    properties = schemas.properties(document, media.schema) if media and media.schema else {}
    followed = {name: schemas.follow(document, node) for name, node in properties.items()}
    return {name: node["default"] for name, node in followed.items() if name in accepted and isinstance(node, dict) and "default" in node}


def _create(plan: Plan) -> Step:
    assert plan.collection is not None
    name, take, compose = plan.collection.name, given(plan), composed(plan)
    collection = plan.collection

    def run(call: Call) -> None:
        values = take(call)
        rows.check_refs(call, collection, values, values)
        values = compose(call, values)
        call.set_row(rows.create(call, name, values if collection.declared else invented(plan, values, call)))

    return run


def composed(plan: Plan) -> Callable[[Call, dict[str, Any]], dict[str, Any]]:
    """Adds to the given values what the server sets: scope, owner, `set`."""
    inside, owner = guards.scope(plan), plan.words.get("owner")
    fixed = plan.values(plan.words["set"], "set") if "set" in plan.words else None

    def compose(call: Call, values: dict[str, Any]) -> dict[str, Any]:
        if inside is not None:
            values.update(inside(call))
        if owner is not None and call.user is not None:
            values[owner] = guards.me(call)
        call.scope["row"] = values if call.row is None else call.row
        if fixed is not None:
            values.update(fixed(call.scope))
        return values

    return compose


def _update(plan: Plan) -> Step:
    assert plan.collection is not None
    collection, take = plan.collection, given(plan)
    fixed = plan.values(plan.words["set"], "set") if "set" in plan.words else None

    def run(call: Call) -> None:
        assert call.row is not None
        values = take(call)
        rows.check_refs(call, collection, values, values)
        if fixed is not None:
            values.update(fixed(call.scope))
        call.set_row(rows.change(call, collection.name, call.row, values))

    return run


def _update_many(plan: Plan) -> Step:
    assert plan.collection is not None
    collection, candidates, conditions = plan.collection, choosing.candidates(plan), choosing.conditions(plan)
    fixed = plan.values(plan.words.get("set") or {}, "set")

    def run(call: Call) -> None:
        changed = []
        for row in list(candidates(call)):
            call.scope["row"] = row
            if all(condition(call.scope) for applies, condition in conditions if applies is None or applies(call)):
                changed.append(rows.change(call, collection.name, row, fixed(call.scope)))
        call.scope["items"] = changed
        call.reply = Reply([Entity(collection.name, row) for row in changed], page={"total": len(changed)})

    return run


def _delete(plan: Plan) -> Step:
    assert plan.collection is not None
    collection, name = plan.collection, plan.collection.name

    def run(call: Call) -> None:
        assert call.row is not None
        children = {field: plan.runtime.virtuals[name, field](call, call.row) for field in collection.children}
        call.reply = Reply(Entity(name, {**call.row, **children}))
        rows.remove(call, name, call.row)

    return run


def _transition(plan: Plan) -> Step:
    collection = plan.collection
    if collection is None or collection.states is None or "to" not in plan.words:
        raise plan.fault("do", "a transition needs 'to' and a collection with declared states.")
    states, target = collection.states, state(plan, plan.words["to"])
    accept = plan.words.get("repeat") == "accept"
    fixed = plan.values(plan.words["set"], "set") if "set" in plan.words else None

    def run(call: Call) -> None:
        assert call.row is not None
        to = target(call.scope)
        if call.row.get(states.field) == to:
            if accept:
                raise Repeated
            rows.check_move(collection, to, to)
        call.set_row(rows.change(call, collection.name, call.row, {**(fixed(call.scope) if fixed else {}), states.field: to}))

    return run


class Repeated(Exception):  # noqa: N818 - no error: it ends the steps of a transition that was made before
    """A transition that is accepted again and changes nothing."""


def state(plan: Plan, to: str) -> Callable[[Any], Any]:
    """The state of `to`: a text, or an expression in parentheses."""
    if to.startswith("("):
        return plan.compile(to, "to")  # type: ignore[no-any-return]
    return lambda _scope: to


def _aggregate(plan: Plan) -> Step | None:
    group = plan.words.get("group")
    if not group:
        return None
    assert plan.collection is not None
    collection, chosen = plan.collection, choosing.chosen(plan, ())
    by, fields = plan.values(group["by"], "group.by"), plan.values(group["fields"], "group.fields", {"rows": collection.name})
    order = (group["sort"],) if isinstance(group.get("sort"), str) else tuple(group.get("sort") or ())

    def run(call: Call) -> None:
        groups: dict[str, tuple[dict[str, Any], list[Row]]] = {}
        for row in chosen(call).rows():
            call.scope["row"] = row
            names = by(call.scope)
            groups.setdefault(repr(names), (names, []))[1].append(row)
        made = []
        for names, members in groups.values():
            call.scope["rows"] = members
            made.append({**names, **fields(call.scope)})
        call.reply = Reply(sort_rows(made, order) if order else made, page={"total": len(made)})

    return run


def _bound(plan: Plan) -> Step:
    function = plan.bound
    if function is None:
        raise plan.fault("do", f"there is no function for '{plan.operation.id}' in the backend's own file.")

    def run(call: Call) -> None:
        result = function(call)
        if isinstance(result, Reply):
            call.reply = result
        elif result is not None:
            call.set_row(result)

    return run


def _login(plan: Plan) -> Step:
    def run(call: Call) -> None:
        call.reply = accounts.login(call)
        if call.user is not None:
            call.set_row(call.user)

    return run


def _register(plan: Plan) -> Step:
    take, compose = given(plan), composed(plan)

    def run(call: Call) -> None:
        user = accounts.register(call, compose(call, take(call)))
        call.reply = accounts.session(call, user)
        call.set_row(call.user or user)

    return run


def _refresh(plan: Plan) -> Step:
    def run(call: Call) -> None:
        call.reply = accounts.refresh(call)

    return run


def _logout(plan: Plan) -> Step:
    def run(call: Call) -> None:
        call.reply = accounts.logout(call)

    return run


def _me(plan: Plan) -> Step:
    def run(call: Call) -> None:
        if call.user is None:
            raise Problem(401, "token")
        call.set_row(call.user)

    return run


VERBS: dict[str, Callable[[Plan], Step | None]] = {
    "list": _list, "read": _read, "create": _create, "update": lambda plan: (_update_many if plan.words.get("many") else _update)(plan),
    "delete": _delete, "transition": _transition, "take": _read, "give": _read, "aggregate": _aggregate, "reply": _read, "login": _login,
    "register": _register, "refresh": _refresh, "logout": _logout, "me": _me, "bound": _bound,
}  # fmt: skip
