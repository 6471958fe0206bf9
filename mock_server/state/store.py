"""Rows in collections, and one call's transaction over them.

Rows are plain dicts that nobody changes in place: a write replaces the row. A `Unit` belongs to one call; it records which
collections were read, buffers what is written, and commits all of it or nothing. The interface is all a behaviour sees, so
another store can stand behind it.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fixtures.records import YEAR_9000, Dataset, Undated
from mock_server.state.indexes import Term, is_plain, plain
from mock_server.state.selection import Selection
from mock_server.state.table import Key, Row, Rows, Table

__all__ = ["Key", "Row", "Rows", "Store", "Table", "Tally", "Unit", "seeds"]

_GONE: Row = {}
FEW = 32  # rows that are sooner gone through than found by one more index, which writes would have to keep


def seeds(data: Dataset, start: float) -> dict[str, Callable[[], Mapping[Key, Row]]]:
    """What makes the rows of each collection, for when they are first needed. All worlds of a dataset share them."""
    return {name: partial(_seeds, data, name, start) for name in data.rows}


def _seeds(data: Dataset, name: str, start: float) -> Mapping[Key, Row]:
    if not 0 <= start < YEAR_9000:  # out there, dates are not in the order of their texts
        return data.table(name, start)
    if name not in data.shared:
        rows: Mapping[Any, Any] = data.undated(name)
        data.shared[name] = Table(rows), any(isinstance(row, Undated) for row in rows.values())
    base, has_dates = data.shared[name]
    return Table.seeded(base, start if has_dates else None).rows


@dataclass(frozen=True, slots=True)
class Tally:
    """The sum of a field of some rows, and the rows in an order."""

    total: int
    rows: Selection


class Store:
    """The tables of a world."""

    __slots__ = ("tables",)

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self.tables = {name: Table(table) for name, table in rows.items()}

    def begin(self) -> "Unit":
        """A transaction for one call."""
        return Unit(self.tables)

    def versions(self, names: Iterable[str]) -> tuple[int, ...]:
        """A number per collection that changes with each write to it."""
        return tuple(self.tables[name].version for name in names)


class Unit:
    """One call's reads and writes."""

    __slots__ = ("_tables", "_written", "read")

    def __init__(self, tables: dict[str, Table]) -> None:
        self._tables = tables
        self._written: dict[str, dict[Key, Row]] = {}
        self.read: set[str] = set()

    def get(self, collection: str, key: Key) -> Row | None:
        """One row, or None."""
        self.read.add(collection)
        written = self._written.get(collection)
        if written is not None and key in written:
            row = written[key]
            return None if row is _GONE else row
        try:
            return self._tables[collection].get(key)
        except TypeError:
            return None

    def all(self, collection: str) -> Iterable[Row]:
        """Every row, in the order they were made."""
        self.read.add(collection)
        table = self._tables[collection]
        written = self._written.get(collection)
        return table.values() if not written else self._merged(table.items(), written)

    def by(self, collection: str, field: str, value: Any) -> Iterable[Row]:
        """The rows with a value in a field."""
        self.read.add(collection)
        found = self._tables[collection].by(field, value)
        return self._with_written(collection, found, {field: value}) if collection in self._written else found

    def matching(self, collection: str, values: Mapping[str, Any]) -> Iterable[Row]:
        """The rows with certain values in some fields: few with the first are gone through, for many there is an index of all."""
        self.read.add(collection)
        table = self._tables[collection]
        (first, value), *rest = values.items()
        found = table.few(first, value, FEW)
        if found is None:
            rest, index = [], table.index(tuple(values), ())
            assert index is not None  # values in no order are always kept
            found = table.fetched(index.places(index.wanted(values.values())))
        for field, wanted in rest if found else ():
            wanted = plain(wanted)
            found = [row for row in found if plain(row.get(field)) == wanted]
        return self._with_written(collection, found, values) if collection in self._written else found

    def few(self, collection: str, field: str, value: Any) -> Iterable[Row] | None:
        """The rows with a value in a field, None where they are so many that an index answers quicker."""
        self.read.add(collection)
        found = self._tables[collection].few(field, value, FEW)
        return self._with_written(collection, found, {field: value}) if found is not None and collection in self._written else found

    def _with_written(self, collection: str, found: list[Row], values: Mapping[str, Any]) -> list[Row]:
        """Stored rows as they would be after the commit: those that were written come last."""
        table, written = self._tables[collection], self._written[collection]
        if found:
            replaced = {id(table.get(key)) for key in written}
            found = [row for row in found if id(row) not in replaced]
        for row in written.values():
            if row is not _GONE:
                for field, value in values.items():
                    if plain(row.get(field)) != plain(value):
                        break
                else:
                    found.append(row)
        return found

    def select(self, collection: str, terms: Sequence[tuple[Term, Any]], sort: tuple[str, ...]) -> Selection | None:
        """The rows that have certain values, in the order of some fields, without fetching them. None where they must be gone through:

        where something is written already, or no index says what is equal or what comes first.
        """
        self.read.add(collection)
        if self._written.get(collection) or not all(is_plain(value) for _, value in terms):
            return None
        table = self._tables[collection]
        index = table.index(tuple(term for term, _ in terms), sort)
        return None if index is None else Selection(table, index, index.wanted(value for _, value in terms))

    def _merged(self, items: Iterable[tuple[Key, Row]], written: Mapping[Key, Row]) -> Iterator[Row]:
        seen = set()
        for key, row in items:
            current = written.get(key, row)
            seen.add(key)
            if current is not _GONE:
                yield current
        yield from (row for key, row in written.items() if key not in seen and row is not _GONE)

    def put(self, collection: str, key: Key, row: Row) -> Row:
        """Writes a row when the call commits."""
        self._written.setdefault(collection, {})[key] = row
        return row

    def remove(self, collection: str, key: Key) -> None:
        """Removes a row when the call commits."""
        self._written.setdefault(collection, {})[key] = _GONE

    def tally(self, collection: str, terms: Sequence[tuple[Term, Any]], field: str, sort: tuple[str, ...]) -> "Tally | None":
        """What an index knows of the stored rows that have certain values; None where none does. What the call itself writes is `pending`."""
        self.read.add(collection)
        table = self._tables[collection]
        names, values = tuple(term for term, _ in terms), [value for _, value in terms]
        index, sums = table.index(names, sort), table.sums(names, field)
        if index is None or sums is None or not all(map(is_plain, values)):
            return None
        return Tally(sums.of(values), Selection(table, index, index.wanted(values)))

    def pending(self, collection: str) -> Iterator[tuple[Row | None, Row | None]]:
        """The rows of a collection that would be written: as they are, as they would be; None for one that is not there."""
        for key, row in self._written.get(collection, {}).items():
            yield self._tables[collection].get(key), None if row is _GONE else row

    def has_written(self, collection: str) -> bool:
        """Whether anything would be written to a collection."""
        return collection in self._written

    def changes(self, names: Container[str]) -> list[tuple[str, Row | None, Row]]:
        """What would be written to some collections: collection, the row before (None for a new one), the row after. Removals are left out."""
        return [
            (collection, self._tables[collection].get(key), row)
            for collection, rows in self._written.items()
            if collection in names
            for key, row in rows.items()
            if row is not _GONE
        ]

    def next_number(self, collection: str) -> int:
        """A number no row of the collection has had."""
        table = self._tables[collection]
        table.serial += 1
        return table.serial

    @property
    def changed(self) -> bool:
        """Whether anything would be written."""
        return bool(self._written)

    @property
    def writes(self) -> int:
        """How many rows would be written or removed."""
        return sum(map(len, self._written.values()))

    def commit(self) -> None:
        """Writes everything that was buffered."""
        for collection, rows in self._written.items():
            table = self._tables[collection]
            for key, row in rows.items():
                if row is _GONE:
                    table.remove(key)
                else:
                    table.put(key, row)
        self._written = {}
