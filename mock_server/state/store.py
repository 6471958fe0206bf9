"""Rows in collections, and one call's transaction over them.

Rows are plain dicts that nobody changes in place: a write replaces the row. A `Unit` belongs to one call; it records which
collections were read, buffers what is written, and commits all of it or nothing. The interface is all a behaviour sees, so
another store can stand behind it.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]
Key = Any
Rows = Mapping[Key, Row] | Callable[[], Mapping[Key, Row]]
_GONE: Row = {}


class Table:
    """The rows of one collection, in the order they were made, with an index for each field that was looked up.

    rows: themselves, or what makes them when somebody first looks; serial: the highest number that was given to one.
    """

    __slots__ = ("_indexes", "_make", "rows", "serial", "version")
    rows: dict[Key, Row]
    serial: int

    def __init__(self, rows: Rows, serial: int | None = None) -> None:
        self.version = 0
        self._indexes: dict[str, dict[Any, dict[Key, Row]]] = {}
        self._make = rows if callable(rows) else None
        if not callable(rows):
            self._fill(rows, serial)

    def _fill(self, rows: Mapping[Key, Row], serial: int | None = None) -> None:
        self.rows = dict(rows)
        numbers = (key for key in self.rows if isinstance(key, int) and not isinstance(key, bool))
        self.serial = max(numbers, default=len(self.rows)) if serial is None else serial

    def __getattr__(self, name: str) -> Any:
        if name not in ("rows", "serial") or self._make is None:  # asked for only while a slot is empty
            raise AttributeError(name)
        self._fill(self._make())
        return getattr(self, name)

    def by(self, field: str, value: Any) -> Iterable[Row]:
        """The rows with a value in a field."""
        index = self._indexes.get(field)
        if index is None:
            index = self._indexes[field] = {}
            for key, row in self.rows.items():
                index.setdefault(_hashable(row.get(field)), {})[key] = row
        return index.get(_hashable(value), {}).values()

    def put(self, key: Key, row: Row) -> None:
        """Writes a row, new or replaced."""
        old = self.rows.get(key)
        for field, index in self._indexes.items():
            after = _hashable(row.get(field))
            if old is not None and (before := _hashable(old.get(field))) != after:
                index[before].pop(key, None)
            index.setdefault(after, {})[key] = row
        self.rows[key] = row
        self.version += 1

    def remove(self, key: Key) -> None:
        """Removes a row if it is there."""
        old = self.rows.pop(key, None)
        if old is None:
            return
        for field, index in self._indexes.items():
            index[_hashable(old.get(field))].pop(key, None)
        self.version += 1


def _hashable(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    return ("bool", value) if kind is bool else value if kind is float else repr(value)


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
            return self._tables[collection].rows.get(key)
        except TypeError:
            return None

    def all(self, collection: str) -> Iterable[Row]:
        """Every row, in the order they were made."""
        self.read.add(collection)
        rows = self._tables[collection].rows
        written = self._written.get(collection)
        return rows.values() if not written else self._merged(rows.items(), written, lambda _row: True)

    def by(self, collection: str, field: str, value: Any) -> Iterable[Row]:
        """The rows with a value in a field."""
        self.read.add(collection)
        written = self._written.get(collection)
        if not written:
            table = self._tables[collection]
            return list(table.by(field, value)) if table.rows else ()
        found = self._tables[collection].by(field, value)
        stored = self._tables[collection].rows
        kept = [row for row in found if not any(stored.get(key) is row for key in written)]
        return kept + [row for row in written.values() if row is not _GONE and _hashable(row.get(field)) == _hashable(value)]

    def _merged(self, items: Iterable[tuple[Key, Row]], written: Mapping[Key, Row], fits: Any) -> Iterator[Row]:
        seen = set()
        for key, row in items:
            current = written.get(key, row)
            seen.add(key)
            if current is not _GONE and fits(current):
                yield current
        yield from (row for key, row in written.items() if key not in seen and row is not _GONE and fits(row))

    def put(self, collection: str, key: Key, row: Row) -> Row:
        """Writes a row when the call commits."""
        self._written.setdefault(collection, {})[key] = row
        return row

    def remove(self, collection: str, key: Key) -> None:
        """Removes a row when the call commits."""
        self._written.setdefault(collection, {})[key] = _GONE

    def changes(self, names: Container[str]) -> list[tuple[str, Row | None, Row]]:
        """What would be written to some collections: collection, the row before (None for a new one), the row after. Removals are left out."""
        return [
            (collection, self._tables[collection].rows.get(key), row)
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
