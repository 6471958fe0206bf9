/** Prints the bundle of a module that it reads, minified, without msw. */
import { text } from 'node:stream/consumers';
import { rolldown } from 'rolldown';

const source = await text(process.stdin);
const entry = { name: 'entry', resolveId: (id) => (id === 'entry' ? '\0entry.js' : null), load: (id) => (id === '\0entry.js' ? source : null) };
const made = await rolldown({ input: 'entry', external: ['msw'], plugins: [entry] });
const { output } = await made.generate({ format: 'esm', minify: true });
console.log(output[0].code);
