"""What a call read and wrote, as tags: the whole of a collection, one row of it, or the rows with one value in a field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mock_server.state.indexes import Term
from mock_server.state.selection import Selection
from mock_server.state.store import Key, Row, Table, Tally, Unit
from understudy.contract.model import Contract
from understudy.wire import jsons

__all__ = ["SharedUnit", "field_of", "indexed_fields"]

EVERYTHING = "*"  # written when a world is reset or restored


def field_of(collection: str, key: Key) -> str:
    """The name under which a row is stored; 1 and '1' are two rows."""
    return f"{collection}\0{_text(key)}"


def indexed_fields(contract: Contract) -> dict[str, frozenset[str]]:
    """Collection -> the fields by which its rows are looked up; reads by any other field count as reads of the whole collection."""
    found: dict[str, set[str]] = {name: set(item.refs) | {names[0] for names in item.unique} for name, item in contract.collections.items()}
    for item in contract.collections.values():
        for child in item.children.values():
            found[child.collection].add(child.by)
        if item.members is not None and item.members.collection is not None and item.members.by is not None:
            found[item.members.collection].add(item.members.by)
        if item.capacity is not None and item.capacity.holds is not None:
            holds = item.capacity.holds
            found[holds.collection] |= {name for name in (holds.by, holds.user, holds.socket) if name is not None}
    for operation in contract.operations:
        owner, collection = operation.behavior.get("owner"), operation.behavior.collection
        if owner is not None and collection in found:
            found[collection].add(owner)
    return {name: frozenset(fields) for name, fields in found.items()}


class SharedUnit(Unit):
    """A unit that remembers what it read so exactly that another process's write elsewhere in a collection does not disturb it."""

    __slots__ = ("_indexed", "marks", "promised", "seen")

    def __init__(self, tables: dict[str, Table], indexed: Mapping[str, frozenset[str]]) -> None:
        super().__init__(tables)
        self._indexed = indexed
        self.seen: set[str] = {EVERYTHING}
        self.marks: set[str] = set()  # what it writes beside rows
        self.promised: Any = None  # the key under which its answer will be kept

    def get(self, collection: str, key: Key) -> Row | None:
        """One row, or None."""
        self.seen.add(_row(collection, key))
        return super().get(collection, key)

    def all(self, collection: str) -> Iterable[Row]:
        """Every row."""
        self.seen.add(collection)
        return super().all(collection)

    def by(self, collection: str, field: str, value: Any) -> Iterable[Row]:
        """The rows with a value in a field."""
        self._look(collection, ((field, value),))
        return super().by(collection, field, value)

    def matching(self, collection: str, values: Mapping[str, Any]) -> Iterable[Row]:
        """The rows with certain values in some fields."""
        self._look(collection, values.items())
        return super().matching(collection, values)

    def few(self, collection: str, field: str, value: Any) -> Iterable[Row] | None:
        """The rows with a value in a field, if they are few."""
        self._look(collection, ((field, value),))
        return super().few(collection, field, value)

    def select(self, collection: str, terms: Sequence[tuple[Term, Any]], sort: tuple[str, ...]) -> Selection | None:
        """The rows that have certain values, in an order: who is in it and in which place is told by those with one of the values, or by all."""
        self._look(collection, terms)
        return super().select(collection, terms, sort)

    def tally(self, collection: str, terms: Sequence[tuple[Term, Any]], field: str, sort: tuple[str, ...]) -> Tally | None:
        """What an index knows of the rows that have certain values."""
        self._look(collection, terms)
        return super().tally(collection, terms, field, sort)

    def _look(self, collection: str, values: Iterable[tuple[Term, Any]]) -> None:
        """Remembers a look at the rows with certain values: by one that writes are told by, else as one at the whole collection."""
        indexed = self._indexed[collection]
        tag = next((_valued(collection, field, value) for field, value in values if isinstance(field, str) and field in indexed), collection)
        self.seen.add(tag)

    def written_tags(self) -> Iterator[str]:
        """The tags of what would be written."""
        yield from self.marks
        for collection, rows in self._written.items():
            yield collection
            for key, row in rows.items():
                yield _row(collection, key)
                old = self._tables[collection].get(key) or {}
                for field in self._indexed[collection]:
                    values = {_text(old.get(field)), _text(row.get(field))} if row else {_text(old.get(field))}
                    yield from (f"{collection}.{field}={value}" for value in values)

    def writes_made(self) -> Iterator[tuple[str, Key, Row | None]]:
        """What would be written: collection, key, the row or None for one that is removed."""
        for collection, rows in self._written.items():
            for key, row in rows.items():
                yield collection, key, row or None

    def made_keys(self) -> Iterator[str]:
        """The rows that are new: another process may make one of the same key at the same time."""
        for collection, rows in self._written.items():
            yield from (_row(collection, key) for key in rows)


def _text(value: Any) -> str:
    return jsons.dumps(value, str).decode()


def _row(collection: str, key: Key) -> str:
    return f"{collection}#{_text(key)}"


def _valued(collection: str, field: str, value: Any) -> str:
    return f"{collection}.{field}={_text(value)}"
