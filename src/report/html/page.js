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

// A table's body that is filled 200 rows at a time, and the button that asks for more of them.
function growing(body, line) {
  const more = h("button", { type: "button", class: "noprint" });
  let rows = [], drawn = 0;
  const draw = () => {
    const end = Math.min(rows.length, drawn + 200);
    body.append(...rows.slice(drawn, end).map(line));
    drawn = end;
    more.hidden = drawn === rows.length;
    more.textContent = `Show more (${number.format(rows.length - drawn)} left)`;
  };
  more.addEventListener("click", draw);
  return { more, put: wanted => { body.replaceChildren(); [rows, drawn] = [wanted, 0]; draw(); } };
}

const bytes = n => n < 1e3 ? n + " B" : n < 1e6 ? (n / 1e3).toFixed(1) + " KB" : n < 1e9 ? (n / 1e6).toFixed(1) + " MB" : (n / 1e9).toFixed(2) + " GB";
const own = (text, tag = "span") => h(tag, { dir: "auto" }, text);
const tag = relation => h("span", { class: "tag " + (RELATIONS.includes(relation) ? relation : "other") }, relation);
const say = text => { live.textContent = text; };

// Only the web's own addresses become links.
function address(url) {
  if (!url) return null;
  let parsed = null;
  try { parsed = new URL(url); } catch { /* no address: shown as text */ }
  const safe = parsed && (parsed.protocol === "http:" || parsed.protocol === "https:");
  return safe ? h("a", { href: parsed.href, rel: "noopener noreferrer nofollow", target: "_blank" }, url) : h("code", {}, url);
}

const view = parts => "#" + Object.entries(parts).filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => value === true ? name : name + "=" + encodeURIComponent(value)).join("&");

// ---- clusters

const relationOf = d => typeof d[6] === "number" ? RELATIONS[d[6]] : d[6] || null;
const scoreOf = d => d[7] === 1 ? 1 : d[7] ? d[7][0] : null;

// A document; `first` is the one that represents its cluster.
function documentRow(d, first, place) {
  return {
    id: d[0], site: core.sites[d[1]] || "", title: d[2] === 0 ? first[2] : d[2], date: d[3], tokens: d[4], bytes: d[5],
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
    words.push(d[0], d[2] || "", d[9] || "");
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
  const made = { index, id, size, relations, sites: names, lowSites: names.map(name => name.toLowerCase()), from, to, score, title: (documents[lead] && documents[lead][2]) || documents[0][2] || documents[lead || 0][0], words: words.join("\n").toLowerCase() };
  facts[index] = made;
  return made;
}

function prepare(from) {
  const end = Math.min(core.clusters.length, from + 1000);
  for (let i = from; i < end; i++) factsOf(i);
  if (end < core.clusters.length) setTimeout(prepare, 0, end);
}

// `site:`, `relation:`, `size>5`, `score<0.9`, `after:`, `before:` and words; all must hold.
function asked(query) {
  const tests = [];
  for (const [, term] of query.matchAll(/((?:[a-z]+[:<>=]+)?(?:"[^"]*"|\S+))/gi)) {
    const [, name, sign, raw] = /^([a-z]+)(:|<=|>=|<|>|=)(.*)$/i.exec(term) || [];
    const value = (raw === undefined ? term : raw).replace(/^"|"$/g, "").toLowerCase();
    const limit = Number(value);
    const compare = x => sign === ">" ? x > limit : sign === "<" ? x < limit : sign === ">=" ? x >= limit : sign === "<=" ? x <= limit : x === limit;
    const key = (name || "").toLowerCase();
    if (key === "site" && sign === ":") tests.push(f => f.lowSites.some(site => site.includes(value)));
    else if (key === "relation" && sign === ":") tests.push(f => value in f.relations);
    else if (key === "size" && value !== "" && !Number.isNaN(limit)) tests.push(f => compare(f.size));
    else if (key === "score" && value !== "" && !Number.isNaN(limit)) tests.push(f => compare(f.score));
    else if (key === "after" && sign === ":") tests.push(f => f.to !== null && f.to >= value);
    else if (key === "before" && sign === ":") tests.push(f => f.from !== null && f.from.slice(0, value.length) <= value);
    else {
      const word = term.replace(/"/g, "").toLowerCase();
      tests.push(f => f.words.includes(word));
    }
  }
  return f => tests.every(test => test(f));
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
  const test = asked(query);
  const hits = [];
  for (let i = 0; i < core.clusters.length; i++) {
    const f = factsOf(i);
    if (test(f)) hits.push(f);
  }
  if (sort !== "size") hits.sort(SORTS[sort][1]);
  return hits;
}

const ROW = 72;

function clustersView(state) {
  const sort = SORTS[state.sort] ? state.sort : "size";
  const query = h("input", { id: "query", type: "search", value: state.q || "", autocomplete: "off", spellcheck: "false", "aria-describedby": "query-help" });
  const order = h("select", { id: "sort" }, Object.entries(SORTS).map(([name, [label]]) => h("option", { value: name, selected: name === sort }, label)));
  const told = h("p", { class: "dim" });
  const inner = h("div", { role: "list", "aria-label": "Clusters" });
  const list = h("div", { class: "list", tabindex: "0", role: "region", "aria-label": "Clusters, scrolling" }, inner);
  let hits = [];
  let focus = 0;
  const row = place => {
    const f = hits[place];
    const relations = RELATIONS.filter(name => f.relations[name]).map(name => `${f.relations[name]} ${name}`).join(", ");
    const when = f.from ? f.from.slice(0, 10) + (f.to.slice(0, 10) !== f.from.slice(0, 10) ? " to " + f.to.slice(0, 10) : "") : "";
    const item = h("div", { class: "row", role: "listitem", "aria-setsize": hits.length, "aria-posinset": place + 1 },
      h("a", { href: view({ cluster: f.id }), "data-place": place, dir: "auto" }, f.title),
      h("p", {}, [count(f.size, "document"), relations, count(f.sites.length, "site") + ": " + f.sites.slice(0, 4).join(", "), when].filter(part => part).join(" \u00b7 ")));
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
  const search = push => {
    hits = found(query.value, order.value);
    inner.style.height = hits.length * ROW + "px";
    told.textContent = hits.length === core.clusters.length ? count(hits.length, "cluster") : `${count(hits.length, "cluster")} of ${number.format(core.clusters.length)}`;
    list.scrollTop = 0;
    draw();
    if (push) {
      history.replaceState(null, "", view({ clusters: true, q: query.value, sort: order.value === "size" ? "" : order.value }));
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
  order.addEventListener("change", () => search(true));
  let frame = 0;
  list.addEventListener("scroll", () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(() => draw()); });
  show("Clusters",
    h("h1", {}, "Clusters"),
    h("p", { class: "dim" }, "Documents that are copies of one of them. Each was verified against the one that represents it."),
    h("div", { class: "controls" },
      h("label", { class: "grow", for: "query" }, "Search", query),
      h("label", { for: "sort" }, "Order", order)),
    h("p", { class: "dim small", id: "query-help" }, "Words in titles, ids and addresses; ", h("code", {}, "site:"), " ", h("code", {}, "relation:near"), " ", h("code", {}, "size>5"), " ", h("code", {}, "score<0.9"), " ", h("code", {}, "after:2024-01-01"), " ", h("code", {}, "before:2025"), ". Keys: / to search, arrows or j and k to move."),
    told, list);
  search(false);
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

function clusterView(state) {
  const row = byId.get(state.cluster);
  if (!row) return missing("No cluster of this report has the id " + state.cluster + ".");
  const cluster = opened(row);
  if (state.b) return compareView(cluster, state);
  const kept = cluster.kept;
  const body = h("tbody");
  const line = m => h("tr", {},
    h("td", { class: "n" }, m.place + 1),
    h("td", {}, h("span", { class: "exhibit", "data-exhibit": m.place + 1 }), own(m.title || m.id), h("div", { class: "small dim" }, h("code", {}, m.id), m.url || m.canonical ? [" ", address(m.url || m.canonical)] : null, m.path ? [" ", h("code", {}, m.path + (m.record === null ? "" : ", record " + m.record))] : null)),
    h("td", { class: "site" }, own(m.site)),
    h("td", { class: "when" }, m.date ? m.date.slice(0, 16).replace("T", " ") : ""),
    h("td", {}, m.place && m === original(cluster) ? [h("span", { class: "tag kept" }, "original"), " "] : null, m.relation ? tag(m.relation) : h("span", { class: "tag kept" }, "represents")),
    h("td", { class: "n" }, percent(m.score)), h("td", { class: "n" }, percent(m.jaccard)), h("td", { class: "n" }, percent(m.containment)),
    h("td", { class: "n" }, number.format(m.tokens)),
    h("td", { class: "noprint" }, partner(cluster, m) ? h("a", { href: view({ cluster: cluster.id, a: partner(cluster, m).id, b: m.id }), "aria-label": `Compare exhibit ${m.place + 1} with exhibit ${partner(cluster, m).place + 1}` }, "compare") : null));
  const { more, put } = growing(body, line);
  put([cluster.lead, ...cluster.members.filter(m => m !== cluster.lead)]);
  const hidden = cluster.size - cluster.members.length;
  const decisions = RULES.map(([name, why, choose]) => [name, why, choose(cluster.members, cluster)]).filter(([, , member]) => member);
  show(cluster.lead.title || cluster.lead.id,
    h("p", { class: "noprint" }, h("a", { href: "#clusters" }, "All clusters")),
    h("h1", { dir: "auto" }, cluster.lead.title || cluster.lead.id),
    h("p", { class: "dim" }, `Cluster ${cluster.id}: ${count(cluster.size, "document")} on ${count(new Set(cluster.members.map(m => m.site)).size, "site")}`),
    originLine(cluster),
    timeline(cluster),
    tree(cluster),
    h("h2", {}, "Documents"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Documents of this cluster" }, h("table", {},
      h("thead", {}, h("tr", {}, ["No.", "Document", "Site", "Date", "Relation", "Score", "Jaccard", "Contained", "Words"].map((name, i) => h("th", { scope: "col", class: i === 0 || i > 4 ? "n" : null }, name)), h("th", { scope: "col", class: "noprint" }, "Side by side"))), body)),
    more,
    hidden ? h("p", { class: "dim" }, `${count(hidden, "more copy", "more copies")} in the json report.`) : null,
    h("h2", {}, "Which one to keep"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What each rule keeps" }, h("table", {}, h("thead", {}, h("tr", {}, ["Rule", "Keeps", "Why"].map(name => h("th", { scope: "col" }, name)))),
      h("tbody", {}, decisions.map(([name, why, member]) => h("tr", {}, h("td", {}, h("code", {}, name)), h("td", {}, h("code", {}, member.id), member.site ? [" ", own(member.site)] : null), h("td", {}, why)))))),
    cluster.touches.length ? [h("h2", {}, "Related, and not of this cluster"), core.related.length ? h("p", { class: "noprint" }, h("a", { href: view({ related: true, q: cluster.id }) }, "Their pairs, side by side")) : null, h("ul", {}, cluster.touches.map(touch => h("li", {}, tag(touch.relation), " ", percent(touch.score), " ", touch.cluster && byId.has(touch.cluster) ? h("a", { href: view({ cluster: touch.cluster }) }, own(byId.get(touch.cluster)[2][0][2] || touch.id)) : own(touch.id), touch.pairs > 1 ? ` (${touch.pairs} pairs)` : "")))] : null);
}

const RULE = { canonical: "others name its address as the canonical one", credit: "others credit its site", earliest: "it is the earliest", novel: "of those of the earliest date it has the most text that came back later", edits: "what was cut or changed elsewhere stands in it", longest: "it is the longest" };
const WAY = { canonical: "names it as canonical", credit: "credits its site", version: "a later version", text: "by its text" };

// Seconds as a person says them.
function lasting(seconds) {
  const s = Math.abs(seconds);
  const said = s < 60 ? `${s} s` : s < 3600 ? `${Math.round(s / 60)} min` : s < 2 * 86400 ? `${Math.floor(s / 3600)} h ${Math.round(s % 3600 / 60)} min` : `${(s / 86400).toFixed(1)} days`;
  return seconds < 0 ? "-" + said : said;
}

// A lag as exactly as it is known: without a clock in whole days.
const lagOf = (seconds, days) => typeof seconds === "number" ? "after " + lasting(seconds) : days === 0 ? "same day" : days > 0 ? "after " + count(days, "day") : "no lag known";

function originLine(cluster) {
  const origin = cluster.origin;
  if (!origin) return null;
  const member = cluster.members.find(m => m.id === origin.id);
  const name = member ? [own(member.title || member.id), member.site ? [" at ", own(member.site)] : null] : [h("code", {}, origin.id), ", which has a part of it only"];
  return h("p", { class: "card", id: "origin" }, h("strong", {}, origin.order === "known" ? "Had it first, most likely: " : "Unknown order. Perhaps first: "), name, `. ${RULE[origin.rule] ? RULE[origin.rule][0].toUpperCase() + RULE[origin.rule].slice(1) : origin.rule}; confidence ${origin.confidence.toFixed(2)}.`, origin.outside ? [" The text is credited to ", own(origin.outside), ", which is not among the documents."] : null);
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
    const line = [m ? h("a", { href: view({ cluster: cluster.id, a: parent && byIds.has(parent.id) ? parent.id : cluster.kept.id, b: id }), dir: "auto" }, m.title || id) : h("code", {}, id), " ", m ? h("span", { class: "dim" }, own(m.site)) : null];
    const about = parent ? h("span", { class: "small dim" }, [lagOf(parent.lag, parent.days), percent(parent.verbatim) + " verbatim", WAY[parent.way] || parent.way].join(", ")) : h("span", { class: "small dim" }, origin.order === "known" ? "the origin" : "perhaps first");
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
      svg("text", { x: 20, y: bottom + 14 }, dated[0].date.slice(0, 16).replace("T", " ")), svg("text", { x: 780, y: bottom + 14, "text-anchor": "end" }, dated[dated.length - 1].date.slice(0, 16).replace("T", " "))));
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
  if (m * n > 4e6) return other;
  const table = new Uint16Array((m + 1) * (n + 1));
  for (let i = m - 1; i >= 0; i--) for (let j = n - 1; j >= 0; j--) {
    table[i * (n + 1) + j] = x[head + i][0] === y[head + j][0] ? table[(i + 1) * (n + 1) + j + 1] + 1 : Math.max(table[(i + 1) * (n + 1) + j], table[i * (n + 1) + j + 1]);
  }
  let i = 0, j = 0;
  while (i < m || j < n) {
    if (i < m && j < n && x[head + i][0] === y[head + j][0]) { i++; j++; }
    else if (j === n || (i < m && table[(i + 1) * (n + 1) + j] >= table[i * (n + 1) + j + 1])) other[0].push(x[head + i++]);
    else other[1].push(y[head + j++]);
  }
  return other;
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
  if (!shown || !shown.pieces.length) text.append(h("span", { class: "gap" }, document.relation === "exact" ? "The words of this copy are those of the representative." : "The text is not in this file: it was left out to keep it small. The json+text report has it."));
  else if (shown.whole) text.append(...marked(shown.pieces[0][1], 0, spans.map(s => [...s.chars, s.name, s.words])));
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
    h("p", { class: "meta" }, h("code", {}, document.id), " ", [document.site, document.date, count(document.tokens, "word"), document.said === undefined ? document.relation || "represents the cluster" : document.said].filter(part => part).join(" \u00b7 "), document.url ? [" ", address(document.url)] : null), text) };
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
    : sharedPassages(x, y);
  return { left, right, spans: spans.map((span, name) => {
    const words = whole && span.identity < 1 ? differing(x.slice(...span.a), y.slice(...span.b)) : [[], []];
    const [ofA, ofB] = span.bytes || [];
    return { name, span, a: { bytes: ofA, chars: span.a, words: words[0] }, b: { bytes: ofB, chars: span.b, words: words[1] } };
  }) };
}

function compareView(cluster, state) {
  const find = id => cluster.members.find(member => member.id === id);
  const [a, b] = [find(state.a) || cluster.kept, find(state.b)];
  if (!b) return missing("This cluster shows no document with the id " + state.b + ".");
  const choose = (label, chosen, name) => {
    const known = cluster.members.filter(m => m.place === 0 || evidence[m.id] || m === chosen).slice(0, 500);
    const select = h("select", { "aria-label": label }, known.map(m => h("option", { value: m.id, selected: m === chosen }, `${m.place + 1}. ${m.site || m.id} ${m.relation || "represents"}`)));
    select.addEventListener("change", () => { location.hash = view({ cluster: cluster.id, a: a.id, b: b.id, [name]: select.value }); });
    return h("label", {}, label, select);
  };
  const copy = b.place === 0 ? a : a.place === 0 ? b : null;
  const found = copy && evidence[copy.id] ? evidence[copy.id].s || [] : copy && !(textOf(a.id) && textOf(b.id)) ? [] : null;
  const given = found && copy === b ? found.map(([a0, a1, b0, b1, ...rest]) => [b0, b1, a0, a1, ...rest]) : found;
  sideBySide(a, b, given,
    h("a", { href: view({ cluster: cluster.id }) }, "The whole cluster"),
    copy && a !== b ? [tag(copy.relation), " score ", percent(copy.score), ", Jaccard ", percent(copy.jaccard), ", containment ", percent(copy.containment)] : h("span", { class: "dim" }, "Two copies, compared here and not by the program: each was verified against the representative."),
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
  const told = h("span", { class: "dim", role: "status" }, spans.length ? count(spans.length, "shared passage") : "No shared passage of eight words");
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
  show("Side by side",
    h("p", { class: "noprint" }, back),
    h("h1", {}, "Side by side"),
    h("p", {}, verdict),
    h("div", { class: "controls" }, choices,
      h("button", { type: "button", id: "previous", disabled: !spans.length, onclick: () => go(-1) }, "Previous passage"), h("button", { type: "button", id: "next", disabled: !spans.length, onclick: () => go(1) }, "Next passage"), told),
    h("p", { class: "dim small" }, "Shaded: shared. Underlined: words that differ within a shared passage. Keys: n and p go from passage to passage."),
    h("div", { class: "panes" }, panes.map(p => p.element)));
}

// ---- related pairs

const ABOUT = { partial: "share a passage", update: "are versions of one page", templated: "fill in one form" };
const othersById = new Map(core.others.map(d => [d[0], { ...documentRow(d, d, 0), said: "" }]));

function documentOf(id) {
  const cluster = clusterOfDocument(id);
  if (!cluster) return othersById.get(id) || { id, site: "", title: null, date: null, tokens: 0, bytes: 0, place: 0, said: "" };
  const documents = byId.get(cluster)[2];
  const place = documents.findIndex(d => d[0] === id);
  return { ...documentRow(documents[place], documents[0], place), said: "in a cluster" };
}

// What the search needs of a pair, in the form of a cluster's.
function factsOfPair(pair) {
  const ends = [documentOf(pair[0]), documentOf(pair[1])];
  const dates = ends.map(d => d.date).filter(date => date).sort();
  const sites = [...new Set(ends.map(d => d.site))];
  const words = ends.flatMap(d => [d.id, d.title || "", d.url || "", d.site, clusterOfDocument(d.id) || ""]);
  return { pair, ends, size: 2, relations: { [pair[2]]: 1 }, lowSites: sites.map(site => site.toLowerCase()), from: dates[0] || null, to: dates[dates.length - 1] || null, score: pair[3][0], words: words.join("\n").toLowerCase() };
}

let pairFacts = null;

function relatedView(state) {
  if ("pair" in state) return pairView(state);
  pairFacts = pairFacts || core.related.map(factsOfPair);
  const query = h("input", { id: "query", type: "search", value: state.q || "", autocomplete: "off", spellcheck: "false", "aria-describedby": "query-help" });
  const told = h("p", { class: "dim" });
  const body = h("tbody");
  const end = d => h("td", {}, own(d.title || d.id), h("div", { class: "small dim" }, [d.site, d.date ? d.date.slice(0, 10) : ""].filter(part => part).join(" \u00b7 "), clusterOfDocument(d.id) ? [" ", h("a", { href: view({ cluster: clusterOfDocument(d.id) }), "aria-label": "The cluster of " + (d.title || d.id) }, "its cluster")] : null));
  const line = ({ pair, ends }) => h("tr", {}, h("td", {}, tag(pair[2])), h("td", { class: "n" }, percent(pair[3][0])), ends.map(end),
    h("td", { class: "n" }, number.format(pair[4].reduce((sum, span) => sum + span[4], 0))),
    h("td", { class: "noprint" }, h("a", { href: view({ pair: pair[0], with: pair[1] }), "aria-label": `Compare ${pair[0]} with ${pair[1]}` }, "compare")));
  const { more, put } = growing(body, line);
  const search = push => {
    const hits = pairFacts.filter(asked(query.value));
    put(hits);
    told.textContent = hits.length === pairFacts.length ? count(hits.length, "pair") : `${count(hits.length, "pair")} of ${number.format(pairFacts.length)}`;
    if (push) {
      history.replaceState(null, "", view({ related: true, q: query.value }));
      say(told.textContent);
    }
  };
  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 60, true); });
  show("Related pairs",
    h("h1", {}, "Related pairs"),
    h("p", { class: "dim" }, "Two documents that are something to each other and are in no cluster together: they share a passage, are versions of one page, or fill in one form."),
    h("div", { class: "controls" }, h("label", { class: "grow", for: "query" }, "Search", query)),
    h("p", { class: "dim small", id: "query-help" }, "Words in titles, ids and addresses; ", h("code", {}, "site:"), " ", h("code", {}, "relation:partial"), " ", h("code", {}, "score<0.9"), " ", h("code", {}, "after:2024-01-01"), " ", h("code", {}, "before:2025"), ". Key: / to search."),
    told,
    core.related.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Related pairs" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Relation"), h("th", { scope: "col", class: "n" }, "Score"), ["One", "The other"].map(name => h("th", { scope: "col" }, name)), h("th", { scope: "col", class: "n" }, "Words shared"), h("th", { scope: "col", class: "noprint" }, "Side by side"))), body)) : h("p", {}, "No two documents are related beyond their clusters."),
    more,
    core.related_in_all > core.related.length ? h("p", { class: "dim" }, `The ${number.format(core.related.length)} of ${number.format(core.related_in_all)} with the highest scores; the json report has all.`) : null);
  search(false);
}

function pairView(state) {
  const pair = core.related.find(([a, b]) => a === state.pair && b === state.with);
  if (!pair) return missing(`This report shows no related pair of ${state.pair} and ${state.with}.`);
  const [a, b] = [{ ...documentOf(pair[0]), place: 0 }, { ...documentOf(pair[1]), place: 1 }];
  const clusters = [a, b].map(d => [d, clusterOfDocument(d.id)]).filter(([, cluster]) => cluster);
  sideBySide(a, b, pair[4],
    h("a", { href: "#related" }, "All related pairs"),
    [tag(pair[2]), ABOUT[pair[2]] ? ` They ${ABOUT[pair[2]]}. Score ` : " Score ", percent(pair[3][0]), ", Jaccard ", percent(pair[3][1]), ", containment ", percent(pair[3][2]), clusters.map(([d, cluster]) => [". ", h("a", { href: view({ cluster }) }, "The cluster of ", own(d.title || d.id))])],
    null);
}

// ---- at a glance

function bars(title, note, rows, rule) {
  const [width, height, left] = [420, 150, 8];
  const most = Math.max(1, ...rows.map(row => row[1]));
  const step = (width - 2 * left) / Math.max(1, rows.length);
  const label = Math.ceil(rows.length / 6);
  return h("figure", { class: "card" }, h("figcaption", {}, title),
    svg("svg", { viewBox: `0 0 ${width} ${height + 20}`, role: "img", "aria-label": `${title}. ${rows.filter(row => row[1]).slice(0, 40).map(row => `${row[0]}: ${row[1]}`).join(", ")}` },
      rows.map(([name, value], i) => {
        const size = value ? Math.max(1.5, (height - 14) * value / most) : 0;
        return svg("rect", { class: "bar", x: left + i * step + .5, y: height - size, width: Math.max(1, step - 1.5), height: size }, svg("title", {}, `${name}: ${number.format(value)}`));
      }),
      svg("line", { class: "axis", x1: 0, x2: width, y1: height, y2: height }),
      rows.map(([name], i) => i % label === 0 ? svg("text", { x: left + i * step, y: height + 14 }, name) : null),
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
  if (!audit) return core.recovery && core.recovery.documents ? h("div", { id: "recall" }, h("h2", {}, "Recall, by planted copies"),
    h("p", {}, Object.entries(core.recovery.by_kind).map(([kind, row]) => `${row.met} of ${row.planted} with ${kind}`).join(", ") + " would have been compared."),
    h("p", { class: "dim" }, `This shows ${core.recovery.shows}.`)) : null;
  const known = audit.recall !== null;
  const bar = (name, row) => {
    const x = share => 130 + 560 * share;
    return svg("g", {}, svg("text", { x: 120, y: 12, "text-anchor": "end" }, name), svg("line", { class: "axis", x1: x(0), x2: x(1), y1: 8, y2: 8 }), svg("rect", { class: "interval", x: x(row.low), y: 3, width: Math.max(2, x(row.high) - x(row.low)), height: 10 }), row.recall === null ? null : svg("circle", { class: "dot kept", cx: x(row.recall), cy: 8, r: 5 }), svg("text", { x: 700, y: 12 }, `${percent(row.recall)} of ${number.format(row.pairs)}`));
  };
  const rows = [["all", audit], ...Object.entries(audit.by_relation)];
  const lines = rows.map(([name, row], i) => svg("g", { transform: `translate(0 ${18 * i})` }, bar(name, row)));
  return h("div", { id: "recall" }, h("h2", {}, "Recall, by audit"),
    h("p", {}, known ? `${count(audit.sampled, "document")} drawn and compared with all others: ${number.format(audit.found)} of their ${count(audit.pairs, "pair")} were found (${percent(audit.found / audit.pairs)}). Recall, the mean over these documents, is ${percent(audit.recall)}, between ${percent(audit.low)} and ${percent(audit.high)} with 95 % confidence.` : `None of ${count(audit.sampled, "document")} drawn has a pair: nothing is known of the recall.`),
    known ? h("figure", { class: "card" }, h("figcaption", {}, "Share of pairs that was found, with 95 % intervals"), svg("svg", { viewBox: `0 0 800 ${18 * rows.length + 6}`, role: "img", "aria-label": rows.map(([name, row]) => `${name} ${percent(row.recall)}`).join(", ") }, lines)) : null,
    audit.missed_first.length ? h("details", {}, h("summary", {}, `${count(audit.missed_in_all, "pair")} missed`), h("ul", {}, audit.missed_first.slice(0, 200).map(m => h("li", {}, h("code", {}, m.a), " and ", h("code", {}, m.b), " ", tag(m.relation), " ", m.gate)))) : null);
}

const pairLag = pair => typeof pair.median_lag === "number" ? lasting(pair.median_lag) : pair.median_lag_days === 0 ? "same day" : pair.median_lag_days > 0 ? count(pair.median_lag_days, "day") : "";

function carriers() {
  const pairs = core.site_pairs;
  if (!pairs.length) return null;
  const totals = new Map();
  for (const pair of pairs) for (const site of [pair.carrier, pair.source]) totals.set(site, (totals.get(site) || 0) + pair.copies);
  const top = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 16).map(entry => entry[0]);
  const of = new Map(pairs.map(pair => [pair.source + "\t" + pair.carrier, pair]));
  const cell = pair => pair ? h("td", { class: "n", title: `median lag ${pairLag(pair) || "not known"}, ${percent(pair.verbatim)} verbatim` }, pair.copies) : h("td", { class: "n" }, "\u00b7");
  const link = site => h("a", { href: view({ clusters: true, q: `site:"${site}"` }), dir: "auto" }, site || "(none)");
  return h("div", { id: "carriers" }, h("h2", {}, "Who carries whom"),
    h("p", { class: "dim" }, `Rows: whose text. Columns: who has it from there. ${totals.size > top.length ? `The ${top.length} of ${totals.size} sites with most copies.` : ""}`),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Who carries whom" }, h("table", { class: "matrix" },
      h("thead", {}, h("tr", {}, h("td", {}), top.map(site => h("th", { scope: "col" }, site || "(none)")))),
      h("tbody", {}, top.map(row => h("tr", {}, h("th", { scope: "row" }, link(row)), top.map(column => cell(of.get(row + "\t" + column)))))))),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Pairs of sites" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Carrier", "Has it from"].map(name => h("th", { scope: "col" }, name)), ["Copies", "Median lag", "Verbatim", "Other headline"].map(name => h("th", { scope: "col", class: "n" }, name)))),
      h("tbody", {}, pairs.slice(0, 50).map(pair => h("tr", {}, h("td", {}, link(pair.carrier)), h("td", {}, link(pair.source)), h("td", { class: "n" }, number.format(pair.copies)), h("td", { class: "n" }, pairLag(pair)), h("td", { class: "n" }, percent(pair.verbatim)), h("td", { class: "n" }, number.format(pair.changed_headlines))))))),
    core.site_pairs_in_all > 50 ? h("p", { class: "dim" }, `The 50 of ${core.site_pairs_in_all} pairs of sites with most copies; --report sites has all.`) : null);
}

function overview() {
  const a = core.accounting;
  const s = surveyed();
  const tile = (value, label, href) => h("li", {}, h("b", {}, value), href ? h("a", { href }, label) : label);
  const settings = [["Program", "wirecopy " + core.settings.version], ["Mode", core.settings.mode], ...["recipe", "policy", "fields"].flatMap(part => Object.entries(core.settings[part] || {}).map(([name, value]) => [(part === "fields" ? "field " : "") + name, String(value)]))];
  const losing = a.sites.filter(site => site.documents > 1 && 2 * site.duplicates > site.documents);
  show("At a glance",
    h("h1", {}, "At a glance"),
    h("p", {}, `${count(a.documents, "document")} = ${number.format(a.unique)} unique + ${count(a.duplicates, "duplicate")} + ${number.format(a.empty)} empty + ${number.format(a.unreadable)} unreadable`),
    h("ul", { class: "tiles" }, tile(number.format(core.clusters.length), "clusters", "#clusters"), tile(number.format(a.duplicates), "duplicates"), RELATIONS.filter(name => s.relations[name]).map(name => tile(number.format(s.relations[name]), name, view({ clusters: true, q: "relation:" + name }))), tile(bytes(a.bytes), "of text"), tile(bytes(s.saved), "of it in copies"), tile(number.format(core.pages.length), "pages that repeat something", "#pages"), tile(number.format(core.problems_in_all), "problems", "#problems")),
    losing.length ? h("p", { class: "card" }, h("strong", {}, "More than half are copies of what others published: "), losing.slice(0, 8).map(site => `${site.site || "(none)"} (${site.duplicates} of ${site.documents})`).join(", "), losing.length > 8 ? ` and ${losing.length - 8} more sites` : "") : null,
    h("div", { class: "charts" },
      bars("Similarity of copies (score)", "Each copy with the document that represents its cluster.", s.similarity.map((n, i) => [(i / 20).toFixed(2), n]), core.threshold === null ? undefined : core.threshold),
      bars("Sizes of clusters", "Documents in a cluster; from 8 on by powers of two.", [...s.sizes].sort((x, y) => x[0] - y[0]).map(([size, n]) => [String(size) + (size < 8 ? "" : "+"), n])),
      s.dates.length > 1 ? bars("Duplicates over time", "By their dates.", overTime(s.dates)) : null),
    recall(),
    carriers(),
    Object.keys(core.accounting.pairs).length ? [h("h2", {}, "Verified pairs"), h("p", { class: "dim" }, Object.entries(core.accounting.pairs).map(([name, n]) => `${number.format(n)} ${name}`).join(", ")), core.related.length ? h("p", {}, h("a", { href: "#related" }, "Pairs that are of no cluster together")) : null] : null,
    h("h2", {}, "Sites"), sitesTable(a.sites),
    h("h2", {}, "Settings"), h("dl", { class: "card" }, settings.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("h2", {}, "Not in this file"), h("p", { class: "dim" }, leftOut()),
    h("p", {}, h("a", { href: "#sources" }, "Source files with their SHA-256")));
}

function leftOut() {
  const shown = Object.values(evidence);
  const whole = shown.filter(e => e.t !== undefined).length;
  const documents = core.clusters.reduce((sum, row) => sum + row[1], 0);
  const said = `${count(whole, "text")} in full and ${count(shown.length - whole, "document")} in excerpts, of ${count(documents, "document")} in clusters and ${number.format(core.others.length)} related to others.`;
  const { addresses, titles, copies } = core.left_out;
  return [said, addresses ? " Addresses and paths of copies were left out to keep this file small." : "", titles ? " So were titles of copies." : "", copies ? ` So were copies of a cluster beyond the first ${copies}.` : "", " The json report has everything."].join("");
}

function sitesTable(sites) {
  const rows = [...sites].sort((a, b) => b.duplicates - a.duplicates || b.documents - a.documents || (a.site < b.site ? -1 : 1)).slice(0, 100);
  return [h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sites" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Site"), ["Documents", "Duplicates", "Share", "Text"].map(name => h("th", { scope: "col", class: "n" }, name)))),
    h("tbody", {}, rows.map(site => h("tr", {}, h("td", {}, h("a", { href: view({ clusters: true, q: `site:"${site.site}"` }), dir: "auto" }, site.site || "(none)")), h("td", { class: "n" }, number.format(site.documents)), h("td", { class: "n" }, number.format(site.duplicates)), h("td", { class: "n" }, percent(site.documents ? site.duplicates / site.documents : 0)), h("td", { class: "n" }, bytes(site.bytes))))))),
    sites.length > rows.length ? h("p", { class: "dim" }, `The ${rows.length} of ${sites.length} sites with most duplicates.`) : null];
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
  const body = h("tbody");
  const told = page => page.repeats.filter(r => !r.furniture).concat(page.repeats.filter(r => r.furniture));
  const rank = page => page.repeats.some(r => !r.furniture && r.kind !== "similar") ? 0 : 1;
  const rows = core.pages.slice().sort((a, b) => rank(a) - rank(b));
  paged("Repeated within one page", "Headlines, blocks, paragraphs and lines that stand more than once within one page. Furniture is what every page has: breadcrumbs, navigation, links to the page itself.", rows, page => h("tr", {}, h("td", {}, h("a", { href: view({ page: page.id }), dir: "auto" }, page.id)), h("td", {}, told(page).slice(0, 5).map(r => h("div", {}, h("span", { class: "tag other" }, times(r)), " ", own(shortened(r.text)))), (page.faults || []).map(f => h("div", { class: "dim" }, faultText(f))))), ["Page", "Repeats"], body, "No page repeats anything.");
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
  if (!page) return missing("No page of this report has the id " + id + ".");
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
    cluster ? h("p", {}, "Its ", h("a", { href: view({ cluster }) }, "cluster")) : null,
    (page.faults || []).length ? h("ul", {}, page.faults.map(f => h("li", {}, faultText(f)))) : null,
    page.repeats.map((r, i) => [h("h2", { class: "exhibit", "data-exhibit": i + 1 }, `${i + 1}. ${times(r)[0].toUpperCase()}${times(r).slice(1)}`), h("p", { class: "context", dir: "auto" }, r.text.length > 600 ? r.text.slice(0, 600) + "\u2026" : r.text), h("ul", {}, r.spans.slice(0, 50).map((span, n) => placeOf(r, i, span, n))), r.spans.length > 50 ? h("p", { class: "dim" }, `and ${r.spans.length - 50} more places`) : null, changes(r)]),
    whole === undefined ? h("p", { class: "dim" }, "The page's text was left out to keep this file small.") : [h("h2", {}, "The page's text"), markedText(whole, marks)]);
}

function titlesView() {
  paged("One title or description on several pages of a site", "Case and punctuation do not matter.", core.titles, row => h("tr", {}, h("td", {}, row.kind || "title"), h("td", {}, own(row.title)), h("td", {}, own(row.site)), h("td", { class: "n" }, number.format(row.documents.length)), h("td", {}, row.documents.slice(0, 12).map((id, i) => [i ? ", " : "", clusterOfDocument(id) ? h("a", { href: view({ cluster: clusterOfDocument(id) }) }, own(id)) : own(id)]), row.documents.length > 12 ? ` and ${row.documents.length - 12} more` : "")), ["What", "Text", "Site", "Pages", "Documents"], h("tbody"), "No title or description stands on several pages of one site.", core.titles_in_all);
}

// A skeleton with its slots set apart.
function skeleton(form) {
  let slot = 0;
  return form.skeleton.split(/(\{(?:number|date|money|name|text)\})/).map(part => /^\{.*\}$/.test(part) && slot < form.kinds.length ? h("span", { class: "slot" }, form.kinds[slot++]) : part);
}

function templatesView(state) {
  const form = core.templates[Number(state.template)];
  if (form) return templateView(form);
  paged("Templates", "Forms that documents fill in: what stays, and a slot for what does not. Optional sentences are in brackets.", core.templates.map((form, i) => [form, i]), ([form, i]) => h("tr", {}, h("td", { class: "n" }, h("a", { href: view({ template: i }), "aria-label": "Template " + (i + 1) }, number.format(form.documents_in_all))), h("td", { class: "context", dir: "auto" }, skeleton(form)), h("td", { class: "n" }, percent(form.share)), h("td", { class: "n" }, number.format(form.bits_saved))), ["Documents", "Skeleton", "Words that stay", "Bits saved"], h("tbody"), "No documents fill in one form.", core.templates_in_all);
}

function templateView(form) {
  paged(`A template of ${count(form.documents_in_all, "document")}`, "Every slot with what fills it, by document.", form.rows, ([id, values]) => h("tr", {}, h("th", { scope: "row" }, clusterOfDocument(id) ? h("a", { href: view({ cluster: clusterOfDocument(id) }) }, own(id)) : own(id)), values.map(value => h("td", { dir: "auto" }, value === null ? "\u00b7" : value))), ["Document", ...form.kinds.map((kind, i) => `${i + 1} ${kind}`)], h("tbody"), "", form.documents_in_all);
  main.querySelector("h1").after(h("p", { class: "context card", dir: "auto" }, skeleton(form)));
}

function boilerplateView() {
  const rows = core.boilerplate.slice().sort((a, b) => a.source < b.source ? -1 : a.source > b.source ? 1 : b.documents - a.documents);
  paged("Boilerplate by site", "Chrome is the frame of a site's pages, and no score counts it. Standing text is what different items have beside news of their own: it speaks for no copy, and each passage is listed once.", rows, row => h("tr", {}, h("td", {}, own(row.source)), h("td", {}, row.kind), h("td", { class: "n" }, number.format(row.documents)), h("td", { class: "n" }, row.kind === "standing" ? number.format(row.items) : ""), h("td", { class: "context", dir: "auto" }, row.text)), ["Site", "Kind", "Documents", "Items", "Passage"], h("tbody"), "Nothing was learned to be boilerplate.", core.boilerplate_in_all);
}

function problemsView() {
  paged("Problems", "What could not be read, or not as it stood.", core.problems, row => h("tr", {}, h("td", {}, h("code", {}, row.path)), h("td", { class: "n" }, row.record === undefined ? "" : row.record), h("td", {}, row.reason)), ["File", "Record", "Reason"], h("tbody"), "Everything could be read.", core.problems_in_all);
}

function sourcesView() {
  paged("Source files", `The files that were read, as they were then. SHA-256 of this list in the form of sha256sum: ${core.sources_sha256}`, core.sources, row => h("tr", {}, h("td", {}, h("code", {}, row.path)), h("td", { class: "n" }, number.format(row.bytes)), h("td", {}, h("code", {}, row.sha256 || "read only once"))), ["File", "Bytes", "SHA-256"], h("tbody"), "This report names no files.", core.sources_in_all);
}

function paged(title, note, rows, line, columns, body, none, inAll) {
  const { more, put } = growing(body, line);
  put(rows);
  show(title, h("h1", {}, title), h("p", { class: "dim" }, note),
    rows.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, h("table", {}, h("thead", {}, h("tr", {}, columns.map(name => h("th", { scope: "col" }, name)))), body)) : h("p", {}, none), more,
    inAll > rows.length ? h("p", { class: "dim" }, `The first ${rows.length} of ${inAll}; the json report has all.`) : null);
}

const missing = why => show("Not found", h("h1", {}, "Not found"), h("p", {}, why), h("p", {}, h("a", { href: "#clusters" }, "All clusters")));

// ---- where we are

const VIEWS = [["overview", "At a glance", overview], ["clusters", "Clusters", clustersView], ["related", "Related pairs", relatedView], ["pages", "Page repeats", pagesView], ["titles", "Titles", titlesView], ["templates", "Templates", templatesView], ["boilerplate", "Boilerplate", boilerplateView], ["problems", "Problems", problemsView], ["sources", "Sources", sourcesView]].filter(([id]) => core.settings.mode !== "pages" || id === "pages" || id === "problems");

let keys = {};
let shownOnce = false;

function show(title, ...children) {
  document.title = title + " - wirecopy report";
  main.replaceChildren();
  fill(main, {}, children);
  main.scrollTop = 0;
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
  document.getElementById("nav").replaceChildren(h("ul", {}, VIEWS.map(([id, label]) => h("li", {}, h("a", { href: "#" + id, "aria-current": id === name ? "page" : null }, label)))));
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
