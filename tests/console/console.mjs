/** Chromium on a leash: one page at a time, with what it should not have done. Selectors are Playwright's, such as `role=button[name="Save"]`. */
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { serve } from "../clients/wire.mjs";

const need = createRequire(new URL("../clients/package.json", import.meta.url));
const { chromium } = need("playwright-core");
const AXE = need.resolve("axe-core/axe.min.js");
const PATIENCE = 10_000;
let browser, context, page;
let wrong = [];

function follow(own) {
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (line) => wrong.push(line.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => new URL(request.url()).host === own || request.url().startsWith("data:") || wrong.push(request.url()));
}

/** Waits for an expression; Playwright's own way evaluates text in the page, which its policy forbids. */
async function until(script) {
  for (const end = Date.now() + PATIENCE; !(await page.evaluate(script).catch(left)); ) {
    if (Date.now() > end) throw new Error(`never true: ${script}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** A page that is being left has nothing to say. */
function left(error) {
  if (!/context was destroyed|navigation/.test(error.message)) throw error;
}

serve({
  async launch(executablePath) {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  },
  async open(url, options, before = "") {
    await context?.close();
    wrong = [];
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
    page = await context.newPage();
    follow(new URL(url).host);
    if (before) await page.addInitScript(before);
    return (await page.goto(url)).status();
  },
  cookie: (cookie) => context.addCookies([cookie]),
  goto: async (url) => void (await page.goto(url)),
  reload: async () => void (await page.reload()),
  click: (selector) => page.locator(selector).first().click(),
  fill: (selector, text) => page.locator(selector).first().fill(text),
  choose: async (selector, value) => void (await page.locator(selector).first().selectOption(value)),
  check: (selector) => page.locator(selector).first().check(),
  press: (key) => page.keyboard.press(key),
  upload: (selector, name, text) => page.locator(selector).setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) }),
  wait: (selector, state = "visible") => page.locator(selector).first().waitFor({ state }),
  text: (selector) => page.locator(selector).first().innerText(),
  texts: (selector) => page.locator(selector).allInnerTexts(),
  value: (selector) => page.locator(selector).first().inputValue(),
  attribute: (selector, name) => page.locator(selector).first().getAttribute(name),
  count: (selector) => page.locator(selector).count(),
  evaluate: (script) => page.evaluate(script),
  until,
  address: () => page.url(),
  async download(selector) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(selector).first().click()]);
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
  },
  async axe() {
    await page.evaluate(await readFile(AXE, "utf8"));
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`) }));
  },
  wrong: () => wrong,
  async leave() {
    await context?.close();
    context = undefined;
  },
});
