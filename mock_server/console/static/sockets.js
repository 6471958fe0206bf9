/** The tab of the sockets: who is connected, and the rooms that they are in. */

import { at, get, post } from "./api.js";
import { $, button, count, el, fill, soon } from "./dom.js";
import * as emit from "./emit.js";
import { attempt, failed } from "./say.js";
import { on } from "./stream.js";
import { isShown, opens } from "./tabs.js";

const COLUMNS = [
  ["Socket", (item) => el("code", {}, item.id)],
  ["Channel", (item) => item.channel],
  ["User", (item) => item.user ?? item.account ?? el("span", { class: "dim" }, "nobody")],
  ["Rooms", (item) => item.rooms.join(", ")],
  ["Since", (item) => el("time", { datetime: item.opened }, item.opened.slice(11, 19))],
  ["", (item) => [button("Emit…", () => emit.to(item.id), { class: "small", "aria-label": `Emit to socket ${item.id}` }), " ", button("Kick", () => kick(item), { class: "small", "aria-label": `Kick socket ${item.id}` })], "actions"],
];

export function start() {
  const look = () => refresh().catch(failed);
  const again = soon(look, 300);
  opens("sockets", look);
  on("hello reset worlds", again);
  on("log", (line) => line.kind === "frame" && (line.message === "open" || line.message === "close" || (isShown("sockets") && line.direction === "in")) && again());
  emit.start();
}

async function refresh() {
  const sockets = await get("sockets");
  count("sockets", sockets.length);
  fill($("#socket-list"), COLUMNS, sockets, "No socket is open. Connect a client, and it appears here.", "Open sockets");
  const rooms = roomsOf(sockets);
  const columns = [
    ["Room", ([name]) => el("code", {}, name)],
    ["Members", ([, members]) => members.length, "number"],
    ["Who", ([, members]) => [...new Set(members.map((item) => item.user ?? item.account ?? item.id))].slice(0, 8).join(", ")],
    ["", ([name]) => button("Emit…", () => emit.to(name, "room"), { class: "small", "aria-label": `Emit to room ${name}` }), "actions"],
  ];
  fill($("#room-list"), columns, rooms, "Nobody is in a room.", "Rooms");
  emit.reach(sockets, rooms.map(([name]) => name));
}

function roomsOf(sockets) {
  const rooms = new Map();
  for (const socket of sockets) for (const name of socket.rooms) rooms.set(name, [...(rooms.get(name) ?? []), socket]);
  return [...rooms].sort();
}

const kick = (item) => attempt(() => post(at`sockets/${item.id}/kick`), `Kicked ${item.user ?? item.id}.`).then(() => refresh());
