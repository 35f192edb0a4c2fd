//! Where elements stand in a page, as a selector that finds them again.

use std::collections::HashMap;

use dom_query::{Document, LocalName, NodeRef};

use super::tree::{Items, NONE, NodeRole};

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
