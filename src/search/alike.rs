//! Notes that answer nearly the same question, or a neighbouring one: by what they cite where scout would
//! look, and by their words. Measured by `tests/eval/offer.py`; see there before changing a number.

use super::{Query, SearchError, run};
use crate::citation::{Citation, Lines};
use crate::index::{Entry, Index};
use crate::note::Head;
use crate::scout;
use crate::subject::Pinned;
use std::collections::BTreeSet;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// The question.
    pub question: &'a str,
    /// Where its answer lies, as far as that is known; the likeliest place first.
    pub places: &'a [Spot],
    /// What it is about; none: about anything.
    pub about: Option<&'a Pinned>,
}

/// A place in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Relative to the subject.
    pub path: String,
    /// Its lines.
    pub lines: Lines,
    /// The definition around it.
    pub within: Option<String>,
}

/// A note beside a question.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The note.
    pub entry: Entry,
    /// How near its matter is, 0 to 1.
    pub near: f32,
    /// How sure it is that it answers the same question, 0 to 1.
    pub same: f32,
}

impl Neighbour {
    /// Whether the note answers nearly the same question. Over the pairs of the evaluation no question that is
    /// another one comes up to this, and two of three that are the same do.
    pub fn is_the_same(&self) -> bool {
        self.same >= ENOUGH
    }
}

/// See [`Neighbour::is_the_same`].
const ENOUGH: f32 = 0.5;
/// Of notes that are found by words, by cited definitions and by cited files, so many are looked at.
const LOOKED_AT: usize = 40;
/// How many of the likeliest files are looked for in what notes cite.
const FILES: usize = 3;
/// How many places of a note, and of the question, count.
const PLACES: (usize, usize) = (5, 10);
/// How much a place counts less that scout names later.
const LATER: f32 = 0.3;
/// A longer place says less: it meets anything.
const LONG: u32 = 120;
/// From where on shared words alone make it likely that a question is the same, and where they make it sure.
const WORDS: (f32, f32) = (0.6, 0.95);
/// What is cited by chance: it keeps a note with one citation from being sure.
const CHANCE: f32 = 0.3;
/// How much places say by themselves where two questions have no word in common, and how soon words make
/// them say all.
const SPEECHLESS: (f32, f32) = (0.5, 1.5);
/// Of what speaks for a note about something in the code that the question does not name, so much is left.
const NAMED: f32 = 0.5;
/// How much a word that stands in the place of another speaks against that.
const SWAPPED: f32 = 0.8;

/// The notes nearest to a question, the nearest first. Opens no note: candidates come from the index, by
/// their words, the files and the definitions that they cite.
pub fn alike(index: &Index, sought: &Sought<'_>, limit: usize) -> Result<Vec<Neighbour>, SearchError> {
    let asked = scout::Asked::new(sought.question);
    let mut neighbours: Vec<Neighbour> = Vec::new();
    for entry in candidates(index, sought)? {
        let agreed = agreed(&entry.head, sought);
        let words = asked.like(entry.head.question.as_deref().unwrap_or(&entry.head.title));
        let by_words = ((words.both - WORDS.0) / (WORDS.1 - WORDS.0)).clamp(0.0, 1.0);
        let by_places = agreed * (SPEECHLESS.0 + SPEECHLESS.1 * words.mean).min(1.0);
        let another = if words.names_another { NAMED } else { 1.0 };
        let same = (1.0 - (1.0 - by_places) * (1.0 - by_words)) * (1.0 - SWAPPED * words.swapped) * another;
        neighbours.push(Neighbour { entry, near: f32::midpoint(agreed, words.mean), same });
    }
    neighbours.sort_by(|a, b| b.near.total_cmp(&a.near).then_with(|| a.entry.file.cmp(&b.entry.file)));
    neighbours.truncate(limit);
    Ok(neighbours)
}

/// Notes that could be near, each once.
fn candidates(index: &Index, sought: &Sought<'_>) -> Result<Vec<Entry>, SearchError> {
    let name = sought.about.map(|about| about.name.as_str());
    let mut queries: Vec<Query> = Vec::new();
    let definitions: Vec<&str> =
        sought.places.iter().take(PLACES.0).filter_map(|place| place.within.as_deref()).collect();
    for words in [sought.question.to_owned(), definitions.join(" ")] {
        queries.extend(Query::of_text(&words).into_iter().flat_map(|query| [query.clone().in_repository(name), query]));
    }
    let mut files: Vec<&str> = Vec::new();
    for place in sought.places.iter().take(PLACES.1) {
        if files.len() < FILES && !files.contains(&place.path.as_str()) {
            files.push(&place.path);
        }
    }
    queries.extend(files.into_iter().map(|path| Query::of_path(path).in_repository(name)));
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut found: Vec<Entry> = Vec::new();
    for query in &queries {
        let hits = run(index, query, LOOKED_AT)?.hits;
        found.extend(hits.into_iter().map(|hit| hit.entry).filter(|entry| seen.insert(entry.file.clone())));
    }
    found.retain(|entry| may_be_about(&entry.head, sought.about));
    Ok(found)
}

/// A note without a subject may be about anything.
fn may_be_about(head: &Head, about: Option<&Pinned>) -> bool {
    let Some(about) = about.map(Pinned::whole) else { return true };
    head.subjects.is_empty() || head.subjects.iter().any(|subject| subject.whole().0.may_be(&about.0))
}

/// How far a note cites what answers the question, 0 to 1: its first places count most, and those that the
/// question's researcher names first.
fn agreed(head: &Head, sought: &Sought<'_>) -> f32 {
    let folder = |pinned: Option<&Pinned>| pinned.and_then(|pinned| pinned.whole().1);
    let (theirs, mine) = (folder(head.subjects.first()), folder(sought.about));
    let whole = |folder: &Option<String>, path: &str| match folder {
        Some(folder) => format!("{folder}/{path}"),
        None => path.to_owned(),
    };
    let places: Vec<(String, &Spot)> =
        sought.places.iter().take(PLACES.1).map(|place| (whole(&mine, &place.path), place)).collect();
    let (mut all, mut met) = (0.0, 0.0);
    let mut worth = 1.0;
    for citation in head.citations.iter().take(PLACES.0) {
        let path = whole(&theirs, &citation.path);
        let mut best = 0.0_f32;
        let mut later = 1.0;
        for (other, place) in &places {
            if *other == path && meets(citation, place) {
                let long = citation.lines.len().max(place.lines.len()).max(LONG);
                #[expect(clippy::cast_precision_loss, reason = "a file has fewer lines")]
                let narrow = LONG as f32 / long as f32;
                best = best.max(narrow / later);
            }
            later += LATER;
        }
        all += 1.0 / worth;
        met += best / worth;
        worth += 1.0;
    }
    met / (all + CHANCE)
}

/// The same lines, or the same definition, wherever it moved in its file.
fn meets(citation: &Citation, place: &Spot) -> bool {
    let same_definition = citation.within().is_some() && citation.within() == place.within.as_deref();
    same_definition || citation.lines.overlaps(place.lines)
}

impl Spot {
    /// Lines `first..=last` of a file, counted from 1; none if there are no such lines.
    pub fn new(path: String, first: u32, last: u32, within: Option<String>) -> Option<Self> {
        Some(Self { path, lines: Lines::new(first, last)?, within })
    }
}

impl From<&Citation> for Spot {
    fn from(citation: &Citation) -> Self {
        Self { path: citation.path.clone(), lines: citation.lines, within: citation.within().map(str::to_owned) }
    }
}
