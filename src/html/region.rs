//! Where on a page its article is: what the page itself says, and else where its prose stands together.

use std::ops::Range;

use super::cut::Pieces;
use super::main_text::Page;
use super::marks::Mark;
use super::shape::{Headlines, PROSE, Shape, Shapes, is_prose, stands_alone};
use super::tree::{Items, NodeRole};

/// Bytes of text beside its links that an element of an article has, at least.
const LEAST: u32 = 40;

/// Where an article is looked for.
#[derive(Debug, Clone)]
pub(super) struct Region {
    /// The element in which all of it stands; the first item is the page.
    pub root: u32,
    /// The element that the page names as its article.
    pub named: Option<u32>,
    /// The items that count.
    pub range: Range<u32>,
}

impl Region {
    /// The whole page.
    pub fn page(items: &Items) -> Region {
        Region { root: 0, named: None, range: 0..items.list.len() as u32 }
    }

    /// What the page itself names as its article, and the headline above it.
    pub fn declared(page: &Page<'_>) -> Option<Region> {
        let (items, shapes, headlines) = (page.items, &page.shapes, &page.headlines);
        let named = declared(items, shapes)?;
        let end = items.list[named as usize].end;
        let is_bare = shapes.within(items, named as usize).headlines == 0;
        let above = headline_of(items, shapes, headlines, named).filter(|_| is_bare);
        let root = above.and_then(|above| items.above(named).find(|&root| root <= above));
        let range = above.filter(|_| root.is_some()).unwrap_or(named)..end;
        Some(Region { root: root.unwrap_or(named), named: Some(named), range })
    }
}

/// The element that the page itself names as its article, if any: `<main>`, `<article>`, their roles, `articleBody`. Its share
/// of the page does not matter, unless it has no headline and there is far more beside it than teasers.
fn declared(items: &Items, shapes: &Shapes) -> Option<u32> {
    let found = Named::of(items, shapes);
    let main = found.main;
    let within = |outer: u32, inner: u32| items.list[outer as usize].end > inner && inner >= outer;
    let mut articles = found.articles;
    if let Some(main) = main
        && articles.iter().any(|&at| within(main, at))
    {
        articles.retain(|&at| within(main, at));
    }
    let article = own_article(items, shapes, &articles);
    let region = match (main, article) {
        (Some(main), Some(article)) if within(main, article) => article,
        (Some(main), Some(article)) if shapes.within(items, article as usize).headlines == 0 => main,
        (main, article) => article.or(main)?,
    };
    let stands = |&region: &u32| {
        let shape = shapes.within(items, region as usize);
        shape.headlines > 0 || found.prose.saturating_sub(shape.prose) <= shape.prose.max(LEAST) * RIVAL
    };
    Some(region).filter(stands).or(main.filter(stands))
}

/// So many times the prose of what is named an article, beside it, make it a teaser, unless it has the headline.
const RIVAL: u32 = 4;

/// The elements that a page names.
#[derive(Default)]
struct Named {
    /// The first `<main>`.
    main: Option<u32>,
    /// Outermost ones.
    articles: Vec<u32>,
    /// Bytes of prose of the page that stand in nothing that is beside an article by its kind.
    prose: u32,
}

impl Named {
    fn of(items: &Items, shapes: &Shapes) -> Named {
        let mut named = Named::default();
        let (mut at, mut outer) = (0, 0);
        let all = shapes.within(items, 0).prose;
        named.prose = all;
        while at < items.list.len() {
            let item = &items.list[at];
            let shape = shapes.within(items, at);
            let holds = |kinds: &[NodeRole]| {
                items.list[at..item.end as usize].iter().any(|inner| kinds.contains(&inner.kind))
            };
            let is_card = || {
                matches!(item.kind, NodeRole::Block | NodeRole::Item)
                    && shape.paragraphs == 1
                    && shape.has_links_for_paragraphs()
                    && !holds(&[NodeRole::Article, NodeRole::Main])
            };
            let is_marked = || {
                item.mark.is_some_and(|mark| mark != Mark::Body)
                    && !matches!(item.kind, NodeRole::Article | NodeRole::Main | NodeRole::Body)
                    && shape.prose * 2 <= all
                    && !holds(&[NodeRole::Main])
            };
            let beside = matches!(item.kind, NodeRole::Chrome | NodeRole::Aside)
                || (item.hidden && shape.prose * 3 <= all)
                || (shape.headlines == 0 && (is_card() || is_marked()));
            if beside {
                named.prose = named.prose.saturating_sub(shape.prose);
                at = item.end as usize;
                continue;
            }
            let speaks = shape.text - shape.linked >= LEAST && shape.sentences > 0;
            match item.kind {
                NodeRole::Main if speaks => named.main = named.main.or(Some(at as u32)),
                NodeRole::Article if speaks && at >= outer => {
                    outer = item.end as usize;
                    named.articles.push(at as u32);
                }
                _ => {}
            }
            at += 1;
        }
        named
    }
}

/// Which of several articles is the page's own: the one with the headline, or the one that is most of them all.
fn own_article(items: &Items, shapes: &Shapes, articles: &[u32]) -> Option<u32> {
    let shape = |&at: &u32| shapes.within(items, at as usize);
    let most = |list: &mut dyn Iterator<Item = &u32>| {
        list.copied().max_by_key(|at| (shape(at).prose, u32::MAX - at))
    };
    // One that is a link and a sentence on where it leads is another story's, if there are others.
    let teaser = |at: &&u32| shape(at).has_links_for_paragraphs() && shape(at).headlines == 0;
    let own: Vec<u32> = articles.iter().filter(|at| !teaser(at)).copied().collect();
    let articles = if own.is_empty() { articles } else { own.as_slice() };
    let headed = articles.iter().filter(|at| shape(at).headlines > 0).count();
    if headed == 1 {
        return most(&mut articles.iter().filter(|at| shape(at).headlines > 0));
    }
    let largest = most(&mut articles.iter())?;
    let all: u32 = articles.iter().map(|at| shape(at).text).sum();
    (articles.len() == 1 || shape(&largest).text * 5 >= all * 3).then_some(largest)
}

/// The innermost element of a part of the page that has nearly all of its prose.
pub(super) fn core(items: &Items, shapes: &Shapes, region: u32) -> u32 {
    let all = shapes.within(items, region as usize);
    let mut core = region;
    let mut at = region as usize + 1;
    while at < items.list[region as usize].end as usize {
        let shape = shapes.within(items, at);
        let most = shape.prose * 10 >= all.prose * 9 && shape.text * 10 >= all.text * 7;
        if most && all.prose > 0 && items.list[at].kind != NodeRole::Text {
            core = at as u32;
            at += 1;
        } else {
            at = items.list[at].end as usize;
        }
    }
    core
}

/// Bytes of prose, a lead, between a headline and its article, at most.
const BETWEEN: u32 = 600;

/// What is left of a paragraph's weight one branching of elements further out: two sections of an article weigh more
/// together than one of them, and an article more than itself with a few teasers beside it. Of 150 labelled pages one in
/// sections lost some of them at .6, and from .75 to .8 nothing changes.
const DECAY: f64 = 0.75;

/// What an element under the headline weighs more than others: a notice on cookies may be longer than a short article.
const HEADED: f64 = 2.0;

/// The headline of an element: the last one that stands in it or right above it.
fn headline_of(items: &Items, shapes: &Shapes, headlines: &Headlines, at: u32) -> Option<u32> {
    let is_near =
        |headline: u32| headline >= at || shapes.between(headline as usize, at as usize).prose <= BETWEEN;
    headlines.before(items.list[at as usize].end).filter(|&headline| is_near(headline))
}

/// Tenths of the core's text that an element further out may have, to be taken for the same; more where the headline
/// stands in it and few links do, since recipes and results are short lines around little prose.
const HARDLY_MORE: u32 = 13;

/// See [`HARDLY_MORE`].
const MORE_UNDER_HEADLINE: u32 = 25;

/// The element in which most prose stands together, counted less the further within it stands. Elements with one child that
/// has prose are one with it, so that wrappers do not matter. Linear.
pub(super) fn densest(
    items: &Items,
    shapes: &Shapes,
    pieces: &Pieces,
    headlines: &Headlines,
    region: u32,
) -> Option<u32> {
    let range = region as usize..items.list[region as usize].end as usize;
    let mut mass = vec![Mass::default(); range.len()];
    for piece in &pieces.list {
        let block = piece.item as usize;
        let prose = is_prose(piece, PROSE);
        if (prose || stands_alone(pieces, piece)) && range.contains(&block) {
            let place = &mut mass[block - range.start];
            place.lines += 1;
            place.sum += f64::from(u8::from(prose)) + (piece.len() as f64 / 200.0).min(2.0);
        }
    }
    let mut best: Option<(f64, u32)> = None;
    for at in range.clone().rev() {
        let own = mass[at - range.start];
        if own.parts + own.lines == 0 {
            continue;
        }
        let weight = if own.parts + own.lines > 1 { own.sum * DECAY } else { own.sum };
        let shape: Shape = shapes.within(items, at);
        let headed = headline_of(items, shapes, headlines, at as u32).is_some();
        let score = weight
            * (1.0 - f64::from(shape.linked) / f64::from(shape.text.max(1)))
            * if headed { HEADED } else { 1.0 };
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, at as u32));
        }
        let parent = items.list[at].parent as usize;
        if range.contains(&parent) {
            let above = &mut mass[parent - range.start];
            above.sum += if own.parts == 0 { own.sum } else { weight };
            above.parts += 1;
        }
    }
    best.map(|(_, at)| at)
}

/// How much prose stands together in an element.
#[derive(Default, Clone, Copy)]
struct Mass {
    /// Its weight.
    sum: f64,
    /// Children that have prose.
    parts: u32,
    /// Lines of its own.
    lines: u32,
}

/// The element further out with hardly more text than the core of an article.
pub(super) fn widened(items: &Items, shapes: &Shapes, headlines: &Headlines, core: u32, region: u32) -> u32 {
    let text = shapes.within(items, core as usize).text;
    let headed =
        |above: u32| headline_of(items, shapes, headlines, above).is_some_and(|headline| headline <= core);
    let hardly = |&above: &u32| {
        let shape = shapes.within(items, above as usize);
        let much =
            if headed(above) && shape.linked * 5 <= shape.text { MORE_UNDER_HEADLINE } else { HARDLY_MORE };
        above >= region && shape.text * 10 <= text * much
    };
    items
        .above(core)
        .take_while(hardly)
        .filter(|&above| items.list[above as usize].kind != NodeRole::Body)
        .last()
        .unwrap_or(core)
}

/// The part of a page in which an article's lead and stray paragraphs stand: its region, or else what reaches from its headline
/// to its core's end, or the closest element with little more prose than the core.
pub(super) fn container(
    items: &Items,
    shapes: &Shapes,
    headlines: &Headlines,
    core: u32,
    region: &Region,
) -> Range<u32> {
    if region.named.is_some() {
        return region.range.clone();
    }
    let prose = |at: u32| shapes.within(items, at as usize).prose;
    let own = prose(core);
    let around = |at: u32| std::iter::once(at).chain(items.above(at));
    let says = |&at: &u32| matches!(items.list[at as usize].kind, NodeRole::Article | NodeRole::Main);
    let closest = around(core).take_while(|&at| prose(at) * 10 <= own * HARDLY_MORE).last().unwrap_or(core);
    if let Some(named) = around(closest).find(says) {
        return named..items.list[named as usize].end;
    }
    let headed = headlines
        .before(core)
        .filter(|&headline| shapes.between(headline as usize, core as usize).prose <= BETWEEN.max(own / 4));
    let end = items.list[closest as usize].end;
    closest.min(headed.unwrap_or(closest))..end
}
