//! What a person or a program sees of jobs that run in this process: a live line each, and each note as
//! its job ends.

use super::compare::{Answer, compared};
use super::doubts::doubts;
use super::fail::{self, Failure};
use super::format::{Live, Printer, View, say, shortened};
use super::notes::{self, Viewer};
use super::settings::Settings;
use crate::agent::{Event, Usage};
use crate::citation::Standing;
use crate::job::{Ended, Happened, JobError, Jobs, Kept, Outcome, Record, Watcher};
use crate::note::Note;
use crate::view::{self, AskView, CompareView, EventView, FORMAT, HappenedView, NearlyView, NoteWithBody};
use std::path::{Path, PathBuf};

/// How much of a question tells a job from others, in columns.
const LONGEST_QUESTION: usize = 40;

pub(super) struct Screen<'a> {
    settings: &'a Settings,
    printer: &'a Printer,
    live: Live,
    worst: u8,
    ended: Vec<String>,
    /// Jobs that end now were stopped; [`Screen::stop`] tells of them.
    stopping: bool,
    /// There is more than one job.
    several: bool,
    /// What was said of leads.
    led: Vec<String>,
    /// Somebody sees it.
    looks: bool,
    /// One for each job: which of them ask the same, and what came of it.
    answers: Vec<Asked>,
}

/// What a job asks about what, and the note that it left.
struct Asked {
    question: String,
    subject: PathBuf,
    over: bool,
    note: Option<PathBuf>,
    /// A note that answers nearly the same.
    nearly: Option<NearlyView>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(
        records: &[Record],
        settings: &'a Settings,
        printer: &'a Printer,
        looks: bool,
    ) -> Result<Self, Failure> {
        settings.base()?;
        let asked = |record: &Record| Asked {
            question: record.order.question.clone(),
            subject: record.order.subject.clone(),
            over: false,
            note: None,
            nearly: None,
        };
        let answers = records.iter().map(asked).collect();
        let live = printer.live();
        Ok(Self {
            settings,
            printer,
            live,
            worst: fail::DONE,
            ended: Vec::new(),
            stopping: false,
            several: false,
            led: Vec::new(),
            looks,
            answers,
        })
    }

    /// The worst exit code of all.
    pub(super) fn worst(&self) -> u8 {
        self.worst
    }

    /// All jobs were asked to stop.
    pub(super) fn is_stopping(&mut self) {
        self.stopping = true;
    }

    /// From now on nothing is to be seen.
    pub(super) fn nobody_looks(&mut self) {
        self.live.end_all();
        self.looks = false;
    }

    /// Says what is kept of jobs that were stopped, and ends them for good.
    pub(super) fn stop(mut self, records: &[Record], why: &Failure, jobs: &Jobs) -> Result<u8, Failure> {
        self.live.clear();
        let rest: Vec<&Record> = records.iter().filter(|record| !self.ended.contains(&record.id)).collect();
        for record in &rest {
            let folder = jobs.folder(&record.id);
            let mut record = folder.read()?;
            if record.ended.is_none() {
                record.ended = Some(Ended::cancelled(why.to_string(), self.settings.machine.now()));
                folder.write(&record)?;
            }
            if self.settings.json {
                self.printer.print(self.row(failed(&record, why, (None, None))))?;
            }
        }
        if !self.settings.json {
            let code = self.printer.failure(why);
            for record in rest {
                let id = &record.id;
                let partial = match jobs.folder(id).partial().exists() {
                    true => format!("; `kb jobs show {id}` prints what it had said"),
                    false => String::new(),
                };
                say(&format!("{id} is cancelled{partial}; `kb jobs retry {id}` asks again"));
            }
            return Ok(code);
        }
        Ok(why.exit())
    }

    /// Says that jobs wait for their turn.
    pub(super) fn begin(&mut self, records: &[Record]) {
        self.several = records.len() > 1;
        for record in records {
            self.tell(record, HappenedView::Queued { question: record.order.question.clone() });
        }
    }

    /// Where one could look meanwhile: said once for a question, however many are asked it.
    fn leads(&mut self, record: &Record, places: &str) {
        let question = match self.several {
            true => format!(" for `{}`", record.order.question),
            false => String::new(),
        };
        let line = format!("scout would look at {places}{question}");
        if !self.settings.json && !self.led.contains(&line) {
            self.live.clear();
            say(&line);
            self.live.draw(true);
            self.led.push(line);
        }
    }

    /// For programs that want to know all.
    fn tell(&self, record: &Record, what: HappenedView) {
        if self.settings.events {
            // Nobody listening is no error, and a full disk costs no answer.
            let _ = self.printer.print(View::Event(Box::new(EventView::of(&record.id, &record.order.agent, what))));
        }
    }

    /// What tells a job from others.
    fn name(&self, record: &Record) -> String {
        match self.several {
            true => format!("{}: {}", record.order.agent, shortened(&record.order.question, LONGEST_QUESTION)),
            false => record.order.agent.clone(),
        }
    }

    fn row(&self, row: AskView) -> View {
        row_of(row, self.settings)
    }

    fn show(&mut self, number: usize, record: &Record, result: Result<Outcome, JobError>) -> Result<u8, Failure> {
        let note = result.as_ref().ok().and_then(Outcome::note).map(Path::to_owned);
        let compared = self.compared(number, note)?;
        let nearly = self.answers.get_mut(number).and_then(|asked| asked.nearly.take());
        let failure = match result {
            Ok(outcome) => {
                // A model was told of before it was asked.
                let late = nearly.as_ref().filter(|_| record.order.agent == SCOUT).map(offer);
                let meanwhile = meanwhile(&outcome.changed_meanwhile);
                let is_new = !matches!(outcome.kept, Kept::Reused(_));
                let citations = outcome.citations.clone();
                let (mut row, last_line) = done(record, outcome, (compared, nearly), self.settings)?;
                let saved = row.note.as_ref().filter(|_| is_new);
                let doubts = saved.and_then(|note| doubts(&citations, &note.note.unknown_names, row.abstained));
                if let Some(NoteWithBody { note, .. }) = &row.note {
                    self.tell(record, HappenedView::Saved { note: note.id.clone(), path: note.path.clone() });
                }
                row.heading = self.several.then(|| format!("{}: {}", record.order.agent, record.order.question));
                let code = self.printer.print(self.row(row))?;
                let lines = [last_line, doubts, meanwhile, late].into_iter().flatten().filter(|_| !self.settings.json);
                lines.for_each(|line| say(&line));
                return Ok(code);
            }
            Err(error) => Failure::Job { agent: record.order.agent.clone(), error: Box::new(error) },
        };
        if self.settings.json {
            self.printer.print(self.row(failed(record, &failure, (compared, nearly))))?;
            return Ok(failure.exit());
        }
        let code = self.printer.failure(&failure);
        if unsaved(&failure).is_some() {
            // No note shows it: here it is to be seen at least.
            self.printer.print(self.row(failed(record, &failure, Beside::default())))?;
        }
        if !record.order.is_trial {
            say(&format!("{} is kept: `kb jobs show {}`, `kb jobs retry {}`", record.id, record.id, record.id));
        }
        if let Some(compared) = compared {
            self.printer.print(View::Compare(Box::new(compared)))?;
        }
        Ok(code)
    }

    /// What the answers to a job's question cite together, when it is the last of several to end.
    fn compared(&mut self, number: usize, note: Option<PathBuf>) -> Result<Option<CompareView>, Failure> {
        let Some(asked) = self.answers.get_mut(number) else { return Ok(None) };
        (asked.over, asked.note) = (true, note);
        let (question, subject) = (asked.question.clone(), asked.subject.clone());
        let same: Vec<&Asked> =
            self.answers.iter().filter(|one| one.question == question && one.subject == subject).collect();
        let mut notes: Vec<&PathBuf> = same.iter().filter_map(|one| one.note.as_ref()).collect();
        notes.dedup();
        if notes.len() < 2 || same.iter().any(|one| !one.over) {
            return Ok(None);
        }
        let viewer = Viewer::new(self.settings)?;
        let base = self.settings.base()?;
        let mut answers = Vec::new();
        for path in notes {
            let file = notes::relative(base, path);
            let bytes = base.read(Path::new(&file))?;
            let head = Note::parse(&bytes).0.head;
            let id = head.id.as_ref().map(ToString::to_string).unwrap_or_default();
            let standing = viewer.standing(&head, &bytes);
            answers.push(Answer { id, file, head, standing });
        }
        Ok(Some(compared(&answers, &viewer)))
    }
}

impl Watcher for Screen<'_> {
    fn happened(&mut self, number: usize, record: &Record, what: Happened) {
        match &what {
            Happened::Started => self.tell(record, HappenedView::Started),
            Happened::Event(event) => self.tell(record, event.clone().into()),
            Happened::Ended(_) => {}
        }
        match what {
            Happened::Started => {
                self.live.begin(number, &self.name(record));
                if self.several {
                    self.live.say_off_terminal(&format!("{} begins: {}", record.order.agent, record.order.question));
                }
            }
            Happened::Event(Event::Doing(what)) => self.live.doing(number, &what),
            Happened::Event(Event::Used(usage)) => self.live.used(number, used(&usage)),
            Happened::Event(Event::Leads(places)) => self.leads(record, &places),
            Happened::Event(Event::Nearly { id, title, status }) => {
                let nearly = NearlyView { id, title, status };
                if record.order.agent != SCOUT && !self.settings.json {
                    self.live.clear();
                    say(&offer(&nearly));
                }
                if let Some(asked) = self.answers.get_mut(number) {
                    asked.nearly = Some(nearly);
                }
            }
            Happened::Event(Event::Warning(warning)) => {
                self.live.clear();
                say(&format!("kb: {warning}"));
            }
            Happened::Ended(Err(JobError::Cancelled)) if self.stopping => self.live.end(number),
            Happened::Ended(result) => {
                self.live.end(number);
                self.ended.push(record.id.clone());
                let code = match self.show(number, record, result) {
                    Ok(code) => code,
                    Err(failure) => self.printer.failure(&failure),
                };
                self.worst = self.worst.max(code);
                self.live.draw(true);
            }
        }
    }

    fn tick(&mut self) {
        self.live.tick();
    }

    fn looks(&self) -> bool {
        self.looks
    }

    fn hint(&self, record: &Record, error: &JobError) -> String {
        fail::of_job(error, &record.order.agent).2
    }
}

/// The row of a job that is over.
fn row_of(row: AskView, settings: &Settings) -> View {
    match settings.events {
        true => View::Event(Box::new(EventView::ended(row))),
        false => View::Ask(Box::new(row)),
    }
}

/// Says why jobs could not begin.
pub(super) fn not_begun(
    records: &[Record],
    why: &Failure,
    settings: &Settings,
    printer: &Printer,
) -> Result<u8, Failure> {
    if !settings.json {
        return Ok(printer.failure(why));
    }
    for record in records {
        printer.print(row_of(failed(record, why, Beside::default()), settings))?;
    }
    Ok(why.exit())
}

/// `1.2k tokens  $0.031`
fn used(usage: &Usage) -> String {
    let tokens = usage.input.unwrap_or(0) + usage.output.unwrap_or(0);
    let tokens = match tokens {
        0 => String::new(),
        1..1000 => format!("{tokens} tokens"),
        _ => format!("{}.{}k tokens", tokens / 1000, tokens % 1000 / 100),
    };
    let cost = usage.usd.filter(|usd| *usd > 0.0).map(|usd| format!("${usd:.3}")).unwrap_or_default();
    [tokens, cost].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

/// So many changed files are named to a person.
const NAMED: usize = 3;

/// One line about files that changed while the agent read.
fn meanwhile(changed: &[String]) -> Option<String> {
    let named: Vec<String> = changed.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
    let more = match changed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let line = || format!("changed while the agent read: {}{more}", named.join(", "));
    (!changed.is_empty()).then(line)
}

/// The one whose answer comes at once.
const SCOUT: &str = "scout";

/// What stands beside an answer: what it shares with others, and a note that answers nearly the same.
type Beside = (Option<CompareView>, Option<NearlyView>);

/// `k7f3qdm2 answers nearly this: kb show k7f3qdm2`
fn offer(NearlyView { id, status, .. }: &NearlyView) -> String {
    let doubt = if *status == "fresh" { String::new() } else { format!(" ({status})") };
    format!("{id}{doubt} answers nearly this: kb show {id}")
}

/// What came of a job, as it is printed, and what is said behind it.
fn done(
    record: &Record,
    outcome: Outcome,
    (compared, nearly): Beside,
    settings: &Settings,
) -> Result<(AskView, Option<String>), Failure> {
    let Outcome { kept, citations, changed_meanwhile, seconds } = outcome;
    let viewer = Viewer::new(settings)?;
    let (word, path, answer) = match kept {
        Kept::Saved(path) => ("kept", Some(path), None),
        Kept::Reused(path) => ("reused", Some(path), None),
        Kept::NotFound { markdown, saved } => ("not_found", saved, Some(markdown)),
        Kept::Tried { markdown } => ("tried", None, Some(markdown)),
    };
    let note = path.as_deref().map(|path| note(path, settings, &viewer)).transpose()?;
    let last_line = note.as_ref().map(|note| match word {
        "reused" => {
            let id = &note.note.id;
            let new = record.order.tags.iter().filter(|tag| !note.note.tags.contains(tag));
            let tags: Vec<String> = new.map(|tag| format!(" +{tag}")).collect();
            let tag = match tags.is_empty() {
                true => String::new(),
                false => format!("; `kb tag {id}{}` tags it", tags.concat()),
            };
            format!("{id} answered this before, and all it cites is as it was; `--fresh` asks anyway{tag}")
        }
        _ => format!("saved as {}: {}", note.note.id, note.note.path),
    });
    // Every citation was looked up a moment ago.
    let verdicts = Standing::as_resolved(&citations);
    let view = AskView {
        format: FORMAT,
        outcome: word,
        job: record.id.clone(),
        question: record.order.question.clone(),
        agent: record.order.agent.clone(),
        heading: None,
        answer: answer.filter(|_| note.is_none()),
        abstained: word == "not_found",
        note,
        citations: view::citations(&citations, &verdicts),
        changed_meanwhile,
        seconds: (seconds * 1000.0).round() / 1000.0,
        error: None,
        nearly,
        compared,
    };
    Ok((view, last_line))
}

/// An answer that is no note.
fn unsaved(failure: &Failure) -> Option<String> {
    let Failure::Job { error, .. } = failure else { return None };
    match &**error {
        JobError::Unsaved { markdown, .. } => Some(markdown.clone()),
        _ => None,
    }
}

/// A job that came to nothing, for programs.
fn failed(record: &Record, failure: &Failure, (compared, nearly): Beside) -> AskView {
    let outcome = match failure {
        Failure::Interrupted | Failure::Terminated => "cancelled",
        Failure::Job { error, .. } => error.outcome(),
        _ => "failed",
    };
    AskView {
        format: FORMAT,
        outcome,
        job: record.id.clone(),
        question: record.order.question.clone(),
        agent: record.order.agent.clone(),
        note: None,
        heading: None,
        answer: unsaved(failure),
        citations: Vec::new(),
        abstained: false,
        changed_meanwhile: Vec::new(),
        seconds: record.ended.as_ref().map_or(0.0, |ended| ended.seconds),
        error: Some(failure.view()),
        nearly,
        compared,
    }
}

fn note(path: &Path, settings: &Settings, viewer: &Viewer<'_>) -> Result<NoteWithBody, Failure> {
    let file = notes::relative(settings.base()?, path);
    let bytes = settings.base()?.read(Path::new(&file))?;
    let (note, _) = Note::parse(&bytes);
    let id = note.head.id.as_ref().map(ToString::to_string).unwrap_or_default();
    let view = viewer.view(&id, &file, &note.head, &viewer.standing(&note.head, &bytes));
    Ok(NoteWithBody::new(view, note.body()))
}
