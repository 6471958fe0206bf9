"""What of a contract a run has met: operations, statuses, parameters, messages, acknowledgements, transitions, clauses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from contract_tests.exchange import Exchange
from contract_tests.provenance import clause_of, clause_of_message
from contract_tests.report import Coverage, Covered
from understudy.contract.model import Contract, Operation

__all__ = ["KINDS", "Recorder"]

KINDS = ("operations", "statuses", "parameters", "messages", "acks", "transitions", "clauses")


class Recorder:
    """Counts what was met of a contract's parts."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.met: dict[str, set[str]] = defaultdict(set)

    def saw(self, operation: Operation, exchange: Exchange, query: Mapping[str, Any]) -> None:
        """Notes an exchange."""
        if not exchange.status:
            return
        self.met["statuses"].add(f"{operation.id} {exchange.status}")
        self.met["parameters"] |= {f"{operation.id} {name}" for name in query}
        if exchange.ok or 300 <= exchange.status < 400:
            self.met["operations"].add(operation.id)
            self.met["parameters"] |= {f"{operation.id} {item.name}" for item in operation.parameters if item.where == "path"}

    def saw_message(self, name: str, channel: str) -> None:
        """Notes a message that was received, or sent and answered."""
        self.met["messages"].add(f"{channel} {name}")

    def saw_ack(self, name: str, channel: str) -> None:
        """Notes an acknowledgement or a reply."""
        self.met["acks"].add(f"{channel} {name}")

    def saw_transition(self, collection: str, before: str, after: str) -> None:
        """Notes a move from a state to another."""
        self.met["transitions"].add(f"{collection} {before} -> {after}")

    def coverage(self, checked: Iterable[str] = ()) -> Coverage:
        """What was met and what was missed, by kind. checked: operations and messages whose checks ran."""
        wanted = self._wanted()
        self.met["clauses"] = self._clauses(self.met["operations"] | {name.split(" ", 1)[1] for name in self.met["messages"]})
        return {
            kind: Covered(kind, tuple(sorted(wanted[kind] & self.met[kind])), tuple(sorted(wanted[kind] - self.met[kind])))
            for kind in KINDS
        }  # fmt: skip

    def _wanted(self) -> dict[str, set[str]]:
        operations = self.contract.operations
        channels = self.contract.channels
        moves = (
            (item.name, before, after) for item in self.contract.collections.values() if item.states for before, to in item.states.moves.items() for after in to
        )
        return {
            "operations": {item.id for item in operations},
            "statuses": {f"{item.id} {status}" for item in operations for status in item.responses if status.isdigit()},
            "parameters": {f"{item.id} {spot.name}" for item in operations for spot in item.parameters if spot.where in ("path", "query")},
            "messages": {f"{item.address} {name}" for item in channels for name in (*item.receives, *item.sends)},
            "acks": {f"{item.address} {name}" for item in channels for name, receiver in item.receives.items() if receiver.reply is not None},
            "transitions": {f"{name} {before} -> {after}" for name, before, after in moves},
            "clauses": self._clauses({item.id for item in operations} | {name for item in channels for name in (*item.receives, *item.sends)}),
        }

    def _clauses(self, subjects: Iterable[str]) -> set[str]:
        """The passages of the guide that some operations and messages come from."""
        names = set(subjects)
        clauses = [clause_of(item) for item in self.contract.operations if item.id in names]
        clauses += [clause_of_message(channel, name) for channel in self.contract.channels for name in (*channel.receives, *channel.sends) if name in names]
        return {str(clause) for clause in clauses if clause.guide and clause.lines}
