//! One question, one agent, from asking to keeping. Read this first.

mod reuse;

use crate::agent::{self, Agent, AgentError, Brief, Event};
use crate::citation::{self, Citation};
use crate::context;
use crate::index::{Index, IndexError};
use crate::knowledge_base::{KnowledgeBase, StoreError};
use crate::machine::Machine;
use crate::note::{Draft, Usage, new_id};
use crate::question::Question;
use crate::subject::{self, Seen, Subject, SubjectError};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A question to an agent.
pub struct Job {
    /// `j-` and eight letters and digits.
    pub id: String,
    /// What is asked.
    pub question: Question,
    /// What it is about.
    pub about: Subject,
    /// Who is asked.
    pub agent: &'static dyn Agent,
    /// For the note.
    pub tags: Vec<String>,
    /// Ask even if a fresh note answers it.
    pub ask_anyway: bool,
    /// Keep the answer that it is not there, too.
    pub keep_not_found: bool,
    /// How long the agent may take, where the user says so.
    pub time_limit: Option<Duration>,
}

/// What came of a job.
#[derive(Debug)]
pub struct Outcome {
    /// What became of the answer.
    pub kept: Kept,
    /// What the answer cites, best first, whatever became of it.
    pub citations: Vec<Citation>,
    /// Wall time.
    pub seconds: f64,
}

/// What became of an answer.
#[derive(Debug)]
pub enum Kept {
    /// It is a new note, here.
    Saved(PathBuf),
    /// A fresh note answers the question already; nobody was asked.
    Reused(PathBuf),
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
    /// The subject cannot be read.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The agent gave no answer.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The answer cannot be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index cannot be had.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// Leaves the citations that the agent says it made, in its order: in the code that it quotes there may
/// stand others.
fn only_cited(citations: &mut Vec<Citation>, cited: &[agent::Place]) {
    let rank = |citation: &Citation| {
        let is = |place: &agent::Place| {
            place.path == citation.path && (place.first, place.last) == (citation.lines.first(), citation.lines.last())
        };
        cited.iter().position(is)
    };
    citations.retain(|citation| rank(citation).is_some());
    citations.sort_by_key(rank);
}

/// A new job's id.
pub fn new_job_id(machine: &Machine) -> String {
    format!("j-{}", new_id(machine))
}

/// Asks, and keeps the answer as a note.
pub async fn run(
    job: &Job,
    kb: &KnowledgeBase,
    machine: &Machine,
    events: &mut dyn FnMut(Event),
) -> Result<Outcome, JobError> {
    let started = Instant::now();
    let Subject::Folder(folder) = &job.about;
    let hidden = kb.hidden_from(&machine.here.join(folder), machine);
    let snapshot = subject::pin(&job.about, &hidden, machine)?;
    Seen::remember(&snapshot, machine);
    if !job.ask_anyway
        && let Some((path, citations)) = reuse::still_fresh(job, &snapshot, kb, machine)?
    {
        return Ok(Outcome { kept: Kept::Reused(path), citations, seconds: started.elapsed().as_secs_f64() });
    }
    let brief = Brief {
        question: &job.question,
        prompt: job.question.as_str(),
        session: None,
        executable: &machine.program,
        home: &machine.here,
        model: None,
        max_cost: None,
        snapshot: &snapshot,
        kb: &machine.program,
        cache: &machine.cache,
    };
    let mut program = job.agent.program(&brief)?;
    program.time_limit = job.time_limit.unwrap_or(program.time_limit);
    let answer = agent::run(program, events).await?;
    let mut citations = citation::resolve(&answer.markdown, std::slice::from_ref(&snapshot));
    if let Some(cited) = &answer.cited {
        only_cited(&mut citations, cited);
    }
    let seconds = started.elapsed();
    let outcome = |kept| Outcome { kept, citations: citations.clone(), seconds: seconds.as_secs_f64() };
    if !answer.found && !job.keep_not_found {
        return Ok(outcome(Kept::NotFound { markdown: answer.markdown, saved: None }));
    }
    let draft = Draft {
        question: Some(context::redact(job.question.as_str()).0.into_owned()),
        origin: "agent",
        agent: Some(answer.agent),
        wall: Some("none".to_owned()),
        subjects: vec![snapshot.pinned.clone()],
        citations: citations.clone(),
        usage: Usage { seconds: Some(seconds.as_secs()).filter(|seconds| *seconds > 0), ..answer.usage },
        tags: kb.settings.tags_with(&job.tags),
        body: context::redact(&answer.markdown).0.into_owned(),
        ..Draft::default()
    };
    let (_, path) = kb.save(&draft, machine)?; // the file first
    let _ = Index::up_to_date(&kb.root, &kb.settings.exclude).and_then(Index::persist); // or the next reader does it
    Ok(match answer.found {
        true => outcome(Kept::Saved(path)),
        false => outcome(Kept::NotFound { markdown: answer.markdown, saved: Some(path) }),
    })
}
