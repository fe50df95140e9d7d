//! `kb show ID`

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::notes::Viewer;
use super::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The note: its id or the beginning of it, its path, `@` for the newest, `@1` for the first hit
    #[arg(value_name = "ID", default_value = handles::NEWEST)]
    id: String,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let entry = handles::resolve(&args.id, settings, &index)?;
    let viewer = Viewer::new(settings)?;
    let (view, bytes) = viewer.file(entry.id.as_str(), &entry.file)?;
    Ok(View::Show(Box::new(view), bytes).with(index).and_then(viewer.later()))
}
