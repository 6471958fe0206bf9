"""What is linted: the files of a backend's folder, or one document, each bundled; broken pieces are reported and taken out."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from understudy.contract import documents
from understudy.contract.bundle import Bundle, _Bundler, bundle
from understudy.contract.errors import ContractError, UsageError, suggest
from understudy.contract.model import Contract
from understudy.contract.reader import METHODS, backend_names, specs_folder
from understudy.contract.rules.fault import Fault, at, in_file, shown
from understudy.contract.vocabulary import faults

__all__ = ["Sheet", "Source", "find", "mapping", "prune"]

MAPS = ("paths", "components", "channels", "operations")
Kind = Literal["openapi", "asyncapi", "shared"]
LITERAL = frozenset({"properties", "example", "examples", "default"})  # a `$ref` in these is a name or a value (as in bundle.py)


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}


@dataclass(slots=True)
class Sheet:
    """One file, bundled. service: whose document it is, None for shared components."""

    kind: Kind
    service: str | None
    path: Path
    bundle: Bundle

    @property
    def data(self) -> dict[str, Any]:
        return self.bundle.data

    def own(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The components of a kind that stand in this file itself: name, pointer, node."""
        for name, node in mapping(mapping(self.data.get("components")).get(kind)).items():
            pointer = documents.pointer_of("components", kind, name)
            if pointer not in self.bundle.origins and isinstance(node, dict):
                yield name, pointer, node

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The operations: METHOD /path (or an AsyncAPI operation's name), pointer, node."""
        if self.kind == "asyncapi":
            for name, node in mapping(self.data.get("operations")).items():
                if isinstance(node, dict):
                    yield name, documents.pointer_of("operations", name), node
        for path, item in mapping(self.data.get("paths")).items() if self.kind == "openapi" else ():
            for method in METHODS:
                if isinstance(item, dict) and isinstance(item.get(method), dict):
                    yield f"{method.upper()} {path}", documents.pointer_of("paths", path, method), item[method]

    def part(self, pointer: str) -> str:
        """The part of the vocabulary that x-behavior at an operation or a channel is of."""
        if self.kind != "asyncapi":
            return "operation"
        if pointer.startswith("/channels/"):
            return "channel"
        return "push" if documents.resolve(self.data, pointer).get("action") == "send" else "message"

    def behaviors(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """What may carry x-behavior: operations, messages, and channels (about opening them)."""
        yield from self.operations()
        for name, node in mapping(self.data.get("channels")).items() if self.kind == "asyncapi" else ():
            if isinstance(node, dict):
                yield f"channel {name}", documents.pointer_of("channels", name), node


@dataclass(slots=True)
class Source:
    """One backend or document.

    file: backend.yaml, or the document; settings: what backend.yaml says; unreadable: a file is no YAML;
    sound: the documents have the shape that their standards demand; contract: made later.
    """

    name: str
    file: str
    backend: bool
    settings: Mapping[str, Any]
    sheets: list[Sheet]
    faults: list[Fault] = field(default_factory=list)
    unreadable: bool = False
    sound: bool = True
    contract: Contract | None = None

    def of_kind(self, kind: Kind) -> list[Sheet]:
        return [sheet for sheet in self.sheets if sheet.kind == kind]


def find(target: str) -> Source:
    """The source of a backend's name, a folder with backend.yaml or a document; raises UsageError or ContractError for what can't be looked at."""
    path = Path(target)
    if target in backend_names() and not path.is_file():
        return _backend(specs_folder() / target)
    if path.is_dir() and (path / "backend.yaml").is_file():
        return _backend(path)
    if path.is_file():
        return _document(path)
    raise UsageError(f"'{target}' is neither a backend nor a document that is there.{suggest(target, backend_names())}")


def _document(path: Path) -> Source:
    data = documents.load(path)
    if not isinstance(data, dict) or not {"openapi", "asyncapi"} & set(data):
        raise ContractError(str(path), 1, "This is neither an OpenAPI nor an AsyncAPI document: it has no 'openapi' and no 'asyncapi'.")
    source = Source(path.stem, str(path), False, {}, [])
    _add(source, "asyncapi" if "asyncapi" in data else "openapi", "api", path)
    return source


def _backend(folder: Path) -> Source:
    file = folder / "backend.yaml"
    settings = documents.load(file)
    found = faults("backend", "", settings)
    broken = {pointer.split("/")[1] for pointer, _ in found if pointer}
    source = Source(folder.name, str(file), True, {name: value for name, value in mapping(settings).items() if name not in broken}, [])
    source.faults += [in_file(str(file), pointer, f"{pointer[1:].replace('/', '.')}: {what}".removeprefix(": ")) for pointer, what in found]
    source.unreadable = "services" in broken or not isinstance(settings, dict)
    services = source.settings.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        if isinstance(service, dict):
            _add_service(source, folder, name, service)
    taken = {sheet.path.resolve() for sheet in source.sheets}
    for path in sorted(folder.glob("*.yaml")):
        if path.resolve() not in taken and path.name != "backend.yaml" and not path.name.endswith((".openapi.yaml", ".asyncapi.yaml")):
            _add_shared(source, path)
    return source


def _add_service(source: Source, folder: Path, name: str, service: Mapping[str, Any]) -> None:
    kinds: tuple[Kind, Kind] = ("openapi", "asyncapi")
    for kind in kinds:
        path = folder / str(service.get(kind, f"{name}.{kind}.yaml"))
        if path.is_file():
            _add(source, kind, name, path)
        elif kind in service:
            near = suggest(path.name, [item.name for item in folder.glob("*.yaml")])
            source.faults.append(in_file(source.file, f"/services/{name}/{kind}", f"services.{name}.{kind}: '{path.name}' is not there.{near}"))


def _add_shared(source: Source, path: Path) -> None:
    try:
        shared = "components" in (documents.load(path) or {})
    except ContractError as error:
        source.faults.append(Fault(shown(error.file), error.line, error.what))
        source.unreadable = True
        return
    if shared:
        _add(source, "shared", None, path)


def _add(source: Source, kind: Kind, service: str | None, path: Path) -> None:
    """Adds a file, without the references that lead nowhere; a file that can't be read at all is a fault."""
    try:
        data = deepcopy(documents.load(path))
        if not isinstance(data, dict):
            raise ContractError(str(path), 1, "The document is not a mapping.")
        for word in [name for name in MAPS if not isinstance(data.get(name, {}), dict)]:
            source.faults.append(in_file(str(path), f"/{word}", f"'{word}' is a mapping."))
            source.sound = False
            del data[word]
        broken = sorted(set(_broken(source, path, data)))
        made = bundle(path, data)
    except ContractError as error:
        source.faults.append(Fault(shown(error.file), error.line, error.what))
        source.unreadable = True
        return
    source.faults += broken
    source.sheets.append(Sheet(kind, service, path, Bundle(made.file, deepcopy(made.data), made.origins)))


def _broken(source: Source, path: Path, data: dict[str, Any]) -> Iterator[Fault]:
    """Every `$ref` of a document that leads nowhere, in the words in which the reader refuses the first; they are taken out of the data."""
    bundler = _Bundler(path, data)
    for node, pointer in list(_references(data, "")):
        ref = node["$ref"]
        try:
            bundler._resolve(*bundler._target(ref, path, pointer), ref, path, pointer)
        except ContractError as error:
            source.unreadable = source.unreadable or not error.what.startswith("$ref")
            yield Fault(shown(error.file), error.line, error.what)
            del node["$ref"]


def _references(node: Any, pointer: str, trail: tuple[str, ...] = ()) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(node, dict):
        literal = trail[-1:] and trail[-1] in LITERAL and trail[-2:] != ("responses", "default")
        if isinstance(node.get("$ref"), str) and not literal:
            yield node, pointer
        for name, item in node.items():
            yield from _references(item, pointer + documents.pointer_of(name), (*trail, name))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _references(item, f"{pointer}/{index}", (*trail, str(index)))


def prune(source: Source, sheet: Sheet, part: str, named: str, pointer: str, node: dict[str, Any]) -> None:
    """Reports what is wrong with the words of an x-behavior, and takes a broken one away so that what is left can be read."""
    found = faults("behavior", part, node["x-behavior"])
    for inner, what in found:
        source.faults.append(at(sheet.bundle, f"{pointer}/x-behavior{inner}", f"{named}: x-behavior{inner.replace('/', '.')}: {what}"))
    if found:
        name = node["x-behavior"].get("collection") if isinstance(node["x-behavior"], dict) else None
        del node["x-behavior"]
        if part == "schema" and isinstance(name, str):
            node["x-behavior"] = {"collection": name}  # so that those who name it are not reported as well
