/** The client that a mock serves, in Node: does what it is asked for, step by step, and prints what came of each, as JSON. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function load(url) {
  const folder = await mkdtemp(join(tmpdir(), "understudy-"));
  try {
    const served = await fetch(`${url}/__admin/client.js`);
    await writeFile(join(folder, "understudy.mjs"), await served.text());
    return await import(pathToFileURL(join(folder, "understudy.mjs")));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a call comes to: its value, or what it was refused with. */
async function told(call) {
  try {
    return await call();
  } catch (error) {
    return { error: error.message, status: error.status, violations: error.violations, name: error.name };
  }
}

/** A Cypress that only takes note of what it is asked for. */
function stub() {
  const cookies = [];
  const routes = [];
  return { cookies, routes, setCookie: (...given) => cookies.push(given), intercept: (...given) => routes.push(given) };
}

function visit(cy, url) {
  const request = { url, headers: {} };
  cy.routes.forEach(([, handle]) => handle(request));
  return request.headers;
}

const STORIES = {
  async calls({ Understudy }, url) {
    const mock = new Understudy(url);
    const world = await mock.world();
    const api = (path, options = {}) => fetch(`${url}/api${path}`, { ...options, headers: { ...world.headers, ...options.headers } });
    const found = { health: await mock.health(), base: world.base, headers: world.headers, cookies: world.cookies, ofDefault: [mock.base, mock.headers, mock.cookies] };
    found.frozen = await world.clock.freeze("2026-11-21T12:00:00Z");
    found.advanced = [await world.clock.advance(301), await world.clock.advance("5m"), await world.clock.advance("500ms")].map(({ now }) => now);
    found.now = await world.clock.now();
    found.dated = (await world.clock.freeze(new Date("2030-01-01T00:00:00Z"))).now;
    found.rate = (await world.clock.run(60)).rate;
    found.clock = await world.clock.reset().then(({ frozen, rate }) => ({ frozen, rate }));
    found.ofOthers = (await mock.clock.state()).frozen;
    const events = world.state("events");
    const { idEvent } = await events.create({ eventName: "Late show", eventCategory: "Music", eventDate: "2031-05-04T18:00:00Z", createdBy: 2, isActive: true });
    found.row = [(await events.get(idEvent)).eventName, (await events.update(idEvent, { eventName: "Later" })).eventName, (await events.list()).length];
    const { eventCategory, eventDate, createdBy, isActive } = await events.get(idEvent);
    found.replaced = (await events.replace(idEvent, { eventName: "Other", eventCategory, eventDate, createdBy, isActive })).eventName;
    found.deleted = (await events.delete(idEvent)).idEvent === idEvent;
    found.counts = await world.state();
    found.faulty = await world.faults.during({ kind: "status", status: 503, match: { operation: "listEvents" } }, async (fault) => {
      const statuses = [(await api("/events")).status, (await api("/events/1")).status];
      return [...statuses, (await world.faults.get(fault)).hits];
    });
    found.faultless = [(await api("/events")).status, await world.faults.list()];
    await world.faults.add({ kind: "latency", id: "slow", ms: 1 });
    await world.faults.add({ kind: "drop" });
    found.removed = [(await world.faults.remove("slow")).id, await world.faults.clear()];
    found.counted = [await world.requests.count(), await world.requests.count({ status: 503 }), await mock.requests.count({ path: "/api/events" })];
    found.waited = (await world.requests.waitFor({ operation: "listEvents" }, { count: 2 })).map(({ status }) => status);
    found.inVain = await told(() => world.requests.waitFor({ operation: "createOrder" }, { timeout: 50 }));
    found.cleared = [await world.requests.clear(), (await world.requests.all()).length];
    found.applied = await world.scenario("sold-out-event", { event: 5 });
    found.soldOut = (await (await api("/events/5/tickets")).json()).map(({ availableSeats }) => availableSeats);
    found.scenarios = (await mock.scenarios.list()).map(({ name }) => name);
    await world.snapshots.save("before");
    await world.state("orders").delete(1);
    await world.snapshots.restore("before");
    found.restored = (await world.state("orders").get(1)).id;
    found.imported = (await mock.snapshots.import("after", await mock.snapshots.export("before"))).snapshot.name;
    found.snapshots = [(await mock.snapshots.delete("before")).name, (await mock.snapshots.list()).map(({ name }) => name)];
    await mock.snapshots.delete("after");
    found.emitted = (await world.emit("availability-update", { row: 1 })).sockets;
    found.sockets = await world.sockets.list();
    await world.reset({ now: "2026-11-21T12:00:00Z" });
    found.reset = (await world.clock.now()).getUTCFullYear();
    await (await mock.world("named")).state("orders").delete(1);
    found.again = (await (await mock.world("named")).state("orders").get(1)).id;
    found.created = (await mock.worlds.create({ name: "later", now: "2040-01-01T00:00:00Z" })).name;
    found.worlds = (await mock.worlds.list()).map(({ name }) => name).filter((name) => name !== world.name);
    found.ended = [(await world.end()).name === world.name, (await mock.worlds.delete("named")).name, (await mock.worlds.delete("later")).name];
    return found;
  },

  async refusals({ Understudy, UnderstudyError, seconds }, url, nowhere) {
    const mock = new Understudy(url);
    const calls = {
      collection: () => mock.state("ordrs").list(),
      field: () => mock.state("orders").update(1, { quantity: "many" }),
      world: () => mock.world("a b"),
      ending: () => mock.end(),
      kick: () => mock.sockets.kick("abc"),
      duration: () => mock.clock.advance("soon"),
      nowhere: () => new Understudy(nowhere).health(),
      strange: () => new Understudy(`${url}/api`).health(),
    };
    const found = {};
    for (const [name, call] of Object.entries(calls)) found[name] = await told(call);
    const error = await mock.end().catch((caught) => caught);
    return { ...found, isError: error instanceof UnderstudyError && error instanceof Error, seconds: [seconds(90), seconds("90"), seconds("2h")] };
  },

  async events({ Understudy }, url) {
    const mock = new Understudy(url);
    const world = await mock.world();
    const heard = [];
    const stop = await world.events(({ type, data, id }) => heard.push([type, data.operation ?? data.world, id]));
    await fetch(`${url}/api/events/1`, { headers: world.headers });
    await fetch(`${url}/api/events/1`);
    await world.clock.advance(1);
    while (heard.length < 2) await new Promise((done) => setTimeout(done, 5));
    stop();
    await world.clock.advance(1);
    await new Promise((done) => setTimeout(done, 50));
    const name = world.name;
    await world.end();
    return { heard, name };
  },

  async cypress({ Understudy }, url) {
    const cy = stub();
    const world = new Understudy(url, { world: "w1" });
    const returned = world.cypress(cy, { hosts: ["api.test"] }) === world;
    const [matcher] = cy.routes[0];
    return {
      returned, cookies: cy.cookies, middleware: matcher.middleware, own: visit(cy, `${url}/api/events`), realtime: visit(cy, "http://127.0.0.1:3001/socket.io/"),
      named: visit(cy, "https://api.test/x"), foreign: visit(cy, "https://fonts.example/x"),
    };
  },

  async members({ Understudy }, url) {
    const mock = new Understudy(url);
    const own = (thing) => Object.getOwnPropertyNames(Object.getPrototypeOf(thing)).filter((name) => name !== "constructor");
    const parts = { Clock: mock.clock, Collection: mock.state("x"), Requests: mock.requests, Faults: mock.faults, Scenarios: mock.scenarios, Snapshots: mock.snapshots, Sockets: mock.sockets };
    return { Understudy: own(mock), ...Object.fromEntries(Object.entries(parts).map(([name, thing]) => [name, own(thing)])) };
  },
};

if (process.argv[3]) {
  const { url, nowhere } = JSON.parse(process.argv[2]);
  console.log(JSON.stringify(await STORIES[process.argv[3]](await load(url), url, nowhere)));
}
