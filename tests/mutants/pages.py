"""Lists that are cut, filtered, searched or sorted wrongly."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mock_server.engine import pages
from mock_server.engine.call import Call
from mock_server.engine.media import whole
from mock_server.state.selection import Listed

from .planting import mutant
from .plot import Plot
from .site import Site

USER, ADMIN = "user@example.com", "admin@example.com"


@mutant(
    "platng-page-two-repeats-a-row", "N3", "oracles", "listEvents", "192-194",
    "Every page after the first begins one row too early, so a row comes twice.",
)  # fmt: skip
def repeats(plot: Plot) -> None:
    plot.lists("listEvents", _early)


def _early(call: Call, pager: Any, rows: list[Any], sort: tuple[str, ...], key: str) -> tuple[list[Any], Any]:
    _, names = pages.cut(call, pager, Listed(rows, sort, key), sort, key)
    size = names["limit"]
    start = max(0, (names["page"] - 1) * size - (1 if names["page"] > 1 else 0))
    return rows[start : start + size], names


@repeats.shown
def _(site: Site) -> bool:
    one, two = (site.get(f"/api/v1/events?page={page}&limit=5").data["items"] for page in (1, 2))
    return bool(one[-1]["id"] == two[0]["id"])


@mutant(
    "platng-page-leaves-a-row-out", "N3", "oracles", "listVenues", "212-213",
    "Between two pages a row is left out.",
)  # fmt: skip
def leaves_out(plot: Plot) -> None:
    plot.lists("listVenues", _late)


def _late(call: Call, pager: Any, rows: list[Any], sort: tuple[str, ...], key: str) -> tuple[list[Any], Any]:
    _, names = pages.cut(call, pager, Listed(rows, sort, key), sort, key)
    start = (names["page"] - 1) * (names["limit"] + 1)
    return rows[start : start + names["limit"]], names


@leaves_out.shown
def _(site: Site) -> bool:
    rows = [row["id"] for page in (1, 2, 3) for row in site.get(f"/api/v1/venues?page={page}&limit=3").data["items"]]
    return len(rows) < 8


@mutant(
    "savebucks-total-counts-the-page", "N3 N2", "oracles", "listUsers", "41-46",
    "`pagination.total` is how many rows the page has, not how many there are.",
)  # fmt: skip
def total(plot: Plot) -> None:
    plot.lists("listUsers", _of_the_page)


def _of_the_page(call: Call, pager: Any, rows: list[Any], sort: tuple[str, ...], key: str) -> tuple[list[Any], Any]:
    chosen, names = pages.cut(call, pager, Listed(rows, sort, key), sort, key)
    return chosen, {**names, "total": len(chosen)}


@total.shown
def _(site: Site) -> bool:
    return bool(site.get("/api/admin/users?limit=5", by=ADMIN).json["pagination"]["total"] == 5)


@mutant(
    "savebucks-last-page-not-counted", "N2 N3", "oracles", "listOffers", "41-46",
    "`pagination.totalPages` is rounded down, so the last page is never asked for.",
)  # fmt: skip
def last_page(plot: Plot) -> None:
    plot.lists("listOffers", _rounded_down)


def _rounded_down(call: Call, pager: Any, rows: list[Any], sort: tuple[str, ...], key: str) -> tuple[list[Any], Any]:
    chosen, names = pages.cut(call, pager, Listed(rows, sort, key), sort, key)
    return chosen, {**names, "pages": len(rows) // names["limit"]}


@last_page.shown
def _(site: Site) -> bool:
    return bool(site.get("/api/admin/offers?limit=5", by=ADMIN).json["pagination"]["totalPages"] == 2)


@mutant(
    "watchparty-cursor-counts-rows", "N3", "oracles", "listChatMessages", "11-11",
    "A cursor is a number of rows: a message that comes meanwhile shows one twice.",
)  # fmt: skip
def by_position(plot: Plot) -> None:
    plot.lists("listChatMessages", _by_position)


def _by_position(call: Call, pager: Any, rows: list[Any], _sort: tuple[str, ...], _key: str) -> tuple[list[Any], Any]:
    size = min(max(int(call.query.get("page_size") or pager.default), 1), pager.most)
    start = _position(call.query.get("cursor"))
    following = base64.urlsafe_b64encode(b"o=%d" % (start + size)).decode()
    link = pages._link(call, pager, {"cursor": following}) if start + size < len(rows) else None
    return rows[start : start + size], {"next": link, "previous": None}


def _position(cursor: Any) -> int:
    try:
        return whole(base64.urlsafe_b64decode(str(cursor or "")).decode().partition("=")[2]) or 0
    except ValueError:
        return 0


@by_position.shown
def _(site: Site) -> bool:
    path = "/api/chat/10000000-0000-4000-8000-000000000001/messages/"
    first = site.get(f"{path}?page_size=1", by=USER).json
    site.post(f"{path}send/", {"content": "in between"}, by=USER)
    cursor = parse_qs(urlsplit(first["next"]).query)["cursor"][0]
    second = site.get(f"{path}?page_size=1&cursor={cursor}", by=USER).json
    return bool(first["results"][0]["id"] == second["results"][0]["id"])


@mutant(
    "watchparty-page-size-ignored", "N3", "oracles", "listStoreItems", "11-11",
    "`page_size` is not obeyed: twenty rows come whatever is asked for.",
)  # fmt: skip
def size_ignored(plot: Plot) -> None:
    plot.lists("listStoreItems", lambda _call, pager, rows, _sort, _key: (rows[: pager.default], {"next": None, "previous": None}))


@size_ignored.shown
def _(site: Site) -> bool:
    return len(site.get("/api/store/items/?page_size=2", by=USER).json["results"]) > 2


@mutant(
    "platng-city-filter-ignored", "N3", "oracles", "listEvents", "192-194",
    "`city` does not filter the events.",
)  # fmt: skip
def city_ignored(plot: Plot) -> None:
    plot.words("listEvents", filters=lambda old: [name for name in old if name != "city"])


@city_ignored.shown
def _(site: Site) -> bool:
    return any(item["city"] != "Lagos" for item in site.get("/api/v1/events?city=Lagos&limit=100").data["items"])


@mutant(
    "platng-free-filter-shows-paid-events", "N3", "oracles", "listEvents", "192-194",
    "`is_free=true` returns paid events too.",
)  # fmt: skip
def free_ignored(plot: Plot) -> None:
    plot.words(
        "listEvents",
        filters={"city": "row.city == query.city", "category_id": "row.category_id == query.category_id", "is_free": "query.is_free or not row.is_free"},
    )


@free_ignored.shown
def _(site: Site) -> bool:
    return any(not item["is_free"] for item in site.get("/api/v1/events?is_free=true&limit=100").data["items"])


@mutant(
    "platng-search-finds-everything", "N3", "oracles", "searchEvents", "200-201",
    "The search finds events that do not have the text.",
)  # fmt: skip
def search(plot: Plot) -> None:
    plot.words("searchEvents", search=None)


@search.shown
def _(site: Site) -> bool:
    return bool(site.get("/api/v1/events/search?q=zzqqzzqq").data["items"])


@mutant(
    "eventplatform-category-shows-all", "N3", "oracles", "listEventsByCategory", "222-227",
    "Events of every category are listed, whatever the path names.",
)  # fmt: skip
def category(plot: Plot) -> None:
    plot.words("listEventsByCategory", where="row.isActive")


@category.shown
def _(site: Site) -> bool:
    return any(event["eventCategory"] != "Music" for event in site.get("/api/events/category/Music").json)


@mutant(
    "cliick-orders-oldest-first", "N3", "oracles", "listOrders", "53-53",
    "Orders come oldest first, though the latest is to be first.",
)  # fmt: skip
def oldest_first(plot: Plot) -> None:
    plot.words("listOrders", sort="submittedAt")


@oldest_first.shown
def _(site: Site) -> bool:
    times = [order["submittedAt"] for order in site.get("/api/shops/shop_123/orders", by="test@example.com").json]
    return times == sorted(times)


@mutant(
    "watchparty-user-search-ignored", "N3", "oracles", "listUsers", "70-70",
    "`search` does not search: all users are listed.",
)  # fmt: skip
def user_search(plot: Plot) -> None:
    plot.words("listUsers", search=None)


@user_search.shown
def _(site: Site) -> bool:
    return bool(site.get("/api/admin/users/?search=zzqqzzqq", by=ADMIN).json["results"])


@mutant(
    "watchparty-status-filter-ignored", "N3", "oracles", "listParties", "56-56",
    "`status` is ignored: parties of every status are listed.",
)  # fmt: skip
def status_ignored(plot: Plot) -> None:
    plot.words("listParties", filters=None)


@status_ignored.shown
def _(site: Site) -> bool:
    return any(party["status"] != "live" for party in site.get("/api/parties/?status=live", by=USER).json["results"])
