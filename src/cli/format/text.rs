//! Text for people: notes rendered on a terminal, raw in a pipe. Foreign text passes through
//! `invisible` on its way to a terminal, here and nowhere else.

use super::{View, markdown};
use crate::invisible::{for_terminal, line_for_terminal};
use crate::view::{AskView, CitationView, HitView, NoteView, ShowView};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// How text is printed.
pub(super) struct Text {
    /// Somebody looks.
    pub(super) terminal: bool,
    /// In columns.
    pub(super) width: usize,
}

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const ID: Style = AnsiColor::Cyan.on_default();
const HIT: Style = AnsiColor::Yellow.on_default().bold();

impl Text {
    /// Prints a view.
    pub(super) fn print(&self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        match view {
            View::Search(view) => view.hits.iter().enumerate().try_for_each(|(at, hit)| self.hit(at + 1, hit, out)),
            View::List(view) => view.notes.iter().try_for_each(|note| line(note, out)),
            View::Show(view, _) => self.note(view, out),
            View::Saved(view) => writeln!(
                out,
                "{ID}{}{ID:#}  {}",
                line_for_terminal(&view.note.note.id),
                line_for_terminal(&view.note.note.path)
            ),
            View::Ask(view) => self.answer(view, out),
            View::Context { view, .. } => out.write_all(view.text.as_bytes()),
            View::Where(view) => writeln!(out, "{}", line_for_terminal(&view.kb)),
            View::Files(view) => super::paths::print(&view.paths, out),
            View::Ids(_) | View::Paths(_) | View::Plain(_) | View::AndThen(..) => Ok(()),
        }
    }

    fn hit(&self, number: usize, hit: &HitView, out: &mut dyn Write) -> io::Result<()> {
        let note = &hit.note;
        let number = if self.terminal { format!("@{number:<3}") } else { String::new() };
        writeln!(
            out,
            "{FAINT}{number}{FAINT:#}{ID}{}{ID:#}  {STRONG}{}{STRONG:#}",
            line_for_terminal(&note.id),
            line_for_terminal(&note.title)
        )?;
        if !hit.snippet.is_empty() {
            write!(out, "    ")?;
            for piece in &hit.snippet {
                let style = if piece.hit { HIT } else { Style::new() };
                write!(out, "{style}{}{style:#}", line_for_terminal(&piece.text))?;
            }
            writeln!(out)?;
        }
        writeln!(out, "    {FAINT}{}{FAINT:#}", line_for_terminal(&about(note)))
    }

    fn note(&self, view: &ShowView, out: &mut dyn Write) -> io::Result<()> {
        let note = &view.note.note;
        writeln!(out, "{ID}{}{ID:#} {FAINT}{}{FAINT:#}", line_for_terminal(&note.id), line_for_terminal(&about(note)))?;
        if let Some(question) = &note.question {
            writeln!(out, "{FAINT}asked:{FAINT:#} {}", line_for_terminal(question))?;
        }
        writeln!(out)?;
        write!(out, "{}", markdown::render(&view.note.body, self.width))?;
        let bad: Vec<&CitationView> =
            note.citations.iter().filter(|one| !matches!(one.status, "fresh" | "unverified" | "unknown")).collect();
        if !bad.is_empty() {
            writeln!(out)?;
        }
        bad.into_iter()
            .try_for_each(|citation| writeln!(out, "{FAINT}{}{FAINT:#}", line_for_terminal(&verdict(citation))))
    }

    fn answer(&self, view: &AskView, out: &mut dyn Write) -> io::Result<()> {
        let body = view.note.as_ref().map(|note| note.body.as_str()).or(view.answer.as_deref()).unwrap_or_default();
        match self.terminal {
            true => write!(out, "{}", markdown::render(body, self.width)),
            false => write!(out, "{}", for_terminal(body)),
        }
    }
}

fn line(note: &NoteView, out: &mut dyn Write) -> io::Result<()> {
    let created = note.created.as_deref().map_or("          ", |created| &created[..10]);
    writeln!(
        out,
        "{ID}{}{ID:#}  {FAINT}{created}{FAINT:#}  {STRONG}{}{STRONG:#}  {FAINT}{}{FAINT:#}",
        line_for_terminal(&note.id),
        line_for_terminal(&note.title),
        line_for_terminal(&labels(note).join(" · ")),
    )
}

/// Subject, agent, status, tags: what is known of a note beside its words.
fn labels(note: &NoteView) -> Vec<String> {
    let mut labels = vec![note.status.to_owned()];
    labels.extend(note.subjects.iter().map(|subject| subject.name.clone()));
    labels.extend(note.agent.iter().map(|agent| agent.name.clone()));
    if !note.tags.is_empty() {
        labels.push(note.tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" "));
    }
    labels
}

fn about(note: &NoteView) -> String {
    let mut labels = labels(note);
    labels.extend(note.created.as_deref().map(|created| created[..10].to_owned()));
    labels.push(note.file.clone());
    labels.join(" · ")
}

/// `stale: src/a.py:3-9`, `moved: src/a.py:3-9 is now src/a.py:13-19`
fn verdict(citation: &CitationView) -> String {
    let subject = citation.subject.as_ref().map(|name| format!("{name}//")).unwrap_or_default();
    let place = |path: &str, first: u32, last: u32| {
        if first == last { format!("{path}:{first}") } else { format!("{path}:{first}-{last}") }
    };
    let here = format!("{}: {subject}{}", citation.status, place(&citation.path, citation.first, citation.last));
    match &citation.now {
        Some(now) => format!("{here} is now {}", place(&now.path, now.first, now.last)),
        None => here,
    }
}
