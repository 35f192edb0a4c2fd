// The README's pictures, of the bundled corpus: `make screenshots`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, launch, open, report } from "./page.mjs";

const out = process.env.OUT || join(ROOT, "docs", "images");
mkdirSync(out, { recursive: true });
const made = report(false);
const browser = await launch();
try {
  for (const colorScheme of ["light", "dark"]) {
    const { page } = await open(browser, made.address, { colorScheme, viewport: { width: 1200, height: 760 } });
    const shot = name => page.screenshot({ path: join(out, `${name}-${colorScheme}.png`) });
    await shot("overview");
    await page.click("nav >> text=Stories");
    await page.waitForSelector(".row");
    await shot("clusters");
    await page.click("nav >> text=Sites");
    await page.waitForSelector("path.flow");
    await shot("sites");
    await page.click("nav >> text=Stories");
    await page.waitForSelector(".row");
    await page.fill("#query", "relation:near score<0.95");
    await page.waitForTimeout(150);
    await page.click(".row a");
    await page.waitForSelector("text=Who has it, by time");
    await shot("cluster");
    await page.click("tr:has(.tag.near) >> text=compare");
    await page.waitForSelector(".pane mark");
    await page.click("#next");
    await page.waitForTimeout(600);
    await shot("compare");
  }
} finally {
  await browser.close();
  made.remove();
}
