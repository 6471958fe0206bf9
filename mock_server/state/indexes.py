"""An index of a table: the places of its rows by the values of some fields, and those with the same values in the order of other fields."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fixtures.instants import Instant
from mock_server.state.ordering import PLAIN, UnorderedError, arranged, sort_key
from mock_server.state.places import Key, Places, added, itself, packed, removed
from mock_server.state.shards import Shards

Row = dict[str, Any]
At = Callable[[int], Row]  # the row at a place


@dataclass(frozen=True, eq=False)
class Computed:
    """A value that depends on nothing but a row. fields: those that it is made of."""

    fields: frozenset[str]
    of: Callable[[Row], Any]


Term = str | Computed


def plain(value: Any) -> Any:
    """What a value is found by: true is not 1, a list is no text."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    return ("bool", value) if kind is bool else value if kind is float else ("other", repr(value))


def is_plain(value: Any) -> bool:
    """Whether values that are equal to this one, as expressions compare, are those that are found by it."""
    return type(value) in PLAIN


class Index:
    """Value of the terms -> the places of the rows that have it, ordered by the sort's fields and then by age."""

    __slots__ = ("_alone", "_fields", "parts", "sort", "terms")

    def __init__(self, terms: tuple[Term, ...], sort: tuple[str, ...], parts: Shards) -> None:
        self.terms, self.sort, self.parts = terms, sort, parts
        self._alone = terms[0] if len(terms) == 1 and isinstance(terms[0], str) else None  # most are of one field, and found by its value
        self._fields = (*_fields(terms), *(name.removeprefix("-") for name in sort))

    def copy(self) -> "Index":
        """Another one with the same content."""
        return Index(self.terms, self.sort, self.parts.copy())

    def value(self, row: Row) -> Any:
        """Where a row belongs."""
        return plain(row.get(self._alone)) if self._alone is not None else tuple([_value(row, term) for term in self.terms])

    def wanted(self, values: Iterable[Any]) -> Any:
        """Where rows with these values of the terms are."""
        found = tuple(map(plain, values))
        return found if self._alone is None else found[0]

    def key(self, at: At) -> Key:
        """What places are ordered by."""
        sort = self.sort
        return (lambda place: (sort_key(at(place), sort), place)) if sort else itself

    def places(self, value: Any) -> Places:
        """The places of a value."""
        found: Places = self.parts.get(value, ())
        return found

    def add(self, place: int, at: At) -> None:
        """Takes a row in. Raises UnorderedError."""
        value = self.value(at(place))
        self.parts.put(value, added(self.parts.get(value, ()), place, self.key(at)))

    def remove(self, place: int, at: At) -> None:
        """Lets a row go that is in it."""
        value = self.value(at(place))
        left = removed(self.places(value), place, self.key(at))
        if left:
            self.parts.put(value, left)
        else:
            self.parts.remove(value)

    def tells_apart(self, old: Row, new: Row) -> bool:
        """Whether two rows stand at different places in it."""
        for name in self._fields:
            if old.get(name) is not new.get(name):  # a changed row mostly has the very values of the one before
                break
        else:
            return False
        return self.value(old) != self.value(new) or any(old.get(name) != new.get(name) for name in self._fields[len(_fields(self.terms)) :])


class Sums:
    """Value of the terms -> the sum of a field of the rows that have it. Whole numbers alone: their sum is the same in any order."""

    __slots__ = ("_index", "field", "parts")

    def __init__(self, terms: tuple[Term, ...], field: str, parts: Shards) -> None:
        self._index, self.field, self.parts = Index(terms, (), parts), field, parts

    def copy(self) -> "Sums":
        """Another one with the same content."""
        return Sums(self._index.terms, self.field, self.parts.copy())

    def of(self, values: Iterable[Any]) -> int:
        """The sum of the rows with these values of the terms."""
        found: int = self.parts.get(self._index.wanted(values), 0)
        return found

    def _move(self, row: Row, times: int) -> None:
        number, value = row.get(self.field), self._index.value(row)
        if type(number) is not int:
            raise UnorderedError
        self.parts.put(value, self.parts.get(value, 0) + times * number)

    def add(self, place: int, at: At) -> None:
        """Takes a row in. Raises UnorderedError."""
        self._move(at(place), 1)

    def remove(self, place: int, at: At) -> None:
        """Lets a row go that is in it."""
        self._move(at(place), -1)

    def tells_apart(self, old: Row, new: Row) -> bool:
        """Whether two rows count differently."""
        return bool(old.get(self.field) != new.get(self.field)) or type(new.get(self.field)) is not int or self._index.tells_apart(old, new)


def _value(row: Row, term: Term) -> Any:
    return plain(row.get(term)) if isinstance(term, str) else plain(term.of(row))


def built(terms: tuple[Term, ...], sort: tuple[str, ...], places: list[int], at: At) -> Index:
    """An index of the rows at some places, which are in order of age. Raises UnorderedError."""
    ordered = arranged(places, sort, lambda items, name: _column([at(place).get(name) for place in items]))
    parts: dict[Any, list[int]] = {}
    index = Index(terms, sort, Shards({}))
    for place in ordered:
        row = at(place)
        if any(isinstance(row.get(field), Instant) for field in _fields(terms)):
            raise UnorderedError
        parts.setdefault(index.value(row), []).append(place)
    index.parts = Shards({value: packed(found) for value, found in parts.items()})
    return index


def summed(terms: tuple[Term, ...], field: str, places: list[int], at: At) -> Sums:
    """The sums of the rows at some places. Raises UnorderedError."""
    sums = Sums(terms, field, Shards({}))
    for place in places:
        if any(isinstance(at(place).get(name), Instant) for name in _fields(terms)):
            raise UnorderedError
        sums.add(place, at)
    return sums


def _fields(terms: tuple[Term, ...]) -> list[str]:
    return [field for term in terms for field in ([term] if isinstance(term, str) else term.fields)]


def _column(values: list[Any]) -> list[Any]:
    """The values of a field, comparable. Dates that are not yet fixed are in the same order for every start, as long as they are whole milliseconds."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {Instant}:
        forms = {value.form for value in values if value is not None}
        if len(forms) > 1 or "date" in forms or not all(value is None or round(value.offset * 1000) / 1000 == value.offset for value in values):
            raise UnorderedError
        return [None if value is None else value.offset for value in values]
    if not kinds <= PLAIN:
        raise UnorderedError
    return values
