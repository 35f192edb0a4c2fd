//! The pass before the parser: one walk over a page's tags that bounds what the parser can be made to do, and
//! takes the metadata out of the head on the way.
//!
//! A page may hold a hundred thousand nested elements, tags that are never closed, attributes without end.
//! Parsers follow the standard, and the standard's repairs are quadratic in depth and in open formatting
//! elements. Here a tag costs its length. What is handed on holds no scripts,
//! styles, comments or formatting, at most [`MAX_DEPTH`] open elements, [`MAX_ELEMENTS`] elements and a few
//! short attributes an element. The text of what is deeper stays, flattened into the element above.

use memchr::{memchr, memchr3, memmem};

use super::{entity, marks};

/// Elements may be open at once; pages written by people have 60 at most, and what is deeper is flattened.
const MAX_DEPTH: usize = 128;

/// Elements that are handed on; text behind stays, flattened.
const MAX_ELEMENTS: usize = 500_000;

/// Bytes of an attribute's value that are kept.
const MAX_VALUE: usize = 512;

/// A page that ends within a tag loses no more than this; a tag that is longer is a quotation mark too much.
const MAX_CUT_OFF: usize = 4096;

/// Tags without an end that are looked at; each may cost a look at the whole rest.
const MAX_BROKEN: usize = 16;

/// Entities without a semicolon that are left to the parser, which takes microseconds for each.
const MAX_AMPERSANDS: usize = 10_000;

/// Open elements that an end tag looks through.
const MAX_SEARCH: usize = 64;

/// Entries of each kind of metadata that are kept.
const MAX_HEAD: usize = 512;

/// A page as it may be parsed, and what its head says, as it was written: with entities.
#[derive(Debug, Default)]
pub(super) struct Guarded<'a> {
    pub html: String,
    pub head: Head<'a>,
    /// Where the links lead, by number, if all that is visible is wanted.
    pub links: Vec<&'a str>,
}

/// The parts of a page that hold metadata.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub title: Option<&'a str>,
    pub language: Option<&'a str>,
    pub canonical: Option<&'a str>,
    /// What relative addresses are relative to.
    pub base: Option<&'a str>,
    /// Name, property or itemprop, and content.
    pub metas: Vec<(&'a str, &'a str)>,
    pub json_ld: Vec<&'a str>,
}

/// What becomes of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TagFate {
    /// Handed on.
    Keep,
    /// Left out; its text stays.
    Unwrap,
    /// Left out with everything up to its end tag.
    Drop,
    /// Handed on, and holds nothing.
    Void,
    /// A reading above a character, left out up to the next tag that is none of its text.
    Reading,
    /// Something to type into or to press: a mark of its place is handed on.
    Control,
}

struct Open<'a> {
    name: &'a str,
    kept: bool,
    /// It only changes how text looks, and was handed on, as a `<span>`, because the file hides it.
    veiled: bool,
}

struct Guard<'a> {
    input: &'a str,
    rules: Rules,
    out: Guarded<'a>,
    open: Vec<Open<'a>>,
    /// The open link's place in `open`.
    link: Option<usize>,
    kept: usize,
    /// Open elements that only change how text looks and are hidden.
    veils: usize,
    elements: usize,
    /// Places from which on a search was in vain, so that no search is made twice.
    no_comment_end: bool,
    endless: Vec<&'a str>,
    /// No `>` stands from here on.
    endless_from: usize,
    /// Tags that never end.
    broken: usize,
    /// Entities that were left to the parser.
    ampersands: usize,
    /// Where the end tag of the open button begins.
    button: Option<usize>,
}

/// The attributes that something after this looks at.
#[derive(Debug, Default, Clone, Copy)]
struct Attributes<'a> {
    class: Option<&'a str>,
    id: Option<&'a str>,
    role: Option<&'a str>,
    rel: Option<&'a str>,
    itemprop: Option<&'a str>,
    href: Option<&'a str>,
    aria_hidden: Option<&'a str>,
    hidden: bool,
    /// The file itself leaves it out of what is shown: what is only invisible, a script may show.
    unseen: bool,
    /// What vocabularies and labels say that it is.
    part: Option<&'static str>,
    lang: Option<&'a str>,
    name: Option<&'a str>,
    property: Option<&'a str>,
    content: Option<&'a str>,
    datetime: Option<&'a str>,
    pubdate: bool,
    /// It shows or hides another element.
    unfolds: bool,
    kind: Option<&'a str>,
}

/// How a page is to be read.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Rules {
    /// All that is visible is wanted too: what buttons say, where links lead, and where in the file texts stand.
    pub visible: bool,
    /// The page is XML: a tag that closes itself is a whole element.
    pub xml: bool,
}

/// Reads a page.
pub(super) fn guard(input: &str, rules: Rules) -> Guarded<'_> {
    let mut guard = Guard {
        input,
        rules,
        out: Guarded::default(),
        open: Vec::new(),
        link: None,
        kept: 0,
        veils: 0,
        elements: 0,
        no_comment_end: false,
        endless: Vec::new(),
        endless_from: usize::MAX,
        broken: 0,
        ampersands: 0,
        button: None,
    };
    guard.out.html.reserve(input.len() / 2);
    guard.run();
    guard.out
}

impl<'a> Guard<'a> {
    fn run(&mut self) {
        let bytes = self.input.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let open = memchr(b'<', &bytes[at..]).map_or(bytes.len(), |found| at + found);
            self.text(at, open);
            if open == bytes.len() {
                break;
            }
            if self.button.is_some_and(|end| open >= end) {
                self.button = None;
                self.out.html.push_str("</button>");
                at = after(bytes, b'>', open);
                continue;
            }
            at = match bytes.get(open + 1) {
                Some(b'!') => self.declaration(open),
                Some(b'?') => self.skip_to_end(open),
                Some(b'/') if bytes.get(open + 2).is_some_and(u8::is_ascii_alphabetic) => self.end_tag(open),
                Some(b'/') => self.skip_to_end(open),
                Some(byte) if byte.is_ascii_alphabetic() => self.start_tag(open),
                _ => {
                    self.out.html.push(entity::LESS);
                    open + 1
                }
            };
        }
    }

    /// Text, without NULs, which the parser would report one by one, and without entities.
    fn text(&mut self, from: usize, to: usize) {
        let text = &self.input[from..to];
        let mut at = 0;
        if self.rules.visible
            && let Some(first) = text.bytes().position(|b| !b.is_ascii_whitespace() && b != 0)
        {
            // Behind the space: to the parser a mark is a letter, and a table's spaces are no text. Zeros it leaves out.
            self.out.html.push_str(&text[..first]);
            self.out.html.extend(entity::mark(from + first));
            at = first;
        }
        while let Some(found) = memchr3(b'&', b'>', 0, &text.as_bytes()[at..]) {
            let html = &mut self.out.html;
            html.push_str(&text[at..at + found]);
            at += found + 1;
            match text.as_bytes()[at - 1] {
                b'>' => html.push(entity::GREATER),
                b'&' => at += self.ampersand(&text[at - 1..]) - 1,
                _ => {}
            }
        }
        self.out.html.push_str(&text[at..]);
    }

    /// What begins with an ampersand; how much of it that was.
    fn ampersand(&mut self, text: &str) -> usize {
        let html = &mut self.out.html;
        if let Some((decoded, length)) = entity::first(text) {
            html.extend(decoded.chars().map(|c| match c {
                '\u{a0}' => ' ',
                '&' => entity::AMPERSAND,
                '<' => entity::LESS,
                '>' => entity::GREATER,
                '\0' => char::REPLACEMENT_CHARACTER,
                c => c,
            }));
            return length;
        }
        // The old entities that need no semicolon are left to the parser.
        let may_be_one = text.as_bytes().get(1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'#');
        self.ampersands += usize::from(may_be_one);
        html.push(if may_be_one && self.ampersands <= MAX_AMPERSANDS { '&' } else { entity::AMPERSAND });
        1
    }

    /// A comment, a doctype, or what passes for one; where the next thing begins. A comment that is never
    /// closed ends at its first `>`: a browser hides the page's rest, which is text all the same.
    fn declaration(&mut self, open: usize) -> usize {
        let bytes = self.input.as_bytes();
        if bytes[open..].starts_with(b"<!--") {
            if bytes[open + 4..].starts_with(b">") {
                return open + 5;
            }
            if !self.no_comment_end {
                // `<!-->` and `<!--->` are whole comments.
                if let Some(found) = memmem::find(&bytes[open + 2..], b"-->") {
                    return open + 2 + found + 3;
                }
                self.no_comment_end = true;
            }
        }
        self.skip_to_end(open)
    }

    /// Behind the `>` of what began at `open`; without one, that was text.
    fn skip_to_end(&mut self, open: usize) -> usize {
        let bytes = self.input.as_bytes();
        if open < self.endless_from
            && let Some(found) = memchr(b'>', &bytes[open..])
        {
            return open + found + 1;
        }
        self.endless_from = self.endless_from.min(open);
        self.broken(open)
    }

    /// Takes a `<` whose tag never ends for text, unless the page was cut off within it.
    fn broken(&mut self, open: usize) -> usize {
        if self.input.len() - open <= MAX_CUT_OFF || self.broken == MAX_BROKEN {
            return self.input.len();
        }
        self.out.html.push(entity::LESS);
        open + 1
    }

    fn end_tag(&mut self, open: usize) -> usize {
        let (name, _) = name_at(self.input, open + 2);
        let end = after(self.input.as_bytes(), b'>', open);
        let is_open = fate(name) == TagFate::Keep || (self.veils > 0 && is_open_among(&self.open, name));
        if is_open && self.button.is_none() {
            self.close(name);
        } else {
            self.separate(name);
        }
        end
    }

    /// Closes the innermost open element of this name, if the parser would find it.
    fn close(&mut self, name: &'a str) {
        let found = self.open.iter().rev().take(MAX_SEARCH).position(|open| same(open.name, name));
        let Some(depth) = found else {
            return;
        };
        let place = self.open.len() - 1 - depth;
        let barred = self.open[place + 1..].iter().any(|open| bars(open.name));
        if barred && !bars(name) {
            return;
        }
        if self.open[place].kept {
            self.out.html.push_str("</");
            self.push_name(if self.open[place].veiled { VEIL } else { name });
            self.out.html.push('>');
        } else {
            self.separate(name);
        }
        self.forget(place);
    }

    /// Takes everything from `place` on off the list of open elements.
    fn forget(&mut self, place: usize) {
        self.kept -= self.open[place..].iter().filter(|open| open.kept).count();
        self.veils -= self.open[place..].iter().filter(|open| open.veiled).count();
        self.open.truncate(place);
        self.link = self.link.filter(|&link| link < place);
    }

    fn start_tag(&mut self, open: usize) -> usize {
        let (name, name_end) = name_at(self.input, open + 1);
        let Some((attributes, end, closed)) = attributes(self.input, name_end) else {
            self.broken += 1;
            return self.broken(open);
        };
        self.note(name, &attributes);
        let whole = closed && (self.rules.xml || same(name, "svg"));
        let fate = fate(name);
        if let Some(button) = self.button {
            // In a button stands text and nothing else.
            self.separate(name);
            return if fate == TagFate::Drop && !whole {
                self.drop_element(name, &attributes, end).min(button)
            } else {
                end
            };
        }
        match fate {
            TagFate::Drop if whole => end,
            TagFate::Drop => self.drop_element(name, &attributes, end),
            TagFate::Reading if whole => end,
            TagFate::Reading => self.skip_reading(name, end),
            TagFate::Control => self.control(name, &attributes, end, whole),
            TagFate::Unwrap if self.is_veiled(name, &attributes) => self.veil(name, &attributes, whole, end),
            TagFate::Unwrap => {
                self.separate(name);
                self.date_of_meta(name, &attributes);
                end
            }
            TagFate::Void => {
                self.void(name);
                end
            }
            TagFate::Keep if same(name, "a") && !self.opens_link(&attributes) => {
                if self.is_veiled(name, &attributes) { self.veil(name, &attributes, whole, end) } else { end }
            }
            TagFate::Keep => {
                self.close_implied(name);
                self.keep(name, &attributes);
                if whole {
                    self.close(name);
                }
                end
            }
        }
    }

    /// Behind a reading (`<rt>`, `<rp>`, `<rtc>`): its end tag, or, where that is left out, the next tag of another
    /// element than those that a reading may hold.
    fn skip_reading(&self, name: &str, from: usize) -> usize {
        let bytes = self.input.as_bytes();
        let mut at = from;
        while let Some(found) = memchr(b'<', &bytes[at..]) {
            let open = at + found;
            let is_end = bytes.get(open + 1) == Some(&b'/');
            let (other, name_end) = name_at(self.input, open + 1 + usize::from(is_end));
            if is_end && same(other, name) {
                return after(bytes, b'>', name_end);
            }
            let inside = is_formatting(other) && !same(other, "ruby") && !same(other, "rb")
                || same(other, "span")
                || same(other, "a")
                || (same(name, "rtc") && same(other, "rt"));
            if !inside {
                return open;
            }
            at = name_end;
        }
        bytes.len()
    }

    /// Hands on that a button or a field stands here. What a button says is left out, unless it is a heading that
    /// unfolds what is below it.
    fn control(&mut self, name: &'a str, attributes: &Attributes<'a>, from: usize, whole: bool) -> usize {
        let is_button = same(name, "button");
        let unfolds = |open: &Open<'_>| {
            matches!(open.name.as_bytes(), [b'h' | b'H', b'1'..=b'6']) || same(open.name, "dt")
        };
        if is_button && (attributes.unfolds || self.open.last().is_some_and(unfolds)) {
            self.separate(name);
            return from;
        }
        let marked = ["checkbox", "radio", "hidden", "image"];
        let of_no_form =
            same(name, "input") && attributes.kind.is_some_and(|kind| marked.iter().any(|m| same(kind, m)));
        if !of_no_form && self.elements < MAX_ELEMENTS {
            self.elements += 1;
            self.out.html.push_str("<wbr>");
        }
        if same(name, "input") || whole {
            self.separate(name);
            return from;
        }
        if is_button
            && self.rules.visible
            && self.elements < MAX_ELEMENTS
            && let Some(end) = self.find_end(name, from)
        {
            self.elements += 1;
            self.push_tag("button", attributes);
            self.button = Some(end);
            return from;
        }
        self.drop_element(name, attributes, from)
    }

    /// Hands on the date of publication that a `<meta>` in the body gives, which belongs to what stands around it.
    fn date_of_meta(&mut self, name: &str, attributes: &Attributes<'a>) {
        if attributes.is_publication() && same(name, "meta") && self.kept > 0 && self.elements < MAX_ELEMENTS
        {
            self.elements += 1;
            self.push_tag("time", attributes);
            self.out.html.push_str("</time>");
        }
    }

    /// Whether an `<a>` is a link of its own. An anchor is none, and a link within another would have the parser
    /// take both apart, once for each element between them.
    fn opens_link(&mut self, attributes: &Attributes<'_>) -> bool {
        let Some(place) = self.link else {
            return attributes.href.is_some();
        };
        if place + 1 == self.open.len() {
            self.forget(place);
            return attributes.href.is_some();
        }
        false
    }

    fn keep(&mut self, name: &'a str, attributes: &Attributes<'a>) {
        let kept = self.kept < MAX_DEPTH && self.elements < MAX_ELEMENTS;
        if kept {
            self.elements += 1;
            self.kept += 1;
            self.push_tag(name, attributes);
        } else {
            self.separate(name);
        }
        if same(name, "a") {
            self.link = Some(self.open.len());
        }
        self.open.push(Open { name, kept, veiled: false });
    }

    /// Whether an element that is left out, but for its text, has to be kept in mind: the file hides it, or it stands within one of
    /// its name that is hidden, whose end tag its own would be taken for.
    fn is_veiled(&self, name: &str, attributes: &Attributes<'_>) -> bool {
        let holds_text = || is_formatting(name) && !same(name, "wbr") || is_unwrapped_inline(name);
        (attributes.unseen || (self.veils > 0 && is_open_among(&self.open, name))) && holds_text()
    }

    /// Hands on an element that only changes how its text looks as one that changes nothing, since the parser's repairs of the
    /// former are quadratic; `end`, where the next thing begins.
    fn veil(&mut self, name: &'a str, attributes: &Attributes<'a>, whole: bool, end: usize) -> usize {
        let veiled = attributes.unseen && self.kept < MAX_DEPTH && self.elements < MAX_ELEMENTS;
        if veiled {
            self.elements += 1;
            self.kept += 1;
            self.veils += 1;
            // For the article nothing changes.
            let unseen = if self.rules.visible { "<span unseen=\"\">" } else { "<span>" };
            self.out.html.push_str(unseen);
        }
        self.open.push(Open { name, kept: veiled, veiled });
        if whole {
            self.close(name);
        }
        end
    }

    fn void(&mut self, name: &str) {
        if self.elements == MAX_ELEMENTS {
            return self.separate(name);
        }
        self.elements += 1;
        self.out.html.push_str(if same(name, "br") { "<br>" } else { "<hr>" });
    }

    /// Words of two blocks do not grow together where a tag between them is left out.
    fn separate(&mut self, name: &str) {
        if !is_formatting(name) && !self.out.html.ends_with([' ', '\n', '>']) {
            self.out.html.push(' ');
        }
    }

    fn push_tag(&mut self, name: &str, attributes: &Attributes<'a>) {
        self.out.html.push('<');
        self.push_name(name);
        self.push_attribute("class", attributes.class);
        self.push_attribute("id", attributes.id);
        self.push_attribute("role", attributes.role);
        self.push_attribute("rel", attributes.rel);
        self.push_attribute("itemprop", attributes.itemprop);
        let published = attributes.content.filter(|_| attributes.is_publication());
        self.push_attribute("datetime", attributes.datetime.or(published));
        if attributes.pubdate {
            self.out.html.push_str(" pubdate=\"\"");
        }
        if self.rules.visible {
            self.push_attribute("part", attributes.part);
            if attributes.unseen {
                self.out.html.push_str(" unseen=\"\"");
            }
        }
        if attributes.hidden || attributes.aria_hidden.is_some_and(|value| same(value, "true")) {
            self.out.html.push_str(" hidden=\"\"");
        }
        if let Some(href) = attributes.href.filter(|_| same(name, "a")) {
            let same_page = href.trim_start().starts_with('#');
            self.out.html.push_str(if same_page { " href=\"#\"" } else { " href=\"/\"" });
            if self.rules.visible {
                let number = self.out.links.len().to_string();
                self.push_attribute("to", Some(&number));
                self.out.links.push(href);
            }
        }
        self.out.html.push('>');
    }

    fn push_name(&mut self, name: &str) {
        let from = self.out.html.len();
        self.out.html.push_str(name);
        self.out.html[from..].make_ascii_lowercase();
    }

    fn push_attribute(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        let out = &mut self.out.html;
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        for part in cut(value, MAX_VALUE).split(['"', '\0']) {
            out.push_str(part);
        }
        out.push('"');
    }

    /// Start tags that close others, as the standard has it, so that the list of open elements is never much
    /// shorter than the parser's.
    fn close_implied(&mut self, name: &str) {
        let mut buffer = [0; LONGEST_NAME];
        let name = lower(name, &mut buffer);
        match name {
            "li" => self.close_up_to(&["li"], is_special_but_in_lists),
            "dt" | "dd" => self.close_up_to(&["dt", "dd"], is_special_but_in_lists),
            "td" | "th" => self.close_up_to(&["td", "th"], |open| same(open, "table")),
            "tr" => self.close_up_to(&["tr"], |open| same(open, "table")),
            "tbody" | "thead" | "tfoot" => {
                self.close_up_to(&["tbody", "thead", "tfoot"], |open| same(open, "table"));
            }
            _ => {}
        }
        if !is_inline(name) {
            self.close_up_to(&["p"], bars);
        }
    }

    fn close_up_to(&mut self, names: &[&str], stops: impl Fn(&str) -> bool) {
        for place in (0..self.open.len()).rev().take(MAX_SEARCH) {
            let open = self.open[place].name;
            if names.iter().any(|name| same(open, name)) {
                return self.forget(place);
            }
            if stops(open) {
                return;
            }
        }
    }

    /// Leaves an element out; where the next thing begins. Without an end tag only its start tag goes, but
    /// for scripts and styles, whose rest is no text.
    fn drop_element(&mut self, name: &'a str, attributes: &Attributes<'a>, from: usize) -> usize {
        let Some(end) = self.find_end(name, from) else {
            return if same(name, "script") || same(name, "style") { self.input.len() } else { from };
        };
        let inside = &self.input[from..end];
        let head = &mut self.out.head;
        if same(name, "title") {
            head.title.get_or_insert(inside);
        } else if same(name, "script")
            && attributes.kind.is_some_and(|kind| contains(kind, "ld+json"))
            && head.json_ld.len() < MAX_HEAD
        {
            head.json_ld.push(inside);
        }
        self.separate(name);
        after(self.input.as_bytes(), b'>', end)
    }

    /// Where the end tag of a left-out element begins.
    fn find_end(&mut self, name: &'a str, from: usize) -> Option<usize> {
        if self.endless.iter().any(|endless| same(endless, name)) {
            return None;
        }
        let bytes = self.input.as_bytes();
        let mut at = from;
        while let Some(found) = memmem::find(&bytes[at..], b"</") {
            at += found + 2;
            let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/');
            if bytes.get(at..at + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
                && bytes.get(at + name.len()).is_none_or(ends)
            {
                return Some(at - 2);
            }
        }
        self.endless.push(name);
        None
    }

    /// Notes metadata.
    fn note(&mut self, name: &str, attributes: &Attributes<'a>) {
        let head = &mut self.out.head;
        if same(name, "html") {
            head.language = head.language.or(attributes.lang);
        } else if same(name, "link") {
            if attributes.rel.is_some_and(|rel| rel.split_ascii_whitespace().any(|r| same(r, "canonical"))) {
                head.canonical = head.canonical.or(attributes.href);
            }
        } else if same(name, "base") {
            head.base = head.base.or(attributes.href);
        } else if same(name, "meta") {
            // Microdata in the body is of the element that it stands in.
            let itemprop = attributes.itemprop.filter(|_| self.kept == 0);
            let key = attributes.property.or(attributes.name).or(itemprop);
            if let (Some(key), Some(content), true) = (key, attributes.content, head.metas.len() < MAX_HEAD) {
                head.metas.push((key, content));
            }
        }
    }
}

/// Reads the attributes behind a tag's name: those that are wanted, where the next thing begins, and whether
/// the tag closes itself. `None` where the input ends within the tag.
fn attributes(input: &str, from: usize) -> Option<(Attributes<'_>, usize, bool)> {
    let bytes = input.as_bytes();
    let mut found = Attributes::default();
    let mut at = from;
    loop {
        while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
            at += 1;
        }
        match bytes.get(at) {
            None => return None,
            Some(b'>') => return Some((found, at + 1, bytes[at - 1] == b'/')),
            Some(_) => {}
        }
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'=');
        // An equals sign in front is part of the name.
        let length = bytes[at + 1..].iter().position(ends)? + 1;
        let name = &input[at..at + length];
        at += length;
        let (value, end) = value_at(input, at)?;
        at = end;
        found.set(name, value);
    }
}

/// The value behind an attribute's name, empty if there is none, and where it ends.
fn value_at(input: &str, from: usize) -> Option<(&str, usize)> {
    let bytes = input.as_bytes();
    let skip = |from: usize| {
        let space = bytes[from..].iter().position(|b| !b.is_ascii_whitespace());
        space.map(|space| from + space)
    };
    let equals = skip(from)?;
    if bytes[equals] != b'=' {
        return Some(("", from));
    }
    let start = skip(equals + 1)?;
    match bytes[start] {
        quote @ (b'"' | b'\'') => {
            let length = memchr(quote, &bytes[start + 1..])?;
            Some((&input[start + 1..start + 1 + length], start + length + 2))
        }
        b'>' => Some(("", start)),
        _ => {
            let length = bytes[start..].iter().position(|b| b.is_ascii_whitespace() || *b == b'>')?;
            Some((&input[start..start + length], start + length))
        }
    }
}

impl<'a> Attributes<'a> {
    /// Whether the element gives the date of publication.
    fn is_publication(&self) -> bool {
        self.itemprop.is_some_and(|prop| same(prop, "datePublished"))
    }

    /// Sets a wanted attribute, the first of its name.
    fn set(&mut self, name: &str, value: &'a str) {
        let slot = match lower(name, &mut [0; LONGEST_NAME]) {
            "class" => &mut self.class,
            "id" => &mut self.id,
            "role" => &mut self.role,
            "rel" => &mut self.rel,
            "itemprop" => &mut self.itemprop,
            "href" => &mut self.href,
            "aria-hidden" => &mut self.aria_hidden,
            "aria-label" | "itemtype" | "typeof" => {
                self.part = self.part.or_else(|| marks::part_of_type(value));
                return;
            }
            "lang" | "xml:lang" => &mut self.lang,
            "name" => &mut self.name,
            "property" => &mut self.property,
            "content" => &mut self.content,
            "datetime" => &mut self.datetime,
            "type" => &mut self.kind,
            "hidden" => {
                (self.hidden, self.unseen) = (true, true);
                return;
            }
            "pubdate" => return self.pubdate = true,
            "aria-expanded" => return self.unfolds = true,
            "style" => {
                self.unseen |= declares(value, "display", "none");
                self.hidden |= self.unseen || declares(value, "visibility", "hidden");
                return;
            }
            _ => return,
        };
        slot.get_or_insert(value);
    }
}

/// Whether a style says that a property has a value.
fn declares(style: &str, wanted: &str, meant: &str) -> bool {
    style.len() < 4096
        && style.split(';').any(|declaration| {
            let Some((property, value)) = declaration.split_once(':') else { return false };
            same(property.trim(), wanted) && starts_with(value.trim(), meant)
        })
}

/// The name of a tag, and where it ends.
fn name_at(input: &str, from: usize) -> (&str, usize) {
    let bytes = input.as_bytes();
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>');
    let end = bytes[from..].iter().position(ends).map_or(bytes.len(), |length| from + length);
    (&input[from..end], end)
}

/// Where what follows the next `byte` begins.
fn after(bytes: &[u8], byte: u8, from: usize) -> usize {
    memchr(byte, &bytes[from..]).map_or(bytes.len(), |found| from + found + 1)
}

/// The longest name of a tag or an attribute that is known.
const LONGEST_NAME: usize = 16;

/// A name in lower case, for comparison with known ones; `buffer` holds it where it is not so already.
fn lower<'a>(name: &'a str, buffer: &'a mut [u8; LONGEST_NAME]) -> &'a str {
    if !name.bytes().any(|b| b.is_ascii_uppercase()) {
        return name;
    }
    let Some(bytes) = buffer.get_mut(..name.len()) else { return "" };
    bytes.copy_from_slice(name.as_bytes());
    bytes.make_ascii_lowercase();
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn fate(name: &str) -> TagFate {
    match lower(name, &mut [0; LONGEST_NAME]) {
        "br" | "hr" => TagFate::Void,
        "script" | "style" | "title" | "svg" | "template" | "noscript" | "iframe" | "object" | "applet"
        | "datalist" | "audio" | "video" | "canvas" => TagFate::Drop,
        "select" | "textarea" | "button" | "input" => TagFate::Control,
        "rt" | "rp" | "rtc" => TagFate::Reading,
        "a" => TagFate::Keep,
        "html" | "head" | "body" | "meta" | "link" | "base" | "img" | "source" | "track" | "area" | "map"
        | "embed" | "param" | "wbr" | "col" | "colgroup" | "frame" | "frameset" | "noframes" | "noembed"
        | "plaintext" | "xmp" | "listing" | "math" | "image" | "keygen" | "option" | "optgroup"
        | "picture" | "bgsound" | "basefont" | "isindex" | "menuitem" | "marquee" => TagFate::Unwrap,
        name if is_formatting(name) => TagFate::Unwrap,
        name if name.is_empty()
            || name.bytes().any(|b| !b.is_ascii_alphanumeric() && b != b'-' && b != b':') =>
        {
            TagFate::Unwrap
        }
        _ => TagFate::Keep,
    }
}

/// What a hidden element that only changes how its text looks is handed on as.
const VEIL: &str = "span";

/// Whether an element of this name is open, as far as end tags look.
fn is_open_among(open: &[Open<'_>], name: &str) -> bool {
    open.iter().rev().take(MAX_SEARCH).any(|open| same(open.name, name))
}

/// Other elements within lines that are left out, but for the text in them.
fn is_unwrapped_inline(name: &str) -> bool {
    matches!(lower(name, &mut [0; LONGEST_NAME]), "a" | "math" | "map" | "picture" | "marquee")
}

/// Elements that only change how their text looks, and part no words.
fn is_formatting(name: &str) -> bool {
    matches!(
        lower(name, &mut [0; LONGEST_NAME]),
        "b" | "i"
            | "em"
            | "strong"
            | "u"
            | "s"
            | "strike"
            | "del"
            | "ins"
            | "font"
            | "big"
            | "small"
            | "tt"
            | "nobr"
            | "wbr"
            | "abbr"
            | "acronym"
            | "cite"
            | "q"
            | "dfn"
            | "mark"
            | "sub"
            | "sup"
            | "var"
            | "kbd"
            | "samp"
            | "code"
            | "bdi"
            | "bdo"
            | "data"
            | "ruby"
            | "rb"
    )
}

/// Kept elements that do not end a paragraph.
fn is_inline(name: &str) -> bool {
    matches!(name, "a" | "span" | "label" | "time" | "output" | "meter" | "progress") || name.contains('-')
}

/// Elements that end tags do not reach across.
fn bars(name: &str) -> bool {
    matches!(lower(name, &mut [0; LONGEST_NAME]), "table" | "td" | "th" | "caption")
}

/// Elements behind which a list's item is another list's.
fn is_special_but_in_lists(name: &str) -> bool {
    let mut buffer = [0; LONGEST_NAME];
    let name = lower(name, &mut buffer);
    !is_inline(name) && !matches!(name, "address" | "div" | "p")
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn starts_with(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

fn contains(text: &str, part: &str) -> bool {
    text.len() < 4096
        && text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// The beginning of `text`, of at most `limit` bytes.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}
