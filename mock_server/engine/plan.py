"""One operation, compiled: what its declarations and its documented answers fix for every call. `planner` fills in what it does."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mock_server.engine.call import Call
from mock_server.engine.headers import SAFETY, typed
from mock_server.engine.limits import Rate
from mock_server.engine.pages import pager
from mock_server.engine.runtime import Runtime
from mock_server.engine.validation import Validation
from understudy.contract.documents import pointer_parts
from understudy.contract.errors import ContractError, suggest
from understudy.contract.model import Collection, Operation, Response
from understudy.contract.schemas import is_json
from understudy.contract.words import lock_name

Step = Callable[[Call], None]
Bound = Callable[[Call], Any]


class Plan:
    """One operation, compiled."""

    def __init__(self, runtime: Runtime, operation: Operation, bound: Bound | None) -> None:
        self.runtime, self.operation, self.bound = runtime, operation, bound
        words = operation.behavior.words
        self.words: Mapping[str, Any] = words
        self.do = operation.behavior.do
        self.place = partial(operation.bundle.place, f"{operation.pointer}/x-behavior")
        self.collection: Collection | None = runtime.contract.collections.get(operation.behavior.collection or "")
        self.names = self._names()
        self.service = next(item for item in runtime.contract.services if item.name == operation.service)
        unprocessable = not runtime.contract.declared and "422" in operation.responses and "400" not in operation.responses
        self.invalid = 422 if unprocessable else int(self.service.settings.get("invalid", 400))
        self.validation = Validation(runtime, operation)
        self.pager = pager(operation, runtime.settings)
        self.sort = _fields(words.get("sort"))
        self.views = runtime.views(operation.bundle)
        self.inferred = operation.behavior.source == "inferred"
        limits = runtime.settings.get("limits") or {}
        uploads = any(not is_json(kind) and not kind.startswith("text/") for kind in operation.bodies)
        self.body_limit: int = limits.get("upload", 32 << 20) if uploads else limits.get("body", 1 << 20)
        self._answer()
        self.reads = self.do in ("list", "read", "me", None)
        self.rates: tuple[Rate, ...] = ()
        self.stages: tuple[Step, ...] = ()
        self.steps: tuple[Step, ...] = ()
        self.answer: Step = _nothing
        self.due: tuple[Any, ...] = ()  # what it has fall due later
        self.lasting = False

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
        return {**names, **lock_name(words, self.runtime.contract.collections)}

    def _known(self, name: str, what: str) -> None:
        known = self.runtime.contract.collections
        if name not in known:
            raise self.fault(what, f"'{name}' is no collection.{suggest(name, known)}")

    def fault(self, word: str, what: str) -> ContractError:
        """An error in a declaration of the operation."""
        place = self.operation.bundle.place(f"{self.operation.pointer}/x-behavior/{word.replace('.', '/')}")
        return ContractError(*place, f"{self.operation.method} {pointer_parts(self.operation.pointer)[1]}: x-behavior.{word}: {what}")

    def _answer(self) -> None:
        """What the documented good answer fixes: status, media type, schema, headers."""
        success = self.operation.success or self.operation.responses.get("default")
        self.status = int(success.status) if success and success.status.isdigit() else 200
        media = next(iter(success.media.values()), None) if success else None
        self.media = None if media is None else "application/json" if "*" in media.type else media.type
        self.schema = media.schema if media and media.schema is not None else None
        self.empty = success is not None and not success.media
        self.success = success
        template = self.service.settings.get("success") or (self.runtime.settings.get("envelope") or {}).get("success")
        wrapped = template is not None and not self.operation.by_socket and self.words.get("envelope", self.service.settings.get("envelope", True)) is not False
        self.envelope = self.runtime.template(template, "envelope/success") if wrapped and template is not None else None
        self.message = self.words.get("message")
        self.idempotency: str | None = self.words.get("idempotency")

        self.base_headers = list(typed(self.media)) if self.media else list(SAFETY)
        service = {
            name: self.runtime.expression(text, {}, self.runtime.in_settings, f"headers.{name}")
            for name, text in (self.service.settings.get("headers") or {}).items()
        }
        self.own_headers = tuple((name.lower().encode(), found) for name, found in {**self.runtime.headers, **service}.items())
        self._schemas = {int(status): _schema(response) for status, response in self.operation.responses.items() if status.isdigit()}

    def schema_of(self, status: int) -> Any:
        """The schema of an answer with a status; an empty one admits all."""
        found = self._schemas.get(status, self.schema)
        return found if found is not None else {}

    def compile(self, source: Any, word: str, names: Mapping[str, str] | None = None) -> Any:
        """An expression of a word of the operation."""
        return self.runtime.expression(source, {**self.names, **(names or {})}, self.place, f"{self.operation.id}: x-behavior.{word}")

    def values(self, source: Any, word: str, names: Mapping[str, str] | None = None, mark: bool = False) -> Any:
        """A map of expressions of a word of the operation."""
        return self.runtime.values(source, {**self.names, **(names or {})}, self.place, f"{self.operation.id}: x-behavior.{word}", mark)


def _nothing(_call: Call) -> None:
    return None


def _schema(response: Response) -> Any:
    media = next(iter(response.media.values()), None)
    return media.schema if media else None


def _fields(sort: Any) -> tuple[str, ...]:
    return (sort,) if isinstance(sort, str) else tuple(sort or ())
