/** socket.io-client on a leash: opens sockets, acts through them, and tells what each of them meets. */
import { io } from "socket.io-client";
import { serve, tell } from "./wire.mjs";

const PATIENCE = 10_000;
const sockets = new Map();

function follow(socket, record) {
  socket.on("connect", () => record("connect", socket.id));
  socket.on("connect_error", ({ message }) => record("connect_error", message));
  socket.on("disconnect", (reason) => record("disconnect", reason));
  socket.onAny(record);
  socket.io.on("open", () => socket.io.engine.on("upgrade", ({ name }) => record("upgrade", name)));
}

serve({
  open(name, url, options) {
    const socket = io(url, { forceNew: true, reconnection: false, ...options });
    sockets.set(name, socket);
    follow(socket, (event, ...data) => tell({ socket: name, event, data: data[0] ?? null }));
  },
  emit: (name, event, ...data) => void sockets.get(name).emit(event, ...data),
  emitBytes: (name, event, data, key) => void sockets.get(name).emit(event, { ...data, [key]: Buffer.from("bytes") }),
  ask: (name, event, ...data) => sockets.get(name).timeout(PATIENCE).emitWithAck(event, ...data),
  connect: (name, changes) => void Object.assign(sockets.get(name), changes).connect(),
  disconnect: (name) => void sockets.get(name).disconnect(),
  cut: (name) => void sockets.get(name).io.engine.close(),
  kill: (name) => sockets.get(name).io.engine.transport.ws.terminate(),
  transport: (name) => sockets.get(name).io.engine.transport.name,
  leave() {
    for (const socket of sockets.values()) socket.disconnect();
    sockets.clear();
  },
});
