//! What `kb check` finds.

use super::{CitationView, PlaceView};
use crate::subject::Commit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `kb check`
#[derive(Clone, Debug, Serialize)]
pub struct CheckView {
    /// [`FORMAT`]
    pub format: u32,
    /// How many notes stand how.
    pub counts: BTreeMap<&'static str, usize>,
    /// Newest first.
    pub notes: Vec<CheckedView>,
    /// Files set aside, an index made anew, branches that are ahead.
    pub warnings: Vec<String>,
    /// A note is as bad as `--fail-on` says.
    #[serde(skip)]
    pub fails: bool,
}

/// A note that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedView {
    /// The note's id.
    pub id: String,
    /// Absolute.
    pub path: String,
    /// One line.
    pub title: String,
    /// As bad as the worst citation.
    pub status: &'static str,
    /// In the order of the note.
    pub citations: Vec<CheckedCitationView>,
    /// With `--update`: whether the new places of what moved were written into the note.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub updated: bool,
}

/// A citation that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedCitationView {
    /// The citation, and how it stands.
    #[serde(flatten)]
    pub citation: CitationView,
    /// Why it does not hold, where its lines do not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Where what the lines became stands, when they are stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub became: Option<PlaceView>,
    /// The folder of the subject in its repository, with `/` behind it; empty for all of it.
    #[serde(skip)]
    pub inside: String,
    /// The lines as they were read, where they are stale and that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// What they became.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The commits that changed them, oldest first.
    pub commits: Vec<CommitView>,
}

/// A commit.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CommitView {
    pub id: String,
    /// `2026-11-24`
    pub date: String,
    pub subject: String,
}

impl From<&Commit> for CommitView {
    fn from(commit: &Commit) -> Self {
        Self { id: commit.id.clone(), date: commit.date.clone(), subject: commit.subject.clone() }
    }
}
