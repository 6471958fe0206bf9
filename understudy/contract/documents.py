"""Loads YAML and JSON documents, and tells on which line of a file something stands."""

import hashlib
import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import unquote

import orjson
import yaml

from understudy.contract.errors import ContractError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FORMAT = b"4"  # of what the cache holds; a change makes older entries unreadable


class _JsonLoader(_Loader):  # type: ignore[misc]
    """YAML 1.2 as JSON knows it: `on`, `no`, 10:30 and dates are texts; keys are texts and stand once."""

    def flatten_mapping(self, node: Any) -> None:
        """Refuses a key that stands twice, before what `<<` names is merged in."""
        checked = self.__dict__.setdefault("checked", {})
        if id(node) in checked:
            return
        checked[id(node)] = node
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key.value}' stands twice", key.start_mark)
            seen.add(str(key.value))
        merges = any(key.tag == f"{_TAG}merge" for key, _ in node.value)
        super().flatten_mapping(node)
        if merges:  # own keys stand last and win, also where this mapping is merged into another: PyYAML 6.0.4 keeps the first of two
            node.value = list({key.value if isinstance(key, yaml.ScalarNode) else id(key): (key, value) for key, value in node.value}.values())


_TAG = "tag:yaml.org,2002:"
_PLAIN = ("null", "merge", "value")
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+.0123456789"),
)
_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.removeprefix(_TAG) in _PLAIN] for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
for _name, _pattern, _first in _SCALARS:
    _JsonLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), list(_first))


def load(path: Path) -> Any:
    """The content of a YAML or JSON file; raises ContractError with file, line and cause."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractError(str(path), 0, f"The document can't be read: {error.strerror or error}.") from None
    return _parse(content, str(path))


def _parse(content: bytes, name: str) -> Any:
    if content.lstrip()[:1] in (b"{", b"["):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(content)
    cached = _cache_file(content)
    with suppress(OSError, orjson.JSONDecodeError):
        return orjson.loads(cached.read_bytes())
    value = _parse_yaml(content, name)
    _keep(cached, value)
    return value


def _parse_yaml(content: bytes, name: str) -> Any:
    try:
        return _with_text_keys(yaml.load(content, _JsonLoader), {})  # a safe loader: it makes plain values only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContractError(name, mark.line + 1 if mark else 0, f"This is no valid YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ContractError(name, 0, f"This is no valid YAML: {str(error).splitlines()[0]}.") from None


def _with_text_keys(value: Any, seen: dict[int, Any]) -> Any:
    """JSON's idea of the value: keys are texts (`200:` is a number in YAML), what an anchor repeats is shared."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, dict):
        result: Any = {}
        seen[id(value)] = result
        result.update({_key(key): _with_text_keys(item, seen) for key, item in value.items()})
        return result
    if isinstance(value, list):
        result = []
        seen[id(value)] = result
        result.extend(_with_text_keys(item, seen) for item in value)
        return result
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"'{value}' is no JSON value")
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _key(key: Any) -> str:
    return key if isinstance(key, str) else ("true" if key else "false") if isinstance(key, bool) else "null" if key is None else str(key)


def _cache_file(content: bytes) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "understudy" / f"{hashlib.blake2b(FORMAT + content, digest_size=16).hexdigest()}.json"


def _keep(path: Path, value: Any) -> None:
    """Keeps a parsed document; a cache that can't be written (a read-only home, a value JSON can't say) is no loss."""
    with suppress(OSError, TypeError, RecursionError):
        encoded = orjson.dumps(value)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(encoded)
        os.replace(file.name, path)


def pointer_parts(pointer: str) -> list[str]:
    """The parts of a JSON pointer."""
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]] if pointer else []


def pointer_of(*parts: str) -> str:
    """The JSON pointer of some parts."""
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts)


def resolve(data: Any, pointer: str) -> Any:
    """What stands at a pointer; raises KeyError with the part that is not there."""
    for part in pointer_parts(pointer):
        if isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, dict) and part in data:
            data = data[part]
        else:
            raise KeyError(part)
    return data


@lru_cache(maxsize=64)
def _nodes(file: str, _changed: int) -> Any:
    try:
        return yaml.compose(Path(file).read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError):
        return None


def _changed(file: str) -> int:
    with suppress(OSError):
        return os.stat(file).st_mtime_ns
    return 0


def line_of(file: str, pointer: str) -> int:
    """The 1-based line on which a pointer's value stands in a file, or of the nearest thing around it; 0 if the file can't be read."""
    node = _nodes(file, _changed(file))
    line = 0
    for part in pointer_parts(pointer):
        found = _child(node, part)
        if found is None:
            break
        node, line = found
    return line or (1 if node is not None else 0)


def _child(node: Any, part: str) -> tuple[Any, int] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((value, key.start_mark.line + 1) for key, value in _pairs(node) if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        child = node.value[int(part)]
        return child, child.start_mark.line + 1
    return None


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[Any, Any]]:
    """The pairs of a mapping, then those that it merges in with `<<`."""
    yield from ((key, value) for key, value in node.value if key.value != "<<")
    for key, value in node.value:
        if key.value == "<<":
            for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                yield from _pairs(merged)
