"""What a service shows of itself: its document, and a page over it that works offline."""

import gzip
import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from mock_server.app import create_apps, single
from tests.transports.wire import app, hosted, send
from understudy.contract.reader import backend_names, read

SERVICES = [pytest.param(name, service.name, id=f"{name}-{service.name}") for name in backend_names() for service in read(name).services if service.operations]

REALTIME = [pytest.param(name, service.name, id=f"{name}-{service.name}") for name in backend_names() for service in read(name).services if service.channels]


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


@cache
def asyncapi() -> Any:
    """AsyncAPI's own schema."""
    return jsonschema_rs.validator_for(json.loads(resources.files("understudy.contract").joinpath("vendor", "asyncapi-3.0.0.json").read_bytes()))


@pytest.mark.parametrize(("backend", "service"), REALTIME)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_asyncapi_document_is_valid_and_names_its_servers_as_they_were_reached(backend: str, service: str, scheme: str) -> None:
    document = send(app(backend, service), "GET", "/asyncapi.json", host="front.test:1234", scheme=scheme).json
    assert [error.message for error in asyncapi().iter_errors(document)] == []
    assert all(reference.startswith("#/") for reference in references(document))
    protocol = {"http": "ws", "https": "wss"}[scheme]
    assert {(server["host"], server["protocol"]) for server in document["servers"].values()} == {("front.test:1234", protocol)}


@pytest.mark.parametrize(("backend", "service"), REALTIME)
def test_on_one_port_the_asyncapi_document_says_under_which_path(backend: str, service: str) -> None:
    root = f"/{backend}/{service}"
    document = send(single(create_apps([read(backend)])), "GET", f"{root}/asyncapi.json").json
    assert [error.message for error in asyncapi().iter_errors(document)] == []
    for server in document["servers"].values():
        assert (server["x-socketio"]["path"], server.get("pathname")) == (f"{root}/socket.io/", None) if "x-socketio" in server else server["pathname"] == root


def outside(folder: Path, **words: Any) -> Any:
    """The servers that a document from outside shows, of which one channel is reached at the second."""
    channel = {"address": "chat", "messages": {"said": {"payload": {"type": "string"}}}}
    document = {"asyncapi": "3.0.0", "info": {"title": "Chat", "version": "1"}, "channels": {"chat": channel}, **words}
    file = folder / "chat.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return send(create_apps([read(str(file))])[0].app, "GET", "/asyncapi.json", host="here.test").json["servers"]


def test_servers_that_are_not_ours_stay_as_they_are(tmp_path: Path) -> None:
    queue, live = {"host": "queue.example", "protocol": "amqp"}, {"host": "live.example", "protocol": "wss", "pathname": "/v2"}
    shown = outside(tmp_path, servers={"queue": queue, "live": live, "spare": live})
    assert shown == {"queue": queue, "live": {"host": "here.test", "protocol": "ws", "pathname": "/v2"}, "spare": live}


def test_a_server_that_stands_in_the_components_is_shown_as_it_is_reached(tmp_path: Path) -> None:
    kept = {"servers": {"live": {"host": "live.example", "protocol": "socketio"}}}
    shown = outside(tmp_path, servers={"live": {"$ref": "#/components/servers/live"}}, components=kept)
    assert shown == {"live": {"host": "here.test", "protocol": "socketio"}}


def test_a_document_without_servers_gets_one(tmp_path: Path) -> None:
    assert outside(tmp_path) == {"mock": {"host": "here.test", "protocol": "ws"}}


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
