//! `kb rm ID...`, `kb rm --undo`

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::settings::Settings;
use crate::view::{FORMAT, FilesView};
use std::path::Path;

#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing is destroyed: notes go to the `.trash` folder of the knowledge base.")]
pub(super) struct Args {
    /// The notes
    #[arg(value_name = "ID", required_unless_present = "undo")]
    ids: Vec<String>,
    /// Bring back the note that was removed last, or the named ones
    #[arg(long)]
    undo: bool,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let base = settings.base()?;
    let mut moved = Vec::new();
    if args.undo {
        let newest = [String::new()];
        for id in if args.ids.is_empty() { newest.as_slice() } else { &args.ids } {
            moved.push(base.bring_back(id)?.file);
        }
    } else {
        let index = settings.index()?;
        // All names are understood before the first note moves.
        let entries =
            args.ids.iter().map(|id| handles::resolve(id, settings, &index)).collect::<Result<Vec<_>, _>>()?;
        for entry in entries {
            moved.push(base.throw_away(Path::new(&entry.file), &settings.machine)?.file);
        }
    }
    let paths = moved.iter().map(|file| base.root.join(file).to_string_lossy().into_owned()).collect();
    Ok(View::Files(FilesView { format: FORMAT, paths }).with(settings.index()?))
}
