//! Which parts of a page are not of its article, although they stand where it stands.
//!
//! A name is weak evidence: a part goes only where its form says so too, by links, fields, a row of teasers, or
//! for want of any paragraph.

use std::collections::{HashMap, HashSet};

use dom_query::NodeRef;
use xxhash_rust::xxh3::xxh3_64;

use super::BlockKind;
use super::main_text::Page;
use super::marks::Mark;
use super::region::Region;
use super::shape::{PROSE, Shape, Shapes, is_prose};
use super::tree::{Item, Items, NodeRole};

/// Bytes of a notice or of a line on an author, at most.
const SHORT: u32 = 800;

/// Bytes of a notice that nothing but its name tells from a paragraph, at most.
const NOTICE: u32 = 250;

/// Bytes of a part of an article that has sentences, none of which is long enough for a paragraph, at least.
const PART: u32 = 100;

/// Bytes of an article beside comments or teasers that are longer than itself, at least.
const LITTLE: u32 = 250;

/// Captions of a story that is told by them, at least.
const CAPTIONS: usize = 3;

/// Which items are left out.
pub(super) fn left_out(page: &Page<'_>, region: &Region, by_name: bool) -> Vec<bool> {
    let items = page.items;
    let parts = Parts::of(page, region, by_name);
    let mut out = vec![false; items.list.len()];
    let mut captions = Vec::new();
    let mut at = parts.start + 1;
    while at < parts.end {
        let item = &items.list[at];
        let why = if item.kind == NodeRole::Text { None } else { parts.judge(at) };
        match why {
            Some(Why::Caption) => captions.push(at),
            Some(Why::Other) => out[at] = true,
            None => {
                at += 1;
                continue;
            }
        }
        at = item.end as usize;
    }
    if !parts.told_by(&captions, &out) {
        for at in captions {
            out[at] = true;
        }
    }
    out
}

/// Why a part is left out.
enum Why {
    /// It says what a picture shows.
    Caption,
    Other,
}

/// A region of a page, and what its parts are judged by.
struct Parts<'a> {
    page: &'a Page<'a>,
    items: &'a Items,
    shapes: &'a Shapes,
    /// What names say counts.
    by_name: bool,
    /// The region in which all of it stands.
    start: usize,
    end: usize,
    /// What stands in the region.
    all: Shape,
    /// How many elements of a shape have a name and paragraphs.
    alike: HashMap<u32, u32>,
    /// How many elements of a shape have buttons or fields, and text.
    alike_boxes: HashMap<u32, u32>,
    /// Cards of rows of teasers.
    teasers: HashSet<usize>,
    /// The region is named by the page.
    declared: bool,
    /// It is so as an article, of which a list with links may be most.
    is_article: bool,
    /// The prose that is shown, as hashes.
    shown: HashSet<u64>,
    /// The last item that has prose and stands in no part with a name.
    last_plain: u32,
}

impl<'a> Parts<'a> {
    fn of(page: &'a Page<'a>, region: &Region, by_name: bool) -> Parts<'a> {
        let (items, shapes) = (page.items, &page.shapes);
        let start = region.root as usize;
        let end = items.list[start].end as usize;
        let mut parts = Parts {
            page,
            items,
            shapes,
            by_name,
            start,
            end,
            all: shapes.between(region.range.start as usize, region.range.end as usize),
            alike: HashMap::new(),
            alike_boxes: HashMap::new(),
            teasers: HashSet::new(),
            declared: region.named.is_some(),
            is_article: region
                .named
                .is_some_and(|named| items.list[named as usize].kind == NodeRole::Article),
            shown: HashSet::new(),
            last_plain: 0,
        };
        for at in start..end {
            let item = &items.list[at];
            let shape = shapes.within(items, at);
            if item.mark.is_some() && shape.paragraphs > 0 {
                *parts.alike.entry(item.shape).or_default() += 1;
            }
            if shape.controls > 0 && shape.text > 0 {
                *parts.alike_boxes.entry(item.shape).or_default() += 1;
            }
        }
        parts.find_shown();
        parts.find_last_plain();
        parts.find_teasers();
        parts
    }

    /// Notes the prose outside of hidden parts, if there are any of those.
    fn find_shown(&mut self) {
        let list = &self.page.pieces.list;
        let (mut at, mut piece) = (self.start, self.first_piece(self.start));
        let is_hidden = |item: &Item| item.hidden;
        if !self.items.list[self.start..self.end].iter().any(is_hidden) {
            return;
        }
        while at < self.end {
            let item = &self.items.list[at];
            let end = if item.hidden { item.end } else { at as u32 + 1 };
            while let Some(found) = list.get(piece).filter(|found| found.first < end) {
                if !item.hidden && is_prose(found, PROSE) {
                    self.shown.insert(self.hash(piece));
                }
                piece += 1;
            }
            at = end as usize;
        }
    }

    fn hash(&self, piece: usize) -> u64 {
        xxh3_64(self.page.pieces.text[self.page.pieces.list[piece].range.clone()].as_bytes())
    }

    /// Whether the prose of a hidden part is shown elsewhere: pages have a copy for small screens.
    fn is_shown(&self, at: usize) -> bool {
        let range = self.first_piece(at)..self.first_piece(self.items.list[at].end as usize);
        let mut prose = range.filter(|&piece| is_prose(&self.page.pieces.list[piece], PROSE)).peekable();
        prose.peek().is_some() && prose.all(|piece| self.shown.contains(&self.hash(piece)))
    }

    /// Finds where the article's own prose ends.
    fn find_last_plain(&mut self) {
        let mut at = self.start;
        while at < self.end {
            let item = &self.items.list[at];
            let shape = self.shapes.within(self.items, at);
            let aside = matches!(item.kind, NodeRole::Chrome | NodeRole::Aside | NodeRole::Form);
            let named = item.mark.is_some_and(|mark| mark != Mark::Body) && !self.is_protected(item, shape);
            if shape.paragraphs == 0 || (at > self.start && (aside || named)) {
                at = item.end as usize;
                continue;
            }
            if item.kind == NodeRole::Text {
                self.last_plain = at as u32;
            }
            at += 1;
        }
    }

    /// Rows of two or more elements that each hold a link and below it a sentence or two of where it leads, at the region's
    /// end or beginning. They may be longer than the article where that stands under a headline.
    fn find_teasers(&mut self) {
        let is_card = |at: usize| {
            let item = &self.items.list[at];
            let shape = self.shapes.within(self.items, at);
            let block =
                matches!(item.kind, NodeRole::Block | NodeRole::Article | NodeRole::Item | NodeRole::Aside);
            block
                && shape.paragraphs == 1
                && shape.prose <= 300
                && shape.pointers >= 1
                && self.leads_with_link(at)
        };
        let mut rows: HashMap<u32, Vec<usize>> = HashMap::new();
        let mut at = self.start + 1;
        while at < self.end {
            let item = &self.items.list[at];
            if item.kind != NodeRole::Text && is_card(at) {
                rows.entry(item.parent).or_default().push(at);
                at = item.end as usize;
            } else {
                at += 1;
            }
        }
        for row in rows.into_values().filter(|row| row.len() > 1) {
            let prose: u32 = row.iter().map(|&at| self.shapes.within(self.items, at).prose).sum();
            let last = row.last().map_or(self.end, |&last| self.items.list[last].end as usize);
            let first = row.first().copied().unwrap_or(self.start);
            let little = |from, to| self.shapes.between(from, to).prose * 5 <= self.all.prose;
            let enough = self.all.prose.saturating_sub(prose) >= LITTLE && self.all.headlines > 0;
            if (prose * 2 <= self.all.prose || (enough && !self.is_article))
                && (little(last, self.end) || little(self.start, first))
            {
                self.teasers.extend(row);
            }
        }
    }

    fn first_piece(&self, at: usize) -> usize {
        self.page.pieces.list.partition_point(|piece| (piece.first as usize) < at)
    }

    /// Whether a link stands above the prose of a part.
    fn leads_with_link(&self, at: usize) -> bool {
        let pieces = self.page.pieces.list.iter().skip(self.first_piece(at));
        let mut above =
            pieces.take_while(|piece| piece.first < self.items.list[at].end && !is_prose(piece, PROSE));
        above.any(|piece| piece.linked == piece.len())
    }

    /// The piece before an item, if it is in the region.
    fn piece_before(&self, at: usize) -> Option<usize> {
        let before = self.first_piece(at).checked_sub(1)?;
        (self.page.pieces.list[before].first as usize >= self.start).then_some(before)
    }

    /// Parts that a name does not take out: those that hold the headline, or most of what there is, and what the page calls an
    /// article.
    fn is_protected(&self, item: &Item, shape: Shape) -> bool {
        matches!(item.kind, NodeRole::Body | NodeRole::Main)
            || shape.headlines > 0
            || (shape.prose * 2 > self.all.prose && !(self.all.headlines > 0 && shape.is_row_of_teasers()))
    }

    fn judge(&self, at: usize) -> Option<Why> {
        let item = &self.items.list[at];
        let shape = self.shapes.within(self.items, at);
        if shape.text == 0 || matches!(item.kind, NodeRole::Body | NodeRole::Main) {
            return None;
        }
        let at_most = |share: u32| shape.prose * share <= self.all.prose;
        if item.hidden && (at_most(3) || shape.is_row_of_teasers() || self.is_shown(at)) {
            return if self.unfolds(at, shape) { None } else { Some(Why::Other) };
        }
        let by_kind = match item.kind {
            NodeRole::Chrome | NodeRole::Aside if self.declared => at_most(2),
            NodeRole::Chrome => at_most(3),
            NodeRole::Aside | NodeRole::Form => at_most(4),
            NodeRole::Figure if self.holds_table(at) => false,
            NodeRole::Figure if at_most(5) => return Some(Why::Caption),
            NodeRole::Caption if shape.text <= 500 => return Some(Why::Caption),
            NodeRole::Block if self.declared && self.is_notice(at, shape) => true,
            _ => self.teasers.contains(&at),
        };
        if by_kind {
            return Some(Why::Other);
        }
        self.by_name(at, shape)
    }

    /// Whether a figure is a table or a listing rather than a picture.
    fn holds_table(&self, at: usize) -> bool {
        let items = &self.items.list[at..self.items.list[at].end as usize];
        items.iter().any(|item| matches!(item.kind, NodeRole::Table | NodeRole::Preformatted))
    }

    /// Whether a part of a declared article is a box with a button or a field and a sentence or two beside it.
    fn is_notice(&self, at: usize, shape: Shape) -> bool {
        let unlike = |item: &Item| self.alike_boxes.get(&item.shape).is_none_or(|&alike| alike < 3);
        shape.controls > 0
            && shape.headlines == 0
            && shape.paragraphs <= 1
            && shape.text <= NOTICE
            && shape.prose * 5 <= self.all.prose
            && unlike(&self.items.list[at])
    }

    fn by_name(&self, at: usize, shape: Shape) -> Option<Why> {
        let item = &self.items.list[at];
        let mark = item.mark.filter(|_| self.by_name)?;
        if mark == Mark::Comments && shape.headlines == 0 && self.are_many_comments(at, shape) {
            return Some(Why::Other);
        }
        if self.is_protected(item, shape) {
            return None;
        }
        let repeated = !item.by_id && self.alike.get(&item.shape).is_some_and(|&alike| alike > 1);
        if mark == Mark::Comments {
            return self.are_comments(at, shape, repeated).then_some(Why::Other);
        }
        if !shape.is_linked() && shape.controls == 0 && self.is_about(at) {
            return None;
        }
        let box_like = shape.paragraphs == 0
            || shape.is_linked()
            || (shape.controls > 0 && shape.paragraphs <= 2)
            || shape.has_links_for_paragraphs();
        let box_like = box_like
            && !(shape.sentences > 1 && shape.linked == 0 && shape.controls == 0 && shape.text >= PART);
        let little = |shape: Shape| shape.prose * 10 <= self.all.prose;
        let at_end = little(self.shapes.between(item.end as usize, self.end))
            || little(self.shapes.between(self.start, at));
        let out = match mark {
            Mark::Body | Mark::Comments => false,
            Mark::Caption => {
                return (shape.text <= 400 && shape.prose * 3 <= self.all.prose).then_some(Why::Caption);
            }
            Mark::Elsewhere => box_like,
            Mark::Offer => box_like || (shape.paragraphs == 1 && shape.text <= NOTICE && !repeated),
            Mark::Byline => box_like || (at_end && shape.paragraphs <= 1 && shape.text <= SHORT && !repeated),
        };
        out.then_some(Why::Other)
    }

    /// Whether a part that is named after comments, and may be longer than the article, holds several that are named so too,
    /// and stands below enough text for an article.
    fn are_many_comments(&self, at: usize, shape: Shape) -> bool {
        let before = self.shapes.between(self.start, at);
        let (nested, prose) = self.nested_comments(at);
        nested > 1 && prose * 5 >= shape.prose * 4 && before.prose >= LITTLE
    }

    /// How many parts that are named after comments stand in one, and their prose.
    fn nested_comments(&self, at: usize) -> (usize, u32) {
        let (mut nested, mut prose, mut inner) = (0, 0, at + 1);
        while inner < self.items.list[at].end as usize {
            let shape = self.shapes.within(self.items, inner);
            if self.items.list[inner].mark == Some(Mark::Comments) && shape.sentences > 0 {
                (nested, prose) = (nested + 1, prose + shape.prose);
                inner = self.items.list[inner].end as usize;
            } else {
                inner += 1;
            }
        }
        (nested, prose)
    }

    /// Whether a part that is named after comments is what readers wrote: behind the article, and several of that name, or
    /// with a form for the next one.
    fn are_comments(&self, at: usize, shape: Shape, repeated: bool) -> bool {
        let before = self.shapes.between(self.start, at);
        if shape.paragraphs == 0 || shape.is_linked() {
            return shape.controls > 0 || !self.is_about(at);
        }
        if before.paragraphs == 0 {
            return false;
        }
        let (nested, _) = self.nested_comments(at);
        let last = self.last_plain < at as u32;
        nested > 1 || shape.controls > 0 || (nested == 1 && last && !repeated)
    }

    /// Whether a name only repeats the heading that its part begins with, as those do that are made of headings.
    fn is_about(&self, at: usize) -> bool {
        let item = &self.items.list[at];
        let Some(piece) = self.page.pieces.list.get(self.first_piece(at)) else { return false };
        if !matches!(piece.kind, BlockKind::Heading(_)) || piece.first >= item.end {
            return false;
        }
        let words = |text: &str| -> HashSet<String> {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            words.filter(|word| word.len() > 2).map(str::to_lowercase).collect()
        };
        let node = NodeRef::new(item.id, &self.page.document.tree);
        let name = words(&node.attr(if item.by_id { "id" } else { "class" }).unwrap_or_default());
        let heading = words(self.page.pieces.text_of(piece));
        !name.is_empty() && name.is_subset(&heading)
    }

    /// Whether a part that is not shown at first is the article's: it stands behind a heading or paragraphs of it and says
    /// something of its own.
    fn unfolds(&self, at: usize, shape: Shape) -> bool {
        let item = &self.items.list[at];
        let named = item.mark.is_some_and(|mark| !matches!(mark, Mark::Body | Mark::Caption));
        let dialog =
            matches!(item.kind, NodeRole::Chrome | NodeRole::Aside | NodeRole::Form | NodeRole::Figure);
        if named || dialog || shape.controls > 0 || shape.is_linked() || self.is_shown(at) {
            return false;
        }
        let Some(before) = self.piece_before(at) else { return false };
        let under_heading = matches!(self.page.pieces.list[before].kind, BlockKind::Heading(2..));
        if under_heading {
            return true;
        }
        let parent = item.parent as usize;
        let beside = self.shapes.between(self.start, at).paragraphs > 0;
        let within = self.declared
            || (self.items.list[parent].kind != NodeRole::Body
                && self.shapes.within(self.items, parent).without(shape).paragraphs > 0);
        shape.paragraphs > 0 && shape.pointers < shape.paragraphs && beside && within
    }

    /// Whether captions are most of what is said.
    fn told_by(&self, captions: &[usize], out: &[bool]) -> bool {
        let speaks = |&&at: &&usize| {
            let shape = self.shapes.within(self.items, at);
            shape.sentences > 0 || shape.paragraphs > 0
        };
        let told: u32 =
            captions.iter().filter(speaks).map(|&at| self.shapes.within(self.items, at).text).sum();
        let mut rest = self.all.prose;
        let mut at = self.start + 1;
        while at < self.end {
            if out[at] || captions.binary_search(&at).is_ok() {
                rest = rest.saturating_sub(self.shapes.within(self.items, at).prose);
                at = self.items.list[at].end as usize;
            } else {
                at += 1;
            }
        }
        captions.iter().filter(speaks).count() >= CAPTIONS && told > rest
    }
}
