//! What answers questions: an agent is a description of a program and a reader of its lines. Nothing
//! here starts a process but `run`.

mod run;
mod scout;

pub use run::run;
pub use scout::{COMMAND as SCOUT, Message as ScoutMessage};

use crate::question::Question;
use crate::subject::Snapshot;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Every agent that kb knows.
pub const ALL: [&dyn Agent; 1] = [&scout::Scout];

/// A program that answers questions, described.
pub trait Agent: Sync {
    /// What users call it.
    fn name(&self) -> &'static str;

    /// Who answers, and where the code is sent: the end of a sentence that begins with the name.
    fn about(&self) -> &'static str;

    /// The program that answers this question.
    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError>;
}

/// The agent of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Agent> {
    ALL.into_iter().find(|agent| agent.name() == name)
}

/// What an agent needs to know of a question.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// What is asked.
    pub question: &'a Question,
    /// What it is about.
    pub snapshot: &'a Snapshot,
    /// kb's own program.
    pub kb: &'a Path,
    /// Where scout keeps parsed facts.
    pub cache: &'a Path,
}

/// A command line, what it reads, and who reads what it prints.
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Where it is started.
    pub folder: PathBuf,
    /// Written to its standard input, which is then closed.
    pub stdin: Vec<u8>,
    /// Reads its lines.
    pub dialogue: Box<dyn Dialogue>,
    /// How long it may take.
    pub time_limit: Duration,
}

/// Reads what a program prints, line by line. Sees no process: a recorded stream tests it.
pub trait Dialogue: Send {
    /// One line of its standard output; what it means to a watcher is passed on.
    fn line(&mut self, line: &str, events: &mut dyn FnMut(Event));

    /// The program has ended: its answer, or why there is none. An exit code of 0 alone is no answer.
    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError>;
}

/// What happens while an agent works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// What it does now, in a few words.
    Doing(String),
}

/// How a program ended.
#[derive(Clone, Debug, Default)]
pub struct Exit {
    /// None if a signal ended it.
    pub code: Option<i32>,
    /// The last lines of its standard error.
    pub stderr: String,
}

/// What an agent returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The explanation.
    pub markdown: String,
    /// Whether it was found; an answer can be that it is not there.
    pub found: bool,
    /// What it cites, best first, where the agent says so beside its text. What else looks like a
    /// citation is then quoted.
    pub cited: Option<Vec<Place>>,
    /// Who answered.
    pub agent: AgentStamp,
    /// What it cost.
    pub usage: Usage,
}

/// Lines of a file, counted from 1, the last included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Relative to the subject.
    pub path: String,
    /// The first line.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

/// Which agent answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentStamp {
    /// `claude`, `scout`, ...
    pub name: String,
    /// As the program names it.
    pub version: Option<String>,
    /// The model that it used.
    pub model: Option<String>,
    /// The agent's own session, to go on in.
    pub session: Option<String>,
}

/// What an answer cost, as far as the agent tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Tokens read.
    pub input: Option<u64>,
    /// Tokens written.
    pub output: Option<u64>,
    /// US dollars.
    pub usd: Option<f64>,
    /// Wall time.
    pub seconds: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The program could not be started.
    #[error("cannot start `{program}`: {source}")]
    Start {
        /// What was to be started.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended without an answer.
    #[error("{agent} ended without an answer ({how}){}", stderr_part(stderr))]
    NoAnswer {
        /// Which agent.
        agent: &'static str,
        /// Exit code or signal.
        how: String,
        /// Its last words.
        stderr: String,
    },
    /// It took too long.
    #[error("{agent} was stopped after {} s", limit.as_secs())]
    TimeOut {
        /// Which program.
        agent: String,
        /// How long it was let work.
        limit: Duration,
    },
    /// It printed more than an answer can be.
    #[error("`{program}` printed more than {limit} bytes")]
    TooMuch {
        /// Which program.
        program: String,
        /// How much it may print.
        limit: usize,
    },
    /// Talking to it failed.
    #[error("lost `{program}`: {source}")]
    Lost {
        /// Which program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
}

fn stderr_part(stderr: &str) -> String {
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if last.is_empty() { String::new() } else { format!(": {last}") }
}

impl Exit {
    /// `exit code 3`, or that a signal ended it.
    pub fn how(&self) -> String {
        self.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"))
    }
}
