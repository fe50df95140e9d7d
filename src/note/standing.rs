//! Whether a note still holds, looked up in its subjects as they are now.

use super::Head;
use crate::citation::{self, Standing};
use crate::subject::{Seen, Snapshot};
use std::path::{Path, PathBuf};

/// Where to look for the subjects of notes.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// Where they were last seen.
    pub seen: &'a Seen,
    /// Folders that may lie in one: the knowledge base, the current folder.
    pub near: Vec<&'a Path>,
    /// Folders that are part of none.
    pub hidden: Vec<PathBuf>,
}

impl Head {
    /// How the note's citations stand today.
    pub fn standing(&self, around: &Surroundings<'_>) -> Standing {
        citation::stand(&self.citations, &|name| {
            let pinned = match name {
                None => self.subjects.first(),
                Some(name) => self.subjects.iter().find(|pinned| pinned.name == name),
            }?;
            let root = around.seen.whereabouts(pinned, &around.near)?;
            Some(Snapshot { pinned: pinned.clone(), root, hidden: around.hidden.clone() })
        })
    }
}
