// The service's page, over the bundled corpus.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EVIL, PROGRAM, ROOT, launch, several } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser, directory, service, address;

// A line that is no id is asked about as a text; the browser says on its console that there is no such document.
const NO_ID = /^console: .*404/;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "wirecopy-browser-"));
  service = spawn(PROGRAM, ["serve", "--index", join(directory, "index"), "--listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  address = await new Promise((found, failed) => {
    service.stderr.on("data", said => found(/http:\S+/.exec(String(said))?.[0]));
    service.on("exit", code => failed(new Error(`the service ended with ${code}`)));
  });
  const wire = readFileSync(join(ROOT, "corpus", "languages", "wire.jsonl"), "utf8");
  const evil = JSON.stringify({ id: EVIL, title: EVIL, source: EVIL, text: `${EVIL} the same story stands here again and again, long enough to be found by anyone who looks at it` });
  await fetch(address + "v1/filter", { method: "POST", body: `${wire.trimEnd()}\n${evil}\n` });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  const ended = new Promise(ends => service.once("exit", ends));
  service.kill();
  await ended;
  rmSync(directory, { recursive: true, force: true });
});

// A page whose troubles are collected; it asks nobody but the service.
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", message => { if (["error", "warning"].includes(message.type())) troubles.push("console: " + message.text()); });
  page.on("pageerror", error => troubles.push("exception: " + error.message));
  page.on("dialog", dialog => { troubles.push("dialog: " + dialog.message()); dialog.dismiss(); });
  page.on("request", request => { if (!request.url().startsWith(address) && !request.url().startsWith("data:")) troubles.push("request: " + request.url()); });
  await page.goto(address);
  await page.waitForSelector("#recent tbody tr");
  return { page, troubles };
}

const find = async (page, typed) => {
  await page.fill("#text", typed);
  await page.click("#ask button");
  await page.waitForSelector("#told .lead");
};

const document_of = async id => (await fetch(address + "v1/documents/" + encodeURIComponent(id))).json();

test("a text is shown beside its copies, with what they share marked", async () => {
  const { page, troubles } = await open();
  const { text } = await document_of("lang-de-1");
  await find(page, text + " Und noch ein Satz.");
  await page.waitForSelector(".pane mark");
  assert.equal(await several(page.locator(".pane"), 2), 2);
  assert.match(await page.textContent("#told"), /near|contains/);
  const marked = await page.locator(".pane").nth(1).locator("mark").first().textContent();
  assert.ok(text.includes(marked.slice(1, 60)), marked);
  await page.locator("#found button.link").nth(1).click();
  await page.waitForSelector(".pane >> nth=1");
  await find(page, "Nothing of this kind stands in the index.");
  assert.match(await page.textContent("#told"), /No copy of it is in the index/);
  assert.equal(await page.locator(".pane").count(), 0);
  assert.deepEqual(troubles.filter(trouble => !NO_ID.test(trouble)), []);
});

test("an id and a recent verdict lead to a document", async () => {
  const { page, troubles } = await open();
  await find(page, "lang-de-3-edit");
  assert.match(await page.textContent("#told"), /near.*lang-de-1/s);
  await page.waitForSelector(".pane .changed");
  await page.locator("#recent button.link").first().click();
  await page.waitForSelector("#told .lead");
  assert.ok(await several(page.locator("#sites tbody tr"), 1));
  assert.match(await page.textContent("#figures"), /documents in \d+ segments/);
  assert.deepEqual(troubles, []);
});

test("what documents say is text", async () => {
  const { page, troubles } = await open();
  await find(page, `${EVIL} the same story stands here again and again, long enough to be found by anyone who looks at it`);
  await page.waitForSelector(".pane mark");
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.deepEqual(troubles.filter(trouble => !NO_ID.test(trouble)), []);
});

test("it fits a phone, in light and dark, and a screen reader", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page } = await open({ colorScheme, bypassCSP: true, viewport: { width: 360, height: 740 } });
    await find(page, "lang-de-3-edit");
    await page.waitForSelector(".pane mark");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 360, "no wider than the screen");
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.filter(v => ["serious", "critical"].includes(v.impact)).map(v => `${colorScheme}: ${v.id} ${v.nodes[0].html.slice(0, 120)}`), []);
  }
});
