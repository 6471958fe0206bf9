/** JSON to read: pretty-printed, its parts told apart by color. */

import { el } from "./dom.js";
import { copier } from "./say.js";

const PARTS = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;
const COLORED = 60_000; // characters; a longer text is shown plain, for each colored part is an element

/** A value as text: JSON indented, text as it is. */
export const textOf = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** A block that shows a value, with a button that copies it. label: what it is. */
export function block(value, label) {
  const text = textOf(value);
  const shown = typeof value === "string" || text.length > COLORED ? [text] : [...colored(text)];
  return el("div", { class: "block" }, copier(text, `Copy ${label}`), el("pre", { tabindex: "0", "aria-label": label }, shown));
}

function* colored(text) {
  let end = 0;
  for (const found of text.matchAll(PARTS)) {
    const [whole, string, colon, number] = found;
    if (found.index > end) yield text.slice(end, found.index);
    const part = string ?? whole;
    yield el("span", { class: colon ? "name" : string ? "string" : number ? "number" : "word" }, part);
    if (colon) yield colon;
    end = found.index + whole.length;
  }
  yield text.slice(end);
}

/** A value in one line, for a cell of a table. */
export function brief(value, longest = 60) {
  if (value === null || value === undefined) return el("span", { class: "dim" }, value === null ? "null" : "");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

