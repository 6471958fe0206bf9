"""Documents that can't be used: each `broken/<case>.yaml` is refused with the sentence of its `.txt`, and nothing of a wrong kind is met by a crash."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from fixtures.records import build
from understudy.contract import reader
from understudy.contract.errors import UnderstudyError

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
SOUND = yaml.safe_load((Path(__file__).parent / "sound.yaml").read_text(encoding="utf-8"))
WRONG: tuple[Any, ...] = (None, 5, True, -1.5, "x", [], {}, ["x"], [None], {"x": 1}, {"x": None}, {"$ref": "#/nope"}, {"$ref": "#/components/schemas/Pet"})


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_document_is_refused_with_its_sentence(path: Path) -> None:
    with pytest.raises(UnderstudyError) as refused:
        reader.read(str(path))
    assert str(refused.value).replace(f"{path.parent}/", "") == path.with_suffix(".txt").read_text(encoding="utf-8").strip()


def pointers(node: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document; the document itself is not among it."""
    if here:
        yield here
    for key, item in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from pointers(item, (*here, key))


def changed(place: tuple[Any, ...], value: Any) -> Any:
    document = copy.deepcopy(SOUND)
    around = document
    for key in place[:-1]:
        around = around[key]
    around[place[-1]] = value
    return document


def crash(path: Path) -> str:
    """What reading a document and making its records crashes with, if anything."""
    try:
        build(reader.read(str(path)))
    except UnderstudyError:
        return ""
    except Exception as error:
        return repr(error)
    return ""


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_whatever_stands_in_a_wrong_place_nothing_crashes(tmp_path: Path, wrong: Any, version: str) -> None:
    path, crashes = tmp_path / "api.json", {}
    for place in pointers(SOUND):
        path.write_bytes(orjson.dumps({**changed(place, wrong), "openapi": version}))
        if found := crash(path):
            crashes["/".join(map(str, place))] = found
    assert crashes == {}


def test_the_sound_document_is_read() -> None:
    assert len(reader.read(str(Path(__file__).parent / "sound.yaml")).operations) == 6
