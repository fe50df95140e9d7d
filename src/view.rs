//! What leaves kb: stable JSON shapes, built from domain types. Fields are only ever added.

mod checked;
mod compared;
mod events;
mod related;
mod revisions;

pub use checked::{CheckView, CheckedCitationView, CheckedView, CommitView};
pub use compared::{CompareView, ComparedCitationView, ComparedPlaceView};
pub use events::{EventView, HappenedView};
pub use related::{NeighbourView, RelatedView};
pub use revisions::{CitationChangesView, CitedView, DiffView, LineView, LogView, MovedView, RevisionView};

use crate::citation::{self, Change, Citation, Lines, Standing};
use crate::context::Removed;
use crate::job::{Plan, Record};
use crate::note::Head;
use crate::subject::{Kind, Pinned};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The version of every shape.
pub const FORMAT: u32 = 1;

/// A note without its text.
#[derive(Clone, Debug, Serialize)]
pub struct NoteView {
    /// The note's id.
    pub id: String,
    /// Absolute.
    pub path: String,
    /// The knowledge base's name.
    pub kb: String,
    /// Relative to the knowledge base.
    pub file: String,
    /// One line.
    pub title: String,
    /// What was asked.
    pub question: Option<String>,
    /// RFC 3339, UTC.
    pub created: Option<String>,
    /// `agent`, `human` or `import`.
    pub origin: Option<String>,
    /// Who answered.
    pub agent: Option<AgentView>,
    /// What it is about.
    pub subjects: Vec<SubjectView>,
    /// Free words.
    pub tags: Vec<String>,
    /// 1, and one more with every refresh.
    pub revision: u32,
    /// The note that this one follows up.
    pub follows: Option<String>,
    /// The notes that went along as context.
    pub with: Vec<String>,
    /// As bad as the worst citation.
    pub status: &'static str,
    /// Best first.
    pub citations: Vec<CitationView>,
    /// Names in the answer that exist nowhere in the code.
    pub unknown_names: Vec<String>,
}

/// A note with its text.
#[derive(Clone, Debug, Serialize)]
pub struct NoteWithBody {
    /// The note.
    #[serde(flatten)]
    pub note: NoteView,
    /// How many names, paths and excerpts of the body were looked up in the code.
    pub names_checked: usize,
    /// The markdown, without frontmatter.
    pub body: String,
}

impl NoteWithBody {
    /// A note as it leaves kb, with its text.
    pub fn new(note: NoteView, body: &str) -> Self {
        let question = note.question.as_deref().unwrap_or_default();
        let names_checked = if note.subjects.is_empty() { 0 } else { citation::names_checked(body, question) };
        Self { names_checked, note, body: body.to_owned() }
    }
}

/// An agent as a note names it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AgentView {
    pub name: String,
    pub version: Option<String>,
    pub model: Option<String>,
    pub session: Option<String>,
}

/// A subject.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SubjectView {
    pub name: String,
    /// `git`, `package` or `folder`.
    pub kind: &'static str,
    pub remote: Option<String>,
    pub commit: Option<String>,
    pub package: Option<String>,
    pub dirty: bool,
}

/// A citation, and how it stands.
#[derive(Clone, Debug, Serialize)]
pub struct CitationView {
    /// None for the note's first subject.
    pub subject: Option<String>,
    /// Relative to the subject.
    pub path: String,
    /// Counted from 1.
    pub first: u32,
    /// Itself included.
    pub last: u32,
    /// The enclosing definition.
    #[serde(rename = "in")]
    pub within: Option<String>,
    /// Whether it still holds.
    pub status: &'static str,
    /// Sentence and lines have nothing in common.
    pub weak: bool,
    /// What became of the lines: `none`, `comments`, `definition` or `lines`.
    pub change: Option<&'static str>,
    /// Where the same text stands now, when it moved.
    pub now: Option<PlaceView>,
}

/// A place in a subject.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PlaceView {
    pub path: String,
    pub first: u32,
    pub last: u32,
}

impl NoteView {
    /// A note as it leaves kb. `file` is relative to the base's `root`, with `/`.
    pub fn new(id: &str, file: &str, root: &Path, kb: &str, head: &Head, standing: &Standing) -> Self {
        Self {
            id: id.to_owned(),
            path: root.join(file).to_string_lossy().into_owned(),
            kb: kb.to_owned(),
            file: file.to_owned(),
            title: if head.title.is_empty() { file.to_owned() } else { head.title.clone() },
            question: head.question.clone(),
            created: head.created.map(|created| created.to_rfc3339_opts(SecondsFormat::Secs, true)),
            origin: head.origin.clone(),
            agent: head.agent.as_ref().map(|agent| AgentView {
                name: agent.name.clone(),
                version: agent.version.clone(),
                model: agent.model.clone(),
                session: agent.session.clone(),
            }),
            subjects: head.subjects.iter().map(SubjectView::from).collect(),
            tags: head.tags.clone(),
            revision: head.revision.unwrap_or(1),
            follows: head.follows.clone(),
            with: head.with.clone(),
            status: standing.status.word(),
            citations: citations(&head.citations, standing),
            unknown_names: head.unknown_names.clone(),
        }
    }
}

/// Citations with how they stand, in their order.
pub fn citations(citations: &[Citation], standing: &Standing) -> Vec<CitationView> {
    let one = |(citation, verdict): (&Citation, &crate::citation::Verdict)| CitationView {
        subject: citation.subject.clone(),
        path: citation.path.clone(),
        first: citation.lines.first(),
        last: citation.lines.last(),
        within: citation.within().map(str::to_owned),
        status: verdict.status.word(),
        weak: citation.weak,
        change: verdict.change.map(Change::word),
        now: verdict.now.as_ref().map(PlaceView::from),
    };
    citations.iter().zip(&standing.citations).map(one).collect()
}

impl From<&(String, Lines)> for PlaceView {
    fn from((path, lines): &(String, Lines)) -> Self {
        Self { path: path.clone(), first: lines.first(), last: lines.last() }
    }
}

impl From<&Pinned> for SubjectView {
    fn from(pinned: &Pinned) -> Self {
        let (kind, remote, commit, package) = match &pinned.kind {
            Kind::Git { remote, commit, .. } => ("git", remote.clone(), commit.clone(), None),
            Kind::Package { package, .. } => ("package", None, None, Some(package.clone())),
            Kind::Folder => ("folder", None, None, None),
        };
        Self { name: pinned.name.clone(), kind, remote, commit, package, dirty: pinned.dirty }
    }
}

/// `kb list`
#[derive(Clone, Debug, Serialize)]
pub struct ListView {
    /// [`FORMAT`]
    pub format: u32,
    /// How many there are; `notes` may be cut by `--limit`.
    pub total: usize,
    /// Whether the index was up to date in time.
    pub complete: bool,
    /// Newest first.
    pub notes: Vec<NoteView>,
    /// Files set aside, an index made anew.
    pub warnings: Vec<String>,
}

/// `kb search`
#[derive(Clone, Debug, Serialize)]
pub struct SearchView {
    /// [`FORMAT`]
    pub format: u32,
    /// How many notes fit; `hits` may be cut by `--limit`.
    pub total: usize,
    /// Whether the index was up to date in time.
    pub complete: bool,
    /// Best first.
    pub hits: Vec<HitView>,
    /// Files set aside, an index made anew.
    pub warnings: Vec<String>,
}

/// A note that was found.
#[derive(Clone, Debug, Serialize)]
pub struct HitView {
    /// The note.
    #[serde(flatten)]
    pub note: NoteView,
    /// Comparable within one search only.
    pub score: f32,
    /// The words around what was found.
    pub snippet: Vec<PieceView>,
}

/// A piece of a snippet.
#[derive(Clone, Debug, Serialize)]
pub struct PieceView {
    /// Its text.
    pub text: String,
    /// It is one of the words that were looked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hit: bool,
}

/// `kb show`, `add`, `edit`, `tag`
#[derive(Clone, Debug, Serialize)]
pub struct ShowView {
    /// [`FORMAT`]
    pub format: u32,
    /// The note with its text.
    pub note: NoteWithBody,
}

/// `kb ask`: one a job
#[derive(Clone, Debug, Serialize)]
pub struct AskView {
    /// [`FORMAT`]
    pub format: u32,
    /// `kept`, `reused`, `not_found`, `incomplete`, `failed` or `cancelled`
    pub outcome: &'static str,
    /// The job's id.
    pub job: String,
    /// What was asked.
    pub question: String,
    /// Who was asked.
    pub agent: String,
    /// The note, where one was kept or reused.
    pub note: Option<NoteWithBody>,
    /// What tells the answer from others that are printed beside it; for people.
    #[serde(skip)]
    pub heading: Option<String>,
    /// What the answer says, where no note holds it.
    pub answer: Option<String>,
    /// Best first, whatever the outcome.
    pub citations: Vec<CitationView>,
    /// The answer is that it is not there.
    pub abstained: bool,
    /// Files that somebody changed while the agent read.
    pub changed_meanwhile: Vec<String>,
    /// Wall time.
    pub seconds: f64,
    /// Why there is no answer.
    pub error: Option<ErrorView>,
    /// A note that answers nearly the same question.
    pub nearly: Option<NearlyView>,
    /// What several agents cite together, behind the last of their answers to one question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<CompareView>,
}

/// A note that answers nearly the question that was asked.
#[derive(Clone, Debug, Serialize)]
pub struct NearlyView {
    /// The note's id.
    pub id: String,
    /// One line.
    pub title: String,
    /// How it stands today.
    pub status: &'static str,
}

/// `kb ask --dry-run`: one a job
#[derive(Clone, Debug, Serialize)]
pub struct PlanView {
    /// [`FORMAT`]
    pub format: u32,
    /// Who would be asked.
    pub agent: String,
    /// What.
    pub question: String,
    /// Behind which wall.
    pub wall: &'static str,
    /// The exact command line, without the wall's.
    pub command: Vec<String>,
    /// Names of its variables.
    pub variables: Vec<String>,
    /// Hosts that it could reach.
    pub hosts: Vec<String>,
    /// What it could read, besides the system's programs.
    pub read: Vec<String>,
    /// What it would be told, on its standard input.
    pub prompt: String,
}

impl From<Plan> for PlanView {
    fn from(plan: Plan) -> Self {
        let Plan { agent, question, wall, command, variables, hosts, read, prompt } = plan;
        Self { format: FORMAT, agent, question, wall, command, variables, hosts, read, prompt }
    }
}

/// `kb agents`
#[derive(Clone, Debug, Serialize)]
pub struct AgentsView {
    /// [`FORMAT`]
    pub format: u32,
    /// In order of preference.
    pub agents: Vec<AgentStateView>,
    /// `namespaces`, `files`, or none stands.
    pub wall: Option<&'static str>,
    /// Why none stands, or what the one that stands cannot hold.
    pub wall_notes: Vec<String>,
}

/// An agent, and whether it can be asked.
#[derive(Clone, Debug, Serialize)]
pub struct AgentStateView {
    /// What it is called.
    pub name: String,
    /// Where the code is sent.
    pub about: String,
    /// Where its program is; none if it is not installed.
    pub program: Option<String>,
    /// What its program calls itself.
    pub version: Option<String>,
    /// `yes`, `no` or `unknown`; nobody was asked.
    pub logged_in: &'static str,
    /// It is asked where the command line names nobody.
    pub default: bool,
    /// Why it is, or why it is not.
    pub why: String,
    /// What installs it, or logs in: a sentence without a full stop. None if it is ready.
    pub next: Option<String>,
}

/// `kb jobs`, `kb wait`
#[derive(Clone, Debug, Serialize)]
pub struct JobsView {
    /// [`FORMAT`]
    pub format: u32,
    /// How many there are; `jobs` may hold the newest only.
    pub total: usize,
    /// Newest first.
    pub jobs: Vec<JobView>,
}

/// A job. `kb jobs show` prints one, with `partial`.
#[derive(Clone, Debug, Serialize)]
pub struct JobView {
    /// [`FORMAT`]
    pub format: u32,
    /// `j-` and eight letters and digits.
    pub id: String,
    /// `queued`, `running`, `interrupted`, or what became of it.
    pub state: String,
    /// Who was asked.
    pub agent: String,
    /// What was asked.
    pub question: String,
    /// The folder it is about, absolute.
    pub subject: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// When it had its turn.
    pub started: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
    /// Wall time.
    pub seconds: Option<f64>,
    /// The note's file, absolute.
    pub note: Option<String>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// What the agent said until it broke off.
    pub partial: Option<String>,
    /// The end of what its program said on standard error.
    pub stderr: Option<String>,
    /// The file of an answer that could not be saved, absolute.
    pub unsaved: Option<String>,
    /// Files that somebody changed while the agent read.
    pub changed_meanwhile: Vec<String>,
}

impl JobView {
    /// A job as it leaves kb.
    pub fn new(record: &Record, state: String) -> Self {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let ended = record.ended.as_ref();
        Self {
            format: FORMAT,
            id: record.id.clone(),
            state,
            agent: record.order.agent.clone(),
            question: record.order.question.clone(),
            subject: record.order.subject.to_string_lossy().into_owned(),
            created: time(&record.created),
            started: record.started.as_ref().map(time),
            ended: ended.map(|ended| time(&ended.at)),
            seconds: ended.map(|ended| (ended.seconds * 1000.0).round() / 1000.0),
            note: ended.and_then(|ended| ended.note.as_ref()).map(|path| path.to_string_lossy().into_owned()),
            error: ended.and_then(|ended| ended.error.clone()),
            hint: ended.and_then(|ended| ended.hint.clone()),
            partial: None,
            stderr: None,
            unsaved: None,
            changed_meanwhile: ended.map(|ended| ended.changed_meanwhile.clone()).unwrap_or_default(),
        }
    }
}

/// Why a command failed.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorView {
    /// A word for programs.
    pub code: &'static str,
    /// What failed, and why.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// What an ambiguous handle or a misspelt word could mean.
    pub candidates: Vec<CandidateView>,
}

/// One of several notes that a handle could mean, or a command, flag or value that a misspelt one could.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateView {
    /// The note's id, or what is to be typed.
    pub id: String,
    /// The note's file, relative to the knowledge base.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The note's title.
    pub title: String,
}

/// `kb where`, `kb init`
#[derive(Clone, Debug, Serialize)]
pub struct WhereView {
    /// [`FORMAT`]
    pub format: u32,
    /// The folder, absolute.
    pub kb: String,
    /// The base's name.
    pub name: String,
    /// `flag`, `environment`, `nearest`, `worktree`, `own`; after `kb init`: `made` or `there before`
    pub why: &'static str,
}

/// `kb path`, `kb rm`
#[derive(Clone, Debug, Serialize)]
pub struct FilesView {
    /// [`FORMAT`]
    pub format: u32,
    /// The notes' files, absolute.
    pub paths: Vec<String>,
}

/// `kb context --format json`
#[derive(Clone, Debug, Serialize)]
pub struct ContextView {
    /// [`FORMAT`]
    pub format: u32,
    /// What is to be pasted.
    pub text: String,
    /// About how many tokens it takes.
    pub tokens: usize,
    /// The notes in it, in order.
    pub notes: Vec<NoteView>,
    /// What did not fit, in words.
    pub left_out: Vec<String>,
    /// What was taken out or shown harmlessly.
    pub removed: RemovedView,
}

/// What was taken out of a paste.
#[derive(Clone, Debug, Serialize)]
pub struct RemovedView {
    /// Characters that a reader cannot see.
    pub invisible: usize,
    /// Terminal escapes and other control characters.
    pub escapes: usize,
    /// Text in the look of a delimiter.
    pub delimiters: usize,
    /// HTML comments and hidden elements, now shown.
    pub hidden: usize,
    /// Remote images, now links.
    pub images: usize,
    /// Secrets by kind.
    pub secrets: BTreeMap<String, usize>,
}

impl From<&Removed> for RemovedView {
    fn from(removed: &Removed) -> Self {
        Self {
            invisible: removed.invisible,
            escapes: removed.escapes,
            delimiters: removed.delimiters,
            hidden: removed.hidden,
            images: removed.images,
            secrets: removed.secrets.iter().map(|(kind, count)| (kind.word().to_owned(), *count)).collect(),
        }
    }
}
