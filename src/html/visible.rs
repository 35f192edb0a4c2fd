//! All of a page that a reader sees, and where each part of it stands: in the page, in the file, among the elements.

use std::ops::Range;

use super::address::{LinkTarget, OwnAddress};
use super::cut::{Gap, Pieces};
use super::meta::Metadata;
use super::paths::Selectors;
use super::roles::{PlaceRole, Roles};
use super::{BlockKind, Parsed, assembled, meta};

/// All that is visible of a page. The file itself hides what is `hidden` or has an inline `display: none`, templates, `<noscript>`,
/// scripts and styles; what a style sheet hides, no file alone tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisiblePage {
    /// The text, laid out as [`super::HtmlPage::text`] is.
    pub text: String,
    /// The lines of blocks, in order; behind each the links that are a part of it.
    pub parts: Vec<VisiblePart>,
    /// Elements by which parts are found, each with the one that its selector begins at.
    pub elements: Vec<PageElement>,
    /// The selectors of all of them, one behind the other.
    pub selectors: String,
    /// What the page says of itself beside its text.
    pub head: PageHead,
}

/// A part of a page's visible text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisiblePart {
    /// Its bytes in the text, half open.
    pub range: Range<u32>,
    /// Its form.
    pub kind: PartKind,
    /// What it is to a reader.
    pub role: PlaceRole,
    /// Where it leads, if all of it is one link.
    pub target: LinkTarget,
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its column there in characters, from 1.
    pub column: u32,
    /// Its element's number in [`VisiblePage::elements`].
    pub element: u32,
}

/// The form of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// A heading, with its level.
    Heading(u8),
    /// A block of its own.
    Block,
    /// An item of a list or a row of a table.
    Item,
    /// A line of a block that has several.
    Line,
    /// A link within the part before it.
    Link,
}

/// An element by which parts are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageElement {
    /// The number of the element that its selector begins at, if it does not stand for itself.
    pub within: Option<u32>,
    /// Where in [`VisiblePage::selectors`] its own is: `#content`, `main.article`, `h2:nth-of-type(2)`.
    pub selector: Range<u32>,
}

/// What a page says of itself beside its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageHead {
    /// `<title>`, with the site's name if that is there.
    pub title: Option<String>,
    /// `og:title`.
    pub og_title: Option<String>,
    /// The description for search engines, else for networks.
    pub description: Option<String>,
    /// The page's headline: of the heading that is it, or else of the metadata.
    pub headline: Option<String>,
    /// Names by which the site is called: its own, its publisher's, those on links to its first page, its host's.
    pub names: Vec<String>,
    /// What stands beside the headline on one line, with the sign that parts the two, in places that lead to no other page: what
    /// several pages of a site have there is the site's name.
    pub beside: Vec<String>,
}

impl VisiblePage {
    /// The selector of a part's element, as a browser takes it.
    pub fn selector(&self, part: &VisiblePart) -> String {
        let mut steps = Vec::new();
        let mut at = Some(part.element);
        while let Some(element) = at.and_then(|at| self.elements.get(at as usize)) {
            let Range { start, end } = element.selector;
            steps.push(self.selectors.get(start as usize..end as usize).unwrap_or_default());
            at = element.within;
        }
        steps.reverse();
        steps.join(" > ")
    }
}

/// Names that are kept, at most.
const NAMES: usize = 8;

/// Bytes of a name, at most: a longer link to the first page says more than its name.
const NAME: usize = 60;

/// What is visible of a page; `source` is the file's text.
pub(super) fn visible(parsed: &Parsed<'_>, metadata: &Metadata, source: &str) -> VisiblePage {
    let pieces = &parsed.seen;
    let own = OwnAddress::of(metadata.addresses.iter().flatten().map(|address| &**address), parsed.head.base);
    let mut targets = vec![LinkTarget::None; parsed.items.list.len()];
    for link in &pieces.links {
        let href =
            parsed.items.list[link.item as usize].link.and_then(|link| parsed.links.get(link as usize));
        if let Some(href) = href {
            targets[link.item as usize] = own.target(&meta::text(href));
        }
    }
    let [title, og_title, _] = &metadata.titles;
    let titles: Vec<&str> = [og_title, &metadata.title, title].into_iter().flatten().map(|t| &**t).collect();
    let roles =
        Roles::of(&parsed.document, &parsed.items, pieces, &titles, metadata.site_name.as_deref(), &targets);
    let (text, ranges) = assembled(pieces);
    let mut selectors = Selectors::of(&parsed.document, &parsed.items);
    let parts = parts(pieces, &ranges, &roles, &mut selectors, source);
    let headline = roles.headline.map(|piece| pieces.text_of(&pieces.list[piece]).to_owned());
    let headline = headline.or_else(|| metadata.title.clone());
    let beside = headline.as_deref().map(|headline| beside(pieces, &roles, headline)).unwrap_or_default();
    let head = PageHead {
        // An empty element says something: that nobody wrote a title.
        title: title.clone().or_else(|| parsed.head.title.map(meta::text)),
        og_title: og_title.clone(),
        description: metadata.description.clone(),
        headline,
        names: names(pieces, &roles, metadata, &own),
        beside,
    };
    VisiblePage { text, parts, elements: selectors.elements, selectors: selectors.text, head }
}

fn parts(
    pieces: &Pieces,
    ranges: &[Range<u32>],
    roles: &Roles<'_>,
    selectors: &mut Selectors<'_>,
    source: &str,
) -> Vec<VisiblePart> {
    let mut parts = Vec::with_capacity(pieces.list.len() + pieces.links.len());
    let mut places = Vec::with_capacity(parts.capacity());
    let mut links = pieces.links.iter().peekable();
    for (number, (piece, range)) in pieces.list.iter().zip(ranges).enumerate() {
        let shares_block =
            piece.gap == Gap::Line || pieces.list.get(number + 1).is_some_and(|next| next.gap == Gap::Line);
        let kind = match piece.kind {
            BlockKind::Heading(level) => PartKind::Heading(level),
            BlockKind::ListItem | BlockKind::TableRow => PartKind::Item,
            _ if shares_block => PartKind::Line,
            _ => PartKind::Block,
        };
        let whole = roles.whole_link(number);
        let mut part = |range: Range<u32>, kind, link: Option<u32>, item, place| {
            places.push(place);
            parts.push(VisiblePart {
                range,
                kind,
                role: roles.role(number, link),
                target: link.map(|link| roles.target(link)).unwrap_or_default(),
                line: 0,
                column: 0,
                element: selectors.element(item),
            });
        };
        part(range.clone(), kind, whole, piece.item, piece.source);
        while let Some(link) = links.next_if(|link| link.piece == number) {
            let start = range.start + (link.range.start - piece.range.start) as u32;
            if whole.is_none() {
                let range = start..start + link.range.len() as u32;
                part(range, PartKind::Link, Some(link.item), link.item, link.source);
            }
        }
    }
    for (part, (line, column)) in parts.iter_mut().zip(lines_of(source, &places)) {
        (part.line, part.column) = (line, column);
    }
    parts
}

/// The line and the column, in characters, of each of these places of a text, both from 1. One pass, whatever their order.
pub(crate) fn lines_of(text: &str, places: &[u32]) -> Vec<(u32, u32)> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&at| places[at]);
    let bytes = text.as_bytes();
    let mut found = vec![(1, 1); places.len()];
    let (mut at, mut line, mut column) = (0, 1, 1);
    for number in order {
        let place = (places[number] as usize).min(bytes.len());
        let between = &bytes[at..place];
        let mut last = 0;
        for end in memchr::memchr_iter(b'\n', between) {
            line += 1;
            (last, column) = (end + 1, 1);
        }
        // The bytes with which characters go on begin none.
        column += between[last..].iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32;
        at = place;
        found[number] = (line, column);
    }
    found
}

/// What stands before or behind the headline in lines that have both. Linear in the lines that are about as long.
fn beside(pieces: &Pieces, roles: &Roles<'_>, headline: &str) -> Vec<String> {
    let headline: Vec<char> = meta::letters(headline).collect();
    let mut found: Vec<String> = Vec::new();
    if headline.is_empty() {
        return found;
    }
    let mut links = pieces.links.iter().peekable();
    for (number, piece) in pieces.list.iter().enumerate() {
        let mut leads = roles.whole_link(number).is_some_and(|link| roles.target(link) == LinkTarget::Page);
        while let Some(link) = links.next_if(|link| link.piece <= number) {
            leads |= link.piece == number && roles.target(link.item) == LinkTarget::Page;
        }
        // A letter takes four bytes at most, and what stands between words is little.
        let longest = 6 * headline.len() + NAME;
        if leads || piece.len() <= headline.len() || piece.len() > longest {
            continue;
        }
        let rest = meta::beside(pieces.text_of(piece), &headline).map(str::trim);
        if let Some(rest) = rest.filter(|rest| rest.len() <= NAME && found.len() < NAMES)
            && !found.iter().any(|other| meta::same_words(other, rest))
        {
            found.push(rest.to_owned());
        }
    }
    found
}

fn names(pieces: &Pieces, roles: &Roles<'_>, metadata: &Metadata, own: &OwnAddress) -> Vec<String> {
    let mut names: Vec<String> = metadata.site_name.iter().cloned().collect();
    let home = pieces.links.iter().filter(|link| roles.target(link.item) == LinkTarget::Home);
    names.extend(home.map(|link| pieces.text[link.range.clone()].to_owned()));
    // `sound-courier.example` is what people call Sound Courier.
    names.extend(own.host().map(str::to_owned));
    names.extend(own.host().and_then(|host| host.rsplit('.').nth(1)).map(str::to_owned));
    names.retain(|name| name.len() <= NAME);
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if kept.len() < NAMES && !kept.iter().any(|other| meta::same_words(other, &name)) {
            kept.push(name);
        }
    }
    kept
}
