//! `kb path ID...`

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::settings::Settings;
use crate::view::{FORMAT, FilesView};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The notes
    #[arg(value_name = "ID", default_value = "@")]
    ids: Vec<String>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let root = &settings.base()?.root;
    let path = |id: &String| {
        let entry = handles::resolve(id, settings, &index)?;
        Ok(root.join(&entry.file).to_string_lossy().into_owned())
    };
    let paths = args.ids.iter().map(path).collect::<Result<Vec<String>, Failure>>()?;
    Ok(View::Files(FilesView { format: FORMAT, paths }).with(index))
}
