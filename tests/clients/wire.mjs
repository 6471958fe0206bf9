import { createInterface } from "node:readline";

export const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Does what the tests ask for: a line {id, act, args} is answered by {answer: id, value} or {answer: id, failure}. */
export function serve(acts) {
  const lines = createInterface({ input: process.stdin });
  lines.on("close", () => process.exit());
  lines.on("line", async (line) => {
    const { id, act, args } = JSON.parse(line);
    try {
      tell({ answer: id, value: (await acts[act](...args)) ?? null });
    } catch (error) {
      tell({ answer: id, failure: error.stack });
    }
  });
}
