//! Files as they were read when notes were written: from git where it holds them, else from copies
//! that kb keeps outside the notes.

use super::{LARGEST_TEXT, Objects, Snapshot, blob_id};
use crate::save;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Where kept copies lie, below kb's state folder.
const FOLDER: &str = "read";
/// So many digits of git's id name a copy.
const DIGITS: usize = 12;

/// The past of one subject.
#[derive(Debug)]
pub struct Past {
    objects: Option<Objects>,
    kept: PathBuf,
}

impl Past {
    /// Of the subject in a folder; `state` is kb's own state folder.
    pub fn of(root: &Path, state: &Path) -> Self {
        Self { objects: Objects::around(root), kept: state.join(FOLDER) }
    }

    /// The file that has this git id (or begins so). Where git goes by other ids, the file of that path
    /// in the commit, if it is the same.
    pub fn file(&self, blob: &str, commit: Option<&str>, path: &str) -> Option<Vec<u8>> {
        let is_it = |bytes: &Vec<u8>| blob_id(bytes).starts_with(blob);
        if blob.len() < 7 || !blob.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let objects = self.objects.as_ref();
        let held = || objects?.blob(blob).filter(is_it);
        let committed = || objects?.at(commit?, path).filter(is_it);
        let kept = || {
            let path = self.kept.join(blob.get(..DIGITS)?);
            let small = fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST_TEXT);
            small.then(|| fs::read(&path).ok()).flatten().filter(is_it)
        };
        kept().or_else(held).or_else(committed)
    }

    /// A file of the subject as it was in a commit.
    pub fn at(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        self.objects.as_ref()?.at(commit, path)
    }

    /// Keeps a copy of each of these files that git does not hold as it was read: `paths` with the
    /// first digits of their git ids. Best effort: without it a citation is checked by its hashes.
    pub fn keep<'a>(&self, snapshot: &Snapshot, read: impl Iterator<Item = (&'a str, &'a str)>) {
        for (path, blob) in read {
            let Some(name) = blob.get(..DIGITS) else { continue };
            let copy = self.kept.join(name);
            let commit = snapshot.pinned.commit();
            if copy.exists() || self.file(blob, commit, path).is_some() {
                continue;
            }
            let Ok(bytes) = snapshot.read(path) else { continue };
            // What is no longer what was read is no copy of it.
            if blob_id(&bytes).starts_with(blob) {
                let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.kept);
                let _ = made.and_then(|()| save::replace(&copy, &bytes));
            }
        }
    }
}
