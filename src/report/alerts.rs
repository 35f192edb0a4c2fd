//! What a check tells whoever looks after a site or an archive: stories that are there more than once, and pages that repeat
//! something; beside an earlier report only what that one does not have. The `sarif` and `junit` reports are made of it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::diff::Diff;
use super::pages::{one_line, short};
use super::{ClusterRow, MemberRow, PageRow, Report};

/// What is to be told of a report.
#[derive(Debug)]
pub struct Alerts<'a> {
    /// Stories that are there more than once, in the report's order.
    pub stories: Vec<StoryAlert<'a>>,
    /// Pages that repeat something or have a fault, with what is to be told of them alone.
    pub pages: Vec<Cow<'a, PageRow>>,
}

/// A story that is there more than once.
#[derive(Debug)]
pub struct StoryAlert<'a> {
    /// Its cluster.
    pub cluster: &'a ClusterRow,
    /// Those of its documents that an earlier report did not have in a story; none where there is no earlier report, or where the story
    /// is new as a whole.
    pub added: Vec<&'a MemberRow>,
    /// Whether it was several stories before.
    pub merged: bool,
}

impl<'a> Alerts<'a> {
    /// Of a report; beside an earlier one without what that has.
    pub fn of(report: &'a Report, earlier: Option<&Report>) -> Alerts<'a> {
        match earlier {
            None => Alerts {
                stories: report.clusters.iter().map(StoryAlert::of).collect(),
                pages: report.pages.iter().map(Cow::Borrowed).collect(),
            },
            Some(earlier) => {
                Alerts { stories: new_stories(report, earlier), pages: new_pages(report, earlier) }
            }
        }
    }
}

impl<'a> StoryAlert<'a> {
    fn of(cluster: &'a ClusterRow) -> StoryAlert<'a> {
        StoryAlert { cluster, added: Vec::new(), merged: false }
    }

    /// The document that is one too many: the first that was added, else the first beside the lead. It is the lead where that alone
    /// was added.
    pub fn copy(&self) -> &'a MemberRow {
        let is_copy = |document: &&&MemberRow| !std::ptr::eq(**document, self.cluster.lead());
        let added = self.added.iter().find(is_copy).or(self.added.first());
        let of_story = || self.cluster.others().next().unwrap_or(self.cluster.lead());
        added.copied().unwrap_or_else(of_story)
    }

    /// The story's other documents, the lead first.
    pub fn others(&self) -> impl Iterator<Item = &'a MemberRow> {
        let copy: *const MemberRow = self.copy();
        self.cluster.led().filter(move |document| !std::ptr::eq(*document, copy))
    }
}

/// Documents that a message names, at most.
const NAMED: usize = 5;

/// Documents of a story that are listed with what they are, at most: nobody looks at more in a list of warnings.
pub(super) const LISTED: usize = 100;

/// What is said of a story and of its documents, in words that both reports have.
impl StoryAlert<'_> {
    /// "3 documents are one story, 1 of them new: Clock stays (clock-1, clock-2, clock-3)".
    pub(super) fn told(&self) -> String {
        let all = self.cluster.members.len() + 1;
        let change = match (self.merged, self.added.len()) {
            (true, 0) => ", which was several before".to_owned(),
            (true, added) => format!(", which was several before, {added} of them new"),
            (false, 0) => String::new(),
            (false, added) => format!(", {added} of them new"),
        };
        let mut ids: Vec<&str> = std::iter::once(self.copy())
            .chain(self.others())
            .take(NAMED)
            .map(|document| short(&document.id))
            .collect();
        let rest = all.saturating_sub(NAMED);
        let more = format!("{rest} more");
        if rest > 0 {
            ids.push(&more);
        }
        let name = one_line(short(self.cluster.lead().name()));
        format!("{all} documents are one story{change}: {name} ({})", one_line(&ids.join(", ")))
    }

    /// "clock-2 (record 17): near, score 0.93".
    pub(super) fn document(&self, document: &MemberRow) -> String {
        let record = document.record.map_or_else(String::new, |record| format!(" (record {record})"));
        let is_lead = std::ptr::eq(document, self.cluster.lead());
        let what = match (&document.relation, document.score) {
            _ if is_lead && self.cluster.original().is_some() => "the original".to_owned(),
            _ if is_lead => "the one that would be kept".to_owned(),
            (Some(relation), Some(score)) => format!("{relation}, score {score:.2}"),
            _ => "the one that the others are compared with".to_owned(),
        };
        format!("{}{record}: {what}", one_line(short(&document.id)))
    }
}

/// Stories that are new, have grown, or were several.
fn new_stories<'a>(report: &'a Report, earlier: &Report) -> Vec<StoryAlert<'a>> {
    let diff = Diff::between(earlier, report);
    let changed: HashMap<&str, (&[String], bool)> = diff
        .new
        .iter()
        .map(|story| (&*story.id, (&[][..], false)))
        .chain(diff.grown.iter().map(|story| (&*story.id, (&story.added[..], false))))
        .chain(diff.merged.iter().map(|story| (&*story.id, (&story.added[..], true))))
        .collect();
    let alert = |cluster: &'a ClusterRow| {
        let &(added, merged) = changed.get(&*cluster.id)?;
        let added: HashSet<&str> = added.iter().map(String::as_str).collect();
        let is_added = |document: &&MemberRow| added.contains(&*document.id);
        Some(StoryAlert { cluster, added: cluster.led().filter(is_added).collect(), merged })
    };
    report.clusters.iter().filter_map(alert).collect()
}

/// Pages with the repeats and faults that the earlier report's page of that id does not have.
fn new_pages<'a>(report: &'a Report, earlier: &Report) -> Vec<Cow<'a, PageRow>> {
    let known: HashMap<&str, &PageRow> = earlier.pages.iter().map(|page| (&*page.id, page)).collect();
    let new = |page: &'a PageRow| {
        let Some(known) = known.get(&*page.id) else { return Some(Cow::Borrowed(page)) };
        let mut page = page.clone();
        page.repeats.retain(|repeat| {
            let is_it = |known: &&super::RepeatRow| known.kind == repeat.kind && known.text == repeat.text;
            let known = known.repeats.iter().find(is_it);
            known.is_none_or(|known| known.count < repeat.count || repeat.is_own() && !known.is_own())
        });
        page.faults.retain(|fault| {
            !known.faults.iter().any(|known| known.kind == fault.kind && known.texts == fault.texts)
        });
        (!page.repeats.is_empty() || !page.faults.is_empty()).then_some(Cow::Owned(page))
    };
    report.pages.iter().filter_map(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{FaultRow, RepeatRow, diff};

    fn report(clusters: &[&[&str]], pages: Vec<PageRow>) -> Report {
        Report { pages, ..diff::tests::report(clusters) }
    }

    fn page(id: &str, repeats: &[(&str, u32)], faults: &[&'static str]) -> PageRow {
        let repeat = |&(text, count): &(&str, u32)| RepeatRow {
            kind: "title".into(),
            text: text.to_owned(),
            count,
            furniture: false,
            spans: Vec::new(),
            places: Vec::new(),
            changes: Vec::new(),
        };
        let fault = |kind: &&'static str| FaultRow { kind: (*kind).into(), texts: Vec::new(), pages: None };
        PageRow {
            id: id.to_owned(),
            repeats: repeats.iter().map(repeat).collect(),
            path: id.to_owned(),
            faults: faults.iter().map(fault).collect(),
        }
    }

    #[test]
    fn stories_are_told_by_what_is_one_too_many() {
        let old = report(&[&["a", "b"], &["c", "d"], &["e", "f"], &["m", "n"]], Vec::new());
        let stories: [&[&str]; 4] = [&["a", "b", "x"], &["c", "d", "e", "f"], &["y", "z"], &["m", "n"]];
        let new = report(&stories, Vec::new());
        let told = |earlier| -> Vec<(String, String, bool)> {
            let ids = |alert: &StoryAlert<'_>| alert.others().map(|document| document.id.clone()).collect();
            let told = |alert: &StoryAlert<'_>| (alert.copy().id.clone(), ids(alert), alert.merged);
            Alerts::of(&new, earlier).stories.iter().map(told).collect()
        };
        let story = |copy: &str, others: &str, merged| (copy.to_owned(), others.to_owned(), merged);
        assert_eq!(
            told(Some(&old)),
            [story("x", "ab", false), story("d", "cef", true), story("z", "y", false)]
        );
        assert_eq!(told(None).len(), 4);
        // A document that was added and leads is the one that is kept, and what was added beside it is one too many.
        let led = report(&[&["first", "a", "b", "x"]], Vec::new());
        assert_eq!(Alerts::of(&led, Some(&old)).stories[0].copy().id, "x");
        let led = report(&[&["first", "a", "b"]], Vec::new());
        assert_eq!(Alerts::of(&led, Some(&old)).stories[0].copy().id, "first");
    }

    #[test]
    fn what_was_furniture_and_is_the_pages_own_is_told() {
        let furniture = |is: bool| {
            let mut page = page("p", &[("Clock", 2)], &[]);
            page.repeats[0].furniture = is;
            report(&[], vec![page])
        };
        assert_eq!(Alerts::of(&furniture(false), Some(&furniture(true))).pages.len(), 1);
        assert!(Alerts::of(&furniture(true), Some(&furniture(false))).pages.is_empty());
    }

    #[test]
    fn of_pages_only_what_is_new_is_told() {
        let old = report(&[], vec![page("p", &[("Clock", 2), ("Bells", 2)], &["no-title"])]);
        let pages = vec![
            page("p", &[("Clock", 3), ("Bells", 2), ("Hut", 2)], &["no-title", "titles-differ"]),
            page("q", &[("Clock", 2)], &[]),
        ];
        let new = report(&[], pages);
        let told = Alerts::of(&new, Some(&old)).pages;
        let texts =
            |page: &PageRow| page.repeats.iter().map(|repeat| repeat.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&told[0]), ["Clock", "Hut"]);
        assert_eq!(told[0].faults.len(), 1);
        assert_eq!((told.len(), texts(&told[1])), (2, vec!["Clock".to_owned()]));
        assert!(Alerts::of(&new, Some(&new)).pages.is_empty());
    }
}
