/** socket.io-client and WebSocket in the process of exported handlers, as a front end's tests have them. */
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { setupServer } from 'msw/node';
import { createHandlers as createCliick } from './cliick/handlers.js';
import { createHandlers } from './eventplatform/handlers.js';

const mock = createHandlers();
const server = setupServer(...mock, ...createCliick({ baseUrls: { api: 'http://localhost:8080/below' } }));
server.listen({ onUnhandledRequest: 'error' });
const { io } = await import('socket.io-client'); // which keeps the WebSocket that it finds
const engine = await import('engine.io-client');
const URLS = { gateway: 'http://localhost:3000/api', realtime: 'http://localhost:3001' };
const TRANSPORTS = {
  polling: ['polling'],
  'polling by fetch': [engine.Fetch],
  websocket: [engine.WebSocket],
  'polling, then websocket': [engine.Fetch, engine.WebSocket],
  'as they are': undefined,
};
const AT_ONCE = { reconnectionDelay: 10, reconnectionDelayMax: 20 };
const sockets = new Set();

afterEach(() => {
  for (const socket of sockets) socket.disconnect();
  sockets.clear();
  mock.reset();
});
after(() => server.close());

function open(query, options = {}, namespace = '/realtime') {
  const given = Object.fromEntries(Object.entries({ transports: ['polling'], ...options }).filter(([, value]) => value !== undefined));
  const socket = io(URLS.realtime + namespace, { query, forceNew: true, reconnection: false, ...given });
  sockets.add(socket);
  return socket;
}

/** The data of the next event of a socket. */
const next = (socket, event) =>
  new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`there came no ${event}`)), 5000);
    socket.once(event, (data) => {
      clearTimeout(late);
      done(data);
    });
  });

/** What a socket meets, until one event. */
async function story(socket, last) {
  const met = [];
  socket.on('connect', () => met.push(['connect']));
  socket.onAny((event, data) => met.push([event, data]));
  const reason = await next(socket, last);
  return [...met, [last, reason]];
}

const ask = (socket, event, data) => socket.timeout(5000).emitWithAck(event, data);

async function enter(userId, options) {
  const socket = open({ userId }, options);
  await next(socket, 'connected');
  return socket;
}

const figures = ({ availableTickets, lockedTickets }) => [availableTickets, lockedTickets];
const seats = (quantity) => ({ eventId: 1, categoryId: 2, quantity });
const free = async () => (await (await fetch(`${URLS.gateway}/events/1/tickets`)).json())[1].availableSeats;

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  test(`a socket is greeted, asks and is answered: ${name}`, async () => {
    const socket = open({ userId: 1 }, { transports });
    const greeting = await next(socket, 'connected');
    assert.deepEqual(greeting, { success: true, sessionId: socket.id, message: 'Connected to realtime service' });
    assert.ok('timestamp' in (await ask(socket, 'heartbeat')));
  });

  test(`who is not known is connected, told so and sent away: ${name}`, async () => {
    const met = await story(open({ userId: 999 }, { transports }), 'disconnect');
    assert.deepEqual(met, [['connect'], ['error', { message: 'Unauthorized' }], ['disconnect', 'io server disconnect']]);
  });

  test(`an unknown namespace is refused: ${name}`, async () => {
    assert.equal((await next(open({ userId: 1 }, { transports }, '/nowhere'), 'connect_error')).message, 'Invalid namespace');
  });

  test(`a socket that is reset comes back by itself: ${name}`, async () => {
    const socket = await enter(1, { transports, reconnection: true, ...AT_ONCE });
    const first = socket.id;
    mock.reset();
    assert.notEqual((await next(socket, 'connected')).sessionId, first);
  });
}

test('polling is upgraded, and nothing is lost meanwhile', async () => {
  const socket = open({ userId: 1 }, { transports: [engine.Fetch, engine.WebSocket] });
  const upgraded = next(socket.io.engine, 'upgrade');
  await next(socket, 'connected');
  const answers = Array.from({ length: 5 }, () => ask(socket, 'heartbeat'));
  await upgraded;
  answers.push(...Array.from({ length: 5 }, () => ask(socket, 'heartbeat')));
  assert.equal((await Promise.all(answers)).length, 10);
  assert.equal(socket.io.engine.transport.name, 'websocket');
});

test('two clients of a room hear of each other, and what one holds comes free when it goes', async () => {
  const [watcher, locker] = [await enter(1), await enter(2, { transports: [engine.WebSocket] })];
  await ask(watcher, 'join-event-room', { eventId: 1 });
  const before = await free();
  const taken = next(watcher, 'availability-update');
  assert.ok((await ask(locker, 'lock-tickets', seats(2))).success);
  assert.deepEqual(figures(await taken), [before - 2, 2]);
  const returned = next(watcher, 'availability-update');
  locker.disconnect();
  assert.deepEqual(figures(await returned), [before, 0]);
});

test('a lock ends when the clock says so', async () => {
  const [watcher, locker] = [await enter(1), await enter(2)];
  await ask(watcher, 'join-event-room', { eventId: 1 });
  const locked = next(watcher, 'availability-update');
  await ask(locker, 'lock-tickets', seats(2));
  assert.equal(figures(await locked)[1], 2);
  const ended = next(watcher, 'availability-update');
  mock.clock.advance('6m');
  assert.equal(figures(await ended)[1], 0);
});

test('a message is sent by hand to a room', async () => {
  const [inside, outside] = [await enter(1), await enter(2)];
  await ask(inside, 'join-event-room', { eventId: 1 });
  outside.on('availability-update', () => assert.fail('it is not in the room'));
  const heard = next(inside, 'availability-update');
  assert.equal(mock.emit('availability-update', { eventId: 1 }, { room: 'event:1' }), 1);
  assert.deepEqual(await heard, { eventId: 1 });
  await ask(outside, 'heartbeat');
});

test('faults drop, double and delay frames, and close sockets', async () => {
  const socket = await enter(1);
  const answers = [];
  socket.on('heartbeat-response', () => answers.push(Date.now()));
  mock.fault({ kind: 'drop', match: { message: 'heartbeat' }, times: 1 });
  socket.emit('heartbeat');
  await ask(socket, 'heartbeat');
  assert.equal(answers.length, 1);
  mock.fault({ kind: 'duplicate', match: { message: 'heartbeat-response' }, times: 1 });
  await ask(socket, 'heartbeat');
  assert.equal(answers.length, 3);
  mock.fault({ kind: 'delay', ms: 100, match: { direction: 'in' }, times: 1 });
  const asked = Date.now();
  await ask(socket, 'heartbeat');
  assert.ok(answers.at(-1) - asked >= 95);
  mock.fault({ kind: 'kick', match: { user: '1' } });
  const gone = next(socket, 'disconnect');
  socket.emit('heartbeat');
  assert.equal(await gone, 'io server disconnect');
});

test('a frame that waits is overtaken by the next', async () => {
  const socket = await enter(1);
  mock.fault({ kind: 'reorder', match: { direction: 'in', message: 'get-my-locks' }, times: 1 });
  const met = story(socket, 'my-locks-response');
  socket.emit('get-my-locks');
  socket.emit('heartbeat');
  assert.deepEqual((await met).map(([event]) => event), ['heartbeat-response', 'my-locks-response', 'my-locks-response']);
});

test('a binary payload is refused in words', async () => {
  const socket = await enter(1, { transports: [engine.WebSocket] });
  const reply = await ask(socket, 'lock-tickets', new Uint8Array([1, 2]));
  assert.deepEqual(reply, { success: false, message: "The payload is no JSON: Unsupported type: 'bytes'" });
});

/** A raw socket of a shop: its frames, and how it closed. */
function shop(query = '', protocols = []) {
  const socket = new WebSocket(`ws://localhost:8080/below/ws${query}`, protocols);
  const frames = [];
  socket.onmessage = ({ data }) => frames.push(JSON.parse(data));
  const until = (count) =>
    new Promise((done) => {
      const look = () => (frames.length >= count ? done(frames) : setTimeout(look, 5));
      look();
    });
  const closed = new Promise((done) => {
    socket.onclose = ({ code, reason }) => done([code, reason]);
  });
  const opened = new Promise((done) => {
    socket.onopen = () => done(true);
  });
  return { socket, until, closed, opened, send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)) };
}

test('a raw socket pings, and hears why a frame is none', async () => {
  const { opened, send, until, socket } = shop('', ['chat', 'other']);
  await opened;
  assert.equal(socket.protocol, 'chat');
  send({ event: 'ping', data: {} });
  send('{nope');
  const [pong, error] = await until(2);
  assert.deepEqual(pong, { event: 'pong', data: {} });
  assert.match(error.data.message, /^The frame is no JSON: unexpected character, expected a string key: line 1 column 2 \(char 1\)$/);
  socket.send(new Uint8Array([1]));
  socket.send(new Blob(['x']));
  send({ event: 'ping', data: {} });
  assert.deepEqual((await until(5)).slice(2).map(({ event }) => event), ['error', 'error', 'pong']);
  socket.close();
});

test('a raw socket that is refused is open first, then closed with the reason', async () => {
  const { opened, closed } = shop('?token=bad');
  assert.ok(await opened);
  assert.deepEqual(await closed, [4401, 'The token is missing or not valid']);
});

test('the cookie of a login is the token of a socket', async () => {
  const body = JSON.stringify({ email: 'test@example.com', password: 'password123' });
  const answer = await fetch('http://localhost:8080/below/api/auth/login', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  assert.equal(answer.status, 200);
  const { opened, send, until, socket } = shop();
  await opened;
  send({ event: 'shop:join', data: { shopId: 'shop_123' } });
  send({ event: 'ping', data: {} });
  assert.deepEqual((await until(1)).map(({ event }) => event), ['pong']);
  socket.close();
});
