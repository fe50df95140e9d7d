//! The notes that a command line names: `k7f`, a path, `@`, `@1`.

use super::fail::Failure;
use super::last_hits;
use super::settings::Settings;
use crate::index::{Entry, Index};
use crate::search::{self, HandleError};

/// The newest note.
pub(super) const NEWEST: &str = "@";

/// The note that a handle means.
pub(super) fn resolve(handle: &str, settings: &Settings, index: &Index) -> Result<Entry, Failure> {
    let base = settings.base()?;
    if let Some(number) = handle.strip_prefix('@').and_then(|number| number.parse().ok()) {
        let file = last_hits::recall(number, &base.root, &settings.machine)?;
        return Ok(search::find(&base.root.join(file).to_string_lossy(), &base.root, index)?);
    }
    search::find(handle, &base.root, index).map_err(|error| match error {
        // Of the notes that there are, one is the newest.
        HandleError::NoSuchNote { .. } if handle == NEWEST => Failure::NoNotes,
        error => error.into(),
    })
}
