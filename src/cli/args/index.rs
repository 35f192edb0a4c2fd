//! What is typed to filter, and of indexes.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{CHECKS, CREATING, InputArgs, JUDGING, LEARNING, OUTPUT, RUNNING, ReadingArgs};
use crate::amounts::duration;

#[derive(Debug, ClapArgs)]
pub struct FilterArgs {
    /// Files, directories, or standard input: JSON lines, or anything else that scan reads.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The index: a folder. A new or an empty one becomes an index.
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// What is done with duplicates: tag, drop or divert=FILE.
    #[arg(long, value_name = "WHAT", default_value = "tag", help_heading = OUTPUT)]
    pub on_duplicate: String,
    /// What counts as a duplicate there: exact, update, templated, near, contained, contains, partial.
    #[arg(long, value_name = "RELATION", value_delimiter = ',', default_value = "exact,near,contained", help_heading = OUTPUT)]
    pub only: Vec<String>,
    /// Answer only: the index stays as it is.
    #[arg(long, help_heading = OUTPUT)]
    pub check: bool,
    /// Write lines that cannot be read to FILE.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub rejects: Option<PathBuf>,
    /// Write a line of counts to FILE every minute and at the end: a JSON object.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub stats: Option<PathBuf>,
    /// Exit with 2 if any line gave no document.
    #[arg(long, help_heading = CHECKS)]
    pub strict: bool,
    /// When to flush to disk before answering: once for each batch, or for every document.
    #[arg(long, value_enum, default_value_t = Durability::Batch, value_name = "WHEN", help_heading = RUNNING)]
    pub durability: Durability,
    /// The model that pairs are judged under; an index that has another one is refused.
    #[arg(long, value_name = "FILE", help_heading = LEARNING)]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub create: Creation,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Where decompressed and converted input goes while the run lasts.
    #[arg(long, value_name = "DIR", help_heading = RUNNING)]
    pub work_dir: Option<PathBuf>,
    /// Documents of a memory, before it is sealed as a segment: fewer than anyone wants, for tests.
    #[arg(long, value_name = "COUNT", hide = true, help_heading = RUNNING)]
    pub memory_documents: Option<u32>,
    /// Worker threads; 0 for as many as there are processors.
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", help_heading = RUNNING)]
    pub threads: usize,
}

/// What an index is created with.
#[derive(Debug, Clone, ClapArgs)]
pub struct Creation {
    /// With an index that is created: keep texts and verify, or signatures only and estimate.
    #[arg(long, value_enum, default_value_t = KeepArg::Text, help_heading = CREATING, value_name = "WHAT")]
    pub store: KeepArg,
    /// With an index that is created: documents expire so long after they were seen (30d, 12h).
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = CREATING)]
    pub window: Option<u64>,
    /// Tokens in a shingle; with an index that is there, what it must have been built by.
    #[arg(long, help_heading = CREATING, value_name = "N")]
    pub shingle: Option<usize>,
}

/// What counts as what.
#[derive(Debug, Clone, ClapArgs)]
pub struct JudgingArgs {
    /// Minimum score for near: the share of words matched, times how exactly they match.
    #[arg(long, default_value_t = 0.7, value_name = "SCORE", help_heading = JUDGING)]
    pub threshold: f64,
    /// Share of the smaller of two documents from which it is contained in the other.
    #[arg(long, default_value_t = 0.7, value_name = "SHARE", help_heading = JUDGING)]
    pub containment: f64,
    /// Matched tokens from which two documents share a passage.
    #[arg(long, default_value_t = 50, value_name = "WORDS", help_heading = JUDGING)]
    pub partial_words: u32,
    /// Tokens that a contained document has at least.
    #[arg(long, default_value_t = 20, value_name = "WORDS", help_heading = JUDGING)]
    pub min_words: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// One sync a batch.
    Batch,
    /// One sync a document.
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeepArg {
    /// Compressed texts.
    Text,
    /// Samples only.
    Signatures,
}

#[derive(Debug, ClapArgs)]
pub struct IndexArgs {
    #[command(subcommand)]
    pub command: IndexCommand,
}

#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Create an empty index.
    Create {
        /// The index: a new or an empty folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        #[command(flatten)]
        create: Creation,
        /// The model that pairs are judged under.
        #[arg(long, value_name = "FILE", help_heading = LEARNING)]
        model: Option<PathBuf>,
    },
    /// Load all documents of files and folders. A new index learns boilerplate from these documents; an existing one takes them
    /// as filter would.
    Build {
        /// The index: a folder, new or empty where there is no index yet.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        #[command(flatten)]
        input: Box<InputArgs>,
        #[command(flatten)]
        create: Creation,
        /// The model that pairs are judged under, instead of learning one.
        #[arg(long, value_name = "FILE", help_heading = LEARNING)]
        model: Option<PathBuf>,
        #[command(flatten)]
        judging: JudgingArgs,
        /// Worker threads; 0 for as many as there are processors.
        #[arg(short = 'j', long, default_value_t = 0, value_name = "N", help_heading = RUNNING)]
        threads: usize,
    },
    /// What is in it.
    Stats {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Read every byte and name what is not what was written; exit with 1 if anything is.
    Verify {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Keep all that is intact, and name the ids that are gone.
    Repair {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Bring an index of an older version over: every document is made anew from its text, with its verdict and time.
    Upgrade {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Merge everything, without what was deleted or replaced.
    Compact {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Delete documents by id.
    Delete {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Ids; from standard input, one a line, where none is given.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// What is known of ids: a JSON object a line, with the verdict of the first time.
    Query {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Ids; from standard input, one a line, where none is given.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Every document that is found: a JSON object a line.
    Export {
        /// The index: a folder.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}
