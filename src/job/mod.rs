//! One question, one agent, from asking to keeping. Read this first.

mod ask;
mod detach;
mod enclose;
mod lacks;
mod meanwhile;
mod mend;
mod news;
mod noticed;
mod offer;
mod queue;
mod record;
mod refresh;
mod reuse;
mod scout;
mod slots;
mod stop;
mod told;

pub use ask::Plan;
pub use detach::{COMMAND as RUN_JOBS, run_detached, run_watched};
pub use lacks::Lacks;
pub use news::News;
pub use noticed::Noticed;
pub use queue::{Happened, Watcher, run_all};
pub use record::{Ended, Folder, Held, Jobs, Order, Record, RecordError};

use crate::agent::home::{self, HomeError};
use crate::agent::{self, AgentError, Answer, Candidate, Event, Roster};
use crate::citation::{self, Citation};
use crate::context;
use crate::index::IndexError;
use crate::knowledge_base::{KnowledgeBase, StoreError};
use crate::machine::Machine;
use crate::note::{Draft, Id, Usage, new_id};
use crate::question::Question;
use crate::sandbox::WallError;
use crate::sandbox::proxy::UpstreamError;
use crate::search::{HandleError, Spot};
use crate::subject::{self, Beside, Past, Seen, Snapshot, Subject, SubjectError};
use meanwhile::Looks;
use slots::Turn;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use stop::{Stop, Stopper};

/// What jobs of one command share: where notes go, who can be asked, what was pinned already.
pub struct Desk<'a> {
    /// Where notes go.
    pub kb: &'a KnowledgeBase,
    /// The surroundings.
    pub machine: &'a Machine,
    /// Who can be asked.
    pub roster: &'a Roster,
    snapshots: RefCell<HashMap<PathBuf, Arc<Snapshot>>>,
    pasts: RefCell<HashMap<PathBuf, Rc<Past>>>,
    besides: RefCell<HashMap<PathBuf, Rc<Beside>>>,
    found: told::Found,
    looks: Looks,
    stopper: Stopper,
}

impl<'a> Desk<'a> {
    /// Nothing is pinned yet.
    pub fn new(kb: &'a KnowledgeBase, machine: &'a Machine, roster: &'a Roster) -> Self {
        Self {
            kb,
            machine,
            roster,
            snapshots: RefCell::default(),
            pasts: RefCell::default(),
            besides: RefCell::default(),
            found: told::Found::default(),
            looks: Looks::default(),
            stopper: Stopper::default(),
        }
    }

    /// What git holds of a subject: one process answers for all jobs.
    fn past(&self, snapshot: &Snapshot) -> Rc<Past> {
        let mut pasts = self.pasts.borrow_mut();
        let past = || Rc::new(Past::of(&snapshot.root, &self.machine.state));
        pasts.entry(snapshot.root.clone()).or_insert_with(past).clone()
    }

    /// What lies beside a subject: looked at once, so that what is told of it is what is shown.
    fn beside(&self, snapshot: &Snapshot) -> Rc<Beside> {
        let mut besides = self.besides.borrow_mut();
        let beside = || Rc::new(Beside::of(snapshot, self.machine));
        besides.entry(snapshot.root.clone()).or_insert_with(beside).clone()
    }

    /// Asks all jobs to stop. They end within moments, each with what it said until then.
    pub fn stop(&self) {
        self.stopper.stop();
    }

    /// The agent that an order names.
    fn candidate(&self, order: &Order) -> Result<&'a Candidate, JobError> {
        self.roster.by_name(&order.agent).ok_or_else(|| JobError::NoSuchAgent { name: order.agent.clone() })
    }

    /// A subject pinned: once, however many jobs are about it.
    fn pin(&self, folder: &Path) -> Result<Arc<Snapshot>, SubjectError> {
        if let Some(snapshot) = self.snapshots.borrow().get(folder) {
            return Ok(snapshot.clone());
        }
        let mut hidden = self.kb.hidden_from(folder, self.machine);
        if subject::holds_home(folder, self.machine) {
            hidden.extend(subject::private_in_home(self.machine));
        }
        let snapshot = Arc::new(subject::pin(&Subject::Folder(folder.to_owned()), &hidden, self.machine)?);
        Seen::remember(&snapshot, self.machine);
        self.snapshots.borrow_mut().insert(folder.to_owned(), snapshot.clone());
        Ok(snapshot)
    }
}

/// What came of a job.
#[derive(Debug)]
pub struct Outcome {
    /// What became of the answer.
    pub kept: Kept,
    /// What the answer cites, best first, whatever became of it.
    pub citations: Vec<Citation>,
    /// Files of the subject that somebody changed while the agent read.
    pub changed_meanwhile: Vec<String>,
    /// Wall time.
    pub seconds: f64,
}

impl JobError {
    /// What it makes of a job, in one word.
    pub fn outcome(&self) -> &'static str {
        match (self, self.of_agent()) {
            (JobError::Cancelled, _) | (_, Some(AgentError::Stopped { .. })) => "cancelled",
            (_, Some(AgentError::Incomplete { .. } | AgentError::Unfounded { .. } | AgentError::TimeOut { .. })) => {
                "incomplete"
            }
            _ => "failed",
        }
    }

    /// What the agent says, where it was asked.
    fn of_agent(&self) -> Option<&AgentError> {
        match self {
            JobError::Agent(error) => Some(error),
            JobError::Hindered { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl Outcome {
    /// What became of the job, in one word.
    pub fn word(&self) -> &'static str {
        match self.kept {
            Kept::Saved(_) => "kept",
            Kept::Reused(_) => "reused",
            Kept::NotFound { .. } => "not_found",
            Kept::Tried { .. } => "tried",
        }
    }

    /// The note's file, if there is one.
    pub fn note(&self) -> Option<&Path> {
        match &self.kept {
            Kept::Saved(path) | Kept::Reused(path) => Some(path),
            Kept::NotFound { saved, .. } => saved.as_deref(),
            Kept::Tried { .. } => None,
        }
    }
}

/// What became of an answer.
#[derive(Debug)]
pub enum Kept {
    /// It is a new note, here.
    Saved(PathBuf),
    /// A fresh note answers the question already; nobody was asked.
    Reused(PathBuf),
    /// A trial of the agent: it answers.
    Tried {
        /// What it says.
        markdown: String,
    },
    /// It is not in this code. Saved only if that was wanted.
    NotFound {
        /// What the agent says to it.
        markdown: String,
        /// The note, if it was kept.
        saved: Option<PathBuf>,
    },
}

/// Why a job came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Nothing is asked.
    #[error("the question is empty")]
    EmptyQuestion,
    /// Nobody is called that.
    #[error("there is no agent called `{name}`")]
    NoSuchAgent {
        /// As it was asked for.
        name: String,
    },
    /// Its program is not there.
    #[error("{agent} is not installed: there is no program `{program}` on PATH")]
    NotInstalled {
        /// Which agent.
        agent: String,
        /// What it is called.
        program: String,
    },
    /// The home would be shown to an agent, and nobody said that it may.
    #[error("`{}` holds all that is yours, and nothing says that `{agent}` may read that", path.display())]
    WholeHome {
        /// The folder.
        path: PathBuf,
        /// Who was asked.
        agent: String,
    },
    /// The kernel gives no wall.
    #[error(transparent)]
    Wall(#[from] WallError),
    /// There is no private home for it.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The user's proxy is none that kb can go through.
    #[error("the proxy that `{variable}` names cannot be used: {source}")]
    Upstream {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        source: UpstreamError,
    },
    /// The agent gave no answer, and something was noticed that may be the cause.
    #[error("{error}{}", Noticed::tail(noticed))]
    Hindered {
        /// What the agent says.
        error: Box<AgentError>,
        /// What was noticed, the likeliest cause first; something.
        noticed: Vec<Noticed>,
    },
    /// Somebody asked for it to stop.
    #[error("cancelled before it had an answer")]
    Cancelled,
    /// A note that goes along is not there.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The job cannot be kept.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The subject cannot be read.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The agent gave no answer.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The agent gave no answer, and lacked what it may have needed.
    #[error("{error}")]
    Lacking {
        /// What it says itself.
        error: AgentError,
        /// What could be let through.
        lacks: Box<Lacks>,
    },
    /// The answer cannot be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The answer cannot be saved.
    #[error("{error}; {}", where_kept(path.as_deref()))]
    Unsaved {
        /// What the agent says.
        markdown: String,
        /// The note's text, whole, where it could at least be kept with the job.
        path: Option<PathBuf>,
        /// Why it cannot.
        error: Box<JobError>,
    },
    /// The index cannot be had.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// Where an answer is that is no note.
fn where_kept(path: Option<&Path>) -> String {
    match path {
        Some(path) => format!("the answer is kept in `{}`", path.display()),
        None => "the answer is kept nowhere".to_owned(),
    }
}

/// What an answer cites. Where the agent says what it cites, only that and in its order: in the code that it
/// quotes there may stand others.
fn cited(answer: &Answer, snapshot: &Snapshot) -> Vec<Citation> {
    let mut citations = citation::resolve(&answer.markdown, std::slice::from_ref(snapshot));
    let Some(cited) = &answer.cited else { return citations };
    let rank = |citation: &Citation| {
        let is = |place: &agent::Place| {
            place.path == citation.path && (place.first, place.last) == (citation.lines.first(), citation.lines.last())
        };
        cited.iter().position(is)
    };
    citations.retain(|citation| rank(citation).is_some());
    citations.sort_by_key(rank);
    citations
}

/// Takes away what earlier jobs left and nobody needs any more; see [`home::tidy`].
pub fn tidy(roster: &Roster, machine: &Machine) {
    Jobs::of(machine).sweep();
    let nowhere = Path::new("/nonexistent");
    for candidate in roster.all().iter().filter(|candidate| candidate.agent.executable().is_some()) {
        let user_home = machine.home.as_deref().unwrap_or(nowhere);
        home::tidy(candidate.agent.name(), &candidate.needs(), user_home, record::KEPT, machine);
    }
}

/// A new job's id.
pub fn new_job_id(machine: &Machine) -> String {
    format!("j-{}", new_id(machine))
}

/// What would be told to whom, and behind which wall. Asks nobody but scout for leads.
pub async fn plan(order: &Order, desk: &Desk<'_>) -> Result<Plan, JobError> {
    let question = Question::new(&order.question).ok_or(JobError::EmptyQuestion)?;
    let candidate = desk.candidate(order)?;
    let snapshot = desk.pin(&order.subject)?;
    let stop = &desk.stopper.listen();
    let asked = ask::Asked {
        order,
        question: &question,
        candidate,
        snapshot: &snapshot,
        desk,
        stop,
        id: "j-dry-run",
        letter: None,
    };
    ask::plan(&asked).await
}

/// Asks, and keeps the answer as a note. `folder` is where the job's raw stream goes; `turn` ends as soon as the
/// agent is not needed any more.
async fn run(
    order: &Order,
    desk: &Desk<'_>,
    folder: &Folder,
    stop: &Stop,
    turn: Turn<'_>,
    events: &mut dyn FnMut(Event),
) -> Result<Outcome, JobError> {
    let started = Instant::now();
    let Desk { kb, machine, .. } = desk;
    let question = Question::new(&order.question).ok_or(JobError::EmptyQuestion)?;
    let candidate = desk.candidate(order)?;
    let snapshot = desk.pin(&order.subject)?;
    if let Some((path, citations)) = reuse::still_fresh(order, &question, &snapshot, kb, machine)? {
        let (kept, seconds) = (Kept::Reused(path), started.elapsed().as_secs_f64());
        return Ok(Outcome { kept, citations, changed_meanwhile: Vec::new(), seconds });
    }
    let id = folder.id();
    let asked =
        ask::Asked { order, question: &question, candidate, snapshot: &snapshot, desk, stop, id: &id, letter: None };
    desk.looks.get_ready(&snapshot);
    let (mut answer, wall) = ask::ask(&asked, folder, events).await?;
    let mut citations = cited(&answer, &snapshot);
    if order.mend
        && let Some(better) = mend::mended(&asked, &answer, &citations, started, folder, events).await
    {
        (answer, citations) = better;
    }
    drop(turn);
    if ask::is_scout(candidate) {
        let places: Vec<Spot> = citations.iter().map(Spot::from).collect();
        offer::tell(order, &question, &places, &snapshot, desk, events);
    }
    // What is kept of the answer is what is looked at: a secret must not come back as an unknown name.
    let body = context::redact(&answer.markdown).0.into_owned();
    let claims = citation::examine(&body, &mut citations, question.as_str(), std::slice::from_ref(&*snapshot));
    let seconds = started.elapsed();
    // Others go on working: that is told, and no error.
    let meanwhile = desk.looks.changed_since(&snapshot).await;
    let outcome = |kept| Outcome {
        kept,
        citations: citations.clone(),
        changed_meanwhile: meanwhile.to_vec(),
        seconds: seconds.as_secs_f64(),
    };
    if order.is_trial {
        return Ok(outcome(Kept::Tried { markdown: answer.markdown }));
    }
    if !answer.found && !order.keep_not_found {
        return Ok(outcome(Kept::NotFound { markdown: answer.markdown, saved: None }));
    }
    let draft = Draft {
        question: Some(context::redact(question.as_str()).0.into_owned()),
        origin: "agent",
        agent: Some(answer.agent),
        wall: Some(wall.to_owned()),
        subjects: vec![snapshot.pinned.clone()],
        citations: citations.clone(),
        unknown_names: claims.unknown_names,
        usage: Usage { seconds: Some(seconds.as_secs()).filter(|seconds| *seconds > 0), ..answer.usage },
        tags: kb.settings.tags_with(&order.tags),
        follows: order.follows.clone(),
        // Scout reads the question alone.
        with: if ask::is_scout(candidate) { Vec::new() } else { order.with.clone() },
        not_found: !answer.found,
        body,
        ..Draft::default()
    };
    citation::keep_in(&citations, &snapshot, &desk.past(&snapshot));
    // It was paid for: it is kept here until it is kept there.
    let spare = Id::new(id.trim_start_matches("j-"));
    let is_spared = folder.write_answer(&draft.text(&spare, machine.now())).is_ok();
    // The file first; the index learns of it as of any file.
    let saved = match &order.refreshes {
        Some(id) => refresh::keep(&draft, id, desk),
        None => kb.save(&draft, machine).map(|(_, path)| path).map_err(JobError::from),
    };
    let path = match saved {
        Ok(path) => path,
        Err(error) => {
            let (markdown, path) = (answer.markdown, is_spared.then(|| folder.answer()));
            return Err(JobError::Unsaved { markdown, path, error: Box::new(error) });
        }
    };
    folder.forget_answer();
    Ok(match answer.found {
        true => outcome(Kept::Saved(path)),
        false => outcome(Kept::NotFound { markdown: answer.markdown, saved: Some(path) }),
    })
}
