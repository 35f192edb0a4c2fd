//! The date of publication in a page's body.
//!
//! A page holds many dates: of other stories, of comments, of what it tells. One counts that stands in the article or right
//! above it and is marked as that of publication, or is the only one between the headline and the text. No date is better than a
//! wrong one.

use std::ops::Range;

use dom_query::{Document, NodeData, NodeRef};

use super::entity;
use super::main_text::MainText;
use super::marks::Mark;
use super::meta;
use super::tree::{Dated, Item, Items, NodeRole};

/// The date that the page's body gives its article.
pub(super) fn published(document: &Document, items: &Items, article: &MainText) -> Option<String> {
    let head = article.head.clone();
    let marked = Some(Dated::Published);
    only(dates(document, items, &head, |dated| dated == marked))
        .or_else(|| only(dates(document, items, &head, |dated| dated == Some(Dated::Some))))
        .or_else(|| only(dates(document, items, &(head.end..article.end), |dated| dated == marked)))
}

/// The dates in a part of the page, without what stands in boxes of it.
fn dates(
    document: &Document,
    items: &Items,
    range: &Range<u32>,
    wanted: impl Fn(Option<Dated>) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = range.start as usize;
    while at < range.end as usize {
        let item = &items.list[at];
        let elsewhere = matches!(item.kind, NodeRole::Aside | NodeRole::Article)
            || matches!(item.mark, Some(Mark::Comments | Mark::Elsewhere | Mark::Offer));
        if elsewhere && item.end <= range.end {
            at = item.end as usize;
            continue;
        }
        if wanted(item.dated) {
            found.extend(value(document, items, at, item).and_then(|value| meta::date(&value)));
        }
        at += 1;
    }
    found
}

/// What an element says is its date: an attribute, or its text.
fn value(document: &Document, items: &Items, at: usize, item: &Item) -> Option<String> {
    let node = NodeRef::new(item.id, &document.tree);
    if let Some(value) = node.attr("datetime") {
        return Some(value.to_string());
    }
    let text = items.list[at..item.end as usize].iter().find(|inner| inner.kind == NodeRole::Text)?;
    NodeRef::new(text.id, &document.tree).query_or(None, |node| match &node.data {
        NodeData::Text { contents } => Some(entity::unmarked(contents).trim().chars().take(64).collect()),
        _ => None,
    })
}

/// The only date of several that may be the same.
fn only(dates: Vec<String>) -> Option<String> {
    let day = |date: &String| date.get(..10).map(str::to_owned);
    let first = dates.first()?;
    dates.iter().all(|date| day(date) == day(first)).then(|| first.clone())
}
