"""Tables, plots and the page: the same of the same figures, and the page in the repository is that of its figures."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import __main__ as program
from benchmarks import page, targets
from benchmarks.curves import APART, spread
from benchmarks.machine import cores
from benchmarks.parts import PARTS, growth
from benchmarks.plot import Bar, bars
from benchmarks.tables import table


def test_a_table_keeps_to_one_line_per_row() -> None:
    assert table(["a", "b"], [[1, "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x/y |"


def test_what_stands_outside_the_marks_stays() -> None:
    text = "# By hand\n<!-- measured: http -->\nold\n<!-- end -->\nby hand\n<!-- measured: sockets -->\nother\n<!-- end -->\n"
    assert page.filled(text, "http", "new\n") == text.replace("old", "new")


def test_a_page_without_a_place_says_what_to_write() -> None:
    with pytest.raises(page.MarkerError, match="put both where the figures of 'http' belong"):
        page.filled("# By hand\n", "http", "new")


def test_the_longest_bar_fills_the_room_and_the_others_are_in_proportion() -> None:
    picture = ElementTree.fromstring(bars("Rates", {"by id": [Bar("ours & theirs", 200, True), Bar("theirs", 50)]}))
    widths = [float(item.attrib["width"]) for item in picture.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[1] == pytest.approx(widths[0] / 4, abs=0.1)
    assert [item.text for item in picture.iter("{http://www.w3.org/2000/svg}text")] == ["Rates", "by id", "ours & theirs", "200", "theirs", "50"]


def test_names_of_curves_do_not_lie_over_each_other() -> None:
    places = spread({"a": 100.0, "b": 101.0, "c": 100.5, "far": 300.0})
    assert places["far"] == 300.0
    assert sorted(places, key=lambda name: places[name]) == ["a", "c", "b", "far"]
    assert all(later - earlier >= APART - 1 for earlier, later in pairwise(sorted(places.values())))


def test_growth_has_a_panel_for_each_collection() -> None:
    acts = {"one events: by id": {"100": 10.0, "1000": 11.0}, "one events: list": {"100": 20.0, "1000": 40.0}, "two users: list": {"100": 1.5, "1000": 1.5}}
    raw = {"acts": acts, "bytes": {"record": 800.0}, "log": {"1000": 2**20}}
    assert "| one events: list | 20.0 | 40.0 | 2.0 |" in growth.render(raw)
    words = [item.text for item in ElementTree.fromstring(growth.plots(raw)["growth"]).iter("{http://www.w3.org/2000/svg}text")]
    assert [word for word in words if word in ("one events", "two users", "by id", "list")] == ["one events", "by id", "list", "two users", "list"]


def http_result(number: int, by_id: float) -> dict[str, object]:
    figures = {name: {"title": name, "requests": {"by id": {"figures": [{"rate": rate}]}}} for name, rate in (("mock", by_id), ("bare", 100.0))}
    figures |= {name: {"title": name, "requests": {}} for name in ("prism", "openapi-backend")}
    return {"http": {"about": {"machine": {"cores": number}}, "raw": {"servers": figures}}}


def test_a_target_is_met_missed_or_not_measurable() -> None:
    assert "| by id, of bare uvicorn with the same bytes | at least 0.7 | 0.70 | met |" in targets.render(http_result(2, 70.0))
    assert "| by id, of bare uvicorn with the same bytes | at least 0.7 | 0.70 | **not met** |" in targets.render(http_result(2, 69.9))
    assert "| by id, times Prism | at least 5 | prism gave no figure | not measurable here |" in targets.render(http_result(2, 70.0))
    assert "| two Redis workers, times one | at least 1.6 | 2 cores, 4 are wanted | not measurable here |" in targets.render(http_result(2, 70.0))
    assert "not measured" in targets.render({})


def test_four_cores_are_shared_out_and_two_are_split() -> None:
    assert (cores(2).server, cores(2).workers, cores(2).client) == ("0", "0", "1")
    assert (cores(4).workers, cores(4).redis, cores(4).client) == ("0,1", "2", "3")


def test_an_unknown_part_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["--only", "htp"])
    assert f"'htp' is no part; there are {', '.join(PARTS)}" in capsys.readouterr().err


def test_the_command_is_told_without_folders() -> None:
    assert program.said(["--only", "http", "--out", "/tmp/x", "--folder=/y"]) == "python -m benchmarks --only http"


def test_the_page_and_its_plots_are_those_of_the_figures(tmp_path: Path) -> None:
    results = page.known()
    text = (page.HERE / page.PAGE).read_text(encoding="utf-8")
    assert page.rendered(text, results) == text, "python -m benchmarks --render writes it anew"
    assert {
        path.name: path.read_text(encoding="utf-8") for path in (page.HERE / page.PLOTS).glob("*.svg") if path.name in page.pictures(results)
    } == page.pictures(results)
    page.write(results, tmp_path)
    assert (tmp_path / page.PAGE).read_text(encoding="utf-8") == text


def test_every_part_has_its_place_on_the_page() -> None:
    text = (page.HERE / page.PAGE).read_text(encoding="utf-8")
    assert [name for name in [*PARTS, "targets"] if f"<!-- measured: {name} -->" not in text] == []
