"""What is to be had at a target: rows of one's own, those that are there, or nothing, which is said."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from contract_tests.checks import NotChecked
from contract_tests.options import Options
from contract_tests.running import opened
from contract_tests.session import Session
from load.staging.roles import Roles, roles_of
from load.staging.stocks import any_there, made, there
from understudy.contract.errors import UsageError
from understudy.testing import Understudy, serve


@pytest.fixture(scope="module")
def platform() -> Iterator[Understudy]:
    with serve("eventplatform") as mock_server:
        yield mock_server


@pytest.fixture(scope="module")
def target(platform: Understudy) -> Iterator[tuple[Session, Roles]]:
    urls = tuple(f"{name}={url}" for name, url in platform.urls.items())
    with opened(Options("eventplatform", urls=urls, time=60.0)) as session:
        yield session, next(item for item in roles_of(session.contract) if item.has("lock"))


def test_rows_of_ones_own_have_the_numbers_that_were_asked_for(target: tuple[Session, Roles]) -> None:
    session, roles = target
    found = made(session, roles, 17, 3)
    assert [(stock.total, stock.taken) for stock in found] == [(17, 0)] * 3
    assert len({stock.key for stock in found}) == 3
    assert {stock.parent for stock in found} != {None}
    assert found[0].label.endswith(f"of events {found[0].parent}")


def test_what_is_there_is_found_by_the_key_of_its_parent(target: tuple[Session, Roles]) -> None:
    session, roles = target
    (mine,) = made(session, roles, 5, 1)
    assert there(session, roles, str(mine.parent), None) == [mine]


def test_a_parent_that_is_not_there_is_told(target: tuple[Session, Roles]) -> None:
    session, roles = target
    with pytest.raises(UsageError, match=r"^--set event=987654: events 987654 is not there, or has no ticketCategories\.$"):
        there(session, roles, "987654", None)


def test_anything_that_is_left_will_do(target: tuple[Session, Roles]) -> None:
    session, roles = target
    made(session, roles, 5, 1)
    found = any_there(session, roles, None)
    assert found
    assert [stock.total - stock.taken for stock in found] == sorted(stock.total - stock.taken for stock in found)


@contextmanager
def rows(session: Session, found: list[Mapping[str, Any]]) -> Iterator[None]:
    """A target that lists these rows, whatever is asked for."""
    with mock.patch.object(session, "rows", return_value=found):
        yield


def test_where_nothing_is_left_that_is_said(target: tuple[Session, Roles]) -> None:
    session, roles = target
    said = r"^nothing of ticketCategories is left, and none can be made$"
    with rows(session, []), pytest.raises(NotChecked, match=said):
        any_there(session, roles, None)


def test_rows_that_do_not_show_how_many_there_are_are_told(target: tuple[Session, Roles]) -> None:
    session, roles = target
    with rows(session, [{roles.stock.key: 1}]), pytest.raises(NotChecked, match=r"^ticketCategories does not show how many there are$"):
        there(session, roles, "1", None)


def test_where_nobody_may_make_rows_that_is_said(target: tuple[Session, Roles]) -> None:
    session, roles = target
    with mock.patch.object(session, "creator", return_value=None), pytest.raises(NotChecked, match=r"^no operation makes a row of ticketCategories$"):
        made(session, roles, 5, 1)


def test_where_nobody_can_sign_in_that_is_said(target: tuple[Session, Roles]) -> None:
    session, roles = target
    with mock.patch.object(session, "caller", return_value=None), pytest.raises(NotChecked, match=r"^nobody who can sign in may call \w+$"):
        made(session, roles, 5, 1)
