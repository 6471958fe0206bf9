/** Many Chromium contexts at once against one mock, each attached to a world of its own. Prints what each page and each world saw, as JSON. */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { load } from "./steering.mjs";

const { executable, origin, url, realtime, contexts, event, category } = JSON.parse(process.argv[2]);
const PAGE = `<!doctype html><meta charset="utf-8"><title>Shop</title><script src="/socket.io.min.js"></script>`;
const SCRIPT = new URL("node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url);

const server = createServer(async (request, response) => {
  const script = request.url === "/socket.io.min.js";
  response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html" }).end(script ? await readFile(SCRIPT) : PAGE);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

/** In the page: signs in, orders, locks by a socket that was opened in one way or the other, and reads the seats. */
async function shop({ url, realtime, event, category, quantity, credentials, transports }) {
  const ask = async (path, options = {}) => (await fetch(url + path, { credentials, ...options })).json();
  const post = (path, body, headers = {}) => ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
  const { access_token: token, user } = await post("/api/auth/login", { username: "user@example.com", password: "password123" });
  const order = await post("/api/orders", { eventId: event, categoryId: category, quantity }, { authorization: `Bearer ${token}` });
  const socket = io(`${realtime}/realtime`, { query: { userId: user?.id, token }, transports, forceNew: true, reconnection: false });
  const updates = [];
  socket.on("availability-update", (update) => updates.push(update.lockedTickets));
  const once = (name) => new Promise((done, failed) => (socket.once(name, done), socket.once("connect_error", failed)));
  await once("connected");
  socket.emit("join-event-room", { eventId: event, userId: user.id });
  await once("joined-event-room");
  const locked = once("lock-tickets-response");
  socket.emit("lock-tickets", { eventId: event, categoryId: category, quantity, userId: user.id });
  const lock = await locked;
  await new Promise((done) => setTimeout(done, 300));
  const seats = (await ask(`/api/events/${event}/tickets`)).find(({ id }) => id === category);
  window.socket = socket;
  return { quantity: order.quantity, success: lock.success, updates, reserved: seats.totalSeats - seats.availableSeats };
}

/** In a page that nobody attached: the header is set by hand, so the browser asks first. */
async function byHand({ url, world, credentials }) {
  const answer = await fetch(`${url}/api/events/1`, { credentials, headers: { "X-Understudy-World": world } });
  return answer.status;
}

/** In a page: takes the client from the mock itself, and steers a world of its own with it. */
async function steer({ url }) {
  const { Understudy } = await import(`${url}/__admin/client.js`);
  const world = await new Understudy(url).world();
  const heard = [];
  const stop = await world.events(({ type }) => heard.push(type));
  await world.scenario("sold-out-event", { event: 5 });
  const seats = await (await fetch(`${world.base}/api/events/5/tickets`)).json();
  while (heard.length < 2) await new Promise((done) => setTimeout(done, 5));
  stop();
  const refused = await world.state("ordrs").list().catch(({ status }) => status);
  await world.end();
  return { heard, seats: seats.map(({ availableSeats }) => availableSeats), refused };
}

const rules = `MAP ${origin} 127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", `--host-resolver-rules=${rules}`] });

async function open() {
  const context = await browser.newContext({ extraHTTPHeaders: { "X-Mine": "kept" } });
  context.setDefaultTimeout(20_000);
  return context;
}

async function visit(context, act, given) {
  const page = await context.newPage();
  page.on("console", (line) => console.error(line.text()));
  await page.goto(`http://${origin}/`);
  return page.evaluate(act, given);
}

try {
  const { Understudy } = await load(url);
  const mock = new Understudy(url);
  const before = await mock.state();
  const worlds = await Promise.all(Array.from({ length: contexts }, () => mock.world()));
  const seen = await Promise.all(
    worlds.map(async (world, number) => {
      const context = await open();
      await world.attach(context, { headers: { "X-Mine": "kept" } });
      const credentials = number % 2 ? "include" : "omit";
      const transports = number % 4 < 2 ? ["websocket"] : ["polling", "websocket"];
      return visit(context, shop, { url, realtime, event, category, quantity: number + 1, credentials, transports });
    }),
  );
  const kept = await Promise.all(
    worlds.map(async (world) => ({
      orders: (await world.state("orders").list()).filter(({ id }) => id > before.orders).map(({ quantity }) => quantity),
      held: (await world.state("holds").list()).map(({ quantity }) => quantity),
      sockets: (await world.sockets.list()).length,
      logins: await world.requests.count({ operation: "login" }),
      mine: (await world.requests.find({ operation: "createOrder" })).map(({ request }) => request.headers["x-mine"]),
    })),
  );
  const cookied = await mock.world();
  const plain = await open();
  await cookied.attach({ setExtraHTTPHeaders: async () => {}, addCookies: (cookies) => plain.addCookies(cookies) }); // as where handshakes take no headers
  const byCookie = {
    seen: await visit(plain, shop, { url, realtime, event, category, quantity: 3, credentials: "include", transports: ["websocket"] }),
    sockets: (await cookied.sockets.list()).length,
  };
  const hand = await open();
  const named = await mock.world();
  const statuses = [];
  for (const credentials of ["omit", "include"]) statuses.push(await visit(hand, byHand, { url, world: named.name, credentials }));
  const lines = await named.requests.count({ operation: "getEvent" });
  const inPage = await visit(hand, steer, { url });
  const after = { counts: [before, await mock.state()], lines: await mock.requests.count(), sockets: (await mock.sockets.list()).length };
  console.log(JSON.stringify({ seen, kept, after, inPage, byCookie, byHand: { statuses, lines } }));
} finally {
  await browser.close();
  server.close();
}
