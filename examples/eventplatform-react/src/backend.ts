/** Which backend the page talks to: the exported handlers, the mock on its own ports, or whatever answers at some URLs. */
const chosen = import.meta.env.VITE_BACKEND ?? 'export';
const byUrl = chosen !== 'export' && chosen !== 'mock';
const [gateway = '', realtime = gateway] = byUrl ? chosen.split(',').map((url) => url.trim().replace(/\/$/, '')) : ['http://localhost:3000', 'http://localhost:3001'];

export const API = `${gateway}/api`;
export const REALTIME = `${realtime}/realtime`;

/** Starts what stands in for a backend, if anything does. To be awaited before socket.io-client is imported: that keeps the WebSocket which it finds. */
export async function start(): Promise<void> {
  if (import.meta.env.VITE_BACKEND !== undefined && import.meta.env.VITE_BACKEND !== 'export') return;
  const [{ setupWorker }, { createHandlers }] = await Promise.all([import('msw/browser'), import('../../../fixtures/exported/eventplatform/handlers.js')]);
  await setupWorker(...createHandlers()).start({ onUnhandledRequest: 'bypass' });
}
