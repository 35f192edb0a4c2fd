// Every view of a report at the widths of a phone, a small and a large screen, light and dark: pictures of them, and what of their
// look can be told by measuring.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open } from "./page.mjs";

export const WIDTHS = [390, 1280, 1440];
export const SCHEMES = ["light", "dark"];

// Of a long view so many pixels are pictured.
const TALLEST = 3200;

// A view: its name, its address or a function of the page that gives it, and what is done there.
const first = selector => page => page.locator(selector).first().getAttribute("href");
const VIEWS = [
  ["overview", "#overview"],
  ["stories", "#clusters"],
  ["nothing-found", "#clusters&q=paper%3Agazette%20nowhere"],
  ["story", async page => { await at(page, "#clusters"); return first(".row a")(page); }],
  ["story-untitled", async page => { const id = await page.evaluate(() => { const { clusters } = JSON.parse(document.getElementById("data").textContent).core; const row = clusters.find(([, , documents]) => documents.every(d => typeof d[2] !== "string")); return row ? row[0] : clusters[0][0]; }); return "#cluster=" + id; }],
  ["compare", async page => { await at(page, "#clusters&q=relation%3Anear"); await at(page, await first(".row a")(page)); return first("tr:has(.tag.near) a[href*='&b=']")(page); }],
  ["compare-changes", async page => page.evaluate(() => location.hash), async page => { await page.check("text=Changes only"); }],
  ["sites", "#sites"],
  ["site", async page => { await at(page, "#sites"); return first(".matrix tbody th a, [aria-label=Sites] tbody a")(page); }],
  ["related", "#related"],
  ["pair", async page => { await at(page, "#related"); return first("a[href*='&with=']")(page); }],
  ["pages", "#pages"],
  ["page", async page => { await at(page, "#pages"); return first("main td a")(page); }],
  ["titles", "#titles"],
  ["templates", "#templates"],
  ["template", "#template=0"],
  ["boilerplate", "#boilerplate"],
  ["problems", "#problems"],
  ["sources", "#sources"],
  ["not-found", "#cluster=nothing"],
];

// Goes to a place of the page and waits until that is drawn.
export async function at(page, hash) {
  await page.evaluate(hash => {
    const drawn = document.querySelector("main > *");
    if (drawn) drawn.dataset.before = "";
    if (location.hash === hash) dispatchEvent(new Event("hashchange"));
    else location.hash = hash;
  }, hash);
  await page.waitForSelector("[data-before]", { state: "detached" });
}

// Pictures all views of the page at an address into `directory`, and returns what is wrong, by view.
export async function look(browser, address, directory, name, views = VIEWS) {
  mkdirSync(directory, { recursive: true });
  const wrong = [];
  for (const width of WIDTHS) for (const colorScheme of SCHEMES) {
    const { page, troubles } = await open(browser, address, { colorScheme, viewport: { width, height: 900 } });
    for (const [view, where, act] of views) {
      const hash = typeof where === "string" ? where : await where(page);
      if (hash) await at(page, hash);
      if (act) await act(page);
      // Colours change nothing of the layout, and what is measured is the same.
      if (colorScheme === SCHEMES[0]) wrong.push(...(await faults(page)).map(fault => `${name} ${view} at ${width}: ${fault}`));
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.screenshot({ path: join(directory, `${name}-${view}-${width}-${colorScheme}.png`), fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(height, TALLEST) } });
    }
    wrong.push(...troubles);
    await page.context().close();
  }
  return wrong;
}

export const story = (browser, address, directory, name) => look(browser, address, directory, name, [["evidence", page => page.evaluate(() => location.hash)]]);

// What can be told of a look without an eye: what is wider than the page, words that are broken, text over text.
export function faults(page) {
  return page.evaluate(() => {
    const found = [];
    const say = (what, text) => { if (found.length < 12) found.push(`${what}: ${text.trim().replace(/\s+/g, " ").slice(0, 60)}`); };
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) say("too wide", `${wide} pixels`);

    // A word that has less room than this is narrow enough to stand on a line of its own everywhere; longer ones, which are ids and
    // addresses, may be broken.
    const LONGEST = 240;
    // A few pixels may overlap where a line's box is taller than its letters.
    const TOUCH = 3;
    const clips = new Map();
    // What can be seen of an element's inside.
    const clip = element => {
      if (!element || element === document.documentElement || element === document.body) return { left: 0, right: document.documentElement.clientWidth, top: -1e9, bottom: 1e9 };
      if (clips.has(element)) return clips.get(element);
      let box = clip(element.parentElement);
      const style = getComputedStyle(element);
      if (style.overflowX !== "visible" || style.overflowY !== "visible") {
        const own = element.getBoundingClientRect();
        box = { left: Math.max(box.left, own.left), right: Math.min(box.right, own.right), top: Math.max(box.top, own.top), bottom: Math.min(box.bottom, own.bottom) };
      }
      clips.set(element, box);
      return box;
    };
    const isHidden = element => (element.closest("details:not([open])") && !element.closest("summary")) || element.closest(".hidden, .skip, [hidden], title, option, select, datalist, script, style") || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) || getComputedStyle(element).clipPath !== "none" || getComputedStyle(element).color === "rgba(0, 0, 0, 0)";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const boxes = [];
    const range = document.createRange();
    for (let node = walker.nextNode(); node && boxes.length < 20000; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || isHidden(element)) continue;
      const seen = clip(element);
      range.selectNodeContents(node);
      const turned = element.closest(".matrix thead");
      for (const rect of range.getClientRects()) {
        const box = { left: Math.max(rect.left, seen.left), right: Math.min(rect.right, seen.right), top: Math.max(rect.top, seen.top), bottom: Math.min(rect.bottom, seen.bottom), text: node.data, element, turned };
        if (box.right - box.left > TOUCH && box.bottom - box.top > TOUCH) boxes.push(box);
      }
      if (turned || element.ownerSVGElement) continue;
      for (const match of node.data.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
        // Where no spaces are written lines end anywhere, and in Korean between syllables.
        if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(match[0])) continue;
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        const lines = [...range.getClientRects()].filter(rect => rect.width > 0.5);
        if (new Set(lines.map(rect => Math.round(rect.top))).size > 1 && lines.reduce((sum, rect) => sum + rect.width, 0) <= LONGEST) say("broken word", match[0]);
      }
    }
    boxes.sort((a, b) => a.top - b.top);
    const heads = boxes.filter(box => box.turned), flat = boxes.filter(box => !box.turned);
    for (let i = 0; i < flat.length; i++) for (let j = i + 1; j < flat.length && flat[j].top < flat[i].bottom - TOUCH; j++) {
      const [a, b] = [flat[i], flat[j]];
      if (a.element === b.element || a.element.closest(".bar-top") !== b.element.closest(".bar-top")) continue;
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > TOUCH && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > TOUCH) say("text over text", `${a.text.slice(0, 25)} / ${b.text}`);
    }
    // Names that are turned have boxes that overlap one another; over the rows they may not hang.
    for (const head of heads) {
      const body = head.element.closest("table").tBodies[0].getBoundingClientRect();
      if (head.bottom > body.top + TOUCH) say("name over the rows", head.text);
    }
    return found;
  });
}
