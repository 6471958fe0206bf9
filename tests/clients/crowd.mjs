/** Many users at once: each opens a socket and joins an event's room; when all are there, each locks one seat. */
import { io } from "socket.io-client";

const { url, users, lock } = JSON.parse(process.argv[2]);

const once = (socket, event) => new Promise((done) => socket.once(event, done));

async function enter(userId) {
  const socket = io(url, { query: { userId }, transports: ["websocket"], forceNew: true, reconnection: false });
  const seen = [];
  socket.on("availability-update", (update) => seen.push(update.availableTickets));
  await once(socket, "connected");
  socket.emit("join-event-room", { eventId: lock.eventId, userId });
  await once(socket, "joined-event-room");
  return { socket, seen, userId };
}

function take({ socket, userId }) {
  const reply = once(socket, "lock-tickets-response");
  socket.emit("lock-tickets", { ...lock, userId });
  return reply;
}

async function settle({ socket }) {
  socket.emit("heartbeat");
  await once(socket, "heartbeat-response");
}

const crowd = await Promise.all(users.map(enter));
const replies = await Promise.all(crowd.map(take));
await Promise.all(crowd.map(settle));
console.log(JSON.stringify({ replies, seen: crowd.map(({ seen }) => seen) }));
for (const { socket } of crowd) socket.disconnect();
