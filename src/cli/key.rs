//! `wirecopy key`: who may ask a service.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::args::{self, KeyCommand, ScopeArg};
use super::say::{self, say};
use crate::filter::line::time;
use crate::printable::printable;
use crate::serve::{Scope, create, list, revoke};

pub fn run(args: &args::Args, typed: &args::KeyArgs) -> Result<ExitCode> {
    match &typed.command {
        KeyCommand::Create { index, scope, expires } => {
            let scope = match scope {
                ScopeArg::Read => Scope::Read,
                ScopeArg::Write => Scope::Write,
                ScopeArg::Admin => Scope::Admin,
            };
            let key = create(index, scope, *expires)?;
            if !args.quiet {
                say!("keep the key now: it is not shown again");
            }
            writeln!(say::stdout(), "{key}").context("cannot write to standard output")?;
        }
        KeyCommand::List { index } => print(index)?,
        KeyCommand::Revoke { index, names } => {
            let revoked = revoke(index, names)?;
            if revoked < names.len() {
                bail!(
                    "{revoked} of {} keys revoked; the others are none of this index: wirecopy key list",
                    names.len()
                );
            }
            if !args.quiet {
                say!("{revoked} keys revoked");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(index: &Path) -> Result<()> {
    let mut out = say::stdout();
    for key in list(index)? {
        let until = match key.expires {
            Some(expires) if key.has_expired() => format!("expired {}", time(expires)),
            Some(expires) => format!("until {}", time(expires)),
            None => "for ever".to_owned(),
        };
        let (name, scope, created) = (printable(&key.name), key.scope.name(), time(key.created));
        writeln!(out, "{name}  {scope:<5}  made {created}  {until}")
            .context("cannot write to standard output")?;
    }
    Ok(())
}
