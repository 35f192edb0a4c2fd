// Invented news of any size, the same every time: stories that several sites carry, with what a report shows beside them, and with
// names that are hard to lay out.

// Numbers from 0 to 1 (mulberry32).
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SMALL = "the of to in and a for on that with as at from by was were said has had not after before which who their over under about into could would".split(" ");
const AGENCIES = ["northwire.example", "meridian.example", "contpress.example"];
const PAPERS = ["harbourpress", "cedardispatch", "castermouthpost", "ashenbychronicle", "drayholmstandard", "valleyobserver", "lakesidemercury", "eastgatetribune", "oldtownargus", "westmoorecho", "southbankgazette", "bancorpledger", "hilltopherald", "rivertonregister", "marketsquaretimes", "bay", "the-very-long-named-district-advertiser-and-weekly-post"].map(name => name + ".example");
const HARD = [
  "Donaudampfschifffahrtsgesellschaft stellt Verkehrsinfrastrukturfinanzierungsgesellschaftsvertrag vor",
  "\u0645\u062a\u062d\u0641 \u0627\u0644\u0633\u0627\u0639\u0627\u062a \u064a\u0641\u062a\u062d \u0623\u0628\u0648\u0627\u0628\u0647 \u0644\u064a\u0644\u0627",
  "Council, after a sitting of eleven hours that nobody had wished for and that two members left early, sells the clock, keeps the time, and puts off whatever else was on the paper until the autumn",
  "\u6642\u8a08\u53f0\u306f\u58f2\u308b\u304c\u6642\u9593\u306f\u6b8b\u3059\u3068\u753a\u8b70\u4f1a\u304c\u6c7a\u3081\u305f",
];

// Records of so many stories, as JSON lines with two that are none.
export function news(stories, seed = 30) {
  const next = random(seed);
  const pick = list => list[Math.floor(next() * list.length)];
  const syllables = ["ba", "cor", "den", "fil", "gar", "hul", "jan", "kel", "lor", "mun", "nav", "ost", "pel", "quin", "ras", "sol", "tam", "ulf", "ver", "win", "yor", "zim"];
  const lexicon = Array.from({ length: 6000 }, () => pick(syllables) + pick(syllables) + (next() < 0.5 ? pick(syllables) : ""));
  const word = () => next() < 0.45 ? pick(SMALL) : lexicon[Math.floor(lexicon.length * next() ** 2)];
  const capital = text => text[0].toUpperCase() + text.slice(1);
  const sentence = () => capital(Array.from({ length: 9 + Math.floor(next() * 9) }, word).join(" ")) + ".";
  const sentences = n => Array.from({ length: n }, sentence);
  const lines = [];
  const put = record => lines.push(JSON.stringify(record));
  const day = at => new Date(Date.UTC(2025, 8, 1) + at * 60000).toISOString();
  const chrome = site => `Read ${site} every morning at home.\nMenu Sport Weather Letters Obituaries`;
  let number = 0;
  const article = (site, title, paragraphs, minute, more = {}) => {
    const id = `n${String(number++).padStart(6, "0")}`;
    put({ id, title, url: `https://www.${site}/2025/09/${String(1 + number % 28).padStart(2, "0")}/news/${id}`, source: site, date: day(minute), text: [chrome(site).split("\n")[0], ...paragraphs, chrome(site).split("\n")[1]].join("\n\n"), ...more });
  };
  for (let s = 0; s < stories; s++) {
    const [title, body, begun] = [HARD[s] || capital(Array.from({ length: 5 + Math.floor(next() * 5) }, word).join(" ")), sentences(7), Math.floor(next() * 40000)];
    const origin = next() < 0.6 ? pick(AGENCIES) : pick(PAPERS);
    const carriers = [...new Set(Array.from({ length: s === 0 ? 30 : 1 + Math.floor(next() ** 2 * 5) }, () => pick(PAPERS)))].filter(site => site !== origin);
    // Some sites name no headline, some no clock, some no address.
    article(origin, s % 7 === 5 ? undefined : title, body, begun, s % 11 === 10 ? { date: day(begun).slice(0, 10) } : {});
    for (const site of carriers.length ? carriers : ["second." + origin]) {
      const how = next();
      const copy = how < 0.3 ? body : how < 0.7 ? body.map((line, i) => i === 2 ? line.replace(/\w+\.$/, "again.") : line).concat(sentences(1)) : how < 0.85 ? body.slice(0, 4) : body.concat(sentences(6));
      article(site, s % 7 === 5 ? undefined : next() < 0.3 ? capital(word()) + ": " + title : title, copy, begun + Math.floor(next() ** 2 * 3000), next() < 0.05 ? { url: undefined, source: undefined } : {});
    }
  }
  // A form that is filled in, a shared passage, a page in versions, a title on several pages, and repeats within a page.
  for (let i = 0; i < 8; i++) article(PAPERS[3], `Harbour notice ${i}`, [`Tides for ${1 + i} October. High water at ${6 + i}:1${i} reaches ${3 + i}.${i} metres at the old quay, and low water at ${11 + i % 2}:4${i} leaves ${1 + i % 2}.${9 - i} metres. The bridge closes to lorries from ${5 + i} in the morning until ${7 + i} in the evening, and the toll is ${2 + i} crowns for each of them. Whoever must cross in that time goes round by the mill.`], 100 + i * 1440);
  const passage = sentences(6);
  for (let i = 0; i < 4; i++) article(PAPERS[i], capital(`${word()} ${word()} and ${word()}`), [...sentences(9), ...passage, ...sentences(9)], 500 + i * 700);
  for (let i = 0; i < 4; i++) article(PAPERS[5], "Market week", sentences(8), 900 + i * 10080);
  const headline = "Council sells the clock but keeps the time";
  article(PAPERS[6], headline, [headline, ...sentences(5), headline, ...sentences(4)], 1200);
  lines.push("{ \"id\": \"cut off", JSON.stringify({ id: "no-text", title: "Nothing below the headline" }));
  return lines.join("\n") + "\n";
}
