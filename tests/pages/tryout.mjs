/** Takes steps with the first form of a realtime page in Chromium. Prints the log that it shows, its state, and what a page should not do, as JSON. */
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../clients/package.json", import.meta.url))("playwright-core");
const { executable, url, steps } = JSON.parse(process.argv[2]);
const wrong = [];

const ACTS = {
  fill: (form, name, value) => form.locator(`input[data-name="${name}"]`).first().fill(value),
  press: (form, text) => form.getByRole("button", { name: text, exact: true }).click(),
  choose: (form, name) => form.locator("select").selectOption(name),
  type: (form, text) => form.locator("textarea").fill(text),
  check: (form) => form.locator("[type=checkbox]").check(),
  wait: (form, text) => form.locator("li", { hasText: text }).first().waitFor(),
  idle: (form) => form.locator("[type=submit]:enabled").waitFor(),
};

const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (line) => wrong.push(line.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => new URL(request.url()).host === new URL(url).host || wrong.push(request.url()));
  await page.goto(url);
  const form = page.locator("form.try").first();
  for (const [act, ...what] of steps) await ACTS[act](form, ...what);
  console.log(JSON.stringify({ log: await form.locator("li").allInnerTexts(), state: await form.locator("output").innerText(), wrong }));
} finally {
  await browser.close();
}
