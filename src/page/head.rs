//! What a page's head says that its text belies: titles that disagree, several first headings, an empty title, a description that
//! is the title.

use std::fmt::Debug;

use crate::html::{PartKind, VisiblePage};
use crate::kernel::Kernel;
use crate::text::Tokens;

/// Something about a page that whoever looks after its site wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// What stands there: the titles that disagree, the headings, the description.
    pub texts: Vec<String>,
}

/// What is wrong with a page's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// It has no `<title>`, or one in which nothing stands.
    NoTitle,
    /// `<title>`, `og:title` and the headline are not one title, the site's name and case aside.
    TitlesDiffer,
    /// It has several `<h1>` of different words.
    SeveralHeadlines,
    /// Its description is its title.
    DescriptionIsTitle,
}

impl FaultKind {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::NoTitle => "no-title",
            FaultKind::TitlesDiffer => "titles-differ",
            FaultKind::SeveralHeadlines => "several-headlines",
            FaultKind::DescriptionIsTitle => "description-is-title",
        }
    }
}

/// What is wrong with a page's head. Linear.
pub fn faults(page: &VisiblePage) -> Vec<Fault> {
    let mut tokens = Tokens::new(Kernel::PORTABLE);
    let mut words = |text: &str| -> Vec<String> {
        tokens.read(text);
        tokens.iter().map(str::to_owned).collect()
    };
    let mut found = Vec::new();
    let head = &page.head;
    let title = head.title.as_deref().unwrap_or_default();
    if words(title).is_empty() {
        found.push(Fault { kind: FaultKind::NoTitle, texts: Vec::new() });
    }
    let headlines = page.parts.iter().filter(|part| part.kind == PartKind::Heading(1));
    let mut first: Vec<(Vec<String>, &str)> = Vec::new();
    for part in headlines.take(MOST) {
        let text = &page.text[part.range.start as usize..part.range.end as usize];
        let own = words(text);
        if !own.is_empty() && !first.iter().any(|(other, _)| *other == own) {
            first.push((own, text));
        }
    }
    // Of several first headings the headline speaks for the page.
    let headline = head.headline.as_deref().filter(|_| !first.is_empty()).unwrap_or_default();
    let titles: Vec<&str> =
        [title, head.og_title.as_deref().unwrap_or_default(), headline].into_iter().collect();
    let said: Vec<(Vec<String>, &str)> = titles
        .into_iter()
        .map(|title| (words(title), title))
        .filter(|(words, _)| !words.is_empty())
        .collect();
    let differ = said
        .iter()
        .enumerate()
        .any(|(at, (one, _))| said[at + 1..].iter().any(|(other, _)| !is_within(one, other)));
    if differ {
        let texts = said.iter().map(|(_, title)| (*title).to_owned()).collect();
        found.push(Fault { kind: FaultKind::TitlesDiffer, texts });
    }
    if first.len() > 1 {
        let texts = first.iter().map(|(_, text)| (*text).to_owned()).collect();
        found.push(Fault { kind: FaultKind::SeveralHeadlines, texts });
    }
    if let Some(description) = &head.description {
        let own = words(description);
        if !own.is_empty() && said.iter().any(|(title, _)| *title == own) {
            found.push(Fault { kind: FaultKind::DescriptionIsTitle, texts: vec![description.clone()] });
        }
    }
    found
}

/// First headings that are looked at.
const MOST: usize = 64;

/// Whether one title stands whole in the other, as it does beside a site's name.
fn is_within(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long.windows(short.len().max(1)).any(|window| window == short)
}
