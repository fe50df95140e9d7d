//! The lines of `kb ask --events`: what happens to jobs, as it happens. The last of each job is its row as
//! `--json` prints it.

use super::{AskView, FORMAT};
use crate::agent;
use serde::Serialize;

/// Something happened to a job.
#[derive(Clone, Debug, Serialize)]
pub struct EventView {
    /// [`FORMAT`]; a row brings its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<u32>,
    /// What.
    #[serde(flatten)]
    pub what: HappenedView,
    /// The job's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Who is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// What happened: its name is `event`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum HappenedView {
    /// It waits for its turn.
    Queued {
        /// What is asked.
        question: String,
    },
    /// It has its turn.
    Started,
    /// What its agent does now.
    Doing {
        /// In a few words.
        what: String,
    },
    /// What it has used up so far.
    Used {
        /// Tokens read.
        input: Option<u64>,
        /// Tokens written.
        output: Option<u64>,
        /// US dollars.
        usd: Option<f64>,
    },
    /// Where scout would look first.
    Leads {
        /// `path:first-last`, with commas between them.
        places: String,
    },
    /// A note answers nearly the same question.
    Nearly {
        /// Its id.
        note: String,
        /// One line.
        title: String,
        /// How it stands today.
        status: &'static str,
    },
    /// Something went wrong that costs no answer.
    Warning {
        /// What.
        message: String,
    },
    /// The answer is a note.
    Saved {
        /// Its id.
        note: String,
        /// Its file, absolute.
        path: String,
    },
    /// It is over: its row.
    Ended(Box<AskView>),
}

impl EventView {
    /// A job's.
    pub fn of(job: &str, agent: &str, what: HappenedView) -> Self {
        Self { format: Some(FORMAT), what, job: Some(job.to_owned()), agent: Some(agent.to_owned()) }
    }

    /// A job's last.
    pub fn ended(row: AskView) -> Self {
        Self { format: None, what: HappenedView::Ended(Box::new(row)), job: None, agent: None }
    }
}

impl From<agent::Event> for HappenedView {
    fn from(event: agent::Event) -> Self {
        match event {
            agent::Event::Doing(what) => Self::Doing { what },
            agent::Event::Used(usage) => Self::Used { input: usage.input, output: usage.output, usd: usage.usd },
            agent::Event::Leads(places) => Self::Leads { places },
            agent::Event::Nearly { id, title, status } => Self::Nearly { note: id, title, status },
            agent::Event::Warning(message) => Self::Warning { message },
        }
    }
}
