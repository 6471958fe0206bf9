"""Whether an error has the shape that its backend gives to errors."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from contract_tests.exchange import Exchange
from understudy.contract import schemas
from understudy.contract.bundle import Bundle
from understudy.contract.model import Contract, Operation, Response

__all__ = ["LEAKS", "complaint", "leak", "status_in", "validator"]

# What no answer may show: traces of several languages, queries, paths of machines, hashes of passwords.
LEAKS = (
    (
        "a stack trace",
        re.compile(
            r"Traceback \(most recent call last\)|\n\s+at [\w.$<>]+ ?\(.*:\d+:\d+\)|File \"[^\"]+\", line \d+"
            r"|\bat [\w.$]+\([\w]+\.java:\d+\)|#\d+ /[\w/.-]+\.php\(\d+\)"
        ),
    ),
    (
        "a query",
        re.compile(
            r"\bSELECT\b.+\bFROM\b.+\b(WHERE|LIMIT|JOIN)\b|syntax error at or near|SQLSTATE\[|ORA-\d{5}"
            r"|(UNIQUE|FOREIGN KEY) constraint failed|duplicate key value violates",
            re.DOTALL,
        ),
    ),
    (
        "a path of the machine",
        re.compile(r"/(?:usr|home|var|app|srv|opt)/[\w./-]+\.(?:py|js|ts|php|rb|java|go)\b|[A-Z]:\\\\[\w\\\\]+\.\w+|site-packages|node_modules/"),
    ),
    (
        "the hash of a password",
        re.compile(r"\$2[aby]?\$\d\d\$[./A-Za-z0-9]{50,}|scrypt\$[\w.]+\$|\$argon2i?d?\$|pbkdf2_sha256\$|\"password_?[hH]ash\""),
    ),
)


def leak(text: str) -> str | None:
    """What a text shows that it should not; None for nothing."""
    return next((name for name, pattern in LEAKS if pattern.search(text)), None)


@lru_cache(maxsize=2048)
def _validator(bundle_id: int, pointer: str, holder: "_Holder") -> Any:
    document = schemas.without_required(holder.bundle.data, "writeOnly")
    return jsonschema_rs.Draft202012Validator({**document, "$ref": f"#{quote(pointer)}"}, validate_formats=True)


class _Holder:
    """A bundle as a key of a cache: equal if it is the same."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.bundle is self.bundle

    def __hash__(self) -> int:
        return id(self.bundle)


def validator(bundle: Bundle, pointer: str) -> Any:
    """A validator of the schema at a pointer of a document, formats included."""
    return _validator(id(bundle), pointer, _Holder(bundle))


def complaint(contract: Contract, operation: Operation, answer: Exchange) -> str | None:
    """What is wrong with the body of an error; None if nothing is. Where the status is not documented, the shape of a documented error is asked for."""
    if answer.method == "HEAD":
        return None
    value = answer.json
    kind = (answer.header("content-type") or "").partition(";")[0].strip()
    if not contract.declared and str(answer.status) not in operation.responses and "default" not in operation.responses:
        return None
    documented = operation.responses.get(str(answer.status)) or operation.responses.get("default") or _any_error(contract, operation)
    media = next((item for name, item in documented.media.items() if schemas.is_json(name)), None) if documented is not None else None
    if media is None or media.pointer is None:
        return None
    if value is None:
        return f"it is {kind or 'no type'} and no JSON"
    error = next(iter(validator(operation.bundle, media.pointer).iter_errors(value)), None)
    if error is not None:
        return f"{'/'.join(map(str, error.instance_path)) or 'it'}: {error.message[:200]}"
    said = status_in(contract, value)
    return f"it says {said}, and its status is {answer.status}" if said is not None and said != answer.status else None


def _any_error(contract: Contract, operation: Operation) -> Response | None:
    """A documented error of the operation, else of one of its service that is not for invalid requests."""
    near = [operation, *(item for item in contract.operations if item.service == operation.service and item.bundle is operation.bundle)]
    order = ("404", "409", "401", "403", "400", "422")
    return next((item.responses[status] for item in near for status in order if status in item.responses and item.responses[status].media), None)


def status_in(contract: Contract, value: Any) -> int | None:
    """The status that an error's body says it has, by the backend's template."""
    template = (contract.settings.get("envelope") or {}).get("error")
    if not isinstance(template, Mapping) or not isinstance(value, dict):
        return None
    name = next((key for key, text in template.items() if text == "status"), None)
    said = value.get(name) if name else None
    return said if isinstance(said, int) else None
