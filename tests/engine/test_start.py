"""What a declaration gets wrong stops the start: each case breaks the club in one place and says the error."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.contract.errors import ContractError

from .driver import HERE, crash, engine_of, late

CASES: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "start.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_an_error_at_start_says_where_what_and_the_closest(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    shutil.copytree(HERE / "club", tmp_path / "club")
    file = tmp_path / "club" / case.get("file", "api.openapi.yaml")
    text = file.read_text(encoding="utf-8")
    assert text.count(case["instead of"]) >= 1, "the club does not hold this any more"
    file.write_text(text.replace(case["instead of"], case["stands"], 1), encoding="utf-8")
    line = text[: text.index(case["instead of"])].count("\n") + 1 + case.get("lines below", 0)
    functions = {name: function for name, function in {"crash": crash, "late": late}.items() if name not in case.get("without", ())}
    with pytest.raises(ContractError) as caught:
        engine_of(tmp_path / "club", functions=functions)
    where, _, what = str(caught.value).removeprefix(f"{tmp_path}/club/").partition(": ")
    assert what == case["says"]
    assert re.fullmatch(rf"{re.escape(file.name)}:{line}", where), f"{where} instead of line {line}"
