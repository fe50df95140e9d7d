//! Whether a note still holds, looked up in its subjects as they are now.

use super::Head;
use crate::citation::{self, Standing};
use crate::subject::{Kind, Pinned, Seen, Snapshot};
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
        let places = |pinned: &Pinned| around.seen.whereabouts(pinned, &around.near);
        let first = self.subjects.first().map(places).unwrap_or_default();
        // A folder that git does not know is recognised by its name alone, which others may have: it
        // is the one that still holds what the note says, if any does.
        let by_name = self.subjects.first().is_some_and(|pinned| pinned.kind == Kind::Folder);
        let tried = if by_name { first.len() } else { first.len().min(1) };
        let standings = (0..tried.max(1)).map(|at| {
            citation::stand(&self.citations, &|name| {
                let (pinned, root) = match name {
                    None => (self.subjects.first()?, first.get(at).cloned()?),
                    Some(name) => {
                        let pinned = self.subjects.iter().find(|pinned| pinned.name == name)?;
                        (pinned, places(pinned).into_iter().next()?)
                    }
                };
                Some(Snapshot { pinned: pinned.clone(), root, hidden: around.hidden.clone() })
            })
        });
        let best = standings.min_by_key(|standing| standing.status);
        best.unwrap_or_else(|| citation::stand(&self.citations, &|_| None))
    }
}
