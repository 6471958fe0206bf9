"""Rows in an order: those that an index has put into it are counted at once and fetched by the page, others were gone through."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mock_server.state.indexes import Index
from mock_server.state.ordering import UnorderedError, sort_key, sort_rows
from mock_server.state.places import cut, rank
from mock_server.state.table import Row, Table

BATCH = 32  # rows that are fetched at once


class Selection:
    """The rows of one value of an index, in its order; good until the table is written to."""

    __slots__ = ("_index", "_places", "_table")

    def __init__(self, table: Table, index: Index, value: Any) -> None:
        self._table, self._index, self._places = table, index, index.places(value)

    def __len__(self) -> int:
        return len(self._places)

    def rows(self, start: int = 0, stop: int | None = None) -> list[Row]:
        """The rows between two positions."""
        return self._table.fetched(cut(self._places, start, len(self._places) if stop is None else stop))

    def position(self, key: Any) -> int | None:
        """Where the row of a key stands, None if it is not among them."""
        place = self._table.place_of(key)
        if place is None:
            return None
        row = self._table.at(place)
        try:
            target: Any = (sort_key(row, self._index.sort), place) if self._index.sort else place
        except UnorderedError:
            return None  # such a row is in no index
        at = rank(self._places, target, self._index.key(self._table.at))
        return at if cut(self._places, at, at + 1) == (place,) else None

    def place_for(self, row: Row) -> int:
        """Where a row would stand that was made last. Raises UnorderedError."""
        if not self._index.sort:
            return len(self)
        return rank(self._places, (sort_key(row, self._index.sort), float("inf")), self._index.key(self._table.at))


class Sifted:
    """Those rows of a selection that a condition holds for, which is asked of little more of them than a page needs. Positions are the selection's.

    sift: of some rows those that it holds for.
    """

    __slots__ = ("_sift", "selection")

    def __init__(self, selection: Selection, sift: Callable[[list[Row]], list[Row]]) -> None:
        self.selection, self._sift = selection, sift

    def _first(self, batches: Iterator[list[Row]], count: int) -> list[Row]:
        return list(islice((row for batch in batches for row in self._sift(batch)), min(count, len(self.selection))))

    def rows_from(self, position: int, count: int) -> list[Row]:
        """The first so many from a position on."""
        return self._first((self.selection.rows(start, start + BATCH) for start in range(position, len(self.selection), BATCH)), count)

    def rows_before(self, position: int, count: int) -> list[Row]:
        """The last so many before a position, the nearest first."""
        return self._first((self.selection.rows(max(0, stop - BATCH), stop)[::-1] for stop in range(position, 0, -BATCH)), count)

    def position(self, key: Any) -> int | None:
        """Where the row of a key stands, None if it is not among them."""
        found = self.selection.position(key)
        return found if found is not None and self._sift(self.selection.rows(found, found + 1)) else None

    def place_for(self, row: Row) -> int:
        """Where a row would stand that was made last. Raises UnorderedError."""
        return self.selection.place_for(row)

    def listed(self, sort: tuple[str, ...], key: str) -> "Listed":
        """All of them."""
        return Listed(self._sift(self.selection.rows()), sort, key)


class Listed:
    """Rows that were gone through, in their order."""

    __slots__ = ("_key", "_rows", "_sort")

    def __init__(self, rows: list[Row], sort: tuple[str, ...], key: str) -> None:
        self._rows, self._sort, self._key = rows, sort, key

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int = 0, stop: int | None = None) -> list[Row]:
        """The rows between two positions."""
        return self._rows[start:stop]

    def position(self, key: Any) -> int | None:
        """Where the row of a key stands, None if it is not among them."""
        return next((index for index, row in enumerate(self._rows) if row[self._key] == key), None)

    def place_for(self, row: Row) -> int:
        """Where a row would stand that was made last."""
        return next(index for index, other in enumerate(sort_rows([*self._rows, row], self._sort)) if other is row)


Rows = Listed | Selection
