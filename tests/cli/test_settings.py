"""Settings: three layers, and errors that name file, line, key and the closest valid one."""

from pathlib import Path
from typing import Any

import pytest

from understudy.contract.errors import UsageError
from understudy.settings import MockOptions, find_file, mock_options


def options(folder: Path, environ: dict[str, str] | None = None, **flags: Any) -> MockOptions:
    return mock_options({name.replace("_", "-"): value for name, value in flags.items()}, environ or {}, folder)


def write(folder: Path, text: str, name: str = "understudy.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_nothing_set_gives_the_defaults(tmp_path: Path) -> None:
    assert options(tmp_path) == MockOptions()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, "host = 'a'\nseed = 1\nvalidate = 'warn'\n")
    found = options(tmp_path, {"UNDERSTUDY_HOST": "b", "UNDERSTUDY_SEED": "2"}, host="c")
    assert (found.host, found.seed, found.validate) == ("c", "2", "warn")


def test_the_file_is_found_upward(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    write(tmp_path, "port = 4100\n")
    assert options(tmp_path / "a" / "b").port == 4100


def test_pyproject_has_a_table(tmp_path: Path) -> None:
    write(tmp_path, "[tool.understudy]\nport-offset = 1000\n", "pyproject.toml")
    assert options(tmp_path).port_offset == 1000


def test_a_pyproject_without_our_table_is_passed_by(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    write(tmp_path / "app", "[tool.other]\nx = 1\n", "pyproject.toml")
    assert find_file(tmp_path / "app") == find_file(tmp_path)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    write(tmp_path, "openapi: 3.1.0\n", "pets.yaml")
    write(tmp_path, "overlay = ['more.yaml']\ntargets = ['platng', 'pets.yaml']\n")
    found = options(tmp_path / "app")
    assert found.overlays == (tmp_path / "more.yaml",)
    assert found.targets == ("platng", str(tmp_path / "pets.yaml"))


def test_a_place_to_listen_of_a_higher_layer_replaces_a_lower_ones(tmp_path: Path) -> None:
    write(tmp_path, "port-offset = 1000\n")
    found = options(tmp_path, single_port="4010")
    assert (found.single_port, found.port_offset) == (4010, 0)


def test_lists_and_switches_of_the_environment(tmp_path: Path) -> None:
    found = options(tmp_path, {"UNDERSTUDY_TARGETS": "platng cliick", "UNDERSTUDY_OVERLAY": "a.yaml:b.yaml", "UNDERSTUDY_JSON": "on", "UNDERSTUDY_GUIDES": "x"})
    assert (found.targets, found.overlays, found.json) == (("platng", "cliick"), (Path("a.yaml"), Path("b.yaml")), True)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"UNDERSTUDY_NO_COLOR": "true"}, {"UNDERSTUDY_JSON": "1"}])
def test_colour_needs_a_terminal_whose_user_wants_it(tmp_path: Path, environ: dict[str, str]) -> None:
    assert mock_options({}, {}, tmp_path, terminal=True).color
    assert not mock_options({}, environ, tmp_path, terminal=True).color
    assert not mock_options({}, {}, tmp_path).color


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("host = 'a'\nprot = 1\n", "understudy.toml:2: 'prot' is no setting. Did you mean 'port'?"),
        ("port = 'abc'\n", "understudy.toml:1: port: 'abc' is not a whole number from 0 to 65535."),
        ("port = 70000\n", "understudy.toml:1: port: 70000 is not a whole number from 0 to 65535."),
        ("validate = 'stric'\n", "understudy.toml:1: validate: 'stric' is not one of on, strict, warn, off. Did you mean 'strict'?"),
        ("targets = 'platng'\n", "understudy.toml:1: targets: 'platng' is not a list of texts."),
        ("json = 'yes'\n", "understudy.toml:1: json: 'yes' is not true or false."),
        ("[chek]\nx = 1\n", "understudy.toml:1: 'chek' is no setting."),
        ("port = 1\nsingle-port = 2\n", "'port' and 'single-port' both say where services listen. Give one of port, port-offset, single-port."),
        ("port = \n", "understudy.toml: This is no valid TOML: Invalid value (at line 1, column 8)."),
    ],
)
def test_a_wrong_file_is_told_with_line_and_valid_values(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        options(tmp_path)
    assert str(refused.value).replace(f"{tmp_path}/", "").startswith(said)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("UNDERSTUDY_PROT", "1", "UNDERSTUDY_PROT: There is no such setting. Did you mean 'UNDERSTUDY_PORT'?"),
        ("UNDERSTUDY_PORT", "x", "UNDERSTUDY_PORT: 'x' is not a whole number from 0 to 65535."),
        ("UNDERSTUDY_JSON", "maybe", "UNDERSTUDY_JSON: 'maybe' is not true or false."),
    ],
)
def test_a_wrong_variable_is_told_with_the_closest_name(tmp_path: Path, variable: str, value: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        options(tmp_path, {variable: value})
    assert str(refused.value) == said


def test_a_named_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path, "")
    with pytest.raises(UsageError, match=r"understudi\.toml: The settings file is not there\. Did you mean 'understudy\.toml'\?"):
        options(tmp_path, config=str(tmp_path / "understudi.toml"))
