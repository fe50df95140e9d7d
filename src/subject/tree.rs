//! Something that citations are looked up in: a folder as it is now, or a commit.

use super::{History, Objects, Snapshot, SubjectError};
use std::path::{Path, PathBuf};

/// Files by their paths, which are relative to the subject's root, with `/`.
pub trait Tree: Sync {
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, SubjectError>;
    /// Every file, sorted.
    fn files(&self) -> Vec<String>;
}

impl Tree for Snapshot {
    fn read(&self, path: &str) -> Result<Vec<u8>, SubjectError> {
        Snapshot::read(self, path)
    }

    fn files(&self) -> Vec<String> {
        super::walk(&self.root, &self.hidden).files.into_iter().map(|entry| entry.path).collect()
    }
}

/// A subject as it is in a commit.
#[derive(Debug)]
pub struct Committed {
    root: PathBuf,
    commit: String,
    objects: Objects,
    history: History,
    hidden: Vec<PathBuf>,
}

impl Committed {
    /// The folder as it is in a commit, whose id is given in hex; `hidden` folders are no part of it.
    pub fn new(root: &Path, commit: &str, hidden: &[PathBuf]) -> Option<Self> {
        Some(Self {
            root: root.to_owned(),
            commit: commit.to_owned(),
            objects: Objects::around(root)?,
            history: History::around(root)?,
            hidden: hidden.to_vec(),
        })
    }

    fn is_hidden(&self, path: &str) -> bool {
        let path = self.root.join(path);
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }
}

impl Tree for Committed {
    fn read(&self, path: &str) -> Result<Vec<u8>, SubjectError> {
        if self.is_hidden(path) {
            return Err(SubjectError::Outside { path: path.to_owned() });
        }
        let missing = || SubjectError::Read { path: self.root.join(path), source: std::io::ErrorKind::NotFound.into() };
        self.objects.at(&self.commit, path).ok_or_else(missing)
    }

    fn files(&self) -> Vec<String> {
        let mut files = self.history.files(&self.commit).unwrap_or_default();
        files.retain(|path| !self.is_hidden(path));
        files
    }
}
