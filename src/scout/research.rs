//! From a question to places, best first: words, then neighbours, then a close look at the best.

use super::cite::{self, Cited, Sources};
use super::rank::{CLOSE, Ranker};
use super::trace::Graph;

/// Places, and how sure.
pub(crate) struct Findings {
    /// Best first.
    pub(crate) places: Vec<Cited>,
    pub(crate) graph: Graph,
    /// False: this is not in the code.
    pub(crate) found: bool,
    /// What decided that.
    pub(crate) signals: Signals,
}

/// What tells an answer from a coincidence of words: shares of the question's worth, 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signals {
    /// Met by the best of the first places.
    pub(crate) coverage: f32,
    /// Within the lines of one of the first places.
    pub(crate) near: f32,
    /// The score of the first place.
    pub(crate) top: f32,
    /// Words that the source has in no form, synonyms for the same thing included.
    pub(crate) missing: f32,
    /// As `near`, loose synonyms not counted.
    pub(crate) strict: f32,
    /// In the name of one of the first places.
    pub(crate) named: f32,
    /// In one file, loose synonyms not counted.
    pub(crate) file: f32,
    /// Strict, within three lines.
    pub(crate) tight: f32,
}

/// So many places are kept.
const PLACES: usize = 20;

pub(crate) fn run(ranker: &Ranker, sources: &mut Sources) -> Findings {
    let scan = ranker.scan;
    let by_words = ranker.by_words();
    let graph = Graph::around(scan, &by_words);
    let mut ranked = ranker.with_neighbours(by_words, &graph);
    if ranker.weights.feedback > 0.0 {
        ranker.with_feedback(&mut ranked);
    }
    let mut cited: Vec<Cited> = Vec::new();
    for place in ranked.into_iter().take(CLOSE) {
        let mut place = cite::choose(ranker, place, sources);
        place.ranked.score *= 1.0
            + ranker.weights.near * place.near
            + ranker.weights.tight * place.tight
            + ranker.weights.naming * ranker.named(place.ranked.unit);
        cited.push(place);
    }
    cited.sort_by(|a, b| b.ranked.score.total_cmp(&a.ranked.score).then(a.ranked.unit.cmp(&b.ranked.unit)));
    let mut places: Vec<Cited> = Vec::new();
    for place in cited {
        let path = scan.path(place.ranked.unit);
        let overlaps = places.iter().any(|known| {
            scan.path(known.ranked.unit) == path
                && known.lines.first <= place.lines.last
                && place.lines.first <= known.lines.last
        });
        if !overlaps {
            places.push(place);
        }
        if places.len() == PLACES {
            break;
        }
    }
    let first = || places.iter().take(5);
    let signals = Signals {
        coverage: first().take(3).map(|place| place.ranked.coverage).fold(0.0, f32::max),
        near: first().map(|place| place.near).fold(0.0, f32::max),
        top: places.first().map_or(0.0, |place| place.ranked.score),
        missing: ranker.missing(),
        strict: first().map(|place| place.strict).fold(0.0, f32::max),
        named: first().map(|place| ranker.named(place.ranked.unit)).fold(0.0, f32::max),
        file: first().map(|place| ranker.strict_in_file(place.ranked.unit)).fold(0.0, f32::max),
        tight: first().map(|place| place.tight).fold(0.0, f32::max),
    };
    let found = !places.is_empty();
    Findings { places, graph, found, signals }
}
