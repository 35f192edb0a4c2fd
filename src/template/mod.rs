//! Templates: what stays and what is filled in, in documents that fill in one form.
//!
//! After InfoShield (Lee et al., "InfoShield: generalizable information-theoretic human-trafficking detection", ICDE
//! 2021): every document of a family is aligned with one of them, the words that most have are the skeleton, what
//! stands between them is slots, and by minimum description length a document belongs where the template and its filling
//! are fewer bits than its text, and a template is one where all of its documents together are. Instead of a partial
//! order alignment, quadratic in length, documents are aligned by anchors ([`crate::align`]); instead of a search over
//! consensus thresholds a word of the skeleton is one that seven in ten have.

mod cost;
mod kind;

use std::collections::HashSet;

use rayon::prelude::*;

use crate::align::{Aligner, Alignment, Words};
use cost::Prices;
use kind::Filling;
pub use kind::FillingKind;

/// A document that may fill in a template.
#[derive(Debug, Clone, Default)]
pub struct TemplateMember {
    /// Its content tokens.
    pub words: Words,
    /// Bytes of the text by content token: start and end.
    pub ranges: Vec<(u32, u32)>,
    /// Its text.
    pub text: String,
}

impl TemplateMember {
    /// The text of tokens `from..to`, without what stands around them.
    fn cut(&self, from: usize, to: usize) -> &str {
        match (self.ranges.get(from), to.checked_sub(1).and_then(|last| self.ranges.get(last))) {
            (Some(first), Some(last)) if from < to => self.between(first.0, last.1),
            _ => "",
        }
    }

    fn between(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// What stands between two neighbouring tokens; where something that is no content does, what comes before that.
    fn gap(&self, before: usize, after: usize) -> &str {
        let between = self.between(self.ranges[before].1, self.ranges[after].0);
        if self.words.place(after) == self.words.place(before) + 1 {
            return between;
        }
        let end = between.find(char::is_whitespace).map_or(0, |at| at + 1);
        between.get(..end).unwrap_or(" ")
    }

    /// What stands before a token, back to the one before it.
    fn before(&self, token: usize) -> &str {
        match token.checked_sub(1) {
            Some(before) => self.gap(before, token),
            None => "",
        }
    }
}

/// A place of a template that documents fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSlot {
    /// What fills it.
    pub kind: FillingKind,
    /// By document of the template: what fills it there; none where it is left out.
    pub values: Vec<Option<String>>,
}

/// A form that documents fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The words that stay, `{kind}` for each slot in order, and optional sentences in brackets.
    pub skeleton: String,
    /// The slots, in order.
    pub slots: Vec<TemplateSlot>,
    /// Places of the documents in the family, ascending.
    pub members: Vec<usize>,
    /// Optional sentences.
    pub optional: usize,
    /// Share of the documents' content tokens that are skeleton, 0 to 1.
    pub share: f64,
    /// Bits that the template saves in all: its own and its fillings' against the documents written out; more than 0.
    pub saved: f64,
}

/// Documents of a template, at least: two differ, and only a third shows where.
const LEAST: usize = 3;

/// Share of the documents that have a word of the skeleton.
const SKELETON: f64 = 0.7;

/// Share of a sentence's words that a document has that has the sentence.
const SENTENCE: f64 = 0.3;

/// Share of the documents that have a sentence for it to be no optional one.
const ALWAYS: f64 = 0.9;

/// Share, and number, of the documents that have an optional sentence at least.
const SOMETIMES: (f64, usize) = (0.1, 2);

/// Share of the documents that fill a place in for it to be a slot.
const FILLED: f64 = 0.3;

/// Share of the skeleton that a document has at least.
const FITS: f64 = 0.5;

/// Documents that are tried as the one that others are aligned with, and those that each is tried on.
const SEEDS: (usize, usize) = (8, 24);

/// Seeds in a row that lead to no template, after which the rest of a family is given up.
const FAILURES: usize = 3;

/// The templates of one family, the one that most documents fill in first.
///
/// Time is that of aligning each document with one other, once for every template that the family turns out to be.
pub fn mine(family: &[TemplateMember]) -> Vec<Template> {
    let mut rest: Vec<usize> = (0..family.len()).filter(|&member| !family[member].words.is_empty()).collect();
    let mut templates = Vec::new();
    let mut failures = 0;
    while rest.len() >= LEAST && failures < FAILURES {
        let seed = seed(family, &rest);
        match template(family, &rest, seed) {
            Some(template) => {
                rest.retain(|member| template.members.binary_search(member).is_err());
                templates.push(template);
                failures = 0;
            }
            None => {
                rest.retain(|&member| member != seed);
                failures += 1;
            }
        }
    }
    templates
}

/// The document that has most in common with others.
fn seed(family: &[TemplateMember], rest: &[usize]) -> usize {
    let (seeds, others) = SEEDS;
    let spread = |count: usize| rest.iter().copied().step_by(rest.len().div_ceil(count).max(1));
    let score = |aligner: &mut Aligner, seed: usize| {
        let equal = |other: usize| aligner.align(&family[seed].words, &family[other].words).equal();
        spread(others).filter(|&other| other != seed).map(equal).sum::<u32>()
    };
    let candidates: Vec<usize> = spread(seeds).collect();
    let scored =
        candidates.par_iter().map_init(Aligner::default, |aligner, &seed| (score(aligner, seed), seed));
    // Of several alike the first.
    let best = scored.max_by_key(|&(score, seed)| (score, std::cmp::Reverse(seed)));
    best.map_or(rest[0], |(_, seed)| seed)
}

/// By token of the seed: the token of another document that stands for it.
type Map = Vec<Option<u32>>;

/// The tokens of `alignment`, of the seed with another document, that are equal and in order; and between its chains,
/// before the first and behind the last, where slots stand too close for any chain to begin, what else is equal there.
fn map(alignment: &Alignment, seed: &Words, other: &Words) -> Map {
    let mut map: Map = vec![None; seed.len()];
    let mut taken: Vec<((u32, u32), (u32, u32))> = Vec::new();
    for chain in &alignment.chains {
        let (a, b) = ((chain.a.start, chain.a.end), (chain.b.start, chain.b.end));
        let in_order = |&(of_a, of_b): &((u32, u32), (u32, u32))| {
            (of_a.1 <= a.0 && of_b.1 <= b.0) || (a.1 <= of_a.0 && b.1 <= of_b.0)
        };
        if !taken.iter().all(in_order) {
            continue;
        }
        taken.push((a, b));
        for run in &alignment.runs[chain.runs.start as usize..chain.runs.end as usize] {
            for i in 0..run.len {
                map[(run.a + i) as usize] = Some(run.b + i);
            }
        }
    }
    let ends = [(0, 0), (seed.len() as u32, other.len() as u32)];
    let mut edges: Vec<(u32, u32)> =
        taken.iter().flat_map(|&(a, b)| [(a.0, b.0), (a.1, b.1)]).chain(ends).collect();
    edges.sort_unstable();
    for gap in edges.chunks_exact(2) {
        match_gap(seed, other, gap[0], gap[1], &mut map);
    }
    map
}

/// Tokens of a gap between chains that are looked at, from both its ends.
const GAP: u32 = 48;

/// Marks the longest common subsequence of what stands in both texts from `from` to `to`, near either end of it.
fn match_gap(a: &Words, b: &Words, from: (u32, u32), to: (u32, u32), map: &mut Map) {
    if (to.0 - from.0).max(to.1 - from.1) <= GAP {
        return match_all(a, b, from, to, map);
    }
    let head = (to.0.min(from.0 + GAP / 2), to.1.min(from.1 + GAP / 2));
    match_all(a, b, from, head, map);
    let tail = (to.0.saturating_sub(GAP / 2).max(head.0), to.1.saturating_sub(GAP / 2).max(head.1));
    match_all(a, b, tail, to, map);
}

fn match_all(a: &Words, b: &Words, from: (u32, u32), to: (u32, u32), map: &mut Map) {
    let (x, y) = (&a.hashes()[from.0 as usize..to.0 as usize], &b.hashes()[from.1 as usize..to.1 as usize]);
    let width = y.len() + 1;
    // By where both rests begin: the longest that is common to them.
    let mut longest = vec![0u16; (x.len() + 1) * width];
    for i in (0..x.len()).rev() {
        for j in (0..y.len()).rev() {
            longest[i * width + j] = if x[i] == y[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < x.len() && j < y.len() {
        if x[i] == y[j] {
            map[from.0 as usize + i] = Some(from.1 + j as u32);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
}

/// A sentence of the seed.
struct Sentence {
    /// Its first token.
    start: usize,
    /// Tokens of the seed that are skeleton.
    columns: Vec<usize>,
    /// Whether some documents are without it.
    optional: bool,
}

fn template(family: &[TemplateMember], rest: &[usize], seed: usize) -> Option<Template> {
    let of_seed = &family[seed];
    let maps: Vec<(usize, Map)> = rest
        .par_iter()
        .map_init(Aligner::default, |aligner, &member| {
            let other = &family[member].words;
            (member, map(aligner.align(&of_seed.words, other), &of_seed.words, other))
        })
        .collect();
    // First those that have a fair part of the seed, then those that have most of what these have in common.
    let matched = |map: &Map| map.iter().flatten().count() as f64 / of_seed.words.len().max(1) as f64;
    let mut chosen: Vec<&(usize, Map)> = maps.iter().filter(|(_, map)| matched(map) >= SENTENCE).collect();
    let mut form = Form::new(of_seed, &chosen)?;
    let prices = prices(family, rest, &form);
    for _ in 0..2 {
        chosen = maps.iter().filter(|(member, map)| form.fits(&family[*member], map, prices)).collect();
        form = Form::new(of_seed, &chosen)?;
    }
    let saved: f64 = chosen.iter().map(|(member, map)| form.saved(&family[*member], map, prices)).sum();
    let saved = saved - prices.template(form.columns.len(), form.optional());
    let slots = form.slots(family, &chosen);
    // What is the same everywhere but for a phrase here and there are copies, and no form.
    let distinct = |slot: &TemplateSlot| slot.values.iter().flatten().collect::<HashSet<_>>().len();
    let is_filled = slots.iter().any(|slot| slot.kind != FillingKind::Text && distinct(slot) >= LEAST);
    if saved <= 0.0 || !is_filled {
        return None;
    }
    let tokens: usize = chosen.iter().map(|(member, _)| family[*member].words.len()).sum();
    let matched: usize = chosen.iter().map(|(_, map)| form.matched(map)).sum();
    Some(Template {
        skeleton: form.skeleton(&slots),
        members: chosen.iter().map(|(member, _)| *member).collect(),
        optional: form.optional(),
        share: matched as f64 / tokens.max(1) as f64,
        saved,
        slots,
    })
}

fn prices(family: &[TemplateMember], rest: &[usize], form: &Form<'_>) -> Prices {
    let vocabulary: HashSet<u64> =
        rest.iter().flat_map(|&member| family[member].words.hashes().iter().copied()).collect();
    Prices::new(vocabulary.len(), form.columns.len())
}

/// What the documents that were aligned with a seed have in common.
struct Form<'a> {
    seed: &'a TemplateMember,
    sentences: Vec<Sentence>,
    /// Tokens of the seed that are skeleton, each with its sentence.
    columns: Vec<(usize, usize)>,
    /// By column, and one more for the start: whether a slot follows it.
    open: Vec<bool>,
}

impl<'a> Form<'a> {
    /// None where they have nothing in common.
    fn new(seed: &'a TemplateMember, chosen: &[&(usize, Map)]) -> Option<Form<'a>> {
        if chosen.len() < LEAST {
            return None;
        }
        let sentences: Vec<Sentence> =
            sentences(seed).into_iter().filter_map(|tokens| sentence(tokens, chosen)).collect();
        let of_sentence = |(number, sentence): (usize, &Sentence)| {
            sentence.columns.iter().map(|&token| (token, number)).collect::<Vec<_>>()
        };
        let columns: Vec<(usize, usize)> = sentences.iter().enumerate().flat_map(of_sentence).collect();
        if columns.is_empty() {
            return None;
        }
        let mut form = Form { seed, sentences, open: vec![true; columns.len() + 1], columns };
        let mut met = vec![(0usize, 0usize); form.open.len()];
        for (_, map) in chosen {
            form.gaps(map, usize::MAX, |gap, from, to| {
                met[gap].0 += usize::from(from < to);
                met[gap].1 += 1;
            });
        }
        form.open =
            met.into_iter().map(|(filled, all)| filled > 0 && filled as f64 >= FILLED * all as f64).collect();
        Some(form)
    }

    fn optional(&self) -> usize {
        self.sentences.iter().filter(|sentence| sentence.optional).count()
    }

    /// Columns that a document has.
    fn matched(&self, map: &Map) -> usize {
        self.columns.iter().filter(|(token, _)| map[*token].is_some()).count()
    }

    /// Whether a document has this sentence.
    fn has(&self, map: &Map, sentence: usize) -> bool {
        has(map, &self.sentences[sentence].columns)
    }

    /// Calls `with` for every stretch of a document of so many tokens between columns that it has, also for empty ones:
    /// the gap, and the tokens from and to. Where columns are missing between, the stretch goes to the first open gap.
    fn gaps(&self, map: &Map, tokens: usize, mut with: impl FnMut(usize, usize, usize)) {
        let mut at = 0;
        let mut gap = 0;
        for (column, (token, _)) in self.columns.iter().enumerate() {
            let Some(place) = map[*token] else { continue };
            let first_open = (gap..=column).find(|&gap| self.open[gap]).unwrap_or(gap);
            with(first_open, at, place as usize);
            (at, gap) = (place as usize + 1, column + 1);
        }
        if tokens != usize::MAX {
            let first_open = (gap..self.open.len()).find(|&gap| self.open[gap]).unwrap_or(gap);
            with(first_open, at, tokens);
        }
    }

    /// Bits that the template saves of one document.
    fn saved(&self, member: &TemplateMember, map: &Map, prices: Prices) -> f64 {
        let mut filled = vec![0; self.open.len()];
        let mut added = Vec::new();
        self.gaps(map, member.words.len(), |gap, from, to| match self.open[gap] {
            true => filled[gap] = to - from,
            false if from < to => added.push(to - from),
            false => {}
        });
        let in_it =
            |&&(_, sentence): &&(usize, usize)| !self.sentences[sentence].optional || self.has(map, sentence);
        let missing = self.columns.iter().filter(in_it).filter(|(token, _)| map[*token].is_none()).count();
        let slots = filled.iter().zip(&self.open).filter(|(_, open)| **open).map(|(&words, _)| words);
        prices.text(member.words.len()) - prices.filling(self.optional(), slots, missing, &added)
    }

    /// Whether a document is a filling: it has the skeleton, and writing it as one saves bits.
    fn fits(&self, member: &TemplateMember, map: &Map, prices: Prices) -> bool {
        let always = || self.columns.iter().filter(|(_, sentence)| !self.sentences[*sentence].optional);
        let has = always().filter(|(token, _)| map[*token].is_some()).count();
        has as f64 >= FITS * always().count() as f64 && self.saved(member, map, prices) > 0.0
    }

    /// The slots with what fills them.
    fn slots(&self, family: &[TemplateMember], chosen: &[&(usize, Map)]) -> Vec<TemplateSlot> {
        // By document and gap: tokens from and to.
        let stretches: Vec<Vec<(usize, usize)>> = chosen
            .iter()
            .map(|(member, map)| {
                let mut stretches = vec![(0, 0); self.open.len()];
                self.gaps(map, family[*member].words.len(), |gap, from, to| stretches[gap] = (from, to));
                stretches
            })
            .collect();
        let slot = |gap: usize| {
            let fillings = chosen.iter().zip(&stretches).filter_map(|((member, _), stretches)| {
                let (from, to) = stretches[gap];
                (from < to).then(|| filling(&family[*member], from, to))
            });
            let kind = kind::of_slot(fillings.map(|filling| filling.kind()).collect::<Vec<_>>().into_iter());
            let value = |((member, _), stretches): (&&(usize, Map), &Vec<(usize, usize)>)| {
                let (from, to) = stretches[gap];
                (from < to).then(|| value(&family[*member], from, to, kind))
            };
            TemplateSlot { kind, values: chosen.iter().zip(&stretches).map(value).collect() }
        };
        (0..self.open.len()).filter(|&gap| self.open[gap]).map(slot).collect()
    }

    /// The skeleton as one line of text.
    fn skeleton(&self, slots: &[TemplateSlot]) -> String {
        let mut out = String::new();
        let mut slots = slots.iter();
        let mut bracket = None;
        let mut in_amount = false;
        for (column, &(token, sentence)) in self.columns.iter().enumerate() {
            let slot = self.open[column].then(|| slots.next()).flatten();
            let (mut before, mut behind) = self.around(column);
            let closes = bracket.is_some_and(|of| of != sentence);
            let opens = self.sentences[sentence].optional && bracket != Some(sentence);
            // A slot that begins before the sentence does is the end of the one before it.
            let last = column.checked_sub(1).map(|last| self.columns[last].0);
            let ends_last =
                slot.is_some() && last.is_some_and(|last| last + 1 < self.sentences[sentence].start);
            if closes && !ends_last {
                let (end, rest) = before.split_at(before.trim_end().len());
                out.push_str(end);
                out.push(']');
                before = rest;
            }
            // The size and the currency of an amount are part of it.
            in_amount = slot.map_or(in_amount, |slot| slot.kind == FillingKind::Money);
            let is_amount = in_amount && is_amount(self.seed.words.hashes()[token]);
            if !is_amount || slot.is_some() {
                out.push_str(before);
            }
            if opens && !ends_last {
                out.push_str(" [");
            }
            if let Some(slot) = slot {
                push_slot(&mut out, slot.kind);
            }
            if ends_last && (closes || opens) {
                out.push_str(behind.trim_end());
                out.push_str(if closes { "]" } else { "" });
                behind = if opens { " [" } else { " " };
            }
            bracket = if self.sentences[sentence].optional { Some(sentence) } else { None };
            if is_amount {
                continue;
            }
            in_amount = false;
            out.push_str(if slot.is_some() && behind.is_empty() { " " } else { behind });
            out.push_str(self.seed.cut(token, token + 1));
        }
        let end = self.columns.last().map_or(0, |(token, _)| self.seed.ranges[*token].1 as usize);
        let rest = self.seed.text.get(end..).unwrap_or_default();
        match slots.next() {
            Some(slot) => {
                out.push(' ');
                push_slot(&mut out, slot.kind);
            }
            None => {
                out.extend(rest.chars().take_while(|c| matches!(c, '.' | '!' | '?' | ')' | '"' | '\u{3002}')))
            }
        }
        if bracket.is_some() {
            out.push(']');
        }
        tidied(&out)
    }

    /// What the seed has between a column and the one before it: behind that one, and before this one where something
    /// that is no skeleton stands between.
    fn around(&self, column: usize) -> (&str, &str) {
        let token = self.columns[column].0;
        match column.checked_sub(1).map(|last| self.columns[last].0) {
            None => ("", self.seed.before(token)),
            Some(last) if last + 1 == token => (self.seed.gap(last, token), ""),
            Some(last) => (self.seed.gap(last, last + 1), self.seed.before(token)),
        }
    }
}

fn is_amount(hash: u64) -> bool {
    kind::is_size(hash) || kind::is_currency(hash)
}

/// Appends a slot, of an amount in place of the sign of its currency.
fn push_slot(out: &mut String, kind: FillingKind) {
    if kind == FillingKind::Money {
        out.truncate(out.trim_end_matches(kind::is_sign).len());
    }
    out.push('{');
    out.push_str(kind.name());
    out.push('}');
}

fn filling(member: &TemplateMember, from: usize, to: usize) -> Filling<'_> {
    Filling {
        hashes: &member.words.hashes()[from..to],
        kinds: &member.words.kinds()[from..to],
        text: member.cut(from, to),
        before: member.before(from),
        next: member.words.hashes().get(to).copied(),
    }
}

/// The text of a filling, of an amount with the sign of its currency and what is said of its size.
fn value(member: &TemplateMember, from: usize, to: usize, kind: FillingKind) -> String {
    let more =
        member.words.hashes()[to..].iter().take_while(|&&hash| kind == FillingKind::Money && is_amount(hash));
    let to = to + more.count();
    let before = member.before(from).trim_end();
    let sign = before.chars().next_back().filter(|&c| kind == FillingKind::Money && kind::is_sign(c));
    sign.into_iter().chain(tidied(member.cut(from, to)).chars()).collect()
}

/// The text on one line.
fn tidied(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sentences of a text, as ranges of content tokens.
fn sentences(member: &TemplateMember) -> Vec<std::ops::Range<usize>> {
    let mut sentences = Vec::new();
    let mut from = 0;
    for token in 1..member.words.len() {
        let gap = member.gap(token - 1, token);
        let is_end =
            gap.contains('\n') || gap.trim_end().ends_with(['.', '!', '?', '\u{3002}']) && gap.ends_with(' ');
        if is_end {
            sentences.push(from..token);
            from = token;
        }
    }
    sentences.push(from..member.words.len());
    sentences
}

fn has(map: &Map, tokens: &[usize]) -> bool {
    let matched = tokens.iter().filter(|&&token| map[token].is_some()).count();
    matched as f64 >= SENTENCE * tokens.len() as f64
}

/// What of a sentence is skeleton; none where hardly any document has the sentence.
fn sentence(tokens: std::ops::Range<usize>, chosen: &[&(usize, Map)]) -> Option<Sentence> {
    let start = tokens.start;
    let all: Vec<usize> = tokens.collect();
    let having: Vec<&Map> = chosen.iter().map(|(_, map)| map).filter(|map| has(map, &all)).collect();
    let (share, least) = SOMETIMES;
    if having.len() < least.max((share * chosen.len() as f64) as usize) {
        return None;
    }
    let stays = |&token: &usize| {
        let count = having.iter().filter(|map| map[token].is_some()).count();
        count as f64 >= SKELETON * having.len() as f64
    };
    let columns: Vec<usize> = all.into_iter().filter(stays).collect();
    let optional = (having.len() as f64) < ALWAYS * chosen.len() as f64;
    (!columns.is_empty()).then_some(Sentence { start, columns, optional })
}
