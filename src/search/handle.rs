//! What a note is called on the command line: its id or the beginning of it, its path, `@` for the
//! newest. (`@1`, the last hits of a terminal, are paths that `cli` keeps.)

use crate::index::{Entry, Index, IndexError, Listed};
use std::path::{Component, Path, PathBuf};

/// The shortest beginning of an id that is taken for it.
const SHORTEST: usize = 3;

/// A note that a handle could mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its file, relative to the knowledge base: two files may have one id.
    pub file: String,
    /// Its title.
    pub title: String,
}

/// Why a handle is no note.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// Nothing is called so.
    #[error("no note is called `{handle}`")]
    NoSuchNote {
        /// As it was given.
        handle: String,
    },
    /// Too short to be looked for.
    #[error("`{handle}` is too short for an id")]
    TooShort {
        /// As it was given.
        handle: String,
    },
    /// Several notes are called so.
    #[error("`{handle}` could be {} notes", candidates.len())]
    Ambiguous {
        /// As it was given.
        handle: String,
        /// At most twenty of them.
        candidates: Vec<Candidate>,
    },
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// The one note that a handle means. A path may be relative to the knowledge base or to the current
/// folder.
pub fn find(handle: &str, root: &Path, index: &Index) -> Result<Entry, HandleError> {
    if handle == "@" {
        let newest = index.newest(1)?.pop();
        return newest.ok_or_else(|| HandleError::NoSuchNote { handle: handle.to_owned() });
    }
    #[expect(clippy::case_sensitive_file_extension_comparisons, reason = "only `.md` files are notes")]
    let looks_like_a_path = handle.contains('/') || handle.ends_with(".md");
    if looks_like_a_path && let Some(entry) = at_path(handle, root, index)? {
        return Ok(entry);
    }
    by_id(handle, index)
}

fn at_path(handle: &str, root: &Path, index: &Index) -> Result<Option<Entry>, IndexError> {
    let wanted = [below(handle, root), Some(plain(Path::new(handle)))];
    for wanted in wanted.into_iter().flatten() {
        if let Some(listed) = index.listed().find(|listed| Path::new(&listed.file()) == wanted) {
            return index.entry(&listed).map(Some);
        }
    }
    Ok(None)
}

/// A path without `.` and, as far as that can be, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.parent().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// A path of the current folder as one of the knowledge base; links in its folders are followed.
fn below(handle: &str, root: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(handle).ok()?;
    let (folder, name) = (path.parent()?.canonicalize().ok()?, path.file_name()?);
    let relative = folder.strip_prefix(root.canonicalize().ok()?).ok()?;
    Some(relative.join(name))
}

fn by_id(handle: &str, index: &Index) -> Result<Entry, HandleError> {
    let mut exact: Vec<Listed<'_>> = Vec::new();
    let mut begun: Vec<Listed<'_>> = Vec::new();
    for listed in index.listed().filter(|listed| listed.id().starts_with(handle) && !handle.is_empty()) {
        if listed.id() == handle { &mut exact } else { &mut begun }.push(listed);
    }
    let long_enough = handle.chars().count() >= SHORTEST;
    if exact.is_empty() && !long_enough {
        return Err(HandleError::TooShort { handle: handle.to_owned() });
    }
    let mut meant = if exact.is_empty() { begun } else { exact };
    meant.sort_by_key(Listed::file);
    match meant.as_slice() {
        [] => Err(HandleError::NoSuchNote { handle: handle.to_owned() }),
        [one] => Ok(index.entry(one)?),
        several => {
            let candidates = several.iter().take(20).map(|listed| candidate(listed, index));
            let candidates = candidates.collect::<Result<_, _>>()?;
            Err(HandleError::Ambiguous { handle: handle.to_owned(), candidates })
        }
    }
}

fn candidate(listed: &Listed<'_>, index: &Index) -> Result<Candidate, IndexError> {
    let entry = index.entry(listed)?;
    Ok(Candidate { id: entry.id.as_str().to_owned(), file: entry.file, title: entry.head.title })
}
