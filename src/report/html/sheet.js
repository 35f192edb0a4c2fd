"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const MEANS = {
  exact: "the same words", near: "the same article, edited", contained: "one stands in the other",
  partial: "a passage is shared", update: "a later version of one page", templated: "one form, other facts",
  none: "nothing to each other",
};
const answers = data.rows.map(() => ({ verdict: "", note: "" }));
let shown = 0;

function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in made) made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/* Words that stand in no run of three words of the other text are marked. */
function runs(words) {
  const found = new Set();
  for (let i = 0; i + 3 <= words.length; i++) found.add(words.slice(i, i + 3).join(" "));
  return found;
}

function words(text) {
  return Array.from(text.matchAll(/[\p{L}\p{M}\p{N}]+/gu), m => ({ at: m.index, end: m.index + m[0].length, word: m[0].toLowerCase() }));
}

function marked(text, other) {
  const own = words(text), theirs = runs(words(other).map(w => w.word)), common = new Array(own.length).fill(false);
  for (let i = 0; i + 3 <= own.length; i++) {
    if (theirs.has(own.slice(i, i + 3).map(w => w.word).join(" "))) common.fill(true, i, i + 3);
  }
  const parts = [];
  let at = 0;
  for (let i = 0; i < own.length; i++) {
    if (common[i]) continue;
    let last = i;
    while (last + 1 < own.length && !common[last + 1]) last++;
    parts.push(text.slice(at, own[i].at), element("mark", {}, text.slice(own[i].at, own[last].end)));
    at = own[last].end;
    i = last;
  }
  parts.push(text.slice(at));
  return parts;
}

function side(own, other) {
  const about = [own.site, own.date, own.url, own.id].filter(Boolean).join(" \u00b7 ");
  return element("section", { className: "side" },
    element("h2", { dir: "auto" }, own.title || own.id),
    element("p", { className: "dim" }, about),
    element("div", { className: "text", dir: "auto" }, ...marked(own.text, other.text)));
}

function choose(label) {
  answers[shown].verdict = answers[shown].verdict === label ? "" : label;
  const open = answers.findIndex((answer, i) => i > shown && !answer.verdict);
  if (answers[shown].verdict && open >= 0) shown = open;
  show();
}

function show() {
  const row = data.rows[shown], answer = answers[shown], main = document.getElementById("main");
  const done = answers.filter(answer => answer.verdict).length;
  document.getElementById("progress").textContent = `Pair ${shown + 1} of ${data.rows.length}, ${done} answered. Keys 1 to ${data.labels.length} answer, arrows go on. Marked words are in one text only.`;
  const buttons = data.labels.map((label, i) => element("button",
    { type: "button", "aria-pressed": String(answer.verdict === label), onclick: () => choose(label) },
    `${i + 1} ${label}`, element("small", {}, MEANS[label] || "")));
  const note = element("input", { value: answer.note, placeholder: "Note", "aria-label": "Note", oninput: event => { answer.note = event.target.value; } });
  const step = (text, by) => element("button", { type: "button", disabled: !(shown + by in data.rows), onclick: () => { shown += by; show(); } }, text);
  main.replaceChildren(
    element("div", { className: "choices" }, step("\u2190", -1), ...buttons, note, step("\u2192", 1)),
    element("div", { className: "pair" }, side(row.a, row.b), side(row.b, row.a)));
}

function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/* The table as it came, without the texts, and filled in. */
function filled() {
  const lines = [[...data.columns, "key"].join(",")];
  data.rows.forEach((row, i) => {
    const of = name => name === "number" ? String(row.number) : name === "verdict" ? answers[i].verdict : name === "note" ? answers[i].note
      : name === "a" || name === "b" ? row[name].id : name.startsWith("text_") ? "" : row[name.slice(-1)][name.slice(0, -2)];
    lines.push([...data.columns.map(of), row.key].map(cell).join(","));
  });
  return lines.join("\n") + "\n";
}

document.getElementById("command").textContent = `wirecopy calibrate --labels ${data.name}`;
document.getElementById("save").addEventListener("click", () => {
  const address = URL.createObjectURL(new Blob([filled()], { type: "text/csv" }));
  const link = element("a", { href: address, download: data.name });
  link.click();
  URL.revokeObjectURL(address);
});
document.addEventListener("keydown", event => {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const label = data.labels[Number(event.key) - 1];
  if (label) choose(label);
  else if (event.key === "ArrowRight" && shown + 1 < data.rows.length) { shown++; show(); }
  else if (event.key === "ArrowLeft" && shown > 0) { shown--; show(); }
});
if (data.rows.length) show();
