/** Repeats recorded traffic under faults on exported engines: `node faults.mjs FOLDER < session`. Prints what differs, a JSON line each, then how much was compared. */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const load = (backend, file) => import(pathToFileURL(resolve(process.argv[2], backend, file)).href);
const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const round = (number) => Number(number.toFixed(6));

async function setUp({ backend, seed, start, key }) {
  const files = ['contract', 'operations', 'fixtures', 'runtime/mock', 'runtime/rooms', 'runtime/call', 'runtime/faults'];
  const [{ contract }, operations, { fixtures }, { engineOf }, { Socket }, { Request }, { declare }] = await Promise.all(
    files.map((file) => load(backend, `${file}.js`)),
  );
  const { twins } = await load(backend, 'twins.js').catch(() => ({}));
  const engine = engineOf({ contract, operations: Object.values(operations), fixtures, twins }, { seed, now: start * 1000 });
  engine.world.tokens.key = key;
  return { engine, Socket, Request, declare, sockets: new Map(), frames: [] };
}

const ACTS = {
  fault: ({ engine, declare }, { data }) => ({ id: declare(engine.world, data).id }),

  request({ engine, Request }, { service, method, path, query, headers, body }) {
    const answer = engine.handle(service, new Request({ method, path, query, headers, body: bytes(body), host: 'localhost' }));
    const struck = answer.headers.find(([name]) => name === 'understudy-fault')?.[1] ?? null;
    const text = typeof answer.body === 'string' ? new TextEncoder().encode(answer.body) : answer.body;
    return { status: answer.status, delay: round(answer.delay), kept: answer.kept ?? null, struck, answer: [...text] };
  },

  open(world, { socket: id, channel, query, headers, path, address, auth }) {
    const { engine, Socket, Request } = world;
    const request = new Request({ method: 'GET', path: address, query, headers, host: 'localhost' });
    const deliver = ({ name, data }) => world.frames.push([id, name, data ? JSON.parse(data) : null]);
    const hang = (code, reason) => world.frames.push([id, 'hang', code, reason]);
    const socket = new Socket({ id, channel, deliver, hang, world: engine.world, request, path: { ...path } });
    try {
      engine.realtime.open(socket, engine.world, auth)();
      world.sockets.set(id, socket);
      return { refused: null };
    } catch (problem) {
      const told = engine.realtime.refusal(socket, problem);
      if (told) deliver(told);
      return { refused: problem.status };
    }
  },

  message({ engine, sockets }, { socket, name, data, size, asks }) {
    const acknowledged = [];
    const answer = asks ? (text) => acknowledged.push(text ? JSON.parse(text) : null) : null;
    engine.realtime.take(sockets.get(socket), name, data, size, null, answer);
    return { acknowledged };
  },

  close({ engine, sockets }, { socket }) {
    engine.realtime.close(sockets.get(socket), engine.world);
    return {};
  },
};

/** What was made of a step, a body as JSON where it is. loose: the body holds what is written otherwise there, so that its length is another. */
function comparable({ answer, kept, ...made }, loose) {
  if (answer === undefined || loose) return made;
  made.kept = kept;
  try {
    return { ...made, body: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(answer))) };
  } catch {
    return { ...made, body: answer };
  }
}

let total = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const session = JSON.parse(line);
  const world = await setUp(session);
  for (const [number, { kind, at, made: wanted, loose, ...step }] of session.steps.entries()) {
    world.engine.world.clock.freeze(at);
    const found = { ...ACTS[kind](world, step), frames: world.frames.splice(0) };
    total += 1;
    const [one, other] = [wanted, JSON.parse(JSON.stringify(found))].map((made) => comparable(made, loose));
    if (!isDeepStrictEqual(one, other)) console.log(JSON.stringify({ backend: session.backend, number, kind, step, wanted: one, found: other }));
  }
}
console.log(total);
process.exit(0);
