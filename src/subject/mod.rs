//! What a question is about, and that same thing pinned: which commit, which bytes. The only module
//! that starts git.

mod beside;
mod files;
mod git;
mod history;
mod home;
mod meanwhile;
mod objects;
mod past;
mod pin;
mod seen;
mod tree;

pub use beside::Beside;
pub use files::{Entry, Walk, ignore_files_above, read, stamp, walk};
pub use git::{GitFolders, blob_id, folders};
pub use history::{Commit, History};
pub use home::{holds_home, private_in_home};
pub use objects::Objects;
pub use past::Past;
pub use pin::{SubjectError, here, pin, root};
pub use seen::Seen;
pub use tree::{Committed, Tree};

use meanwhile::Before;
use std::path::PathBuf;
use std::sync::Arc;

/// What a question is about, as the user named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A folder: usually a repository's work tree.
    Folder(PathBuf),
}

/// A subject as a note names it: enough to recognise it again, wherever it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Short name: the folder's, or the repository's.
    pub name: String,
    /// What it is, and at which state.
    pub kind: Kind,
    /// Files differed from the commit.
    pub dirty: bool,
}

/// What a subject is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A git work tree or a folder in one.
    Git {
        /// Where it was cloned from, without credentials.
        remote: Option<String>,
        /// The commit's id in hex; none before the first commit.
        commit: Option<String>,
        /// The first commit of its history in hex; none in a shallow clone.
        root: Option<String>,
        /// The folder asked about, relative to the work tree, with `/`; none for all of it.
        folder: Option<String>,
    },
    /// A published package, `pypi:werkzeug@3.1.3`.
    Package {
        /// Registry, name and version.
        package: String,
        /// Of the archive, in hex.
        sha256: Option<String>,
    },
    /// A folder that git does not know.
    Folder,
}

/// A subject pinned: where its bytes are, and which they are.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// As the note will name it.
    pub pinned: Pinned,
    /// Its folder: absolute, links resolved.
    pub root: PathBuf,
    /// Absolute folders and files that are no part of it: the knowledge base, its state, what is private in a home.
    pub hidden: Vec<PathBuf>,
    /// What it was like when it was pinned; none: it is read as it is now.
    pinned_as: Option<Arc<Before>>,
}

/// The largest file that is read as text, in bytes.
pub const LARGEST_TEXT: u64 = 8 << 20;

impl Snapshot {
    /// A folder as it is now, whatever it was when somebody pinned it.
    pub fn now(pinned: Pinned, root: PathBuf, hidden: Vec<PathBuf>) -> Self {
        Self { pinned, root, hidden, pinned_as: None }
    }

    /// The bytes of one file as it was pinned, or as it is now where git does not hold those. `path` is
    /// relative to the root, with `/`. Refuses paths that leave the subject (links are followed first),
    /// hidden folders, and what is no regular file of at most [`LARGEST_TEXT`] bytes.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, SubjectError> {
        let now = files::dated(&self.root, &self.hidden, path);
        match &self.pinned_as {
            Some(before) => before.bytes(path, now),
            None => now.map(|(bytes, _)| bytes),
        }
    }

    /// The files that git tracks, which [`Snapshot::changed_since`] has to know first; none where it cannot tell.
    pub fn tracked(&self) -> impl Iterator<Item = &str> {
        let tracked = self.pinned_as.as_ref().and_then(|before| before.tracked(&self.root, &self.hidden));
        let paths = tracked.into_iter().flat_map(|tracked| tracked.split(|byte| *byte == 0));
        paths.filter_map(|path| str::from_utf8(path).ok()).filter(|path| !path.is_empty())
    }

    /// Files that changed since the subject was pinned, came or went, sorted; at most a thousand. Looks
    /// at each file, but asks git only where one is new.
    pub fn changed_since(&self) -> Vec<String> {
        self.pinned_as.as_ref().map(|before| before.changed(&self.root, &self.hidden)).unwrap_or_default()
    }

    /// Every file of the subject, as git and its ignore files see it.
    pub fn files(&self) -> Walk {
        walk(&self.root, &self.hidden)
    }
}
