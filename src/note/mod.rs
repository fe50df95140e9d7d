//! A note: an answer kept as a markdown file. Text to value and back; every byte that kb does not
//! understand stays where it was. Knows no folder and no index.

mod blame;
mod difference;
mod edit;
mod entry;
mod frontmatter;
mod id;
mod memory;
mod places;
mod recall;
mod relocate;
mod revise;
mod standing;
mod title;
mod write;

pub use blame::{Accused, Became};
pub use difference::{CitationChanges, LineChange, citations as compare_citations, lines as compare_lines};
pub use edit::{Change, EditError, edit};
pub use frontmatter::moment;
pub use id::{Id, new_id};
pub use memory::NoteHash;
pub use places::{Compared, SharedPlace, compare_places};
pub use relocate::{Move, relocate};
pub use revise::revise;
pub use standing::{Checker, Noted, TreeOf};
pub use title::first_heading;
pub use write::Draft;

pub use crate::agent::{AgentStamp, Usage};

use crate::citation::Citation;
use crate::subject::Pinned;
use chrono::{DateTime, Utc};
use std::ops::Range;

/// A note as read from its file.
#[derive(Clone, Debug)]
pub struct Note {
    /// What the frontmatter says, or what could be derived.
    pub head: Head,
    /// The file's text; invalid UTF-8 became U+FFFD.
    pub text: String,
    /// Where the body stands in `text`: all of it without a byte-order mark and frontmatter.
    pub body: Range<usize>,
}

/// What is known of a note beside its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// From the frontmatter. A note without one gets an id derived from its path by the index.
    pub id: Option<Id>,
    /// The first heading, else `title:`, else the question, else the first line.
    pub title: String,
    /// What was asked.
    pub question: Option<String>,
    /// When the note was made.
    pub created: Option<DateTime<Utc>>,
    /// Who wrote it; a label that never raises trust.
    pub origin: Option<String>,
    /// The agent that answered.
    pub agent: Option<AgentStamp>,
    /// Which wall stood around the agent.
    pub wall: Option<String>,
    /// What it is about; the first is the unnamed one in the body.
    pub subjects: Vec<Pinned>,
    /// What it cites, best first.
    pub citations: Vec<Citation>,
    /// Names in the answer that exist nowhere in the code.
    pub unknown_names: Vec<String>,
    /// What the answer cost.
    pub usage: Usage,
    /// The answer is that it is not there.
    pub not_found: bool,
    /// Free words.
    pub tags: Vec<String>,
    /// The note that this one follows up.
    pub follows: Option<String>,
    /// The notes that went along as context: an answer rests on them, too.
    pub with: Vec<String>,
    /// 1, and one more with every refresh.
    pub revision: Option<u32>,
    /// When it was last asked again.
    pub refreshed: Option<DateTime<Utc>>,
}

/// Something about a note's file that a person should know; the note is still a note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Complaint {
    /// The frontmatter is not YAML.
    #[error("its frontmatter cannot be read ({0}); what a look at its lines gives is used")]
    Frontmatter(String),
    /// The text holds bytes that are not UTF-8.
    #[error("it is not valid UTF-8; the bytes that are not are shown as U+FFFD")]
    NotUtf8,
}

impl Head {
    /// What a citation of this note is about; none if the note does not name it.
    pub fn subject_of(&self, citation: &Citation) -> Option<&Pinned> {
        match &citation.subject {
            None => self.subjects.first(),
            Some(name) => self.subjects.iter().find(|pinned| pinned.name == *name),
        }
    }
}

impl Note {
    /// Reads a note from its file's bytes. Never fails: a file without frontmatter is a note.
    pub fn parse(bytes: &[u8]) -> (Note, Vec<Complaint>) {
        frontmatter::parse(bytes)
    }

    /// The markdown without frontmatter.
    pub fn body(&self) -> &str {
        &self.text[self.body.clone()]
    }

    /// The frontmatter between its `---` lines, if there is one.
    pub fn frontmatter(&self) -> Option<&str> {
        frontmatter::split(&self.text).map(|(head, _)| &self.text[head])
    }
}
