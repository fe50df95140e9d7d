//! `kb jobs`: what is being asked, what became of it, and doing it again.

use super::fail::{self, Failure};
use super::format::{Printer, View, say};
use super::settings::Settings;
use super::terminal::Looker;
use super::watch_jobs;
use crate::job::{self, Ended, Held, Jobs, Record};
use crate::knowledge_base::KnowledgeBase;
use crate::machine::Machine;
use crate::view::{FORMAT, JobView, JobsView};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

/// How often it is looked whether a job has gone on.
const LOOKS: Duration = Duration::from_millis(150);
/// How long a job may take to stop.
const STOPS: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
  kb ask -f questions.txt --detach
  kb jobs
  kb jobs log j-k7f --follow
  kb jobs retry j-k7f")]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// All that are kept, not only the newest twenty
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// All that is known of a job
    Show { id: String },
    /// The agent's raw stream
    Log {
        id: String,
        /// Go on until the job ends
        #[arg(short, long)]
        follow: bool,
    },
    /// Stop jobs
    Cancel {
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Ask again what a job asked, under the same id
    Retry {
        #[arg(required = true)]
        ids: Vec<String>,
        /// Return at once
        #[arg(long)]
        detach: bool,
    },
    /// Forget jobs that have ended; their notes stay
    Rm {
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// How many jobs are listed where nobody says.
const USUALLY_LISTED: usize = 20;

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let store = Jobs::of(&settings.machine);
    match &args.what {
        None => {
            job::tidy(&settings.roster, &settings.machine);
            // What is listed is told.
            drop(store.take_news());
            let all = store.all();
            let total = all.len();
            let listed = if args.all { total } else { USUALLY_LISTED };
            let jobs = all.iter().take(listed).map(|record| view(record, &store, settings)).collect();
            let code = printer.print(View::Jobs(JobsView { format: FORMAT, total, jobs }))?;
            match total.saturating_sub(listed) {
                _ if settings.json => {}
                0 if total == 0 => say("kb: there are no jobs; `kb ask QUESTION` makes one"),
                0 => {}
                more => say(&format!("{more} more: `kb jobs --all`")),
            }
            Ok(code)
        }
        Some(What::Show { id }) => {
            let record = store.find(id)?;
            let mut shown = view(&record, &store, settings);
            let answer = store.folder(&record.id).answer();
            shown.unsaved = answer.exists().then(|| answer.to_string_lossy().into_owned());
            shown.stderr = std::fs::read_to_string(store.folder(&record.id).stderr()).ok();
            shown.partial = std::fs::read_to_string(store.folder(&record.id).partial()).ok();
            printer.print(View::Job(Box::new(shown)))
        }
        Some(What::Log { id, follow }) => log(&store.find(id)?, *follow, &store, settings),
        Some(What::Cancel { ids }) => {
            let records: Vec<Record> = ids.iter().map(|id| store.find(id)).collect::<Result<_, _>>()?;
            for record in &records {
                cancel(record, &store, settings)?;
            }
            Ok(fail::DONE)
        }
        Some(What::Retry { ids, detach }) => {
            let store = to_start(settings)?;
            let records: Vec<Record> = ids.iter().map(|id| again(id, &store, settings)).collect::<Result<_, _>>()?;
            if *detach {
                return self::detach(&records, settings.jobs, settings, printer);
            }
            run_records(&records, settings.jobs, settings, printer, &mut Looker::here())
        }
        Some(What::Rm { ids }) => {
            let records: Vec<Record> = ids.iter().map(|id| store.find(id)).collect::<Result<_, _>>()?;
            records.iter().try_for_each(|record| store.remove(&record.id))?;
            Ok(fail::DONE)
        }
    }
}

/// The jobs, for whoever starts some: every way to start one leads through here. An agent that asks agents
/// would never end.
pub(super) fn to_start(settings: &Settings) -> Result<Jobs, Failure> {
    match settings.machine.variable("KB_JOB") {
        Some(job) => Err(Failure::Inside { job: job.to_string_lossy().into_owned() }),
        None => Ok(Jobs::of(&settings.machine)),
    }
}

/// Runs jobs here, each in the knowledge base that it was asked for.
pub(super) fn run_records(
    records: &[Record],
    at_once: usize,
    settings: &Settings,
    printer: &Printer,
    looker: &mut Looker,
) -> Result<u8, Failure> {
    let store = to_start(settings)?;
    let mut worst = fail::DONE;
    // From now on all of them are alive, whichever knowledge base has its turn first.
    let mut held: Vec<(Record, Held)> = Vec::new();
    for record in records {
        match store.hold(&record.id) {
            Ok(taken) => held.push((record.clone(), taken)),
            Err(error) => {
                let failure = Failure::Record(error);
                worst = worst.max(watch_jobs::not_begun(std::slice::from_ref(record), &failure, settings, printer)?);
            }
        }
    }
    while let Some(base) = held.first().map(|(record, _)| record.order.base.clone()) {
        let (here, rest): (Vec<_>, Vec<_>) = held.into_iter().partition(|(record, _)| record.order.base == base);
        held = rest;
        let waiting: Vec<Record> = held.iter().map(|(record, _)| record.clone()).collect();
        let these: Vec<Record> = here.iter().map(|(record, _)| record.clone()).collect();
        let run = |base| super::ask::run_here(here, &waiting, at_once, &settings.with_base(base), printer, looker);
        match KnowledgeBase::open(&base).map_err(Failure::from).and_then(run) {
            Ok(code @ (fail::INTERRUPTED | fail::TERMINATED)) => return Ok(code),
            Ok(code) => worst = worst.max(code),
            // One that is gone holds up none of the others.
            Err(failure) => {
                let ids: Vec<String> = these.iter().map(|record| record.id.clone()).collect();
                end(&ids, &failure, &settings.machine);
                worst = worst.max(watch_jobs::not_begun(&these, &failure, settings, printer)?);
            }
        }
    }
    Ok(worst)
}

/// Ends jobs that could not begin: what went wrong is kept with them. Those that somebody else runs, and
/// those that have ended, stay as they are.
pub(super) fn end(ids: &[String], why: &Failure, machine: &Machine) {
    let store = Jobs::of(machine);
    let view = why.view();
    for id in ids {
        if let Ok(held) = store.hold(id)
            && let Ok(mut record) = held.folder.read()
            && record.ended.is_none()
        {
            record.ended = Some(Ended::failed(view.message.clone(), view.hint.clone(), machine.now()));
            // Without it the job is `interrupted`.
            let _ = held.folder.write(&record);
        }
    }
}

/// Hands jobs to a kb of their own, which outlives this one and its terminal, and prints their ids.
pub(super) fn detach(
    records: &[Record],
    at_once: usize,
    settings: &Settings,
    printer: &Printer,
) -> Result<u8, Failure> {
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    job::run_detached(&ids, at_once, &settings.machine)
        .map_err(Failure::Detach)
        .inspect_err(|failure| end(&ids, failure, &settings.machine))?;
    if settings.json {
        let store = Jobs::of(&settings.machine);
        let jobs: Vec<JobView> = records.iter().map(|record| view(record, &store, settings)).collect();
        return printer.print(View::Jobs(JobsView { format: FORMAT, total: jobs.len(), jobs }));
    }
    printer.print(View::Ids(ids))
}

/// A job as it was before it ran.
fn again(id: &str, store: &Jobs, settings: &Settings) -> Result<Record, Failure> {
    let mut record = store.find(id)?;
    let held = store.hold(&record.id)?;
    held.folder.clear();
    record.created = settings.machine.now();
    record.started = None;
    record.ended = None;
    held.folder.write(&record)?;
    Ok(record)
}

fn cancel(record: &Record, store: &Jobs, settings: &Settings) -> Result<(), Failure> {
    if is_over(record, store, settings) {
        say(&format!("{} has ended already", record.id));
        return Ok(());
    }
    let folder = store.folder(&record.id);
    folder.cancel()?;
    let began = std::time::Instant::now();
    while began.elapsed() < STOPS {
        let record = folder.read()?;
        if is_over(&record, store, settings) {
            // It is said here.
            store.forget_news(&[&record.id]);
            say(&match store.state(&record, &settings.machine).as_str() {
                "cancelled" => format!("{} is cancelled", record.id),
                state => format!("{} ended before it could be cancelled: {state}", record.id),
            });
            return Ok(());
        }
        std::thread::sleep(LOOKS);
    }
    say(&format!("{} was told to stop and has not yet", record.id));
    Ok(())
}

/// Prints a job's raw stream, harmlessly; with `follow` until the job ends.
fn log(record: &Record, follow: bool, store: &Jobs, settings: &Settings) -> Result<u8, Failure> {
    let folder = store.folder(&record.id);
    let what = || format!("the stream of {}", record.id);
    let mut at = 0;
    loop {
        // First whether it has ended, then what it said: nothing said before the end is missed.
        let ended = is_over(&folder.read()?, store, settings);
        let mut text = Vec::new();
        match std::fs::File::open(folder.stream()) {
            Ok(mut file) => {
                let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_to_end(&mut text));
                read.map_err(|source| Failure::Read { what: what(), source })?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(Failure::Read { what: what(), source }),
        }
        // Half a line waits for its other half.
        let whole =
            if ended { text.len() } else { text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
        at += whole as u64;
        match super::format::print_raw(&text[..whole]) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(fail::DONE),
            written => written.map_err(Failure::Output)?,
        }
        if ended || !follow {
            return Ok(fail::DONE);
        }
        std::thread::sleep(LOOKS);
    }
}

/// Whether a job neither runs nor waits.
pub(super) fn is_over(record: &Record, store: &Jobs, settings: &Settings) -> bool {
    !matches!(store.state(record, &settings.machine).as_str(), "queued" | "running")
}

/// A job as commands print it.
pub(super) fn view(record: &Record, store: &Jobs, settings: &Settings) -> JobView {
    let mut view = JobView::new(record, store.state(record, &settings.machine));
    if view.state == "interrupted" {
        view.error = Some("its process died".to_owned());
        let said = std::fs::metadata(store.folder(&record.id).stream()).is_ok_and(|stream| stream.len() > 0);
        let log =
            if said { format!("; `kb jobs log {}` prints what its agent had said", record.id) } else { String::new() };
        view.hint = Some(format!("`kb jobs retry {}` asks again{log}", record.id));
    }
    view
}
