"""What locks hold of a row is a running sum where there are many: the same as going through them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.state import store as storage
from mock_server.state.seats import Ledger
from mock_server.state.store import Store, Unit
from understudy.contract.functions import iso, time
from understudy.contract.model import Capacity, Holds

NOW = 1_800_000_000.0
HOLDS = Holds("holds", "category", "user", "quantity", "expires", "5m")
LEDGER = Ledger("categories", "id", Capacity("total", "reserved", HOLDS))
CATEGORY = {"id": 1, "total": 1000, "reserved": 0}
ENDS = st.sampled_from(
    [None, *(iso(NOW + seconds) for seconds in (-86400, -1, 0, 1, 300, 86400)), "2999-01-01", "2000-01-01T00:00:00Z", "2999-99-99T00:00:00.000Z",
     "2027-01-15T09:00:00+01:00", NOW + 5, NOW - 5, "soon", ""]
)  # fmt: skip
WRITES = st.lists(st.tuples(st.integers(1, 9), st.none() | st.tuples(st.sampled_from([1, 1, 2]), st.integers(1, 2), st.integers(0, 4), ENDS)), max_size=20)


def write(unit: Unit, done: Any) -> Unit:
    for key, values in done:
        if values is None:
            unit.remove("holds", key)
        else:
            unit.put("holds", key, {"id": key, **dict(zip(("category", "user", "quantity", "expires"), values, strict=True))})
    return unit


def counted(unit: Unit, user: Any) -> int:
    rows = [row for row in unit.all("holds") if row["category"] == 1 and user in (None, row["user"])]
    return sum(row["quantity"] for row in rows if row["expires"] is not None and (time(row["expires"]) or 0) > NOW)


@given(first=WRITES, done=WRITES, pending=WRITES, few=st.sampled_from([0, 3, 32]))
@settings(deadline=None, max_examples=300)
def test_a_running_sum_is_what_going_through_all_locks_gives(first: Any, done: Any, pending: Any, few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "FEW", few)
        store = Store({"holds": {}, "categories": {1: CATEGORY}})
        for step in (first, done):
            write(store.begin(), step).commit()
            assert LEDGER.locked(store.begin(), CATEGORY, NOW) == counted(store.begin(), None)
        unit = write(store.begin(), pending)
        for user in (None, 1, 2):
            assert LEDGER.locked(unit, CATEGORY, NOW, user) == counted(unit, user)
