"""What only a browser sees: origins, preflights, cookies, headers."""

from collections.abc import Callable
from typing import Any

from mock_server.engine.engine import Engine

from .planting import mutant
from .plot import Application, Plot
from .site import Site

FOREIGN = "https://evil.example"
Headers = list[tuple[bytes, bytes]]


def headers(change: Callable[[Headers], Headers]) -> Any:
    """Wraps an application: changes the headers of all answers."""

    def wrap(app: Application, _engine: Engine, _service: str) -> Application:
        async def run(scope: Any, receive: Any, send: Any) -> None:
            async def sent(message: Any) -> None:
                if message["type"] == "http.response.start" and not scope["path"].startswith("/__admin"):
                    message = {**message, "headers": change(list(message["headers"]))}
                await send(message)

            await app(scope, receive, sent)

        return run

    return wrap


def cookie(site: Site, name: str) -> str:
    """The line that sets a cookie at login."""
    answer = site.login(site.contract.settings["accounts"][0][site.contract.settings["auth"]["login"]])
    return next(value for field, value in answer.fields if field == "set-cookie" and value.startswith(f"{name}="))


@mutant(
    "platng-any-origin-reflected", "N13", "security", "login listEvents", "308-325",
    "Whatever `Origin` a page has is allowed, with credentials.",
)  # fmt: skip
def reflected(plot: Plot) -> None:
    plot.setting("cors", None)


@reflected.shown
def _(site: Site) -> bool:
    answer = site.get("/api/v1/events", headers={"origin": FOREIGN}).headers
    return answer.get("access-control-allow-origin") == FOREIGN and answer.get("access-control-allow-credentials") == "true"


@mutant(
    "savebucks-wildcard-with-credentials", "N13", "security", "login getUserProfile", "249-254",
    "`Access-Control-Allow-Origin: *` comes together with credentials, which no browser takes.",
)  # fmt: skip
def wildcard(plot: Plot) -> None:
    def star(found: Headers) -> Headers:
        return [(name, b"*" if name == b"access-control-allow-origin" else value) for name, value in found]

    plot.wrap(headers(star))


@wildcard.shown
def _(site: Site) -> bool:
    return site.get("/health", headers={"origin": "http://localhost:3000"}).headers.get("access-control-allow-origin") == "*"


@mutant(
    "watchparty-no-credentials-for-the-own-page", "N13", "security", "login listParties", "39-39",
    "`Access-Control-Allow-Credentials` is missing, so the front end's cookies are not sent.",
)  # fmt: skip
def no_credentials(plot: Plot) -> None:
    plot.setting("cors.credentials", False)


@no_credentials.shown
def _(site: Site) -> bool:
    answer = site.get("/api/parties/", by="user@example.com", headers={"origin": "http://localhost:3000"})
    return "access-control-allow-credentials" not in answer.headers


@mutant(
    "eventplatform-preflight-not-answered", "N13", "security", "createOrder updateEvent", "86-94",
    "A preflight is answered 404 without CORS headers.",
)  # fmt: skip
def preflight(plot: Plot) -> None:
    def wrap(app: Application, _engine: Engine, _service: str) -> Application:
        async def run(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["method"] == "OPTIONS":
                await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/json")]})
                await send({"type": "http.response.body", "body": b'{"statusCode":404,"message":"Not Found","error":"Cannot OPTIONS"}'})
                return
            await app(scope, receive, send)

        return run

    plot.wrap(wrap)


@preflight.shown
def _(site: Site) -> bool:
    asked = {"origin": "http://localhost:4200", "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    return site.ask("OPTIONS", "/api/orders", headers=asked).status == 404


@mutant(
    "cliick-access-cookie-readable-by-scripts", "N13", "security", "login register", "332-335",
    "The cookie with the access token is not HttpOnly.",
)  # fmt: skip
def readable(plot: Plot) -> None:
    plot.setting("auth.access.cookie.http_only", False)


@readable.shown
def _(site: Site) -> bool:
    return "httponly" not in cookie(site, "access_token").lower()


@mutant(
    "platng-refresh-cookie-over-plain-http", "N13", "security", "login refreshSession", "473-476",
    "The refresh cookie lacks `Secure` and goes with every request from any site.",
)  # fmt: skip
def insecure(plot: Plot) -> None:
    plot.setting("auth.refresh.cookie.secure", "https")
    plot.setting("auth.refresh.cookie.same_site", "None")


@insecure.shown
def _(site: Site) -> bool:
    line = cookie(site, "refresh_token").lower()
    return "secure" not in line and "samesite=none" in line


@mutant(
    "cliick-foreign-page-writes-by-cookie", "N13 N8", "security", "logout updateProduct createProduct", "332-335",
    "A write that a foreign page sends with the user's cookie is done.",
)  # fmt: skip
def foreign(plot: Plot) -> None:
    plot.setting("auth.csrf", False)


@foreign.shown
def _(site: Site) -> bool:
    token = cookie(site, "access_token").partition(";")[0]
    given = {"origin": FOREIGN, "cookie": token}
    return site.put("/api/shops/shop_123/products/product_1", {"stock": 1}, headers=given).status == 200


@mutant(
    "savebucks-secure-headers-missing", "N13", "security", "login getUserProfile", "847-847",
    "Answers lack `X-Content-Type-Options` and `Referrer-Policy`.",
)  # fmt: skip
def insecure_headers(plot: Plot) -> None:
    lost = (b"x-content-type-options", b"referrer-policy")
    plot.wrap(headers(lambda found: [header for header in found if header[0] not in lost]))


@insecure_headers.shown
def _(site: Site) -> bool:
    return "x-content-type-options" not in site.get("/health").headers
