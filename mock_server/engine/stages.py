"""The request path: one visible list of stages. Each is a plain function of the call that may raise a Problem."""

from collections.abc import Callable
from typing import Any

from mock_server.engine import accounts, answers, media, pushes
from mock_server.engine.acts import Repeated
from mock_server.engine.call import Call, Entity, Origin, Reply
from mock_server.engine.invention import example, filled
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.views import dumps

Stage = Callable[[Call], None]
MOST_REPLIES = 10_000  # answers remembered by their idempotency key; the oldest goes first


def throttle(call: Call) -> None:
    """Counts the call against its limits; raises 429 with the seconds until another is allowed."""
    for rate in call.plan.rates:
        if rate.switch is not None and not call.world.switches.get(rate.switch, False):
            continue
        if rate.needs_body and call.raw is None and call.request.body and call.plan.validation.json is not None:
            _peek(call)
        if rate.needs_user and call.user is None:
            accounts.authenticate(call)
        allowance = call.world.throttle.count((rate.name, *rate.counted(call)), rate.limit, rate.window, call.now)
        if allowance.wait:
            headers = {
                "Retry-After": str(allowance.wait),
                "RateLimit-Limit": str(rate.limit),
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": str(allowance.wait),
            }
            raise Problem(429, "throttled", headers=headers)
        call.allowance = allowance


def _peek(call: Call) -> None:
    """The body before it is checked, for limits that count by what it names."""
    try:
        call.scope["body"] = media.decode_json(call.request.body)
    except Problem:
        call.scope["body"] = None


def authenticate(call: Call) -> None:
    """Finds out who calls."""
    if call.plan.operation.security and call.user is None:
        accounts.authenticate(call)


def validate(call: Call) -> None:
    """Checks parameters and body; raises the ruled status with every violation."""
    limit = call.plan.body_limit
    if len(call.request.body) > limit:
        raise Problem(
            413, "size", name=str(limit), violations=(Violation("/body", "size", f"The body is larger than {limit} bytes", limit, len(call.request.body)),)
        )
    mode = call.runtime.mode
    found = call.plan.validation.run(call) if mode != "off" else _unchecked(call)
    call.scope["body"] = call.body
    if mode == "strict":
        found = [*found, *(item for item in call.violations if item.rule == "unknown")]
    if found:
        if mode == "warn":
            call.violations.extend(found)
        else:
            raise Problem(call.plan.invalid, None, found[0].message, violations=tuple(found), field=found[0].field, rule=found[0].rule)


def _unchecked(call: Call) -> list[Violation]:
    call.plan.validation.run(call)
    return []


def behave(call: Call) -> None:
    """Takes the operation's steps and commits what they wrote; nothing is half-written if one of them refuses."""
    if call.plan.lasting and (kept := answers.find(call)) is not None:
        call.reply = kept
        return
    key = _idempotency(call) if call.plan.idempotency else None
    known = call.world.replies.get(key) if key is not None else None
    if known is not None:
        if known[1] is None:
            raise Problem(409, "spent", "A request with this idempotency key is still being done", field=call.plan.words["idempotency"], rule="idempotency")
        if known[0] != (call.request.path, call.request.body):
            raise Problem(409, "spent", "The idempotency key was used with another request", field=call.plan.words["idempotency"], rule="idempotency")
        call.reply = known[1]
        return
    if key is not None and call.world.share is not None:
        call.world.share.promise(call, key)
    take_steps(call)
    finish(call)
    if key is not None and call.reply is not None:
        if len(call.world.replies) >= MOST_REPLIES:
            del call.world.replies[next(iter(call.world.replies))]
        call.world.replies[key] = ((call.request.path, call.request.body), call.reply)


def take_steps(call: Call) -> None:
    """Takes the steps of an operation or a message; a transition that was made before and is accepted again does nothing but answer."""
    try:
        for step in call.plan.steps:
            step(call)
    except Repeated:
        call.emits, call.timers, call.reply = [], [], None
        call.store = call.world.store.begin()
        call.plan.answer(call)


def _idempotency(call: Call) -> Any:
    value = call.request.header(str(call.plan.idempotency).lower().encode())
    return (call.plan.operation.id, (call.claims or {}).get("sub"), value) if value else None


def finish(call: Call) -> None:
    """Commits, then has timers set and messages leave, in this order."""
    commit(call)
    if call.emits:
        call.runtime.send(call)


def commit(call: Call) -> None:
    """Commits and has timers set; what changed is told by the messages that go by themselves."""
    if call.world.share is not None:
        call.world.share.commit(call)
        return
    if call.store.changed:
        runtime = call.runtime
        changes = call.store.changes(runtime.watched) if runtime.watched and runtime.listening else None
        call.store.commit()
        if changes:
            call.emits += pushes.told(call, changes)
    for at, later, row, name in call.timers:
        if at is None:
            call.world.timers.cancel(name)
        else:
            call.world.timers.set(at, Origin(call, later, row), name)


def shape(call: Call) -> None:
    """Cuts the answer to its schema, puts it into the envelope and encodes it."""
    plan, reply = call.plan, call.reply or Reply({})
    call.reply = reply
    reply.status = reply.status or plan.status
    if isinstance(reply.value, bytes):
        return
    if plan.operation.behavior.source == "example":
        reply.value = example(plan, call)
    if reply.value is None or reply.status == 204 or (plan.empty and plan.operation.behavior.source in ("inferred", "example")):
        reply.value = b""
        return
    value = _paged(call, reply)
    if plan.envelope is not None and not reply.bare:
        call.scope["data"], call.scope["message"] = value, plan.message
        value = {name: item for name, item in plan.envelope(call.scope).items() if item is not None}
    schema = plan.schema_of(reply.status)
    if plan.inferred and isinstance(value, dict):
        value = filled(plan, value, call)
    if isinstance(value, Entity):
        reply.value = plan.views.view(schema, value.collection).text(value.row, call)
    else:
        reply.value = dumps(plan.views.project(schema, value, call))
    if plan.lasting:
        answers.keep(call, reply)
    if plan.idempotency and call.world.share is not None and (key := _idempotency(call)) is not None:
        call.world.share.remember(call, key)


def _paged(call: Call, reply: Reply) -> Any:
    """A list in the template of its page, where the backend has one."""
    runtime, value = call.runtime, reply.value
    if reply.page is None or not isinstance(value, list):
        return value
    call.scope.update({"items": value, **reply.page})
    paged = call.plan.pager is not None
    if runtime.pagination_template is not None:
        call.scope["pagination"] = runtime.pagination_template(call.scope) if paged else None
    return runtime.page_template(call.scope) if runtime.page_template is not None and paged else value


STAGES: tuple[Stage, ...] = (throttle, authenticate, validate, behave, shape)


def stages_of(plan: Plan) -> tuple[Stage, ...]:
    """The stages that an operation needs: one without limits is not throttled, a public one does not ask who calls."""
    idle: dict[Stage, bool] = {throttle: not plan.rates, authenticate: not plan.operation.security}
    return tuple(stage for stage in STAGES if not idle.get(stage, False))
