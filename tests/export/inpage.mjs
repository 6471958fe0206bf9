/** A page that repeats recorded traffic by `fetch`, answered by a service worker; what came of it is `window.story`. */
import { setupWorker } from 'msw/browser';
import { backends } from './backends.js';
import { comparable, engineOf, requestOf, told } from './replaying.mjs';
import { sessions } from './sessions.js';

const FORBIDDEN = ['cookie', 'origin', 'host']; // which only the browser sets
const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

/** Whether a page can ask so, and see the whole answer: what is followed or refused before a worker sees it is another thing. */
function fits({ kind, method, headers, status }) {
  return kind === 'request' && method !== 'HEAD' && !FORBIDDEN.some((name) => name in headers) && status !== 0 && ![301, 304].includes(status);
}

async function replay(session) {
  const { engine, handlers } = engineOf(backends[session.backend], session);
  const worker = setupWorker(...handlers);
  await worker.start({ quiet: true, onUnhandledRequest: 'error' });
  const differing = [];
  let total = 0;
  for (const step of session.steps) {
    engine.world.clock.freeze(step.at);
    if (!fits(step)) break; // what comes after depends on it
    const found = comparable(await told(await fetch(requestOf(engine, step), { credentials: 'omit' })));
    const { frames: _, ...wanted } = comparable(step);
    total += 1;
    if (!same(found, wanted)) differing.push({ backend: session.backend, step, found, wanted });
  }
  worker.stop();
  return { total, differing };
}

async function story() {
  const told = [];
  for (const session of sessions) told.push(await replay(session));
  return told;
}

window.story = story().catch((error) => ({ failed: String(error.stack) }));
