// How long a report takes to open and to search: `tests/browser/run perf.mjs REPORT.html`.

import { pathToFileURL } from "node:url";
import { launch, open } from "./page.mjs";

const browser = await launch();
try {
  const begun = Date.now();
  const { page, troubles } = await open(browser, pathToFileURL(process.argv[2]).href);
  console.log("opens in", Date.now() - begun, "ms");
  await page.click("nav >> text=Clusters");
  await page.waitForSelector(".row");
  // The list is drawn in the same task as the search; typing waits 60 ms for the next key.
  for (const query of ["site:site12", "relation:near size>5", "after:2025-03-01", "nothing like this", ""]) {
    const took = await page.evaluate(query => {
      const box = document.getElementById("query");
      const started = performance.now();
      box.value = query;
      document.getElementById("sort").dispatchEvent(new Event("change"));
      return performance.now() - started;
    }, query);
    console.log("searches", JSON.stringify(query), "in", took.toFixed(0), "ms:", await page.textContent("main > p:nth-of-type(3)"));
  }
  console.log(troubles.length ? troubles : "no trouble");
} finally {
  await browser.close();
}
