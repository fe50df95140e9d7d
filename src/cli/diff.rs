//! `kb diff ID`

use super::arguments::number;
use super::fail::Failure;
use super::format::View;
use super::settings::Settings;
use super::{handles, log};
use crate::knowledge_base::Revision;
use crate::note::{self, LineChange, Note};
use crate::view::{CitationChangesView, CitedView, DiffView, FORMAT, LineView, MovedView};

#[derive(Debug, clap::Args)]
#[command(after_help = "  kb diff k7f\n  kb diff k7f --from 1 --to 3")]
pub(super) struct Args {
    /// The note
    #[arg(value_name = "ID", default_value = handles::NEWEST)]
    id: String,
    /// The older revision [default: the one before]
    #[arg(long, value_name = "N", value_parser = number::<u32>)]
    from: Option<u32>,
    /// The newer revision [default: the present one]
    #[arg(long, value_name = "N", value_parser = number::<u32>)]
    to: Option<u32>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let entry = handles::resolve(&args.id, settings, &index)?;
    let all = log::revisions(settings.base()?, &entry)?;
    let find = |number: u32| {
        let known = || all.iter().map(|revision| revision.number).collect();
        let missing = || Failure::NoSuchRevision { id: entry.id.to_string(), number, known: known() };
        all.iter().find(|revision| revision.number == number).ok_or_else(missing)
    };
    let to = match args.to {
        Some(number) => find(number)?,
        None => all.last().ok_or(Failure::NoNotes)?,
    };
    let before = |revision: &&Revision| revision.number < to.number;
    let from = match args.from {
        Some(number) => find(number)?,
        None => all.iter().rfind(before).ok_or_else(|| Failure::NeverRefreshed { id: entry.id.to_string() })?,
    };
    let ((old, _), (new, _)) = (Note::parse(&from.bytes), Note::parse(&to.bytes));
    let line = |(change, line): (LineChange, String)| {
        let change = match change {
            LineChange::Kept => "kept",
            LineChange::Added => "added",
            LineChange::Removed => "removed",
        };
        LineView { change, line }
    };
    let cited = note::compare_citations(&old.head.citations, &new.head.citations);
    let moved = |(from, to): &(_, _)| MovedView { from: CitedView::from(from), to: CitedView::from(to) };
    let view = DiffView {
        format: FORMAT,
        id: entry.id.to_string(),
        from: from.number,
        to: to.number,
        text: note::compare_lines(old.body(), new.body()).into_iter().map(line).collect(),
        citations: CitationChangesView {
            added: cited.added.iter().map(CitedView::from).collect(),
            removed: cited.removed.iter().map(CitedView::from).collect(),
            moved: cited.moved.iter().map(moved).collect(),
        },
    };
    Ok(View::Diff(view).with(index))
}
