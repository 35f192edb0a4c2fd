//! RSS and Atom: every entry a document.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::parcel::{Found, Unpacked, text_of};
use super::xml::{Events, OpenElements, XmlEvent, attribute};
use crate::html::plain_path;

/// What of an entry is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Link,
    Id,
    /// When it was published, and when it was last touched: the first that is there.
    Published,
    Updated,
    /// All of its text, and what stands for it where that is missing.
    Content,
    Summary,
}

impl Field {
    /// The field of an element of this name in an entry. Elements of other vocabularies have other prefixes: `media:title` is
    /// a picture's.
    fn of(name: &str, prefix: &str) -> Option<Field> {
        match name {
            "content:encoded" => return Some(Field::Content),
            "dc:date" => return Some(Field::Published),
            _ => {}
        }
        Some(match name.strip_prefix(prefix)? {
            "title" => Field::Title,
            "link" => Field::Link,
            "guid" | "id" => Field::Id,
            "pubDate" | "published" | "issued" => Field::Published,
            "updated" | "modified" => Field::Updated,
            "content" => Field::Content,
            "description" | "summary" => Field::Summary,
            _ => return None,
        })
    }
}

/// An entry that is being read.
#[derive(Default)]
struct Entry {
    fields: Vec<(Field, FieldText)>,
    /// Its address where that is an attribute.
    href: Option<String>,
    /// Whether its id is no address, whatever it looks like.
    is_id_only: bool,
    /// What its addresses are relative to, where it says so itself.
    base: Option<String>,
}

#[derive(Default)]
struct FieldText {
    text: String,
    /// Whether it stands there as elements, and not as text of such.
    is_markup: bool,
    /// Whether it is text of no markup.
    is_plain: bool,
}

/// A field that is being read.
struct OpenField {
    field: Field,
    name: String,
    /// Elements of its own name in it.
    nested: usize,
    text: FieldText,
}

/// What addresses of a feed are relative to: what it says itself, else the page that it is the feed of, else where it stands.
#[derive(Default)]
struct FeedBase {
    said: Option<String>,
    page: Option<String>,
    own: Option<String>,
    /// Whether the text that comes next is the address of the page.
    in_link: bool,
}

impl FeedBase {
    /// Notes an element that stands in no entry.
    fn begins(&mut self, element: &BytesStart<'_>, is_empty: bool) {
        if let Some(base) = attribute(element, "base") {
            self.said.get_or_insert(base);
        }
        if element.local_name().as_ref() != "link" {
            return;
        }
        let href = attribute(element, "href");
        self.in_link = href.is_none() && !is_empty;
        let Some(href) = href else { return };
        match attribute(element, "rel").as_deref() {
            None | Some("alternate") => drop(self.page.get_or_insert(href)),
            Some("self") => drop(self.own.get_or_insert(href)),
            Some(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_link && !text.trim().is_empty() {
            self.page.get_or_insert_with(|| text.trim().to_owned());
        }
    }

    /// An address as a whole one, where anything says what it is relative to; `nearer` is what its entry says.
    fn whole<'a>(&self, nearer: Option<&str>, address: Cow<'a, str>) -> Cow<'a, str> {
        let bases = [nearer, self.said.as_deref(), self.page.as_deref(), self.own.as_deref()];
        let whole = bases.into_iter().flatten().find_map(|base| resolved(base, &address));
        whole.map_or(address, Cow::Owned)
    }
}

/// A reference resolved against a base (RFC 3986, 5.2); none where it is whole already, or the base is not.
fn resolved(base: &str, reference: &str) -> Option<String> {
    let has_scheme = reference.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    let (scheme, rest) = base.split_once("://").filter(|_| !has_scheme && !reference.is_empty())?;
    if reference.starts_with("//") {
        return Some(format!("{scheme}:{reference}"));
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (own, behind) = reference.split_at(reference.find(['?', '#']).unwrap_or(reference.len()));
    let joined = match own {
        "" => return Some(format!("{scheme}://{authority}{path}{behind}")),
        own if own.starts_with('/') => own.to_owned(),
        own => format!("{}/{own}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
    };
    Some(format!("{scheme}://{authority}{}{behind}", plain_path(&joined)))
}

pub(super) fn unpack(text: &str, unpacked: &mut Unpacked<'_>) {
    let mut events = Events::new(text);
    let mut base = FeedBase::default();
    let mut prefix = None;
    let mut entry: Option<(String, Entry)> = None;
    let mut open: Option<OpenField> = None;
    // Elements that are open in an entry and of which nothing is taken.
    let mut passed = OpenElements::new();
    loop {
        let event = match events.next() {
            Ok(Some(event)) => event,
            Ok(None) => break,
            Err(reason) => return unpacked.lost(reason),
        };
        if let Some(field) = &mut open {
            if field.take(event) {
                let (field, text) = match open.take() {
                    Some(open) => (open.field, open.text),
                    None => continue,
                };
                if let Some((_, entry)) = &mut entry {
                    entry.fields.push((field, text));
                }
            }
            continue;
        }
        match event {
            XmlEvent::Start { element, is_empty } => {
                let name = element.name().as_ref().to_owned();
                // The prefix of a feed's own elements is that of its root; those of RSS 1.0 have none.
                let prefix = &*prefix.get_or_insert_with(|| match name.rsplit_once(':') {
                    Some((prefix, "feed" | "rss")) => format!("{prefix}:"),
                    _ => String::new(),
                });
                let is_entry = matches!(name.strip_prefix(prefix.as_str()), Some("item" | "entry"));
                match &mut entry {
                    None if is_entry && !is_empty => {
                        passed.clear();
                        let base = attribute(&element, "base");
                        entry = Some((name, Entry { base, ..Entry::default() }));
                    }
                    None => base.begins(&element, is_empty),
                    Some((_, entry)) => match Field::of(&name, prefix).filter(|_| passed.is_empty()) {
                        Some(field) => {
                            let kind = attribute(&element, "type");
                            match field {
                                Field::Link => entry.link(&element),
                                Field::Id => {
                                    let is_link = attribute(&element, "isPermaLink");
                                    entry.is_id_only = is_link.is_some_and(|is_link| is_link == "false");
                                }
                                _ => {}
                            }
                            if !is_empty {
                                let kind = kind.as_deref();
                                let text = FieldText {
                                    text: String::new(),
                                    is_markup: kind == Some("xhtml"),
                                    is_plain: matches!(kind, Some("text" | "text/plain")),
                                };
                                open = Some(OpenField { field, name, nested: 0, text });
                            }
                        }
                        None if is_empty => {}
                        None => passed.push(name, ()),
                    },
                }
            }
            XmlEvent::End(name) => {
                // Whatever was left open in it, an entry ends where it says so.
                if let Some((_, entry)) = entry.take_if(|(own, _)| *own == name) {
                    unpacked.take(&entry.found(&base));
                } else {
                    base.in_link = false;
                    passed.close(&name);
                }
            }
            XmlEvent::Text(text) => {
                if entry.is_none() {
                    base.text(&text);
                }
            }
        }
    }
    if entry.is_some() {
        unpacked.lost("cut off in an entry".to_owned());
    }
}

impl OpenField {
    /// Takes what comes next; true where the field ends with it.
    fn take(&mut self, event: XmlEvent<'_>) -> bool {
        let FieldText { text, is_markup, .. } = &mut self.text;
        match event {
            XmlEvent::Text(part) if *is_markup => text.push_str(&html_escape::encode_text(&*part)),
            XmlEvent::Text(part) => text.push_str(&part),
            XmlEvent::Start { element, is_empty } => {
                self.nested += usize::from(!is_empty && element.name().as_ref() == self.name);
                text.push('<');
                text.push_str(&element);
                text.push_str(if is_empty { "/>" } else { ">" });
            }
            XmlEvent::End(name) if name == self.name => match self.nested.checked_sub(1) {
                Some(nested) => self.nested = nested,
                None => return true,
            },
            XmlEvent::End(name) => {
                text.push_str("</");
                text.push_str(&name);
                text.push('>');
            }
        }
        false
    }
}

impl Entry {
    /// Notes an address that is an attribute: the entry's own, and not that of what it is about or comes with.
    fn link(&mut self, element: &BytesStart<'_>) {
        let relation = attribute(element, "rel");
        if self.href.is_none() && relation.is_none_or(|relation| relation == "alternate") {
            self.href = attribute(element, "href");
        }
    }

    fn field(&self, wanted: Field) -> Option<&FieldText> {
        let mut fields =
            self.fields.iter().filter(|(field, text)| *field == wanted && !text.text.trim().is_empty());
        fields.next().map(|(_, text)| text)
    }

    fn found(&self, base: &FeedBase) -> Found<'_> {
        let words = |field| self.field(field).map(|field| Cow::Borrowed(field.text.trim()));
        let id = words(Field::Id);
        let is_address = |id: &Cow<'_, str>| id.starts_with("http://") || id.starts_with("https://");
        let url = self.href.as_deref().map(Cow::Borrowed).or_else(|| words(Field::Link));
        let url = url.map(|url| base.whole(self.base.as_deref(), url));
        let url = url.or_else(|| id.clone().filter(|id| !self.is_id_only && is_address(id)));
        let content = self.field(Field::Content).or_else(|| self.field(Field::Summary));
        let title = self.field(Field::Title).map(|title| {
            let text = title.text.trim();
            if title.is_plain { Cow::Borrowed(text) } else { text_of(text) }
        });
        Found {
            id: id.or_else(|| url.clone()),
            url,
            title,
            date: words(Field::Published).or_else(|| words(Field::Updated)),
            text: content.map_or(Cow::Borrowed(""), |content| Cow::Borrowed(content.text.as_str())),
            is_html: content.is_some_and(|content| !content.is_plain),
            ..Found::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn references_are_resolved() {
        let base = "https://news.example/b/feed.xml?x=/1#top";
        for (reference, whole) in [
            ("/2024/quay?p=1", "https://news.example/2024/quay?p=1"),
            ("quay.html", "https://news.example/b/quay.html"),
            ("./a/../quay/", "https://news.example/b/quay/"),
            ("../../quay", "https://news.example/quay"),
            ("..", "https://news.example/"),
            ("?id=7", "https://news.example/b/feed.xml?id=7"),
            ("//other.example/a", "https://other.example/a"),
        ] {
            assert_eq!(resolved(base, reference).as_deref(), Some(whole), "{reference}");
        }
        assert_eq!(resolved("https://news.example", "quay").as_deref(), Some("https://news.example/quay"));
        for whole in ["https://a.example/b", "urn:uuid:1", "mailto:a@b", ""] {
            assert_eq!(resolved(base, whole), None, "{whole}");
        }
        assert_eq!(resolved("/only/a/path", "quay"), None);
    }
}
