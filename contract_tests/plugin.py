"""The checks as plain pytest: `pytest -p contract_tests.plugin --pyargs contract_tests --target eventplatform --url gateway=http://...`.

An explicit plugin: its options meet nobody's own suite. Each check is one test; what is not checked is skipped with its reason, a finding
at or above `--fail-on` fails its test, one below is a warning. Under xdist each worker has a session (and, without `--url`, a mock) of its own.
"""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests import deviations
from contract_tests.checks import LAYERS, Check, Outcome
from contract_tests.client import TimeOver
from contract_tests.options import Options
from contract_tests.reports.terminal import told
from contract_tests.running import choose, opened, run_check
from contract_tests.session import Session
from contract_tests.target import Unreachable
from contract_tests.timing import today
from understudy.contract.errors import UnderstudyError
from understudy.contract.reader import backend_names, read

__all__ = ["BrokenContract", "InferredClauseWarning"]

LISTS = {
    "url": "where a service is: [SERVICE=]URL",
    "auth": "who may sign in: [ROLE=]LOGIN:PASSWORD",
    "request-header": "a header of every request: NAME: VALUE",
    "socket-url": "where sockets are: [SERVICE=]URL",
    "secret": "a secret that checks need: NAME=VALUE",
    "overlay": "OpenAPI Overlay that changes the documents",
    "layer": f"one of {', '.join(LAYERS)}",
    "only": "a finding, check, rule, operation or layer that is run alone",
    "skip": "the same that is left out",
}
TEXTS = {
    "target": "the backend's name or the document's path",
    "socket-path": "the path of Socket.IO",
    "ca": "file of certificates that are trusted",
    "cert": "file of the client's certificate",
    "cert-key": "file of the client's key",
    "check-seed": "what random values are made from",
    "fail-on": "what fails a test: error (default), warning or never",
    "deviations": "file of known deviations",
}
NUMBERS = {
    "wait": (0, "seconds for the target to come up"),
    "rate": (0, "requests a second at most"),
    "run-time": (600, "seconds of the run"),
    "request-timeout": (15, "seconds of a request"),
}
FLAGS = {
    "insecure": "certificates are not verified",
    "read-only": "nothing is changed",
    "no-register": "no accounts are made",
    "keep": "nothing is deleted at the end",
    "quick": "what is cheap only",
    "slow": "times are waited for",
}
DECIDING = {"error": ("error",), "warning": ("error", "warning"), "never": ()}


class BrokenContract(Exception):  # noqa: N818 - the target's fault, as pytest shows it
    """A check found something; its text is what is to be mended."""


class InferredClauseWarning(UserWarning):
    """A finding below `--fail-on`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the checks."""
    group = parser.getgroup("understudy", "contract checks")
    for name, about in LISTS.items():
        group.addoption(f"--{name}", action="append", default=[], help=about)
    for name, about in TEXTS.items():
        group.addoption(f"--{name}", default=None, help=about)
    for name, (default, about) in NUMBERS.items():
        group.addoption(f"--{name}", type=float, default=float(default), help=about)
    for name, about in FLAGS.items():
        group.addoption(f"--{name}", action="store_true", help=about)


def pytest_configure(config: pytest.Config) -> None:
    """Reads the contract before anything is collected; a mistake ends pytest with exit code 4 and says what."""
    if config.getoption("--target") is None:
        raise pytest.UsageError(f"--target: which backend ({', '.join(backend_names())}) or document?")
    try:
        options = options_of(config)
        config.stash[OPTIONS], config.stash[CHECKS] = options, choose(read(options.target, options.overlays), options)
        path = config.getoption("--deviations")
        config.stash[KNOWN] = deviations.read(Path(path)) if path else ()
    except UnderstudyError as error:
        raise pytest.UsageError(str(error)) from None


OPTIONS = pytest.StashKey[Options]()
CHECKS = pytest.StashKey[list[Check]]()
KNOWN = pytest.StashKey[tuple[Any, ...]]()


def options_of(config: pytest.Config) -> Options:
    """The options of a run from pytest's."""

    def many(name: str) -> tuple[str, ...]:
        return tuple(config.getoption(f"--{name}"))

    def path(name: str) -> Path | None:
        return Path(found) if (found := config.getoption(f"--{name}")) else None

    return Options(
        config.getoption("--target"),
        many("url"),
        many("auth"),
        many("request-header"),
        tuple(map(Path, many("overlay"))),
        many("socket-url"),
        config.getoption("--socket-path"),
        config.getoption("--insecure"),
        path("ca"),
        path("cert"),
        path("cert-key"),
        config.getoption("--wait"),
        config.getoption("--rate"),
        config.getoption("--run-time"),
        config.getoption("--request-timeout"),
        config.getoption("--read-only"),
        not config.getoption("--no-register"),
        config.getoption("--keep"),
        config.getoption("--slow"),
        config.getoption("--quick"),
        config.getoption("--check-seed") or "1",
        many("layer") or LAYERS,
        many("only"),
        many("skip"),
        many("secret"),
        dict(os.environ),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each check."""
    if "understudy_check" in metafunc.fixturenames:
        checks = metafunc.config.stash[CHECKS]
        metafunc.parametrize("understudy_check", checks, ids=[check.id for check in checks])


@pytest.fixture(scope="session")
def understudy_session(pytestconfig: pytest.Config) -> Iterator[Session]:
    """The session with the target; what was made is deleted at its end."""
    try:
        with opened(pytestconfig.stash[OPTIONS]) as session:
            yield session
            if not session.options.keep and not session.options.read_only:
                for what in session.clean():
                    warnings.warn(f"left at the target: {what}", InferredClauseWarning, stacklevel=1)
    except Unreachable as error:
        pytest.exit(str(error), returncode=3)


def judge(outcome: Outcome, config: pytest.Config) -> None:
    """Passes, skips, warns or raises as an outcome says. Raises BrokenContract."""
    known = config.stash[KNOWN]
    findings, _ = deviations.apply(outcome.findings, known, today(), whole=False) if known else (outcome.findings, ())
    deciding = DECIDING[config.getoption("--fail-on") or "error"]
    broken = [item for item in findings if item.counts and item.severity in deciding]
    for item in findings:
        if item not in broken:
            warnings.warn(f"{item.id}: {item.title}{f' (accepted: {item.accepted})' if item.accepted else ''}", InferredClauseWarning, stacklevel=1)
    if broken:
        raise BrokenContract("\n" + "\n".join(told(item, number) for number, item in enumerate(broken, 1)))
    if outcome.state == "crashed":
        raise AssertionError(outcome.why)
    if outcome.state == "not checked":
        pytest.skip(outcome.why)


def run(check: Check, session: Session, config: pytest.Config) -> None:
    """Runs one check as a test; a target that is gone ends the whole run with exit code 3, and what there is no time for is skipped."""
    try:
        session.client.check_time()
        outcome = run_check(session, check)
    except TimeOver:
        pytest.skip("the time of --run-time is over")
    except Unreachable as error:
        pytest.exit(f"the target is gone: {error}", returncode=3)
    judge(outcome, config)
