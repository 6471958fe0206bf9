/** The tab of the log: what came and went, newest first, as it happens. */

import { get, remove } from "./api.js";
import { hide as hideDetail, show as showDetail } from "./detail.js";
import { $, choices, count, el } from "./dom.js";
import { Lines } from "./lines.js";
import { attempt, failed, sure } from "./say.js";
import { on } from "./stream.js";
import { go, isShown, note, opens } from "./tabs.js";
import { Window } from "./window.js";

const HEIGHT = 26; // of a row, as log.css has it
const FIRST = 300;
const CHUNK = 1000;
const NAMED = 300; // names that a filter offers

const lines = new Lines();
const names = { operation: new Set(), user: new Set() };
let list, chosen, paused;
let waiting = []; // came, and is not shown yet
let asked = false;
let loads = 0; // what an earlier one still fetches is no longer wanted

export function start() {
  const place = $("#lines");
  place.setAttribute("role", "listbox");
  list = new Window(place, HEIGHT, row, (line) => line.id);
  place.addEventListener("keydown", move);
  place.addEventListener("click", (event) => choose(Number(event.target.closest("[data-id]")?.dataset.id)));
  startTools();
  opens("log", ([id]) => (id === undefined ? forget() : choose(Number(id), true)));
  on("log", hear);
  on("hello lost", ({ last }) => catchUp(last).catch(failed));
  on("reset cleared", begin);
}

function startTools() {
  const form = $("#filters");
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  $("#pause").addEventListener("click", pause);
  $("#clear").addEventListener("click", clear);
}

/** After the stream has begun: everything at first, later what was missed. last: the newest line's id, where the mock has begun anew it is a smaller one. */
async function catchUp(last) {
  const newest = lines.all.at(-1)?.id;
  if (newest === undefined || (last !== undefined && last < newest)) return load();
  const { requests, total } = await get(`requests?limit=10000&after=${newest}`);
  if (total < lines.all.length) return load(); // it was cleared meanwhile
  waiting.push(...requests);
  waiting.sort((one, other) => one.id - other.id);
  ask();
}

/** The newest lines at once, and the others one after another, so that neither the mock nor the page stands still. */
async function load() {
  const own = (loads += 1);
  lines.clear();
  const { requests: newest } = await get(`requests?limit=${FIRST}`);
  const came = lines.all; // while that was fetched
  lines.clear();
  lines.append(newest);
  lines.append(came);
  showAll();
  if (chosen) choose(chosen, true);
  while (lines.all.length && own === loads) {
    const { requests } = await get(`requests?limit=${CHUNK}&before=${lines.all[0].id}`);
    if (!requests.length || own !== loads) break;
    lines.prepend(requests);
    showAll();
  }
}

function hear(line) {
  waiting.push(line);
  if (waiting.length > 20_000) waiting.splice(0, 10_000); // nobody has looked for long
  ask();
}

function ask() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(take);
}

/** Shows what came since the last frame. */
function take() {
  asked = false;
  if (paused) return tell();
  const [came, fitting] = [waiting, lines.append(waiting)];
  waiting = [];
  list.show(lines.fitting.length, (index) => lines.at(index), fitting);
  learn(came);
  tell();
}

function showAll() {
  list.show(lines.fitting.length, (index) => lines.at(index));
  learn(lines.all);
  tell();
}

/** What the filters may name. */
function learn(some) {
  const before = names.operation.size + names.user.size;
  for (const line of some) {
    const name = line.operation ?? line.message;
    if (name && names.operation.size < NAMED) names.operation.add(name);
    if (line.user && names.user.size < NAMED) names.user.add(line.user);
  }
  if (names.operation.size + names.user.size === before) return;
  for (const name in names) choices($(`#filters [name=${name}]`), [["", `Any ${name}`], ...[...names[name]].sort().map((text) => [text, text])]);
}

function tell() {
  const [shown, all] = [lines.fitting.length, lines.all.length];
  count("log", all + (paused ? waiting.length : 0));
  $("#shown").textContent = shown === all ? `${all} lines` : `${shown} of ${all} lines`;
  $("#pause").textContent = paused ? `Resume${waiting.length ? ` (${waiting.length} new)` : ""}` : "Pause";
  $("#nothing").hidden = shown > 0;
  $("#nothing").textContent = all ? "No line fits this filter." : "Nothing yet. Requests and frames appear here as they come.";
  $("#lines").hidden = shown === 0;
}

function filter() {
  const given = new FormData($("#filters"));
  lines.choose(Object.fromEntries(given));
  $("#lines").scrollTop = 0;
  list.show(lines.fitting.length, (index) => lines.at(index));
  tell();
}

function pause() {
  paused = !paused;
  $("#pause").setAttribute("aria-pressed", paused);
  take();
}

async function clear() {
  if (await sure("Clear the log?", "The lines are forgotten; state, sockets and faults stay.", "Clear")) attempt(() => remove("requests"));
}

function begin() {
  loads += 1;
  waiting = [];
  lines.clear();
  list.forget();
  showAll();
  if (isShown("log")) note("log");
  forget();
}

/** A row of the list. */
function row(line) {
  const frame = line.kind === "frame";
  const what = frame ? (line.direction === "in" ? "→ in" : "← out") : line.method;
  const path = frame ? [line.message, line.room ? el("span", { class: "dim" }, ` to ${line.room}`) : ""] : [line.path, line.query ? el("span", { class: "dim" }, `?${line.query}`) : ""];
  const answer = frame ? (line.count === undefined ? (line.refused ? "refused" : "") : `×${line.count}`) : line.status;
  return el(
    "div",
    { class: "line", role: "option", id: `line-${line.id}`, "data-id": line.id, "aria-selected": line.id === chosen },
    el("time", { datetime: line.at }, line.at.slice(11, 23)),
    el("span", { class: "method", "data-method": frame ? line.direction : line.method }, what),
    el("span", { class: "what" }, path),
    el("span", { class: "status", "data-class": frame ? (line.refused ? "4" : "") : Math.floor(line.status / 100) }, answer),
    el("span", { class: "why" }, marks(line), line.why ?? line.channel ?? ""),
    el("span", { class: "who" }, line.user ?? ""),
  );
}

function marks(line) {
  const found = [];
  if (line.faults) found.push(el("span", { class: "tag fault" }, "fault"));
  if (line.crash) found.push(el("span", { class: "tag bad" }, "crash"));
  if (line.violations) found.push(el("span", { class: "tag bad" }, line.violations.length === 1 ? "1 violation" : `${line.violations.length} violations`));
  return found;
}

function move(event) {
  const { length } = lines.fitting;
  const place = lines.indexOf(chosen);
  const page = Math.floor($("#lines").clientHeight / HEIGHT) - 1;
  const to = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page, Home: 0, End: length - 1 }[event.key];
  if (event.key === "Escape") go("log");
  if (event.key === "Enter" && chosen) $("#detail").focus();
  if (to === undefined || !length) return;
  event.preventDefault();
  choose(lines.at(Math.max(0, Math.min(length - 1, to))).id);
}

/** Opens a line beside the list. */
function choose(id, quietly = false) {
  if (!id) return;
  mark(id);
  const place = lines.indexOf(id);
  if (place >= 0) list.reveal(place);
  if (!quietly) note("log", id);
  showDetail(id);
}

function mark(id) {
  const before = chosen;
  chosen = id;
  for (const key of [before, id]) list.forget(key);
  list.draw();
  if (id) $("#lines").setAttribute("aria-activedescendant", `line-${id}`);
  else $("#lines").removeAttribute("aria-activedescendant");
}

function forget() {
  mark(undefined);
  hideDetail();
}
