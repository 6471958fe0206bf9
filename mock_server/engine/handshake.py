"""The opening of a channel: who the socket is of, whether it is let in, and what follows from it."""

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.engine import accounts, effects, guards
from mock_server.engine.call import Call
from mock_server.engine.plan import Plan
from mock_server.engine.problem import Problem
from mock_server.engine.validation import cookies, parse_query
from mock_server.state.tokens import TokenError
from understudy.contract.model import Channel, Security

Step = Callable[[Call], None]
JWT = "jwt"  # the first of two subprotocols, of which the second is the token


def opening(plan: Plan, channel: Channel) -> tuple[Step, ...]:
    """The steps of an opening, in their order."""
    words = plan.words
    steps = [
        _signed_in(channel),
        guards.requires(plan, about_rows=False),
        guards.needs(plan, words.get("with") or {}),
        guards.requires(plan, about_rows=True),
        _well_formed,
        _caller(plan),
        effects.creates(plan),
        effects.updates(plan),
        effects.removes(plan),
        _own_room,
        effects.joins(plan),
        effects.emits(plan, words.get("emit"), "emit"),
    ]
    return tuple(step for step in steps if step is not None)


def closing(plan: Plan) -> tuple[Step, ...]:
    """What happens when a socket that was let in closes."""
    words = plan.words.get("closes") or {}
    steps = [
        effects.creates(plan, words.get("creates") or ()),
        effects.updates(plan, words.get("updates") or ()),
        effects.removes(plan, words.get("removes") or ()),
        effects.emits(plan, words.get("emit"), "closes.emit"),
    ]
    return tuple(step for step in steps if step is not None)


def _signed_in(channel: Channel) -> Step:
    """Finds the token and the account it is of; a bad token is nobody's. What it means is for `requires` to say."""

    def sign_in(call: Call) -> None:
        token, way = _token(call, channel.security)
        call.scope["token"] = token
        if token is None or not call.runtime.auth:
            return
        try:
            user = accounts.user_of(call, call.world.tokens.verify(token, "access", call.now))
        except TokenError:
            return
        if user is not None and not (way == "cookie" and accounts.is_foreign(call)):
            call.user = call.scope["user"] = user

    return sign_in


def _token(call: Call, ways: tuple[Security, ...]) -> tuple[str | None, str]:
    """The first token that a handshake brings, and where it stood."""
    for way in ways:
        found = TAKES[way.where](call, way.name) if way.where in TAKES else None
        if isinstance(found, str) and found:
            return found, way.where
    return None, ""


def _from_query(call: Call, name: str) -> str | None:
    return next(iter(parse_query(call.request.query).get(name, ())), None)


def _from_header(call: Call, name: str) -> str | None:
    raw = call.request.header(name.lower().encode())
    return raw.decode("latin-1") if raw else None


def _from_bearer(call: Call, name: str) -> str | None:
    kind, _, token = (_from_header(call, name) or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _from_auth(call: Call, name: str) -> Any:
    return call.body.get(name) if isinstance(call.body, dict) else None


def _from_protocol(call: Call, name: str) -> str | None:
    offered = [item.strip() for item in (_from_header(call, name) or "").split(",")]
    return offered[1] if len(offered) > 1 and offered[0].lower() == JWT else None


TAKES: Mapping[str, Callable[[Call, str], Any]] = {
    "query": _from_query, "header": _from_header, "bearer": _from_bearer, "auth": _from_auth, "protocol": _from_protocol,
    "cookie": lambda call, name: cookies(call).get(name),
}  # fmt: skip


def _well_formed(call: Call) -> None:
    """What breaks the handshake's schema is refused, but only after `requires` had its say: a guide has words for its own refusals."""
    found = [item for item in call.violations if item.rule != "unknown"]
    if found and call.runtime.mode in ("on", "strict"):
        raise Problem(400, None, found[0].message, violations=tuple(found))


def _caller(plan: Plan) -> Step:
    """Makes the socket that of an account: the one that `caller` says, else the token's."""
    caller = plan.compile(plan.words["caller"], "caller") if "caller" in plan.words else None

    def set_account(call: Call) -> None:
        if caller is not None:
            call.user = call.scope["user"] = caller(call.scope)
        assert call.socket is not None
        call.socket.account = guards.me(call) if call.runtime.auth else None

    return set_account


def _own_room(call: Call) -> None:
    """A socket of an account is in that account's room."""
    assert call.socket is not None
    if call.socket.account is not None:
        call.world.rooms.join(call.socket, room_of(call.socket.account))


def room_of(account: Any) -> str:
    """The room of all sockets of an account."""
    return f"user:{account}"


def prepare(call: Call, auth: Any) -> None:
    """Reads path, query and auth object of a handshake; what is wrong with them is noted, not refused yet."""
    call.body = call.scope["body"] = auth
    call.violations.extend(call.plan.validation.parameters(call))
