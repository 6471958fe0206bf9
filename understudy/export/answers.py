"""The fixtures of a contract: each documented answer of each operation as a JSON body, as the mock gives it at one instant."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.engine import documented
from understudy.contract.model import Contract, Operation, Response
from understudy.contract.schemas import is_json
from understudy.export.asking import Mock
from understudy.export.literals import pretty
from understudy.export.names import claim, identifier, operation_names
from understudy.export.types import fixture_declarations

__all__ = ["NOW", "Answer", "answers", "files"]

NOW = "2026-01-01T12:00:00Z"  # when it is, where nobody says; so that the same command writes the same files
READS = frozenset({"GET"})
INDEX = "index"


@dataclass(frozen=True, slots=True)
class Answer:
    """One body. status: as the document names it (201, 4XX, default); example: the name of the document's example that it is; login: who asked for it."""

    operation: Operation
    status: str
    sent: int
    media: str | None
    title: str
    body: Any
    example: str | None = None
    login: str | None = None

    @property
    def has_body(self) -> bool:
        """Whether it is JSON, and not another media type or nothing."""
        return self.media is not None and is_json(self.media)


def answers(contract: Contract, seed: str, now: float) -> Iterator[Answer]:
    """All answers. Reads are those of the seeded world; what writes or refuses is as documented, and so is a read that nobody is allowed."""
    mock = Mock(contract, seed, now)
    for operation in contract.operations:
        for status, response in sorted(operation.responses.items()):
            if status[0] in "2345d":
                yield from _answers(mock, operation, status, response)


def _answers(mock: Mock, operation: Operation, status: str, response: Response) -> Iterator[Answer]:
    """The answers of one status: the usual one, then the document's examples that differ from it."""
    sent = documented.status_of(mock.engine.plans[operation.id], response)
    names = [name for name in documented.example_names([response]) if name != "default"]
    read = mock.read(operation) if operation.method in READS and not operation.body_required and response is operation.success else None
    real = read is not None and read.status == sent and mock.fits(operation, status, read)
    usual = read if real and read is not None else mock.prefer(operation, sent)
    first = None if real else next(iter(names), None)
    found = [(first, usual), *((name, mock.prefer(operation, sent, name)) for name in names if name != first)]
    for example, asked in found:
        if asked.status == sent and (asked.body is None or mock.fits(operation, status, asked)):
            title = example or response.description or status
            yield Answer(operation, status, sent, asked.media, title, asked.body, example, asked.login)


def files(contract: Contract, seed: str, now: float) -> dict[str, str]:
    """The folder: a file for each body, what they are (index.json), and all of them as a module with types."""
    found = list(answers(contract, seed, now))
    names = operation_names(contract)
    folders = _folders(contract)
    texts, index, module = {}, [], {name: dict[str, Any]() for name in names.values()}
    taken: set[str] = set()
    for item in found:
        place = (item.operation.service, item.operation.id)
        file = None
        if item.has_body:
            key = item.status if item.status not in module[names[place]] else f"{item.status}.{_safe(item.example or '')}"
            stem = claim((f"{folders[place]}/{key}",), taken)
            file, module[names[place]][stem.partition("/")[2]] = f"{stem}.json", item.body
            texts[file] = _json(item.body)
        index.append(_entry(item, file))
    texts[f"{INDEX}.json"] = _json({"backend": contract.name, "answers": index})
    texts[f"{INDEX}.js"] = _module(contract, module)
    texts[f"{INDEX}.d.ts"] = fixture_declarations(contract, {name: list(bodies) for name, bodies in module.items()})
    return texts


def _entry(item: Answer, file: str | None) -> dict[str, Any]:
    operation = item.operation
    return {
        "operation": operation.id, "service": operation.service, "method": operation.method, "path": operation.path, "status": item.sent, "title": item.title,
        "media": item.media, "file": file, "as": item.login,
    }  # fmt: skip


def _folders(contract: Contract) -> dict[tuple[str, str], str]:
    """(service, operationId) -> its folder: no two are alike where letters have no case."""
    taken, found = {INDEX}, {}
    for item in contract.operations:
        names = [_safe(item.id), _safe(f"{item.service}-{item.id}")]
        free = next((name for name in names if name.lower() not in taken), None) or claim([names[-1].lower()], set(taken))
        taken.add(free.lower())
        found[item.service, item.id] = free
    return found


def _safe(text: str) -> str:
    """A text as a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-") or identifier(text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _module(contract: Contract, bodies: Mapping[str, Mapping[str, Any]]) -> str:
    title = " ".join(contract.title.split()).replace("*/", "*\\/")
    texts = [f"export const {name} = {pretty(dict(found))};\n" for name, found in bodies.items() if found]
    return "\n".join([f"/** {title}: what each operation answers, by status. */", *texts])
