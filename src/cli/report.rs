//! `wirecopy report`: from saved json, or from an index.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::filter::Lookup;
use crate::findings::Parts;
use crate::index::Snapshot;
use crate::index::store::{Disk, Store};
use crate::options::Resources;
use crate::report::diff::{Changed, Diff};
use crate::report::html::write_evidence;
use crate::report::{Rendering, Report};
use anyhow::{Context, Result};

use super::args;
use crate::cli::nearest::did_you_mean;
use crate::cli::output::{Target, outputs, write_versioned};
use crate::cli::say;
#[cfg(feature = "parquet")]
use crate::output::OutputPlace;
use crate::output::Outputs;
use crate::printable::printable;

#[derive(Clone, Copy)]
enum RenderFormat {
    Parquet,
    Of(Rendering),
}

const FORMATS: [(&str, RenderFormat); 9] = [
    ("json", RenderFormat::Of(Rendering::Json)),
    ("json+text", RenderFormat::Of(Rendering::JsonWithTexts)),
    ("html", RenderFormat::Of(Rendering::Html)),
    ("markdown", RenderFormat::Of(Rendering::Markdown)),
    ("parquet", RenderFormat::Parquet),
    ("boilerplate", RenderFormat::Of(Rendering::Boilerplate)),
    ("sites", RenderFormat::Of(Rendering::Sites)),
    ("sarif", RenderFormat::Of(Rendering::Sarif)),
    ("junit", RenderFormat::Of(Rendering::Junit)),
];

pub fn run(args: &args::Args, typed: &args::ReportArgs) -> Result<ExitCode> {
    match typed {
        args::ReportArgs::Render(typed) => render(args, typed),
        args::ReportArgs::Index(typed) => index(args, typed),
        args::ReportArgs::Diff(typed) => diff(args, typed),
    }
}

/// A saved report.
pub fn read(path: &Path) -> Result<Report> {
    let cannot = || format!("cannot read {}", path.display());
    Report::read(BufReader::new(File::open(path).with_context(cannot)?)).with_context(cannot)
}

fn render(args: &args::Args, typed: &args::Render) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads([&typed.report]);
    let is_story = typed.cluster.is_some();
    rendered(args, &typed.reports, outputs, is_story, |_| {
        let report = read(&typed.report)?;
        let Some(id) = &typed.cluster else { return Ok(report) };
        report.of_cluster(id).with_context(|| {
            let ids = report.clusters.iter().map(|cluster| &cluster.id);
            format!("{}: no cluster has the id `{id}`{}", typed.report.display(), did_you_mean(id, ids))
        })
    })
}

/// The stories of an index.
fn index(args: &args::Args, typed: &args::IndexReport) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.index(&typed.index);
    let since = typed.since.map(|time| crate::index::now().saturating_sub(time));
    rendered(args, &typed.reports, outputs, false, |texts| {
        let resources =
            Resources { threads: typed.threads, work_dir: typed.work_dir.clone(), ..Resources::default() };
        let store: Arc<dyn Store> = Arc::new(Disk::new(&typed.index));
        let lookup = Lookup::new(Snapshot::open(&store, None, None)?, typed.judging.policy(), &resources)?;
        let mut parts = Parts::ALL.texts(texts);
        (parts.sources, parts.templates) = (false, false);
        Ok(lookup.report(since, &parts, &resources)?)
    })
}

/// Writes all renderings of a report, which `read` gives with about so many bytes of texts; `is_story`, whether it is one cluster's.
fn rendered(
    args: &args::Args,
    reports: &[String],
    mut outputs: Outputs,
    is_story: bool,
    read: impl FnOnce(usize) -> Result<Report>,
) -> Result<ExitCode> {
    let targets = Target::parse_all(reports, &FORMATS, &mut outputs)?;
    #[cfg(feature = "parquet")]
    let tables = tables(&targets, &mut outputs)?;
    let renderings = targets.iter().filter_map(|target| match target.format {
        RenderFormat::Of(rendering) => Some(rendering.texts()),
        RenderFormat::Parquet => None,
    });
    let report = read(renderings.max().unwrap_or_default())?;
    for target in &targets {
        if let RenderFormat::Of(rendering) = target.format {
            target.write(|out| match rendering {
                Rendering::Html if is_story => write_evidence(&report, out),
                rendering => rendering.write(&report, out),
            })?;
        }
    }
    #[cfg(feature = "parquet")]
    tables.iter().try_for_each(|place| crate::cli::tables::write_saved(place, &report))?;
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        print_places(targets.iter())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where tables go, one for each time that they were asked for.
#[cfg(feature = "parquet")]
fn tables(targets: &[Target<RenderFormat>], outputs: &mut Outputs) -> Result<Vec<OutputPlace>> {
    let asked = targets.iter().filter(|target| matches!(target.format, RenderFormat::Parquet));
    let directories = asked.filter_map(|target| target.file.as_deref());
    directories.map(|directory| crate::cli::tables::place_saved(directory, outputs)).collect()
}

fn diff(args: &args::Args, typed: &args::DiffArgs) -> Result<ExitCode> {
    let mut outputs = outputs(args);
    outputs.reads([&typed.old, &typed.new]);
    let targets = Target::parse_all(&typed.reports, &[("json", ())], &mut outputs)?;
    let diff = Diff::between(&read(&typed.old)?, &read(&typed.new)?);
    for target in &targets {
        target.write(|out| write_versioned(&diff, out))?;
    }
    if !args.quiet && targets.iter().all(|target| target.file.is_some()) {
        print_diff(&diff)?;
    }
    Ok(if typed.fail_on_new && diff.has_new() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Clusters shown of each list.
const SHOWN: usize = 10;

/// What changed, for a person.
pub fn print_diff(diff: &Diff) -> Result<()> {
    let mut out = say::stdout();
    let lists = [
        ("new", &diff.new),
        ("grown", &diff.grown),
        ("split", &diff.split),
        ("merged", &diff.merged),
        ("vanished", &diff.vanished),
    ];
    let counts: Vec<String> = lists.iter().map(|(name, list)| format!("{} {name}", list.len())).collect();
    let mut print = || -> io::Result<()> {
        writeln!(out, "clusters: {}", counts.join(", "))?;
        for (name, list) in lists {
            for Changed { id, representative, documents, added, .. } in list.iter().take(SHOWN) {
                let name_of = printable(representative);
                writeln!(
                    out,
                    "  {name:<9} {}  {documents} documents, {} of them new  {name_of}",
                    printable(id),
                    added.len()
                )?;
            }
            if list.len() > SHOWN {
                writeln!(out, "  and {} more {name} (--report json)", list.len() - SHOWN)?;
            }
        }
        Ok(())
    };
    print().context("cannot write to standard output")
}

/// Where the files that were written are, as addresses that a terminal opens.
pub fn print_places<'a, F: 'a>(targets: impl Iterator<Item = &'a Target<F>>) -> Result<()> {
    let mut out = say::stdout();
    for path in targets.filter_map(|target| target.file.as_deref()) {
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        writeln!(out, "report: file://{}", escaped(&whole)).context("cannot write to standard output")?;
    }
    Ok(())
}

/// A path as the path of an address.
fn escaped(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escape = |&byte: &u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.as_os_str().as_bytes().iter().map(escape).collect()
}
