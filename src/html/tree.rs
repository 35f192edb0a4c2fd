//! A parsed page as one list, in the order of the page: an element, then all that is in it.

use dom_query::{Document, NodeData, NodeId, NodeRef};

use xxhash_rust::xxh3::xxh3_64;

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
    /// Something to type into or to press.
    Control,
    /// What a button says, which is visible and of no article.
    Button,
}

#[derive(Debug)]
pub(super) struct Item {
    pub parent: u32,
    /// Behind the last item that is in this one.
    pub end: u32,
    pub kind: NodeRole,
    /// What its names say of it, which alone decides nothing.
    pub mark: Option<Mark>,
    /// That mark is its `id`'s, which may as well say what it is about.
    pub by_id: bool,
    /// Equal for elements of one name and one class.
    pub shape: u32,
    pub hidden: bool,
    /// The file itself hides it: `hidden`, or a style of its own. What is hidden from machines that read aloud is not.
    pub unseen: bool,
    /// The number of where it leads, if it is a link and all that is visible was asked for.
    pub link: Option<u32>,
    /// It gives a date: see [`Dated`].
    pub dated: Option<Dated>,
    pub id: NodeId,
}

/// How an element gives a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dated {
    /// `<time>`, of whatever happened then.
    Some,
    /// Marked as that of a change.
    Changed,
    /// Marked as that of publication.
    Published,
}

/// The page. The first item is the root.
#[derive(Debug)]
pub(super) struct Items {
    pub list: Vec<Item>,
}

/// No item.
pub(super) const NONE: u32 = u32::MAX;

impl Items {
    /// Lists what is under the document's root. Linear, without recursion.
    pub fn of(document: &Document) -> Items {
        let tree = &document.tree;
        let mut items = Items { list: Vec::with_capacity(tree.len()) };
        let mut parent = NONE;
        let mut next = Some(tree.root().id);
        while let Some(id) = next {
            let place = items.list.len() as u32;
            let (child, sibling) = NodeRef::new(id, tree).query_or((None, None), |node| {
                items.list.push(item(id, parent, &node.data));
                (node.first_child, node.next_sibling)
            });
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
        items
    }

    /// The items above one, innermost first.
    pub fn above(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let parent = |at: u32| Some(self.list[at as usize].parent).filter(|&above| above != NONE);
        std::iter::successors(parent(at), move |&at| parent(at))
    }
}

fn item(id: NodeId, parent: u32, data: &NodeData) -> Item {
    let mut item = Item {
        parent,
        end: 0,
        kind: NodeRole::Inline,
        mark: None,
        by_id: false,
        shape: 0,
        hidden: false,
        unseen: false,
        link: None,
        dated: None,
        id,
    };
    match data {
        NodeData::Text { .. } => item.kind = NodeRole::Text,
        NodeData::Element(element) => {
            item.kind = kind(&element.name.local);
            item.shape = xxh3_64(element.name.local.as_bytes()) as u32;
            let is_time = &*element.name.local == "time";
            if is_time {
                item.dated = Some(Dated::Some);
            }
            for attribute in &element.attrs {
                item.read(&attribute.name.local, &attribute.value);
            }
            if is_time {
                let class = element.attrs.iter().find(|attribute| &*attribute.name.local == "class");
                item.dated = item.dated.max(class.and_then(|class| marks::dated(&class.value)));
            }
        }
        _ => {}
    }
    item
}

impl Item {
    /// Takes in what an attribute says.
    fn read(&mut self, name: &str, value: &str) {
        match name {
            "hidden" => self.hidden = true,
            "unseen" => self.unseen = true,
            "to" => self.link = value.parse().ok(),
            // A heading that links to itself, the number of a note.
            "href" if value == "#" => self.kind = NodeRole::Inline,
            "pubdate" => self.dated = Some(Dated::Published),
            "role" => self.kind = of_role(value).unwrap_or(self.kind),
            "class" | "id" | "rel" | "itemprop" => {
                if name == "class" {
                    self.shape = self.shape.wrapping_mul(31) ^ xxh3_64(value.as_bytes()) as u32;
                }
                if name == "itemprop" {
                    if value.split_ascii_whitespace().any(|prop| prop == "articleBody")
                        && self.kind == NodeRole::Block
                    {
                        self.kind = NodeRole::Article;
                    }
                    self.dated = self.dated.max(marks::dated_prop(value));
                }
                let mark = marks::mark(name, value);
                let first = self.mark.is_none() || self.by_id && mark.is_some();
                if self.mark != Some(Mark::Body) && (first || mark == Some(Mark::Body)) {
                    (self.mark, self.by_id) = (mark, name == "id" && mark.is_some());
                }
            }
            _ => {}
        }
    }
}

/// What an ARIA role makes of an element.
fn of_role(role: &str) -> Option<NodeRole> {
    match role {
        "main" => Some(NodeRole::Main),
        "article" => Some(NodeRole::Article),
        "complementary" => Some(NodeRole::Aside),
        "navigation" | "menu" | "menubar" | "contentinfo" | "search" | "toolbar" | "dialog" | "alert"
        | "alertdialog" => Some(NodeRole::Chrome),
        _ => None,
    }
}

fn kind(name: &str) -> NodeRole {
    match name {
        "a" => NodeRole::Link,
        // The guard's mark of a control.
        "wbr" => NodeRole::Control,
        "button" => NodeRole::Button,
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
