/** Mistakes that the types of an export must find: a line without an error is an error of its own. */
import { HttpResponse } from 'msw';
import { createHandlers, createHandlersOf } from './eventplatform/handlers.js';
import type { Event, Order, OrderCreate } from './eventplatform/handlers.js';

// @ts-expect-error a service that there is not
createHandlers({ baseUrls: { getaway: 'http://localhost' } });
// @ts-expect-error a scenario that there is not
createHandlers({ scenario: 'sold-out' });
const mock = createHandlers();
// @ts-expect-error an operation that there is not
mock.handler('createOder');
// @ts-expect-error a name in place of the operation
createHandlersOf(['createOrder']);
// @ts-expect-error a body that no answer has
mock.override('createOrder', () => HttpResponse.json({ orderId: 1 }, { status: 201 }));
// @ts-expect-error a parameter that the path lacks
mock.override('getEvent', ({ params }) => new Response(params.idEvent));
// @ts-expect-error a message without its data
mock.emit('order-completed', { orderId: 1 });
// @ts-expect-error a state that no order has
export const status: Order['status'] = 'done';
// @ts-expect-error what is required is left out
export const order: OrderCreate = { eventId: 1, categoryId: 1 };
// @ts-expect-error what may be absent is used unasked
export const length = (event: Event): number => event.description.length;
// @ts-expect-error a kind of fault that there is not
mock.fault({ kind: 'late' });
// @ts-expect-error a snapshot is nobody else's
mock.restore({});
