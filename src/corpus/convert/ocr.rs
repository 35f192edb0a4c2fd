//! What OCR writes of a page: ALTO, PAGE and hOCR. Every block is a document, with its page and its own name in its id.

use quick_xml::events::BytesStart;

use super::parcel::{Found, Unpacked};
use super::xml::{Events, OpenElements, XmlEvent, attribute};

/// Which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OcrKind {
    Alto,
    Page,
    Hocr,
}

pub(super) fn unpack(text: &str, kind: OcrKind, unpacked: &mut Unpacked<'_>) {
    let mut blocks = Blocks { unpacked, pages: 0, blocks: 0, page: "1".to_owned() };
    let done = match kind {
        OcrKind::Alto => alto(text, &mut blocks),
        OcrKind::Page => page(text, &mut blocks),
        OcrKind::Hocr => hocr(text, &mut blocks),
    };
    if let Err(reason) = done {
        unpacked.lost(reason);
    }
}

/// Takes blocks, and names them by where they stand.
struct Blocks<'a, 'b> {
    unpacked: &'a mut Unpacked<'b>,
    pages: usize,
    blocks: usize,
    page: String,
}

impl Blocks<'_, '_> {
    /// A page begins; by its number where it has no name.
    fn page(&mut self, name: Option<String>) {
        self.pages += 1;
        self.blocks = 0;
        self.page = name.unwrap_or_else(|| self.pages.to_string());
    }

    /// A block begins; by its number where it has no name.
    fn block(&mut self, name: Option<String>) -> Block {
        self.blocks += 1;
        let name = name.unwrap_or_else(|| self.blocks.to_string());
        Block { part: format!("{}/{name}", self.page), text: String::new() }
    }

    /// A block ends. What has no text is a picture, or a line between columns.
    fn take(&mut self, block: Block) {
        if !block.text.is_empty() {
            let Block { part, text } = block;
            self.unpacked.take(&Found { part: Some(part), text: text.into(), ..Found::default() });
        }
    }
}

/// A block that is being read.
struct Block {
    /// What its id ends with.
    part: String,
    text: String,
}

/// What ends a line within a word and is nothing else: the not sign that OCR writes for a hyphen, the double one of old print,
/// the soft one.
const PARTED: [char; 3] = ['\u{AC}', '\u{2E17}', SOFT];
const SOFT: char = '\u{AD}';
/// What does so and is also part of words.
const HYPHENS: [char; 2] = ['-', '\u{2010}'];

impl Block {
    /// Takes a line. Where the one before ends with a hyphen within a word, the word is put together: its rest begins with a
    /// small letter, or a letter of a script that has none.
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(first) = words.first().and_then(|word| word.chars().next()) else { return };
        let mut before = self.text.chars().rev();
        let (last, other) = (before.next(), before.next());
        let is_hyphen =
            |last: char| PARTED.contains(&last) || (HYPHENS.contains(&last) && !first.is_uppercase());
        let is_within = first.is_alphabetic() && other.is_some_and(char::is_alphabetic);
        if is_within && last.is_some_and(is_hyphen) {
            self.text.pop();
        } else if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&words.join(" "));
    }
}

/// Whether all blocks ended.
fn whole(is_whole: bool) -> Result<(), String> {
    if is_whole { Ok(()) } else { Err("cut off in a block".to_owned()) }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// ALTO says of the parts of a word that a line's end parts what the word is, or that a hyphen stands there.
fn alto(text: &str, blocks: &mut Blocks<'_, '_>) -> Result<(), String> {
    let mut events = Events::new(text);
    let mut block: Option<Block> = None;
    let (mut line, mut is_whole) = (String::new(), false);
    while let Some(event) = events.next()? {
        match event {
            XmlEvent::Start { element, .. } => match element.local_name().as_ref() {
                "Page" => {
                    blocks.page(attribute(&element, "ID").or_else(|| attribute(&element, "PHYSICAL_IMG_NR")));
                }
                "TextBlock" => {
                    line.clear();
                    if let Some(block) = block.replace(blocks.block(attribute(&element, "ID"))) {
                        blocks.take(block);
                    }
                }
                "String" => {
                    let whole = attribute(&element, "SUBS_CONTENT");
                    let part = attribute(&element, "SUBS_TYPE");
                    is_whole = whole.is_some() && part.as_deref() == Some("HypPart1");
                    let word = match (part.as_deref(), whole) {
                        // The line before has the word.
                        (Some("HypPart2"), Some(_)) => None,
                        (Some("HypPart1"), Some(whole)) => Some(whole),
                        _ => attribute(&element, "CONTENT"),
                    };
                    line.push_str(&word.unwrap_or_default());
                    line.push(' ');
                }
                "HYP" if !is_whole => {
                    line.truncate(line.trim_end().len());
                    line.push(SOFT);
                }
                _ => {}
            },
            XmlEvent::End(name) => match local(&name) {
                "TextLine" => {
                    if let Some(block) = &mut block {
                        block.line(&line);
                    }
                    line.clear();
                }
                "TextBlock" => block.take().into_iter().for_each(|block| blocks.take(block)),
                _ => {}
            },
            XmlEvent::Text(_) => {}
        }
    }
    whole(block.is_none())
}

/// What of PAGE has a text of its own.
enum Level {
    /// A block, its own text, and its lines.
    Region(Block, Option<String>, Vec<String>),
    /// A line, its own text, and its words.
    Line(Option<String>, Vec<String>),
    Word(Option<String>),
    Glyph,
}

/// PAGE has the text of a block, of its lines, of their words, or of all of them. Of several readings the first counts.
fn page(text: &str, blocks: &mut Blocks<'_, '_>) -> Result<(), String> {
    let mut events = Events::new(text);
    let mut levels: Vec<Level> = Vec::new();
    let mut read: Option<String> = None;
    while let Some(event) = events.next()? {
        match event {
            XmlEvent::Start { is_empty: true, .. } => {}
            XmlEvent::Start { element, .. } => match element.local_name().as_ref() {
                "Page" => blocks.page(attribute(&element, "imageFilename")),
                "TextRegion" => {
                    let block = blocks.block(attribute(&element, "id"));
                    levels.push(Level::Region(block, None, Vec::new()));
                }
                "TextLine" => levels.push(Level::Line(None, Vec::new())),
                "Word" => levels.push(Level::Word(None)),
                "Glyph" => levels.push(Level::Glyph),
                "Unicode" => read = Some(String::new()),
                _ => {}
            },
            XmlEvent::Text(text) => read.iter_mut().for_each(|read| read.push_str(&text)),
            XmlEvent::End(name) => match local(&name) {
                "Unicode" => {
                    let own = match levels.last_mut() {
                        Some(Level::Region(_, own, _) | Level::Line(own, _) | Level::Word(own)) => own,
                        Some(Level::Glyph) | None => &mut None,
                    };
                    if let Some(read) = read.take().filter(|read| own.is_none() && !read.trim().is_empty()) {
                        *own = Some(read);
                    }
                }
                "TextRegion" | "TextLine" | "Word" | "Glyph" => match (levels.pop(), levels.last_mut()) {
                    (Some(Level::Region(mut block, own, lines)), _) => {
                        let own = own.filter(|_| lines.is_empty());
                        lines.iter().for_each(|line| block.line(line));
                        own.iter().flat_map(|own| own.lines()).for_each(|line| block.line(line));
                        blocks.take(block);
                    }
                    (Some(Level::Line(own, words)), Some(Level::Region(_, _, lines))) => {
                        lines.extend(own.or_else(|| (!words.is_empty()).then(|| words.join(" "))));
                    }
                    (Some(Level::Word(own)), Some(Level::Line(_, words))) => words.extend(own),
                    _ => {}
                },
                _ => {}
            },
        }
    }
    whole(levels.is_empty())
}

/// What an element of hOCR is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Page,
    Block,
    Line,
    Word,
    None,
}

impl Role {
    fn of(element: &BytesStart<'_>) -> Role {
        let class = attribute(element, "class").unwrap_or_default();
        let role = |class: &str| match class {
            "ocr_page" => Role::Page,
            "ocr_carea" | "ocr_column" | "ocr_par" => Role::Block,
            "ocr_line" | "ocrx_line" | "ocr_header" | "ocr_footer" | "ocr_caption" | "ocr_textfloat" => {
                Role::Line
            }
            "ocrx_word" => Role::Word,
            _ => Role::None,
        };
        class.split_ascii_whitespace().map(role).find(|role| *role != Role::None).unwrap_or(Role::None)
    }
}

/// Elements of HTML that never end.
const VOID: [&str; 8] = ["area", "base", "br", "col", "hr", "img", "link", "meta"];

/// hOCR is a page of HTML whose classes say what OCR saw. An area is a block, and a paragraph where it is in no area.
fn hocr(text: &str, blocks: &mut Blocks<'_, '_>) -> Result<(), String> {
    let mut events = Events::new(text);
    let mut open = OpenElements::new();
    let mut has_block = false;
    let mut block: Option<Block> = None;
    let mut line = String::new();
    while let Some(event) = events.next()? {
        match event {
            XmlEvent::Start { element, is_empty } => {
                let name = element.name().as_ref().to_owned();
                let role = Role::of(&element);
                match role {
                    Role::Page => blocks.page(attribute(&element, "id")),
                    Role::Block if block.is_none() => block = Some(blocks.block(attribute(&element, "id"))),
                    Role::Block | Role::Line => end_line(&mut block, &mut line),
                    Role::Word => line.push(' '),
                    Role::None => {}
                }
                // A block in a block goes on with it.
                let role = if role == Role::Block && has_block { Role::Line } else { role };
                if !is_empty && !VOID.contains(&name.as_str()) {
                    has_block |= role == Role::Block;
                    open.push(name, role);
                }
            }
            XmlEvent::Text(text) if block.is_some() => line.push_str(&text),
            XmlEvent::Text(_) => {}
            XmlEvent::End(name) => {
                for role in open.close(&name) {
                    has_block &= role != Role::Block;
                    match role {
                        Role::Line => end_line(&mut block, &mut line),
                        Role::Block | Role::Page => {
                            end_line(&mut block, &mut line);
                            block.take().into_iter().for_each(|block| blocks.take(block));
                        }
                        Role::Word | Role::None => {}
                    }
                }
            }
        }
    }
    whole(block.is_none())
}

fn end_line(block: &mut Option<Block>, line: &mut String) {
    if let Some(block) = block {
        block.line(line);
    }
    line.clear();
}
