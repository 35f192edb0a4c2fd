//! Who had it first, and who took it from whom.
//!
//! Abdel-Hamid, Behzadi, Christoph and Henzinger, "Detecting the origin of text segments efficiently" (WWW 2009): of
//! every shingle the earliest document that has it is its owner. Here owners are looked for within a cluster. A copy's
//! parent is an earlier owner of what it says, the one that leaves it the fewest shingles unexplained; since parents are
//! always earlier, the best parent of each is the best tree.
//!
//! What pages say of themselves comes first: a canonical URL or a credit that names another member. A page that is
//! named so may have been named by its own readers only, so that it is called the origin only where it is not later than
//! all who do not name it, or more than half of the others do.

mod credit;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use credit::{Credit, CreditKind, credits, names};

pub use crate::calendar::{Lag, When};

/// A document of a cluster, as far as who had it first depends on it.
#[derive(Debug, Clone, Default)]
pub struct Copy {
    /// Its site.
    pub site: String,
    /// Where it was read.
    pub url: Option<String>,
    /// Where the page says that it belongs.
    pub canonical_url: Option<String>,
    /// Its date.
    pub when: Option<When>,
    /// Whom it credits.
    pub credits: Vec<Credit>,
    /// Distinct shingles of its content, ascending.
    pub shingles: Vec<u64>,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginRule {
    /// Others name its address as the canonical one.
    Canonical,
    /// Others credit its site.
    Credit,
    /// It is the earliest by date.
    Earliest,
    /// Of those with the earliest date it has the most text that came back later.
    Novel,
    /// It says most of what at least one other says: what was cut or changed is missing from it least.
    Edits,
    /// It is the longest.
    Longest,
}

impl OriginRule {
    /// The rule's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            OriginRule::Canonical => "canonical",
            OriginRule::Credit => "credit",
            OriginRule::Earliest => "earliest",
            OriginRule::Novel => "novel",
            OriginRule::Edits => "edits",
            OriginRule::Longest => "longest",
        }
    }

    /// Whether it tells an order. Which of the texts of one day is the longest, or came back most, is a guess at how
    /// they were edited: a page may be extended as well as cut.
    pub fn is_evidence(self) -> bool {
        matches!(self, OriginRule::Canonical | OriginRule::Credit | OriginRule::Earliest)
    }
}

/// Why a document is another's parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It names the parent's address as the canonical one.
    Canonical,
    /// It credits the parent's site.
    Credit,
    /// The parent is an earlier version on the same site.
    Version,
    /// Its text leaves the least to explain.
    Text,
}

impl Way {
    /// The way's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Way::Canonical => "canonical",
            Way::Credit => "credit",
            Way::Version => "version",
            Way::Text => "text",
        }
    }
}

/// Whom a document has its text from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parent {
    /// The place of the other among the documents.
    pub of: usize,
    /// Why.
    pub way: Way,
    /// What passed from its date to this one's; none where a date is missing, or this one's is the earlier.
    pub lag: Option<Lag>,
    /// Share of this document's content shingles that stand in the parent, 0 to 1.
    pub verbatim: f64,
    /// Whether a name or dates tell that the parent was first; else it is the likeliest by its text alone.
    pub ordered: bool,
}

/// The descent of a cluster's documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Descent {
    /// The place of the most likely origin.
    pub origin: usize,
    /// What decided.
    pub rule: OriginRule,
    /// How much speaks for it, 0 to 1: of what could speak for or against it the share that speaks for it, by the rule of
    /// succession. A rank, and no probability.
    pub confidence: f64,
    /// Whether dates or names tell that it was first, and not its text alone.
    pub ordered: bool,
    /// A name that members credit and that is no member's site: the text is from outside.
    pub outside: Option<String>,
    /// By document: its parent; none for the origin.
    pub parents: Vec<Option<Parent>>,
}

/// Documents beside the origin that are tried as a parent by their texts, at most.
const TRIED: usize = 8;

/// What a shingle of the parent that the copy has not costs, against one of the copy that the parent has not: to cut is
/// easier than to write.
const CUT: f64 = 0.1;

/// Least share of a page that stands in an earlier one of the same site for it to be a version of that.
const VERSION: f64 = 0.5;

/// The descent of the documents of one cluster, in order of their ids; at least one.
///
/// Time is that of sorting all their shingles.
pub fn trace(copies: &[Copy]) -> Descent {
    let owners = Owners::new(copies);
    let by_site = by_site(copies);
    let named = Named::new(copies, &by_site);
    let (origin, rule, confidence) = origin(copies, &named, &owners);
    let dated = copies.iter().filter(|copy| copy.when.is_some()).count();
    let ordered = rule.is_evidence();
    let tree = Tree { copies, owners: &owners, by_site: &by_site, origin, ordered, dated: dated > 1 };
    let mut parents: Vec<Option<Parent>> = (0..copies.len()).map(|copy| tree.by_text(copy)).collect();
    for (copy, target) in named.targets.iter().enumerate() {
        if let Some((of, way)) = *target
            && copy != origin
        {
            parents[copy] = Some(tree.parent(copy, of, way));
        }
    }
    break_circles(&tree, &mut parents);
    Descent { origin, rule, confidence, ordered, outside: named.outside, parents }
}

/// The place of the document that names or dates tell was first; none where they do not: their texts alone are no evidence.
/// At least one document.
pub fn known_first(copies: &[Copy]) -> Option<usize> {
    let by_site = by_site(copies);
    let dated = || match may_be_first(copies)[..] {
        [only] => earliest(copies, only),
        _ => None,
    };
    by_name(copies, &Named::new(copies, &by_site)).or_else(dated).map(|(first, ..)| first)
}

/// Whom members name.
struct Named {
    /// By document: the member that it names as its source.
    targets: Vec<Option<(usize, Way)>>,
    /// The name that most credit, and at least half of all, where it is no member's site.
    outside: Option<String>,
}

impl Named {
    fn new(copies: &[Copy], by_site: &BySite<'_>) -> Named {
        let mut by_url: HashMap<&str, usize> = HashMap::new();
        for (place, copy) in copies.iter().enumerate() {
            if let Some(url) = copy.url.as_deref().map(address) {
                by_url.entry(url).or_insert(place);
            }
        }
        // By name: the sites of members that it is a name of.
        let mut sites_of: HashMap<&str, Vec<&str>> = HashMap::new();
        for credit in copies.iter().flat_map(|copy| &copy.credits) {
            let named = || by_site.keys().copied().filter(|site| names(&credit.name, site)).collect();
            sites_of.entry(&credit.name).or_insert_with(named);
        }
        let target = |(place, copy): (usize, &Copy)| {
            let canonical = copy.canonical_url.as_deref().map(address).and_then(|url| by_url.get(url));
            if let Some(&of) = canonical.filter(|&&of| of != place) {
                return Some((of, Way::Canonical));
            }
            let credited = |credit: &Credit| {
                let sites = sites_of.get(&*credit.name).into_iter().flatten();
                let sites = sites.filter(|site| **site != copy.site);
                let first = sites.filter_map(|site| by_site.get(site)?.first()).min();
                first.map(|&of| (credit.kind, of))
            };
            copy.credits.iter().filter_map(credited).min().map(|(_, of)| (of, Way::Credit))
        };
        let targets = copies.iter().enumerate().map(target).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for copy in copies {
            let is_outside = |credit: &&Credit| {
                credit.kind != CreditKind::By && sites_of.get(&*credit.name).is_some_and(Vec::is_empty)
            };
            let outside: BTreeSet<&str> =
                copy.credits.iter().filter(is_outside).map(|credit| &*credit.name).collect();
            outside.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
        }
        let most = counts.into_iter().max_by_key(|&(name, count)| (count, Reverse(name)));
        let outside = most.filter(|&(_, count)| 2 * count >= copies.len()).map(|(name, _)| name.to_owned());
        Named { targets, outside }
    }

    /// The end of what a document names, and what that names, and so on; itself where it names none.
    fn root(&self, mut copy: usize) -> usize {
        for _ in 0..self.targets.len() {
            match self.targets[copy] {
                Some((of, _)) => copy = of,
                None => return copy,
            }
        }
        copy
    }
}

/// By site: its documents, the earliest first, undated ones last.
type BySite<'a> = BTreeMap<&'a str, Vec<usize>>;

fn by_site(copies: &[Copy]) -> BySite<'_> {
    let mut by_site = BySite::new();
    for (place, copy) in copies.iter().enumerate() {
        by_site.entry(&copy.site).or_default().push(place);
    }
    for places in by_site.values_mut() {
        places.sort_by_key(|&place| (at(copies, place).is_none(), at(copies, place), place));
    }
    by_site
}

/// The first second of a document's date.
fn at(copies: &[Copy], place: usize) -> Option<i64> {
    copies[place].when.map(|when| when.at)
}

/// An address without what differs between two spellings of it.
fn address(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    rest.split('#').next().unwrap_or(rest).trim_end_matches('/')
}

/// Of what speaks for or against something the share that speaks for it, before anything is known one half.
fn succession(for_it: usize, of: usize) -> f64 {
    (for_it as f64 + 1.0) / (of as f64 + 2.0)
}

fn origin(copies: &[Copy], named: &Named, owners: &Owners) -> (usize, OriginRule, f64) {
    by_name(copies, named)
        .unwrap_or_else(|| by_date(copies, owners).unwrap_or_else(|| by_text(copies, owners)))
}

/// The member that most of those who name one lead to, if dates do not say otherwise.
fn by_name(copies: &[Copy], named: &Named) -> Option<(usize, OriginRule, f64)> {
    let naming: Vec<usize> = (0..copies.len()).filter(|&copy| named.targets[copy].is_some()).collect();
    let mut votes: HashMap<usize, usize> = HashMap::new();
    naming.iter().for_each(|&copy| *votes.entry(named.root(copy)).or_default() += 1);
    let at = |copy: usize| at(copies, copy);
    let end = |copy: usize| copies[copy].when.map(When::end);
    let strength =
        |&(&root, &count): &(&usize, &usize)| (count, Reverse(at(root).unwrap_or(i64::MAX)), Reverse(root));
    let (&root, &count) = votes.iter().max_by_key(strength)?;
    let others = copies.len() - 1;
    let silent = (0..copies.len()).filter(|&copy| copy != root && named.root(copy) != root);
    let first_silent = silent.filter_map(end).min();
    let is_first = match (at(root), first_silent) {
        (Some(at), Some(first)) => at <= first,
        (_, first) => first.is_none(),
    };
    if !is_first && 2 * count <= others {
        return None;
    }
    let by_address = naming
        .iter()
        .any(|&copy| named.root(copy) == root && matches!(named.targets[copy], Some((_, Way::Canonical))));
    let rule = if by_address { OriginRule::Canonical } else { OriginRule::Credit };
    Some((root, rule, succession(count, naming.len())))
}

/// The earliest; of several the one that has the most text that came back later.
fn by_date(copies: &[Copy], owners: &Owners) -> Option<(usize, OriginRule, f64)> {
    let first = may_be_first(copies);
    if let [only] = first[..] {
        return earliest(copies, only);
    }
    let came_back = owners.came_back(&first, copies.len());
    let most = came_back.iter().max()?;
    let mut best = first.iter().zip(&came_back).filter(|(_, count)| *count == most);
    match (best.next(), best.next()) {
        (Some((&origin, _)), None) => Some((origin, OriginRule::Novel, succession(1, first.len()))),
        _ => Some(by_text_among(copies, owners, &first)),
    }
}

/// Those that by their dates may be the earliest: a day is as early as any of its hours.
fn may_be_first(copies: &[Copy]) -> Vec<usize> {
    let dates = copies.iter().filter_map(|copy| copy.when);
    let Some(end) = dates.map(When::end).min() else { return Vec::new() };
    (0..copies.len()).filter(|&copy| copies[copy].when.is_some_and(|when| when.at <= end)).collect()
}

/// The only one that may be the earliest, where that says anything: one date alone is no order.
fn earliest(copies: &[Copy], only: usize) -> Option<(usize, OriginRule, f64)> {
    let later = copies.iter().filter(|copy| copy.when.is_some()).count() - 1;
    (later > 0).then(|| (only, OriginRule::Earliest, succession(later, copies.len() - 1)))
}

fn by_text(copies: &[Copy], owners: &Owners) -> (usize, OriginRule, f64) {
    let all: Vec<usize> = (0..copies.len()).collect();
    by_text_among(copies, owners, &all)
}

/// The one that says most of what others say too, or else the longest, or else the first.
fn by_text_among(copies: &[Copy], owners: &Owners, among: &[usize]) -> (usize, OriginRule, f64) {
    let key = |&&copy: &&usize| (owners.support[copy], copies[copy].shingles.len(), Reverse(copy));
    let best = among.iter().max_by_key(key).copied().unwrap_or_default();
    let of_others = |by: fn(&Copy, u64) -> u64| {
        let others = among.iter().filter(|&&copy| copy != best);
        others.map(|&copy| by(&copies[copy], owners.support[copy])).max().unwrap_or_default()
    };
    let (support, next) = (owners.support[best], of_others(|_, support| support));
    let margin = 1.0 - next as f64 / support.max(1) as f64;
    let rule = if support > next { OriginRule::Edits } else { OriginRule::Longest };
    (best, rule, succession(1, among.len().max(2)) + margin / 4.0)
}

/// Which documents have which shingles.
struct Owners {
    /// By document: how often its shingles stand in others.
    support: Vec<u64>,
    /// Shingles with the places of documents that have them, ascending.
    all: Vec<(u64, u32)>,
    /// By document and by another: how many shingles that one had first of all before it.
    first_of: Vec<HashMap<usize, u32>>,
}

/// Shingles of one cluster that are looked at, at most; of more a sample of them, the same in all documents.
const SHINGLES: usize = 4_000_000;

impl Owners {
    fn new(copies: &[Copy]) -> Owners {
        let total: usize = copies.iter().map(|copy| copy.shingles.len()).sum();
        let step = total.div_ceil(SHINGLES).next_power_of_two() as u64;
        let mut all: Vec<(u64, u32)> = copies
            .iter()
            .zip(0..)
            .flat_map(|(copy, place)| copy.shingles.iter().map(move |&shingle| (shingle, place)))
            .filter(|(shingle, _)| shingle % step == 0)
            .collect();
        all.sort_unstable();
        let mut support = vec![0; copies.len()];
        let mut first_of = vec![HashMap::new(); copies.len()];
        let when = |place: u32| copies[place as usize].when;
        for holders in all.chunk_by(|x, y| x.0 == y.0).filter(|holders| holders.len() > 1) {
            let others = holders.len() as u64 - 1;
            holders.iter().for_each(|&(_, place)| support[place as usize] += others);
            // Undated ones own nothing: nobody knows that they were first.
            let dated = holders.iter().filter_map(|&(_, place)| Some((when(place)?, place)));
            let Some((first, owner)) = dated.min_by_key(|&(when, place)| (when.at, place)) else { continue };
            let later = |&&(_, place): &&(u64, u32)| when(place).is_none_or(|own| first.is_before(own));
            for &(_, place) in holders.iter().filter(later) {
                *first_of[place as usize].entry(owner as usize).or_default() += 1;
            }
        }
        Owners { support, all, first_of }
    }

    /// Of each of these how many shingles stand in some document that is none of them.
    fn came_back(&self, first: &[usize], documents: usize) -> Vec<u64> {
        let mut place_of = vec![usize::MAX; documents];
        first.iter().enumerate().for_each(|(place, &copy)| place_of[copy] = place);
        let mut counts = vec![0; first.len()];
        for holders in self.all.chunk_by(|x, y| x.0 == y.0) {
            let is_first = |&&(_, place): &&(u64, u32)| place_of[place as usize] != usize::MAX;
            if holders.iter().all(|holder| is_first(&holder)) {
                continue;
            }
            holders.iter().filter(is_first).for_each(|&(_, place)| counts[place_of[place as usize]] += 1);
        }
        counts
    }
}

/// What parents are chosen by.
struct Tree<'a> {
    copies: &'a [Copy],
    owners: &'a Owners,
    by_site: &'a BySite<'a>,
    origin: usize,
    /// Whether it is known that the origin was first.
    ordered: bool,
    /// Whether there are several dates.
    dated: bool,
}

impl Tree<'_> {
    /// The earlier document that leaves the least of this one to explain; the origin where there is none.
    fn by_text(&self, copy: usize) -> Option<Parent> {
        if copy == self.origin {
            return None;
        }
        let mut tried: Vec<usize> = if self.dated { self.owners_of(copy) } else { Vec::new() };
        tried.retain(|&of| of != self.origin && of != copy);
        tried.insert(0, self.origin);
        let site = &self.copies[copy].site;
        let is_version = |of: usize, verbatim: f64| self.copies[of].site == *site && verbatim >= VERSION;
        let mut best: Option<(bool, f64, Parent)> = None;
        for of in tried {
            let (own, parents) = (&self.copies[copy].shingles, &self.copies[of].shingles);
            let common = common(own, parents);
            let verbatim = common as f64 / own.len().max(1) as f64;
            let cost = (own.len() - common) as f64 + CUT * (parents.len() - common) as f64;
            let version = is_version(of, verbatim);
            // The first of several alike: the origin, or else the one that owns the most.
            if best.is_none_or(|(known, least, _)| (version, -cost) > (known, -least)) {
                let way = if version { Way::Version } else { Way::Text };
                best = Some((version, cost, self.linked(copy, of, way, verbatim)));
            }
        }
        best.map(|(.., parent)| parent)
    }

    /// Who had the most of this document's shingles first, and earlier pages of its site.
    fn owners_of(&self, copy: usize) -> Vec<usize> {
        let mut owners: Vec<(Reverse<u32>, usize)> =
            self.owners.first_of[copy].iter().map(|(&of, &count)| (Reverse(count), of)).collect();
        owners.sort_unstable();
        owners.truncate(TRIED);
        let mut tried: Vec<usize> = owners.into_iter().map(|(_, of)| of).collect();
        // The latest first. Those that begin later stand behind, and need not be asked.
        let of_site = self.by_site.get(&*self.copies[copy].site).map_or(&[][..], Vec::as_slice);
        let own = at(self.copies, copy);
        let behind = of_site.partition_point(|&of| at(self.copies, of).is_some_and(|at| Some(at) < own));
        let earlier = of_site[..behind].iter().rev().copied().filter(|&of| self.is_before(of, copy));
        tried.extend(earlier.take(TRIED));
        tried
    }

    fn parent(&self, copy: usize, of: usize, way: Way) -> Parent {
        let own = &self.copies[copy].shingles;
        let common = common(own, &self.copies[of].shingles);
        self.linked(copy, of, way, common as f64 / own.len().max(1) as f64)
    }

    fn linked(&self, copy: usize, of: usize, way: Way, verbatim: f64) -> Parent {
        let lag = self.copies[of].when.zip(self.copies[copy].when).and_then(|(first, own)| first.until(own));
        let is_named = matches!(way, Way::Canonical | Way::Credit);
        let ordered = is_named || self.is_before(of, copy) || (self.ordered && of == self.origin);
        Parent { of, way, lag, verbatim, ordered }
    }

    fn is_before(&self, of: usize, copy: usize) -> bool {
        self.copies[of].when.zip(self.copies[copy].when).is_some_and(|(first, own)| first.is_before(own))
    }
}

/// Hangs on the origin whatever does not lead to it.
fn break_circles(tree: &Tree<'_>, parents: &mut [Option<Parent>]) {
    const LEADS: usize = usize::MAX;
    // By document: that it leads to the origin, or the number of the last walk that met it, from 1.
    let mut walks = vec![0; parents.len()];
    walks[tree.origin] = LEADS;
    for copy in 0..parents.len() {
        let mut way = Vec::new();
        let mut at = copy;
        while walks[at] != LEADS {
            if walks[at] == copy + 1 {
                parents[at] = Some(tree.parent(at, tree.origin, Way::Text));
                break;
            }
            walks[at] = copy + 1;
            way.push(at);
            at = parents[at].map_or(tree.origin, |parent| parent.of);
        }
        way.into_iter().for_each(|on_way| walks[on_way] = LEADS);
    }
}

/// How many elements two ascending lists have in common.
fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        count += usize::from(a[i] == b[j]);
        let (x, y) = (a[i], b[j]);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document at a site, with the words of its text as shingles.
    fn copy(site: &str, date: &str, shingles: impl IntoIterator<Item = u64>) -> Copy {
        let mut shingles: Vec<u64> = shingles.into_iter().collect();
        shingles.sort_unstable();
        Copy {
            site: site.to_owned(),
            url: Some(format!("https://www.{site}/story")),
            when: When::of(date),
            shingles,
            ..Copy::default()
        }
    }

    fn naming(url: &str, copy: Copy) -> Copy {
        Copy { canonical_url: Some(url.to_owned()), ..copy }
    }

    fn crediting(text: &str, copy: Copy) -> Copy {
        Copy { credits: credits(text), ..copy }
    }

    fn origin_of(copies: &[Copy]) -> (usize, OriginRule) {
        let descent = trace(copies);
        assert!((0.0..=1.0).contains(&descent.confidence), "{descent:?}");
        assert_eq!(descent.parents.iter().filter(|parent| parent.is_none()).count(), 1);
        (descent.origin, descent.rule)
    }

    #[test]
    fn the_earliest_is_the_origin_where_nothing_else_is_known() {
        let copies = [
            copy("a.example", "2024-05-02T10:00:00Z", 0..100),
            copy("b.example", "2024-05-02T09:00:00Z", 0..90),
            copy("c.example", "", 0..100),
        ];
        assert_eq!(origin_of(&copies), (1, OriginRule::Earliest));
        let descent = trace(&copies);
        assert_eq!(descent.parents[0].and_then(|parent| parent.lag), Some(Lag::Seconds(3600)));
        assert_eq!(descent.parents[2].and_then(|parent| parent.lag), None);
    }

    #[test]
    fn a_canonical_url_or_a_credit_points_at_the_origin_though_its_date_is_missing() {
        let story = || copy("b.example", "2024-05-02T10:00:00Z", 0..90);
        let origin = copy("valleybeacon.example", "", 0..100);
        let named = [naming("http://valleybeacon.example/story/", story()), origin.clone()];
        assert_eq!(origin_of(&named), (1, OriginRule::Canonical));
        assert_eq!(trace(&named).parents[0].map(|parent| parent.way), Some(Way::Canonical));
        let credited = [crediting("(Valley Beacon)", story()), origin];
        assert_eq!(origin_of(&credited), (1, OriginRule::Credit));
        assert_eq!(trace(&credited).parents[0].map(|parent| parent.way), Some(Way::Credit));
    }

    #[test]
    fn who_is_named_by_few_and_late_is_a_carrier() {
        let copies = [
            copy("a.example", "2024-05-02T09:00:00Z", 0..100),
            copy("b.example", "2024-05-02T10:00:00Z", (0..80).chain(900..910)),
            naming(
                "https://b.example/story",
                copy("c.example", "2024-05-02T11:00:00Z", (0..80).chain(900..910)),
            ),
            copy("d.example", "2024-05-02T12:00:00Z", 0..100),
        ];
        assert_eq!(origin_of(&copies), (0, OriginRule::Earliest));
        let parents: Vec<Option<usize>> = trace(&copies).parents.iter().map(|p| p.map(|p| p.of)).collect();
        assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn a_copy_of_a_copy_has_its_changes() {
        let copies = [
            copy("a.example", "2024-05-02T09:00:00Z", 0..100),
            copy("b.example", "2024-05-02T10:00:00Z", (0..80).chain(900..920)),
            copy("c.example", "2024-05-02T11:00:00Z", (0..70).chain(900..920).chain(800..810)),
        ];
        let descent = trace(&copies);
        assert_eq!(descent.parents[2].map(|parent| (parent.of, parent.way)), Some((1, Way::Text)));
        assert_eq!(descent.parents[2].map(|parent| parent.verbatim), Some(0.9));
    }

    #[test]
    fn a_new_version_is_of_the_version_before() {
        let copies = [
            copy("a.example", "2024-05-02T09:00:00Z", 0..100),
            copy("b.example", "2024-05-02T10:00:00Z", 0..80),
            copy("b.example", "2024-05-02T11:00:00Z", 0..95),
        ];
        assert_eq!(trace(&copies).parents[2].map(|parent| (parent.of, parent.way)), Some((1, Way::Version)));
    }

    #[test]
    fn of_two_of_one_day_the_one_whose_text_came_back_had_it_first() {
        let copies = [
            copy("a.example", "2024-05-02", 0..40),
            copy("b.example", "2024-05-02", 0..100),
            copy("c.example", "2024-05-03", 0..90),
        ];
        assert_eq!(origin_of(&copies), (1, OriginRule::Novel));
        let descent = trace(&copies);
        assert!(!descent.ordered, "a guess");
        let parent =
            |copy: usize| descent.parents[copy].map(|parent| (parent.of, parent.lag, parent.ordered));
        assert_eq!(parent(0), Some((1, Some(Lag::Days(0)), false)));
        assert_eq!(parent(2), Some((1, Some(Lag::Days(1)), true)), "a day later");
    }

    #[test]
    fn without_dates_the_order_is_unknown_and_the_text_decides() {
        let edited = [
            copy("a.example", "", (0..50).chain(900..1000)),
            copy("b.example", "", 0..100),
            copy("c.example", "", 0..100),
            copy("d.example", "", 20..100),
        ];
        assert_eq!(origin_of(&edited[..]), (1, OriginRule::Longest), "b and c say the same");
        assert_eq!(
            origin_of(&[edited[0].clone(), edited[1].clone(), edited[3].clone()]),
            (1, OriginRule::Edits)
        );
        let descent = trace(&edited);
        assert!(!descent.ordered);
        assert!(descent.confidence <= 0.75);
    }

    #[test]
    fn a_credit_to_nobody_here_is_named_as_outside() {
        let copies = [
            crediting("(Reuters)", copy("a.example", "2024-05-02T09:00:00Z", 0..100)),
            crediting("(Reuters)", copy("b.example", "2024-05-02T10:00:00Z", 0..100)),
        ];
        assert_eq!(trace(&copies).outside.as_deref(), Some("Reuters"));
        assert_eq!(origin_of(&copies), (0, OriginRule::Earliest));
    }

    #[test]
    fn two_that_name_each_other_are_no_circle() {
        let copies = [
            naming("https://b.example/story", copy("a.example", "2024-05-02T09:00:00Z", 0..100)),
            naming("https://a.example/story", copy("b.example", "2024-05-02T10:00:00Z", 0..100)),
            copy("c.example", "2024-05-02T11:00:00Z", 0..100),
        ];
        let descent = trace(&copies);
        for copy in 0..copies.len() {
            let chain = std::iter::successors(Some(copy), |&at| descent.parents[at].map(|parent| parent.of));
            assert_eq!(chain.take(4).last(), Some(descent.origin));
        }
    }
}
