"""Every backend against its own documents: statuses, bodies, headers, credentials, methods. openapi-core is the second referee."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from understudy.contract.model import Operation, Service
from understudy.contract.reader import backend_names

from .client import Answer, Client, contract

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPERATIONS = [(backend, operation) for backend in backend_names() for operation in contract(backend).operations]
IDS = [f"{backend}-{operation.id}" for backend, operation in OPERATIONS]
every_operation = pytest.mark.parametrize(("backend", "operation"), OPERATIONS, ids=IDS)
every_backend = pytest.mark.parametrize("backend", backend_names())
FORM = "multipart/form-data"
NEED_STATE = {  # their examples name what must be made first, or what the seeds keep: their own tests do that
    "verifySecondFactor", "refreshSession", "putUpload", "receiveStripeEvent", "confirmPayment", "createOrderWithLock", "releaseTickets",
    "completeFacebookOAuth", "completeInstagramOAuth", "completeTiktokOAuth", "completeTelegramOAuth", "completeViberOAuth",
    "deleteEvent", "deleteOffer", "approveOffer", "rejectOffer",
}  # fmt: skip
SHOWN = {"login": {"accessToken"}, "register": {"accessToken"}, "refreshSession": {"accessToken"}, "createPaymentIntent": {"clientSecret"}}  # on purpose


def follow(document: Mapping[str, Any], node: Any) -> Any:
    """A node, or what it refers to."""
    while isinstance(node, dict) and "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def parameters(operation: Operation) -> list[dict[str, Any]]:
    """The raw parameters of an operation, those of its path included."""
    document = operation.bundle.data
    _, paths, path, method = operation.pointer.split("/")
    item = document[paths][path.replace("~1", "/").replace("~0", "~")]
    return [follow(document, node) for node in (*item.get("parameters", ()), *item[method].get("parameters", ()))]


def url(operation: Operation, optional: bool) -> str:
    """The path with the examples of its parameters. optional: whether query parameters that may be left out are given."""
    path, query = operation.path, []
    for node in parameters(operation):
        value = node.get("example")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if node["in"] == "path":
            path = path.replace(f"{{{node['name']}}}", quote(text, safe=""))
        elif node["in"] == "query" and value is not None and (optional or node.get("required")):
            query.append((node["name"], text))
    return f"{path}?{urlencode(query)}" if query else path


def bodies(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Media type and example of each body; ('', None) where there is none."""
    if not operation.bodies:
        yield "", None
    for kind, media in operation.bodies.items():
        examples = [*media.examples.values(), follow(operation.bundle.data, media.schema or {}).get("example")]
        yield from ((kind, example) for example in examples if example is not None or "json" not in kind)


def send(client: Client, operation: Operation, kind: str, body: Any, by: str | None, optional: bool = True, token: str | None = None) -> Answer:
    """The documented example request."""
    target, headers = url(operation, optional), {"origin": "http://localhost:3000"}
    given: dict[str, Any] = {"by": by, "token": token, "service": operation.service}
    if kind == FORM:
        texts = {name: value for name, value in body.items() if value != "(bytes)" and not isinstance(value, list)}
        files = {name: ("a.bin", "application/octet-stream", b"\x00\xff") for name in body if name not in texts}
        return client.upload(target, texts, files, **given)
    if kind and "json" not in kind:
        return client.request(operation.method, target, data=b"\x00\x01", headers={**headers, "content-type": kind}, **given)
    return client.request(operation.method, target, body if kind else None, headers=headers, **given)


def logins(backend: str) -> list[str | None]:
    """Everybody who can sign in by a password alone, and nobody."""
    settings = contract(backend).settings
    return [None, *(str(item[settings["auth"]["login"]]) for item in settings["accounts"] if not item.get("two_factor_enabled"))]


@functools.cache
def referee(backend: str, service: str) -> tuple[OpenAPI, str]:
    """openapi-core over a service's document, and the root of its address."""
    found = next(item for item in contract(backend).services if item.name == service)
    assert found.bundle is not None
    address = re.match(r"https?://[^/]+", found.bundle.data["servers"][0]["url"])
    assert address is not None
    return OpenAPI.from_dict(json.loads(json.dumps(found.bundle.data))), address[0]


@functools.cache
def registry(backend: str, service: str) -> Any:
    found = next(item for item in contract(backend).services if item.name == service)
    assert found.bundle is not None
    return jsonschema_rs.Registry([("urn:d", found.bundle.data)], draft=jsonschema_rs.Draft202012)


REFEREED: set[tuple[str, str, int]] = set()  # openapi-core takes its time, so it sees each status of an operation once


def check(backend: str, operation: Operation, answer: Answer) -> None:
    """The answer has a documented status, media type, headers and body."""
    documented = operation.responses.get(str(answer.status))
    assert documented is not None, f"{answer.status} is not documented: {answer}"
    for name, header in documented.headers.items():
        assert not header.get("required") or name.lower() in answer.headers, f"{name} is missing"
    if not documented.media:
        return
    kind = answer.headers["content-type"].split(";")[0]
    media = documented.media[kind]
    if "json" in kind:
        pointer = quote(str(media.pointer), safe="/~!$&'()*+,;=:@")
        validator = jsonschema_rs.Draft202012Validator({"$ref": f"urn:d#{pointer}"}, registry=registry(backend, operation.service), validate_formats=True)
        assert [error.message for error in validator.iter_errors(answer.json)] == []
    if (backend, operation.id, answer.status) in REFEREED:
        return
    REFEREED.add((backend, operation.id, answer.status))
    core, address = referee(backend, operation.service)
    request = MockRequest(address, operation.method.lower(), url(operation, False).partition("?")[0])
    core.validate_response(request, MockResponse(answer.body, answer.status, dict(answer.headers), answer.headers["content-type"]))


def answers(backend: str, operation: Operation) -> list[Answer]:
    """The answers to the documented example requests: everybody's, each in a fresh world, with and without what is optional."""
    return _answers(backend, operation.id)


@functools.cache
def _answers(backend: str, name: str) -> list[Answer]:
    operation = next(item for item in contract(backend).operations if item.id == name)
    return [
        send(Client(backend), operation, kind, body, by, optional) for by in logins(backend) for kind, body in bodies(operation) for optional in (False, True)
    ]  # fmt: skip


@every_operation
def test_example_requests_are_answered_as_documented(backend: str, operation: Operation) -> None:
    for answer in answers(backend, operation):
        check(backend, operation, answer)


@pytest.mark.parametrize(
    ("backend", "operation"),
    [pair for pair in OPERATIONS if pair[1].id not in NEED_STATE],
    ids=[name for name in IDS if name.partition("-")[2] not in NEED_STATE],
)
def test_an_example_request_succeeds_for_somebody(backend: str, operation: Operation) -> None:
    statuses = {answer.status for answer in answers(backend, operation)}
    assert statuses & {200, 201}, statuses


@pytest.mark.parametrize(
    ("backend", "operation"),
    [pair for pair in OPERATIONS if pair[1].security],
    ids=[name for name, pair in zip(IDS, OPERATIONS, strict=True) if pair[1].security],
)
def test_without_a_good_credential_it_is_401_where_the_document_says_so(backend: str, operation: Operation) -> None:
    kind, body = next(bodies(operation))
    if not operation.anonymous:
        check(backend, operation, answer := send(Client(backend), operation, kind, body, None))
        assert answer.status == 401
    for token in ("x", "e30.e30.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."):
        check(backend, operation, answer := send(Client(backend), operation, kind, body, None, token=token))
        assert answer.status == 401


def texts(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field of a body with its value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name, item
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


@functools.cache
def hidden(backend: str) -> tuple[set[str], set[str]]:
    """Names of fields that no schema lists, and the long secret values of the seeds."""
    collections = contract(backend).collections
    listed = {name for item in collections.values() for name in item.properties}
    links = {name for item in collections.values() for name in item.refs}
    names = {name for item in collections.values() for name in item.unshown if name not in listed | links}
    client = Client(backend)
    values = {row[name] for item in collections.values() for row in client.rows(item.name) for name in item.secret - links if isinstance(row.get(name), str)}
    return names, {value for value in values if len(value) >= 16}


@every_operation
def test_no_answer_holds_a_secret(backend: str, operation: Operation) -> None:
    names, values = hidden(backend)
    for answer in answers(backend, operation):
        assert not [value for value in values if value.encode() in answer.body]
        assert b"scrypt$" not in answer.body
        if "json" in answer.headers.get("content-type", ""):
            assert not (names - SHOWN.get(operation.id, set())) & {name for name, _ in texts(answer.json)}


def paths(backend: str) -> Iterator[tuple[Service, str, set[str], Operation]]:
    """Service, example path, its methods and one of its operations."""
    for service in contract(backend).services:
        for template in sorted({item.path for item in service.operations}):
            mine = [item for item in service.operations if item.path == template]
            yield service, url(mine[0], False).partition("?")[0], {item.method for item in mine}, mine[0]


def allowed(answer: Answer) -> set[str]:
    return set(re.split(", *", answer.headers["allow"]))


@every_backend
def test_methods_that_a_path_lacks_are_405_with_all_that_it_has(backend: str) -> None:
    client = Client(backend)
    for service, path, methods, _ in paths(backend):
        complete = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        for method in {*METHODS, "TRACE", "HEAD"} - complete:
            answer = client.request(method, path, service=service.name)
            assert (answer.status, allowed(answer)) == (405, complete), f"{method} {path}"
        options = client.request("OPTIONS", path, service=service.name)
        assert (options.status, allowed(options)) == (200, complete)


@every_backend
def test_head_answers_as_get_does_without_a_body(backend: str) -> None:
    login = logins(backend)[1]
    for service, path, methods, _ in paths(backend):
        if "GET" in methods:
            got, head = (Client(backend).request(method, path, by=login, service=service.name) for method in ("GET", "HEAD"))
            assert (head.status, head.body, head.headers["content-type"]) == (got.status, b"", got.headers["content-type"]), path


@every_backend
def test_refusals_outside_operations_have_the_same_envelope(backend: str) -> None:
    client = Client(backend)
    operation = next(item for item in contract(backend).operations if item.security and not item.anonymous)
    known = send(client, operation, *next(bodies(operation)), None).json.keys()
    login = next(item for item in contract(backend).operations if item.behavior.do == "login")
    large = b'{"x": "' + b"a" * (1 << 20) + b'"}'
    answers = [
        client.get("/nowhere/at/all", service=login.service),
        client.request("TRACE", login.path, service=login.service),
        client.post(login.path, data=b"<a/>", headers={"content-type": "application/xml"}),
        client.post(login.path, data=large, headers={"content-type": "application/json"}),
    ]
    assert [item.status for item in answers] == [404, 405, 415, 413]
    assert all(item.json.keys() == known for item in answers)


@every_backend
def test_a_crash_is_500_in_the_envelope_and_shows_nothing(backend: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(backend)
    operation = next(item for item in contract(backend).operations if item.security and not item.anonymous)
    known = send(client, operation, *next(bodies(operation)), None).json.keys()

    def crash(_call: Any) -> None:
        raise RuntimeError("SELECT secret FROM users")

    login = next(item for item in contract(backend).operations if item.behavior.do == "login")
    monkeypatch.setattr(client.engine.plans[login.id], "steps", (crash,))
    answer = client.login("user@example.com")
    assert (answer.status, answer.json.keys()) == (500, known)
    assert b"SELECT" not in answer.body
    assert "SELECT" in caplog.text
