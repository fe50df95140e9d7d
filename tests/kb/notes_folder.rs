//! A temporary folder of notes, indexed and searched through the library.

use kb::index::Index;
use kb::search::{Query, Results, run};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A folder of notes.
pub(crate) struct Notes {
    folder: TempDir,
}

/// A search's answer, for comparing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub files: Vec<String>,
    pub warnings: Vec<String>,
}

impl Notes {
    pub(crate) fn new() -> Self {
        Notes { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn with(notes: &[(&str, &str)]) -> Self {
        let folder = Notes::new();
        for (file, text) in notes {
            folder.write(file, text);
        }
        folder
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Another text, with the old modification time.
    pub(crate) fn rewrite_in_secret(&self, file: &str, text: &str) {
        let modified = fs::metadata(self.path(file)).unwrap().modified().unwrap();
        self.write(file, text);
        File::options().write(true).open(self.path(file)).unwrap().set_modified(modified).unwrap();
    }

    /// Makes all files look old, so that none is read again for safety's sake, and indexes them.
    pub(crate) fn settle(&self) {
        std::thread::sleep(Duration::from_millis(2100));
        self.search("anything");
    }

    pub(crate) fn index(&self) -> Index {
        Index::up_to_date(self.root(), &[]).unwrap()
    }

    /// What a command does: index, search, keep.
    pub(crate) fn results(&self, words: &str) -> Results {
        let index = self.index();
        let query = Query::parse(&[words.to_owned()]).unwrap();
        let results = run(&index, &query, 1000).unwrap();
        index.persist().unwrap();
        results
    }

    pub(crate) fn search(&self, words: &str) -> Found {
        let index = self.index();
        let query = Query::parse(&[words.to_owned()]).unwrap();
        let results = run(&index, &query, 1000).unwrap();
        let warnings = index.warnings().iter().map(ToString::to_string).collect();
        let files = results.hits.into_iter().map(|hit| hit.entry.file).collect();
        index.persist().unwrap();
        Found { files, warnings }
    }

    /// The files that a search finds, sorted.
    pub(crate) fn found(&self, words: &str) -> Vec<String> {
        let mut files = self.search(words).files;
        files.sort();
        files
    }
}
