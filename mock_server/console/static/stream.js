/** What happens in the mock, as it happens. Fetched, and not by EventSource, which can't name the world in a header. */

import { open } from "./api.js";
import { $ } from "./dom.js";

const bus = new EventTarget();
const PATIENCE = [500, 1000, 2000, 5000]; // ms until the next try

/** Calls `act` with the data of events of some kinds: hello (each time that the stream begins), log, state, clock, faults, snapshots, worlds, reset, cleared, reloaded, lost. */
export function on(kinds, act) {
  for (const kind of kinds.split(" ")) bus.addEventListener(kind, (event) => act(event.detail, kind));
}

/** Listens for as long as the page is open. */
export async function listen() {
  for (let tries = 0; ; tries++) {
    try {
      await read(await open("events"), () => (tries = 0));
    } catch {
      // it is tried again below
    }
    say("reconnecting", "lost");
    await new Promise((done) => setTimeout(done, PATIENCE[Math.min(tries, PATIENCE.length - 1)]));
  }
}

async function read(answer, begun) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  begun();
  say("live", "on");
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    parts.forEach(tell);
  }
}

function tell(part) {
  const [, kind] = /^event: (.*)$/m.exec(part) ?? [];
  const [, data] = /^data: (.*)$/m.exec(part) ?? [];
  if (kind) bus.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(data) }));
}

function say(text, state) {
  const live = $("#live");
  if (live.textContent !== text) live.textContent = text;
  live.dataset.state = state;
}
