"""Cliick: OAuth, payment intents, refunds and Stripe's webhook."""

import json
import re
from typing import Any

import pytest
import stripe

from mock_server.state.clock import wall
from understudy.wire.signatures import sign

from .client import Answer, Client

BACKEND = "cliick"
OWNER, STRANGER = "test@example.com", "other@example.com"
SHOP = "/api/shops/shop_123"
SECRET = "whsec_understudyLocalWebhookSecret0001"
PLATFORMS = ("facebook", "instagram", "tiktok", "telegram", "viber")


def connect(client: Client, platform: str = "tiktok") -> tuple[str, str]:
    """The path of the callback, and the state."""
    answer = client.post(f"{SHOP}/integrations/{platform}/connect", by=OWNER)
    assert answer.status == 200
    return answer.json["authorizationUrl"].removeprefix("http://localhost"), answer.json["state"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_is_connected_by_its_callback(client: Client, platform: str) -> None:
    client.post(f"{SHOP}/integrations/{platform}/disconnect", by=OWNER)
    page = client.get(connect(client, platform)[0])
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    shown = client.get(SHOP, by=OWNER).json["integrations"][platform]
    assert shown["isConnected"] is True
    assert shown.keys() == {"isConnected", "pageId", "expiresAt"}


def test_a_shop_that_was_looked_at_before_shows_the_connection(client: Client) -> None:
    def shown() -> bool:
        return bool(client.get(SHOP, by=OWNER).json["integrations"]["tiktok"]["isConnected"])

    before = shown()
    client.get(connect(client)[0])
    connected = shown()
    client.post(f"{SHOP}/integrations/tiktok/disconnect", by=OWNER)
    assert (before, connected, shown()) == (False, True, False)


def test_the_page_posts_to_the_front_ends_origins_and_closes(client: Client) -> None:
    page = client.get(connect(client)[0])
    text = page.body.decode()
    result = re.search(r"const result = (.*);", text)
    origins = re.search(r"const origin of (.*?)\) if", text)
    assert result is not None
    assert origins is not None
    assert json.loads(result[1]) == {"type": "oauth", "success": True, "platform": "tiktok", "shopId": "shop_123"}
    assert json.loads(origins[1]) == ["http://localhost:5173", "http://localhost:3000"]
    assert "window.opener.postMessage(result, origin)" in text
    assert "window.close()" in text
    assert "script-src 'unsafe-inline'" in page.headers["content-security-policy"]


def test_the_page_can_not_be_escaped_from(client: Client) -> None:
    client.put(
        "oauthStates",
        {"id": "oauth_x", "state": "s", "shopId": "</script><script>alert(1)//", "platform": "tiktok", "userId": "user_1", "expiresAt": "2999-01-01T00:00:00Z"},
    )
    assert client.get("/oauth/tiktok/callback?code=c&state=s").body.count(b"<script>") == 1


def test_a_state_is_good_once(client: Client) -> None:
    path, _ = connect(client)
    assert [client.get(path).status for _ in range(2)] == [200, 409]


def test_an_unknown_state_is_409_in_json(client: Client) -> None:
    answer = client.get("/oauth/tiktok/callback?code=c&state=unknown")
    assert (answer.status, answer.json) == (409, {"error": "Conflict", "message": "The state is unknown or used"})


def test_a_state_is_good_for_its_platform_only(client: Client) -> None:
    path, _ = connect(client)
    assert client.get(path.replace("tiktok", "viber")).status == 409
    assert client.get(path).status == 200


def test_a_state_dies_after_ten_minutes(client: Client) -> None:
    path, _ = connect(client)
    client.advance(600)
    assert client.get(path).status == 409


def test_a_failed_callback_connects_nothing(client: Client) -> None:
    client.get("/oauth/viber/callback?code=c&state=unknown")
    assert client.get(SHOP, by=OWNER).json["integrations"]["viber"] == {"isConnected": False}


def test_what_is_disconnected_can_not_be_disconnected_again(client: Client) -> None:
    statuses = [client.post(f"{SHOP}/integrations/facebook/disconnect", by=OWNER).status for _ in range(2)]
    assert statuses == [200, 409]


def intent(client: Client, key: str | None = None, order: str = "order_123", **more: Any) -> Answer:
    headers = {"idempotency-key": key} if key else {}
    return client.post(f"{SHOP}/payments/intent", {"orderId": order, "amount": 2000, "currency": "usd", **more}, by=OWNER, headers=headers)


def confirm(client: Client, payment: str, key: str | None = None) -> Answer:
    return client.post(f"{SHOP}/payments/confirm", {"paymentIntentId": payment}, by=OWNER, headers={"idempotency-key": key} if key else {})


def refund(client: Client, payment: str, key: str | None = None, **body: Any) -> Answer:
    return client.post(f"{SHOP}/payments/{payment}/refund", body, by=OWNER, headers={"idempotency-key": key} if key else {})


def order(client: Client, key: str = "order_123") -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{SHOP}/orders/{key}", by=OWNER).json
    return found


def paid(client: Client, **more: Any) -> str:
    """A payment that succeeded."""
    payment: str = intent(client, **more).json["id"]
    confirm(client, payment)
    client.advance(2)
    return payment


def test_an_intent_marks_its_order(client: Client) -> None:
    answer = intent(client)
    assert answer.status == 201
    assert answer.json.keys() == {"id", "clientSecret", "status"}
    assert (order(client)["paymentStatus"], order(client)["paymentIntentId"]) == ("pending", answer.json["id"])


def test_an_intent_of_another_shops_order_is_404(client: Client) -> None:
    assert intent(client, order="order_201").status == 404


def test_a_paid_or_cancelled_order_takes_no_intent(client: Client) -> None:
    assert [intent(client, order=key).status for key in ("order_126", "order_128")] == [409, 409]


def test_the_same_key_and_body_is_one_effect_and_one_answer(client: Client) -> None:
    before = len(client.rows("payments"))
    first, again = intent(client, "k1"), intent(client, "k1")
    assert (again.status, again.json) == (first.status, first.json)
    assert len(client.rows("payments")) == before + 1


def test_the_same_key_with_another_body_is_409(client: Client) -> None:
    intent(client, "k1")
    assert intent(client, "k1", amount=2001).status == 409


def test_the_same_key_for_another_payment_is_409(client: Client) -> None:
    payment = paid(client)
    assert [refund(client, key, "k", amount=1).status for key in (payment, "pi_seed_1")] == [200, 409]


def test_another_key_is_another_intent(client: Client) -> None:
    assert intent(client, "k1").json["id"] != intent(client, "k2").json["id"]


def test_a_refused_call_leaves_its_key_free(client: Client) -> None:
    assert confirm(client, "pi_none", "k1").status == 404
    payment = intent(client).json["id"]
    assert confirm(client, payment, "k1").status == 200


def test_a_repeated_confirmation_with_a_key_is_one_effect(client: Client) -> None:
    payment = intent(client).json["id"]
    assert [confirm(client, payment, "k").status for _ in range(2)] == [200, 200]
    assert confirm(client, payment).status == 409


def test_a_repeated_refund_with_a_key_is_one_effect(client: Client) -> None:
    payment = paid(client)
    assert [refund(client, payment, "k", amount=500).json["refundedAmount"] for _ in range(2)] == [500, 500]


def test_the_provider_confirms_by_a_signed_webhook_after_two_seconds(client: Client) -> None:
    payment = intent(client).json["id"]
    assert confirm(client, payment).json["status"] == "processing"
    client.advance(1.9)
    assert (client.row("payments", payment)["status"], order(client)["paymentStatus"]) == ("processing", "pending")
    client.advance(0.1)
    assert (client.row("payments", payment)["status"], order(client)["paymentStatus"]) == ("succeeded", "paid")


def test_stripes_own_library_accepts_the_webhook_that_was_sent(client: Client) -> None:
    paid(client)
    exchange = next(item for item in client.engine.log if item.request.path == "/webhook/stripe")
    event = stripe.Webhook.construct_event(exchange.request.body, exchange.request.header(b"stripe-signature").decode(), SECRET)
    assert exchange.response.status == 200
    assert (event.type, event.data.object.metadata.orderId) == ("payment_intent.succeeded", "order_123")


def test_a_paid_order_is_pushed_to_its_shop(client: Client) -> None:
    paid(client)
    assert [(item.message, item.room) for item in client.sent] == [("order:update", "shop:shop_123"), ("notification", "shop:shop_123")]


def test_paypal_succeeds_without_a_webhook(client: Client) -> None:
    payment = paid(client, provider="paypal")
    assert (client.row("payments", payment)["status"], order(client)["paymentStatus"]) == ("succeeded", "paid")
    assert not [item for item in client.engine.log if item.request.path == "/webhook/stripe"]


def test_a_payment_is_refunded_in_parts_until_nothing_is_left(client: Client) -> None:
    payment = paid(client)
    part = refund(client, payment, amount=500).json
    assert (part["status"], part["refundedAmount"], order(client)["paymentStatus"]) == ("succeeded", 500, "partially_refunded")
    assert refund(client, payment, amount=1501).status == 409
    rest = refund(client, payment).json
    assert (rest["status"], rest["refundedAmount"], order(client)["paymentStatus"]) == ("refunded", 2000, "refunded")
    assert refund(client, payment, amount=1).status == 409


def test_a_refund_without_a_body_is_a_full_one(client: Client) -> None:
    answer = client.post(f"{SHOP}/payments/pi_seed_1/refund", by=OWNER)
    assert (answer.status, answer.json["status"], answer.json["refundedAmount"]) == (200, "refunded", 7980)


def test_what_has_not_succeeded_is_not_refunded(client: Client) -> None:
    assert refund(client, intent(client).json["id"]).status == 409


def test_all_payment_events_are_logged(client: Client) -> None:
    payment = paid(client)
    refund(client, payment)
    kinds = [item["type"] for item in client.rows("paymentEvents") if item["paymentId"] == payment]
    assert kinds == ["payment_intent.created", "payment_intent.processing", "payment_intent.succeeded", "charge.refunded"]


def event(payment: str, kind: str = "payment_intent.succeeded", key: str = "evt_1") -> bytes:
    return json.dumps({"id": key, "object": "event", "type": kind, "data": {"object": {"id": payment, "object": "payment_intent"}}}, indent=1).encode()


def deliver(client: Client, body: bytes, signature: str | None) -> Answer:
    headers = {"content-type": "application/json", **({"stripe-signature": signature} if signature is not None else {})}
    return client.post("/webhook/stripe", data=body, headers=headers)


def test_an_event_that_stripe_signs_is_taken(client: Client) -> None:
    payment = intent(client).json["id"]
    body = event(payment)
    at, good = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET).split(",")
    answer = deliver(client, body, f"{at},v1={'0' * 64},{good}")
    assert (answer.status, answer.json) == (200, {"received": True})
    assert order(client)["paymentStatus"] == "paid"


@pytest.mark.parametrize(
    "signature",
    [None, "", "nonsense", "t=1,v1=00", sign(b"{}", SECRET, wall()), sign(event("pi_1"), "whsec_other", wall())],
    ids=["none", "empty", "nonsense", "old", "of another body", "by another secret"],
)
def test_an_event_without_a_good_signature_is_401(client: Client, signature: str | None) -> None:
    answer = deliver(client, event("pi_1"), signature)
    assert (answer.status, answer.json["error"]) == (401, "Unauthorized")


@pytest.mark.parametrize("seconds", [-320, 320])
def test_an_event_that_was_signed_long_ago_is_401(client: Client, seconds: int) -> None:
    body = event("pi_1")
    assert deliver(client, body, sign(body, SECRET, wall() + seconds)).status == 401


def test_the_age_of_a_signature_is_measured_in_real_time(client: Client) -> None:
    client.advance(86400)
    body = event("pi_1")
    assert deliver(client, body, sign(body, SECRET, wall())).status == 200


def test_a_refused_event_changes_nothing(client: Client) -> None:
    payment = intent(client).json["id"]
    deliver(client, event(payment), "t=1,v1=00")
    assert order(client)["paymentStatus"] == "pending"


def test_an_event_twice_is_one_effect(client: Client) -> None:
    payment = intent(client).json["id"]
    body = event(payment)
    assert [deliver(client, body, sign(body, SECRET, wall())).status for _ in range(2)] == [200, 200]
    assert len(client.sent) == 2
    assert len([item for item in client.rows("paymentEvents") if item.get("eventId") == "evt_1"]) == 1


def test_an_event_seen_before_does_not_undo_a_refund(client: Client) -> None:
    payment = intent(client).json["id"]
    body = event(payment)
    deliver(client, body, sign(body, SECRET, wall()))
    refund(client, payment)
    deliver(client, body, sign(body, SECRET, wall()))
    assert order(client)["paymentStatus"] == "refunded"


def test_a_failed_payment_fails_its_order(client: Client) -> None:
    payment = intent(client).json["id"]
    body = event(payment, "payment_intent.payment_failed")
    deliver(client, body, sign(body, SECRET, wall()))
    assert (client.row("payments", payment)["status"], order(client)["paymentStatus"]) == ("failed", "failed")
    assert client.sent[-1].data["data"]["type"] == "warning"


def test_other_events_are_acknowledged_and_change_nothing(client: Client) -> None:
    payment = intent(client).json["id"]
    body = event(payment, "payment_intent.created")
    assert deliver(client, body, sign(body, SECRET, wall())).status == 200
    assert order(client)["paymentStatus"] == "pending"


def test_an_event_of_an_unknown_payment_is_acknowledged(client: Client) -> None:
    body = event("pi_unknown")
    assert deliver(client, body, sign(body, SECRET, wall())).status == 200
    assert client.sent == []
