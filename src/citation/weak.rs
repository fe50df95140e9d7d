//! A citation that resolves may still point at the wrong lines: it is weak where its sentence and the
//! cited lines have neither an identifier nor a rare word in common.

use super::Found;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// Words that stand in any sentence about any code.
const COMMON: &str = " the and for are was that this with from into when then than which what where how its not but has have \
been will can all any each only also does line lines code file files function functions method methods class classes value values \
here there called calls call returns return returned uses used use see defined definition sets set get gets reads read best match \
first last one two name names type types object objects self none true false null string list def let pub const static void \
int import export new var async await public private protected if else while break continue case switch try catch ";

/// How often a word may stand in its file and still tell one place from another: in so many lines, or
/// in one line of so many.
const FEW_LINES: usize = 4;
const ONE_LINE_OF: usize = 50;

/// Whether nothing in the sentence around a citation speaks of the cited lines. `all` are the lines of
/// the file, `cited` the place of the cited ones among them, `within` the definition around them.
pub(super) fn is_weak(markdown: &str, found: &Found, all: &[&str], cited: Range<usize>, within: Option<&str>) -> bool {
    let mut said = FxHashSet::default();
    let mut around = sentence(markdown, &found.range, &["\n\n", "\n- ", "\n* ", "\n|", "\n#", ". ", ".\n"]);
    if !names_code(&markdown[around.clone()]) {
        // "Called at a.py:3." speaks of what the sentence before it named.
        around = sentence(markdown, &found.range, &["\n\n", "\n- ", "\n* ", "\n|", "\n#"]);
    }
    let text = &markdown[around];
    // The name of a file is no claim about its lines.
    let mut at = 0;
    for place in super::find(text) {
        each_word(text.get(at..place.range.start).unwrap_or_default(), &mut |word| said.extend([word]));
        at = at.max(place.range.end);
    }
    each_word(&text[at..], &mut |word| said.extend([word]));
    // A name in a code span says much, however plain the word.
    for span in text.split('`').skip(1).step_by(2).filter(|span| !span.contains('/')) {
        for name in span.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| name.len() > 2) {
            said.insert(format!("`{name}"));
        }
    }
    // A bare place, or one behind a single word, claims nothing that the lines could contradict.
    if said.len() < 2 {
        return false;
    }
    let mut there = FxHashSet::default();
    for line in all.get(cited).unwrap_or_default() {
        each_named(line, &mut |word| there.extend([word]));
    }
    each_named(within.unwrap_or_default(), &mut |word| there.extend([word]));
    let shared: FxHashSet<String> = said.intersection(&there).cloned().collect();
    if shared.iter().any(|word| word.contains('_')) {
        return false;
    }
    if shared.is_empty() {
        return true;
    }
    // What stands on every other line of the file is no sign that these lines are meant.
    let most = FEW_LINES.max(all.len() / ONE_LINE_OF);
    let mut counts: rustc_hash::FxHashMap<String, usize> = shared.into_iter().map(|word| (word, 0)).collect();
    for line in all {
        let mut of_line = FxHashSet::default();
        each_named(line, &mut |word| of_line.extend([word]));
        for word in of_line {
            counts.entry(word).and_modify(|count| *count += 1);
        }
    }
    counts.values().all(|count| *count > most)
}

/// Whether a text holds a code span that is no place.
fn names_code(text: &str) -> bool {
    text.split('`').skip(1).step_by(2).any(|span| super::find(&format!("`{span}`")).is_empty())
}

/// What lies between two of these ends around a range of bytes.
fn sentence(markdown: &str, range: &Range<usize>, ends: &[&str]) -> Range<usize> {
    let (before, after) = (&markdown[..range.start], &markdown[range.end..]);
    let start = ends.iter().filter_map(|end| before.rfind(end).map(|at| at + end.len())).max().unwrap_or(0);
    let end = ends.iter().filter_map(|end| after.find(end)).min();
    start..end.map_or(markdown.len(), |at| range.end + at)
}

/// The words of code: as in [`each_word`], and every name as it is written, behind a mark.
fn each_named(line: &str, found: &mut dyn FnMut(String)) {
    each_word(line, found);
    for name in line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| name.len() > 2) {
        found(format!("`{name}"));
    }
}

/// Identifiers whole and in parts, words in a common form, all in lower case.
fn each_word(text: &str, found: &mut dyn FnMut(String)) {
    for whole in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
        if whole.len() < 3 || whole.len() > 60 {
            continue;
        }
        let parts = parts(whole);
        if parts.len() > 1 {
            found(parts.join("_"));
        }
        for part in parts {
            if part.len() >= 3 && !COMMON.split_ascii_whitespace().any(|common| common == part) {
                found(form(&part).to_owned());
            }
        }
    }
}

/// `getHTTPResponse`, `get_http_response`: get, http, response.
fn parts(whole: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let letters: Vec<char> = whole.chars().collect();
    let mut part = String::new();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let begins = c.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || before.is_some_and(char::is_uppercase) && letters.get(at + 1).is_some_and(|c| c.is_lowercase()));
        if (begins || *c == '_') && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        if *c != '_' {
            part.extend(c.to_lowercase());
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// A word without the ending that grammar gives it.
fn form(word: &str) -> &str {
    ["ing", "ed", "es", "s", "e"]
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|stem| stem.len() >= 3 && stem.is_ascii())
        .unwrap_or(word)
}
