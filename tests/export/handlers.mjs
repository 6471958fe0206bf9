/** Tells what a module of handlers has: its path is read. */
import { text } from 'node:stream/consumers';

const { createHandlers } = await import((await text(process.stdin)).trim());
const mock = createHandlers();
const sockets = mock.filter((handler) => !('info' in handler));
const operations = mock.operations;
console.log(JSON.stringify({ operations, handled: operations.filter((id) => mock.includes(mock.handler(id))).length, sockets: sockets.length }));
process.exit(0);
