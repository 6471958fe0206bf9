/** A page that is answered by exported handlers alone: what its sockets meet, as `window.story`. */
import { setupWorker } from 'msw/browser';
import { createHandlers as createCliick } from './cliick/handlers.js';
import { createHandlers } from './eventplatform/handlers.js';

const next = (socket, event) => new Promise((done) => socket.once(event, done));
const ask = (socket, event, data) => socket.timeout(5000).emitWithAck(event, data);
const figures = ({ availableTickets, lockedTickets }) => [availableTickets, lockedTickets];

/** Two sockets of the event platform: the first watches how the other locks seats and leaves. */
async function seats(transports) {
  const { io } = await import('socket.io-client');
  const open = (userId) => io('http://localhost:3001/realtime', { query: { userId }, forceNew: true, ...(transports && { transports }) });
  const [watcher, locker] = [open(1), open(2)];
  await Promise.all([next(watcher, 'connected'), next(locker, 'connected')]);
  while (!transports && watcher.io.engine.transport.name === 'polling') await new Promise((done) => setTimeout(done, 5));
  await ask(watcher, 'join-event-room', { eventId: 1 });
  const taken = next(watcher, 'availability-update');
  await ask(locker, 'lock-tickets', { eventId: 1, categoryId: 2, quantity: 3 });
  const told = [figures(await taken)];
  const returned = next(watcher, 'availability-update');
  locker.disconnect();
  told.push(figures(await returned));
  const transport = watcher.io.engine.transport.name;
  watcher.disconnect();
  return { told, transport };
}

/** A raw socket of Cliick.io: its first frame, or how it closed. */
function shop(query, frame) {
  return new Promise((done) => {
    const socket = new WebSocket(`ws://localhost:8080/ws${query}`);
    socket.onopen = () => socket.send(JSON.stringify(frame));
    socket.onmessage = ({ data }) => done(JSON.parse(data));
    socket.onclose = ({ code, reason }) => done({ code, reason });
  });
}

async function story() {
  await setupWorker(...createHandlers(), ...createCliick()).start({ quiet: true, onUnhandledRequest: 'error' });
  const { id } = (await (await fetch('http://localhost:3000/api/events/1/tickets')).json())[1];
  return {
    id,
    polling: await seats(['polling']),
    websocket: await seats(['websocket']),
    upgraded: await seats(),
    pong: await shop('', { event: 'ping', data: {} }),
    refused: await shop('?token=bad', {}),
  };
}

window.story = story().catch((error) => ({ failed: String(error.stack) }));
