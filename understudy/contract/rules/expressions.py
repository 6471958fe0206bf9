"""Every expression compiles, with the rows that its place knows."""

from collections.abc import Iterator, Mapping
from typing import Any

from understudy.contract import documents
from understudy.contract.expressions import ExpressionError, Kinds, compile_expression
from understudy.contract.model import Contract
from understudy.contract.rules.fault import Fault, at, in_file
from understudy.contract.rules.sources import Sheet, Source
from understudy.contract.rules.vocabulary import walk
from understudy.contract.words import ROWS_ARE_OWN, Found, expressions, lock_name

__all__ = ["check", "names", "wrong"]


def check(source: Source) -> None:
    """Reports expressions of operations, schemas, x-faker hints and backend.yaml that don't compile."""
    assert source.contract is not None
    for sheet in source.sheets:
        for named, pointer, node in sheet.behaviors():
            words = node.get("x-behavior") or {}
            source.faults += _compiled(source.contract, sheet, named, pointer, sheet.part(pointer), words, names(source.contract, words))
        for name, pointer, node in sheet.own("schemas"):
            words = node.get("x-behavior") or {}
            source.faults += _compiled(source.contract, sheet, name, pointer, "schema", words, {"row": words.get("collection", "")})
        source.faults += _hints(source.contract, sheet)
    source.faults += _templates(source)


def names(contract: Contract, words: Mapping[str, Any]) -> dict[str, str]:
    """The collections of the rows that an operation's expressions name: row and old, those of `with`, what is spent, the caller."""
    auth = contract.settings.get("auth")
    own = auth.get("collection") if isinstance(auth, dict) else None
    spends = words.get("spends") or {}
    about = words.get("collection") or (own if words.get("do") not in ("reply", "aggregate", "bound") else None)
    found = {name: need["collection"] for name, need in (words.get("with") or {}).items()}
    found |= {"row": about, "old": about} if about else {}
    found |= {spends.get("as", "spent"): spends["collection"]} if spends else {}
    found |= lock_name(words, contract.collections)
    return {**({"user": own} if own else {}), **found}


def _kinds(contract: Contract, known: Mapping[str, str]) -> Kinds:
    stored = {name: item.stored for name, item in contract.collections.items()}
    virtual = {name: item.virtual for name, item in contract.collections.items()}
    return Kinds({name: collection for name, collection in known.items() if collection in stored}, stored, virtual)


def wrong(contract: Contract, found: Found, known: Mapping[str, str]) -> str | None:
    """Why an expression does not compile; None where it does. known: the names that its place has, and the collections of those that are rows."""
    more = {"it": found.it} if found.it else {}
    more |= {"rows": known["row"]} if found.word in ROWS_ARE_OWN and "row" in known else {}
    try:
        compile_expression(found.source, _kinds(contract, {**known, **more}), frozenset(known))
    except ExpressionError as error:
        return str(error)
    return None


def _compiled(contract: Contract, sheet: Sheet, named: str, pointer: str, part: str, words: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[Fault]:
    for found in expressions("behavior", part, words):
        what = wrong(contract, found, known)
        if what:
            yield at(sheet.bundle, f"{pointer}/x-behavior{found.at}", f"{named}: x-behavior.{found.dotted}: {what}")


def _hints(contract: Contract, sheet: Sheet) -> Iterator[Fault]:
    for pointer, node in walk(sheet):
        hint = node.get("x-faker")
        if isinstance(hint, dict) and isinstance(hint.get("value"), str):
            known = _referred(contract, sheet, pointer)
            what = wrong(contract, Found("", "value", hint["value"]), known) if known else None
            if what:
                yield at(sheet.bundle, f"{pointer}/x-faker/value", f"x-faker.value: {what}")


def _referred(contract: Contract, sheet: Sheet, pointer: str) -> dict[str, str]:
    """The rows that a hint of a collection may name: those that its own row refers to, by the field without its id (as fixtures.records does)."""
    parts = documents.pointer_parts(pointer)
    schema = ((sheet.data.get("components") or {}).get("schemas") or {}).get(parts[2]) if parts[:2] == ["components", "schemas"] else None
    own = contract.collections.get(((schema or {}).get("x-behavior") or {}).get("collection", ""))
    known = {"row": own.name} if own else {}
    for field, ref in own.refs.items() if own else ():
        known |= {name: ref.collection for name in (ref.embed, field.removesuffix("_id").removesuffix("Id") or field) if name}
    return known


def _templates(source: Source) -> Iterator[Fault]:
    assert source.contract is not None
    if source.backend and isinstance(source.settings, dict):
        for found in expressions("backend", "", source.settings):
            what = wrong(source.contract, found, names(source.contract, {"do": "reply"}))
            if what:
                yield in_file(source.file, found.at, f"{found.dotted}: {what}")
