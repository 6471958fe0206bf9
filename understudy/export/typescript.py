"""JSON Schemas as types of TypeScript."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from understudy.export.names import quoted, word

__all__ = ["Writer", "comment", "indented", "is_binary"]

SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
SHAPING = ("type", "properties", "required", "items", "enum", "const", "allOf", "anyOf", "oneOf", "additionalProperties", "prefixItems")
OBJECT = ("properties", "additionalProperties", "patternProperties", "required")
WIDEST = 120


class Writer:
    """Writes the schemas of one document. named: pointer of what a `$ref` leads to, and whether it is sent -> the name of its type."""

    def __init__(self, named: Callable[[str, bool], str]) -> None:
        self._named = named

    def type(self, node: Any, sent: bool) -> str:
        """The type of a schema. sent: as clients send it, so that what the server sets may be left out; else as it is answered."""
        return " | ".join(dict.fromkeys(self._union(node, sent)))

    def is_interface(self, node: Any) -> bool:
        """Whether a schema is one plain object."""
        return isinstance(node, dict) and node.get("type", "object") == "object" and "properties" in node and not _parts(node) and not _values(node)

    def _union(self, node: Any, sent: bool) -> list[str]:
        if not isinstance(node, dict):
            return ["never" if node is False else "unknown"]
        if isinstance(node.get("$ref"), str):
            name, rest = self._named(node["$ref"][1:], sent), {key: value for key, value in node.items() if key in SHAPING}
            return _joined([[name], self._union(rest, sent)]) if rest else [name]
        if _values(node):
            return [_literal(value) for value in _values(node)]
        pieces = [self._union(part, sent) for part in node.get("allOf") or ()]
        pieces += [[text for part in node[key] for text in self._union(part, sent)] for key in ("oneOf", "anyOf") if node.get(key)]
        return _joined([*pieces, self._own(node, sent)] if not pieces or _says_more(node) else pieces)

    def _own(self, node: Mapping[str, Any], sent: bool) -> list[str]:
        """What a schema says itself, beside the parts that it is made of."""
        declared = node.get("type")
        kinds = [declared] if isinstance(declared, str) else declared or _guessed(node)
        return [self._one(str(kind), node, sent) for kind in kinds] or ["unknown"]

    def _one(self, kind: str, node: Mapping[str, Any], sent: bool) -> str:
        if kind == "object":
            return self.object(node, sent)
        if kind == "array":
            return self._array(node, sent)
        return "Blob" if kind == "string" and is_binary(node) else SIMPLE.get(kind, "unknown")

    def _array(self, node: Mapping[str, Any], sent: bool) -> str:
        rest = self.type(node.get("items", True), sent)
        rest = f"({rest})[]" if " | " in rest or " & " in rest else f"{rest}[]"
        if not node.get("prefixItems"):
            return rest
        fixed = [self.type(item, sent) for item in node["prefixItems"]]
        return f"[{', '.join([*fixed, *([] if node.get('items') is False else [f'...{rest}'])])}]"

    def object(self, node: Mapping[str, Any], sent: bool, wide: bool = False) -> str:
        """The members of an object in braces, on one line if they fit and none is described. wide: each on a line of its own."""
        members = list(self._members(node, sent))
        line = f"{{ {'; '.join(text for _, text in members)} }}"
        if not wide and len(line) <= WIDEST and "\n" not in line and not any(note for note, _ in members):
            return line
        return "{\n" + "".join(f"{indented(note + text)};\n" for note, text in members) + "}"

    def _members(self, node: Mapping[str, Any], sent: bool) -> list[tuple[str, str]]:
        properties = node.get("properties") or {}
        needed = [name for name in node.get("required") or () if isinstance(name, str)]
        types = {name: self.type(value, sent) for name, value in properties.items()}
        found = [(comment(value), _member(name, value, name in needed, types[name], sent)) for name, value in properties.items()]
        found += [("", f"{word(name)}: unknown") for name in needed if name not in properties]
        others = self._others(node, sent)
        if others is None and not found:
            others = "unknown" if node.get("additionalProperties") is not False else "never"
        if others is not None:
            found.append(("", f"[key: string]: {_index(others, types, needed)}"))
        return found

    def _others(self, node: Mapping[str, Any], sent: bool) -> str | None:
        """The type of properties that have no name in the schema, None if nothing is said of them."""
        patterns = [self.type(item, sent) for item in (node.get("patternProperties") or {}).values()]
        more = node.get("additionalProperties", False if patterns else None)
        patterns += [] if more is None or more is False else [self.type(more, sent)]
        return " | ".join(dict.fromkeys(patterns)) or None


def _index(others: str, types: Mapping[str, str], needed: list[str]) -> str:
    """What an index signature must say beside named properties: it holds for them as well."""
    if others == "unknown" or not {*types, *needed}:
        return others
    optional = ["undefined"] if types.keys() - set(needed) else []
    every = dict.fromkeys([others, *types.values(), *optional])
    return "unknown" if "unknown" in every or set(needed) - types.keys() else " | ".join(every)


def _member(name: str, node: Any, needed: bool, text: str, sent: bool) -> str:
    schema = node if isinstance(node, dict) else {}
    readable = "readonly " if schema.get("readOnly") is True else ""
    always = needed and schema.get("readOnly" if sent else "writeOnly") is not True
    return f"{readable}{word(name)}{'' if always else '?'}: {text}"


def _joined(pieces: list[list[str]]) -> list[str]:
    """All pieces at once. What says nothing is left out."""
    telling = [piece for piece in (list(dict.fromkeys(piece)) for piece in pieces) if "unknown" not in piece]
    if len(telling) < 2:
        return telling[0] if telling else ["unknown"]
    return [" & ".join(dict.fromkeys(piece[0] if len(piece) == 1 else f"({' | '.join(piece)})" for piece in telling))]


def _parts(node: Mapping[str, Any]) -> bool:
    return any(node.get(key) for key in ("allOf", "oneOf", "anyOf"))


def _says_more(node: Mapping[str, Any]) -> bool:
    """Whether a schema made of parts says something that a type can show: `type: object` alone is what its parts are."""
    return any(node.get(key) not in (None, True) for key in (*OBJECT, "items", "prefixItems"))


def _guessed(node: Mapping[str, Any]) -> list[str]:
    """The type of a schema that names none."""
    if any(key in node for key in OBJECT):
        return ["object"]
    return ["array"] if "items" in node or "prefixItems" in node else []


def _values(node: Mapping[str, Any]) -> list[Any]:
    if "const" in node:
        return [node["const"]]
    return list(node["enum"]) if isinstance(node.get("enum"), list) else []


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{ {'; '.join(f'{word(name)}: {_literal(item)}' for name, item in value.items())} }}"
    return json.dumps(value)


def is_binary(node: Mapping[str, Any]) -> bool:
    """Whether a schema of type string is a file."""
    return node.get("format") == "binary" or ("contentMediaType" in node and "contentEncoding" not in node)


def comment(node: Any) -> str:
    """The JSDoc of a schema: description, format, default, and whether it is on its way out; nothing if it says none."""
    if not isinstance(node, dict):
        return ""
    lines = [line.rstrip() for line in str(node.get("description") or node.get("title") or "").strip().splitlines()]
    lines += [f"@format {node['format']}"] if isinstance(node.get("format"), str) else []
    lines += [f"@default {json.dumps(node['default'], ensure_ascii=False)}"] if node.get("default") is not None else []
    lines += ["@deprecated"] if node.get("deprecated") is True else []
    lines = [line.replace("*/", "*\\/") for line in lines]
    if len(lines) < 2:
        return f"/** {lines[0]} */\n" if lines else ""
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def indented(text: str) -> str:
    """A text with each of its lines two spaces further to the right."""
    return "\n".join(f"  {line}" if line else line for line in text.split("\n"))
