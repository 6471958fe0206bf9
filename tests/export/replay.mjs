/** Repeats recorded traffic on exported handlers: `node replay.mjs FOLDER < sessions`, a session a line. Prints what differs, a JSON line each, then a summary. */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { getResponse } from 'msw';
import { comparable, engineOf, requestOf, told } from './replaying.mjs';

const folders = resolve(process.argv[2]);
const load = (backend, file) => import(pathToFileURL(`${folders}/${backend}/${file}`).href);
const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (act) => wait(act); // nobody waits for an answer that is held back

async function setUp(session) {
  const { backend } = session;
  const [{ contract }, operations, { fixtures }, mock, { Socket }, { Request: Asked }, { twins }] = await Promise.all([
    load(backend, 'contract.js'), load(backend, 'operations.js'), load(backend, 'fixtures.js'), load(backend, 'runtime/mock.js'),
    load(backend, 'runtime/rooms.js'), load(backend, 'runtime/call.js'), load(backend, 'twins.js').catch(() => ({})),
  ]);
  return { ...engineOf({ contract, operations, fixtures, twins, mock }, session), Socket, Asked, sockets: new Map(), frames: [] };
}

async function request(world, step) {
  const response = await getResponse(world.handlers, requestOf(world.engine, step));
  return response ? told(response) : { status: 'no handler' };
}

function open(world, step) {
  const { engine, Socket, Asked } = world;
  const frame = (name, data) => world.frames.push([step.socket, name, data]);
  const port = engine.contract.services[step.channel.split('/')[0]].port;
  const asked = new Asked({ method: 'GET', path: step.address, query: step.query, headers: step.headers, address: '127.0.0.1', host: `localhost:${port}` });
  const socket = new Socket({
    id: step.socket, channel: step.channel, deliver: ({ name, data }) => frame(name, data ? JSON.parse(data) : null), hang: (code) => frame('hang', code),
    opened: step.at, world: engine.world, request: asked, address: '127.0.0.1', path: { ...step.path },
  });
  try {
    engine.realtime.open(socket, engine.world, step.auth)();
    world.sockets.set(step.socket, socket);
    return { refused: null };
  } catch (problem) {
    const told = engine.realtime.refusal(socket, problem);
    if (told) socket.deliver(told);
    return { refused: String(problem.status ?? problem) };
  }
}

function message(world, { socket, name, data, asks, size }) {
  const acknowledged = [];
  const answer = asks ? (text) => acknowledged.push(text == null || text === '' ? null : JSON.parse(text)) : null;
  world.engine.realtime.take(world.sockets.get(socket), name, data, size, null, answer);
  return { acknowledged };
}

function close(world, { socket }) {
  world.engine.realtime.close(world.sockets.get(socket), world.engine.world);
  return {};
}

const ACTS = { request, open, message, close };

let [total, equal] = [0, 0];
for await (const line of createInterface({ input: process.stdin })) {
  const session = JSON.parse(line);
  const world = await setUp(session);
  for (const [number, step] of session.steps.entries()) {
    world.engine.world.clock.freeze(step.at);
    const made = { ...(await ACTS[step.kind](world, step)), frames: world.frames.splice(0) };
    const [wanted, found] = [comparable(step), comparable(made)];
    total += 1;
    if (isDeepStrictEqual(wanted, found)) equal += 1;
    else console.log(JSON.stringify({ backend: session.backend, seed: session.seed, number, step, wanted, found }));
  }
}
console.log(JSON.stringify({ total, equal }));
process.exit(0);
