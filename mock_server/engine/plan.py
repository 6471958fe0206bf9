"""An operation made ready to run: its declarations compiled into the steps of `behave`.

The steps stand in one list, in the order in which they are taken: who may, what is needed, the row, what refuses, what is
spent and moved, the act itself, what follows from it, the answer, what is sent and what happens later.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fixtures.instants import at, seconds
from fixtures.values import Values
from mock_server.engine import acts, answers, effects, guards
from mock_server.engine.call import Call
from mock_server.engine.headers import SAFETY, typed
from mock_server.engine.pages import pager
from mock_server.engine.validation import Validation
from understudy.contract import schemas
from understudy.contract.errors import ContractError, suggest
from understudy.contract.expressions import names_in
from understudy.contract.model import Collection, Operation, Response
from understudy.contract.schemas import is_json
from understudy.wire.chance import derive

if TYPE_CHECKING:
    from mock_server.engine.runtime import Runtime

Step = Callable[[Call], None]
Bound = Callable[[Call], Any]
NEED_ROW = frozenset({"read", "update", "delete", "transition", "take", "give"})


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit on calls. window: seconds; by: what is counted apart."""

    name: str
    limit: int
    window: float
    switch: str | None
    by: tuple[Any, ...]
    needs_body: bool
    needs_user: bool

    def counted(self, call: Call) -> Iterator[str]:
        """What a call is counted under."""
        return (str(item(call.scope)) for item in self.by)


class Plan:
    """One operation, compiled."""

    def __init__(self, runtime: "Runtime", operation: Operation, bound: Bound | None) -> None:
        self.runtime, self.operation, self.bound = runtime, operation, bound
        words = operation.behavior.words
        self.words: Mapping[str, Any] = words
        self.do = operation.behavior.do
        self.place = partial(operation.bundle.place, f"{operation.pointer}/x-behavior")
        self.collection: Collection | None = runtime.contract.collections.get(operation.behavior.collection or "")
        self.names = self._names()
        self.service = next(item for item in runtime.contract.services if item.name == operation.service)
        self.invalid = int(self.service.settings.get("invalid", 400))
        self.validation = Validation(runtime, operation)
        self.pager = pager(operation, runtime.settings)
        self.sort = _fields(words.get("sort"))
        self.rates = tuple(self._rates())
        self.views = runtime.views(operation.bundle)
        self.inferred = operation.behavior.source == "inferred"
        limits = runtime.settings.get("limits") or {}
        uploads = any(not is_json(kind) and not kind.startswith("text/") for kind in operation.bodies)
        self.body_limit: int = limits.get("upload", 32 << 20) if uploads else limits.get("body", 1 << 20)
        self._answer()
        self.reads = self.do in ("list", "read", "me", None)
        self.lasting = answers.lasting(self)
        self.stages: tuple[Step, ...] = ()
        self.steps: tuple[Step, ...] = tuple(step for step in self._steps() if step is not None)

    def _names(self) -> dict[str, str]:
        """The collections of the rows that the operation's expressions name."""
        words = self.words
        names = {name: item["collection"] for name, item in (words.get("with") or {}).items()}
        for name, collection in list(names.items()):
            self._known(collection, f"with.{name}")
        if self.collection is not None:
            names.update(row=self.collection.name, old=self.collection.name)
        if "spends" in words:
            self._known(words["spends"]["collection"], "spends")
            names[words["spends"].get("as", "spent")] = words["spends"]["collection"]
        return names

    def _known(self, name: str, what: str) -> None:
        known = self.runtime.contract.collections
        if name not in known:
            raise self.fault(what, f"'{name}' is no collection.{suggest(name, known)}")

    def fault(self, word: str, what: str) -> ContractError:
        """An error in a declaration of the operation."""
        place = self.operation.bundle.place(f"{self.operation.pointer}/x-behavior/{word.replace('.', '/')}")
        return ContractError(*place, f"{self.operation.method} {self.operation.path}: x-behavior.{word}: {what}")

    def _answer(self) -> None:
        """What the documented good answer fixes: status, media type, schema, headers."""
        success = self.operation.success or self.operation.responses.get("default")
        self.status = int(success.status) if success and success.status.isdigit() else 200
        media = next(iter(success.media.values()), None) if success else None
        self.media = media.type if media else None
        self.schema = media.schema if media and media.schema is not None else None
        self.empty = success is not None and not success.media
        self.success = success
        template = self.service.settings.get("success") or (self.runtime.settings.get("envelope") or {}).get("success")
        wrapped = template is not None and self.words.get("envelope", self.service.settings.get("envelope", True)) is not False
        self.envelope = self.runtime.template(template, "envelope/success") if wrapped and template is not None else None
        self.message = self.words.get("message")
        self.idempotency: str | None = self.words.get("idempotency")

        self.base_headers = list(typed(self.media)) if self.media else list(SAFETY)
        service = {name: runtime_expression(self, name, text) for name, text in (self.service.settings.get("headers") or {}).items()}
        self.own_headers = tuple((name.lower().encode(), found) for name, found in {**self.runtime.headers, **service}.items())
        self._schemas = {int(status): _schema(response) for status, response in self.operation.responses.items() if status.isdigit()}

    def schema_of(self, status: int) -> Any:
        """The schema of an answer with a status; an empty one admits all."""
        found = self._schemas.get(status, self.schema)
        return found if found is not None else {}

    def example(self, call: Call) -> Any:
        """The answer of an operation that can't be told from its document: its example, else a value of its schema."""
        media = next(iter(self.success.media.values()), None) if self.success else None
        if media is None:
            return None
        if media.examples:
            return next(iter(media.examples.values()))
        return self._made(media.schema, call) if media.schema is not None else None

    def _made(self, schema: Any, call: Call) -> Any:
        values = Values(self.operation.bundle.data, str(self.runtime.settings.get("locale", "en_US")))
        return at(values.make("value", schema, derive(self.operation.id), optional=False), call.now)

    def filled(self, value: dict[str, Any], call: Call) -> dict[str, Any]:
        """An inferred wrapper with the other fields that its schema requires."""
        document = self.operation.bundle.data
        lacking = schemas.required(document, self.schema or {}) - set(value)
        properties = schemas.properties(document, self.schema or {})
        return {**value, **{name: self._made(properties.get(name, {}), call) for name in sorted(lacking)}}

    def invented(self, values: dict[str, Any], call: Call) -> dict[str, Any]:
        """The values of a new row of an inferred collection, with those that its schema requires and nobody gave."""
        collection = self.collection
        assert collection is not None
        lacking = schemas.required(collection.bundle.data, collection.schema) - set(values) - {collection.key, collection.created, collection.updated}
        lacking |= {"id"} & collection.properties.keys() - set(values) - {collection.key}
        maker = Values(collection.bundle.data, "en_US")
        made = {name: maker.make(name, collection.properties.get(name, {}), call.world.chance, optional=False) for name in sorted(lacking)}
        return {**{name: at(value, call.now) for name, value in made.items() if "default" not in collection.properties.get(name, {})}, **values}

    def answer(self, call: Call) -> None:
        """The answer to an act that was done before: that of the row as it is."""
        self._reply(call)

    def _rates(self) -> Iterator[Rate]:
        """The limits that apply: the operation's own, and those of backend.yaml for its path."""
        word = self.words.get("rate")
        if word:
            counted = [self.compile(item, "rate.by") for item in word.get("by") or ("address",)]
            names = frozenset(name for item in word.get("by") or () for name in names_in(item))
            yield Rate(self.operation.id, word["limit"], seconds(word["per"]), word.get("switch"), tuple(counted), "body" in names, "user" in names)
        for item in self.runtime.settings.get("rate") or ():
            if self.operation.path.startswith(item["under"]):
                yield Rate(item["under"], item["limit"], seconds(item["per"]), item.get("switch"), (lambda scope: scope["address"],), False, False)

    def compile(self, source: Any, word: str, names: Mapping[str, str] | None = None) -> Any:
        """An expression of a word of the operation."""
        return self.runtime.expression(source, {**self.names, **(names or {})}, self.place, f"{self.operation.id}: x-behavior.{word}")

    def values(self, source: Any, word: str, names: Mapping[str, str] | None = None, mark: bool = False) -> Any:
        """A map of expressions of a word of the operation."""
        return self.runtime.values(source, {**self.names, **(names or {})}, self.place, f"{self.operation.id}: x-behavior.{word}", mark)

    def _steps(self) -> list[Step | None]:
        words = self.words
        early = {name: item for name, item in (words.get("with") or {}).items() if not _about_row(item)}
        late = {name: item for name, item in (words.get("with") or {}).items() if _about_row(item)}
        creates = self.do in ("create", "register")
        reply = acts.reply(self)
        self._reply = reply if reply is not None else lambda _call: None
        return [
            guards.roles(self),
            guards.members(self),
            guards.needs(self, early),
            guards.row(self) if (self.do in NEED_ROW and not words.get("many")) or (self.do == "bound" and "key" in words) else None,
            guards.needs(self, late) if not creates else None,
            guards.allow(self),
            guards.unless(self),
            effects.spends(self),
            effects.moves(self, "take"),
            effects.moves(self, "give"),
            acts.act(self),
            guards.needs(self, late) if creates else None,
            effects.creates(self),
            effects.updates(self),
            effects.removes(self),
            reply,
            effects.emits(self, words.get("emit"), "emit"),
            effects.later(self),
        ]


def _schema(response: Response) -> Any:
    media = next(iter(response.media.values()), None)
    return media.schema if media else None


def runtime_expression(plan: Plan, name: str, text: str) -> Any:
    """A header of backend.yaml's service."""
    return plan.runtime.expression(text, {}, plan.runtime.in_settings, f"headers.{name}")


def _about_row(need: Mapping[str, Any]) -> bool:
    return bool({"row", "old"} & (names_in(need.get("key")) | names_in(need.get("where"))))


def _fields(sort: Any) -> tuple[str, ...]:
    return (sort,) if isinstance(sort, str) else tuple(sort or ())
