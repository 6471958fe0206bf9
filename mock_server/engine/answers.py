"""Answers that are kept: those of public lists and reads that depend on nothing but stored rows, until one of the collections they read changes.

Which collections a call read is what its `store` recorded.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.engine.call import Call, Reply
from mock_server.engine.plan import Plan
from understudy.contract.expressions import collections_in, names_in

MOST = 1024  # answers
LARGEST = 1 << 16  # bytes of one; so they never hold more than 64 MiB
CONDITIONS = ("where", "visible", "filters", "with", "reply", "scope", "key", "unless", "status")
CHANGING = frozenset({"now", "held", "user", "address", "header", "base", "random_text", "random_id", "hash_password"})


def lasting(plan: Plan) -> bool:
    """Whether the answers of an operation depend on the stored rows and the request's path and query alone."""
    public = plan.do in ("list", "read") and not plan.operation.security and not plan.rates and not plan.inferred
    if not public or (plan.pager is not None and plan.pager.style == "cursor"):
        return False
    settings = plan.runtime.settings.get("envelope") or {}
    sources = [plan.words.get(word) for word in CONDITIONS] + ([settings] if plan.envelope is not None or plan.pager is not None else [])
    names = {name for source in sources for text in texts(source) for name in names_in(text)}
    shown = {collection for text in texts(sources) for collection in collections_in(text)} | {plan.collection.name if plan.collection else ""}
    return not names & CHANGING and not _derived(plan, shown) & CHANGING


def _derived(plan: Plan, shown: set[str]) -> set[str]:
    """The names that computed fields of the collections in sight look at."""
    known = plan.runtime.contract.collections
    names: set[str] = set()
    seen: set[str] = set()
    todo = [name for name in shown if name in known]
    while todo:
        collection = known[todo.pop()]
        if collection.name in seen:
            continue
        seen.add(collection.name)
        for text in texts([collection.derive, *(child.where for child in collection.children.values())]):
            names |= names_in(text)
            todo += collections_in(text)
        todo += [child.collection for child in collection.children.values()] + [ref.collection for ref in collection.refs.values() if ref.embed]
    return names


def texts(source: Any) -> Iterator[str]:
    """The expressions in a declaration."""
    if isinstance(source, str):
        yield source
    elif isinstance(source, Mapping):
        for name, value in source.items():
            if name not in ("say", "collection", "message"):
                yield from texts(value)
    elif isinstance(source, list | tuple):
        for value in source:
            yield from texts(value)


def find(call: Call) -> Reply | None:
    """The kept answer to a call, if what it read is unchanged."""
    known = call.world.answers.get((call.plan.operation.id, call.request.path, call.request.query))
    if known is None or call.world.store.versions(known[0]) != known[1]:
        return None
    return Reply(known[2], known[3])


def keep(call: Call, reply: Reply) -> None:
    """Keeps an answer."""
    answers = call.world.answers
    if len(reply.value) > LARGEST:
        return
    if len(answers) >= MOST:
        answers.clear()
    read = tuple(call.store.read)
    answers[call.plan.operation.id, call.request.path, call.request.query] = (read, call.world.store.versions(read), reply.value, reply.status)
