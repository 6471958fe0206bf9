"""Makes one self-contained document of one that is spread over files: every `$ref` in the result begins with `#`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.contract import documents
from understudy.contract.errors import ContractError, suggest

KINDS = {
    "responses": "responses", "parameters": "parameters", "requestBody": "requestBodies", "headers": "headers", "examples": "examples",
    "links": "links", "callbacks": "callbacks", "securitySchemes": "securitySchemes", "messages": "messages", "channels": "channels",
}  # fmt: skip
NAMES = [[word] for word in ("properties", "patternProperties", "$defs", *KINDS, *KINDS.values(), "schemas")]
DEEPEST = 200
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """data: the document; origins: pointer in it -> (file, pointer there), for what came from another file."""

    file: str
    data: dict[str, Any]
    origins: dict[str, tuple[str, str]] = field(default_factory=dict)

    def place(self, pointer: str) -> tuple[str, int]:
        """File and line of a pointer of the bundled document."""
        for start in sorted(self.origins, key=len, reverse=True):
            if pointer == start or pointer.startswith(f"{start}/"):
                file, origin = self.origins[start]
                return file, documents.line_of(file, origin + pointer[len(start) :])
        return self.file, documents.line_of(self.file, pointer)


def bundle(path: Path, data: Any = None) -> Bundle:
    """The bundled document of a file (or of data that stands for the file's content); raises ContractError for a `$ref` that leads nowhere."""
    root = documents.load(path) if data is None else data
    if not isinstance(root, dict):
        raise ContractError(str(path), 1, "The document is not a mapping.")
    return _Bundler(path, root).run()


def _is_literal(trail: list[str]) -> bool:
    """Whether `$ref` is data here: in an example or a default, unless that is the name of a property or a response."""
    return bool(trail) and trail[-1] in ("properties", "example", "examples", "default") and trail[-2:-1] not in NAMES


class _Bundler:
    def __init__(self, path: Path, root: dict[str, Any]) -> None:
        self.path, self.root = path, root
        self.resolved: dict[Path, Path] = {}
        self.files: dict[Path, Any] = {self._real(path): root}
        self.names: dict[tuple[Path, str], str] = {}
        self.taken = {f"#/components/{kind}/{name}" for kind, items in (root.get("components") or {}).items() if isinstance(items, dict) for name in items}
        self.added: dict[str, dict[str, Any]] = {}
        self.origins: dict[str, tuple[str, str]] = {}
        self.open: list[tuple[Path, str]] = []

    def _real(self, path: Path) -> Path:
        """The file that a path leads to; asked of the file system once."""
        if path not in self.resolved:
            self.resolved[path] = path.resolve()
        return self.resolved[path]

    def run(self) -> Bundle:
        data = self._copy(self.root, self.path, "", [])
        for kind, items in self.added.items():
            data.setdefault("components", {}).setdefault(kind, {}).update(items)
        return Bundle(str(self.path), data, self.origins)

    def _copy(self, node: Any, file: Path, pointer: str, trail: list[str]) -> Any:
        if len(trail) > DEEPEST:
            raise ContractError(str(file), 0, f"The document is nested deeper than {DEEPEST} levels.")
        if isinstance(node, list):
            return [self._copy(item, file, f"{pointer}/{index}", [*trail, str(index)]) for index, item in enumerate(node)]
        if not isinstance(node, dict):
            return node
        ref = node.get("$ref")
        if isinstance(ref, str) and not _is_literal(trail):
            return self._reference(node, ref, file, pointer, trail)
        return {key: self._copy(value, file, pointer + documents.pointer_of(key), [*trail, key]) for key, value in node.items()}

    def _reference(self, node: dict[str, Any], ref: str, file: Path, pointer: str, trail: list[str]) -> Any:
        target, target_pointer = self._target(ref, file, pointer)
        if trail[:1] == ["paths"] and (len(trail) == 2 or (len(trail) == 3 and trail[2] in METHODS)):
            return self._path_item(node, self._resolve(target, target_pointer, ref, file, pointer), (target, target_pointer), (file, pointer), trail)
        siblings = {key: self._copy(item, file, pointer, [*trail, key]) for key, item in node.items() if key != "$ref"}
        return {"$ref": self._name(target, target_pointer, ref, file, pointer, trail), **siblings}

    def _path_item(self, node: dict[str, Any], value: Any, target: tuple[Path, str], here: tuple[Path, str], trail: list[str]) -> Any:
        """A path or an operation that stands elsewhere is put in its place."""
        if not isinstance(value, dict) or target in self.open:
            what = "leads in a circle" if target in self.open else "names no mapping"
            raise ContractError(str(here[0]), documents.line_of(str(here[0]), here[1]), f"$ref '{node['$ref']}' {what}.")
        self.origins[here[1]] = (str(target[0]), target[1])
        self.open.append(target)
        result = self._copy({**value, **{key: item for key, item in node.items() if key != "$ref"}}, *target, trail)
        self.open.pop()
        return result

    def _target(self, ref: str, file: Path, pointer: str) -> tuple[Path, str]:
        name, _, fragment = ref.partition("#")
        if "://" in name:
            raise ContractError(str(file), documents.line_of(str(file), pointer), f"$ref '{ref}' leads to the network; only files are read.")
        if fragment and not fragment.startswith("/"):
            raise ContractError(str(file), documents.line_of(str(file), pointer), f"$ref '{ref}': what follows '#' is a JSON pointer and begins with '/'.")
        return ((file.parent / name) if name else file), fragment

    def _resolve(self, target: Path, target_pointer: str, ref: str, file: Path, pointer: str) -> Any:
        key = self._real(target)
        if key not in self.files:
            if not target.is_file():
                near = suggest(target.name, [item.name for item in target.parent.glob("*") if item.is_file()] if target.parent.is_dir() else [])
                raise ContractError(str(file), documents.line_of(str(file), pointer), f"$ref '{ref}' names a file that is not there.{near}")
            self.files[key] = documents.load(target)
        try:
            return documents.resolve(self.files[key], target_pointer)
        except KeyError as missing:
            hint = self._near(self.files[key], target_pointer, str(missing.args[0]))
            raise ContractError(
                str(file), documents.line_of(str(file), pointer), f"$ref '{ref}' leads nowhere: '{missing.args[0]}' is not there.{hint}"
            ) from None

    def _near(self, data: Any, pointer: str, missing: str) -> str:
        for part in documents.pointer_parts(pointer):
            if part == missing:
                return suggest(missing, data if isinstance(data, dict) else [])
            data = data[int(part)] if isinstance(data, list) else data[part]
        return ""

    def _name(self, target: Path, target_pointer: str, ref: str, file: Path, pointer: str, trail: list[str]) -> str:
        key = (self._real(target), target_pointer)
        if key in self.names:
            return self.names[key]
        value = self._resolve(target, target_pointer, ref, file, pointer)
        if self._real(target) == self._real(self.path):
            self.names[key] = f"#{target_pointer}"
            return self.names[key]
        kind, base = self._kind(target, target_pointer, trail)
        name = base
        while f"#/components/{kind}/{name}" in self.taken:
            name += "_"
        self.names[key] = f"#/components/{kind}/{name}"
        self.taken.add(self.names[key])
        self.origins[f"/components/{kind}/{name}"] = (str(target), target_pointer)
        self.added.setdefault(kind, {})[name] = self._copy(value, target, target_pointer, [])
        return self.names[key]

    def _kind(self, target: Path, pointer: str, trail: list[str]) -> tuple[str, str]:
        """The kind of component and its name: as the pointer says, else by where the reference stands."""
        parts = documents.pointer_parts(pointer)
        safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in (parts[-1] if parts else target.stem))
        if len(parts) == 3 and parts[0] == "components":
            return parts[1], safe
        near = [part for part in trail if not part.isdigit()]
        inside_schema = any(
            part in ("schema", "properties", "items", "allOf", "oneOf", "anyOf", "additionalProperties", "schemas", "payload") for part in near[-2:]
        )
        kind = next((KINDS[part] for part in reversed(near[-2:]) if part in KINDS), "schemas")
        return ("schemas" if inside_schema else kind), safe
