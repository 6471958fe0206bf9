"""The schema layer: stock Schemathesis against each service, all phases and checks; its findings keep their codes.

It runs as its own process (`st run`, its documented entry point) on a document with true examples and links, and tells in NDJSON what it did.
"""

import base64
import json
import sys
from collections.abc import Container, Iterator, Mapping
from functools import partial
from typing import Any

from contract_tests.causes import FOREIGN
from contract_tests.checks import Check, NotChecked
from contract_tests.exchange import Exchange
from contract_tests.findings import Clause, Finding
from contract_tests.lab import short
from contract_tests.people import Person
from contract_tests.provenance import clause_of, clause_of_response
from contract_tests.schema.document import document
from contract_tests.schema.processes import LONGEST, Job, parts, processes_of
from contract_tests.session import SAFE, Session
from understudy.contract.model import Contract, Operation, Service
from understudy.wire.chance import derive

__all__ = ["plan"]

EXAMPLES, FEW = 12, 3  # cases an operation and phase; at --quick
LEFT_ALONE = "enabled = false"
PROGRAM = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
UNSAID = ("ST202", "ST204")  # findings that are Schemathesis' own opinion, or that of the documents' authors
STATUS_CODES = ("ST103", "ST105", "ST108", "ST109")


def plan(contract: Contract) -> Iterator[Check]:
    """One check for each service."""
    for service in contract.services:
        if service.operations and service.bundle is not None:
            yield Check("schema.run", "schema", service.name, partial(_run, service), phase=65, confirm=False, wide=True)


def _run(service: Service, session: Session) -> Iterator[Finding]:
    if service.name not in session.urls:
        raise NotChecked("it has no --url")
    for done in processes_of(session).of(service, partial(_jobs, session)):
        yield from _findings(session, service, done.lines)
        if not done.lines or done.code not in (0, 1):
            raise NotChecked(f"Schemathesis ended with {done.code}: {done.said.strip()[-900:]}")


def _jobs(session: Session, service: Service) -> list[Job]:
    """What is to be run for a service; nothing where it is not there, or does not work at all."""
    if service.name not in session.urls or service.name in session.broken:
        return []
    people = {operation.id: _caller(session, operation) for operation in service.operations}
    given = json.dumps(document(session, service, people))
    limit = max(1.0, min(LONGEST, session.client.remaining()))
    return [Job(command(session, service), given, config(service, people, session, wanted), limit) for wanted in parts(service.operations, session.options)]


def _caller(session: Session, operation: Operation) -> Person | None:
    """Who calls an operation: in a session of their own where it may be ended."""
    if not operation.security:
        return None
    try:
        person = session.people.for_trial(operation)
        return session.people.again(person) if person is not None and operation.behavior.do == "logout" else person
    except NotChecked:
        return None


def config(service: Service, people: Mapping[str, Person | None], session: Session, wanted: Container[str]) -> str:
    """The settings of one process: who calls what, and what is left alone. wanted: ids of its operations."""
    lines: list[str] = []
    for operation in service.operations:
        person = people.get(operation.id)
        said = _said_of(session, operation, person) if operation.id in wanted else LEFT_ALONE
        if said:
            lines += ["[[operations]]", f"include-operation-id = {json.dumps(operation.id)}", said]
    return "\n".join(lines) + "\n"


def _said_of(session: Session, operation: Operation, person: Person | None) -> str:
    """The setting of one operation; "" for none."""
    if _is_left_alone(session, operation, person):
        return LEFT_ALONE
    if person is None:
        return ""
    given = {name.title(): value for name, value in session.credentials(operation, person).items()}
    return "headers = {" + ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in given.items()) + "}"


def _is_left_alone(session: Session, operation: Operation, person: Person | None) -> bool:
    """Operations that do not work at all, that would shut out those who check, and writes in a read-only run."""
    asked = {name.split(":")[1] for name in session.options.only if FOREIGN.match(name) and ":" in name}
    if operation.id in session.broken or (asked and operation.id not in asked):
        return True
    if session.options.read_only and operation.method not in SAFE:
        return True
    return session.people.shuts_out(operation) and (person is None or not person.made)


def command(session: Session, service: Service) -> list[str]:
    """The command line."""
    options = session.options
    examples = FEW if options.quick else EXAMPLES
    phases = "examples,coverage" if options.quick else "examples,coverage,fuzzing,stateful"
    found = [
        "--config-file",
        "schemathesis.toml",
        "run",
        "document.json",
        "--url",
        session.urls[service.name],
        "--phases",
        phases,
        "--checks",
        "all",
        "-n",
        str(examples),
    ]
    found += [
        "--seed",
        str(_number(options.seed)),
        "--no-color",
        "--report",
        "ndjson",
        "--report-dir",
        "report",
        "--output-sanitize",
        "false",
        "--continue-on-failure",
    ]
    found += ["--request-timeout", str(options.timeout), "--warnings", "off"]
    found += ["--rate-limit", f"{max(1, int(options.rate))}/s"] if options.rate else []
    found += ["--tls-verify", "false"] if options.insecure else ["--tls-verify", str(options.ca.resolve())] if options.ca else []
    found += ["--request-cert", str(options.cert.resolve())] if options.cert else []
    found += ["--request-cert-key", str(options.key.resolve())] if options.key else []
    for name, value in session.client.headers.items():
        found += ["-H", f"{name}: {value}"]
    return [sys.executable, "-c", PROGRAM, *found]


def _number(seed: str) -> int:
    """A seed as Schemathesis takes it."""
    return int(seed) if seed.isdigit() and len(seed) < 10 else derive("schemathesis", seed).getrandbits(31)


def _findings(session: Session, service: Service, lines: list[str]) -> Iterator[Finding]:
    """What the lines of a report tell."""
    labels = {f"{item.method} {item.path}": item for item in service.operations}
    for line in lines:
        try:
            (kind, value), *_ = json.loads(line).items()
        except (ValueError, AttributeError):
            continue  # a report that was cut off by the end of time
        if kind == "ScenarioFinished":
            yield from _scenario(session, labels, value["recorder"])


def _scenario(session: Session, labels: Mapping[str, Operation], recorder: Mapping[str, Any]) -> Iterator[Finding]:
    for key, case in recorder.get("cases", {}).items():
        operation = labels.get(f"{case['value']['method']} {case['value']['path']}")
        interaction = recorder.get("interactions", {}).get(key)
        exchange = _exchange(interaction, operation) if interaction else None
        if exchange is not None and operation is not None:
            session.client.count += 1
            session.recorder.saw(operation, exchange, case["value"].get("query") or {})
        for item in recorder.get("checks", {}).get(key, ()):
            failure = ((item.get("failure_info") or {}).get("failure")) or {}
            if item.get("status") == "failure" and failure and not _is_ours(failure, operation):
                yield _finding(operation or _nearest(labels, str(failure.get("operation"))), failure, exchange)


def _is_ours(failure: Mapping[str, Any], operation: Operation | None) -> bool:
    """Whether it is about a credential that was left out on purpose, and that the settings of the run put back."""
    message = str(failure.get("message"))
    return failure.get("code") == "ST201" and bool(operation and operation.security) and "header: violates `required`" in message


def _nearest(labels: Mapping[str, Operation], label: str) -> Operation:
    """The operation of a failure at a method that is not documented: another of the same path."""
    path = label.partition(" ")[2]
    return next((item for name, item in labels.items() if name.partition(" ")[2] == path), next(iter(labels.values())))


def _finding(operation: Operation, failure: Mapping[str, Any], exchange: Exchange | None) -> Finding:
    code = str(failure.get("code") or failure.get("type"))
    message = str(failure.get("message") or "").strip()
    aspect = str(exchange.status) if exchange is not None and code in STATUS_CODES else ""
    clause = _clause(operation, code, exchange)
    title = f"{operation.id}: {str(failure.get('title') or failure.get('type')).lower()}"
    seen = _said(message, "seen") or (f"{exchange.status} {short(exchange.text)}" if exchange is not None else "")
    return Finding(
        code, "schema", operation.id, title, _said(message, "expected"), seen, aspect, clause,
        "warning" if _is_unsaid(code, message) else clause.severity, (exchange,) if exchange is not None else (), service=operation.service,
    )  # fmt: skip


def _is_unsaid(code: str, message: str) -> bool:
    """Whether it is about what no guide says: 405 for other methods, which refusal an occupied name gets, bounds of parameters."""
    return code in UNSAID or (code == "ST201" and "component: parameter" in message)


def _clause(operation: Operation, code: str, exchange: Exchange | None) -> Clause:
    """The clause of what is broken: of the answer where it is about that."""
    status = exchange.status if exchange is not None else 0
    if code == "ST103" and 400 <= status < 500 and not clause_of(operation).guide:
        return Clause(clause_of(operation).says, inferred="documents seldom list all that they refuse with", place=clause_of(operation).place)
    if str(status) in operation.responses:
        return clause_of_response(operation, status)
    near = next((name for name in sorted(operation.responses) if name[:1] == str(status)[:1]), None)
    if code in STATUS_CODES and near is not None:
        return clause_of_response(operation, near)
    return clause_of(operation)


def _said(message: str, side: str) -> str:
    """The part of a message that says what is documented, or what was received."""
    for line in message.splitlines():
        name, _, rest = line.partition(":")
        if side == "expected" and name.strip().lower() in ("documented", "expected", "allowed"):
            return rest.strip()
        if side == "seen" and name.strip().lower() in ("received", "got", "actual", "invalid"):
            return rest.strip()
    return "the answer that its document describes" if side == "expected" else message[:600]


def _exchange(interaction: Mapping[str, Any], operation: Operation | None) -> Exchange | None:
    request, response = interaction.get("request") or {}, interaction.get("response")
    if not response:
        return None
    sent = {name: ", ".join(values) for name, values in (request.get("headers") or {}).items() if name.lower() not in ("x-schemathesis-testcaseid",)}
    headers = tuple((name, value) for name, values in (response.get("headers") or {}).items() for value in values)
    return Exchange(
        str(request.get("method")), str(request.get("uri")), sent, _bytes(request.get("body") or request.get("content")), int(response["status_code"]), headers,
        _bytes(response.get("content")), float(response.get("elapsed") or 0), operation.id if operation is not None else "",
    )  # fmt: skip


def _bytes(value: Any) -> bytes:
    if isinstance(value, Mapping) and "$base64" in value:
        return base64.b64decode(value["$base64"])
    return value.encode() if isinstance(value, str) else b""
