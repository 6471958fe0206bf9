/** The tab of the state: collections, and the rows of the one that is chosen. */

import { at, get } from "./api.js";
import { $, $$, button, el, soon } from "./dom.js";
import { brief } from "./json.js";
import * as row from "./row.js";
import { failed } from "./say.js";
import { on } from "./stream.js";
import { go, isShown, opens } from "./tabs.js";

const PAGE = 50;
const COLUMNS = 12;
let name = null;
let rows = [];
let page = 0;
let sort = { by: null, down: false };
let chosen;

const keyOf = (collection) => $$("#collections a").find((item) => item.dataset.collection === collection)?.dataset.key;

export function start() {
  $("#rows-filter").addEventListener("input", () => turn(0));
  $("#rows-before").addEventListener("click", () => turn(page - 1));
  $("#rows-after").addEventListener("click", () => turn(page + 1));
  $("#rows-new").addEventListener("click", () => row.draft(name, keyOf(name), rows[0]));
  $("#rows").addEventListener("click", (event) => followed(event));
  row.start(() => go("state", name));
  opens("state", open);
  const again = soon(() => isShown("state") && refresh().catch(failed), 300);
  on("hello state reset", again);
  on("log", (line) => (line.kind === "frame" ? line.direction === "in" : line.method !== "GET") && again());
  on("clock", again);
}

async function open([collection, key]) {
  const other = collection !== name;
  if (other) [name, rows, page, sort, chosen] = [collection ?? null, [], 0, { by: null, down: false }, undefined];
  for (const item of $$("#collections a")) item.setAttribute("aria-current", item.dataset.collection === name);
  $("#rows-tools").hidden = name === null;
  chosen = key;
  try {
    await refresh();
    if (key !== undefined) await row.open(name, keyOf(name), key);
    else row.close();
  } catch (error) {
    if (name !== null && keyOf(name) === undefined) $("#rows").replaceChildren(el("p", { class: "wrong" }, error.message));
    else failed(error);
  }
}

async function refresh() {
  const counts = await get("state");
  for (const item of $$("#collections a")) $(".count", item).textContent = counts[item.dataset.collection] ?? 0;
  if (name === null) return;
  const asked = name;
  const found = await get(at`state/${name}`);
  if (asked !== name) return;
  rows = found;
  show();
  const current = chosen === undefined ? undefined : rows.find((item) => String(item[keyOf(name)]) === String(chosen));
  if (chosen !== undefined) row.renew(current);
}

function turn(to) {
  page = to;
  show();
}

function fitting() {
  const words = $("#rows-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? rows.filter((item) => words.every((word) => JSON.stringify(item).toLowerCase().includes(word))) : [...rows];
  return sort.by === null ? found : found.sort((one, other) => compare(one[sort.by], other[sort.by]) * (sort.down ? -1 : 1));
}

function compare(one, other) {
  if (one === other) return 0;
  if (one === null || one === undefined) return 1;
  if (other === null || other === undefined) return -1;
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(typeof one === "object" ? JSON.stringify(one) : one).localeCompare(String(typeof other === "object" ? JSON.stringify(other) : other));
}

function show() {
  const found = fitting();
  page = Math.max(0, Math.min(page, Math.ceil(found.length / PAGE) - 1));
  const part = found.slice(page * PAGE, (page + 1) * PAGE);
  $("#rows-title").textContent = name;
  $("#rows-shown").textContent = found.length ? `${page * PAGE + 1}–${page * PAGE + part.length} of ${found.length}` : "";
  $("#rows-before").disabled = page === 0;
  $("#rows-after").disabled = (page + 1) * PAGE >= found.length;
  const focused = $("#rows").contains(document.activeElement) ? document.activeElement : null;
  $("#rows").replaceChildren(part.length ? tableOf(part) : el("p", { class: "empty" }, rows.length ? "No row fits this filter." : "There are no rows."));
  if (focused?.matches("button, a")) $$(`#rows ${focused.localName}`).find((item) => item.textContent === focused.textContent)?.focus();
}

/** The members that rows have, the key first. */
function columns() {
  const found = new Set([keyOf(name)]);
  for (const item of rows.slice(0, 50)) for (const member of Object.keys(item)) found.add(member);
  return [...found].slice(0, COLUMNS);
}

function tableOf(part) {
  const members = columns();
  const key = keyOf(name);
  const numeric = (member) => (member !== key && part.some((item) => typeof item[member] === "number") ? "number" : null);
  const head = el("tr", {}, members.map((member) => el("th", { scope: "col", class: numeric(member), "aria-sort": sort.by === member ? (sort.down ? "descending" : "ascending") : null }, sorter(member))));
  const body = part.map((item) => {
    const cells = members.map((member) => el("td", { class: numeric(member) }, member === key ? link(item[key]) : brief(item[member], 40)));
    return el("tr", { "aria-current": String(item[key]) === String(chosen) ? "true" : null, "data-key": item[key] }, cells);
  });
  return el("table", { "aria-label": name, class: "rows" }, el("thead", {}, head), el("tbody", {}, body));
}

const link = (key) => el("a", { href: `#state/${encodeURIComponent(name)}/${encodeURIComponent(key)}` }, key);

function sorter(member) {
  const act = () => {
    sort = { by: member, down: sort.by === member && !sort.down };
    show();
  };
  return button(member, act, { "data-sort": member });
}

function followed(event) {
  const key = event.target.closest("tr[data-key]")?.dataset.key;
  if (key !== undefined && !event.target.closest("a, button")) go("state", name, key);
}
