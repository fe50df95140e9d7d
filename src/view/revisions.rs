//! The shapes of `kb log` and `kb diff`.

use super::PlaceView;
use crate::citation::Citation;
use serde::Serialize;

/// `kb log`
#[derive(Clone, Debug, Serialize)]
pub struct LogView {
    /// [`super::FORMAT`]
    pub format: u32,
    /// The note's id.
    pub id: String,
    /// Absolute.
    pub path: String,
    /// Newest first.
    pub revisions: Vec<RevisionView>,
}

/// One text that a note had.
#[derive(Clone, Debug, Serialize)]
pub struct RevisionView {
    /// From 1.
    pub revision: u32,
    /// When it was written, RFC 3339, UTC; none where it does not say.
    pub when: Option<String>,
    /// The agent's name.
    pub agent: Option<String>,
    /// One line.
    pub title: String,
    /// How the present one stands; none for earlier ones.
    pub status: Option<&'static str>,
}

/// `kb diff`
#[derive(Clone, Debug, Serialize)]
pub struct DiffView {
    /// [`super::FORMAT`]
    pub format: u32,
    /// The note's id.
    pub id: String,
    /// The older revision.
    pub from: u32,
    /// The newer one.
    pub to: u32,
    /// Every line of both texts, in order.
    pub text: Vec<LineView>,
    /// What is cited anew, no longer, or from elsewhere.
    pub citations: CitationChangesView,
}

/// A line of a text.
#[derive(Clone, Debug, Serialize)]
pub struct LineView {
    /// `kept`, `added` or `removed`
    pub change: &'static str,
    /// Without its line end.
    pub line: String,
}

/// What changed among citations.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CitationChangesView {
    pub added: Vec<CitedView>,
    pub removed: Vec<CitedView>,
    pub moved: Vec<MovedView>,
}

/// A place that a note cites.
#[derive(Clone, Debug, Serialize)]
pub struct CitedView {
    /// None for the note's first subject.
    pub subject: Option<String>,
    /// Where.
    #[serde(flatten)]
    pub place: PlaceView,
}

/// The same text, cited from elsewhere.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct MovedView {
    pub from: CitedView,
    pub to: CitedView,
}

impl From<&Citation> for CitedView {
    fn from(citation: &Citation) -> Self {
        let (first, last) = (citation.lines.first(), citation.lines.last());
        let place = PlaceView { path: citation.path.clone(), first, last };
        Self { subject: citation.subject.clone(), place }
    }
}
