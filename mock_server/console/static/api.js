/** Calls of the control API, each in the world that the page shows. */

export const world = document.documentElement.dataset.world;
const root = new URL(".", document.baseURI);

/** Why something was not done. violations: what is wrong, with the place. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.error ?? `The mock answered with ${status}.`);
    this.status = status;
    this.violations = body?.violations ?? [];
  }
}

/** A path whose values are escaped. */
export const at = (texts, ...values) => String.raw({ raw: texts }, ...values.map(encodeURIComponent));

/** Where a path of the control API is. */
export const address = (path) => new URL(path, root).href;

const never = new Promise(() => {});
let flight = new AbortController(); // of all calls under way
let leaving = false; // the page's own world is deleted: a call that names it would make it anew

/** The answer's stream; raises Refusal. */
export async function open(path, options = {}) {
  if (leaving) return never;
  const headers = { "x-understudy-world": world, ...options.headers };
  const answer = await fetch(address(path), { cache: "no-store", signal: flight.signal, ...options, headers }).catch(() => {
    if (leaving) return never;
    throw new Refusal(0, { error: "The mock does not answer." });
  });
  if (answer.ok) return answer;
  throw new Refusal(answer.status, await answer.json().catch(() => null));
}

/** The answer's value; raises Refusal. */
export async function call(method, path, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return (await open(path, { method, ...sent })).json();
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const remove = (path) => call("DELETE", path);

/** Deletes a world; with the page's own all other calls end, for good where it is gone. Raises Refusal. */
export async function removeWorld(name) {
  if (name !== world) return remove(at`worlds/${name}`);
  leaving = true;
  flight.abort();
  const answer = await fetch(address(at`worlds/${name}`), { method: "DELETE", headers: { "x-understudy-world": "default" } }).catch(() => null);
  if (answer?.ok) return answer.json();
  [leaving, flight] = [false, new AbortController()];
  throw new Refusal(answer?.status ?? 0, answer ? await answer.json().catch(() => null) : { error: "The mock does not answer." });
}
