//! Which of several copies stays, by rules in order; every decision names the rule that made it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::names::{Pattern, unmatched};
use crate::calendar::When;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{ClusterRow, MemberRow};

/// One rule. It prefers some documents of several, or all alike, and then the next rule decides.
#[derive(Debug, Clone)]
pub enum Rule {
    /// The original, where it is known who had it first.
    Origin,
    /// Whose address is the one that it names as canonical.
    CanonicalUrl,
    /// The earliest by date; documents without a date come last.
    Earliest,
    /// The most tokens.
    Longest,
    /// Whose site stands first in a list; sites that are not there come last.
    SourceRank(HashMap<String, usize>),
    /// Whose file or id matches.
    Path(Pattern),
    /// Whose file or id matches; such documents are never removed, however many there are.
    Protected(Pattern),
}

impl Rule {
    /// The rule's name, as removal lists have it.
    pub fn name(&self) -> &'static str {
        match self {
            Rule::Origin => "origin",
            Rule::CanonicalUrl => "canonical-url",
            Rule::Earliest => "earliest",
            Rule::Longest => "longest",
            Rule::SourceRank(_) => "source-rank",
            Rule::Path(_) => "path",
            Rule::Protected(_) => "protected",
        }
    }

    /// What the rule ranks a document of a cluster by, of which the original may be known: lower stays.
    fn rank(&self, document: &MemberRow, original: Option<&str>) -> i64 {
        let matches = |pattern: &Pattern| i64::from(!pattern.is_match(document));
        match self {
            Rule::Origin => i64::from(original != Some(&*document.id)),
            Rule::CanonicalUrl => {
                let own = document.canonical_url.is_some() && document.canonical_url == document.url;
                i64::from(!own)
            }
            Rule::Earliest => document.date.as_deref().and_then(When::of).map_or(i64::MAX, |when| when.at),
            Rule::Longest => -i64::from(document.tokens),
            Rule::SourceRank(ranks) => ranks.get(&document.site).map_or(i64::MAX, |&rank| rank as i64),
            Rule::Path(pattern) | Rule::Protected(pattern) => matches(pattern),
        }
    }
}

/// Rules in order; the last of them is always [`Rule::Origin`]. Where all are undecided the representative stays, or else
/// the lowest id.
#[derive(Debug, Clone)]
pub struct Rules(Vec<Rule>);

impl Default for Rules {
    /// The original stays.
    fn default() -> Rules {
        Rules(vec![Rule::Origin])
    }
}

impl Rules {
    /// Reads `origin,canonical-url,earliest,longest,source-rank=FILE,path=GLOB,protected=GLOB`; `read` gives a file's text.
    ///
    /// # Errors
    /// [`ErrorKind::Setting`] for a rule or glob that is none, or what `read` says.
    pub fn parse(text: &str, read: impl Fn(&Path) -> std::io::Result<String>) -> Result<Rules> {
        let setting = |message: String| Error::new(ErrorKind::Setting).because(message);
        let mut rules = Vec::new();
        for name in split(text).into_iter().map(str::trim) {
            rules.push(match name.split_once('=') {
                None if name == "origin" => Rule::Origin,
                None if name == "canonical-url" => Rule::CanonicalUrl,
                None if name == "earliest" => Rule::Earliest,
                None if name == "longest" => Rule::Longest,
                Some(("source-rank", file)) => {
                    let path = Path::new(file);
                    let list = read(path).map_err(|e| Error::io(ErrorKind::NotReadable, path, e))?;
                    Rule::SourceRank(ranks(&list))
                }
                Some(("path", pattern)) => Rule::Path(Pattern::new(pattern)?),
                Some(("protected", pattern)) => Rule::Protected(Pattern::new(pattern)?),
                _ => {
                    let known =
                        "origin, canonical-url, earliest, longest, source-rank=FILE, path=GLOB, protected=GLOB";
                    return Err(setting(format!("no rule is called `{name}`; there are {known}")));
                }
            });
        }
        rules.push(Rule::Origin);
        Ok(Rules(rules))
    }

    /// The rules of an option that may not be given; files are read from the disk.
    ///
    /// # Errors
    /// As [`Rules::parse`].
    pub fn read(text: Option<&str>) -> Result<Rules> {
        text.map_or_else(
            || Ok(Rules::default()),
            |text| Rules::parse(text, |path| std::fs::read_to_string(path)),
        )
    }

    /// The files that an option with rules names.
    pub fn files(text: Option<&str>) -> Vec<PathBuf> {
        let rules = split(text.unwrap_or_default()).into_iter().map(str::trim);
        rules.filter_map(|rule| rule.strip_prefix("source-rank=")).map(PathBuf::from).collect()
    }

    /// The patterns that name no document of these clusters, as they were typed.
    pub fn unmatched(&self, clusters: &[ClusterRow]) -> Vec<String> {
        let patterns = self.0.iter().filter_map(|rule| match rule {
            Rule::Path(pattern) | Rule::Protected(pattern) => Some(pattern),
            _ => None,
        });
        unmatched(patterns, clusters)
    }

    /// Whether there are documents that are never removed.
    pub fn protect_any(&self) -> bool {
        self.0.iter().any(|rule| matches!(rule, Rule::Protected(_)))
    }

    /// Whether a document is never removed.
    pub fn protect(&self, document: &MemberRow) -> bool {
        self.0.iter().any(|rule| matches!(rule, Rule::Protected(_)) && rule.rank(document, None) == 0)
    }

    /// The place of the document that stays among some of one cluster, and the rule that says so; `original` is its
    /// original's id, and the representative is the one without a relation.
    pub fn choose(&self, documents: &[&MemberRow], original: Option<&str>) -> (usize, &'static str) {
        let mut left: Vec<usize> = (0..documents.len()).collect();
        for rule in &self.0 {
            let best = left.iter().map(|&place| rule.rank(documents[place], original)).min();
            let before = left.len();
            left.retain(|&place| Some(rule.rank(documents[place], original)) == best);
            if let [only] = left[..]
                && before > 1
            {
                return (only, rule.name());
            }
        }
        let representative = left.iter().find(|&&place| documents[place].relation.is_none());
        let lowest = || left.iter().min_by_key(|&&place| &documents[place].id);
        match (representative, lowest()) {
            (Some(&place), _) => (place, "representative"),
            (None, Some(&place)) => (place, "id"),
            (None, None) => (0, "id"),
        }
    }
}

/// A document of a cluster that goes, by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Its place.
    pub place: usize,
    /// The place of the copy that stays for it.
    pub kept: usize,
    /// What it is to that copy.
    pub relation: &'static str,
    /// The rule that chose the copy.
    pub rule: &'static str,
}

/// Parts the documents of a cluster, in the order of [`ClusterRow::documents`], into those that stay and those that go, which are given
/// in the order of the copies that stay for them. `relation` says what the document of one place is to that of
/// another, where that was verified and may be acted on. A document that nothing lets go stays, and may be what stays for
/// others. Quadratic in what stays.
pub fn part(
    cluster: &ClusterRow,
    rules: &Rules,
    relation: impl Fn(usize, usize) -> Option<&'static str>,
) -> Vec<Gone> {
    let documents: Vec<&MemberRow> = cluster.documents().collect();
    let mut gone = Vec::new();
    let mut left: Vec<usize> = (0..documents.len()).collect();
    while left.len() > 1 {
        let candidates: Vec<&MemberRow> = left.iter().map(|&place| documents[place]).collect();
        let (chosen, rule) = rules.choose(&candidates, cluster.original());
        let kept = left.remove(chosen);
        left.retain(|&place| match relation(place, kept) {
            Some(relation) => {
                gone.push(Gone { place, kept, relation, rule });
                false
            }
            None => true,
        });
    }
    gone
}

/// What one of the documents of a cluster is to another, by their places in the order of [`ClusterRow::documents`], where
/// its report says so: what they are to the representative and to the lead, and that two equal one of these.
pub fn verified(
    cluster: &ClusterRow,
    documents: &[&MemberRow],
    place: usize,
    other: usize,
) -> Option<&'static str> {
    let pair = [*documents.get(place)?, *documents.get(other)?];
    through(pair.map(|row| (row.relation.is_none(), row.relation.as_deref())))
        .or_else(|| through(pair.map(|row| (row.id == cluster.lead, row.to_lead.as_deref()))))
}

/// What the first of two documents is to the second by what both are to a centre: each with whether it is the centre, and
/// what it is to it.
fn through([own, its]: [(bool, Option<&str>); 2]) -> Option<&'static str> {
    const NAMES: [[&str; 2]; 4] =
        [["exact", "exact"], ["near", "near"], ["contained", "contains"], ["contains", "contained"]];
    let named = |relation: Option<&str>| NAMES.into_iter().find(|[name, _]| Some(*name) == relation);
    match (own, its) {
        ((_, to_centre), (true, _)) => named(to_centre).map(|[relation, _]| relation),
        ((true, _), (_, to_centre)) => named(to_centre).map(|[_, reversed]| reversed),
        ((_, Some("exact")), (_, Some("exact"))) => Some("exact"),
        _ => None,
    }
}

/// The rules of a list: parted by commas, but not by those within the braces of a glob.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    text.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .collect()
}

/// Sites by line, the first ranks first.
fn ranks(list: &str) -> HashMap<String, usize> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut ranks = HashMap::new();
    for (rank, site) in lines.enumerate() {
        ranks.entry(site.to_owned()).or_insert(rank);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::OriginRow;

    fn document(id: &str, date: &str, tokens: u32, relation: bool) -> MemberRow {
        MemberRow {
            id: id.to_owned(),
            site: format!("{id}.example"),
            date: Some(date.to_owned()).filter(|date| !date.is_empty()),
            tokens,
            relation: relation.then_some("near".into()),
            ..MemberRow::default()
        }
    }

    fn chosen(rules: &str) -> (String, &'static str) {
        let documents = [
            document("c", "2024-01-01T12:00:00Z", 5, false),
            document("b", "2024-01-01T13:00:00+02:00", 9, true),
            document("a", "", 9, true),
        ];
        let rows: Vec<&MemberRow> = documents.iter().collect();
        let rules = match rules {
            "" => Rules::default(),
            rules => {
                Rules::parse(rules, |_| Ok("# best first\na.example\nc.example\n".to_owned())).expect("rules")
            }
        };
        let (place, rule) = rules.choose(&rows, None);
        (documents[place].id.clone(), rule)
    }

    #[test]
    fn the_first_rule_that_tells_them_apart_decides() {
        let expect = |rules: &str, id: &str, rule: &str| {
            assert_eq!(
                chosen(rules),
                (
                    id.to_owned(),
                    match rule {
                        "representative" => "representative",
                        "earliest" => "earliest",
                        "source-rank" => "source-rank",
                        "path" => "path",
                        "id" => "id",
                        other => panic!("{other}"),
                    }
                )
            )
        };
        expect("", "c", "representative");
        expect("earliest", "b", "earliest");
        expect("longest,earliest", "b", "earliest");
        expect("longest", "a", "id");
        expect("canonical-url,source-rank=sites", "a", "source-rank");
        expect("path=b*", "b", "path");
        assert!(Rules::parse("newest", |_| Ok(String::new())).is_err());
    }

    /// A cluster whose representative is `r` and whose original is `o`; of its members `far` was not verified against it.
    fn cluster(order: &str) -> ClusterRow {
        let member = |id: &str, to_lead: Option<&'static str>| MemberRow {
            to_lead: to_lead.map(Into::into),
            ..document(id, "", 9, id != "r")
        };
        let origin = OriginRow {
            id: "o".to_owned(),
            rule: "earliest".into(),
            confidence: 0.8,
            order: order.to_owned().into(),
            outside: None,
        };
        ClusterRow {
            id: "0".repeat(16),
            lead: if origin.is_known() { "o" } else { "r" }.to_owned(),
            representative: member("r", Some("near")),
            members: vec![member("far", None), member("o", None), member("near", Some("contained"))],
            origin: Some(origin),
            touches: Vec::new(),
        }
    }

    fn gone(cluster: &ClusterRow, rules: &Rules) -> Vec<(String, String, &'static str)> {
        let documents: Vec<&MemberRow> = cluster.documents().collect();
        let relation = |place, other| verified(cluster, &documents, place, other);
        let name = |place: usize| documents[place].id.clone();
        let gone = part(cluster, rules, relation).into_iter();
        gone.map(|gone| (name(gone.place), name(gone.kept), gone.rule)).collect()
    }

    #[test]
    fn the_original_stays_and_only_what_was_verified_against_it_goes() {
        let told = |id: &str, kept: &str, rule| (id.to_owned(), kept.to_owned(), rule);
        assert_eq!(
            gone(&cluster("known"), &Rules::default()),
            [told("r", "o", "origin"), told("near", "o", "origin")]
        );
        assert_eq!(
            gone(&cluster("unknown order"), &Rules::default()),
            ["far", "o", "near"].map(|id| told(id, "r", "representative"))
        );
        // A rule that was asked for comes first, and where it does not tell the original stays.
        let of = |text: &str| Rules::parse(text, |_| Ok(String::new())).expect("rules");
        assert_eq!(gone(&cluster("known"), &of("longest")), gone(&cluster("known"), &of("origin")));
        assert_eq!(gone(&cluster("known"), &of("path=near"))[..1], [told("r", "near", "path")]);
    }
}
