//! Why an agent gave no answer.

use std::io;
use std::time::Duration;

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
    /// The wall could not be built around it, or it could not be started there.
    #[error("cannot start `{program}` behind the wall{}", stderr_part(stderr))]
    NotStanding {
        /// What was to be started.
        program: String,
        /// What the helper said.
        stderr: String,
    },
    /// It would choose a model, and so a provider, by itself.
    #[error("{agent} is asked only with a model that you chose")]
    NoModel {
        /// Which agent.
        agent: String,
    },
    /// It ended without an answer.
    #[error("{agent} ended without an answer ({how}){}", stderr_part(stderr))]
    NoAnswer {
        /// Which agent.
        agent: String,
        /// Exit code or signal.
        how: String,
        /// A signal ended it.
        killed: bool,
        /// Its last words.
        stderr: String,
    },
    /// It began to answer and did not finish.
    #[error("{agent} did not finish: {why}{}", more_of_stderr(stderr, why))]
    Incomplete {
        /// Which agent.
        agent: String,
        /// In a few words: the stream was cut, a refusal, a limit.
        why: String,
        /// What it said until then.
        partial: String,
        /// Its last words on standard error.
        stderr: String,
    },
    /// It answered and had looked at nothing.
    #[error("{agent} answered without looking at anything")]
    Unfounded {
        /// Which agent.
        agent: String,
        /// What it said.
        partial: String,
    },
    /// It reported a failure.
    #[error("{agent} failed: {why}{}", more_of_stderr(stderr, why))]
    Failed {
        /// Which agent.
        agent: String,
        /// In its own words.
        why: String,
        /// What kind of failure, where the agent tells.
        kind: Trouble,
        /// Its last words on standard error.
        stderr: String,
    },
    /// It took too long.
    #[error("{agent} was stopped after {} s", limit.as_secs())]
    TimeOut {
        /// Which program.
        agent: String,
        /// How long it was let work.
        limit: Duration,
        /// What it said until then.
        partial: String,
    },
    /// Somebody stopped it.
    #[error("{agent} was stopped")]
    Stopped {
        /// Which program.
        agent: String,
        /// What it said until then.
        partial: String,
    },
    /// It holds too much memory, with what it started.
    #[error("{agent} was stopped: it held more than {} MB of memory and files without a name", limit >> 20)]
    TooMuchMemory {
        /// Which program.
        agent: String,
        /// How many bytes it may hold.
        limit: u64,
        /// What it said until then.
        partial: String,
    },
    /// It filled its private home.
    #[error("{agent} wrote more than {} MB into its private home, or hid what it wrote", limit >> 20)]
    TooLarge {
        /// Which agent.
        agent: String,
        /// How many bytes it may hold.
        limit: u64,
    },
    /// It printed more than an answer can be.
    #[error("{agent} printed more than {} MB", limit >> 20)]
    TooMuch {
        /// Which program.
        agent: String,
        /// How much it may print.
        limit: usize,
        /// What it said until then.
        partial: String,
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

impl AgentError {
    /// What the agent said until it broke off.
    pub fn partial(&self) -> Option<&str> {
        match self {
            AgentError::Incomplete { partial, .. }
            | AgentError::Unfounded { partial, .. }
            | AgentError::TimeOut { partial, .. }
            | AgentError::TooMuch { partial, .. }
            | AgentError::TooMuchMemory { partial, .. }
            | AgentError::Stopped { partial, .. } => Some(partial).filter(|said| !said.is_empty()).map(String::as_str),
            _ => None,
        }
    }
}

/// What kind of failure an agent met: what to do next hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Not logged in, or the login is spent.
    Login,
    /// The service has too much to do, or the user's limit is reached.
    Overload,
    /// The session to go on in is gone.
    NoSuchSession,
    /// Anything else.
    Other,
}

/// So many of the last lines of standard error are told where a program says nothing else.
const LAST_LINES: usize = 3;

/// The last line, unless it was said already.
fn more_of_stderr(stderr: &str, said: &str) -> String {
    let last = last_of_stderr(stderr, 1);
    let is_said = |last: &str| said.to_lowercase().contains(&last.trim().to_lowercase());
    if last.strip_prefix(": ").is_some_and(is_said) { String::new() } else { last }
}

fn stderr_part(stderr: &str) -> String {
    last_of_stderr(stderr, LAST_LINES)
}

fn last_of_stderr(stderr: &str, lines: usize) -> String {
    // What has no word in it is the end of something longer.
    let says = |line: &&str| line.split(|c: char| !c.is_alphabetic()).any(|word| word.len() > 2);
    let mut last: Vec<&str> = stderr.lines().rev().filter(says).take(lines).collect();
    last.reverse();
    if last.is_empty() { String::new() } else { format!(": {}", last.join(" / ")) }
}
