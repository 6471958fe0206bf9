/** The lines of the log, oldest first, and those of them that fit the filter. */

const MOST = 10_000; // as many as the mock keeps

export class Lines {
  constructor() {
    this.all = [];
    this.fitting = [];
    this.filter = {};
  }

  /** Forgets every line. */
  clear() {
    this.all = [];
    this.fitting = [];
  }

  /** Adds later lines; returns how many of them fit. */
  append(later) {
    const last = this.all.at(-1)?.id ?? 0;
    const fresh = later.filter((line) => line.id > last);
    const fitting = fresh.filter((line) => fits(line, this.filter));
    for (const line of fresh) this.all.push(line);
    for (const line of fitting) this.fitting.push(line);
    this.trim();
    return fitting.length;
  }

  /** Adds earlier lines. */
  prepend(earlier) {
    this.all = earlier.concat(this.all);
    this.fitting = earlier.filter((line) => fits(line, this.filter)).concat(this.fitting);
  }

  trim() {
    if (this.all.length <= MOST) return;
    this.all.splice(0, this.all.length - MOST);
    const first = this.all[0].id;
    const gone = this.fitting.findIndex((line) => line.id >= first);
    this.fitting.splice(0, gone < 0 ? this.fitting.length : gone);
  }

  /** Takes another filter: text, kind, method, status, operation, user, violations, faults. */
  choose(filter) {
    this.filter = { ...filter, words: (filter.text ?? "").toLowerCase().split(/\s+/).filter(Boolean) };
    this.fitting = this.all.filter((line) => fits(line, this.filter));
  }

  /** The line at a place of the list, newest first. */
  at(index) {
    return this.fitting[this.fitting.length - 1 - index];
  }

  /** The place of a line in the list, -1 if it does not fit. */
  indexOf(id) {
    const found = this.fitting.findLastIndex((line) => line.id === id);
    return found < 0 ? -1 : this.fitting.length - 1 - found;
  }
}

const TESTS = {
  kind: (line, wanted) => (line.kind === "frame" ? wanted === "frame" || wanted === line.direction : wanted === "exchange"),
  method: (line, wanted) => line.method === wanted,
  status: (line, wanted) => Math.floor(line.status / 100) === Number(wanted),
  operation: (line, wanted) => (line.operation ?? line.message) === wanted,
  user: (line, wanted) => line.user === wanted,
  violations: (line) => line.violations !== undefined,
  faults: (line) => line.faults !== undefined,
  words: (line, words) => words.every((word) => mentioned(line).includes(word)),
};

function fits(line, filter) {
  for (const name in TESTS) {
    const wanted = filter[name];
    if (wanted && !TESTS[name](line, wanted)) return false;
  }
  return true;
}

const TOLD = ["method", "path", "query", "operation", "status", "why", "user", "service", "message", "channel", "room", "socket"];
const texts = new WeakMap(); // made when a text is first looked for

function mentioned(line) {
  let text = texts.get(line);
  if (text === undefined) texts.set(line, (text = TOLD.map((name) => line[name] ?? "").join(" ").toLowerCase()));
  return text;
}
