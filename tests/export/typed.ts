/** Types of an export, used as a front end uses them: `tsc --strict` reads it, nothing runs it. */
import { HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import type { Socket } from 'socket.io-client';
import { createHandlers, createHandlersOf, createOrder, listEvents } from './eventplatform/handlers.js';
import type { Answers, ClientMessages, Event, Listeners, Messages, Mock, Operations, Order, Snapshot } from './eventplatform/handlers.js';
import type { Messages as Frames, VideoUpload } from './watchparty/handlers.js';

export const mock: Mock = createHandlers({
  baseUrls: { gateway: 'https://api.example.com' },
  seed: 7,
  latency: [20, 200],
  scenario: ['sold-out-event', 'slow-network'],
  now: '2026-01-01T12:00:00Z',
  unknown: 'pass',
});
export const server = setupServer(...mock);
server.use(mock.handler('createOrder'), ...createHandlersOf([createOrder, listEvents]));

export function steer(): string {
  const snapshot: Snapshot = mock.snapshot();
  mock.clock.freeze(new Date(0));
  mock.clock.advance('5m');
  mock.clock.advance(301_000);
  mock.clock.run(60);
  mock.scenario('sold-out-event', { event: 5 });
  const fault: string = mock.fault({ kind: 'status', status: 503, match: { operation: ['listEvents', 'getEvent'] }, ttl: '5m' });
  mock.override('createOrder', async ({ request, params }) => {
    const body = await request.json();
    const none: {} = params;
    if (body.quantity > 4) return HttpResponse.json({ statusCode: 409, message: 'Conflict', error: `Only 4 left${none}` }, { status: 409 });
    return undefined;
  });
  mock.override('getEvent', ({ params }) => new Response(params.id.toUpperCase(), { status: 500 }));
  const reached: number = mock.emit('order-completed', { orderId: 1, eventId: 1, categoryId: 1, quantity: 2, message: 'Done' }, { room: 'user:1' });
  mock.restore(snapshot);
  mock.reset();
  return `${reached} ${fault} ${snapshot.rows['orders']?.length} ${mock.clock.now.toISOString()} ${mock.handlers.length}`;
}

export function show(order: Order, events: Operations['listEvents']['responses'][200]): string {
  const status: 'pending' | 'confirmed' | 'cancelled' | 'completed' = order.status;
  const first: Event | undefined = events[0];
  return `${status} ${order.notes?.length} ${first?.ticketCategories.map((category) => category.availableSeats)}`;
}

export function listen(socket: Socket<Listeners<Messages>, Listeners<ClientMessages>>): void {
  socket.on('availability-update', ({ availableTickets }) => availableTickets.toFixed());
  socket.on('lock-tickets-response', (answer) => (answer.success ? answer.lockId : answer.message));
  socket.emit('lock-tickets', { eventId: 1, categoryId: 1, quantity: 2 });
  socket.emit('get-my-locks');
}

export const answers = (body: Answers<'createOrder'>): string => ('orderId' in body ? 'never' : JSON.stringify(body));
export const upload: VideoUpload['file'] = new Blob(['x']);
export const frame = (frames: Frames): string => frames.sync.type;
