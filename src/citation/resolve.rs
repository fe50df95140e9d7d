//! What an answer cites, looked up in the bytes that it was written from.

use super::file::File;
use super::look_up::look_up;
use super::weak::{Places, is_weak};
use super::{Broken, Citation, Claims, Found, Lines, Seen, find};
use crate::subject::{Snapshot, SubjectError};
use std::collections::{HashMap, HashSet};

/// Every citation of an answer, in order of first appearance, each once. The first snapshot is the
/// unnamed subject. Never fails: broken is a result.
pub fn resolve(markdown: &str, snapshots: &[Snapshot]) -> Vec<Citation> {
    let mut library = Library::default();
    let mut known = HashSet::new();
    let resolved = find(markdown).into_iter().map(|found| one(found, snapshots, &mut library));
    resolved.filter(|one| known.insert((one.subject.clone(), one.path.clone(), one.lines))).take(MOST).collect()
}

/// What an answer claims, held against the code: marks the citations whose lines have nothing to do with
/// any sentence that cites them, and looks up the names that it speaks of.
pub fn examine(markdown: &str, citations: &mut [Citation], question: &str, snapshots: &[Snapshot]) -> Claims {
    let mut library = Library::default();
    // Strong if one of the sentences that cite the same lines fits them.
    let mut fits: Vec<Option<bool>> = vec![None; citations.len()];
    let mut places: HashMap<(usize, String), Places> = HashMap::new();
    for found in find(markdown) {
        let Citation { subject, path, lines, .. } = one(found.clone(), snapshots, &mut library);
        let same = |known: &Citation| known.subject == subject && known.path == path && known.lines == lines;
        let Some(at) = citations.iter().position(same) else { continue };
        if !matches!(citations[at].seen, Seen::Held(_)) {
            continue;
        }
        let index = subject
            .as_ref()
            .map_or(Some(0), |name| snapshots.iter().position(|snapshot| snapshot.pinned.name == *name));
        let Some((index, snapshot)) = index.and_then(|index| Some((index, snapshots.get(index)?))) else { continue };
        if fits[at] != Some(true)
            && let Ok(file) = library.file(index, snapshot, &path)
        {
            let places = places.entry((index, path)).or_insert_with(|| Places::of(file));
            fits[at] = Some(!is_weak(markdown, &found, file, places, lines));
        }
    }
    for (citation, fits) in citations.iter_mut().zip(fits) {
        citation.weak = fits == Some(false);
    }
    let held = citations.iter().filter(|one| one.subject.is_none() && matches!(one.seen, Seen::Held(_)));
    let mut cited: Vec<String> = held.map(|one| one.path.clone()).collect();
    cited.sort_unstable();
    cited.dedup();
    look_up(markdown, question, &cited, snapshots)
}

/// More citations than that are no answer.
const MOST: usize = 2_000;

/// Files and listings already looked at: an answer cites the same few files many times.
#[derive(Default)]
struct Library {
    files: HashMap<(usize, String), Result<File, Broken>>,
    listings: HashMap<usize, Vec<String>>,
}

impl Library {
    fn file(&mut self, at: usize, snapshot: &Snapshot, path: &str) -> &Result<File, Broken> {
        self.files.entry((at, path.to_owned())).or_insert_with(|| match snapshot.read(path) {
            Ok(bytes) if bytes.contains(&0) => Err(Broken::NotText),
            Ok(bytes) => Ok(File::of(path, &bytes)),
            Err(SubjectError::Outside { .. }) => Err(Broken::Outside),
            Err(SubjectError::NotText { .. }) => Err(Broken::NotText),
            Err(_) => Err(Broken::NoSuchFile),
        })
    }

    /// The one file whose path ends with these components.
    fn by_ending(&mut self, at: usize, snapshot: &Snapshot, ending: &str) -> Result<String, Broken> {
        let listing = self
            .listings
            .entry(at)
            .or_insert_with(|| snapshot.files().files.into_iter().map(|entry| entry.path).collect());
        let mut fitting = listing
            .iter()
            .filter(|path| path.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('/')));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only.clone()),
            (Some(_), Some(_)) => Err(Broken::Ambiguous),
            (None, _) => Err(Broken::NoSuchFile),
        }
    }
}

fn one(found: Found, snapshots: &[Snapshot], library: &mut Library) -> Citation {
    let Found { subject, path, mut lines, .. } = found;
    let index = match &subject {
        None => (!snapshots.is_empty()).then_some(0),
        Some(name) => snapshots.iter().position(|snapshot| snapshot.pinned.name == *name),
    };
    let Some(at) = index else {
        let seen = if snapshots.is_empty() { Seen::Unverified } else { Seen::Broken(Broken::NoSuchSubject) };
        return Citation { subject, path, lines, seen, weak: false };
    };
    let subject = subject.filter(|_| at > 0);
    let (path, file) = place(at, &snapshots[at], path, library);
    let seen = match file.and_then(|()| library.file(at, &snapshots[at], &path).as_ref().map_err(|broken| *broken)) {
        Err(broken) => Seen::Broken(broken),
        Ok(file) => {
            let count = u32::try_from(file.count()).unwrap_or(u32::MAX);
            match Lines::new(lines.first(), lines.last().min(count)) {
                // An agent that cites to the end of a file is often a line too far.
                Some(within) => {
                    lines = within;
                    Seen::Held(file.held(within))
                }
                None => Seen::Broken(Broken::NoSuchLine),
            }
        }
    };
    Citation { subject, path, lines, seen, weak: false }
}

/// The file that a written path means: itself, without what a diff or a habit put before it, or the
/// only one that ends so.
fn place(at: usize, snapshot: &Snapshot, written: String, library: &mut Library) -> (String, Result<(), Broken>) {
    let relative = match written.strip_prefix('/') {
        None => written.clone(),
        Some(_) => {
            match std::path::Path::new(&written).strip_prefix(&snapshot.root).ok().and_then(|path| path.to_str()) {
                Some(inside) => inside.to_owned(),
                None => return (written, Err(Broken::Outside)),
            }
        }
    };
    let relative = normal(&relative);
    let (own, diff_a, diff_b) = (format!("{}/", snapshot.pinned.name), "a/".to_owned(), "b/".to_owned());
    for prefix in [String::new(), own, diff_a, diff_b] {
        let Some(path) = relative.strip_prefix(&prefix) else { continue };
        match library.file(at, snapshot, path) {
            Err(Broken::NoSuchFile) => {}
            Err(broken) => return (path.to_owned(), Err(*broken)),
            Ok(_) => return (path.to_owned(), Ok(())),
        }
    }
    match library.by_ending(at, snapshot, &relative) {
        Ok(path) => (path, Ok(())),
        Err(broken) => (relative, Err(broken)),
    }
}

/// A relative path without `.` and `..` inside; what would leave the folder keeps its `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
