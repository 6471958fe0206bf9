"""What a browser meets: CORS, preflights, redirects, compression, headers of safety."""

import gzip
import json

import pytest

from understudy.contract.reader import backend_names, read

from .wire import app, send

FRONT, FOREIGN = "http://localhost:3000", "http://evil.example"
PLATFORM = ("eventplatform", "gateway")
LOGIN = json.dumps({"username": "user@example.com", "password": "password123"}).encode()
JSON = {"content-type": "application/json"}
ORIGINS = [pytest.param(name, origin, id=f"{name}-{origin}") for name in backend_names() for origin in read(name).settings["cors"]["origins"]]


@pytest.mark.parametrize(("backend", "origin"), ORIGINS)
def test_an_origin_of_the_backend_may_call_with_credentials(backend: str, origin: str) -> None:
    service = next(item for item in read(backend).services if item.operations)
    answer = send(app(backend, service.name), "GET", "/nowhere", {"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin", [FOREIGN, "null", "http://localhost:30000", "https://localhost:3000", "http://localhost:3000.evil.example", "HTTP://LOCALHOST:3000"]
)
def test_a_foreign_origin_gets_no_permission(origin: str) -> None:
    for method, more in (("GET", {}), ("OPTIONS", {"access-control-request-method": "GET"})):
        answer = send(app(*PLATFORM), method, "/api/events", {"origin": origin, **more})
        assert not [name for name in answer.headers if name.startswith("access-control-allow")]
        assert answer.headers["vary"] == "Origin"


def test_without_an_origin_nothing_is_said_of_cors() -> None:
    assert not [name for name in send(app(*PLATFORM), "GET", "/api/events").headers if name.startswith("access-control")]


def test_errors_can_be_read_by_the_page_too() -> None:
    for method, url, status in (("GET", "/api/events/999999", 404), ("GET", "/nowhere", 404), ("PUT", "/api/events", 405), ("GET", "/api/orders/all", 401)):
        answer = send(app(*PLATFORM), method, url, {"origin": FRONT})
        assert (answer.status, answer.headers.get("access-control-allow-origin")) == (status, FRONT)


def test_what_a_page_may_read_is_exposed() -> None:
    exposed = send(app(*PLATFORM), "GET", "/api/events", {"origin": FRONT}).headers["access-control-expose-headers"].split(", ")
    assert {"Understudy-Violations", "Preference-Applied", "Retry-After", "X-Trace-ID", "Location", "Link"} <= set(exposed)


def test_a_preflight_lists_the_methods_of_the_path_and_echoes_the_headers() -> None:
    asked = {"origin": FRONT, "access-control-request-method": "DELETE", "access-control-request-headers": "authorization, x-anything"}
    answer = send(app(*PLATFORM), "OPTIONS", "/api/events/1", asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    assert answer.headers["access-control-allow-headers"] == "authorization, x-anything"
    assert (answer.headers["access-control-allow-origin"], answer.headers["access-control-allow-credentials"]) == (FRONT, "true")
    assert "Access-Control-Request-Headers" in answer.headers["vary"]
    assert int(answer.headers["access-control-max-age"]) > 0


def test_a_preflight_needs_no_credential() -> None:
    asked = {"origin": FRONT, "access-control-request-method": "GET"}
    assert send(app(*PLATFORM), "OPTIONS", "/api/orders", asked).status == 200


def test_a_document_from_outside_may_be_called_from_anywhere(tmp_path: object) -> None:
    from mock_server.transports.cors import Cors

    assert dict(Cors(None).headers(FOREIGN.encode()))[b"access-control-allow-origin"] == FOREIGN.encode()


def test_a_missing_slash_is_redirected_with_cors() -> None:
    answer = send(app("watchparty", "api"), "GET", "/api/store/items?page_size=2", {"origin": FRONT})
    assert (answer.status, answer.headers["location"]) == (301, "/api/store/items/?page_size=2")
    assert answer.headers["access-control-allow-origin"] == FRONT


def test_a_missing_slash_of_a_write_is_not_redirected() -> None:
    assert send(app("watchparty", "api"), "POST", "/api/auth/login", JSON, b"{}").status == 404


def test_other_backends_do_not_redirect() -> None:
    assert send(app(*PLATFORM), "GET", "/api/events/").status == 404


def test_a_long_body_is_zipped_where_that_is_asked_for() -> None:
    plain = send(app(*PLATFORM), "GET", "/api/events")
    zipped = send(app(*PLATFORM), "GET", "/api/events", {"accept-encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["vary"]
    assert int(zipped.headers["content-length"]) == len(zipped.body) < len(plain.body)
    assert gzip.decompress(zipped.body) == plain.body


def test_a_short_body_is_not_zipped() -> None:
    assert "content-encoding" not in send(app(*PLATFORM), "GET", "/api/events/999999", {"accept-encoding": "gzip"}).headers


def test_a_refused_encoding_is_not_used() -> None:
    assert "content-encoding" not in send(app(*PLATFORM), "GET", "/api/events", {"accept-encoding": "gzip;q=0"}).headers


@pytest.mark.parametrize("url", ["/api/events", "/api/events/999999", "/nowhere"])
def test_every_answer_carries_headers_of_safety(url: str) -> None:
    headers = send(app(*PLATFORM), "GET", url).headers
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_hsts_is_sent_over_https_alone() -> None:
    assert "strict-transport-security" not in send(app(*PLATFORM), "GET", "/api/events").headers
    for more, scheme in (({"x-forwarded-proto": "https"}, "http"), ({}, "https")):
        assert send(app(*PLATFORM), "GET", "/api/events", more, scheme=scheme).headers["strict-transport-security"].startswith("max-age=")


def test_a_cookie_is_secure_over_https() -> None:
    body = json.dumps({"email": "test@example.com", "password": "password123"}).encode()
    plain = send(app("cliick", "api"), "POST", "/api/auth/login", JSON, body).headers["set-cookie"]
    secure = send(app("cliick", "api"), "POST", "/api/auth/login", {**JSON, "x-forwarded-proto": "https"}, body).headers["set-cookie"]
    assert "Secure" not in plain
    assert secure.count("Secure") == 2


def test_html_carries_a_policy() -> None:
    from mock_server.engine.headers import typed

    assert dict(typed("text/html; charset=utf-8"))[b"content-security-policy"].startswith(b"default-src 'none'")


def test_a_body_in_pieces_is_one_body() -> None:
    answer = send(app(*PLATFORM), "POST", "/api/auth/login", JSON, [LOGIN[:10], LOGIN[10:20], b"", LOGIN[20:]])
    assert answer.status == 200
    assert answer.json["user"]["id"] == 1


def test_a_body_over_the_limit_is_413_in_one_piece_and_in_many() -> None:
    whole = send(app(*PLATFORM), "POST", "/api/auth/login", JSON, b"x" * (2 << 20))
    pieces = send(app(*PLATFORM), "POST", "/api/auth/login", JSON, [b"x" * (1 << 19)] * 8)
    assert (whole.status, pieces.status) == (413, 413)
    assert pieces.json["statusCode"] == 413


def test_head_has_the_headers_of_get_and_no_body() -> None:
    get, head = (send(app(*PLATFORM), method, "/api/events/1") for method in ("GET", "HEAD"))
    assert head.body == b""
    assert (head.status, head.headers) == (get.status, get.headers)


def test_a_page_may_say_what_it_prefers() -> None:
    asked = {"origin": FRONT, "access-control-request-method": "GET", "access-control-request-headers": "prefer"}
    preflight = send(app(*PLATFORM), "OPTIONS", "/api/events", asked)
    assert (preflight.status, preflight.headers["access-control-allow-headers"]) == (200, "prefer")
    answer = send(app(*PLATFORM), "GET", "/api/events/1", {"origin": FRONT, "prefer": "code=404"})
    assert (answer.status, answer.headers["preference-applied"], answer.headers["access-control-allow-origin"]) == (404, "code=404", FRONT)
    assert "Preference-Applied" in answer.headers["access-control-expose-headers"].split(", ")
    assert set(answer.headers["vary"].split("; ")) == {"Prefer", "Origin"}
