//! `kb __jobs ID...`: runs jobs that were handed over, in a session of its own, with nobody looking.

use super::fail::Failure;
use super::format::Printer;
use super::jobs;
use super::settings::Settings;
use crate::job::Record;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    ids: Vec<String>,
    #[arg(long)]
    jobs: usize,
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    // Ctrl-C and the end of the terminal are then no business of it.
    let _ = rustix::process::setsid();
    let store = jobs::to_start(settings)?;
    let records: Vec<Record> = args.ids.iter().map(|id| store.folder(id).read()).collect::<Result<_, _>>()?;
    jobs::run_records(&records, args.jobs, settings, printer)
}
