//! What was asked for, to the library's settings. Names and defaults are the command's, and `lib/wirecopy` has them.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use wirecopy::amounts::{duration, size};
use wirecopy::corpus::{DateFormat, FieldNames, Format, SitePattern, WalkOptions};
use wirecopy::html::HtmlMode;
use wirecopy::options::{Cancel, Method, Progress};
use wirecopy::{Boilerplate, CorpusOptions, Error, ErrorKind, Mode, Model, Policy, Recipe, Resources, Scan};

use crate::error::Failure;

/// The names of fields.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Fields {
    text: String,
    id: String,
    title: String,
    url: String,
    canonical_url: String,
    date: String,
    source: String,
}

impl Fields {
    pub fn names(self) -> FieldNames {
        let Fields { text, id, title, url, canonical_url, date, source } = self;
        FieldNames { text, id, title, url, canonical_url, date, source }
    }
}

/// What counts as what.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Judging {
    threshold: f64,
    containment: f64,
    partial_words: u32,
    min_words: u32,
    classic: bool,
    jaccard: f64,
    method: String,
    within: Option<String>,
}

impl Judging {
    /// # Errors
    /// Values out of range.
    pub fn policy(&self) -> Result<Policy, Failure> {
        let mut policy = Policy::default();
        policy.threshold = self.threshold;
        policy.containment = self.containment;
        policy.partial_words = self.partial_words;
        policy.min_words = self.min_words;
        policy.jaccard = self.jaccard;
        policy.mode = if self.classic { Mode::Classic } else { Mode::Aligned };
        policy.method = match &*self.method {
            "join" => Method::Join,
            "minhash" => Method::Minhash,
            "simhash" => Method::Simhash,
            other => return Err(unknown("method", other, "join, minhash or simhash")),
        };
        let within = self
            .within
            .as_deref()
            .map(|time| duration(time).map_err(|wanted| refused("within", time, &wanted)));
        policy.within = within.transpose()?.map(|milliseconds| milliseconds / 1000);
        policy.validate()?;
        Ok(policy)
    }
}

/// How files become documents.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Reading {
    format: String,
    delimiter: Option<char>,
    html: String,
    site_from: Option<String>,
    date_format: Vec<String>,
    hidden: bool,
    no_ignore: bool,
    follow: bool,
    glob: Vec<String>,
    max_filesize: Option<String>,
    max_record: String,
}

impl Reading {
    /// # Errors
    /// What is no format, size or pattern.
    pub fn options(&self, fields: FieldNames) -> Result<CorpusOptions, Failure> {
        let bytes = |name: &str, text: &str| size(text).map_err(|wanted| refused(name, text, &wanted));
        let mut options = CorpusOptions::default();
        options.fields = fields;
        options.walk = WalkOptions {
            hidden: self.hidden,
            no_ignore: self.no_ignore,
            follow: self.follow,
            globs: self.glob.clone(),
            max_filesize: self.max_filesize.as_deref().map(|text| bytes("max_filesize", text)).transpose()?,
        };
        options.format = FORMATS
            .into_iter()
            .find(|(name, _)| *name == self.format)
            .map(|(_, format)| format)
            .ok_or_else(|| unknown("format", &self.format, &FORMATS.map(|(name, _)| name).join(", ")))?;
        options.max_record = Some(bytes("max_record", &self.max_record)?);
        options.delimiter = match self.delimiter {
            None => None,
            Some(one) if one.is_ascii() && !matches!(one, '"' | '\n' | '\r') => Some(one as u8),
            Some(other) => return Err(unknown("delimiter", &other.to_string(), "one character of ASCII")),
        };
        options.html = match &*self.html {
            "main" => HtmlMode::Main,
            "all" => HtmlMode::All,
            other => return Err(unknown("html", other, "main or all")),
        };
        options.site_from = self.site_from.as_deref().map(SitePattern::new).transpose()?;
        options.date_formats =
            self.date_format.iter().map(|format| DateFormat::new(format)).collect::<Result<_, _>>()?;
        Ok(options)
    }
}

/// The names of formats, as `--format` has them.
const FORMATS: [(&str, Format); 14] = [
    ("auto", Format::Auto),
    ("jsonl", Format::Jsonl),
    ("json", Format::Json),
    ("text", Format::Text),
    ("html", Format::Html),
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("parquet", Format::Parquet),
    ("arrow", Format::Arrow),
    ("warc", Format::Warc),
    ("tar", Format::Tar),
    ("zip", Format::Zip),
    ("xml", Format::Xml),
    ("mail", Format::Mail),
];

/// With what means.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Means {
    threads: usize,
    work_dir: Option<PathBuf>,
    memory: Option<String>,
}

impl Means {
    /// Resources; where memory is to be bounded, it is that of the whole process from now on.
    ///
    /// # Errors
    /// What is no size, and a work directory that takes no file.
    pub fn resources(&self, cancel: &Cancel, progress: &Progress) -> Result<Resources, Failure> {
        let mut resources = Resources::default();
        resources.threads = self.threads;
        resources.work_dir = self.work_dir.clone();
        resources.cancel = cancel.clone();
        resources.progress = progress.clone();
        if let Some(memory) = &self.memory {
            let bytes = size(memory).map_err(|wanted| refused("memory", memory, &wanted))?;
            resources.memory = Some(bytes);
            resources.bound()?;
        }
        Ok(resources)
    }
}

/// What a scan need not learn.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Given {
    shingle: usize,
    model: Option<PathBuf>,
    boilerplate: Option<PathBuf>,
}

impl Given {
    /// A scan with these settings.
    ///
    /// # Errors
    /// Files that cannot be read, or are something else.
    pub fn scan(&self, policy: Policy, resources: Resources) -> Result<Scan, Failure> {
        let recipe = Recipe::with_shingle(self.shingle)?;
        let scan = Scan::new().recipe(recipe).policy(policy).resources(resources).keeping_spans(true);
        let (model, boilerplate) = (&self.model, &self.boilerplate);
        if policy.mode == Mode::Classic && (model.is_some() || boilerplate.is_some()) {
            return Err(Failure::Asked(
                "classic has no model: leave out `model` and `boilerplate`".to_owned(),
            ));
        }
        match (model, boilerplate) {
            (Some(_), Some(_)) => {
                Err(Failure::Asked("a model has its boilerplate: leave out `boilerplate`".to_owned()))
            }
            (Some(file), None) => {
                let opened = File::open(file).map_err(|error| not_readable(file, error))?;
                Ok(scan.model(Model::read(recipe, BufReader::new(opened))?))
            }
            (None, Some(file)) => {
                let text = fs::read_to_string(file).map_err(|error| not_readable(file, error))?;
                Ok(scan.boilerplate(Boilerplate::parse(&text)?))
            }
            (None, None) => Ok(scan),
        }
    }
}

pub fn not_readable(file: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::NotReadable, file, error)
}

fn unknown(name: &str, value: &str, known: &str) -> Failure {
    Failure::Asked(format!("`{name}` is {known}, not `{value}`"))
}

pub fn refused(name: &str, value: &str, wanted: &str) -> Failure {
    Failure::Asked(format!("`{name}` is {wanted}, not `{value}`"))
}
