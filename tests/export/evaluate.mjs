/** Evaluates the expressions of `vectors.js` in a folder over their names; prints the values. */
import { pathToFileURL } from 'node:url';

const at = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`).href);
const { source, vectors } = await at('vectors.js');
const { eq } = await at('runtime/operators.js');

/** Where expressions find rows and chance, as the vectors say. */
const found = {
  rows: (collection, field, value) => source.rows[collection].filter((row) => field === undefined || eq(row[field], value)),
  virtual: () => null,
  held(_collection, row, user) {
    const held = source.held[row?.id] ?? { all: 0 };
    return user == null ? held.all : (held[user] ?? 0);
  },
  randomText: (length) => source.random_text.slice(0, length),
  randomId: () => source.random_id,
};

const scope = (names) => Object.defineProperty({ ...names }, 'source', { value: found });
console.log(JSON.stringify(vectors.map(([evaluate, names]) => evaluate(scope(names)) ?? null)));
