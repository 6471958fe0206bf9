"""Documents that nobody declared anything of: the mock of one keeps what can be inferred, and a check of it accuses nothing."""

from pathlib import Path

import pytest

from contract_tests.options import Options
from contract_tests.running import check

ENGINE = Path(__file__).parents[1] / "engine" / "outside"
INFERENCE = Path(__file__).parents[1] / "contract" / "inference"
DOCUMENTS = [ENGINE / f"{name}.yaml" for name in ("errors", "nested", "pages", "pets-3.0")]
DOCUMENTS += [INFERENCE / f"{name}.openapi.yaml" for name in ("nested", "petstore", "wrapped", "weird", "mixed", "only-list")]
LAYERS = ("oracles", "security", "browser", "capacity", "realtime")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_nothing_is_found_at_the_mock_of_a_document_from_outside(path: Path) -> None:
    report = check(Options(str(path), layers=LAYERS))
    assert [(item.id, item.title, item.seen) for item in report.findings] == []
    assert [(item.check.id, item.why) for item in report.outcomes if item.state == "crashed"] == []
    assert any(item.state == "passed" for item in report.outcomes)
