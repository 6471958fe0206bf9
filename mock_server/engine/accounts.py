"""Signing in and up, refreshing, signing out: as `auth` in backend.yaml says."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from fixtures.instants import seconds
from mock_server.engine import rows
from mock_server.engine.call import Call, Entity, Reply
from mock_server.engine.media import whole
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.validation import cookies, parse_query
from mock_server.state.store import Row
from mock_server.state.tokens import TokenError
from understudy.contract.functions import text
from understudy.wire import passwords

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(call: Call) -> None:
    """Finds out who calls. A bad credential is refused even where none is needed; a public operation does not look."""
    operation = call.plan.operation
    if not operation.security:
        return
    if not call.runtime.auth:
        _demand_any(call)
        return
    token = _credential(call)
    if token is None:
        if not operation.anonymous:
            raise unauthorized(call)
        return
    sign_in(call, token)
    if call.signed_by == "cookie":
        refuse_foreign(call)


def sign_in(call: Call, token: str) -> None:
    """Makes the owner of an access token the caller; raises 401."""
    try:
        claims = call.world.tokens.verify(token, "access", call.now)
    except TokenError as error:
        raise unauthorized(call, str(error)) from None
    user = user_of(call, claims)
    if user is None:
        raise unauthorized(call, "the account is gone or blocked")
    call.claims, call.user = claims, user
    call.scope["user"] = user


def who(call: Call) -> Row | None:
    """The account of a request's token, if it has a good one; refuses nothing and remembers nothing."""
    if not call.runtime.auth:
        return None
    try:
        token = _credential(call)
        return None if token is None else user_of(call, call.world.tokens.verify(token, "access", call.now))
    except (Problem, TokenError):
        return None


def unauthorized(call: Call, why: str = "no credential was sent") -> Problem:
    """The refusal of a credential; why it was refused is among the violations."""
    hint = call.runtime.auth.get("hint")
    headers = {"WWW-Authenticate": hint} if hint else {"WWW-Authenticate": "Bearer"}
    return Problem(401, "token", violations=(Violation("/header/authorization", "token", why),), headers=headers)


def user_of(call: Call, claims: Mapping[str, Any]) -> Row | None:
    """The account that a token is of, if it may still sign in."""
    collection = call.runtime.contract.collections[call.runtime.auth["collection"]]
    subject = claims["sub"]
    number = whole(str(subject)) if collection.id == "int" else None
    key = number if number is not None else subject
    user = call.store.get(collection.name, key)
    return user if user is not None and may_sign_in(call, user) else None


def may_sign_in(call: Call, user: Row) -> bool:
    """Whether `auth.active` holds of an account."""
    active = call.runtime.active
    return active is None or bool(active({**call.scope, "user": user}, call))


def _credential(call: Call) -> str | None:
    for way in call.plan.operation.security:
        if way.where == "bearer":
            header = call.request.header(b"authorization")
            if header is not None:
                kind, _, token = header.decode("latin-1").partition(" ")
                if kind.lower() != "bearer" or not token.strip():
                    raise unauthorized(call, "the Authorization header is no Bearer token")
                call.signed_by = "bearer"
                return token.strip()
        elif way.where == "cookie" and (found := cookies(call).get(way.name)):
            call.signed_by = "cookie"
            return found
        elif way.where == "header" and (raw := call.request.header(way.name.lower().encode())):
            return raw.decode("latin-1")
    return None


def _demand_any(call: Call) -> None:
    """A document without `auth` settings: a credential is asked for only where the document says that its lack is 401."""
    operation = call.plan.operation
    if operation.anonymous or "401" not in operation.responses:
        return
    given = parse_query(call.request.query)
    for way in operation.security:
        where = {"cookie": way.name in cookies(call), "query": way.name in given}
        if where.get(way.where) or call.request.header(way.name.lower().encode()):
            return
    wanted = " or ".join(f"{way.name} ({way.where})" for way in operation.security)
    raise unauthorized(call, f"any credential will do; none was sent in {wanted}")


def refuse_foreign(call: Call) -> None:
    """Refuses a write that is signed in by cookie and comes from a page of somebody else, where `auth.csrf` says so."""
    if call.runtime.auth.get("csrf") and call.request.method not in SAFE and is_foreign(call):
        raise Problem(403, "csrf")


def is_foreign(call: Call) -> bool:
    """Whether a page of somebody else sends it."""
    origin = call.request.header(b"origin")
    allowed = (call.runtime.settings.get("cors") or {}).get("origins", ())
    name = origin.decode("latin-1") if origin is not None else ""
    return bool(name) and name not in allowed and name.partition("://")[2] != call.request.host


def login(call: Call) -> Reply:
    """Signs in by the login field and the password."""
    auth = call.runtime.auth
    user = find_account(call, (call.body or {}).get(auth["login"]))
    stored = (user or {}).get(auth.get("stored", "passwordHash"), "scrypt$none$")
    good = passwords.matches(str((call.body or {}).get(auth["password"], "")), str(stored))
    if user is None or not good or not may_sign_in(call, user):
        raise Problem(401, "credentials", headers={"WWW-Authenticate": auth.get("hint", "Bearer")})
    return session(call, user)


def find_account(call: Call, login_name: Any) -> Row | None:
    """The account of a login name, whatever its case."""
    auth = call.runtime.auth
    if not isinstance(login_name, str):
        return None
    exact = next(iter(call.store.by(auth["collection"], auth["login"], login_name)), None)
    if exact is not None:
        return exact
    selected = call.store.select(auth["collection"], [(call.runtime.login, login_name.lower())], ())
    if selected is not None:
        return next(iter(selected.rows(0, 1)), None)
    return next((row for row in call.store.all(auth["collection"]) if call.runtime.login.of(row) == login_name.lower()), None)


def register(call: Call, values: Mapping[str, Any]) -> Row:
    """Makes an account with a hashed password."""
    auth = call.runtime.auth
    password = str((call.body or {}).get(auth["password"], ""))
    kept = {name: value for name, value in values.items() if name != auth["password"]}
    if find_account(call, kept.get(auth["login"])) is not None:
        raise Problem(409, "taken", name=f"{rows.singular(auth['collection'])} with this {auth['login']}", field=auth["login"], rule="unique")
    stored = {auth.get("stored", "passwordHash"): passwords.hashed(password, call.random_text(16))}
    return rows.create(call, auth["collection"], {**kept, **stored})


def session(call: Call, user: Row, refresh: bool = True, status: int | None = None) -> Reply:
    """Fresh tokens for an account, in the body and the cookies that the backend uses."""
    auth, runtime = call.runtime.auth, call.runtime
    visited = runtime.visited({**call.scope, "user": user}, call) if runtime.visited else None
    if visited:
        user = rows.change(call, auth["collection"], user, visited)
    call.user = call.scope["user"] = user
    reply = Reply({}, status)
    issued = {"access": issue(call, "access", user)}
    if refresh and "refresh" in auth:
        issued["refresh"] = issue(call, "refresh", user)
    for use, token in issued.items():
        reply.value[auth[use]["name"]] = token
        set_cookie(call, reply, use, token)
    call.scope.update(issued, expires_in=int(runtime.lifetime("access")))
    if runtime.session_reply:
        reply.value.update(runtime.session_reply(call.scope))
    return reply


def issue(call: Call, use: Any, user: Row) -> str:
    """A token of an account."""
    runtime = call.runtime
    key = user[runtime.contract.collections[runtime.auth["collection"]].key]
    claims = runtime.claims({**call.scope, "user": user}, call) if use == "access" and runtime.claims else {}
    return call.world.tokens.issue(use, text(key), call.random_id(), call.now, runtime.lifetime(use), claims)


def refresh(call: Call) -> Reply:
    """New tokens for a refresh token from the body or its cookie; a used one is dead where they rotate."""
    settings = call.runtime.auth["refresh"]
    body = call.body if isinstance(call.body, dict) else {}
    token = body.get(settings.get("body", settings["name"]))
    if not token and (token := cookies(call).get(settings.get("cookie", {}).get("name", ""))):
        refuse_foreign(call)
    if not isinstance(token, str):
        raise unauthorized(call, "no refresh token was sent")
    try:
        claims = call.world.tokens.verify(token, "refresh", call.now)
    except TokenError as error:
        raise unauthorized(call, str(error)) from None
    user = user_of(call, claims)
    if user is None:
        raise unauthorized(call, "the account is gone or blocked")
    if settings.get("rotate"):
        _spend(call, claims)
    return session(call, user, refresh=settings.get("answer", True))


def _spend(call: Call, claims: Mapping[str, Any]) -> None:
    """Uses a refresh token up; raises 401 where another process did so at this moment."""
    try:
        call.world.tokens.revoke(claims, call.now)
    except TokenError as error:
        raise unauthorized(call, str(error)) from None


def logout(call: Call) -> Reply:
    """Makes the caller's tokens useless and clears the cookies."""
    auth = call.runtime.auth
    if call.claims:
        call.world.tokens.revoke(call.claims, call.now)
    reply = Reply(Entity(auth["collection"], call.user) if call.user else {})
    body = call.body if isinstance(call.body, dict) else {}
    settings = auth.get("refresh") or {}
    token = body.get(settings.get("body", settings.get("name", ""))) or cookies(call).get(settings.get("cookie", {}).get("name", ""))
    if isinstance(token, str):
        with suppress(TokenError):  # a dead token is as good as signed out
            call.world.tokens.revoke(call.world.tokens.verify(token, "refresh", call.now), call.now)
    for use in ("access", "refresh"):
        set_cookie(call, reply, use, "")
    return reply


def set_cookie(call: Call, reply: Reply, use: str, token: str) -> None:
    """Sets, or with an empty token clears, a token's cookie where the backend has one."""
    settings = (call.runtime.auth.get(use) or {}).get("cookie")
    if not settings or call.plan.operation.behavior.get("cookies") == "none":
        return
    lifetime = int(seconds(call.runtime.auth[use]["lifetime"])) if token else 0
    secure = settings.get("secure", "https")
    parts = [f"{settings['name']}={token}", f"Max-Age={lifetime}", f"Path={settings.get('path', '/')}"]
    parts += ["HttpOnly"] if settings.get("http_only", True) else []
    parts += ["Secure"] if secure is True or (secure == "https" and call.request.secure) else []
    parts += [f"SameSite={settings.get('same_site', 'Lax')}"]
    reply.cookies.append("; ".join(parts))
