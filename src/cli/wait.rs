//! `kb wait [ID...]`: until jobs have ended.

use super::fail::{self, Failure};
use super::format::{Printer, View, say};
use super::jobs::{is_over, view};
use super::settings::Settings;
use crate::job::{Jobs, Record};
use crate::view::{FORMAT, JobsView};
use std::time::{Duration, Instant};

const LOOKS: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The exit code tells: 0 all have an answer, 1 something is not in the code, 4 an agent failed or did not finish.

  kb wait && kb list")]
pub(super) struct Args {
    /// The jobs [default: all that run or wait]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Wait so long at most: `90s`, `15m`, `1h`
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
}

fn time(text: &str) -> Result<Duration, String> {
    super::config::duration(text).ok_or_else(|| format!("`{text}` is not like `90s`, `15m` or `1h`"))
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let store = Jobs::of(&settings.machine);
    let records: Vec<Record> = match args.ids.is_empty() {
        true => store.all().into_iter().filter(|record| !is_over(record, &store, settings)).collect(),
        false => args.ids.iter().map(|id| store.find(id)).collect::<Result<_, _>>()?,
    };
    if records.is_empty() && !settings.json {
        say("kb: no job runs or waits; `kb ask --detach` starts some, `kb jobs` shows what became of earlier ones");
    }
    let began = Instant::now();
    let mut ended = Vec::new();
    for record in records {
        let folder = store.folder(&record.id);
        let mut record = folder.read()?;
        while !is_over(&record, &store, settings) {
            if args.timeout.is_some_and(|limit| began.elapsed() > limit) {
                return Err(Failure::StillRunning { id: record.id });
            }
            std::thread::sleep(LOOKS);
            record = folder.read()?;
        }
        ended.push(view(&record, &store, settings));
    }
    // What was waited for is told.
    store.forget_news(&ended.iter().map(|job| job.id.as_str()).collect::<Vec<_>>());
    let code = |state: &str| match state {
        "kept" | "reused" | "tried" => fail::DONE,
        "not_found" => fail::NO,
        _ => fail::AGENT,
    };
    let worst = ended.iter().map(|job| code(&job.state)).max().unwrap_or(fail::DONE);
    printer.print(View::Jobs(JobsView { format: FORMAT, total: ended.len(), jobs: ended }))?;
    Ok(worst)
}
