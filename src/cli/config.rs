//! Defaults for flags, of `wirecopy.toml` and of the environment, which goes over it. What is typed goes over both.
//!
//! They are given to clap behind what was typed, as if they had been typed too, so that one set of rules checks all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, Parser};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::act::keep::Rules;
use crate::cli::args::{Args, Defaults};
use crate::cli::nearest::did_you_mean;
use crate::cli::say;
use crate::output::resolved;

/// The file's name where none is given.
const NAME: &str = "wirecopy.toml";

/// Flags without defaults: those that say where defaults are, those that end the run, and consent.
const TYPED: [&str; 6] = ["config", "no-config", "help", "version", "yes", "force"];

/// What a file may set that was found and not named. Whoever unpacks a folder of data and works in it has not read its
/// settings: they may say how documents are read, judged and shown, and neither what is written or done nor what is read
/// elsewhere. A flag that is not here is refused.
const OF_FOUND: [&str; 54] = [
    "against",
    "all",
    "audit",
    "baseline",
    "boilerplate",
    "canonical-field",
    "classic",
    "color",
    "containment",
    "date-field",
    "date-format",
    "delimiter",
    "durability",
    "fail-on-duplicates",
    "fail-on-new",
    "fail-on-repeats",
    "format",
    "from",
    "glob",
    "hidden",
    "html",
    "id",
    "id-field",
    "in",
    "jaccard",
    "json",
    "keep",
    "kernel",
    "max-filesize",
    "max-record",
    "memory",
    "method",
    "min-words",
    "model",
    "no-ignore",
    "partial-words",
    "protect",
    "quiet",
    "seed",
    "shingle",
    "since",
    "site-from",
    "source-field",
    "store",
    "strict",
    "strip",
    "text-field",
    "threads",
    "threshold",
    "title-field",
    "tokens",
    "url-field",
    "verbose",
    "within",
];

/// Those of them that name files or directories: only below the file's own directory.
const PATHS: [&str; 6] = ["against", "baseline", "boilerplate", "from", "in", "model"];

/// What is wrong with a value, and not with what is missing beside it.
const VALUES: [ErrorKind; 4] = [
    ErrorKind::InvalidValue,
    ErrorKind::ValueValidation,
    ErrorKind::InvalidUtf8,
    ErrorKind::ArgumentConflict,
];

/// Values of one flag, and where they were given.
struct Setting {
    values: Vec<OsString>,
    place: String,
    /// The file that they are of, where it was found and not named.
    of_found: Option<PathBuf>,
}

/// By the flag's long name.
type FileSettings = BTreeMap<String, Setting>;

/// What was typed, completed by defaults; `config` is the file that they are of. Ends the program where clap does.
pub fn parse(mut typed: Vec<OsString>) -> Result<Args> {
    if let Err(help) = Args::try_parse_from(&typed)
        && !help.use_stderr()
    {
        help.exit();
    }
    let command = with_values(Args::command());
    // What is missing may be in the file, and what is wrong is wrong in the end too.
    let seen =
        command.clone().ignore_errors(true).try_get_matches_from(&typed).unwrap_or_else(|e| say::refuse(&e));
    if let Some(first) = typed.get(1).and_then(|first| first.to_str())
        && command.find_subcommand(first).is_none()
        && Path::new(first).exists()
    {
        bail!("`{first}` is a path and no command; did you mean `wirecopy scan {first}`?");
    }
    let defaults = Defaults::from_arg_matches(&seen).unwrap_or_else(|_| Args::parse_from(&typed).defaults);
    let (file, is_found) = match named(&defaults) {
        Some(path) => (Some(path), false),
        None if defaults.no_config => (None, false),
        None => (found()?, true),
    };
    let running = Running::of(&command, &seen);
    let mut settings = FileSettings::new();
    if let Some(path) = &file {
        running.read(path, &mut settings)?;
        settings.values_mut().for_each(|setting| setting.of_found = is_found.then(|| path.clone()));
    }
    running.heed_environment(&mut settings);
    let arguments = running.arguments(&settings)?;
    let end = typed.iter().position(|argument| argument == "--").unwrap_or(typed.len());
    typed.splice(end..end, arguments);
    let matches = command.try_get_matches_from(typed).unwrap_or_else(|e| say::refuse(&with_tip(e)));
    let mut args = Args::from_arg_matches(&matches).unwrap_or_else(|e| say::refuse(&e));
    args.defaults.config = file;
    Ok(args)
}

/// Flags that other programs have, and what does the same here.
const ELSEWHERE: [(&str, &str); 7] = [
    ("--exclude", "-g '!GLOB' leaves files out"),
    ("--ignore", "-g '!GLOB' leaves files out"),
    ("--include", "-g GLOB takes these files only"),
    ("--output", "--report FORMAT=FILE writes a report, and so does -o FILE.html"),
    ("--out", "--report FORMAT=FILE writes a report, and so does -o FILE.html"),
    ("--json", "--report json writes a report to standard output"),
    ("--html-report", "--report html=FILE writes a page"),
];

/// A message about a flag that there is not, with the one that does what is meant.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let known = ELSEWHERE.iter().find(|(name, _)| error.kind() == ErrorKind::UnknownArgument && name == flag);
    if let Some((_, tip)) = known {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![(*tip).into()]));
        error.remove(ContextKind::SuggestedArg);
    }
    error
}

/// The command with flags that may be taken back: `--hidden=false`.
fn with_values(command: Command) -> Command {
    let flag = |arg: Arg| match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .default_missing_value("true")
            .value_parser(BoolishValueParser::new()),
        _ => arg,
    };
    command.mut_args(flag).mut_subcommands(with_values)
}

/// The file that was named.
fn named(defaults: &Defaults) -> Option<PathBuf> {
    if defaults.no_config {
        return None;
    }
    let named = || std::env::var_os("WIRECOPY_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    defaults.config.clone().or_else(named)
}

/// The nearest file upwards, not beyond the root of a repository.
fn found() -> Result<Option<PathBuf>> {
    let here = std::env::current_dir().context("cannot tell the working directory")?;
    for directory in here.ancestors() {
        let path = directory.join(NAME);
        if path.is_file() {
            return Ok(Some(path));
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

impl Setting {
    /// Refuses what a file may not set that nobody named.
    fn check_found(&self, name: &str) -> Result<()> {
        let Setting { values, place, of_found: Some(file) } = self else { return Ok(()) };
        let what_to_do = format!("type it, or name the file: --config {}", file.display());
        if !OF_FOUND.contains(&name) {
            bail!("{place}: `{name}` is not taken from a file that was only found: {what_to_do}");
        }
        let folder = resolved(file.parent().unwrap_or(Path::new(".")));
        let paths = values.iter().flat_map(|value| match name {
            "keep" => Rules::files(value.to_str()),
            name if PATHS.contains(&name) => vec![PathBuf::from(value)],
            _ => Vec::new(),
        });
        for path in paths {
            let climbs = path.components().any(|part| part == Component::ParentDir);
            if climbs || !resolved(&path).starts_with(&folder) {
                bail!(
                    "{place}: `{name}` leads out of the folder of a file that was only found ({path:?}): {what_to_do}"
                );
            }
        }
        Ok(())
    }
}

/// The command that was typed.
struct Running<'a> {
    root: &'a Command,
    /// Names of the commands from the root's on: `report`, `render`.
    path: Vec<&'a str>,
    /// Its own flags and those of all commands, each with whether it was typed.
    flags: Vec<(&'a Arg, bool)>,
    own: &'a Command,
}

impl<'a> Running<'a> {
    fn of(root: &'a Command, mut seen: &'a ArgMatches) -> Running<'a> {
        let (mut own, mut path) = (root, Vec::new());
        while let Some((name, inner)) = seen.subcommand() {
            let Some(command) = own.find_subcommand(name) else { break };
            (own, seen) = (command, inner);
            path.push(name);
        }
        let is_typed = |arg: &Arg| seen.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
        let globals = root.get_arguments().filter(|arg| arg.is_global_set());
        let flags = globals.chain(own.get_arguments()).map(|arg| (arg, is_typed(arg))).collect();
        Running { root, path, flags, own }
    }

    /// Reads what a file says of this command; all of the file is checked.
    fn read(&self, path: &Path, settings: &mut FileSettings) -> Result<()> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = File { path, text: &text };
        let table = DeTable::parse(&text).map_err(|e| {
            let start = e.span().map_or(0, |span| span.start);
            anyhow!("{}: {}", file.place(start), e.message())
        })?;
        self.take(&file, table.get_ref(), self.root, Some(&self.path), settings)
    }

    /// Takes the settings of one section, `command`'s. `path` is the way from it to the command that was typed; none
    /// where it does not lead there.
    fn take(
        &self,
        file: &File<'_>,
        table: &DeTable<'_>,
        command: &Command,
        path: Option<&[&str]>,
        settings: &mut FileSettings,
    ) -> Result<()> {
        let mut sections = Vec::new();
        for (key, value) in table {
            let (name, place) = (key.get_ref().as_ref(), file.place(key.span().start));
            match (command.find_subcommand(name), value.get_ref()) {
                (Some(inner), DeValue::Table(table)) => sections.push((inner, table)),
                _ if TYPED.contains(&name) => bail!("{place}: `{name}` has to be typed"),
                _ if !self.knows(command, name) => {
                    let hint = did_you_mean(name, self.names(command));
                    bail!("{place}: no setting is called `{name}`{hint}");
                }
                _ => {
                    let values = values(value).with_context(|| place.clone())?;
                    if path.is_some() && self.flags.iter().any(|(flag, _)| flag.get_long() == Some(name)) {
                        settings.insert(name.to_owned(), Setting { values, place, of_found: None });
                    }
                }
            }
        }
        // A command's own section goes over what stands for all.
        for (inner, table) in sections {
            let path = path.and_then(|path| path.strip_prefix(&[inner.get_name()]));
            self.take(file, table, inner, path, settings)?;
        }
        Ok(())
    }

    fn knows(&self, command: &Command, name: &str) -> bool {
        self.names(command).contains(&name)
    }

    /// The names that stand in a command's section: of its flags, of those below it and of all commands.
    fn names<'c>(&'c self, command: &'c Command) -> Vec<&'c str> {
        let globals = self.root.get_arguments().filter(|arg| arg.is_global_set());
        let mut names: Vec<&str> = globals.filter_map(Arg::get_long).collect();
        let mut left = vec![command];
        while let Some(command) = left.pop() {
            names.extend(command.get_arguments().filter_map(Arg::get_long));
            left.extend(command.get_subcommands());
        }
        names.retain(|name| !TYPED.contains(name));
        names
    }

    /// `WIRECOPY_TEXT_FIELD` for `--text-field`.
    fn heed_environment(&self, settings: &mut FileSettings) {
        for name in self.flags.iter().filter_map(|(flag, _)| flag.get_long()) {
            let place = format!("WIRECOPY_{}", name.to_uppercase().replace('-', "_"));
            let value = std::env::var_os(&place).filter(|value| !value.is_empty());
            if let (Some(value), false) = (value, TYPED.contains(&name)) {
                settings.insert(name.to_owned(), Setting { values: vec![value], place, of_found: None });
            }
        }
    }

    /// The settings of flags that were not typed, as they would be.
    fn arguments(&self, settings: &FileSettings) -> Result<Vec<OsString>> {
        let mut all = Vec::new();
        for &(flag, is_typed) in &self.flags {
            let setting = flag.get_long().and_then(|name| Some((name, settings.get(name)?)));
            let Some((name, setting)) = setting else { continue };
            if is_typed || self.is_excluded(flag) {
                continue;
            }
            setting.check_found(name)?;
            let Setting { values, place, .. } = setting;
            let argument = |value: &OsString| {
                let mut argument = OsString::from(format!("--{name}="));
                argument.push(value);
                argument
            };
            let arguments: Vec<OsString> = values.iter().map(argument).collect();
            self.check(&arguments, place)?;
            all.extend(arguments);
        }
        Ok(all)
    }

    /// Whether something was typed that goes with this flag as little as it does with that.
    fn is_excluded(&self, flag: &Arg) -> bool {
        let excludes = |a: &Arg, b: &Arg| {
            let conflicts = if a.is_global_set() { self.root } else { self.own }.get_arg_conflicts_with(a);
            conflicts.iter().any(|arg| arg.get_id() == b.get_id())
        };
        let mut typed = self.flags.iter().filter(|(_, is_typed)| *is_typed);
        typed.any(|(other, _)| excludes(flag, other) || excludes(other, flag))
    }

    /// Lets clap say what is wrong with the values, so that the message can say where they were given.
    fn check(&self, arguments: &[OsString], place: &str) -> Result<()> {
        let line = std::iter::once("wirecopy").chain(self.path.iter().copied()).map(OsString::from);
        let parsed = self.root.clone().try_get_matches_from(line.chain(arguments.iter().cloned()));
        match parsed {
            Err(e) if VALUES.contains(&e.kind()) => {
                let message = e.to_string();
                let message = message.split("\n\nFor more information").next().unwrap_or_default();
                bail!("{place}: {}", message.trim_start_matches("error: ").trim_end())
            }
            _ => Ok(()),
        }
    }
}

/// A file of settings.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    /// The file and line of a byte.
    fn place(&self, byte: usize) -> String {
        let before = self.text.as_bytes().iter().take(byte);
        format!("{}:{}", self.path.display(), before.filter(|byte| **byte == b'\n').count() + 1)
    }
}

/// A value, or those of a list, as they would be typed.
fn values(value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>> {
    match value.get_ref() {
        DeValue::Array(list) => Ok(list.iter().map(values).collect::<Result<Vec<_>>>()?.concat()),
        DeValue::String(text) => Ok(vec![text.as_ref().into()]),
        DeValue::Integer(number) if number.radix() == 10 => Ok(vec![number.as_str().into()]),
        DeValue::Float(number) => Ok(vec![number.as_str().into()]),
        DeValue::Boolean(flag) => Ok(vec![flag.to_string().into()]),
        other => bail!(
            "a {} is no value here; a text, a number, true, false or a list of them is",
            other.type_str()
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// 11: what is not taken from a file that was found. A new flag is in this list or in [`OF_FOUND`], and somebody has
    /// thought about it.
    const REFUSED: [&str; 33] = [
        "action",
        "check",
        "cluster",
        "dry-run",
        "expires",
        "follow",
        "grace",
        "index",
        "journal",
        "keep-steps",
        "labels",
        "listen",
        "max-body",
        "memory-documents",
        "on-duplicate",
        "only",
        "output",
        "pre",
        "pre-glob",
        "pre-timeout",
        "rejects",
        "remove",
        "removed",
        "report",
        "resume",
        "review",
        "root",
        "save-model",
        "scope",
        "shard",
        "stats",
        "window",
        "work-dir",
    ];

    #[test]
    fn every_flag_was_thought_about() {
        let mut all = BTreeSet::new();
        let mut left = vec![Args::command()];
        while let Some(command) = left.pop() {
            all.extend(command.get_arguments().filter_map(Arg::get_long).map(str::to_owned));
            left.extend(command.get_subcommands().cloned());
        }
        let known: BTreeSet<&str> = OF_FOUND.into_iter().chain(TYPED).chain(REFUSED).collect();
        let unknown: Vec<&String> = all.iter().filter(|name| !known.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let gone: Vec<&str> = OF_FOUND.into_iter().filter(|name| !all.contains(*name)).collect();
        assert!(gone.is_empty(), "{gone:?}");
        assert!(PATHS.iter().all(|name| OF_FOUND.contains(name)));
    }
}
