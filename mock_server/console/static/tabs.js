/** The tabs. Where the page is stands in the address: #log/12, #state/orders/3. */

import { $, $$ } from "./dom.js";

const openers = {};
let shown = null;

/** What a tab does when it is opened, with the parts of the address after its name. */
export const opens = (name, act) => (openers[name] = act);

/** Whether a tab is the one that is shown. */
export const isShown = (name) => shown === name;

/** Goes to an address, such as `go("state", "orders", 3)`. */
export function go(...parts) {
  move(`#${parts.map(encodeURIComponent).join("/")}`);
}

/** A browser that follows a fragment by itself takes the focus from where it is. */
function move(address) {
  if (address !== location.hash) history.pushState(null, "", address);
  follow();
}

/** Changes the address without a step in the browser's history. */
export function note(...parts) {
  history.replaceState(null, "", `#${parts.map(encodeURIComponent).join("/")}`);
}

/** Makes tabs of the links, and shows what the address says. */
export function start() {
  const list = $("nav.tabs");
  list.setAttribute("role", "tablist");
  for (const tab of $$("a", list)) dress(tab);
  list.addEventListener("keydown", (event) => step(event, $$("a", list)));
  document.addEventListener("click", click);
  addEventListener("popstate", follow);
  follow();
}

function dress(tab) {
  const name = nameOf(tab);
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", name);
  $(`#${name}`).setAttribute("role", "tabpanel");
  $(`#${name}`).hidden = true;
}

const nameOf = (tab) => tab.id.slice("tab-".length);

function click(event) {
  const address = event.target.closest?.("a[href^='#']")?.getAttribute("href");
  if (address === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  move(address);
}

function step(event, tabs) {
  const place = tabs.indexOf(document.activeElement);
  const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (event.key === " ") document.activeElement.click();
  if (to === undefined && event.key !== " ") return;
  event.preventDefault();
  if (to === undefined) return;
  const tab = tabs[(to + tabs.length) % tabs.length];
  tab.focus();
  go(nameOf(tab));
}

function follow() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(plain);
  const known = openers[name] !== undefined || document.getElementById(`tab-${name}`) !== null;
  show(known ? name : "log");
  openers[shown]?.(known ? rest : []);
}

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function show(name) {
  for (const tab of $$("nav.tabs a")) {
    const chosen = nameOf(tab) === name;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
    $(`#${nameOf(tab)}`).hidden = !chosen;
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  shown = name;
  scrollTo(0, 0);
}
