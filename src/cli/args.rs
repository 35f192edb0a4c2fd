//! What was typed.

use std::path::{Path, PathBuf};

use crate::amounts::{duration, size};
use crate::corpus::{DateFormat, Preprocessor, SitePattern};
use crate::scan::Shard;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

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

#[derive(Debug, ClapArgs)]
pub struct PageArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Write a report: json, csv, html, sarif or junit, to FILE or to standard output. May be given several times.
    #[arg(short = 'o', long = "report", value_name = "FORMAT[=FILE]", help_heading = OUTPUT)]
    pub reports: Vec<String>,
    /// Show every repeat, also breadcrumbs, navigation and links to the page itself.
    #[arg(long, help_heading = OUTPUT)]
    pub all: bool,
    /// Exit with 1 if a page repeats something, breadcrumbs, navigation and links to itself aside.
    #[arg(long, help_heading = CHECKS)]
    pub fail_on_repeats: bool,
}

#[derive(Debug, ClapArgs)]
pub struct TextArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// The document of this id, where the input holds several.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// A JSON object a line for every token: token, start, end.
    #[arg(long)]
    pub tokens: bool,
}

#[derive(Debug, ClapArgs)]
pub struct InputArgs {
    /// Files, directories, or - for standard input.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How paths become documents.
#[derive(Debug, ClapArgs)]
pub struct ReadingArgs {
    /// How files of unknown kind and standard input are read.
    #[arg(long, value_enum, default_value_t = FormatArg::Auto, help_heading = INPUT, value_name = "KIND")]
    pub format: FormatArg,
    /// What separates the fields of tables: a character, or tab. By default their header tells.
    #[arg(long, value_name = "CHAR", value_parser = delimiter, help_heading = INPUT)]
    pub delimiter: Option<u8>,
    /// Run COMMAND with each file's path, and read what it writes: text or a page (for PDF, DOCX and the like).
    #[arg(long, value_name = "COMMAND", help_heading = INPUT)]
    pub pre: Option<PathBuf>,
    /// Only files that match go through --pre; with a leading !, not those that do.
    #[arg(long, value_name = "GLOB", requires = "pre", value_parser = glob, help_heading = INPUT)]
    pub pre_glob: Vec<String>,
    /// A file on which --pre works longer is a problem.
    #[arg(long, value_name = "TIME", requires = "pre", value_parser = duration, default_value = "60s", help_heading = INPUT)]
    pub pre_timeout: u64,
    /// Which text of an HTML page counts: the article, or all that is visible.
    #[arg(long, value_enum, default_value_t = Html::Main, help_heading = INPUT, value_name = "WHICH")]
    pub html: Html,
    /// Where a document names no site: the site is what the first group of REGEX matches in its path below PATH ('^([^/]+)/').
    #[arg(long, value_name = "REGEX", value_parser = SitePattern::new, help_heading = INPUT)]
    pub site_from: Option<SitePattern>,
    /// How dates are written that could be read in two ways: '%d/%m/%Y %H:%M', as strptime has it. Several are tried in order,
    /// before what needs none.
    #[arg(long = "date-format", value_name = "FORMAT", value_parser = DateFormat::new, help_heading = INPUT)]
    pub date_formats: Vec<DateFormat>,
    /// Read hidden files and folders too.
    #[arg(long, help_heading = INPUT)]
    pub hidden: bool,
    /// Read also what .gitignore and .ignore files name.
    #[arg(long, help_heading = INPUT)]
    pub no_ignore: bool,
    /// Follow symbolic links.
    #[arg(short = 'L', long, help_heading = INPUT)]
    pub follow: bool,
    /// Only files that match; with a leading !, not those that do.
    #[arg(short = 'g', long = "glob", value_name = "GLOB", help_heading = INPUT)]
    pub globs: Vec<String>,
    /// Leave larger files out, as a problem (500K, 2G).
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = INPUT)]
    pub max_filesize: Option<u64>,
    /// Leave larger records out, as a problem.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64M", help_heading = INPUT)]
    pub max_record: u64,
    #[command(flatten)]
    pub fields: FieldOptions,
}

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

#[cfg(feature = "serve")]
#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// The index: a folder. A new or an empty one becomes an index.
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// Where requests are accepted. Others than this machine need a key: see wirecopy key.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7171", help_heading = REQUESTS)]
    pub listen: String,
    /// Bytes that a body may have, and what comes out of a compressed one.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16M", help_heading = REQUESTS)]
    pub max_body: u64,
    /// How long what was asked may take to be answered once the service is asked to end.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "20s", help_heading = REQUESTS)]
    pub grace: u64,
    /// The model that pairs are judged under; an index that has another one is refused.
    #[arg(long, value_name = "FILE", help_heading = LEARNING)]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub create: Creation,
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// How dates are written that could be read in two ways: '%d/%m/%Y %H:%M', as strptime has it. Several are tried in order,
    /// before what needs none.
    #[arg(long = "date-format", value_name = "FORMAT", value_parser = DateFormat::new, help_heading = INPUT)]
    pub date_formats: Vec<DateFormat>,
    #[command(flatten)]
    pub fields: FieldOptions,
    /// Documents of a memory, before it is sealed as a segment: fewer than anyone wants, for tests.
    #[arg(long, value_name = "COUNT", hide = true, help_heading = RUNNING)]
    pub memory_documents: Option<u32>,
    /// Worker threads; 0 for as many as there are processors.
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", help_heading = RUNNING)]
    pub threads: usize,
}

#[cfg(feature = "serve")]
#[derive(Debug, ClapArgs)]
pub struct KeyArgs {
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[cfg(feature = "serve")]
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key and print it, this once: only its hash is kept.
    Create {
        /// The index: a folder. It need not be there yet.
        #[arg(long, value_name = "DIR")]
        index: PathBuf,
        /// What the key opens: asking; taking documents too; or deleting too.
        #[arg(long, value_enum, value_name = "SCOPE")]
        scope: ScopeArg,
        /// It opens nothing any more after so long (90d, 12h).
        #[arg(long, value_name = "TIME", value_parser = duration)]
        expires: Option<u64>,
    },
    /// Keys by their names, with what they open and until when.
    List {
        /// The index: a folder.
        #[arg(long, value_name = "DIR")]
        index: PathBuf,
    },
    /// Take keys back. A service that runs refuses them within two seconds.
    Revoke {
        /// The index: a folder.
        #[arg(long, value_name = "DIR")]
        index: PathBuf,
        /// Names, as list prints them.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
}

#[cfg(feature = "serve")]
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ScopeArg {
    Read,
    Write,
    Admin,
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

/// Names of the fields of a record.
#[derive(Debug, Clone, ClapArgs)]
pub struct FieldOptions {
    /// The field with the text.
    #[arg(long, value_name = "NAME", default_value = "text", help_heading = FIELDS)]
    pub text_field: String,
    /// The field with the id.
    #[arg(long, value_name = "NAME", default_value = "id", help_heading = FIELDS)]
    pub id_field: String,
    /// The field with the headline.
    #[arg(long, value_name = "NAME", default_value = "title", help_heading = FIELDS)]
    pub title_field: String,
    /// The field with the URL.
    #[arg(long, value_name = "NAME", default_value = "url", help_heading = FIELDS)]
    pub url_field: String,
    /// The field with the canonical URL.
    #[arg(long, value_name = "NAME", default_value = "canonical_url", help_heading = FIELDS)]
    pub canonical_field: String,
    /// The field with the date.
    #[arg(long, value_name = "NAME", default_value = "date", help_heading = FIELDS)]
    pub date_field: String,
    /// The field with the publisher.
    #[arg(long, value_name = "NAME", default_value = "source", help_heading = FIELDS)]
    pub source_field: String,
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

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Html {
    Main,
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FormatArg {
    Auto,
    Jsonl,
    Json,
    Text,
    Html,
    Csv,
    Tsv,
    Parquet,
    Arrow,
    Warc,
    Tar,
    Zip,
    Xml,
    Mail,
}

/// A pattern of names.
fn glob(text: &str) -> Result<String, String> {
    Preprocessor::new("", &[text]).map(|_| text.to_owned()).map_err(|e| e.reason())
}

/// What separates fields: one character of ASCII, by itself or by its name.
fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        (_, &[character]) if !matches!(character, b'"' | b'\n' | b'\r') => Ok(character),
        _ => Err("one character that is no quotation mark, or tab".to_owned()),
    }
}
