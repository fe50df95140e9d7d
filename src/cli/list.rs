//! `kb list`

use super::fail::Failure;
use super::format::View;
use super::notes::{Bare, Viewer};
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
    #[command(flatten)]
    bare: Bare,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let mut entries = index.entries()?;
    entries.retain(|entry| args.tag.iter().all(|tag| entry.head.tags.contains(tag)));
    let total = entries.len();
    entries.truncate(args.limit.unwrap_or(usize::MAX));
    let viewer = Viewer::new(settings)?;
    let view = match args.bare.view(entries.iter(), settings)? {
        Some(bare) => bare,
        None => View::List(ListView {
            format: FORMAT,
            total,
            complete: index.complete(),
            notes: viewer.entries(&entries.iter().collect::<Vec<_>>()),
            warnings: index.warnings().iter().map(ToString::to_string).collect(),
        }),
    };
    Ok(view.with(index).and_then(viewer.later()))
}
