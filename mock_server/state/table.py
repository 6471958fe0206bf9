"""The rows of one collection: found by key, by values and in orders, and shared with other tables as long as nobody writes to them.

Rows stand at places, in the order in which they were made, and places in chunks. A copy of a table holds the same chunks; a chunk is copied when
one of its holders writes to it. So worlds and snapshots cost as much as what is different in them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fixtures.records import Undated
from mock_server.state.indexes import Index, Sums, Term, built, plain, summed
from mock_server.state.ordering import UnorderedError
from mock_server.state.places import Places
from mock_server.state.shards import Shards

Row = dict[str, Any]
Key = Any
Rows = Mapping[Key, Row] | Callable[[], Mapping[Key, Row]]

Name = tuple[tuple[Term, ...], tuple[str, ...] | str]  # terms, and the sort of an index or the field of sums

BITS = 8
SIZE = 1 << BITS  # places of a chunk
MASK = SIZE - 1
MOST_INDEXES = 48
MOST_SEEN = 4096
_NOTHING: list[tuple[Name, Index | Sums]] = []
_SPARE = 1024  # places that may be empty before the rows move together
_LATE = frozenset({"rows", "serial", "_chunks", "_keys", "_names", "_own", "_indexes", "_used", "start", "_base", "_changed", "_seen", "_by"})


class Table:
    """The rows of one collection, in the order they were made.

    rows: themselves, or what makes them when somebody first looks; a table's own rows are shared, not copied;
    serial: the highest number that was given to one; start: the instant to which seeded dates are relative, None where all are fixed.
    """

    __slots__ = (*sorted(_LATE), "_make", "version")
    rows: "View"
    serial: int
    start: float | None
    _chunks: list[list[Any]]  # rows; None where one was removed, Undated where nobody has looked at one yet
    _names: list[list[Key]]  # their keys
    _own: set[int]  # the chunks that nobody else holds
    _keys: Shards
    _used: int
    _indexes: dict[Name, Index | Sums | None]  # None where what is in a column can't be kept in order
    _by: dict[str, Index]  # those of one field and no order, by the field alone
    _seen: dict[Key, Row]  # rows that were looked up by key
    _base: "Table | None"  # the table whose rows these were, that makes indexes for all who share it
    _changed: set[int]  # the places where they are not any more

    def __init__(self, rows: Rows, serial: int | None = None) -> None:
        self.version = 0
        self._make = rows if callable(rows) else None
        if not callable(rows):
            self._fill(rows, serial)

    def __getattr__(self, name: str) -> Any:
        if name not in _LATE or self._make is None:  # asked for only while a slot is empty
            raise AttributeError(name)
        self._fill(self._make())
        return getattr(self, name)

    def _fill(self, rows: Mapping[Key, Row], serial: int | None = None) -> None:
        self.rows, self._seen, self._by = View(self), {}, {}
        if isinstance(rows, View):
            self._share(rows.table)
        else:
            self._lay(list(rows.items()))
            self._base, self._changed, self.start = None, set(), None
            self.serial = _serial(rows)
        self.serial = self.serial if serial is None else serial

    def _share(self, other: "Table") -> None:
        self._chunks, self._names, self._used = other._chunks.copy(), other._names.copy(), other._used
        self._own, other._own = set(), set()
        self._keys = other._keys.copy()
        self._indexes = {terms: index and index.copy() for terms, index in other._indexes.items()}
        self._base, self._changed, self.start, self.serial = other._base, other._changed.copy(), other.start, other.serial

    def _lay(self, items: list[tuple[Key, Any]]) -> None:
        """Rows in a row, with no index."""
        self._chunks = [[row for _, row in items[first : first + SIZE]] for first in range(0, len(items), SIZE)]
        self._names = [[key for key, _ in items[first : first + SIZE]] for first in range(0, len(items), SIZE)]
        self._own, self._used = set(range(len(self._chunks))), len(items)
        self._keys = Shards({key: place for place, (key, _) in enumerate(items)})
        self._indexes, self._by = {}, {}

    @classmethod
    def seeded(cls, base: "Table", start: float | None) -> "Table":
        """A table with the rows of another, whose dates are relative to a start, if there are any."""
        made = cls(base.rows)
        made._base, made.start = base, start
        return made

    def __len__(self) -> int:
        return self._keys.count

    def get(self, key: Key) -> Row | None:
        """The row of a key. Raises TypeError for one that no row can have."""
        row = self._seen.get(key)
        return row if row is not None else self._fetch(key)

    def _fetch(self, key: Key) -> Row | None:
        place = self._keys.get(key)
        if place is None:
            return None
        return self._see(key, self.at(place))

    def _see(self, key: Key, row: Row) -> Row:
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[key] = row
        return row

    def at(self, place: int) -> Row:
        """The row at a place."""
        row: Any = self._chunks[place >> BITS][place & MASK]
        if type(row) is Undated and self.start is not None:
            row = self._writable(place >> BITS)[place & MASK] = row.at(self.start)
        return row  # type: ignore[no-any-return]

    def _raw(self, place: int) -> Any:
        row = self._chunks[place >> BITS][place & MASK]
        return row.row if type(row) is Undated else row

    def fetched(self, places: Iterable[int]) -> list[Row]:
        """The rows at some places."""
        chunks = self._chunks
        found = [chunks[place >> BITS][place & MASK] for place in places]
        if self.start is not None and Undated in map(type, found):
            return [self.at(place) for place in places]
        return found

    def items(self) -> Iterator[tuple[Key, Row]]:
        """Every key and its row, in the order they were made."""
        for number, (names, chunk) in enumerate(zip(self._names, self._chunks, strict=True)):
            for offset, row in enumerate(chunk):
                if row is not None:
                    yield names[offset], self.at(number << BITS | offset) if type(row) is Undated else row

    def keys(self) -> Iterator[Key]:
        """Every key, in the order the rows were made."""
        for names, chunk in zip(self._names, self._chunks, strict=True):
            yield from (key for key, row in zip(names, chunk, strict=True) if row is not None)

    def values(self) -> Iterator[Row]:
        """Every row, in the order they were made."""
        dated = self.start is None
        for number, chunk in enumerate(self._chunks):
            if dated:
                yield from (row for row in chunk if row is not None)
            else:
                yield from (self.at(number << BITS | offset) if type(row) is Undated else row for offset, row in enumerate(chunk) if row is not None)

    def by(self, field: str, value: Any) -> list[Row]:
        """The rows with a value in a field, in the order they were made."""
        places = self._places_by(field, value)
        return self.fetched(places) if places else []

    def few(self, field: str, value: Any, most: int) -> list[Row] | None:
        """The same, None where they are more than so many."""
        places = self._places_by(field, value)
        return [] if not places else self.fetched(places) if len(places) <= most else None

    def _places_by(self, field: str, value: Any) -> Places | None:
        index = self._by.get(field)
        if index is None:
            index = self._by[field] = self._find(((field,), ()))  # type: ignore[assignment] # values in no order are always kept
        parts = index.parts  # type: ignore[union-attr]
        if not parts.count:
            return None
        value = value if type(value) is int or type(value) is str else plain(value)
        found: Places | None = parts.dicts[hash(value) & parts.mask].get(value)
        return found

    def place_of(self, key: Key) -> int | None:
        """Where the row of a key stands."""
        try:
            found: int | None = self._keys.get(key)
        except TypeError:
            return None
        return found

    # indexes

    def index(self, terms: tuple[Term, ...], sort: tuple[str, ...]) -> Index | None:
        """The index by some terms in the order of some fields, made when it is first asked for; None where that order can't be kept."""
        return self._find((terms, sort))  # type: ignore[return-value]

    def sums(self, terms: tuple[Term, ...], field: str) -> Sums | None:
        """The sums of a field by some terms; None where they can't be kept."""
        return self._find((terms, field))  # type: ignore[return-value]

    def _find(self, name: Name) -> Index | Sums | None:
        known = self._indexes.get(name, self)
        if known is self:
            if len(self._indexes) >= MOST_INDEXES:
                del self._indexes[next(iter(self._indexes))]
                self._by.clear()
            known = self._indexes[name] = self._inherited(name) or self._built(*name)
        return known  # type: ignore[return-value]

    def _inherited(self, name: Name) -> Index | Sums | None:
        """The index of those who share the rows, with what is different here."""
        base = self._base
        shared = base._find(name) if base is not None else None
        if base is None or shared is None:
            return None
        index = shared.copy()
        try:
            for place in self._changed:
                if place < base._used and base._chunks[place >> BITS][place & MASK] is not None:
                    index.remove(place, self._as_before)
            for place in self._changed:
                if self._chunks[place >> BITS][place & MASK] is not None:
                    index.add(place, self.at)
        except UnorderedError:
            return None
        return index

    def _as_before(self, place: int) -> Row:
        """The row that stood at a place before anything was written here."""
        assert self._base is not None
        row: Row | Undated = self._base._chunks[place >> BITS][place & MASK]
        return row.at(self.start or 0.0) if isinstance(row, Undated) else row

    def _built(self, terms: tuple[Term, ...], order: tuple[str, ...] | str) -> Index | Sums | None:
        places = [number << BITS | offset for number, chunk in enumerate(self._chunks) for offset, row in enumerate(chunk) if row is not None]
        at = self.at if self.start is not None else self._raw
        try:
            return summed(terms, order, places, at) if isinstance(order, str) else built(terms, order, places, at)
        except UnorderedError:
            return None

    # writing

    def put(self, key: Key, row: Row) -> None:
        """Writes a row, new or replaced."""
        keys = self._keys
        place = keys.dicts[hash(key) & keys.mask].get(key)
        if place is None:
            self._append(key, row)
        else:
            self._replace(place, row)
        self._see(key, row)
        self.version += 1

    def _append(self, key: Key, row: Row) -> None:
        place = self._used
        number = place >> BITS
        if number == len(self._chunks):
            self._chunks.append([])
            self._names.append([])
            self._own.add(number)
        self._writable(number).append(row)
        self._names[number].append(key)
        self._keys.put(key, place)
        self._used += 1
        if self._indexes:
            self._enter(list(self._indexes.items()), place)
        self._differ(place)

    def _replace(self, place: int, row: Row) -> None:
        number, moved = place >> BITS, _NOTHING
        if self._indexes:
            old = self.at(place)
            moved = [(name, index) for name, index in self._indexes.items() if index is not None and index.tells_apart(old, row)]
            for _, index in moved:
                index.remove(place, self.at)
        chunk = self._chunks[number] if number in self._own else self._writable(number)
        chunk[place & MASK] = row
        if moved:
            self._enter(moved, place)
        if self._base is not None and place not in self._changed:
            self._differ(place)

    def _enter(self, indexes: Iterable[tuple[Name, Index | Sums | None]], place: int) -> None:
        for name, index in indexes:
            try:
                if index is not None:
                    index.add(place, self.at)
            except UnorderedError:
                self._indexes[name] = None

    def _differ(self, place: int) -> None:
        """Notes that a place is not as it was; a table that has little in common with its base any more makes its own indexes."""
        if self._base is not None:
            self._changed.add(place)
            if len(self._changed) > _SPARE + len(self) // 8:
                self._base, self._changed = None, set()

    def _writable(self, number: int) -> list[Any]:
        """A chunk that nobody else holds."""
        if number not in self._own:
            self._chunks[number] = self._chunks[number].copy()
            self._names[number] = self._names[number].copy()
            self._own.add(number)
        return self._chunks[number]

    def remove(self, key: Key) -> None:
        """Removes a row if it is there."""
        place = self._keys.get(key)
        if place is None:
            return
        for index in self._indexes.values():
            if index is not None:
                index.remove(place, self.at)
        self._writable(place >> BITS)[place & MASK] = None
        self._keys.remove(key)
        self._seen.pop(key, None)
        self._differ(place)
        self.version += 1
        if self._used > 2 * len(self) + _SPARE:
            self._move_together()

    def _move_together(self) -> None:
        """Fills the places of rows that are gone; so what is kept and gone through is never more than twice what is there."""
        self._lay(list(self.items()))
        self._base, self._changed = None, set()


def _serial(rows: Mapping[Key, Any]) -> int:
    numbers = (key for key in rows if isinstance(key, int) and not isinstance(key, bool))
    return max(numbers, default=len(rows))


class View(Mapping[Key, Row]):
    """The rows of a table by key, as they are now."""

    __slots__ = ("table",)

    def __init__(self, table: Table) -> None:
        self.table = table

    def __getitem__(self, key: Key) -> Row:
        found = self.table.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Key]:
        return self.table.keys()

    def items(self) -> Any:
        """Every key and its row."""
        return self.table.items()

    def values(self) -> Any:
        """Every row."""
        return self.table.values()
