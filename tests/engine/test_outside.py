"""Documents from outside, without any configuration: what is created is there, what is deleted is gone, every answer fits its schema."""

import json
from pathlib import Path

import pytest
import yaml

from mock_server.engine import Request
from mock_server.steering import scenarios

from .driver import HERE, Client, engine_of, play

CASES = sorted(path.name.removesuffix(".steps.yaml") for path in (HERE / "outside").glob("*.steps.yaml"))


@pytest.mark.parametrize("name", CASES)
def test_a_document_from_outside_works(name: str) -> None:
    case = yaml.safe_load((HERE / "outside" / f"{name}.steps.yaml").read_text(encoding="utf-8"))
    client = Client(engine_of(HERE / "outside" / f"{name}.yaml"), case["base"], checked=False)
    play(client, case["steps"])


@pytest.mark.parametrize("name", CASES)
def test_every_answer_to_a_plain_get_fits_its_schema(name: str) -> None:
    engine = engine_of(HERE / "outside" / f"{name}.yaml")
    client = Client(engine, "")
    for operation in engine.contract.operations:
        if operation.method == "GET" and "{" not in operation.path:
            assert client.send(f"GET {operation.path}").status == 200


@pytest.fixture
def cursored() -> Client:
    return Client(engine_of(HERE / "cursored", functions={}), "")


def page(client: Client, url: str) -> tuple[list[int], str | None, str | None]:
    """The numbers on a page, and where the next and the one before are."""
    answer = json.loads(client.send(f"GET {url}").body)
    links = [link and link.removeprefix("http://club.test") for link in (answer["next"], answer["previous"])]
    return [row["n"] for row in answer["results"]], links[0], links[1]


def test_cursors_lead_through_every_row_once_and_back(cursored: Client) -> None:
    first, following, before = page(cursored, "/rows")
    assert (first, before) == ([10, 20], None)
    second, third, back = page(cursored, following or "")
    assert second == [30, 40]
    assert page(cursored, back or "")[0] == [10, 20]
    assert page(cursored, third or "")[0] == [50, 60]
    last, end, _ = page(cursored, page(cursored, third or "")[1] or "")
    assert (last, end) == ([70], None)


def test_a_cursor_is_stable_when_rows_come_and_go(cursored: Client) -> None:
    _, following, _ = page(cursored, "/rows")
    cursored.send("POST /rows", {"n": 5})
    assert page(cursored, following or "")[0] == [30, 40]
    cursored.send("DELETE /rows/2")
    assert page(cursored, following or "")[0] == [30, 40]


def test_the_next_page_keeps_the_size_that_was_asked_for(cursored: Client) -> None:
    first, following, _ = page(cursored, "/rows?size=3")
    assert first == [10, 20, 30]
    assert page(cursored, following or "")[0] == [40, 50, 60]


@pytest.mark.parametrize("cursor", ["x", "%00", "e30", "W10", "bnVsbA", "é", "WzEseyJuIjoxfSwzXQ"])
def test_a_cursor_that_is_none_of_ours_begins_anew(cursored: Client, cursor: str) -> None:
    assert page(cursored, f"/rows?after={cursor}")[0] == [10, 20]


def test_a_document_without_operations_answers_in_its_own_way(tmp_path: Path) -> None:
    document = tmp_path / "empty.yaml"
    document.write_text("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n", encoding="utf-8")
    engine = engine_of(document)
    assert engine.handle("api", Request("GET", "/anything", host="localhost")).status == 404
    assert scenarios.apply(engine, engine.world, "maintenance", {})["faults"] == ["maintenance"]
