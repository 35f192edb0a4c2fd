//! The `parquet` report: a directory of tables.

use std::io::{self, Write};
use std::path::Path;

use crate::output::{OutputPlace, Outputs};
use crate::report::parquet::{write_clusters, write_documents, write_pages, write_pairs};
use crate::report::{DocumentRow, PairRow, Report};
use anyhow::Result;

/// Where the tables of a scan go.
pub struct Tables([OutputPlace; 4]);

impl Tables {
    /// Takes the places of `documents.parquet`, `pairs.parquet`, `clusters.parquet` and `pages.parquet`.
    pub fn place(directory: &Path, outputs: &mut Outputs) -> Result<Tables> {
        let mut place = |name| outputs.below(directory, Path::new(name));
        Ok(Tables([
            place("documents.parquet")?,
            place("pairs.parquet")?,
            place(CLUSTERS)?,
            place("pages.parquet")?,
        ]))
    }

    /// Writes them all.
    pub fn write<'a>(
        &self,
        documents: impl Iterator<Item = DocumentRow>,
        pairs: impl Iterator<Item = PairRow<'a>>,
        report: &Report,
    ) -> Result<()> {
        let Tables([of_documents, of_pairs, of_clusters, of_pages]) = self;
        write(of_documents, |out| write_documents(documents, out))?;
        write(of_pairs, |out| write_pairs(pairs, out))?;
        write(of_clusters, |out| write_clusters(&report.clusters, out))?;
        write(of_pages, |out| write_pages(&report.pages, out))
    }
}

const CLUSTERS: &str = "clusters.parquet";

/// Where a saved report's table goes: it names neither pairs nor documents in no cluster.
pub fn place_saved(directory: &Path, outputs: &mut Outputs) -> Result<OutputPlace> {
    Ok(outputs.below(directory, Path::new(CLUSTERS))?)
}

/// Writes the table of a saved report's clusters.
pub fn write_saved(place: &OutputPlace, report: &Report) -> Result<()> {
    write(place, |out| write_clusters(&report.clusters, out))
}

fn write(place: &OutputPlace, table: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
    Ok(place.write(table)?)
}
