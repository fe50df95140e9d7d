//! What an agent is told about citations of its answer that do not stand.

use super::{Broken, Citation, Seen};
use crate::invisible;
use crate::subject::Snapshot;
use std::cell::LazyCell;
use std::fmt::Write;

/// More than that and the answer is not worth mending place by place.
const MOST: usize = 20;
/// How many places a file name may mean before they are not listed.
const CANDIDATES: usize = 5;

/// Names the broken citations, says of each why it does not stand and what is there instead. None if all
/// stand. The first snapshot is the unnamed subject.
pub fn letter_about_broken(citations: &[Citation], snapshots: &[Snapshot]) -> Option<String> {
    // Walked at most once a subject, however many files are not there.
    let listings: Vec<LazyCell<Vec<String>, _>> = snapshots
        .iter()
        .map(|snapshot| LazyCell::new(|| snapshot.files().files.into_iter().map(|entry| entry.path).collect()))
        .collect();
    let known = |citation: &Citation| {
        let at = match &citation.subject {
            None => Some(0),
            Some(name) => snapshots.iter().position(|snapshot| snapshot.pinned.name == *name),
        };
        at.and_then(|at| snapshots.get(at).zip(listings.get(at)))
    };
    let broken = citations.iter().filter_map(|citation| match citation.seen {
        Seen::Broken(why) => Some((citation, why)),
        _ => None,
    });
    let line = |(citation, why)| {
        let found = known(citation);
        line(citation, why, found.map(|(snapshot, _)| snapshot), &|| {
            found.map_or(&[], |(_, listing)| listing.as_slice())
        })
    };
    let lines: Vec<String> = broken.take(MOST).map(line).collect();
    if lines.is_empty() {
        return None;
    }
    let mut letter = "\
Some places that your answer cites are not there. Look at the code again, then send the whole answer once more, with \
these put right and all else as it was. Leave out what the code does not show. Say nothing about this correction.

"
    .to_owned();
    for line in lines {
        letter.push_str(&line);
        letter.push('\n');
    }
    Some(letter)
}

fn line<'a>(citation: &Citation, why: Broken, snapshot: Option<&Snapshot>, files: &dyn Fn() -> &'a [String]) -> String {
    let mut line = format!("- `{}:{}`: ", span(&citation.path), citation.lines);
    let name = citation.path.rsplit('/').next().unwrap_or(&citation.path);
    let alike = || -> Vec<String> {
        let named = files().iter().filter(|path| path.rsplit('/').next() == Some(name));
        named.map(|path| format!("`{}`", span(path))).collect()
    };
    let _ = match why {
        Broken::NoSuchLine => {
            let bytes = snapshot.and_then(|snapshot| snapshot.read(&citation.path).ok()).unwrap_or_default();
            write!(line, "the file has {} lines", String::from_utf8_lossy(&bytes).lines().count())
        }
        Broken::NoSuchFile | Broken::Ambiguous => match alike().as_slice() {
            [] => write!(line, "there is no such file"),
            some if some.len() <= CANDIDATES => write!(line, "files of that name are {}", some.join(", ")),
            many => write!(line, "{} files have that name; give the whole path", many.len()),
        },
        Broken::Outside => write!(line, "it is outside of this code"),
        Broken::NoSuchSubject => write!(line, "no other code base was given"),
        Broken::NotText => write!(line, "it is not a file of text"),
    };
    line
}

/// A path of somebody else's, inside a code span.
fn span(path: &str) -> String {
    invisible::for_prompt(path).0.replace(['`', '\n', '\r'], "?")
}
