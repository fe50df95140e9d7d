//! An answer that takes the place of an earlier one.

use super::{Desk, JobError};
use crate::index::Index;
use crate::note::Draft;
use crate::search::{self, HandleError};
use std::path::{Path, PathBuf};

/// Keeps an answer as the next text of the note `id`. An answer whose note went away meanwhile is not
/// thrown away: it is a new note.
pub(super) fn keep(draft: &Draft, id: &str, desk: &Desk<'_>) -> Result<PathBuf, JobError> {
    let index = Index::up_to_date(&desk.kb.root, &desk.kb.settings.exclude)?;
    match search::find(id, &desk.kb.root, &index) {
        Ok(entry) => Ok(desk.kb.replace(Path::new(&entry.file), &entry.id, draft, desk.machine)?),
        Err(HandleError::NoSuchNote { .. } | HandleError::Ambiguous { .. }) => Ok(desk.kb.save(draft, desk.machine)?.1),
        Err(error) => Err(error.into()),
    }
}
