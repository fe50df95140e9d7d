//! What several notes cite, as text for people: what all of them do, what some do, what only one does.

use super::text::{FAINT, ID, STRONG, color};
use crate::invisible::line_for_terminal;
use crate::view::{CompareView, ComparedPlaceView, NoteView};
use std::io::{self, Write};

/// Prints a view.
pub(super) fn print(view: &CompareView, out: &mut dyn Write) -> io::Result<()> {
    for note in &view.notes {
        let who = note.agent.as_ref().map_or("no agent", |agent| agent.name.as_str());
        writeln!(
            out,
            "{ID}{}{ID:#}  {}  {STRONG}{}{STRONG:#}",
            line_for_terminal(&note.id),
            line_for_terminal(who),
            line_for_terminal(&note.title)
        )?;
    }
    let all = |place: &ComparedPlaceView| place.cited_by.len() == view.notes.len();
    if !view.places.iter().any(all) {
        writeln!(out, "\nno place is cited by {}", if view.notes.len() == 2 { "both" } else { "all" })?;
    }
    let mut before: Option<&[String]> = None;
    for place in &view.places {
        if before.replace(&place.cited_by) != Some(&place.cited_by) {
            writeln!(out, "\n{}", line_for_terminal(&heading(&place.cited_by, &view.notes)))?;
        }
        let lines =
            if place.first == place.last { place.first.to_string() } else { format!("{}-{}", place.first, place.last) };
        let subject = place.subject.as_ref().map(|name| format!("{name}//")).unwrap_or_default();
        let within = place.within.as_ref().map(|within| format!(" in {within}")).unwrap_or_default();
        let line = format!("  {subject}{}:{lines}", place.path);
        let (color, status) = (color(place.status), place.status);
        write!(out, "{}{FAINT}{}{FAINT:#}", line_for_terminal(&line), line_for_terminal(&within))?;
        match status {
            "fresh" | "moved" => writeln!(out)?,
            _ => writeln!(out, "  {color}{status}{color:#}")?,
        }
    }
    Ok(())
}

/// `both cite`, `claude, codex cite`, `only codex (m3xw8r2k) cites`
fn heading(cited_by: &[String], notes: &[NoteView]) -> String {
    let name = |id: &String| {
        let agent = |note: &NoteView| note.agent.as_ref().map(|agent| agent.name.clone());
        let own = notes.iter().find(|note| note.id == *id).and_then(agent);
        let alone = notes.iter().filter(|note| agent(note) == own).count() == 1;
        own.filter(|_| alone).unwrap_or_else(|| id.clone())
    };
    let names = || cited_by.iter().map(name).collect::<Vec<_>>().join(", ");
    match cited_by {
        all if all.len() == notes.len() => if notes.len() == 2 { "both cite" } else { "all cite" }.to_owned(),
        [_] => format!("only {} cites", names()),
        _ => format!("{} cite", names()),
    }
}
