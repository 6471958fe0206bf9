/** ws on a leash: opens sockets, sends frames, and tells what each of them meets. A frame goes by its `event` or `type`. */
import WebSocket from "ws";
import { serve, tell } from "./wire.mjs";

const sockets = new Map();

function follow(socket, record, greetings) {
  socket.on("open", () => greetings.forEach((text) => socket.send(text)));
  socket.on("open", () => record("open", socket.protocol));
  socket.on("close", (code, reason) => record("close", code));
  socket.on("error", ({ message }) => record("failure", message));
  socket.on("message", (text) => {
    const frame = JSON.parse(text);
    record(frame.event ?? frame.type, frame);
  });
}

serve({
  open(name, url, protocols, headers, greetings = []) {
    const socket = new WebSocket(url, protocols, { headers });
    sockets.set(name, socket);
    follow(socket, (event, data) => tell({ socket: name, event, data }), greetings);
  },
  send: (name, text) => sockets.get(name).send(text),
  sendBytes: (name, text) => sockets.get(name).send(Buffer.from(text)),
  close: (name) => sockets.get(name).close(),
  cut: (name) => sockets.get(name).terminate(),
  leave() {
    for (const socket of sockets.values()) socket.terminate();
    sockets.clear();
  },
});
