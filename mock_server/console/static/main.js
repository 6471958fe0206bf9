/** Brings the page to life: every tab has a module, which reads what the page brought and then listens. */

import * as clock from "./clock.js";
import { $ } from "./dom.js";
import * as faults from "./faults.js";
import * as log from "./log.js";
import * as routes from "./routes.js";
import { done, startCopying } from "./say.js";
import * as scenarios from "./scenarios.js";
import * as sockets from "./sockets.js";
import * as state from "./state.js";
import { listen, on } from "./stream.js";
import * as tabs from "./tabs.js";
import * as worlds from "./worlds.js";

const THEMES = { auto: "light", light: "dark", dark: "auto" }; // each with the one that follows
const root = document.documentElement;

function startTheme() {
  const button = $("#theme");
  const show = () => (button.textContent = `Theme: ${root.dataset.theme ?? "auto"}`);
  button.addEventListener("click", () => {
    const next = THEMES[root.dataset.theme ?? "auto"];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    keep(next);
    show();
  });
  show();
}

function keep(theme) {
  try {
    localStorage.setItem("understudy-theme", theme);
  } catch {
    // a browser that keeps nothing forgets it with the page
  }
}

startTheme();
startCopying();
for (const part of [clock, log, state, sockets, faults, scenarios, worlds, routes]) part.start();
on("reloaded", () => done("The documents have changed. Load this page again to see their routes."));
tabs.start();
listen();
