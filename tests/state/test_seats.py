"""Seats: reservations, locks and sales of one thing of which there are only so many."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mock_server.state.seats import CapacityError, HoldError, Ledger
from mock_server.state.store import Row, Store, Unit
from understudy.contract.model import Capacity, Holds

HOLDS = Holds("holds", "categoryId", "userId", "quantity", "expiresAt")
LEDGER = Ledger("categories", "id", Capacity("total", "reserved", HOLDS))
NOW = 1_800_000_000.0
LIFETIME = 300


@pytest.fixture
def unit() -> Unit:
    """One category of ten seats, of which two are sold."""
    return Store({"categories": {1: {"id": 1, "total": 10, "reserved": 2}}, "holds": {}}).begin()


def row(unit: Unit) -> Row:
    found = unit.get("categories", 1)
    assert found is not None
    return found


def lock(unit: Unit, quantity: int, user: int = 7, key: str = "lock", now: float = NOW) -> Row:
    return LEDGER.lock(unit, row(unit), quantity, user, now, now + LIFETIME, {"id": key})


def reserve(unit: Unit, quantity: int, user: int = 7) -> Row:
    return LEDGER.reserve(unit, row(unit), quantity, user, NOW, {"id": f"hold of {user}"})


def said(kind: type[Exception], call: Callable[[], Any]) -> str:
    with pytest.raises(kind) as refused:
        call()
    return str(refused.value)


def test_a_reservation_takes_seats(unit: Unit) -> None:
    assert reserve(unit, 3)["reserved"] == 5
    assert LEDGER.free(unit, row(unit), NOW) == 5


def test_a_second_reservation_of_a_user_adds_to_the_first(unit: Unit) -> None:
    reserve(unit, 3)
    reserve(unit, 2)
    assert [(hold["userId"], hold["quantity"]) for hold in unit.all("holds")] == [(7, 5)]


def test_a_reservation_of_more_than_is_free_says_how_much_is_left(unit: Unit) -> None:
    assert said(CapacityError, lambda: reserve(unit, 9)) == "Only 8 left"


def test_what_locks_hold_cannot_be_reserved(unit: Unit) -> None:
    lock(unit, 6, user=8)
    assert said(CapacityError, lambda: reserve(unit, 3)) == "Only 2 left"


def test_a_release_gives_back_a_part(unit: Unit) -> None:
    reserve(unit, 3)
    assert LEDGER.release(unit, row(unit), 2, 7)["reserved"] == 3
    assert [hold["quantity"] for hold in unit.all("holds")] == [1]


def test_a_release_of_all_ends_the_reservation(unit: Unit) -> None:
    reserve(unit, 3)
    LEDGER.release(unit, row(unit), 3, 7)
    assert list(unit.all("holds")) == []


def test_a_release_of_more_than_is_reserved_says_how_much_is(unit: Unit) -> None:
    reserve(unit, 3)
    assert said(HoldError, lambda: LEDGER.release(unit, row(unit), 4, 7)) == "Only 3 reserved"


def test_what_another_reserved_cannot_be_released(unit: Unit) -> None:
    reserve(unit, 3, user=8)
    assert said(HoldError, lambda: LEDGER.release(unit, row(unit), 1, 7)) == "Only 0 reserved"


def test_a_sale_uses_the_own_reservation_first(unit: Unit) -> None:
    reserve(unit, 3)
    assert LEDGER.buy(unit, row(unit), 4, 7, NOW)["reserved"] == 6
    assert list(unit.all("holds")) == []


def test_a_sale_leaves_the_rest_of_a_reservation(unit: Unit) -> None:
    reserve(unit, 3)
    assert LEDGER.buy(unit, row(unit), 2, 7, NOW)["reserved"] == 5
    assert [hold["quantity"] for hold in unit.all("holds")] == [1]


def test_a_sale_of_a_reservation_works_where_all_else_is_locked(unit: Unit) -> None:
    reserve(unit, 3)
    lock(unit, 5, user=8)
    assert LEDGER.buy(unit, row(unit), 3, 7, NOW)["reserved"] == 5


def test_a_sale_of_more_than_is_free_says_how_much_is_left(unit: Unit) -> None:
    assert said(CapacityError, lambda: LEDGER.buy(unit, row(unit), 9, 7, NOW)) == "Only 8 left"


def test_seats_that_are_given_back_never_go_below_nought(unit: Unit) -> None:
    assert LEDGER.give(unit, row(unit), 5)["reserved"] == 0


def test_a_lock_takes_no_seat_but_holds_it(unit: Unit) -> None:
    lock(unit, 3)
    assert (row(unit)["reserved"], LEDGER.locked(unit, row(unit), NOW), LEDGER.free(unit, row(unit), NOW)) == (2, 3, 5)


def test_a_lock_ends_after_its_lifetime(unit: Unit) -> None:
    made = lock(unit, 3)
    assert made["expiresAt"] == "2027-01-15T08:05:00.000Z"
    assert [LEDGER.locked(unit, row(unit), NOW + after) for after in (299, 300)] == [3, 0]


def test_locks_are_counted_for_one_user(unit: Unit) -> None:
    lock(unit, 3, user=7, key="a")
    lock(unit, 2, user=8, key="b")
    assert (LEDGER.locked(unit, row(unit), NOW, 7), LEDGER.locked(unit, row(unit), NOW)) == (3, 5)


def test_a_second_lock_of_a_user_is_refused(unit: Unit) -> None:
    lock(unit, 1)
    assert said(HoldError, lambda: lock(unit, 1, key="second")) == "Already locked"


def test_a_user_may_lock_again_when_the_first_has_ended(unit: Unit) -> None:
    lock(unit, 1)
    assert lock(unit, 2, key="second", now=NOW + LIFETIME)["quantity"] == 2


def test_a_lock_of_more_than_is_free_says_how_much_is_left(unit: Unit) -> None:
    assert said(CapacityError, lambda: lock(unit, 9)) == "Only 8 left"


def test_nothing_is_left_when_all_is_locked(unit: Unit) -> None:
    lock(unit, 8)
    assert said(CapacityError, lambda: lock(unit, 1, user=8, key="other")) == "Only 0 left"


def test_a_lock_is_spent_once(unit: Unit) -> None:
    lock(unit, 3)
    assert LEDGER.spend(unit, row(unit), 3, 7, "lock", NOW)["reserved"] == 5
    gone = "The lock is not yours, or has expired or been used"
    assert said(HoldError, lambda: LEDGER.spend(unit, row(unit), 3, 7, "lock", NOW)) == gone


@pytest.mark.parametrize(
    ("user", "key", "now"), [(8, "lock", NOW), (7, "other", NOW), (7, None, NOW), (7, "lock", NOW + LIFETIME)], ids=["user", "key", "no key", "expired"]
)
def test_a_lock_that_is_not_the_users_or_has_ended_is_refused(unit: Unit, user: int, key: Any, now: float) -> None:
    lock(unit, 3)
    assert said(HoldError, lambda: LEDGER.spend(unit, row(unit), 3, user, key, now)) == "The lock is not yours, or has expired or been used"


def test_a_lock_of_another_category_is_refused(unit: Unit) -> None:
    lock(unit, 3)
    other = unit.put("categories", 2, {"id": 2, "total": 5, "reserved": 0})
    assert "The lock is not yours" in said(HoldError, lambda: LEDGER.spend(unit, other, 3, 7, "lock", NOW))


def test_a_reservation_is_no_lock(unit: Unit) -> None:
    reserve(unit, 3)
    assert "The lock is not yours" in said(HoldError, lambda: LEDGER.spend(unit, row(unit), 3, 7, "hold of 7", NOW))


def test_a_lock_of_another_quantity_says_what_it_holds(unit: Unit) -> None:
    lock(unit, 3)
    assert said(HoldError, lambda: LEDGER.spend(unit, row(unit), 2, 7, "lock", NOW)) == "The lock holds 3"


@pytest.mark.parametrize("verb", ["reserve", "release", "buy", "lock", "spend"])
def test_what_declares_no_holds_cannot_be_held(unit: Unit, verb: str) -> None:
    bare = Ledger("categories", "id", Capacity("total", "reserved"))
    arguments = {"reserve": (1, 7, NOW, {}), "release": (1, 7), "buy": (1, 7, NOW), "lock": (1, 7, NOW, NOW, {}), "spend": (1, 7, "x", NOW)}
    sentence = "Nothing of categories can be held: its capacity declares no holds"
    assert said(HoldError, lambda: getattr(bare, verb)(unit, row(unit), *arguments[verb])) == sentence


def test_without_holds_seats_are_taken_all_the_same(unit: Unit) -> None:
    assert Ledger("categories", "id", Capacity("total", "reserved")).take(unit, row(unit), 8, NOW)["reserved"] == 10


USERS, CATEGORIES, QUANTITY = st.sampled_from([7, 8]), st.sampled_from([1, 2]), st.integers(1, 5)


class Box(RuleBasedStateMachine):
    """Two users buy of two categories while time goes by; a model in plain numbers says what must come out."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store({"categories": {1: {"id": 1, "total": 8, "reserved": 1}, 2: {"id": 2, "total": 5, "reserved": 0}}, "holds": {}})
        self.now, self.number = NOW, 0
        self.total, self.sold = {1: 8, 2: 5}, {1: 1, 2: 0}
        self.reserved: dict[tuple[int, int], int] = {}
        self.locks: dict[str, tuple[int, int, int, float]] = {}
        self.orders: list[tuple[int, int]] = []

    def live(self, category: int, user: int | None = None) -> int:
        return sum(many for where, who, many, end in self.locks.values() if where == category and end > self.now and user in (None, who))

    def free(self, category: int) -> int:
        held = sum(many for (where, _), many in self.reserved.items() if where == category)
        return self.total[category] - self.sold[category] - held - self.live(category)

    def does(self, act: Callable[[Unit, Row], Any], category: int, allowed: bool) -> bool:
        """Does an act in one transaction, and compares whether it was allowed."""
        unit = self.store.begin()
        found = unit.get("categories", category)
        assert found is not None
        try:
            act(unit, found)
        except (CapacityError, HoldError):
            assert not allowed
            return False
        assert allowed
        unit.commit()
        return True

    def new(self) -> Row:
        self.number += 1
        return {"id": f"hold {self.number}"}

    @rule(category=CATEGORIES, user=USERS, many=QUANTITY)
    def reserve(self, category: int, user: int, many: int) -> None:
        new = self.new()
        if self.does(lambda unit, row: LEDGER.reserve(unit, row, many, user, self.now, new), category, many <= self.free(category)):
            self.reserved[category, user] = self.reserved.get((category, user), 0) + many

    @rule(category=CATEGORIES, user=USERS, many=QUANTITY)
    def release(self, category: int, user: int, many: int) -> None:
        have = self.reserved.get((category, user), 0)
        if self.does(lambda unit, row: LEDGER.release(unit, row, many, user), category, many <= have):
            self.reserved[category, user] = have - many

    @rule(category=CATEGORIES, user=USERS, many=QUANTITY)
    def buy(self, category: int, user: int, many: int) -> None:
        have = self.reserved.get((category, user), 0)
        if self.does(lambda unit, row: LEDGER.buy(unit, row, many, user, self.now), category, many - have <= self.free(category) or many <= have):
            self.reserved[category, user] = have - min(have, many)
            self.sold[category] += many
            self.orders.append((category, many))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        category, many = self.orders.pop(data.draw(st.integers(0, len(self.orders) - 1)))
        self.does(lambda unit, row: LEDGER.give(unit, row, many), category, True)
        self.sold[category] -= many

    @rule(category=CATEGORIES, user=USERS, many=QUANTITY)
    def lock(self, category: int, user: int, many: int) -> None:
        new, end = self.new(), self.now + LIFETIME
        allowed = many <= self.free(category) and not self.live(category, user)
        if self.does(lambda unit, row: LEDGER.lock(unit, row, many, user, self.now, end, new), category, allowed):
            self.locks[new["id"]] = (category, user, many, end)

    @rule(category=CATEGORIES, user=USERS)
    def unlock(self, category: int, user: int) -> None:
        mine = [key for key, (where, who, _, end) in self.locks.items() if (where, who) == (category, user) and end > self.now]
        if self.does(lambda unit, row: LEDGER.unlock(unit, row, user, self.now), category, bool(mine)):
            del self.locks[mine[0]]

    @precondition(lambda self: self.locks)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """A lock ends by itself: its time is over, or its socket closed."""
        key = data.draw(st.sampled_from(sorted(self.locks)))
        unit = self.store.begin()
        unit.remove("holds", key)
        unit.commit()
        del self.locks[key]

    @precondition(lambda self: self.locks)
    @rule(data=st.data(), category=CATEGORIES, user=USERS, exact=st.booleans())
    def spend(self, data: st.DataObject, category: int, user: int, exact: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.locks)))
        where, who, many, end = self.locks[key]
        asked = many if exact else many + 1
        allowed = exact and (where, who) == (category, user) and end > self.now
        if self.does(lambda unit, row: LEDGER.spend(unit, row, asked, user, key, self.now), category, allowed):
            del self.locks[key]
            self.sold[category] += many
            self.orders.append((category, many))

    @rule(seconds=st.sampled_from([1, 150, 299, 300, 301]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def figures_are_those_of_the_model(self) -> None:
        unit = self.store.begin()
        for category in (1, 2):
            found = unit.get("categories", category)
            assert found is not None
            held = sum(many for (where, _), many in self.reserved.items() if where == category)
            assert found["reserved"] == self.sold[category] + held
            assert LEDGER.locked(unit, found, self.now) == self.live(category)
            assert LEDGER.free(unit, found, self.now) == self.free(category)

    @invariant()
    def nothing_is_oversold_or_below_nought(self) -> None:
        unit = self.store.begin()
        for found in unit.all("categories"):
            assert 0 <= found["reserved"] <= found["total"]
            assert LEDGER.free(unit, found, self.now) >= 0
        assert all(hold["quantity"] > 0 for hold in unit.all("holds"))


Box.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBox = Box.TestCase
