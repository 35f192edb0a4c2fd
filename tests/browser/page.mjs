// A report of the bundled corpus in Debian's chromium, watched: console, errors and requests.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const PROGRAM = process.env.WIRECOPY || join(ROOT, "target", "release", "wirecopy");
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";

export const EVIL = `<img src=x onerror="alert(1)"></script><script>alert(2)</script>\u2028`;

// Documents that would like to be more than text.
function hostile() {
  const text = `${EVIL} the same story stands here again and again, long enough to be found as a copy of itself by anyone who looks at it ${EVIL}`;
  const record = i => ({ id: `${EVIL}${i}`, title: EVIL, url: "javascript:alert(3)", canonical_url: "data:text/html,<script>alert(4)</script>", source: EVIL, date: EVIL, text: i === 2 ? text + " and one more sentence" : text });
  return [0, 1, 2].map(i => JSON.stringify(record(i))).join("\n") + "\n";
}

// The corpus' report, its file and the directory to remove.
export function report(evil = true) {
  const directory = mkdtempSync(join(tmpdir(), "wirecopy-browser-"));
  writeFileSync(join(directory, "hostile.jsonl"), hostile());
  const file = join(directory, "report.html");
  execFileSync(PROGRAM, ["scan", "corpus", ...(evil ? [join(directory, "hostile.jsonl")] : []), "--quiet", "--audit", "50", "--report", `html=${file}`], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  return { address: pathToFileURL(file).href, remove: () => rmSync(directory, { recursive: true }) };
}

// The largest story of the corpus as a page of its own, beside such a report.
export function evidence(made) {
  const directory = fileURLToPath(new URL(".", made.address));
  const [saved, file] = [join(directory, "saved.json"), join(directory, "story.html")];
  execFileSync(PROGRAM, ["scan", "corpus", "--quiet", "--report", `json+text=${saved}`], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const { id } = JSON.parse(readFileSync(saved, "utf8")).clusters[0];
  execFileSync(PROGRAM, ["report", "render", saved, "--quiet", "--cluster", id, "-o", file], { stdio: ["ignore", "ignore", "inherit"] });
  return pathToFileURL(file).href;
}

export const launch = () => chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-background-networking"] });

// A page whose troubles are collected: console errors, exceptions, dialogs, and requests other than for the file.
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", message => { if (message.type() === "error" || message.type() === "warning") troubles.push("console: " + message.text()); });
  page.on("pageerror", error => troubles.push("exception: " + error.message));
  page.on("dialog", dialog => { troubles.push("dialog: " + dialog.message()); dialog.dismiss(); });
  page.on("request", request => { if (request.url().split("#")[0] !== address.split("#")[0]) troubles.push("request: " + request.url()); });
  await page.goto(address);
  await page.waitForSelector("h1");
  return { page, troubles };
}

// The page draws itself after its address changes and a moment after the last key, so that each of these waits for what it asked
// for, however slow the machine is.

export async function go(page, view) {
  await page.click(`nav a[data-view="${view}"]`);
  await page.waitForSelector(`nav a[data-view="${view}"][aria-current=page]`);
}

export async function ask(page, query) {
  await page.fill("#query", query);
  await asked(page, query);
}

export async function asked(page, query) {
  const of = url => new URLSearchParams(url.hash.slice(1).replace(/\+/g, "%2B")).get("q") ?? "";
  await page.waitForURL(url => of(url) === query);
}

// The number of matches, once there are as many as expected; fewer, where those do not come.
export async function several(locator, expected) {
  await locator.nth(expected - 1).waitFor({ state: "attached", timeout: 10000 }).catch(() => {});
  return locator.count();
}

// A report of these JSON lines, and one story of it as evidence; the texts of the largest stories first.
export function reportOf(lines) {
  const directory = mkdtempSync(join(tmpdir(), "wirecopy-browser-"));
  const [records, file, saved, story] = ["news.jsonl", "report.html", "saved.json", "story.html"].map(name => join(directory, name));
  writeFileSync(records, lines);
  const run = (...args) => execFileSync(PROGRAM, [...args, "--quiet"], { stdio: ["ignore", "ignore", "inherit"] });
  run("scan", records, "--report", `html=${file}`, "--report", `json+text=${saved}`);
  const { id } = JSON.parse(readFileSync(saved, "utf8")).clusters[0];
  run("report", "render", saved, "--cluster", id, "-o", story);
  return { address: pathToFileURL(file).href, story: pathToFileURL(story).href, remove: () => rmSync(directory, { recursive: true }) };
}
