"""Tables: shared between holders, found by indexes, in the order that going through all rows gives."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.instants import Instant
from fixtures.records import Dataset
from mock_server.state.indexes import Computed, plain
from mock_server.state.ordering import sort_rows
from mock_server.state.store import Store, Unit, seeds
from mock_server.state.table import SIZE, Table

Row = dict[str, Any]
CAT = Computed(frozenset(["kind"]), lambda row: row.get("kind") == "cat")
VALUES = st.sampled_from([None, True, False, 0, 1, 2, 2.0, 1.5, -1, "", "a", "b", "ab", "1", "é", "z" * 9])
ODD = VALUES | st.sampled_from([[1], [2, 1], {"a": 1}])
SORTS = st.lists(st.sampled_from(["n", "-n", "kind", "-kind", "id"]), max_size=3).map(tuple)
START = 1_800_000_000.0


def row_of(key: int, values: Any) -> Row:
    return {"id": key, **{name: value for name, value in zip(("n", "kind"), values, strict=True) if value is not None or key % 2}}


def writes(values: Any, keys: int = 12) -> Any:
    return st.lists(st.tuples(st.integers(1, keys), st.none() | st.tuples(values, values)), max_size=30)


def write(unit: Unit, done: Any) -> Unit:
    for key, values in done:
        if values is None:
            unit.remove("pets", key)
        else:
            unit.put("pets", key, row_of(key, values))
    return unit


def chosen(rows: list[Row], field: str, value: Any, sort: tuple[str, ...]) -> list[Row]:
    return sort_rows([row for row in rows if plain(row.get(field)) == plain(value)], sort)


def selected(store: Store, terms: Any, sort: tuple[str, ...]) -> list[Row] | None:
    found = store.begin().select("pets", terms, sort)
    return None if found is None else found.rows()


@pytest.mark.parametrize("values", [VALUES, ODD], ids=["plain values", "any values"])
def test_what_an_index_selects_is_what_going_through_all_rows_gives(values: Any) -> None:
    @given(first=writes(values), asked=st.lists(st.tuples(VALUES, SORTS), min_size=1, max_size=4), later=st.lists(writes(values), max_size=4))
    @settings(deadline=None, max_examples=150)
    def holds(first: Any, asked: Any, later: Any) -> None:
        store = Store({"pets": {}})
        for step in [first, *later]:
            write(store.begin(), step).commit()
            rows = list(store.begin().all("pets"))
            for value, sort in asked:
                found = selected(store, [("kind", value)], sort)
                assert found == chosen(rows, "kind", value, sort) or (found is None and values is ODD)
                assert list(store.begin().by("pets", "kind", value)) == chosen(rows, "kind", value, ())
                assert list(store.begin().matching("pets", {"kind": value, "n": value})) == chosen(chosen(rows, "kind", value, ()), "n", value, ())
                everything = selected(store, [], sort)
                assert everything == sort_rows(rows, sort) or (everything is None and values is ODD)

    holds()


@given(before=writes(VALUES), ours=writes(VALUES), theirs=writes(VALUES), sort=SORTS, early=st.booleans())
@settings(deadline=None)
def test_a_copy_and_what_it_was_copied_of_go_their_own_ways(before: Any, ours: Any, theirs: Any, sort: Any, early: bool) -> None:
    store = Store({"pets": {}})
    write(store.begin(), before).commit()
    if early:
        selected(store, [("kind", "a")], sort)
    other = Store({"pets": store.tables["pets"].rows})
    plainly = Store({"pets": dict(store.tables["pets"].rows)})
    write(store.begin(), ours).commit()
    for one in (other, plainly):
        write(one.begin(), theirs).commit()
    assert list(other.tables["pets"].rows.items()) == list(plainly.tables["pets"].rows.items())
    for one in (store, other):
        rows = list(one.begin().all("pets"))
        assert selected(one, [("kind", "a")], sort) == chosen(rows, "kind", "a", sort)


OFFSETS = st.integers(-5, 5).map(lambda days: days * 40_000) | st.sampled_from([0.5, -0.25, 0.0001, 0.0002, -0.0001])  # some are less than a millisecond
FORMS = st.sampled_from(["date-time", "date-time", "number", "date"])
DATED = st.lists(st.tuples(OFFSETS, FORMS) | st.just(None) | st.just("2027-01-15"), max_size=12)


@given(dates=DATED, done=writes(VALUES), sort=st.sampled_from([("at",), ("-at",), ("kind", "-at", "id")]), shared=st.booleans())
@settings(deadline=None, max_examples=200)
def test_seeded_rows_are_in_the_order_of_their_dates_in_every_world(dates: Any, done: Any, sort: Any, shared: bool) -> None:
    rows = {number: {"id": number, "at": Instant(*date) if isinstance(date, tuple) else date} for number, date in enumerate(dates, 1)}
    data = Dataset({"pets": rows})
    for start in (START, START + 43_201):
        store = Store(seeds(data, start))
        if shared:
            selected(store, [], sort)
        write(store.begin(), done).commit()
        expected = Store({"pets": data.table("pets", start)})
        write(expected.begin(), done).commit()
        wanted = list(expected.begin().all("pets"))
        found = selected(store, [], sort)
        assert found is None or found == sort_rows(wanted, sort)
        assert list(store.begin().all("pets")) == wanted
        assert store.tables["pets"].serial == expected.tables["pets"].serial or done


@given(done=writes(VALUES), sort=SORTS, key=st.integers(0, 13), start=st.integers(0, 14), size=st.integers(1, 5))
@settings(deadline=None)
def test_a_page_and_a_position_are_those_of_the_whole_list(done: Any, sort: Any, key: int, start: int, size: int) -> None:
    store = Store({"pets": {}})
    write(store.begin(), done).commit()
    rows = sort_rows(list(store.begin().all("pets")), sort)
    found = store.begin().select("pets", [], sort)
    assert found is not None
    assert (len(found), found.rows(start, start + size)) == (len(rows), rows[start : start + size])
    assert found.position(key) == next((index for index, row in enumerate(rows) if row["id"] == key), None)
    stub = {"id": key, "n": 1, "kind": "a"}
    assert found.place_for(stub) == next(index for index, row in enumerate(sort_rows([*rows, stub], sort)) if row is stub)


def test_large_collections_are_kept_in_order_as_small_ones_are() -> None:
    table = Table({number: {"id": number, "n": number * 7919 % 5003, "kind": "cat" if number % 3 else "dog"} for number in range(6000)})
    index = table.index(("kind",), ("-n",))
    assert index is not None
    for number in range(0, 12_000, 5):
        if number % 2:
            table.remove(number)
        else:
            table.put(number, {"id": number, "n": number * 31 % 977, "kind": "cat" if number % 4 else "dog"})
    for kind in ("cat", "dog"):
        rows = chosen(list(table.values()), "kind", kind, ("-n",))
        assert table.fetched(index.places(kind)) == rows
        assert len(index.places(kind)) == len(rows)
    assert table.get(7 * 5) is None
    assert len(list(table.keys())) == len(table) == len(table.rows)


def test_a_computed_value_is_found() -> None:
    store = Store({"pets": {1: {"id": 1, "kind": "cat"}, 2: {"id": 2, "kind": "dog"}, 3: {"id": 3, "kind": "cat"}}})
    assert selected(store, [(CAT, True)], ("-id",)) == [{"id": 3, "kind": "cat"}, {"id": 1, "kind": "cat"}]
    write(store.begin(), [(1, (1, "dog"))]).commit()
    assert selected(store, [(CAT, True)], ("-id",)) == [{"id": 3, "kind": "cat"}]


def test_nothing_is_selected_over_what_is_not_committed() -> None:
    unit = Store({"pets": {1: {"id": 1}}}).begin()
    unit.put("pets", 2, {"id": 2})
    assert unit.select("pets", [], ()) is None


def test_places_of_rows_that_are_gone_are_used_again() -> None:
    table = Table({})
    for number in range(20_000):
        table.put(number, {"id": number, "n": number})
        table.by("n", number)
        table.remove(number - 3)
    assert [row["id"] for row in table.values()] == [19_997, 19_998, 19_999]
    assert [row["id"] for row in table.by("n", 19_998)] == [19_998]
    assert len(table._chunks) * SIZE < 2000


def test_a_value_that_has_no_order_is_gone_through() -> None:
    store = Store({"pets": {1: {"id": 1, "n": 2}, 2: {"id": 2, "n": 1}}})
    assert selected(store, [], ("n",)) == [{"id": 2, "n": 1}, {"id": 1, "n": 2}]
    write(store.begin(), [(3, ([1], None))]).commit()
    assert selected(store, [], ("n",)) is None
    assert selected(store, [], ("id",)) is not None


@pytest.mark.parametrize(("offsets", "order"), [((0.0002, 0.0001), [1, 2]), ((0.002, 0.001), [2, 1]), ((2, 1), [2, 1])])
def test_dates_that_are_the_same_to_the_millisecond_are_in_the_order_of_their_rows(offsets: Any, order: Any) -> None:
    data = Dataset({"pets": {number: {"id": number, "at": Instant(offset)} for number, offset in enumerate(offsets, 1)}})
    found = selected(Store(seeds(data, START)), [], ("at",))
    assert [row["id"] for row in found or ()] == order
