//! Cited code that is no longer in its file, looked for in the other files of the subject: a file that
//! was renamed, a definition that was moved. A twin that stood there all along is not what was cited.

use super::compare::{Budget, Followed, Found, compare, is_telling, newly_there};
use super::file::File;
use super::verdict::{Change, Verdict};
use super::{Held, Lines, Status};
use crate::scout;
use crate::subject::{Past, Tree};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// A citation whose code is not in its file any more.
pub(super) struct Lost<'a> {
    pub(super) path: &'a str,
    pub(super) lines: Lines,
    pub(super) held: &'a Held,
    /// The file as it was read, where that is known.
    pub(super) old: Option<&'a File>,
    /// The commit that was read.
    pub(super) commit: Option<&'a str>,
    /// The file itself is gone.
    pub(super) whole_file: bool,
}

/// So many lines of a citation, or of a file that is gone, are looked for.
const MOST_MARKS: usize = 12;
/// So many files are looked at closely for one citation.
const MOST_FILES: usize = 6;
/// Where only hashes tell, any file with the name of the definition may be it.
const MOST_FILES_BY_HASH: usize = 60;
/// A file with so small a share of the lines that are looked for is another file.
const LEAST_SHARE: f64 = 0.3;

/// Where in these files lost citations stand now, one answer each; none if they are nowhere.
pub(super) fn search(lost: &[Lost<'_>], files: &[String], tree: &dyn Tree, past: &Past) -> Vec<Option<Verdict>> {
    if lost.is_empty() {
        return Vec::new();
    }
    let marks = Marks::of(lost);
    let kinds: Vec<Kind> = lost.iter().map(|one| Kind::of(one.path)).collect();
    let seen: Vec<(usize, FxHashMap<usize, u32>)> = files
        .par_iter()
        .enumerate()
        .filter(|(_, path)| kinds.contains(&Kind::of(path)))
        .filter_map(|(at, path)| {
            let hits = marks.hits(&tree.read(path).ok()?);
            (!hits.is_empty()).then_some((at, hits))
        })
        .collect();
    lost.par_iter()
        .enumerate()
        .map(|(number, one)| {
            let hits = seen.iter().filter_map(|(at, hits)| Some((hits.get(&number).copied()?, *at)));
            let mut candidates: Vec<(u32, &str)> = hits
                .map(|(count, at)| (count, files[at].as_str()))
                .filter(|(_, path)| *path != one.path && Kind::of(path) == kinds[number])
                .collect();
            candidates.sort_by(|a, b| {
                b.0.cmp(&a.0).then_with(|| likeness(b.1, one.path).cmp(&likeness(a.1, one.path))).then(a.1.cmp(b.1))
            });
            candidates.truncate(if one.old.is_some() { MOST_FILES } else { MOST_FILES_BY_HASH });
            let found = candidates.iter().filter_map(|(count, path)| {
                let new = File::of(path, &tree.read(path).ok()?);
                let before = one.commit.and_then(|commit| past.at(commit, path)).map(|bytes| File::of(path, &bytes));
                let share = f64::from(*count) / f64::from(marks.count[number].max(1));
                look(one, &new, before.as_ref(), share)
            });
            // Whole text before changed text; among equals the first, which is the likeliest.
            let mut found: Vec<Verdict> = found.collect();
            found.sort_by_key(|verdict| verdict.status);
            found.into_iter().next()
        })
        .collect()
}

/// What one file says of a lost citation. `before`: that file as it was when the citation was made.
fn look(one: &Lost<'_>, new: &File, before: Option<&File>, share: f64) -> Option<Verdict> {
    let budget = &mut Budget(100_000);
    if one.whole_file && before.is_none() && share >= LEAST_SHARE {
        let followed = one.old.map(|old| Followed::from(old, new));
        match compare(one.lines, one.held, followed.as_ref(), new, one.path, budget) {
            // By hashes alone, what has not the same text is not the same file.
            Found::Here(verdict) if verdict.status == Status::Moved || one.old.is_some() => return Some(verdict),
            _ => {}
        }
    }
    let (lines, change) = newly_there(one.lines, one.held, one.old, new, before, budget)?;
    Some(match change {
        Change::Lines => Verdict::stale(Some((new.path().to_owned(), lines))),
        change => Verdict::moved(change, new.path(), lines),
    })
}

/// How many folders and how much of the name two paths share.
fn likeness(path: &str, other: &str) -> usize {
    let same_name = path.rsplit('/').next() == other.rsplit('/').next();
    let folders = path.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count();
    folders + if same_name { 100 } else { 0 }
}

/// Files that code can move between: those of a language, else those of one ending.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Ending(String),
}

impl Kind {
    fn of(path: &str) -> Self {
        if scout::is_code(path) {
            return Kind::Code;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        Kind::Ending(name.rsplit_once('.').map_or(name, |(_, ending)| ending).to_lowercase())
    }
}

/// What lost citations are recognised by: lines that say much, names of definitions.
#[derive(Default)]
struct Marks {
    lines: FxHashMap<u64, Vec<usize>>,
    names: FxHashMap<Vec<u8>, Vec<usize>>,
    /// How many marks each has.
    count: Vec<u32>,
}

impl Marks {
    fn of(lost: &[Lost<'_>]) -> Self {
        let mut marks = Self::default();
        for (number, one) in lost.iter().enumerate() {
            let mut texts: Vec<&str> = match one.old {
                Some(old) if one.whole_file => telling_lines(&old.lines()),
                _ => Vec::new(),
            };
            if let Some(old) = one.old {
                texts.extend(telling_lines(&old.cited(one.lines).unwrap_or_default()));
            }
            texts.sort_unstable();
            texts.dedup();
            let mut count = texts.len();
            for text in texts {
                marks.lines.entry(hash(text.as_bytes())).or_default().push(number);
            }
            let name = one.held.within.as_deref().and_then(|name| name.rsplit(['.', ' ', ':', '/']).next());
            if let Some(name) = name.filter(|name| name.len() > 1) {
                marks.names.entry(name.as_bytes().to_vec()).or_default().push(number);
                count += 1;
            }
            marks.count.push(u32::try_from(count).unwrap_or(u32::MAX));
        }
        marks
    }

    /// How many marks of each lost citation a file holds.
    fn hits(&self, bytes: &[u8]) -> FxHashMap<usize, u32> {
        let mut hits: FxHashMap<usize, u32> = FxHashMap::default();
        let add = |numbers: &[usize], hits: &mut FxHashMap<usize, u32>| {
            for number in numbers {
                *hits.entry(*number).or_default() += 1;
            }
        };
        let mut met: Vec<u64> = Vec::new();
        if !self.lines.is_empty() {
            for line in bytes.split(|byte| *byte == b'\n') {
                let hash = hash(line.trim_ascii());
                if let Some(numbers) = self.lines.get(&hash)
                    && !met.contains(&hash)
                {
                    met.push(hash);
                    add(numbers, &mut hits);
                }
            }
        }
        if !self.names.is_empty() {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
            let mut named: Vec<&[u8]> = Vec::new();
            for word in bytes.split(|byte| !is_name(byte)).filter(|word| word.len() > 1) {
                if let Some(numbers) = self.names.get(word)
                    && !named.contains(&word)
                {
                    named.push(word);
                    add(numbers, &mut hits);
                }
            }
        }
        hits
    }
}

/// The lines that say most.
fn telling_lines<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut telling: Vec<&str> =
        lines.iter().map(|line| line.trim()).filter(|line| is_telling(&[line]) || line.len() > 12).collect();
    telling.sort_by_key(|line| std::cmp::Reverse(line.len()));
    telling.dedup();
    telling.truncate(MOST_MARKS);
    telling
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}
