//! `kb __jobs ID...`: runs jobs that were handed over, in a session of its own.

use super::fail::Failure;
use super::format::Printer;
use super::jobs;
use super::settings::{self, Settings};
use super::terminal::Looker;
use crate::job::Record;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    ids: Vec<String>,
    #[arg(long)]
    jobs: usize,
    /// Somebody looks, and speaks through standard input
    #[arg(long)]
    watched: bool,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    // Ctrl-C and the end of the terminal are then no business of it.
    let _ = rustix::process::setsid();
    let store = jobs::to_start(settings)?;
    // One that cannot be read holds up none of the others.
    let records: Vec<Record> = args.ids.iter().filter_map(|id| store.folder(id).read().ok()).collect();
    let mut looker = match args.watched {
        true => Looker::elsewhere().map_err(Failure::Detach)?,
        false => Looker::nobody(),
    };
    jobs::run_records(&records, args.jobs, settings, printer, &mut looker)
}

/// Nobody looks at what is printed: why the jobs could not begin is kept with them.
pub(super) fn give_up(args: &Args, why: &Failure) {
    if let Ok(machine) = settings::machine() {
        jobs::end(&args.ids, why, &machine);
    }
}
