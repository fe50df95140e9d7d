//! `kb list`

use super::arguments::number;
use super::fail::{self, Failure};
use super::format::View;
use super::notes::{Bare, Viewer};
use super::search::found;
use super::settings::Settings;
use crate::search::Query;
use crate::view::{FORMAT, ListView};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
  kb list is:stale
  kb list tag:cookies -is:fresh after:2026-11-01")]
pub(super) struct Args {
    /// Only notes that these let through: `is:stale`, `tag:T`, ... as in `kb search`
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Only notes with this tag
    #[arg(long, value_name = "T")]
    tag: Vec<String>,
    /// How many notes at most
    #[arg(long, value_name = "N", value_parser = number::<usize>)]
    limit: Option<usize>,
    #[command(flatten)]
    bare: Bare,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let viewer = Viewer::new(settings)?;
    let mut entries = if args.filters.is_empty() {
        index.entries()?
    } else {
        let results = found(&Query::parse(&args.filters)?, usize::MAX, &index, &viewer)?;
        results.hits.into_iter().map(|hit| hit.entry).collect()
    };
    entries.retain(|entry| args.tag.iter().all(|tag| entry.head.tags.contains(tag)));
    let total = entries.len();
    entries.truncate(args.limit.unwrap_or(usize::MAX));
    let mut warnings: Vec<String> = index.warnings().iter().map(ToString::to_string).collect();
    if total == 0 && !settings.json {
        warnings.push(match index.is_empty() {
            true => fail::none_yet(),
            false => "no note is like that; `kb list` shows all".to_owned(),
        });
    }
    let view = match args.bare.view(entries.iter(), settings)? {
        Some(bare) => bare,
        None => View::List(ListView {
            format: FORMAT,
            total,
            complete: index.complete(),
            notes: viewer.entries(&entries.iter().collect::<Vec<_>>()),
            warnings,
        }),
    };
    Ok(view.with(index).and_then(viewer.later()))
}
