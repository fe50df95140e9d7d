//! What `kb check` found, for people: a block for each note that is not as it was, then the counts.

use super::text::{FAINT, ID, STRONG, color, verdict};
use crate::invisible::line_for_terminal;
use crate::view::{CheckView, CheckedCitationView, CheckedView};
use std::io::{self, Write};

/// So many lines of what a citation was, and of what it became, are shown.
const MOST_LINES: usize = 6;

/// Prints a view.
pub(super) fn print(view: &CheckView, out: &mut dyn Write) -> io::Result<()> {
    let as_it_was = |note: &&CheckedView| matches!(note.status, "fresh" | "uncited");
    view.notes.iter().filter(|note| !as_it_was(note)).try_for_each(|note| block(note, out))?;
    let total: usize = view.counts.values().sum();
    let order = ["broken", "stale", "unknown", "unverified", "moved", "fresh", "uncited"];
    let counts = order.iter().filter_map(|status| view.counts.get(status).map(|count| format!("{count} {status}")));
    let counts: Vec<String> = counts.collect();
    let notes = if total == 1 { "note" } else { "notes" };
    match counts.is_empty() {
        true => writeln!(out, "{total} {notes}"),
        false => writeln!(out, "{total} {notes}: {}", counts.join(", ")),
    }
}

fn block(note: &CheckedView, out: &mut dyn Write) -> io::Result<()> {
    let color = color(note.status);
    writeln!(
        out,
        "{color}{}{color:#}  {ID}{}{ID:#}  {STRONG}{}{STRONG:#}",
        note.status,
        line_for_terminal(&note.id),
        line_for_terminal(&note.title)
    )?;
    let (bad, good): (Vec<&CheckedCitationView>, Vec<&CheckedCitationView>) =
        note.citations.iter().partition(|one| one.citation.status != "fresh");
    bad.into_iter().try_for_each(|one| citation(one, out))?;
    if note.updated {
        writeln!(out, "    {FAINT}written into the note{FAINT:#}")?;
    }
    match good.len() {
        0 => Ok(()),
        1 => writeln!(out, "    {FAINT}1 citation is as it was{FAINT:#}"),
        count => writeln!(out, "    {FAINT}{count} citations are as they were{FAINT:#}"),
    }
}

fn citation(one: &CheckedCitationView, out: &mut dyn Write) -> io::Result<()> {
    let within = one.citation.within.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    let why = one.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let line = format!("{}{within}{why}", verdict(&one.citation));
    writeln!(out, "    {}", line_for_terminal(&line))?;
    for (mark, line) in changed_lines(&one.before, &one.after) {
        writeln!(out, "        {FAINT}{mark}{FAINT:#} {}", line_for_terminal(&line))?;
    }
    for commit in &one.commits {
        let short = commit.id.get(..12).unwrap_or(&commit.id);
        writeln!(
            out,
            "        {FAINT}{}{FAINT:#}",
            line_for_terminal(&format!("{short} {} {}", commit.date, commit.subject))
        )?;
    }
    Ok(())
}

/// The lines that are only on one side, a few of each.
fn changed_lines(before: &[String], after: &[String]) -> Vec<(char, String)> {
    let only = |lines: &[String], others: &[String], mark: char| {
        let differing: Vec<&String> = lines
            .iter()
            .filter(|line| !line.trim().is_empty() && !others.iter().any(|other| other.trim() == line.trim()))
            .collect();
        let left = differing.len().saturating_sub(MOST_LINES);
        let mut shown: Vec<(char, String)> =
            differing.into_iter().take(MOST_LINES).map(|line| (mark, line.trim().to_owned())).collect();
        if left > 0 {
            shown.push((mark, format!("… {left} more")));
        }
        shown
    };
    let mut lines = only(before, after, '-');
    lines.extend(only(after, before, '+'));
    lines
}
