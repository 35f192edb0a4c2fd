//! A parsed page as one list, in the order of the page: an element, then all that is in it.

use dom_query::{Document, NodeData, NodeId, NodeRef};

use super::marks::{self, Mark};

/// What an element or a piece of text is to the text that comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeRole {
    Text,
    Inline,
    Link,
    Break,
    Heading(u8),
    Paragraph,
    /// A block of no special meaning.
    Block,
    Body,
    Article,
    Main,
    Header,
    Chrome,
    Aside,
    Figure,
    Form,
    List,
    Item,
    Table,
    Row,
    Cell,
    Quote,
    Caption,
    Preformatted,
}

#[derive(Debug)]
pub(super) struct Item {
    pub parent: u32,
    /// Behind the last item that is in this one.
    pub end: u32,
    pub kind: NodeRole,
    pub mark: Option<Mark>,
    pub hidden: bool,
    pub id: NodeId,
}

/// The page. The first item is the root.
#[derive(Debug)]
pub(super) struct Items {
    pub list: Vec<Item>,
    /// The parser's nodes and their places in `list`, sorted.
    places: Vec<(NodeId, u32)>,
}

/// No item.
pub(super) const NONE: u32 = u32::MAX;

impl Items {
    /// Lists what is under the document's root. Linear, without recursion.
    pub fn of(document: &Document) -> Items {
        let tree = &document.tree;
        let mut items =
            Items { list: Vec::with_capacity(tree.len()), places: Vec::with_capacity(tree.len()) };
        let mut parent = NONE;
        let mut next = Some(tree.root().id);
        while let Some(id) = next {
            let place = items.list.len() as u32;
            let (child, sibling) = NodeRef::new(id, tree).query_or((None, None), |node| {
                items.list.push(item(id, parent, &node.data));
                (node.first_child, node.next_sibling)
            });
            items.places.push((id, place));
            if child.is_some() {
                (parent, next) = (place, child);
                continue;
            }
            items.list[place as usize].end = place + 1;
            next = sibling;
            while next.is_none() && parent != NONE {
                let end = items.list.len() as u32;
                let above = &mut items.list[parent as usize];
                above.end = end;
                parent = above.parent;
                next = NodeRef::new(above.id, tree).query_or(None, |node| node.next_sibling);
            }
        }
        items.places.sort_unstable();
        items
    }

    /// The place of a node, if it was there when the page was listed.
    pub fn place(&self, id: NodeId) -> Option<usize> {
        let found = self.places.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        Some(self.places[found].1 as usize)
    }

    /// The items above one, innermost first.
    pub fn above(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let parent = |at: u32| Some(self.list[at as usize].parent).filter(|&above| above != NONE);
        std::iter::successors(parent(at), move |&at| parent(at))
    }
}

fn item(id: NodeId, parent: u32, data: &NodeData) -> Item {
    let mut item = Item { parent, end: 0, kind: NodeRole::Inline, mark: None, hidden: false, id };
    match data {
        NodeData::Text { .. } => item.kind = NodeRole::Text,
        NodeData::Element(element) => {
            item.kind = kind(&element.name.local);
            for attribute in &element.attrs {
                match &*attribute.name.local {
                    "hidden" => item.hidden = true,
                    // A heading that links to itself, the number of a note.
                    "href" if &*attribute.value == "#" => item.kind = NodeRole::Inline,
                    name @ ("class" | "id" | "role" | "rel" | "itemprop")
                        if item.mark != Some(Mark::Body) =>
                    {
                        let mark = marks::mark(name, &attribute.value);
                        if item.mark.is_none() || mark == Some(Mark::Body) {
                            item.mark = mark;
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
    item
}

fn kind(name: &str) -> NodeRole {
    match name {
        "a" => NodeRole::Link,
        "br" => NodeRole::Break,
        "h1" => NodeRole::Heading(1),
        "h2" => NodeRole::Heading(2),
        "h3" => NodeRole::Heading(3),
        "h4" => NodeRole::Heading(4),
        "h5" => NodeRole::Heading(5),
        "h6" => NodeRole::Heading(6),
        "p" => NodeRole::Paragraph,
        "body" => NodeRole::Body,
        "article" => NodeRole::Article,
        "main" => NodeRole::Main,
        "header" | "hgroup" => NodeRole::Header,
        "nav" | "footer" | "dialog" | "menu" | "search" => NodeRole::Chrome,
        "aside" => NodeRole::Aside,
        "figure" => NodeRole::Figure,
        "form" | "fieldset" => NodeRole::Form,
        "ul" | "ol" | "dl" | "dir" => NodeRole::List,
        "li" | "dd" | "dt" => NodeRole::Item,
        "table" | "tbody" | "thead" | "tfoot" => NodeRole::Table,
        "tr" => NodeRole::Row,
        "td" | "th" => NodeRole::Cell,
        "blockquote" => NodeRole::Quote,
        "figcaption" | "caption" => NodeRole::Caption,
        "pre" => NodeRole::Preformatted,
        "html" | "div" | "section" | "hr" | "center" | "details" | "summary" | "address" | "legend" => {
            NodeRole::Block
        }
        // Elements that a page names itself are boxes as often as not.
        _ if name.contains('-') => NodeRole::Block,
        _ => NodeRole::Inline,
    }
}
