//! What was typed.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

mod index;
mod input;
mod page;
mod scan;
#[cfg(feature = "serve")]
mod serve;

pub use index::*;
pub use input::*;
pub use page::*;
pub use reports::*;
pub use scan::*;
#[cfg(feature = "serve")]
pub use serve::*;

// Options stand under these headings in the help, in the order in which a command has them first.
const OUTPUT: &str = "What is written";
const COMPARED: &str = "What is compared";
const JUDGING: &str = "What counts as a copy";
const REMOVED: &str = "What is removed";
const LEARNING: &str = "What is learned";
const CHECKS: &str = "Checks and exit codes";
#[cfg(feature = "serve")]
const REQUESTS: &str = "Requests";
const RUNNING: &str = "Threads and disk";
const CREATING: &str = "A new index";
const INPUT: &str = "Input";
const FIELDS: &str = "Fields";
const GENERAL: &str = "General";

// What the formats of reports are, for the help.
macro_rules! of_saved {
    () => {
        "\n  \
        html         a page for the browser, which can be mailed: stories, sites, texts side by side\n  \
        json         everything that was found, for programs, report render and --baseline\n  \
        json+text    the same with the texts of all documents that it names\n  \
        sites        a table (csv): which site carries whose text, how often and how soon\n  \
        markdown     the largest stories, for an issue or a pull request\n  \
        sarif        stories that are there more than once, and repeats of pages, for code hosts and editors\n  \
        junit        the same as tests that failed, for continuous integration\n  \
        boilerplate  learned boilerplate by site, to edit and to give to --boilerplate\n  \
        parquet=DIR  tables for DuckDB, pandas and the like"
    };
}

// After the macro, which it needs.
mod reports;

/// Finds near-duplicate and syndicated news text, verifies every pair exactly and shows why.
#[derive(Debug, Parser)]
#[command(after_help = "Start with:\n  \
    wirecopy scan FOLDER --report html=report.html\n  \
    wirecopy scan --help\n\n\
    The guide, with real output, is in docs/guide of the source.")]
#[command(version, propagate_version = true, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// Print no summary and no progress, only errors.
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub quiet: bool,
    /// Print how long each stage took, on standard error.
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub verbose: bool,
    /// Replace an output file even if wirecopy did not write it. Inputs are never replaced.
    #[arg(long, global = true, help_heading = GENERAL)]
    pub force: bool,
    /// When to use colours. NO_COLOR works too.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = GENERAL)]
    pub color: Color,
    #[command(flatten)]
    pub defaults: Defaults,
}

/// Where defaults for flags are.
#[derive(Debug, ClapArgs)]
pub struct Defaults {
    /// Read default settings from FILE instead of the nearest wirecopy.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = GENERAL)]
    pub config: Option<PathBuf>,
    /// Read no wirecopy.toml.
    #[arg(long, global = true, conflicts_with = "config", help_heading = GENERAL)]
    pub no_config: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub fn write_global(self) {
        let choice = match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find duplicates among documents, and what is repeated within each.
    #[command(after_help = concat!("Formats of reports (--report FORMAT=FILE, or -o FILE.html, .json, .csv, .md, .sarif, .xml):\n  \
        csv          a row for every document: its story, relation, score, who had it first\n  \
        pairs        a JSON line for every pair, with its measures and shared passages", of_saved!(), "\n\n\
        Examples:\n  \
        wirecopy scan articles/\n  \
        wirecopy scan articles/ --report html=report.html\n  \
        wirecopy scan crawl.jsonl.gz --text-field body --report csv=duplicates.csv\n  \
        wirecopy scan ours/ --against crawl.jsonl --within 7d\n  \
        wirecopy scan crawl.jsonl --report sites=who-carries-whom.csv\n  \
        wirecopy scan crawl.jsonl --audit 400 --report json=crawl.json\n  \
        wirecopy scan crawl.jsonl --review 100=sheet.csv --seed 1\n  \
        wirecopy scan crawl/ --baseline yesterday.json --fail-on-new --report json=today.json\n  \
        wirecopy scan crawl/ --baseline known.json --fail-on-new --report sarif=new.sarif --report junit=new.xml\n  \
        zcat crawl.jsonl.gz | wirecopy scan - --quiet --report pairs"))]
    Scan(ScanArgs),
    /// Do one process's share of a large scan, over a folder that several processes or machines have.
    #[command(
        after_help = "All processes are given the same files, settings and --work-dir. Of each stage all shares are done before the \
        next stage begins; a share that failed is run again. What comes out is what one scan gives, byte for byte.\n\n\
        Example, two processes:\n  \
        wirecopy stage read crawl/ --work-dir shared/ --shard 0/2 &\n  \
        wirecopy stage read crawl/ --work-dir shared/ --shard 1/2 & wait\n  \
        wirecopy stage candidates crawl/ --work-dir shared/\n  \
        wirecopy stage judge crawl/ --work-dir shared/ --shard 0/2 &\n  \
        wirecopy stage judge crawl/ --work-dir shared/ --shard 1/2 & wait\n  \
        wirecopy scan crawl/ --work-dir shared/ --resume --report html=report.html"
    )]
    Stage(StageArgs),
    /// Explain one pair: what two documents are to each other, and why.
    #[command(after_help = "Examples:\n  \
        wirecopy compare one.txt other.txt\n  \
        wirecopy compare 4711 4712 --in crawl.jsonl")]
    Compare(Compare),
    /// Find the forms that documents fill in: what stays, and what fills each slot in each document.
    #[command(after_help = "Examples:\n  \
        wirecopy templates notes.jsonl\n  \
        wirecopy templates notes.jsonl --report csv=values.csv")]
    Templates(Templates),
    /// Say what other thresholds would give: pairs, clusters, documents removed, and the pairs just above and below each. Or say how
    /// often a scan is right, by a sheet that a reader filled in.
    #[command(mut_arg("paths", |paths| paths.required(false).required_unless_present_any(["from", "labels"])))]
    #[command(after_help = "Examples:\n  \
        wirecopy calibrate crawl.jsonl\n  \
        wirecopy scan crawl.jsonl --threshold 0.3 --containment 0.3 --quiet --report pairs=pairs.ndjson\n  \
        wirecopy calibrate --from pairs.ndjson --report csv=thresholds.csv\n  \
        wirecopy scan crawl.jsonl --review 100=sheet.csv\n  \
        wirecopy calibrate --labels sheet.csv")]
    Calibrate(Calibrate),
    /// Find headlines, blocks, paragraphs and lines that appear more than once within one page.
    #[command(
        after_help = "Of an HTML page all is looked at that is visible; offsets refer to what `wirecopy text --html all FILE` \
        prints.\n\n\
        Examples:\n  \
        wirecopy page article.html\n  \
        wirecopy page site/ --report html=repeats.html --report sarif=repeats.sarif --fail-on-repeats\n  \
        wirecopy page crawl.warc.gz --report json"
    )]
    Page(PageArgs),
    /// Show the text that wirecopy extracts from a document and compares, or its tokens with their byte ranges.
    #[command(after_help = "Examples:\n  \
        wirecopy text article.md\n  \
        wirecopy text crawl.jsonl --id 4711 --tokens")]
    Text(TextArgs),
    /// Check incoming documents against an index of known ones, and add them to it.
    #[command(after_help = "Examples:\n  \
        crawler | wirecopy filter --index seen/ | ingest\n  \
        wirecopy filter --index seen/ --on-duplicate drop --only exact,near feed.jsonl > new.jsonl\n  \
        wirecopy filter --index seen/ crawl.warc.gz > verdicts.jsonl\n  \
        wirecopy filter --index seen/ --check < candidates.jsonl")]
    Filter(FilterArgs),
    /// Create, fill, look into and repair a persistent index.
    #[command(after_help = "Examples:\n  \
        wirecopy index build seen/ archive.jsonl.gz\n  \
        wirecopy index stats seen/\n  \
        wirecopy index query seen/ 4711\n  \
        wirecopy index verify seen/")]
    Index(IndexArgs),
    /// Answer over HTTP what filter, compare and page answer, over one index.
    #[cfg(feature = "serve")]
    #[command(after_help = "Examples:\n  \
        wirecopy serve --index seen/\n  \
        curl --data-binary @feed.jsonl http://127.0.0.1:7171/v1/filter\n  \
        wirecopy key create --index seen/ --scope write\n  \
        wirecopy serve --index seen/ --listen 0.0.0.0:7171\n\n\
        A page for a browser is at the address itself, and what else can be asked at /openapi.json.")]
    Serve(ServeArgs),
    /// Make, list and revoke the keys of a service.
    #[cfg(feature = "serve")]
    #[command(after_help = "Examples:\n  \
        wirecopy key create --index seen/ --scope write --expires 90d\n  \
        wirecopy key list --index seen/\n  \
        wirecopy key revoke --index seen/ wcp_1a2b3c4d")]
    Key(KeyArgs),
    /// Write a corpus without its duplicates: same layout, kept records byte for byte and in order.
    #[command(after_help = "Examples:\n  \
        wirecopy dedup crawl.jsonl.gz --output kept.jsonl.gz --removed removed.ndjson\n  \
        wirecopy dedup crawl/ --output kept/ --keep canonical-url,earliest --remove exact,near\n  \
        wirecopy dedup training.jsonl --against test.jsonl --remove exact,near,contained,partial --output clean.jsonl\n  \
        wirecopy dedup training.jsonl --against test.jsonl --strip passages --output clean.jsonl --removed cut.ndjson")]
    Dedup(Dedup),
    /// Move, hard-link or delete the duplicate files of a saved json report. It is a preview only, unless you add --yes.
    #[command(
        after_help = "Nothing happens to a file unless it and its kept copy are what they were when they were scanned, both lie \
        below --root, and the two texts alone, judged again, are a copy.\n\n\
        Examples:\n  \
        wirecopy scan articles/ --report json=report.json\n  \
        wirecopy apply report.json --action list\n  \
        wirecopy apply report.json --action move=duplicates/ --yes\n  \
        wirecopy undo report.json.journal"
    )]
    Apply(Apply),
    /// Take back what `apply` did. Deleted files come back only where the kept copy has the same bytes.
    #[command(after_help = "Example:\n  wirecopy undo report.json.journal")]
    Undo(Undo),
    /// Make other reports of a saved json report, or compare two.
    #[command(subcommand)]
    #[command(after_help = "Examples:\n  \
        wirecopy report render crawl.json --report html=crawl.html\n  \
        wirecopy report diff yesterday.json today.json")]
    Report(ReportArgs),
    /// Print what a shell needs to complete commands and options.
    #[command(
        after_help = "Example:\n  wirecopy completions bash > ~/.local/share/bash-completion/completions/wirecopy"
    )]
    Completions(Completions),
    /// Write manual pages, one for each command.
    #[command(after_help = "Example:\n  wirecopy man ~/.local/share/man/man1")]
    Man(Man),
}

impl Command {
    /// Files and folders that were named to be read, of commands that go on where one of them is not there.
    pub fn named(&self) -> Vec<&Path> {
        let paths: Vec<&PathBuf> = match self {
            Command::Scan(ScanArgs { input, run, .. })
            | Command::Stage(StageArgs { input, run, .. })
            | Command::Dedup(Dedup { input, run, .. })
            | Command::Calibrate(Calibrate { input, run, .. }) => {
                input.paths.iter().chain(&run.against).collect()
            }
            Command::Templates(Templates { input, .. }) | Command::Page(PageArgs { input, .. }) => {
                input.paths.iter().collect()
            }
            Command::Index(IndexArgs { command: IndexCommand::Build { input, .. } }) => {
                input.paths.iter().collect()
            }
            _ => Vec::new(),
        };
        paths.into_iter().map(PathBuf::as_path).collect()
    }
}

#[derive(Debug, ClapArgs)]
pub struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub struct Man {
    /// Where the pages go.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}
