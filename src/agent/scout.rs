//! The built-in researcher as an agent: kb itself, started again, so that a grammar that crashes on
//! a hostile file takes nothing else with it.

use super::{Agent, AgentError, AgentStamp, Answer, Brief, Dialogue, Event, Exit, Place, Program, Step, Usage};
use crate::scout::{self, Report, Request};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The command of kb that only kb itself uses.
pub const COMMAND: &str = "__scout";

/// What its process says: one JSON object a line on standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// What it does now, in a few words.
    Doing(String),
    /// The answer: the last line.
    Report(Box<Report>),
}

pub(super) struct Scout;

impl Agent for Scout {
    fn name(&self) -> &'static str {
        "scout"
    }

    fn about(&self) -> super::About {
        super::About { who: "built in, no model".to_owned(), sent: super::Sent::Nowhere }
    }

    fn takes_model(&self) -> bool {
        false
    }

    fn program(&self, brief: &Brief<'_>) -> Result<Program, AgentError> {
        let request = Request {
            question: brief.question.as_str().to_owned(),
            root: brief.snapshot.root.clone(),
            hidden: brief.snapshot.hidden.clone(),
            cache: Some(scout::memory(brief.cache, &brief.snapshot.root)),
        };
        Ok(Program {
            command: vec![brief.kb.into(), COMMAND.into()],
            folder: brief.snapshot.root.clone(),
            environment: Vec::new(),
            files: Vec::new(),
            talks: false,
            stdin: serde_json::to_vec(&request).unwrap_or_default(),
            dialogue: Box::new(Lines(None)),
            time_limit: Duration::from_mins(15),
        })
    }
}

/// Its lines: what it does, and at last its report.
struct Lines(Option<Report>);

impl Dialogue for Lines {
    fn line(&mut self, line: &str, steps: &mut dyn FnMut(Step)) {
        match serde_json::from_str(line) {
            Ok(Message::Doing(what)) => steps(Step::Event(Event::Doing(what))),
            Ok(Message::Report(report)) => self.0 = Some(*report),
            Err(_) => {}
        }
    }

    fn end(self: Box<Self>, exit: &Exit) -> Result<Answer, AgentError> {
        let no_answer = || AgentError::NoAnswer {
            agent: "scout".to_owned(),
            how: exit.how(),
            killed: exit.is_killed(),
            stderr: exit.stderr.clone(),
        };
        let report = self.0.filter(|_| exit.code == Some(0)).ok_or_else(no_answer)?;
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        Ok(Answer {
            markdown: report.markdown,
            found: report.found,
            cited: Some(
                report
                    .places
                    .into_iter()
                    .map(|place| Place { path: place.path, first: place.first, last: place.last })
                    .collect(),
            ),
            agent: AgentStamp { name: "scout".to_owned(), version, ..AgentStamp::default() },
            usage: Usage::default(),
        })
    }
}
