//! `kb rm ID...`, `kb rm --undo`

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::settings::Settings;
use crate::knowledge_base::Trashed;
use crate::view::{FORMAT, FilesView};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing is destroyed: notes go to the `.trash` folder of the knowledge base.")]
pub(super) struct Args {
    /// The notes
    #[arg(value_name = "ID", required_unless_present = "undo")]
    ids: Vec<String>,
    /// Bring back what was removed last, or the named notes
    #[arg(long)]
    undo: bool,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let base = settings.base()?;
    let mut moved = Vec::new();
    if args.undo {
        let newest = [String::new()];
        for id in if args.ids.is_empty() { newest.as_slice() } else { &args.ids } {
            moved.extend(base.bring_back(id)?);
        }
    } else {
        let index = settings.index()?;
        // All names are understood before the first note moves.
        let mut files: Vec<PathBuf> = Vec::new();
        for id in &args.ids {
            let file = PathBuf::from(handles::resolve(id, settings, &index)?.file);
            if !files.contains(&file) {
                files.push(file);
            }
        }
        moved.extend(base.throw_away(&files, &settings.machine)?);
    }
    let path = |one: &Trashed| base.root.join(&one.file).to_string_lossy().into_owned();
    let paths = moved.iter().map(path).collect();
    Ok(View::Files(FilesView { format: FORMAT, paths }).with(settings.index()?))
}
