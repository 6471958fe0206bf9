/**
 * Exported handlers behind real ports, so that what tests a running mock can test them as well.
 *
 * Takes the folder of an export, and options of `createHandlers` as JSON; prints what `understudy mock --json` prints of its services.
 */
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { getResponse } from 'msw';
import { WebSocketServer } from 'ws';

const [folder, options = '{}'] = process.argv.slice(2);
const [{ createHandlers }, { contract }] = await Promise.all(['handlers', 'contract'].map((name) => import(pathToFileURL(`${folder}/${name}.js`))));
const upgrades = new WebSocketServer({ noServer: true });
let mock;

const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));
const handlers = (wanted) => mock.handlers.filter(({ kind }) => kind === wanted);
const bodiless = (method) => method === 'GET' || method === 'HEAD';

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function failed(error, response) {
  console.error(error);
  response.destroy();
}

async function answer(origin, request, response) {
  const body = await bodyOf(request);
  if (request.url === '/__admin/clock/advance') {
    mock.clock.advance(`${Math.round(JSON.parse(body).seconds * 1000)}ms`);
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
  if (request.method === 'TRACE') return response.writeHead(405, { allow: 'GET' }).end(); // which a Request can't have
  const gone = new AbortController();
  response.on('close', () => response.writableFinished || gone.abort());
  const { method, headers } = request;
  const asked = new Request(origin + request.url, { method, headers, body: bodiless(method) ? undefined : body, signal: gone.signal });
  const found = (await getResponse(handlers('request'), asked)) ?? new Response('No handler', { status: 501 });
  const told = [...found.headers].filter(([name]) => name !== 'set-cookie');
  const cookies = found.headers.getSetCookie().map((cookie) => ['set-cookie', cookie]);
  return response.writeHead(found.status, [...told, ...cookies].flat()).end(Buffer.from(await found.arrayBuffer()));
}

/** A WebSocket as MSW hands it to its handlers. */
function clientOf(socket, url) {
  const client = Object.assign(new EventTarget(), {
    id: crypto.randomUUID(),
    url: new URL(url),
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  });
  socket.on('message', (data, isBinary) => client.dispatchEvent(new MessageEvent('message', { data: isBinary ? new Uint8Array(data) : String(data) })));
  socket.on('close', (code, reason) => client.dispatchEvent(Object.assign(new Event('close'), { code, reason: String(reason) })));
  return client;
}

async function serve() {
  const server = createServer();
  const origin = `http://127.0.0.1:${await listen(server)}`;
  server.on('request', (request, response) => answer(origin, request, response).catch((error) => failed(error, response)));
  server.on('upgrade', (request, connection, head) => {
    upgrades.handleUpgrade(request, connection, head, async (socket) => {
      const connecting = { client: clientOf(socket, origin.replace('http', 'ws') + request.url), server: new EventTarget() };
      const protocols = request.headers['sec-websocket-protocol']?.split(/, */);
      globalThis.document = { cookie: request.headers.cookie ?? '' }; // as a page has it, whose socket this could be
      const taken = handlers('websocket').map((handler) => handler.run({ ...connecting, info: { protocols } }));
      delete globalThis.document;
      if ((await Promise.all(taken)).every((found) => !found)) socket.terminate();
    });
  });
  return origin;
}

const urls = Object.fromEntries(await Promise.all(Object.keys(contract.services).map(async (name) => [name, await serve()])));
mock = createHandlers({ baseUrls: urls, ...JSON.parse(options) });
const services = Object.entries(urls).map(([name, url]) => ({ name, url, base: url + contract.services[name].base }));
console.log(JSON.stringify({ backends: [{ name: contract.name, services }] }));
