//! Many jobs, side by side: so many at once in this process, so many an agent across all of them. Each
//! is kept as it ends.

use super::stop::Stopper;
use super::{Desk, Ended, Folder, Held, JobError, Outcome, Record, run, slots};
use crate::agent::{AgentError, Candidate, Event, GRACE};
use futures_util::future::join_all;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How often a job looks whether somebody asked for it to stop.
const LOOKS: Duration = Duration::from_millis(200);

/// How long a job that was asked to stop may take; most take less.
const GIVEN_UP: Duration = GRACE.saturating_add(Duration::from_secs(2));

/// The most that is kept of an answer that broke off, in bytes; the stream has all.
const LONGEST_PARTIAL: usize = 256 << 10;

/// How often a watcher is told that time goes by.
const TICK: Duration = Duration::from_secs(1);

/// What a watcher of several jobs learns.
#[derive(Debug)]
pub enum Happened {
    /// The job of this number has its turn.
    Started,
    /// What its agent does.
    Event(Event),
    /// What came of it.
    Ended(Result<Outcome, JobError>),
}

/// Watches jobs, which are named by their place in the list.
pub trait Watcher {
    /// Something happened to a job.
    fn happened(&mut self, number: usize, record: &Record, what: Happened);

    /// About a second went by.
    fn tick(&mut self);

    /// Whether anybody learns of it.
    fn looks(&self) -> bool;

    /// What to do next about a failure, to be kept with the job.
    fn hint(&self, record: &Record, error: &JobError) -> String;
}

/// Runs every job, `at_once` at a time, until all have ended; each is let go as it ends. [`Desk::stop`] ends
/// them within moments; dropping the future ends them at once.
pub async fn run_all(jobs: Vec<(Record, Held)>, at_once: usize, desk: &Desk<'_>, watcher: &RefCell<dyn Watcher + '_>) {
    let places = &Semaphore::new(at_once.max(1));
    let kb = desk.machine.program.clone();
    // Tried while subjects are pinned; whoever needs to know asks again.
    tokio::task::spawn_blocking(move || crate::sandbox::probe(&kb));
    let one = |(number, (record, held)): (usize, (Record, Held))| async move {
        one(number, record, &held, places, desk, watcher).await;
    };
    let all = join_all(jobs.into_iter().enumerate().map(one));
    let ticks = async {
        loop {
            tokio::time::sleep(TICK).await;
            watcher.borrow_mut().tick();
        }
    };
    tokio::select! {
        _ = all => {}
        () = ticks => {}
    }
}

async fn one(
    number: usize,
    mut record: Record,
    held: &Held,
    places: &Semaphore,
    desk: &Desk<'_>,
    watcher: &RefCell<dyn Watcher + '_>,
) {
    let began = Cell::new(Instant::now());
    let tell = |record: &Record, what: Happened| watcher.borrow_mut().happened(number, record, what);
    let stopper = Stopper::default();
    let stop = stopper.listen();
    let given_up = async {
        let all = desk.stopper.listen();
        while !held.folder.is_cancelled() && !all.is_wanted() {
            tokio::select! {
                () = all.wanted() => {}
                () = tokio::time::sleep(LOOKS) => {}
            }
        }
        stopper.stop();
        tokio::time::sleep(GIVEN_UP).await;
    };
    let limit = desk.roster.by_name(&record.order.agent).and_then(Candidate::jobs_at_once);
    let work = async {
        let turn = tokio::select! {
            turn = slots::turn(&record.order.agent, limit, places, desk.machine) => turn,
            () = stop.wanted() => return Err(JobError::Cancelled),
        };
        began.set(Instant::now());
        record.started = Some(desk.machine.now());
        held.folder.write(&record)?;
        tell(&record, Happened::Started);
        let mut events = |event| tell(&record, Happened::Event(event));
        run(&record.order, desk, &held.folder, &stop, turn, &mut events).await
    };
    let result = tokio::select! {
        result = work => result,
        () = given_up => Err(JobError::Cancelled),
    };
    let result = kept_partial(result, &held.folder);
    let hint = result.as_ref().err().map(|error| watcher.borrow().hint(&record, error));
    record.ended = Some(Ended {
        outcome: result.as_ref().map_or_else(JobError::outcome, Outcome::word).to_owned(),
        at: desk.machine.now(),
        seconds: began.get().elapsed().as_secs_f64(),
        note: result.as_ref().ok().and_then(|outcome| outcome.note().map(ToOwned::to_owned)),
        error: result.as_ref().err().map(ToString::to_string),
        hint,
        changed_meanwhile: result.as_ref().map_or_else(|_| Vec::new(), |outcome| outcome.changed_meanwhile.clone()),
    });
    if let Some(ended) = record.ended.as_ref().filter(|_| !watcher.borrow().looks()) {
        // Before whoever waits for the job can know of it.
        held.folder.announce(&ended.outcome);
    }
    // The note is what counts; a record that cannot be written leaves the job `interrupted`.
    let _ = held.folder.write(&record);
    tell(&record, Happened::Ended(result));
}

/// The same, once what the agent said until it broke off is kept.
fn kept_partial(result: Result<Outcome, JobError>, folder: &Folder) -> Result<Outcome, JobError> {
    if let Some(partial) = result.as_ref().err().and_then(JobError::of_agent).and_then(AgentError::partial) {
        let _ = folder.write_partial(&partial[..partial.floor_char_boundary(LONGEST_PARTIAL)]);
    }
    match result {
        Err(JobError::Agent(AgentError::Stopped { .. })) => Err(JobError::Cancelled),
        other => other,
    }
}
