/** What the page says: toasts, questions, and text for the clipboard. */

import { $, button, el } from "./dom.js";

const SHORT = 4000;
const LONG = 12000;

/** Says that something was done. */
export const done = (text) => toast(text, "done", SHORT);

/** Says why something was not done. */
export const failed = (error) => toast(error.message ?? String(error), "failed", LONG);

function toast(text, kind, wait) {
  const gone = () => item.remove();
  const item = el("div", { class: `toast ${kind}` }, el("span", {}, text), button("Close", gone, { class: "small", "aria-label": `Close: ${text}` }));
  const place = $("#toasts");
  place.append(item);
  if (place.children.length > 4) place.firstElementChild.remove();
  setTimeout(gone, wait);
}

/** Does something, says that it was done or why not; returns whether it was. said: a text, or one made of the result. */
export async function attempt(act, said) {
  try {
    const result = await act();
    const text = typeof said === "function" ? said(result) : said;
    if (text) done(text);
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

/** Asks before something can't be undone. */
export function sure(title, text, yes) {
  const dialog = $("#ask");
  $("#ask-title").textContent = title;
  $("#ask-text").textContent = text;
  $("#ask-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((told) => dialog.addEventListener("close", () => told(dialog.returnValue === "yes"), { once: true }));
}

/** Puts a text on the clipboard; a page that does not come from this machine or by https has none, and selects the text instead. */
export async function copy(text) {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else copyBySelection(text);
  done("Copied.");
}

function copyBySelection(text) {
  const box = el("textarea", { class: "hidden", value: text, "aria-hidden": "true" });
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}

/** Buttons with data-copy copy it. */
export function startCopying() {
  document.addEventListener("click", (event) => {
    const asked = event.target.closest?.("[data-copy]");
    if (asked) copy(asked.dataset.copy).catch(failed);
  });
}

/** A button that copies a text. */
export const copier = (text, label, shown = "Copy") => el("button", { type: "button", class: "small", "data-copy": text, "aria-label": label }, shown);
