/** Two tabs of Chromium watch an event: the first locks seats and is closed. Prints what the second showed, or why no tab came in, as JSON. */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const { executable, origin, url, event, users, lock, picture } = JSON.parse(process.argv[2]);

const FILES = {
  "/": ["text/html", new URL("seats.html", import.meta.url)],
  "/socket.io.min.js": ["text/javascript", new URL("node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url)],
};

async function answer(request, response) {
  const [type, file] = FILES[new URL(request.url, url).pathname] ?? [];
  response.writeHead(file ? 200 : 404, { "content-type": type ?? "text/plain" }).end(file && (await readFile(file)));
}

async function open(context, user) {
  const page = await context.newPage();
  page.on("console", (line) => console.error(line.text()));
  await page.goto(`http://${origin}/?${new URLSearchParams({ url, event, user })}`);
  await page.waitForSelector("#state[class]");
  return page;
}

async function shown(page, text) {
  await page.waitForFunction((expected) => document.querySelector("#seats").textContent === expected, text);
  return page.textContent("#seats");
}

async function story(context) {
  const [locker, watcher] = [await open(context, users[0]), await open(context, users[1])];
  if (await watcher.$("#state.refused")) return { refused: await watcher.textContent("#state") };
  await locker.evaluate((body) => socket.emit("lock-tickets", body), lock);
  const taken = await shown(watcher, "7 free, 3 locked");
  await watcher.screenshot({ path: picture });
  await locker.close();
  return { taken, returned: await shown(watcher, "10 free, 0 locked"), transport: await watcher.textContent("#transport") };
}

const server = createServer(answer);
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const rules = `MAP ${origin} 127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", `--host-resolver-rules=${rules}`] });
try {
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  console.log(JSON.stringify(await story(context)));
} finally {
  await browser.close();
  server.close();
}
