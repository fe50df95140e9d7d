//! What answers questions: an agent is a description of a program and a reader of its lines. Nothing
//! here starts a process but `run`.

mod acp;
mod claude;
mod codex;
mod command;
mod copilot;
mod error;
mod gemini;
pub mod home;
mod installed;
pub mod login;
mod opencode;
mod prompt;
mod reading;
mod roster;
mod run;
mod scout;

pub use error::{AgentError, Trouble};
pub use installed::{folders as installed_in, search_path, version as installed_version};
pub use prompt::{NOT_FOUND, prompt};
pub use roster::{Candidate, Options, Roster};
pub use run::{GRACE, Start, Tick, run};
pub use scout::{COMMAND as SCOUT, Message as ScoutMessage};

use crate::machine::Machine;
use crate::question::Question;
use crate::subject::Snapshot;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Every agent that kb knows.
pub const ALL: [&dyn Agent; 6] =
    [&claude::Claude, &codex::Codex, &copilot::Copilot, &gemini::Gemini, &opencode::Opencode, &scout::Scout];

/// The built-in agent of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Agent> {
    ALL.into_iter().find(|agent| agent.name() == name)
}

/// A program of the user's own; none if the command line is empty. Lives as long as the process, like
/// the configuration that names it.
pub fn command(name: &str, command: Vec<String>) -> Option<&'static dyn Agent> {
    let own = command::OwnProgram { name: name.to_owned(), command };
    (!own.command.is_empty()).then(|| Box::leak(Box::new(own)) as &'static dyn Agent)
}

/// A program that speaks the Agent Client Protocol, likewise.
pub fn acp(name: &str, command: Vec<String>) -> Option<&'static dyn Agent> {
    let own = acp::Acp { name: name.to_owned(), command };
    (!own.command.is_empty()).then(|| Box::leak(Box::new(own)) as &'static dyn Agent)
}

/// A program that answers questions, described.
pub trait Agent: Send + Sync {
    /// What users call it.
    fn name(&self) -> &str;

    /// Who answers, and where the code is sent where the user says nothing else.
    fn about(&self) -> About;

    /// Whether it can be told which model to use.
    fn takes_model(&self) -> bool {
        true
    }

    /// Whether it can be told how much it may spend.
    fn takes_max_cost(&self) -> bool {
        false
    }

    /// What it is called on PATH; none for kb itself.
    fn executable(&self) -> Option<&str> {
        None
    }

    /// The npm package that brings its program.
    fn package(&self) -> Option<&str> {
        None
    }

    /// How users log in: an imperative without a full stop.
    fn log_in(&self) -> Option<&str> {
        None
    }

    /// The address of the service that the user's settings name in place of the usual one. `settings` gives the
    /// text of one of its [`Needs::seeds`].
    fn service(&self, settings: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let _ = settings;
        None
    }

    /// What it needs beside the code.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// The program that answers this question. Pure: starts nothing, looks at no file.
    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError>;
}

/// Who an agent is, and where it sends the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// In a few words.
    pub who: String,
    /// Where what it reads goes.
    pub sent: Sent,
}

/// Where what an agent reads goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It stays on this machine.
    Nowhere,
    /// To whoever runs this service, unless a variable names another.
    Service(&'static str),
    /// To the hosts that the user's configuration names.
    Named,
}

impl About {
    fn service(who: &str, provider: &'static str) -> Self {
        Self { who: who.to_owned(), sent: Sent::Service(provider) }
    }
}

/// What an agent needs beside the code and its own program: all that the wall lets through.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Hosts that it may reach, `host` (port 443) or `host:port`; none: no network.
    pub hosts: Vec<String>,
    /// Names of environment variables that are let through, where they are set.
    pub variables: Vec<String>,
    /// Further files and folders that it may read; `~/` is the user's home.
    pub read: Vec<String>,
    /// Files of the user's home that its private home starts with, each time anew: settings, never
    /// hooks, servers or transcripts.
    pub seeds: Vec<Seed>,
    /// Where its sessions lie in its private home: files, folders, or `FOLDER/*.ENDING` for the files
    /// of that ending at any depth. Nothing else is kept from one run to the next.
    pub sessions: Vec<String>,
    /// Where its login lies.
    pub login: Option<Login>,
    /// How users move its settings elsewhere.
    pub moved: Option<Moved>,
}

/// A variable that names the folder which is otherwise in the user's home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub variable: &'static str,
    /// The folder, relative to the home.
    pub folder: &'static str,
}

impl Needs {
    /// Where a file of the user lies that a private home has at `file`: in the user's home, unless its
    /// folder was moved.
    pub fn users_file(&self, file: &str, user_home: &Path, value: &dyn Fn(&str) -> Option<OsString>) -> PathBuf {
        let moved = self.moved.and_then(|moved| {
            let inside = Path::new(file).strip_prefix(moved.folder).ok()?;
            let folder = PathBuf::from(value(moved.variable)?);
            folder.is_absolute().then(|| folder.join(inside))
        });
        moved.unwrap_or_else(|| user_home.join(file))
    }
}

/// A settings file of the user's home, JSON or TOML where its name says so, anything else as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Relative to the home.
    pub file: String,
    /// The keys that are kept, `key` or `key.key`; none named: all but those that could start a program.
    pub keep: &'static [&'static str],
}

impl<T: Into<String>> From<T> for Seed {
    fn from(file: T) -> Self {
        Self { file: file.into(), keep: &[] }
    }
}

/// A file of the user's home that holds an agent's tokens, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// Relative to the home.
    pub file: &'static str,
    /// Where the access token stands.
    pub access: &'static [&'static str],
    /// Where the refresh token stands.
    pub refresh: &'static [&'static str],
    /// When the access token ends.
    pub expiry: Expiry,
    /// Further values that are renewed together with them.
    pub renewed: &'static [&'static [&'static str]],
}

/// How an access token says when it ends.
#[derive(Clone, Copy, Debug)]
pub enum Expiry {
    /// Milliseconds since 1970 stand here.
    Milliseconds(&'static [&'static str]),
    /// The access token is a JWT: its `exp` says.
    Jwt,
    /// It does not end.
    Never,
}

/// What an agent needs to know of a question.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// The job's id.
    pub job: &'a str,
    /// What is asked.
    pub question: &'a Question,
    /// The whole text that a model is told: what it is to do, the question, leads, notes.
    pub prompt: &'a str,
    /// The agent's own session to go on in.
    pub session: Option<&'a str>,
    /// What that session had used up before, where a note tells.
    pub used_before: Option<&'a Usage>,
    /// Whether the kernel limits it; if not, it is limited by its own means.
    pub walled: bool,
    /// Which of the variables that it needs are set.
    pub variables: &'a [String],
    /// Its program, as found on PATH, links not resolved; kb itself for scout.
    pub executable: &'a Path,
    /// The private home that it will see as its own.
    pub home: &'a Path,
    /// The model that the user wants.
    pub model: Option<&'a str>,
    /// How much it may spend, in US dollars.
    pub max_cost: Option<f64>,
    /// What it is about.
    pub snapshot: &'a Snapshot,
    /// kb's own program.
    pub kb: &'a Path,
    /// Where scout keeps parsed facts.
    pub cache: &'a Path,
}

impl<'a> Brief<'a> {
    /// The question alone, for kb's own program.
    pub fn new(question: &'a Question, snapshot: &'a Snapshot, machine: &'a Machine) -> Self {
        Self {
            job: "",
            question,
            prompt: question.as_str(),
            session: None,
            used_before: None,
            walled: false,
            variables: &[],
            executable: &machine.program,
            home: &machine.here,
            model: None,
            max_cost: None,
            snapshot,
            kb: &machine.program,
            cache: &machine.cache,
        }
    }
}

/// A command line, what it reads, and who reads what it prints.
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Where it is started.
    pub folder: PathBuf,
    /// Set beside the usual variables.
    pub environment: Vec<(String, String)>,
    /// Files that its private home must hold when it starts: path relative to the home, text.
    pub files: Vec<(String, String)>,
    /// Written to its standard input, which is then closed unless it talks.
    pub stdin: Vec<u8>,
    /// Standard input stays open until the dialogue hangs up.
    pub talks: bool,
    /// Reads its lines.
    pub dialogue: Box<dyn Dialogue>,
    /// How long it may take.
    pub time_limit: Duration,
}

/// Reads what a program prints, line by line. Sees no process: a recorded stream tests it.
pub trait Dialogue: Send {
    /// One line of its standard output: what it means to a watcher, what is to be said to it.
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step));

    /// The program has ended: its answer, or why there is none. An exit code of 0 alone is no answer.
    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError>;
}

/// What a line of an agent leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Watchers learn of it.
    Event(Event),
    /// Written to its standard input, with a line feed behind it.
    Send(String),
    /// Its standard input is closed.
    HangUp,
    /// It is stopped: it would never end by itself.
    Stop,
}

/// What happens while an agent works.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// What it does now, in a few words.
    Doing(String),
    /// What it has used up so far.
    Used(Usage),
    /// The places that scout would look at first.
    Leads(String),
    /// A note answers nearly the same question.
    Nearly {
        /// The note's.
        id: String,
        /// One line.
        title: String,
        /// How it stands today.
        status: &'static str,
    },
    /// Something went wrong that costs no answer.
    Warning(String),
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

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Usage) -> Usage {
        fn sum<T: std::ops::Add<Output = T> + Copy>(one: Option<T>, other: Option<T>) -> Option<T> {
            one.zip(other).map(|(one, other)| one + other).or(one).or(other)
        }
        Usage {
            input: sum(self.input, other.input),
            output: sum(self.output, other.output),
            usd: sum(self.usd, other.usd),
            seconds: sum(self.seconds, other.seconds),
        }
    }
}

/// A wall says by so much more that a signal ended the program, as shells do.
const SIGNALLED: i32 = 128;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

impl Exit {
    /// `exit code 3`, or that a signal ended it.
    pub fn how(&self) -> String {
        match self.code {
            None => "ended by a signal".to_owned(),
            Some(code) if self.is_killed() => format!("ended by signal {}", code - SIGNALLED),
            Some(code) => format!("exit code {code}"),
        }
    }

    /// Whether a signal ended it that is not of its own making.
    pub fn is_killed(&self) -> bool {
        self.code.is_none_or(|code| [SIGKILL, SIGTERM].iter().any(|signal| code == SIGNALLED + signal))
    }
}
