//! From a question to places, best first: words, then neighbours, then a close look at the best.

use super::cite::{self, Cited, Sources};
use super::close::Close;
use super::connect;
use super::language::Kind;
use super::list::{self, Listing};
use super::named::{self, Named};
use super::query::Ask;
use super::rank::{CLOSE, Ranked, Ranker};
use super::scan::{Found, Scan};
use super::siblings::{self, Group};
use super::trace::Graph;
use super::walk::Role;

/// Places, and how sure.
pub(crate) struct Findings {
    /// Best first.
    pub(crate) places: Vec<Cited>,
    pub(crate) graph: Graph,
    /// False: this is not in the code.
    pub(crate) found: bool,
    /// What decided that.
    pub(crate) signals: Signals,
    /// All places of the sorts that are asked for.
    pub(crate) listings: Vec<Listing>,
    /// The sorts that are asked for and have no place, where none has one.
    pub(crate) lacking: Vec<Listing>,
    /// What belongs together, where a list is asked for.
    pub(crate) group: Option<Group>,
    /// The first place is documentation, and no code answers.
    pub(crate) is_documented: bool,
    /// What the question names.
    pub(crate) named: Vec<Named>,
}

/// What tells an answer from a coincidence of words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signals {
    /// What the best place is worth by words and neighbours alone.
    pub(crate) top: f32,
    /// Share of the question's worth within the lines of one of the first places, 0 to 1.
    pub(crate) near: f32,
    /// The same within the file of one of them, loose synonyms not counted.
    pub(crate) file: f32,
    /// How many things the question speaks of: the more, the less one place says all of them.
    pub(crate) concepts: usize,
    /// How many units of source there are among which words could coincide.
    pub(crate) units: u32,
}

impl Signals {
    /// Of the best places by words and neighbours.
    fn of(ranker: &Ranker, plain: &[&Cited]) -> Self {
        Self {
            top: plain.first().map_or(0.0, |place| place.plain),
            near: plain.iter().map(|place| place.near).fold(0.0, f32::max),
            file: plain.iter().map(|place| ranker.strict_in_file(place.ranked.unit)).fold(0.0, f32::max),
            concepts: ranker.query.concepts.len(),
            units: ranker.scan.source_units,
        }
    }

    /// Whether the places answer the question.
    pub(crate) fn is_answer(&self) -> bool {
        self.weight() > ENOUGH - self.ease()
    }

    /// Whether they may: of the evaluation's questions in this range, as many had no answer as had one.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.weight() < SURE - self.ease()
    }

    /// How much less evidence a small code base needs. Where there is little code, words seldom meet by chance,
    /// and no word is rare: the same answer there weighs less, and what is no answer weighs less still.
    fn ease(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a logarithm needs no more digits")]
        let units = self.units.max(1) as f32;
        GROWTH * (SMALL / units).ln().max(0.0)
    }

    /// A logistic regression over the evaluation's answerable and unanswerable questions, its weights rounded.
    fn weight(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a question has few words")]
        let concepts = self.concepts.min(8) as f32;
        0.95 * self.top.max(0.01).ln() + 1.5 * self.near + 1.8 * self.file + 0.7 * concepts
    }
}

/// So many of the best by words tell whether there is an answer.
const LOOKED: usize = 5;
/// What an answer must reach; see [`Signals::is_answer`].
const ENOUGH: f32 = 3.25;
/// From so many units of source on, evidence weighs the same.
const SMALL: f32 = 300.0;
/// What must be reached grows so much with the logarithm of their number; measured on pieces of packages.
const GROWTH: f32 = 0.5;
/// What an answer reaches that is seldom a coincidence.
const SURE: f32 = 3.9;

/// So many places are kept.
const PLACES: usize = 20;

pub(crate) fn run(question: &str, ranker: &Ranker, sources: &mut Sources) -> Findings {
    let scan = ranker.scan;
    let (listings, lacking): (Vec<Listing>, Vec<Listing>) =
        list::asked(question, ranker.query, scan, sources).into_iter().partition(|listing| !listing.sites.is_empty());
    let by_words = ranker.by_words();
    let graph = Graph::around(scan, &by_words);
    let candidates = ranker.with_neighbours(by_words, &graph);
    let close = Close::new(ranker, &graph, &candidates);
    let mut cited: Vec<Cited> = Vec::new();
    for place in candidates.into_iter().take(CLOSE) {
        let mut place = cite::choose(ranker, place, sources);
        place.ranked.score = close.worth(&place);
        cited.push(place);
    }
    cited.sort_by(|a, b| b.plain.total_cmp(&a.plain).then(a.ranked.unit.cmp(&b.ranked.unit)));
    let signals = Signals::of(ranker, &distinct(scan, &cited, LOOKED));
    cited.sort_by(|a, b| b.ranked.score.total_cmp(&a.ranked.score).then(a.ranked.unit.cmp(&b.ranked.unit)));
    let mut places: Vec<Cited> = distinct(scan, &cited, PLACES).into_iter().cloned().collect();
    let mut is_documented = signals.weight() < SURE && places.first().is_some_and(|place| says_it(ranker, place));
    if !signals.is_answer()
        && let Some(at) = places.iter().position(|place| says_it(ranker, place))
    {
        let place = places.remove(at);
        places.insert(0, place);
        is_documented = true;
    }
    let named = named::find(question, scan, sources);
    places = named::lead(&named, places, ranker, sources);
    let lacking = if listings.is_empty() { lacking } else { Vec::new() };
    let lacks_names = !named.is_empty() && named.iter().all(|name| !name.is_here() && name.alike.is_empty());
    let found = !lacks_names
        && lacking.is_empty()
        && (is_documented || signals.is_answer() || named.iter().any(Named::is_here))
        || !listings.is_empty();
    let mut group = None;
    if ranker.query.ask == Ask::List && listings.is_empty() {
        group = siblings::group(scan, ranker.query.head.as_deref(), &places);
        if let Some(group) = &group {
            places = together(group, places, ranker, sources);
        }
    }
    Findings { places, graph, found, signals, listings, lacking, group, is_documented, named }
}

/// Of the question's worth, what documentation must say to answer it.
const SAID: f32 = 0.9;

/// Whether a text for readers speaks of all of the question, and not only in passing.
fn says_it(ranker: &Ranker, place: &Cited) -> bool {
    let scan = ranker.scan;
    let unit = place.ranked.unit;
    let is_text = scan.units[unit].kind == Kind::Text && scan.role(unit) == Role::Document;
    let found = scan.found(unit);
    let times = |word: &&Found| u32::from(word.counts.comment) + 2 * u32::from(word.counts.name) >= 2;
    let own = |word: &&Found| scan.stems[usize::from(word.stem)].concepts.iter().any(|(_, fit)| *fit >= 0.99);
    let bits = |words: &mut dyn Iterator<Item = &Found>| words.fold(0_u128, |seen, word| seen | 1 << word.stem);
    let path = scan.paths[scan.file_of[unit] as usize];
    is_text
        && ranker.strict(bits(&mut found.iter().filter(own))) >= SAID
        && ranker.strict(bits(&mut found.iter().filter(own).filter(times)) | path) >= SAID / 2.0
}

/// The first `count` places of which none overlaps one before it.
fn distinct<'a>(scan: &Scan, cited: &'a [Cited], count: usize) -> Vec<&'a Cited> {
    let mut places: Vec<&Cited> = Vec::new();
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
        if places.len() == count {
            break;
        }
    }
    places
}

/// The places of a group before all others: what registers them first, then as they rank, then as they stand.
fn together(group: &Group, places: Vec<Cited>, ranker: &Ranker, sources: &mut Sources) -> Vec<Cited> {
    let is_of = |unit: usize| group.units.contains(&unit) || group.register == Some(unit);
    let whole = |place: &Cited| connect::whole(ranker.scan, place.ranked.unit);
    let (mut first, rest): (Vec<Cited>, Vec<Cited>) = places.into_iter().partition(|place| is_of(whole(place)));
    let least = first.last().map_or(0.0, |place| place.ranked.score);
    for unit in group.register.iter().chain(&group.units) {
        if !first.iter().any(|place| whole(place) == *unit) {
            let place = Ranked { unit: *unit, score: least, met: vec![0.0; ranker.query.concepts.len()] };
            first.push(cite::choose(ranker, place, sources));
        }
    }
    first.sort_by_key(|place| group.register != Some(place.ranked.unit));
    first.extend(rest);
    first
}
