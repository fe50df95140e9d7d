//! Citations that moved, written into their note: in the frontmatter and wherever the body names the
//! place. Every other byte stays as it was.

use super::edit::EditError;
use super::frontmatter::{self, Value, yaml};
use super::{Note, entry, write};
use crate::citation::{self, Citation, Lines, Seen};
use std::ops::Range;

/// A citation as the note has it, and as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// As it stands in the note.
    pub from: Citation,
    /// Where it stands now.
    pub to: Citation,
}

/// The file's bytes with these citations at their new places. What comes out was read again and
/// compared: if anything else would differ, nothing is changed and that is the error.
pub fn relocate(bytes: &[u8], moves: &[Move]) -> Result<Vec<u8>, EditError> {
    let text = std::str::from_utf8(bytes).map_err(|_| EditError::NotUtf8)?;
    let (before, _) = Note::parse(bytes);
    let (head, body) = frontmatter::split(text).ok_or(EditError::Frontmatter)?;
    let mut splices = in_frontmatter(&text[head.clone()], head.start, moves);
    splices.extend(in_body(&text[body..], body, moves));
    splices.sort_by_key(|(range, _)| range.start);
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for (range, replacement) in splices {
        new.push_str(text.get(at..range.start).ok_or(EditError::Frontmatter)?);
        new.push_str(&replacement);
        at = range.end;
    }
    new.push_str(&text[at..]);
    let mut expected = before.head.clone();
    for citation in &mut expected.citations {
        if let Some(found) = moves.iter().find(|one| one.from == *citation) {
            *citation = found.to.clone();
        }
    }
    // A title can hold a place, too.
    let (after, _) = Note::parse(new.as_bytes());
    expected.title.clone_from(&after.head.title);
    if after.head == expected { Ok(new.into_bytes()) } else { Err(EditError::Frontmatter) }
}

type Splice = (Range<usize>, String);

/// The entries of `citations` that moved, one a line.
fn in_frontmatter(head: &str, start: usize, moves: &[Move]) -> Vec<Splice> {
    let mut splices = Vec::new();
    let mut inside = false;
    let mut at = start;
    for line in head.split_inclusive('\n') {
        let item = line.trim_start().strip_prefix("- ").map(str::trim);
        match item {
            Some(item) if inside => {
                let offset = at + (item.as_ptr() as usize - line.as_ptr() as usize);
                let value = match yaml(&format!("key: {item}\n")) {
                    Ok(Value::Map(map)) => map.into_iter().next().map(|(_, value)| value),
                    _ => None,
                };
                let found = value.and_then(|value| Some((value.text()?, entry::citation(&value)?)));
                if let Some((text, citation)) = found
                    && let Some(one) = moves.iter().find(|one| one.from == citation)
                {
                    let new = changed_entry(&text, &one.to);
                    let new = if item.starts_with(['"', '\'']) { write::quoted(&new) } else { write::scalar(&new) };
                    splices.push((offset..offset + item.len(), new));
                }
            }
            _ => inside = line.trim_end() == "citations:" || inside && line.starts_with([' ', '\t', '#']),
        }
        at += line.len();
    }
    splices
}

/// An entry of `citations` for another place; words that kb does not know stay.
fn changed_entry(text: &str, to: &Citation) -> String {
    const OWN: [&str; 4] = ["blob=", "text=", "code=", "in="];
    let mut new = entry::citation_text(&Citation { weak: false, ..to.clone() });
    for word in text.split_ascii_whitespace().skip(1).filter(|word| !OWN.iter().any(|own| word.starts_with(own))) {
        new.push(' ');
        new.push_str(word);
    }
    new
}

/// The places in the body that name what moved.
fn in_body(body: &str, start: usize, moves: &[Move]) -> Vec<Splice> {
    let found = citation::find(body);
    let mut splices: Vec<Splice> = Vec::new();
    let target = |one: &citation::Found| moves.iter().find(|moved| names(one, &moved.from));
    for one in &found {
        let Some(goes) = target(one) else { continue };
        let other_file = goes.to.path != goes.from.path;
        if other_file {
            // One path for several places moves with all of them or not at all.
            let together = found.iter().filter(|other| other.path_at.is_some() && other.path_at == one.path_at);
            let all = together.clone().all(|other| target(other).is_some_and(|other| other.to.path == goes.to.path));
            match &one.path_at {
                Some(at) if all => match written_path(&body[at.clone()], one, &goes.to.path) {
                    Some((range, path)) => {
                        let range = start + at.start + range.start..start + at.start + range.end;
                        if !splices.iter().any(|(known, _)| *known == range) {
                            splices.push((range, path));
                        }
                    }
                    None => continue,
                },
                _ => continue,
            }
        }
        let lines = renumbered(&body[one.lines_at.clone()], goes.to.lines);
        splices.push((start + one.lines_at.start..start + one.lines_at.end, lines));
    }
    splices
}

/// Whether a place in the body means this citation, which was there.
fn names(found: &citation::Found, from: &Citation) -> bool {
    matches!(from.seen, Seen::Held(_)) && found.means(from.subject.as_deref(), &from.path, from.lines)
}

/// Which part of a written path is replaced, and by what. None where it is written in a way that cannot
/// be changed in place.
fn written_path(written: &str, found: &citation::Found, path: &str) -> Option<(Range<usize>, String)> {
    let start = written.len().checked_sub(found.path.len())?;
    (written.get(start..)? == found.path).then(|| (start..written.len(), path.to_owned()))
}

/// `L10-L20` for other lines, in the same style.
fn renumbered(written: &str, lines: Lines) -> String {
    let mut numbers: Vec<Range<usize>> = Vec::new();
    let mut in_column = false;
    for (at, c) in written.char_indices() {
        match numbers.last_mut() {
            Some(last) if c.is_ascii_digit() && last.end == at => last.end = at + 1,
            _ if c.is_ascii_digit() && !in_column => numbers.push(at..at + 1),
            _ => in_column = c == 'C',
        }
    }
    let (first, last) = (lines.first().to_string(), lines.last().to_string());
    match numbers.as_slice() {
        [only] if first == last => format!("{}{first}{}", &written[..only.start], &written[only.end..]),
        [only] => {
            let mark = if written[..only.start].ends_with('L') { "L" } else { "" };
            format!("{}{first}-{mark}{last}{}", &written[..only.start], &written[only.end..])
        }
        [one, two, ..] => {
            let (start, between, end) = (&written[..one.start], &written[one.end..two.start], &written[two.end..]);
            format!("{start}{first}{between}{last}{end}")
        }
        [] => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citation::Held;
    use proptest::prelude::*;

    fn cited(path: &str, lines: &str) -> Citation {
        let held = Held { blob: "abcdef0".into(), text: "00".into(), code: None, within: Some("A.b".into()) };
        Citation {
            subject: None,
            path: path.into(),
            lines: lines.parse().unwrap(),
            seen: Seen::Held(held),
            weak: false,
        }
    }

    #[track_caller]
    fn check(body: &str, to: (&str, &str), expected: &str) {
        let from = cited("src/a.py", "3-9");
        let head = format!(
            "---\r\na: 1 # x\r\ncitations:\r\n  - {} odd=1\r\n  - b.py:1\r\n---\r\n",
            entry::citation_text(&from)
        );
        let to = Move { to: cited(to.0, to.1), from };
        let new = relocate(format!("{head}{body}").as_bytes(), std::slice::from_ref(&to)).unwrap();
        let new = String::from_utf8(new).unwrap();
        let (_, after) = new.split_once("---\r\n").unwrap().1.split_once("---\r\n").unwrap();
        assert_eq!(after, expected);
        let head = head.replace(&entry::citation_text(&to.from), &entry::citation_text(&to.to));
        assert!(new.starts_with(&head), "{new}");
    }

    #[test]
    fn places_are_changed_where_they_stand() {
        check("`src/a.py:3-9`, b.py:3-9", ("src/a.py", "13-19"), "`src/a.py:13-19`, b.py:3-9");
        check("[a](src/a.py#L3-L9)", ("src/a.py", "13-19"), "[a](src/a.py#L13-L19)");
        check("lines 3 to 9 of `src/a.py`", ("src/a.py", "1-2"), "lines 1 to 2 of `src/a.py`");
        check("lines 3-9 of `src/a.py`", ("src/a.py", "1-2"), "lines 1-2 of `src/a.py`");
        check("`./src/a.py:3–9`", ("src/b.py", "13-19"), "`./src/b.py:13–19`");
        check("`a.py:3-9`", ("src/a.py", "4-10"), "`a.py:4-10`");
        check("`a.py:3-9`", ("lib/b.py", "4-10"), "`lib/b.py:4-10`");
        check("`src/a.py:3-9,14`", ("src/a.py", "4-10"), "`src/a.py:4-10,14`");
        check("`src/a.py:3-9,14`", ("src/b.py", "4-10"), "`src/a.py:3-9,14`");
        check("`src/a.py:1` and `:3-9`", ("src/a.py", "4-10"), "`src/a.py:1` and `:4-10`");
        check("```\nsrc/a.py:3-9\n```\n", ("src/a.py", "4-10"), "```\nsrc/a.py:3-9\n```\n");
    }

    #[test]
    fn lines_keep_their_style() {
        for (written, lines, expected) in [
            ("3", "5", "5"),
            ("3", "5-6", "5-6"),
            ("L3", "5-6", "L5-L6"),
            ("L3C1-L4C2", "5-6", "L5C1-L6C2"),
            ("3 to 4", "5", "5 to 5"),
        ] {
            assert_eq!(renumbered(written, lines.parse().unwrap()), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_else_changes(before in "[a-z .`\\n]{0,40}", after in "[a-z .`\\n]{0,40}") {
            let from = cited("src/a.py", "3-9");
            let (old, new) = (entry::citation_text(&from), entry::citation_text(&cited("src/a.py", "5-11")));
            let note = |entry: &str| format!("---\ncitations:\n  - {entry}\n---\n{before}\n{after}\n");
            let to = Move { from, to: cited("src/a.py", "5-11") };
            let relocated = relocate(note(&old).as_bytes(), &[to]);
            prop_assert_eq!(relocated, Ok(note(&new).into_bytes()));
        }
    }
}
