//! What was meant: arguments to the library's recipe, policy, resources and corpus options.

use std::path::PathBuf;
use std::time::Duration;

use crate::corpus::{Corpus, CorpusOptions, FieldNames, Format, Preprocessor, WalkOptions};
use crate::html::HtmlMode;
use crate::kernel::Kernel;
use crate::options::{KeptSteps, Method, Mode, Policy, Resources};
use crate::recipe::Recipe;
use crate::scan::Scan;
use anyhow::{Context, Result, bail};

use super::args;
use crate::cli::say::say;

/// Everything that a scan needs to know.
pub struct ScanSettings {
    pub recipe: Recipe,
    pub policy: Policy,
    pub resources: Resources,
}

impl ScanSettings {
    pub fn of(run: &args::RunArgs) -> Result<ScanSettings> {
        let kernel = match &run.kernel {
            Some(name) => Kernel::named(name).context("this machine has no such instruction set")?,
            None => Kernel::detect(),
        };
        let policy = Policy {
            mode: if run.classic { Mode::Classic } else { Mode::Aligned },
            jaccard: run.jaccard,
            within: run.within.map(|milliseconds| milliseconds / 1000),
            method: match run.method {
                args::MethodArg::Join => Method::Join,
                args::MethodArg::Minhash => Method::Minhash,
                args::MethodArg::Simhash => Method::Simhash,
            },
            ..run.judging.policy()
        };
        policy.validate()?;
        let resources = Resources {
            threads: run.threads,
            work_dir: run.work_dir.clone(),
            memory: run.memory,
            steps: match (run.resume, run.keep_steps) {
                (true, _) => KeptSteps::Resumed,
                (false, true) => KeptSteps::Kept,
                (false, false) => KeptSteps::None,
            },
            kernel,
            ..Resources::default()
        };
        if !resources.bound()? && run.memory.is_some() {
            bail!("--memory works on Linux only; leave it out");
        }
        Ok(ScanSettings { recipe: Recipe::with_shingle(run.shingle)?, policy, resources })
    }

    /// A scan by these settings.
    pub fn scan(&self) -> Scan {
        Scan::new().recipe(self.recipe).policy(self.policy).resources(self.resources.clone())
    }
}

impl args::JudgingArgs {
    /// What counts as what.
    pub fn policy(&self) -> Policy {
        Policy {
            threshold: self.threshold,
            containment: self.containment,
            partial_words: self.partial_words,
            min_words: self.min_words,
            ..Policy::default()
        }
    }
}

impl args::FieldOptions {
    pub fn names(&self) -> FieldNames {
        FieldNames {
            text: self.text_field.clone(),
            id: self.id_field.clone(),
            title: self.title_field.clone(),
            url: self.url_field.clone(),
            canonical_url: self.canonical_field.clone(),
            date: self.date_field.clone(),
            source: self.source_field.clone(),
        }
    }
}

impl args::InputArgs {
    /// These documents.
    pub fn open(&self, resources: &Resources) -> Result<Corpus> {
        self.open_against(&[], resources)
    }

    /// These documents, and a second set to compare them with.
    pub fn open_against(&self, against: &[PathBuf], resources: &Resources) -> Result<Corpus> {
        let options = CorpusOptions { against: against.to_owned(), ..self.reading.options()? };
        Ok(Corpus::open(&self.paths, &options, resources)?)
    }
}

impl args::ReadingArgs {
    /// The same, and all that is visible of pages is kept, for what stands more than once in it.
    pub fn whole_pages(&self) -> Result<CorpusOptions> {
        Ok(CorpusOptions { text_only: false, ..self.options()? })
    }

    /// How paths become documents.
    pub fn options(&self) -> Result<CorpusOptions> {
        let command =
            self.pre.as_ref().map(|command| Preprocessor::new(command, &self.pre_glob)).transpose()?;
        let timeout = Duration::from_millis(self.pre_timeout);
        Ok(CorpusOptions {
            fields: self.fields.names(),
            walk: WalkOptions {
                hidden: self.hidden,
                no_ignore: self.no_ignore,
                follow: self.follow,
                globs: self.globs.clone(),
                max_filesize: self.max_filesize,
            },
            format: match self.format {
                args::FormatArg::Auto => Format::Auto,
                args::FormatArg::Jsonl => Format::Jsonl,
                args::FormatArg::Json => Format::Json,
                args::FormatArg::Text => Format::Text,
                args::FormatArg::Html => Format::Html,
                args::FormatArg::Csv => Format::Csv,
                args::FormatArg::Tsv => Format::Tsv,
                args::FormatArg::Parquet => Format::Parquet,
                args::FormatArg::Arrow => Format::Arrow,
                args::FormatArg::Warc => Format::Warc,
                args::FormatArg::Tar => Format::Tar,
                args::FormatArg::Zip => Format::Zip,
                args::FormatArg::Xml => Format::Xml,
                args::FormatArg::Mail => Format::Mail,
            },
            max_record: Some(self.max_record),
            delimiter: self.delimiter,
            html: match self.html {
                args::Html::Main => HtmlMode::Main,
                args::Html::All => HtmlMode::All,
            },
            text_only: true,
            site_from: self.site_from.clone(),
            date_formats: self.date_formats.clone(),
            command: command.map(|command| command.timeout(timeout)),
            ..CorpusOptions::default()
        })
    }
}

/// What a walk did not enter, in words: whoever misses documents should not have to guess.
pub fn ignored(corpus: &Corpus) -> Option<String> {
    let named = match corpus.ignored() {
        0 => return None,
        1 => "1 file or folder, which was".to_owned(),
        count => format!("{count} files or folders, which were"),
    };
    Some(format!("ignore files name {named} passed over; --no-ignore reads what they name"))
}

/// Says it on standard error.
pub fn say_ignored(args: &args::Args, corpus: &Corpus) {
    if let (Some(ignored), false) = (ignored(corpus), args.quiet) {
        say!("{ignored}");
    }
}
