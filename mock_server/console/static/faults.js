/** The tab of the faults: what is broken on purpose, and presets for what breaks most often. */

import { at, get, post, remove } from "./api.js";
import { now } from "./clock.js";
import { $, $$, button, choices, count, el, fill, soon } from "./dom.js";
import * as form from "./fault-form.js";
import { known, suggest } from "./known.js";
import { attempt, failed } from "./say.js";
import { on } from "./stream.js";
import { isShown, opens } from "./tabs.js";

const PRESETS = [
  ["Offline", "Every connection breaks before the request arrives.", [{ id: "offline", kind: "reset", at: "request" }]],
  ["Slow", "Half of all answers take longer than 1.5 seconds.", [{ id: "slow", kind: "latency", median: 1500, sigma: 0.5 }]],
  ["Flaky 20 %", "One request in five is answered with 503.", [{ id: "flaky", kind: "status", status: 503, probability: 0.2 }]],
  ["429", "No request is admitted, with Retry-After.", [{ id: "too-many", kind: "rate", limit: 0, per: "60s" }]],
  ["Broken body", "Bodies that break their schema.", [{ id: "broken-body", kind: "break" }]],
  ["Cut off", "Half of the body arrives, then the connection ends.", [{ id: "cut-off", kind: "truncate", part: 0.5 }]],
  ["Lost frames", "Three frames in ten never arrive.", [{ id: "lost-frames", kind: "drop", probability: 0.3 }]],
  ["Kicked", "Sockets are closed instead of sent to.", [{ id: "kicked", kind: "kick" }]],
];
const FRAMES = new Set(["drop", "delay", "duplicate", "reorder", "kick"]);
const OWN = new Set(["id", "kind", "match", "probability", "hits", "until", "times"]);
const COLUMNS = [
  ["Fault", (item) => [el("strong", {}, item.kind), " ", el("span", { class: "dim" }, item.id)]],
  ["How", how],
  ["Applies to", (item) => whole(Object.entries(item.match).map(([name, value]) => el("div", {}, `${name} ${[value].flat().join(", ")}`))) ?? el("span", { class: "dim" }, "everything")],
  ["Hits", (item) => (item.times ? `${item.hits} of ${item.times}` : item.hits), "number"],
  ["Left", left],
  ["", (item) => button("Remove", () => attempt(() => remove(at`faults/${item.id}`)), { class: "small", "aria-label": `Remove fault ${item.id}` }), "actions"],
];

export function start() {
  const look = () => refresh().catch(failed);
  const again = soon(look, 250);
  opens("faults", look);
  on("hello faults clock reset state", again);
  on("log", (line) => line.faults && again());
  setInterval(() => isShown("faults") && $("#fault-list time") && look(), 2000);
  $("#faults-clear").addEventListener("click", () => attempt(() => remove("faults"), ({ count }) => `Removed ${count} fault${count === 1 ? "" : "s"}.`));
  $("#presets").replaceChildren(...PRESETS.map(([title, about, faults]) => preset(title, about, faults)));
  $("#preset-for").addEventListener("change", limit);
  form.start();
  Promise.all([known(), suggest()]).then(([{ operations }]) => choices($("#preset-for"), [["", "everything"], ...[...operations.keys()].map((name) => [name, name])]), failed);
}

async function refresh() {
  const faults = await get("faults");
  count("faults", faults.length);
  $("[data-count=faults]").classList.toggle("alarm", faults.length > 0);
  $("#faults-clear").hidden = faults.length === 0;
  fill($("#fault-list"), COLUMNS, faults, "Nothing is broken on purpose.", "Faults in force");
}

const whole = (items) => (items.length ? items : null);

function how(item) {
  const own = Object.entries(item).filter(([name, value]) => !OWN.has(name) && value !== null && value !== undefined);
  const chance = item.probability < 1 ? [`${Math.round(item.probability * 100)} %`] : [];
  return [...own.map(([name, value]) => `${name} ${value}`), ...chance].join(", ");
}

function left(item) {
  if (!item.until) return el("span", { class: "dim" }, "until removed");
  const seconds = Math.max(0, Math.round((Date.parse(item.until) - now()) / 1000));
  return el("time", { datetime: item.until }, seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds} s`);
}

/** What hits frames is not of an operation. */
function limit() {
  for (const item of $$("#presets [data-frames]")) item.disabled = $("#preset-for").value !== "";
}

function preset(title, about, faults) {
  const apply = () => {
    const [operation, ttl] = [$("#preset-for").value, $("#preset-ttl").value];
    const made = faults.map((fault) => ({ ...fault, ...(operation && !FRAMES.has(fault.kind) ? { match: { operation } } : {}), ...(ttl ? { ttl } : {}) }));
    return attempt(() => Promise.all(made.map((fault) => post("faults", fault))), `${title} is in force.`);
  };
  return el("button", { type: "button", onclick: apply, "data-frames": faults.every((fault) => FRAMES.has(fault.kind)) }, el("strong", {}, title), el("span", {}, about));
}
