"""Scenarios: their words, the collections, states and operations that they name, and their expressions."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from understudy.contract import documents
from understudy.contract.errors import ContractError, suggest
from understudy.contract.model import Contract
from understudy.contract.rules.expressions import names, wrong
from understudy.contract.rules.fault import Fault, in_file, shown
from understudy.contract.rules.sources import Source
from understudy.contract.scenarios import FILE
from understudy.contract.vocabulary import faults
from understudy.contract.words import expressions

__all__ = ["check"]

STEPS = ("creates", "updates", "removes")
NAMED = ("operation", "message", "service", "channel")


def check(source: Source) -> None:
    """Reports what is wrong with the scenarios of a backend."""
    path = Path(source.file).with_name(FILE)
    if not source.backend or not path.is_file():
        return
    try:
        data = documents.load(path)
    except ContractError as error:
        source.faults.append(Fault(shown(error.file), error.line, error.what))
        return
    assert source.contract is not None
    if not isinstance(data, dict):
        source.faults.append(Fault(shown(str(path)), 1, "A map of names to scenarios is expected."))
        return
    for name, words in data.items():
        for pointer, what in _faults(source.contract, words):
            source.faults.append(in_file(str(path), documents.pointer_of(name) + pointer, f"{name}: {what}"))


def _faults(contract: Contract, words: Any) -> Iterator[tuple[str, str]]:
    """Pointer in a scenario, and what is wrong there."""
    found = faults("behavior", "scenario", words)
    yield from found
    if not found:
        yield from _names(contract, words)
        yield from _fields(contract, words)
        yield from _expressions(contract, words)


def _names(contract: Contract, words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    switches = contract.settings.get("switches") or {}
    for name in words.get("switches") or {}:
        if name not in switches:
            yield f"/switches/{name}", f"'{name}' is no switch of backend.yaml.{suggest(name, switches)}"
    for index, item in enumerate(words.get("faults") or ()):
        for kind in NAMED:
            given = (item.get("match") or {}).get(kind, ())
            valid = _valid(contract, kind)
            for name in given if isinstance(given, list) else [given] if given else []:
                if valid and "*" not in name and name not in valid:  # without any, the document itself is at fault
                    yield f"/faults/{index}/match/{kind}", f"'{name}' is no {kind}.{suggest(name, valid)}"


def _valid(contract: Contract, kind: str) -> set[str]:
    if kind == "operation":
        return {operation.id for operation in contract.operations}
    if kind == "message":
        return {message for channel in contract.channels for message in (*channel.receives, *channel.sends)}
    return {channel.id for channel in contract.channels} if kind == "channel" else {service.name for service in contract.services}


def _fields(contract: Contract, words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for step in STEPS:
        for index, item in enumerate(words.get(step) or ()):
            collection = contract.collections.get(item["collection"])
            if collection is None:
                yield f"/{step}/{index}/collection", f"'{item['collection']}' is no collection.{suggest(item['collection'], contract.collections)}"
                continue
            for field in item.get("set") or {}:
                if field not in collection.stored:
                    yield f"/{step}/{index}/set/{field}", f"'{field}' is no stored field of {collection.name}.{suggest(field, collection.stored)}"


def _expressions(contract: Contract, words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = {**names(contract, {"do": "reply"}), "given": ""}
    for found in expressions("behavior", "scenario", words):
        what = wrong(contract, found, known) or _not_given(words, found.source)
        if what:
            yield found.at, f"{found.dotted}: {what}"


def _not_given(words: Mapping[str, Any], source: str) -> str | None:
    given = words.get("given") or {}
    unknown = next((name for name in re.findall(r"\bgiven\.(\w+)", str(source)) if name not in given), None)
    return f"'{unknown}' is not among the names under 'given'.{suggest(unknown, given)}" if unknown else None
