//! The `parquet` report: a directory of tables.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::report::parquet::{write_clusters, write_documents, write_pairs};
use crate::report::{DocumentRow, PairRow, Report};
use anyhow::{Context, Result};

/// Writes `documents.parquet`, `pairs.parquet` and `clusters.parquet` of a scan.
pub fn write_all<'a>(
    directory: &Path,
    documents: impl Iterator<Item = DocumentRow>,
    pairs: impl Iterator<Item = PairRow<'a>>,
    report: &Report,
) -> Result<()> {
    write(directory, "documents", |file| write_documents(documents, file))?;
    write(directory, "pairs", |file| write_pairs(pairs, file))?;
    write_saved(directory, report)
}

/// Writes `clusters.parquet`, all that a saved report has: it names neither pairs nor documents in no cluster.
pub fn write_saved(directory: &Path, report: &Report) -> Result<()> {
    write(directory, "clusters", |file| write_clusters(&report.clusters, file))
}

fn write(directory: &Path, name: &str, table: impl FnOnce(File) -> io::Result<()>) -> Result<()> {
    let path = directory.join(name).with_extension("parquet");
    std::fs::create_dir_all(directory)
        .and_then(|()| File::create(&path))
        .with_context(|| format!("cannot create {}", path.display()))
        .and_then(|file| table(file).with_context(|| format!("cannot write {}", path.display())))
}
