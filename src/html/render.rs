//! Elements to text: paragraphs, headings, lists, and where each block stood.

use std::ops::Range;

use dom_query::{NodeData, NodeId, NodeRef};

/// What kind of block a stretch of a page's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// `h1` to `h6`, with its level.
    Heading(u8),
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

/// A block of a page's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its bytes in the text, half open.
    pub range: Range<u32>,
    /// Its kind.
    pub kind: BlockKind,
    /// Where its element stands in the page as a browser would build it, scripts, styles and formatting left
    /// out: `body > article > h2:nth-of-type(2)`.
    pub path: String,
    /// Whether all of it is one link or several.
    pub in_link: bool,
}

/// What parts two pieces of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

#[derive(Debug)]
pub(super) struct Rendered {
    pub text: String,
    pub blocks: Vec<Rough>,
}

/// A block whose path is not known yet.
#[derive(Debug)]
pub(super) struct Rough {
    pub range: Range<usize>,
    pub kind: BlockKind,
    pub node: NodeId,
    pub in_link: bool,
}

struct Renderer {
    root: NodeId,
    out: Rendered,
    gap: Gap,
    /// Elements that are open, outermost first, with the kind of block they make.
    blocks: Vec<(NodeId, BlockKind)>,
    links: usize,
    preformatted: usize,
}

/// The text under `root`, top to bottom. Linear, without recursion.
pub(super) fn render(root: &NodeRef<'_>) -> Rendered {
    let mut renderer = Renderer {
        root: root.id,
        out: Rendered { text: String::new(), blocks: Vec::new() },
        gap: Gap::None,
        blocks: vec![(root.id, BlockKind::Paragraph)],
        links: 0,
        preformatted: 0,
    };
    let tree = root.tree;
    let mut node = *root;
    let mut down = true;
    loop {
        if down {
            renderer.enter(&node);
            if let Some(child) = node.first_child() {
                node = child;
                continue;
            }
        }
        renderer.leave(&node);
        if node.id == root.id {
            return renderer.finish();
        }
        let (sibling, parent) = node.query_or((None, None), |node| (node.next_sibling, node.parent));
        match (sibling, parent) {
            (Some(next), _) => (node, down) = (NodeRef::new(next, tree), true),
            (None, Some(parent)) => (node, down) = (NodeRef::new(parent, tree), false),
            (None, None) => return renderer.finish(),
        }
    }
}

impl Renderer {
    fn enter(&mut self, node: &NodeRef<'_>) {
        node.query(|inner| match &inner.data {
            NodeData::Text { contents } => self.text(contents),
            NodeData::Element(element) => self.open(node.id, &element.name.local),
            _ => {}
        });
    }

    fn leave(&mut self, node: &NodeRef<'_>) {
        node.query(|inner| {
            if let NodeData::Element(element) = &inner.data {
                self.close(&element.name.local);
            }
        });
    }

    fn open(&mut self, id: NodeId, name: &str) {
        match name {
            "a" => self.links += 1,
            "pre" => self.preformatted += 1,
            "br" => self.line_break(),
            _ => {}
        }
        let (gap, kind) = shape(name);
        self.gap = self.gap.max(gap);
        if let Some(kind) = kind {
            self.blocks.push((id, self.inherited(kind)));
        }
    }

    /// A paragraph in a quotation is a quotation, one in an item an item.
    fn inherited(&self, kind: BlockKind) -> BlockKind {
        match (kind, self.blocks.last()) {
            (BlockKind::Paragraph, Some(&(_, outer))) => outer,
            _ => kind,
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => self.links -= 1,
            "pre" => self.preformatted -= 1,
            _ => {}
        }
        let (gap, kind) = shape(name);
        self.gap = self.gap.max(gap);
        if kind.is_some() {
            self.blocks.pop();
        }
    }

    /// One break ends a line, two a paragraph.
    fn line_break(&mut self) {
        self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            return self.preformatted(text);
        }
        if text.starts_with(is_space) {
            self.gap = self.gap.max(Gap::Space);
        }
        for (i, word) in text.split(is_space).filter(|word| !word.is_empty()).enumerate() {
            if i > 0 {
                self.out.text.push(' ');
                self.out.text.push_str(word);
            } else {
                self.first_word(word);
            }
        }
        if let Some(block) = self.out.blocks.last_mut() {
            block.range.end = self.out.text.len();
        }
        if text.ends_with(is_space) {
            self.gap = self.gap.max(Gap::Space);
        }
    }

    fn preformatted(&mut self, text: &str) {
        for (i, line) in text.lines().enumerate() {
            if i > 0 {
                self.line_break();
            }
            let line = line.trim();
            if !line.is_empty() {
                self.first_word(line);
            }
        }
        if text.ends_with('\n') {
            self.line_break();
        }
        if let Some(block) = self.out.blocks.last_mut() {
            block.range.end = self.out.text.len();
        }
    }

    /// A word behind a gap.
    fn first_word(&mut self, word: &str) {
        let text = &mut self.out.text;
        let begins = text.is_empty() || self.gap >= Gap::Line;
        if !text.is_empty() {
            text.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
        }
        self.gap = Gap::None;
        let in_link = self.links > 0;
        let start = text.len();
        text.push_str(word);
        if begins {
            let (node, kind) = self.blocks.last().copied().unwrap_or((self.root, BlockKind::Paragraph));
            self.out.blocks.push(Rough { range: start..text.len(), kind, node, in_link });
        } else if let Some(block) = self.out.blocks.last_mut() {
            block.in_link &= in_link;
        }
    }

    fn finish(self) -> Rendered {
        self.out
    }
}

/// White space as HTML has it, the no-break space with it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

/// The gap around an element, and the kind of block that it makes.
fn shape(name: &str) -> (Gap, Option<BlockKind>) {
    let heading = |level| (Gap::Paragraph, Some(BlockKind::Heading(level)));
    match name {
        "h1" => heading(1),
        "h2" => heading(2),
        "h3" => heading(3),
        "h4" => heading(4),
        "h5" => heading(5),
        "h6" => heading(6),
        "li" | "dd" | "dt" => (Gap::Line, Some(BlockKind::ListItem)),
        "tr" => (Gap::Line, Some(BlockKind::TableRow)),
        "td" | "th" => (Gap::Space, None),
        "blockquote" => (Gap::Paragraph, Some(BlockKind::Quote)),
        "figcaption" | "caption" => (Gap::Paragraph, Some(BlockKind::Caption)),
        "pre" => (Gap::Paragraph, Some(BlockKind::Preformatted)),
        "p" | "div" | "section" | "article" | "main" | "header" | "footer" | "aside" | "nav" | "ul" | "ol"
        | "dl" | "table" | "tbody" | "thead" | "tfoot" | "figure" | "form" | "fieldset" | "legend" | "address"
        | "hr" | "center" | "details" | "summary" | "dialog" | "hgroup" | "menu" | "dir" | "body" | "search" => {
            (Gap::Paragraph, Some(BlockKind::Paragraph))
        }
        _ => (Gap::None, None),
    }
}
