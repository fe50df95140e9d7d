//! Text for people: notes rendered on a terminal, raw in a pipe. Foreign text passes through
//! `invisible` on its way to a terminal, here and nowhere else.

use super::fit::{Pieces, shortened, styled, wrapped};
use super::{View, markdown, marks};
use crate::invisible::{for_terminal, line_for_terminal};
use crate::view::{
    AgentsView, AskView, CitationView, HitView, JobView, JobsView, NoteView, NoteWithBody, PlanView, ShowView,
};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

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
/// A title is not cut shorter than that for what stands behind it.
const LEAST_TITLE: usize = 30;
/// So many last lines of a program are shown; JSON has all that are kept.
const LAST_LINES: usize = 5;
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
            View::Agents(view) => self.agents(view, out),
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

    /// A row: on a terminal in lines that fit, behind what takes `indent` columns.
    fn row(&self, pieces: &Pieces<'_>, indent: usize) -> String {
        match self.terminal {
            true => wrapped(pieces, indent, self.width),
            false => styled(pieces.iter().map(|(text, style)| (text, *style))),
        }
    }

    fn hit(&self, number: usize, hit: &HitView, out: &mut dyn Write) -> io::Result<()> {
        let note = &hit.note;
        let (number, id) = (self.number(number), line_for_terminal(&note.id));
        let title = self.row(&[(line_for_terminal(&note.title), STRONG)], number.len() + id.width() + 2);
        writeln!(out, "{FAINT}{number}{FAINT:#}{ID}{id}{ID:#}  {title}")?;
        if !hit.snippet.is_empty() {
            let style = |is_hit| if is_hit { HIT } else { Style::new() };
            let pieces = hit.snippet.iter().map(|piece| (line_for_terminal(&piece.text), style(piece.hit)));
            writeln!(out, "    {}", self.row(&pieces.collect::<Vec<_>>(), 4))?;
        }
        writeln!(out, "    {}", self.about(note, 4))
    }

    /// All that is known of a note beside its words, its status first.
    fn about(&self, note: &NoteView, indent: usize) -> String {
        let rest = about(note, |file| match self.terminal {
            // Its id tells where it is; the file's name is the first to go.
            true => shortened(&line_for_terminal(file), self.width.saturating_sub(indent)),
            false => file.to_owned(),
        });
        let rest = rest[note.status.len()..].to_owned();
        self.row(&[(note.status.into(), color(note.status)), (line_for_terminal(&rest), FAINT)], indent)
    }

    /// What a hit is called in the terminal that it is printed in.
    fn number(&self, number: usize) -> String {
        if self.terminal { format!("@{number:<3} ") } else { String::new() }
    }

    /// A note in one line; on a terminal not wider than that, and in two where too little is left for the title.
    fn line(&self, number: usize, note: &NoteView, out: &mut dyn Write) -> io::Result<()> {
        let number = self.number(number);
        let created = note.created.as_deref().map_or("          ", |created| &created[..10]);
        let mut labels = labels(note);
        let status = labels.remove(0);
        let rest = if labels.is_empty() { String::new() } else { format!(" · {}", labels.join(" · ")) };
        let (id, rest) = (line_for_terminal(&note.id), line_for_terminal(&rest));
        let mut title = line_for_terminal(&note.title).into_owned();
        let color = color(&status);
        if self.terminal {
            let before = number.len() + id.width() + 2;
            let room = self.width.saturating_sub(before + created.len() + status.len() + rest.width() + 4);
            if room < LEAST_TITLE.min(title.width()) {
                let title = shortened(&title, self.width.saturating_sub(before));
                writeln!(out, "{FAINT}{number}{FAINT:#}{ID}{id}{ID:#}  {STRONG}{title}{STRONG:#}")?;
                let rest = format!("{rest} · {created}").trim_end_matches([' ', '·']).to_owned();
                return writeln!(out, "    {}", self.row(&[(status.into(), color), (rest.into(), FAINT)], 4));
            }
            title = shortened(&title, room);
        }
        writeln!(
            out,
            "{FAINT}{number}{FAINT:#}{ID}{id}{ID:#}  {FAINT}{created}{FAINT:#}  {STRONG}{title}{STRONG:#}  {color}{status}{color:#}{FAINT}{rest}{FAINT:#}"
        )
    }

    fn note(&self, view: &ShowView, out: &mut dyn Write) -> io::Result<()> {
        let note = &view.note.note;
        let id = line_for_terminal(&note.id);
        writeln!(out, "{ID}{id}{ID:#} {}", self.about(note, id.width() + 1))?;
        if let Some(question) = &note.question {
            let question = self.row(&[(line_for_terminal(question), Style::new())], 7);
            writeln!(out, "{FAINT}asked:{FAINT:#} {question}")?;
        }
        if !note.with.is_empty() {
            let with = self.row(&[(line_for_terminal(&note.with.join(" ")), Style::new())], 6);
            writeln!(out, "{FAINT}with:{FAINT:#} {with}")?;
        }
        writeln!(out)?;
        self.body(&view.note, out)
    }

    /// A note's text, and what of it does not hold.
    fn body(&self, note: &NoteWithBody, out: &mut dyn Write) -> io::Result<()> {
        let marked = marks::marked(&note.body, &note.note.citations);
        write!(out, "{}", markdown::render(&marked, self.width))?;
        let bad = note.note.citations.iter().filter(|one| !matches!(one.status, "fresh" | "unverified" | "unknown"));
        let weak = note.note.citations.iter().filter(|one| one.weak && one.status == "fresh");
        let lines = bad.map(verdict).chain(weak.map(|one| format!("weak: {}", here(one))));
        let lines: Vec<String> = lines.chain(unknown_names(note)).collect();
        if !lines.is_empty() {
            writeln!(out)?;
        }
        lines.iter().try_for_each(|line| writeln!(out, "{FAINT}{}{FAINT:#}", line_for_terminal(line)))
    }

    fn jobs(&self, view: &JobsView, out: &mut dyn Write) -> io::Result<()> {
        let width = |text: fn(&JobView) -> &str| view.jobs.iter().map(|job| text(job).width()).max().unwrap_or(0);
        let (states, agents) = (width(|job| &job.state), width(|job| &job.agent));
        for job in &view.jobs {
            let seconds = job.seconds.map(|seconds| format!("{seconds:.0} s")).unwrap_or_default();
            let line =
                format!("{}  {:<states$}  {:<agents$}  {seconds:>5}  {}", job.id, job.state, job.agent, job.question);
            let line = line_for_terminal(&line);
            let question = line_for_terminal(&job.question);
            let before = line.width() - question.width();
            if before + LEAST_TITLE.min(job.question.width()) <= self.width {
                writeln!(out, "{}", shortened(&line, self.width))?;
                continue;
            }
            // Too little is left for the question.
            let facts = line[..line.len() - question.len()].trim_end();
            writeln!(out, "{}", shortened(facts, self.width))?;
            writeln!(out, "    {}", shortened(&question, self.width.saturating_sub(4)))?;
        }
        Ok(())
    }

    /// Who can be asked.
    fn agents(&self, view: &AgentsView, out: &mut dyn Write) -> io::Result<()> {
        let row = |text: &str, indent| self.row(&[(line_for_terminal(text), Style::new())], indent);
        let width = view.agents.iter().map(|agent| agent.name.width()).max().unwrap_or(0);
        for agent in &view.agents {
            let mark = if agent.default { '*' } else { ' ' };
            let version = agent.version.as_deref().map(|version| format!("{version}; ")).unwrap_or_default();
            let name = line_for_terminal(&agent.name);
            writeln!(out, "{mark} {name:<width$}  {}", row(&format!("{version}{}", agent.why), width + 4))?;
            writeln!(out, "  {:<width$}  {}", "", row(&agent.about, width + 4))?;
        }
        writeln!(out, "\nwall: {}", view.wall.unwrap_or("none stands here"))?;
        view.wall_notes.iter().try_for_each(|note| writeln!(out, "  {}", row(note, 2)))
    }

    fn answer(&self, view: &AskView, out: &mut dyn Write) -> io::Result<()> {
        let body = view.note.as_ref().map(|note| note.body.as_str()).or(view.answer.as_deref()).unwrap_or_default();
        let text = match (self.terminal, &view.note) {
            (true, Some(note)) => markdown::render(&marks::marked(body, &note.note.citations), self.width),
            (true, None) => markdown::render(body, self.width),
            (false, _) => for_terminal(body).into_owned(),
        };
        if let Some(heading) = &view.heading {
            writeln!(out, "{STRONG}==> {} <=={STRONG:#}\n", line_for_terminal(heading))?;
        }
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
    if let Some(stderr) = job.stderr.as_ref().filter(|_| job.note.is_none()) {
        let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        writeln!(out, "\nits last lines on standard error:\n")?;
        for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
            writeln!(out, "  {}", line_for_terminal(line))?;
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

/// The same with the date and the file, as it is to be shown.
fn about(note: &NoteView, file: impl Fn(&str) -> String) -> String {
    let mut labels = labels(note);
    labels.extend(note.created.as_deref().map(|created| created[..10].to_owned()));
    labels.push(file(&note.file));
    labels.join(" · ")
}

/// How many of the names that were looked up are not in the code, and which.
fn unknown_names(note: &NoteWithBody) -> Option<String> {
    let unknown = &note.note.unknown_names;
    let (count, all) = (unknown.len(), note.names_checked.max(unknown.len()));
    let (names, are) = (if all == 1 { "name" } else { "names" }, if count == 1 { "is" } else { "are" });
    let list = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    (count > 0).then(|| format!("{count} of {all} {names} {are} not in this code: {list}"))
}

/// `stale: src/a.py:3-9`, `moved: src/a.py:3-9 is now src/a.py:13-19`
pub(super) fn verdict(citation: &CitationView) -> String {
    let here = format!("{}: {}", citation.status, here(citation));
    match &citation.now {
        Some(now) => format!("{here} is now {}", place(&now.path, now.first, now.last)),
        None => here,
    }
}

/// `werkzeug//src/a.py:3-9`
fn here(citation: &CitationView) -> String {
    let subject = citation.subject.as_ref().map(|name| format!("{name}//")).unwrap_or_default();
    format!("{subject}{}", place(&citation.path, citation.first, citation.last))
}

fn place(path: &str, first: u32, last: u32) -> String {
    if first == last { format!("{path}:{first}") } else { format!("{path}:{first}-{last}") }
}
