/** A buyer in Chromium, and where state is shared a second page beside: sign in, lock, buy. Prints what they showed, as JSON. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const { executable, folder, places, shared, picture } = JSON.parse(process.argv[2]); // places: where what the page calls really is
const ORIGIN = 'localhost:4200'; // one that the backend admits
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

async function answer(request, response) {
  const path = normalize(new URL(request.url, `http://${ORIGIN}`).pathname);
  const file = join(folder, path === '/' ? 'index.html' : path);
  const data = await readFile(file).catch(() => null);
  response.writeHead(data ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(data);
}

const problems = [];

async function visit(browser, address, size) {
  const context = await browser.newContext({ viewport: size });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && !/Failed to load resource/.test(line.text()) && problems.push(line.text()));
  await page.goto(`http://${ORIGIN}/${address}`);
  return page;
}

async function signIn(page, user, password = 'password123') {
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const seats = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });
const wait = (page, text) => page.getByText(text).first().waitFor();

async function story(browser) {
  const buyer = await visit(browser, '', { width: 1100, height: 900 });
  await signIn(buyer, 'user@example.com', 'wrong');
  const refused = await buyer.getByRole('alert').textContent();
  await signIn(buyer, 'user@example.com');
  await wait(buyer, /^live$/);
  const events = await buyer.getByRole('listitem').count();
  await buyer.getByRole('link', { name: 'Summer Music Festival' }).click();
  await seats(buyer, 'VIP').getByText('75 free').waitFor();
  const watcher = shared ? await visit(browser, '#/events/1', { width: 360, height: 700 }) : buyer;
  if (shared) {
    await signIn(watcher, 'second@example.com');
    await wait(watcher, /^live$/);
    await seats(watcher, 'VIP').getByText('75 free').waitFor();
  }
  await seats(buyer, 'VIP').getByLabel('Tickets').fill('1000');
  await seats(buyer, 'VIP').getByRole('button').click();
  const tooMany = await buyer.getByRole('alert').textContent();
  await seats(buyer, 'VIP').getByLabel('Tickets').fill('3');
  await seats(buyer, 'VIP').getByRole('button').click();
  await seats(watcher, 'VIP').getByText('72 free, 3 locked').waitFor();
  const timer = await buyer.getByRole('timer').textContent();
  await buyer.screenshot({ path: picture, fullPage: true });
  await watcher.screenshot({ path: picture.replace('.png', '-watcher.png'), fullPage: true });
  await buyer.getByRole('button', { name: 'Buy' }).click();
  await buyer.getByText('3 × VIP').getByText('pending').waitFor();
  await seats(watcher, 'VIP').getByText('72 free').waitFor();
  await seats(watcher, 'VIP').getByText('locked').waitFor({ state: 'detached' });
  await buyer.getByText('3 × VIP').getByText('completed').waitFor();
  const wide = await watcher.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  return { refused, events, tooMany, counting: /^[45]:\d\d$/.test(timer), wide, problems };
}

const server = createServer(answer);
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const rules = Object.entries({ ...places, [ORIGIN]: `127.0.0.1:${server.address().port}` }).map(([from, to]) => `MAP ${from} ${to}`);
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', `--host-resolver-rules=${rules.join(',')}`] });
try {
  console.log(JSON.stringify(await story(browser)));
} catch (error) {
  console.error(problems.join('\n'));
  throw error;
} finally {
  await browser.close();
  server.close();
}
