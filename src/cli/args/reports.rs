//! What is typed to look at saved reports and to act on them.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{JudgingArgs, OUTPUT, REMOVED, RUNNING};
use crate::amounts::duration;

#[derive(Debug, Subcommand)]
pub enum ReportArgs {
    /// Make other reports of a saved json report; the documents are not needed.
    #[command(after_help = concat!("Formats of reports:", of_saved!(), "\n\n\
        Examples:\n  \
        wirecopy report render crawl.json --report html=crawl.html\n  \
        wirecopy report render crawl.json --cluster 3f2a90c41b7d5e68 -o story.html"))]
    Render(Render),
    /// Make reports of the stories of an index: what came in, who carried it and who had it first. Nothing is scanned again.
    #[command(after_help = concat!("Formats of reports:", of_saved!(), "\n\n\
        Example:\n  wirecopy report index seen/ --since 1d --report html=today.html"))]
    Index(IndexReport),
    /// What is new, grown, split, merged or vanished from one report to the next.
    #[command(after_help = "Example:\n  wirecopy report diff yesterday.json today.json --report json")]
    Diff(DiffArgs),
}

#[derive(Debug, ClapArgs)]
pub struct Apply {
    /// A report that scan --report json wrote.
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// list, move=DIR, hardlink or delete.
    #[arg(long, value_name = "ACTION", default_value = "list", help_heading = REMOVED)]
    pub action: String,
    /// Act; without, only say what would happen.
    #[arg(long)]
    pub yes: bool,
    /// Which copy stays, by rules in order: origin, canonical-url, earliest, longest, source-rank=FILE, path=GLOB,
    /// protected=GLOB. Without, and where they do not tell, the original, or where it is not known who had it first the one
    /// that represents its cluster.
    #[arg(long, value_name = "RULES", help_heading = REMOVED)]
    pub keep: Option<String>,
    /// What is removed: exact, near, contained.
    #[arg(long, value_name = "RELATIONS", default_value = "exact,near,contained", help_heading = REMOVED)]
    pub remove: String,
    /// Never touch files that match.
    #[arg(long, value_name = "GLOB", help_heading = REMOVED)]
    pub protect: Vec<String>,
    /// Where the journal goes; REPORT.journal if not given.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Touch nothing outside of DIR; the working directory if not given. May be given several times.
    #[arg(long, value_name = "DIR")]
    pub root: Vec<PathBuf>,
    /// By what a pair is judged again before anything happens to it.
    #[command(flatten)]
    pub judging: JudgingArgs,
}

#[derive(Debug, ClapArgs)]
pub struct Undo {
    /// The journal that apply wrote.
    #[arg(value_name = "JOURNAL")]
    pub journal: PathBuf,
    /// Touch nothing outside of DIR; the working directory if not given. May be given several times.
    #[arg(long, value_name = "DIR")]
    pub root: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Render {
    /// A report that --report json or json+text wrote.
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,
    /// One story alone, by its cluster's id: with html a page that is printed and attached to a letter, with every text of a
    /// json+text report, its hash, its time and its passages.
    #[arg(long, value_name = "ID")]
    pub cluster: Option<String>,
    /// Write a report: html, json, json+text, sites, markdown, sarif, junit or boilerplate, to FILE or to standard output;
    /// or parquet=DIR, a table of the clusters.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]", required = true)]
    pub reports: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub struct IndexReport {
    /// The index: a directory.
    #[arg(value_name = "DIR")]
    pub index: PathBuf,
    /// Only stories of which a document came in that time (1d, 12h), each with all of its documents.
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = OUTPUT)]
    pub since: Option<u64>,
    /// Write a report: html, json, json+text, sites, markdown, sarif, junit or boilerplate, to FILE or to standard output;
    /// or parquet=DIR, a table of the clusters.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]", required = true, help_heading = OUTPUT)]
    pub reports: Vec<String>,
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where texts are copied to while the run lasts.
    #[arg(long, value_name = "DIR", help_heading = RUNNING)]
    pub work_dir: Option<PathBuf>,
    /// Worker threads; 0 for as many as there are processors.
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", help_heading = RUNNING)]
    pub threads: usize,
}

#[derive(Debug, ClapArgs)]
pub struct DiffArgs {
    /// The earlier report.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The later report.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Write a report: json, to FILE or to standard output.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]")]
    pub reports: Vec<String>,
    /// Exit with 1 if there are duplicates that the earlier report has not.
    #[arg(long)]
    pub fail_on_new: bool,
}
