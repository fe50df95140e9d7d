//! How alike the words of two questions are: their stems, synonyms and misspellings, and whether the one
//! is the other with a word put in the place of another.

use super::query::{Concept, Query};
use std::collections::BTreeSet;

/// A question, ready to be held against others.
#[derive(Debug)]
pub struct Asked {
    text: String,
    query: Query,
    words: Vec<String>,
}

/// What two questions have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alike {
    /// How much of the one that has less in common with the other, 0 to 1: 1 if all that either speaks of,
    /// the other does.
    pub both: f32,
    /// How much of both together, 0 to 1.
    pub mean: f32,
    /// How far they are one sentence with words put in the place of others, 0 to 1: `where is the token
    /// checked` and `where is the token made` ask for two things, alike as they are.
    pub swapped: f32,
    /// The other one names something in the code, `save_cookie`, that this one does not.
    pub names_another: bool,
}

/// From here on two words are one.
const SAME: f32 = 0.5;
/// A misspelt word.
const MISSPELT: f32 = 0.9;
/// A word within another, as `env` is in `dotenv`.
const WITHIN: f32 = 0.6;
/// Sentences that share less of their words are no one sentence; those that share so much more are.
const SENTENCE: (f32, f32) = (0.35, 0.25);

impl Asked {
    /// Takes a question apart.
    pub fn new(question: &str) -> Self {
        Self { text: question.to_lowercase(), query: Query::new(question), words: words(question) }
    }

    /// Holds it against another one.
    pub fn like(&self, other: &str) -> Alike {
        let (mine, theirs) = (&self.query.concepts, &Query::as_worded(other).concepts);
        let of_mine: Vec<f32> = mine.iter().map(|one| best(theirs.iter().map(|other| same(one, other)))).collect();
        let of_theirs: Vec<f32> = theirs.iter().map(|other| best(mine.iter().map(|one| same(one, other)))).collect();
        let (my_share, their_share) = (share(mine, &of_mine), share(theirs, &of_theirs));
        let has_own = |matched: &[f32]| matched.iter().any(|matched| *matched < SAME);
        let other_words = words(other);
        let counted = |words: &[String]| -> BTreeSet<String> {
            words.iter().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).cloned().collect()
        };
        let (numbers, other_numbers) = (counted(&self.words), counted(&other_words));
        let other_number = !numbers.is_subset(&other_numbers) && !other_numbers.is_subset(&numbers);
        let swapped = match has_own(&of_mine) && has_own(&of_theirs) {
            _ if other_number => 1.0,
            true => ((sentence(&self.words, &other_words) - SENTENCE.0) / SENTENCE.1).clamp(0.0, 1.0),
            false => 0.0,
        };
        let names: Vec<String> = names(other).collect();
        let names_another = !names.is_empty() && !names.iter().any(|name| self.text.contains(name));
        let (both, mean) = (my_share.min(their_share), f32::midpoint(my_share, their_share));
        Alike { both, mean, swapped, names_another }
    }
}

fn best(found: impl Iterator<Item = f32>) -> f32 {
    found.fold(0.0, f32::max)
}

/// How much of a question's worth is met.
fn share(concepts: &[Concept], met: &[f32]) -> f32 {
    let all: f32 = concepts.iter().map(|concept| concept.weight).sum();
    let met: f32 = concepts.iter().zip(met).map(|(concept, met)| concept.weight * met).sum();
    if all > 0.0 { met / all } else { 0.0 }
}

/// How far a word of the other question stands for one of mine, 0 to 1.
fn same(mine: &Concept, theirs: &Concept) -> f32 {
    let (own, other) = (&mine.stems[0].0, &theirs.stems[0].0);
    if own == other {
        return 1.0;
    }
    let synonym = mine.stems.iter().filter(|(stem, _)| stem == other).map(|(_, weight)| *weight);
    let letters = mine.word.chars().count().min(theirs.word.chars().count());
    let slips = if letters < 8 { 1 } else { 2 };
    let misspelt = letters >= 5 && strsim::osa_distance(&mine.word, &theirs.word) <= slips;
    let within = own.len().min(other.len()) >= 3 && (own.contains(other.as_str()) || other.contains(own.as_str()));
    best(synonym.chain(misspelt.then_some(MISSPELT)).chain(within.then_some(WITHIN)))
}

/// Every word of a question in lower case, small ones too: identifiers, paths and versions are one word.
fn words(question: &str) -> Vec<String> {
    let lower = question.to_lowercase();
    let word = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        word.strip_suffix("'s").unwrap_or(word).to_owned()
    };
    // `http/2` is a name and a number.
    let parts = lower.split(|c: char| c.is_whitespace() || c == '/' || c == '-');
    parts.map(word).filter(|word| !word.is_empty()).collect()
}

/// What a question names in the code, in lower case: what stands in backticks, and words of several parts.
fn names(question: &str) -> impl Iterator<Item = String> {
    let quoted = question.split('`').skip(1).step_by(2);
    let several_parts = |word: &&str| {
        let joined = word.trim_matches('_').contains('_');
        let humps = word.as_bytes().windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
        joined || humps
    };
    let words = question.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(several_parts);
    quoted.chain(words).filter(|name| !name.is_empty()).map(str::to_lowercase)
}

/// The share of the longer one's words that stand in both in the same order.
fn sentence(one: &[String], other: &[String]) -> f32 {
    let mut lengths = vec![0usize; other.len() + 1];
    for word in one {
        let mut before = 0;
        for (at, other) in other.iter().enumerate() {
            let here = lengths[at + 1];
            lengths[at + 1] = if word == other { before + 1 } else { here.max(lengths[at]) };
            before = here;
        }
    }
    let shared = lengths.last().copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a question has few words")]
    let share = shared as f32 / one.len().max(other.len()).max(1) as f32;
    share
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn other_words_for_the_same_are_no_swap() {
        let asked = Asked::new("Where are passords of a directory saved?");
        let alike = asked.like("in which folder are passwords stored");
        assert!(alike.both > 0.7 && alike.swapped < 0.1, "{alike:?}");
    }

    #[test]
    fn one_word_in_the_place_of_another_is_a_swap() {
        for (one, other) in [
            ("where is the csrf token checked", "where is the csrf token generated"),
            ("how is http basic authentication done", "how is http digest authentication done"),
            ("does it support http/2", "does it support http/1.0"),
        ] {
            assert!(Asked::new(one).like(other).swapped > 0.9, "{one}: {:?}", Asked::new(one).like(other));
        }
        assert!(Asked::new("how are cookies saved").like("what calls `save_cookie`").names_another);
        assert!(!Asked::new("who calls save_cookie").like("what calls `save_cookie`").names_another);
        assert!(Asked::new("where is the token checked").like("where is the token checked?").swapped < 0.1);
    }
}
