//! One pass over all packed facts: which units hold which words of the question. No index: reading
//! every list once is as fast as looking up, and nothing has to be kept in step.

use super::cache::Facts;
use super::facts::Counts;
use super::language;
use super::packed::{self, Packed};
use super::query::Query;
use super::walk::Role;
use crate::words;
use rayon::prelude::*;

/// A stem of the question, as the subject uses it.
#[derive(Clone, Debug)]
pub(crate) struct Stem {
    pub(crate) text: String,
    /// The concepts it stands for, and how well.
    pub(crate) concepts: Vec<(usize, f32)>,
    /// In how many units of source it stands.
    pub(crate) units: u32,
}

/// A unit's words that the question has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) stem: u8,
    pub(crate) counts: Counts,
}

/// The subject as one list of units.
pub(crate) struct Scan<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) stems: Vec<Stem>,
    /// All units of all files, in order.
    pub(crate) units: Vec<Packed<'a>>,
    /// For each unit, its file.
    pub(crate) file_of: Vec<u32>,
    /// For each file, the family of its language.
    families: Vec<Option<&'static str>>,
    /// For each file, its first unit.
    pub(crate) first_of: Vec<u32>,
    /// For each unit, where its part of `found` begins; one more at the end.
    starts: Vec<u32>,
    found: Vec<Found>,
    /// For each file, a bit for each stem in its path.
    pub(crate) paths: Vec<u128>,
    /// Whether any source was parsed; else all of it is text.
    pub(crate) has_code: bool,
    /// How many units of source there are.
    pub(crate) source_units: u32,
    /// Words in a unit, on average.
    pub(crate) mean_length: f32,
}

/// What one file gives.
struct OfFile<'a> {
    units: Vec<Packed<'a>>,
    counts: Vec<u32>,
    found: Vec<Found>,
    path: u128,
}

/// More stems than bits are not looked for.
const MOST_STEMS: usize = 127;

impl<'a> Scan<'a> {
    /// Reads all facts once.
    pub(crate) fn new(facts: &'a Facts, query: &Query) -> Self {
        let mut stems: Vec<Stem> = Vec::new();
        // Words asked for come first: should there be too many, synonyms are dropped.
        for (at, concept) in query.concepts.iter().enumerate() {
            add(&mut stems, &concept.stems[0].0, at, concept.stems[0].1);
        }
        for (at, concept) in query.concepts.iter().enumerate() {
            for (stem, weight) in concept.stems.iter().skip(1) {
                add(&mut stems, stem, at, *weight);
            }
        }
        compounds(&mut stems, facts, query);
        let wanted: rustc_hash::FxHashMap<&str, u8> =
            stems.iter().zip(0..).map(|(stem, at)| (stem.text.as_str(), at)).collect();
        // By the number of a term: 0, or one more than the stem's place.
        let table: Vec<u8> = facts.terms.iter().map(|term| wanted.get(term).map_or(0, |at| at + 1)).collect();
        let of_files: Vec<OfFile> = (0..facts.files.len())
            .into_par_iter()
            .with_min_len(64)
            .map(|file| scan(facts, file, &table, &wanted))
            .collect();
        let total = of_files.iter().map(|file| file.units.len()).sum();
        let mut scan = Scan {
            facts,
            units: Vec::with_capacity(total),
            file_of: Vec::with_capacity(total),
            families: facts.files.iter().map(|file| language::family(&file.path)).collect(),
            first_of: Vec::with_capacity(of_files.len()),
            starts: Vec::with_capacity(total + 1),
            found: Vec::new(),
            paths: Vec::with_capacity(of_files.len()),
            has_code: facts.files.iter().any(|file| file.parsed && file.role.is_ok_and(|role| role <= Role::Vendored)),
            source_units: 0,
            mean_length: 1.0,
            stems,
        };
        let mut length = 0_u64;
        for (file, of_file) in of_files.into_iter().enumerate() {
            let is_source = facts.files[file].role.is_ok_and(|role| role <= Role::Vendored);
            scan.first_of.push(number(scan.units.len()));
            scan.paths.push(of_file.path);
            let mut next = 0;
            for (unit, count) in of_file.units.into_iter().zip(of_file.counts) {
                scan.starts.push(number(scan.found.len()));
                let found = &of_file.found[next..next + count as usize];
                next += count as usize;
                if is_source && !unit.test && unit.kind != language::Kind::Part {
                    scan.source_units += 1;
                    length += u64::from(unit.length);
                    for word in found {
                        scan.stems[usize::from(word.stem)].units += 1;
                    }
                }
                scan.found.extend_from_slice(found);
                scan.units.push(unit);
                scan.file_of.push(number(file));
            }
        }
        scan.starts.push(number(scan.found.len()));
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no more digits")]
        let mean = (length as f32 / scan.source_units.max(1) as f32).max(1.0);
        scan.mean_length = mean;
        scan
    }

    /// The words of the question in a unit.
    pub(crate) fn found(&self, unit: usize) -> &[Found] {
        &self.found[self.starts[unit] as usize..self.starts[unit + 1] as usize]
    }

    /// The part the unit's file plays.
    pub(crate) fn role(&self, unit: usize) -> Role {
        self.facts.files[self.file_of[unit] as usize].role.unwrap_or(Role::Generated)
    }

    pub(crate) fn path(&self, unit: usize) -> &'a str {
        &self.facts.files[self.file_of[unit] as usize].path
    }

    /// The family of languages of the unit's file.
    pub(crate) fn family(&self, unit: usize) -> Option<&'static str> {
        self.families[self.file_of[unit] as usize]
    }

    pub(crate) fn name(&self, unit: usize) -> Option<&'a str> {
        self.units[unit].name.map(|name| self.facts.names.get(name))
    }

    /// The unit around a unit.
    pub(crate) fn parent(&self, unit: usize) -> Option<usize> {
        let parent = self.units[unit].parent? as usize;
        let parent = self.first_of[self.file_of[unit] as usize] as usize + parent;
        // Damaged facts must not lead in a circle.
        (parent < unit).then_some(parent)
    }

    /// `Class.method`.
    pub(crate) fn qualified(&self, unit: usize) -> Option<String> {
        if self.units[unit].kind == language::Kind::Part {
            return self.qualified(self.parent(unit)?);
        }
        let mut parts = vec![self.name(unit)?];
        parts.extend(self.units[unit].owner.map(|owner| self.facts.names.get(owner)));
        let mut next = self.parent(unit);
        while let Some(parent) = next {
            let module = self.units[parent].kind == language::Kind::Module;
            if let Some(name) = self.name(parent).filter(|_| !module || parts.len() < 2) {
                parts.push(name);
            }
            next = self.parent(parent);
        }
        parts.reverse();
        Some(parts.join("."))
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn add(stems: &mut Vec<Stem>, text: &str, concept: usize, weight: f32) {
    if let Some(stem) = stems.iter_mut().find(|stem| stem.text == text) {
        stem.concepts.push((concept, weight));
    } else if stems.len() < MOST_STEMS {
        stems.push(Stem { text: text.to_owned(), concepts: vec![(concept, weight)], units: 0 });
    }
}

/// How well a word stands for a part of it: `autoescape` for `escape`.
const PART_OF: f32 = 0.5;
/// So many such words a concept, the shortest first.
const MOST_COMPOUNDS: usize = 6;

/// Words of the subject that begin or end with a word of the question.
fn compounds(stems: &mut Vec<Stem>, facts: &Facts, query: &Query) {
    let own: Vec<(usize, &str)> = query
        .concepts
        .iter()
        .enumerate()
        .map(|(at, concept)| (at, concept.stems[0].0.as_str()))
        .filter(|(_, stem)| stem.len() >= 4)
        .collect();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for term in facts.terms.iter() {
        if term.len() > 20 {
            continue;
        }
        for (at, stem) in &own {
            let rest = term.strip_suffix(stem).or_else(|| term.strip_prefix(stem).filter(|_| stem.len() >= 4));
            if rest.is_some_and(|rest| rest.len() >= 2) {
                found.push((*at, term));
            }
        }
    }
    found.sort_by_key(|(at, term)| (*at, term.len()));
    for of_concept in found.chunk_by(|a, b| a.0 == b.0) {
        for (at, term) in of_concept.iter().take(MOST_COMPOUNDS) {
            if !query.concepts[*at].stems.iter().any(|(stem, _)| stem == term) {
                add(stems, term, *at, PART_OF);
            }
        }
    }
}

fn scan<'a>(facts: &'a Facts, file: usize, table: &[u8], wanted: &rustc_hash::FxHashMap<&str, u8>) -> OfFile<'a> {
    let mut of_file = OfFile { units: Vec::new(), counts: Vec::new(), found: Vec::new(), path: 0 };
    for unit in packed::units(facts.units_of(file)) {
        let before = of_file.found.len();
        for (term, counts) in unit.terms() {
            if let Some(at) = table.get(term as usize).and_then(|at| at.checked_sub(1)) {
                of_file.found.push(Found { stem: at, counts: Counts::unpack(counts) });
            }
        }
        of_file.counts.push(number(of_file.found.len() - before));
        of_file.units.push(unit);
    }
    if !of_file.units.is_empty() {
        words::each_stem(&facts.files[file].path, |stem| {
            if let Some(at) = wanted.get(stem) {
                of_file.path |= 1 << at;
            }
        });
    }
    of_file
}
