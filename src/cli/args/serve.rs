//! What is typed to serve an index, and of keys.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Creation, FieldOptions, INPUT, JudgingArgs, LEARNING, REQUESTS, RUNNING};
use crate::amounts::{duration, size};
use crate::corpus::DateFormat;

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

#[derive(Debug, ClapArgs)]
pub struct KeyArgs {
    #[command(subcommand)]
    pub command: KeyCommand,
}

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

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ScopeArg {
    Read,
    Write,
    Admin,
}
