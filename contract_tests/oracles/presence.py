"""N18: the service itself is at its URL. What answers everything alike is another server, a proxy before it, or a front end that takes every path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from contract_tests.causes import alike
from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.lab import found, short
from contract_tests.people import Person
from contract_tests.session import Session
from understudy.contract.model import Contract, Operation, Service

__all__ = ["nowhere", "plan"]

MOST, FEWEST = 6, 2  # operations that are asked, and that it takes to judge
# First digits of the status that all have -> what that looks like, and what to do about it.
LOOKS = {
    "30": ("every path is redirected", "give the URL to which it is redirected, or serve the paths as they are documented"),
    "401": ("every path asks for a credential", "give what it asks for with --auth, or with --header"),
    "403": ("every path is refused", "give what a gateway before it asks for with --header"),
    "404": ("nothing of the contract is there: every path is 404", "give the URL with the path under which the service lies"),
    "429": ("every path is refused as too much", "give a lower --rate, or lift the limit for the check"),
    "5": ("every path fails", "look whether the service is up behind its proxy"),
    "": ("every path is answered with the same", "give the URL of the service; this is a catch-all, or another server"),
}


def plan(contract: Contract) -> Iterator[Check]:
    """For each service, before all else: its operations are told apart."""
    for service in contract.services:
        if len(_asked(service)) >= FEWEST:
            yield Check("surface.service", "oracles", service.name, partial(_service, service), phase=0, writes=False)


def _asked(service: Service) -> list[Operation]:
    """The operations that may be asked without doing anything: reads, and one that signs in."""
    reads = [item for item in service.operations if item.method == "GET"]
    logins = [item for item in service.operations if item.behavior.do == "login"]
    return [*logins[:1], *sorted(reads, key=lambda item: (bool(item.security), len(item.path_names)))][:MOST]


def nowhere(session: Session, operation: Operation, headers: Mapping[str, str] | None = None) -> Exchange:
    """The answer to a path that is not there, beside those of an operation."""
    prefix = operation.path.split("/")[1] if operation.path.count("/") > 1 else ""
    base = session.urls[operation.service]
    return session.client.send("GET", f"{base}/{prefix + '/' if prefix else ''}no-such-thing-{session.chance.text(5)}", headers, notes="an unknown path")


def _service(service: Service, session: Session) -> Iterator[Finding]:
    if service.name not in session.urls:
        raise NotChecked("it has no --url")
    asked = _asked(service)
    answers = _answers(session, asked, None)
    if _are_alike(answers) and answers[-1].status in (401, 403) and session.people.everyone:
        answers = _answers(session, asked, session.people.everyone[0])
    if not _are_alike(answers):
        return
    status = str(answers[-1].status)
    if status == "404" and all(item.path_names for item in asked):
        raise NotChecked("only rows are asked for, which may not be there")
    looks, mend = next(said for digits, said in LOOKS.items() if status.startswith(digits))
    seen = f"{status} {answers[-1].header('location') or ''} {short(answers[-1].text)}".replace("  ", " ")
    wanted, clause = f"the operations of the contract; {mend}", Clause(place=asked[-1].place)
    yield replace(found("surface.service", "oracles", asked[-1], looks, expected=wanted, seen=seen, evidence=answers[-1:], clause=clause), subject=service.name)


def _answers(session: Session, asked: Sequence[Operation], person: Person | None) -> list[Exchange]:
    """What somebody gets from a path that is not there, and from some that are."""
    headers = session.credentials(asked[-1], person)
    return [nowhere(session, asked[0], headers), *(_ask(session, operation, headers) for operation in asked)]


def _are_alike(answers: Sequence[Exchange]) -> bool:
    """Whether all say the same; of redirections, whether all are."""
    return len({(item.status, "" if 300 <= item.status < 400 else alike(item.text)) for item in answers}) == 1


def _ask(session: Session, operation: Operation, headers: Mapping[str, str]) -> Exchange:
    """The answer to an operation as the document's example asks it; to a login without a body."""
    url = session.url(operation, session.samples.blank(operation).path)
    sent, body = ({**headers, "content-type": "application/json"}, b"{}") if operation.method == "POST" else (headers, b"")
    return session.client.send(operation.method, url, sent, body, operation.id, patient=False)
