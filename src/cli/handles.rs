//! The notes that a command line names: `k7f`, a path, `@`, `@1`.

use super::fail::Failure;
use super::last_hits;
use super::settings::Settings;
use crate::index::{Entry, Index};
use crate::search;

/// The note that a handle means.
pub(super) fn resolve(handle: &str, settings: &Settings, index: &Index) -> Result<Entry, Failure> {
    let base = settings.base()?;
    if let Some(number) = handle.strip_prefix('@').and_then(|number| number.parse().ok()) {
        let file = last_hits::recall(number, &base.root, &settings.machine)?;
        return Ok(search::find(&base.root.join(file).to_string_lossy(), &base.root, index)?);
    }
    Ok(search::find(handle, &base.root, index)?)
}

/// The newest note.
pub(super) fn newest(settings: &Settings, index: &Index) -> Result<Entry, Failure> {
    resolve("@", settings, index).map_err(|failure| match failure {
        Failure::Handle(crate::search::HandleError::NoSuchNote { .. }) => Failure::NoNotes,
        other => other,
    })
}
