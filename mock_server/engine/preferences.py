"""What one request prefers: `Prefer: code=404, example=name, dynamic=true, delay=300` (RFC 7240, Prism's names and a delay), or `?__code=404` and so on."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from mock_server.engine import documented, entries
from mock_server.engine.call import Call, Request
from mock_server.engine.plan import Plan, Step
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.violations import shorten
from understudy.contract.errors import UnderstudyError, suggest
from understudy.contract.model import Response

LONGEST_DELAY = 600_000  # milliseconds
MOST_SHOWN = 12
TRUTHS = {"true": True, "false": False, "": True}  # a preference without a value is one that is wanted
QUOTED = r'"(?:\\.|[^"\\])*+"?'
PARTS = {mark: re.compile(rf'(?:{QUOTED}|[^"{mark}])++') for mark in ",;"}
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference as it was given. pointer: where; label: as its sender wrote it."""

    name: str
    value: str
    pointer: str
    label: str

    def refuse(self, plan: Plan, what: str, exact: Iterable[str], ranges: Iterable[str] = ()) -> Problem:
        """The refusal of a preference that can't be honoured. exact, ranges: what would be valid; only the former can be meant."""
        names = [*exact]
        close = suggest(self.value, names)
        valid = [shorten(name) for name in (*names, *ranges)]
        shown = f" Valid: {', '.join(valid[:MOST_SHOWN])}{', ...' if len(valid) > MOST_SHOWN else ''}." if valid else ""
        text = f"{self.label}={shorten(self.value)}: {what}.{shown}{close if 'Did you mean' in close else ''}"
        violation = Violation(self.pointer, "preference", text, valid[:MOST_SHOWN], shorten(self.value))
        return Problem(plan.invalid, None, text, violations=(violation,), field=violation.field, rule=violation.rule)


class Preferences:
    """The preferences of one request. applied: those that were honoured, as `Preference-Applied` says them; delay: seconds."""

    def __init__(self, plan: Plan, request: Request) -> None:
        self.asked: dict[str, Preference] = {}
        self.applied, self.delay, self.query = "", 0.0, request.query
        header = request.header(b"prefer")
        for name, value in read(_text(header)) if header is not None else ():
            self._ask(Preference(name, value, "/header/prefer", f"Prefer: {name}"))
        if b"__" in request.query:
            self._take_twins(request, {checked.parameter.name for checked in plan.validation.query})

    def _ask(self, preference: Preference) -> None:
        if preference.name in READERS:
            self.asked.setdefault(preference.name, preference)  # RFC 7240: of several the first

    def _take_twins(self, request: Request, documented_names: set[str]) -> None:
        """Takes the twins out of the query: no document lists them. A parameter that one does list is its own."""
        kept = []
        for pair in request.query.split(b"&"):
            name, _, value = (unquote_plus(part.decode("latin-1")) for part in pair.partition(b"="))
            if name.startswith("__") and name[2:] in READERS and name not in documented_names:
                self._ask(Preference(name[2:], value, f"/query/{name}", name))
            else:
                kept.append(pair)
        self.query = b"&".join(kept)

    def stages(self, call: Call) -> tuple[Step, ...]:
        """The stages that are left for a call: its own, or none where its document answers. Raises Problem for what can't be honoured."""
        if self.query != call.request.query:
            call.request = copy(call.request)  # the log keeps the request as it came
            call.request.query = self.query
        wanted = {name: READERS[name](call.plan, item) for name, item in self.asked.items()}
        if wanted.get("dynamic"):
            wanted.pop("example", None)
        answered = "code" in wanted or "example" in wanted or bool(wanted.get("dynamic"))
        if answered:
            self._answer(call, wanted)
        self.delay = wanted.get("delay", 0) / 1000
        self.applied = ", ".join(f"{name}={_word(wanted[name])}" for name in READERS if name in wanted)
        return () if answered else call.plan.stages

    def _answer(self, call: Call, wanted: Mapping[str, Any]) -> None:
        """Makes the answer that the document has."""
        plan, example, dynamic = call.plan, wanted.get("example"), bool(wanted.get("dynamic"))
        response = self._response(plan, wanted)
        media = documented.media_of(response, call.request.header(b"accept"), example)
        if example is not None and (media is None or example not in media.examples):
            raise self._lacks_example(plan, f"the answer {response.status} of {plan.operation.id}", [response])
        status = wanted.get("code") or documented.status_of(plan, response)
        try:
            call.reply = documented.reply(call, status, response, media, example, dynamic)
        except UnderstudyError as error:
            asked = next(name for name in READERS if name in wanted)
            raise self.asked[asked].refuse(plan, f"the answer {status} of {plan.operation.id} {error}", ()) from None

    def _response(self, plan: Plan, wanted: Mapping[str, Any]) -> Response:
        """The documented answer that is asked for: by its status, by the name of an example, else the good one."""
        operation, example = plan.operation, wanted.get("example")
        if "code" in wanted:
            found = documented.answer(operation, wanted["code"])
        elif example is not None:
            found = next((item for item in documented.good_first(operation) if example in documented.example_names([item])), None)
            if found is None:
                raise self._lacks_example(plan, operation.id, operation.responses.values())
        else:
            found = next(iter(documented.good_first(operation)), None)
        if found is None:
            raise self.asked["dynamic"].refuse(plan, f"{operation.id} has no answers", ())
        return found

    def _lacks_example(self, plan: Plan, where: str, responses: Iterable[Response]) -> Problem:
        names = documented.example_names(responses)
        return self.asked["example"].refuse(plan, f"{where} has no example of this name" if names else f"{where} has no examples", names)

    def tell(self, answer: entries.Response) -> str:
        """Adds to an answer what was honoured, and returns it."""
        if self.applied:
            answer.headers += [(b"preference-applied", self.applied.encode("latin-1", "replace")), (b"vary", b"Prefer")]
            answer.delay += self.delay
        return self.applied


def read(text: str) -> Iterator[tuple[str, str]]:
    """Names (in lower case) and values of a `Prefer` header; parameters after a `;` are left out."""
    for part in PARTS[","].findall(text):
        name, _, value = (PARTS[";"].findall(part.strip()) or [""])[0].partition("=")
        if name.strip():
            yield name.strip().lower(), _unquoted(value.strip())


def _text(header: bytes) -> str:
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"')) if value.startswith('"') else value


def _word(value: Any) -> str:
    """A value as a header has it: quoted unless it is a token."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if TOKEN.fullmatch(printable) else '"' + re.sub(r'(["\\])', r"\\\1", printable) + '"'


def _code(plan: Plan, given: Preference) -> int:
    status = int(given.value) if re.fullmatch(r"[0-9]{3}", given.value) else 0
    if documented.answer(plan.operation, status) is None:
        raise given.refuse(plan, f"{plan.operation.id} has no such answer", *documented.statuses(plan.operation))
    return status


def _example(_plan: Plan, given: Preference) -> str:
    return given.value


def _dynamic(plan: Plan, given: Preference) -> bool:
    if given.value.lower() not in TRUTHS:
        raise given.refuse(plan, "not a boolean", ("true", "false"))
    return TRUTHS[given.value.lower()]


def _delay(plan: Plan, given: Preference) -> int:
    value = int(given.value) if re.fullmatch(r"[0-9]{1,9}", given.value) else -1
    if not 0 <= value <= LONGEST_DELAY:
        raise given.refuse(plan, "not a number of milliseconds", (), (f"0 to {LONGEST_DELAY}",))
    return value


READERS: dict[str, Callable[[Plan, Preference], Any]] = {"code": _code, "example": _example, "dynamic": _dynamic, "delay": _delay}
