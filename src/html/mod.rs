//! HTML pages: the text of the article, or all that is visible, and what the page says of itself.
//!
//! Bytes become text (`charset`), one pass over the tags bounds what the parser can be made to do and takes
//! the metadata out of the head (`guard`), and `dom_query` builds the elements as browsers do. Where the article is the
//! page's own structure says, or else where its prose stands together (`region`); what stands there and is not of it
//! is known by its form (`shape`, `parts`), which bears out or belies its name (`marks`); then lines are taken in and
//! out (`main_text`, `lines`). The rules know phenomena, not sites: a lead outside of the article's element, lines that
//! only point elsewhere, captions, credits, comments.
//!
//! The same bytes give the same text on every machine; [`EXTRACTION_VERSION`](crate::recipe::EXTRACTION_VERSION) changes when the text does.
//!
//! ```
//! use wirecopy::html::{HtmlMode, read};
//!
//! let page = b"<title>Ferry back in service</title><nav><a href=/>Home</a></nav>\
//!     <p>The ferry across the sound runs again, the harbour office says.</p>";
//! let page = read(page, None, HtmlMode::Main)?;
//! assert_eq!(page.title.as_deref(), Some("Ferry back in service"));
//! assert_eq!(page.text, "The ferry across the sound runs again, the harbour office says.");
//! # Ok::<(), wirecopy::Reason>(())
//! ```

mod address;
mod cut;
mod dates;
mod entity;
mod guard;
mod lines;
mod main_text;
mod marks;
mod meta;
mod parts;
mod paths;
mod region;
mod roles;
mod shape;
mod tree;
mod visible;

use std::borrow::Cow;
use std::ops::Range;

use dom_query::Document;

use crate::charset;
use crate::error::Reason;
use cut::{Gap, Pieces, View};
use tree::{Items, NodeRole};

pub use address::LinkTarget;
pub(crate) use address::plain_path;
pub use roles::PlaceRole;
pub(crate) use visible::lines_of;
pub use visible::{PageElement, PageHead, PartKind, VisiblePage, VisiblePart};

/// Which of a page's text is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HtmlMode {
    /// The article, without navigation, comments, captions and the like.
    #[default]
    Main,
    /// Everything that is visible.
    All,
}

/// A page that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HtmlPage {
    /// The text: paragraphs parted by an empty line, items of lists and rows of tables on lines of their own,
    /// white space collapsed.
    pub text: String,
    /// The headline, without the site's name where that is known to be one: JSON-LD's, else `og:title`, else
    /// `<title>`, else the first `<h1>`.
    pub title: Option<String>,
    /// The headings within `text`, in order.
    pub headings: Vec<Heading>,
    /// The address that the page says is its own: `<link rel=canonical>`, else `og:url`, else JSON-LD's.
    pub canonical_url: Option<String>,
    /// When it was published: `2024-11-20`, or RFC 3339 where the page gives a time with its zone.
    pub date: Option<String>,
    /// The site's name.
    pub site_name: Option<String>,
    /// Who wrote it; several names are parted by commas.
    pub author: Option<String>,
    /// The language, as the page spells it: `de`, `pt-BR`.
    pub language: Option<String>,
    /// How many invalid sequences became U+FFFD.
    pub replaced: u32,
    /// The name of the charset, as the Encoding Standard spells it.
    pub encoding: &'static str,
    /// Where the page's head and first `<h1>` hold a title. Of those that are `same` as the title, one each is
    /// what every well-made page has, and no repeat.
    pub echoes: Vec<Echo>,
    /// The blocks of `text`, or those that were asked for, in order and without overlap.
    pub blocks: Vec<TextBlock>,
}

/// A heading of a page's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1 for `h1`, to 6.
    pub level: u8,
    /// Its text.
    pub text: String,
}

/// A title that a page holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// Where it stands.
    pub source: EchoSource,
    /// What stands there, with the site's name if that is there.
    pub text: String,
    /// Whether it is the page's title, the site's name, case and punctuation aside.
    pub same: bool,
}

/// Where a page holds a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EchoSource {
    /// `<title>`.
    TitleElement,
    /// `<meta property="og:title">`.
    OpenGraph,
    /// The first `<h1>`.
    FirstHeading,
}

/// A block of a page's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextBlock {
    /// Its bytes in the text, half open.
    pub range: Range<u32>,
    /// Its kind.
    pub kind: BlockKind,
    /// Where its element stands among the elements that a browser would build, formatting, scripts and the like
    /// left out: `body > article > h2:nth-of-type(2)`. Empty where the text came out of JSON-LD.
    pub path: String,
    /// Whether all of it is in links.
    pub in_link: bool,
}

/// What kind of block a stretch of a page's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// `h1` to `h6`, with its level.
    Heading(u8),
    /// A heading that is the page's title.
    Title,
    /// A paragraph, or text that stands in a block of no special kind.
    Paragraph,
    /// An item of a list.
    ListItem,
    /// A row of a table.
    TableRow,
    /// Something quoted.
    Quote,
    /// The caption of a picture or a table.
    Caption,
    /// Text whose line breaks are kept.
    Preformatted,
}

/// Reads a page. `hint` is the charset of whoever handed it over: a label, or a `Content-Type` value, whose
/// `application/xhtml+xml` says too that elements may close themselves, as an XML declaration does.
///
/// Linear in the length of `bytes`: nesting and attributes are bounded first, and what is nested deeper than any
/// page that people write is flattened into the element above. A tag that the page's end cuts off is lost.
///
/// # Errors
/// [`Reason::Binary`] where the bytes are no text.
pub fn read(bytes: &[u8], hint: Option<&str>, mode: HtmlMode) -> Result<HtmlPage, Reason> {
    Ok(Extraction::of(&charset::decode(bytes, hint, true)?, hint, mode).page)
}

/// Reads a page as [`read`] does, and says where in it each block of the text stands.
///
/// # Errors
/// As [`read`].
pub fn read_with_blocks(bytes: &[u8], hint: Option<&str>, mode: HtmlMode) -> Result<HtmlPage, Reason> {
    let mut extraction = Extraction::of(&charset::decode(bytes, hint, true)?, hint, mode);
    extraction.page.blocks = extraction.blocks();
    Ok(extraction.page)
}

/// Reads a page as [`read`] does, and all that is visible of it, in one pass over its elements. Where all is wanted and nothing else
/// says when it was published, its article is looked for to know that, if `dated` says so.
///
/// # Errors
/// As [`read`].
pub fn read_with_visible(
    bytes: &[u8],
    hint: Option<&str>,
    mode: HtmlMode,
    dated: bool,
) -> Result<(HtmlPage, VisiblePage), Reason> {
    let text = charset::decode(bytes, hint, true)?;
    let parsed = Parsed::of(&text, hint, true, mode);
    let metadata = parsed.metadata();
    let visible = visible::visible(&parsed, &metadata, &text.text);
    Ok((Extraction::of_parsed(parsed, metadata, &text, mode, dated).page, visible))
}

/// All of the text of a fragment of a page, without what only a page says of itself.
///
/// # Errors
/// As [`read`].
pub(crate) fn text_of_fragment(fragment: &str) -> Result<String, Reason> {
    let hint = Some("utf-8");
    let text = charset::decode(fragment.as_bytes(), hint, true)?;
    Ok(assembled(&Parsed::of(&text, hint, true, HtmlMode::All).seen).0)
}

/// A page's elements, with all of its text and what stands in its head.
struct Parsed<'a> {
    document: Document,
    items: Items,
    /// All that may be of the article, unless all that is visible is wanted instead.
    pieces: Pieces,
    /// All that is visible, if that is wanted.
    seen: Pieces,
    head: guard::Head<'a>,
    /// Where links lead, by number, if what is visible is wanted.
    links: Vec<&'a str>,
}

impl<'a> Parsed<'a> {
    fn of(
        text: &'a charset::Transcoded<'_>,
        hint: Option<&str>,
        visible: bool,
        mode: HtmlMode,
    ) -> Parsed<'a> {
        let rules = guard::Rules { visible, xml: is_xhtml(&text.text, hint) };
        let guarded = guard::guard(&text.text, rules);
        let document = Document::from(guarded.html);
        let items = Items::of(&document);
        let cut = |view, wanted: bool| {
            if wanted { cut::cut(&document, &items, view, &[]) } else { Pieces::default() }
        };
        let pieces = cut(View::Article, mode == HtmlMode::Main);
        let seen = cut(View::Visible, visible);
        Parsed { document, items, pieces, seen, head: guarded.head, links: guarded.links }
    }

    fn metadata(&self) -> meta::Metadata {
        let pieces = if self.pieces.list.is_empty() { &self.seen } else { &self.pieces };
        meta::metadata(&self.head, first_heading(&self.items, pieces))
    }
}

/// The text of pieces, and where in it each of them stands.
fn assembled(pieces: &Pieces) -> (String, Vec<Range<u32>>) {
    let mut text = String::with_capacity(pieces.list.iter().map(|piece| piece.len() + 2).sum());
    let mut ranges = Vec::with_capacity(pieces.list.len());
    for piece in &pieces.list {
        if !text.is_empty() {
            text.push_str(if piece.gap == Gap::Paragraph { "\n\n" } else { "\n" });
        }
        let start = text.len() as u32;
        text.push_str(pieces.text_of(piece));
        ranges.push(start..text.len() as u32);
    }
    (text, ranges)
}

/// A page and what its text was made of.
struct Extraction {
    page: HtmlPage,
    document: Document,
    items: Items,
    pieces: Pieces,
    /// Where each piece stands in the page's text.
    ranges: Vec<Range<u32>>,
}

impl Extraction {
    fn of(text: &charset::Transcoded<'_>, hint: Option<&str>, mode: HtmlMode) -> Extraction {
        let parsed = Parsed::of(text, hint, mode == HtmlMode::All, mode);
        let metadata = parsed.metadata();
        Extraction::of_parsed(parsed, metadata, text, mode, true)
    }

    fn of_parsed(
        parsed: Parsed<'_>,
        mut metadata: meta::Metadata,
        text: &charset::Transcoded<'_>,
        mode: HtmlMode,
        dated: bool,
    ) -> Extraction {
        let Parsed { document, items, pieces: mut everything, seen, .. } = parsed;
        // Who wants all of the page needs the article only to know its date.
        let asks_date = mode == HtmlMode::All && dated && metadata.date.is_none();
        if asks_date {
            everything = cut::cut(&document, &items, View::Article, &[]);
        }
        let asks_article = mode == HtmlMode::Main || asks_date;
        let main = asks_article
            .then(|| main_text::main_text(&document, &items, &everything, metadata.title.as_deref()));
        metadata.date = metadata.date.or_else(|| dates::published(&document, &items, main.as_ref()?));
        let pieces = match main {
            _ if mode == HtmlMode::All => seen,
            Some(main) if !main.pieces.list.is_empty() => main.pieces,
            _ => everything,
        };
        let mut extraction = Extraction::assembled(document, items, pieces);
        if mode == HtmlMode::Main {
            extraction.prefer_body(metadata.body.as_deref());
        }
        extraction.describe(metadata, text);
        extraction
    }

    /// Puts the pieces together.
    fn assembled(document: Document, items: Items, pieces: Pieces) -> Extraction {
        let (text, ranges) = assembled(&pieces);
        let heading = |piece: &cut::TextPiece| match piece.kind {
            BlockKind::Heading(level) => Some(Heading { level, text: pieces.text_of(piece).to_owned() }),
            _ => None,
        };
        let headings = pieces.list.iter().filter_map(heading).collect();
        let page = HtmlPage { text, headings, ..HtmlPage::default() };
        Extraction { page, document, items, pieces, ranges }
    }

    /// Takes the text out of JSON-LD where the page shows only a part of it, or builds itself by script.
    fn prefer_body(&mut self, body: Option<&str>) {
        let Some(body) = body.filter(|body| body.len() >= 500) else { return };
        if self.page.text.len() * 2 >= body.len() {
            return;
        }
        let body = plain(body);
        if self.page.text.len() * 2 < body.len() {
            self.page.text = body;
            self.page.headings.clear();
            self.pieces.list.clear();
            self.ranges.clear();
        }
    }

    fn describe(&mut self, metadata: meta::Metadata, text: &charset::Transcoded<'_>) {
        let sources = [EchoSource::TitleElement, EchoSource::OpenGraph, EchoSource::FirstHeading];
        let site = metadata.site_name.as_deref();
        let title = metadata.title.as_deref();
        let echo = |(source, text): (EchoSource, Option<String>)| {
            let text = text?;
            let same = title.is_some_and(|title| meta::is_title(&text, title, site));
            Some(Echo { source, text, same })
        };
        self.page.echoes = sources.into_iter().zip(metadata.titles).filter_map(echo).collect();
        self.page.title = metadata.title;
        self.page.canonical_url = metadata.canonical_url;
        self.page.date = metadata.date;
        self.page.site_name = metadata.site_name;
        self.page.author = metadata.author;
        self.page.language = metadata.language;
        self.page.replaced = text.replaced;
        self.page.encoding = text.encoding;
    }

    /// The blocks of the pieces.
    fn blocks(&self) -> Vec<TextBlock> {
        if self.pieces.list.is_empty() {
            let range = 0..self.page.text.len() as u32;
            let block = TextBlock { range, kind: BlockKind::Paragraph, path: String::new(), in_link: false };
            return if self.page.text.is_empty() { Vec::new() } else { vec![block] };
        }
        let mut paths = paths::Paths::of(&self.document, &self.items);
        let pieces = self.pieces.list.iter().zip(&self.ranges);
        pieces.map(|(piece, range)| self.block(piece, range.clone(), &mut paths)).collect()
    }

    fn block(&self, piece: &cut::TextPiece, range: Range<u32>, paths: &mut paths::Paths<'_>) -> TextBlock {
        let text = &self.page.text[range.start as usize..range.end as usize];
        let is_title = || self.page.title.as_deref().is_some_and(|title| meta::same_words(title, text));
        let kind = match piece.kind {
            BlockKind::Heading(_) if is_title() => BlockKind::Title,
            kind => kind,
        };
        TextBlock { range, kind, path: paths.path(piece.item), in_link: piece.linked == piece.len() }
    }
}

/// Whether a page is XML, by its declaration or whoever handed it over. A doctype of XHTML says nothing: most of those pages are
/// sent, and written, as HTML.
fn is_xhtml(text: &str, hint: Option<&str>) -> bool {
    let named = |hint: &str| hint.to_ascii_lowercase().contains("application/xhtml+xml");
    text.trim_start().starts_with("<?xml") || hint.is_some_and(named)
}

/// The text of the first `<h1>` that has any.
fn first_heading<'a>(items: &Items, pieces: &'a Pieces) -> Option<&'a str> {
    let is_first = |piece: &&cut::TextPiece| items.list[piece.item as usize].kind == NodeRole::Heading(1);
    let piece = pieces.list.iter().find(is_first)?;
    Some(pieces.text_of(piece))
}

/// The text of a JSON-LD `articleBody`, which is plain, or HTML, or escaped HTML; a line is a paragraph.
fn plain(body: &str) -> String {
    let decoded = entity::decode(body);
    let body: Cow<'_, str> = if decoded.contains("</") || decoded.contains("<br") {
        let html = guard::guard(&decoded, guard::Rules::default()).html;
        let document = Document::from(html);
        let pieces = cut::cut(&document, &Items::of(&document), View::Article, &[]);
        let lines: Vec<&str> = pieces.list.iter().map(|piece| pieces.text_of(piece)).collect();
        lines.join("\n").into()
    } else {
        decoded
    };
    let lines = body.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests;
