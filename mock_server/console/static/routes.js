/** The tab of the routes: made with the page, filtered here. */

import { $, $$ } from "./dom.js";

export function start() {
  $("#routes-filter").addEventListener("input", filter);
  filter();
}

function filter() {
  const words = $("#routes-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const routes = $$("#routes .route");
  for (const item of routes) item.hidden = !words.every((word) => item.dataset.text.includes(word));
  for (const group of $$("#routes .group")) group.hidden = words.length > 0 && $$(".route:not([hidden])", group).length === 0;
  const shown = routes.filter((item) => !item.hidden).length;
  $("#routes-shown").textContent = shown === routes.length ? `${shown} routes` : `${shown} of ${routes.length} routes`;
}
