"""Rows, and one call's transaction over them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.state.store import Store, Unit


@pytest.fixture
def store(make_store: Callable[[Any], Store]) -> Store:
    return make_store({"pets": {1: {"id": 1, "kind": "cat"}, 2: {"id": 2, "kind": "dog"}, 3: {"id": 3, "kind": "cat"}}, "names": {"a": {"id": "a"}}})


def keys(rows: Any) -> list[Any]:
    return [row["id"] for row in rows]


def committed(store: Store, *writes: tuple[Any, Any]) -> Store:
    unit = store.begin()
    for key, row in writes:
        if row is None:
            unit.remove("pets", key)
        else:
            unit.put("pets", key, row)
    unit.commit()
    return store


def test_a_row_is_found_by_its_key(store: Store) -> None:
    assert store.begin().get("pets", 2) == {"id": 2, "kind": "dog"}


@pytest.mark.parametrize("key", [9, None, "1", [1], {}, 1.5])
def test_a_key_that_no_row_has_finds_none(store: Store, key: Any) -> None:
    assert store.begin().get("pets", key) is None


def test_own_writes_are_visible_before_the_commit(store: Store) -> None:
    unit = store.begin()
    unit.put("pets", 4, {"id": 4, "kind": "cat"})
    unit.put("pets", 1, {"id": 1, "kind": "dog"})
    unit.remove("pets", 2)
    assert unit.get("pets", 4) == {"id": 4, "kind": "cat"}
    assert unit.get("pets", 2) is None
    assert keys(unit.all("pets")) == [1, 3, 4]
    assert sorted(keys(unit.by("pets", "kind", "cat"))) == [3, 4]
    assert keys(unit.by("pets", "kind", "dog")) == [1]


def test_nothing_is_written_before_the_commit(store: Store) -> None:
    unit = store.begin()
    unit.put("pets", 4, {"id": 4, "kind": "cat"})
    unit.remove("pets", 1)
    other = store.begin()
    assert keys(other.all("pets")) == [1, 2, 3]
    assert other.get("pets", 4) is None


def test_a_unit_that_is_dropped_leaves_no_trace(store: Store) -> None:
    before = store.versions(["pets"])
    store.begin().put("pets", 1, {"id": 1})
    assert store.versions(["pets"]) == before


def test_the_commit_writes_all(store: Store) -> None:
    assert keys(committed(store, (4, {"id": 4, "kind": "cat"}), (1, None)).begin().all("pets")) == [2, 3, 4]


def test_a_row_that_was_removed_and_put_again_is_there(store: Store) -> None:
    unit = store.begin()
    unit.remove("pets", 1)
    unit.put("pets", 1, {"id": 1, "kind": "cow"})
    assert keys(unit.by("pets", "kind", "cow")) == [1]


def test_removing_what_is_not_there_is_no_fault(store: Store) -> None:
    assert keys(committed(store, (9, None)).begin().all("pets")) == [1, 2, 3]


def test_an_index_follows_updates(store: Store) -> None:
    assert keys(store.begin().by("pets", "kind", "cat")) == [1, 3]
    committed(store, (1, {"id": 1, "kind": "dog"}))
    assert sorted(keys(store.begin().by("pets", "kind", "dog"))) == [1, 2]
    assert keys(store.begin().by("pets", "kind", "cat")) == [3]


def test_an_index_gives_the_row_as_it_is_now(store: Store) -> None:
    assert keys(store.begin().by("pets", "kind", "dog")) == [2]
    committed(store, (2, {"id": 2, "kind": "dog", "name": "Rex"}))
    assert [row["name"] for row in store.begin().by("pets", "kind", "dog")] == ["Rex"]


def test_an_index_follows_removals(store: Store) -> None:
    assert keys(store.begin().by("pets", "kind", "cat")) == [1, 3]
    committed(store, (1, None))
    assert keys(store.begin().by("pets", "kind", "cat")) == [3]


def test_a_field_that_is_missing_is_null(store: Store) -> None:
    assert keys(store.begin().by("pets", "owner", None)) == [1, 2, 3]
    committed(store, (1, {"id": 1, "owner": 7}))
    assert keys(store.begin().by("pets", "owner", None)) == [2, 3]


@pytest.mark.parametrize("value", [True, [1, 2], {"a": 1}, 2.5, None, "x"])
def test_any_json_value_can_be_looked_up(store: Store, value: Any) -> None:
    assert keys(committed(store, (1, {"id": 1, "x": value})).begin().by("pets", "x", value))[:1] == [1]


@pytest.mark.parametrize("written", [True, False])
def test_true_is_not_one(store: Store, written: bool) -> None:
    unit = store.begin()
    unit.put("pets", 1, {"id": 1, "n": 1})
    if written:
        unit.commit()
    assert keys(unit.by("pets", "n", True)) == []


def test_a_number_is_given_once(store: Store) -> None:
    first, second = store.begin(), store.begin()
    assert [first.next_number("pets"), second.next_number("pets"), first.next_number("pets")] == [4, 5, 6]


def test_a_number_of_a_removed_row_is_not_given_again(store: Store) -> None:
    committed(store, (3, None))
    assert store.begin().next_number("pets") == 4


def test_keys_that_are_texts_are_numbered_by_how_many_there_are(store: Store) -> None:
    assert store.begin().next_number("names") == 2


def test_what_was_read_is_known(store: Store) -> None:
    unit = store.begin()
    unit.by("names", "id", "a")
    unit.put("pets", 1, {"id": 1})
    assert unit.read == {"names"}


@pytest.mark.parametrize(("writes", "changed"), [([], False), ([(1, None)], True), ([(9, None)], True)])
def test_a_unit_knows_whether_it_would_write(store: Store, writes: list[Any], changed: bool) -> None:
    unit = store.begin()
    for key, _ in writes:
        unit.remove("pets", key)
    assert unit.changed is changed


def test_a_version_changes_with_each_write_and_of_its_collection_alone(store: Store) -> None:
    before = store.versions(["pets", "names"])
    committed(store, (1, {"id": 1}))
    after = store.versions(["pets", "names"])
    assert (after[0] != before[0], after[1] == before[1]) == (True, True)


WRITES = st.lists(st.tuples(st.integers(1, 5), st.none() | st.fixed_dictionaries({"kind": st.sampled_from(["cat", "dog", None])})), max_size=12)


@given(done=WRITES, pending=WRITES)
def test_looking_up_gives_what_going_through_all_rows_gives(done: Any, pending: Any) -> None:
    store = Store({"pets": {}})
    list(store.begin().by("pets", "kind", "cat"))
    write(store.begin(), done).commit()
    unit = write(store.begin(), pending)
    for kind in ("cat", "dog", None):
        assert sorted(keys(unit.by("pets", "kind", kind))) == sorted(row["id"] for row in unit.all("pets") if row["kind"] == kind)


def write(unit: Unit, writes: Any) -> Unit:
    for key, row in writes:
        if row is None:
            unit.remove("pets", key)
        else:
            unit.put("pets", key, {"id": key, **row})
    return unit
