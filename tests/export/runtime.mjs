/** What the exported runtime makes of things: `node runtime.mjs FOLDER`, a JSON line with `[act, ...arguments]` each way. */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}.js`).href);
const [{ Upload }, media, { pruner, parseQuery, cookiesOfHeader }, { validator }, { explained }, schemas] = await Promise.all(
  ['call', 'media', 'validation', 'validator', 'violations', 'schemas'].map(load),
);
const [{ Problem }, { suggest }, { Router }, { textOf }, { FORMATS }] = await Promise.all(['problem', 'near', 'router', 'samples', 'formats'].map(load));

let document = {};

/** A document with its references as the exporter writes them. */
function linked(node) {
  if (Array.isArray(node)) return node.map(linked);
  if (typeof node !== 'object' || node === null) return node;
  const members = Object.entries(node).map(([name, value]) => {
    return [name, name === '$ref' && typeof value === 'string' ? () => at(value.slice(1)) : linked(value)];
  });
  return Object.fromEntries(members);
}

const parts = (pointer) => pointer.split('/').slice(1).map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
const at = (pointer) => parts(pointer).reduce((node, part) => node[part], document);
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** A value with its files as what JSON can say, and numbers that it can't as texts. */
function told(value) {
  if (value instanceof Upload) return { upload: [value.name, value.type, [...value.data]] };
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, told(item)]));
}

function or(act) {
  try {
    return { value: told(act()) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { status, kind, violations } = error;
    return { status, kind, violations };
  }
}

const text = (data) => Array.from(data, (byte) => String.fromCharCode(byte)).join('');
const engines = [];

const ACTS = {
  /** An engine of an exported folder, with its operations in an order; its number. */
  async engine(folder, order, options) {
    const part = (name) => import(pathToFileURL(`${folder}/${name}.js`).href);
    const [{ contract }, named, { fixtures }, { Engine }, { Request }] = await Promise.all(
      ['contract', 'operations', 'fixtures', 'runtime/engine', 'runtime/call'].map(part),
    );
    const operations = Object.values(named).sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
    engines.push({ engine: new Engine(contract, operations, fixtures, {}, options), Request });
    return engines.length - 1;
  },
  handle(number, service, asked) {
    const { engine, Request } = engines[number];
    const { status, headers, body, delay } = engine.handle(service, new Request({ ...asked, body: bytes(asked.body) }));
    return { status, headers, body: typeof body === 'string' ? body : text(body), delay };
  },
  document(given) {
    document = linked(given);
    return null;
  },
  check(pointer, requests, root, values) {
    const checks = validator(at(pointer), { requests });
    return values.map((value) => [checks.isValid(value), explained(checks, value, root)]);
  },
  known(pointer) {
    const schema = at(pointer);
    return [schemas.typeOf(schema), Object.keys(schemas.properties(schema)), [...schemas.required(schema)].sort()];
  },
  format: (name, values) => values.map((value) => FORMATS[name](value)),
  decode: (kind, header, body) => or(() => media.decode(kind, header, bytes(body))),
  coerce: (values, kind) => values.map((value) => told(media.coerce(value, kind))),
  essence: (headers) => headers.map(media.essence),
  whole: (texts) => texts.map((text) => told(media.whole(text))),
  query: (query) => ({ ...parseQuery(query) }),
  cookies: (header) => ({ ...cookiesOfHeader(header) }),
  prune(pointer, values) {
    const prune = pruner(at(pointer));
    return values.map((value) => {
      const notes = [];
      return [prune ? told(prune(value, '/body', notes)) : value, notes];
    });
  },
  suggest: (name, names) => suggest(name, names),
  route(templates, paths) {
    const router = new Router(templates.map((template) => ['GET', template, template]));
    return paths.map((path) => {
      const found = router.find(path);
      return found && [found.template, found.values, found.methods.GET];
    });
  },
  sample: (pattern) => textOf(pattern),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [act, ...given] = JSON.parse(line);
  let answer;
  try {
    answer = { answer: await ACTS[act](...given) };
  } catch (error) {
    answer = { failure: String(error.stack) };
  }
  console.log(JSON.stringify(answer));
}
