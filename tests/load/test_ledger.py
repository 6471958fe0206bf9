"""The ledger of a worker, and the records that it is made of."""

from hashlib import blake2b

import numpy as np
import pytest

from load.ledger import MOST_SAID, Ledger
from load.records import FIELDS, SIZE, Kind, pack, unpack
from load.verdicts import read_records


@pytest.mark.parametrize("kind", Kind)
def test_a_record_is_what_was_packed(kind: Kind) -> None:
    assert unpack(pack(kind, True, 2, 3, 4, 5, 6.5, 7.25, "lock_9")) == (kind, 1, 2, 3, 4, 5, 6.5, 7.25, "lock_9")


def test_a_record_is_read_by_its_fields() -> None:
    (found,) = np.frombuffer(pack(Kind.CANCEL, False, 2, 3, 4, 5, 6.5, 7.25, "o"), dtype=FIELDS)
    assert found.tolist() == (Kind.CANCEL, 0, 2, 3, 4, 5, 6.5, 7.25, b"o")


@pytest.mark.parametrize(
    ("name", "kept"), [("x" * 40, "x" * 19 + "~" + blake2b(b"x" * 40, digest_size=6).hexdigest()), ("", ""), ("é" * 16, "é" * 16), ("\udcff", "?")]
)
def test_a_name_has_its_place_whatever_it_is(name: str, kept: str) -> None:
    made = pack(Kind.LOCK, True, 70_000, 1, 1, 1, 0, 0, name)
    assert (len(made), unpack(made)[2], unpack(made)[-1]) == (SIZE, 65_535, kept)


def test_what_is_new_goes_once() -> None:
    ledger = Ledger(worker=3)
    ledger.note(Kind.LOCK, 1, 0, 2, 10.0, 11.0, "a", said="lock -> granted")
    ledger.note(Kind.UNLOCK, 1, 0, 2, 12.0, 12.0, "a", sure=False)
    ledger.listened("7", (1.0, 2.0), 9.0, 5, 77, "user", 9.5)
    found = ledger.drain()
    assert [(row["kind"], row["sure"], row["worker"]) for row in read_records(found["records"])] == [(Kind.LOCK, 1, 3), (Kind.UNLOCK, 0, 3)]
    assert found["listened"] == [("7", 1.0, 2.0, 9.0, 5, 77, "user", 9.5)]
    assert found["said"] == [(11.0, "lock -> granted")]
    assert (ledger.drain(), ledger.total) == ({}, 2)


def test_times_are_the_masters_and_as_far_apart_as_its_clock_is_blurred() -> None:
    ledger = Ledger()
    ledger.ahead, ledger.blur = 100.0, 0.25
    ledger.note(Kind.LOCK, 1, 0, 1, 10.0, 11.0)
    ledger.listened("7", (1.0, 2.0), 9.0, 5, 77, "user", 9.5)
    found = ledger.drain()
    assert unpack(found["records"])[6:8] == (109.75, 111.25)
    assert found["listened"][0][1:4] == (100.75, 102.25, 108.75)


def test_a_ledger_that_is_off_keeps_nothing() -> None:
    ledger = Ledger(off=True)
    ledger.note(Kind.LOCK, 1, 0, 1, 10.0, 11.0, said="granted")
    ledger.listened("7", (1.0, 2.0), 9.0, 5, 77, "user", 9.5)
    assert (ledger.drain(), ledger.total) == ({}, 0)


def test_texts_are_kept_for_a_few_and_cut() -> None:
    ledger = Ledger()
    for number in range(MOST_SAID + 5):
        ledger.note(Kind.LOCK, 1, 0, 1, number, number, said="x" * 1000)
    found = ledger.drain()
    assert (len(found["said"]), len(found["said"][0][1]), len(read_records(found["records"]))) == (MOST_SAID, 300, MOST_SAID + 5)
