"""Reads the x-behavior of an operation, a message or a channel."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from understudy.contract.bundle import Bundle
from understudy.contract.errors import ContractError, suggest
from understudy.contract.model import Behavior, Collection
from understudy.contract.vocabulary import faults

__all__ = ["read_behavior"]


def read_behavior(found: Bundle, node: Mapping[str, Any], pointer: str, part: str, named: str, collections: Mapping[str, Collection]) -> Behavior:
    """What a node declares. part: of the vocabulary (operation, message, channel, push); named: the node as errors name it. Raises ContractError."""
    words = node.get("x-behavior")
    if words is None:
        return Behavior("example", None)
    for at, what in faults("behavior", part, words):
        raise ContractError(*found.place(f"{pointer}/x-behavior{at}"), f"{named}: x-behavior{at.replace('/', '.')}: {what}")
    collection = words.get("collection")
    if collection is not None and collection not in collections:
        where = found.place(f"{pointer}/x-behavior/collection")
        raise ContractError(*where, f"x-behavior.collection '{collection}' is no collection.{suggest(collection, collections)}")
    do = words.get("do")
    return Behavior("bound" if do == "bound" else "declared", do, collection, MappingProxyType(words))
