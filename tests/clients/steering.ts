/** A use of every call, as a user of TypeScript writes it: `tsc --strict` reads it, nothing runs it. */
import { seconds, Understudy, UnderstudyError } from "../../mock_server/control/static/understudy.js";
import type { Fault, Line, NewFault } from "../../mock_server/control/static/understudy.js";
import type { BrowserContext } from "playwright-core";

interface Order extends Record<string, unknown> {
  id: number;
  quantity: number;
}

export async function story(context: BrowserContext): Promise<string> {
  const mock = new Understudy("http://localhost:3000", { token: "secret" });
  const world: Understudy = await mock.world();
  await (await world.attach(context, { headers: { "X-Mine": "1" } })).reset({ now: new Date() });
  const orders = world.state<Order>("orders");
  const order: Order = await orders.create({ quantity: 2 });
  await orders.update(order.id, { quantity: 3 });
  const counts: Record<string, number> = await world.state();
  const fault: NewFault = { kind: "status", status: 503, match: { operation: "listEvents" }, ttl: "5m" };
  const hits: number = await world.faults.during(fault, async (declared: Fault) => (await world.faults.get(declared)).hits);
  const lines: Line[] = await world.requests.waitFor({ operation: "createOrder" }, { count: 2, timeout: 1000 });
  const stop = await world.events(({ type, data }) => console.log(type, data), { all: true });
  stop();
  await world.clock.advance("5m");
  await world.clock.freeze(new Date());
  await world.scenario("sold-out-event", { event: 5 });
  await mock.snapshots.import("b", await mock.snapshots.export("a"));
  for (const socket of await world.sockets.list()) await world.sockets.kick(socket, { code: 4001 });
  await world.emit("availability-update", { row: 1, room: "event-1" });
  await world.end();
  try {
    await mock.worlds.delete("gone");
  } catch (error) {
    if (error instanceof UnderstudyError) return `${error.status} ${error.violations[0]?.pointer ?? ""}`;
  }
  return [counts.orders, hits, lines.length, seconds("5m"), (await mock.clock.now()).toISOString()].join();
}

// @ts-expect-error a kind that is none
export const unknownKind: NewFault = { kind: "lateness" };
// @ts-expect-error a status without which one
export const lacking: NewFault = { kind: "status" };
// @ts-expect-error a match of frames on a fault of requests
export const crossed: NewFault = { kind: "break", match: { message: "lock-tickets" } };
