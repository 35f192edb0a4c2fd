import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { EVIL, launch, open, report } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser, made;

before(async () => {
  made = report();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  made?.remove();
});

const cluster = async page => {
  await page.click("nav >> text=Clusters");
  await page.fill("#query", "relation:near lang-de");
  await page.waitForTimeout(150);
  await page.click(".row a");
  await page.waitForSelector("text=Which one to keep");
};

test("opens, searches, opens a cluster, compares, follows a link", async () => {
  const { page, troubles } = await open(browser, made.address);
  assert.match(await page.textContent("main"), /documents = /);
  assert.ok(await page.locator("svg[role=img]").count() >= 3, "charts");
  await cluster(page);
  assert.match(page.url(), /#cluster=[0-9a-f]{16}/);
  assert.ok(await page.locator("svg[role=img]").count() >= 1, "a timeline");
  await page.click("tr:has(.tag.near) >> text=compare");
  await page.waitForSelector(".pane mark");
  assert.equal(await page.locator(".pane").count(), 2);
  await page.click("#next");
  assert.ok(await page.locator("mark.on").count() >= 2, "a passage on both sides");
  await page.keyboard.press("n");
  // Any two: the second select's other members.
  await page.selectOption("select[aria-label=Left]", { index: 1 });
  await page.waitForSelector("text=compared here and not by the program");
  const link = page.url();
  const again = await open(browser, link);
  assert.equal(await again.page.locator(".pane").count(), 2, "every view has a link");
  await page.click("text=The whole cluster");
  await page.waitForSelector("text=Which one to keep");
  await page.goBack();
  await page.waitForSelector(".pane");
  for (const view of ["related", "pages", "titles", "templates", "boilerplate", "problems", "sources", "overview"]) {
    await page.click(`nav a[href="#${view}"]`);
    await page.waitForSelector(`nav a[href="#${view}"][aria-current=page]`);
  }
  assert.deepEqual([...troubles, ...again.troubles], []);
});

test("says who had it first, who took it from whom and when", async () => {
  const { page, troubles } = await open(browser, made.address);
  assert.ok(await page.locator("#carriers table.matrix").count() === 1, "who carries whom");
  await cluster(page);
  assert.match(await page.textContent("#origin"), /Had it first, most likely: .*confidence 0\.\d\d/);
  assert.ok(await page.locator(".tree ul li").count() >= 1, "a copy below the origin");
  assert.match(await page.textContent(".tree"), /the origin/);
  assert.match(await page.textContent(".tree"), /after \d.*verbatim/);
  assert.match(await page.textContent("#lags"), /First copy (after \d|on the same day)/);
  assert.ok(await page.locator("svg line.link").count() >= 1, "copies are tied to their parents in time");
  // A document that no date or name puts in order.
  await page.click("nav >> text=Clusters");
  await page.fill("#query", "onerror");
  await page.waitForTimeout(150);
  await page.click(".row a");
  assert.match(await page.textContent("#origin"), /Unknown order/);
  assert.deepEqual(troubles, []);
});

test("marks what repeats in a page's text, and leads to each place", async () => {
  const { page, troubles } = await open(browser, made.address + "#pages");
  await page.click("main a >> text=page-repeats/headline-three.txt");
  await page.waitForSelector(".whole mark");
  const said = await page.locator(".whole mark").evaluateAll(marks => marks.map(mark => { const own = mark.cloneNode(true); own.querySelectorAll("sup").forEach(sup => sup.remove()); return own.textContent.toLowerCase().match(/[\p{L}\p{N}]+/gu).join(" "); }));
  assert.equal(said.length, 3);
  assert.deepEqual(new Set(said), new Set(["council sells the clock but keeps the time"]));
  assert.match(await page.textContent("main ul"), /headline, line 1/);
  await page.locator("main ul a").nth(1).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "mark-1-2");
  assert.match(page.url(), /#page=/);
  assert.deepEqual(troubles, []);
});

test("shows related pairs side by side", async () => {
  const { page, troubles } = await open(browser, made.address);
  await page.click("nav >> text=Related pairs");
  const rows = page.locator("main tbody tr");
  const all = await rows.count();
  assert.ok(all > 20, String(all));
  await page.fill("#query", "relation:partial");
  await page.waitForTimeout(150);
  const partial = await rows.count();
  assert.ok(partial > 0 && partial < all, String(partial));
  assert.equal(await rows.locator(".tag").filter({ hasText: "partial" }).count(), partial);
  await rows.first().locator("text=compare").click();
  await page.waitForSelector(".pane mark");
  assert.match(await page.textContent("main"), /They share a passage/);
  assert.match(page.url(), /#pair=.+&with=/);
  await page.click("#next");
  // What is shaded on both sides begins and ends with the same words, as the program found it.
  const texts = await page.evaluate(() => [...document.querySelectorAll(".pane")].map(pane => [...pane.querySelectorAll("mark.on")].map(mark => { const own = mark.cloneNode(true); own.querySelectorAll("sup").forEach(sup => sup.remove()); return own.textContent; }).join("")));
  const words = text => text.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  assert.equal(words(texts[0])[0], words(texts[1])[0]);
  assert.equal(words(texts[0]).at(-1), words(texts[1]).at(-1));
  const again = await open(browser, page.url());
  assert.equal(await again.page.locator(".pane").count(), 2, "every view has a link");
  await page.click("text=All related pairs");
  await page.waitForSelector("#query");
  // From a cluster to what it touches.
  await page.fill("#query", "");
  await page.waitForTimeout(150);
  await page.locator("main a", { hasText: "its cluster" }).first().click();
  await page.click("text=Their pairs, side by side");
  await page.waitForSelector("#query");
  assert.ok(await rows.count() > 0);
  const missing = await open(browser, made.address + "#pair=nobody&with=nobody");
  assert.match(await missing.page.textContent("h1"), /Not found/);
  assert.deepEqual([...troubles, ...again.troubles, ...missing.troubles], []);
});

test("shows forms with their slots and what fills them", async () => {
  const { page, troubles } = await open(browser, made.address + "#templates");
  assert.ok(await page.locator("tbody tr .slot").count() > 3, "slots in skeletons");
  await page.click("tbody tr a");
  await page.waitForSelector("h1 + p .slot");
  const kinds = await page.locator("thead th").allTextContents();
  assert.ok(kinds.slice(1).every(kind => /^\d+ (number|date|money|name|text)$/.test(kind)), kinds.join());
  assert.equal(await page.locator("tbody tr:first-child td").count(), kinds.length - 1, "a cell for each slot");
  assert.ok(await page.locator("tbody tr").count() >= 3);
  assert.deepEqual(troubles, []);
});

test("shows the recall that the audit found", async () => {
  const { page, troubles } = await open(browser, made.address);
  assert.match(await page.textContent("#recall"), /50 documents drawn .* were found \(\d+(\.\d)? %\)\. Recall, the mean over these documents, is \d+(\.\d)? %, between/);
  assert.ok(await page.locator("#recall rect.interval").count() >= 2, "an interval for all and for each relation");
  assert.deepEqual(troubles, []);
});

test("searches by site, relation, size and date", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  const rows = async query => {
    await page.fill("#query", query);
    await page.waitForTimeout(150);
    return Number(await page.locator(".row").first().getAttribute("aria-setsize").catch(() => 0));
  };
  const all = await rows("");
  for (const query of ["site:example", "relation:contained", "size>2", "size=2", "after:2024-01-01", "before:2024-06", "score<0.99"]) {
    const some = await page.fill("#query", query).then(() => page.waitForTimeout(150)).then(() => page.locator(".row").count());
    assert.ok(some > 0, query);
  }
  assert.ok(await rows("size>2") < all);
  await page.fill("#query", "nothing has these words");
  await page.waitForTimeout(150);
  assert.equal(await page.locator(".row").count(), 0);
  assert.deepEqual(troubles, []);
});

test("documents stay text", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  await page.fill("#query", "onerror");
  await page.waitForTimeout(150);
  await page.click(".row a");
  await page.waitForSelector("text=Which one to keep");
  assert.ok((await page.textContent("h1")).includes(EVIL.slice(0, 20)));
  assert.equal(await page.locator("a[href^='javascript:'], a[href^='data:'], img, iframe, main script").count(), 0);
  await page.click("td >> text=compare");
  await page.waitForSelector(".pane");
  assert.equal(await page.locator("img, iframe, main script").count(), 0);
  const wild = await open(browser, made.address + "#cluster=" + encodeURIComponent(EVIL) + "&x=%E0%A4%A");
  assert.match(await wild.page.textContent("h1"), /Not found/);
  assert.deepEqual([...troubles, ...wild.troubles], []);
});

test("the keyboard reaches everything", async () => {
  const { page, troubles } = await open(browser, made.address);
  await page.keyboard.press("/");
  await page.waitForSelector("#query:focus");
  await page.keyboard.type("relation:near");
  await page.waitForTimeout(150);
  await page.focus(".list");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.place), "1");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Which one to keep");
  assert.deepEqual(troubles, []);
});

test("nothing serious for assistive technology", async () => {
  for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }, { viewport: { width: 360, height: 640 } }]) {
    // The page's policy lets no script in, not even this one.
    const { page } = await open(browser, made.address, { ...options, bypassCSP: true });
    const check = async name => {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      const serious = violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => `${name}: ${v.id} ${v.nodes[0].html.slice(0, 120)}`);
      assert.deepEqual(serious, []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
    };
    await check("overview");
    for (const view of ["clusters", "related", "pages", "titles", "templates", "problems", "sources"]) {
      await page.click(`nav a[href="#${view}"]`);
      await page.waitForSelector("h1");
      await check(view);
    }
    await cluster(page);
    await check("cluster");
    await page.click("tr:has(.tag.near) >> text=compare");
    await page.waitForSelector(".pane mark");
    await check("side by side");
  }
});
