//! What a command returns, and how it is printed: one file a format.

mod check;
mod compare;
mod fit;
mod github;
mod ids;
mod json;
mod live;
pub mod markdown;
mod marks;
mod paths;
mod revisions;
mod text;

pub(super) use fit::shortened;
pub(super) use live::Live;

use super::fail::{self, Failure};
use super::settings::Settings;
use crate::index::Index;
use crate::invisible;
use crate::view::{
    AgentsView, AskView, CheckView, CompareView, ContextView, DiffView, EventView, FilesView, HappenedView, JobView,
    JobsView, ListView, LogView, PlanView, RelatedView, SearchView, ShowView, WhereView,
};
use std::io::{self, IsTerminal, Write};

/// What a command returns.
pub(super) enum View {
    Search(SearchView),
    List(ListView),
    Check(Box<CheckView>),
    /// The same as annotations of a pull request.
    Annotations(Box<CheckView>),
    /// It is JSON whatever else was asked for.
    AsJson(Box<View>),
    /// A note; the second is its file's bytes, printed when nobody looks.
    Show(Box<ShowView>, Vec<u8>),
    /// A note that was made or changed.
    Saved(Box<ShowView>),
    Ask(Box<AskView>),
    /// It is JSON whatever else was asked for.
    Event(Box<EventView>),
    Jobs(JobsView),
    Plan(Box<PlanView>),
    Agents(AgentsView),
    Job(Box<JobView>),
    Context {
        view: Box<ContextView>,
        /// It is JSON whatever else was asked for.
        json: bool,
        /// What was taken out and left out.
        said: Vec<String>,
    },
    /// A knowledge base, and what is said beside its path.
    Where(WhereView, Vec<String>),
    Files(FilesView),
    Log(LogView),
    Diff(DiffView),
    Compare(Box<CompareView>),
    Related(RelatedView),
    /// Ids or paths alone, one a line.
    Ids(Vec<String>),
    Paths(Vec<String>),
    /// Text of kb's own, printed as it is.
    Plain(String),
    /// Something printed, then something done that can wait for it.
    AndThen(Box<View>, Box<dyn FnOnce()>),
}

impl View {
    /// The view, and behind it what the index keeps for the next command.
    pub(super) fn with(self, index: Index) -> Self {
        // What fails here spares the next command no work, and nothing else.
        self.and_then(move || drop(index.persist()))
    }

    /// The view, and behind it something that can wait for the answer.
    pub(super) fn and_then(self, later: impl FnOnce() + 'static) -> Self {
        View::AndThen(Box::new(self), Box::new(later))
    }

    /// The exit code that goes with it.
    fn exit(&self) -> u8 {
        match self {
            View::Search(view) if view.total == 0 => fail::NO,
            View::Related(view) if view.notes.is_empty() => fail::NO,
            View::Check(view) | View::Annotations(view) if view.fails => fail::NO,
            View::Ask(view) if view.abstained => fail::NO,
            View::Event(view) if matches!(&view.what, HappenedView::Ended(row) if row.abstained) => fail::NO,
            View::Ids(lines) | View::Paths(lines) if lines.is_empty() => fail::NO,
            View::AndThen(view, _) | View::AsJson(view) => view.exit(),
            _ => fail::DONE,
        }
    }

    /// What is to be said beside it.
    fn warnings(&self) -> &[String] {
        match self {
            View::Search(view) => &view.warnings,
            View::List(view) => &view.warnings,
            View::Check(view) | View::Annotations(view) => &view.warnings,
            View::Context { said, .. } | View::Where(_, said) => said,
            View::AndThen(view, _) | View::AsJson(view) => view.warnings(),
            _ => &[],
        }
    }
}

/// Where views and failures are written. Data goes to standard output, all else to standard error.
pub(super) struct Printer {
    json: bool,
    terminal: bool,
    width: usize,
}

/// How wide text is where nobody says.
const USUAL_WIDTH: usize = 100;

impl Printer {
    pub(super) fn new(json: bool) -> Self {
        Self { json, terminal: io::stdout().is_terminal(), width: USUAL_WIDTH }
    }

    /// Learns how wide the terminal is.
    pub(super) fn configure(&mut self, settings: &Settings) {
        let size = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
        self.width = settings.columns.or_else(size).filter(|width| *width >= 20).unwrap_or(USUAL_WIDTH).min(120);
    }

    /// Prints a view; the exit code that goes with it.
    pub(super) fn print(&self, view: View) -> Result<u8, Failure> {
        for warning in view.warnings() {
            say(&format!("kb: {warning}"));
        }
        let mut out = anstream::AutoStream::auto(io::stdout());
        let written = self.write(&view, &mut out).and_then(|()| out.flush());
        let exit = view.exit();
        let mut rest = view;
        while let View::AndThen(view, later) = rest {
            // The answer is out; what is done now spares the next command work.
            later();
            rest = *view;
        }
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
            _ => Ok(exit),
        }
    }

    fn write(&self, view: &View, out: &mut dyn Write) -> io::Result<()> {
        match view {
            View::AndThen(view, _) => self.write(view, out),
            View::Plain(text) => io::stdout().lock().write_all(text.as_bytes()),
            // What is no terminal gets the file as it is, escapes and all.
            View::Show(_, bytes) if !self.json && !self.terminal => io::stdout().lock().write_all(bytes),
            View::Context { json: true, .. } | View::AsJson(_) | View::Event(_) => json::print(view, out),
            view if self.json => json::print(view, out),
            View::Ids(ids) => ids::print(ids, out),
            View::Paths(paths) => paths::print(paths, out),
            view => text::Text { terminal: self.terminal, width: self.width }.print(view, out),
        }
    }

    /// Prints a failure; the exit code that goes with it.
    pub(super) fn failure(&self, failure: &Failure) -> u8 {
        if let Failure::Usage(error) = failure
            && !(self.json && error.use_stderr())
            && !fail::is_without_command(error)
        {
            return usage(error);
        }
        if let Failure::Output(error) = failure
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            return fail::DONE;
        }
        let view = failure.view();
        if self.json {
            let _ = json::error(&view, &mut io::stdout().lock());
        } else {
            say(&format!("kb: {}", view.message));
            for candidate in &view.candidates {
                say(&format!("  {}  {}  {}", candidate.id, candidate.file, candidate.title));
            }
            say(&format!("hint: {}", view.hint));
        }
        failure.exit()
    }

    /// Where it is shown what jobs do.
    pub(super) fn live(&self) -> Live {
        Live::new(self.json, self.width)
    }
}

/// One line on standard error. Nobody listening is no error.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", invisible::line_for_terminal(line));
}

/// Bytes of another program, made harmless for whoever reads them.
pub(super) fn print_raw(bytes: &[u8]) -> io::Result<()> {
    let text = invisible::for_terminal(&String::from_utf8_lossy(bytes)).into_owned();
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// `--help` and `--version` are data; all else is said with clap's own hints, which repeat what was
/// typed.
fn usage(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let _ = write!(io::stderr(), "kb: {}", invisible::for_terminal(text));
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(fail::USAGE)
}
