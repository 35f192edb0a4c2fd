//! Where documents come from: paths, Arrow, or strings and dicts.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use pyo3::prelude::*;
use wirecopy::corpus::FieldNames;
use wirecopy::{Corpus, CorpusOptions, Resources};

use crate::capsule::{Batches, batches};
use crate::error::Failure;
use crate::items::Items;
use crate::settings::not_readable;
use crate::work::Feed;

/// Batches of items that wait for the engine.
const WAITING: usize = 2;

/// Documents on their way to a corpus.
pub enum Source {
    Paths(Vec<PathBuf>),
    /// Batches, with how many rows came so far.
    Rows(Batches, Arc<AtomicU64>),
}

impl Source {
    /// `paths` where the caller says that it is a list of them, else Arrow data, else anything that can be iterated: its items
    /// come through the feed.
    ///
    /// # Errors
    /// What cannot be read as any of these.
    pub fn of(
        source: &Bound<'_, PyAny>,
        paths: bool,
        names: &FieldNames,
        feeds: &mut Vec<Feed>,
    ) -> PyResult<Source> {
        if paths {
            return Ok(Source::Paths(source.extract()?));
        }
        let rows = Arc::new(AtomicU64::new(0));
        let given = match batches(source, &names.text)? {
            Some(given) => given,
            None => {
                let (to, from) = sync_channel(WAITING);
                feeds.push(Feed { items: Items::new(source, names)?, to });
                Box::new(from.into_iter().map(Ok))
            }
        };
        let count = rows.clone();
        let counted = given.inspect(move |batch| {
            let rows = batch.as_ref().map_or(0, |batch| batch.num_rows() as u64);
            count.fetch_add(rows, Ordering::Relaxed);
        });
        Ok(Source::Rows(Box::new(counted), rows))
    }

    /// How many rows came; none where documents come from files.
    pub fn rows(&self) -> Option<Arc<AtomicU64>> {
        match self {
            Source::Paths(_) => None,
            Source::Rows(_, rows) => Some(rows.clone()),
        }
    }

    /// Whoever names a path means a file: one that is not there ends it, before anything is read.
    fn are_there(&self) -> Result<(), Failure> {
        let Source::Paths(paths) = self else { return Ok(()) };
        for path in paths.iter().filter(|path| path.as_os_str() != "-") {
            path.metadata().map_err(|error| not_readable(path, error))?;
        }
        Ok(())
    }

    /// The corpus of these documents, and of a second set to compare them with.
    ///
    /// # Errors
    /// As those of `Corpus`, and where one set is files and the other is not.
    pub fn open(
        self,
        against: Option<Source>,
        options: CorpusOptions,
        resources: &Resources,
    ) -> Result<Corpus, Failure> {
        self.are_there()?;
        against.as_ref().map_or(Ok(()), Source::are_there)?;
        Ok(match (self, against) {
            (Source::Paths(paths), None) => Corpus::open(&paths, &options, resources)?,
            (Source::Paths(paths), Some(Source::Paths(against))) => {
                let mut options = options;
                options.against = against;
                Corpus::open(&paths, &options, resources)?
            }
            (Source::Rows(rows, _), None) => Corpus::from_batches(rows, &options, resources)?,
            (Source::Rows(rows, _), Some(Source::Rows(against, _))) => {
                Corpus::from_batches_against(rows, against, &options, resources)?
            }
            _ => {
                let mixed = "the documents and those of `against` are both in files, or both in memory";
                return Err(Failure::Asked(mixed.to_owned()));
            }
        })
    }
}
