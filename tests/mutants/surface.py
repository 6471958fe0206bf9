"""Operations that are not there, or answer with what is documented nowhere."""

from collections.abc import Callable
from typing import Any

import orjson

from mock_server.engine.entries import Response

from .errors import retyped
from .planting import mutant
from .plot import Asked, Plot
from .site import Site

USER, ADMIN, OWNER, ORGANIZER = "user@example.com", "admin@example.com", "test@example.com", "organizer@example.com"


def instead(names: str, status: int, body: Any) -> Callable[[Plot], None]:
    """Has operations answer with a status and a body, whatever they are asked."""

    def plant(plot: Plot) -> None:
        def answered(asked: Asked, answer: Any) -> Response:
            if asked.operation is None or asked.operation.id not in names.split():
                return answer()  # type: ignore[no-any-return]
            return Response(status, [(b"content-type", b"application/json")], orjson.dumps(body))

        plot.around(answered)

    return plant


def restatus(status: int) -> Callable[[Asked, Response], None]:
    """Gives good answers another status."""

    def change(_asked: Asked, response: Response) -> None:
        response.status = status if response.status < 300 else response.status

    return change


@mutant(
    "eventplatform-delete-not-implemented", "N18 S", "schema", "deleteEvent", "252-256",
    "Deleting an event is answered 501: nobody has written it yet.",
)  # fmt: skip
def not_implemented(plot: Plot) -> None:
    instead("deleteEvent", 501, {"statusCode": 501, "message": "Not Implemented", "error": "deleteEvent"})(plot)


@not_implemented.shown
def _(site: Site) -> bool:
    return site.delete("/api/events/2", by=ORGANIZER).status == 501


@mutant(
    "platng-favorite-accepted-not-created", "N18 S", "schema", "addFavorite", "226-231",
    "Adding a favourite answers 202, which is documented nowhere.",
)  # fmt: skip
def accepted(plot: Plot) -> None:
    plot.answers("addFavorite", restatus(202))


@accepted.shown
def _(site: Site) -> bool:
    return site.post("/api/v1/favorites", {"event_id": 123}, by=USER).status == 202


@mutant(
    "savebucks-offer-knows-no-patch", "N18 S", "schema", "patchOffer", "559-559",
    "PATCH of an offer is answered 405.",
)  # fmt: skip
def no_patch(plot: Plot) -> None:
    instead("patchOffer", 405, {"success": False, "message": "Method Not Allowed", "errors": ["Method PATCH is not allowed"]})(plot)


@no_patch.shown
def _(site: Site) -> bool:
    return site.patch("/api/admin/offers/2", {"reward": 2}, by=ADMIN).status == 405


@mutant(
    "cliick-delete-answers-nothing", "N18 S", "schema", "deleteProduct", "40-40",
    "Deleting a product answers 204 without a body, which clients fail to parse.",
)  # fmt: skip
def nothing(plot: Plot) -> None:
    def empty(_asked: Asked, response: Response) -> None:
        if response.status == 200:
            response.status, response.body = 204, b""

    plot.answers("deleteProduct", empty)


@nothing.shown
def _(site: Site) -> bool:
    return site.delete("/api/shops/shop_123/products/product_2", by=OWNER).status == 204


@mutant(
    "watchparty-analytics-not-found", "N18", "journeys", "getPartyAnalytics", "60-60",
    "The analytics of a party are answered 404 to its host.",
)  # fmt: skip
def no_analytics(plot: Plot) -> None:
    instead("getPartyAnalytics", 404, {"detail": "Not found."})(plot)


@no_analytics.shown
def _(site: Site) -> bool:
    return site.get("/api/analytics/parties/10000000-0000-4000-8000-000000000001/", by=USER).status == 404


@mutant(
    "watchparty-calendar-crashes-on-a-filter", "S N18 N12", "schema", "listEvents", "65-65",
    "The calendar crashes when it is filtered by type.",
)  # fmt: skip
def crashes(plot: Plot) -> None:
    def crashed(asked: Asked, response: Response) -> None:
        if b"type=" in asked.request.query and response.status == 200:
            response.status, response.body = 500, b'{"detail":"Internal server error"}'

    plot.answers("listEvents", crashed)


@crashes.shown
def _(site: Site) -> bool:
    return site.get("/api/events/?type=watch_party", by=USER).status == 500


@mutant(
    "cliick-products-called-html", "S", "schema", "listProducts", "37-37",
    "The list of products is JSON, but its media type is text/html.",
)  # fmt: skip
def called_html(plot: Plot) -> None:
    plot.answers("listProducts", lambda _asked, response: retyped(response, b"text/html; charset=utf-8", response.body))


@called_html.shown
def _(site: Site) -> bool:
    return site.get("/api/shops/shop_123/products", by=OWNER).headers["content-type"].startswith("text/html")


@mutant(
    "cliick-refused-intent-is-ok", "N18 N12 N7", "oracles", "createPaymentIntent", "73-73",
    "What state refuses is answered 200 with an error inside.",
)  # fmt: skip
def is_ok(plot: Plot) -> None:
    def ok(_asked: Asked, response: Response) -> None:
        response.status = 200 if response.status == 409 else response.status

    plot.answers("createPaymentIntent", ok)


@is_ok.shown
def _(site: Site) -> bool:
    wanted = {"orderId": "order_128", "amount": 100, "currency": "usd"}
    return site.post("/api/shops/shop_123/payments/intent", wanted, by=OWNER).status == 200
