//! Units ranked against a question: words weighted by where they stand (after BM25F), how much of the
//! question is covered, what part file and definition play, and what their neighbours in the graph of
//! calls are worth.

#![expect(clippy::cast_precision_loss, reason = "counts of words and units: a rank needs no more digits")]

use super::language::Kind;
use super::query::Query;
use super::scan::{Found, Scan};
use super::trace::Graph;
use super::walk::Role;
use super::weights::Weights;

/// A unit with its worth.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) unit: usize,
    pub(crate) score: f32,
    /// For each concept, how well it is met here: 0 to 1.
    pub(crate) met: Vec<f32>,
}

/// What is the same for all units of a question.
pub(crate) struct Ranker<'a> {
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) query: &'a Query,
    pub(crate) weights: &'a Weights,
    /// For each stem: how rare it is.
    pub(crate) rarity: Vec<f32>,
    /// For each concept: its weight times how rare its own word is.
    pub(crate) worth: Vec<f32>,
    total: f32,
}

/// So many of the best are looked at closely.
pub(crate) const CLOSE: usize = 80;
/// So many lend their worth to neighbours.
const SEEDS: usize = 60;

impl<'a> Ranker<'a> {
    pub(crate) fn new(scan: &'a Scan<'a>, query: &'a Query, weights: &'a Weights) -> Self {
        let units = scan.source_units as f32;
        let rarity: Vec<f32> = scan
            .stems
            .iter()
            .map(|stem| (1.0 + (units - stem.units as f32 + 0.5).max(0.5) / (stem.units as f32 + 0.5)).ln())
            .collect();
        let worth: Vec<f32> = query
            .concepts
            .iter()
            .enumerate()
            .map(|(at, concept)| {
                let own = scan.stems.iter().position(|stem| stem.text == concept.stems[0].0);
                let own = own.filter(|own| scan.stems[*own].units > 0).map(|own| rarity[own]);
                // A word the subject never says: as rare as the best word it says instead, or as can be.
                let other = || {
                    let spoken = scan
                        .stems
                        .iter()
                        .zip(&rarity)
                        .filter(|(stem, _)| stem.units > 0 && stem.concepts.iter().any(|(of, _)| *of == at));
                    spoken.map(|(_, rarity)| *rarity).reduce(f32::max)
                };
                concept.weight * own.or_else(other).unwrap_or_else(|| (2.0 * units + 2.0).ln())
            })
            .collect();
        let total = worth.iter().sum::<f32>().max(0.001);
        Self { scan, query, weights, rarity, worth, total }
    }

    /// How well the words of one unit meet each concept, 0 to 1 and how much that is worth.
    fn meet(&self, unit: usize, found: &[Found], met: &mut [f32]) -> f32 {
        let weights = self.weights;
        let head = &self.scan.units[unit];
        let path = self.scan.paths[self.scan.file_of[unit] as usize];
        let long = 1.0 - weights.b + weights.b * head.length as f32 / self.scan.mean_length;
        met.fill(0.0);
        let mut seen: u128 = 0;
        let mut second = vec![0.0_f32; met.len()];
        let mut strike = |stem: usize, strength: f32| {
            let saturated = strength * (weights.k1 + 1.0) / (strength + weights.k1 * long) / (weights.k1 + 1.0);
            for (concept, fit) in &self.scan.stems[stem].concepts {
                let fit = if *fit < 1.0 { fit * weights.synonym } else { *fit };
                let rarity = (self.rarity[stem] * self.query.concepts[*concept].weight
                    / self.worth[*concept].max(0.001))
                .min(1.0);
                let worth = saturated * fit * rarity;
                if worth > met[*concept] {
                    second[*concept] = met[*concept];
                    met[*concept] = worth;
                } else {
                    second[*concept] = second[*concept].max(worth);
                }
            }
        };
        let mut around: u128 = 0;
        let mut next = self.scan.parent(unit);
        while let Some(parent) = next {
            for word in self.scan.found(parent).iter().filter(|word| word.counts.name > 0) {
                around |= 1 << word.stem;
            }
            next = self.scan.parent(parent);
        }
        for word in found {
            let counts = word.counts;
            let bit = 1_u128 << word.stem;
            seen |= bit;
            let mut strength = weights.name * f32::from(counts.name.min(1))
                + weights.doc * f32::from(counts.doc.min(4))
                + weights.comment * f32::from(counts.comment.min(6))
                + weights.text * f32::from(counts.text.min(6))
                + weights.body * f32::from(counts.body.min(12));
            if path & bit != 0 {
                strength += weights.path;
            }
            if around & bit != 0 {
                strength += weights.container;
            }
            strike(usize::from(word.stem), strength);
        }
        for stem in 0..self.scan.stems.len() {
            let bit = 1_u128 << stem;
            if (path | around) & bit != 0 && seen & bit == 0 {
                let strength = if path & bit != 0 { weights.path } else { 0.0 }
                    + if around & bit != 0 { weights.container } else { 0.0 };
                strike(stem, strength);
            }
        }
        let mut sum = 0.0;
        for (at, value) in met.iter_mut().enumerate() {
            *value = (*value + weights.again * second[at]).min(1.0);
            sum += *value * self.worth[at];
        }
        sum
    }

    /// What file and definition are worth by their kind alone.
    fn prior(&self, unit: usize) -> f32 {
        let weights = self.weights;
        let head = &self.scan.units[unit];
        let role = if head.test { Role::Test } else { self.scan.role(unit) };
        let role = match role {
            Role::Source => 1.0,
            Role::Vendored => weights.vendored,
            Role::Example => weights.example,
            Role::Test => weights.test,
            Role::Document => weights.document,
            Role::Changelog => weights.changelog,
            Role::Data | Role::Generated => weights.data,
        };
        let kind = match head.kind {
            Kind::Function | Kind::Method | Kind::Macro | Kind::Text | Kind::Part => 1.0,
            Kind::Callback => weights.callback,
            Kind::Class | Kind::Interface | Kind::Scope | Kind::Module => weights.class,
            Kind::Type | Kind::Constant => weights.constant,
            Kind::Block => weights.block,
            Kind::Declaration => weights.declaration,
        };
        let trivial = if head.kind.is_callable() && head.last - head.first < 2 { weights.short } else { 1.0 };
        role * kind * trivial
    }

    /// All units that hold a word of the question, by words and kind alone; best first.
    pub(crate) fn by_words(&self) -> Vec<Ranked> {
        let mut ranked: Vec<Ranked> = Vec::new();
        let mut met = vec![0.0_f32; self.query.concepts.len()];
        for unit in 0..self.scan.units.len() {
            let found = self.scan.found(unit);
            if found.is_empty() {
                continue;
            }
            let sum = self.meet(unit, found, &mut met);
            let covered: f32 = met.iter().zip(&self.worth).map(|(met, worth)| (met * 3.0).min(1.0) * worth).sum();
            let coverage = covered / self.total;
            let score = sum * coverage.powf(self.weights.coverage) * self.prior(unit) / self.total;
            ranked.push(Ranked { unit, score, met: met.clone() });
        }
        self.within_files(&mut ranked);
        let keep = 400.min(ranked.len());
        if keep < ranked.len() {
            ranked.select_nth_unstable_by(keep, |a, b| b.score.total_cmp(&a.score));
            ranked.truncate(keep);
        }
        sort(&mut ranked);
        ranked
    }

    /// A place among others that speak of the same counts more.
    fn within_files(&self, ranked: &mut [Ranked]) {
        let concepts = self.query.concepts.len();
        let mut files: rustc_hash::FxHashMap<u32, Vec<f32>> = rustc_hash::FxHashMap::default();
        for place in ranked.iter() {
            let met = files.entry(self.scan.file_of[place.unit]).or_insert_with(|| vec![0.0; concepts]);
            for (known, here) in met.iter_mut().zip(&place.met) {
                *known = known.max(*here);
            }
        }
        let share: rustc_hash::FxHashMap<u32, f32> = files
            .into_iter()
            .map(|(file, met)| {
                (file, met.iter().zip(&self.worth).map(|(met, worth)| met * worth).sum::<f32>() / self.total)
            })
            .collect();
        for place in ranked {
            place.score *= 1.0 + self.weights.file * share.get(&self.scan.file_of[place.unit]).copied().unwrap_or(0.0);
        }
    }

    /// The same, with what neighbours lend: a place that a good place calls, or that calls one.
    pub(crate) fn with_neighbours(&self, mut ranked: Vec<Ranked>, graph: &Graph) -> Vec<Ranked> {
        let weights = self.weights;
        let mut lent: rustc_hash::FxHashMap<usize, f32> = rustc_hash::FxHashMap::default();
        let mut give = |unit: usize, worth: f32| {
            let known = lent.entry(unit).or_insert(0.0);
            *known = known.max(worth) + 0.25 * known.min(worth);
        };
        for place in ranked.iter().take(SEEDS) {
            let bridge = self.scan.role(place.unit) >= Role::Example || self.scan.units[place.unit].test;
            let prior = self.prior(place.unit).max(0.05);
            for (callee, sure) in graph.callees(self.scan, place.unit) {
                if bridge {
                    give(callee, place.score / prior * weights.bridge * sure * self.prior(callee));
                } else {
                    give(callee, place.score * weights.callee * sure * self.prior(callee));
                }
            }
            if !bridge {
                for (caller, sure) in graph.callers(self.scan, place.unit) {
                    give(caller, place.score * weights.caller * sure * self.prior(caller));
                }
            }
        }
        for place in &mut ranked {
            if let Some(worth) = lent.remove(&place.unit) {
                place.score += worth;
            }
        }
        let concepts = self.query.concepts.len();
        ranked.extend(lent.into_iter().map(|(unit, score)| Ranked { unit, score, met: vec![0.0; concepts] }));
        sort(&mut ranked);
        ranked
    }

    /// Which share one file says, in any of its units.
    pub(crate) fn strict_in_file(&self, unit: usize) -> f32 {
        let file = self.scan.file_of[unit] as usize;
        let from = self.scan.first_of[file] as usize;
        let to = self.scan.first_of.get(file + 1).map_or(self.scan.units.len(), |next| *next as usize);
        self.strict((from..to).flat_map(|unit| self.scan.found(unit)).fold(0, |seen, word| seen | 1 << word.stem))
    }

    /// As [`Self::share`], but only words that stand for the same thing.
    pub(crate) fn strict(&self, stems: u128) -> f32 {
        let same =
            self.scan.stems.iter().enumerate().filter(|(_, stem)| stem.concepts.iter().any(|(_, fit)| *fit >= 0.7));
        let mut met = vec![0.0_f32; self.worth.len()];
        for (_, stem) in same.filter(|(at, _)| stems >> at & 1 == 1) {
            for (concept, fit) in stem.concepts.iter().filter(|(_, fit)| *fit >= 0.7) {
                met[*concept] = met[*concept].max(*fit);
            }
        }
        met.iter().zip(&self.worth).map(|(met, worth)| met * worth).sum::<f32>() / self.total
    }

    /// Which share of the question's worth is met by a set of stems.
    pub(crate) fn share(&self, stems: u128) -> f32 {
        let mut met = vec![0.0_f32; self.worth.len()];
        for (at, stem) in self.scan.stems.iter().enumerate() {
            if stems >> at & 1 == 1 {
                for (concept, fit) in &stem.concepts {
                    met[*concept] = met[*concept].max(*fit);
                }
            }
        }
        met.iter().zip(&self.worth).map(|(met, worth)| met * worth).sum::<f32>() / self.total
    }
}

/// Best first; equal ones in the order of the source, so that an answer is the same each time.
pub(crate) fn sort(ranked: &mut [Ranked]) {
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.unit.cmp(&b.unit)));
}
