"""Runs the checks of a contract against a target, and makes the report of it. One engine for the command and for pytest."""

import signal
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from contract_tests import own
from contract_tests.causes import BROKEN
from contract_tests.checks import Check, NotChecked, Outcome, State
from contract_tests.choosing import choose, told
from contract_tests.client import TimeOver
from contract_tests.findings import Finding, merged
from contract_tests.options import Options
from contract_tests.ranking import ranked
from contract_tests.report import Report
from contract_tests.session import Session
from contract_tests.target import Unreachable, service_urls, socket_urls
from contract_tests.timing import stamp, ticks
from understudy import __version__
from understudy.contract.model import Contract
from understudy.contract.reader import read

__all__ = ["Progress", "check", "choose", "opened", "run_check"]

Progress = Callable[[Check, int, int], None]
Served = Callable[[], dict[str, str]]


def _silent(_check: Check, _number: int, _total: int) -> None:
    return None


@contextmanager
def opened(options: Options, contract: Contract | None = None) -> Iterator[Session]:
    """A session with the target, or with its own mock where no URL is given; the contract is read, if it is not at hand. Raises UsageError, Unreachable."""
    with _own(options) as served, _session(contract or read(options.target, options.overlays), options, served) as session:
        yield session


@contextmanager
def _own(options: Options) -> Iterator[Served | None]:
    """Its own mock, where no URL is given: it starts while the contract is read."""
    if options.urls:
        yield None
        return
    with own.starting(options.target, options.overlays) as served:
        yield served


@contextmanager
def _session(contract: Contract, options: Options, served: Served | None) -> Iterator[Session]:
    urls = service_urls(contract, options.urls) if served is None else served()
    session = Session(contract, options, urls, socket_urls(contract, options, urls), served is not None)
    try:
        session.client.wait_for(urls)
        yield session
    finally:
        session.close()


def run_check(session: Session, item: Check) -> Outcome:
    """Runs one check; what it finds must show twice, unless it is of a kind that can't."""
    begin, before = ticks(), session.client.count
    reason = ""
    try:
        findings = _found(session, item)
    except NotChecked as error:
        findings, reason = [], str(error)
    except (TimeOver, Unreachable):
        raise
    except Exception as error:  # a check that fails is a defect of ours; the others go on, and the report says so
        text = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        return Outcome(item, "crashed", (), text, ticks() - begin, session.client.count - before)
    session.broken |= _broken(findings)
    found = tuple(replace(finding, check=item.id) for finding in merged([*findings, *session.watch.drain()]))
    state: State = "failed" if found else "not checked" if reason else "passed"
    return Outcome(item, state, found, reason, ticks() - begin, session.client.count - before)


def _found(session: Session, item: Check) -> list[Finding]:
    """What a check finds, twice where it can."""
    why = _why_not(session, item)
    if why:
        raise NotChecked(why)
    findings = list(item.run(session) or ())
    if findings and item.confirm and session.options.twice:
        again = {finding.id for finding in item.run(session) or ()}
        findings = [finding for finding in findings if finding.id in again]
    return findings


def _broken(findings: Iterable[Finding]) -> dict[str, str]:
    """Operations and services that do not work at all -> why nothing else of them is checked: all that is seen there are effects."""
    return {item.subject: BROKEN[item.rule, item.aspect] for item in findings if (item.rule, item.aspect) in BROKEN}


def _why_not(session: Session, item: Check) -> str:
    service = next((operation.service for operation in session.contract.operations if operation.id == item.subject), item.subject)
    if why := session.broken.get(item.subject) or session.broken.get(service):
        return why
    if item.writes and session.options.read_only:
        return "the run is read-only"
    if item.slow and session.options.quick:
        return "left out by --quick"
    return ""


def check(options: Options, progress: Progress = _silent) -> Report:
    """Checks a target. Raises UsageError; an unreachable target, an interrupt and the end of time are told in the report."""
    with _own(options) as served:
        contract = read(options.target, options.overlays)
        chosen = choose(contract, options)
        begin, started = ticks(), stamp()
        try:
            with _session(contract, options, served) as session:
                session.chosen = frozenset(item.id for item in chosen)
                with _noticed() as interrupted:
                    outcomes, ended, lost = _run_all(session, chosen, progress, interrupted)
                left = _cleaned(session, ended)
                return _report(session, chosen, outcomes, (ended, lost), (started, ticks() - begin), left)
        except (Unreachable, KeyboardInterrupt) as error:
            ended = "unreachable" if isinstance(error, Unreachable) else "interrupted"
            return Report(
                contract.name, contract.title, service_urls(contract, options.urls), not options.urls, options.seed, started, ticks() - begin, (), (), {},
                ended=ended, lost=str(error), version=__version__, command=options.again(),
            )  # fmt: skip


def _run_all(session: Session, chosen: Sequence[Check], progress: Progress, interrupted: threading.Event) -> tuple[list[Outcome], str, str]:
    """The outcomes, how the run ended, and what was seen where the target was lost."""
    outcomes: list[Outcome] = []
    for number, item in enumerate(chosen, 1):
        progress(item, number, len(chosen))
        try:
            session.client.check_time()
            outcomes.append(run_check(session, item))
        except KeyboardInterrupt:
            return outcomes, "interrupted", ""
        except TimeOver:
            return outcomes, "time", f"the {session.options.time:g} s of --time were over"
        except Unreachable as error:
            return outcomes, "unreachable", str(error)
        if interrupted.is_set():
            return outcomes, "interrupted", ""
    return outcomes, "complete", ""


@contextmanager
def _noticed() -> Iterator[threading.Event]:
    """Remembers Ctrl-C: where it is raised, such as in a destructor or in a task that ends all the same, it may be lost."""
    seen = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield seen
        return

    def handle(number: int, frame: Any) -> None:
        seen.set()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _cleaned(session: Session, ended: str) -> list[str]:
    if ended == "unreachable" or session.options.keep or session.options.read_only:
        return list(dict.fromkeys(session.created))
    session.client.deadline = ticks() + 20
    try:
        return list(session.clean())
    except (TimeOver, Unreachable, KeyboardInterrupt):
        return list(dict.fromkeys(session.created))


def _report(
    session: Session, chosen: Sequence[Check], outcomes: Sequence[Outcome], ended: tuple[str, str], timed: tuple[str, float], left: Sequence[str]
) -> Report:
    findings = told(ranked(merged([finding for outcome in outcomes for finding in outcome.findings])), session.options, chosen)
    unchecked: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.state == "not checked":
            unchecked[outcome.why].append(outcome.check.id)
    done = {outcome.check.id for outcome in outcomes}
    rest = [item.id for item in chosen if item.id not in done]
    if rest:
        unchecked[ended[1] or f"the run was {ended[0]}"] += rest
    contract = session.contract
    return Report(
        contract.name, contract.title, session.urls, session.own, session.options.seed, timed[0], timed[1], tuple(outcomes), tuple(findings),
        session.recorder.coverage(), {why: tuple(ids) for why, ids in unchecked.items()}, ended=ended[0], lost=ended[1],
        created=tuple(dict.fromkeys(session.created)), left=tuple(left), requests=session.client.count, version=__version__,
        notes=tuple(_noted(session.people.failures)), command=session.options.again(),
    )  # fmt: skip


def _noted(failures: Iterable[str]) -> Iterator[str]:
    """What went wrong when people signed in, each once: what it was, and whom it met."""
    met: dict[str, list[str]] = {}
    for text in failures:
        what, _, who = text.rpartition(" to ")
        met.setdefault(what, []).append(who)
    yield from (f"{what} to {who[0]}{f' and {len(who) - 1} more' if len(who) > 1 else ''}" for what, who in met.items())
