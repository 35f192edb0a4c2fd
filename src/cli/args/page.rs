//! What is typed to look at pages.

use clap::Args as ClapArgs;

use super::{CHECKS, InputArgs, OUTPUT};

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
