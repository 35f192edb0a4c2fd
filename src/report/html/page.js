"use strict";
(() => {
// Everything a document says is untrusted: it is set as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const core = data.core;
const evidence = data.evidence;
const main = document.getElementById("main");
const live = document.getElementById("live");
const RELATIONS = ["exact", "near", "contained", "contains"];
const number = new Intl.NumberFormat("en");
const count = (n, one, many = one + "s") => `${number.format(n)} ${n === 1 ? one : many}`;
const percent = share => share === null || share === undefined ? "" : (100 * share).toFixed(share < 0.9995 && share > 0.9949 ? 1 : 0) + " %";

// ---- elements

function h(tag, props, ...children) {
  const element = document.createElement(tag);
  fill(element, props, children);
  return element;
}

function svg(tag, props, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, props, children);
  return element;
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== ""));
}

// A table that sorts, filters and downloads. A column is [name, what a cell shows, what it sorts, filters and saves by]; with numbers
// on the right where the third gives some. It is filled 200 rows at a time.
function table(label, columns, rows, options = {}) {
  const plain = (column, row) => column[2] ? column[2](row) : (node => typeof node === "string" ? node : h("i", {}, node).textContent)(column[1](row));
  const isNumber = columns.map(column => column[2] && rows.some(row => typeof column[2](row) === "number"));
  let [sorted, turned, wanted] = [-1, false, ""];
  const body = h("tbody");
  const more = h("button", { type: "button", class: "noprint" });
  const told = h("span", { class: "dim small", role: "status" });
  let shown = rows, drawn = 0;
  const line = row => h("tr", {}, columns.map(([name, show], i) => h("td", { class: isNumber[i] ? "n" : null, "data-label": name }, show(row))));
  const draw = () => {
    const end = Math.min(shown.length, drawn + 200);
    body.append(...shown.slice(drawn, end).map(line));
    drawn = end;
    more.hidden = drawn === shown.length;
    more.textContent = `Show more (${number.format(shown.length - drawn)} left)`;
  };
  more.addEventListener("click", draw);
  const put = () => {
    shown = rows.filter(row => !wanted || columns.some(column => String(plain(column, row)).toLowerCase().includes(wanted)));
    if (sorted >= 0) {
      const key = new Map(shown.map(row => [row, plain(columns[sorted], row)]));
      shown.sort((a, b) => { const [x, y] = [key.get(a), key.get(b)]; return (typeof x === "number" && typeof y === "number" ? x - y : String(x ?? "").localeCompare(String(y ?? ""))) * (turned ? -1 : 1); });
    }
    told.textContent = shown.length === rows.length ? "" : `${number.format(shown.length)} of ${number.format(rows.length)} rows`;
    drawn = 0;
    body.replaceChildren();
    draw();
  };
  const heads = columns.map(([name], i) => {
    const button = name ? h("button", { type: "button", class: "sort" }, name) : null;
    const head = h("th", { scope: "col", class: isNumber[i] ? "n" : null }, button);
    if (button) button.addEventListener("click", () => {
      // Numbers begin with the largest.
      turned = sorted === i ? !turned : isNumber[i];
      sorted = i;
      heads.forEach((other, at) => at === i ? other.setAttribute("aria-sort", turned ? "descending" : "ascending") : other.removeAttribute("aria-sort"));
      put();
    });
    return head;
  });
  const filter = rows.length > 12 ? h("input", { type: "search", "aria-label": "Filter " + label, placeholder: "Filter these rows", autocomplete: "off" }) : null;
  if (filter) filter.addEventListener("input", () => { wanted = filter.value.toLowerCase(); put(); });
  const quoted = cell => { const text = String(cell ?? ""); return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : /^[=+@-]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text; };
  const save = rows.length ? h("button", { type: "button", class: "small" }, "Download CSV") : null;
  if (save) save.addEventListener("click", () => {
    const lines = [columns.map(([name]) => quoted(name)), ...shown.map(row => columns.map(column => quoted(plain(column, row))))];
    const link = h("a", { href: URL.createObjectURL(new Blob(["\ufeff" + lines.map(cells => cells.join(",")).join("\r\n") + "\r\n"], { type: "text/csv" })), download: label.toLowerCase().replace(/[^a-z0-9]+/g, "-") + ".csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  put();
  return [options.bare ? null : h("div", { class: "controls noprint" }, filter, save, told),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, h("table", { class: "cards" }, h("thead", {}, h("tr", {}, heads)), body)), more];
}

// A number with a bar as long as its share.
const bar = share => share === null || share === undefined ? "" : h("span", { class: "share" }, svg("svg", { viewBox: "0 0 60 8", "aria-hidden": "true" }, svg("rect", { class: "track", x: 0, y: 0, width: 60, height: 8, rx: 2 }), svg("rect", { class: "bar", x: 0, y: 0, width: 60 * share, height: 8, rx: 2 })), percent(share));

const copyLink = () => navigator.clipboard ? h("button", { type: "button", class: "small noprint", onclick: event => navigator.clipboard.writeText(location.href).then(() => { event.target.textContent = "Copied"; say("The link is copied"); }, () => {}) }, "Copy link") : null;

const bytes = n => n < 1e3 ? n + " B" : n < 1e6 ? (n / 1e3).toFixed(1) + " KB" : n < 1e9 ? (n / 1e6).toFixed(1) + " MB" : (n / 1e9).toFixed(2) + " GB";
const own = (text, tag = "span") => h(tag, { dir: "auto" }, text);
const SAYS = { exact: "word for word", near: "the same article", contained: "a part of it", contains: "has it, and more", partial: "shares a passage", update: "another version", templated: "the same form" };
const tag = relation => h("span", { class: "tag " + (RELATIONS.includes(relation) ? relation : "other"), title: SAYS[relation] || null }, relation);
const siteName = site => site || "site unknown";

// What to call a document: its headline, else its first words, which the file has also where the text was left out, else its id.
const nameOf = m => m.title || m.opening || firstWords(m.id) || m.id;
function firstWords(id) {
  const own = evidence[id];
  const text = own && (own.t !== undefined ? own.t : own.e && own.e[0] && own.e[0][0] === 0 ? own.e[0][1] : "");
  if (!text) return "";
  const words = text.trim().split(/\s+/).slice(0, 12).join(" ").slice(0, 90);
  return words.length < text.trim().length ? words + "\u2026" : words;
}
const say = text => { live.textContent = text; };

// Only the web's own addresses become links.
function address(url) {
  if (!url) return null;
  let parsed = null;
  try { parsed = new URL(url); } catch { /* no address: shown as text */ }
  const safe = parsed && (parsed.protocol === "http:" || parsed.protocol === "https:");
  return safe ? h("a", { href: parsed.href, rel: "noopener noreferrer nofollow", target: "_blank" }, inParts(url)) : h("code", {}, inParts(url));
}

// An address or a path, whose lines may end behind each of its parts and nowhere within one.
const inParts = text => text.split(/(?<=[/?&=_.-])(?=[^/])/).flatMap((part, i) => i ? [h("wbr"), part] : [part]);

const view = parts => "#" + Object.entries(parts).filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => value === true ? name : name + "=" + encodeURIComponent(value)).join("&");

// ---- clusters

const relationOf = d => typeof d[6] === "number" ? RELATIONS[d[6]] : d[6] || null;
const scoreOf = d => d[7] === 1 ? 1 : d[7] ? d[7][0] : null;

// A document; `first` is the one that represents its cluster.
function documentRow(d, first, place) {
  const name = d[2] === 0 ? first[2] : d[2];
  return {
    id: d[0], site: core.sites[d[1]] || "", title: typeof name === "string" ? name : null, opening: Array.isArray(name) ? name[0] : null, date: d[3], tokens: d[4], bytes: d[5],
    relation: relationOf(d), score: scoreOf(d), jaccard: d[7] === 1 ? 1 : d[7] ? d[7][1] : null, containment: d[7] === 1 ? 1 : d[7] ? d[7][2] : null,
    parent: d[8] ? { id: d[8][0], way: d[8][1], lag: d[8][2], verbatim: d[8][3], days: d[8][4] } : null,
    url: d[9] || null, canonical: d[10] || null, path: d[11] || "", record: d[12] === undefined ? null : d[12], place,
  };
}

function opened(row) {
  const [id, size, documents, touches, origin, lead] = row;
  const members = documents.map((d, place) => documentRow(d, documents[0], place));
  return { id, size, members, touches, origin, kept: members[0], lead: members[lead] || members[0] };
}

const byId = new Map(core.clusters.map(row => [row[0], row]));
let clusterOf = null;
function clusterOfDocument(id) {
  if (!clusterOf) {
    clusterOf = new Map();
    for (const row of core.clusters) for (const document of row[2]) clusterOf.set(document[0], row[0]);
  }
  return clusterOf.get(id);
}

// What lists and the search need of a cluster, made once.
const facts = new Array(core.clusters.length);
function factsOf(index) {
  if (facts[index]) return facts[index];
  const [id, size, documents, , , lead] = core.clusters[index];
  const relations = {};
  const sites = new Set();
  let from = null, to = null, score = 1;
  const words = [id];
  for (const d of documents) {
    sites.add(d[1]);
    words.push(d[0], wordsOf(d), d[9] || "");
    if (d[3]) {
      if (from === null || d[3] < from) from = d[3];
      if (to === null || d[3] > to) to = d[3];
    }
    const relation = relationOf(d);
    if (relation) {
      relations[relation] = (relations[relation] || 0) + 1;
      const own = scoreOf(d);
      if (own !== null && own < score) score = own;
    }
  }
  const names = [...sites].map(site => core.sites[site]);
  words.push(...names);
  const made = { index, id, size, relations, sites: names, lowSites: names.map(name => name.toLowerCase()), from, to, score, title: storyName(documents, documents[lead] || documents[0]), origin: originOf(core.clusters[index]), documents, words: words.join("\n").toLowerCase() };
  facts[index] = made;
  return made;
}

const wordsOf = d => Array.isArray(d[2]) ? d[2][0] : d[2] || "";

// A story is called as its lead is, or where that has no headline as the one that represents it.
function storyName(documents, lead) {
  const names = [lead[2] === 0 ? documents[0][2] : lead[2], documents[0][2]];
  return names.find(name => typeof name === "string") || names.filter(Array.isArray).map(name => name[0])[0] || firstWords(lead[0]) || lead[0];
}

function prepare(from) {
  const end = Math.min(core.clusters.length, from + 1000);
  for (let i = from; i < end; i++) factsOf(i);
  if (end < core.clusters.length) setTimeout(prepare, 0, end);
}

// The site that had a cluster's story first, where that is known.
function originOf([, , documents, , origin]) {
  const first = origin && origin.order === "known" && documents.find(d => d[0] === origin.id);
  return first ? core.sites[first[1]] || "" : "";
}

// Whether a word stands in one of the texts of a cluster that this file has.
function inTexts(f, word) {
  return (f.documents || []).some(d => textHas(d[0], word));
}
const lowTexts = new Map();
function textHas(id, word) {
  if (!evidence[id]) return false;
  let text = lowTexts.get(id);
  if (text === undefined) {
    const own = evidence[id];
    text = (own.t !== undefined ? own.t : (own.e || []).map(([, piece]) => piece).join("\n")).toLowerCase();
    lowTexts.set(id, text);
  }
  return text.includes(word);
}

const FILTERS = ["site", "origin", "title", "relation", "size", "sites", "score", "after", "before"];

// What a query asks: `site:`, `origin:`, `title:`, `relation:`, `size>5`, `sites>3`, `score<90%`, `after:`, `before:`, words of titles,
// ids, addresses and texts; a minus before any of them turns it. All must hold. `wrong` says what is no filter.
function asked(query) {
  const tests = [], wrong = [];
  for (const [, minus, term] of query.matchAll(/(-?)((?:[a-z]+[:<>=]+)?(?:"[^"]*"|\S+))/gi)) {
    const [, name, sign, raw] = /^([a-z]+)(:|<=|>=|<|>|=)(.*)$/i.exec(term) || [];
    const value = (raw === undefined ? term : raw).replace(/^"|"$/g, "").toLowerCase();
    const limit = value.endsWith("%") ? Number(value.slice(0, -1)) / 100 : Number(value);
    const compare = x => sign === ">" ? x > limit : sign === "<" ? x < limit : sign === ">=" ? x >= limit : sign === "<=" ? x <= limit : Math.abs(x - limit) < 1e-9;
    const isNumber = value !== "" && !Number.isNaN(limit);
    const key = (name || "").toLowerCase();
    let test = null;
    if (key === "site" && sign === ":") test = f => f.lowSites.some(site => site.includes(value));
    else if (key === "origin" && sign === ":") test = f => (f.origin || "").toLowerCase().includes(value);
    else if (key === "title" && sign === ":") test = f => f.title.toLowerCase().includes(value);
    else if (key === "relation" && sign === ":") test = f => value in f.relations;
    else if (key === "size" && isNumber) test = f => compare(f.size);
    else if (key === "sites" && isNumber) test = f => compare(f.lowSites.length);
    else if (key === "score" && isNumber) test = f => compare(f.score);
    else if (key === "after" && sign === ":") test = f => f.to !== null && f.to >= value;
    else if (key === "before" && sign === ":") test = f => f.from !== null && f.from.slice(0, value.length) <= value;
    else {
      if (name && !/^(https?|www)$/i.test(name)) wrong.push(name + sign);
      const word = term.replace(/"/g, "").toLowerCase();
      test = f => f.words.includes(word) || inTexts(f, word);
    }
    tests.push(minus ? f => !test(f) : test);
  }
  return { test: f => tests.every(test => test(f)), wrong };
}

// What to say where a query names a filter that there is none of, or finds nothing; with a way out.
function unfound(hits, wrong, clear) {
  if (!wrong.length && hits) return [];
  const known = wrong.length ? `There is no filter ${wrong.join(", ")}. The filters are ${FILTERS.join(", ")}. ` : "";
  return [known, hits ? "" : "Nothing matches. ", h("button", { type: "button", onclick: clear }, "Clear the search")];
}

const SORTS = {
  size: ["largest first", (a, b) => b.size - a.size || a.index - b.index],
  score: ["least alike first", (a, b) => a.score - b.score || a.index - b.index],
  newest: ["newest first", (a, b) => (b.to || "").localeCompare(a.to || "") || a.index - b.index],
  oldest: ["oldest first", (a, b) => (a.from || "9").localeCompare(b.from || "9") || a.index - b.index],
  sites: ["most sites first", (a, b) => b.sites.length - a.sites.length || a.index - b.index],
  title: ["by title", (a, b) => a.title.localeCompare(b.title) || a.index - b.index],
};

function found(query, sort) {
  const { test, wrong } = asked(query);
  const hits = [];
  for (let i = 0; i < core.clusters.length; i++) {
    const f = factsOf(i);
    if (test(f)) hits.push(f);
  }
  if (sort !== "size") hits.sort(SORTS[sort][1]);
  return { hits, wrong };
}

// The stories that were listed last, and how: what a story's page goes back to, on and before.
let listed = { hits: null, link: "#clusters" };

const ROW = 72;

function clustersView(state) {
  const sort = SORTS[state.sort] ? state.sort : "size";
  const query = h("input", { id: "query", type: "search", value: state.q || "", autocomplete: "off", spellcheck: "false", "aria-describedby": "query-help" });
  const order = h("select", { id: "sort" }, Object.entries(SORTS).map(([name, [label]]) => h("option", { value: name, selected: name === sort }, label)));
  const told = h("p", { class: "dim" });
  const hint = h("p", { id: "unfound" });
  const facets = h("div", { class: "facets noprint", role: "group", "aria-label": "Narrow the list" });
  const inner = h("div", { role: "list", "aria-label": "Stories" });
  const list = h("div", { class: "list", tabindex: "0", role: "region", "aria-label": "Stories, scrolling" }, inner);
  let hits = [];
  let focus = 0;
  const row = place => {
    const f = hits[place];
    const relations = RELATIONS.filter(name => f.relations[name]).map(name => `${f.relations[name]} ${name}`).join(", ");
    const when = f.from ? f.from.slice(0, 10) + (f.to.slice(0, 10) !== f.from.slice(0, 10) ? " to " + f.to.slice(0, 10) : "") : "";
    const item = h("div", { class: "row", role: "listitem", "aria-setsize": hits.length, "aria-posinset": place + 1 },
      h("a", { href: view({ cluster: f.id }), "data-place": place, dir: "auto" }, f.title),
      h("p", {}, [f.origin ? f.origin + " first" : "", count(f.size, "document"), relations, count(f.sites.length, "site") + ": " + f.sites.slice(0, 4).map(siteName).join(", "), when].filter(part => part).join(" \u00b7 ")));
    item.style.top = place * ROW + "px";
    return item;
  };
  const draw = all => {
    const from = all ? 0 : Math.max(0, Math.floor(list.scrollTop / ROW) - 6);
    const to = Math.min(hits.length, all ? 500 : from + Math.ceil(list.clientHeight / ROW) + 12);
    const focused = inner.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    inner.replaceChildren(...Array.from({ length: Math.max(0, to - from) }, (_, i) => row(from + i)));
    if (focused !== null) {
      const again = inner.querySelector(`[data-place="${focused}"]`);
      (again || list).focus({ preventScroll: true });
    }
  };
  // A click adds a filter to the query, and another takes it away.
  const toggled = term => {
    query.value = query.value.includes(term) ? query.value.replace(term, "").replace(/\s+/g, " ").trim() : (query.value.trim() + " " + term).trim();
    search(true);
  };
  const facet = () => {
    const [relations, sites, days] = [new Map(), new Map(), new Map()];
    const add = (map, key) => map.set(key, (map.get(key) || 0) + 1);
    for (const f of hits) {
      for (const name of Object.keys(f.relations)) add(relations, name);
      for (const site of f.sites) if (site) add(sites, site);
      if (f.from && f.from.slice(0, 10) === (f.to || "").slice(0, 10)) add(days, f.from.slice(0, 10));
    }
    const most = (map, n) => [...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, n);
    const chip = (term, label, n) => h("button", { type: "button", "aria-pressed": String(query.value.includes(term)), onclick: () => toggled(term) }, label, " ", h("span", { class: "dim" }, number.format(n)));
    facets.replaceChildren(...most(relations, 4).map(([name, n]) => chip("relation:" + name, name, n)), ...most(sites, 6).map(([name, n]) => chip(`site:"${name}"`, name, n)), ...most(days, 3).map(([day, n]) => chip(`after:${day} before:${day}`, day, n)));
  };
  const search = push => {
    const { hits: now, wrong } = found(query.value, order.value);
    hits = now;
    listed = { hits, link: view({ clusters: true, q: query.value, sort: order.value === "size" ? "" : order.value }) };
    fill((hint.replaceChildren(), hint), {}, unfound(hits.length, wrong, () => { query.value = ""; search(true); query.focus(); }));
    facet();
    list.hidden = !hits.length;
    inner.style.height = hits.length * ROW + "px";
    told.textContent = hits.length === core.clusters.length ? count(hits.length, "story", "stories") : `${count(hits.length, "story", "stories")} of ${number.format(core.clusters.length)}`;
    list.scrollTop = 0;
    draw();
    if (push) {
      history.replaceState(null, "", listed.link);
      say(told.textContent);
    }
  };
  const move = step => {
    const wanted = Math.max(0, Math.min(hits.length - 1, focus + step));
    const top = wanted * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
    draw();
    inner.querySelector(`[data-place="${wanted}"]`)?.focus({ preventScroll: true });
  };
  inner.addEventListener("focusin", event => { if (event.target.dataset.place) focus = Number(event.target.dataset.place); });
  list.addEventListener("keydown", event => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 8, PageUp: -8, Home: -hits.length, End: hits.length }[event.key];
    if (!step) return;
    event.preventDefault();
    move(event.target === list && step === 1 ? 0 : step);
  });
  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 60, true); });
  query.addEventListener("keydown", event => {
    if (event.key === "Enter" && hits.length) { clearTimeout(waiting); search(true); if (hits.length) location.hash = view({ cluster: hits[0].id }); }
    if (event.key === "ArrowDown" && hits.length) { event.preventDefault(); move(0); }
  });
  order.addEventListener("change", () => search(true));
  let frame = 0, kept = 0;
  list.addEventListener("scroll", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw());
    // Back leads to this place of the list again.
    clearTimeout(kept);
    kept = setTimeout(() => { if (list.isConnected) history.replaceState({ top: list.scrollTop }, ""); }, 100);
  });
  const names = [...new Set(core.accounting.sites.map(site => site.site).filter(site => site))].slice(0, 500);
  query.setAttribute("list", "sites-known");
  const top = history.state && history.state.top;
  show("Stories",
    h("h1", {}, "Stories"),
    h("p", { class: "dim" }, "Groups of documents that carry the same article. Every document was compared with the one that represents its group."),
    h("datalist", { id: "sites-known" }, names.map(site => h("option", { value: `site:"${site}"` }))),
    h("div", { class: "controls" },
      h("label", { class: "grow", for: "query" }, "Search", query),
      h("label", { for: "sort" }, "Order", order)),
    h("details", { class: "small noprint", id: "query-help" }, h("summary", {}, "What can be searched"), "Words of titles, texts, ids and addresses; ", ["site:", "origin:", "title:", "relation:near", "size>5", "sites>3", "score<90%", "after:2024-01-01", "before:2025"].map(term => [h("code", {}, term), " "]), "and a minus to leave out. Keys: / to search, Enter to open the first, arrows or j and k to move."),
    facets, told, hint, list);
  search(false);
  if (top) { list.scrollTop = top; draw(); }
  printing = draw;
}

let printing = null;
addEventListener("beforeprint", () => { if (printing) printing(true); });
addEventListener("afterprint", () => { if (printing) printing(false); });

// ---- one cluster

// The original, where it is known who had it first and it is one of the documents.
const original = cluster => cluster.origin && cluster.origin.order === "known" && cluster.lead.id === cluster.origin.id ? cluster.lead : null;

// Whom a document is shown beside: the lead, where both texts are in this file, else the representative.
function partner(cluster, m) {
  if (m !== cluster.lead && evidence[m.id] && evidence[cluster.lead.id]) return cluster.lead;
  return m !== cluster.kept ? cluster.kept : null;
}

const RULES = [
  ["origin", "the original, where it is known who had it first", (members, cluster) => original(cluster)],
  ["representative", "the document that the others were verified against", members => members[0]],
  ["canonical-url", "whose address is the one that it names as canonical", members => members.find(m => m.canonical && m.canonical === m.url)],
  ["earliest", "the first by date", members => least(members.filter(m => m.date), m => m.date)],
  ["longest", "the most words", members => least(members, m => -m.tokens)],
];

function least(members, key) {
  let best = members[0];
  for (const member of members) if (key(member) < key(best) || (key(member) === key(best) && member.id < best.id)) best = member;
  return best;
}

// What documents say of themselves beyond headline and site, and the measures of a copy: for who wants to know.
function details(m) {
  return h("details", { class: "small" }, h("summary", {}, "details"), h("dl", {}, [
    ["id", h("code", {}, m.id)], m.url ? ["address", address(m.url)] : null, m.canonical && m.canonical !== m.url ? ["canonical", address(m.canonical)] : null,
    m.path ? ["file", h("code", {}, inParts(m.path), (m.record === null ? "" : ", record " + m.record))] : null,
    m.jaccard === null ? null : ["Jaccard", [percent(m.jaccard), ": runs of words that both have, of those that either has"]],
    m.containment === null ? null : ["containment", [percent(m.containment), ": runs of words of the shorter text that the longer has"]],
  ].filter(row => row).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

const sameWords = (a, b) => (a || "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "") === (b || "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const whenOf = m => !m.date ? "" : /^\d{4}-\d\d-\d\dT/.test(m.date) ? m.date.slice(0, 16).replace("T", " ") : m.date;

function clusterView(state) {
  const row = byId.get(state.cluster);
  if (!row) return missing("No story of this report has the id " + state.cluster + ".");
  const cluster = opened(row);
  if (state.b) return compareView(cluster, state);
  const lead = cluster.lead;
  const at = m => m.date && !Number.isNaN(Date.parse(m.date)) ? Date.parse(m.date) : Infinity;
  const rows = [lead, ...cluster.members.filter(m => m !== lead).sort((a, b) => at(a) === at(b) ? a.place - b.place : at(a) - at(b))];
  const firstClock = original(cluster) && lead.date && !isDay(lead);
  const lagTo = m => {
    if (!original(cluster) || m === lead || !m.date || at(m) === Infinity || at(lead) === Infinity) return null;
    const clocks = firstClock && !isDay(m);
    return clocks ? (at(m) - at(lead)) / 1000 : (Math.floor(at(m) / 864e5) - Math.floor(at(lead) / 864e5)) * 86400;
  };
  const later = m => { const lag = lagTo(m); return lag === null ? "" : lag < 0 ? "dated earlier" : firstClock && !isDay(m) ? "after " + lasting(lag) : lag === 0 ? "same day" : "after " + count(lag / 86400, "day"); };
  const what = m => m === lead ? (original(cluster) ? "original" : "shown first") : m.relation ? SAYS[m.relation] || m.relation : "represents the group";
  const columns = [
    ["Published", m => [h("span", { class: "when" }, whenOf(m)), later(m) ? h("div", { class: "small dim" }, later(m)) : null], m => m.date || ""],
    ["Site and headline", m => [h("span", { class: "exhibit", "data-exhibit": m.place + 1 }), m.site ? h("a", { href: view({ sites: m.site }), dir: "auto" }, m.site) : own(nameOf(m)), m.site && (m === lead || !sameWords(m.title, lead.title)) ? h("div", { dir: "auto" }, nameOf(m)) : null, details(m)], m => `${m.site} ${m.title || m.id}`],
    ["What it is", m => m === lead ? h("span", { class: "tag kept" }, what(m)) : m.relation ? h("span", { class: "tag " + (RELATIONS.includes(m.relation) ? m.relation : "other"), title: m.relation }, what(m)) : h("span", { class: "tag other" }, what(m)), what],
    ["Alike", m => m.score === null || m === lead ? "" : bar(m.score), m => m.score === null || m === lead ? "" : Math.round(m.score * 1000) / 10],
    ["Words", m => number.format(m.tokens), m => m.tokens],
    ["", m => partner(cluster, m) ? h("a", { class: "noprint", href: view({ cluster: cluster.id, a: partner(cluster, m).id, b: m.id }), "aria-label": `Compare ${siteName(m.site)} with ${siteName(partner(cluster, m).site)}` }, "compare") : null, () => ""],
  ];
  const hidden = cluster.size - cluster.members.length;
  const decisions = RULES.map(([name, why, choose]) => [name, why, choose(cluster.members, cluster)]).filter(([, , member]) => member);
  const beside = listed.hits ? listed.hits.findIndex(f => f.id === cluster.id) : -1;
  const step = by => { const f = beside >= 0 ? listed.hits[beside + by] : null; return f ? view({ cluster: f.id }) : null; };
  keys = { "[": () => { if (step(-1)) location.hash = step(-1); }, "]": () => { if (step(1)) location.hash = step(1); } };
  show(nameOf(lead),
    h("p", { class: "noprint ways" }, h("a", { href: listed.link }, "All stories"), step(-1) ? h("a", { href: step(-1), title: "Key: [" }, "Previous story") : null, step(1) ? h("a", { href: step(1), title: "Key: ]" }, "Next story") : null, copyLink()),
    h("h1", { dir: "auto" }, nameOf(lead)),
    headline(cluster, lagTo),
    originLine(cluster),
    h("h2", {}, "Who has it, by time"),
    table("Documents of this story", columns, rows, { bare: rows.length < 13 }),
    lead !== cluster.kept ? h("p", { class: "dim small", id: "beside" }, "What each is, and how much alike: beside the text of ", own(siteName(cluster.kept.site)), ", which represents the group.") : null,
    hidden ? h("p", { class: "dim" }, `${count(hidden, "more copy", "more copies")} in the json report.`) : null,
    h("h2", {}, "What it says"),
    storyText(lead),
    timeline(cluster),
    tree(cluster),
    cluster.touches.length ? [h("h2", {}, "Related, and not of this story"), relatedOf(cluster).length ? h("p", { class: "noprint" }, h("a", { href: view({ related: true, q: cluster.id }) }, "Their pairs, side by side")) : null, h("ul", {}, cluster.touches.map(touch => h("li", {}, tag(touch.relation), " ", percent(touch.score), " ", touch.cluster && byId.has(touch.cluster) ? h("a", { href: view({ cluster: touch.cluster }) }, own(factsOfId(touch.cluster).title)) : own(touch.id), touch.pairs > 1 ? ` (${touch.pairs} pairs)` : "")))] : null,
    h("details", { class: "noprint" }, h("summary", {}, "Which one each rule keeps"), table("What each rule keeps", [["Rule", ([name]) => h("code", {}, name), ([name]) => name], ["Keeps", ([, , m]) => [own(siteName(m.site)), " ", h("code", {}, m.id)], ([, , m]) => m.id], ["Why", ([, why]) => why, ([, why]) => why]], decisions, { bare: true })),
    h("p", { class: "small dim" }, `Story ${cluster.id}`));
}

const factsOfId = id => factsOf(placeOfId.get(id));
const placeOfId = new Map(core.clusters.map((row, place) => [row[0], place]));
const relatedOf = cluster => { const ids = new Set(cluster.members.map(m => m.id)); return core.related.filter(([a, b]) => ids.has(a) || ids.has(b)); };

// Who had it first, how many followed, and how soon.
function headline(cluster, lagTo) {
  const lead = cluster.lead;
  const sites = new Set(cluster.members.filter(m => m !== lead && m.site && m.site !== lead.site).map(m => m.site));
  const lags = cluster.members.map(lagTo).filter(lag => lag !== null && lag >= 0).sort((a, b) => a - b);
  const half = lags.length ? lags[Math.floor((lags.length - 1) / 2)] : null;
  const soon = half === null ? "" : lead.date && !isDay(lead) && half % 86400 ? ` within ${lasting(half)} (median)` : half === 0 ? " on the same day, half of them" : ` within ${count(Math.round(half / 86400), "day")} (median)`;
  const first = original(cluster) ? [h("strong", {}, own(siteName(lead.site)), " had it first"), whenOf(lead) ? `, ${whenOf(lead)}` : ""] : [`${count(cluster.size, "document")} carry it`];
  return h("p", { class: "lead" }, first, original(cluster) ? `; ${sites.size ? count(sites.size, "site") + " followed" : count(cluster.size - 1, "copy", "copies") + " on the same site"}${soon}.` : ` on ${count(new Set(cluster.members.map(m => m.site)).size, "site")}; who had it first is not known.`);
}

// The story itself, as far as this file has it.
function storyText(lead) {
  const shown = textOf(lead.id);
  const text = shown && shown.whole ? shown.pieces[0][1] : null;
  if (!text) return h("p", { class: "dim" }, "The text of this document is not in this file: it was left out to keep the file small.");
  const FIRST = 500;
  if (text.length <= FIRST + 200) return h("div", { class: "card context", dir: "auto" }, text);
  // Behind a word.
  const end = FIRST + Math.max(0, text.slice(FIRST).search(/\s|$/));
  const [before, behind] = [text.slice(0, end), text.slice(end)];
  const dots = h("span", {}, "\u2026");
  const rest = h("span", { hidden: true }, behind);
  const more = h("button", { type: "button", class: "noprint", "aria-expanded": "false" }, "Show the whole text");
  more.addEventListener("click", () => { rest.hidden = !rest.hidden; dots.hidden = !rest.hidden; more.setAttribute("aria-expanded", String(!rest.hidden)); more.textContent = rest.hidden ? "Show the whole text" : "Show less"; });
  return [h("div", { class: "card context", dir: "auto" }, before, dots, rest), more];
}

const RULE = { canonical: "others name its address as the canonical one", credit: "others credit its site", earliest: "it is the earliest", novel: "of those of the earliest date it has the most text that came back later", edits: "what was cut or changed elsewhere stands in it", longest: "it is the longest" };
const WAY = { canonical: "names it as canonical", credit: "credits its site", version: "a later version", text: "by its text" };

// Seconds as a person says them.
function lasting(seconds) {
  const s = Math.abs(seconds);
  const said = s < 60 ? `${s} s` : s < 3600 ? `${Math.round(s / 60)} min` : s < 2 * 86400 ? `${Math.floor(s / 3600)} h${Math.round(s % 3600 / 60) ? ` ${Math.round(s % 3600 / 60)} min` : ""}` : `${(s / 86400).toFixed(1).replace(/\.0$/, "")} days`;
  return seconds < 0 ? "-" + said : said;
}

// A lag as exactly as it is known: without a clock in whole days.
const lagOf = (seconds, days) => typeof seconds === "number" ? "after " + lasting(seconds) : days === 0 ? "same day" : days > 0 ? "after " + count(days, "day") : "no lag known";

function originLine(cluster) {
  const origin = cluster.origin;
  if (!origin) return null;
  const member = cluster.members.find(m => m.id === origin.id);
  const name = member ? [own(member.title || member.id), member.site ? [" at ", own(member.site)] : null] : [h("code", {}, origin.id), ", which has a part of it only"];
  const why = RULE[origin.rule] ? RULE[origin.rule][0].toUpperCase() + RULE[origin.rule].slice(1) : origin.rule;
  return h("p", { class: "dim", id: "origin" }, origin.order === "known" ? (member === cluster.lead ? "Had it first, most likely: " : ["Had it first, most likely: ", name, ". "]) : ["Unknown order. Perhaps first: ", name, ". "], `${why}; confidence ${percent(origin.confidence)}.`, origin.outside ? [" The text is credited to ", own(origin.outside), ", which is not among the documents."] : null);
}

// Who took it from whom: nested lists from the origin on.
function tree(cluster) {
  const origin = cluster.origin;
  if (!origin || !cluster.members.some(m => m.parent)) return null;
  const byIds = new Map(cluster.members.map(m => [m.id, m]));
  const children = new Map();
  for (const m of cluster.members) if (m.parent) {
    if (!children.has(m.parent.id)) children.set(m.parent.id, []);
    children.get(m.parent.id).push(m);
  }
  const order = (a, b) => (a.date || "~") < (b.date || "~") ? -1 : (a.date || "~") > (b.date || "~") ? 1 : a.place - b.place;
  let left = 400;
  const drawn = new Set();
  const node = (id, depth) => {
    drawn.add(id);
    left--;
    const m = byIds.get(id);
    const parent = m && m.parent;
    const below = (children.get(id) || []).sort(order).filter(child => !drawn.has(child.id));
    // The site, and the headline only where it is another than whom it was taken from has.
    const above = parent ? byIds.get(parent.id) : null;
    const line = [m ? h("a", { href: view({ cluster: cluster.id, a: above ? parent.id : cluster.kept.id, b: id }), dir: "auto" }, m.site || nameOf(m)) : h("code", {}, id), m && m.site && (!above || !sameWords(m.title, above.title)) ? [" ", own(nameOf(m))] : null];
    const about = parent ? h("span", { class: "small dim" }, [lagOf(parent.lag, parent.days), percent(parent.verbatim) + " verbatim", WAY[parent.way] || parent.way].join(", ")) : h("span", { class: "small dim" }, origin.order === "known" ? "the original" : "perhaps first");
    return h("li", {}, line, " ", about, below.length && depth < 60 ? h("ul", {}, below.map(child => left > 0 ? node(child.id, depth + 1) : null)) : null);
  };
  const roots = [origin.id, ...[...children.keys()].filter(id => id !== origin.id && !byIds.has(id))];
  const lists = roots.map(id => node(id, 0));
  const missed = cluster.members.length - cluster.members.filter(m => drawn.has(m.id)).length;
  return [h("h2", {}, "Who took it from whom"), h("ul", { class: "tree" }, lists), missed > 0 ? h("p", { class: "dim" }, `${count(missed, "more document")} in the json report.`) : null];
}

const isDay = m => /^\d{4}-?\d{2}-?\d{2}$/.test(m.date.trim());

// When copies came, after the origin.
function lags(dated, cluster) {
  const origin = cluster.origin && cluster.origin.order === "known" && dated.find(m => m.id === cluster.origin.id);
  if (!origin) return null;
  const others = dated.filter(m => m !== origin);
  if (!others.length) return null;
  // A date without a clock is a day, and what is counted from it are days.
  const clocks = !isDay(origin) && !others.some(isDay);
  const day = at => Math.floor(at / 86400000);
  const after = others.map(m => clocks ? (m.at - origin.at) / 1000 : day(m.at) - day(origin.at)).sort((a, b) => a - b);
  // Whoever is named as the original may bear a later date than its copies.
  if (after[0] < 0) return null;
  const said = lag => clocks ? "after " + lasting(lag) : lag === 0 ? "on the same day" : "after " + count(lag, "day");
  return h("p", { class: "dim", id: "lags" }, `First copy ${said(after[0])}, half of them ${said(after[Math.floor((after.length - 1) / 2)])} or before, the last ${said(after[after.length - 1])}.`);
}

function timeline(cluster) {
  const dated = cluster.members.filter(m => m.date && !Number.isNaN(Date.parse(m.date))).map(m => ({ ...m, at: Date.parse(m.date) })).sort((a, b) => a.at - b.at || a.place - b.place).slice(0, 400);
  if (dated.length < 2) return null;
  const [from, to] = [dated[0].at, dated[dated.length - 1].at];
  const x = at => to === from ? 400 : 30 + 740 * (at - from) / (to - from);
  const lanes = [];
  const spot = new Map();
  const dots = dated.map(m => {
    const at = x(m.at);
    let lane = lanes.findIndex(last => at - last > 13);
    if (lane < 0 && lanes.length < 12) lane = lanes.push(-1e9) - 1;
    if (lane < 0) lane = 11;
    lanes[lane] = at;
    spot.set(m.id, [at, 14 + 14 * lane]);
    const lag = !m.parent ? "" : typeof m.parent.lag === "number" ? `, ${lasting(m.parent.lag)} after ${m.parent.id}` : m.parent.days > 0 ? `, ${count(m.parent.days, "day")} after ${m.parent.id}` : m.parent.days === 0 ? `, on the day of ${m.parent.id}` : "";
    return svg("circle", { class: "dot " + (m.id === cluster.lead.id ? "kept" : "fill-" + (RELATIONS.includes(m.relation) ? m.relation : "other")), cx: at, cy: 14 + 14 * lane, r: m.id === cluster.lead.id ? 6 : 5 }, svg("title", {}, `${m.date} ${m.site} ${m.relation || "represents"}${lag}`));
  });
  const bottom = 20 + 14 * lanes.length;
  const links = dated.filter(m => m.parent && spot.has(m.parent.id)).map(m => {
    const [[x1, y1], [x2, y2]] = [spot.get(m.parent.id), spot.get(m.id)];
    return svg("line", { class: "link", x1, y1, x2, y2 });
  });
  return h("figure", { class: "card" }, h("figcaption", {}, "Published"), lags(dated, cluster),
    svg("svg", { viewBox: `0 0 800 ${bottom + 20}`, role: "img", "aria-label": `Timeline of ${dated.length} documents from ${dated[0].date} to ${dated[dated.length - 1].date}` },
      svg("line", { class: "axis", x1: 20, x2: 780, y1: bottom, y2: bottom }), links, dots,
      svg("text", { x: 20, y: bottom + 14 }, dated[0].date.slice(0, 16).replace("T", " ")), svg("text", { x: 780, y: bottom + 14, "text-anchor": "end" }, dated[dated.length - 1].date.slice(0, 16).replace("T", " "))),
    legend(dated, cluster));
}

// What the colours of the dots say.
function legend(dated, cluster) {
  const key = (shade, text) => h("span", { class: "key" }, svg("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, svg("circle", { class: "dot " + shade, cx: 6, cy: 6, r: 5 })), " " + text);
  const others = dated.filter(m => m.id !== cluster.lead.id);
  return h("p", { class: "dim small" }, dated.some(m => m.id === cluster.lead.id) ? key("kept", original(cluster) ? "the original" : "shown first") : null,
    RELATIONS.filter(name => others.some(m => m.relation === name)).map(name => key("fill-" + name, SAYS[name])),
    others.some(m => !RELATIONS.includes(m.relation)) ? key("fill-other", "represents the group") : null, h("span", {}, "A line leads to whom a copy has its text from."));
}

// ---- one story as evidence

// Everything of one story on one page, to print: who has it and when, every text with its hash and the passages that it shares with
// the document that represents the story, the files and the settings.
function evidenceView() {
  const cluster = opened(core.clusters[0]);
  const lead = cluster.lead;
  const at = m => m.date && !Number.isNaN(Date.parse(m.date)) ? Date.parse(m.date) : Infinity;
  const rows = [lead, ...cluster.members.filter(m => m !== lead).sort((a, b) => at(a) === at(b) ? a.place - b.place : at(a) - at(b))];
  const exhibit = new Map(rows.map((m, i) => [m.id, i + 1]));
  const relation = m => m === cluster.kept ? "represents the story" : m.relation ? `${SAYS[m.relation] || m.relation}, ${percent(m.score)} alike with exhibit ${exhibit.get(cluster.kept.id)}` : "";
  const settings = [["Program", "wirecopy " + core.settings.version], ["Mode", core.settings.mode], ...["recipe", "policy"].flatMap(part => Object.entries(core.settings[part] || {}).map(([name, value]) => [name, String(value)]))];
  const columns = [
    ["Exhibit", m => exhibit.get(m.id), m => exhibit.get(m.id)],
    ["Site", m => own(siteName(m.site)), m => m.site],
    ["Published", m => h("span", { class: "when" }, whenOf(m) || "no date"), m => m.date || ""],
    ["Headline", m => own(m.title || ""), m => m.title || ""],
    ["What it is", m => (m === lead && original(cluster) ? "original" + (relation(m) ? "; " : "") : "") + relation(m), relation],
    ["Words", m => number.format(m.tokens), m => m.tokens],
  ];
  const texts = rows.map(m => {
    const spans = m === cluster.kept ? [] : alignment(cluster.kept, m, (evidence[m.id] && evidence[m.id].s || []).map(([a0, a1, b0, b1, ...rest]) => [b0, b1, a0, a1, ...rest])).spans.map(s => ({ ...s.b, name: s.name })).sort((x, y) => x.chars[0] - y.chars[0]);
    return h("section", { class: "evidence" }, h("h2", { dir: "auto" }, `Exhibit ${exhibit.get(m.id)}: ${siteName(m.site)}`),
      h("dl", {}, [["headline", own(m.title || "none")], ["published", m.date || "no date"], m.url ? ["address", address(m.url)] : null, m.canonical && m.canonical !== m.url ? ["canonical", address(m.canonical)] : null, ["id", h("code", {}, m.id)], ["file", h("code", {}, inParts(m.path), (m.record === null ? "" : ", record " + m.record))], ["what it is", relation(m) || "the original"], m.jaccard === null ? null : ["Jaccard, containment", `${percent(m.jaccard)}, ${percent(m.containment)}`], ["SHA-256 of the text", h("code", {}, core.story[m.id] || "the text is not in the report: --report json+text keeps it")]].filter(row => row).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      pane(m, textOf(m.id), spans, 0).text);
  });
  show("Evidence: " + nameOf(lead),
    h("h1", { dir: "auto" }, nameOf(lead)),
    headline(cluster, m => m === lead || at(m) === Infinity || at(lead) === Infinity || !original(cluster) || isDay(m) !== isDay(lead) ? null : (at(m) - at(lead)) / 1000),
    originLine(cluster),
    table("Exhibits", columns, rows, { bare: true }),
    h("p", { class: "dim small" }, "Shaded: what a text shares with the document that represents the story. Underlined: words that differ within it."),
    texts,
    h("h2", {}, "Files"), table("Files", sourceColumns, core.sources, { bare: true }),
    h("h2", {}, "Settings"), h("dl", {}, settings.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("p", { class: "small dim" }, `Story ${cluster.id}`));
}

// ---- texts

// Offsets of reports are bytes of UTF-8; strings here are counted otherwise.
function places(text, start) {
  let at = start, i = 0;
  const marks = [];
  return wanted => {
    if (wanted < at) { at = start; i = 0; }
    while (at < wanted && i < text.length) {
      const c = text.codePointAt(i);
      at += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      i += c > 0xffff ? 2 : 1;
    }
    return i;
  };
}

const byteLength = text => new TextEncoder().encode(text).length;

// What the file has of a document: pieces in order, each with its first byte, and whether that is all.
function textOf(id) {
  const own = evidence[id];
  if (!own) return null;
  if (own.t !== undefined) return { pieces: [[0, own.t]], whole: true, spans: own.s || [] };
  return { pieces: own.e || [], whole: false, spans: own.s || [] };
}

const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";
const TOKEN = new RegExp(`[${UNSPACED}]\\p{M}*|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, "gu");

function tokens(text) {
  const out = [];
  for (const match of text.matchAll(TOKEN)) out.push([match[0].normalize("NFKC").toLowerCase(), match.index, match.index + match[0].length]);
  return out;
}

// Spans of two whole texts that the program did not compare.
function sharedPassages(a, b) {
  const [x, y] = [tokens(a), tokens(b)];
  const SEED = 5, GAP = 10;
  const seeds = new Map();
  const key = (list, i) => list.slice(i, i + SEED).map(token => token[0]).join("\u0000");
  for (let i = 0; i + SEED <= y.length; i++) {
    const at = key(y, i);
    const known = seeds.get(at);
    if (!known) seeds.set(at, [i]);
    else if (known.length < 8) known.push(i);
  }
  const spans = [];
  for (let i = 0; i + SEED <= x.length;) {
    let best = null;
    const last = spans[spans.length - 1];
    for (const j of seeds.get(key(x, i)) || []) {
      let n = 0;
      while (i + n < x.length && j + n < y.length && x[i + n][0] === y[j + n][0]) n++;
      const on = last && i - last.a[1] <= GAP && j >= last.b[1] && j - last.b[1] <= GAP;
      if (!best || (on && !best.on) || (on === best.on && n > best.n)) best = { j, n, on };
    }
    if (!best) { i++; continue; }
    if (best.on) { last.a[1] = i + best.n; last.b[1] = best.j + best.n; last.n += best.n; }
    else spans.push({ a: [i, i + best.n], b: [best.j, best.j + best.n], n: best.n });
    i += best.n;
  }
  const least = Math.min(x.length, y.length) < 40 ? SEED : 8;
  return spans.filter(span => span.n >= least).map(span => ({
    a: [x[span.a[0]][1], x[span.a[1] - 1][2]], b: [y[span.b[0]][1], y[span.b[1] - 1][2]],
    tokens: span.a[1] - span.a[0], identity: 2 * span.n / (span.a[1] - span.a[0] + span.b[1] - span.b[0]),
  }));
}

// Which words of two passages differ: the longest common subsequence, where they are not too long for that.
function differing(a, b) {
  const [x, y] = [tokens(a), tokens(b)];
  let head = 0;
  while (head < x.length && head < y.length && x[head][0] === y[head][0]) head++;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail][0] === y[y.length - 1 - tail][0]) tail++;
  const [m, n] = [x.length - head - tail, y.length - head - tail];
  const other = [[], []];
  other.hunks = [];
  if (m * n > 4e6) return other;
  // Words that differ, side by side: where they begin and end in either text.
  const place = (list, from, to) => from < to ? [list[from][1], list[to - 1][2]] : list[from] ? [list[from][1], list[from][1]] : list.length ? [list[list.length - 1][2], list[list.length - 1][2]] : [0, 0];
  let [h0, k0] = [0, 0];
  const close = (i, j) => { if (i > h0 || j > k0) other.hunks.push({ a: place(x, head + h0, head + i), b: place(y, head + k0, head + j) }); };
  const table = new Uint16Array((m + 1) * (n + 1));
  for (let i = m - 1; i >= 0; i--) for (let j = n - 1; j >= 0; j--) {
    table[i * (n + 1) + j] = x[head + i][0] === y[head + j][0] ? table[(i + 1) * (n + 1) + j + 1] + 1 : Math.max(table[(i + 1) * (n + 1) + j], table[i * (n + 1) + j + 1]);
  }
  let i = 0, j = 0;
  while (i < m || j < n) {
    if (i < m && j < n && x[head + i][0] === y[head + j][0]) { close(i, j); i++; j++; [h0, k0] = [i, j]; }
    else if (j === n || (i < m && table[(i + 1) * (n + 1) + j] >= table[i * (n + 1) + j + 1])) other[0].push(x[head + i++]);
    else other[1].push(y[head + j++]);
  }
  close(m, n);
  return other;
}

// Characters of context on either side of a change, and of a stretch that one text alone has.
const CONTEXT = 48, STRETCH = 600;

// What differs between two whole texts and nothing else, in rows of left and right: words within shared passages, with some context,
// and what stands in one text alone. Boilerplate is no change.
function changesOf(a, b, left, right, spans) {
  const [x, y] = [left.pieces[0][1], right.pieces[0][1]];
  const rows = [];
  const side = (text, [start, end], tag) => {
    const before = text.slice(Math.max(0, start - CONTEXT), start).replace(/^\S*\s+/, start > CONTEXT ? "\u2026" : "$&");
    const after = text.slice(end, end + CONTEXT).replace(/\s+\S*$/, end + CONTEXT < text.length ? "\u2026" : "$&");
    return h("div", { dir: "auto" }, before, start < end ? h(tag, { class: "changed" }, text.slice(start, end)) : null, after);
  };
  const alone = (text, from, to, site, tag) => {
    // Without lines that the site prints.
    let own = text.slice(from, to);
    for (const [start, end] of chromeIn(own, site).reverse()) own = own.slice(0, start) + own.slice(end);
    own = own.trim();
    if (!/[\p{L}\p{N}]/u.test(own)) return null;
    return h("div", { dir: "auto" }, h(tag, { class: "changed" }, own.slice(0, STRETCH)), own.length > STRETCH ? h("span", { class: "dim" }, ` \u2026 ${bytes(own.length - STRETCH)} more`) : null);
  };
  const byA = spans.slice().sort((s, t) => s.a.chars[0] - t.a.chars[0]);
  const byB = spans.slice().sort((s, t) => s.b.chars[0] - t.b.chars[0]);
  const behind = new Map(byB.map((s, i) => [s, i ? byB[i - 1].b.chars[1] : 0]));
  let at = 0;
  const put = (l, r) => { if (l || r) rows.push(h("div", { class: "change" }, l || h("div", { class: "dim" }, "\u2014"), r || h("div", { class: "dim" }, "\u2014"))); };
  for (const s of byA) {
    put(alone(x, at, s.a.chars[0], a.site, "del"), alone(y, behind.get(s), s.b.chars[0], b.site, "ins"));
    for (const hunk of s.hunks || []) put(side(x, hunk.a.map(c => c + s.a.chars[0]), "del"), side(y, hunk.b.map(c => c + s.b.chars[0]), "ins"));
    at = Math.max(at, s.a.chars[1]);
  }
  const last = byB.length ? byB[byB.length - 1].b.chars[1] : 0;
  put(alone(x, at, x.length, a.site, "del"), alone(y, last, y.length, b.site, "ins"));
  return rows;
}

// A text with its spans marked; `spans` are [start, end, number, differing words] in this text's characters.
function marked(text, from, spans) {
  const out = [];
  let at = 0;
  for (const [start, end, name, words] of spans) {
    const [s, e] = [Math.max(at, start), Math.min(text.length, end)];
    if (e <= s) continue;
    out.push(text.slice(at, s));
    const mark = h("mark", { "data-span": name }, start >= at && from <= start ? h("sup", { "aria-hidden": "true" }, name + 1) : null);
    let inside = s;
    for (const [, w0, w1] of words) {
      if (start + w0 < inside || start + w1 > e) continue;
      mark.append(text.slice(inside, start + w0), h("span", { class: "changed" }, text.slice(start + w0, start + w1)));
      inside = start + w1;
    }
    mark.append(text.slice(inside, e));
    out.push(mark);
    at = e;
  }
  out.push(text.slice(at));
  return out;
}

function pane(document, shown, spans, side) {
  const text = h("div", { class: "text", tabindex: "0", role: "region", "aria-label": (side ? "Right" : "Left") + " text", dir: "auto" });
  if (!shown || !shown.pieces.length) text.append(h("span", { class: "gap" }, document.relation === "exact" ? "This copy has the same words as the document that represents the story." : "The text is not in this file: it was left out to keep it small. The json+text report has it."));
  else if (shown.whole) text.append(...greyed(shown.pieces[0][1], marked(shown.pieces[0][1], 0, spans.map(s => [...s.chars, s.name, s.words])), document.site));
  else {
    let before = 0;
    for (const [start, piece] of shown.pieces) {
      if (start > before) text.append(h("span", { class: "gap" }, `${bytes(start - before)} not shown`));
      const place = places(piece, start);
      const end = start + byteLength(piece);
      const inside = spans.filter(s => s.bytes[0] < end && s.bytes[1] > start).map(s => [s.bytes[0] < start ? 0 : place(s.bytes[0]), s.bytes[1] >= end ? piece.length : place(s.bytes[1]), s.name, []]);
      text.append(...marked(piece, 0, inside));
      before = end;
    }
    if (document.bytes > before) text.append(h("span", { class: "gap" }, `${bytes(document.bytes - before)} not shown`));
  }
  return { text, element: h("section", { class: "pane", "aria-label": (side ? "Right" : "Left") + " document" },
    h("h2", { class: "exhibit", "data-exhibit": document.place + 1, dir: "auto" }, document.title || document.id),
    h("p", { class: "meta" }, h("code", {}, document.id), " ", [document.site, whenOf(document), count(document.tokens, "word"), document.said === undefined ? document.relation || "represents the story" : document.said].filter(part => part).join(" \u00b7 "), document.url ? [" ", address(document.url)] : null), text) };
}

// Lines that the site prints around whatever it says, in this text's characters.
const chromeBySite = new Map();
for (const row of core.boilerplate) if (row.kind === "chrome" && row.source) chromeBySite.set(row.source, [...(chromeBySite.get(row.source) || []), row.text]);
function chromeIn(text, site) {
  const found = [];
  for (const line of (chromeBySite.get(site) || []).flatMap(passage => passage.split("\n"))) {
    const wanted = line.trim();
    if (wanted.length < 4) continue;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) found.push([at, at + wanted.length]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}

// The same nodes, with what is boilerplate in grey, where no passage is marked.
function greyed(text, nodes, site) {
  const chrome = chromeIn(text, site);
  if (!chrome.length) return nodes;
  let at = 0;
  return nodes.flatMap(node => {
    const from = at;
    if (typeof node !== "string") { at += [...node.childNodes].filter(child => child.nodeName !== "SUP").reduce((sum, child) => sum + child.textContent.length, 0); return [node]; }
    at += node.length;
    const out = [];
    let done = from;
    for (const [start, end] of chrome) {
      const [s, e] = [Math.max(start, done), Math.min(end, at)];
      if (e <= s) continue;
      out.push(text.slice(done, s), h("span", { class: "chrome", title: "Boilerplate of this site: not compared" }, text.slice(s, e)));
      done = e;
    }
    out.push(text.slice(done, at));
    return out;
  });
}

// Passages but for those most of which is boilerplate on either side, as the program has it.
function withoutChrome(spans, ...chrome) {
  const covered = ([start, end], lines) => lines.reduce((sum, [s, e]) => sum + Math.max(0, Math.min(end, e) - Math.max(start, s)), 0) * 2 > end - start;
  return spans.filter(span => !covered(span.a, chrome[0]) && !covered(span.b, chrome[1]));
}

// What two documents share: as the program found it, where `given` has that as [start, end, start, end, words, identity]
// in bytes, and otherwise as it is found here, where both texts are in this file.
function alignment(a, b, given) {
  const [left, right] = [textOf(a.id), textOf(b.id)];
  const whole = left && right && left.whole && right.whole;
  if (!given && !whole) return { left, right, spans: [] };
  const [x, y] = whole ? [left.pieces[0][1], right.pieces[0][1]] : [];
  const inText = (shown, ends) => shown && shown.whole ? ends.map(places(shown.pieces[0][1], 0)) : ends;
  const spans = given ? given.map(([a0, a1, b0, b1, words, identity]) => ({ a: inText(left, [a0, a1]), b: inText(right, [b0, b1]), bytes: [[a0, a1], [b0, b1]], tokens: words, identity }))
    : withoutChrome(sharedPassages(x, y), chromeIn(x, a.site), chromeIn(y, b.site));
  return { left, right, spans: spans.map((span, name) => {
    const words = whole && span.identity < 1 ? differing(x.slice(...span.a), y.slice(...span.b)) : [[], []];
    const [ofA, ofB] = span.bytes || [];
    return { name, span, hunks: words.hunks, a: { bytes: ofA, chars: span.a, words: words[0] }, b: { bytes: ofB, chars: span.b, words: words[1] } };
  }) };
}

function compareView(cluster, state) {
  const find = id => cluster.members.find(member => member.id === id);
  const [a, b] = [find(state.a) || cluster.kept, find(state.b)];
  if (!b) return missing(`This story shows no document with the id ${state.b}.`, view({ cluster: cluster.id }), "The whole story");
  const choose = (label, chosen, name) => {
    const known = cluster.members.filter(m => m.place === 0 || evidence[m.id] || m === chosen).slice(0, 500);
    const select = h("select", { "aria-label": label }, known.map(m => h("option", { value: m.id, selected: m === chosen }, `${m.place + 1}. ${siteName(m.site)}: ${nameOf(m).slice(0, 60)}`)));
    select.addEventListener("change", () => { location.hash = view({ cluster: cluster.id, a: a.id, b: b.id, [name]: select.value }); });
    return h("label", {}, label, select);
  };
  const copy = b.place === 0 ? a : a.place === 0 ? b : null;
  const found = copy && evidence[copy.id] ? evidence[copy.id].s || [] : copy && !(textOf(a.id) && textOf(b.id)) ? [] : null;
  const given = found && copy === b ? found.map(([a0, a1, b0, b1, ...rest]) => [b0, b1, a0, a1, ...rest]) : found;
  sideBySide(a, b, given,
    h("a", { href: view({ cluster: cluster.id }) }, "The whole story"),
    copy && a !== b ? [tag(copy.relation), " ", SAYS[copy.relation] || "", ", ", percent(copy.score), " alike"] : alike => [h("span", {}, alike === null ? "" : `About ${percent(alike)} of the words alike. `), h("span", { class: "dim" }, "Compared in your browser; wirecopy itself compared each with the document that represents the story.")],
    [choose("Left", a, "a"), choose("Right", b, "b")]);
}

function sideBySide(a, b, given, back, verdict, choices) {
  const { left, right, spans } = alignment(a, b, given);
  const order = side => spans.map(s => ({ ...s[side], name: s.name })).sort((x, y) => x.chars[0] - y.chars[0]);
  const panes = [pane(a, left, order("a"), 0), pane(b, right, order("b"), 1)];
  const marks = panes.map(({ text }) => {
    const first = new Map();
    for (const mark of text.querySelectorAll("mark")) if (!first.has(mark.dataset.span)) first.set(mark.dataset.span, mark);
    return first;
  });
  let at = -1;
  const absent = [left, right].some(shown => !shown || !shown.pieces.length);
  const told = h("span", { class: "dim", role: "status" }, spans.length ? count(spans.length, "shared passage") : absent ? "A text is not in this file, so passages cannot be shown" : "No shared passage of eight words");
  // Passages that change places have a colour each; where they come in one order, one is enough.
  const turned = spans.some((s, i) => order("b").findIndex(x => x.name === s.name) !== order("a").findIndex(x => x.name === s.name) || i < 0);
  if (turned) for (const { text } of panes) for (const mark of text.querySelectorAll("mark")) mark.classList.add("hue" + Number(mark.dataset.span) % 6);
  // Each pane scrolls with the other: the passage at its top is brought to the top there.
  let led = null;
  const top = side => {
    const box = panes[side].text;
    let best = null;
    for (const [name, mark] of marks[side]) if (mark.offsetTop <= box.scrollTop + 40 || best === null) best = { name, by: box.scrollTop - mark.offsetTop };
    return best;
  };
  const follow = side => {
    if (led !== null && led !== side) return;
    const seen = top(side);
    const target = seen && marks[1 - side].get(seen.name);
    if (!target) return;
    led = side;
    panes[1 - side].text.scrollTop = target.offsetTop + seen.by;
    clearTimeout(follow.timer);
    follow.timer = setTimeout(() => { led = null; }, 200);
  };
  panes.forEach(({ text }, side) => text.addEventListener("scroll", () => follow(side), { passive: true }));
  const go = step => {
    if (!spans.length) return;
    at = (at + step + spans.length) % spans.length;
    led = 2;
    clearTimeout(follow.timer);
    follow.timer = setTimeout(() => { led = null; }, 700);
    panes.forEach(({ text }, side) => {
      text.querySelectorAll("mark.on").forEach(mark => mark.classList.remove("on"));
      text.querySelectorAll(`mark[data-span="${at}"]`).forEach(mark => mark.classList.add("on"));
      const mark = marks[side].get(String(at));
      if (mark) text.scrollTop = mark.offsetTop - 40;
    });
    const { tokens, identity } = spans[at].span;
    told.textContent = `Passage ${at + 1} of ${spans.length}: ${count(tokens, "word")}, ${percent(identity)} the same`;
  };
  panes.forEach(({ text }) => text.addEventListener("click", event => {
    const mark = event.target.closest("mark");
    if (mark) { at = Number(mark.dataset.span) - 1; go(1); }
  }));
  keys = { n: () => go(1), p: () => go(-1) };
  // Only what differs: whoever looks for a change need not read what is the same.
  const box = h("div", { class: "panes" }, panes.map(p => p.element));
  const both = left && right && left.whole && right.whole;
  const changes = h("input", { type: "checkbox", disabled: !both });
  const list = h("div", { class: "changes card", hidden: true, tabindex: "0", role: "region", "aria-label": "What differs" });
  changes.addEventListener("change", () => {
    if (changes.checked && !list.childNodes.length) {
      const rows = changesOf(a, b, left, right, spans);
      fill(list, {}, rows.length ? [h("div", { class: "change dim small" }, h("div", {}, own(siteName(a.site))), h("div", {}, own(siteName(b.site)))), rows] : [h("p", {}, "Nothing differs but case, punctuation and boilerplate.")]);
    }
    list.hidden = !changes.checked;
    box.hidden = changes.checked;
  });
  const begins = s => { const mark = marks[0].get(String(s.name)) || marks[1].get(String(s.name)); if (!mark) return ""; const copy = mark.cloneNode(true); copy.querySelectorAll("sup").forEach(sup => sup.remove()); return copy.textContent.trim().slice(0, 70); };
  const passages = spans.length > 1 ? h("details", { class: "small noprint", id: "passages" }, h("summary", {}, "Passages"), h("ol", {}, spans.map((s, i) => h("li", {}, h("button", { type: "button", class: "link", dir: "auto", onclick: () => { at = i - 1; go(1); } }, begins(s) + "\u2026"), h("span", { class: "dim" }, ` ${count(s.span.tokens, "word")}, ${percent(s.span.identity)} the same`))))) : null;
  const words = side => Math.max(1, side.tokens);
  const alike = spans.length ? Math.min(...[a, b].map(words).map(all => Math.min(1, spans.reduce((sum, s) => sum + s.span.tokens * s.span.identity, 0) / all))) : null;
  show("Side by side",
    h("div", { class: "bar-top" },
      h("p", { class: "noprint ways" }, back, h("h1", { class: "inline" }, "Side by side"), h("span", {}, typeof verdict === "function" ? verdict(alike) : verdict), copyLink()),
      h("div", { class: "controls" }, choices,
        h("button", { type: "button", id: "previous", disabled: !spans.length, onclick: () => go(-1), title: "Key: p" }, "Previous passage"), h("button", { type: "button", id: "next", disabled: !spans.length, onclick: () => go(1), title: "Key: n" }, "Next passage"),
        h("label", { class: "check" }, changes, "Changes only"), told, passages),
      h("p", { class: "dim small legend" }, h("mark", {}, "shared"), " ", h("mark", {}, h("span", { class: "changed" }, "differs")), " ", h("span", { class: "chrome" }, "boilerplate, not compared"), turned ? " Passages that changed places have colours of their own." : "")),
    box, list);
}

// ---- related pairs

const ABOUT = { partial: "share a passage", update: "are versions of one page", templated: "fill in one form", contained: "have one in the other", contains: "have one in the other", near: "are the same article", exact: "are word for word the same" };
const othersById = new Map(core.others.map(d => [d[0], { ...documentRow(d, d, 0), said: "" }]));

function documentOf(id) {
  const cluster = clusterOfDocument(id);
  if (!cluster) return othersById.get(id) || { id, site: "", title: null, date: null, tokens: 0, bytes: 0, place: 0, said: "" };
  const documents = byId.get(cluster)[2];
  const place = documents.findIndex(d => d[0] === id);
  return { ...documentRow(documents[place], documents[0], place), said: "in a story" };
}

// What the search needs of a pair, in the form of a cluster's.
function factsOfPair(pair) {
  const ends = [documentOf(pair[0]), documentOf(pair[1])];
  const dates = ends.map(d => d.date).filter(date => date).sort();
  const sites = [...new Set(ends.map(d => d.site))];
  const words = ends.flatMap(d => [d.id, d.title || "", d.url || "", d.site, clusterOfDocument(d.id) || ""]);
  return { pair, ends, size: 2, relations: { [pair[2]]: 1 }, lowSites: sites.map(site => site.toLowerCase()), from: dates[0] || null, to: dates[dates.length - 1] || null, score: pair[3][0], title: ends.map(d => d.title || "").join("\n"), documents: ends.map(d => [d.id]), words: words.join("\n").toLowerCase() };
}

let pairFacts = null;

function relatedView(state) {
  if ("pair" in state) return pairView(state);
  pairFacts = pairFacts || core.related.map(factsOfPair);
  const query = h("input", { id: "query", type: "search", value: state.q || "", autocomplete: "off", spellcheck: "false", "aria-describedby": "query-help" });
  const told = h("p", { class: "dim" });
  const hint = h("p", { id: "unfound" });
  const box = h("div");
  const end = d => [d.site ? h("a", { href: view({ sites: d.site }), dir: "auto" }, d.site) : null, h("div", { dir: "auto" }, nameOf(d)), h("div", { class: "small dim" }, d.date ? d.date.slice(0, 10) : "", clusterOfDocument(d.id) ? [" ", h("a", { href: view({ cluster: clusterOfDocument(d.id) }), "aria-label": "The story of " + nameOf(d) }, "its story")] : null)];
  const shared = pair => pair[4].reduce((sum, span) => sum + span[4], 0);
  const columns = [
    ["Relation", ({ pair }) => tag(pair[2]), ({ pair }) => pair[2]],
    ["One", ({ ends }) => end(ends[0]), ({ ends }) => `${ends[0].site} ${nameOf(ends[0])}`],
    ["The other", ({ ends }) => end(ends[1]), ({ ends }) => `${ends[1].site} ${nameOf(ends[1])}`],
    ["Alike", ({ pair }) => bar(pair[3][0]), ({ pair }) => Math.round(pair[3][0] * 1000) / 10],
    ["Words shared", ({ pair }) => number.format(shared(pair)), ({ pair }) => shared(pair)],
    ["", ({ pair, ends }) => h("a", { class: "noprint", href: view({ pair: pair[0], with: pair[1] }), "aria-label": `Compare ${nameOf(ends[0])} with ${nameOf(ends[1])}` }, "compare"), () => ""],
  ];
  const search = push => {
    const { test, wrong } = asked(query.value);
    const hits = pairFacts.filter(test);
    fill((box.replaceChildren(), box), {}, hits.length ? table("Related pairs", columns, hits) : []);
    fill((hint.replaceChildren(), hint), {}, pairFacts.length ? unfound(hits.length, wrong, () => { query.value = ""; search(true); query.focus(); }) : []);
    const all = core.related_in_all > pairFacts.length ? ` of ${number.format(core.related_in_all)}; the json report has all` : "";
    told.textContent = (hits.length === pairFacts.length ? count(hits.length, "pair") : `${count(hits.length, "pair")} of ${number.format(pairFacts.length)} shown`) + all;
    if (push) {
      history.replaceState(null, "", view({ related: true, q: query.value }));
      say(told.textContent);
    }
  };
  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 60, true); });
  show("Related pairs",
    h("h1", {}, "Related pairs"),
    h("p", { class: "dim" }, "Pairs that are related and not of one story: they share a passage, are versions of one page, or come from the same template. Some documents that have another in them are in other stories, since each story is built around one document."),
    h("div", { class: "controls" }, h("label", { class: "grow", for: "query" }, "Search", query)),
    h("details", { class: "small noprint", id: "query-help" }, h("summary", {}, "What can be searched"), "Words of titles, texts, ids and addresses; ", ["site:", "relation:partial", "score<90%", "after:2024-01-01", "before:2025"].map(term => [h("code", {}, term), " "]), "and a minus to leave out. Key: / to search."),
    told, hint,
    core.related.length ? box : h("p", {}, "No two documents are related beyond their stories."));
  search(false);
}

function pairView(state) {
  const pair = core.related.find(([a, b]) => a === state.pair && b === state.with);
  if (!pair) return missing(`This report shows no related pair of ${state.pair} and ${state.with}.`, "#related", "All related pairs");
  const [a, b] = [{ ...documentOf(pair[0]), place: 0 }, { ...documentOf(pair[1]), place: 1 }];
  const clusters = [a, b].map(d => [d, clusterOfDocument(d.id)]).filter(([, cluster]) => cluster);
  sideBySide(a, b, pair[4],
    h("a", { href: "#related" }, "All related pairs"),
    [tag(pair[2]), ABOUT[pair[2]] ? ` They ${ABOUT[pair[2]]}: ` : " ", percent(pair[3][0]), " alike", clusters.map(([d, cluster]) => [". ", h("a", { href: view({ cluster }) }, "The story of ", own(nameOf(d)))])],
    null);
}

// ---- at a glance

function bars(title, note, rows, rule) {
  const [width, height, left] = [420, 150, 8];
  const most = Math.max(1, ...rows.map(row => row[1]));
  const step = (width - 2 * left) / Math.max(1, rows.length);
  // As many names as there is room for, each seven pixels a letter.
  const longest = Math.max(1, ...rows.map(([name]) => name.length));
  const label = Math.max(1, Math.ceil(7 * longest / step));
  return h("figure", { class: "card" }, h("figcaption", {}, title),
    svg("svg", { viewBox: `0 0 ${width} ${height + 20}`, role: "img", "aria-label": `${title}. ${rows.filter(row => row[1]).slice(0, 40).map(row => `${row[0]}: ${row[1]}`).join(", ")}` },
      rows.map(([name, value], i) => {
        const size = value ? Math.max(1.5, (height - 14) * value / most) : 0;
        return svg("rect", { class: "bar", x: left + i * step + .5, y: height - size, width: Math.max(1, step - 1.5), height: size }, svg("title", {}, `${name}: ${number.format(value)}`));
      }),
      svg("line", { class: "axis", x1: 0, x2: width, y1: height, y2: height }),
      rows.map(([name], i) => i % label === 0 && left + i * step + 6 * name.length <= width ? svg("text", { x: left + i * step, y: height + 14 }, name) : null),
      rule === undefined ? null : [svg("line", { class: "rule", x1: left + rule * (width - 2 * left), x2: left + rule * (width - 2 * left), y1: 2, y2: height }), svg("text", { x: left + rule * (width - 2 * left) - 4, y: 12, "text-anchor": "end" }, "threshold")],
      svg("text", { x: left, y: 12 }, number.format(most))),
    note ? h("p", { class: "dim small" }, note) : null);
}

function surveyed() {
  const similarity = new Array(20).fill(0);
  const sizes = new Map();
  const dates = [];
  const relations = {};
  let saved = 0;
  for (const [, size, documents] of core.clusters) {
    const bucket = size < 8 ? size : 2 ** Math.floor(Math.log2(size));
    sizes.set(bucket, (sizes.get(bucket) || 0) + 1);
    for (let i = 1; i < documents.length; i++) {
      const d = documents[i];
      const [relation, score] = [relationOf(d), scoreOf(d)];
      relations[relation] = (relations[relation] || 0) + 1;
      if (score !== null) similarity[Math.min(19, Math.floor(score * 20 + 1e-9))]++;
      if (d[3]) dates.push(d[3].slice(0, 10));
      if (relation !== "contains") saved += d[5];
    }
  }
  return { similarity, sizes, dates, relations, saved };
}

function overTime(dates) {
  const days = new Map();
  const length = new Set(dates.map(date => date.slice(0, 7))).size > 24 ? 4 : new Set(dates).size > 60 ? 7 : 10;
  for (const date of dates) days.set(date.slice(0, length), (days.get(date.slice(0, length)) || 0) + 1);
  return [...days].sort((a, b) => a[0] < b[0] ? -1 : 1);
}

// How much of what is there was found, at a glance.
function recall() {
  const audit = core.audit;
  if (!audit) return core.recovery && core.recovery.documents ? h("div", { id: "recall" }, h("h2", {}, "Self-test"),
    h("p", {}, "wirecopy altered some documents in memory. It would have compared these copies with their originals: ", Object.entries(core.recovery.by_kind).map(([kind, row]) => `${number.format(row.met)} of ${number.format(row.planted)} with ${kind}`).join(", ") + "."),
    h("p", { class: "dim" }, "This covers three kinds of copies only, and says nothing of very common text. ", h("code", {}, "--audit N"), " measures on your own documents.")) : null;
  const known = audit.recall !== null;
  const bar = (name, row) => {
    const x = share => 130 + 560 * share;
    return svg("g", {}, svg("text", { x: 120, y: 12, "text-anchor": "end" }, name), svg("line", { class: "axis", x1: x(0), x2: x(1), y1: 8, y2: 8 }), svg("rect", { class: "interval", x: x(row.low), y: 3, width: Math.max(2, x(row.high) - x(row.low)), height: 10 }), row.recall === null ? null : svg("circle", { class: "dot kept", cx: x(row.recall), cy: 8, r: 5 }), svg("text", { x: 700, y: 12 }, `${percent(row.recall)} of ${number.format(row.pairs)}`));
  };
  const rows = [["all", audit], ...Object.entries(audit.by_relation)];
  const lines = rows.map(([name, row], i) => svg("g", { transform: `translate(0 ${18 * i})` }, bar(name, row)));
  return h("div", { id: "recall" }, h("h2", {}, "How much was found, by audit"),
    h("p", {}, known ? `${count(audit.sampled, "document")} drawn and compared with all others: ${number.format(audit.found)} of their ${count(audit.pairs, "pair")} were found (${percent(audit.found / audit.pairs)}). Recall, the mean over these documents, is ${percent(audit.recall)}, between ${percent(audit.low)} and ${percent(audit.high)} with 95 % confidence.` : `None of ${count(audit.sampled, "document")} drawn has a pair: nothing is known of the recall.`),
    known ? h("figure", { class: "card" }, h("figcaption", {}, "Share of pairs that was found, with 95 % intervals"), svg("svg", { viewBox: `0 0 800 ${18 * rows.length + 6}`, role: "img", "aria-label": rows.map(([name, row]) => `${name} ${percent(row.recall)}`).join(", ") }, lines)) : null,
    audit.missed_first.length ? h("details", {}, h("summary", {}, `${count(audit.missed_in_all, "pair")} missed`), h("ul", {}, audit.missed_first.slice(0, 200).map(m => h("li", {}, h("code", {}, m.a), " and ", h("code", {}, m.b), " ", tag(m.relation), " ", m.gate)))) : null);
}

// ---- sites

// Of each site whom it carries and who carries it, by what copies say whom they have their text from.
let siteFacts = null;
function sites() {
  if (siteFacts) return siteFacts;
  siteFacts = new Map();
  const of = name => { if (!siteFacts.has(name)) siteFacts.set(name, { name, documents: 0, duplicates: 0, bytes: 0, given: 0, taken: 0, carries: [], carriers: [], led: 0 }); return siteFacts.get(name); };
  for (const { site, documents, duplicates, bytes } of core.accounting.sites) Object.assign(of(site), { documents, duplicates, bytes });
  for (const pair of core.site_pairs) {
    of(pair.source).given += pair.copies;
    of(pair.source).carriers.push(pair);
    of(pair.carrier).taken += pair.copies;
    of(pair.carrier).carries.push(pair);
  }
  for (let i = 0; i < core.clusters.length; i++) { const { origin } = factsOf(i); if (origin) of(origin).led++; }
  return siteFacts;
}

const siteLink = site => site ? h("a", { href: view({ sites: site }), dir: "auto" }, site) : h("span", {}, siteName(site));
const storiesOf = (source, carrier) => view({ clusters: true, q: (source ? `origin:"${source}" ` : "") + (carrier ? `site:"${carrier}"` : "") });

// Rows: who published it first; the agencies, whom many carry, come first. Columns: who republished it, most copies first.
function matrix(pairs, most) {
  const sum = side => { const totals = new Map(); for (const pair of pairs) totals.set(pair[side], (totals.get(pair[side]) || 0) + pair.copies); return [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(entry => entry[0]); };
  const [rows, columns] = [sum("source").slice(0, most), sum("carrier").slice(0, most)];
  const of = new Map(pairs.map(pair => [pair.source + "\t" + pair.carrier, pair]));
  const top = Math.max(...pairs.map(pair => pair.copies));
  const cell = pair => pair ? h("td", { class: "n heat" + Math.ceil(4 * Math.log1p(pair.copies) / Math.log1p(top)), title: `median lag ${pairLag(pair) || "not known"}, ${percent(pair.verbatim)} verbatim` }, h("a", { href: storiesOf(pair.source, pair.carrier), "aria-label": `${pair.carrier} has ${pair.copies} from ${pair.source}` }, number.format(pair.copies))) : h("td", { class: "n" });
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Who carries whom" }, h("table", { class: "matrix" },
    h("thead", {}, h("tr", {}, h("td", {}), columns.map(site => h("th", { scope: "col" }, h("span", {}, siteLink(site)))), h("td", { class: "room" }))),
    h("tbody", {}, rows.map(row => h("tr", {}, h("th", { scope: "row" }, siteLink(row)), columns.map(column => cell(of.get(row + "\t" + column))))))));
}

// A picture of who takes from whom: sources on the left, carriers on the right, a line as wide as the copies are many.
function flow(pairs) {
  const shown = pairs.slice(0, 24);
  if (!shown.length) return null;
  const side = name => { const totals = new Map(); for (const pair of shown) totals.set(pair[name], (totals.get(pair[name]) || 0) + pair.copies); return [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)); };
  const [sources, carriers] = [side("source"), side("carrier")];
  const total = shown.reduce((sum, pair) => sum + pair.copies, 0);
  const GAP = 16, HEIGHT = 20 * Math.max(sources.length, carriers.length) + 60;
  const laid = list => { const scale = (HEIGHT - GAP * list.length) / total; let y = 4; return new Map(list.map(([site, copies]) => { const size = Math.max(2, copies * scale); const row = { y, size, used: 0, scale }; y += size + GAP; return [site, row]; })); };
  const [left, right] = [laid(sources), laid(carriers)];
  const lines = shown.map(pair => {
    const [a, b] = [left.get(pair.source), right.get(pair.carrier)];
    const [wide, thin] = [pair.copies * a.scale, pair.copies * b.scale];
    const [y1, y2] = [a.y + a.used + wide / 2, b.y + b.used + thin / 2];
    a.used += wide; b.used += thin;
    return svg("path", { class: "flow", d: `M206 ${y1} C400 ${y1} 400 ${y2} 594 ${y2}`, "stroke-width": Math.max(1, Math.min(wide, thin)) }, svg("title", {}, `${pair.carrier} has ${pair.copies} from ${pair.source}`));
  });
  const label = site => { const name = siteName(site); return name.length > 28 ? name.slice(0, 27) + "\u2026" : name; };
  const node = (x, text, anchor) => ([site], row) => [svg("rect", { class: "bar", x, y: row.y, width: 6, height: row.size }), svg("text", { x: text, y: row.y + row.size / 2 + 4, "text-anchor": anchor }, label(site))];
  return h("figure", { class: "card" }, h("figcaption", {}, "Who takes from whom"), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Who takes from whom, a picture" },
    svg("svg", { class: "wide", viewBox: `0 0 800 ${HEIGHT}`, role: "img", "aria-label": shown.map(pair => `${pair.carrier} has ${pair.copies} from ${pair.source}`).join(", ") },
      lines, sources.map(entry => node(200, 194, "end")(entry, left.get(entry[0]))), carriers.map(entry => node(594, 606, "start")(entry, right.get(entry[0]))))),
    h("p", { class: "dim small" }, `Left: who published first. Right: who republished. ${pairs.length > shown.length ? `The ${shown.length} pairs of sites with most copies, of ${number.format(core.site_pairs_in_all)}.` : ""}`));
}

const pairColumns = [
  ["Republished by", pair => siteLink(pair.carrier), pair => pair.carrier],
  ["First at", pair => siteLink(pair.source), pair => pair.source],
  ["Copies", pair => h("a", { href: storiesOf(pair.source, pair.carrier) }, number.format(pair.copies)), pair => pair.copies],
  ["Median lag", pair => pairLag(pair), pair => typeof pair.median_lag === "number" ? pair.median_lag : typeof pair.median_lag_days === "number" ? 86400 * pair.median_lag_days : ""],
  ["Verbatim", pair => bar(pair.verbatim), pair => Math.round(pair.verbatim * 100)],
  ["Other headline", pair => number.format(pair.changed_headlines), pair => pair.changed_headlines],
];

function sitesView(state) {
  if (typeof state.sites === "string" && state.sites !== "") return siteView(state.sites);
  const all = [...sites().values()].sort((a, b) => b.given - a.given || b.documents - a.documents || (a.name < b.name ? -1 : 1));
  show("Sites",
    h("h1", {}, "Sites"),
    h("p", { class: "dim" }, "Who publishes first, and who republishes. Copies are counted where dates or names tell the order."),
    core.site_pairs.length ? [flow(core.site_pairs), h("div", { id: "carriers" }, h("h2", {}, "Who carries whom"), h("p", { class: "dim" }, "Row: who published it first. Column: who republished it. A number leads to those stories."), matrix(core.site_pairs, 16))] : null,
    h("h2", {}, "All sites"),
    table("Sites", [
      ["Site", site => siteLink(site.name), site => site.name],
      ["Documents", site => number.format(site.documents), site => site.documents],
      ["Stories it had first", site => site.led ? h("a", { href: storiesOf(site.name) }, number.format(site.led)) : "", site => site.led],
      ["Copies of its texts elsewhere", site => site.given ? number.format(site.given) : "", site => site.given],
      ["Copies of others\u2019 texts", site => site.taken ? number.format(site.taken) : "", site => site.taken],
      ["Share taken", site => site.documents && site.taken ? bar(Math.min(1, site.taken / site.documents)) : "", site => site.documents ? Math.round(100 * site.taken / site.documents) : 0],
      ["Text", site => bytes(site.bytes), site => site.bytes],
    ], all),
    core.site_pairs.length ? [h("h2", {}, "Pairs of sites"), table("Pairs of sites", pairColumns, core.site_pairs)] : null,
    core.site_pairs_in_all > core.site_pairs.length ? h("p", { class: "dim" }, `The ${number.format(core.site_pairs.length)} of ${number.format(core.site_pairs_in_all)} pairs of sites with most copies; --report sites has all.`) : null);
}

function siteView(name) {
  const site = sites().get(name);
  if (!site) return missing(`No site of this report is called ${name}.`, "#sites", "All sites");
  const stories = [];
  for (let i = 0; i < core.clusters.length; i++) if (factsOf(i).sites.includes(name)) stories.push(factsOf(i));
  const first = stories.filter(f => f.origin === name);
  const titles = core.titles.filter(row => row.site === name);
  const boilerplate = core.boilerplate.filter(row => row.source === name);
  const only = list => list.slice().sort((a, b) => b.copies - a.copies);
  const of = column => pairColumns.filter((_, i) => i !== column);
  const storyColumns = [
    ["Story", f => h("a", { href: view({ cluster: f.id }), dir: "auto" }, f.title), f => f.title],
    ["First at", f => f.origin ? siteLink(f.origin) : "not known", f => f.origin],
    ["Sites", f => number.format(f.sites.length), f => f.sites.length],
    ["Documents", f => number.format(f.size), f => f.size],
    ["Published", f => f.from ? f.from.slice(0, 10) : "", f => f.from || ""],
  ];
  show(name || siteName(name),
    h("p", { class: "noprint ways" }, h("a", { href: "#sites" }, "All sites"), copyLink()),
    h("h1", { dir: "auto" }, siteName(name)),
    h("p", { class: "lead" }, `${count(site.documents, "document")}. It had ${count(first.length, "story", "stories")} first, of which ${count(site.given, "copy", "copies")} appeared elsewhere; ${count(site.taken, "copy", "copies")} of others\u2019 texts appeared on it.`),
    site.carriers.length ? [h("h2", {}, "Who takes from it"), table("Who takes from " + siteName(name), of(1), only(site.carriers))] : null,
    site.carries.length ? [h("h2", {}, "Whom it takes from"), table("Whom " + siteName(name) + " takes from", of(0), only(site.carries))] : null,
    stories.length ? [h("h2", {}, "Its stories"), table("Stories of " + siteName(name), storyColumns, stories)] : null,
    titles.length ? [h("h2", {}, "One title on several of its pages"), table("Titles of " + siteName(name), titleColumns.filter(([column]) => column !== "Site"), titles)] : null,
    boilerplate.length ? [h("h2", {}, "Its boilerplate"), table("Boilerplate of " + siteName(name), boilerplateColumns.filter(([column]) => column !== "Site"), boilerplate)] : null);
}

const pairLag = pair => typeof pair.median_lag === "number" ? lasting(pair.median_lag) : pair.median_lag_days === 0 ? "same day" : pair.median_lag_days > 0 ? count(pair.median_lag_days, "day") : "";

// ---- what was found, in sentences

// A sentence that leads to its view, with its first examples.
const sentence = (href, text, examples) => h("li", {}, h("a", { href }, text), examples.length ? h("ul", {}, examples.map(example => h("li", { class: "dim" }, example))) : null);

function storySentence(f) {
  const others = f.sites.filter(site => site !== f.origin).length;
  return [h("a", { href: view({ cluster: f.id }), dir: "auto" }, f.title), f.origin ? [" \u2014 ", siteLink(f.origin), " \u2192 ", count(others, "site")] : ` \u2014 ${count(f.size, "document")} on ${count(f.sites.length, "site")}`];
}

function pairSentence(pair) {
  const [a, b] = [documentOf(pair[0]), documentOf(pair[1])];
  return [h("a", { href: view({ pair: pair[0], with: pair[1] }), dir: "auto" }, nameOf(a)), a.site ? [" (", own(a.site), ")"] : null, " and ", own(nameOf(b)), b.site ? [" (", own(b.site), ")"] : null];
}

function findings() {
  const a = core.accounting;
  const list = [];
  const related = name => core.related.filter(pair => pair[2] === name).slice(0, 3).map(pairSentence);
  const of = name => view({ related: true, q: "relation:" + name });
  const sitesIn = new Set();
  for (let i = 0; i < core.clusters.length; i++) factsOf(i).sites.forEach(site => { if (site) sitesIn.add(site); });
  if (core.clusters.length) list.push(sentence("#clusters", `${count(core.clusters.length, "story was", "stories were")} published more than once: ${count(a.duplicates, "copy", "copies")}${sitesIn.size > 1 ? ` on ${count(sitesIn.size, "site")}` : ""}.`, [0, 1, 2].filter(i => i < core.clusters.length).map(i => storySentence(factsOf(i)))));
  const { partial = 0, update = 0, templated = 0 } = a.pairs;
  // Both may be of one story, which shows them.
  const apart = (name, all) => { const n = core.related_by ? core.related_by[name] || 0 : all; return n < all ? `; ${n ? number.format(n) : "none"} of them ${n === 1 ? "is" : "are"} of no story together` : ""; };
  if (partial) list.push(sentence(core.related_by && !core.related_by.partial ? "#clusters" : of("partial"), `${count(partial, "pair shares", "pairs share")} a passage${apart("partial", partial)}.`, related("partial")));
  if (update) list.push(sentence(core.related_by && !core.related_by.update ? "#clusters" : of("update"), `${count(update, "pair is", "pairs are")} two versions of one page${apart("update", update)}.`, related("update")));
  if (templated) list.push(sentence(core.templates.length ? "#templates" : of("templated"), `${count(templated, "pair comes", "pairs come")} from the same template${core.templates_in_all ? `; ${count(core.templates_in_all, "template")}` : ""}.`, core.templates.slice(0, 3).map((form, i) => [h("a", { href: view({ template: i }) }, count(form.documents_in_all, "document")), ": ", own(shortened(form.skeleton))])));
  const repeating = core.pages.filter(page => page.repeats.some(r => !r.furniture && r.kind !== "similar"));
  if (core.pages.length) list.push(sentence("#pages", repeating.length ? `${count(repeating.length, "page repeats", "pages repeat")} something within themselves.`.replace(/^1 page (.*) themselves/, "1 page $1 itself") : `${count(core.pages.length, "page has", "pages have")} repeats that every page has, or faults in titles.`, repeating.slice(0, 3).map(page => { const r = page.repeats.find(one => !one.furniture && one.kind !== "similar"); return [h("a", { href: view({ page: page.id }), dir: "auto" }, page.id), ": ", own(shortened(r.text)), `, ${r.count} times`]; })));
  if (core.titles_in_all) list.push(sentence("#titles", `${count(core.titles_in_all, "title or description is", "titles and descriptions are")} used on several pages of a site.`, core.titles.slice(0, 3).map(row => [own(row.title), ` \u2014 ${count(row.documents.length, "page")}`, row.site ? [" of ", own(row.site)] : ""])));
  if (core.boilerplate_in_all) list.push(sentence("#boilerplate", `${count(core.boilerplate_in_all, "passage")} of boilerplate ${core.boilerplate_in_all === 1 ? "was" : "were"} set aside.`, []));
  if (core.problems_in_all) list.push(sentence("#problems", `${count(core.problems_in_all, "problem")} while reading.`, core.problems.slice(0, 3).map(row => `${row.path}: ${row.reason}`)));
  return list.length ? h("ul", { class: "found", id: "found" }, list) : h("p", { id: "found" }, `Nothing was published twice among ${count(a.documents, "document")}.`);
}

function overview() {
  const a = core.accounting;
  const s = surveyed();
  const settings = [["Program", "wirecopy " + core.settings.version], ["Mode", core.settings.mode], ...["recipe", "policy", "fields"].flatMap(part => Object.entries(core.settings[part] || {}).map(([name, value]) => [(part === "fields" ? "field " : "") + name, String(value)]))];
  const charts = [
    core.clusters.length ? bars("How alike copies are", "Each copy beside the document that represents its story.", s.similarity.map((n, i) => [`${5 * i} %`, n]), core.threshold === null ? undefined : core.threshold) : null,
    core.clusters.length ? bars("Documents in a story", "From 8 on by powers of two.", [...s.sizes].sort((x, y) => x[0] - y[0]).map(([size, n]) => [String(size) + (size < 8 ? "" : "+"), n])) : null,
    s.dates.length > 1 ? bars("Copies over time", "By their dates.", overTime(s.dates)) : null,
  ].filter(chart => chart);
  show("What was found",
    h("h1", {}, "What was found"),
    h("p", {}, `${count(a.documents, "document")} = ${number.format(a.unique)} unique + ${count(a.duplicates, "duplicate")} + ${number.format(a.empty)} empty + ${number.format(a.unreadable)} unreadable`),
    findings(),
    core.site_pairs.length ? [h("h2", {}, "Who had most stories first"), leaders(), flow(core.site_pairs)] : null,
    charts.length ? [h("h2", {}, "At a glance"), h("div", { class: "charts" }, charts)] : null,
    recall(),
    h("h2", {}, "About this report"),
    h("p", { class: "dim" }, leftOut()),
    h("details", {}, h("summary", {}, "Settings"), h("dl", { class: "card" }, settings.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))),
    h("p", {}, h("a", { href: "#sources" }, "Source files with their SHA-256")));
}

// The sites that had most stories first, in one line.
function leaders() {
  const top = [...sites().values()].filter(site => site.led).sort((a, b) => b.led - a.led || (a.name < b.name ? -1 : 1)).slice(0, 5);
  return top.length ? h("p", {}, top.map((site, i) => [i ? ", " : "", siteLink(site.name), ` (${number.format(site.led)})`])) : null;
}

function leftOut() {
  const shown = Object.values(evidence);
  const whole = shown.filter(e => e.t !== undefined).length;
  const documents = core.clusters.reduce((sum, row) => sum + row[1], 0);
  const said = `${count(whole, "text")} in full and ${count(shown.length - whole, "document")} in excerpts, of ${count(documents, "document")} in clusters and ${number.format(core.others.length)} related to others.`;
  const { addresses, titles, copies } = core.left_out;
  return [said, addresses ? " Addresses and paths of copies were left out to keep this file small." : "", titles ? " So were titles of copies." : "", copies ? ` So were copies of a cluster beyond the first ${copies}.` : "", " The json report has everything."].join("");
}

// ---- other views

// Where something stands, in words.
const ROLE = { body: "text", aside: "sidebar", self: "link to this page" };
const FORM = { labelled: " behind a label", sited: " beside a site's name", cut: " cut short" };
const FAULT = { "no-title": "no title", "titles-differ": "titles differ", "several-headlines": "several first headings", "description-is-title": "the description is the title", "title-shared": "title of other pages too", "description-shared": "description of other pages too" };
const times = r => r.kind === "similar" ? "similar paragraphs" : `${r.kind}, ${r.count} times${r.furniture ? ", furniture" : ""}`;
const shortened = text => text.length > 160 ? text.slice(0, 160) + "\u2026" : text;
const faultText = f => [FAULT[f.kind] || f.kind, f.pages ? ` (${number.format(f.pages)} pages of the site)` : "", f.texts.length ? ": " : "", f.texts.map((text, i) => [i ? ", " : "", h("q", { dir: "auto" }, shortened(text))])];

function pagesView(state) {
  if (state.page) return pageView(state);
  const told = page => page.repeats.filter(r => !r.furniture).concat(page.repeats.filter(r => r.furniture));
  const rank = page => page.repeats.some(r => !r.furniture && r.kind !== "similar") ? 0 : 1;
  const rows = core.pages.slice().sort((a, b) => rank(a) - rank(b));
  const first = page => told(page).map(r => `${times(r)}: ${r.text}`).join("; ") + (page.faults || []).map(f => "; " + (FAULT[f.kind] || f.kind)).join("");
  listing("Repeated within one page", "Headlines, blocks, paragraphs and lines that appear more than once on one page. Furniture is what every page has: breadcrumbs, navigation, links to the page itself.", [
    ["Page", page => { const d = documentOf(page.id); return [h("a", { href: view({ page: page.id }), dir: "auto" }, inParts(page.id)), d.title || d.site ? h("div", { class: "small dim", dir: "auto" }, [d.site, d.title].filter(part => part).join(": ")) : null]; }, page => page.id],
    ["Repeats", page => [told(page).slice(0, 5).map(r => h("div", {}, h("span", { class: "tag other" }, times(r)), " ", own(shortened(r.text)))), (page.faults || []).map(f => h("div", { class: "dim" }, faultText(f)))], first],
  ], rows, "No page repeats anything.");
}

// A page's text with what repeats marked; marks stand within marks where a headline stands in a block.
function markedText(text, ranges) {
  const [startOf, endOf] = [places(text, 0), places(text, 0)];
  const root = h("div", { class: "card context whole", dir: "auto" });
  const open = [{ element: root, end: text.length }];
  let at = 0;
  const upTo = end => { if (end > at) open[open.length - 1].element.append(text.slice(at, end)); at = Math.max(at, end); };
  const close = start => { while (open.length > 1 && open[open.length - 1].end <= start) { upTo(open[open.length - 1].end); open.pop(); } };
  for (const { start, end, number: exhibit, place: n } of ranges.map(r => ({ ...r, start: startOf(r.start), end: endOf(r.end) }))) {
    close(start);
    upTo(start);
    const mark = h("mark", { id: `mark-${exhibit}-${n}`, tabindex: "-1" }, h("sup", {}, `${exhibit}.${n}`));
    open[open.length - 1].element.append(mark);
    open.push({ element: mark, end: Math.min(end, open[open.length - 1].end) });
  }
  close(text.length);
  upTo(text.length);
  return root;
}

function pageView(state) {
  const id = state.page;
  const page = core.pages.find(page => page.id === id);
  if (!page) return missing(`No page of this report that repeats something has the id ${id}.`, "#pages", "All pages");
  const whole = data.visible[id] === undefined ? evidence[id] && evidence[id].t : data.visible[id];
  const cluster = clusterOfDocument(id);
  const marks = page.repeats.flatMap((r, i) => r.spans.map(([start, end], n) => ({ start, end, number: i + 1, place: n + 1 })));
  // Of two that begin together the longer one holds the other.
  marks.sort((a, b) => a.start - b.start || b.end - a.end || a.number - b.number);
  const go = target => event => { event.preventDefault(); const mark = document.getElementById(target); if (mark) { mark.scrollIntoView({ block: "center" }); mark.focus({ preventScroll: true }); } };
  const placeOf = (r, i, span, n) => {
    const place = r.places && r.places[n];
    const words = place && place.role ? `${ROLE[place.role] || place.role}${FORM[place.as] || ""}, line ${place.line}` : `bytes ${span[0]} to ${span[1]}`;
    const target = `mark-${i + 1}-${n + 1}`;
    return h("li", {}, whole === undefined ? words : h("a", { href: "#" + target, onclick: go(target) }, words), place && place.path ? [" ", h("code", {}, place.path)] : null);
  };
  const changes = r => (r.changes || []).length && whole !== undefined ? h("ul", { class: "dim" }, r.changes.slice(0, 20).map(change => { const place = places(whole, 0); const cut = ([start, end]) => whole.slice(place(start), place(end)) || "nothing"; return h("li", { dir: "auto" }, h("del", {}, cut(change.a)), " \u2192 ", h("ins", {}, cut(change.b))); })) : null;
  show("Repeats in " + id, h("p", { class: "noprint" }, h("a", { href: "#pages" }, "All pages")), h("h1", { dir: "auto" }, id),
    page.path && page.path !== id ? h("p", { class: "dim" }, h("code", {}, page.path)) : null,
    cluster ? h("p", {}, "Its ", h("a", { href: view({ cluster }) }, "story")) : null,
    (page.faults || []).length ? h("ul", {}, page.faults.map(f => h("li", {}, faultText(f)))) : null,
    page.repeats.map((r, i) => [h("h2", { class: "exhibit", "data-exhibit": i + 1 }, `${i + 1}. ${times(r)[0].toUpperCase()}${times(r).slice(1)}`), h("p", { class: "context", dir: "auto" }, r.text.length > 600 ? r.text.slice(0, 600) + "\u2026" : r.text), h("ul", {}, r.spans.slice(0, 50).map((span, n) => placeOf(r, i, span, n))), r.spans.length > 50 ? h("p", { class: "dim" }, `and ${r.spans.length - 50} more places`) : null, changes(r)]),
    whole === undefined ? h("p", { class: "dim" }, "The page's text was left out to keep this file small.") : [h("h2", {}, "The page's text"), markedText(whole, marks)]);
}

const titleColumns = [
  ["What", row => row.kind || "title", row => row.kind || "title"],
  ["Text", row => own(row.title), row => row.title],
  ["Site", row => siteLink(row.site), row => row.site],
  ["Pages", row => number.format(row.documents.length), row => row.documents.length],
  ["Documents", row => [row.documents.slice(0, 12).map((id, i) => { const d = documentOf(id); const cluster = clusterOfDocument(id); return [i ? ", " : "", cluster ? h("a", { href: view({ cluster }), dir: "auto" }, id) : d.url ? address(d.url) : own(id)]; }), row.documents.length > 12 ? ` and ${row.documents.length - 12} more` : ""], row => row.documents.join(" ")],
];

function titlesView() {
  listing("One title or description on several pages of a site", "Case and punctuation do not matter.", titleColumns, core.titles, "No title or description is used on several pages of one site.", core.titles_in_all);
}

// A skeleton with its slots set apart.
function skeleton(form) {
  let slot = 0;
  return form.skeleton.split(/(\{(?:number|date|money|name|text)\})/).map(part => /^\{.*\}$/.test(part) && slot < form.kinds.length ? h("span", { class: "slot" }, form.kinds[slot++]) : part);
}

function templatesView(state) {
  const form = core.templates[Number(state.template)];
  if (form) return templateView(form);
  if ("template" in state) return missing(`This report shows no template number ${state.template}.`, "#templates", "All templates");
  listing("Templates", "Forms that documents fill in: what stays, and a slot for what does not. Optional sentences are in brackets.", [
    ["Documents", ([form, i]) => h("a", { href: view({ template: i }), "aria-label": "Template " + (i + 1) }, number.format(form.documents_in_all)), ([form]) => form.documents_in_all],
    ["Text with slots", ([form]) => h("div", { class: "context", dir: "auto" }, skeleton(form)), ([form]) => form.skeleton],
    ["Words that stay", ([form]) => bar(form.share), ([form]) => Math.round(100 * form.share)],
  ], core.templates.map((form, i) => [form, i]), "No documents fill in one form.", core.templates_in_all);
}

function templateView(form) {
  listing(`A template of ${count(form.documents_in_all, "document")}`, "Every slot with what fills it, by document.", [
    ["Document", ([id]) => clusterOfDocument(id) ? h("a", { href: view({ cluster: clusterOfDocument(id) }) }, own(id)) : own(id), ([id]) => id],
    ...form.kinds.map((kind, i) => [`${i + 1} ${kind}`, ([, values]) => values[i] === null || values[i] === undefined ? "\u00b7" : own(values[i]), ([, values]) => values[i] ?? ""]),
  ], form.rows, "", form.documents_in_all);
  main.querySelector("h1").after(h("p", { class: "context card", dir: "auto" }, skeleton(form)));
}

const boilerplateColumns = [
  ["Site", row => row.source ? siteLink(row.source) : "many sites", row => row.source],
  ["Kind", row => row.kind, row => row.kind],
  ["Documents", row => number.format(row.documents), row => row.documents],
  ["Items", row => row.kind === "standing" ? number.format(row.items) : "", row => row.kind === "standing" ? row.items : 0],
  ["Passage", row => h("div", { class: "context", dir: "auto" }, row.text), row => row.text],
];

function boilerplateView() {
  const rows = core.boilerplate.slice().sort((a, b) => a.source < b.source ? -1 : a.source > b.source ? 1 : b.documents - a.documents);
  listing("Boilerplate by site", "Menus, footers and other text repeated across a site (chrome) are ignored when texts are compared. Standing text is what different articles have beside news of their own: it makes no copy, and each passage is listed once.", boilerplateColumns, rows, "No boilerplate was found.", core.boilerplate_in_all);
}

function problemsView() {
  listing("Problems", "Files that could not be read, or only in part.", [
    ["File", row => h("code", {}, inParts(row.path)), row => row.path],
    ["Record", row => row.record === undefined ? "" : row.record, row => row.record === undefined ? "" : row.record],
    ["Reason", row => row.reason, row => row.reason],
  ], core.problems, "Everything could be read.", core.problems_in_all);
}

const sourceColumns = [
  ["File", row => h("code", {}, inParts(row.path)), row => row.path],
  ["Bytes", row => number.format(row.bytes), row => row.bytes],
  ["SHA-256", row => h("code", {}, row.sha256 || "read only once"), row => row.sha256 || ""],
];

function sourcesView() {
  listing("Source files", `The files that were read, as they were then. SHA-256 of this list in the form of sha256sum: ${core.sources_sha256}`, sourceColumns, core.sources, "This report names no files.", core.sources_in_all);
}

function listing(title, note, columns, rows, none, inAll) {
  show(title, h("h1", {}, title), h("p", { class: "dim" }, note, inAll > rows.length ? ` The first ${number.format(rows.length)} of ${number.format(inAll)} are here; the json report has all.` : ""),
    rows.length ? table(title, columns, rows) : h("p", {}, none));
}

const missing = (why, href = listed.link, back = "All stories") => show("Not found", h("h1", {}, "Not found"), h("p", {}, why), h("p", {}, h("a", { href }, back)));

// ---- where we are

// The views with what each has; those that have nothing are not in the way. The first is always there.
const VIEWS = core.story ? [["evidence", "Evidence", evidenceView]] : [["overview", "What was found", overview], ["clusters", "Stories", clustersView, core.clusters.length], ["sites", "Sites", sitesView, core.accounting.sites.length], ["related", "Related pairs", relatedView, core.related_in_all], ["pages", "Page repeats", pagesView, core.pages.length], ["titles", "Titles", titlesView, core.titles_in_all], ["templates", "Templates", templatesView, core.templates_in_all], ["boilerplate", "Boilerplate", boilerplateView, core.boilerplate_in_all], ["problems", "Problems", problemsView, core.problems_in_all], ["sources", "Sources", sourcesView, core.sources_in_all]]
  .filter(([id]) => core.settings.mode !== "pages" || id === "pages" || id === "problems");

let keys = {};
let shownOnce = false;

function show(title, ...children) {
  document.title = title + " - wirecopy report";
  main.replaceChildren();
  fill(main, {}, children);
  scrollTo(0, 0);
  if (shownOnce) { main.focus({ preventScroll: true }); say(title); }
  shownOnce = true;
}

function route() {
  const state = {};
  for (const part of location.hash.slice(1).split("&")) {
    const [name, ...rest] = part.split("=");
    let value = rest.join("=");
    try { value = decodeURIComponent(value); } catch { /* not ours: as it stands */ }
    if (name) state[name] = value;
  }
  keys = {};
  printing = null;
  const name = "cluster" in state ? "clusters" : "pair" in state ? "related" : "page" in state ? "pages" : "template" in state ? "templates" : (VIEWS.find(([name]) => name in state) || VIEWS[0])[0];
  document.getElementById("nav").replaceChildren(h("ul", {}, VIEWS.filter(([id, , , n], i) => i === 0 || n || id === name).map(([id, label, , n]) => h("li", {}, h("a", { href: id === "clusters" ? listed.link : "#" + id, "data-view": id, "aria-current": id === name ? "page" : null }, label, n ? [" ", h("span", { class: "dim" }, number.format(n))] : null)))));
  // On a phone the views are in one line that scrolls: where we are is seen there.
  const here = document.querySelector("nav [aria-current]");
  if (here) here.closest("ul").scrollLeft = here.offsetLeft - here.closest("ul").offsetLeft - 24;
  if ("cluster" in state) clusterView(state);
  else VIEWS.find(([id]) => id === name)[2](state);
}

addEventListener("hashchange", route);
document.getElementById("skip").addEventListener("click", event => { event.preventDefault(); main.focus(); });
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  if (event.key === "/") {
    event.preventDefault();
    if (!document.getElementById("query")) { history.pushState(null, "", "#clusters"); route(); }
    document.getElementById("query").focus();
  } else if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
route();
setTimeout(prepare, 0, 0);
})();
