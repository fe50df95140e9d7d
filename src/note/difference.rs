//! What changed from one text of a note to the next: its lines, and what it cites.

use crate::citation::{Citation, Seen};
use similar::{ChangeTag, TextDiff};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineChange {
    /// It stands in both texts.
    Kept,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// Every line of both texts, without its line end, in order.
pub fn lines(old: &str, new: &str) -> Vec<(LineChange, String)> {
    let diff = TextDiff::configure().timeout(std::time::Duration::from_secs(2)).diff_lines(old, new);
    let change = |change: similar::Change<&str>| {
        let tag = match change.tag() {
            ChangeTag::Equal => LineChange::Kept,
            ChangeTag::Insert => LineChange::Added,
            ChangeTag::Delete => LineChange::Removed,
        };
        (tag, change.value().trim_end_matches(['\r', '\n']).to_owned())
    };
    diff.iter_all_changes().map(change).collect()
}

/// What changed among citations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CitationChanges {
    /// Cited for the first time.
    pub added: Vec<Citation>,
    /// No longer cited.
    pub removed: Vec<Citation>,
    /// The same text, cited from where it stands now.
    pub moved: Vec<(Citation, Citation)>,
}

/// Compares what two texts of a note cite. A place is its subject, path and lines.
pub fn citations(old: &[Citation], new: &[Citation]) -> CitationChanges {
    let place = |one: &Citation, other: &Citation| {
        (&one.subject, &one.path, one.lines) == (&other.subject, &other.path, other.lines)
    };
    let only_in = |these: &[Citation], those: &[Citation]| -> Vec<Citation> {
        these.iter().filter(|one| !those.iter().any(|other| place(one, other))).cloned().collect()
    };
    let mut changes = CitationChanges { added: only_in(new, old), ..CitationChanges::default() };
    for gone in only_in(old, new) {
        let twin = changes.added.iter().position(|added| added.subject == gone.subject && same_text(added, &gone));
        match twin {
            Some(at) => changes.moved.push((gone, changes.added.remove(at))),
            None => changes.removed.push(gone),
        }
    }
    changes
}

fn same_text(one: &Citation, other: &Citation) -> bool {
    match (&one.seen, &other.seen) {
        (Seen::Held(one), Seen::Held(other)) => !one.text.is_empty() && one.text == other.text,
        _ => false,
    }
}
