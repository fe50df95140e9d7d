//! Text for people: notes rendered on a terminal, raw in a pipe. Foreign text passes through
//! `invisible` on its way to a terminal, here and nowhere else.

use super::{View, markdown};
use crate::invisible::{for_terminal, line_for_terminal};
use crate::view::{AgentsView, AskView, CitationView, HitView, JobView, JobsView, NoteView, PlanView, ShowView};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How text is printed.
pub(super) struct Text {
    /// Somebody looks.
    pub(super) terminal: bool,
    /// In columns.
    pub(super) width: usize,
}

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const ID: Style = AnsiColor::Cyan.on_default();
/// A title is not cut shorter than that.
const LEAST_TITLE: usize = 30;
const HIT: Style = AnsiColor::Yellow.on_default().bold();

impl Text {
    /// Prints a view.
    pub(super) fn print(&self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        match view {
            View::Search(view) => view.hits.iter().enumerate().try_for_each(|(at, hit)| self.hit(at + 1, hit, out)),
            View::List(view) => view.notes.iter().enumerate().try_for_each(|(at, note)| self.line(at + 1, note, out)),
            View::Related(view) => {
                view.notes.iter().enumerate().try_for_each(|(at, near)| self.line(at + 1, &near.note, out))
            }
            View::Check(view) => super::check::print(view, out),
            View::Annotations(view) => super::github::print(view, out),
            View::Show(view, _) => self.note(view, out),
            View::Saved(view) => writeln!(
                out,
                "{ID}{}{ID:#}  {}",
                line_for_terminal(&view.note.note.id),
                line_for_terminal(&view.note.note.path)
            ),
            View::Ask(view) => self.answer(view, out),
            View::Jobs(view) => self.jobs(view, out),
            View::Plan(view) => plan(view, out),
            View::Agents(view) => agents(view, out),
            View::Job(view) => job(view, out),
            View::Context { view, .. } => out.write_all(view.text.as_bytes()),
            View::Where(view, _) => writeln!(out, "{}", line_for_terminal(&view.kb)),
            View::Log(view) => super::revisions::log(view, out),
            View::Diff(view) => super::revisions::diff(view, out),
            View::Compare(view) => super::compare::print(view, out),
            View::Files(view) => super::paths::print(&view.paths, out),
            View::Event(_) | View::AsJson(_) | View::Ids(_) | View::Paths(_) | View::Plain(_) | View::AndThen(..) => {
                Ok(())
            }
        }
    }

    fn hit(&self, number: usize, hit: &HitView, out: &mut dyn Write) -> io::Result<()> {
        let note = &hit.note;
        let number = self.number(number);
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
        let (color, status) = (color(note.status), note.status);
        writeln!(out, "    {color}{status}{color:#}{FAINT}{}{FAINT:#}", line_for_terminal(&about(note)[status.len()..]))
    }

    /// What a hit is called in the terminal that it is printed in.
    fn number(&self, number: usize) -> String {
        if self.terminal { format!("@{number:<3} ") } else { String::new() }
    }

    /// A note in one line; on a terminal not wider than that.
    fn line(&self, number: usize, note: &NoteView, out: &mut dyn Write) -> io::Result<()> {
        let number = self.number(number);
        let created = note.created.as_deref().map_or("          ", |created| &created[..10]);
        let mut labels = labels(note);
        let status = labels.remove(0);
        let rest = if labels.is_empty() { String::new() } else { format!(" · {}", labels.join(" · ")) };
        let (id, rest) = (line_for_terminal(&note.id), line_for_terminal(&rest));
        let mut title = line_for_terminal(&note.title).into_owned();
        if self.terminal {
            let taken = number.len() + id.width() + created.len() + status.len() + rest.width() + 6;
            title = shortened(&title, self.width.saturating_sub(taken).max(LEAST_TITLE));
        }
        let color = color(&status);
        writeln!(
            out,
            "{FAINT}{number}{FAINT:#}{ID}{id}{ID:#}  {FAINT}{created}{FAINT:#}  {STRONG}{title}{STRONG:#}  {color}{status}{color:#}{FAINT}{rest}{FAINT:#}"
        )
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

    fn jobs(&self, view: &JobsView, out: &mut dyn Write) -> io::Result<()> {
        let width = |text: fn(&JobView) -> &str| view.jobs.iter().map(|job| text(job).width()).max().unwrap_or(0);
        let (states, agents) = (width(|job| &job.state), width(|job| &job.agent));
        for job in &view.jobs {
            let seconds = job.seconds.map(|seconds| format!("{seconds:.0} s")).unwrap_or_default();
            let line =
                format!("{}  {:<states$}  {:<agents$}  {seconds:>5}  {}", job.id, job.state, job.agent, job.question);
            writeln!(out, "{}", shortened(&line_for_terminal(&line), self.width))?;
        }
        Ok(())
    }

    fn answer(&self, view: &AskView, out: &mut dyn Write) -> io::Result<()> {
        let body = view.note.as_ref().map(|note| note.body.as_str()).or(view.answer.as_deref()).unwrap_or_default();
        let text = match self.terminal {
            true => markdown::render(body, self.width),
            false => for_terminal(body).into_owned(),
        };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        write!(out, "{text}{end}")?;
        match &view.compared {
            Some(compared) => {
                writeln!(out)?;
                super::compare::print(compared, out)
            }
            None => Ok(()),
        }
    }
}

/// What would be told to whom.
fn plan(plan: &PlanView, out: &mut dyn Write) -> io::Result<()> {
    let command = shell_words::join(&plan.command);
    let network = if plan.hosts.is_empty() { "none".to_owned() } else { plan.hosts.join(", ") };
    for (name, value) in [
        ("agent", plan.agent.as_str()),
        ("wall", plan.wall),
        ("command", &command),
        ("network", &network),
        ("variables", &plan.variables.join(" ")),
        ("reads", &plan.read.join(" ")),
    ] {
        writeln!(out, "{name:<9} {}", line_for_terminal(value))?;
    }
    writeln!(out, "\n{}", for_terminal(&plan.prompt))
}

/// Who can be asked.
fn agents(view: &AgentsView, out: &mut dyn Write) -> io::Result<()> {
    let width = view.agents.iter().map(|agent| agent.name.width()).max().unwrap_or(0);
    for agent in &view.agents {
        let mark = if agent.default { '*' } else { ' ' };
        let version = agent.version.as_deref().map(|version| format!("{version}; ")).unwrap_or_default();
        let line = format!("{mark} {:<width$}  {version}{}", agent.name, agent.why);
        writeln!(out, "{}", line_for_terminal(&line))?;
        writeln!(out, "  {:<width$}  {}", "", line_for_terminal(&agent.about))?;
    }
    writeln!(out, "\nwall: {}", view.wall.unwrap_or("none stands here"))?;
    view.wall_notes.iter().try_for_each(|note| writeln!(out, "  {}", line_for_terminal(note)))
}

/// One job, all that is known.
fn job(job: &JobView, out: &mut dyn Write) -> io::Result<()> {
    let facts = [
        ("question", Some(&job.question)),
        ("agent", Some(&job.agent)),
        ("about", Some(&job.subject)),
        ("asked", Some(&job.created)),
        ("ended", job.ended.as_ref()),
        ("note", job.note.as_ref()),
        ("unsaved", job.unsaved.as_ref()),
        ("error", job.error.as_ref()),
        ("hint", job.hint.as_ref()),
    ];
    writeln!(out, "{}  {}", job.id, job.state)?;
    for (name, value) in facts {
        if let Some(value) = value {
            writeln!(out, "  {name:<9} {}", line_for_terminal(value))?;
        }
    }
    if let Some(partial) = &job.partial {
        writeln!(out, "\nwhat it said until it broke off:\n\n{}", for_terminal(partial))?;
    }
    Ok(())
}

/// Good, doubtful, bad: never told by colour alone.
pub(super) fn color(status: &str) -> Style {
    match status {
        "fresh" => AnsiColor::Green.on_default(),
        "moved" => AnsiColor::Yellow.on_default(),
        "stale" | "broken" => AnsiColor::Red.on_default(),
        _ => FAINT,
    }
}

/// The beginning of a line, so many columns wide at most.
fn shortened(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut taken = 1;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    line.chars().take_while(fits).chain(['…']).collect()
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
pub(super) fn verdict(citation: &CitationView) -> String {
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
