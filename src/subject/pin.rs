//! A subject pinned: which commit, and whether files differ from it. Git is asked here and nowhere
//! else.

use super::meanwhile::Before;
use super::{Kind, Pinned, Snapshot, Subject, git, holds_home};
use crate::machine::Machine;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Why a subject cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// No such folder, or not one that can be opened.
    #[error("cannot open `{}`: {source}", path.display())]
    Open {
        /// As the user named it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The subject is a file.
    #[error("`{}` is not a folder", path.display())]
    NotAFolder {
        /// As the user named it.
        path: PathBuf,
    },
    /// The subject is a knowledge base: notes, not code.
    #[error("`{}` is the knowledge base itself", path.display())]
    KnowledgeBase {
        /// As the user named it.
        path: PathBuf,
    },
    /// A file of the subject cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Absolute.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A path leaves the subject, or is hidden from research.
    #[error("`{path}` is not part of the subject")]
    Outside {
        /// As it was cited.
        path: String,
    },
    /// No text file of a bearable size.
    #[error("`{}` is not a text file of at most 8 MB", path.display())]
    NotText {
        /// Absolute.
        path: PathBuf,
    },
}

/// The subject of a question that names none: the work tree around the current folder, or that folder. The
/// home is nobody's work tree, though people keep their settings in one.
pub fn here(machine: &Machine) -> Subject {
    let folder = &machine.here;
    let around = git::folders(folder).map(|git| git.work_tree).filter(|around| !holds_home(around, machine));
    Subject::Folder(around.unwrap_or_else(|| folder.to_owned()))
}

/// Pins a subject: resolves its folder and asks git once which commit it is. `hidden` folders are no
/// part of it. A folder without git, without a commit, in the middle of a work tree: all will do.
pub fn pin(subject: &Subject, hidden: &[PathBuf], machine: &Machine) -> Result<Snapshot, SubjectError> {
    let Subject::Folder(path) = subject;
    let root = root(path, machine)?;
    let hidden: Vec<PathBuf> = hidden.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
    if hidden.iter().any(|hidden| root.starts_with(hidden)) {
        return Err(SubjectError::KnowledgeBase { path: path.clone() });
    }
    let (pinned, before) = describe(&root, &hidden, machine);
    Ok(Snapshot { pinned, root, hidden, pinned_as: Some(Arc::new(before)) })
}

/// The folder that a user names, absolute, links resolved; an error where there is none.
pub fn root(path: &Path, machine: &Machine) -> Result<PathBuf, SubjectError> {
    let open = |source| SubjectError::Open { path: path.to_owned(), source };
    let root = machine.here.join(path).canonicalize().map_err(open)?;
    match root.is_dir() {
        true => Ok(root),
        false => Err(SubjectError::NotAFolder { path: path.to_owned() }),
    }
}

fn describe(root: &Path, hidden: &[PathBuf], machine: &Machine) -> (Pinned, Before) {
    let begun = SystemTime::now();
    let Some(repository) = git::repository(root) else {
        let pinned = Pinned { name: name_of(root, None), kind: Kind::Folder, dirty: false };
        return (pinned, Before::unknown(begun));
    };
    let scratch = scratch(&machine.cache);
    let (differing, root_commit) = std::thread::scope(|scope| {
        let root_commit = scope.spawn(|| git::root_commit(&repository));
        let differing = scratch.as_ref().and_then(|scratch| git::differing(&repository, root, hidden, scratch.path()));
        (differing, root_commit.join().ok().flatten())
    });
    // What cannot be compared is different as far as kb can tell.
    let dirty = differing.as_ref().is_none_or(|differing| !differing.is_empty());
    let pinned = Pinned { dirty, ..named(root, &repository, root_commit) };
    let before = match differing {
        Some(differing) => Before::of(repository, root, differing, begun, machine),
        None => Before::unknown(begun),
    };
    (pinned, before)
}

/// The repository in a work tree, whether or not files differ from its commit; none if there is none or git
/// is missing.
pub(super) fn repository(work_tree: &Path) -> Option<Pinned> {
    let repository = git::repository(work_tree)?;
    Some(named(work_tree, &repository, git::root_commit(&repository)))
}

fn named(root: &Path, repository: &git::Repository, root_commit: Option<String>) -> Pinned {
    let inside = root.strip_prefix(&repository.folders.work_tree).ok().map(|path| path.to_string_lossy().into_owned());
    let folder = inside.filter(|path| !path.is_empty());
    let remote = repository.remote.clone();
    let name = name_of(root, remote.as_deref().filter(|_| folder.is_none()));
    let kind = Kind::Git { remote, commit: repository.commit.clone(), root: root_commit, folder };
    Pinned { name, kind, dirty: false }
}

/// What a subject is called: as the repository that it was cloned from, else as its folder.
pub(super) fn name_of(root: &Path, remote: Option<&str>) -> String {
    let folder = || root.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned());
    remote.and_then(last_part).unwrap_or_else(folder)
}

/// `https://host/owner/name.git` → `name`
fn last_part(remote: &str) -> Option<String> {
    let name = remote.trim_end_matches('/').rsplit(['/', ':']).next()?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    (!name.is_empty()).then(|| name.to_owned())
}

/// A folder that is gone when the value is.
pub(super) fn scratch(cache: &Path) -> Option<tempfile::TempDir> {
    let around = cache.join("scratch");
    std::fs::create_dir_all(&around).ok()?;
    tempfile::tempdir_in(around).ok()
}
