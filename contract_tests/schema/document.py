"""The document that Schemathesis is given: the contract's own, with examples that are true of the target, and links between what is made and what uses it."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.bindings import bindings
from contract_tests.checks import NotChecked
from contract_tests.people import Person
from contract_tests.samples import Request
from contract_tests.session import Session
from contract_tests.shapes import key_pointer
from understudy.contract import documents, schemas
from understudy.contract.model import Operation, Service

__all__ = ["document"]


def document(session: Session, service: Service, people: Mapping[str, Person | None]) -> dict[str, Any]:
    """A document of one service for a target. people: operationId -> who calls it."""
    assert service.bundle is not None
    made: dict[str, Any] = copy.deepcopy(service.bundle.data)
    for operation in service.operations:
        node = documents.resolve(made, operation.pointer)
        with_examples(session, operation, node, people.get(operation.id))
        for status, link_name, link in links(session, operation):
            response = _own(made, node, status)
            response.setdefault("links", {})[link_name] = link
    return rooted(made, service, session.urls[service.name])


def rooted(made: dict[str, Any], service: Service, url: str) -> dict[str, Any]:
    """The document with whole paths and one server: some paths stand at the root of a service, others under its base."""
    paths: dict[str, Any] = {}
    for operation in service.operations:
        around = documents.resolve(made, documents.pointer_of(*documents.pointer_parts(operation.pointer)[:-1]))
        shared = {name: value for name, value in around.items() if name in ("parameters", "summary", "description")}
        node = {name: value for name, value in documents.resolve(made, operation.pointer).items() if name != "servers"}
        paths.setdefault(operation.path, shared)[operation.method.lower()] = node
    return {**made, "servers": [{"url": url}], "paths": paths}


def with_examples(session: Session, operation: Operation, node: dict[str, Any], person: Person | None) -> None:
    """Puts the keys of rows that are there, and credentials that are good, into the examples of an operation."""
    try:
        request = _request(session, operation, person)
    except NotChecked:
        return
    for parameter in node.get("parameters") or []:
        target = schemas.follow(operation.bundle.data, parameter)
        name, where = target.get("name"), target.get("in")
        if where == "path" and name in request.path:
            if "$ref" in parameter:
                reference = parameter.pop("$ref")
                parameter.update(copy.deepcopy({key: value for key, value in target.items() if key != "$ref"}), **{"x-from": reference})
            parameter.pop("examples", None)
            parameter["example"] = request.path[name]
    for name in operation.path_names:
        if not any(schemas.follow(operation.bundle.data, item).get("name") == name for item in node.get("parameters") or []):
            shared = next((item for item in operation.parameters if item.name == name), None)
            if shared is not None:
                node.setdefault("parameters", []).append(
                    {"name": name, "in": "path", "required": True, "schema": dict(shared.schema), "example": request.path[name]}
                )
    _body_example(operation, node, request)


def _request(session: Session, operation: Operation, person: Person | None) -> Request:
    """A request that should succeed: for signing in and refreshing, with what is good."""
    request = session.samples.request(operation, person)
    do = operation.behavior.do
    if do == "login" and session.people.everyone and session.people.everyone[0].password:
        login, password = session.people.names(operation)
        first = session.people.everyone[0]
        return request.with_body(**{login: first.login, password: first.password})
    if do == "refresh" and isinstance(request.body, dict) and session.people.everyone:
        fresh = session.people.again(session.people.everyone[0])
        settings = (session.contract.settings.get("auth") or {}).get("refresh") or {}
        return request.with_body(**{str(settings.get("body") or settings.get("name") or "refresh_token"): fresh.refresh}) if fresh.refresh else request
    return request


def _body_example(operation: Operation, node: dict[str, Any], request: Request) -> None:
    content = schemas.follow(operation.bundle.data, node.get("requestBody") or {}).get("content")
    if not isinstance(content, dict) or not isinstance(request.body, dict) or request.media not in content or not schemas.is_json(str(request.media)):
        return
    body = copy.deepcopy({key: value for key, value in schemas.follow(operation.bundle.data, node["requestBody"]).items() if key != "$ref"})
    body["content"][request.media].pop("examples", None)
    body["content"][request.media]["example"] = request.body
    node["requestBody"] = body


def links(session: Session, operation: Operation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """From what creates a row to what reads, changes and deletes it: status, name, link."""
    collection = session.contract.collections.get(operation.behavior.collection or "")
    success = operation.success
    if operation.behavior.do != "create" or collection is None or success is None or not success.status.isdigit():
        return
    pointer = key_pointer(session.contract, operation, collection)
    if pointer is None:
        return
    for other in session.contract.operations:
        spot = next((item.spot for item in bindings(session.contract, other) if item.main and item.collection.name == collection.name), None)
        if other.service != operation.service or spot is None or spot[0] != "path" or other.behavior.do not in ("read", "update", "delete", "transition"):
            continue
        shared = {name: f"$request.path.{name}" for name in other.path_names if name in operation.path_names}
        if set(other.path_names) <= {*shared, spot[1]}:
            yield success.status, other.id, {"operationId": other.id, "parameters": {**shared, spot[1]: f"$response.body#{pointer}"}}


def _own(made: dict[str, Any], node: dict[str, Any], status: str) -> dict[str, Any]:
    """The response of one operation alone, where it is shared by reference."""
    response = node["responses"][status]
    if "$ref" in response:
        response = copy.deepcopy(schemas.follow(made, response))
        response.pop("$ref", None)
        node["responses"][status] = response
    found: dict[str, Any] = response
    return found
