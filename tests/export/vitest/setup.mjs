/** What docs/export.md has a front end begin with, over two backends. */
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createHandlers as createShops } from './cliick/handlers.js';
import { createHandlers } from './eventplatform/handlers.js';

export const mock = createHandlers({ now: '2026-01-01T12:00:00Z', seed: 7 });
export const shops = createShops({ now: '2026-01-01T12:00:00Z' });
export const server = setupServer(...mock, ...shops);
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  server.resetHandlers();
  mock.reset();
  shops.reset();
});
afterAll(() => server.close());
