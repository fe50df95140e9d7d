//! `kb compare ID ID...`

use super::fail::{Asked, Failure};
use super::format::View;
use super::handles;
use super::notes::Viewer;
use super::settings::Settings;
use crate::citation::Standing;
use crate::index::Entry;
use crate::note::{Compared, Head, compare_places};
use crate::view::CompareView;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Places that independent answers cite together are the best evidence that there is.

  kb compare k7f m3x")]
pub(super) struct Args {
    /// The notes
    #[arg(value_name = "ID", required = true, num_args = 2..)]
    ids: Vec<String>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let mut entries: Vec<Entry> = Vec::new();
    for id in &args.ids {
        let entry = handles::resolve(id, settings, &index)?;
        if entries.iter().any(|known| known.file == entry.file) {
            return Err(Failure::Asked(Asked::NamedTwice { id: entry.id.to_string() }));
        }
        entries.push(entry);
    }
    let viewer = Viewer::new(settings)?;
    let standings = viewer.standings(entries.iter());
    let both = entries.into_iter().zip(standings);
    let notes: Vec<Answer> = both
        .map(|(entry, standing)| Answer { id: entry.id.to_string(), file: entry.file, head: entry.head, standing })
        .collect();
    let view = compared(&notes, &viewer);
    Ok(View::Compare(Box::new(view)).with(index).and_then(viewer.later()))
}

/// A note that is compared with others.
pub(super) struct Answer {
    pub(super) id: String,
    /// Relative to the base.
    pub(super) file: String,
    pub(super) head: Head,
    pub(super) standing: Standing,
}

/// What notes cite together.
pub(super) fn compared(notes: &[Answer], viewer: &Viewer<'_>) -> CompareView {
    let views = notes.iter().map(|note| viewer.view(&note.id, &note.file, &note.head, &note.standing)).collect();
    let each: Vec<Compared<'_>> =
        notes.iter().map(|Answer { head, standing, .. }| Compared { head, standing }).collect();
    CompareView::new(views, &compare_places(&each))
}
