"""Browsing: what is read, of whom, and what counts as a failure."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from contract_tests.options import Options
from load.clients.requests import Response
from load.driving import Plan, drive, session_with
from load.reading import Choices, choices, read
from load.stage import Call, Stage
from load.staging import reads
from load.story import story_named
from tests.mutants.planting import served
from tests.mutants.plot import Plot
from understudy.contract.reader import backend_names
from understudy.contract.reader import read as read_contract

VALUES = {"lists": 0.6, "think": 0.5}


def ran(folder: Path, target: str = "", urls: Mapping[str, str] = {}, given: tuple[str, ...] = ("think=0.1",), users: int = 10) -> dict[str, Any]:
    options = Options(target, urls=tuple(f"{name}={url}" for name, url in urls.items()), time=600)
    return drive(Plan(story_named("browse"), options, users, 100, 2.0, folder, given=given))


def test_without_a_target_all_backends_are_read_in_one_run(tmp_path: Path) -> None:
    result = ran(tmp_path)
    assert {name.partition(".")[0] for name in result["target"]} == set(backend_names())
    read_paths = {step.removeprefix("GET ") for step in result["steps"]}
    for backend in backend_names():
        assert read_paths & {operation.path for operation in read_contract(backend).operations}, backend
    assert result["failures"] == []
    assert result["exit_code"] == 0


def test_a_named_backend_is_read_alone_and_its_steps_are_named_by_the_document(tmp_path: Path) -> None:
    result = ran(tmp_path, "watchparty")
    assert result["backend"] == "watchparty"
    assert set(result["steps"]) <= {f"GET {operation.path}" for operation in read_contract("watchparty").operations}
    assert "GET /api/parties/{partyId}/" in result["steps"]
    assert (result["failures"], result["exit_code"]) == ([], 0)


def test_a_read_that_is_not_answered_with_2xx_is_a_failure(tmp_path: Path) -> None:
    def plant(plot: Plot) -> None:
        asked: list[int] = []

        def fails_later(_asked: Any, answer: Any) -> None:
            asked.append(1)
            answer.status = 404 if len(asked) > 12 else answer.status  # the stage is made with those before

        plot.answers("listVideos", fails_later)

    with served("watchparty", plant) as server:
        result = ran(tmp_path, "watchparty", server.urls, ("think=0", "lists=1"))
    failed = {item["step"] for item in result["failures"]}
    assert failed == {"GET /api/videos/"}
    assert result["steps"]["GET /api/videos/"]["failures"] > 0


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with session_with(read_contract("platng"), Options("platng", time=600)) as session:
        yield reads.prepare(session, VALUES, 5, ())


def test_lists_come_with_their_pages_and_details_of_several_rows(stage: Stage) -> None:
    calls = [call for role, call in stage.calls.items() if role.startswith("0/")]
    assert {call.query.get("page") for call in calls if call.path == "/api/v1/events"} == {None, "2"}
    assert len({call.path for call in calls if call.name == "GET /api/v1/events/{id}"}) > 2


def test_an_account_reads_what_its_role_may_read(stage: Stage) -> None:
    readers = {role.split("/")[0] for role, call in stage.calls.items() if call.name == "GET /api/v1/partners/events"}
    assert readers
    assert len(readers) < len(stage.members)


def test_a_get_that_changes_something_is_not_read() -> None:
    contract = read_contract("cliick")
    left = {item.id for item in contract.operations if item.method == "GET" and not reads._only_reads(item)}
    assert "completeFacebookOAuth" in left
    assert "listOrders" not in left


class Reader:
    """A user that is answered the same each time."""

    def __init__(self, answer: Response) -> None:
        self.answer, self.chance, self.asked, self.waited = answer, Random(1), list[str](), list[float]()
        self.world = SimpleNamespace(over=SimpleNamespace(wait=self.waited.append))

    def request(self, call: Call, _values: Any, refusals: tuple[int, ...]) -> Response:
        assert refusals == (429,)
        self.asked.append(call.name)
        return self.answer


FOUND = Choices([[Call("list")]], [[Call("detail")]])


def test_who_is_told_to_wait_waits_but_no_longer_than_a_minute() -> None:
    told, busy, never = (Reader(Response(0, 0, status, b"", retry=retry)) for status, retry in ((429, 7.0), (429, 900.0), (200, 0.0)))
    for me in (told, busy, never):
        read(me, FOUND, 0.5)  # type: ignore[arg-type]
    assert (told.waited, busy.waited, never.waited) == ([7.0], [60.0], [])


@pytest.mark.parametrize(("share", "read_most"), [(1.0, "list"), (0.0, "detail")])
def test_the_share_of_lists_is_kept(share: float, read_most: str) -> None:
    me = Reader(Response(0, 0, 200, b""))
    for _ in range(20):
        read(me, FOUND, share)  # type: ignore[arg-type]
    assert set(me.asked) == {read_most}


def test_each_account_has_its_own_choices(stage: Stage) -> None:
    mine = [choices(stage, number) for number in range(len(stage.members))]
    assert all(found.lists and found.details for found in mine)
    headers = [{call.headers.get("authorization") for calls in (*found.lists, *found.details) for call in calls} for found in mine]
    assert len(set.union(*headers)) == len(mine)
