"""The words of the vocabulary and the path of a request: each file in cases/ is one idea, played against the backend in club/."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from .driver import HERE, Client, engine_of, play

CASES = sorted(path.stem for path in (HERE / "cases").glob("*.yaml"))


def made(case: dict[str, Any], folder: Path) -> Path:
    """What a case is about: the club, or a document of its own."""
    if "document" not in case:
        return HERE / "club"
    file = folder / "document.yaml"
    file.write_text(yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "Own", "version": "1"}, **case["document"]}, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", CASES)
def test_a_case_goes_as_it_says(name: str, tmp_path: Path) -> None:
    case = yaml.safe_load((HERE / "cases" / f"{name}.yaml").read_text(encoding="utf-8"))
    client = Client(engine_of(made(case, tmp_path), case.get("mode", "on")), "" if "document" in case else "/v1", case.get("checked", True))
    play(client, case["steps"])
