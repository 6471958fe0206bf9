/** A box for JSON, which says what is wrong beside the line that it is about. */

import { el } from "./dom.js";

const LINE = 18; // height of a line in pixels, and what is above the first, as parts.css has them
const ABOVE = 6;
let made = 0;

export class Editor {
  /** place: what it is put into; label: what it is. */
  constructor(place, label, rows = 12) {
    const id = `editor-${(made += 1)}`;
    this.box = el("textarea", { id, rows, spellcheck: "false", "aria-label": label, "aria-describedby": `${id}-wrong`, wrap: "off" });
    this.notes = el("div", { class: "notes", "aria-hidden": "true" });
    this.said = el("ul", { class: "wrong" });
    this.saved = "";
    this.box.addEventListener("scroll", () => this.place());
    this.box.addEventListener("input", () => this.mark([]));
    place.replaceChildren(el("div", { class: "editor" }, this.box, this.notes), el("div", { id: `${id}-wrong`, role: "alert" }, this.said));
  }

  /** Shows a value as if it had just been saved. */
  set(value) {
    this.box.value = this.saved = value === undefined ? "" : JSON.stringify(value, null, 2);
    this.mark([]);
  }

  get dirty() {
    return this.box.value !== this.saved;
  }

  /** The value; undefined, and a note, for what is no JSON. */
  read() {
    try {
      return JSON.parse(this.box.value);
    } catch (error) {
      this.mark([{ line: lineOf(this.box.value, error.message), message: `no JSON: ${error.message}` }]);
      this.box.focus();
      return undefined;
    }
  }

  /** Says what the control API found wrong. before: the part of pointers that stands for the whole value. */
  refuse(violations, before = "/body") {
    const found = violations.map((item) => ({ field: fieldOf(item.pointer, before), message: item.message }));
    this.mark(found.map((item) => ({ ...item, line: this.lineOf(item.field) })));
    this.box.focus();
  }

  lineOf(field) {
    const text = `  ${JSON.stringify(field)}:`;
    return field === "" ? 0 : Math.max(0, this.box.value.split("\n").findIndex((line) => line.startsWith(text)));
  }

  mark(found) {
    this.box.setAttribute("aria-invalid", found.length > 0);
    this.found = found;
    this.said.replaceChildren(...found.map((item) => el("li", {}, item.message)));
    this.notes.replaceChildren(...found.map((item) => el("p", {}, item.message)));
    this.place();
  }

  place() {
    [...this.notes.children].forEach((item, index) => {
      const top = ABOVE + this.found[index].line * LINE - this.box.scrollTop;
      item.style.top = `${top}px`;
      item.hidden = top < 0 || top > this.box.clientHeight - LINE;
    });
  }
}

/** The member of a value that a pointer is about. */
function fieldOf(pointer, before) {
  const rest = pointer.startsWith(before) ? pointer.slice(before.length) : pointer;
  return (rest.split("/")[1] ?? "").replaceAll("~1", "/").replaceAll("~0", "~");
}

function lineOf(text, message) {
  const position = /position (\d+)/.exec(message)?.[1];
  return position === undefined ? 0 : text.slice(0, Number(position)).split("\n").length - 1;
}

