//! The shape of `kb compare`.

use super::{CitationView, NoteView};
use crate::note::SharedPlace;
use serde::Serialize;

/// `kb compare`
#[derive(Clone, Debug, Serialize)]
pub struct CompareView {
    /// [`super::FORMAT`]
    pub format: u32,
    /// As they were named.
    pub notes: Vec<NoteView>,
    /// First what all of the notes cite, last what only one does; of these the best first.
    pub places: Vec<ComparedPlaceView>,
}

/// A place that one or more notes cite.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedPlaceView {
    /// Ids of the notes that cite it.
    pub cited_by: Vec<String>,
    /// None for the notes' first subject.
    pub subject: Option<String>,
    /// Where the file is now, relative to the subject.
    pub path: String,
    /// The first line that all of them cite, as it stands now.
    pub first: u32,
    /// The last one.
    pub last: u32,
    /// The enclosing definition.
    #[serde(rename = "in")]
    pub within: Option<String>,
    /// As good as the best of its citations.
    pub status: &'static str,
    /// The citations themselves.
    pub citations: Vec<ComparedCitationView>,
}

/// A citation, and whose it is.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedCitationView {
    /// The note's id.
    pub note: String,
    /// The citation.
    #[serde(flatten)]
    pub citation: CitationView,
}

impl CompareView {
    /// Notes and the places in them, as [`crate::note::compare_places`] gives them.
    pub fn new(notes: Vec<NoteView>, places: &[SharedPlace]) -> Self {
        let places = places.iter().map(|place| view(&notes, place)).collect();
        Self { format: super::FORMAT, notes, places }
    }
}

fn view(notes: &[NoteView], place: &SharedPlace) -> ComparedPlaceView {
    let one = |(note, number): &(usize, usize)| {
        let note = &notes[*note];
        ComparedCitationView { note: note.id.clone(), citation: note.citations[*number].clone() }
    };
    let citations: Vec<ComparedCitationView> = place.citations.iter().map(one).collect();
    let narrowest = citations.iter().min_by_key(|one| one.citation.last - one.citation.first);
    ComparedPlaceView {
        cited_by: place.cited_by.iter().map(|note| notes[*note].id.clone()).collect(),
        subject: narrowest.and_then(|one| one.citation.subject.clone()),
        path: place.path.clone(),
        first: place.lines.first(),
        last: place.lines.last(),
        within: narrowest.and_then(|one| one.citation.within.clone()),
        status: place.status.word(),
        citations,
    }
}
