//! Everything that can go wrong in a command: what to do next, and the exit code.

mod of_job;

pub(super) use of_job::of_job;

use super::config::ConfigError;
use crate::index::IndexError;
use crate::job::{JobError, RecordError};
use crate::knowledge_base::{FindError, SettingsError, StoreError};
use crate::search::{HandleError, QueryError, SearchError};
use crate::subject::SubjectError;
use crate::view::{CandidateView, ErrorView};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io;
use std::path::PathBuf;

/// Done; reused, too.
pub(super) const DONE: u8 = 0;
/// The answer is no: no hit, no such note, not in this code.
pub(super) const NO: u8 = 1;
/// Wrong usage, an ambiguous id.
pub(super) const USAGE: u8 = 2;
/// It failed; the message says why.
pub(super) const FAILED: u8 = 3;
/// An agent failed or did not finish.
pub(super) const AGENT: u8 = 4;
/// Interrupted by Ctrl-C.
pub(super) const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM.
pub(super) const TERMINATED: u8 = 143;

/// What to do where there are no notes.
const MAKES_ONE: &str = "`kb ask QUESTION` makes one, `kb add` keeps a text of yours";

/// What is said, where it is no failure, of a knowledge base without notes.
pub(super) fn none_yet() -> String {
    format!("{}; {MAKES_ONE}", Failure::NoNotes)
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Usage(clap::Error),
    #[error("{0}")]
    Asked(Asked),
    #[error("cannot tell the current folder: {0}")]
    Here(io::Error),
    #[error("cannot tell where kb's own program is: {0}")]
    Program(io::Error),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error(transparent)]
    Handle(#[from] HandleError),
    #[error(transparent)]
    Subject(#[from] SubjectError),
    #[error("{error}")]
    Job { agent: String, error: Box<JobError> },
    #[error("there is no agent called `{name}`{}", from.map_or_else(String::new, |from| format!(": {from}")))]
    NoSuchAgent { name: String, from: Option<&'static str>, nearest: Option<String>, known: Vec<String> },
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("kb runs inside its own job {job}: an agent that asks agents would never end")]
    Inside { job: String },
    #[error("{id} is still running")]
    StillRunning { id: String },
    #[error("cannot start kb in the background: {0}")]
    Detach(io::Error),
    #[error("`@{number}` is not one of the last {count} hits of this terminal")]
    NoSuchHit { number: usize, count: usize },
    #[error("`@{number}` belongs to a terminal, and kb runs in none")]
    NoTerminal { number: usize },
    #[error("{what} is not UTF-8 text")]
    NotText { what: String },
    #[error("cannot read {what}: {source}")]
    Read { what: String, source: io::Error },
    #[error("there is nothing to keep: the text is empty")]
    Empty,
    #[error("neither `VISUAL` nor `EDITOR` names an editor")]
    NoEditor,
    #[error("cannot run the editor `{editor}`: {source}")]
    Editor { editor: String, source: io::Error },
    #[error("the editor `{editor}` failed, so the note is as it was")]
    EditorFailed { editor: String },
    #[error("cannot change `{}` ({source}); your text is in `{}`", path.display(), kept.display())]
    NotEdited { path: PathBuf, kept: PathBuf, source: StoreError },
    #[error("cannot change the tags of `{}`: {source}", path.display())]
    Edit { path: PathBuf, source: crate::note::EditError },
    #[error("`{}` lies in no git repository", path.display())]
    NoHistory { path: PathBuf },
    #[error("there are no notes yet")]
    NoNotes,
    #[error("no note has to do with `{words}`")]
    NothingFound { words: String },
    #[error("`{name}`, which `{id}` is about, is not on this machine as far as kb knows")]
    SubjectNotHere { id: String, name: String },
    #[error("`{id}` has one text only: it was never refreshed")]
    NeverRefreshed { id: String },
    #[error("`{id}` has no revision {number}, only {}", known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    NoSuchRevision { id: String, number: u32, known: Vec<u32> },
    #[error("cannot start tokio: {0}")]
    Runtime(io::Error),
    #[error("interrupted; nothing was kept")]
    Interrupted,
    #[error("ended from outside; nothing was kept")]
    Terminated,
    #[error("cannot write: {0}")]
    Output(io::Error),
    #[error("{message}")]
    Scout { message: String },
    #[error("kb has a bug: {0}")]
    Bug(String),
}

/// A way to use kb that clap does not know to be wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Asked {
    #[error("the question is empty")]
    EmptyQuestion,
    #[error("`{word}` is neither a question of its own nor part of one")]
    MixedQuestions { word: String },
    #[error("`{tag}` says neither `+tag` nor `-tag`")]
    NotATag { tag: String },
    #[error("`{text}` cannot be a tag: tags are words without spaces, commas and marks")]
    BadTag { text: String },
    #[error("`{text}` is no number of tokens of at least {least}")]
    Budget { text: usize, least: usize },
    #[error("a note is named by its id, and notes found by `--query`; not both")]
    IdsAndQuery,
    #[error("`{id}` is no answer of an agent about code, so there is nobody to ask again")]
    NotAnAnswer { id: String },
    #[error("`{id}` is named twice")]
    NamedTwice { id: String },
    #[error("`{question}` asks nothing: no word is in it")]
    NoWord { question: String },
    #[error("`kb add` takes its text from standard input or from a file")]
    TextAsWords { words: String },
    #[error("`{name}` is not a command")]
    NoSuchCommand { name: String, nearest: Option<String> },
    #[error("`{name}` names no commit here")]
    NoSuchRevision { name: String },
}

impl Failure {
    /// What programs read of it.
    pub(super) fn view(&self) -> ErrorView {
        let (code, _, mut hint) = self.explain();
        let candidates = match self {
            Failure::Handle(HandleError::Ambiguous { candidates, .. }) => candidates
                .iter()
                .map(|candidate| CandidateView {
                    id: candidate.id.clone(),
                    file: candidate.file.clone(),
                    title: candidate.title.clone(),
                })
                .collect(),
            Failure::Usage(error) => usage_candidates(error),
            _ => Vec::new(),
        };
        let message = match self {
            Failure::Usage(error) => usage_message(error),
            other => other.to_string(),
        };
        if let (Failure::Usage(_), [CandidateView { id, .. }, ..]) = (self, candidates.as_slice()) {
            hint = did_you_mean(Some(id), &hint);
        }
        ErrorView { code, message, hint, candidates }
    }

    /// The exit code.
    pub(super) fn exit(&self) -> u8 {
        self.explain().1
    }

    /// A word for programs, the exit code, and what to do next.
    fn explain(&self) -> (&'static str, u8, String) {
        let (code, exit, hint) = match self {
            Failure::Usage(error) if is_without_command(error) => ("usage", USAGE, "`kb help all` lists the commands"),
            Failure::Usage(_) => ("usage", USAGE, "`kb help COMMAND` shows how a command is used"),
            Failure::Asked(asked) => return asked.explain(),
            Failure::Here(_) => ("no_current_folder", FAILED, "change to a folder that exists"),
            Failure::Program(_) => ("no_program", FAILED, "start kb by its full path"),
            Failure::Config(error) => return of_config(error),
            Failure::Find(error) => return of_find(error),
            Failure::Store(error) => return of_store(error),
            Failure::Job { agent, error } => return of_job(error, agent),
            Failure::Record(error) => return of_record(error),
            Failure::Index(_) => (
                "index",
                FAILED,
                "the index can be deleted at any time: remove the `.kb` folder of the knowledge base and try again",
            ),
            Failure::Query(error) => return of_query(error),
            Failure::Handle(HandleError::NoSuchNote { .. }) => {
                ("no_such_note", NO, "`kb list` shows all notes, `kb search WORDS` finds some")
            }
            Failure::Handle(HandleError::TooShort { .. }) => {
                ("short_id", USAGE, "type at least three letters of the id")
            }
            Failure::Handle(HandleError::Ambiguous { candidates, .. })
                if candidates.iter().all(|candidate| candidate.id == candidates[0].id) =>
            {
                ("ambiguous_id", USAGE, "several files have this id: name the one that you mean by its path")
            }
            Failure::Handle(HandleError::Ambiguous { .. }) => {
                ("ambiguous_id", USAGE, "type one more letter, or the path of the file")
            }
            Failure::Search(_) | Failure::Handle(HandleError::Index(_)) => {
                ("index", FAILED, "remove the `.kb` folder of the knowledge base and try again; no note is lost")
            }
            Failure::Subject(error) => return of_subject(error),
            Failure::NoSuchAgent { nearest, known, .. } => {
                let hint = did_you_mean(nearest.as_deref(), &format!("kb knows: {}", known.join(", ")));
                return ("no_such_agent", USAGE, hint);
            }
            Failure::Inside { .. } => {
                ("inside", USAGE, "`kb search`, `show` and `context` work here; only asking does not")
            }
            Failure::StillRunning { .. } => ("still_running", AGENT, "`kb jobs log ID --follow` shows what it does"),
            Failure::Detach(_) => ("detach", FAILED, "ask without `--detach`"),
            Failure::NoSuchHit { .. } => {
                ("no_such_hit", NO, "`kb search` and `kb list` number their hits anew each time")
            }
            Failure::NoTerminal { .. } => {
                ("no_terminal", USAGE, "use the note's id: `kb search --ids WORDS` prints ids")
            }
            Failure::NotText { .. } => {
                ("not_text", FAILED, "notes are UTF-8; convert the text first, for example with `iconv`")
            }
            Failure::Read { .. } => ("read", FAILED, "check the name and the permissions"),
            Failure::Empty => ("empty", USAGE, "give the text on standard input or with `--file`"),
            Failure::NoEditor => ("no_editor", FAILED, "set `EDITOR`, or open the file that `kb path ID` prints"),
            Failure::Editor { .. } => ("editor", FAILED, "check the value of `VISUAL` or `EDITOR`"),
            Failure::EditorFailed { .. } => ("editor", FAILED, "run `kb edit` again"),
            Failure::NotEdited { .. } => {
                ("not_edited", FAILED, "what is in the note now and your text are both kept: bring them together")
            }
            Failure::Edit { .. } => {
                ("frontmatter", FAILED, "`kb edit ID` opens the note; mend the lines between `---` first")
            }
            Failure::NoHistory { .. } => ("no_history", FAILED, "name one with `--repo`"),
            Failure::NoNotes => ("no_notes", NO, MAKES_ONE),
            Failure::SubjectNotHere { .. } => ("no_subject", FAILED, "run it inside a copy of that repository"),
            Failure::NeverRefreshed { .. } => {
                ("never_refreshed", NO, "`kb refresh ID` asks again and keeps both texts")
            }
            Failure::NoSuchRevision { .. } => ("no_such_revision", NO, "`kb log ID` lists them"),
            Failure::NothingFound { .. } => {
                ("nothing_found", NO, "use fewer or other words; `kb list` shows all notes")
            }
            Failure::Runtime(_) => ("runtime", FAILED, "the system is short of resources; try again"),
            Failure::Terminated => ("terminated", TERMINATED, "ask again when you like"),
            Failure::Interrupted => ("interrupted", INTERRUPTED, "ask again when you like"),
            Failure::Output(_) => ("output", FAILED, "check where the output goes: is the disk full?"),
            Failure::Bug(_) => ("bug", FAILED, "no note is lost; please report it with the command that you typed"),
            Failure::Scout { .. } => {
                ("scout", FAILED, "`__scout` is for kb itself; use `kb ask --agent scout QUESTION`")
            }
        };
        (code, exit, hint.to_owned())
    }
}

impl Asked {
    fn explain(&self) -> (&'static str, u8, String) {
        let hint = match self {
            Asked::TextAsWords { words } => {
                format!("`echo {} | kb add`, or `kb add --file FILE`", shell_words::quote(words))
            }
            Asked::EmptyQuestion | Asked::NoWord { .. } => {
                "ask something: `kb ask where are signed cookies set`".to_owned()
            }
            Asked::MixedQuestions { .. } => "put each question in quotation marks, or none of them".to_owned(),
            Asked::NotATag { .. } => "`kb tag ID +new -old`".to_owned(),
            Asked::BadTag { .. } => "for example `+sign-in`".to_owned(),
            Asked::Budget { .. } => "leave `--budget` away for about 8,000 tokens".to_owned(),
            Asked::IdsAndQuery => "`kb context ID`, or `kb context --query WORDS`".to_owned(),
            Asked::NoSuchRevision { .. } => {
                "`--changed main..HEAD`; a shallow clone may have to fetch what it names first".to_owned()
            }
            Asked::NotAnAnswer { .. } => "`kb edit ID` changes the text".to_owned(),
            Asked::NamedTwice { .. } => "name different notes; `kb log ID` lists the revisions of one".to_owned(),
            Asked::NoSuchCommand { nearest, .. } => nearest.as_ref().map_or_else(
                || "`kb help all` lists the commands".to_owned(),
                |nearest| format!("did you mean `kb help {nearest}`?"),
            ),
        };
        ("usage", USAGE, hint)
    }
}

fn did_you_mean(nearest: Option<&str>, otherwise: &str) -> String {
    nearest.map_or_else(|| otherwise.to_owned(), |nearest| format!("did you mean `{nearest}`?"))
}

fn of_config(error: &ConfigError) -> (&'static str, u8, String) {
    let hint = match error {
        ConfigError::Read { .. } => "check the file's permissions".to_owned(),
        ConfigError::Parse { .. } => "mend the file; the README shows its keys".to_owned(),
        ConfigError::UnknownKey { nearest, .. } => did_you_mean(*nearest, "the README shows the keys"),
        ConfigError::NoHome => "set `HOME`".to_owned(),
    };
    ("config", FAILED, hint)
}

fn of_find(error: &FindError) -> (&'static str, u8, String) {
    let (code, hint) = match error {
        FindError::Open { .. } => ("no_knowledge_base", "`kb init DIR` makes one".to_owned()),
        FindError::NotAFolder { .. } => ("no_knowledge_base", "name a folder".to_owned()),
        FindError::Make { .. } => {
            ("no_knowledge_base", "check the permissions, or name another folder with `--kb`".to_owned())
        }
        FindError::Settings(SettingsError::UnknownKey { nearest, forbidden: false, .. }) => {
            ("kb_toml", did_you_mean(*nearest, "it may hold `kb`, `name`, `about`, `agent`, `tags` and `exclude`"))
        }
        FindError::Settings(SettingsError::UnknownKey { forbidden: true, .. }) => {
            ("kb_toml", "a knowledge base may come from a stranger: put the key into your own `config.toml`".to_owned())
        }
        FindError::Settings(SettingsError::Version { .. }) => ("kb_toml", "use a newer kb".to_owned()),
        FindError::Settings(SettingsError::NoVersion { .. }) => {
            ("kb_toml", "write `kb = 1` into it, or remove it if the folder holds no notes".to_owned())
        }
        FindError::Settings(SettingsError::Parse { .. }) => {
            ("kb_toml", "mend it: a line `kb = 1`, and what you want of `name`, `about`, `agent`, `tags`".to_owned())
        }
        FindError::Settings(SettingsError::Read { .. }) => {
            ("kb_toml", "check its permissions, or name another knowledge base with `--kb`".to_owned())
        }
    };
    (code, FAILED, hint)
}

fn of_store(error: &StoreError) -> (&'static str, u8, String) {
    let (code, exit, hint) = match error {
        StoreError::Io { .. } => {
            ("io", FAILED, "check the disk and the permissions, and try again; no other note was touched")
        }
        StoreError::Changed { .. } => ("changed_meanwhile", FAILED, "look at the note and try again"),
        StoreError::NotInTrash { .. } => {
            ("not_in_trash", NO, "what was removed lies in the `.trash` folder of the knowledge base")
        }
        StoreError::InTheWay { .. } => ("in_the_way", FAILED, "move that file away and try again"),
    };
    (code, exit, hint.to_owned())
}

fn of_query(error: &QueryError) -> (&'static str, u8, String) {
    let hint = match error {
        QueryError::Empty => "say what to look for: `kb search signed cookies`",
        QueryError::Date { .. } => "dates are like `2026-11-24` or `2026-11-24T12:00:00Z`",
        QueryError::Status { .. } => {
            "a status is `fresh`, `moved`, `stale`, `broken`, `unknown`, `unverified` or `uncited`"
        }
        QueryError::NoValue { .. } => "put the word right behind the colon: `tag:cookies`",
    };
    ("query", USAGE, hint.to_owned())
}

fn of_subject(error: &SubjectError) -> (&'static str, u8, String) {
    let (exit, hint) = match error {
        SubjectError::Open { .. } => (FAILED, "check the name and the permissions of the folder"),
        SubjectError::NotAFolder { .. } => (USAGE, "name the folder that holds the code"),
        SubjectError::KnowledgeBase { .. } => {
            (USAGE, "name the folder that holds the code; `kb search` looks in notes")
        }
        SubjectError::Read { .. } | SubjectError::Outside { .. } | SubjectError::NotText { .. } => {
            (FAILED, "check the file's permissions")
        }
    };
    ("subject", exit, hint.to_owned())
}

fn of_record(error: &RecordError) -> (&'static str, u8, String) {
    let (code, exit, hint) = match error {
        RecordError::NoSuchJob { .. } => ("no_such_job", NO, "`kb jobs` lists them; they are kept for thirty days"),
        RecordError::Ambiguous { .. } => ("ambiguous_id", USAGE, "type one more letter of the id"),
        RecordError::Running { .. } => ("running", FAILED, "`kb jobs cancel ID` stops it"),
        RecordError::Io { .. } => {
            ("jobs", FAILED, "check the permissions of that folder, and whether the disk is full")
        }
    };
    (code, exit, hint.to_owned())
}

/// There are flags, and no command; clap would name the hidden ones, too.
pub(super) fn is_without_command(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::MissingSubcommand
}

/// What clap says, without its hints and its usage.
fn usage_message(error: &clap::Error) -> String {
    if is_without_command(error) {
        return "no command was given".to_owned();
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    format!("{} {}", first.strip_prefix("error: ").unwrap_or(first), rest.join(", ")).trim_end().to_owned()
}

/// The commands, flags or values that clap takes a misspelt one for.
fn usage_candidates(error: &clap::Error) -> Vec<CandidateView> {
    let named = |(kind, value): (ContextKind, &ContextValue)| {
        let is_name =
            matches!(kind, ContextKind::SuggestedSubcommand | ContextKind::SuggestedArg | ContextKind::SuggestedValue);
        match value {
            ContextValue::String(name) if is_name => vec![name.clone()],
            ContextValue::Strings(names) if is_name => names.clone(),
            _ => Vec::new(),
        }
    };
    let candidate = |name: String| CandidateView { id: name, file: String::new(), title: String::new() };
    error.context().flat_map(named).map(candidate).collect()
}
