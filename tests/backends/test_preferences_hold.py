"""Every documented status and example of every operation is reachable by `Prefer`, valid against its document, and changes nothing."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from mock_server.engine.entries import Exchange
from understudy.contract.model import Media, Operation, Response
from understudy.contract.reader import backend_names

from .client import Answer, Client, contract

ANSWERS = [
    (backend, operation, response) for backend in backend_names() for operation in contract(backend).operations for response in operation.responses.values()
]
IDS = [f"{backend}-{operation.id}-{response.status}" for backend, operation, response in ANSWERS]
every_answer = pytest.mark.parametrize(("backend", "operation", "response"), ANSWERS, ids=IDS)


@functools.cache
def referee(backend: str, service: str) -> Any:
    """openapi-core over a service's document."""
    found = next(item for item in contract(backend).services if item.name == service)
    assert found.bundle is not None
    return OpenAPI.from_dict(json.loads(json.dumps(found.bundle.data)))


def state(client: Client) -> Any:
    """What an operation could change: versions of rows, timers, messages, limits, remembered answers."""
    world = client.world
    collections = sorted(client.engine.contract.collections)
    return (
        world.store.versions(collections),
        world.timers.first,
        client.sent,
        dict(world.replies),
        {key: len(calls) for key, calls in world.throttle.calls.items()},
    )


def ask(client: Client, operation: Operation, prefer: str, **headers: str) -> Answer:
    """The answer to a request that has nothing but what it prefers: no credential, no body, no sound parameter. Nothing may change."""
    before = state(client)
    answer = client.request(
        operation.method, operation.path.replace("{", "-").replace("}", "-"), headers={"prefer": prefer, **headers}, service=operation.service
    )
    assert state(client) == before
    assert answer.headers["preference-applied"] == prefer
    exchange = client.engine.log[-1]
    assert isinstance(exchange, Exchange)
    assert exchange.preferred == prefer
    assert exchange.plan is not None
    assert exchange.plan.operation is operation
    return answer


def check(operation: Operation, response: Response, answer: Answer) -> None:
    """The answer is the documented one: status, media type, body and required headers."""
    assert answer.status == int(response.status)
    for name, header in response.headers.items():
        assert name.lower() in answer.headers or not header.get("required"), f"{name} is missing"
        if name.lower() in answer.headers and header.get("schema", {}).get("type") == "integer":
            valid(operation, header["schema"], json.loads(answer.headers[name.lower()]))
        elif name.lower() in answer.headers and name != "Set-Cookie":
            valid(operation, header["schema"], answer.headers[name.lower()])
    if not response.media:
        assert (answer.body, "content-type" in answer.headers) == (b"", False)
        return
    media = response.media[answer.headers["content-type"]]
    valid(operation, media.schema, value_of(media, answer))


def value_of(media: Media, answer: Answer) -> Any:
    return answer.json if media.type.endswith("json") else answer.body.decode()


def valid(operation: Operation, schema: Any, value: Any) -> None:
    root = {**schema, "components": operation.bundle.data.get("components", {})}
    Draft202012Validator(root, format_checker=jsonschema.FormatChecker()).validate(value)


@every_answer
def test_a_documented_status_is_reachable(backend: str, operation: Operation, response: Response) -> None:
    client = Client(backend)
    answer = ask(client, operation, f"code={response.status}")
    check(operation, response, answer)
    assert not response.media or value_of(next(iter(response.media.values())), answer) == example_of(response, answer)
    again = ask(client, operation, f"code={response.status}")
    assert (again.status, again.body) == (answer.status, answer.body)


def example_of(response: Response, answer: Answer) -> Any:
    """The first example of an answer, or the answer itself where there is none."""
    media = next(iter(response.media.values()))
    return next(iter(media.examples.values()), value_of(media, answer))


@every_answer
def test_a_documented_example_is_reachable(backend: str, operation: Operation, response: Response) -> None:
    client = Client(backend)
    for media, name in examples(response):
        answer = ask(client, operation, f"code={response.status}, example={name}", accept=media.type)
        check(operation, response, answer)
        assert answer.headers["content-type"] == media.type
        assert value_of(media, answer) == media.examples[name]


def examples(response: Response) -> Iterator[tuple[Media, str]]:
    return ((media, name) for media in response.media.values() for name in media.examples)


@every_answer
def test_a_dynamic_answer_fits_its_schema(backend: str, operation: Operation, response: Response) -> None:
    client = Client(backend)
    for _ in range(3):
        check(operation, response, ask(client, operation, f"code={response.status}, dynamic=true"))


@every_answer
def test_the_second_referee_agrees(backend: str, operation: Operation, response: Response) -> None:
    client = Client(backend)
    server = operation.bundle.data["servers"][0]["url"].split("/")
    for prefer in (f"code={response.status}", f"code={response.status}, dynamic=true"):
        answer = ask(client, operation, prefer)
        request = MockRequest("/".join(server[:3]), operation.method.lower(), operation.path.replace("{", "1").replace("}", ""))
        kind = answer.headers.get("content-type", "")
        referee(backend, operation.service).validate_response(request, MockResponse(answer.body, answer.status, dict(answer.headers), kind))


@pytest.mark.parametrize(
    ("backend", "operation"),
    [(backend, operation) for backend in backend_names() for operation in contract(backend).operations],
    ids=[f"{backend}-{operation.id}" for backend in backend_names() for operation in contract(backend).operations],
)
def test_without_a_status_it_is_the_good_answer(backend: str, operation: Operation) -> None:
    client = Client(backend)
    good = operation.success
    assert good is not None
    check(operation, good, ask(client, operation, "dynamic=true"))
    named = next(((response, name) for response in (good, *operation.responses.values()) for _, name in examples(response)), None)
    if named is not None:
        check(operation, named[0], ask(client, operation, f"example={named[1]}"))


@pytest.mark.parametrize("backend", backend_names())
def test_what_cannot_be_honoured_is_a_bad_request_in_the_envelope(backend: str) -> None:
    client = Client(backend)
    for operation in contract(backend).operations:
        ruled = client.engine.plans[operation.id].invalid
        for prefer in ("code=999", "example=nowhere", "dynamic=perhaps", "delay=-1"):
            answer = client.request(operation.method, operation.path, headers={"prefer": prefer}, service=operation.service)
            violation = json.loads(answer.headers["understudy-violations"])[0]
            assert (answer.status, violation["pointer"], violation["rule"]) == (ruled, "/header/prefer", "preference")
            assert violation["message"].startswith(f"Prefer: {prefer}: ")
            assert "preference-applied" not in answer.headers
            if (documented := operation.responses.get(str(ruled))) is not None:
                check(operation, documented, answer)


@pytest.mark.parametrize("backend", backend_names())
def test_a_401_of_the_document_has_the_headers_of_a_real_one(backend: str) -> None:
    client = Client(backend)
    operation = next(item for item in contract(backend).operations if item.security and not item.anonymous and "401" in item.responses)
    real = client.request(operation.method, operation.path, service=operation.service)
    answer = ask(client, operation, "code=401")
    assert real.status == 401
    assert answer.headers["www-authenticate"] == real.headers["www-authenticate"]
    assert answer.headers.keys() - {"preference-applied", "vary"} == real.headers.keys() - {"understudy-violations"}
