"use strict";
(() => {
// Everything a document says is untrusted: it is set as text, never as markup.
const place = id => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const percent = share => (100 * share).toFixed(0) + " %";
const KNOWN = ["exact", "near", "contained", "contains"];
let key = "";

function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== ""));
  return element;
}

const show = (id, ...nodes) => place(id).replaceChildren(...nodes.flat(Infinity).filter(Boolean));
const tag = relation => h("span", { class: "tag " + (KNOWN.includes(relation) ? relation : "other") }, relation);

// What the service answers; an error says what happened, in its words.
async function ask(path, body) {
  const headers = key ? { Authorization: "Bearer " + key } : {};
  const response = await fetch(path, body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (response.ok) return answer;
  if (response.status === 401) place("key-form").hidden = false;
  throw Object.assign(new Error(answer.message), { status: response.status });
}

const document_of = (id, site) => ask("/v1/documents/" + encodeURIComponent(id) + (site ? "?site=" + encodeURIComponent(site) : ""));

// What was typed: a document of the index, where it is the id of one, else a text.
async function meant(typed) {
  if (typed.length <= 1000 && !typed.includes("\n")) {
    try {
      const found = await document_of(typed);
      return { side: { id: found.id, site: found.site }, name: found.title || found.id, text: found.text, verdict: found.wirecopy };
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }
  const text = typed.trim();
  return { side: { text }, name: "The text", text, verdict: await ask("/v1/check", { id: "(the text above)", text }) };
}

async function find(event) {
  event.preventDefault();
  show("beside");
  show("found");
  show("told", h("p", { class: "dim" }, "Looking\u2026"));
  try {
    const asked = await meant(place("text").value);
    found(asked);
    if (asked.verdict.matches.length) await beside(asked, asked.verdict.matches[0]);
  } catch (error) {
    show("told", h("p", {}, error.message));
  }
}

function found(asked) {
  const { verdict } = asked;
  show("told", h("p", { class: "lead" }, tag(verdict.verdict), " ", verdict.verdict === "new" ? "No copy of it is in the index." : ["Of ", h("b", {}, verdict.of), "."]));
  if (!verdict.matches.length) return;
  const line = match => h("li", {}, tag(match.relation),
    h("button", { type: "button", class: "link", onclick: () => beside(asked, match).catch(error => show("told", h("p", {}, error.message))) }, match.id),
    h("span", { class: "dim small" }, `score ${percent(match.score)}, ${percent(match.containment_in_match)} of it in the match, ${percent(match.containment_of_match)} of the match in it`));
  show("found", h("h2", {}, "Matches"), h("ul", { class: "matches" }, verdict.matches.map(line)));
}

// A text with its shared passages marked: `marks` are [start, end, name, changes], in bytes of it.
function marked(text, marks) {
  const bytes = new TextEncoder().encode(text);
  const cut = (from, to) => new TextDecoder().decode(bytes.slice(from, to));
  const out = [];
  let at = 0;
  for (const [start, end, name, changes] of marks.sort((x, y) => x[0] - y[0])) {
    if (start < at) continue;
    out.push(cut(at, start));
    const mark = h("mark", {}, h("sup", { "aria-hidden": "true" }, String(name)));
    let inside = start;
    for (const [from, to] of changes) {
      if (from < inside || to > end || from === to) continue;
      mark.append(cut(inside, from), h("span", { class: "changed" }, cut(from, to)));
      inside = to;
    }
    mark.append(cut(inside, end));
    out.push(mark);
    at = end;
  }
  out.push(cut(at, bytes.length));
  return out;
}

async function beside(asked, match) {
  const other = await document_of(match.id);
  if (asked.text === undefined || other.text === undefined) return show("beside", h("p", { class: "dim" }, "The index keeps no texts, so that there is nothing to show side by side."));
  const compared = await ask("/v1/compare", { a: asked.side, b: { id: other.id, site: other.site } });
  const pane = (side, name, text) => h("section", { class: "pane", "aria-label": name }, h("h3", {}, name),
    h("div", { class: "text", tabindex: "0", role: "region", "aria-label": "Text: " + name, dir: "auto" },
      marked(text, compared.spans.map((span, i) => [...span[side], i + 1, span.changes.map(change => change[side])]))));
  show("beside", h("h2", {}, "Side by side"),
    h("p", { class: "dim" }, tag(compared.relation || "none"), " ", compared.spans.length === 1 ? "1 passage is shared" : `${number.format(compared.spans.length)} passages are shared`, compared.identity === undefined ? "" : `, ${percent(compared.identity)} the same`, "."),
    h("div", { class: "panes" }, pane("a", asked.name, asked.text), pane("b", other.title || other.id, other.text)));
}

function table(label, names, rows) {
  const line = cells => h("tr", {}, cells.map((cell, i) => h("td", { "data-label": names[i], class: typeof cell === "number" ? "n" : null }, typeof cell === "number" ? number.format(cell) : cell)));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, h("table", { class: "cards" }, h("thead", {}, h("tr", {}, names.map(name => h("th", { scope: "col" }, name)))), h("tbody", {}, rows.map(line))));
}

// How often the figures are asked for, in milliseconds.
const EVERY = 5000;

async function figures() {
  try {
    const { documents, segments, since_start: told } = await ask("/v1/stats");
    show("figures", `${number.format(documents)} documents in ${number.format(segments)} segments`);
    const open = id => h("button", { type: "button", class: "link", onclick: () => { place("text").value = id; place("ask").requestSubmit(); place("main").focus(); } }, id);
    show("recent", told.recent.length ? [h("h2", {}, "Recent verdicts"), table("Recent verdicts", ["Document", "Site", "Verdict", "Of", "When"], told.recent.map(one => [open(one.id), one.site, tag(one.verdict), one.of ? open(one.of) : "", one.seen_at.replace("T", " ").slice(0, 19)]))] : null);
    const copies = site => site.documents - (site.verdicts.new || 0);
    show("sites", told.sites.length ? [h("h2", {}, "Sites since the start"), table("Sites", ["Site", "Documents", "New", "Known"], told.sites.map(site => [site.site || "(none)", site.documents, site.verdicts.new || 0, copies(site)]))] : null);
  } catch (error) {
    show("figures", error.message);
  }
}

place("ask").addEventListener("submit", find);
place("key-form").addEventListener("submit", event => {
  event.preventDefault();
  key = place("key").value.trim();
  place("key-form").hidden = true;
  figures();
});
figures();
setInterval(() => { if (!document.hidden && place("key-form").hidden) figures(); }, EVERY);
})();
