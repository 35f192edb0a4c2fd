//! What stands more than once within one page: its title, headings, paragraphs and lines.
//!
//! A page that carries its own headline three times, or a paragraph twice, was put together carelessly or by
//! a machine, and no comparison with other pages shows it. The text is tokenised once; each line, and each
//! block between blank lines, is a run of tokens and gets one hash; runs of equal hash are compared token by
//! token.
//!
//! Case, punctuation and white space do not matter, nor does a list bullet or number before a line.
//!
//! Numbers, bullets and lines under three words repeat on any page and are not news, nor are short pieces of
//! sentences in text that is broken into lines.

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
    units: Vec<PageUnit>,
    /// The first token of the first line that has any.
    opening: Option<u32>,
    /// Hash and place in `units`, sorted.
    order: Vec<(u64, u32)>,
    groups: Vec<RepeatGroup>,
    /// Places in `units`, group after group.
    members: Vec<u32>,
    /// For each unit, whether a reported repeat covers it.
    covered: Vec<bool>,
}

/// A line, or a block of lines.
#[derive(Debug)]
struct PageUnit {
    hash: u64,
    tokens: Range<u32>,
    bytes: Range<u32>,
    /// The block's own lines are the units from this one up to the block itself; a lone line has none.
    parts: u32,
    form: UnitForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnitForm {
    /// A line with other lines in its block.
    Line,
    /// A block, of one line or several.
    Block,
    /// A line marked as a heading, which is a block however close the next line is.
    Marked,
}

impl PageUnit {
    fn token_range(&self) -> Range<usize> {
        self.tokens.start as usize..self.tokens.end as usize
    }

    fn byte_range(&self) -> Range<usize> {
        self.bytes.start as usize..self.bytes.end as usize
    }
}

/// At least two units of the same tokens.
#[derive(Debug)]
struct RepeatGroup {
    kind: RepeatKind,
    members: Range<usize>,
    tokens: u32,
}

/// A line's text: behind its bullet, up to white space at its end.
struct PageLine {
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
/// Eight words in a row hardly repeat by chance.
const SENTENCE: usize = 8 * WORD;
/// The longest headline.
const HEADLINE: usize = 25 * WORD;
/// The longest heading that is not marked as one.
const HEADING: usize = 20 * WORD;

impl PageReader {
    /// A reader that has read nothing yet. `kernel` changes only the speed.
    pub fn new(kernel: Kernel) -> PageReader {
        PageReader {
            tokens: Tokens::with_ranges(kernel),
            hashes: Vec::new(),
            title: Tokens::new(kernel),
            units: Vec::new(),
            opening: None,
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
    /// the first line, or the block that it is in, is the title if it looks like a headline.
    ///
    /// Time is linear in the length of the text, but for a sort of one number a line.
    ///
    /// # Panics
    /// On a text over 4 GiB.
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
        self.opening = None;
        let mut block: Option<LineBlock> = None;
        let (mut from, mut token) = (0, 0);
        while from < text.len() {
            let to = memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at);
            let line = self.take_line(text, from..to, &mut token);
            // A line without a token, such as a rule of dashes, parts blocks as an empty one does.
            if line.tokens.is_empty() || line.marked {
                self.close_block(block.take(), least);
            }
            from = to + 1;
            if line.tokens.is_empty() {
                continue;
            }
            self.opening.get_or_insert(line.tokens.start as u32);
            let parts = self.units.len();
            if line.marked {
                self.push_unit(&line, UnitForm::Marked, parts, least);
            } else {
                self.push_unit(&line, UnitForm::Line, parts, least);
                match &mut block {
                    Some(block) => block.add(&line),
                    None => block = Some(LineBlock { line, lines: 1, parts }),
                }
            }
        }
        self.close_block(block, least);
    }

    /// The line at `range`; `token` is the first token that ends behind the line before, and moves on.
    fn take_line(&self, text: &str, range: Range<usize>, token: &mut usize) -> PageLine {
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
        PageLine { tokens: pass(bytes.start)..pass(bytes.end), bytes, marked }
    }

    fn close_block(&mut self, block: Option<LineBlock>, least: usize) {
        let Some(LineBlock { line, lines, parts }) = block else { return };
        if lines > 1 {
            self.push_unit(&line, UnitForm::Block, parts, least);
        } else if let Some(unit) = self.units.get_mut(parts) {
            unit.form = UnitForm::Block;
        }
    }

    fn push_unit(&mut self, line: &PageLine, form: UnitForm, parts: usize, least: usize) {
        if line.tokens.len() < least {
            return;
        }
        self.units.push(PageUnit {
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
            if !self.is_news(text, unit) {
                continue;
            }
            // Token by token: where two runs happen to share a hash, one may be missed but none made up.
            let start = members.len();
            let whole = self.opening == Some(unit.tokens.start) || self.is_given_title(unit);
            let counts = |at: usize| self.same(unit, &self.units[at]) && (whole || !self.is_piece(text, at));
            members.extend(run.iter().map(|&(_, at)| at).filter(|&at| counts(at as usize)));
            if members.len() - start > 1 {
                let (kind, tokens) = (self.kind(text, &members[start..]), unit.tokens.len() as u32);
                self.groups.push(RepeatGroup { kind, members: start..members.len(), tokens });
            }
        }
        self.members = members;
    }

    /// Whether the tokens are equal, by all 64 bits of their hashes.
    fn same(&self, a: &PageUnit, b: &PageUnit) -> bool {
        self.hashes[a.token_range()] == self.hashes[b.token_range()]
    }

    fn is_news(&self, text: &str, unit: &PageUnit) -> bool {
        let words = self.weight(text, unit, NEWS, false);
        words >= NEWS
            || words > 0 && self.is_given_title(unit) && self.weight(text, unit, TITLE, true) >= TITLE
    }

    /// Whether a line is a piece of a sentence that goes on in the line before or behind: where a text is
    /// broken into short lines, some repeat by chance.
    fn is_piece(&self, text: &str, at: usize) -> bool {
        let unit = &self.units[at];
        let Range { start, end } = unit.byte_range();
        let alike = |other: Option<&PageUnit>| other.is_some_and(|other| other.hash == unit.hash);
        unit.form == UnitForm::Line
            && (goes_on(text, start) || goes_on(text, end))
            && !alike(at.checked_sub(1).and_then(|before| self.units.get(before)))
            && !alike(self.units.get(at + 1))
            && self.weight(text, unit, SENTENCE, true) < SENTENCE
    }

    fn is_given_title(&self, unit: &PageUnit) -> bool {
        self.title.len() == unit.tokens.len()
            && unit.token_range().zip(self.title.iter()).all(|(i, token)| self.tokens.get(i) == token)
    }

    /// What the unit's tokens weigh together; numbers and single letters, as in `Q.` and `A.`, only if `all`
    /// count. Stops at `enough`.
    fn weight(&self, text: &str, unit: &PageUnit, enough: usize, all: bool) -> usize {
        let mut sum = 0;
        for i in unit.token_range() {
            if sum >= enough {
                break;
            }
            let (token, touches) = (self.tokens.get(i), self.touches(text, i));
            let letter = !touches && token.chars().nth(1).is_none();
            if all || !(letter || token.chars().all(char::is_numeric)) {
                sum += if touches { CHARACTER } else { WORD };
            }
        }
        sum
    }

    /// Whether nothing stands between a token and a neighbour, as in scripts without spaces.
    fn touches(&self, text: &str, token: usize) -> bool {
        let touch = |one: Option<Range<usize>>, next: Option<Range<usize>>| {
            // Normalisation may have taken a separator into one stretch with the token that follows.
            let starts = |at: usize| text[at..].starts_with(char::is_alphanumeric);
            one.zip(next).is_some_and(|(one, next)| one.end == next.start && starts(next.start))
        };
        let before = token.checked_sub(1).and_then(|before| self.place(before));
        touch(before, self.place(token)) || touch(self.place(token), self.place(token + 1))
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

    fn unit_kind(&self, text: &str, unit: &PageUnit) -> RepeatKind {
        let cut = &text[unit.byte_range()];
        match unit.form {
            UnitForm::Line => RepeatKind::Line,
            UnitForm::Marked => RepeatKind::Heading,
            UnitForm::Block if cut.contains('\n') || ends_sentence(cut) => RepeatKind::Paragraph,
            UnitForm::Block if self.fits(text, unit, HEADING) => RepeatKind::Heading,
            UnitForm::Block => RepeatKind::Paragraph,
        }
    }

    fn fits(&self, text: &str, unit: &PageUnit, longest: usize) -> bool {
        self.weight(text, unit, longest + 1, true) <= longest
    }

    fn mark_title(&mut self, text: &str) {
        let first = |group: &RepeatGroup| self.members[group.members.start] as usize;
        let given = || self.groups.iter().position(|group| self.is_given_title(&self.units[first(group)]));
        let group = if !self.title.is_empty() {
            given()
        } else {
            let starts = |at| self.groups.iter().position(|group| first(group) == at);
            self.openings(text).into_iter().flatten().find_map(starts)
        };
        if let Some(group) = group {
            self.groups[group].kind = RepeatKind::Title;
        }
    }

    /// The units that may be the title where none is given: the page's first block, or else its first line.
    fn openings(&self, text: &str) -> [Option<usize>; 2] {
        let block = self.units.iter().position(|unit| unit.form != UnitForm::Line);
        let headline = |&at: &usize| {
            let unit = &self.units[at];
            let stops = |last| STOPS.contains(&last);
            let short =
                self.fits(text, unit, HEADLINE) && !last_mark(&text[unit.byte_range()]).is_some_and(stops);
            self.opening == Some(unit.tokens.start) && (short || unit.form == UnitForm::Marked)
        };
        [block.filter(headline), Some(0).filter(headline)]
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
struct LineBlock {
    /// All of them as if they were one.
    line: PageLine,
    lines: usize,
    /// Where the first of them is, or would be, in the reader's units.
    parts: usize,
}

impl LineBlock {
    fn add(&mut self, line: &PageLine) {
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
    let mut rest = line.trim_end();
    let mut marked = false;
    let mut start = 0;
    loop {
        let text = rest.trim_start();
        start += rest.len() - text.len();
        let heading = strip_heading_mark(text);
        marked |= heading.is_some();
        match heading.or_else(|| strip_bullet(text)).or_else(|| strip_number(text)) {
            Some(stripped) => {
                start += text.len() - stripped.len();
                rest = stripped;
            }
            None => {
                let text = if marked { without_closing_mark(text) } else { text };
                return (start..start + text.len(), marked);
            }
        }
    }
}

/// Without the `##` that may close a Markdown heading.
fn without_closing_mark(heading: &str) -> &str {
    let text = heading.trim_end_matches('#');
    if text.ends_with(char::is_whitespace) { text.trim_end() } else { heading }
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

/// Up to three digits with a full stop or brackets, as `7.`, `7)` or `(7)`, before white space, or a letter
/// with brackets. A longer number is a year that begins a sentence, a letter with a full stop an initial.
fn strip_number(line: &str) -> Option<&str> {
    let open = line.strip_prefix(['(', '\u{ff08}']).unwrap_or(line);
    let number = open.trim_start_matches(char::is_numeric);
    let digits = open[..open.len() - number.len()].chars().take(4).count();
    let (rest, closing): (_, &[char]) = match digits {
        0 => (open.strip_prefix(|c: char| c.is_ascii_alphabetic())?, &[')', '\u{ff09}']),
        // The list comma of Chinese and Japanese needs no space behind it.
        1..=3 if number.starts_with('\u{3001}') => return number.strip_prefix('\u{3001}'),
        1..=3 => (number, &['.', ')', '\u{ff0e}', '\u{ff09}']),
        _ => return None,
    };
    rest.strip_prefix(closing).filter(|rest| rest.starts_with(char::is_whitespace))
}

/// What ends a sentence and seldom a headline.
const STOPS: [char; 7] = ['.', '\u{3002}', '\u{ff0e}', '\u{964}', '\u{6d4}', '\u{1362}', '\u{104b}'];

/// What else ends a sentence or a part of one, and seldom a heading.
const PAUSES: [char; 8] = ['!', '?', ';', ',', '\u{2026}', '\u{ff01}', '\u{ff1f}', '\u{61f}'];

/// The text's last character, but for quotes and brackets; none where it is the last stop of `U.S.`
fn last_mark(text: &str) -> Option<char> {
    const CLOSING: [char; 12] =
        ['"', '\'', ')', ']', '*', '_', '\u{2019}', '\u{201d}', '\u{bb}', '\u{300d}', '\u{300f}', '\u{ff09}'];
    let mut back = text.trim_end_matches(CLOSING).chars().rev();
    let last = back.next()?;
    let initials = last == '.' && back.next().is_some_and(char::is_alphabetic) && back.next() == Some('.');
    (!initials).then_some(last)
}

fn ends_sentence(text: &str) -> bool {
    last_mark(text).is_some_and(|last| STOPS.contains(&last) || PAUSES.contains(&last))
}

/// Whether a sentence goes on over the one line break at `at`: none ends there, and no capital or mark of a
/// list follows.
fn goes_on(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end();
    let behind = text[at..].trim_start();
    let between = &text[before.len()..text.len() - behind.len()];
    behind.starts_with(char::is_lowercase)
        && strip_number(behind).is_none()
        && between.matches('\n').count() == 1
        && !ends_sentence(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::reference;
    use proptest::prelude::*;

    /// Kind, count and text of each repeat.
    fn found<'a>(text: &'a str, title: Option<&str>) -> Vec<(&'static str, usize, &'a str)> {
        let repeats = PageReader::new(Kernel::detect()).repeats(text, title);
        repeats.iter().map(|r| (r.kind.as_str(), r.spans.len(), &text[r.spans[0].clone()])).collect()
    }

    #[test]
    fn the_first_line_is_the_title() {
        let text = "Mayor opens third bridge\n\nMAYOR OPENS THIRD BRIDGE!\n\nShe cut a ribbon.\n\n\
            Mayor opens  third bridge\n";
        assert_eq!(found(text, None), [("title", 3, "Mayor opens third bridge")]);
        let text = "# Mayor opens third bridge #\nShe cut a ribbon.\n## Mayor opens third bridge\nIt held.";
        assert_eq!(found(text, None), [("title", 2, "Mayor opens third bridge")]);
        let text = "Mayor opens\nthird bridge\n\nMayor opens\nthird bridge\n\nShe cut a ribbon.";
        assert_eq!(found(text, None), [("title", 2, "Mayor opens\nthird bridge")]);
    }

    #[test]
    fn a_sentence_is_no_headline() {
        let text = "The mayor opened a bridge.\n\nIt held.\n\nThe mayor opened a bridge.";
        assert_eq!(found(text, None), [("paragraph", 2, "The mayor opened a bridge.")]);
        let text = "Mayor opens bridge to the U.S.\n\nIt held.\n\nMayor opens bridge to the U.S.";
        assert_eq!(found(text, None), [("title", 2, "Mayor opens bridge to the U.S.")]);
    }

    #[test]
    fn the_given_title_counts_where_it_stands() {
        let text = "Courier\n\nSport and leisure news\n\nMarket: May\n\nPrices rose.\n\nMarket: May";
        assert_eq!(found(text, Some("market may")), [("title", 2, "Market: May")]);
        assert_eq!(found(text, Some("Prices")), []);
        assert_eq!(found("Sport\n\nSport\n\nSport", Some("Sport")), []);
        assert_eq!(found("12 13\n\n12 13", Some("12 13")), []);
        let once = "Mayor opens third bridge\n\nShe cut a ribbon.";
        assert_eq!(found(once, Some("Mayor opens third bridge")), []);
        let empty = "Mayor opens third bridge\n\nMayor opens third bridge";
        assert_eq!(found(empty, Some("")), [("title", 2, "Mayor opens third bridge")]);
    }

    #[test]
    fn kinds() {
        let text = "News\n\nHow it was done\n\nOne.\n\nHow it was done\n\nThe society regrets the dog.\n\n\
            Two.\n\nThe society regrets the dog.\n\nThree.\nPicture: the new gates\nFour.\n\nFive.\n\
            Picture: the new gates\nSix.";
        let truth = [
            ("heading", 2, "How it was done"),
            ("paragraph", 2, "The society regrets the dog."),
            ("line", 2, "Picture: the new gates"),
        ];
        assert_eq!(found(text, None), truth);
        let lines =
            "Mayor opens third bridge\nShe cut a ribbon.\nMayor opens third bridge\nShe cut a ribbon.";
        let truth = [("title", 2, "Mayor opens third bridge"), ("line", 2, "She cut a ribbon.")];
        assert_eq!(found(lines, None), truth);
    }

    #[test]
    fn a_block_is_reported_without_its_lines() {
        let text = "News\n\nThe gates of oak\nstand in the rain.\n\nOne.\n\n\
            The gates of oak stand in the rain.\n\nTwo.\n\nThe gates of oak\nstand in the rain.";
        assert_eq!(found(text, None), [("paragraph", 3, "The gates of oak\nstand in the rain.")]);
        let title = "The gates of oak\nBy our own correspondent\n\nOne.\n\n\
            The gates of oak\nBy our own correspondent";
        let truth = [("title", 2, "The gates of oak"), ("line", 2, "By our own correspondent")];
        assert_eq!(found(title, Some("The gates of oak")), truth);
    }

    #[test]
    fn the_mark_of_a_list_is_no_text() {
        let text = "News\n\n- one two three\n* 1. one two three\n(12) ONE two three\n\u{2022}one two three\n\
            b) one two three\n> one two three\n\n3\u{3001}one two three";
        assert_eq!(found(text, None), [("line", 7, "one two three")]);
        assert_eq!(found("News\n\n1987. A year on\n\n1988. A year on", None), []);
        assert_eq!(found("News\n\nJ. Smith is elected\n\nK. Smith is elected", None), []);
        assert_eq!(found("News\n\nA. Not yet.\n\nA. Not yet.", None), []);
        let diary = "# Diary\n\n## From the upper valley\n\nSnow.\n\n## From the upper valley\n\nThaw.";
        assert_eq!(found(diary, None), [("heading", 2, "From the upper valley")]);
    }

    #[test]
    fn what_repeats_anywhere_is_no_news() {
        let text = "Scores from the league\r\n\r\nHalf time\r\n1-0\r\n\r\n- Yes\r\n- Yes\r\n\r\n\
            Half time\r\n1-0\r\n\r\n1 2 3 4 5 6\r\n1 2 3 4 5 6\r\n\r\n\
            Read More:\r\n\r\nRead More:\r\n---\r\n---\r\n";
        assert_eq!(found(text, None), []);
    }

    #[test]
    fn pieces_of_sentences_repeat_by_chance() {
        let text = "News\n\nThe vote on the bridge\nwas held in\nthe town hall.\n\nThe feast for the bridge\n\
            was held in\nthe town hall of a town.";
        assert_eq!(found(text, None), []);
        let text = "News\n\nThe vote on the bridge\nwas held in the old town hall on a\nMonday.\n\n\
            The feast\nwas held in the old town hall on a\nFriday.";
        assert_eq!(found(text, None), [("line", 2, "was held in the old town hall on a")]);
        let text = "News\n\nmore on this story\nmore on this story\nbelow";
        assert_eq!(found(text, None), [("line", 2, "more on this story")]);
        let title = "Courier\nmarket in may\nprices rose\nmarket in may\nprices fell";
        assert_eq!(found(title, Some("Market in May")), [("title", 2, "market in may")]);
    }

    #[test]
    fn scripts_without_spaces() {
        let (eight, seven) = (
            "\u{4e2d}\u{56fd}\u{65b0}\u{95fb}\u{793e}\u{5317}\u{4eac}\u{7535}",
            "\u{4e2d}\u{56fd}\u{65b0}\u{95fb}\u{793e}\u{5317}\u{4eac}",
        );
        assert_eq!(found(&format!("{eight}\n\n{eight}"), None), [("title", 2, eight)]);
        assert_eq!(found(&format!("{seven}\n\n{seven}"), None), []);
        assert_eq!(found(&format!("{seven}\n\n{seven}"), Some(seven)), [("title", 2, seven)]);
    }

    #[test]
    fn many_equal_lines_are_one_repeat() {
        let (lines, words) = ("one two three\n".repeat(100_000), "one ".repeat(100_000));
        assert_eq!(found(&lines, None), [("title", 100_000, "one two three")]);
        assert_eq!(found(&words, None), []);
    }

    /// Lines that are equal, nearly equal, or nothing, in a page of some blocks.
    fn page() -> impl Strategy<Value = String> {
        // None begins with a small letter: it would go on with the line before.
        const LINES: &[&str] = &[
            "",
            "",
            "  ",
            "\r",
            "---",
            "Aa bb cc",
            "Aa, bb cc.",
            "- Aa bb cc",
            "12. Aa bb cc",
            "b) Aa bb cc",
            "Aa bb cc dd",
            "Bb cc dd",
            "# Aa bb cc",
            "### Aa bb cc dd ###",
            "> Bb cc dd!",
            "Aa",
            "Aa bb",
            "1 2 3",
            "7 Aa bb cc",
            "\u{4e2d}\u{56fd}\u{65b0}\u{95fb}\u{793e}\u{5317}\u{4eac}\u{7535}",
            "\u{301}\u{323}Aa bb cc",
            "\u{c1}\u{323}a bb cc",
            "A\u{301}\u{323}a bb cc",
            "\u{bd} Aa bb cc",
            "\u{ad}Aa bb cc",
            "Aa bb \u{c7}c",
            "Aa bb \u{e7}c",
            "Aa bb C\u{327}c",
            "\u{fdfa}",
            "A. bb cc",
            "A. bb cc",
            "\u{e01}\u{e33}\u{e34}\u{301} aa bb",
            "\u{301}",
            "*Aa bb cc*",
            "U.S. aa bb",
        ];
        proptest::collection::vec(proptest::sample::select(LINES), 0..30).prop_map(|lines| lines.join("\n"))
    }

    fn check(text: &str, title: Option<&str>) -> Result<(), TestCaseError> {
        let repeats = PageReader::new(Kernel::detect()).repeats(text, title);
        prop_assert_eq!(&repeats, &PageReader::new(Kernel::PORTABLE).repeats(text, title));
        let mut spans = Vec::new();
        for repeat in &repeats {
            prop_assert!(repeat.count > 1 && repeat.count as usize == repeat.spans.len());
            prop_assert!(repeat.spans.is_sorted_by_key(|span| span.start));
            prop_assert_eq!(&repeat.text, &text[repeat.spans[0].clone()]);
            prop_assert_eq!(&repeat.text, repeat.text.trim());
            let tokens = reference::tokens(&repeat.text);
            for span in &repeat.spans {
                prop_assert_eq!(&tokens, &reference::tokens(&text[span.clone()]), "{:?}", text);
            }
            if let (RepeatKind::Title, Some(title)) = (repeat.kind, title) {
                let title = reference::tokens(title);
                prop_assert!(title.is_empty() || title == tokens);
            }
            spans.extend(repeat.spans.iter().cloned());
        }
        prop_assert!(repeats.iter().filter(|repeat| repeat.kind == RepeatKind::Title).count() < 2);
        spans.sort_by_key(|span| span.start);
        prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?} of {:?}", spans, text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn repeats_of_pages_are_sound(text in page(), title in proptest::option::of(page())) {
            check(&text, title.as_deref())?;
        }

        #[test]
        fn repeats_of_any_text_are_sound(
            text in "(\\PC{0,8}|aa bb cc|\n){0,20}",
            title in proptest::option::of("aa bb cc|\\PC{0,9}"),
        ) {
            check(&text, title.as_deref())?;
        }

        #[test]
        fn lines_are_those_of_a_plain_count(
            lines in proptest::collection::vec("(Aa|Bb)( |, | - )(aa|BB|7)( (aa|Bb|c)){0,3}[.!]?", 1..40),
        ) {
            let tokens: Vec<_> = lines.iter().map(|line| reference::tokens(line)).collect();
            let mut truth = Vec::new();
            for (i, line) in tokens.iter().enumerate() {
                let count = tokens.iter().filter(|&other| other == line).count();
                let words = line.iter().filter(|&token| token.len() == 2).count();
                if count > 1 && words > 2 && !tokens[..i].contains(line) {
                    truth.push((count, lines[i].as_str()));
                }
            }
            let text = lines.join("\n");
            let found = found(&text, None).into_iter();
            prop_assert_eq!(found.map(|(_, count, text)| (count, text)).collect::<Vec<_>>(), truth);
        }

        #[test]
        fn nothing_is_missed(text in page(), title in proptest::option::of(page())) {
            let repeats = PageReader::new(Kernel::detect()).repeats(&text, title.as_deref());
            let covered = |at| repeats.iter().flat_map(|repeat| &repeat.spans).any(|span| span.contains(&at));
            let mut left = Vec::new();
            let mut from = 0;
            for line in text.split('\n') {
                let (within, _) = content(line);
                let cut = &line[within.clone()];
                let tokens = reference::tokens(cut);
                let is_word = |token: &&String| token.is_ascii() && token.len() == 2;
                let news = tokens.iter().filter(is_word).count() > 2;
                if news && !covered(from + within.start) {
                    prop_assert!(!left.contains(&tokens), "{:?} is missed in {:?}", tokens, text);
                    left.push(tokens);
                }
                from += line.len() + 1;
            }
        }
    }
}
