// The README's pictures, of the bundled corpus, and every view with 20 and with 20,000 stories: `make screenshots`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SCHEMES, look, story } from "./looks.mjs";
import { news } from "./news.mjs";
import { ROOT, ask, go, launch, open, report, reportOf } from "./page.mjs";

const out = process.env.OUT || join(ROOT, "docs", "images");
const LOOKS = join(process.env.CARGO_TARGET_DIR || join(ROOT, "target"), "looks");
mkdirSync(out, { recursive: true });
const made = report(false);
const browser = await launch();
try {
  for (const colorScheme of SCHEMES) {
    const { page } = await open(browser, made.address, { colorScheme, viewport: { width: 1200, height: 760 } });
    const shot = name => page.screenshot({ path: join(out, `${name}-${colorScheme}.png`) });
    await shot("overview");
    await go(page, "clusters");
    await page.waitForSelector(".row");
    await shot("clusters");
    await go(page, "sites");
    await page.waitForSelector("path.flow");
    await shot("sites");
    await go(page, "clusters");
    await ask(page, "relation:near score<0.95");
    await page.locator(".row a").first().click();
    await page.waitForSelector("text=Who has it, by time");
    await shot("cluster");
    await page.locator("tr:has(.tag.near) >> text=compare").first().click();
    await page.waitForSelector(".pane mark");
    await page.click("#next");
    await page.waitForSelector("mark.on");
    await shot("compare");
  }
  for (const stories of [20, 20_000]) {
    const large = reportOf(news(stories));
    const wrong = [...(await look(browser, large.address, LOOKS, String(stories))), ...(await story(browser, large.story, LOOKS, String(stories)))];
    large.remove();
    console.log(`${stories} stories, in ${LOOKS}:`, wrong.length ? wrong : "nothing is too wide, broken or printed over");
  }
} finally {
  await browser.close();
  made.remove();
}
