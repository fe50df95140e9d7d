//! Units ranked against a question: words weighted by where they stand (after BM25F), how much of the
//! question is covered, what part file and definition play, and what their neighbours in the graph of
//! calls are worth.

use super::language::Kind;
use super::query::Query;
use super::scan::{Found, Scan};
use super::trace::Graph;
use super::walk::Role;

/// What counts how much. Few numbers, each with a meaning; measured over many code bases.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub(crate) struct Weights {
    pub(crate) name: f32,
    pub(crate) doc: f32,
    pub(crate) comment: f32,
    pub(crate) text: f32,
    pub(crate) body: f32,
    pub(crate) path: f32,
    pub(crate) container: f32,
    /// BM25's saturation and length normalisation.
    pub(crate) k1: f32,
    pub(crate) b: f32,
    /// How sharply a partly covered question counts less.
    pub(crate) coverage: f32,
    pub(crate) test: f32,
    pub(crate) document: f32,
    pub(crate) example: f32,
    pub(crate) vendored: f32,
    pub(crate) data: f32,
    pub(crate) changelog: f32,
    pub(crate) class: f32,
    pub(crate) constant: f32,
    pub(crate) block: f32,
    pub(crate) declaration: f32,
    pub(crate) callback: f32,
    /// From a place to what it calls, and to what calls it.
    pub(crate) callee: f32,
    pub(crate) caller: f32,
    /// From a test or document to what it names.
    pub(crate) bridge: f32,
    /// For words close together.
    pub(crate) near: f32,
    /// A second word for the same concept.
    pub(crate) again: f32,
    /// How much synonyms count.
    pub(crate) synonym: f32,
    pub(crate) short: f32,
    pub(crate) part: f32,
    /// For what else stands in the file.
    pub(crate) file: f32,
    /// For words that the best places share.
    pub(crate) feedback: f32,
    pub(crate) tight: f32,
    pub(crate) heat: f32,
    pub(crate) naming: f32,
    pub(crate) fb_n: f32,
    pub(crate) fb_t: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            name: 5.0,
            doc: 1.5,
            comment: 0.4,
            text: 1.0,
            body: 1.0,
            path: 3.0,
            container: 2.0,
            k1: 1.2,
            b: 0.325,
            coverage: 0.8,
            test: 0.16,
            document: 0.3,
            example: 0.4,
            vendored: 0.9,
            data: 0.3,
            changelog: 0.15,
            class: 0.7,
            constant: 0.4,
            block: 0.4,
            declaration: 0.5,
            callback: 0.9,
            callee: 0.3,
            caller: 0.2,
            bridge: 0.15,
            near: 0.5,
            again: 0.45,
            synonym: 1.0,
            short: 0.8,
            part: 1.0,
            file: 0.45,
            feedback: 0.0,
            heat: 0.15,
            tight: 0.15,
            naming: 0.1,
            fb_n: 8.0,
            fb_t: 20.0,
        }
    }
}

/// A unit with its worth.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) unit: usize,
    pub(crate) score: f32,
    /// Which share of what the question says stands here, 0 to 1.
    pub(crate) coverage: f32,
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
        let mut meet = |stem: usize, strength: f32| {
            let saturated = strength * (weights.k1 + 1.0) / (strength + weights.k1 * long) / (weights.k1 + 1.0);
            for (concept, fit) in &self.scan.stems[stem].concepts {
                let fit = if *fit < 1.0 { fit * weights.synonym } else { *fit };
                let rarity = (self.rarity[stem] * self.query.concepts[*concept].weight
                    / self.worth[*concept].max(0.001))
                .min(1.0);
                let value = saturated * fit * rarity;
                if value > met[*concept] {
                    second[*concept] = met[*concept];
                    met[*concept] = value;
                } else {
                    second[*concept] = second[*concept].max(value);
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
            meet(usize::from(word.stem), strength);
        }
        for stem in 0..self.scan.stems.len() {
            let bit = 1_u128 << stem;
            if (path | around) & bit != 0 && seen & bit == 0 {
                let strength = if path & bit != 0 { weights.path } else { 0.0 }
                    + if around & bit != 0 { weights.container } else { 0.0 };
                meet(stem, strength);
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
            Kind::Function | Kind::Method | Kind::Macro => 1.0,
            Kind::Callback => weights.callback,
            Kind::Class | Kind::Interface | Kind::Scope | Kind::Module => weights.class,
            Kind::Type | Kind::Constant => weights.constant,
            Kind::Block => weights.block,
            Kind::Declaration => weights.declaration,
            Kind::Text => 1.0,
            Kind::Part => weights.part,
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
            ranked.push(Ranked { unit, score, coverage, met: met.clone() });
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
        // Where several good places lie, the others are likelier.
        let mut best: rustc_hash::FxHashMap<u32, Vec<f32>> = rustc_hash::FxHashMap::default();
        for place in ranked.iter() {
            let heats = best.entry(self.scan.file_of[place.unit]).or_default();
            heats.push(place.score);
            if heats.len() > 24 {
                heats.sort_by(|a, b| b.total_cmp(a));
                heats.truncate(5);
            }
        }
        let mut heat: rustc_hash::FxHashMap<u32, f32> = rustc_hash::FxHashMap::default();
        let mut hottest = 0.001_f32;
        for (file, mut heats) in best {
            heats.sort_by(|a, b| b.total_cmp(a));
            let sum: f32 = heats.iter().take(5).sum();
            hottest = hottest.max(sum);
            heat.insert(file, sum);
        }
        for place in ranked {
            place.score *=
                1.0 + self.weights.heat * heat.get(&self.scan.file_of[place.unit]).copied().unwrap_or(0.0) / hottest;
            place.score *= 1.0 + self.weights.file * share.get(&self.scan.file_of[place.unit]).copied().unwrap_or(0.0);
        }
    }

    /// Places that share the words of the best ones count more: a question's words seldom are the
    /// code's, but the first places found speak as the code does.
    pub(crate) fn with_feedback(&self, ranked: &mut [Ranked]) {
        let units = self.scan.units.len() as f32;
        let counts = self.scan.units_of_terms();
        let rare = |term: u32| (units / (1.0 + counts.get(term as usize).copied().unwrap_or(0) as f32)).max(1.0).ln();
        let mut said: rustc_hash::FxHashMap<u32, f32> = rustc_hash::FxHashMap::default();
        for place in ranked.iter().take(self.weights.fb_n as usize) {
            let unit = &self.scan.units[place.unit];
            let long = (unit.length as f32).max(20.0).sqrt();
            for (term, counts) in unit.terms() {
                let counts = super::facts::Counts::unpack(counts);
                let often = f32::from(counts.body.min(3))
                    + f32::from(counts.text.min(2))
                    + 3.0 * f32::from(counts.name)
                    + f32::from(counts.doc.min(2))
                    + 0.3 * f32::from(counts.comment.min(2));
                *said.entry(term).or_default() += place.score * often / long;
            }
        }
        let mut words: Vec<(u32, f32)> =
            said.into_iter().map(|(term, worth)| (term, worth * rare(term).powi(1))).collect();
        words.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        words.truncate(self.weights.fb_t as usize);
        let sum: f32 = words.iter().map(|(_, worth)| worth).sum::<f32>().max(0.001);
        let words: rustc_hash::FxHashMap<u32, f32> =
            words.into_iter().map(|(term, worth)| (term, worth / sum)).collect();
        for place in ranked.iter_mut() {
            let unit = &self.scan.units[place.unit];
            let long = 1.0 - self.weights.b + self.weights.b * unit.length as f32 / self.scan.mean_length;
            let mut alike = 0.0;
            for (term, counts) in unit.terms() {
                if let Some(worth) = words.get(&term) {
                    let counts = super::facts::Counts::unpack(counts);
                    let strength = self.weights.name * f32::from(counts.name.min(1))
                        + f32::from(counts.body.min(12))
                        + f32::from(counts.text.min(6))
                        + self.weights.doc * f32::from(counts.doc.min(4))
                        + self.weights.comment * f32::from(counts.comment.min(6));
                    alike += worth * strength / (strength + self.weights.k1 * long);
                }
            }
            place.score *= 1.0 + self.weights.feedback * alike;
        }
        sort(ranked);
    }

    /// Which share of the question's worth a unit's own name holds.
    pub(crate) fn named(&self, unit: usize) -> f32 {
        self.share(
            self.scan
                .found(unit)
                .iter()
                .filter(|word| word.counts.name > 0)
                .fold(0, |seen, word| seen | 1 << word.stem),
        )
    }

    /// The same, with what neighbours lend: a place that a good place calls, or that calls one.
    pub(crate) fn with_neighbours(&self, mut ranked: Vec<Ranked>, graph: &Graph) -> Vec<Ranked> {
        let weights = self.weights;
        let mut lent: rustc_hash::FxHashMap<usize, f32> = rustc_hash::FxHashMap::default();
        let mut lend = |unit: usize, worth: f32| {
            let known = lent.entry(unit).or_insert(0.0);
            *known = known.max(worth) + 0.25 * known.min(worth);
        };
        for place in ranked.iter().take(SEEDS) {
            let bridge = self.scan.role(place.unit) >= Role::Example || self.scan.units[place.unit].test;
            let prior = self.prior(place.unit).max(0.05);
            for (callee, sure) in graph.callees(self.scan, place.unit) {
                if bridge {
                    lend(callee, place.score / prior * weights.bridge * sure * self.prior(callee));
                } else {
                    lend(callee, place.score * weights.callee * sure * self.prior(callee));
                }
            }
            if !bridge {
                for (caller, sure) in graph.callers(self.scan, place.unit) {
                    lend(caller, place.score * weights.caller * sure * self.prior(caller));
                }
            }
        }
        for place in &mut ranked {
            if let Some(worth) = lent.remove(&place.unit) {
                place.score += worth;
            }
        }
        let concepts = self.query.concepts.len();
        ranked.extend(lent.into_iter().map(|(unit, score)| Ranked {
            unit,
            score,
            coverage: 0.0,
            met: vec![0.0; concepts],
        }));
        sort(&mut ranked);
        ranked
    }

    /// Which share of the question's worth the source says nowhere, in no form.
    pub(crate) fn missing(&self) -> f32 {
        let spoken = self
            .scan
            .stems
            .iter()
            .enumerate()
            .filter(|(_, stem)| stem.units > 0)
            .fold(0, |seen, (at, _)| seen | 1 << at);
        1.0 - self.strict(spoken)
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
