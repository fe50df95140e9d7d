//! A program of the user's own that reads a question and prints an answer, as the configuration
//! names it.

use super::reading::{self, Ending, Said, variables};
use super::{Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Exit, Needs, Program, Step, Usage};
use std::ffi::OsString;

/// A word of the command in whose place the question stands.
const QUESTION: &str = "{question}";

/// A program of the user's own.
#[derive(Clone, Debug)]
pub(super) struct OwnProgram {
    /// What the user calls it.
    pub(super) name: String,
    /// The program and its arguments; not empty. Where a word is `{question}`, it is the question;
    /// otherwise the whole prompt comes on standard input.
    pub(super) command: Vec<String>,
}

impl Agent for OwnProgram {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> super::About {
        about(&self.command)
    }

    fn takes_model(&self) -> bool {
        false
    }

    fn executable(&self) -> Option<&str> {
        Some(self.command.first().map_or("", String::as_str))
    }

    fn needs(&self) -> Needs {
        // What the user's configuration names comes on top: without it there is no network.
        Needs { variables: variables(&[]), ..Needs::default() }
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let question = brief.question.as_str();
        // A space before it, or it would be an option.
        let question = if question.starts_with('-') { format!(" {question}") } else { question.to_owned() };
        let word = |word: &String| if word == QUESTION { question.as_str().into() } else { OsString::from(word) };
        let asked = self.command.iter().skip(1).any(|word| word == QUESTION);
        Ok(Program {
            command: std::iter::once(brief.executable.into()).chain(self.command.iter().skip(1).map(word)).collect(),
            folder: brief.snapshot.root.clone(),
            environment: Vec::new(),
            files: Vec::new(),
            stdin: if asked { Vec::new() } else { brief.prompt.as_bytes().to_vec() },
            talks: false,
            dialogue: Box::new(Lines { name: self.name.clone(), said: Said::default() }),
            time_limit: reading::TIME_LIMIT,
        })
    }
}

/// Who answers, and where the code is sent.
pub(super) fn about(command: &[String]) -> super::About {
    let program = command.first().map_or("", String::as_str);
    super::About { who: format!("`{program}`, a program of your own"), sent: super::Sent::Named }
}

/// Its lines are its answer.
struct Lines {
    name: String,
    said: Said,
}

impl Dialogue for Lines {
    fn line(&mut self, line: &str, _steps: &mut dyn FnMut(Step)) {
        self.said.push(line);
        self.said.push("\n");
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let ending = Ending { agent: &self.name, exit, said: &self.said };
        if exit.code != Some(0) {
            return Err(ending.ended());
        }
        let stamp = AgentStamp { name: self.name.clone(), ..AgentStamp::default() };
        ending.answer(self.said.answer(), stamp, Usage::default())
    }
}
