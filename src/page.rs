//! What stands more than once within one page: its title, headings, paragraphs and lines.
//!
//! A page that carries its own headline three times, or a paragraph twice, was put together carelessly or by a
//! machine, and no comparison with other pages shows it. The text is tokenised once; each line, and each block
//! between blank lines, is a run of tokens and gets one hash; runs of equal hash are compared token by token.
//! Case, punctuation and white space do not matter, nor does a list bullet or number before a line.
//!
//! Numbers, bullets and lines under three words repeat on any page and are not news.

use std::ops::Range;

use serde::Serialize;

use crate::hash::{MAX_SHINGLE, MULTIPLIERS, avalanche, shingle_hash};
use crate::kernel::Kernel;
use crate::text::Tokens;

/// What kind of unit repeats, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatKind {
    /// The page's headline.
    Title,
    /// A short block that ends like no sentence, or a Markdown heading.
    Heading,
    /// A block between blank lines.
    Paragraph,
    /// A line within a block.
    Line,
}

impl RepeatKind {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            RepeatKind::Title => "title",
            RepeatKind::Heading => "heading",
            RepeatKind::Paragraph => "paragraph",
            RepeatKind::Line => "line",
        }
    }
}

/// Something that stands more than once within a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// The largest unit as which it stands at least twice.
    pub kind: RepeatKind,
    /// The first occurrence as it stands, without a list bullet, a heading mark or white space around it.
    pub text: String,
    /// How often it stands on the page, at least 2.
    pub count: u32,
    /// The byte range of each occurrence in the page's text, ascending.
    pub spans: Vec<Range<usize>>,
}

/// Finds the repeats of pages. Made for reuse: it keeps the memory of the largest page.
#[derive(Debug)]
pub struct PageReader {
    tokens: Tokens,
    hashes: Vec<u64>,
    title: Tokens,
    units: Vec<Unit>,
    /// Hash and place in `units`, sorted.
    order: Vec<(u64, u32)>,
    groups: Vec<Group>,
    /// Places in `units`, group after group.
    members: Vec<u32>,
    /// For each unit, whether a reported repeat covers it.
    covered: Vec<bool>,
}

/// A line, or a block of lines.
#[derive(Debug)]
struct Unit {
    hash: u64,
    tokens: Range<u32>,
    bytes: Range<u32>,
    /// The block's own lines are the units from this one up to the block itself; a lone line has none.
    parts: u32,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A line with other lines in its block.
    Line,
    /// A block, of one line or several.
    Block,
    /// A line marked as a heading, which is a block however close the next line is.
    Marked,
}

impl Unit {
    fn token_range(&self) -> Range<usize> {
        self.tokens.start as usize..self.tokens.end as usize
    }

    fn byte_range(&self) -> Range<usize> {
        self.bytes.start as usize..self.bytes.end as usize
    }
}

/// At least two units of the same tokens.
#[derive(Debug)]
struct Group {
    kind: RepeatKind,
    members: Range<usize>,
    tokens: u32,
}

/// A line's text: behind its bullet, up to white space at its end.
struct Line {
    tokens: Range<usize>,
    bytes: Range<usize>,
    marked: bool,
}

/// What a word weighs where length is counted in words.
const WORD: usize = 8;
/// What a token of a script without spaces weighs: it is one character, and eight make three words.
const CHARACTER: usize = 3;
/// Less than three words is not news.
const NEWS: usize = 3 * WORD;
/// Two words are enough for a title that is known to be one.
const TITLE: usize = 2 * WORD;
/// Nothing longer than 25 words is a headline or a heading.
const SHORT: usize = 25 * WORD;

impl PageReader {
    /// A reader that has read nothing yet. `kernel` changes only the speed.
    pub fn new(kernel: Kernel) -> PageReader {
        PageReader {
            tokens: Tokens::with_ranges(kernel),
            hashes: Vec::new(),
            title: Tokens::new(kernel),
            units: Vec::new(),
            order: Vec::new(),
            groups: Vec::new(),
            members: Vec::new(),
            covered: Vec::new(),
        }
    }

    /// What stands more than once in `text`, at most 4 GiB less one byte, in order of first occurrence. No
    /// span lies within another.
    ///
    /// `title` is the title as the page's metadata has it, which is not in itself an occurrence. Without one,
    /// the first line of three words or more is the title if it looks like a headline.
    ///
    /// Time is linear in the length of the text, but for a sort of one number a line.
    ///
    /// # Panics
    /// On a longer text, as [`Tokens::read`] does.
    pub fn repeats(&mut self, text: &str, title: Option<&str>) -> Vec<Repeat> {
        self.tokens.read(text);
        self.tokens.hashes(&mut self.hashes);
        self.title.read(title.unwrap_or_default());
        // What has fewer tokens cannot be news.
        self.find_units(text, if self.title.is_empty() { 3 } else { 2 });
        if !self.sort_units() {
            return Vec::new();
        }
        self.find_groups(text);
        self.mark_title(text);
        self.report(text)
    }

    /// Cuts the text into lines and blocks; those of fewer than `least` tokens are left out.
    fn find_units(&mut self, text: &str, least: usize) {
        self.units.clear();
        let mut block: Option<Block> = None;
        let (mut from, mut token) = (0, 0);
        while from < text.len() {
            let to = memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at);
            let line = self.take_line(text, from..to, &mut token);
            // A line without a token, such as a rule of dashes, parts blocks as an empty one does.
            if line.tokens.is_empty() || line.marked {
                self.close_block(block.take(), least);
            }
            if line.marked && !line.tokens.is_empty() {
                self.push_unit(&line, Form::Marked, self.units.len(), least);
            } else if !line.tokens.is_empty() {
                let parts = self.units.len();
                self.push_unit(&line, Form::Line, parts, least);
                match &mut block {
                    Some(block) => block.add(&line),
                    None => block = Some(Block { line, lines: 1, parts }),
                }
            }
            from = to + 1;
        }
        self.close_block(block, least);
    }

    /// The line at `range`; `token` is the first token that ends behind the line before, and moves on.
    fn take_line(&self, text: &str, range: Range<usize>, token: &mut usize) -> Line {
        let (within, marked) = content(&text[range.clone()]);
        let bytes = range.start + within.start..range.start + within.end;
        // By their ends: where normalisation took a line break into one stretch with what follows, the token
        // starts on the line before.
        let mut pass = |to| {
            while self.place(*token).is_some_and(|place| place.end <= to) {
                *token += 1;
            }
            *token
        };
        Line { tokens: pass(bytes.start)..pass(bytes.end), bytes, marked }
    }

    fn close_block(&mut self, block: Option<Block>, least: usize) {
        let Some(Block { line, lines, parts }) = block else { return };
        if lines > 1 {
            self.push_unit(&line, Form::Block, parts, least);
        } else if let Some(unit) = self.units.get_mut(parts) {
            unit.form = Form::Block;
        }
    }

    fn push_unit(&mut self, line: &Line, form: Form, parts: usize, least: usize) {
        if line.tokens.len() < least {
            return;
        }
        self.units.push(Unit {
            hash: run_hash(&self.hashes[line.tokens.clone()]),
            tokens: narrow(&line.tokens),
            bytes: narrow(&line.bytes),
            parts: parts as u32,
            form,
        });
    }

    /// Brings equal hashes together; returns whether there are any.
    fn sort_units(&mut self) -> bool {
        self.order.clear();
        self.order.extend(self.units.iter().zip(0..).map(|(unit, at)| (unit.hash, at)));
        self.order.sort_unstable();
        self.order.array_windows().any(|[(one, _), (next, _)]| one == next)
    }

    /// Makes groups of equal units, those that are news.
    fn find_groups(&mut self, text: &str) {
        self.groups.clear();
        let mut members = std::mem::take(&mut self.members);
        members.clear();
        for run in self.order.chunk_by(|(one, _), (next, _)| one == next) {
            let [(_, first), _, ..] = *run else { continue };
            let unit = &self.units[first as usize];
            if !self.is_news(unit) {
                continue;
            }
            // A collision of hashes can hide a repeat, but not make one.
            let start = members.len();
            let places = run.iter().map(|&(_, at)| at);
            members.extend(places.filter(|&at| self.same(unit, &self.units[at as usize])));
            if members.len() - start > 1 {
                let (kind, tokens) = (self.kind(text, &members[start..]), unit.tokens.len() as u32);
                self.groups.push(Group { kind, members: start..members.len(), tokens });
            }
        }
        self.members = members;
    }

    fn same(&self, a: &Unit, b: &Unit) -> bool {
        a.tokens == b.tokens
            || a.tokens.len() == b.tokens.len()
                && a.token_range().zip(b.token_range()).all(|(i, j)| self.tokens.get(i) == self.tokens.get(j))
    }

    fn is_news(&self, unit: &Unit) -> bool {
        let title = self.is_given_title(unit) && self.weight(unit, TITLE, true) >= TITLE;
        self.weight(unit, NEWS, false) >= if title { 1 } else { NEWS }
    }

    fn is_given_title(&self, unit: &Unit) -> bool {
        self.title.len() == unit.tokens.len()
            && unit.token_range().zip(self.title.iter()).all(|(i, token)| self.tokens.get(i) == token)
    }

    /// What the unit's tokens weigh together; numbers and single letters, as in `Q.` and `A.`, only if asked for.
    /// Stops counting at `enough`.
    fn weight(&self, unit: &Unit, enough: usize, numbers: bool) -> usize {
        let mut sum = 0;
        for i in unit.token_range() {
            if sum >= enough {
                break;
            }
            let (token, touches) = (self.tokens.get(i), self.touches(i));
            let letter = !touches && token.chars().nth(1).is_none();
            if numbers || !(letter || token.chars().all(char::is_numeric)) {
                sum += if touches { CHARACTER } else { WORD };
            }
        }
        sum
    }

    /// Whether nothing stands between a token and a neighbour, as in scripts without spaces.
    fn touches(&self, token: usize) -> bool {
        let Some(place) = self.place(token) else { return false };
        let before = token.checked_sub(1).and_then(|before| self.place(before));
        before.is_some_and(|before| before.end == place.start)
            || self.place(token + 1).is_some_and(|after| after.start == place.end)
    }

    /// The byte range of a token in the text, `None` behind the last one.
    fn place(&self, token: usize) -> Option<Range<usize>> {
        if token < self.tokens.len() { self.tokens.range(token) } else { None }
    }

    /// The largest kind that two of the units reach.
    fn kind(&self, text: &str, members: &[u32]) -> RepeatKind {
        let (mut largest, mut second) = (RepeatKind::Line, RepeatKind::Line);
        for &at in members {
            let kind = self.unit_kind(text, &self.units[at as usize]);
            second = second.min(kind.max(largest));
            largest = largest.min(kind);
        }
        second
    }

    fn unit_kind(&self, text: &str, unit: &Unit) -> RepeatKind {
        let cut = &text[unit.byte_range()];
        match unit.form {
            Form::Line => RepeatKind::Line,
            Form::Marked => RepeatKind::Heading,
            Form::Block if cut.contains('\n') || ends_sentence(cut, ENDS) => RepeatKind::Paragraph,
            Form::Block if self.is_short(unit) => RepeatKind::Heading,
            Form::Block => RepeatKind::Paragraph,
        }
    }

    fn is_short(&self, unit: &Unit) -> bool {
        self.weight(unit, SHORT + 1, true) <= SHORT
    }

    fn mark_title(&mut self, text: &str) {
        let first = |group: &Group| self.members[group.members.start] as usize;
        let given = || self.groups.iter().position(|group| self.is_given_title(&self.units[first(group)]));
        let group = match self.title.is_empty() {
            false => given(),
            true => {
                let starts = |at| self.groups.iter().position(|group| first(group) == at);
                self.opening(text).into_iter().flatten().find_map(starts)
            }
        };
        if let Some(group) = group {
            self.groups[group].kind = RepeatKind::Title;
        }
    }

    /// The units that may be the title where none is given: the first block, or else its first line.
    fn opening(&self, text: &str) -> [Option<usize>; 2] {
        let Some(line) = self.units.iter().position(|unit| self.is_news(unit)) else { return [None; 2] };
        // A heading that is too short to be news is the title all the same, and then nothing else is.
        let before = &text[..self.units[line].bytes.start as usize];
        if before.lines().any(|line| strip_heading_mark(line).is_some_and(|rest| !rest.trim().is_empty())) {
            return [None; 2];
        }
        let block = self.units[line..].iter().position(|unit| unit.form != Form::Line).map(|at| line + at);
        let headline = |at: &usize| self.looks_like_headline(text, &self.units[*at]);
        [block.filter(headline), Some(line).filter(headline)]
    }

    fn looks_like_headline(&self, text: &str, unit: &Unit) -> bool {
        unit.form == Form::Marked || self.is_short(unit) && !ends_sentence(&text[unit.byte_range()], STOPS)
    }

    /// The groups as repeats, each byte of the text in one at most.
    fn report(&mut self, text: &str) -> Vec<Repeat> {
        self.covered.clear();
        self.covered.resize(self.units.len(), false);
        // The title, then what is longest: a block before the lines in it.
        self.groups.sort_unstable_by_key(|group| {
            let title = group.kind == RepeatKind::Title;
            (!title, std::cmp::Reverse(group.tokens), self.members[group.members.start])
        });
        let mut repeats = Vec::new();
        for group in &self.groups {
            let members = &self.members[group.members.clone()];
            let free = |&&at: &&u32| {
                !self.covered[self.units[at as usize].parts as usize..=at as usize].contains(&true)
            };
            let free: Vec<usize> = members.iter().filter(free).map(|&at| at as usize).collect();
            if free.len() < 2 {
                continue;
            }
            for &at in &free {
                self.covered[self.units[at].parts as usize..=at].fill(true);
            }
            let spans: Vec<_> = free.iter().map(|&at| self.units[at].byte_range()).collect();
            let text = text[spans[0].clone()].to_owned();
            repeats.push(Repeat { kind: group.kind, text, count: spans.len() as u32, spans });
        }
        repeats.sort_unstable_by_key(|repeat| repeat.spans[0].start);
        repeats
    }
}

/// Lines that no blank line parts, from the first one on.
struct Block {
    /// All of them as if they were one.
    line: Line,
    lines: usize,
    /// Where the first of them is, or would be, in the reader's units.
    parts: usize,
}

impl Block {
    fn add(&mut self, line: &Line) {
        self.line.tokens.end = line.tokens.end;
        self.line.bytes.end = line.bytes.end;
        self.lines += 1;
    }
}

/// The hash of a run of tokens, given as their hashes.
fn run_hash(tokens: &[u64]) -> u64 {
    // By pieces, whose hashes do not wait for one another.
    tokens.chunks(MAX_SHINGLE).fold(0, |hash: u64, piece| {
        avalanche(hash.wrapping_mul(MULTIPLIERS[0]).wrapping_add(shingle_hash(piece)))
    })
}

/// A range in a text, which has less than 4 GiB.
fn narrow(range: &Range<usize>) -> Range<u32> {
    range.start as u32..range.end as u32
}

/// Where a line's text stands within the line, and whether the line is marked as a heading: what is left
/// without quote marks, heading marks, list bullets and list numbers before it and white space around it.
fn content(line: &str) -> (Range<usize>, bool) {
    let end = line.trim_end().len();
    let mut rest = line[..end].trim_start();
    let mut marked = false;
    loop {
        let heading = strip_heading_mark(rest);
        marked |= heading.is_some();
        match heading.or_else(|| strip_bullet(rest)).or_else(|| strip_number(rest)) {
            Some(stripped) => rest = stripped.trim_start(),
            None => return (end - rest.len()..end, marked),
        }
    }
}

/// Markdown's one to six `#` and white space.
fn strip_heading_mark(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    ((1..=6).contains(&(line.len() - rest.len())) && rest.starts_with(char::is_whitespace)).then_some(rest)
}

fn strip_bullet(line: &str) -> Option<&str> {
    const BEFORE_SPACE: [char; 6] = ['-', '*', '+', '\u{2013}', '\u{2014}', '\u{b7}'];
    const ANYWHERE: [char; 9] =
        ['>', '\u{2022}', '\u{2023}', '\u{2043}', '\u{25aa}', '\u{25cf}', '\u{25cb}', '\u{25e6}', '\u{25a0}'];
    let before_space =
        || line.strip_prefix(BEFORE_SPACE).filter(|rest| rest.starts_with(char::is_whitespace));
    line.strip_prefix(ANYWHERE).or_else(before_space)
}

/// Up to three digits with a full stop or brackets, as `7.`, `7)` or `(7)`, before white space: a longer
/// number is a year that begins a sentence.
fn strip_number(line: &str) -> Option<&str> {
    let open = line.strip_prefix(['(', '\u{ff08}']).unwrap_or(line);
    let rest = open.trim_start_matches(char::is_numeric);
    let digits = open[..open.len() - rest.len()].chars().take(4).count();
    if !(1..=3).contains(&digits) {
        return None;
    }
    let after = rest
        .strip_prefix(['.', ')', '\u{ff0e}', '\u{ff09}'])
        .filter(|rest| rest.starts_with(char::is_whitespace));
    // The list comma of Chinese and Japanese needs no space behind it.
    after.or_else(|| rest.strip_prefix('\u{3001}'))
}

/// Full stops of the scripts that have their own.
const STOPS: &[char] = &['.', '\u{3002}', '\u{ff0e}', '\u{964}', '\u{6d4}', '\u{1362}', '\u{104b}'];

/// What else ends a sentence, and may end a headline; then [`STOPS`].
const ENDS: &[char] = &[
    '!', '?', ';', ',', '\u{2026}', '\u{ff01}', '\u{ff1f}', '\u{61f}', '.', '\u{3002}', '\u{ff0e}',
    '\u{964}', '\u{6d4}', '\u{1362}', '\u{104b}',
];

/// Whether the text ends in one of `ends`, but for quotes and brackets; the last stop of `U.S.` does not count.
fn ends_sentence(text: &str, ends: &[char]) -> bool {
    const CLOSING: [char; 12] =
        ['"', '\'', ')', ']', '*', '_', '\u{2019}', '\u{201d}', '\u{bb}', '\u{300d}', '\u{300f}', '\u{ff09}'];
    let mut back = text.trim_end_matches(CLOSING).chars().rev();
    let last = back.next();
    let initial =
        last == Some('.') && back.next().is_some_and(char::is_alphabetic) && back.next() == Some('.');
    !initial && last.is_some_and(|last| ends.contains(&last))
}
