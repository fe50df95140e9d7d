//! `kb edit ID`: a copy goes to the editor, and comes back only if the note is still what it was.

use super::fail::Failure;
use super::format::View;
use super::settings::Settings;
use super::{handles, notes};
use crate::knowledge_base::StoreError;
use crate::save::{self, Created};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The note
    #[arg(value_name = "ID", default_value = "@")]
    id: String,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let base = settings.base()?;
    let entry = handles::resolve(&args.id, settings, &settings.index()?)?;
    let file = Path::new(&entry.file);
    let before = base.read(file)?;
    let copy = Copy::of(file, &before, settings)?;
    // An editor that is left with an error means that nothing is to change.
    edit(&copy.path, settings)?;
    let after = fs::read(&copy.path).map_err(|source| Failure::Read { what: "the edited text".to_owned(), source })?;
    match base.rewrite(file, &before, &after) {
        Ok(()) => notes::saved(settings, entry.id.as_str(), &entry.file),
        Err(source) => {
            let path = base.root.join(file);
            let kept = keep_beside(&path, &after).unwrap_or_else(|_| copy.keep());
            Err(Failure::NotEdited { path, kept, source })
        }
    }
}

fn edit(path: &Path, settings: &Settings) -> Result<(), Failure> {
    let editor = settings.editor.as_ref().ok_or(Failure::NoEditor)?;
    // `EDITOR` may carry arguments, `code --wait`; it is no shell command.
    let words = shell_words::split(editor).ok().filter(|words| !words.is_empty()).ok_or(Failure::NoEditor)?;
    #[expect(clippy::disallowed_methods, reason = "the one place that starts the user's editor")]
    let status = std::process::Command::new(&words[0])
        .args(&words[1..])
        .arg(path)
        .status()
        .map_err(|source| Failure::Editor { editor: editor.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Failure::EditorFailed { editor: editor.clone() }) }
}

/// Keeps what was edited as a file of its own.
fn keep_beside(path: &Path, text: &[u8]) -> Result<PathBuf, Failure> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    for number in 1.. {
        let kept = path.with_file_name(format!("{stem}-edited-{number}.md"));
        let failed = |source| Failure::Store(StoreError::Io { verb: "save", path: kept.clone(), source });
        if save::create(&kept, text).map_err(failed)? == Created::New {
            return Ok(kept);
        }
    }
    unreachable!("some number is free")
}

/// A copy for the editor, in a folder of its own that only the user can read.
struct Copy {
    folder: PathBuf,
    path: PathBuf,
}

impl Copy {
    fn of(file: &Path, bytes: &[u8], settings: &Settings) -> Result<Self, Failure> {
        use std::os::unix::fs::DirBuilderExt;
        let name = file.file_name().unwrap_or_default();
        let folder = settings.machine.state.join("editing").join(crate::note::new_id(&settings.machine).as_str());
        let path = folder.join(name);
        let failed = |source| Failure::Store(StoreError::Io { verb: "make", path: path.clone(), source });
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        save::create(&path, bytes).map_err(failed)?;
        Ok(Self { folder, path })
    }
}

impl Copy {
    /// Leaves the copy where it is.
    fn keep(mut self) -> PathBuf {
        self.folder = PathBuf::new();
        self.path.clone()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
