import { API } from './backend';
import type { Credentials, Event, Order, OrderWithLock, Session, TicketCategory } from './types';

/** A refusal of the backend, in its own words. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

async function ask<T>(path: string, token?: string, body?: unknown): Promise<T> {
  const answer = await fetch(API + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...(token && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new ApiError(0, 'The backend does not answer.');
  });
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, said?.error ?? said?.message ?? `The backend answered ${answer.status}.`);
  return said as T;
}

export const signIn = (credentials: Credentials) => ask<Session>('/auth/login', undefined, credentials);
export const listEvents = () => ask<Event[]>('/events/upcoming');
export const getEvent = (id: number) => ask<Event>(`/events/${id}`);
export const listCategories = (event: number) => ask<TicketCategory[]>(`/events/${event}/tickets`);
export const listOrders = (token: string) => ask<Order[]>('/orders', token);
export const buy = (token: string, order: OrderWithLock) => ask<Order>('/orders/with-lock', token, order);

/** What a failure says to people. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
