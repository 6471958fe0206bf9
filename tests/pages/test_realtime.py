"""The page of a service's channels: it shows all of them as they are reached, asks for nothing elsewhere, and believes no document."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from mock_server.app import create_apps, single
from mock_server.pages import connection as connection
from mock_server.pages import payloads as payloads
from mock_server.pages.reached import Here
from tests.html_page import Page
from tests.transports.wire import app, send
from understudy.contract.model import Channel, Contract
from understudy.contract.reader import backend_names, read

CONTRACTS = {name: read(name) for name in backend_names()}
CHANNELS = [pytest.param(name, channel, id=f"{name}-{channel.service}-{channel.id}") for name, contract in CONTRACTS.items() for channel in contract.channels]
SERVICES = [
    pytest.param(name, service.name, id=f"{name}-{service.name}") for name, contract in CONTRACTS.items() for service in contract.services if service.channels
]
EVIL = "<img src=x onerror=alert(1)>\"'&lt;</code></pre></style>--><script>alert(2)</script>"
HERE = Here("http", "mock.test", "")
UNDER = Here("https", "mock.test:8443", "/one/two")


def page_of(target: Any, root: str = "", **more: Any) -> Page:
    answer = send(target, "GET", f"{root}/docs/realtime", **more)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return Page(answer.body.decode())


def hostile(folder: Path) -> Contract:
    """A document from outside whose every text is markup."""
    file = folder / "hostile.asyncapi.yaml"
    source = Path(__file__).with_name("hostile.asyncapi.yaml").read_text(encoding="utf-8")
    quoted = EVIL.replace("'", "''")
    file.write_text(source.replace("EVILREF", quoted.replace("/", "~1")).replace("EVIL", quoted), encoding="utf-8")
    return read(str(file))


def texts(node: Any) -> Iterator[str]:
    """Every text of a document that is not a word of the standard."""
    if isinstance(node, str):
        yield node
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from texts(item)


@pytest.mark.parametrize(("backend", "channel"), CHANNELS)
def test_every_message_of_a_channel_has_its_card_with_its_examples(backend: str, channel: Channel) -> None:
    page = page_of(app(backend, channel.service))
    ids, targets = page.all("id"), [unquote(href[1:]) for href in page.all("href") if href.startswith("#")]
    for way, messages in (("receives", [item.message for item in channel.receives.values()]), ("sends", [item.message for item in channel.sends.values()])):
        for message in messages:
            assert ids.count(f"{channel.id}-{way}-{message.name}") == 1
            assert f"{channel.id}-{way}-{message.name}" in targets
            assert all(payloads.pretty(example) in page.text for example in message.examples)
    assert set(page.all("data-try")) >= set(channel.receives)


@pytest.mark.parametrize(("backend", "channel"), CHANNELS)
def test_a_channel_says_how_it_is_opened_and_who_is_turned_away(backend: str, channel: Channel) -> None:
    text = page_of(app(backend, channel.service)).text
    assert connection.snippet(channel, HERE) in text
    assert all(refusal.say in text and str(refusal.when) in text for refusal in connection.refusals(channel))


@pytest.mark.parametrize(("backend", "service"), SERVICES)
def test_each_link_leads_to_something(backend: str, service: str) -> None:
    page = page_of(app(backend, service))
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    for url in page.all("href") + page.all("src"):
        assert unquote(url[1:]) in ids if url.startswith("#") else send(app(backend, service), "GET", url).status == 200


@pytest.mark.parametrize(("backend", "service"), SERVICES)
def test_the_page_asks_for_nothing_elsewhere(backend: str, service: str) -> None:
    answer = send(app(backend, service), "GET", "/docs/realtime")
    assert set(re.findall(r"(?:https?|wss?)://([\w.:-]+)", answer.body.decode())) == {"mock.test"}
    assert all(url.startswith(("/", "#")) and not url.startswith("//") for url in Page(answer.body.decode()).all("href"))
    for name in ("realtime.js", "realtime.css"):
        assert not re.findall(rb"https?://|wss?://|@import|url\(", send(app(backend, service), "GET", f"/docs/realtime/{name}").body)


def test_the_policy_admits_own_scripts_and_connections_to_this_host_alone() -> None:
    headers = send(app("cliick", "api"), "GET", "/docs/realtime", host="front.test:1234").headers
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert policy["connect-src"] == "'self' ws://front.test:1234 wss://front.test:1234"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.test; script-src *", "a b", "[::1]:8080"])
def test_a_host_that_would_change_the_policy_does_not_stand_in_it(host: str) -> None:
    policy = send(app("cliick", "api"), "GET", "/docs/realtime", host=host).headers["content-security-policy"]
    assert host not in policy
    assert policy.count("script-src") == 1


@pytest.mark.parametrize(("backend", "service"), SERVICES)
def test_nothing_on_the_page_runs_but_the_one_script(backend: str, service: str) -> None:
    page = page_of(app(backend, service))
    names = [name for name, _ in page.elements]
    assert (names.count("script"), names.count("style")) == (1, 0)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"]
    assert page.text.count("\u2028") == 0


def test_the_script_makes_no_markup_of_what_it_shows() -> None:
    script = send(app("cliick", "api"), "GET", "/docs/realtime/realtime.js").body.decode()
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(", script)
    assert len(script.splitlines()) < 300


def test_no_text_of_a_document_becomes_markup(tmp_path: Path) -> None:
    contract = hostile(tmp_path)
    text = send(create_apps([contract])[0].app, "GET", "/docs/realtime").body.decode()
    page = Page(text)
    assert "<img" not in text
    assert [name for name, _ in page.elements].count("script") == 1
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_every_text_of_a_document_is_shown_as_it_is(tmp_path: Path) -> None:
    contract = hostile(tmp_path)
    page = page_of(create_apps([contract])[0].app)
    assert contract.services[0].realtime is not None
    shown = page.text.replace("\\", "") + " ".join(page.all("title") + page.all("value"))
    written = [text for text in texts(contract.services[0].realtime.data) if EVIL in text and not text.startswith("#/") and "`" not in text]
    assert len(written) > 25
    assert [text for text in written if text not in shown] == []
    assert f"code {EVIL}" in page.text


def test_a_field_of_the_form_can_hide_nothing_from_its_script(tmp_path: Path) -> None:
    assert "name" not in {name for tag, item in page_of(create_apps([hostile(tmp_path)])[0].app).elements for name in item if tag in ("input", "select")}


def test_the_title_of_a_document_is_no_markup_on_the_page_of_operations(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": f"</title>{EVIL}", "version": "1"}, "paths": {}}), encoding="utf-8")
    assert b"<img" not in send(create_apps([read(str(file))])[0].app, "GET", "/docs").body


def test_under_a_root_all_of_it_lies_under_the_root() -> None:
    mounted, root = single(create_apps([CONTRACTS["eventplatform"], CONTRACTS["watchparty"]])), "/eventplatform/realtime"
    page = page_of(mounted, root)
    assert all(url.startswith((f"{root}/", "#")) for url in page.all("href") + page.all("src"))
    assert all(send(mounted, "GET", url).status == 200 for url in page.all("href") + page.all("src") if not url.startswith("#"))
    assert 'io("http://mock.test/realtime", {\n  path: "/eventplatform/realtime/socket.io/",\n' in page.text
    assert page.all("data-url") == ["ws://mock.test/eventplatform/realtime/socket.io/"]
    assert "ws://mock.test/watchparty/api/ws/party/{partyId}/" in page_of(mounted, "/watchparty/api").all("data-url")


def test_over_https_sockets_are_secure() -> None:
    assert page_of(app("cliick", "api"), scheme="https").all("data-url") == ["wss://mock.test/ws"]


def test_the_two_pages_of_a_service_lead_to_each_other() -> None:
    assert "/docs/realtime" in Page(send(app("platng", "notifications"), "GET", "/docs").body.decode()).all("href")
    assert "/docs" in page_of(app("platng", "notifications")).all("href")


def test_who_asks_a_service_without_operations_for_docs_is_shown_its_channels() -> None:
    answer = send(app("eventplatform", "realtime"), "GET", "/docs")
    assert (answer.status, answer.headers["location"]) == (307, "/docs/realtime")
    assert "/docs" not in page_of(app("eventplatform", "realtime")).all("href")


def test_a_service_without_channels_has_no_such_page() -> None:
    asked, other = (send(app("platng", "auth"), "GET", url) for url in ("/docs/realtime", "/docs/nothing"))
    assert (asked.status, asked.body) == (404, other.body)
    assert send(app("platng", "auth"), "GET", "/docs/realtime/realtime.js").status == 404
    assert "/docs/realtime" not in send(app("platng", "auth"), "GET", "/docs").body.decode()


@pytest.mark.parametrize(("name", "kind"), [("realtime.js", "text/javascript"), ("realtime.css", "text/css"), ("realtime.svg", "image/svg+xml")])
def test_an_asset_is_kept_for_a_day(name: str, kind: str) -> None:
    headers = send(app("cliick", "api"), "GET", f"/docs/realtime/{name}").headers
    assert headers["content-type"].startswith(kind)
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("max-age=86400", "nosniff")


@pytest.mark.parametrize("name", ["other.js", "..%2F..%2Fapp.py", "%2e%2e/pages.py"])
def test_nothing_else_is_served_as_an_asset(name: str) -> None:
    assert send(app("cliick", "api"), "GET", f"/docs/realtime/{name}").status == 404


def channel_of(backend: str, name: str) -> Channel:
    return next(channel for channel in CONTRACTS[backend].channels if channel.id == name)


def test_a_raw_channel_is_opened_with_its_parameters_and_its_token() -> None:
    address = "wss://mock.test:8443/one/two/ws/party/10000000-0000-4000-8000-000000000001/"
    first, *rest = connection.snippet(channel_of("watchparty", "party"), UNDER).splitlines()
    assert first == f'const socket = new WebSocket("{address}?token=ACCESS_TOKEN");'
    assert f'// new WebSocket("{address}", ["jwt", "ACCESS_TOKEN"]);' in rest


def test_a_namespace_is_opened_by_its_url_with_the_handshake_it_needs() -> None:
    code = connection.snippet(channel_of("platng", "api"), HERE)
    assert 'io("http://mock.test/api/v1", {\n  auth: { token: "ACCESS_TOKEN" },\n});' in code
    assert "path:" not in code


def test_what_a_message_is_refused_with_and_what_follows_it_stand_on_its_card() -> None:
    text = page_of(app("eventplatform", "realtime")).text
    card = text[text.index("Lock seats for five minutes") :].split("Free the whole lock", 1)[0]
    assert "with lock-tickets-response {success: false, message: detail}" in card
    assert "body.quantity > row.availableSeats - held(row): Not enough tickets available" in card
    assert "Then sentavailability-update" in card


def test_a_message_says_to_whom_and_after_what_it_is_sent() -> None:
    text = page_of(app("eventplatform", "realtime")).text
    card = text[text.index("announceAvailability") :].split("announceCompletion", 1)[0]
    assert "a row of ticketCategories" in card
    assert "room 'event:' + str(row.eventId)" in card
    assert "POST /api/events/tickets/reserve" in card
    assert "a lock that ends by itself" in card


@pytest.mark.parametrize(
    ("schema", "lines"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 1}}}, [("a", "integer", True, "≥ 1")]),
        ({"type": "string", "minLength": 1, "maxLength": 9}, [("", "string", False, "length ≥ 1, length ≤ 9")]),
        ({"type": ["object", "null"]}, [("", "object | null", False, "")]),
        ({"type": "array", "items": {"properties": {"a": {"const": 1}}}}, [("", "array of object", False, ""), ("[].a", "1", False, "")]),
        ({"properties": {"a": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}}}, [("a", "string (uuid) | null", False, "")]),
        ({"properties": {"a": {"enum": ["x", 2]}}}, [("a", '"x" | 2', False, "")]),
        ({"properties": {"a": {"additionalProperties": {"type": "number"}}}}, [("a", "object", False, ""), ("a.*", "number", False, "")]),
        (
            {"oneOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]},
            [("", "", False, ""), ("a", "string", False, ""), ("", "", False, ""), ("b", "string", False, "")],
        ),
        ({"$ref": "#/node"}, [("next", "object", False, ""), ("name", "string", False, "")]),
        ({"properties": {"a": {"$ref": "#/list"}}}, [("a", "array of array of array of array of array of array of array", False, "")]),
    ],
)
def test_a_payload_becomes_lines(schema: Any, lines: list[tuple[str, str, bool, str]]) -> None:
    document = {
        "node": {"type": "object", "properties": {"next": {"$ref": "#/node"}, "name": {"type": "string"}}},
        "list": {"type": "array", "items": {"$ref": "#/list"}},
    }
    assert [(line.path, line.type, line.required, line.limits) for line in payloads.lines(document, schema)] == lines


def test_a_payload_of_many_schemas_that_lead_to_each_other_is_cut() -> None:
    document = {f"s{index}": {"type": "object", "properties": {f"p{other}": {"$ref": f"#/s{other}"} for other in range(12)}} for index in range(12)}
    table = payloads.table(document, {"$ref": "#/s0"})
    assert table.count("<tr>") == payloads.MOST + 2
    assert "and more" in table


@pytest.mark.parametrize("schema", [None, True, {}])
def test_a_payload_without_a_schema_may_be_anything(schema: Any) -> None:
    assert payloads.table({}, schema) == '<p class="dim">Any payload.</p>'
