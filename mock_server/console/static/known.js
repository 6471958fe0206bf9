/** What a backend has whatever happens: its operations, messages, services, channels and accounts. Fetched once. */

import { get } from "./api.js";
import { $, $$, el } from "./dom.js";

let asked = null;

/** operations and messages: by name; messages have those that are sent alone. */
export function known() {
  asked ??= get("routes").then(sorted);
  asked.catch(() => (asked = null));
  return asked;
}

function sorted(routes) {
  const of = (kind, direction) => routes.filter((item) => item.kind === kind && (direction === undefined || item.direction === direction));
  return {
    operations: new Map(of("operation").map((item) => [item.id, item])),
    sent: new Map(of("message", "out").map((item) => [item.id, item])),
    messages: [...new Set(of("message").map((item) => item.id))].sort(),
    channels: [...new Set(of("message").map((item) => item.channel))].sort(),
    services: [...new Set(routes.map((item) => item.service))].sort(),
  };
}

/** Fills the lists from which inputs suggest. */
export async function suggest() {
  const { operations, messages, services, channels } = await known();
  const user = $$("#accounts [data-copy][aria-label^='Copy the login']").map((item) => item.dataset.copy);
  const lists = { operation: [...operations.keys()], message: messages, service: services, channel: channels, user };
  for (const [name, values] of Object.entries(lists)) $(`#known-${name}`).replaceChildren(...values.map((value) => el("option", { value })));
}
