//! How a citation stands, and how a note does: as bad as the worst of its citations.

use super::{Citation, Lines, Seen, Status};

/// How a note stands today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As bad as the worst citation.
    pub status: Status,
    /// One for each citation, in their order.
    pub citations: Vec<Verdict>,
}

/// How one citation stands today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it still holds.
    pub status: Status,
    /// What became of the cited lines; none where nothing can be said of them.
    pub change: Option<Change>,
    /// Where the same text stands now, when it moved.
    pub now: Option<(String, Lines)>,
    /// Where what they became stands, when they are stale.
    pub became: Option<(String, Lines)>,
}

/// What became of cited lines. From least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// They and the definition around them are as they were.
    None,
    /// Comments, white space or formatting.
    Comments,
    /// Code beside them, in the same definition.
    Definition,
    /// Their code.
    Lines,
}

impl Change {
    /// All of them, from least to most.
    pub const ALL: [Change; 4] = [Change::None, Change::Comments, Change::Definition, Change::Lines];

    /// The word that people and programs see.
    pub fn word(self) -> &'static str {
        match self {
            Change::None => "none",
            Change::Comments => "comments",
            Change::Definition => "definition",
            Change::Lines => "lines",
        }
    }
}

impl Standing {
    /// How citations stand that were resolved a moment ago.
    pub fn as_resolved(citations: &[Citation]) -> Self {
        let verdict =
            |citation: &Citation| Verdict::unread(&citation.seen).unwrap_or_else(|| Verdict::fresh(Change::None));
        Self::of(citations.iter().map(verdict).collect())
    }

    /// Of a note whose citations stand like this.
    pub fn of(citations: Vec<Verdict>) -> Self {
        let status = citations.iter().map(|verdict| verdict.status).max().unwrap_or(Status::Uncited);
        Self { status, citations }
    }
}

impl Verdict {
    /// A verdict that says nothing of the lines.
    pub fn of(status: Status) -> Self {
        Self { status, change: None, now: None, became: None }
    }

    /// The verdict on what never was seen; none for what was.
    pub(super) fn unread(seen: &Seen) -> Option<Self> {
        match seen {
            Seen::Held(_) => None,
            Seen::Broken(_) => Some(Self::of(Status::Broken)),
            Seen::Unverified => Some(Self::of(Status::Unverified)),
        }
    }

    pub(super) fn fresh(change: Change) -> Self {
        Self { change: Some(change), ..Self::of(Status::Fresh) }
    }

    pub(super) fn moved(change: Change, path: &str, lines: Lines) -> Self {
        Self { change: Some(change), now: Some((path.to_owned(), lines)), ..Self::of(Status::Moved) }
    }

    pub(super) fn stale(became: Option<(String, Lines)>) -> Self {
        Self { change: Some(Change::Lines), became, ..Self::of(Status::Stale) }
    }

    pub(super) fn gone() -> Self {
        Self { change: Some(Change::Lines), ..Self::of(Status::Broken) }
    }
}
