//! What stands more than once within one page: its headline in any form, headings, paragraphs and lines, whole blocks, and
//! paragraphs that are nearly equal.
//!
//! A page that carries its own headline three times, or an article twice, was put together carelessly or by a machine, and
//! no comparison with other pages shows it. The text is tokenised once; each part of it, and each block of lines, is a run of
//! tokens and gets one hash; runs of equal hash are compared token by token. The headline is looked for in every part, also
//! behind a label, beside the site's name, at the end of crumbs and cut short (`headline`). What repeats in a row is one block
//! (`blocks`); what is left is compared by alignment (`similar`).
//!
//! Case, punctuation and white space do not matter, nor does a list bullet or number before a line.
//!
//! Numbers, bullets and lines under three words repeat on any page and are not news, nor are short pieces of
//! sentences in text that is broken into lines.
//!
//! Thresholds were measured on 150 real and 200 made pages (page-repeats); docs/decisions.md says what moves with each.

mod blocks;
mod head;
mod headline;
mod lines;
mod names;
mod similar;

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::align::{Aligner, Words};
use crate::hash::{ByHash, MAX_SHINGLE, MULTIPLIERS, avalanche, shingle_hash};
use crate::html::{LinkTarget, PageHead, PartKind, VisiblePage, lines_of};
use crate::kernel::Kernel;
use crate::text::Tokens;

pub use crate::html::PlaceRole;
pub use head::{Fault, FaultKind, faults};
use headline::{Forms, TitlePlace};
use lines::{STOPS, content, ends_sentence, goes_on, last_mark};
pub use names::{NameCount, NamesSeen, SiteNames};

/// What kind of unit repeats, largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatKind {
    /// Several parts that follow one another: an article in a copy for phones and one for desks, a menu.
    Block,
    /// The page's headline.
    Title,
    /// A heading, or a short block that ends like no sentence.
    Heading,
    /// A block of eight words or more, or of several lines.
    Paragraph,
    /// A line of a list or within a block, or a short sentence.
    Line,
    /// Paragraphs of which nine words in ten are the same; those are no repeats of the other kinds.
    Similar,
}

impl RepeatKind {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            RepeatKind::Block => "block",
            RepeatKind::Title => "title",
            RepeatKind::Heading => "heading",
            RepeatKind::Paragraph => "paragraph",
            RepeatKind::Line => "line",
            RepeatKind::Similar => "similar",
        }
    }
}

/// In what form a place has the headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceForm {
    /// As it is, but for case, quotes, dashes and markup.
    Same,
    /// Behind a label: "Also read: X".
    Labelled,
    /// Beside a site's name: "X | Site".
    Sited,
    /// Its first words and an ellipsis.
    Cut,
}

impl PlaceForm {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            PlaceForm::Same => "same",
            PlaceForm::Labelled => "labelled",
            PlaceForm::Sited => "sited",
            PlaceForm::Cut => "cut",
        }
    }
}

/// Something that stands more than once within a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// The largest unit as which it stands at least twice.
    pub kind: RepeatKind,
    /// The first occurrence, of a headline the first whole one, as it stands, without a list bullet, a heading mark or white
    /// space around it.
    pub text: String,
    /// Where it stands, at least twice, in order of place.
    pub places: Vec<Place>,
    /// Whether all places, one aside, are breadcrumbs, navigation or links to the page itself, as every well-made page has.
    pub furniture: bool,
    /// Of similar paragraphs, what differs.
    pub changes: Vec<Change>,
}

impl Repeat {
    /// How often it stands on the page, at least 2.
    pub fn count(&self) -> u32 {
        self.places.len() as u32
    }

    /// Whether it is equal text in places of which a page needs one.
    pub fn is_own(&self) -> bool {
        !self.furniture && self.kind != RepeatKind::Similar
    }
}

/// Where in a page something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its bytes in the page's text.
    pub range: Range<usize>,
    /// What the place is to a reader.
    pub role: PlaceRole,
    /// In what form it stands there.
    pub form: PlaceForm,
    /// Its line, from 1: of the file where it is an HTML page, else of the text.
    pub line: u32,
    /// Its column there in characters, from 1.
    pub column: u32,
    /// The element of an HTML page, as a selector that a browser takes.
    pub selector: Option<String>,
}

/// What differs between two similar paragraphs, in bytes of the page's text; empty where one has nothing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In the first.
    pub a: Range<usize>,
    /// In the second.
    pub b: Range<usize>,
}

/// Finds the repeats of pages. Made for reuse: it keeps the memory of the largest page.
#[derive(Debug)]
pub struct PageReader {
    tokens: Tokens,
    hashes: Vec<u64>,
    title: Tokens,
    forms: Forms,
    units: Vec<PageUnit>,
    /// Units that are links within the unit before them, by the place where that stands in `units`.
    links: Vec<PageUnit>,
    /// The first token of the first line that has any.
    opening: Option<u32>,
    /// Hash and place in `units`, sorted.
    order: Vec<(u64, u32)>,
    groups: Vec<RepeatGroup>,
    /// Places in `units`, group after group.
    members: Vec<u32>,
    /// For each unit, whether a reported repeat covers it.
    covered: Vec<bool>,
    /// The last unit that has a run of tokens, by its hash.
    runs: ByHash<usize>,
    aligner: Aligner,
    words: [Words; 2],
}

/// A part of the page, or a block of lines.
#[derive(Debug, Clone)]
struct PageUnit {
    hash: u64,
    tokens: Range<u32>,
    bytes: Range<u32>,
    /// The block's own lines are the units from this one up to the block itself; a lone line has none.
    parts: u32,
    form: UnitForm,
    /// What it is to a reader, where the page says so.
    role: Option<PlaceRole>,
    target: LinkTarget,
    /// The number of the page's part; of a link, the number of the unit that it stands in.
    number: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnitForm {
    /// A line with other lines in its block.
    Line,
    /// A block, of one line or several.
    Block,
    /// A heading: of a page, or marked as one in a text. It is a block however close the next line is.
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
/// Two words are enough for a title that is known to be one; three characters are more than one word.
const TITLE: usize = WORD + 1;
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
            forms: Forms::default(),
            units: Vec::new(),
            links: Vec::new(),
            opening: None,
            order: Vec::new(),
            groups: Vec::new(),
            members: Vec::new(),
            covered: Vec::new(),
            runs: ByHash::default(),
            aligner: Aligner::default(),
            words: Default::default(),
        }
    }

    /// From now on pages are of this site, and these are names that the pages of sites show.
    pub fn at_site(&mut self, names: &Arc<SiteNames>, site: u64) {
        self.forms.known = Some((Arc::clone(names), site));
    }

    /// What stands more than once in `text`, at most 4 GiB less one byte, in order of first occurrence. No
    /// span lies within another of its kind.
    ///
    /// `title` is the title as the page's metadata has it, which is not in itself an occurrence. Without one,
    /// the first line, or the block that it is in, is the title if it looks like a headline.
    ///
    /// Time is linear in the length of the text, but for a sort of one number a line.
    ///
    /// # Panics
    /// On a text over 4 GiB.
    pub fn repeats(&mut self, text: &str, title: Option<&str>) -> Vec<Repeat> {
        self.read(text);
        self.title.read(title.unwrap_or_default());
        let is_given = !self.title.is_empty();
        self.forms.names(&[], &mut self.title);
        if is_given {
            self.title.read(title.unwrap_or_default());
        }
        self.find_text_units(text);
        self.find(text, None, is_given)
    }

    /// What stands more than once in all that is visible of an HTML page; as [`PageReader::repeats`].
    ///
    /// # Panics
    /// On a text over 4 GiB.
    pub fn page_repeats(&mut self, page: &VisiblePage) -> Vec<Repeat> {
        self.read(&page.text);
        self.forms.of_page(&page.head, &mut self.title);
        self.find_page_units(page);
        self.title.read(page.head.headline.as_deref().unwrap_or_default());
        let is_given = !self.title.is_empty();
        self.find(&page.text, Some(page), is_given)
    }

    fn read(&mut self, text: &str) {
        self.tokens.read(text);
        self.tokens.hashes(&mut self.hashes);
        self.units.clear();
        self.links.clear();
        self.opening = None;
    }

    /// Finds repeats among the units.
    fn find(&mut self, text: &str, page: Option<&VisiblePage>, is_given: bool) -> Vec<Repeat> {
        self.covered.clear();
        self.covered.resize(self.units.len(), false);
        let headline = if is_given { self.headline(text) } else { self.opening_headline(text) };
        let parts = self.block_parts();
        let mut found = self.find_copies(text, &parts);
        let is_within = |place: &TitlePlace| {
            found.iter().flatten().any(|copy| copy.start <= place.bytes.start && place.bytes.end <= copy.end)
        };
        let mut repeats = Vec::new();
        if headline.iter().any(|place| !is_within(place)) {
            for place in &headline {
                self.cover(place.unit);
            }
            repeats.push(self.title_repeat(text, page, &headline));
        }
        found.extend(self.find_rows(text, &parts));
        repeats.extend(found.iter().map(|copies| self.block_repeat(text, page, copies)));
        if self.sort_units() {
            self.find_groups(text);
            self.report(text, page, &mut repeats);
        }
        self.find_similar(text, page, &mut repeats);
        repeats.sort_by_key(|repeat| (repeat.places[0].range.start, repeat.kind));
        if page.is_none() {
            let mut places: Vec<&mut Place> =
                repeats.iter_mut().flat_map(|repeat| &mut repeat.places).collect();
            let starts: Vec<u32> = places.iter().map(|place| place.range.start as u32).collect();
            for (place, (line, column)) in places.iter_mut().zip(lines_of(text, &starts)) {
                (place.line, place.column) = (line, column);
            }
        }
        repeats
    }

    /// Takes the parts of a page that have tokens.
    fn find_page_units(&mut self, page: &VisiblePage) {
        let mut around = 0;
        let mut own = Vec::new();
        for (number, part) in page.parts.iter().enumerate() {
            let bytes = part.range.start as usize..part.range.end as usize;
            let tokens = self.tokens_in(&bytes);
            let is_link = part.kind == PartKind::Link;
            let kept = !tokens.is_empty();
            // A link may share a token with what stands right beside it: a date, a sign.
            let reaches = |token: Option<usize>, end: usize| {
                token.and_then(|token| self.place(token)).is_some_and(|place| place.end > end)
            };
            let is_joined = is_link
                && (reaches(tokens.end.checked_sub(1), bytes.end)
                    || reaches(tokens.start.checked_sub(1), bytes.start));
            let hash = if is_joined {
                self.title.read(&page.text[bytes]);
                run_hash(self.title.hashes(&mut own))
            } else {
                run_hash(&self.hashes[tokens.clone()])
            };
            let unit = PageUnit {
                hash,
                tokens: narrow(&tokens),
                bytes: part.range.clone(),
                parts: self.units.len() as u32,
                form: match part.kind {
                    PartKind::Heading(_) => UnitForm::Marked,
                    PartKind::Block => UnitForm::Block,
                    PartKind::Item | PartKind::Line | PartKind::Link => UnitForm::Line,
                },
                role: Some(part.role),
                target: part.target,
                number: number as u32,
            };
            if is_link {
                if kept {
                    self.links.push(PageUnit { parts: around, ..unit });
                }
                continue;
            }
            around = if kept { self.units.len() as u32 } else { u32::MAX };
            if kept {
                self.units.push(unit);
            }
        }
    }

    /// Cuts the text into lines and blocks that have tokens.
    fn find_text_units(&mut self, text: &str) {
        let mut block: Option<LineBlock> = None;
        let (mut from, mut token) = (0, 0);
        while from < text.len() {
            let to = memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |at| from + at);
            let line = self.take_line(text, from..to, &mut token);
            // A line without a token, such as a rule of dashes, parts blocks as an empty one does.
            if line.tokens.is_empty() || line.marked {
                self.close_block(block.take());
            }
            from = to + 1;
            if line.tokens.is_empty() {
                continue;
            }
            self.opening.get_or_insert(line.tokens.start as u32);
            let parts = self.units.len();
            if line.marked {
                self.push_unit(&line, UnitForm::Marked, parts);
            } else {
                self.push_unit(&line, UnitForm::Line, parts);
                match &mut block {
                    Some(block) => block.add(&line),
                    None => block = Some(LineBlock { line, lines: 1, parts }),
                }
            }
        }
        self.close_block(block);
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

    fn close_block(&mut self, block: Option<LineBlock>) {
        let Some(LineBlock { line, lines, parts }) = block else { return };
        if lines > 1 {
            self.push_unit(&line, UnitForm::Block, parts);
        } else if let Some(unit) = self.units.get_mut(parts) {
            unit.form = UnitForm::Block;
        }
    }

    fn push_unit(&mut self, line: &PageLine, form: UnitForm, parts: usize) {
        self.units.push(PageUnit {
            hash: run_hash(&self.hashes[line.tokens.clone()]),
            tokens: narrow(&line.tokens),
            bytes: narrow(&line.bytes),
            parts: parts as u32,
            form,
            role: None,
            target: LinkTarget::None,
            number: 0,
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
            if self.weight(text, unit.token_range(), NEWS, false) < NEWS {
                continue;
            }
            // Token by token: where two runs happen to share a hash, one may be missed but none made up.
            let start = members.len();
            let whole = self.opening == Some(unit.tokens.start);
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
            && self.weight(text, unit.token_range(), SENTENCE, true) < SENTENCE
    }

    /// What tokens weigh together; numbers and single letters, as in `Q.` and `A.`, only if `all` count. Stops at `enough`.
    fn weight(&self, text: &str, tokens: Range<usize>, enough: usize, all: bool) -> usize {
        let mut sum = 0;
        for i in tokens {
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
            UnitForm::Block if cut.contains('\n') => RepeatKind::Paragraph,
            UnitForm::Block if ends_sentence(cut) => {
                if self.is_sentence(text, unit) {
                    RepeatKind::Paragraph
                } else {
                    RepeatKind::Line
                }
            }
            UnitForm::Block if self.fits(text, unit, HEADING) => RepeatKind::Heading,
            UnitForm::Block => RepeatKind::Paragraph,
        }
    }

    /// Whether a unit has as many words as hardly repeat by chance.
    fn is_sentence(&self, text: &str, unit: &PageUnit) -> bool {
        self.weight(text, unit.token_range(), SENTENCE, true) >= SENTENCE
    }

    fn fits(&self, text: &str, unit: &PageUnit, longest: usize) -> bool {
        self.weight(text, unit.token_range(), longest + 1, true) <= longest
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
        [block.filter(headline), Some(0).filter(|_| !self.units.is_empty()).filter(headline)]
    }

    /// Notes that a unit is reported, with the lines in it.
    fn cover(&mut self, at: usize) {
        self.covered[self.units[at].parts as usize..=at].fill(true);
    }

    fn is_free(&self, at: usize) -> bool {
        !self.covered[self.units[at].parts as usize..=at].contains(&true)
    }

    /// The groups as repeats, each byte of the text in one at most.
    fn report(&mut self, text: &str, page: Option<&VisiblePage>, repeats: &mut Vec<Repeat>) {
        // What is longest first: a block before the lines in it.
        let mut groups = std::mem::take(&mut self.groups);
        let first = |group: &RepeatGroup| self.members[group.members.start];
        groups.sort_unstable_by_key(|group| (std::cmp::Reverse(group.tokens), first(group)));
        for group in &groups {
            let members = &self.members[group.members.clone()];
            let free: Vec<usize> =
                members.iter().map(|&at| at as usize).filter(|&at| self.is_free(at)).collect();
            if free.len() < 2 {
                continue;
            }
            for &at in &free {
                self.cover(at);
            }
            let places = free.iter().map(|&at| self.unit_place(text, page, at)).collect();
            repeats.push(Repeat::new(group.kind, text, places));
        }
        self.groups = groups;
    }

    /// Where a unit stands.
    fn unit_place(&self, text: &str, page: Option<&VisiblePage>, at: usize) -> Place {
        let unit = &self.units[at];
        self.place_of(text, page, unit, unit.byte_range(), PlaceForm::Same)
    }

    fn place_of(
        &self,
        text: &str,
        page: Option<&VisiblePage>,
        unit: &PageUnit,
        range: Range<usize>,
        form: PlaceForm,
    ) -> Place {
        if let Some((page, part)) = page.and_then(|page| Some((page, page.parts.get(unit.number as usize)?)))
        {
            let selector = Some(page.selector(part));
            return Place { range, role: part.role, form, line: part.line, column: part.column, selector };
        }
        let is_heading = self.unit_kind(text, unit) == RepeatKind::Heading;
        let role = if is_heading { PlaceRole::Heading } else { PlaceRole::Body };
        // Lines of a text are counted in one pass, when all is found.
        Place { range, role, form, line: 0, column: 0, selector: None }
    }
}

impl Repeat {
    fn new(kind: RepeatKind, text: &str, places: Vec<Place>) -> Repeat {
        let others = places.iter().filter(|place| !place.role.is_furniture()).count();
        let first = places.iter().find(|place| place.form == PlaceForm::Same).unwrap_or(&places[0]);
        Repeat {
            kind,
            text: text[first.range.clone()].to_owned(),
            furniture: others <= 1,
            places,
            changes: Vec::new(),
        }
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

#[cfg(test)]
mod tests;
