// The try-out of /docs/realtime: a connection per form, what is sent over it, and a log of what went to and fro.
"use strict";

const MOST = 500; // lines of a log
const OWN_CLOSE = 1000;
const SILENT = {1005: "no code given", 1006: "no close frame: nothing answers there, or the handshake was refused"};

// A raw WebSocket. `told` takes (kind, text, name): kinds are open, in, out, note, refused, closed.
class Raw {
  constructor(where, told) {
    this.told = told;
    this.socket = where.protocols.length ? new WebSocket(where.url, where.protocols) : new WebSocket(where.url);
    this.socket.onopen = () => told("open", "connected");
    this.socket.onmessage = event => told("in", typeof event.data === "string" ? event.data : "(binary)");
    this.socket.onclose = event => told("closed", closing(event));
  }

  send(name, text) {
    this.socket.send(text);
    this.told("out", text);
  }

  close() {
    this.socket.close(OWN_CLOSE);
  }
}

// One Socket.IO namespace over one WebSocket: Engine.IO 4, Socket.IO protocol 5.
class SocketIO {
  constructor(where, told) {
    this.told = told;
    this.where = where;
    this.prefix = where.namespace === "/" ? "" : `${where.namespace},`;
    this.asked = 0;
    this.last = "";
    this.socket = new WebSocket(where.url);
    this.socket.onmessage = event => this.take(event.data);
    this.socket.onclose = event => told("closed", closing(event));
  }

  // An Engine.IO packet: its first character is its kind.
  take(packet) {
    if (typeof packet !== "string") return this.told("in", "(binary)");
    const rest = packet.slice(1);
    if (packet[0] === "0") {
      this.told("note", `Engine.IO is open: ${rest}`);
      this.socket.send(`40${this.prefix}${Object.keys(this.where.auth).length ? JSON.stringify(this.where.auth) : ""}`);
    } else if (packet[0] === "2") {
      this.socket.send(`3${rest}`);
      this.told("note", "ping, pong");
    } else if (packet[0] === "4") {
      this.message(rest);
    }
  }

  // A Socket.IO packet: kind, number of attachments, namespace, id, data.
  message(packet) {
    const [, kind, , id, data] = packet.match(/^(\d)(?:\d+-)?(\/[^,]*,?)?(\d+)?([^]*)$/) || [];
    if (kind === "0") return this.told("open", `connected ${data}`);
    if (kind === "1") return this.end(`disconnected by the server${this.last ? ` after ${this.last}` : ""}`);
    if (kind === "4") return this.end(`connect_error: ${message(data)}`);
    if (kind === "3") return this.told("in", inside(data), `acknowledgement ${id}`);
    if (kind !== "2") return this.told("in", packet);
    const [name, ...values] = JSON.parse(data);
    const text = values.map(value => JSON.stringify(value)).join(", ");
    this.last = `${name} ${text}`;
    this.told("in", text, name);
    if (id !== undefined) this.socket.send(`43${this.prefix}${id}[]`);
  }

  end(text) {
    this.told("refused", text);
    this.socket.close(OWN_CLOSE);
  }

  send(name, text, ack) {
    const data = text.trim() ? [name, JSON.parse(text)] : [name];
    const id = ack ? this.asked++ : "";
    this.socket.send(`42${this.prefix}${id}${JSON.stringify(data)}`);
    this.told("out", text.trim() ? JSON.stringify(data[1]) : "", ack ? `${name} (asks for acknowledgement ${id})` : name);
  }

  close() {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(`41${this.prefix}`);
    this.socket.close(OWN_CLOSE);
  }
}

function closing(event) {
  return `closed, ${event.code}${event.reason ? ` ${event.reason}` : SILENT[event.code] ? `, ${SILENT[event.code]}` : ""}`;
}

// The text of a connect_error.
function message(data) {
  try {
    return JSON.parse(data).message ?? data;
  } catch {
    return data;
  }
}

// The values of a JSON list, without its brackets.
function inside(data) {
  return data.startsWith("[") ? data.slice(1, -1) || "without a value" : data;
}

// One form of the page.
class Try {
  constructor(form) {
    this.form = form;
    this.log = form.querySelector("ol");
    this.state = form.querySelector("output");
    this.line = null;
    this.connect = form.querySelector("[type=submit]");
    this.disconnect = form.querySelector("[data-do=close]");
    this.sender = form.querySelector("[data-do=send]");
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.open();
    });
    this.disconnect.addEventListener("click", () => this.line?.close());
    form.querySelector("[data-do=clear]").addEventListener("click", () => this.log.replaceChildren());
    if (!this.sender) return;
    this.choice = form.querySelector("select");
    this.payload = form.querySelector("textarea");
    this.sender.addEventListener("click", () => this.send());
    this.choice.addEventListener("change", () => this.fill());
    this.payload.addEventListener("keydown", event => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !this.sender.disabled) this.send();
    });
    this.fill();
  }

  fill() {
    this.payload.value = this.choice.selectedOptions[0]?.dataset.example ?? "";
  }

  // Chooses a message, for a button beside its description.
  choose(name) {
    this.choice.value = name;
    this.fill();
    this.payload.focus();
    this.form.scrollIntoView({block: "nearest"});
  }

  open() {
    this.line?.close();
    const open = (kind, text, name) => this.line === line && this.told(kind, text, name);
    let line = null;
    try {
      const where = this.where();
      this.show("closed", true, "connecting");
      this.told("note", `to ${where.url}${where.namespace ? `, namespace ${where.namespace}` : ""}`);
      this.line = line = this.form.dataset.kind === "raw" ? new Raw(where, open) : new SocketIO(where, open);
    } catch (error) {
      this.line = null;
      this.told("closed", error.message);
    }
  }

  // Where to connect, of what the fields say. Empty ones that may be left out are.
  where() {
    const {url, namespace} = this.form.dataset;
    const given = {path: {}, query: {}, auth: {}, protocol: {}};
    for (const box of this.form.querySelectorAll("input[data-where]")) {
      const number = "number" in box.dataset && box.value.trim() !== "" && Number.isFinite(Number(box.value));
      if (box.value || box.dataset.where === "path") given[box.dataset.where][box.dataset.name] = number ? Number(box.value) : box.value;
    }
    const address = url.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(given.path[name] ?? ""));
    const query = new URLSearchParams({...(namespace ? {EIO: "4", transport: "websocket"} : {}), ...given.query}).toString();
    const protocols = Object.values(given.protocol).flatMap(token => ["jwt", token]);
    return {url: query ? `${address}?${query}` : address, namespace, auth: given.auth, protocols};
  }

  send() {
    try {
      this.line.send(this.choice.value, this.payload.value, this.form.querySelector("[type=checkbox]")?.checked);
    } catch (error) {
      this.told("error", `Not sent: ${error.message}`);
    }
  }

  told(kind, text, name) {
    this.add(kind, text, name);
    if (kind === "open") this.show("open", true, "connected");
    if (kind === "refused") this.reason = text;
    if (kind !== "closed") return;
    const wanted = !this.reason && text === `closed, ${OWN_CLOSE}`;
    this.show(wanted ? "closed" : "failed", false, this.reason ?? text);
    this.reason = undefined;
    this.line = null;
  }

  show(state, busy, text) {
    this.state.textContent = text;
    this.state.dataset.state = state;
    this.connect.disabled = busy;
    this.disconnect.disabled = !busy;
    if (this.sender) this.sender.disabled = state !== "open";
  }

  add(kind, text, name) {
    const now = new Date();
    const item = document.createElement("li");
    const parts = [["time", now.toLocaleTimeString("en-GB") + `.${String(now.getMilliseconds()).padStart(3, "0")}`], ["span", SIGNS[kind] ?? ""], ["b", name], ["code", text]];
    for (const [tag, content] of parts) {
      if (!content) continue;
      const part = document.createElement(tag);
      part.textContent = content;
      item.append(part, " ");
    }
    item.className = kind;
    const below = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 30;
    this.log.append(item);
    while (this.log.children.length > MOST) this.log.firstElementChild.remove();
    if (below) this.log.scrollTop = this.log.scrollHeight;
  }
}

const SIGNS = {in: "← received", out: "→ sent"};

// A token typed once is in every form of the page that has none yet.
function share(box) {
  for (const other of document.querySelectorAll("input[data-token]")) {
    const same = other.dataset.name === box.dataset.name && other.dataset.where === box.dataset.where;
    if (same && !other.form.contains(box)) other.value = box.value;
  }
}

async function copy(button) {
  const code = button.closest("figure").querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

// Opens the card that the address leads to.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

for (const form of document.querySelectorAll("form.try")) {
  const tried = new Try(form);
  for (const button of form.closest("section").querySelectorAll("[data-try]")) button.addEventListener("click", () => tried.choose(button.dataset.try));
}
for (const box of document.querySelectorAll("input[data-token]")) box.addEventListener("change", () => share(box));
for (const button of document.querySelectorAll("[data-do=copy]")) button.addEventListener("click", () => copy(button));
addEventListener("hashchange", reveal);
reveal();
