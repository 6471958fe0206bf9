/** The pane of one row: JSON to change, checked by the control API. An edit is never lost to what happens meanwhile. */

import { at, call, get, remove } from "./api.js";
import { $, button, el } from "./dom.js";
import { Editor } from "./editor.js";
import { attempt, done, sure } from "./say.js";
import { go } from "./tabs.js";

let editor, title, changed, destroy;
let row = null; // {collection, keyName, key, value}; key is undefined for one that is not made yet

/** leave: closes the pane. */
export function start(leave) {
  const place = el("div");
  title = el("h3");
  changed = el("p", { class: "note", role: "status", hidden: true }, "This row has changed since. ", button("Take what is there now", take, { class: "small" }));
  destroy = button("Delete", erase, { class: "danger" });
  const form = el("form", { class: "stack", onsubmit: save }, place, changed, el("p", { class: "actions" }, el("button", { class: "main" }, "Save"), button("Undo", () => editor.set(row.value)), destroy));
  editor = new Editor(place, "Row as JSON", 24);
  editor.box.addEventListener("keydown", (event) => (event.ctrlKey || event.metaKey) && event.key === "s" && save(event));
  $("#row").append(el("header", {}, title, button("Close", leave, { class: "small", "aria-label": "Close the row" })), form);
}

export function close() {
  row = null;
  $("#row").hidden = true;
}

/** Opens a stored row. */
export async function open(collection, keyName, key) {
  if (row?.collection === collection && String(row.key) === String(key) && !$("#row").hidden) return;
  show({ collection, keyName, key, value: await get(at`state/${collection}/${key}`) });
}

/** Opens one that is not there yet, made of another. */
export function draft(collection, keyName, model = {}) {
  const value = { ...model };
  delete value[keyName];
  show({ collection, keyName, key: undefined, value });
  editor.box.focus();
}

function show(other) {
  row = other;
  title.textContent = row.key === undefined ? `New row of ${row.collection}` : `${row.collection} / ${row.key}`;
  destroy.hidden = row.key === undefined;
  changed.hidden = true;
  editor.set(row.value);
  $("#row").hidden = false;
}

/** Takes the row as it is now, unless somebody writes in it. now: undefined if it is gone. */
export function renew(now) {
  if (row === null || row.key === undefined || JSON.stringify(now) === JSON.stringify(row.value)) return;
  if (now === undefined) title.textContent = `${row.collection} / ${row.key} (gone)`;
  else if (editor.dirty) [changed.hidden, row.later] = [false, now];
  else show({ ...row, value: now });
}

function take() {
  show({ ...row, value: row.later });
}

async function save(event) {
  event.preventDefault();
  const value = editor.read();
  if (value === undefined) return;
  try {
    const saved = await send(value);
    if (saved === null) return done("Nothing was changed.");
    done(`Saved ${row.collection} / ${saved[row.keyName]}.`);
    const made = row.key === undefined;
    show({ ...row, key: saved[row.keyName], value: saved });
    if (made) go("state", row.collection, row.key);
  } catch (error) {
    if (error.violations?.length) editor.refuse(error.violations);
    else editor.mark([{ line: 0, message: error.message }]);
  }
}

/** Changed members alone are sent; a row that lacks one is replaced. null if nothing is different. */
function send(value) {
  const { collection, key, keyName, value: before } = row;
  if (key === undefined) return call("POST", at`state/${collection}`, value);
  const members = Object.keys(value ?? {}).filter((name) => JSON.stringify(value[name]) !== JSON.stringify(before[name]));
  const lacking = Object.keys(before).some((name) => name !== keyName && !(name in value));
  if (lacking) return call("PUT", at`state/${collection}/${key}`, value);
  return members.length ? call("PATCH", at`state/${collection}/${key}`, Object.fromEntries(members.map((name) => [name, value[name]]))) : null;
}

async function erase() {
  const { collection, key } = row;
  if (!(await sure(`Delete ${collection} / ${key}?`, "Rows that belong to it go with it.", "Delete"))) return;
  if (await attempt(() => remove(at`state/${collection}/${key}`), `Deleted ${collection} / ${key}.`)) go("state", collection);
}

