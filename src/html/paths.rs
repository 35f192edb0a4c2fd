//! Where elements stand in a page, as a selector that finds them again.

use std::collections::HashMap;
use std::fmt::Write;

use dom_query::{Document, LocalName, NodeRef};
use xxhash_rust::xxh3::xxh3_64;

use super::tree::{Items, NONE, NodeRole};
use super::visible::PageElement;

/// Elements that a path names, at most; further out it begins with an ellipsis.
const MAX_STEPS: usize = 64;

/// The names of a page's elements, each with its number among its siblings of that name.
pub(super) struct Paths<'a> {
    items: &'a Items,
    names: Vec<Option<(LocalName, u32)>>,
}

impl<'a> Paths<'a> {
    /// Numbers the elements. Linear.
    pub fn of(document: &Document, items: &'a Items) -> Paths<'a> {
        let mut counts: HashMap<(u32, LocalName), u32> = HashMap::new();
        let mut name = |item: &super::tree::Item| {
            if item.kind == NodeRole::Text {
                return None;
            }
            let name = NodeRef::new(item.id, &document.tree).element_ref()?.name.local.clone();
            let count = counts.entry((item.parent, name.clone())).or_default();
            *count += 1;
            Some((name, *count))
        };
        Paths { items, names: items.list.iter().map(&mut name).collect() }
    }

    /// The path of an element, from `body` on: `body > div:nth-of-type(2) > p`.
    pub fn path(&mut self, item: u32) -> String {
        let mut steps = Vec::new();
        let mut at = item;
        while at != NONE && steps.len() < MAX_STEPS {
            if let Some((name, number)) = &self.names[at as usize]
                && &**name != "html"
            {
                let step =
                    if *number > 1 { format!("{name}:nth-of-type({number})") } else { name.to_string() };
                steps.push(step);
            }
            at = self.items.list[at as usize].parent;
        }
        if at != NONE && steps.len() == MAX_STEPS {
            steps.push("\u{2026}".to_owned());
        }
        steps.reverse();
        steps.join(" > ")
    }
}

/// Short selectors of a page's elements: from the closest element that has a name of its own.
pub(super) struct Selectors<'a> {
    document: &'a Document,
    items: &'a Items,
    names: Vec<ElementName>,
    /// The ids of all elements, and their classes with their names, sorted.
    all: Vec<u64>,
    /// The numbers of elements that were asked for, by item; [`NONE`] of others.
    numbers: Vec<u32>,
    pub elements: Vec<PageElement>,
    /// Their selectors, one behind the other.
    pub text: String,
}

/// What a selector may say of an element.
#[derive(Default, Clone, Copy)]
struct ElementName {
    /// A hash of its id and of its first class with its name; 0 for none.
    id: u64,
    class: u64,
    /// A hash of its name, and its number among its siblings of that name.
    name: u64,
    number: u32,
    /// Whether it has siblings of its name.
    has_siblings: bool,
}

impl<'a> Selectors<'a> {
    /// Looks at all elements once.
    pub fn of(document: &'a Document, items: &'a Items) -> Selectors<'a> {
        let mut all = Vec::new();
        let mut name = |item: &super::tree::Item| {
            if item.kind == NodeRole::Text {
                return ElementName::default();
            }
            NodeRef::new(item.id, &document.tree).query_or(ElementName::default(), |node| {
                let Some(element) = node.as_element() else { return ElementName::default() };
                let mut found =
                    ElementName { name: xxh3_64(element.name.local.as_bytes()), ..ElementName::default() };
                for attribute in &element.attrs {
                    match &*attribute.name.local {
                        "id" if is_plain(&attribute.value) => found.id = xxh3_64(attribute.value.as_bytes()),
                        "class" => {
                            if let Some(class) = first_class(&attribute.value) {
                                found.class = xxh3_64(class.as_bytes()) ^ found.name;
                            }
                        }
                        _ => {}
                    }
                }
                all.extend([found.id, found.class].into_iter().filter(|named| *named != 0));
                found
            })
        };
        let mut names: Vec<ElementName> = items.list.iter().map(&mut name).collect();
        all.sort_unstable();
        let mut siblings: Vec<(u32, u64, u32)> = (0..)
            .zip(&names)
            .filter(|(_, name)| name.name != 0)
            .map(|(item, name)| (items.list[item as usize].parent, name.name, item))
            .collect();
        siblings.sort_unstable();
        for same in siblings.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
            for ((_, _, item), number) in same.iter().zip(1..) {
                names[*item as usize].number = number;
                names[*item as usize].has_siblings = same.len() > 1;
            }
        }
        let numbers = vec![NONE; items.list.len()];
        Selectors { document, items, names, all, numbers, elements: Vec::new(), text: String::new() }
    }

    /// The number of an element, which is [`Selectors::elements`]' from then on.
    pub fn element(&mut self, item: u32) -> u32 {
        let mut way = Vec::new();
        let mut at = item;
        let known = loop {
            if self.numbers[at as usize] != NONE {
                break Some(self.numbers[at as usize]);
            }
            way.push(at);
            let stands = self.stands_for_itself(at);
            at = self.items.list[at as usize].parent;
            if stands || at == NONE || way.len() == MAX_STEPS {
                break None;
            }
        };
        way.into_iter()
            .rev()
            .fold(known, |within, item| {
                let start = self.text.len() as u32;
                self.write(item, within.is_some());
                let selector = start..self.text.len() as u32;
                if selector.is_empty() {
                    return within;
                }
                let number = self.elements.len() as u32;
                self.elements.push(PageElement { within, selector });
                self.numbers[item as usize] = number;
                Some(number)
            })
            .unwrap_or_default()
    }

    /// Whether one element alone has an id, or a class with its name.
    fn is_one(&self, named: u64) -> bool {
        let first = self.all.partition_point(|other| *other < named);
        named != 0 && self.all.get(first + 1) != Some(&named)
    }

    /// Whether an element has a name that no other has.
    fn stands_for_itself(&self, item: u32) -> bool {
        let name = self.names[item as usize];
        self.is_one(name.id)
            || self.is_one(name.class)
            || self.items.list[item as usize].kind == NodeRole::Body
    }

    /// Writes an element's own selector; nothing where the outermost element needs none.
    fn write(&mut self, item: u32, is_within: bool) {
        let name = self.names[item as usize];
        let (by_id, by_class) = (!is_within && self.is_one(name.id), !is_within && self.is_one(name.class));
        let node = NodeRef::new(self.items.list[item as usize].id, &self.document.tree);
        let out = &mut self.text;
        node.query(|node| {
            let Some(element) = node.as_element() else { return };
            let local = &*element.name.local;
            let attribute = |name: &str| {
                let attribute = element.attrs.iter().find(|attribute| &*attribute.name.local == name);
                attribute.map_or("", |attribute| &*attribute.value)
            };
            if by_id {
                out.push('#');
                out.push_str(attribute("id"));
            } else if by_class {
                out.push_str(local);
                out.push('.');
                out.push_str(first_class(attribute("class")).unwrap_or_default());
            } else if local != "html" {
                out.push_str(local);
                if name.has_siblings {
                    // Writing to a string does not fail.
                    let _ = write!(out, ":nth-of-type({})", name.number);
                }
            }
        });
    }
}

/// Whether a name needs no escapes in a selector.
fn is_plain(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    name.len() <= 40
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|b| is_letter(b) || b.is_ascii_digit() || b == b'-')
}

fn first_class(names: &str) -> Option<&str> {
    names.split_ascii_whitespace().find(|name| is_plain(name))
}
