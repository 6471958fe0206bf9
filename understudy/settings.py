"""Settings: the command line wins over `UNDERSTUDY_*` in the environment, and that over understudy.toml."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mock_server.options import MockOptions
from understudy.contract.errors import UsageError, suggest
from understudy.contract.functions import time
from understudy.contract.vocabulary import faults, schema

__all__ = ["MockOptions", "find_file", "merge", "mock_options"]

Values = Mapping[str, Any]
FILE = "understudy.toml"
PREFIX = "UNDERSTUDY_"
OTHERS = frozenset({"UNDERSTUDY_CONFIG", "UNDERSTUDY_GUIDES"})  # variables that are no setting of the file
EXCLUSIVE = ("port", "port-offset", "single-port")  # each says where services listen, so a higher layer's replaces a lower one's
SEPARATORS = {"overlay": os.pathsep, "header": "\n", "auth": "\n"}  # of lists in variables; the others are split at white space
FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


DEFAULTS = MockOptions()


def mock_options(flags: Values, environ: Values, folder: Path, terminal: bool = False) -> MockOptions:
    """The options of `mock` from its flags (texts, lists, counts; empty where not given), the environment and the file found from `folder` upward.

    Raises UsageError naming file and line or variable, the key, the closest key and the valid values.
    """
    found = merge(flags, environ, folder)
    plain = bool(found.get("no-color") or found.get("json") or environ.get("NO_COLOR"))
    return MockOptions(
        targets=tuple(found.get("targets") or ()),
        port=found.get("port"),
        port_offset=found.get("port-offset", 0),
        single_port=found.get("single-port"),
        host=found.get("host", DEFAULTS.host),
        seed=str(found.get("seed", DEFAULTS.seed)),
        overlays=tuple(Path(item) for item in found.get("overlay") or ()),
        validate=found.get("validate", DEFAULTS.validate),
        now=_instant(found.get("now")),
        worlds=found.get("worlds", DEFAULTS.worlds),
        state=_state(found.get("state"), found.get("workers", DEFAULTS.workers)),
        workers=found.get("workers", DEFAULTS.workers),
        scenarios=tuple(found.get("scenario") or ()),
        load=_path(found.get("load")),
        save=_path(found.get("save")),
        watch=bool(found.get("watch")),
        admin_token=found.get("admin-token"),
        admin_origins=tuple(found.get("admin-origin") or ()),
        color=terminal and not plain,
        verbosity=int(found.get("verbose", 0)) - int(found.get("quiet", 0)),
        json=bool(found.get("json")),
    )


def _state(url: str | None, workers: int) -> str | None:
    if url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
        raise UsageError(f"'state' is the URL of a Redis such as redis://localhost:6379/0, not {url!r}.")
    if workers > 1 and url is None:
        raise UsageError(f"{workers} workers need one state: --state redis://localhost:6379/0.")
    return url


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _instant(text: str | None) -> str | None:
    if text is not None and time(text) is None:
        raise UsageError(f"'now' is an instant such as 2026-11-21T12:00:00Z, not {text!r}.")
    return text


def merge(flags: Values, environ: Values, folder: Path, table: str = "") -> dict[str, Any]:
    """Key to value over the three layers; `table` is that of a verb other than mock."""
    given = {name: _flag(name, value, table) for name, value in flags.items() if value and name != "config"}
    config = flags.get("config") or environ.get("UNDERSTUDY_CONFIG")
    path = Path(config) if config else find_file(folder)
    layers = [_from_file(path, bool(config), table) if path else {}, dict(_from_environment(environ, table)), given]
    found: dict[str, Any] = {}
    for layer in layers:
        _refuse_both(layer)
        if any(name in layer for name in EXCLUSIVE):
            found = {name: value for name, value in found.items() if name not in EXCLUSIVE}
        found.update(layer)
    return found


def _flag(name: str, value: Any, table: str) -> Any:
    return _value(f"--{name}", value, name, table) if isinstance(value, str) else value


def find_file(folder: Path) -> Path | None:
    """The nearest understudy.toml, or pyproject.toml with [tool.understudy], from a folder upward."""
    for place in (folder, *folder.resolve().parents):
        if (place / FILE).is_file():
            return place / FILE
        project = place / "pyproject.toml"
        if project.is_file() and "understudy" in _load(project).get("tool", {}):
            return project
    return None


def _refuse_both(layer: Values) -> None:
    both = [name for name in EXCLUSIVE if name in layer]
    if len(both) > 1:
        raise UsageError(f"'{both[0]}' and '{both[1]}' both say where services listen. Give one of {', '.join(EXCLUSIVE)}.")


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: The settings can't be read: {error.strerror or error}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: This is no valid TOML: {error}.") from None


def _from_file(path: Path, named: bool, table: str) -> dict[str, Any]:
    if named and not path.is_file():
        raise UsageError(f"{path}: The settings file is not there.{suggest(path.name, [item.name for item in path.parent.glob('*.toml')])}")
    data = _load(path)
    project = path.name == "pyproject.toml"
    values = data.get("tool", {}).get("understudy", {}) if project else data
    tables = _tables()
    for name, value in values.items():
        if name in tables and isinstance(value, dict):
            _check_all(value, name, path)
        else:
            _check(name, value, "", path)
    chosen = values.get(table, {}) if table else {name: value for name, value in values.items() if name not in tables}
    return {name: _at_home(name, value, path.parent) for name, value in chosen.items()}


def _check_all(values: Values, table: str, path: Path) -> None:
    for name, value in values.items():
        _check(name, value, table, path)


def _check(name: str, value: Any, table: str, path: Path) -> None:
    line = _line(path, name)
    where = f"{path}:{line}" if line else str(path)
    known = _properties(table)
    if name not in known:
        raise UsageError(f"{where}: '{name}' is no setting{f' of [{table}]' if table else ''}.{suggest(name, known)}")
    _check_value(f"{where}: {name}", name, value, table)


def _check_value(where: str, name: str, value: Any, table: str) -> None:
    if faults("settings", "", {table: {name: value}} if table else {name: value}):
        node = _properties(table)[name]
        raise UsageError(f"{where}: {value!r} is not {_expected(node)}.{suggest(str(value), node['enum']) if 'enum' in node else ''}")


def _expected(node: Values) -> str:
    """What a setting's schema admits, in words."""
    if "enum" in node:
        return f"one of {', '.join(node['enum'])}"
    kind = node["type"][0] if isinstance(node["type"], list) else node["type"]
    if kind in ("integer", "number"):
        noun = "a whole number" if kind == "integer" else "a number"
        return f"{noun} from {node['minimum']} to {node['maximum']}" if "maximum" in node else f"{noun} of at least {node['minimum']}"
    least = node.get("minLength", 1)
    text = f"a text of at least {least} characters" if least > 1 else "a text"
    return {"boolean": "true or false", "array": "a list of texts"}.get(kind, text)


def _line(path: Path, name: str) -> int:
    """The line on which a key is set; 0 if that can't be told."""
    pattern = re.compile(rf"\s*(?:\"{re.escape(name)}\"|'{re.escape(name)}'|{re.escape(name)})\s*=|\s*\[(?:[\w.]*\.)?{re.escape(name)}\]")
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, text in enumerate(lines, 1) if pattern.match(text)), 0)


def _at_home(name: str, value: Any, home: Path) -> Any:
    """Paths of a file are relative to it; a target that is no path there is a backend's name."""
    if name in ("load", "save", "ca", "cert", "key", "deviations"):
        return str(home / value)
    if name == "target":
        return str(home / value) if (home / value).exists() else value
    if name == "overlay":
        return [str(home / item) for item in value]
    if name == "targets":
        return [str(home / item) if (home / item).exists() else item for item in value]
    return value


def _from_environment(environ: Values, table: str) -> Iterator[tuple[str, Any]]:
    known = {PREFIX + name.upper().replace("-", "_"): (name, part) for part in ("", *_tables()) for name in _properties(part)}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in OTHERS:
            continue
        if variable not in known:
            raise UsageError(f"{variable}: There is no such setting.{suggest(variable, [*known, *OTHERS])}")
        name, part = known[variable]
        value = _value(variable, environ[variable], name, part)
        if name in _properties(table):
            yield name, value


def _value(variable: str, text: str, name: str, table: str) -> Any:
    """The text of a variable as its setting's type; lists are split at the path separator and, for targets, at spaces."""
    kind = _properties(table)[name].get("type", "string")
    value: Any = text
    if kind == "integer" and re.fullmatch(r"-?\d{1,9}", text.strip()):
        value = int(text)
    elif kind == "number" and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text.strip()):
        value = float(text)
    elif kind == "boolean":
        value = FLAGS.get(text.strip().lower(), text)
    elif kind == "array":
        value = [item.strip() for item in text.split(SEPARATORS.get(name)) if item.strip()]
    _check_value(variable, name, value, table)
    return value


def _properties(table: str) -> dict[str, Any]:
    """The settings of a table, without the tables of other verbs."""
    whole = schema("settings")["properties"]
    found: dict[str, Any] = whole[table]["properties"] if table else {name: node for name, node in whole.items() if node.get("type") != "object"}
    return found


def _tables() -> tuple[str, ...]:
    """The verbs that have tables of their own."""
    return tuple(name for name, node in schema("settings")["properties"].items() if node.get("type") == "object")
