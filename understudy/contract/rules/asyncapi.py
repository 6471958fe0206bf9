"""AsyncAPI documents are valid by the standard's JSON Schema, and their messages say where they come from."""

from collections.abc import Iterator
from typing import Any

from understudy.contract import documents
from understudy.contract.asyncapi import VERSION, standard_faults
from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source, mapping

__all__ = ["check", "check_messages"]


def check(source: Source) -> None:
    """Reports what the standard forbids; a source whose documents have not the shape that it demands is not sound."""
    for sheet in source.of_kind("asyncapi"):
        found = list(_standard(sheet))
        source.faults += found
        source.sound = source.sound and not found


def check_messages(source: Source) -> None:
    """Reports what the messages and receivers of a backend lack."""
    for sheet in source.of_kind("asyncapi") if source.backend else ():
        source.faults += _lacking(sheet)


def _standard(sheet: Sheet) -> Iterator[Fault]:
    version = str(sheet.data.get("asyncapi", ""))
    if version != VERSION:
        yield at(sheet.bundle, "/asyncapi", f"An AsyncAPI document names its version, {VERSION}; found '{version}'.")
        return
    yield from (at(sheet.bundle, pointer, what) for pointer, what in standard_faults(sheet.data))


def _lacking(sheet: Sheet) -> Iterator[Fault]:
    for name, pointer, node in [*sheet.own("messages"), *_inline(sheet)]:
        if not {"x-guide", "x-inferred"} & set(node):
            yield at(sheet.bundle, pointer, f"{name}: a message says where it comes from: x-guide or x-inferred.")
        if not node.get("examples"):
            yield at(sheet.bundle, pointer, f"{name}: a message has an example.")
    for name, pointer, node in sheet.operations():
        if node.get("action") == "receive" and "x-behavior" not in node:
            yield at(sheet.bundle, pointer, f"{name}: an operation that receives has x-behavior.")


def _inline(sheet: Sheet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Messages that are written in their channel."""
    for channel, item in mapping(sheet.data.get("channels")).items():
        for name, node in mapping(mapping(item).get("messages")).items():
            if isinstance(node, dict) and "$ref" not in node:
                yield name, documents.pointer_of("channels", channel, "messages", name), node
