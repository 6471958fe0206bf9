"""Guide to contract and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy import guides
from understudy.guides import Fact, Facts, Trace, ledger, render, trace

LEDGERS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*/guide.yaml"))

CARRIED = (
    (Fact("operations", "GET /boats", (5,)), "api.openapi.yaml: GET /boats"),
    (Fact("operations", "GET /api/boats/", (5,), port=7005), "api.openapi.yaml: GET /boats"),
    (Fact("operations", "GET /boats/123", (5,)), "api.openapi.yaml: GET /boats/{id}"),
    (Fact("operations", "GET /api/boats/{boatId}", (5,)), "api.openapi.yaml: GET /boats/{id}"),
    (Fact("operations", "POST /doors/red/open", (5,)), "api.openapi.yaml: POST /doors/{colour}/open"),
    (Fact("parameters", "page", (5,), of="GET /boats"), "api.openapi.yaml: GET /boats?page"),
    (Fact("parameters", "page", (5,)), "api.openapi.yaml: GET /boats?page"),
    (Fact("parameters", "seatId", (5,), of="/board"), "live.asyncapi.yaml: channels.board.bindings.ws.query.seatId"),
    (Fact("parameters", "pass", (5,), of="/board"), "live.asyncapi.yaml: servers.development.x-socketio-auth.pass"),
    (Fact("events", "seat-taken", (21,)), "live.asyncapi.yaml: seat-taken"),
    (Fact("channels", "/board", (21,)), "live.asyncapi.yaml: /board"),
    (Fact("fields", "hull", (11,), of="boats"), "schemas.yaml: Boat.hull"),
    (Fact("fields", "name", (11,), of="GET /boats"), "api.openapi.yaml: GET /boats.name"),
    (Fact("fields", "price", (21,), of="seat-taken"), "live.asyncapi.yaml: seat-taken.price"),
    (Fact("fields", "hull", (11,), of="Raft"), "~ schemas.yaml: Boat.hull"),
    (Fact("values", "sloop", (11,), of="Boat.kind"), "schemas.yaml: Boat.kind"),
    (Fact("statuses", "404", (11,)), "api.openapi.yaml: paths./boats/{id}.get.responses.404"),
    (Fact("headers", "retry-after", (11,)), "api.openapi.yaml: paths./boats/{id}.get.responses.404.headers.Retry-After"),
    (Fact("headers", "Authorization", (11,)), "schemas.yaml: components.securitySchemes.bearer"),
    (Fact("headers", "Set-Cookie", (11,)), "backend.yaml: auth.cookie"),
    (Fact("cookies", "pass", (11,)), "backend.yaml: auth.cookie.name"),
    (Fact("cookies", "HttpOnly", (11,)), "backend.yaml: auth.cookie.http_only"),
    (Fact("cookies", "SameSite=Lax", (11,)), "backend.yaml: auth.cookie.same_site"),
    (Fact("ports", "7006", (11,)), "backend.yaml: services.live.port"),
    (Fact("origins", "http://localhost:7011", (11,)), "backend.yaml: cors.origins"),
    (Fact("bases", "http://localhost:7005/api", (11,)), "servers: http://localhost:7005/api"),
    (Fact("bases", "/api", (11,)), "servers: http://localhost:7005/api"),
    (Fact("variables", "BOATS_URL", (11,)), "backend.yaml: environment"),
)
MISSING = (
    Fact("operations", "PUT /boats", (5,)),
    Fact("operations", "GET /boats", (5,), port=7999),
    Fact("operations", "GET /harbour/boats", (5,)),
    Fact("operations", "POST /doors/green/open", (5,)),
    Fact("parameters", "size", (5,), of="GET /boats"),
    Fact("parameters", "page", (5,), of="GET /boats/{id}"),
    Fact("events", "seatTaken", (5,)),
    Fact("channels", "/boards", (5,)),
    Fact("fields", "price", (5,), of="GET /boats"),
    Fact("fields", "hull", (5,), of="seat-taken"),
    Fact("fields", "anchor", (5,), of="Boat"),
    Fact("values", "raft", (5,), of="Boat.kind"),
    Fact("statuses", "500", (5,)),
    Fact("headers", "X-Boat", (5,)),
    Fact("cookies", "SameSite=Strict", (5,)),
    Fact("ports", "700", (5,)),
    Fact("origins", "http://localhost:7012", (5,)),
    Fact("bases", "http://localhost:7006/other", (5,)),
    Fact("variables", "BOATS", (5,)),
)


def traced(folder: Path, *facts: Fact, length: int = 99) -> Trace:
    return trace(folder, Facts("boats.md", length, facts))


def name(value: object) -> str:
    return f"{value.section}: {value.name} {value.of} {value.port or ''}".strip() if isinstance(value, Fact) else ""


@pytest.mark.parametrize(("fact", "place"), CARRIED, ids=name)
def test_a_fact_is_found_where_it_stands(boats: Path, fact: Fact, place: str) -> None:
    assert traced(boats, fact).findings[0].place == place


@pytest.mark.parametrize("fact", MISSING, ids=name)
def test_a_fact_that_nothing_carries_is_missing(boats: Path, fact: Fact) -> None:
    assert traced(boats, fact).missing[0].fact == fact


def test_a_fact_with_a_reason_is_out_and_not_missing(boats: Path) -> None:
    finding = traced(boats, Fact("ports", "5432", (5,), out="internal")).findings[0]
    assert (finding.state, finding.place) == ("out", "")


def test_every_citation_is_listed_with_its_kind_and_lines(boats: Path) -> None:
    facts = (Fact("operations", "GET /boats", (5,)), Fact("events", "seat-taken", (21,)), Fact("fields", "hull", (11,), of="Boat"))
    assert [(each.kind, each.place, each.first, each.last, each.problem) for each in traced(boats, *facts).clauses] == [
        ("operation", "api.openapi.yaml: GET /boats", 4, 6, ""),
        ("message", "live.asyncapi.yaml: seat-taken", 20, 22, ""),
        ("schema", "schemas.yaml: Boat", 10, 12, ""),
    ]


def test_a_citation_beyond_the_guides_end_is_reported(boats: Path) -> None:
    problems = traced(boats, Fact("operations", "GET /boats", (5,)), length=11).problems
    assert [each.problem for each in problems] == ["the guide ends at line 11"] * 2


def test_a_citation_whose_lines_do_not_name_the_operation_is_reported(boats: Path) -> None:
    assert traced(boats, Fact("operations", "GET /boats", (40,))).problems[0].problem == "not named there, but on 40"


def test_an_operation_that_cites_a_guide_which_does_not_name_it_is_reported(boats: Path) -> None:
    assert traced(boats).problems[0].problem == "the guide names no such operation"


def test_a_citation_of_another_guide_is_reported(boats: Path) -> None:
    problem = trace(boats, Facts("ships.md", 99, ())).problems[0].problem
    assert problem == "x-guide.file is 'boats.md', the guide is 'ships.md'"


def test_a_citation_without_two_lines_is_reported(boats: Path) -> None:
    path = boats / "schemas.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[10, 12]", "ten to twelve"), encoding="utf-8")
    assert "x-guide.lines is not [from, to]" in [each.problem for each in traced(boats).problems]


def test_the_report_puts_what_is_missing_first_and_counts(boats: Path) -> None:
    text = render(traced(boats, Fact("operations", "GET /boats", (5,)), Fact("events", "bell", (8, 9))))
    rows = [line.split() for line in text.splitlines()]
    assert [row[0] for row in rows if len(row) > 3 and row[0] in ("missing", "carried")] == ["missing", "carried"]
    assert ["missing", "events", "bell", "8,9"] in rows
    assert ["operations", "0", "1", "0"] in rows


def test_the_short_report_has_only_what_is_wrong(boats: Path) -> None:
    text = render(traced(boats, Fact("operations", "GET /boats", (5,)), Fact("fields", "hull", (11,), of="Boat")), full=False)
    assert "stands" not in text
    assert "api.openapi.yaml" not in text


def test_the_package_offers_these_names() -> None:
    assert guides.__all__ == ["Fact", "Facts", "Finding", "Trace", "extract", "read", "refresh", "render", "trace", "write"]


def test_a_folder_without_documents_carries_nothing(tmp_path: Path) -> None:
    assert len(traced(tmp_path, *MISSING).missing) == len(MISSING)


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.parent.name)
def test_no_fact_of_a_guide_is_missing_in_the_documents(path: Path) -> None:
    assert [name(finding.fact) for finding in trace(path.parent, ledger.read(path.parent)).missing] == []


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.parent.name)
def test_no_citation_leaves_its_guide(path: Path) -> None:
    problems = trace(path.parent).problems
    assert [clause for clause in problems if "not named there" not in clause.problem] == []
