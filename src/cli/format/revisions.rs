//! Revisions of a note as text for people.

use super::text::{ID, color};
use crate::invisible::line_for_terminal;
use crate::view::{CitedView, DiffView, LogView};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
/// How many lines are shown around a change.
const AROUND: usize = 3;

/// `kb log`: a line a revision.
pub(super) fn log(view: &LogView, out: &mut dyn Write) -> io::Result<()> {
    for revision in &view.revisions {
        let when = revision.when.as_deref().unwrap_or("-");
        let agent = revision.agent.as_deref().unwrap_or("-");
        let line = format!("{when:<20}  {agent}  {}", revision.title);
        write!(out, "{ID}{:>3}{ID:#}  {}", revision.revision, line_for_terminal(&line))?;
        match revision.status {
            Some(status) => writeln!(out, "  {0}{status}{0:#}", color(status))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// `kb diff`: changed lines with some around them, then what is cited otherwise.
pub(super) fn diff(view: &DiffView, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{REMOVED}--- {} revision {}{REMOVED:#}", line_for_terminal(&view.id), view.from)?;
    writeln!(out, "{ADDED}+++ {} revision {}{ADDED:#}", line_for_terminal(&view.id), view.to)?;
    let mut near = vec![false; view.text.len()];
    for at in (0..view.text.len()).filter(|at| view.text[*at].change != "kept") {
        let last = (at + AROUND + 1).min(near.len());
        near[at.saturating_sub(AROUND)..last].fill(true);
    }
    for (at, line) in view.text.iter().enumerate().filter(|(at, _)| near[*at]) {
        if at > 0 && !near[at - 1] {
            writeln!(out, "...")?;
        }
        let (mark, style) = match line.change {
            "added" => ('+', ADDED),
            "removed" => ('-', REMOVED),
            _ => (' ', Style::new()),
        };
        writeln!(out, "{style}{mark}{}{style:#}", line_for_terminal(&line.line))?;
    }
    let cited = &view.citations;
    for (word, places) in [("cited anew", &cited.added), ("no longer cited", &cited.removed)] {
        for one in places {
            writeln!(out, "{word}: {}", line_for_terminal(&place(one)))?;
        }
    }
    for one in &cited.moved {
        let line = format!("{} is now {}", place(&one.from), place(&one.to));
        writeln!(out, "moved: {}", line_for_terminal(&line))?;
    }
    Ok(())
}

/// `src/a.py:3-9`, `werkzeug//src/http.py:7`
fn place(cited: &CitedView) -> String {
    let subject = cited.subject.as_ref().map(|name| format!("{name}//")).unwrap_or_default();
    let at = &cited.place;
    let lines = if at.first == at.last { at.first.to_string() } else { format!("{}-{}", at.first, at.last) };
    format!("{subject}{}:{lines}", at.path)
}
