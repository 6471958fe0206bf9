"""Cliick.io: the page that ends an OAuth popup, and Stripe's signed webhook at both of its ends."""

import json
from string import Template
from typing import Any

from mock_server.engine import Call, Problem, Reply, Request, Violation
from mock_server.state.clock import wall
from understudy.wire import signatures
from understudy.wire.jsons import dumps

SECRET = "STRIPE_WEBHOOK_SECRET"
WEBHOOK = "receiveStripeEvent"
PAGE = Template("""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Connected</title></head>
<body><p>Connected. This window closes by itself.</p>
<script>
const result = $result;
for (const origin of $origins) if (window.opener) window.opener.postMessage(result, origin);
window.close();
</script></body>
</html>
""")


def complete_oauth(call: Call) -> Reply:
    """The page that tells the opener what was connected. Only pages of the front end's own origins can read it."""
    spent = call.scope["spent"]
    result = {"type": "oauth", "success": True, "platform": spent["platform"], "shopId": spent["shopId"]}
    origins = list((call.runtime.settings.get("cors") or {}).get("origins") or ["*"])
    page = PAGE.substitute(result=_in_script(result), origins=_in_script(origins))
    return Reply(page.encode(), media="text/html; charset=utf-8")


def _in_script(value: Any) -> str:
    """A value as JavaScript that can stand in a script element, whatever its texts hold."""
    text = json.dumps(value)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def receive_stripe_event(call: Call) -> Reply:
    """Takes note of an event that Stripe signed; the signature's age is measured in real time, as Stripe's is."""
    header = call.request.header(b"stripe-signature")
    try:
        signatures.verify(header.decode("latin-1") if header else None, call.request.body, _secret(call), wall())
    except signatures.SignatureError as error:
        violation = Violation("/header/stripe-signature", "signature", str(error))
        raise Problem(401, None, "The signature is missing or not valid", violations=(violation,)) from None
    return Reply({"received": True})


def send_stripe_event(call: Call) -> None:
    """Has the provider tell the shop that a payment succeeded: a signed event to the own webhook."""
    assert call.row is not None
    body = dumps(_event(call, call.row))
    webhook = call.runtime.operations[WEBHOOK].operation
    headers = {b"content-type": b"application/json", b"stripe-signature": signatures.sign(body, _secret(call), wall()).encode()}
    call.runtime.request(call, webhook.service, Request(webhook.method, webhook.path, headers=headers, body=body, host=call.request.host))


def _event(call: Call, payment: dict[str, Any]) -> dict[str, Any]:
    """The event as Stripe words it."""
    intent = {
        "id": payment["id"], "object": "payment_intent", "amount": payment["amount"], "currency": payment["currency"], "status": "succeeded",
        "metadata": {"orderId": payment["orderId"]},
    }  # fmt: skip
    return {
        "id": f"evt_{call.random_text(24)}", "object": "event", "api_version": "2025-10-29.clover", "created": int(call.now), "livemode": False,
        "pending_webhooks": 1, "request": None, "type": "payment_intent.succeeded", "data": {"object": intent},
    }  # fmt: skip


def _secret(call: Call) -> str:
    return str(call.runtime.settings["secrets"][SECRET])


OPERATIONS = {
    **dict.fromkeys(("completeFacebookOAuth", "completeInstagramOAuth", "completeTiktokOAuth", "completeTelegramOAuth", "completeViberOAuth"), complete_oauth),
    WEBHOOK: receive_stripe_event,
    "sendStripeEvent": send_stripe_event,
}
