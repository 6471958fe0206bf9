"""Refusals in another form than the documented one, and refusals that tell too much."""

import json
from typing import Any

import orjson

from mock_server.engine.entries import Response

from .planting import mutant
from .plot import Asked, Plot, altered
from .site import Site

USER, OWNER = "user@example.com", "test@example.com"
TRACE = 'Traceback (most recent call last):\n  File "/srv/app/http/body.py", line 41, in parse\n    return json.loads(raw)\njson.decoder.JSONDecodeError'
HTML = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"


def retyped(response: Response, kind: bytes, body: bytes) -> None:
    """Gives an answer another body and media type."""
    response.body = body
    response.headers = [*((name, value) for name, value in response.headers if name != b"content-type"), (b"content-type", kind)]


def is_json(body: bytes) -> bool:
    """Whether a body can be read."""
    try:
        orjson.loads(body)
    except ValueError:
        return False
    return True


@mutant(
    "eventplatform-status-code-in-the-body-differs", "N12", "oracles", "getEvent getOrder", "583-588",
    "`statusCode` in the body of a 404 says 400.",
)  # fmt: skip
def differs(plot: Plot) -> None:
    def said(_asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        if response.status == 404:
            response.body = altered(response.body, lambda value: {**value, "statusCode": 400})
        return response

    plot.around(said)


@differs.shown
def _(site: Site) -> bool:
    answer = site.get("/api/events/99999")
    return bool(answer.status == 404 and answer.json["statusCode"] == 400)


@mutant(
    "platng-missing-pages-are-html", "N12 S", "oracles", "getEvent", "556-568",
    "What is not there is answered with the web server's HTML page.",
)  # fmt: skip
def html(plot: Plot) -> None:
    def page(_asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        if response.status == 404:
            retyped(response, b"text/html", HTML)
        return response

    plot.around(page)


@html.shown
def _(site: Site) -> bool:
    return {site.get(path).headers["content-type"] for path in ("/api/v1/events/99999", "/api/v1/nowhere")} == {"text/html"}


@mutant(
    "savebucks-stack-trace-in-an-error", "N12", "oracles", "login", "849-849",
    "The answer to a body that can't be read carries the server's stack trace.",
)  # fmt: skip
def trace(plot: Plot) -> None:
    def traced(asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        if response.status in (400, 422) and not is_json(asked.request.body):
            response.body = altered(response.body, lambda value: {**value, "errors": [TRACE]})
        return response

    plot.around(traced)


@trace.shown
def _(site: Site) -> bool:
    return "Traceback" in site.post("/api/auth/login", data=b"{", headers={"content-type": "application/json"}).text


@mutant(
    "savebucks-broken-body-is-a-crash", "N12 S", "oracles", "createOffer login", "826-829",
    "A body that is no JSON is answered 500.",
)  # fmt: skip
def crash(plot: Plot) -> None:
    def crashed(asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        if response.status in (400, 422) and asked.request.body and not is_json(asked.request.body):
            response.status = 500
            response.body = altered(response.body, lambda value: {**value, "message": "Internal Server Error", "errors": ["Unexpected token"]})
        return response

    plot.around(crashed)


@crash.shown
def _(site: Site) -> bool:
    return site.post("/api/auth/login", data=b"{", headers={"content-type": "application/json"}).status == 500


@mutant(
    "watchparty-password-hash-in-the-users", "N12", "security", "listUsers", "70-70",
    "The admin's list of users has their password hashes.",
)  # fmt: skip
def hashes(plot: Plot) -> None:
    def add(asked: Asked, response: Response) -> None:
        rows = {row["id"]: row for row in asked.world.store.begin().all("users")}
        if response.status == 200:
            found = orjson.loads(response.body)
            for user in found["results"]:
                user["passwordHash"] = rows[user["id"]].get("passwordHash") or "scrypt$16384$c2FsdA$aGFzaA"
            response.body = orjson.dumps(found)

    plot.answers("listUsers", add)


@hashes.shown
def _(site: Site) -> bool:
    return "passwordHash" in site.get("/api/admin/users/", by="admin@example.com").json["results"][0]


@mutant(
    "cliick-query-in-an-error", "N12", "security", "getOrder getPayment", "340-341",
    "A 404 quotes the database's query.",
)  # fmt: skip
def query(plot: Plot) -> None:
    def quoted(value: Any) -> Any:
        return {**value, "message": "SELECT * FROM orders WHERE id = $1 LIMIT 1 -- returned no rows (pg: relation public.orders)"}

    plot.bodies("getOrder getPayment", quoted, status=404)


@query.shown
def _(site: Site) -> bool:
    return "SELECT" in site.get("/api/shops/shop_123/orders/order_0", by=OWNER).text


@mutant(
    "eventplatform-wrong-method-without-envelope", "N12 S", "oracles", "getCurrentUser getEvent", "563-596",
    "A method that a path does not have is answered in plain text, without `Allow`.",
)  # fmt: skip
def method(plot: Plot) -> None:
    def plain(_asked: Asked, answer: Any) -> Response:
        response: Response = answer()
        if response.status == 405:
            retyped(response, b"text/plain", b"Method Not Allowed")
            response.headers = [header for header in response.headers if header[0] != b"allow"]
        return response

    plot.around(plain)


@method.shown
def _(site: Site) -> bool:
    answer = site.delete("/api/user")
    return answer.status == 405 and "allow" not in answer.headers and answer.text == "Method Not Allowed"


@mutant(
    "cliick-unauthorized-in-another-envelope", "N12 S", "oracles", "getCurrentUser getShop", "332-335",
    "401 is answered `{detail}`, all other errors `{error, message}`.",
)  # fmt: skip
def envelope(plot: Plot) -> None:
    plot.bodies("*", lambda value: {"detail": value["message"]}, status=401)


@envelope.shown
def _(site: Site) -> bool:
    return set(site.get("/api/auth/me").json) == {"detail"}


@mutant(
    "watchparty-field-errors-as-one-text", "N12 S", "oracles", "register createParty", "80-80",
    "What is wrong with a request is told as a list of texts, not by field and not as `detail`.",
)  # fmt: skip
def texts(plot: Plot) -> None:
    plot.bodies("*", lambda value: [f"{name}: {json.dumps(said)}" for name, said in value.items()], status=400)


@texts.shown
def _(site: Site) -> bool:
    return isinstance(site.post("/api/auth/register/", {}).json, list)
