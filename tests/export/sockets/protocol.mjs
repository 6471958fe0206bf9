/** Engine.IO and Socket.IO of the exported runtime as the wire carries them, by hand, over an engine that only notes what it is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketIO } from './eventplatform/runtime/socketio.js';
import { Problem } from './eventplatform/runtime/problem.js';
import { RESTART } from './eventplatform/runtime/rooms.js';

const NAMESPACE = '/realtime';
const EVENT = `42${NAMESPACE},`;

/** Lets what waits in microtasks, and what a timer has due at once, happen. */
const settle = () => new Promise((done) => setTimeout(done, 5));

/** An engine whose channel answers `echo` with the payload, sends `hello` to who comes in, and refuses who says `nobody`. */
function engine({ refuseAs } = {}) {
  const told = [];
  const channel = (id, address) => ({
    id, service: 'live', address, opening: { words: refuseAs ? { refuse_as: refuseAs } : {} }, socketio: { path: '/socket.io/', transports: ['polling', 'websocket'] },
  });
  const realtime = {
    sockets: [],
    open(socket, _world, auth) {
      if (auth?.token === 'nobody') throw new Problem(401, null, 'Unauthorized');
      this.sockets.push(socket);
      told.push(['open', socket.channel, auth]);
      return () => socket.deliver({ name: 'hello', data: '{"in":true}' });
    },
    take(socket, name, data, _size, _broken, answer) {
      told.push(['take', name, data]);
      if (name === 'echo') socket.deliver({ name: 'echoed', data: JSON.stringify(data) });
      answer?.(name === 'echo' ? JSON.stringify(data) : '');
    },
    close: (socket) => told.push(['close', socket.channel]),
    refusal: (_socket, problem) => ({ name: 'error', data: JSON.stringify({ message: problem.detail }) }),
  };
  const runtime = { titles: {}, codes: {}, details: {}, later: (seconds, act) => setTimeout(act, seconds * 1000) };
  const mock = { realtime, runtime, world: { clock: { now: 0 } } };
  return { server: new SocketIO(mock, [channel('realtime', NAMESPACE), channel('root', '/')]), realtime, told };
}

const request = (query) => ({ query: new URLSearchParams({ EIO: 4, ...query }).toString(), address: '127.0.0.1' });

/** A WebSocket of a server: what it was sent, and how it ended. */
function websocket({ server }, query = {}) {
  const sent = [];
  const socket = { sent, ended: null, take: () => sent.splice(0) };
  const out = { send: (text) => sent.push(text), close: (how) => (socket.ended ??= how) };
  return Object.assign(socket, server.connect(request({ transport: 'websocket', ...query }), out));
}

/** A WebSocket whose namespace is open. */
function opened(mock, namespace = NAMESPACE) {
  const socket = websocket(mock);
  socket.receive(`40${namespace},`);
  socket.take();
  return socket;
}

async function polling(mock) {
  const first = await mock.server.get(request({ transport: 'polling' }));
  const sid = JSON.parse(first.text.slice(1)).sid;
  const query = request({ transport: 'polling', sid });
  return { sid, get: () => mock.server.get(query), post: (...packets) => mock.server.post(query, packets.join('\x1e')) };
}

test('the handshake says what the Python server says', async () => {
  const { text } = await engine().server.get(request({ transport: 'polling' }));
  const { sid, ...rest } = JSON.parse(text.slice(1));
  assert.match(sid, /^[\w-]{20}$/);
  assert.deepEqual(rest, { upgrades: ['websocket'], pingTimeout: 20000, pingInterval: 25000, maxPayload: 1000000 });
  assert.deepEqual(JSON.parse(websocket(engine()).sent[0].slice(1)).upgrades, []);
});

test('what an opening sends comes after the client is in', () => {
  const mock = engine();
  const socket = websocket(mock);
  socket.receive(`40${NAMESPACE},{"token":"t"}`);
  const [, welcome, hello] = socket.sent;
  assert.equal(welcome, `40${NAMESPACE},{"sid":"${mock.realtime.sockets[0].id}"}`);
  assert.equal(hello, `${EVENT}["hello",{"in":true}]`);
  assert.deepEqual(mock.told, [['open', 'live/realtime', { token: 't' }]]);
});

test('an empty auth object is none', () => {
  const mock = engine();
  websocket(mock).receive(`40${NAMESPACE},{}`);
  assert.deepEqual(mock.told, [['open', 'live/realtime', null]]);
});

test('the reply comes before the acknowledgement', () => {
  const socket = opened(engine());
  socket.receive(`${EVENT}007["echo",{"a":1}]`);
  assert.deepEqual(socket.take(), [`${EVENT}["echoed",{"a":1}]`, `43${NAMESPACE},7[{"a":1}]`]);
  socket.receive(`${EVENT}8["other"]`);
  assert.deepEqual(socket.take(), [`43${NAMESPACE},8[]`]);
});

test('the default namespace has no prefix', () => {
  const socket = websocket(engine());
  socket.receive('40');
  assert.match(socket.sent[1], /^40\{"sid":/);
  socket.receive('421["echo",1]');
  assert.deepEqual(socket.sent.slice(3), ['42["echoed",1]', '431[1]']);
});

test('a refused opening is a connect_error', () => {
  const mock = engine();
  const socket = websocket(mock);
  socket.receive(`40${NAMESPACE},{"token":"nobody"}`);
  socket.receive('40/nope,');
  assert.deepEqual(socket.sent.slice(1), [`44${NAMESPACE},{"message":"Unauthorized"}`, '44/nope,{"message":"Invalid namespace"}']);
  socket.receive(`40${NAMESPACE},`);
  assert.equal(mock.told.length, 1);
});

test('where a refusal is a message, the client is let in, told and sent away', async () => {
  const mock = engine({ refuseAs: 'message' });
  const socket = websocket(mock);
  socket.receive(`40${NAMESPACE},{"token":"nobody"}`);
  socket.receive(`${EVENT}1["echo"]`);
  assert.match(socket.sent[1], /^40/);
  assert.deepEqual(socket.sent.slice(2), [`${EVENT}["error",{"message":"Unauthorized"}]`]);
  await new Promise((done) => setTimeout(done, 80));
  assert.deepEqual(socket.sent.slice(3), [`41${NAMESPACE},`]);
  assert.deepEqual(mock.told, []);
});

test('a namespace is opened once for a connection', () => {
  const socket = opened(engine());
  socket.receive(`40${NAMESPACE},`);
  assert.deepEqual(socket.take(), [`44${NAMESPACE},"Unable to connect"`]);
});

test('an event before the namespace is open does nothing', () => {
  const mock = engine();
  const socket = websocket(mock);
  socket.receive(`${EVENT}1["echo"]`);
  assert.deepEqual([socket.sent.length, mock.told], [1, []]);
});

for (const packet of ['42/realtime,{}', '42/realtime,[]', '42/realtime,', '42/realtime,5', '49/realtime,', '42/realtime,[nope', '44/realtime,', '4x', `42/realtime,${'1'.repeat(101)}["a"]`]) {
  test(`what is no packet ends the connection: ${packet.slice(0, 30)}`, () => {
    const mock = engine();
    const socket = opened(mock);
    socket.receive(packet);
    assert.deepEqual(socket.take(), ['6', '1']);
    assert.equal(socket.ended.code, 1000);
    assert.deepEqual(mock.told.at(-1), ['close', 'live/realtime']);
    socket.closed();
    assert.equal(mock.server.open.size, 0);
  });
}

for (const packet of ['7', 'nope', '']) {
  test(`what Engine.IO does not know ends the WebSocket: '${packet}'`, () => {
    const mock = engine();
    const socket = opened(mock);
    socket.receive(packet);
    assert.equal(socket.ended.code, 1000);
    assert.deepEqual(mock.told.at(-1), ['close', 'live/realtime']);
  });
}

test('an event with a reserved name is an event', () => {
  const mock = engine();
  opened(mock).receive(`${EVENT}["disconnect",1]`);
  assert.deepEqual(mock.told.at(-1), ['take', 'disconnect', 1]);
});

test('binary attachments come into their places', () => {
  const mock = engine();
  const socket = opened(mock);
  socket.receive(`451-${NAMESPACE},["file",{"a":{"_placeholder":true,"num":0}}]`);
  socket.receive(new Uint8Array([1, 2]));
  assert.deepEqual(mock.told.at(-1), ['take', 'file', { a: new Uint8Array([1, 2]) }]);
});

test('more attachments than ten, or one that nobody waits for, end the connection', () => {
  for (const packets of [[`4511-${NAMESPACE},["file"]`], [new Uint8Array([1])], [`450-${NAMESPACE},["file"]`, new Uint8Array([1])]]) {
    const socket = opened(engine());
    packets.forEach((packet) => socket.receive(packet));
    assert.ok(socket.ended);
  }
});

test('a client that leaves a namespace keeps its connection', () => {
  const mock = engine();
  const socket = opened(mock);
  socket.receive(`41${NAMESPACE},`);
  assert.deepEqual([socket.take(), mock.told.at(-1)], [[], ['close', 'live/realtime']]);
  socket.receive(`40${NAMESPACE},`);
  assert.match(socket.sent[0], /^40/);
});

test('a socket that is hung up is sent away, one of a restart loses its connection', async () => {
  const mock = engine();
  const socket = opened(mock);
  mock.realtime.sockets[0].hang(4000, 'kicked');
  await settle();
  assert.deepEqual([socket.take(), socket.ended], [[`41${NAMESPACE},`], null]);
  socket.receive(`40${NAMESPACE},`);
  socket.take();
  mock.realtime.sockets[1].hang(RESTART, 'restart');
  await settle();
  assert.deepEqual([socket.take(), socket.ended.code], [['6', '1'], 1000]);
});

test('polling carries several packets at once, in both directions', async () => {
  const mock = engine();
  const client = await polling(mock);
  assert.equal(client.post(`40${NAMESPACE},`, `${EVENT}1["echo",2]`).text, 'OK');
  const { text, type } = await client.get();
  assert.deepEqual([text.split('\x1e').slice(1), type], [[`${EVENT}["hello",{"in":true}]`, `${EVENT}["echoed",2]`, `43${NAMESPACE},1[2]`], 'text/plain; charset=UTF-8']);
});

test('a poll waits for what comes, and gets all of it', async () => {
  const mock = engine();
  const client = await polling(mock);
  const poll = client.get();
  await settle();
  client.post('40');
  assert.equal((await poll).text.split('\x1e').length, 2);
});

test('a client that closes has its poll answered, and its session is gone', async () => {
  const mock = engine();
  const client = await polling(mock);
  client.post('40');
  await client.get();
  const poll = client.get();
  client.post('1');
  assert.equal((await poll).text, '6');
  assert.deepEqual(mock.told.at(-1), ['close', 'live/root']);
  assert.equal((await client.get()).status, 400);
});

test('what is no payload ends the session', async () => {
  for (const body of ['2', 'x', '0', '4\x1e', 'bAA', '40\x1e'.repeat(1001)]) {
    const mock = engine();
    const client = await polling(mock);
    client.post('40');
    await client.get();
    const poll = client.get();
    assert.deepEqual(client.post(body), { status: 400, text: 'This is no payload of a session that is open.', type: 'text/plain' }, body);
    assert.equal((await poll).text, '6');
    assert.deepEqual(mock.told.at(-1), ['close', 'live/root']);
  }
});

test('polling carries binary attachments in base64', async () => {
  const mock = engine();
  const client = await polling(mock);
  client.post('40', '451-["file",{"_placeholder":true,"num":0}]', 'bAQI=');
  assert.deepEqual(mock.told.at(-1), ['take', 'file', new Uint8Array([1, 2])]);
});

test('a poll whose client went away ends its session', async () => {
  const mock = engine();
  const client = await polling(mock);
  client.post('40');
  await client.get();
  const gone = new AbortController();
  const poll = mock.server.get(request({ transport: 'polling', sid: client.sid }), gone.signal);
  gone.abort();
  await poll;
  assert.deepEqual(mock.told.at(-1), ['close', 'live/root']);
});

test('requests that lead nowhere are refused as the Python server does', async () => {
  const { server } = engine();
  const asked = async (query) => (await server.get({ query, address: '' })).text;
  assert.equal(await asked('EIO=3&transport=polling'), '"The client is using an unsupported version of the Socket.IO or Engine.IO protocols"');
  assert.equal(await asked('EIO=4&transport=carrier'), '"Invalid transport"');
  assert.equal(await asked('EIO=4&transport=polling&sid=none'), '"Invalid session none"');
  assert.equal(await asked('EIO=4&transport=websocket'), '"Invalid websocket upgrade"');
  assert.equal(server.post({ query: 'EIO=4&transport=polling' }, '40').text, '"Invalid session None"');
});

test('an upgrade ends the poll, then carries what waits', async () => {
  const mock = engine();
  const client = await polling(mock);
  client.post('40');
  await client.get();
  const poll = client.get();
  const socket = websocket(mock, { sid: client.sid });
  socket.receive('2probe');
  assert.deepEqual(socket.take(), ['3probe']);
  assert.equal((await poll).text, '6');
  assert.equal((await client.get()).text, '6');
  mock.realtime.sockets[0].deliver({ name: 'late', data: '1' });
  assert.deepEqual(socket.take(), []);
  socket.receive('5');
  assert.deepEqual(socket.take(), ['42["late",1]']);
  assert.equal((await client.get()).text, '"Unexpected HTTP request"');
  assert.ok(websocket(mock, { sid: client.sid }).ended);
  socket.closed();
  assert.deepEqual(mock.told.at(-1), ['close', 'live/root']);
});

test('an upgrade that fails leaves the polling as it was', async () => {
  for (const packets of [['40'], ['2probe', '40']]) {
    const mock = engine();
    const client = await polling(mock);
    client.post('40');
    await client.get();
    const socket = websocket(mock, { sid: client.sid });
    packets.forEach((packet) => socket.receive(packet));
    assert.ok(socket.ended);
    socket.closed();
    client.post('421["echo",1]');
    assert.match((await client.get()).text, /\["echoed",1\]/);
  }
});

test('the server pings, and gives up who does not answer', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const mock = engine();
  const [lively, silent] = [opened(mock), opened(mock)];
  context.mock.timers.tick(25_000);
  assert.deepEqual([lively.take(), silent.take()], [['2'], ['2']]);
  lively.receive('3');
  context.mock.timers.tick(20_000);
  assert.deepEqual([lively.ended, silent.ended.code], [null, 1000]);
  context.mock.timers.tick(5_000);
  assert.deepEqual(lively.take(), ['2']);
});
