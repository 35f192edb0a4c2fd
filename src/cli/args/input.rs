//! What is typed of inputs and how they are read.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::{FIELDS, INPUT};
use crate::amounts::{duration, size};
use crate::corpus::{DateFormat, Preprocessor, SitePattern};

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
