//! What `kb check` found, as annotations of a pull request: a `::warning` line for each citation that
//! does not hold.

use super::text::verdict;
use crate::invisible::line_for_terminal;
use crate::view::{CheckView, CheckedCitationView, CheckedView};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Prints a view.
pub(super) fn print(view: &CheckView, out: &mut dyn Write) -> io::Result<()> {
    for note in &view.notes {
        let bad = note.citations.iter().filter(|one| matches!(one.citation.status, "stale" | "broken"));
        for one in bad {
            writeln!(out, "{}", annotation(note, one))?;
        }
    }
    Ok(())
}

/// `::warning file=src/a.py,line=3,endLine=9,title=...::...`, where the changed code stands.
fn annotation(note: &CheckedView, one: &CheckedCitationView) -> String {
    let citation = &one.citation;
    let place = match &one.became {
        Some(place) => (&place.path, place.first, place.last),
        None => (&citation.path, citation.first, citation.last),
    };
    let file = property(&format!("{}{}", one.inside, place.0));
    let title = property(&format!("kb: {} ({})", note.title, note.id));
    let mut message = verdict(citation);
    if let Some(within) = &citation.within {
        let _ = write!(message, " in {within}");
    }
    for commit in &one.commits {
        let short = commit.id.get(..12).unwrap_or(&commit.id);
        let _ = write!(message, "\n{short} {} {}", commit.date, commit.subject);
    }
    format!("::warning file={file},line={},endLine={},title={title}::{}", place.1, place.2, data(&message))
}

/// A message: what would end it is escaped as GitHub reads it.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| line_for_terminal(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// A property: what would begin the next one is escaped, too.
fn property(text: &str) -> String {
    line_for_terminal(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
