/** Bundles the page and shows it in Chromium: `node browser.mjs EXECUTABLE [PAGE]`. Prints its story as JSON. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { rolldown } from 'rolldown';

const bundle = await rolldown({ input: process.argv[3] ?? 'page.mjs', platform: 'browser', logLevel: 'silent' });
const { output } = await bundle.generate({ format: 'esm' });
const files = new Map(output.map(({ fileName, code }) => [`/${fileName}`, ['text/javascript', code]]));
files.set('/', ['text/html', `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/${output[0].fileName}"></script>`]);
files.set('/mockServiceWorker.js', ['text/javascript', await readFile('node_modules/msw/lib/mockServiceWorker.js')]);

const server = createServer(({ url }, response) => {
  const [type, text] = files.get(url) ?? [];
  response.writeHead(text ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(text);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  page.on('console', (line) => console.error(line.text()));
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction('window.story');
  console.log(JSON.stringify(await page.evaluate('window.story')));
} finally {
  await browser.close();
  server.close();
}
