"""The referee of the journeys: openapi-core judges requests and answers by the service's own document, independently of what the other checks validate with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.responses.exceptions import ResponseFinderError
from openapi_core.validation.response.exceptions import DataValidationError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

from contract_tests.exchange import Exchange
from understudy.contract.model import Operation

__all__ = ["Complaint", "Referee"]

MOST = 3  # complaints about one body
BODIES = ("application/json", "")  # of requests that are judged: forms are read by each side in its own way


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a request or an answer. where: the path of a field, a parameter, `status` or `content-type`."""

    side: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


@dataclass
class Asked:
    """A request as openapi-core reads it; it fills in the path's parameters."""

    host_url: str
    path: str
    method: str
    content_type: str
    body: bytes | None
    parameters: RequestParameters = field(default_factory=RequestParameters)


@dataclass(frozen=True)
class Answered:
    """An answer as openapi-core reads it."""

    status_code: int
    content_type: str
    headers: Headers
    data: bytes | None


class Referee:
    """Judges exchanges. Each service's document is compiled once."""

    def __init__(self) -> None:
        self._compiled: dict[str, OpenAPI] = {}

    def complaints(self, operation: Operation, exchange: Exchange, prefix: str = "", broken: bool = False) -> list[Complaint]:
        """What is wrong with an exchange. prefix: of the target's paths, which the document does not have; broken: whether the request is meant to be wrong."""
        if not exchange.status:
            return []
        book, asked, answered = self._book(operation), _asked(operation, exchange, prefix), _answered(exchange)
        found = [] if broken or asked.content_type not in BODIES else [_complaint("request", error) for error in book.iter_request_errors(asked)]
        return found + [made for error in book.iter_response_errors(asked, answered) for made in _complaints(operation, error)]

    def _book(self, operation: Operation) -> OpenAPI:
        if operation.service not in self._compiled:
            config = Config(spec_validator_cls=None)  # `specs lint` has judged the document itself
            data: Any = operation.bundle.data
            self._compiled[operation.service] = OpenAPI.from_dict(data, config=config)
        return self._compiled[operation.service]


def _asked(operation: Operation, exchange: Exchange, prefix: str) -> Asked:
    parts = urlsplit(exchange.url)
    path = parts.path.removeprefix(prefix.rstrip("/")) if prefix else parts.path
    sent = Headers([(name, value) for name, value in exchange.sent.items()])
    cookies = [part.strip().partition("=")[::2] for part in sent.get("cookie", "").split(";") if part.strip()]
    parameters = RequestParameters(ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)), sent, ImmutableMultiDict(cookies))
    kind = sent.get("content-type", "").partition(";")[0].strip().lower()
    return Asked(_origin(operation), path, exchange.method.lower(), kind, exchange.body or None, parameters)


def _origin(operation: Operation) -> str:
    """Scheme and host as the document names them: where the target really is does not matter."""
    data: Mapping[str, Any] = operation.bundle.data
    items: Mapping[str, Any] = data["paths"].get(operation.pointer.split("/")[2].replace("~1", "/").replace("~0", "~"), {})
    servers = items.get("servers") or data.get("servers") or [{"url": ""}]
    parts = urlsplit(str(servers[0]["url"]))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _answered(exchange: Exchange) -> Answered:
    return Answered(exchange.status, (exchange.header("content-type") or "").lower(), Headers(list(exchange.headers)), exchange.content or None)


def _complaints(operation: Operation, error: Exception) -> Iterator[Complaint]:
    """What one error of an answer says, by field; nothing where the document leaves it open or the other side is to blame."""
    if isinstance(error, PathError):
        return
    if isinstance(error, ResponseFinderError):
        yield Complaint("response", "status", f"is not documented for {operation.id}")
        return
    cause = error.__cause__
    if isinstance(error, DataValidationError) and isinstance(cause, InvalidSchemaValue):
        for item in list(cause.schema_errors)[:MOST]:
            where = ".".join("*" if isinstance(part, int) else str(part) for part in getattr(item, "absolute_path", ()))
            yield Complaint("response", where or "body", str(getattr(item, "message", item))[:300])
        return
    yield _complaint("response", error)


def _complaint(side: str, error: Exception) -> Complaint:
    cause = error.__cause__
    more = "; ".join(str(getattr(item, "message", item)) for item in getattr(cause, "schema_errors", ())) or (str(cause) if cause else "")
    kind = type(cause or error).__name__.lower()
    where = getattr(error, "name", "") or ("content-type" if "media" in kind or "content" in kind else "body")
    return Complaint(side, str(where), f"{error}{f': {more}' if more else ''}"[:300])
