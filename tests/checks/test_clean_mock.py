"""The checks find nothing at their own mock: each backend, one seed. Of all but one what `--quick` leaves out is run with TESTS_WHOLE, and with
more seeds, by hand (benchmarks/CHECKS.md); Schemathesis itself runs on every service in tests/stock."""

import os

import pytest

from contract_tests.options import Options
from contract_tests.running import check
from understudy.contract.reader import backend_names

WHOLE = backend_names() if os.environ.get("TESTS_WHOLE") else ["eventplatform"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", backend_names())
def test_nothing_is_found_at_its_own_mock(backend: str) -> None:
    report = check(Options(backend, seed="20261128", quick=backend not in WHOLE))
    assert [(item.id, item.title, item.expected, item.seen) for item in report.findings] == []
    assert [(item.check.id, item.why) for item in report.outcomes if item.state == "crashed"] == []
    assert report.ended == "complete"
    assert report.exit_code() == 0
    assert report.coverage["operations"].share == 1.0
    assert report.coverage["clauses"].share > 0.9
