/** The clock of the world: what it says, and how it is moved. */

import { call, get, post } from "./api.js";
import { $, $$ } from "./dom.js";
import { attempt, failed } from "./say.js";
import { on } from "./stream.js";

const UNITS = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86400 };
const OFTEN = 250;
let clock = { at: 0, frozen: false, rate: 1, read: 0 };

export function start() {
  const { dateTime, dataset } = $("#now");
  take({ now: dateTime, frozen: dataset.frozen === "true", rate: Number(dataset.rate) });
  $("#freeze").addEventListener("click", () => change(() => call("PUT", "clock", { frozen: !clock.frozen })));
  $("#realtime").addEventListener("click", () => change(() => post("clock/reset"), "The clock runs with real time."));
  for (const item of $$("[data-advance]")) item.addEventListener("click", () => advance(Number(item.dataset.advance)));
  $("#advance").addEventListener("submit", byHand);
  on("hello clock reset state", () => get("clock").then(take).catch(failed));
  setInterval(show, OFTEN);
}

/** The world's instant, in milliseconds since 1970. */
export const now = () => clock.at + (clock.frozen ? 0 : (performance.now() - clock.read) * clock.rate);

function take(state) {
  clock = { at: Date.parse(state.now), frozen: state.frozen, rate: state.rate, read: performance.now() };
  $("#freeze").setAttribute("aria-pressed", state.frozen);
  $("#freeze").textContent = state.frozen ? "Run" : "Freeze";
  $("#now").dataset.frozen = state.frozen;
  show();
}

function show() {
  const text = new Date(now()).toISOString();
  const place = $("#now");
  const rate = clock.rate === 1 ? "" : ` ×${clock.rate}`;
  const shown = `${text.slice(0, 10)} ${text.slice(11, 19)}${clock.frozen ? " frozen" : rate}`;
  if (place.textContent !== shown) place.textContent = shown;
  place.dateTime = text;
}

const change = (act, said) => attempt(async () => take(await act()), said);
const advance = (seconds, said) => change(() => post("clock/advance", { seconds }), said ?? `The clock was advanced by ${spoken(seconds)}.`);

function byHand(event) {
  event.preventDefault();
  const box = $("#by");
  const length = seconds(box.value);
  box.setAttribute("aria-invalid", length === null);
  if (length === null) return failed(`"${box.value}" is no length of time. Valid: 90s, 15m, 2h, 3d, or several of them: 1h 30m.`);
  advance(length);
  box.value = "";
}

/** Seconds of a text such as `90`, `15m` or `1h 30m`; null for what is none. */
export function seconds(text) {
  const parts = text.trim().match(/^(\d+(\.\d+)?\s*(ms|s|min|m|h|d)?\s*)+$/) && text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)?/g);
  return parts ? [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit ?? "s"], 0) : null;
}

/** A length of time in words, in its largest fitting unit. */
export function spoken(length) {
  const [unit, name] = [[86400, "d"], [3600, "h"], [60, "min"]].find(([size]) => length >= size && length % size === 0) ?? [1, "s"];
  return `${Math.round((length / unit) * 10) / 10} ${name}`;
}
