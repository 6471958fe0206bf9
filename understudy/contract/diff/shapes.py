"""Two schemas, and which way their values go: what is sent must still be accepted, what is answered must still be understood."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from understudy.contract.diff.changes import Change, Side, type_of

__all__ = ["Way", "compare"]

Way = Literal["request", "response"]
HIDDEN = {"request": "readOnly", "response": "writeOnly"}
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
FORMS = ("format", "pattern", "multipleOf", "uniqueItems")
DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Flat:
    """A schema with its allOf merged in."""

    side: Side
    words: Mapping[str, Any]
    properties: Mapping[str, Side]
    required: frozenset[str]
    variants: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a comparison is. about: the operation; label: which part of it; at: the path inside; seen: pairs that were compared already;
    text: whether it travels as text, as parameters do: what was a number is a string as well;
    fits: forms that were asked for."""

    way: Way
    about: str
    label: str
    at: str = ""
    depth: int = 0
    seen: set[tuple[str, str]] = field(default_factory=set)
    text: bool = False
    fits: dict[tuple[str, str], bool] = field(default_factory=dict)

    def below(self, part: str) -> "Walk":
        """The walk one level deeper; part: `.name` or `[]`."""
        return Walk(self.way, self.about, self.label, (self.at + part).lstrip("."), self.depth + 1, self.seen, self.text, self.fits)

    def told(self, kind: str, breaking: bool, what: str, side: Side) -> Change:
        """A change here."""
        return Change(f"{self.way}.{kind}", breaking, self.about, f"{self.label}{f' {self.at!r}' if self.at else ''} {what}", side.place)

    @property
    def sent(self) -> bool:
        """Whether clients send the value."""
        return self.way == "request"


def compare(old: Side, new: Side, way: Way, about: str, label: str, text: bool = False) -> Iterator[Change]:
    """The changes between two schemas. text: whether the value travels as text."""
    return _compare(old, new, Walk(way, about, label, text=text))


def _compare(old: Side, new: Side, walk: Walk) -> Iterator[Change]:
    one, other = _flat(old, walk.way), _flat(new, walk.way)
    pair = (one.side.pointer, other.side.pointer)
    if walk.depth > DEEPEST or (pair in walk.seen and walk.depth):
        return
    walk.seen.add(pair)
    if len(one.variants) + len(other.variants) > 2:
        yield from _variants(one, other, walk)
        return
    changed = list(_types(one, other, walk))
    yield from changed
    for test in TESTS if not changed else ():
        yield from test(one, other, walk)


def _flat(side: Side, way: Way, depth: int = 0) -> Flat:
    here = side.settled()
    words: dict[str, Any] = {}
    properties: dict[str, Side] = {}
    required: set[str] = set()
    for part in here.parts("allOf") if depth < 12 else ():
        found = _flat(part, way, depth + 1)
        words |= found.words
        properties |= found.properties
        required |= found.required
    words |= {word: value for word, value in here.schema.items() if word not in ("properties", "required", "allOf")}
    own = here.schema.get("properties")
    properties |= {name: here.inside("properties", name) for name in own} if isinstance(own, dict) else {}
    needed = here.schema.get("required")
    required |= {name for name in needed if isinstance(name, str)} if isinstance(needed, list) else set()
    properties = {name: item for name, item in properties.items() if not item.settled().schema.get(HIDDEN[way])}
    variants = (*here.parts("oneOf"), *here.parts("anyOf"))
    return Flat(here, words, properties, frozenset(required & properties.keys()), variants or (here,))


# Types.


def _types(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    before, after = _types_of(old), _types_of(new)
    if before == after:
        return
    as_text = walk.text and after is not None and "string" in after and not (before or set()) & {"object", "array"}
    narrowed, widened = not (as_text or _within(before, after)), not _within(after, before)
    breaking = narrowed if walk.sent else widened
    null = (before or set()) ^ (after or set()) == {"null"}
    what = ("may be null now" if widened else "is never null now") if null else f"is {_said(after)} instead of {_said(before)}"
    yield walk.told("null" if null else "type", breaking, what, new.side)


def _types_of(flat: Flat) -> set[str] | None:
    declared = flat.words.get("type")
    if isinstance(declared, list):
        return set(declared)
    found = declared if isinstance(declared, str) else type_of(Side(flat.side.bundle, dict(flat.words), ""))
    found = found or ("object" if flat.properties else None)
    return {found} if found else None


def _within(inner: set[str] | None, outer: set[str] | None) -> bool:
    """Whether all that is of the inner types is of the outer ones; None is any type."""
    return outer is None or (inner is not None and inner <= (outer | {"integer"} if "number" in outer else outer))


def _said(types: set[str] | None) -> str:
    return " or ".join(sorted(types, key=lambda name: (name == "null", name))) if types else "anything"


# Values.


def _values(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    before, after = _enum(old.words), _enum(new.words)
    if before == after:
        return
    gone = None if after is None else sorted(set(before) - set(after)) if before is not None else []
    come = None if before is None else sorted(set(after) - set(before)) if after is not None else []
    if before is None or gone:
        what = f"no longer takes {_listed(gone)}" if walk.sent else f"is no longer {_listed(gone)}"
        yield walk.told("values", walk.sent, what if before is not None else f"is one of {_listed(sorted(after or ()))} only now", new.side)
    if after is None or come:
        what = f"takes {_listed(come)} too" if walk.sent else f"may be {_listed(come)} now"
        yield walk.told("values", not walk.sent, what if after is not None else "is no longer one of certain values", new.side)


def _enum(words: Mapping[str, Any]) -> frozenset[str] | None:
    values = [words["const"]] if "const" in words else words.get("enum")
    return frozenset(json.dumps(item, ensure_ascii=False, sort_keys=True) for item in values if item is not None) if isinstance(values, list) else None


def _listed(values: list[str] | None) -> str:
    return ", ".join((values or [])[:8]) + (f" and {len(values) - 8} more" if values and len(values) > 8 else "")


def _limits(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    for word in (*LOWER, *UPPER):
        before, after = old.words.get(word), new.words.get(word)
        if before == after or not all(value is None or isinstance(value, int | float) for value in (before, after)):
            continue
        sign = 1 if word in LOWER else -1
        narrowed = before is None or (after is not None and sign * (after - before) > 0)
        if before is None and word.startswith("min") and after == 0 and word != "minimum":
            continue
        yield walk.told("limit", narrowed and walk.sent, f"has {word} {_or_none(after)} instead of {_or_none(before)}", new.side)


def _forms(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    for word in FORMS:
        before, after = old.words.get(word), new.words.get(word)
        if before == after:
            continue
        breaking = after not in (None, False) if walk.sent else word == "format" and before is not None
        yield walk.told("form", breaking, f"has {word} {_or_none(after)} instead of {_or_none(before)}", new.side)


def _or_none(value: Any) -> str:
    return "none" if value is None else str(value)


def _default(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    before, after = old.words.get("default"), new.words.get("default")
    if walk.sent and before != after:
        breaking = before is not None
        yield walk.told("default", breaking, f"is {json.dumps(after)} where it is left out, instead of {json.dumps(before)}", new.side)


# What is inside.


def _properties(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    for name, side in old.properties.items():
        inner = walk.below(f".{name}")
        if name in new.properties:
            yield from _necessity(name, old, new, inner)
            yield from _compare(side, new.properties[name], inner)
        else:
            yield inner.told("property-removed", True, "is no longer taken" if walk.sent else "is gone", side)
    for name, side in new.properties.items():
        if name not in old.properties:
            required = walk.sent and name in new.required
            yield walk.below(f".{name}").told("property-added", required, "is new" + (" and required" if required else ""), side)


def _necessity(name: str, old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    before, after = name in old.required, name in new.required
    if before != after:
        what = "is required now" if after else "may be missing now" if not walk.sent else "is optional now"
        yield walk.told("required", after if walk.sent else before, what, new.properties[name])


def _items(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    for word, part in (("items", "[]"), ("additionalProperties", ".*")):
        before, after = old.words.get(word), new.words.get(word)
        if isinstance(before, dict) and isinstance(after, dict):
            sides = [Side(flat.side.bundle, flat.words[word], f"{flat.side.pointer}/{word}") for flat in (old, new)]
            yield from _compare(sides[0], sides[1], walk.below(part))
        elif word == "additionalProperties" and after is False and before is not False:
            yield walk.told("closed", walk.sent, "takes no other properties now" if walk.sent else "has no other properties now", new.side)


def _variants(old: Flat, new: Flat, walk: Walk) -> Iterator[Change]:
    """Of several forms: each that was sent must still be taken, each that is answered must have been known."""
    givers, takers = (old.variants, new.variants) if walk.sent else (new.variants, old.variants)
    for giver in givers:
        if not any(_fits(giver, taker, walk) for taker in takers):
            yield from _uncovered(giver, takers, walk)


def _fits(giver: Side, taker: Side, walk: Walk) -> bool:
    """Whether all of one form is of another. What was asked before is known, what is asked just now is taken to fit: forms may contain themselves."""
    pair = (giver.settled().pointer, taker.settled().pointer)
    if pair not in walk.fits:
        walk.fits[pair] = True
        alone = Walk(walk.way, walk.about, walk.label, walk.at, walk.depth + 1, set(), walk.text, walk.fits)
        walk.fits[pair] = not any(item.breaking for item in _pair(giver, taker, alone))
    return walk.fits[pair]


def _pair(giver: Side, taker: Side, walk: Walk) -> Iterator[Change]:
    return _compare(giver, taker, walk) if walk.sent else _compare(taker, giver, walk)


def _uncovered(giver: Side, takers: tuple[Side, ...], walk: Walk) -> Iterator[Change]:
    """Why a form fits none of the others: what differs from the one that is most like it, else that it is no longer there."""
    flat = _flat(giver, walk.way)
    kinds = _types_of(flat) or set()
    near = [taker for taker in takers if (giver.name and taker.name == giver.name) or kinds & (_types_of(_flat(taker, walk.way)) or set())]
    if near:
        best = max(near, key=lambda taker: (taker.name == giver.name != "", len(_flat(taker, walk.way).properties.keys() & flat.properties.keys())))
        yield from _pair(giver, best, Walk(walk.way, walk.about, walk.label, walk.at, walk.depth + 1, walk.seen, walk.text, walk.fits))
        return
    form = giver.name or _said(kinds)
    yield walk.told("form-removed" if walk.sent else "form-added", True, f"no longer takes {form}" if walk.sent else f"may be {form} now", giver)


TESTS: tuple[Callable[[Flat, Flat, Walk], Iterator[Change]], ...] = (_values, _limits, _forms, _default, _properties, _items)
