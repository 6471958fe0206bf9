/** Cliick.io: the page that ends an OAuth popup, and Stripe's signed webhook at both of its ends. */
import { Reply, Request, Text } from './runtime/call.js';
import { wall } from './runtime/clock.js';
import { bytesOf } from './runtime/hashes.js';
import { Problem, violation } from './runtime/problem.js';
import { SignatureError, sign, verify } from './runtime/signatures.js';

const WEBHOOK = 'receiveStripeEvent';
const secretOf = (call) => String(call.runtime.settings.secrets.STRIPE_WEBHOOK_SECRET);

const page = (result, origins) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Connected</title></head>
<body><p>Connected. This window closes by itself.</p>
<script>
const result = ${result};
for (const origin of ${origins}) if (window.opener) window.opener.postMessage(result, origin);
window.close();
</script></body>
</html>
`;

/** The page that tells the opener what was connected. Only pages of the front end's own origins can read it. */
function completeOAuth(call) {
  const { platform, shopId } = call.scope.spent;
  const { origins = [] } = call.runtime.settings.cors ?? {};
  const result = inScript({ type: 'oauth', success: true, platform, shopId });
  return new Reply(new Text(page(result, inScript(origins.length ? origins : ['*']))), { media: 'text/html; charset=utf-8' });
}

/** A value as JavaScript that can stand in a script element, whatever its texts hold; spaced as the mock spaces it. */
function inScript(value) {
  const escaped = (text) => text.replace(/[<>&\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (Array.isArray(value)) return `[${value.map(inScript).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return escaped(JSON.stringify(value));
  return `{${Object.entries(value).map(([name, item]) => `${inScript(name)}: ${inScript(item)}`).join(', ')}}`;
}

/** Takes note of an event that Stripe signed; the signature's age is measured in real time, as Stripe's is. */
function receiveStripeEvent(call) {
  try {
    verify(call.request.header('stripe-signature'), call.request.body, secretOf(call), wall());
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const violations = [violation('/header/stripe-signature', 'signature', error.message)];
    throw new Problem(401, null, 'The signature is missing or not valid', { violations });
  }
  return new Reply({ received: true });
}

/** Has the provider tell the shop that a payment succeeded: a signed event to the own webhook. */
function sendStripeEvent(call) {
  const body = bytesOf(JSON.stringify(eventOf(call, call.row)));
  const { service, method, path } = call.runtime.operations[WEBHOOK].operation;
  const headers = { 'content-type': 'application/json', 'stripe-signature': sign(body, secretOf(call), wall()) };
  call.runtime.request(call, service, new Request({ method, path, headers, body, host: call.request.host, address: '' }));
}

/** The event as Stripe words it. */
function eventOf(call, { id, amount, currency, orderId }) {
  const object = { id, object: 'payment_intent', amount, currency, status: 'succeeded', metadata: { orderId } };
  const event = { id: `evt_${call.randomText(24)}`, object: 'event', api_version: '2025-10-29.clover', created: Math.trunc(call.now), livemode: false };
  return { ...event, pending_webhooks: 1, request: null, type: 'payment_intent.succeeded', data: { object } };
}

const platforms = ['Facebook', 'Instagram', 'Tiktok', 'Telegram', 'Viber'];

export const twins = {
  ...Object.fromEntries(platforms.map((name) => [`complete${name}OAuth`, completeOAuth])),
  [WEBHOOK]: receiveStripeEvent,
  sendStripeEvent,
};
