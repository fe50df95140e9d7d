//! A citation that resolves may still point at the wrong lines: it is weak where what its sentence speaks
//! of stands elsewhere in the file.

use super::file::File;
use super::{Found, Lines};
use crate::words;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::LazyLock;

/// Words that stand in any sentence about any code.
const COMMON: &str = "the and for are was that this with from into when then than which what where how its not but has have been \
will can all any each only also does line lines code file files function functions method methods class classes value values \
here there called calls call returns return returned uses used use see defined definition sets set get gets reads read best match \
first last one two name names type types object objects self none true false null string list def let pub const static void \
int import export new var async await public private protected if else while break continue case switch try catch";

static COMMON_STEMS: LazyLock<FxHashSet<String>> =
    LazyLock::new(|| COMMON.split_ascii_whitespace().map(words::stem).collect());

/// What a name in a code span counts beside a word.
const NAME: f32 = 5.0;
/// Prose can be held against a file where its best place holds so much of it: about two rare words.
const PROSE_FITS: f32 = 10.0;

/// On which lines of a file each word and each name stands.
pub(super) struct Places {
    lines: usize,
    of: FxHashMap<String, Vec<usize>>,
}

/// What is said around a citation: stems of words, and names as they are written behind a mark.
struct Said {
    terms: FxHashSet<String>,
    names: Names,
}

/// Where the names stand that a citation goes with.
enum Names {
    InSentence,
    /// "Called at a.py:3.": another sentence of the paragraph has them.
    InParagraph,
    Nowhere,
}

impl Names {
    /// The share of what as many lines at the best place of the file hold that the cited lines must hold.
    fn least_share(&self) -> f32 {
        match self {
            Names::InSentence => 0.5,
            Names::InParagraph => 0.15,
            Names::Nowhere => 0.1,
        }
    }
}

impl Places {
    pub(super) fn of(file: &File) -> Self {
        let mut of: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for at in 0..file.count() {
            let mut found = |term: &str| match of.get_mut(term) {
                Some(lines) if lines.last() == Some(&at) => {}
                Some(lines) => lines.push(at),
                None => {
                    of.insert(term.to_owned(), vec![at]);
                }
            };
            each_word(file.line(at), &mut found);
            each_name(file.line(at), &mut found);
        }
        Self { lines: file.count(), of }
    }

    /// How much a term says that stands on so many of the lines.
    #[allow(clippy::cast_precision_loss, reason = "files have few lines")]
    fn weight(&self, term: &str, on: usize) -> f32 {
        let rarity = ((self.lines + 1) as f32 / (on as f32 + 0.5)).ln().max(0.0);
        if term.starts_with(MARK) { rarity * NAME } else { rarity }
    }
}

/// Whether what the sentence around a citation speaks of stands elsewhere: the cited lines and the
/// definitions around them hold too little of it, compared with the best place of the same file.
pub(super) fn is_weak(markdown: &str, found: &Found, file: &File, places: &Places, cited: Lines) -> bool {
    let said = Said::around(markdown, found);
    // A bare place, or one behind a single word, claims nothing that the lines could contradict.
    if said.terms.len() < 2 {
        return false;
    }
    let around = definitions_around(file, cited);
    if around.innermost.is_some_and(|name| said.terms.contains(&marked(name))) {
        return false;
    }
    let window = cited.len() as usize;
    let first = cited.first() as usize - 1;
    let mut here = 0.0;
    // What is gained and lost when a window begins one line further down.
    let mut changes = vec![0.0_f32; places.lines + 1];
    for term in &said.terms {
        let Some(on) = places.of.get(term) else { continue };
        let weight = places.weight(term, on.len());
        let next = on.partition_point(|line| *line < first);
        if on.get(next).is_some_and(|line| *line < first + window) {
            here += weight;
        } else if let Some(length) = around.lengths.get(term) {
            // A name around most of the file says little about any of its lines.
            here += weight.min(places.weight(term, *length));
        }
        let mut from = 0;
        for line in on {
            let start = from.max((line + 1).saturating_sub(window));
            changes[start] += weight;
            changes[line + 1] -= weight;
            from = line + 1;
        }
    }
    let starts = places.lines.saturating_sub(window) + 1;
    let sums = changes.iter().take(starts).scan(0.0, |sum, change| {
        *sum += change;
        Some(*sum)
    });
    let best = sums.fold(0.0, f32::max);
    let too_little = here < best * said.names.least_share();
    match said.names {
        Names::Nowhere => too_little && best >= PROSE_FITS,
        // Nothing of the sentence stands anywhere in the file.
        _ => too_little || best <= 0.0,
    }
}

/// What stands around lines: the terms of the definitions' names, each with the lines of the shortest
/// definition that has it, and the name of a definition that holds no other.
struct Around<'a> {
    lengths: FxHashMap<String, usize>,
    innermost: Option<&'a str>,
}

fn definitions_around(file: &File, cited: Lines) -> Around<'_> {
    let mut lengths: FxHashMap<String, usize> = FxHashMap::default();
    let Some(outline) = file.outline() else { return Around { lengths, innermost: None } };
    let inside = |(first, last): (u32, u32), (start, end): (u32, u32)| start <= first && last <= end;
    for (first, last, name) in outline.definitions() {
        if inside((cited.first(), cited.last()), (first, last)) {
            let length = (last - first + 1) as usize;
            let mut found = |term: &str| {
                lengths.entry(term.to_owned()).and_modify(|known| *known = length.min(*known)).or_insert(length);
            };
            each_word(own_name(name), &mut found);
            each_name(own_name(name), &mut found);
        }
    }
    let innermost = outline.around(cited.first(), cited.last()).filter(|(first, last, _)| {
        let mut others = outline.definitions().filter(|(start, end, _)| (start, end) != (first, last));
        !others.any(|(start, end, _)| inside((start, end), (*first, *last)))
    });
    Around { lengths, innermost: innermost.map(|(_, _, name)| own_name(name)) }
}

fn own_name(qualified: &str) -> &str {
    qualified.rsplit('.').next().unwrap_or(qualified)
}

impl Said {
    fn around(markdown: &str, found: &Found) -> Self {
        const PARAGRAPH: [&str; 5] = ["\n\n", "\n- ", "\n* ", "\n|", "\n#"];
        const SENTENCE: [&str; 7] = ["\n\n", "\n- ", "\n* ", "\n|", "\n#", ". ", ".\n"];
        let sentence = &markdown[between(markdown, &found.range, &SENTENCE)];
        let paragraph = &markdown[between(markdown, &found.range, &PARAGRAPH)];
        let (text, names) = match (names_code(sentence), names_code(paragraph)) {
            (true, _) => (sentence, Names::InSentence),
            (false, true) => (paragraph, Names::InParagraph),
            (false, false) => (paragraph, Names::Nowhere),
        };
        let mut terms = FxHashSet::default();
        let mut found = |term: &str| {
            terms.insert(term.to_owned());
        };
        // The name of a file is no claim about its lines.
        let mut at = 0;
        for place in super::find(text) {
            each_word(text.get(at..place.range.start).unwrap_or_default(), &mut found);
            at = at.max(place.range.end);
        }
        each_word(&text[at..], &mut found);
        // A name in a code span says much, however plain the word.
        for span in spans(text).filter(|span| !span.contains('/')) {
            each_name(span, &mut found);
        }
        Self { terms, names }
    }
}

/// The code spans of a text.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a text holds a code span that is no place.
fn names_code(text: &str) -> bool {
    spans(text).any(|span| super::find(&format!("`{span}`")).is_empty())
}

/// What lies between two of these ends around a range of bytes.
fn between(markdown: &str, range: &Range<usize>, ends: &[&str]) -> Range<usize> {
    let (before, after) = (&markdown[..range.start], &markdown[range.end..]);
    let start = ends.iter().filter_map(|end| before.rfind(end).map(|at| at + end.len())).max().unwrap_or(0);
    let end = ends.iter().filter_map(|end| after.find(end)).min();
    start..end.map_or(markdown.len(), |at| range.end + at)
}

/// Stems of words that say something.
fn each_word(text: &str, found: &mut impl FnMut(&str)) {
    words::each_stem(text, |stem| {
        if stem.len() > 2 && !COMMON_STEMS.contains(stem) {
            found(stem);
        }
    });
}

/// What tells a name from a word.
const MARK: char = '`';

fn marked(name: &str) -> String {
    format!("{MARK}{name}")
}

/// Names as they are written.
fn each_name(text: &str, found: &mut impl FnMut(&str)) {
    let names = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    names.filter(|name| name.len() > 2).for_each(|name| found(&marked(name)));
}
