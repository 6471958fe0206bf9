"""Pages of an order that is kept are those of the whole list, cut: whether rows are counted, selected or walked."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.engine import Request
from mock_server.engine.pages import Pager, _cursor, cut, walked
from mock_server.state.ordering import sort_rows
from mock_server.state.selection import Listed, Sifted
from mock_server.state.store import Store

CURSORS, PAGES, OFFSETS = (Pager(style, "page", "size", "cursor", 3, 5) for style in ("cursor", "page", "offset"))
VALUES = st.sampled_from([None, 1, 2, 2, "a", "b"])
ROWS = st.lists(VALUES, max_size=20)
SORTS = st.sampled_from([("n", "id"), ("-n", "id"), ("-n",), ("id",), ()])
GONE = st.sampled_from([{"id": 4, "n": 1}, {"id": 99, "n": "a"}, {"id": 99, "n": None}, {"id": [1], "n": 2}, {"id": 99, "n": [1]}, {"id": 99, "n": {}}])
ODD = st.sampled_from(["", "nonsense", "W10", "WzEsMl0", "bnVsbA"])
NUMBERS = st.none() | st.sampled_from(["0", "1", "2", "3", "9", "-1", "x", "9" * 30])


def call_of(**query: Any) -> Any:
    given = {name: value for name, value in query.items() if value is not None}
    return SimpleNamespace(query=given, request=Request("GET", "/rows", b"size=2&other=1", host="localhost"))


@given(values=ROWS, sort=SORTS, at=st.integers(0, 25), gone=st.none() | GONE, odd=st.none() | ODD, page=NUMBERS, size=NUMBERS, least=st.integers(0, 3))
@settings(deadline=None, max_examples=600)
def test_a_page_by_cursor_is_the_same_whether_rows_are_counted_or_walked(
    values: Any, sort: Any, at: int, gone: Any, odd: Any, page: Any, size: Any, least: int
) -> None:
    def fits(row: Any) -> bool:
        return bool(row["id"] % 4 >= least)

    store = Store({"rows": {number: {"id": number, "n": value} for number, value in enumerate(values)}})
    rows = list(store.begin().all("rows"))
    named = gone if gone is not None else rows[at] if at < len(rows) else None
    cursor = odd if odd is not None else _cursor(named, sort, "id") if named is not None else None
    call = call_of(cursor=cursor, page=page, size=size)
    wanted, names = cut(call, CURSORS, Listed(sort_rows([row for row in rows if fits(row)], sort), sort, "id"), sort, "id")
    selection = store.begin().select("rows", [], sort)
    assert selection is not None
    found, others = walked(call, CURSORS, Sifted(selection, lambda some: [row for row in some if fits(row)]), sort, "id")
    assert found == wanted
    assert others == {name: value for name, value in names.items() if name not in ("total", "pages")}
    if least == 0:
        assert cut(call, CURSORS, selection, sort, "id") == (wanted, names)


@given(values=ROWS, sort=SORTS, page=NUMBERS, size=NUMBERS, pager=st.sampled_from([PAGES, OFFSETS]))
@settings(deadline=None)
def test_a_numbered_page_is_cut_out_of_an_index_as_out_of_a_list(values: Any, sort: Any, page: Any, size: Any, pager: Pager) -> None:
    store = Store({"rows": {number: {"id": number, "n": value} for number, value in enumerate(values)}})
    selection = store.begin().select("rows", [], sort)
    assert selection is not None
    call = call_of(page=page, size=size)
    assert cut(call, pager, selection, sort, "id") == cut(call, pager, Listed(sort_rows(list(store.begin().all("rows")), sort), sort, "id"), sort, "id")
