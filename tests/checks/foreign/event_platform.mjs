/** An event platform as some team might have built it from the guide: half of it is followed. REST and Socket.IO in one process, state in arrays. */
import { createServer } from "node:http";
import { createHmac, randomBytes } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../clients/package.json", import.meta.url));
const { Server } = require("socket.io");
const SECRET = randomBytes(16).toString("hex");

const db = { users: [], events: [], orders: [], locks: [] };
let next = 1000;
const id = () => String(next++);
const stamp = () => new Date().toISOString().replace("Z", ""); // no zone, as a database's driver gave it

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (user) => {
  const head = `${b64({ alg: "HS256", typ: "JWT" })}.${b64({ id: user.id, role: user.role, exp: Math.floor(Date.now() / 1000) + 86400 })}`;
  return `${head}.${createHmac("sha256", SECRET).update(head).digest("base64url")}`;
};
const verify = (token) => {
  const [head, body, signature] = String(token).split(".");
  if (createHmac("sha256", SECRET).update(`${head}.${body}`).digest("base64url") !== signature) return null;
  return JSON.parse(Buffer.from(body, "base64url").toString());
};

class Fail extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const need = (request, role) => {
  const user = verify((request.headers.authorization ?? "").replace("Bearer ", ""));
  if (!user) throw new Fail(401, "No token");
  if (role && user.role !== role) throw new Fail(403, "Forbidden");
  return user;
};
const shown = (event) => ({ ...event, ticketCategories: event.ticketCategories.map((each) => ({ ...each, availableSeats: each.totalSeats - each.reservedSeats })) });
const eventOf = (key) => db.events.find((each) => each.idEvent === key) ?? fail(404, "Event not found");
const categoryOf = (key) => db.events.flatMap((each) => each.ticketCategories).find((each) => each.id === String(key)) ?? fail(404, "Category not found");
const fail = (status, message) => {
  throw new Fail(status, message);
};

function newEvent(body, user) {
  const event = {
    idEvent: id(), eventName: body.eventName.trim(), eventCategory: body.eventCategory, description: body.description, eventDate: body.eventDate,
    location: body.location, isActive: true, createdBy: user.id, createdAt: stamp(), updatedAt: stamp(),
  };
  event.ticketCategories = (body.ticketCategories ?? []).map((each) => ({ id: id(), isActive: true, reservedSeats: 0, eventId: event.idEvent, ...each }));
  db.events.push(event);
  return shown(event);
}

function newOrder(body, user) {
  const category = categoryOf(body.categoryId);
  const event = eventOf(category.eventId);
  if (category.totalSeats - category.reservedSeats < body.quantity) throw new Fail(400, "Not enough tickets");
  category.reservedSeats += body.quantity;
  const order = {
    id: id(), userId: user.id, eventId: event.idEvent, categoryId: category.id, quantity: body.quantity, unitPrice: category.price,
    totalPrice: category.price * body.quantity, status: "pending", eventName: event.eventName, categoryName: category.categoryName, notes: body.notes,
    createdAt: stamp(), updatedAt: stamp(),
  };
  db.orders.push(order);
  io.of("/live").to(`event-${event.idEvent}`).emit("availability-update", seats(category));
  return order;
}
const seats = (category) => ({
  eventId: category.eventId, categoryId: category.id, availableTickets: category.totalSeats - category.reservedSeats, lockedTickets: 0,
  totalTickets: category.totalSeats, timestamp: stamp(),
});

const routes = [
  ["POST", /^\/api\/auth\/login$/, ({ body }) => {
    const user = db.users.find((each) => each.username === body.username && each.password === body.password);
    if (!user) throw new Fail(401, "Wrong credentials");
    return [200, { token: sign(user), data: { id: user.id, username: user.username, role: user.role } }];
  }],
  ["POST", /^\/api\/auth\/register$/, ({ body }) => {
    if (db.users.some((each) => each.username === body.username)) throw new Fail(400, "User exists");
    const user = { id: id(), username: body.username.toLowerCase(), password: body.password, role: body.role ?? "assistant" };
    db.users.push(user);
    return [201, { token: sign(user), data: { id: user.id, username: user.username, role: user.role } }];
  }],
  ["GET", /^\/api\/user$/, ({ request }) => {
    const user = need(request);
    return [200, db.users.filter((each) => each.id === user.id).map(({ password, ...rest }) => rest)[0]];
  }],
  ["GET", /^\/api\/events$/, () => [200, db.events.map(shown)]],
  ["POST", /^\/api\/events$/, ({ request, body }) => [201, newEvent(body, need(request, "organizer"))]],
  ["GET", /^\/api\/events\/category\/([^/]+)$/, ({ args }) => [200, db.events.filter((each) => each.eventCategory === decodeURIComponent(args[0])).map(shown)]],
  ["GET", /^\/api\/events\/([^/]+)$/, ({ args }) => [200, shown(eventOf(args[0]))]],
  ["PUT", /^\/api\/events\/([^/]+)$/, ({ request, body, args }) => {
    need(request, "organizer");
    return [200, shown(Object.assign(eventOf(args[0]), body, { updatedAt: stamp() }))];
  }],
  ["DELETE", /^\/api\/events\/([^/]+)$/, ({ request, args }) => {
    need(request, "organizer");
    db.events.splice(db.events.indexOf(eventOf(args[0])), 1);
    return [204, null];
  }],
  ["GET", /^\/api\/events\/([^/]+)\/tickets$/, ({ args }) => [200, shown(eventOf(args[0])).ticketCategories]],
  ["POST", /^\/api\/events\/tickets\/reserve$/, ({ request, body }) => {
    need(request);
    const category = categoryOf(body.categoryId);
    category.reservedSeats += body.quantity;
    return [201, { success: true, availableSeats: category.totalSeats - category.reservedSeats, message: "ok" }];
  }],
  ["POST", /^\/api\/orders$/, ({ request, body }) => [201, newOrder(body, need(request))]],
  ["GET", /^\/api\/orders$/, ({ request }) => [200, db.orders.filter((each, _, __, user = need(request)) => each.userId === user.id)]],
  ["GET", /^\/api\/orders\/all$/, ({ request }) => [200, need(request) && db.orders]],
  ["GET", /^\/api\/orders\/event\/([^/]+)$/, ({ request, args }) => [200, need(request) && db.orders.filter((each) => each.eventId === args[0])]],
  ["GET", /^\/api\/orders\/([^/]+)$/, ({ request, args }) => [200, need(request) && (db.orders.find((each) => each.id === args[0]) ?? fail(404, "No such order"))]],
  ["POST", /^\/api\/orders\/([^/]+)\/cancel$/, ({ request, args }) => {
    need(request);
    const order = db.orders.find((each) => each.id === args[0]) ?? fail(404, "No such order");
    order.status = "cancelled"; // the seats are not given back, and once more is no mistake
    return [200, order];
  }],
];

function send(response, status, value, headers = { "content-type": "application/json" }) {
  response.writeHead(status, headers);
  response.end(value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));
}

async function handle(request, response) {
  let text = "";
  for await (const part of request) text += part;
  const path = request.url.split("?")[0];
  try {
    for (const [method, pattern, act] of routes) {
      const found = pattern.exec(path);
      if (method === request.method && found) return send(response, ...act({ request, args: found.slice(1), body: text ? JSON.parse(text) : {} }));
    }
    send(response, 404, { message: `Cannot ${request.method} ${path}` });
  } catch (error) {
    if (error instanceof Fail) return send(response, error.status, { message: error.message });
    send(response, 500, `<!DOCTYPE html><html><head><title>Error</title></head><body><pre>${error.name}: ${error.message}</pre></body></html>`, { "content-type": "text/html" });
  }
}

const rest = createServer(handle);
const live = createServer();
const io = new Server(live, { path: "/sockets/", cors: { origin: "*" } });

io.of("/live").on("connection", (socket) => {
  const { userId } = socket.handshake.query;
  if (!userId) {
    socket.emit("error", { message: "Unauthorized" });
    return socket.disconnect(true);
  }
  socket.emit("connected", { success: true, sessionId: socket.id, message: "hi" });
  socket.on("join-event-room", ({ eventId }) => {
    socket.join(`event-${eventId}`);
    socket.emit("joined-event-room", { success: true, eventId, message: "joined" });
  });
  socket.on("lock-tickets", ({ eventId, categoryId, quantity }) => {
    const lock = { lockId: id(), eventId, categoryId, quantity, userId, expiresAt: new Date(Date.now() + 300_000).toISOString(), createdAt: stamp() };
    db.locks.push(lock);
    socket.emit("lock-tickets-response", { success: true, ...lock, availableTickets: 1 });
  });
  socket.on("unlock-tickets", () => socket.emit("unlock-tickets-response", { success: true }));
  socket.on("get-my-locks", () => socket.emit("my-locks-response", { locks: db.locks }));
  socket.on("heartbeat", () => socket.emit("heartbeat-response", { timestamp: Date.now() }));
});
// The guide's namespace is an alias that only greets.
io.of("/realtime").on("connection", (socket) => {
  socket.emit("connected", { success: true, sessionId: socket.id, message: "hi" });
  socket.on("heartbeat", () => socket.emit("heartbeat-response", { timestamp: new Date().toISOString() }));
});

newEvent({ eventName: "Open air", eventCategory: "Music", description: "d", eventDate: new Date(Date.now() + 864e5).toISOString(), location: "Park",
  ticketCategories: [{ categoryName: "VIP", price: 150, totalSeats: 100 }] }, { id: id() });

process.on("uncaughtException", () => {}); // what an emit of the wrong shape throws
rest.listen(0, "127.0.0.1", () => live.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ rest: rest.address().port, live: live.address().port }))));
