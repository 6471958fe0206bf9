/** The tab of snapshots and worlds, and the choice of the world that the page shows. */

import { address, at, call, get, post, remove, removeWorld, world } from "./api.js";
import { $, button, choices, el, fill, soon } from "./dom.js";
import { attempt, done, failed, sure } from "./say.js";
import { on } from "./stream.js";
import { opens } from "./tabs.js";

const moment = (text) => el("time", { datetime: text }, text.slice(0, 19).replace("T", " "));

const SNAPSHOTS = [
  ["Snapshot", (item) => el("strong", {}, item.name)],
  ["Rows", (item) => item.rows, "number"],
  ["Its clock", (item) => moment(item.now)],
  ["Saved", (item) => moment(item.saved)],
  ["", snapshotActs, "actions"],
];
const WORLDS = [
  ["World", (item) => (item.name === world ? el("strong", {}, `${item.name} (this)`) : el("a", { href: pageOf(item.name), "aria-label": `Open world ${item.name}` }, item.name))],
  ["Rows", (item) => item.rows, "number"],
  ["Log", (item) => item.requests, "number"],
  ["Sockets", (item) => item.sockets, "number"],
  ["Faults", (item) => item.faults, "number"],
  ["", (item) => (item.name === "default" ? "" : button("Delete", () => drop(item.name), { class: "small", "aria-label": `Delete world ${item.name}` })), "actions"],
];

export function start() {
  const look = () => refresh().catch(failed);
  const again = soon(look, 200);
  opens("worlds", look);
  on("hello snapshots worlds reset", again);
  $("#world").addEventListener("change", (event) => location.assign(pageOf(event.target.value) + location.hash));
  $("#world-create").addEventListener("submit", create);
  $("#snapshot-save").addEventListener("submit", save);
  $("#snapshot-file").addEventListener("change", upload);
  $("#reset").addEventListener("click", reset);
}

/** The page of another world; that of the default one is named too, because a cookie may ask for another. */
const pageOf = (name) => `?understudy_world=${encodeURIComponent(name)}`;

async function refresh() {
  const [snapshots, worlds] = await Promise.all([get("snapshots"), get("worlds")]);
  fill($("#snapshot-list"), SNAPSHOTS, snapshots, "None yet. Save one before you try something, and come back to it.", "Snapshots");
  fill($("#world-list"), WORLDS, worlds, "", "Worlds");
  choices($("#world"), [...new Set([...worlds.map((item) => item.name), world])].map((name) => [name, name]));
  $("#world").value = world;
  choices($("#world-from"), [["", "the seeded rows"], ...snapshots.map(({ name }) => [name, `snapshot ${name}`])]);
}

function snapshotActs({ name }) {
  return [
    button("Restore", () => attempt(() => post(at`snapshots/${name}/restore`), `${world} is as in ${name}.`), { class: "small", "aria-label": `Restore ${name}` }),
    " ",
    el("a", { class: "button small", href: address(at`snapshots/${name}`), download: `${name}.json`, "aria-label": `Download ${name}` }, "Download"),
    " ",
    button("Delete", () => attempt(() => remove(at`snapshots/${name}`), `Deleted ${name}.`), { class: "small", "aria-label": `Delete ${name}` }),
  ];
}

async function save(event) {
  event.preventDefault();
  const name = $("#snapshot-name").value.trim();
  if (await attempt(() => post(at`snapshots/${name}`), `Saved ${name}.`)) event.target.reset();
}

async function upload(event) {
  const [file] = event.target.files;
  const name = file.name.replace(/\.json$/, "");
  await attempt(async () => {
    const { unfit } = await call("PUT", at`snapshots/${name}`, parsed(await file.text(), file.name));
    if (unfit.length) failed(`${unfit.length} row(s) don't fit their schema; they are kept. The first: ${unfit[0]}`);
  }, `Uploaded ${name}.`);
  event.target.value = "";
}

function parsed(text, name) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${error.message}`);
  }
}

async function create(event) {
  event.preventDefault();
  const [name, snapshot] = [$("#world-name").value.trim(), $("#world-from").value];
  const wanted = { ...(name ? { name } : {}), ...(snapshot ? { snapshot } : {}) };
  if (await attempt(() => post("worlds", wanted), (made) => `Created ${made.name}.`)) event.target.reset();
}

async function drop(name) {
  if (!(await sure(`Delete world ${name}?`, "Its rows, log and faults are gone, its sockets are closed.", "Delete"))) return;
  const gone = await attempt(() => removeWorld(name), `Deleted ${name}.`);
  if (gone && name === world) location.assign(pageOf("default"));
}

async function reset() {
  const sane = await sure(`Reset world ${world}?`, "Rows, clock, faults and log are as seeded again; sockets are closed and connect anew.", "Reset");
  if (sane && (await attempt(() => post("reset")))) done(`${world} is as seeded.`);
}
