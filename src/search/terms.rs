//! What is looked for in the index: every word of a query in the spellings that count as it, the
//! identifiers that several words could be, words that follow each other, and the nearest known
//! words for one that is nowhere.

use super::query::{Query, Text};
use super::rank::Fields;
use crate::index::schema::Words;
use crate::index::words::{Splitter, Word, WordKind, folded};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

/// What an identifier whole counts beside its parts.
const WHOLE: f32 = 1.0;
/// What neighbouring words count as one identifier.
const JOINED: f32 = 0.8;
/// What words count that follow each other as they were asked for.
const PAIR: f32 = 0.6;
/// Words are joined to identifiers of so many parts.
const LONGEST_JOIN: usize = 4;
/// Longer queries are cut: a prompt pasted by mistake.
const MOST_WORDS: usize = 64;
/// A word that is nowhere is taken for so many others at most.
const MOST_NEAR: usize = 4;

/// Words that say nothing about what a question is about.
const STOP: [&str; 66] = [
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "no",
    "not", "of", "on", "or", "our", "should", "so", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "to", "us", "was", "we", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with",
    "would", "you",
];

/// One thing that a note may hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Unit {
    /// How it may stand in the index, and what that is worth.
    pub spellings: Vec<(String, f32)>,
    /// Instead: two words, one after the other.
    pub pair: Option<(String, String)>,
    /// What it is worth beside the others.
    pub weight: f32,
    /// Whether a note without it is worse for it; the others are a bonus.
    pub counts: bool,
}

/// All of a query's words.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    pub units: Vec<Unit>,
}

impl Terms {
    pub(super) fn of(query: &Query, fields: &Fields) -> io::Result<Terms> {
        let mut splitter = Splitter::default();
        let mut collected = Collected::default();
        let parts = query.wanted.iter().map(|text| Part::of(text, &mut splitter)).collect::<Vec<_>>();
        let only_stop_words = parts.iter().all(|part| part.stops);
        for part in parts.iter().take(MOST_WORDS) {
            collected.part(part, part.stops && !only_stop_words);
        }
        collected.joins(&parts);
        let mut terms = Terms { units: collected.units() };
        for unit in terms.units.iter_mut().filter(|unit| unit.pair.is_none()) {
            nearest(unit, fields)?;
        }
        Ok(terms)
    }

    /// The words that a snippet shows, and how much each is worth.
    pub(super) fn shown(&self) -> BTreeMap<&str, f32> {
        let spellings = self
            .units
            .iter()
            .flat_map(|unit| unit.spellings.iter().map(|(word, part)| (word.as_str(), part * unit.weight)));
        spellings.collect()
    }
}

/// One word or phrase of the query.
struct Part {
    words: Vec<Word>,
    /// As it could stand in an identifier.
    folded: String,
    phrase: bool,
    /// Nothing but words that say nothing.
    stops: bool,
}

impl Part {
    fn of(text: &Text, splitter: &mut Splitter) -> Part {
        let words = splitter.words(&text.text);
        // Characters that stand in a pair are looked for as that.
        let pairs: Vec<_> =
            words.iter().filter(|word| word.kind == WordKind::Pair).map(|word| word.at.clone()).collect();
        let alone = |word: &Word| {
            word.kind != WordKind::One
                || !pairs.iter().any(|pair| pair.start <= word.at.start && word.at.end <= pair.end)
        };
        let single = words.len() == 1;
        let folded = words.first().filter(|_| single).map(|word| folded(&text.text[word.at.clone()]));
        let stops = folded.as_deref().is_some_and(|word| STOP.binary_search(&word).is_ok()) && !text.phrase;
        let words = words.iter().filter(|word| alone(word)).cloned().collect();
        Part { words, folded: folded.unwrap_or_default(), phrase: text.phrase, stops }
    }
}

#[derive(Default)]
struct Collected {
    units: Vec<Unit>,
    known: BTreeSet<String>,
    /// The last word, for pairs.
    before: Option<String>,
}

impl Collected {
    fn part(&mut self, part: &Part, skip: bool) {
        for word in &part.words {
            if word.kind == WordKind::Whole {
                self.add(vec![(word.text.clone(), 1.0)], WHOLE, false);
                continue;
            }
            if let Some(before) = self.before.replace(word.text.clone())
                && word.kind == WordKind::Part
            {
                let pair = Some((before, word.text.clone()));
                self.units.push(Unit { pair, weight: PAIR, ..Unit::default() });
            }
            if skip {
                continue;
            }
            let mut spellings = vec![(word.text.clone(), 1.0)];
            if !part.phrase && !part.folded.is_empty() && part.folded != word.text {
                spellings.push((part.folded.clone(), 1.0));
            }
            self.add(spellings, 1.0, true);
        }
    }

    /// `signed cookie` may be `SignedCookie`.
    fn joins(&mut self, parts: &[Part]) {
        let words: Vec<&str> = parts.iter().take(MOST_WORDS).map(|part| part.folded.as_str()).collect();
        for len in 2..=LONGEST_JOIN {
            for window in words.windows(len).filter(|window| window.iter().all(|word| !word.is_empty())) {
                self.add(vec![(window.concat(), 1.0)], JOINED, false);
            }
        }
    }

    fn add(&mut self, spellings: Vec<(String, f32)>, weight: f32, counts: bool) {
        if self.known.insert(spellings[0].0.clone()) {
            self.units.push(Unit { spellings, pair: None, weight, counts });
        }
    }

    fn units(self) -> Vec<Unit> {
        self.units
    }
}

/// A word that is in no note is taken for the nearest ones that are.
fn nearest(unit: &mut Unit, fields: &Fields) -> io::Result<()> {
    let mut known = false;
    for (word, _) in &unit.spellings {
        known |= fields.frequency(word)? > 0;
    }
    let word = unit.spellings.iter().map(|(word, _)| word.clone()).max_by_key(String::len).unwrap_or_default();
    let letters = word.chars().count();
    if known || letters < 4 || (!unit.counts && unit.weight < WHOLE) {
        return Ok(());
    }
    let most = if letters < 8 { 1 } else { 2 };
    let mut near: BTreeMap<String, (usize, u32)> = BTreeMap::new();
    for (wanted, _) in &unit.spellings {
        for (distance, word, found) in neighbours(wanted, most, fields)? {
            let entry = near.entry(word).or_insert((distance, 0));
            entry.0 = entry.0.min(distance);
            entry.1 += found;
        }
    }
    let mut near: Vec<(usize, u32, String)> =
        near.into_iter().map(|(word, (distance, found))| (distance, found, word)).collect();
    near.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
    let best = near.first().map_or(0, |(distance, ..)| *distance);
    near.retain(|(distance, ..)| *distance == best);
    near.truncate(MOST_NEAR);
    unit.spellings.extend(near.into_iter().map(|(_, _, word)| (word, 1.0)));
    Ok(())
}

fn neighbours(word: &str, most: u8, fields: &Fields) -> io::Result<Vec<(usize, String, u32)>> {
    let query = FuzzyTermQuery::new(Term::from_field_text(Words::Body.field(), word), most, true);
    let mut found = Vec::new();
    for dictionary in fields.dictionaries() {
        let automaton = query.automaton().map_err(io::Error::other)?;
        let mut stream = dictionary.terms().search(automaton).into_stream()?;
        while stream.advance() {
            if let Ok(near) = std::str::from_utf8(stream.key()) {
                let distance = strsim::osa_distance(word, near);
                found.push((distance, near.to_owned(), stream.value().doc_freq));
            }
        }
    }
    Ok(found)
}
