"""What a service shows of itself: its document, and a page over it that works offline."""

import gzip
import json
import re
from typing import Any

import pytest

from mock_server.app import create_apps, single
from understudy.contract.reader import backend_names, read

from .wire import app, hosted, send

SERVICES = [pytest.param(name, service.name, id=f"{name}-{service.name}") for name in backend_names() for service in read(name).services if service.operations]


def references(node: Any) -> list[str]:
    """Every $ref of a document."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for name, value in node.items() if name != "example" for found in references(value)]
    return [found for item in node for found in references(item)] if isinstance(node, list) else []


@pytest.mark.parametrize(("backend", "service"), SERVICES)
def test_the_document_is_valid_and_holds_all_it_refers_to(backend: str, service: str) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="the extra `check` is not installed")
    document = send(app(backend, service), "GET", "/openapi.json").json
    validator.validate(document)
    assert all(reference.startswith("#/") for reference in references(document))


@pytest.mark.parametrize(("backend", "service"), SERVICES)
def test_the_document_names_the_server_as_it_was_reached(backend: str, service: str) -> None:
    document = send(app(backend, service), "GET", "/openapi.json", host="front.test:1234").json
    base = next(item.service.base for item in hosted(backend) if item.service.name == service)
    assert document["servers"][0]["url"] == f"http://front.test:1234{base}"


def test_the_servers_of_single_paths_are_as_they_were_reached_too() -> None:
    document = send(app("platng", "auth"), "GET", "/openapi.json", host="front.test:1234").json
    assert document["paths"]["/health"]["servers"][0]["url"] == "http://front.test:1234"


def test_a_page_of_any_origin_may_read_the_document() -> None:
    assert send(app("platng", "auth"), "GET", "/openapi.json", {"origin": "http://editor.example"}).headers["access-control-allow-origin"] == "*"


def test_a_realtime_service_shows_its_messages() -> None:
    assert send(app("eventplatform", "realtime"), "GET", "/asyncapi.json").json["asyncapi"].startswith("3.")


@pytest.mark.parametrize(("backend", "service"), SERVICES)
def test_the_page_asks_for_nothing_elsewhere(backend: str, service: str) -> None:
    answer = send(app(backend, service), "GET", "/docs")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    page = answer.body.decode()
    assert not re.findall(r"(?:https?:)?//[^\s\"']+", page)
    for url in re.findall(r"(?:href|src)=\"([^\"]+)\"", page):
        assert send(app(backend, service), "GET", url).status == 200


@pytest.mark.parametrize(
    ("name", "kind", "start"),
    [("swagger-ui.css", "text/css", b""), ("swagger-ui-bundle.js", "text/javascript", b""), ("favicon-32x32.png", "image/png", b"\x89PNG")],
)
def test_an_asset_comes_zipped_or_plain(name: str, kind: str, start: bytes) -> None:
    plain, zipped = (send(app("platng", "auth"), "GET", f"/docs/{name}", more) for more in ({}, {"accept-encoding": "gzip"}))
    assert plain.headers["content-type"].startswith(kind)
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert plain.body.startswith(start)


@pytest.mark.parametrize("name", ["other.js", "..%2F..%2Fapp.py", "%2e%2e/swagger-ui.css.gz", "NOTICE"])
def test_nothing_else_is_served_as_an_asset(name: str) -> None:
    assert send(app("platng", "auth"), "GET", f"/docs/{name}").status == 404


def test_on_one_port_each_service_lies_under_its_backend() -> None:
    mounted = single(create_apps([read("platng"), read("eventplatform")]))
    assert send(mounted, "GET", "/eventplatform/gateway/api/events/1").json["idEvent"] == 1
    assert send(mounted, "GET", "/platng/events/api/v1/events/123").json["data"]["id"] == 123
    document = send(mounted, "GET", "/platng/events/openapi.json").json
    assert document["servers"][0]["url"] == "http://mock.test/platng/events/api/v1"
    page = send(mounted, "GET", "/platng/events/docs").body.decode()
    assert '"/platng/events/openapi.json"' in page
    assert send(mounted, "GET", "/platng/events/docs/swagger-ui.css").status == 200


def test_on_one_port_links_and_redirects_lead_back_to_the_service() -> None:
    mounted = single(create_apps([read("watchparty")]))
    assert send(mounted, "GET", "/watchparty/api/api/store/items").headers["location"] == "/watchparty/api/api/store/items/"
    body = json.dumps({"email": "user@example.com", "password": "password123"}).encode()
    token = send(mounted, "POST", "/watchparty/api/api/auth/login/", {"content-type": "application/json"}, body).json["access"]
    link = send(mounted, "GET", "/watchparty/api/api/store/items/?page_size=1", {"authorization": f"Bearer {token}"}).json["next"]
    assert link.startswith("http://mock.test/watchparty/api/api/store/items/?")


def test_on_one_port_services_of_a_backend_share_their_state() -> None:
    mounted = single(create_apps([read("platng")]))
    body = json.dumps({"email": "user@example.com", "password": "password123"}).encode()
    token = send(mounted, "POST", "/platng/auth/api/v1/auth/login", {"content-type": "application/json"}, body).json["access_token"]
    assert send(mounted, "GET", "/platng/payments/api/v1/orders/789", {"authorization": f"Bearer {token}"}).json["data"]["id"] == 789
