/** The form of a fault of one's own. Its fields are made of the control API's models; here they are read. */

import { post } from "./api.js";
import { $, $$ } from "./dom.js";
import { done } from "./say.js";

export function start() {
  $("#fault-kind").addEventListener("change", choose);
  $("#fault").addEventListener("submit", declare);
  choose();
}

const part = () => $(`#fault [data-kind="${$("#fault-kind").value}"]`);

function choose() {
  for (const item of $$("#fault [data-kind]")) item.hidden = item !== part();
  $("#fault-wrong").textContent = "";
}

async function declare(event) {
  event.preventDefault();
  clear();
  try {
    const made = await post("faults", read());
    done(`Fault ${made.id} is in force.`);
  } catch (error) {
    refuse(error);
  }
}

/** What is filled in, with numbers as numbers; a duration stays text. */
function read() {
  const fault = { kind: $("#fault-kind").value };
  for (const box of $$("[data-field]", part())) {
    const value = box.value.trim();
    if (value === "") continue;
    const within = box.dataset.place ? (fault[box.dataset.place] ??= {}) : fault;
    within[box.dataset.field] = valueOf(box, value);
  }
  return fault;
}

function valueOf(box, value) {
  const number = box.dataset.type === "number" || box.dataset.type === "whole" || (box.dataset.field === "ttl" && /^[\d.]+$/.test(value));
  return number && Number.isFinite(Number(value)) ? Number(value) : value;
}

function clear() {
  for (const box of $$("[data-field]", part())) box.removeAttribute("aria-invalid");
  for (const text of $$(".wrong", part())) [text.hidden, text.textContent] = [true, ""];
  $("#fault-wrong").textContent = "";
}

/** Says what is wrong beside the fields that it is about, and in whole beside the button. */
function refuse(error) {
  const places = error.violations ?? [];
  for (const { pointer, message } of places) mark(pointer.split("/").pop(), message);
  const first = $("[aria-invalid]", part());
  $("#fault-wrong").textContent = first ? "" : error.message;
  first?.focus();
}

function mark(field, message) {
  const box = $$("[data-field]", part()).find((item) => item.dataset.field === field);
  if (!box) return;
  box.setAttribute("aria-invalid", "true");
  const text = document.getElementById(`${box.id}-wrong`);
  if (text) [text.hidden, text.textContent] = [false, message];
}
