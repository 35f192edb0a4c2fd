//! Pairs judged again: what a report says of two files is believed only where the files say it too.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use super::Removable;
use super::apply::Step;
use super::files::{refused, regular};
use super::roots::Roots;
use crate::corpus::{Corpus, CorpusOptions};
use crate::document::DocId;
use crate::error::{ErrorKind, Result};
use crate::findings::hash_file;
use crate::judge::{Directed, compare_titled};
use crate::options::{Policy, Resources};
use crate::recipe::Recipe;
use crate::scan::{Run, Scan};

/// Steps that hold, and the others, each with the reason.
#[derive(Debug, Default)]
pub struct Confirmed<'a> {
    /// In order of the plan.
    pub steps: Vec<&'a Step>,
    /// What is left as it is, and why.
    pub others: Vec<(&'a Step, String)>,
}

/// Parts steps into those whose files are within the roots, are what was scanned, and are by this policy what may be
/// removed; and the others, each with the reason. Both texts are read, and compared alone, as `wirecopy compare A B` does.
///
/// # Errors
/// Those of threads and of a disk that is full.
pub fn confirm<'a>(
    steps: &'a [Step],
    roots: &Roots,
    removable: Removable,
    policy: &Policy,
) -> Result<Confirmed<'a>> {
    // What is outside is not even read.
    let mut files = BTreeSet::new();
    for step in steps.iter().filter(|step| roots.inside(&step.path).and(roots.inside(&step.kept)).is_ok()) {
        files.extend([&step.path, &step.kept].into_iter().filter(|path| regular(path).is_ok()).cloned());
    }
    let paths: Vec<PathBuf> = files.into_iter().collect();
    let texts = FileTexts::read(&paths)?;
    let mut confirmed = Confirmed::default();
    for step in steps {
        match texts.relation(step, roots, policy) {
            Ok(relation) if removable.allows(relation) => confirmed.steps.push(step),
            Ok(relation) => {
                confirmed.others.push((
                    step,
                    format!("judged again, it is no copy of {}: {relation}", step.kept.display()),
                ));
            }
            Err(reason) => confirmed.others.push((step, reason)),
        }
    }
    Ok(confirmed)
}

/// The texts of files that are one document each.
struct FileTexts {
    /// None where no file could be read.
    run: Option<Run>,
    /// By path; none where a file holds several documents.
    documents: HashMap<PathBuf, Option<DocId>>,
}

impl FileTexts {
    fn read(paths: &[PathBuf]) -> Result<FileTexts> {
        let resources = Resources::default();
        let corpus = Corpus::open(paths, &CorpusOptions::default(), &resources)?;
        let run = match Scan::new().resources(resources).read(&corpus) {
            Ok(run) => run,
            Err(e) if e.kind() == ErrorKind::NothingReadable => {
                return Ok(FileTexts { run: None, documents: HashMap::new() });
            }
            Err(e) => return Err(e),
        };
        let mut documents = HashMap::new();
        for (entry, number) in run.documents.entries.iter().zip(0..) {
            let (path, _) = corpus.place(entry.location, entry.record);
            let document = documents.entry(PathBuf::from(path)).or_insert(Some(DocId(number)));
            if *document != Some(DocId(number)) {
                *document = None;
            }
        }
        Ok(FileTexts { run: Some(run), documents })
    }

    /// What the duplicate is to its kept copy now.
    fn relation(&self, step: &Step, roots: &Roots, policy: &Policy) -> Result<&'static str, String> {
        let told = |what: &str, e: &dyn std::fmt::Display| format!("{what}{e}");
        for (path, sha256, what) in [(&step.path, 0, ""), (&step.kept, 1, "the kept copy: ")] {
            roots.inside(path).map_err(|e| told(what, &e))?;
            regular(path).map_err(|e| told(what, &missing(path, e)))?;
            if hash_file(path).map_err(|e| told(what, &e))?.1 != step.sha256[sha256] {
                return Err(told(what, &"changed since the scan"));
            }
        }
        let page = |path: &Path| {
            let document = self.documents.get(path).copied().flatten();
            let gone = || format!("{} gives no document", path.display());
            let (run, document) = (self.run.as_ref().ok_or_else(gone)?, document.ok_or_else(gone)?);
            if run.documents.entries.get(document.index()).is_none_or(|entry| entry.tokens == 0) {
                return Err(format!("{} has no words", path.display()));
            }
            Ok((run.title_of(document), run.text(document).map_err(|e| e.to_string())?))
        };
        let (own, kept) = (page(&step.path)?, page(&step.kept)?);
        let [own, kept] = [&own, &kept].map(|(title, text)| (&**title, &**text));
        let judgement = compare_titled(policy, Recipe::default(), own, kept).judgement;
        Ok(judgement.map_or(Directed::New, |judgement| judgement.from_a()).name())
    }
}

/// A report holds text: bytes of a name that are none are lost in it.
fn missing(path: &Path, error: io::Error) -> io::Error {
    if path.to_string_lossy().contains(char::REPLACEMENT_CHARACTER) {
        refused(format!("{error}: its name is no UTF-8, and a report cannot hold it"))
    } else {
        error
    }
}
