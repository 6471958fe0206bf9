"""What is to have one effect and has two: idempotency keys, webhooks, single-use references."""

import json
from typing import Any

import mock_server.app
from mock_server.app import bound_functions
from mock_server.engine.call import Reply
from mock_server.state.clock import wall
from understudy.contract.model import Contract
from understudy.wire import signatures

from .planting import mutant
from .plot import Plot
from .site import Answer, Site
from .states import also

USER, OWNER = "user@example.com", "test@example.com"
SECRET = "whsec_understudyLocalWebhookSecret0001"
PAYMENTS = "/api/shops/shop_123/payments"


def stripe(site: Site, payment: str, header: str | None = None, event: str = "evt_by_hand") -> Answer:
    """An event of a payment that succeeded, signed unless a header is given."""
    about = {"id": event, "type": "payment_intent.succeeded", "data": {"object": {"id": payment}}}
    body = json.dumps(about).encode()
    signed = signatures.sign(body, SECRET, wall()) if header is None else header
    return site.post("/webhook/stripe", data=body, headers={"content-type": "application/json", "stripe-signature": signed})


def intent(site: Site, **more: Any) -> str:
    """A payment of an order that waits for its confirmation."""
    made = site.post(f"{PAYMENTS}/intent", {"orderId": "order_123", "amount": 2000, "currency": "usd"}, by=OWNER, **more)
    return str(made.json["id"])


@mutant(
    "cliick-intent-key-ignored", "N10", "oracles", "createPaymentIntent", "349-353",
    "The same `Idempotency-Key` twice makes two payment intents.",
)  # fmt: skip
def intent_key(plot: Plot) -> None:
    plot.words("createPaymentIntent", idempotency=None)


@intent_key.shown
def _(site: Site) -> bool:
    return len({intent(site, headers={"Idempotency-Key": "one"}) for _ in range(2)}) == 2


@mutant(
    "cliick-refund-key-ignored", "N10", "oracles", "refundPayment", "349-353",
    "The same `Idempotency-Key` twice refunds twice.",
)  # fmt: skip
def refund_key(plot: Plot) -> None:
    plot.words("refundPayment", idempotency=None)


@refund_key.shown
def _(site: Site) -> bool:
    answers = [site.post(f"{PAYMENTS}/pi_seed_1/refund", {"amount": 100}, by=OWNER, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    return bool(answers[-1].json["refundedAmount"] == 200)


@mutant(
    "cliick-webhook-counts-twice", "N10", "journeys", "receiveStripeEvent order:update", "183-200",
    "An event that Stripe sends again is handled again: the shop is told of the payment twice, and a refunded order is paid once more.",
)  # fmt: skip
def counts_twice(plot: Plot) -> None:
    def careless(updates: Any) -> Any:
        return [{**item, "where": item["where"].partition(" and it.paymentStatus")[0]} for item in updates]

    plot.words("receiveStripeEvent", **{"with": lambda old: {"seen": {**old["seen"], "where": "1 == 2"}}}, updates=careless)


@counts_twice.shown
def _(site: Site) -> bool:
    payment = intent(site)
    socket = site.frames("/ws", site.token(OWNER), tag="event")
    socket.say({"event": "shop:join", "data": {"shopId": "shop_123"}})
    for _ in range(2):
        stripe(site, payment)
    return [frame["event"] for frame in socket.take()].count("order:update") == 2


@mutant(
    "cliick-webhook-signature-unchecked", "N8 S", "security", "receiveStripeEvent", "183-190",
    "The webhook believes whoever calls it: the signature is not verified.",
)  # fmt: skip
def unchecked(plot: Plot) -> None:
    def functions(contract: Contract) -> Any:
        return {**bound_functions(contract), "receiveStripeEvent": lambda _call: Reply({"received": True})}

    plot.swap(mock_server.app, "bound_functions", functions)


@unchecked.shown
def _(site: Site) -> bool:
    return stripe(site, "pi_seed_1", "t=1,v1=00").status == 200


@mutant(
    "cliick-oauth-state-used-twice", "N10 N8", "security", "completeFacebookOAuth", "139-150",
    "The `state` of a callback is good for any number of times.",
)  # fmt: skip
def state_twice(plot: Plot) -> None:
    found = {"collection": "oauthStates", "where": "it.state == query.state and it.platform == 'facebook'", "optional": True}
    refused = [{"when": "spent == null", "say": "The state is unknown or used"}]
    plot.words("completeFacebookOAuth", spends=None, unless=refused, **{"with": {"spent": found}})


@state_twice.shown
def _(site: Site) -> bool:
    state = site.post("/api/shops/shop_123/integrations/facebook/connect", by=OWNER).json["state"]
    return [site.get(f"/oauth/facebook/callback?code=x&state={state}").status for _ in range(2)] == [200, 200]


@mutant(
    "platng-verifying-twice-issues-tickets-twice", "N10 N7", "oracles", "verifyPayment listMyTickets", "256-262",
    "Each verification of an order issues its tickets and a notification anew.",
)  # fmt: skip
def verified_twice(plot: Plot) -> None:
    plot.words("verifyPayment", repeat=None, idempotency=None)
    plot.collection("orders", states=also(completed=("completed",)))


@verified_twice.shown
def _(site: Site) -> bool:
    for _ in range(2):
        site.post("/api/v1/orders/verify", {"order_id": 789, "reference": "paystack-reference-123"}, by=USER)
    return len([item for item in site.get("/api/v1/tickets?limit=100", by=USER).data["items"] if item["order_id"] == 789]) == 6


@mutant(
    "platng-any-reference-pays", "N7 N8 N18", "journeys", "verifyPayment", "256-262",
    "The Paystack reference is not compared with the order's: any completes it.",
)  # fmt: skip
def any_reference(plot: Plot) -> None:
    plot.words("verifyPayment", unless=None)


@any_reference.shown
def _(site: Site) -> bool:
    return site.post("/api/v1/orders/verify", {"order_id": 789, "reference": "made-up"}, by=USER).status == 200


@mutant(
    "watchparty-upload-url-taken-twice", "N10 N7", "journeys", "putUpload createUploadUrl", "85-85",
    "A pre-signed URL takes a second file in the place of the first.",
)  # fmt: skip
def uploaded_twice(plot: Plot) -> None:
    plot.collection("videos", states=also(processing=("processing",), ready=("processing",)))


@uploaded_twice.shown
def _(site: Site) -> bool:
    wanted = {"filename": "a.mp4", "content_type": "video/mp4", "size": 3}
    target = site.post("/api/videos/upload-url/", wanted, by=USER).json["upload_url"]
    path = target[target.index("/api/") :]
    return [site.put(path, data=b"abc", headers={"content-type": "video/mp4"}).status for _ in range(2)] == [200, 200]
