/** One line of the log, whole: why it was answered so, what was sent, and how to make it go otherwise. */

import { at, get, post } from "./api.js";
import { $, button, choices, el } from "./dom.js";
import { block } from "./json.js";
import { known } from "./known.js";
import { attempt, copier, copy } from "./say.js";
import { go } from "./tabs.js";
import { prefill } from "./emit.js";

const STAGES = ["route", "throttle", "authenticate", "validate", "behave"];
const WORDS = {
  route: "No operation has this path and method.",
  throttle: "More requests came than the limit admits.",
  authenticate: "The credential does not let this request in.",
  validate: "The request is not what the document asks for.",
  behave: "The operation did what is declared for it.",
  fault: "A fault answered instead of the operation.",
  prefer: "The request itself asked for this answer.",
};
const REFUSED = "The operation's rules refused it.";
let shown = null;

/** Leaves the pane. */
export function hide() {
  shown = null;
  $("#detail").hidden = true;
}

/** Fetches a line and shows it, unless another was asked for meanwhile. */
export async function show(id) {
  shown = id;
  const place = $("#detail");
  place.hidden = false;
  try {
    const line = await get(at`requests/${id}`);
    if (shown === id) place.replaceChildren(...(line.kind === "frame" ? frame(line) : exchange(line, await known())));
  } catch (error) {
    if (shown === id) place.replaceChildren(head(`Line ${id}`), el("p", { class: "wrong" }, error.message));
  }
}

const head = (...title) => el("header", {}, el("h3", {}, title), button("Close", () => go("log"), { class: "small", "aria-label": "Close the line" }));

function exchange(line, { operations }) {
  const operation = operations.get(line.operation);
  const title = [el("span", { class: "method", "data-method": line.method }, line.method), ` ${line.path} `, status(line.status)];
  return [
    head(title),
    why(line),
    violations(line),
    acts(line, operation),
    part("Request", line.request, line.query),
    part("Response", line.response),
    line.curl ? el("section", { "aria-label": "curl" }, curl(line.curl)) : null,
  ].filter(Boolean);
}

const curl = (text) => [el("div", { class: "titled" }, el("h4", {}, "curl"), copier(text, "Copy the curl command")), el("pre", { class: "wrap" }, text)];
const status = (code) => el("span", { class: "status", "data-class": Math.floor(code / 100) }, code);
const section = (title, ...content) => el("section", { "aria-label": title }, el("h4", {}, title), content);

/** The stages that it went through, up to the one that answered, and why. */
function why(line) {
  const last = STAGES.indexOf(line.stage);
  const steps = STAGES.map((name, index) => step(name, last < 0 ? "" : index < last ? "passed" : index === last ? "here" : "", line));
  const path = last < 0 ? [...steps, el("li", { class: line.status >= 400 ? "here bad" : "here" }, line.stage)] : steps;
  const words = line.stage === "behave" && line.status >= 400 ? REFUSED : WORDS[line.stage];
  return section(
    "Why this answer",
    el("ol", { class: "stages" }, path),
    el("p", {}, words ?? "", line.why ? [el("br"), el("strong", {}, line.why)] : null),
    facts([
      ["Rule", line.violations?.[0]?.rule],
      ["Operation", line.operation],
      ["Document", line.place ? [el("code", {}, line.place), " ", copier(line.place, "Copy the place in the document")] : null],
      ["User", line.user],
      ["Service", line.service],
      ["At", line.at],
      ["Faults", line.faults?.join(", ")],
      ["Preferred", line.preferred],
      ["Delayed", line.delay && `${line.delay} ms`],
      ["Cut", line.cut],
    ]),
    line.crash ? block(line.crash, "Traceback") : null,
  );
}

function step(name, state, line) {
  return el("li", { class: state === "here" && line.status >= 400 ? "here bad" : state, "aria-current": state === "here" ? "step" : null }, name);
}

const facts = (pairs) => el("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

function violations(line) {
  if (!line.violations) return null;
  const rows = line.violations.map((item) =>
    el("tr", {}, [item.pointer, item.rule, item.message, plain(item.expected), plain(item.got)].map((value, index) => el("td", {}, index < 2 ? el("code", {}, value) : value))),
  );
  const titles = el("tr", {}, ["Where", "Rule", "What", "Expected", "Got"].map((title) => el("th", { scope: "col" }, title)));
  return section("Violations", el("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Violations" }, el("table", {}, el("thead", {}, titles), el("tbody", {}, rows))));
}

const plain = (value) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** What can be done about a request of this kind from now on. */
function acts(line, operation) {
  const match = operation ? { operation: line.operation } : { method: line.method, path: line.path };
  const name = line.operation ?? line.path;
  const codes = operation ? operation.answers.map((answer) => [answer.status, `${answer.status} ${answer.description}`]) : [];
  const select = el("select", { "aria-label": "A documented answer" });
  choices(select, codes.filter(([code]) => /^\d+$/.test(code)));
  const prefer = () => copy(`Prefer: code=${select.value}`);
  const always = () => declare({ kind: "status", status: Number(select.value), match }, `${name} now answers ${select.value}.`);
  select.addEventListener("change", () => (force.disabled = Number(select.value) < 400));
  const force = button("Always answer so", always, { disabled: Number(select.value) < 400 });
  return section(
    "From now on",
    el(
      "div",
      { class: "acts" },
      button("Make this fail", () => declare({ kind: "status", status: 500, match }, `${name} now answers 500.`)),
      button("Delay this", () => declare({ kind: "latency", ms: 3000, match }, `${name} now takes 3 seconds more.`)),
      select.length ? el("span", { class: "joined" }, select, button("Copy as Prefer", prefer), force) : null,
    ),
  );
}

const declare = (fault, said) => attempt(() => post("faults", fault), `${said} Faults takes it back.`);

function part(title, { headers, body } = {}, query = "") {
  const rows = Object.entries(headers ?? {}).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  const more = el("details", {}, el("summary", {}, rows.length === 1 ? "1 header" : `${rows.length} headers`), el("dl", { class: "facts headers" }, rows));
  const asked = query ? el("p", {}, "Query ", el("code", {}, query)) : null;
  return section(title, asked, body === undefined || body === null ? el("p", { class: "dim" }, "No body.") : block(body, `Body of the ${title.toLowerCase()}`), more);
}

function frame(line) {
  const inward = line.direction === "in";
  const title = [el("span", { class: "method", "data-method": line.direction }, inward ? "→ in" : "← out"), ` ${line.message} `, line.refused ? el("span", { class: "tag bad" }, "refused") : ""];
  const recipients = inward ? line.socket : line.sockets && `${line.sockets.join(", ")}${line.count > line.sockets.length ? ` and ${line.count - line.sockets.length} more` : ""}`;
  const known = facts([
    ["Channel", line.channel], ["Room", line.room], [inward ? "Socket" : "Sockets", recipients], ["Recipients", inward ? null : String(line.count)], ["User", line.user],
    ["At", line.at], ["Why", line.why], ["Faults", line.faults?.join(", ")],
  ]);
  const payload = section("Payload", line.data === undefined ? el("p", { class: "dim" }, "None.") : block(line.data, "Payload"));
  return [head(title), section("What it is", known, line.crash ? block(line.crash, "Traceback") : null), violations(line), frameActs(line), payload].filter(Boolean);
}

function frameActs(line) {
  if (line.message === "open" || line.message === "close") return null;
  const match = { message: line.message, direction: line.direction };
  const again = () => {
    prefill(line);
    go("sockets");
  };
  return section(
    "From now on",
    el(
      "div",
      { class: "acts" },
      button("Lose this message", () => declare({ kind: "drop", match }, `${line.message} is now lost.`)),
      button("Delay this", () => declare({ kind: "delay", ms: 3000, match }, `${line.message} now comes 3 seconds late.`)),
      line.direction === "out" ? button("Send again…", again) : null,
    ),
  );
}
