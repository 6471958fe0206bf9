"""Operations that forget to ask for a role, or for a sign-in."""

from .planting import mutant
from .plot import Plot
from .site import Site

USER = "user@example.com"
EVENT = {"eventName": "Night run", "eventCategory": "Sports", "eventDate": "2030-05-01T18:00:00Z", "ticketCategories": []}


@mutant(
    "eventplatform-assistant-creates-events", "N8", "security", "createEvent", "158-194",
    "Assistants may create events, which only organizers can.",
)  # fmt: skip
def assistant_creates(plot: Plot) -> None:
    plot.words("createEvent", roles=None)


@assistant_creates.shown
def _(site: Site) -> bool:
    return site.post("/api/events", EVENT, by=USER).status == 201


@mutant(
    "eventplatform-all-orders-for-everyone", "N8 N9", "security", "listAllOrders", "395-399",
    "The list of all orders is given to any user.",
)  # fmt: skip
def all_orders(plot: Plot) -> None:
    plot.words("listAllOrders", roles=None)


@all_orders.shown
def _(site: Site) -> bool:
    return site.get("/api/orders/all", by=USER).status == 200


@mutant(
    "eventplatform-orders-without-a-token", "N8 S", "security", "listOrdersByEvent", "401-405",
    "The orders of an event are shown without any token.",
)  # fmt: skip
def without_token(plot: Plot) -> None:
    plot.words("listOrdersByEvent", roles=None)
    plot.operation("listOrdersByEvent", security=(), anonymous=True)


@without_token.shown
def _(site: Site) -> bool:
    return site.get("/api/orders/event/1").status == 200


@mutant(
    "platng-dashboard-for-everyone", "N8", "security", "getPartnerDashboard", "288-290",
    "The partner's dashboard opens for users who are no partners.",
)  # fmt: skip
def dashboard(plot: Plot) -> None:
    plot.words("getPartnerDashboard", roles=None)


@dashboard.shown
def _(site: Site) -> bool:
    return site.get("/api/v1/partners/dashboard", by=USER).status == 200


@mutant(
    "savebucks-offer-approved-by-a-user", "N8", "security", "approveOffer", "551-560",
    "Any user may approve an offer, which is an administrator's affair.",
)  # fmt: skip
def offer_approved(plot: Plot) -> None:
    plot.words("approveOffer", roles=None)


@offer_approved.shown
def _(site: Site) -> bool:
    return site.post("/api/admin/offers/2/approve", by=USER).status == 200


@mutant(
    "savebucks-balance-adjusted-by-a-user", "N8", "security", "adjustBalance", "551-556",
    "Any user may adjust balances, also their own.",
)  # fmt: skip
def balance_adjusted(plot: Plot) -> None:
    plot.words("adjustBalance", roles=None)


@balance_adjusted.shown
def _(site: Site) -> bool:
    return site.post("/api/admin/users/1/adjust-balance", {"amount": 1, "reason": "mine"}, by=USER).status == 200


@mutant(
    "cliick-agent-changes-the-shop", "N8", "security", "updateShop", "31-31",
    "Every member of the team, agents too, may change the shop.",
)  # fmt: skip
def agent_changes(plot: Plot) -> None:
    plot.words("updateShop", members=lambda old: {**old, "roles": ["owner", "admin", "agent"]})


@agent_changes.shown
def _(site: Site) -> bool:
    return site.put("/api/shops/shop_123", {"name": "Mine"}, by="agent@example.com").status == 200


@mutant(
    "watchparty-users-listed-for-everyone", "N8", "security", "listUsers", "70-70",
    "The admin's table of users, with addresses, is given to any user.",
)  # fmt: skip
def users_listed(plot: Plot) -> None:
    plot.words("listUsers", roles=None)


@users_listed.shown
def _(site: Site) -> bool:
    return site.get("/api/admin/users/", by=USER).status == 200


@mutant(
    "watchparty-reports-without-a-token", "N8 S", "schema", "listReports", "71-71",
    "The moderation's reports are shown without any token.",
)  # fmt: skip
def reports(plot: Plot) -> None:
    plot.words("listReports", roles=None)
    plot.operation("listReports", security=(), anonymous=True)


@reports.shown
def _(site: Site) -> bool:
    return site.get("/api/moderation/reports/").status == 200


@mutant(
    "watchparty-unverified-user-uploads", "N8", "security", "createUploadUrl", "84-85",
    "Uploading is open to accounts that are not verified.",
)  # fmt: skip
def unverified(plot: Plot) -> None:
    plot.words("createUploadUrl", allow=None)


@unverified.shown
def _(site: Site) -> bool:
    person = {"username": "newcomer", "email": "newcomer@example.com", "password": "password123"}
    token = site.post("/api/auth/register/", person).json["access"]
    return site.post("/api/videos/upload-url/", {"filename": "a.mp4", "content_type": "video/mp4", "size": 5}, token=token).status == 201
