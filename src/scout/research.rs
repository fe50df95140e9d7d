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

/// What tells an answer from a coincidence of words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signals {
    /// The score of the first place.
    pub(crate) top: f32,
    /// Share of the question's worth within the lines of one of the first places, 0 to 1.
    pub(crate) near: f32,
    /// The same within the file of one of them, loose synonyms not counted.
    pub(crate) file: f32,
    /// How many things the question speaks of: the more, the less one place says all of them.
    pub(crate) concepts: usize,
}

impl Signals {
    /// Whether the places answer the question. A logistic regression over the evaluation's answerable
    /// and unanswerable questions, its weights rounded; left-out code bases: precision 0.70 at recall 0.67.
    fn is_answer(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a question has few words")]
        let concepts = self.concepts.min(8) as f32;
        0.95 * self.top.max(0.01).ln() + 1.5 * self.near + 1.8 * self.file + 0.7 * concepts > ENOUGH
    }
}

/// What an answer must reach; see [`Signals::is_answer`].
const ENOUGH: f32 = 3.25;

/// So many places are kept.
const PLACES: usize = 20;

pub(crate) fn run(ranker: &Ranker, sources: &mut Sources) -> Findings {
    let scan = ranker.scan;
    let by_words = ranker.by_words();
    let graph = Graph::around(scan, &by_words);
    let candidates = ranker.with_neighbours(by_words, &graph);
    let mut cited: Vec<Cited> = Vec::new();
    for place in candidates.into_iter().take(CLOSE) {
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
        top: places.first().map_or(0.0, |place| place.ranked.score),
        near: first().map(|place| place.near).fold(0.0, f32::max),
        file: first().map(|place| ranker.strict_in_file(place.ranked.unit)).fold(0.0, f32::max),
        concepts: ranker.query.concepts.len(),
    };
    let found = signals.is_answer();
    Findings { places, graph, found, signals }
}
