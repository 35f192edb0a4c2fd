//! `wirecopy serve`: the HTTP service over an index.

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use super::args;
use super::filter::writing;
use super::say::say;
use crate::filter::records::RecordRules;
use crate::index::Limits;
use crate::options::Resources;
use crate::serve::{Entrance, ServiceOptions, serve};

pub fn run(args: &args::Args, typed: &args::ServeArgs) -> Result<ExitCode> {
    let listener =
        TcpListener::bind(&typed.listen).with_context(|| format!("cannot listen at {}", typed.listen))?;
    let address = listener.local_addr().with_context(|| format!("cannot listen at {}", typed.listen))?;
    let entrance = Entrance::new(listener, &typed.index)?;
    let policy = typed.judging.policy();
    let resources = Resources { threads: typed.threads, behind: true, ..Resources::default() };
    let mut limits = Limits::default();
    limits.documents = typed.memory_documents.unwrap_or(limits.documents).max(1);
    let filter = writing(&typed.index, &typed.create, typed.model.as_deref(), policy, &resources, limits)?;
    let options = ServiceOptions {
        max_body: typed.max_body,
        grace: Duration::from_millis(typed.grace),
        rules: RecordRules {
            names: typed.fields.names(),
            site_from: None,
            date_formats: typed.date_formats.clone(),
            max: typed.max_body,
        },
        policy,
    };
    serve(entrance, filter, options, || {
        if !args.quiet {
            say!("{} is served at http://{address}/", typed.index.display());
        }
    })?;
    if !args.quiet {
        say!("closed: everything that was acknowledged is on disk");
    }
    Ok(ExitCode::SUCCESS)
}
