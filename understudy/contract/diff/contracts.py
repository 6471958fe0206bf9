"""Two contracts as wholes: services, operations, channels, collections."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from understudy.contract.diff.behaviors import compare_collections
from understudy.contract.diff.changes import Change, change
from understudy.contract.diff.channels import compare_channels
from understudy.contract.diff.operations import compare_operations
from understudy.contract.model import Contract, Place, Service

__all__ = ["differences"]


def differences(old: Contract, new: Contract) -> tuple[Change, ...]:
    """All changes, breaking ones first, each once. Of a service that is gone, its operations are not told one by one."""
    return tuple(sorted(_together(_all(old, new)), key=lambda item: (not item.breaking, item.about, item.place.file, item.place.line)))


def _together(found: Iterable[Change]) -> Iterator[Change]:
    """A change that several operations share, such as that of a schema, once."""
    same: dict[tuple[str, Place, str], list[Change]] = {}
    for item in found:
        same.setdefault((item.kind, item.place, item.says), []).append(item)
    for items in same.values():
        also = dict.fromkeys(item.about for item in items if item.about != items[0].about)
        yield replace(items[0], also=tuple(also))


def _all(old: Contract, new: Contract) -> Iterator[Change]:
    gone = _gone(old, new)
    for service in gone:
        yield Change("service.removed", True, f"service {service.name}", "is gone", _place(old, service))
    yield from compare_operations([item for item in old.operations if item.service not in [one.name for one in gone]], new.operations)
    yield from compare_channels([item for item in old.channels if item.service not in [one.name for one in gone]], new.channels)
    for name, collection in old.collections.items():
        if name in new.collections:
            yield from compare_collections(collection, new.collections[name])


def _gone(old: Contract, new: Contract) -> list[Service]:
    """The services of which nothing is left, under whatever name."""
    there = {name for service in new.services for name in _met(service)}
    names = {item.name for item in new.services}
    return [item for item in old.services if item.name not in names and not there & _met(item)]


def _met(service: Service) -> set[object]:
    operations: set[object] = {item.id for item in service.operations} | {item.id for item in service.channels}
    return operations | {(item.method, item.path) for item in service.operations}


def _place(contract: Contract, service: Service) -> Place:
    bundle = service.bundle or service.realtime
    return change("", True, "", "", bundle, "").place if bundle else Place(contract.folder, 0)
