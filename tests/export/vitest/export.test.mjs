/** A front end's tests, as docs/export.md has them. */
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { beforeAll, expect, test } from 'vitest';
import { createHandlers } from './eventplatform/handlers.js';
import { mock, server, shops } from './setup.mjs';

const API = 'http://localhost:3000/api';
// MSW 3 tells the handlers of every request in Node that its credentials are `same-origin`
const testOfCredentials = process.env.MSW === 'msw3' ? test.fails : test;
let io;

beforeAll(async () => {
  ({ io } = await import('socket.io-client'));
});

const ask = async (path, { body, token, method = body ? 'POST' : 'GET' } = {}) => {
  const headers = { ...(body && { 'content-type': 'application/json' }), ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${API}${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, json: await response.json() };
};
const signIn = async (username) => (await ask('/auth/login', { body: { username, password: 'password123' } })).json.access_token;
const vip = async () => (await ask('/events/1/tickets')).json[0];
const heard = (socket, name) => new Promise((done) => socket.once(name, done));
const order = { eventId: 1, categoryId: 1, quantity: 2 };

test('an order takes seats, and completes as time goes on', async () => {
  const token = await signIn('user@example.com');
  const made = await ask('/orders', { body: order, token });
  expect(made).toMatchObject({ status: 201, json: { status: 'pending', totalPrice: 300 } });
  expect((await vip()).availableSeats).toBe(73);
  mock.clock.advance('2s');
  expect(mock.snapshot().rows.orders.at(-1)).toMatchObject({ id: made.json.id, status: 'completed' }); // before anything is awaited
  expect((await ask(`/orders/${made.json.id}`, { token })).json.status).toBe('completed');
});

test('nothing of a test is left to the next', async () => {
  expect((await vip()).availableSeats).toBe(75);
  expect(mock.clock.now.toISOString()).toMatch(/^2026-01-01T12:00:0/);
});

test('a lock shows at once in the room, and is over after five minutes', async () => {
  const socket = io('http://localhost:3001/realtime', { query: { userId: 1 }, forceNew: true });
  await heard(socket, 'connected');
  socket.emit('join-event-room', { eventId: 1 });
  await heard(socket, 'joined-event-room');
  const [answer, update] = [heard(socket, 'lock-tickets-response'), heard(socket, 'availability-update')];
  socket.emit('lock-tickets', { eventId: 1, categoryId: 1, quantity: 5 });
  expect(await answer).toMatchObject({ success: true });
  expect(await update).toMatchObject({ lockedTickets: 5, availableTickets: 70 });
  const over = heard(socket, 'availability-update');
  mock.clock.advance('301s');
  expect(await over).toMatchObject({ lockedTickets: 0, availableTickets: 75 });
  const sent = heard(socket, 'order-completed');
  expect(mock.emit('order-completed', { id: 1 }, { room: 'user:1' })).toBe(1);
  expect(await sent).toEqual({ id: 1 });
  socket.close();
});

test('a situation, a fault and an answer of the test’s own', async () => {
  mock.scenario('sold-out-event');
  expect((await vip()).availableSeats).toBe(0);
  mock.fault({ kind: 'status', status: 503, match: { operation: 'listEvents' }, times: 1 });
  expect((await ask('/events')).status).toBe(503);
  expect((await ask('/events')).status).toBe(200);
  mock.override('getEvent', ({ params }) => (params.id === '2' ? HttpResponse.json({ mine: true }) : undefined));
  expect((await ask('/events/2')).json).toEqual({ mine: true });
  expect((await ask('/events/1')).json.idEvent).toBe(1);
  server.use(http.get(`${API}/events/1`, () => HttpResponse.json({ theirs: true })));
  expect((await ask('/events/1')).json).toEqual({ theirs: true });
});

test('state can be looked at, and gone back to', async () => {
  const token = await signIn('user@example.com');
  const before = mock.snapshot();
  await ask('/orders', { body: order, token });
  expect(mock.snapshot().rows.orders.length).toBe(before.rows.orders.length + 1);
  expect(before.rows.users[0]).not.toHaveProperty('passwordHash');
  mock.restore(before);
  expect((await vip()).availableSeats).toBe(75);
  expect((await ask('/orders', { token })).status).toBe(200);
  expect(() => mock.restore(structuredClone(before))).toThrow(/keep the object itself/);
});

test('what there is not is an error with what there is', () => {
  expect(() => createHandlers({ latncy: 5 })).toThrow("There is no option 'latncy'. Did you mean 'latency'?");
  expect(() => createHandlers({ baseUrls: { gatway: 'http://x' } })).toThrow("Did you mean 'gateway'?");
  expect(() => mock.scenario('sold-out')).toThrow("There is no scenario 'sold-out'. Did you mean 'sold-out-event'?");
  expect(() => mock.scenario('sold-out-event', { evnt: 1 })).toThrow("Did you mean 'event'?");
  expect(() => mock.override('getEvnt', () => undefined)).toThrow("Did you mean 'getEvent'?");
  expect(() => mock.emit('order-complete', {})).toThrow("Did you mean 'order-completed'?");
  expect(() => mock.clock.advance('5 minutes')).toThrow('is no duration such as 500ms');
  expect(() => createHandlers({ now: 'tomorrow' })).toThrow("'tomorrow' is no instant");
});

test.runIf(globalThis.WebSocket)('a plain WebSocket is answered', async () => {
  const socket = new WebSocket('ws://localhost:8080/ws');
  socket.onopen = () => socket.send(JSON.stringify({ event: 'ping', data: {} }));
  const { data } = await new Promise((done) => (socket.onmessage = done));
  expect(JSON.parse(data)).toEqual({ event: 'pong', data: {} });
  socket.close();
});

test('a cookie that is sent by hand signs in', async () => {
  const body = JSON.stringify({ email: 'test@example.com', password: 'password123' });
  const signedIn = await fetch('http://localhost:8080/api/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const cookie = signedIn.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  expect((await fetch('http://localhost:8080/api/shops/shop_123', { headers: { cookie } })).status).toBe(200);
});

testOfCredentials('cookies sign in, and a reset signs out', async () => {
  const shop = (path, more) => fetch(`http://localhost:8080/api${path}`, { credentials: 'include', ...more });
  const body = JSON.stringify({ email: 'test@example.com', password: 'password123' });
  expect((await shop('/shops/shop_123')).status).toBe(401);
  expect((await shop('/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status).toBe(200);
  expect((await shop('/shops/shop_123')).status).toBe(200);
  expect((await shop('/shops/shop_123', { credentials: 'omit' })).status).toBe(401);
  shops.reset();
  expect((await shop('/shops/shop_123')).status).toBe(401);
});

test('a base URL may be elsewhere, with its base path or without', async () => {
  for (const gateway of ['https://shop.example/v2', 'https://shop.example/v2/api']) {
    const other = setupServer(...createHandlers({ baseUrls: { gateway }, latency: [1, 5] }));
    server.close();
    other.listen({ onUnhandledRequest: 'error' });
    expect((await fetch('https://shop.example/v2/api/events/1')).status).toBe(200);
    expect((await fetch('https://shop.example/v2/nowhere')).status).toBe(404);
    other.close();
    server.listen({ onUnhandledRequest: 'error' });
  }
});
