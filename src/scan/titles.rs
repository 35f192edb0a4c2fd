//! Groups of equal short documents, parted by their titles: two notes may have the same words.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::STAR;
use super::each_pair::each_pair;
use super::groups::Group;
use super::judging::Asking;
use super::texts::Texts;
use crate::candidates::Candidate;
use crate::corpus::{Fields, Value};
use crate::error::Result;
use crate::judge::{Judge, Judgement, Loaded, Memory, Relation, ShingleSet, head};
use crate::options::Cancel;
use crate::sketch::Sketcher;

/// Pairs of documents that stand for others, and what they are to each other.
type Found = Vec<(Candidate, Judgement)>;

/// What titles make of groups of equal documents and of the pairs that were found.
pub(super) struct Parted {
    /// Documents of one text and one title, two and more.
    pub groups: Vec<Group>,
    /// Pairs of documents that stand for such groups or for themselves, in order.
    pub found: Found,
    /// By text that several titles have: what stands for the documents of each title.
    pub texts: Vec<Group>,
}

/// The documents of a group by title, the titles in order; those of each title in the group's order.
fn by_title(texts: &Texts<'_>, group: &Group) -> Vec<Group> {
    let mut parts: BTreeMap<String, Group> = BTreeMap::new();
    group.iter().for_each(|&document| parts.entry(title(texts, document)).or_default().push(document));
    parts.into_values().collect()
}

/// What of a record's title tells its document from others.
pub(super) fn title_of(fields: &Fields<'_>) -> String {
    let title = fields.title.map(Value::to_text).unwrap_or_default();
    head(&title).to_owned()
}

fn title(texts: &Texts<'_>, document: u32) -> String {
    // A document that is no longer what it was is among the problems already.
    texts.get_with_fields(document, |_, fields| title_of(fields)).unwrap_or_default()
}

/// Parts groups of equal documents by title. `twins` are pairs of documents of equal token sequences that stand for several
/// groups; `found` are pairs of other words, of documents that stand for groups or for themselves.
pub(super) fn part(
    texts: &Texts<'_>,
    judge: Judge<'_>,
    groups: Vec<Group>,
    twins: &[Candidate],
    found: Found,
    cancel: &Cancel,
) -> Result<Parted> {
    let asks = |document: u32| judge.asks_titles(texts.documents.entries[document as usize].tokens);
    let (titled, mut groups): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(|group| asks(group[0]));
    let parted: Vec<(u32, Vec<Group>)> =
        titled.par_iter().map(|group| (group[0], by_title(texts, group))).collect();
    let mut first_of: HashMap<u32, Group> = HashMap::new();
    for (stood, parts) in parted {
        if parts.len() > 1 {
            first_of.insert(stood, parts.iter().map(|part| part[0]).collect());
        }
        groups.extend(parts.into_iter().filter(|part| part.len() > 1));
    }
    groups.sort_unstable_by_key(|group| group[0]);
    let spread = |(a, b): Candidate| {
        let of = |document: u32| first_of.get(&document).cloned().unwrap_or(vec![document]);
        spread(&of(a), &of(b))
    };
    let equal: Vec<Candidate> = twins.iter().flat_map(|&pair| spread(pair)).collect();
    let judged = judge_equal(texts, judge, &equal);
    let mut texts_parted: Vec<Group> = first_of.values().cloned().collect();
    texts_parted.sort_unstable();
    let between: Vec<Found> =
        texts_parted.par_iter().map(|firsts| between_titles(texts, judge, firsts)).collect();
    // What is short was judged with the title of one, and is judged with that of each.
    let (mut again, mut all): (Vec<Candidate>, Found) = (Vec::new(), Vec::new());
    for (pair, judgement) in found {
        let is_parted = [pair.0, pair.1].iter().any(|document| first_of.contains_key(document));
        if is_parted && asks(pair.0) && asks(pair.1) {
            again.extend(spread(pair));
        } else {
            all.extend(spread(pair).into_iter().map(|pair| (pair, judgement)));
        }
    }
    all.extend(judge_again(texts, judge, &again, cancel)?);
    all.extend(equal.into_iter().zip(judged));
    all.extend(between.into_iter().flatten());
    let ordered = |((a, b), judgement): (Candidate, Judgement)| {
        if a <= b { ((a, b), judgement) } else { ((b, a), judgement.swapped()) }
    };
    all = all.into_iter().map(ordered).collect();
    // A crowd's leader may have met a member before, by a rarer shingle.
    all.sort_unstable_by_key(|found| found.0);
    all.dedup_by_key(|found| found.0);
    Ok(Parted { groups, found: all, texts: texts_parted })
}

/// What pairs of other words are to each other, those that are nothing left out.
fn judge_again(texts: &Texts<'_>, judge: Judge<'_>, pairs: &[Candidate], cancel: &Cancel) -> Result<Found> {
    let ask = |judge: &Judge<'_>, memory: &mut Memory, _: usize, (a, b): (&Loaded, &Loaded)| {
        judge.decide(memory, a, b).map(|(judgement, _)| judgement)
    };
    let (documents, sites) = (texts.documents, texts.documents.site_hashes());
    let (judged, _) = each_pair(texts, &Asking { judge, documents, sites: &sites, ask }, pairs, cancel)?;
    Ok(pairs.iter().zip(judged).filter_map(|(&pair, judgement)| Some((pair, judgement??))).collect())
}

/// Pairs of what stands for two texts: all, or where there are many those with the first of either.
fn spread(a: &[u32], b: &[u32]) -> Vec<Candidate> {
    let few = a.len().max(b.len()) <= STAR;
    let pairs = a.iter().enumerate().flat_map(|(i, &x)| {
        let all = b.iter().enumerate().filter(move |(j, _)| few || i == 0 || *j == 0);
        all.map(move |(_, &y)| (x, y))
    });
    pairs.collect()
}

/// What documents of one text under different titles are to each other, by title. Where there are more than [`STAR`], each
/// is compared with the first and with as many that follow it, which begin alike, and of those only copies are kept.
fn between_titles(texts: &Texts<'_>, judge: Judge<'_>, documents: &[u32]) -> Found {
    let mut memory = judge.memory();
    let text = texts.get(documents[0], str::to_owned).unwrap_or_default();
    let note = judge.note(&mut memory, &text);
    let shingles = shingles(texts, judge, documents[0]);
    let titles: Vec<_> =
        documents.iter().map(|&document| judge.title(&mut memory, &title(texts, document))).collect();
    let few = documents.len() <= STAR;
    let mut found = Vec::new();
    for i in 0..documents.len() {
        let last = if i == 0 { documents.len() } else { documents.len().min(i + 1 + STAR) };
        for j in i + 1..last {
            let judgement = judge.equal(&mut memory, &note, [&titles[i], &titles[j]], shingles);
            if few || i == 0 || judgement.relation == Relation::Exact {
                found.push(((documents[i], documents[j]), judgement));
            }
        }
    }
    found
}

/// How many distinct shingles a document has.
fn shingles(texts: &Texts<'_>, judge: Judge<'_>, document: u32) -> u32 {
    super::clusters::copies_shingles(texts, judge.recipe, &[vec![document]])[0]
}

/// What pairs of documents of equal token sequences are to each other, in order.
pub(crate) fn judge_equal(texts: &Texts<'_>, judge: Judge<'_>, pairs: &[Candidate]) -> Vec<Judgement> {
    let memory =
        || (judge.memory(), Sketcher::as_printed(judge.recipe, judge.kernel), ShingleSet::new(judge.kernel));
    let judged = pairs.par_iter().map_init(memory, |(memory, sketcher, set), &(a, b)| {
        let judged = texts.get(a, |text| {
            set.fill(sketcher.shingles(text).0);
            let asks = judge.asks_titles(texts.documents.entries[a as usize].tokens);
            let titles =
                if asks { [a, b].map(|document| title(texts, document)) } else { Default::default() };
            judge.judge_equal(memory, (text, set.count() as u32), [&titles[0], &titles[1]])
        });
        judged.unwrap_or(Judgement::exact(0))
    });
    judged.collect()
}
