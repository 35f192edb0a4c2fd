// How every view looks, as far as that can be told without an eye. The pictures are in target/looks for whoever has one.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { at, faults, look, story } from "./looks.mjs";
import { news } from "./news.mjs";
import { ROOT, ask, launch, open, reportOf, several } from "./page.mjs";

const LOOKS = join(process.env.CARGO_TARGET_DIR || join(ROOT, "target"), "looks");
let browser, made;

before(async () => {
  made = reportOf(news(20));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  made?.remove();
});

test("no view is too wide, breaks a word or prints over itself, on a phone or a screen", async () => {
  assert.deepEqual(await look(browser, made.address, LOOKS, "20"), []);
  assert.deepEqual(await story(browser, made.story, LOOKS, "20"), []);
});

test("what is too wide, broken or printed over is told", async () => {
  const { page } = await open(browser, made.address + "#sites");
  const spoilt = async (selector, style) => {
    await at(page, "#sites");
    await page.evaluate(([selector, style]) => Object.assign(document.querySelector(selector).style, style), [selector, style]);
    return (await faults(page)).map(fault => fault.split(":")[0]);
  };
  assert.deepEqual(await faults(page), []);
  assert.ok((await spoilt("main", { minWidth: "2000px" })).includes("too wide"));
  await page.reload();
  assert.ok((await spoilt("h2", { width: "30px", overflowWrap: "anywhere" })).includes("broken word"));
  assert.ok((await spoilt("h1", { marginBottom: "-30px" })).includes("text over text"));
  assert.ok((await spoilt(".matrix tbody", { position: "relative", top: "-60px" })).includes("name over the rows"));
});

test("a document without a headline is called by its first words", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  const untitled = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent).core.clusters.filter(([, , documents]) => documents.every(d => typeof d[2] !== "string")).map(([id, , documents]) => [id, documents[0][0], documents[0][2]]));
  assert.ok(untitled.length > 0);
  for (const [id, document, [opening]] of untitled) {
    await at(page, "#cluster=" + id);
    const name = await page.textContent("h1");
    assert.ok(name.split(" ").length > 5 && name !== document && opening.split(" ").length > 5, name);
  }
  assert.deepEqual(troubles, []);
});

test("changes stand side by side, without what is the same", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  await ask(page, "relation:near size>3");
  await page.locator(".row a").first().click();
  await page.locator("tr:has(.tag.near) >> text=compare").first().click();
  await page.waitForSelector(".pane mark");
  const whole = (await page.textContent(".panes")).length;
  await page.check("text=Changes only");
  assert.ok(await several(page.locator(".changes .change .changed"), 1) > 0);
  assert.equal(await page.locator(".panes").isVisible(), false);
  const said = await page.textContent(".changes");
  assert.ok(said.length < whole / 2, "of two long texts that are nearly the same little differs");
  await page.uncheck("text=Changes only");
  assert.equal(await page.locator(".panes").isVisible(), true);
  assert.deepEqual(troubles, []);
});

test("a story says beside whose text its documents were put, and what the colours are", async () => {
  const { page, troubles } = await open(browser, made.address + "#clusters");
  const other = await page.evaluate(() => JSON.parse(document.getElementById("data").textContent).core.clusters.filter(row => row[5] !== 0).map(row => row[0])[0]);
  await at(page, "#cluster=" + other);
  assert.match(await page.textContent("#beside"), /beside the text of .+, which represents the group/);
  assert.match(await page.textContent("figure .key"), /the original|shown first/);
  assert.ok(await page.locator("figure .key").count() >= 2);
  assert.deepEqual(troubles, []);
});

test("on a phone the view where one is can be seen in the line of views", async () => {
  const { page } = await open(browser, made.address, { viewport: { width: 390, height: 844 } });
  for (const view of ["problems", "templates", "overview"]) {
    await at(page, "#" + view);
    const box = await page.locator("nav [aria-current=page]").boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 390, `${view} at ${box.x}`);
  }
});

test("what is not in the report is said, with a way to what is", async () => {
  const { page, troubles } = await open(browser, made.address);
  for (const [hash, back] of [["#page=nothing", "#pages"], ["#template=99", "#templates"], ["#sites=nobody.example", "#sites"], ["#pair=a&with=b", "#related"], ["#cluster=nothing", "#clusters"]]) {
    await at(page, hash);
    assert.equal(await page.textContent("h1"), "Not found", hash);
    assert.equal(await page.locator("main a").getAttribute("href"), back);
  }
  assert.deepEqual(troubles, []);
});
