//! `wirecopy index`: create, fill, look into and repair a persistent index.

use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::corpus::{Corpus, Scratch};
use crate::filter::records::described;
use crate::filter::{self, Filter, Incoming, line, lookup, unpack};
use crate::index::format::StoredRow;
use crate::index::store::{Disk, Store};
use crate::index::view::{PartPlace, View};
use crate::index::{Limits, Snapshot, Stats, Writer, exists, repair, upgrade, verify_watched};
use crate::options::{Policy, Progress, Resources};
use crate::scan::Scan;
use anyhow::{Context, Result, bail};

use crate::cli::args::{self, IndexCommand};
use crate::cli::filter::writing;
use crate::cli::model;
use crate::cli::progress::Bar;
use crate::cli::say::{self, say};
use crate::cli::settings::say_ignored;
use crate::printable::printable;

pub fn run(args: &args::Args, typed: &args::IndexArgs) -> Result<ExitCode> {
    match &typed.command {
        IndexCommand::Create { directory, create, model } => {
            let disk = Disk::new(directory);
            disk.create_directory().with_context(|| format!("cannot create {}", directory.display()))?;
            Writer::create(Arc::new(disk), &create.setup(model.as_deref())?, Limits::default())?.close()?;
        }
        IndexCommand::Build { directory, input, create, model, judging, threads } => {
            let resources = Resources { threads: *threads, ..Resources::default() };
            let building =
                Building { directory, create, model: model.as_deref(), policy: judging.policy(), resources };
            return building.run(args, input);
        }
        IndexCommand::Stats { directory, json } => stats(directory, *json)?,
        IndexCommand::Verify { directory } => return verified(args, directory),
        IndexCommand::Repair { directory } => return repaired(args, directory),
        IndexCommand::Compact { directory } => {
            let mut writer = open(directory)?;
            writer.compact()?;
            writer.close()?;
        }
        IndexCommand::Upgrade { directory } => upgraded(args, directory)?,
        IndexCommand::Delete { directory, ids } => return delete(args, directory, ids),
        IndexCommand::Query { directory, ids } => return query(directory, ids),
        IndexCommand::Export { directory } => export(directory)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn open(directory: &Path) -> Result<Writer> {
    Ok(Writer::open(Arc::new(Disk::new(directory)), None, None, Limits::default())?)
}

fn read(directory: &Path) -> Result<Snapshot> {
    let store: Arc<dyn Store> = Arc::new(Disk::new(directory));
    Ok(Snapshot::open(&store, None, None)?)
}

/// Documents that are taken together.
const BATCH: usize = 1024;

/// What an index is built with.
struct Building<'a> {
    directory: &'a Path,
    create: &'a args::Creation,
    model: Option<&'a Path>,
    policy: Policy,
    resources: Resources,
}

impl Building<'_> {
    fn run(&self, args: &args::Args, input: &args::InputArgs) -> Result<ExitCode> {
        let bar = Bar::show(&self.resources.progress, args.quiet);
        let corpus = input.open(&self.resources)?;
        say_ignored(args, &corpus);
        let disk = Disk::new(self.directory);
        let (taken, problems) = if exists(&disk)? { self.add(&corpus)? } else { self.load(&corpus)? };
        drop(bar);
        problems.iter().for_each(|problem| say!("wirecopy: {problem}"));
        if !args.quiet {
            say!("{taken} documents taken, {} problems", problems.len());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// A new index: one scan learns the model and judges all pairs, then everything is written at once.
    fn load(&self, corpus: &Corpus) -> Result<(u64, Vec<String>)> {
        let Building { create, policy, resources, .. } = self;
        let recipe = create.recipe()?.unwrap_or_default();
        let mut scan =
            Scan::new().recipe(recipe).policy(*policy).resources(resources.clone()).keeping_spans(true);
        if let Some(file) = self.model {
            scan = scan.model(model::read(recipe, file)?);
        }
        let run = scan.run(corpus)?;
        let mut setup = create.setup(self.model)?;
        if let (None, Some(learned)) = (&setup.model, &run.model) {
            let mut bytes = Vec::new();
            learned.write(recipe, &mut bytes)?;
            setup.model = Some(bytes);
        }
        let spans = run.spans()?;
        let disk = Disk::new(self.directory);
        disk.create_directory().with_context(|| format!("cannot create {}", self.directory.display()))?;
        let writer = Writer::create(Arc::new(disk), &setup, Limits::default())?;
        let mut filter = Filter::new(writer, *policy, resources)?;
        let taken = filter.load(&run, spans.as_deref())?;
        filter.close()?;
        let problems = run.documents.problems.iter().map(described);
        Ok((taken, problems.collect()))
    }

    /// To an index that is there, under its model, as the filter takes documents.
    fn add(&self, corpus: &Corpus) -> Result<(u64, Vec<String>)> {
        let Building { directory, create, policy, resources, .. } = self;
        let mut filter = writing(directory, create, self.model, *policy, resources, Limits::default())?;
        let (mut scratch, mut bytes) = (Scratch::new(resources.kernel), Vec::new());
        let (mut records, mut of, mut taken) = (0, 0, 0u64);
        let mut problems: Vec<String> =
            corpus.problems().iter().map(|problem| format!("{}: {}", problem.path, problem.reason)).collect();
        for piece in corpus.pieces() {
            if piece.input() != of {
                (of, records) = (piece.input(), 0);
            }
            let mut documents = Vec::new();
            corpus.read(&piece, &mut bytes, |location, _, fields| {
                let record = records;
                records += 1;
                let fields = match fields {
                    Ok(fields) => fields,
                    Err(reason) => {
                        let path = corpus.path(location.input).display();
                        return problems.push(format!("{path}: record {record}: {reason}"));
                    }
                };
                // A file is what its path says, whatever stands in it later: its id is named.
                let id = corpus.id_of(&fields, location.input, record);
                let text = fields.text.decode(&mut scratch).text.to_owned();
                let rules = (corpus.directory(location.input), corpus.date_formats());
                documents.push(Incoming::of_record(&fields, id, text, rules));
            })?;
            for batch in documents.chunks(BATCH) {
                taken += filter.batch(batch)?.iter().filter(|answer| !answer.again).count() as u64;
            }
        }
        filter.close()?;
        Ok((taken, problems))
    }
}

fn stats(directory: &Path, json: bool) -> Result<()> {
    let reader = read(directory)?;
    let stats = Stats::of(&reader.view(), reader.manifest(), &Disk::new(directory))?;
    let mut out = say::stdout();
    let value = serde_json::to_value(&stats)?;
    if json {
        serde_json::to_writer_pretty(&mut out, &value)?;
        writeln!(out)?;
        return Ok(());
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "{:<16}{}", name.replace('_', " "), printable(&value))?;
    }
    Ok(())
}

fn verified(args: &args::Args, directory: &Path) -> Result<ExitCode> {
    let progress = Progress::default();
    let bar = Bar::show(&progress, args.quiet);
    let found = verify_watched(&Disk::new(directory), &progress)?;
    drop(bar);
    for fault in &found.faults {
        say!("wirecopy: {fault}");
    }
    if !args.quiet {
        found.left.iter().for_each(|left| say!("{left}"));
    }
    if !found.faults.is_empty() {
        return Ok(ExitCode::from(1));
    }
    if !args.quiet {
        if found.left.is_empty() {
            say!("every byte is what was written")
        } else {
            say!("every byte of the index is what was written")
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn repaired(args: &args::Args, directory: &Path) -> Result<ExitCode> {
    let repaired = repair(&Disk::new(directory), &filter::remaker)?;
    for line in repaired.faults.iter().chain(&repaired.notes) {
        say!("wirecopy: {line}");
    }
    let mut out = BufWriter::new(say::data());
    for line in &repaired.lost {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    if !args.quiet {
        if repaired.faults.is_empty() {
            say!("nothing is damaged")
        } else {
            say!("{} documents kept, {} gone", repaired.kept, repaired.gone)
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn upgraded(args: &args::Args, directory: &Path) -> Result<()> {
    let upgraded = upgrade(&Disk::new(directory), &filter::remaker)?;
    for note in &upgraded.notes {
        say!("wirecopy: {note}");
    }
    if !args.quiet {
        match upgraded.documents {
            Some(documents) => say!("{documents} documents brought over"),
            None => say!("nothing to do: it is of this version"),
        }
    }
    Ok(())
}

/// Ids that were typed, or a line each on standard input.
fn ids(typed: &[String]) -> Result<Vec<String>> {
    if !typed.is_empty() {
        return Ok(typed.to_vec());
    }
    io::stdin().lock().lines().collect::<io::Result<_>>().context("cannot read standard input")
}

fn delete(args: &args::Args, directory: &Path, typed: &[String]) -> Result<ExitCode> {
    let mut filter = Filter::new(open(directory)?, Policy::default(), &Resources::default())?;
    let deleted = filter.delete(&ids(typed)?)?;
    filter.close()?;
    if !args.quiet {
        say!("{deleted} documents deleted");
    }
    Ok(ExitCode::SUCCESS)
}

fn query(directory: &Path, typed: &[String]) -> Result<ExitCode> {
    let reader = read(directory)?;
    let view = reader.view();
    let mut out = BufWriter::new(say::data());
    let mut missing = 0;
    for id in ids(typed)? {
        let versions = lookup(&view, &id)?;
        missing += usize::from(versions.is_empty());
        for (place, row) in versions {
            write_document(&view, place, &row, &mut out)?;
        }
    }
    out.flush().context("cannot write to standard output")?;
    if missing > 0 {
        bail!("{missing} of these ids are not in the index");
    }
    Ok(ExitCode::SUCCESS)
}

fn export(directory: &Path) -> Result<()> {
    let reader = read(directory)?;
    let view = reader.view();
    let mut out = BufWriter::new(say::data());
    let mut failed = None;
    view.each(|place, row, is_found| {
        if is_found && failed.is_none() {
            failed = write_document(&view, place, row, &mut out).err();
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)?;
    out.flush().context("cannot write to standard output")
}

/// A document as a line: its id, its text where that is kept, and what was said of it.
fn write_document(view: &View<'_>, place: PartPlace, row: &StoredRow, out: &mut impl Write) -> Result<()> {
    let text = match row.packed {
        0 => None,
        _ => Some(unpack(view.text(place, row)?, row)?),
    };
    let mut object = serde_json::Map::new();
    object.insert("id".to_owned(), view.id(place, row)?.into());
    let title = view.title(place, row)?;
    object.extend((!title.is_empty()).then(|| ("title".to_owned(), title.into())));
    object.extend(text.map(|text| ("text".to_owned(), text.into())));
    let record = serde_json::to_vec(&object)?;
    let mut written = Vec::new();
    line::write_line(&record, &view.verdict(place, row)?, &mut written);
    written.push(b'\n');
    out.write_all(&written).context("cannot write to standard output")
}
