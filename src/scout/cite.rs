//! Which lines of a unit to cite: all of a short one, the lines that matter of a long one.

use super::language::Kind;
use super::rank::{Ranked, Ranker};
use super::scan::Scan;
use crate::words;
use rustc_hash::FxHashMap;
use std::path::Path;

/// Text of files as they are read, each once.
pub(crate) struct Sources<'a> {
    root: &'a Path,
    hidden: &'a [std::path::PathBuf],
    read: FxHashMap<String, Vec<String>>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(root: &'a Path, hidden: &'a [std::path::PathBuf]) -> Self {
        Self { root, hidden, read: FxHashMap::default() }
    }

    /// A file as it is now; nothing of one that is gone.
    pub(crate) fn read(&self, path: &str) -> String {
        let root = if self.root.is_file() { self.root.parent().unwrap_or(self.root) } else { self.root };
        let bytes = crate::subject::read(root, self.hidden, path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The lines of a file; none of one that is gone.
    pub(crate) fn lines(&mut self, path: &str) -> &[String] {
        if !self.read.contains_key(path) {
            let lines = self.read(path).lines().map(str::to_owned).collect();
            self.read.insert(path.to_owned(), lines);
        }
        self.read.get(path).map_or(&[], Vec::as_slice)
    }
}

/// Lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// A unit is cited whole up to so many lines.
pub(crate) const WHOLE: u32 = 44;
/// Of a longer one, so many lines.
pub(crate) const WINDOW: u32 = 36;
/// Lines behind the last one of them that has a word of the question.
const TAIL: u32 = 2;
/// Of a class or a text, so many.
const HEAD: u32 = 14;

/// A place with its lines and how close together the words of the question stand in them.
#[derive(Clone, Debug)]
pub(crate) struct Cited {
    pub(crate) ranked: Ranked,
    pub(crate) lines: Lines,
    /// Share of the question's worth within the lines, 0 to 1.
    pub(crate) near: f32,
    /// What it is worth by words and neighbours alone.
    pub(crate) plain: f32,
    /// The line that it is cited for, where that is known.
    pub(crate) line: Option<u32>,
}

/// Chooses the lines of a place.
pub(crate) fn choose(ranker: &Ranker, place: Ranked, sources: &mut Sources) -> Cited {
    let scan = ranker.scan;
    let unit = &scan.units[place.unit];
    let text = sources.lines(scan.path(place.unit));
    let mut marks = marks(scan, text, unit.first, unit.last);
    // Long documentation in a definition speaks of it, but is not it.
    if unit.kind.is_callable() || unit.kind == Kind::Part {
        let doc = scan.units[super::connect::whole(scan, place.unit)].doc.unwrap_or((1, 0));
        for (mark, line) in marks.iter_mut().zip(unit.first..) {
            if line > doc.0 + 2 && line <= doc.1 {
                *mark = 0;
            }
        }
    }
    let length = unit.last - unit.first + 1;
    let whole = if unit.kind == Kind::Text || unit.kind.is_container() { HEAD } else { WHOLE };
    let size = if unit.kind == Kind::Text || unit.kind.is_container() { HEAD } else { WINDOW };
    let lines = if length <= whole {
        Lines { first: unit.first, last: unit.last }
    } else if unit.kind.is_container() {
        Lines { first: unit.first, last: unit.first + size - 1 }
    } else {
        let start = best_window(ranker, &marks, size as usize);
        let start = u32::try_from(start).unwrap_or(0);
        let last = (unit.first + start + size - 1).min(unit.last);
        // Not far behind the last line that says something.
        let shown = marks.get(start as usize..(last - unit.first + 1) as usize).unwrap_or(&[]);
        let tail = shown.iter().rev().take_while(|mark| **mark == 0).count();
        let cut = u32::try_from(tail).unwrap_or(0).saturating_sub(TAIL);
        Lines { first: unit.first + start, last: last - cut }
    };
    let from = (lines.first - unit.first) as usize;
    let to = (from + (lines.last - lines.first) as usize + 1).min(marks.len());
    let seen = marks.get(from..to).unwrap_or(&[]).iter().fold(0, |seen, mark| seen | mark);
    let near = ranker.share(seen);
    let lines = if length <= whole { Lines { first: behind(unit.doc, unit.first, unit.last), ..lines } } else { lines };
    let plain = place.score * (1.0 + ranker.weights.near * near);
    Cited { ranked: place, lines, near, plain, line: None }
}

/// The first line of a unit, or of its code if a long documentation stands within it.
fn behind(doc: Option<(u32, u32)>, first: u32, last: u32) -> u32 {
    let within = doc.filter(|(from, to)| *from > first && *to < last && to - from >= LONG_DOC);
    within.map_or(first, |(_, to)| to + 1)
}

/// Documentation of more lines than this is not cited with the code that it stands in.
const LONG_DOC: u32 = 7;

/// For each line of a unit, which stems of the question stand in it.
pub(crate) fn marks(scan: &Scan, text: &[String], first: u32, last: u32) -> Vec<u128> {
    let places: FxHashMap<&str, u32> = scan.stems.iter().zip(0..).map(|(stem, at)| (stem.text.as_str(), at)).collect();
    let range = (first as usize - 1).min(text.len())..(last as usize).min(text.len());
    let mark = |line: &String| {
        let mut mark = 0;
        words::each_stem(line.get(..1000).unwrap_or(line), |stem| {
            if let Some(at) = places.get(stem) {
                mark |= 1 << at;
            }
        });
        mark
    };
    text[range].iter().map(mark).collect()
}

/// Where the lines begin that say most of the question.
fn best_window(ranker: &Ranker, marks: &[u128], size: usize) -> usize {
    let line_worth: Vec<f32> = marks.iter().map(|mark| ranker.share(*mark)).collect();
    let mut best = (0.0, 0);
    for start in (0..marks.len().saturating_sub(size / 2)).step_by(2) {
        let end = (start + size).min(marks.len());
        let seen = marks[start..end].iter().fold(0, |seen, mark| seen | mark);
        let middle: f32 = line_worth[start..end].iter().sum();
        let worth = ranker.share(seen) + 0.08 * middle;
        if worth > best.0 {
            best = (worth, start);
        }
    }
    let start = best.1;
    // Not before the first line that says something.
    let lead = marks[start..].iter().position(|mark| *mark != 0).unwrap_or(0);
    (start + lead.saturating_sub(3)).min(marks.len().saturating_sub(size))
}
