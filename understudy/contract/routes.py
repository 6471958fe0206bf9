"""What each operation and each message does, and where that is said: declared, inferred, in Python, or nowhere (its example answers)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from understudy.contract.model import Contract

__all__ = ["SOURCES", "Route", "count", "messages", "routes"]

SOURCES = ("declared", "inferred", "python", "example")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. path: with its base path; do: the verb of x-behavior, '' for an example; source: one of SOURCES."""

    backend: str
    service: str
    method: str
    path: str
    operation: str
    do: str
    collection: str
    source: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def routes(contract: Contract) -> list[Route]:
    """The operations of a contract in the documents' order."""
    return [
        Route(
            contract.name, operation.service, operation.method, operation.path, operation.id, behavior.do or "", behavior.collection or "",
            "python" if behavior.source == "bound" else behavior.source,
        )
        for operation in contract.operations
        for behavior in (operation.behavior,)
    ]  # fmt: skip


def messages(contract: Contract) -> list[Route]:
    """The messages that clients send, in the documents' order. path: the channel's address and the message's name."""
    return [
        Route(
            contract.name, channel.service, "RECEIVE", f"{channel.address} {name}", item.operation.id, behavior.do or "", behavior.collection or "",
            "python" if behavior.source == "bound" else behavior.source,
        )
        for channel in contract.channels
        for name, item in channel.receives.items()
        for behavior in (item.operation.behavior,)
    ]  # fmt: skip


def count(found: Iterable[Route]) -> dict[str, int]:
    """How many operations there are in all and of each source."""
    listed = list(found)
    return {"operations": len(listed), **{source: sum(route.source == source for route in listed) for source in SOURCES}}
