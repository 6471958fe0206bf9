"""Cliick's money and connections: payment intents, Stripe's signed webhook, refunds, and OAuth from the popup to the stored connection."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.journey import CONTENT, RIGHTS, Flow, Journey, Row
from contract_tests.journeys.cliick_shop import busy_shop, new_shop, orders_of
from contract_tests.people import Person
from contract_tests.samples import Request, encoded
from contract_tests.timing import now
from understudy.wire import signatures

__all__ = ["MONEY"]

SECRET = "STRIPE_WEBHOOK_SECRET"
SIGNATURE = frozenset([400, 401, 403])
UNPAID = ("unpaid", "pending", "failed")
AFTER, STATE = 2.5, 600.0  # seconds: until the provider answers; that a state is good for
PAID = "amounts, states and refunds are ours; the guide names intent, confirm and refund"


class Till:
    """The payments of one order, and the provider that tells of them."""

    def __init__(self, journey: Journey, provider: str = "stripe") -> None:
        self.journey, self.provider = journey, provider
        self.owner, self.shop = busy_shop(journey)
        self.here = {"shopId": self.shop}
        orders = [row for row in orders_of(journey, self.owner, self.shop) if row.get("paymentStatus") in UNPAID and row.get("status") != "cancelled"]
        if not orders:
            raise NotChecked("the shop has no order left to pay")
        # one that can't be moved any more is of least use to other checks
        self.order = min(orders, key=lambda row: row.get("status") != "completed")
        self.amount = max(round(self.order["totalAmount"] * 100), 100)

    def intent(self, key: str | None = None) -> Row:
        """A payment intent for the order."""
        body = {"orderId": self.order["id"], "amount": self.amount, "currency": "usd", "provider": self.provider}
        return self.journey.row("createPaymentIntent", self.owner, body, path=self.here, headers=_key(key))

    def payment(self, intent: Row) -> Row:
        """The payment as it is now."""
        return self.journey.row("getPayment", self.owner, path={**self.here, "id": intent["id"]})

    def is_now(self, intent: Row, payment: str, order: str) -> None:
        """The status of the payment, and the order's."""
        self.journey.equal(self.payment(intent)["status"], payment, "status of the payment")
        shown = self.journey.row("getOrder", self.owner, path={**self.here, "orderId": self.order["id"]})
        self.journey.equal(shown["paymentStatus"], order, "paymentStatus of the order")

    def refund(self, intent: Row, amount: int | None, key: str | None = None) -> Row:
        """A refund of a part, or of what is left."""
        body = {} if amount is None else {"amount": amount}
        return self.journey.row("refundPayment", self.owner, body, path={**self.here, "id": intent["id"]}, headers=_key(key))

    def event(self, kind: str, intent: Row) -> dict[str, Any]:
        """An event as Stripe words it."""
        about = {"id": intent["id"], "object": "payment_intent", "amount": self.amount, "currency": "usd", "metadata": {"orderId": self.order["id"]}}
        return {"id": f"evt_{self.journey.session.chance.text(20)}", "object": "event", "type": kind, "created": int(now()), "data": {"object": about}}

    def tell(self, event: dict[str, Any], secret: str | None = None, age: float = 0.0, signature: str | None = None) -> Exchange:
        """Sends an event to the webhook, signed as Stripe signs."""
        _, content = encoded(Request(body=event, media="application/json"))
        known = secret or self.journey.session.steering.secret(SECRET)
        if known is None:
            raise NotChecked(f"the secret of the webhook is not known; give --secret {SECRET}=...")
        header = {"stripe-signature": signature or signatures.sign(content, known, now() - age)}
        return self.journey.call("receiveStripeEvent", None, event, headers=header)


def _key(text: str | None) -> dict[str, str] | None:
    return {"Idempotency-Key": text} if text else None


def _fresh_key(journey: Journey) -> str:
    return f"check-{journey.session.chance.text(16)}"


def _payment(journey: Journey) -> None:
    """Intent, the provider's events, and refunds: signed, once, and never more than was paid."""
    till, key = Till(journey), _fresh_key(journey)
    with journey.step(
        "an intent waits for its confirmation, and the order for its payment", "intent", on="createPaymentIntent", rule="journey.state", inferred=PAID
    ):
        intent = till.intent(key)
        till.is_now(intent, "requires_confirmation", "pending")
        journey.agree(
            till.payment(intent),
            {"amount": till.amount, "orderId": till.order["id"], "refundedAmount": 0},
            ("amount", "orderId", "refundedAmount"),
            "the payment",
        )
    with journey.step("the same key makes the same intent", "intent-key", on="createPaymentIntent", rule="journey.once", lines=(349, 353), apart=True):
        journey.equal(till.intent(key)["id"], intent["id"], "id of the intent")
    _signatures(journey, till, intent)
    with journey.step("a failed payment leaves the order to be paid", "failed", on="receiveStripeEvent", rule="journey.state", lines=(192, 199)):
        journey.equal(till.tell(till.event("payment_intent.payment_failed", intent)).ok, True, "success of the webhook")
        till.is_now(intent, "failed", "failed")
    with journey.step("another intent that succeeds pays it", "succeeded", on="receiveStripeEvent", rule="journey.state", lines=(192, 199)):
        second = till.intent(_fresh_key(journey))
        event = till.event("payment_intent.succeeded", second)
        journey.equal(till.tell(event).ok, True, "success of the webhook")
        till.is_now(second, "succeeded", "paid")
    with journey.step("a paid order is not paid again", "paid", on="createPaymentIntent", rule="journey.state", inferred=PAID):
        body = {"orderId": till.order["id"], "amount": till.amount, "currency": "usd", "provider": "stripe"}
        journey.refuses(CONTENT, "createPaymentIntent", till.owner, body, path=till.here, broken=False)
        till.is_now(second, "succeeded", "paid")
    _refunds(journey, till, second)
    with journey.step("an event that was seen changes nothing", "seen", on="receiveStripeEvent", rule="journey.once", lines=(349, 353)):
        journey.equal(till.tell(event).ok, True, "success of the webhook")
        till.is_now(second, "refunded", "refunded")


def _signatures(journey: Journey, till: Till, intent: Row) -> None:
    """Only what Stripe has signed, just now, is believed."""
    event = till.event("payment_intent.succeeded", intent)
    checked = till.tell(till.event("payment_method.attached", intent))
    if checked.status in SIGNATURE and not journey.session.steering.steerable:
        raise NotChecked(f"the webhook does not take our signature; give --secret {SECRET}=...")
    tries = (("wrong", "an event with another's signature", {"secret": "whsec_not_the_secret"}), ("old", "an event that was signed long ago", {"age": 3_600.0}),
             ("none", "an event without a signature that can be read", {"signature": "none"}))  # fmt: skip
    for slug, what, how in tries:
        with journey.step(f"{what} changes nothing", f"signature-{slug}", on="receiveStripeEvent", rule="journey.rights", lines=(349, 353)):
            journey.denied(SIGNATURE, till.tell(event, **how))
            till.is_now(intent, "requires_confirmation", "pending")


def _refunds(journey: Journey, till: Till, intent: Row) -> None:
    """A part, too much, and the rest."""
    part, key = till.amount // 4, _fresh_key(journey)
    path = {**till.here, "id": intent["id"]}
    with journey.step("a part is refunded, once for one key", "refund-part", on="refundPayment", rule="journey.once", lines=(349, 353)):
        for _ in range(2):
            till.refund(intent, part, key)
        journey.equal(till.payment(intent)["refundedAmount"], part, "refundedAmount")
        till.is_now(intent, "succeeded", "partially_refunded")
    with journey.step("no more is refunded than is left", "refund-more", on="refundPayment", rule="journey.undone", inferred=PAID):
        journey.refuses(CONTENT, "refundPayment", till.owner, {"amount": till.amount - part + 1}, path=path, broken=False)
        journey.equal(till.payment(intent)["refundedAmount"], part, "refundedAmount")
    with journey.step("without an amount, all that is left is refunded", "refund-rest", on="refundPayment", rule="journey.undone", inferred=PAID):
        till.refund(intent, None)
        journey.equal(till.payment(intent)["refundedAmount"], till.amount, "refundedAmount")
        till.is_now(intent, "refunded", "refunded")
    with journey.step("what is refunded is not refunded again, nor confirmed", "refund-twice", on="refundPayment", rule="journey.state", inferred=PAID):
        journey.refuses(CONTENT, "refundPayment", till.owner, {"amount": 1}, path=path, broken=False)
        journey.refuses(CONTENT, "confirmPayment", till.owner, {"paymentIntentId": intent["id"]}, path=till.here, broken=False)
        journey.equal(till.payment(intent)["refundedAmount"], till.amount, "refundedAmount")


def _confirmed(journey: Journey, provider: str) -> None:
    """Confirm, and the provider answers a little later."""
    till, key = Till(journey, provider), _fresh_key(journey)
    with journey.step("an intent is made", "intent", on="createPaymentIntent", rule="journey.works"):
        intent = till.intent()
    with journey.step(
        "confirmed, it is being processed; the same key confirms it once", "confirmed", on="confirmPayment", rule="journey.once", lines=(349, 353)
    ):
        for _ in range(2):
            answer = journey.row("confirmPayment", till.owner, {"paymentIntentId": intent["id"]}, path=till.here, headers=_key(key))
            journey.equal(answer["status"], "processing", "status in the answer")
    with journey.step("it is not confirmed a second time", "again", on="confirmPayment", rule="journey.state", inferred=PAID, apart=True):
        journey.refuses(CONTENT, "confirmPayment", till.owner, {"paymentIntentId": intent["id"]}, path=till.here, broken=False)
    journey.wait(AFTER, "the provider's answer")
    if not journey.session.steering.steerable:
        raise NotChecked("only a mock is its own payment provider")
    with journey.step("the provider's answer pays the order", "paid", on="confirmPayment", rule="journey.time", inferred=PAID):
        till.is_now(intent, "succeeded", "paid")
    with journey.step("what was paid can be refunded", "refunded", on="refundPayment", rule="journey.undone", inferred=PAID):
        till.refund(intent, None)
        till.is_now(intent, "refunded", "refunded")


def _by_stripe(journey: Journey) -> None:
    """A payment by Stripe, told by its webhook."""
    _confirmed(journey, "stripe")


def _by_paypal(journey: Journey) -> None:
    """A payment by PayPal."""
    _confirmed(journey, "paypal")


CALLBACKS = {
    "facebook": "completeFacebookOAuth", "instagram": "completeInstagramOAuth", "tiktok": "completeTiktokOAuth", "telegram": "completeTelegramOAuth",
    "viber": "completeViberOAuth",
}  # fmt: skip


def _connected(journey: Journey, owner: Person, shop: str, platform: str) -> bool:
    """Whether the shop shows the platform as connected."""
    row = journey.row("getShop", owner, path={"shopId": shop})
    return bool(row["integrations"][platform]["isConnected"])


def _begun(journey: Journey, owner: Person, shop: str, platform: str) -> tuple[str, str]:
    """State and code of a popup that was opened."""
    begun = journey.row("connectIntegration", owner, path={"shopId": shop, "platform": platform})
    asked = parse_qs(urlsplit(begun["authorizationUrl"]).query)
    journey.equal((asked.get("state") or [""])[0], begun["state"], "state in the authorization URL")
    return begun["state"], (asked.get("code") or ["AUTH_CODE"])[0]


def _oauth(journey: Journey) -> None:
    """Connect, the platform's consent, the callback's page, the stored connection; a state is good once, for its platform."""
    owner = journey.newcomer()
    shop = new_shop(journey, owner)["id"]
    for platform, callback in CALLBACKS.items():
        with journey.step(f"{platform} is connected by its callback, whose page tells the opener", f"{platform}-connected", on=callback, rule="journey.works"):
            state, code = _begun(journey, owner, shop, platform)
            journey.equal(_connected(journey, owner, shop, platform), False, "isConnected before the callback")
            _page(journey, callback, code, state, platform)
            journey.equal(_connected(journey, owner, shop, platform), True, "isConnected after the callback")
        with journey.step(f"{platform}'s state is good once", f"{platform}-used", on=callback, rule="journey.once", lines=(343, 347), apart=True):
            journey.refuses(CONTENT | RIGHTS, callback, query={"code": code, "state": state}, broken=False)
        with journey.step(
            f"{platform}'s callback takes no state that was never issued",
            f"{platform}-forged",
            on=callback,
            rule="journey.rights",
            lines=(145, 150),
            apart=True,
        ):
            journey.refuses(CONTENT | RIGHTS, callback, query={"code": code, "state": "not-a-state"}, broken=False)
    with journey.step("a state is of its own platform", "foreign-state", on=CALLBACKS["facebook"], rule="journey.rights", lines=(343, 347)):
        journey.works("disconnectIntegration", owner, path={"shopId": shop, "platform": "tiktok"})
        state, code = _begun(journey, owner, shop, "tiktok")
        journey.refuses(CONTENT | RIGHTS, CALLBACKS["facebook"], query={"code": code, "state": state}, broken=False)
        journey.equal(_connected(journey, owner, shop, "tiktok"), False, "isConnected of tiktok")
    with journey.step("disconnected, it is so, and only once", "disconnected", on="disconnectIntegration", rule="journey.state"):
        journey.works("disconnectIntegration", owner, path={"shopId": shop, "platform": "facebook"})
        journey.equal(_connected(journey, owner, shop, "facebook"), False, "isConnected")
        journey.equal(_connected(journey, owner, shop, "instagram"), True, "isConnected of instagram")
        journey.refuses(CONTENT, "disconnectIntegration", owner, path={"shopId": shop, "platform": "facebook"}, broken=False)


def _page(journey: Journey, callback: str, code: str, state: str, platform: str) -> None:
    """The page that ends the popup."""
    answer = journey.works(callback, query={"code": code, "state": state})
    page, kind = answer.content.decode("utf-8", "replace"), answer.header("content-type") or ""
    journey.holds(kind.startswith("text/html"), "the callback's answer is no page", "text/html", kind)
    for part in ("postMessage", "window.close", platform):
        journey.holds(part in page, f"the page has no {part}", part, page[:200])


def _late_state(journey: Journey) -> None:
    """A state that nobody brings back in time is worth nothing."""
    owner = journey.newcomer()
    shop = new_shop(journey, owner)["id"]
    with journey.step("a popup is opened", "begun", on="connectIntegration", rule="journey.works"):
        state, code = _begun(journey, owner, shop, "facebook")
    journey.wait(STATE + 5, "the end of a state")
    with journey.step("ten minutes later its state is refused", "late", on=CALLBACKS["facebook"], rule="journey.time", inferred="ten minutes are ours"):
        journey.refuses(CONTENT | RIGHTS, CALLBACKS["facebook"], query={"code": code, "state": state}, broken=False)
        journey.equal(_connected(journey, owner, shop, "facebook"), False, "isConnected")


MONEY = (
    Flow("payment", "receiveStripeEvent", _payment),
    Flow("oauth", "connectIntegration", _oauth),
    Flow("stripe", "confirmPayment", _by_stripe, clock=True),
    Flow("paypal", "confirmPayment", _by_paypal, clock=True),
    Flow("late-state", "connectIntegration", _late_state, clock=True, slow=True),
)
