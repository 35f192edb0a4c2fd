import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { EVIL, ask, asked, evidence, go, launch, open, report, several } from "./page.mjs";

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

// What is serious for assistive technology; the page's policy lets no script in but where `bypassCSP` is set.
const serious = async (page, name) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => `${name}: ${v.id} ${v.nodes[0].html.slice(0, 120)}`), []);
};

const cluster = async page => {
  await go(page, "clusters");
  await ask(page, "relation:near lang-de");
  await page.click(".row a");
  await page.waitForSelector("text=Who has it, by time");
};

test("opens, searches, opens a cluster, compares, follows a link", async () => {
  const { page, troubles } = await open(browser, made.address);
  assert.match(await page.textContent("main"), /documents = /);
  assert.ok(await several(page.locator("svg[role=img]"), 3), "charts");
  await cluster(page);
  assert.match(page.url(), /#cluster=[0-9a-f]{16}/);
  assert.ok(await several(page.locator("svg[role=img]"), 1), "a timeline");
  await page.click("tr:has(.tag.near) >> text=compare");
  await page.waitForSelector(".pane mark");
  assert.equal(await several(page.locator(".pane"), 2), 2);
  await page.click("#next");
  assert.ok(await several(page.locator("mark.on"), 2), "a passage on both sides");
  await page.keyboard.press("n");
  // Any two: the second select's other members.
  await page.selectOption("select[aria-label=Left]", { index: 1 });
  await page.waitForSelector("text=Compared in your browser");
  const link = page.url();
  const again = await open(browser, link);
  assert.equal(await several(again.page.locator(".pane"), 2), 2, "every view has a link");
  await page.click("text=The whole story");
  await page.waitForSelector("text=Who has it, by time");
  await page.goBack();
  await page.waitForSelector(".pane");
  for (const view of ["sites", "related", "pages", "titles", "templates", "boilerplate", "sources", "overview"]) {
    await page.click(`nav a[href="#${view}"]`);
    await page.waitForSelector(`nav a[href="#${view}"][aria-current=page]`);
  }
  assert.deepEqual([...troubles, ...again.troubles], []);
});

test("says who had it first, who took it from whom and when", async () => {
  const { page, troubles } = await open(browser, made.address);
  await go(page, "sites");
  assert.equal(await several(page.locator("#carriers table.matrix"), 1), 1, "who carries whom");
  await cluster(page);
  assert.match(await page.textContent("#origin"), /Had it first, most likely: .*confidence \d+ %/);
  assert.ok(await several(page.locator(".tree ul li"), 1), "a copy below the origin");
  assert.match(await page.textContent(".tree"), /the original/);
  assert.match(await page.textContent(".tree"), /after \d.*verbatim/);
  assert.match(await page.textContent("#lags"), /First copy (after \d|on the same day)/);
  assert.ok(await several(page.locator("svg line.link"), 1), "copies are tied to their parents in time");
  // A document that no date or name puts in order.
  await go(page, "clusters");
  await ask(page, "onerror");
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
  await go(page, "related");
  const rows = page.locator("main tbody tr");
  const all = await rows.count();
  assert.ok(all > 20, String(all));
  await ask(page, "relation:partial");
  const partial = await rows.count();
  assert.ok(partial > 0 && partial < all, String(partial));
  assert.equal(await rows.locator(".tag").filter({ hasText: "partial" }).count(), partial);
  await rows.first().locator("text=compare").click();
  await page.waitForSelector(".pane mark");
  assert.match(await page.textContent("main"), /They share a passage: \d+ % alike/);
  assert.match(page.url(), /#pair=.+&with=/);
  await page.click("#next");
  // What is shaded on both sides begins and ends with the same words, as the program found it.
  const texts = await page.evaluate(() => [...document.querySelectorAll(".pane")].map(pane => [...pane.querySelectorAll("mark.on")].map(mark => { const own = mark.cloneNode(true); own.querySelectorAll("sup").forEach(sup => sup.remove()); return own.textContent; }).join("")));
  const words = text => text.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  assert.equal(words(texts[0])[0], words(texts[1])[0]);
  assert.equal(words(texts[0]).at(-1), words(texts[1]).at(-1));
  const again = await open(browser, page.url());
  assert.equal(await several(again.page.locator(".pane"), 2), 2, "every view has a link");
  await page.click("text=All related pairs");
  await page.waitForSelector("#query");
  // From a cluster to what it touches.
  await ask(page, "");
  await page.locator("main a", { hasText: "its story" }).first().click();
  await page.click("text=Their pairs, side by side");
  await page.waitForSelector("#query");
  assert.ok(await several(rows, 1));
  const missing = await open(browser, made.address + "#pair=nobody&with=nobody");
  assert.match(await missing.page.textContent("h1"), /Not found/);
  assert.deepEqual([...troubles, ...again.troubles, ...missing.troubles], []);
});

test("shows forms with their slots and what fills them", async () => {
  const { page, troubles } = await open(browser, made.address + "#templates");
  assert.ok(await several(page.locator("tbody tr .slot"), 4), "slots in skeletons");
  await page.click("tbody tr a");
  await page.waitForSelector("h1 + p .slot");
  const kinds = await page.locator("thead th").allTextContents();
  assert.ok(kinds.slice(1).every(kind => /^\d+ (number|date|money|name|text)$/.test(kind)), kinds.join());
  assert.equal(await page.locator("tbody tr:first-child td").count(), kinds.length, "a cell for each slot, beside the document");
  assert.ok(await several(page.locator("tbody tr"), 3));
  assert.deepEqual(troubles, []);
});

test("shows the recall that the audit found", async () => {
  const { page, troubles } = await open(browser, made.address);
  assert.match(await page.textContent("#recall"), /50 documents drawn .* were found \(\d+(\.\d)? %\)\. Recall, the mean over these documents, is \d+(\.\d)? %, between/);
  assert.ok(await several(page.locator("#recall rect.interval"), 2), "an interval for all and for each relation");
  assert.deepEqual(troubles, []);
});

test("searches by site, relation, size and date", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  const rows = async query => {
    await ask(page, query);
    return Number(await page.locator(".row").first().getAttribute("aria-setsize").catch(() => 0));
  };
  const all = await rows("");
  for (const query of ["site:example", "relation:contained", "size>2", "size=2", "after:2024-01-01", "before:2024-06", "score<0.99"]) {
    const some = await ask(page, query).then(() => page.locator(".row").count());
    assert.ok(some > 0, query);
  }
  assert.ok(await rows("size>2") < all);
  await ask(page, "nothing has these words");
  assert.equal(await page.locator(".row").count(), 0);
  assert.deepEqual(troubles, []);
});

test("documents stay text", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  await ask(page, "onerror");
  await page.click(".row a");
  await page.waitForSelector("text=Who has it, by time");
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
  await asked(page, "relation:near");
  await page.focus(".list");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.place), "1");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Who has it, by time");
  assert.deepEqual(troubles, []);
});

test("nothing serious for assistive technology", async () => {
  for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }, { viewport: { width: 360, height: 640 } }]) {
    // The page's policy lets no script in, not even this one.
    const { page } = await open(browser, made.address, { ...options, bypassCSP: true });
    const check = async name => {
      await serious(page, name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
    };
    await check("overview");
    for (const view of ["clusters", "sites", "related", "pages", "titles", "templates", "boilerplate", "problems", "sources"]) {
      await page.goto(made.address + "#" + view);
      await page.waitForSelector(`nav a[data-view="${view}"][aria-current=page]`);
      await check(view);
    }
    await cluster(page);
    await check("story");
    await page.click("tr:has(.tag.near) >> text=compare");
    await page.waitForSelector(".pane mark");
    await check("side by side");
    await page.goto(made.address + "#sites=harbourpress.example");
    await page.waitForSelector("text=Who takes from it");
    await check("a site");
  }
});

test("begins with what was found, in sentences with examples", async () => {
  const { page, troubles } = await open(browser, made.address);
  const said = await page.textContent("#found");
  for (const sentence of [/\d+ stories were published more than once: \d+ copies on \d+ sites\./, /\d+ pairs share a passage; \d+ of them are of no story together\./, /\d+ pairs come from the same template/, /\d+ pages repeat something/, /\d+ titles and descriptions are used on several pages/, /\d+ passages of boilerplate were set aside/]) assert.match(said, sentence);
  const examples = await page.locator("#found > li:first-child ul a[href^='#cluster=']").count();
  assert.ok(examples === 3, String(examples));
  assert.match(await page.textContent("#found > li:first-child ul"), /harbourpress\.example \u2192 \d+ sites/);
  // A view that has nothing is not in the way, and those that have something say how much.
  assert.match(await page.textContent("nav"), /Stories \d+/);
  assert.equal(await page.locator("nav >> text=Problems").count(), 0);
  await page.click("#found >> text=share a passage");
  await page.waitForSelector("#query");
  assert.equal(await page.inputValue("#query"), "relation:partial");
  assert.ok(await several(page.locator("main tbody tr"), 1), "a link leads to what it tells of");
  assert.deepEqual(troubles, []);
});

test("a story is told from its original, by time", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  await ask(page, "origin:harbourpress size>3");
  await page.click(".row a");
  await page.waitForSelector(".lead");
  assert.match(await page.textContent(".lead"), /harbourpress\.example had it first, \d{4}-\d\d-\d\d \d\d:\d\d; \d+ sites followed within .* \(median\)\./);
  const dates = await page.locator("table.cards").first().locator("tbody .when").allTextContents();
  assert.deepEqual(dates, [...dates].sort(), "rows by time");
  assert.match(await page.locator("tbody tr").first().textContent(), /original/);
  assert.match(await page.locator("tbody tr").nth(1).textContent(), /after \d/);
  // Ids, files and raw measures are a fold away.
  assert.equal(await page.locator("tbody details[open]").count(), 0);
  await page.locator("tbody summary").nth(1).click();
  assert.match(await page.locator("tbody details[open]").textContent(), /id.*file.*Jaccard/s);
  assert.ok((await page.locator(".card.context").first().textContent()).length > 200, "the story itself");
  assert.deepEqual(troubles, []);
});

test("each site has a page, and the numbers between two lead to their stories", async () => {
  const { page, troubles } = await open(browser, made.address + "#sites");
  assert.ok(await several(page.locator("path.flow"), 4), "a picture of who takes from whom");
  const cell = page.locator(".matrix td a").first();
  const copies = Number(await cell.textContent());
  await cell.click();
  await page.waitForSelector(".row a");
  assert.match(await page.inputValue("#query"), /origin:".+" site:".+"/);
  assert.ok(copies > 0 && await several(page.locator(".row"), 1));
  await page.goBack();
  await page.locator(".matrix tbody th a").first().click();
  await page.waitForSelector("text=Who takes from it");
  assert.match(await page.textContent(".lead"), /It had \d+ stor(y|ies) first, of which \d+ cop(y|ies) appeared elsewhere/);
  assert.ok(await several(page.locator("text=Its stories"), 1));
  assert.deepEqual(troubles, []);
});

test("searches texts, leaves out, reads percent, and says what is no filter", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  const hits = async query => {
    await ask(page, query);
    return Number(/^[\d,]+/.exec((await page.textContent("main p.dim:has-text('stor') >> nth=-1")).replace(/,/g, ""))[0]);
  };
  const all = await hits("");
  assert.ok(await hits("bananas") > 0, "a word of a text and of no title");
  assert.equal(await hits("relation:near") + await hits("-relation:near"), all);
  assert.equal(await hits("score<90%"), await hits("score<0.9"));
  assert.ok(await hits("title:dockers") > 0 && await hits("sites>3") < all);
  await ask(page, "paper:gazette");
  assert.match(await page.textContent("#unfound"), /There is no filter paper:.*Nothing matches/);
  await page.click("text=Clear the search");
  assert.equal(await hits(""), all);
  // A facet adds its filter and takes it away.
  await page.locator(".facets button").first().click();
  assert.match(await page.inputValue("#query"), /^relation:/);
  await page.locator(".facets button[aria-pressed=true]").first().click();
  assert.equal(await page.inputValue("#query"), "");
  await page.fill("#query", "dockers");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".lead");
  assert.deepEqual(troubles, []);
});

test("Back leads to the query and the place in the list", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  await ask(page, "example");
  await page.evaluate(() => { document.querySelector(".list").scrollTop = 720; });
  const kept = () => page.evaluate(() => history.state?.top);
  for (let tries = 0; tries < 200 && await kept() !== 720; tries++) await page.waitForTimeout(20);
  await page.locator(".row a").nth(8).click();
  await page.waitForSelector(".lead");
  await page.goBack();
  await page.waitForSelector(".list");
  assert.equal(await page.inputValue("#query"), "example");
  assert.equal(await page.evaluate(() => document.querySelector(".list").scrollTop), 720);
  // And so does the link on the story's page; the next story is the next of that list.
  const second = await page.locator(".row a").nth(9).getAttribute("href");
  await page.locator(".row a").nth(8).click();
  await page.waitForSelector(".lead");
  await page.click("text=Next story");
  assert.ok(page.url().endsWith(second));
  await page.click("text=All stories");
  await page.waitForSelector(".list");
  assert.equal(await page.inputValue("#query"), "example");
  assert.deepEqual(troubles, []);
});

test("tables sort, filter and are saved as csv", async () => {
  const { page, troubles } = await open(browser, made.address + "#sites");
  const box = page.locator("[aria-label=Sites]");
  await box.locator("button.sort", { hasText: "Documents" }).click();
  const documents = (await box.locator("tbody tr td:nth-child(2)").allTextContents()).map(Number);
  assert.deepEqual(documents, [...documents].sort((a, b) => b - a), "the largest first");
  assert.equal(await box.locator("th[aria-sort=descending]").count(), 1);
  await page.fill("[aria-label='Filter Sites']", "harbourpress");
  assert.equal(await box.locator("tbody tr").count(), 1);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".controls:has([aria-label='Filter Sites']) >> text=Download CSV").click()]);
  assert.equal(download.suggestedFilename(), "sites.csv");
  const csv = readFileSync(await download.path(), "utf8").split("\r\n");
  assert.match(csv[0], /Site,Documents/);
  assert.match(csv[1], /^harbourpress\.example,\d+/);
  assert.deepEqual(troubles.filter(trouble => !trouble.startsWith("request: blob:")), []);
});

test("boilerplate is grey and no passage", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  await ask(page, "relation:near size>3");
  await page.click(".row a");
  await page.click("tr:has(.tag.near) >> text=compare");
  await page.waitForSelector(".pane mark");
  const marked = await page.evaluate(() => [...document.querySelectorAll(".pane .chrome")].some(grey => grey.closest("mark")));
  assert.equal(marked, false);
  await page.evaluate(() => scrollTo(0, 300));
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".bar-top")).position), "sticky");
  assert.deepEqual(troubles, []);
});

test("a story prints on one or two pages, and a phone has cards", async () => {
  const { page } = await open(browser, made.address + "#clusters");
  await page.click(".row a");
  await page.waitForSelector(".lead");
  const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
  const pages = pdf.match(/\/Type\s*\/Page\b(?!s)/g).length;
  assert.ok(pages <= 2, `${pages} pages`);
  const phone = await open(browser, page.url(), { viewport: { width: 390, height: 844 } });
  assert.equal(await phone.page.evaluate(() => getComputedStyle(document.querySelector("table.cards tr:nth-child(2)")).display), "block");
  assert.ok(await phone.page.evaluate(() => document.querySelector("nav").offsetHeight) < 60, "views in one line");
  // No word is broken within a cell.
  const broken = await phone.page.evaluate(() => [...document.querySelectorAll("td")].filter(cell => getComputedStyle(cell).overflowWrap === "anywhere").length);
  assert.equal(broken, 0);
});

test("one story is a page of its own, as evidence", async () => {
  const { page, troubles } = await open(browser, evidence(made), { bypassCSP: true });
  assert.match(await page.textContent(".lead"), /had it first/);
  const exhibits = await page.locator("section.evidence").count();
  assert.equal(exhibits, await page.locator("[aria-label=Exhibits] tbody tr").count());
  const said = await page.locator("section.evidence").first().textContent();
  assert.match(said, /published.*address.*SHA-256 of the text[0-9a-f]{64}/s);
  assert.ok(await page.locator("section.evidence mark").count() > exhibits - 2, "passages are marked");
  await serious(page, "evidence");
  assert.deepEqual(troubles, []);
});
