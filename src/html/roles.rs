//! What the places of a page's text are to a reader: its headline, a crumb of the way to it, a menu, a teaser of another page.
//!
//! What an element says of itself counts: its name, its ARIA role, microdata, the names that it is given. What stands in a part
//! that holds the headline is no part of a menu, whatever that part is called. Crumbs that say nothing of themselves are known by
//! their form: links that begin with the one to the site's first page, and behind them what is no link.
//!
//! Thresholds were measured on 150 real and 200 made pages (page-repeats); docs/decisions.md says what moves with each.

use dom_query::{Document, NodeRef};
use xxhash_rust::xxh3::xxh3_64;

use super::address::LinkTarget;
use super::cut::{Pieces, TextPiece};
use super::marks::{self, Part};
use super::tree::{Items, NodeRole};
use super::{BlockKind, meta};
use crate::hash::ByHash;

/// What a place of a page's text is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceRole {
    /// The page's headline; at most one of a page.
    Headline,
    /// A crumb of the way from the site's first page.
    Breadcrumb,
    /// A link to the page that it stands on.
    Here,
    /// A menu.
    Navigation,
    /// The foot of the page.
    Footer,
    /// A part beside the text.
    Aside,
    /// A link to another page.
    Teaser,
    /// A heading.
    Heading,
    /// Text.
    Body,
}

impl PlaceRole {
    /// All roles.
    pub const ALL: [PlaceRole; 9] = [
        PlaceRole::Headline,
        PlaceRole::Breadcrumb,
        PlaceRole::Here,
        PlaceRole::Navigation,
        PlaceRole::Footer,
        PlaceRole::Aside,
        PlaceRole::Teaser,
        PlaceRole::Heading,
        PlaceRole::Body,
    ];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            PlaceRole::Headline => "headline",
            PlaceRole::Breadcrumb => "breadcrumb",
            PlaceRole::Here => "self",
            PlaceRole::Navigation => "navigation",
            PlaceRole::Footer => "footer",
            PlaceRole::Aside => "aside",
            PlaceRole::Teaser => "teaser",
            PlaceRole::Heading => "heading",
            PlaceRole::Body => "body",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<PlaceRole> {
        PlaceRole::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether a headline that stands in such a place is what every well-made page has.
    pub fn is_furniture(self) -> bool {
        matches!(self, PlaceRole::Breadcrumb | PlaceRole::Here | PlaceRole::Navigation)
    }
}

/// The parts around each element, and what else a role needs.
pub(super) struct Roles<'a> {
    items: &'a Items,
    pieces: &'a Pieces,
    /// Of each item, the parts that it stands in, as bits by [`bit`].
    around: Vec<u8>,
    /// Where each link leads, by item.
    targets: &'a [LinkTarget],
    /// The piece that is the headline.
    pub headline: Option<usize>,
}

fn bit(part: Part) -> u8 {
    1 << part as u8
}

impl<'a> Roles<'a> {
    /// Linear.
    pub fn of(
        document: &Document,
        items: &'a Items,
        pieces: &'a Pieces,
        titles: &[&str],
        site_name: Option<&str>,
        targets: &'a [LinkTarget],
    ) -> Roles<'a> {
        let leads_home = |piece: usize| {
            whole_link(pieces, piece).is_some_and(|link| targets[link as usize] == LinkTarget::Home)
        };
        let headline = headline(pieces, titles, site_name, leads_home);
        let at_headline = headline.map(|piece| pieces.list[piece].first);
        let mut around = vec![0; items.list.len()];
        let mut known = ByHash::default();
        for (at, item) in items.list.iter().enumerate() {
            let above = around.get(item.parent as usize).copied().unwrap_or(0);
            let is_whole = matches!(item.kind, NodeRole::Text | NodeRole::Body | NodeRole::Main);
            let holds = at_headline.is_some_and(|headline| (at as u32..item.end).contains(&headline));
            let part = if is_whole || holds {
                None
            } else {
                part_of(&NodeRef::new(item.id, &document.tree), &mut known)
            };
            around[at] = above | part.map_or(0, bit);
        }
        Roles { items, pieces, around, targets, headline }
    }

    /// The role of a piece, or of a link in it.
    pub fn role(&self, piece: usize, link: Option<u32>) -> PlaceRole {
        let around = self.around[self.pieces.list[piece].first as usize];
        let target = link.map(|link| self.target(link)).unwrap_or_default();
        let is_in = |part| around & bit(part) > 0;
        match self.pieces.list[piece].kind {
            _ if Some(piece) == self.headline => PlaceRole::Headline,
            _ if is_in(Part::Crumbs) || self.ends_crumbs(piece, target) => PlaceRole::Breadcrumb,
            _ if target == LinkTarget::Here => PlaceRole::Here,
            _ if is_in(Part::Navigation) => PlaceRole::Navigation,
            _ if is_in(Part::Footer) => PlaceRole::Footer,
            _ if is_in(Part::Aside) => PlaceRole::Aside,
            _ if target != LinkTarget::None => PlaceRole::Teaser,
            BlockKind::Heading(_) => PlaceRole::Heading,
            _ => PlaceRole::Body,
        }
    }

    pub fn target(&self, item: u32) -> LinkTarget {
        self.targets[item as usize]
    }

    /// The link that a piece is all of, if it is one.
    pub fn whole_link(&self, piece: usize) -> Option<u32> {
        whole_link(self.pieces, piece)
    }

    /// Whether a piece is the last of crumbs: no way to another page, in a small part whose other pieces are links, the first of
    /// them to the site's first page.
    fn ends_crumbs(&self, piece: usize, target: LinkTarget) -> bool {
        const MOST: usize = 8;
        if !matches!(target, LinkTarget::None | LinkTarget::Here) {
            return false;
        }
        let piece_of = |at: usize| &self.pieces.list[at];
        let mut before = 0;
        let mut root = None;
        while before < MOST && before < piece {
            let Some(link) = self.whole_link(piece - before - 1) else { break };
            before += 1;
            match self.target(link) {
                LinkTarget::Home => {
                    root = Some(piece - before);
                    break;
                }
                LinkTarget::Page => {}
                _ => break,
            }
        }
        let Some(root) = root else { return false };
        let last: &TextPiece = piece_of(piece);
        // The innermost element around both: nothing else stands in it.
        let within = |item: u32, at: u32| (item..self.items.list[item as usize].end).contains(&at);
        let first = piece_of(root).first;
        let Some(both) = self.items.above(last.first).find(|&item| within(item, first)) else { return false };
        let inside = |at: usize| self.pieces.list.get(at).is_some_and(|piece| within(both, piece.first));
        let is_list = self.items.list[both as usize].kind != NodeRole::Body;
        is_list && !inside(piece + 1) && !(root > 0 && inside(root - 1))
    }
}

/// The part that an element says it is. `known` has what names say, by their hash: those of a list's items are the same.
fn part_of(node: &NodeRef<'_>, known: &mut ByHash<Option<Part>>) -> Option<Part> {
    node.query_or(None, |node| {
        let element = node.as_element()?;
        let mut found = Part::named(&element.name.local);
        for attribute in &element.attrs {
            let part = match &*attribute.name.local {
                "class" | "id" => {
                    let hash = xxh3_64(attribute.value.as_bytes());
                    *known.entry(hash).or_insert_with(|| marks::part(&attribute.value))
                }
                "role" | "part" => Part::named(&attribute.value),
                _ => None,
            };
            match part {
                Some(Part::Crumbs) => return part,
                part => found = found.or(part),
            }
        }
        found
    })
}

/// Headings that are compared with the page's titles, at most.
const HEADINGS: usize = 256;

/// Likeness to one of the page's titles from which on an `<h1>` is the headline: a title beside the site's name and a kicker has
/// more, the site's name alone less.
const ALIKE: f64 = 0.5;

/// The same where it is no `<h1>`: nearly the title itself.
const ALIKE_BELOW: f64 = 0.8;

/// The heading that is the page's headline: of its `<h1>`, the one most like its titles; else another heading that is nearly one
/// of them, or what one has before the site's name; else the first `<h1>`. One that is the site's name is the last to be asked.
fn headline(
    pieces: &Pieces,
    titles: &[&str],
    site_name: Option<&str>,
    leads_home: impl Fn(usize) -> bool,
) -> Option<usize> {
    let same = |a: &str, b: &str| meta::same_words(a, b);
    let parted: Vec<(&str, &str)> = titles.iter().filter_map(|title| meta::parted(title)).collect();
    let as_written = titles;
    let titles: Vec<Letters> = titles.iter().map(|title| Letters::of(title)).collect();
    let headings = || {
        let headings = pieces.list.iter().enumerate().filter_map(|(at, piece)| match piece.kind {
            BlockKind::Heading(level) => Some((at, pieces.text_of(piece), level)),
            _ => None,
        });
        headings.take(HEADINGS)
    };
    let first_headings = || headings().filter(|(.., level)| *level == 1);
    // The most alike of the headings, and of those that are a site's name.
    let mut first: Option<(f64, usize)> = None;
    let mut site: Option<(f64, usize)> = None;
    for (at, text, _) in first_headings() {
        let own = Letters::of(text);
        let alike = titles.iter().map(|title| title.alike(&own)).fold(0.0, f64::max);
        // What stands last in a title is the site's name where another title is not about it.
        let is_back = || {
            parted.iter().any(|(_, back)| same(back, text))
                && titles.iter().any(|title| title.alike(&own) < ALIKE)
        };
        // It is so for certain where another first heading is what stands before it there.
        let is_beside = || {
            let front = parted.iter().find(|(_, back)| same(back, text)).map(|(front, _)| *front);
            front.is_some_and(|front| first_headings().any(|(_, other, _)| same(other, front)))
        };
        let is_called = || leads_home(at) || site_name.is_some_and(|site| same(site, text)) || is_back();
        let is_site = alike < 1.0 && is_called() || is_beside();
        let best = if is_site { &mut site } else { &mut first };
        if best.is_none_or(|(most, _)| alike > most) {
            *best = Some((alike, at));
        }
    }
    let is = |best: Option<(f64, usize)>, least: f64| best.filter(|(alike, _)| *alike >= least);
    let below = || {
        let fronts = as_written.iter().filter_map(|title| meta::front(title));
        let fronts = fronts.filter(|front| !site_name.is_some_and(|site| same(site, front)));
        let fronts: Vec<Letters> = fronts.map(Letters::of).collect();
        let mut best: Option<(f64, usize)> = None;
        for (at, text, _) in headings().filter(|(.., level)| *level > 1) {
            let own = Letters::of(text);
            let alike = titles.iter().chain(&fronts).map(|title| title.alike(&own)).fold(0.0, f64::max);
            if best.is_none_or(|(most, _)| alike > most) {
                best = Some((alike, at));
            }
        }
        is(best, ALIKE_BELOW)
    };
    is(first, ALIKE).or_else(below).or(first).or(site).map(|(_, at)| at)
}

/// The link that a piece is all of, if it is one.
fn whole_link(pieces: &Pieces, piece: usize) -> Option<u32> {
    let range = &pieces.list[piece].range;
    let first = pieces.links.partition_point(|link| link.piece < piece);
    let link = pieces.links.get(first).filter(|link| link.piece == piece && link.range == *range)?;
    Some(link.item)
}

/// The pairs of neighbouring letters of a text, sorted: what two titles have of them in common says how alike they are in any
/// script.
struct Letters(Vec<(char, char)>);

impl Letters {
    /// Letters of a title that are looked at.
    const MOST: usize = 400;

    fn of(text: &str) -> Letters {
        let mut letters = meta::letters(text).take(Letters::MOST);
        let mut pairs = Vec::new();
        let mut before = letters.next().unwrap_or_default();
        for letter in letters {
            pairs.push((before, letter));
            before = letter;
        }
        pairs.sort_unstable();
        Letters(pairs)
    }

    /// From 0, nothing in common, to 1, the same.
    fn alike(&self, other: &Letters) -> f64 {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0;
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => _ = a.next(),
                std::cmp::Ordering::Greater => _ = b.next(),
                std::cmp::Ordering::Equal => {
                    common += 1;
                    a.next();
                    b.next();
                }
            }
        }
        2.0 * f64::from(common) / (self.0.len() + other.0.len()).max(1) as f64
    }
}
