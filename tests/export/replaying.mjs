/** What repeats recorded traffic, in Node and in a page: the engine of a session as the mock had it, and what of a step is compared. */

const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const latin1 = (data) => Array.from(data, (byte) => String.fromCharCode(byte)).join('');
const BODILESS = ['GET', 'HEAD'];

/** The engine and the handlers of requests. modules: contract, operations, fixtures, twins, and the runtime's mock. */
export function engineOf({ contract, operations, fixtures, twins, mock }, { seed, start, key, scenario }) {
  const options = { seed, now: start * 1000, unknown: 'answer', scenario: scenario ?? [] };
  const engine = mock.engineOf({ contract, operations: Object.values(operations), fixtures, twins }, options);
  engine.world.tokens.key = key;
  engine.world.clock.freeze(start);
  const handlers = mock.handlersOf(engine, options).filter((handler) => 'info' in handler); // without those of sockets
  engine.runtime.later = (_seconds, act) => act();
  return { engine, handlers };
}

/** The request of a step. */
export function requestOf(engine, step) {
  const { port } = engine.contract.services[step.service];
  const { host: _, ...headers } = step.headers;
  const body = step.body && !BODILESS.includes(step.method) ? bytes(step.body) : undefined;
  const asked = new Request(`http://localhost:${port}${step.path}${step.query ? `?${step.query}` : ''}`, { method: step.method, headers, body, redirect: 'manual' });
  if (!('content-type' in headers)) asked.headers.delete('content-type');
  return asked;
}

/** What is compared of an answer; a body that is cut off is what came of it. */
export async function told(response) {
  const parts = [];
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader.read()) parts.push(...part.value);
  } catch {
    // cut off
  }
  return { status: response.status, media: response.headers.get('content-type'), answer: latin1(Uint8Array.from(parts)) };
}

/** What of a step is compared, bodies as JSON where they are. */
export function comparable({ status, media, answer, refused, acknowledged, frames }) {
  let body = answer;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes(answer ?? '')));
  } catch {
    // no JSON
  }
  return JSON.parse(JSON.stringify({ status, media: media ?? null, body, refused, acknowledged, frames }));
}
