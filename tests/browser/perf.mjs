// How long a report takes to open, to search, to scroll through and to come back to: `tests/browser/run perf.mjs [REPORT.html]`, of
// 20,000 stories where none is given.

import { pathToFileURL } from "node:url";
import { news } from "./news.mjs";
import { go, launch, open, reportOf } from "./page.mjs";

const made = process.argv[2] ? { address: pathToFileURL(process.argv[2]).href, remove: () => {} } : reportOf(news(20_000));
const browser = await launch();
const timed = async (what, work) => {
  const begun = performance.now();
  const said = await work();
  console.log(what, "in", (performance.now() - begun).toFixed(0), "ms", said ?? "");
};
try {
  let page, troubles;
  await timed("opens", async () => { ({ page, troubles } = await open(browser, made.address)); });
  await timed("lists stories", async () => { await go(page, "clusters"); await page.waitForSelector(".row"); });
  // The list is drawn in the same task as the search; typing waits 60 ms for the next key. The first search looks through all texts.
  for (const query of ["site:bay", "relation:near size>3", "after:2025-09-20", "munnavfil", "nothing like this", ""]) {
    const [took, told] = await page.evaluate(query => {
      const begun = performance.now();
      document.getElementById("query").value = query;
      document.getElementById("sort").dispatchEvent(new Event("change"));
      return [performance.now() - begun, document.querySelector("main > p.dim:not(:first-of-type)").textContent];
    }, query);
    console.log("searches", JSON.stringify(query), "in", took.toFixed(0), "ms:", told);
  }
  // To the end of the list, by the height of the window: the longest that one frame waited for its rows.
  const [frames, longest] = await page.evaluate(() => new Promise(done => {
    const list = document.querySelector(".list");
    let [frames, longest, last] = [0, 0, performance.now()];
    const step = now => {
      longest = Math.max(longest, now - last);
      last = now;
      list.scrollTop += list.clientHeight;
      if (++frames < 200) requestAnimationFrame(step);
      else done([frames, longest]);
    };
    requestAnimationFrame(step);
  }));
  console.log("scrolls by", frames, "windows; the slowest frame took", longest.toFixed(0), "ms");
  const top = () => page.evaluate(() => document.querySelector(".list").scrollTop);
  const place = await top();
  // The place is kept a moment after the list stands still.
  await page.evaluate(place => new Promise(done => { const look = () => history.state?.top === place ? done() : requestAnimationFrame(look); look(); }), place);
  await timed("opens a story", async () => { await page.locator(".row a").nth(8).click(); await page.waitForSelector(".lead"); });
  await timed("goes back", async () => { await page.goBack(); await page.waitForSelector(".row"); return (await top()) === place ? "to the same place" : "to another place"; });
  for (const view of ["sites", "related", "overview"]) await timed("opens " + view, () => go(page, view));
  console.log(troubles.length ? troubles : "no trouble");
} finally {
  await browser.close();
  made.remove();
}
