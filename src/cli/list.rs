//! `kb list`

use super::fail::Failure;
use super::format::View;
use super::last_hits;
use super::notes::Viewer;
use super::settings::Settings;
use crate::view::{FORMAT, ListView};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only notes with this tag
    #[arg(long, value_name = "T")]
    tag: Vec<String>,
    /// How many notes at most
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print ids alone, one a line
    #[arg(long)]
    ids: bool,
    /// Print paths alone, one a line
    #[arg(long, conflicts_with = "ids")]
    paths: bool,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let mut entries = index.entries()?;
    entries.retain(|entry| args.tag.iter().all(|tag| entry.head.tags.contains(tag)));
    let total = entries.len();
    entries.truncate(args.limit.unwrap_or(usize::MAX));
    let viewer = Viewer::new(settings)?;
    let root = &settings.base()?.root;
    let bare = (args.ids || args.paths) && !settings.json;
    let view = if bare && args.ids {
        View::Ids(entries.iter().map(|entry| entry.id.to_string()).collect())
    } else if bare {
        View::Paths(entries.iter().map(|entry| root.join(&entry.file).to_string_lossy().into_owned()).collect())
    } else {
        if !settings.json {
            let files: Vec<String> = entries.iter().map(|entry| entry.file.clone()).collect();
            last_hits::remember(files, &settings.base()?.root, &settings.machine);
        }
        View::List(ListView {
            format: FORMAT,
            total,
            complete: index.complete(),
            notes: entries.iter().map(|entry| viewer.entry(entry)).collect(),
            warnings: index.warnings().iter().map(ToString::to_string).collect(),
        })
    };
    Ok(view.with(index))
}
