"""Statuses: what an operation may answer is documented, and what is documented may be answered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contract import schemas
from understudy.contract.model import Collection, Contract, Operation, Parameter, Service
from understudy.contract.rules.fault import at
from understudy.contract.rules.sources import Source

__all__ = ["check"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ABOUT_A_ROW = frozenset({"read", "update", "delete", "transition", "take", "give"})
WITH_CREDENTIALS = frozenset({"login", "refresh", "me"})
LIMITS = ("format", "pattern", "enum", "const", "maxLength", "multipleOf", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Case:
    """One operation and what stands around it."""

    contract: Contract
    service: Service
    operation: Operation
    words: Mapping[str, Any]
    collection: Collection | None

    @property
    def do(self) -> str:
        return str(self.words.get("do", ""))

    @property
    def auth(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.contract.settings.get("auth") or {}
        return found

    @property
    def invalid(self) -> str:
        return str(self.service.settings.get("invalid", 400))

    @property
    def given(self) -> set[str]:
        """The fields that a body gives to the row."""
        bodies = self.operation.bodies.values()
        body = {name for media in bodies for name in schemas.properties(self.operation.bundle.data, media.schema or {})}
        return body & set(self.words.get("accepts") or body)


def check(source: Source) -> None:
    """Reports the statuses that are missing from operations, and those that nothing answers with."""
    assert source.contract is not None
    for service in source.contract.services:
        for operation in service.operations:
            words = operation.behavior.words
            case = Case(source.contract, service, operation, words, source.contract.collections.get(operation.behavior.collection or ""))
            if operation.behavior.source in ("declared", "bound"):
                named = f"{operation.method} {operation.pointer.split('/')[2].replace('~1', '/').replace('~0', '~')}"
                source.faults += [at(operation.bundle, f"{operation.pointer}/responses{inner}", f"{named}: {what}") for inner, what in _wrong(case)]


def _wrong(case: Case) -> Iterator[tuple[str, str]]:
    documented = case.operation.responses
    if not documented:
        return
    possible: set[str] = set()
    for cause in CAUSES:
        for status, why, sure in cause(case):
            possible.add(status)
            if sure and status not in documented and f"{status[0]}XX" not in documented:
                yield "", f"{status} is not documented, but {why}."
    for status in documented:
        if status.isdigit() and status.startswith("4") and status not in possible and case.do != "bound":
            yield f"/{status}", f"{status} is documented, but {NOTHING.get(status, 'nothing answers with it')}."


NOTHING = {
    "400": "there is no body or parameter that could break its schema",
    "401": "the operation needs no credential",
    "403": "there are no roles, members, allow or denied: 403 that could refuse",
    "404": "there is no row that could be missing",
    "409": "there is no unique field, state, capacity, unless or spends that could refuse",
    "413": "there is no body",
    "415": "there is no body",
    "429": "there is no rate",
}
Answer = tuple[str, str, bool]  # status, reason, whether it surely can happen


def _malformed(case: Case) -> Iterator[Answer]:
    """400, or what the service answers to a request that breaks its schema."""
    bodies = [kind for kind in case.operation.bodies if schemas.is_json(kind) or "form" in kind]
    sure = bool(bodies) or any(_breakable(case, item) for item in case.operation.parameters)
    if case.operation.bodies or case.operation.parameters:
        yield case.invalid, "the body or a parameter may break its schema", sure


def _breakable(case: Case, parameter: Parameter) -> bool:
    """Whether some text in a parameter's place breaks its schema."""
    node = schemas.follow(case.operation.bundle.data, parameter.schema)
    if parameter.required and parameter.where not in ("path", "cookie"):
        return True
    if not isinstance(node, dict) or parameter.where == "cookie":
        return False
    limited = any(word in node for word in LIMITS) or node.get("minLength", 0) > 1 or (node.get("minLength", 0) == 1 and parameter.where != "path")
    return limited or parameter.type not in ("string", "array", "")


def _unauthorized(case: Case) -> Iterator[Answer]:
    if case.operation.security:
        yield "401", "the operation takes a credential, and a bad one is refused", True
    if case.do in WITH_CREDENTIALS:
        yield "401", f"'{case.do}' refuses bad credentials", True
    if case.words.get("roles"):
        yield "401", "it is only for some roles", True


def _forbidden(case: Case) -> Iterator[Answer]:
    words = case.words
    reasons = (
        (bool(words.get("roles")), "it is only for some roles"),
        (bool(words.get("members")), "it is only for members"),
        ("allow" in words, "'allow' may refuse"),
        (words.get("denied") == 403, "'denied' says so"),
        (_by_cookie(case), "a write signed in by cookie from a foreign origin is refused (auth.csrf)"),
    )
    yield from (("403", why, True) for holds, why in reasons if holds)


def _by_cookie(case: Case) -> bool:
    refreshed = case.do == "refresh" and "cookie" in (case.auth.get("refresh") or {})
    cookie = refreshed or any(item.where == "cookie" for item in case.operation.security)
    return bool(cookie and case.auth.get("csrf") and case.operation.method not in SAFE)


def _missing(case: Case) -> Iterator[Answer]:
    words, own = case.words, case.collection
    if (case.do in ABOUT_A_ROW and not words.get("many")) or (case.do == "bound" and "key" in words):
        yield "404", "its row may be missing", not str(words.get("key", "")).startswith("user.")
    for name, need in (words.get("with") or {}).items():
        if not need.get("optional"):
            yield "404", f"'{name}' of with may be missing", True
    if words.get("members"):
        yield "404", f"the row of '{words['members']['of']}' may be missing", True
    refs = sorted(name for name in case.given if own and name in own.refs) if case.do in ("create", "update") else []
    if refs:
        yield "404", f"'{refs[0]}' of the body may refer to nothing", True
    for move in _moves(case, "take"):
        yield "404", f"the row of '{move['of']}' may be missing", False


def _moves(case: Case, word: str) -> list[Mapping[str, Any]]:
    found = case.words.get(word) or []
    return found if isinstance(found, list) else [found]


def _conflict(case: Case) -> Iterator[Answer]:
    words, own = case.words, case.collection
    yield from (("409", why, sure) for why, sure in _taken(case))
    if case.do == "transition":
        yield "409", "the state may not allow the transition", not _always_allowed(case)
    if case.do == "update" and own and own.states:
        yield "409", "the state may not allow the change", own.states.field in case.given
    for move in _moves(case, "take"):
        yield "409", f"the capacity of '{move['of']}' may be used up", True
    for move in _moves(case, "give"):
        yield "409", f"more of '{move['of']}' may be given back than was taken", move.get("hold") == "keep"
    if words.get("idempotency") and case.operation.bodies:
        yield "409", "the idempotency key may come again with another body", True
    for item in words.get("creates") or ():
        target = case.contract.collections.get(item["collection"])
        if target and target.unique:
            yield "409", f"a row of '{target.name}' may be there", False


def _taken(case: Case) -> Iterator[tuple[str, bool]]:
    """Unique fields: sure where the request or the caller says them, possible where the server makes them."""
    own = case.collection
    if case.do == "register":
        yield f"the {case.auth.get('login', 'name')} may be taken", True
    if own is None or case.do not in ("create", "update", "register"):
        return
    said = case.given | {case.words.get("owner", "")} | set(case.words.get("scope") or case.operation.path_names)
    for names in own.unique:
        sure = set(names) <= said if case.do != "update" else bool(set(names) & case.given)
        yield f"{' and '.join(names)} must be unique", sure


def _always_allowed(case: Case) -> bool:
    """Whether each state may move to the target, the target itself included."""
    states, to = (case.collection.states if case.collection else None), str(case.words.get("to", "("))
    if states is None or to.startswith("("):
        return False
    return all(to in moves or (state == to and case.words.get("repeat") == "accept") for state, moves in states.moves.items())


def _body(case: Case) -> Iterator[Answer]:
    if case.operation.bodies:
        yield "413", "the body may be too large", True
        yield "415", "the body may be of another media type", True


def _throttled(case: Case) -> Iterator[Answer]:
    if case.words.get("rate"):
        yield "429", "there is a rate", True
    for limit in case.contract.settings.get("rate") or ():
        if case.operation.path.startswith(limit["under"]):
            yield "429", f"there is a rate under {limit['under']}", True


def _declared(case: Case) -> Iterator[Answer]:
    """The statuses that unless, requires and spends say themselves."""
    for item in (*(case.words.get("unless") or ()), *(case.words.get("requires") or ())):
        yield str(item.get("status", 409)), f"'{item['say']}' refuses with it", True
    if "spends" in case.words:
        yield str(case.words["spends"].get("status", 409)), "what it spends may be used or unknown", True


CAUSES: tuple[Callable[[Case], Iterator[Answer]], ...] = (
    _malformed, _unauthorized, _forbidden, _missing, _conflict, _body, _throttled, _declared,
)  # fmt: skip
