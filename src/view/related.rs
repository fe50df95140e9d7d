//! The shape of `kb related`.

use super::NoteView;
use serde::Serialize;

/// `kb related`
#[derive(Clone, Debug, Serialize)]
pub struct RelatedView {
    /// [`super::FORMAT`]
    pub format: u32,
    /// The id of the note that answers nearly the same question, if one does.
    pub same: Option<String>,
    /// The nearest first.
    pub notes: Vec<NeighbourView>,
}

/// A note that is near.
#[derive(Clone, Debug, Serialize)]
pub struct NeighbourView {
    /// The note.
    #[serde(flatten)]
    pub note: NoteView,
    /// How near its matter is, 0 to 1.
    pub near: f32,
    /// How sure it is that it answers the same question, 0 to 1.
    pub same: f32,
}
