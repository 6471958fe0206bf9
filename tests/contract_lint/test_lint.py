"""What `understudy specs lint` finds: each file in bad/ changes a good backend (or is a document) and says what is found."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.cli.specs_lint import providers
from understudy.contract import lint as linting
from understudy.contract.errors import UsageError
from understudy.contract.lint import lint, lint_all
from understudy.contract.reader import backend_names

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "bad").glob("*.yaml"))


def made(case: dict[str, Any], folder: Path) -> str:
    """The backend, or the document, that a case describes."""
    if "document" in case:
        (folder / "document.yaml").write_text(case["document"], encoding="utf-8")
        return str(folder / "document.yaml")
    shutil.copytree(HERE / "good" / "harbour", folder / "harbour")
    file = folder / "harbour" / case["file"]
    text = file.read_text(encoding="utf-8")
    assert case["instead of"] in text
    file.write_text(text.replace(case["instead of"], case["stands"], 1), encoding="utf-8")
    return str(folder / "harbour")


@pytest.mark.parametrize("name", CASES)
def test_a_bad_document_is_told_by_its_faults(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openapi_spec_validator", reason="the extra `check` is not installed")
    case = yaml.safe_load((HERE / "bad" / f"{name}.yaml").read_text(encoding="utf-8"))
    target = made(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    found = [str(fault).removeprefix("harbour" + os.sep) for fault in lint(target)]
    assert found == case["faults"]


def test_a_good_backend_has_no_faults() -> None:
    assert lint(str(HERE / "good" / "harbour")) == []


@pytest.mark.parametrize("name", backend_names())
def test_a_shipped_backend_has_no_faults(name: str) -> None:
    assert [str(fault) for fault in lint(name, providers)] == []


def test_too_many_operations_in_python_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linting, "MOST_BOUND", 1)
    assert any("operations are bound to Python; at most 1 over all backends." in fault.what for fault in lint_all(providers))


def test_a_name_that_is_nowhere_is_refused_with_the_closest() -> None:
    with pytest.raises(UsageError, match=r"'platg' is neither a backend nor a document that is there\. Did you mean 'platng'\?"):
        lint("platg")


def test_without_the_validator_the_other_checks_still_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("understudy.contract.rules.openapi.is_installed", lambda: False)
    case = yaml.safe_load((HERE / "bad" / "verb_of_do.yaml").read_text(encoding="utf-8"))
    assert [fault.line for fault in lint(made(case, tmp_path))] == [37]
    assert not linting.is_complete()


def test_a_default_response_may_lie_in_another_file(tmp_path: Path) -> None:
    shared = "components: {responses: {Failed: {description: It failed}}}\n"
    (tmp_path / "shared.yaml").write_text(shared, encoding="utf-8")
    responses = "{'200': {description: a}, default: {$ref: 'shared.yaml#/components/responses/Failed'}}"
    text = f"openapi: 3.1.0\ninfo: {{title: A, version: '1'}}\npaths: {{/a: {{get: {{operationId: getA, responses: {responses}}}}}}}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert lint(str(tmp_path / "a.yaml")) == []
