/** The form that pushes a declared message. */

import { post } from "./api.js";
import { $, choices, el } from "./dom.js";
import { Editor } from "./editor.js";
import { known } from "./known.js";
import { done, failed } from "./say.js";

const EVERYONE = "everyone";
let editor = null;
let messages = new Map();
let targets = [];

export async function start() {
  editor = new Editor($("#emit-data"), "Payload as JSON", 12);
  $("#emit").addEventListener("submit", send);
  $("#emit-message").addEventListener("change", example);
  $("#emit-from").addEventListener("change", turn);
  $("#emit-row").addEventListener("focus", () => turn(($("#emit [value=row]").checked = true)));
  reach([], []);
  try {
    messages = (await known()).sent;
  } catch (error) {
    return failed(error);
  }
  choices($("#emit-message"), [...messages.keys()].sort().map((name) => [name, name]));
  if (!messages.size) $("#emit").replaceChildren(el("p", { class: "empty" }, "This backend declares no message that clients are sent."));
  else example();
}

const ofRow = () => $("#emit [value=row]").checked;

/** Shows the document's example of the chosen message. */
function example() {
  const message = messages.get($("#emit-message").value);
  editor.set(message?.example ?? {});
  const row = Boolean(message?.collection);
  $("#emit-from").hidden = !row;
  $("#emit-row").placeholder = row ? `key of ${message.collection}` : "";
  if (!row) $("#emit [value=data]").checked = true;
  turn();
}

/** A payload is written, or made of a row: that one goes by itself to whom its document says. */
function turn() {
  $("#emit-data").hidden = ofRow();
  $("#emit-to option").textContent = ofRow() ? "whom its document says" : "everyone whose channel has it";
}

/** Who can be reached. */
export function reach(sockets, rooms) {
  targets = [[EVERYONE, "everyone whose channel has it"], ...rooms.map((name) => [`room ${name}`, `room ${name}`])];
  targets.push(...sockets.map((item) => [`socket ${item.id}`, `socket ${item.id}${item.user ? ` (${item.user})` : ""}`]));
  if (!$("#emit-to")) return;
  choices($("#emit-to"), targets);
  turn();
}

/** Chooses whom it goes to. */
export function to(name, kind = "socket") {
  $("#emit-to").value = `${kind} ${name}`;
  $("#emit-message").focus();
}

/** Fills the form with a line of the log. */
export function prefill(line) {
  if (!messages.has(line.message)) return;
  $("#emit-message").value = line.message;
  example();
  $("#emit [value=data]").checked = true;
  turn();
  editor.set(line.data);
  if (line.room && targets.some(([value]) => value === `room ${line.room}`)) $("#emit-to").value = `room ${line.room}`;
}

async function send(event) {
  event.preventDefault();
  const wanted = body();
  if (wanted === undefined) return;
  const result = $("#emit-result");
  result.textContent = "";
  try {
    const { sockets } = await post("emit", wanted);
    result.textContent = `Sent to ${sockets} socket${sockets === 1 ? "" : "s"}.`;
    done(`${wanted.message}: sent to ${sockets} socket${sockets === 1 ? "" : "s"}.`);
  } catch (error) {
    if (error.violations?.length && !ofRow()) editor.refuse(error.violations, "/body/data");
    else failed(error);
  }
}

function body() {
  const [kind, ...name] = $("#emit-to").value.split(" ");
  const target = kind === EVERYONE ? {} : { [kind]: name.join(" ") };
  const message = $("#emit-message").value;
  if (ofRow()) return { message, ...target, row: $("#emit-row").value.trim() };
  const data = editor.read();
  return data === undefined ? undefined : { message, ...target, data };
}
