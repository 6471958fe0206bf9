/** The tab of the scenarios: each is a form, made with the page. */

import { at, post } from "./api.js";
import { $, $$ } from "./dom.js";
import { attempt } from "./say.js";

export function start() {
  for (const form of $$("form.scenario")) form.addEventListener("submit", apply);
}

async function apply(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const given = Object.fromEntries($$("[data-given]", form).map((box) => [box.dataset.given, valueOf(box)]));
  await attempt(
    () => post(at`scenarios/${form.dataset.scenario}`, { given }),
    (done) => ($("output", form).textContent = `${done.title}: ${told(done)}.`),
  );
}

function told({ rows, faults }) {
  const parts = [rows ? `${rows} row${rows === 1 ? "" : "s"} changed` : "", faults.length ? `${faults.length} fault${faults.length === 1 ? "" : "s"} declared` : ""];
  return parts.filter(Boolean).join(", ") || "done";
}

/** What was filled in: text where the scenario's own value is one, else JSON, and text for what is none. */
function valueOf({ value, dataset }) {
  if (typeof JSON.parse(dataset.default) === "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
