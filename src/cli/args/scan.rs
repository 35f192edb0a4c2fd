//! What is typed to scan, and to do what goes through a scan.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::{CHECKS, COMPARED, InputArgs, JUDGING, JudgingArgs, LEARNING, OUTPUT, REMOVED, RUNNING};
use crate::amounts::{duration, size};
use crate::scan::Shard;

#[derive(Debug, ClapArgs)]
pub struct Dedup {
    #[command(flatten)]
    pub input: InputArgs,
    /// Where the corpus without duplicates goes: a file if the input is one file, else a directory.
    /// `-` is standard output, for one file.
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// Write no corpus: list what would be removed, on standard output unless --removed names a file.
    #[arg(long, help_heading = OUTPUT)]
    pub dry_run: bool,
    /// Which copy stays, by rules in order: origin, canonical-url, earliest, longest, source-rank=FILE, path=GLOB,
    /// protected=GLOB. Without, and where they do not tell, the original, or where it is not known who had it first the one
    /// that represents its cluster.
    #[arg(long, value_name = "RULES", help_heading = REMOVED)]
    pub keep: Option<String>,
    /// What is removed: exact, near, contained; with --against also partial, whatever shares a passage with the second set.
    #[arg(long, value_name = "RELATIONS", default_value = "exact,near,contained", help_heading = REMOVED)]
    pub remove: String,
    /// List what was removed, a JSON object a line: id, kept, relation, rule; of a passage also where it was, and its text. `-` is
    /// standard output.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub removed: Option<PathBuf>,
    /// Cut out of the texts that stay, in JSON lines and text files: boilerplate, which sites print on many of their pages,
    /// or passages of at least --partial-words words that the second set has word for word, or without one an earlier record.
    #[arg(long, value_name = "WHAT", help_heading = REMOVED)]
    pub strip: Option<StripArg>,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StripArg {
    /// Lines that many pages of a site have.
    Boilerplate,
    /// What the second set, or an earlier record, has word for word.
    Passages,
}

#[derive(Debug, ClapArgs)]
pub struct ScanArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Write a report: html, json, json+text, pairs, csv, sites, markdown, sarif, junit or boilerplate, to FILE or to standard
    /// output; or parquet=DIR, tables of documents, pairs, clusters and pages.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]", help_heading = OUTPUT)]
    pub reports: Vec<String>,
    /// Check recall: compare N random documents with every other document, and report how many of their pairs this scan found.
    /// Slow.
    #[arg(long, value_name = "N", help_heading = CHECKS)]
    pub audit: Option<usize>,
    /// Write N pairs, drawn by relation and score, to SHEET.csv for a reader to judge, with a page to click through beside it;
    /// calibrate --labels reads what was filled in.
    #[arg(long, value_name = "N=SHEET.csv", help_heading = CHECKS)]
    pub review: Option<String>,
    /// Which documents the audit draws, and which pairs the review; 1 if not given.
    #[arg(long, value_name = "S", help_heading = CHECKS)]
    pub seed: Option<u64>,
    /// Save what this run learned from the documents, for later runs.
    #[arg(long, value_name = "FILE", conflicts_with = "classic", help_heading = LEARNING)]
    pub save_model: Option<PathBuf>,
    /// Use a saved model instead of learning from these documents.
    #[arg(long, value_name = "FILE", conflicts_with = "classic", help_heading = LEARNING)]
    pub model: Option<PathBuf>,
    /// Use an edited boilerplate list (start from --report boilerplate=FILE). Sites in the list use it as it is; for all others
    /// boilerplate is learned. A model that is saved keeps it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["classic", "model"], help_heading = LEARNING)]
    pub boilerplate: Option<PathBuf>,
    /// Also compare with the documents of an index, under its model: they appear as partners in the pairs and csv reports,
    /// and nothing is written to it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["classic", "model", "save_model", "boilerplate"], help_heading = COMPARED)]
    pub index: Option<PathBuf>,
    #[command(flatten)]
    pub run: RunArgs,
    /// Show all clusters, members and problems in the summary.
    #[arg(long, help_heading = OUTPUT)]
    pub all: bool,
    /// Exit with 1 if there are duplicates.
    #[arg(long, help_heading = CHECKS)]
    pub fail_on_duplicates: bool,
    /// An earlier json report to compare with. The sarif and junit reports then tell only what that one has not.
    #[arg(long, value_name = "REPORT", help_heading = CHECKS)]
    pub baseline: Option<PathBuf>,
    /// Exit with 1 if there are duplicates that the baseline has not.
    #[arg(long, requires = "baseline", help_heading = CHECKS)]
    pub fail_on_new: bool,
    /// Exit with 2 if anything could not be read.
    #[arg(long, help_heading = CHECKS)]
    pub strict: bool,
}

/// The stages that processes share, in order.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum StageName {
    /// Read the documents: shared.
    Read,
    /// Learn from them and find the pairs worth a look: one process.
    Candidates,
    /// Judge these pairs: shared.
    Judge,
}

#[derive(Debug, ClapArgs)]
pub struct StageArgs {
    /// The stage.
    #[arg(value_name = "NAME")]
    pub name: StageName,
    #[command(flatten)]
    pub input: InputArgs,
    /// Which share of the stage: its number from 0, and how many there are; all of it if not given.
    #[arg(long, value_name = "I/N", value_parser = shard, help_heading = RUNNING)]
    pub shard: Option<Shard>,
    /// Use a saved model instead of learning from these documents.
    #[arg(long, value_name = "FILE", conflicts_with = "classic", help_heading = LEARNING)]
    pub model: Option<PathBuf>,
    /// Use an edited boilerplate list, as scan does.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["classic", "model"], help_heading = LEARNING)]
    pub boilerplate: Option<PathBuf>,
    #[command(flatten)]
    pub run: RunArgs,
}

fn shard(text: &str) -> Result<Shard, String> {
    text.parse()
}

/// How pairs are found and judged, and with what means.
#[derive(Debug, ClapArgs)]
pub struct RunArgs {
    /// Judge by raw exact Jaccard and containment alone: no model, no alignment.
    #[arg(long, help_heading = JUDGING)]
    pub classic: bool,
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// With --classic: Jaccard similarity from which two documents are near.
    #[arg(long, default_value_t = 0.8, value_name = "SHARE", help_heading = JUDGING)]
    pub jaccard: f64,
    /// Tokens in a shingle; in scripts without spaces between words a token is a character.
    #[arg(long, default_value_t = 5, value_name = "N", help_heading = JUDGING)]
    pub shingle: usize,
    /// How candidate pairs are found. Every one of them is verified exactly.
    #[arg(long, value_enum, default_value_t = MethodArg::Join, value_name = "HOW", help_heading = JUDGING)]
    pub method: MethodArg,
    /// Compare PATHs only with these documents, not with each other: files, folders, or - for standard input. Nothing in this
    /// set is ever marked or removed. May be given several times.
    #[arg(long, value_name = "PATH", help_heading = COMPARED)]
    pub against: Vec<PathBuf>,
    /// Compare only documents this close in time, by the date field (12h, 7d, 2w). Documents without a date are skipped.
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = COMPARED)]
    pub within: Option<u64>,
    /// Worker threads; 0 for as many as there are processors.
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", help_heading = RUNNING)]
    pub threads: usize,
    /// Where decompressed and converted input goes while the run lasts, and finished steps stay.
    #[arg(long, value_name = "DIR", help_heading = RUNNING)]
    pub work_dir: Option<PathBuf>,
    /// Memory to hold beyond mapped input, at most, about (64M, 4G); half of the machine's or its control group's if not given.
    /// What does not fit goes to --work-dir.
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = RUNNING)]
    pub memory: Option<u64>,
    /// Go on after the last finished step in --work-dir, of a run that was ended; in an empty folder, start and keep steps.
    #[arg(long, requires = "work_dir", help_heading = RUNNING)]
    pub resume: bool,
    /// Keep finished steps in --work-dir, in the place of those that are there.
    #[arg(long, requires = "work_dir", help_heading = RUNNING)]
    pub keep_steps: bool,
    /// Instruction set of the inner loops: avx512, avx2 or portable. Changes nothing but the speed.
    #[arg(long, hide = true, value_name = "NAME", help_heading = RUNNING)]
    pub kernel: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Compare {
    /// A file, or with --in an id.
    #[arg(value_name = "A")]
    pub a: String,
    /// Another.
    #[arg(value_name = "B")]
    pub b: String,
    /// Where the documents of these ids are; the model is learned there.
    #[arg(long = "in", value_name = "PATH")]
    pub within: Vec<PathBuf>,
    /// Use a saved model instead of learning from these documents.
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Write a report: json, to FILE or to standard output.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]")]
    pub reports: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MethodArg {
    /// A join on winnowed shingles.
    Join,
    /// Banded MinHash, 32 bands of 4.
    Minhash,
    /// SimHash within Hamming distance 3.
    Simhash,
}

#[derive(Debug, ClapArgs)]
pub struct Calibrate {
    #[command(flatten)]
    pub input: InputArgs,
    /// Pairs that scan --report pairs wrote, instead of documents. What it left out below its thresholds is not counted.
    #[arg(long, value_name = "PAIRS", help_heading = COMPARED)]
    pub from: Option<PathBuf>,
    /// A sheet that scan --review wrote, filled in: how often each relation is right, and what higher thresholds would leave.
    #[arg(long, value_name = "SHEET", conflicts_with_all = ["from", "paths"], help_heading = COMPARED)]
    pub labels: Option<PathBuf>,
    /// Write a report: json or csv, to FILE or to standard output.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]", help_heading = OUTPUT)]
    pub reports: Vec<String>,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, ClapArgs)]
pub struct Templates {
    #[command(flatten)]
    pub input: InputArgs,
    /// Write a report: json, or csv with a line for every value, to FILE or to standard output.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]", help_heading = OUTPUT)]
    pub reports: Vec<String>,
    /// Show all templates and documents in the summary.
    #[arg(long, help_heading = OUTPUT)]
    pub all: bool,
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Worker threads; 0 for as many as there are processors.
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", help_heading = RUNNING)]
    pub threads: usize,
}
