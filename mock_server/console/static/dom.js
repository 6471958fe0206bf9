/** Elements made of names and texts. Nothing here, and nothing that uses it, reads HTML. */

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** An element. attributes: null, undefined and false leave one out, `onclick` and the like are listeners; children: nodes, texts, lists of them. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) set(made, key, value);
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function set(element, key, value) {
  if (key.startsWith("aria-") && typeof value === "boolean") return element.setAttribute(key, value); // there, false is a value
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "value") element.value = value;
  else element.setAttribute(key, value === true ? "" : value);
}

/** A button that does something. more: further attributes. */
export const button = (text, act, more = {}) => el("button", { type: "button", onclick: act, ...more }, text);

/** A table; columns: [title, row => content, class]. */
export function table(columns, rows, label) {
  const head = el("tr", {}, columns.map(([title, , kind]) => el("th", { scope: "col", class: kind }, title || el("span", { class: "hidden" }, "Actions"))));
  const body = rows.map((row) => el("tr", {}, columns.map(([, of, kind]) => el("td", { class: kind }, of(row)))));
  return el("table", { "aria-label": label }, el("thead", {}, head), el("tbody", {}, body));
}

/** Fills a place with a table, or with why there is none. What has the focus keeps it, where it is still there. */
export function fill(place, columns, rows, empty, label) {
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  place.replaceChildren(rows.length ? table(columns, rows, label) : el("p", { class: "empty" }, empty));
  if (focused !== null) $$("button, a", place).find((item) => item.getAttribute("aria-label") === focused)?.focus();
}

/** Fills a select, and keeps what is chosen; options: [value, text]. */
export function choices(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

/** What is asked for often and done at most once in a while. */
export function soon(act, wait = 300) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      act();
    }, wait);
  };
}

/** A number that a tab shows. */
export function count(name, value) {
  $(`[data-count=${name}]`).textContent = value;
}
