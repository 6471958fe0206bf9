"""OpenAPI Overlays (1.0): changes to a shipped contract that need no fork."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.contract import documents
from understudy.contract.bundle import Bundle
from understudy.contract.errors import ContractError, suggest

ACTION_WORDS = ("target", "description", "update", "remove")


@dataclass(slots=True)
class Overlay:
    """One overlay file; used: the numbers of the actions that met something."""

    file: str
    actions: list[Mapping[str, Any]]
    used: set[int] = field(default_factory=set)


def load_all(files: Iterable[Path]) -> list[Overlay]:
    """The overlays of some files; raises ContractError for one that is none."""
    return [_load(file) for file in files]


def _load(file: Path) -> Overlay:
    data = documents.load(file)
    if not isinstance(data, dict) or not str(data.get("overlay", "")).startswith("1."):
        raise ContractError(str(file), 1, "An overlay begins with 'overlay: 1.0.0'.")
    actions = data.get("actions")
    if not isinstance(actions, list) or not actions:
        raise ContractError(str(file), documents.line_of(str(file), "/actions"), "An overlay has a list of 'actions'.")
    for index, action in enumerate(actions):
        _check(file, index, action)
    return Overlay(str(file), actions)


def _check(file: Path, index: int, action: Any) -> None:
    line = documents.line_of(str(file), f"/actions/{index}")
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        raise ContractError(str(file), line, "An action has a 'target', a JSONPath.")
    for word in action:
        if word not in ACTION_WORDS and not word.startswith("x-"):
            raise ContractError(str(file), line, f"'{word}' is no word of an action.{suggest(word, ACTION_WORDS)}")


def apply(overlays: list[Overlay], bundle: Bundle) -> dict[str, Any]:
    """The bundled document with the overlays applied in order; the document itself if there are none."""
    if not overlays:
        return bundle.data
    data = deepcopy(bundle.data)
    for overlay in overlays:
        for index, action in enumerate(overlay.actions):
            if _apply(data, action, overlay, index):
                overlay.used.add(index)
    return data


def refuse_unused(overlays: Iterable[Overlay]) -> None:
    """Raises ContractError for an action that met nothing in any document: it is a mistake, not a wish."""
    for overlay in overlays:
        for index, action in enumerate(overlay.actions):
            if index not in overlay.used:
                line = documents.line_of(overlay.file, f"/actions/{index}/target")
                raise ContractError(overlay.file, line, f"target '{action['target']}' meets nothing in the documents.")


def _apply(data: dict[str, Any], action: Mapping[str, Any], overlay: Overlay, index: int) -> bool:
    import jsonpath_rfc9535 as jsonpath

    try:
        nodes = list(jsonpath.find(action["target"], data))
    except jsonpath.JSONPathError as error:
        line = documents.line_of(overlay.file, f"/actions/{index}/target")
        raise ContractError(overlay.file, line, f"target '{action['target']}' is no JSONPath: {error}.") from None
    for node in reversed(nodes):
        place = list(node.location)
        if not place and (action.get("remove") is True or not isinstance(action.get("update", {}), dict)):
            line = documents.line_of(overlay.file, f"/actions/{index}/target")
            raise ContractError(overlay.file, line, "The whole document can't be removed or replaced; update it with a mapping.")
        if action.get("remove") is True:
            _remove(data, place)
        elif "update" in action:
            _put(data, place, _merged(node.value, deepcopy(action["update"])))
    return bool(nodes)


def _parent(data: Any, place: list[Any]) -> Any:
    for part in place[:-1]:
        data = data[part]
    return data


def _remove(data: Any, place: list[Any]) -> None:
    if place:
        del _parent(data, place)[place[-1]]


def _put(data: Any, place: list[Any], value: Any) -> None:
    if place:
        _parent(data, place)[place[-1]] = value
    else:
        data.update(value)


def _merged(old: Any, new: Any) -> Any:
    """As the standard says: objects are merged, lists get what is new at their end, all else is replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _merged(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list):
        return [*old, *(new if isinstance(new, list) else [new])]
    return new
