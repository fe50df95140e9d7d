//! Which places several notes cite together, and which only one of them does. Independent answers that
//! point at the same lines are the best evidence there is.

use super::Head;
use crate::citation::{Citation, Lines, Seen, Standing, Status, Verdict};
use crate::subject::Pinned;
use std::collections::BTreeSet;

/// A note with how it stands.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// What it says of itself.
    pub head: &'a Head,
    /// One verdict for each of its citations.
    pub standing: &'a Standing,
}

/// A place that one or more of the notes cite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPlace {
    /// The lines that all of `cited_by` cite, where they stand now.
    pub lines: Lines,
    /// Relative to the subject, where the file is now.
    pub path: String,
    /// The notes that cite it, by their number.
    pub cited_by: Vec<usize>,
    /// As good as the best of their citations.
    pub status: Status,
    /// Their citations: number of the note, number of its citation; a note's best one first.
    pub citations: Vec<(usize, usize)>,
}

/// A citation, laid on what is there now.
struct Laid {
    note: usize,
    number: usize,
    file: usize,
    lines: Lines,
    /// It points at something.
    holds: bool,
    status: Status,
}

/// A file that notes cite.
struct CitedFile {
    /// The whole repository, whatever folder of it was asked about.
    subject: Option<Pinned>,
    /// Relative to that.
    path: String,
    /// Which bytes of it, where nobody can say what they are now.
    blob: Option<String>,
}

/// The places that notes cite: first those that most of them do, and of these the ones that they put
/// first. A place that a note cites twice is one place. What never was there is nobody's evidence, so
/// that two notes cannot agree on it.
pub fn compare_places(notes: &[Compared<'_>]) -> Vec<SharedPlace> {
    let mut files: Vec<CitedFile> = Vec::new();
    let mut laid: Vec<Laid> = Vec::new();
    for (note, compared) in notes.iter().enumerate() {
        let Compared { head, standing } = compared;
        for (number, (citation, verdict)) in head.citations.iter().zip(&standing.citations).enumerate() {
            let (file, lines) = lay(head, citation, verdict);
            let file = known(&mut files, file);
            let holds = !matches!(citation.seen, Seen::Broken(_));
            laid.push(Laid { note, number, file, lines, holds, status: verdict.status });
        }
    }
    let mut places = Vec::new();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for count in (2..=notes.len()).rev() {
        for (file, cited) in files.iter().enumerate() {
            for (lines, cited_by) in runs(&laid, file, count) {
                let here: Vec<usize> = (0..laid.len())
                    .filter(|at| laid[*at].holds && laid[*at].file == file && laid[*at].lines.overlaps(lines))
                    .collect();
                // What more notes agree on holds these, too.
                if here.iter().any(|at| !told.contains(at)) {
                    told.extend(&here);
                    places.push(place(&cited.path, lines, cited_by, &here, &laid));
                }
            }
        }
    }
    for at in 0..laid.len() {
        if told.contains(&at) {
            continue;
        }
        let one = &laid[at];
        let is_same = |other: &usize| {
            let other = &laid[*other];
            (other.note, other.file, other.lines) == (one.note, one.file, one.lines)
        };
        let here: Vec<usize> = (at..laid.len()).filter(is_same).collect();
        told.extend(&here);
        places.push(place(&files[one.file].path, one.lines, vec![one.note], &here, &laid));
    }
    places.sort_by_cached_key(|place| {
        let rank: usize = place.cited_by.iter().filter_map(|note| rank(place, *note)).sum();
        (usize::MAX - place.cited_by.len(), place.cited_by.clone(), rank, place.path.clone(), place.lines)
    });
    places
}

/// Where a note puts a place among its citations.
fn rank(place: &SharedPlace, note: usize) -> Option<usize> {
    place.citations.iter().filter(|(by, _)| *by == note).map(|(_, number)| *number).min()
}

fn place(path: &str, lines: Lines, cited_by: Vec<usize>, here: &[usize], laid: &[Laid]) -> SharedPlace {
    let citations = here.iter().map(|at| (laid[*at].note, laid[*at].number)).collect();
    let status = here.iter().map(|at| laid[*at].status).min().unwrap_or(Status::Uncited);
    SharedPlace { lines, path: path.to_owned(), cited_by, status, citations }
}

/// The lines of a file that at least `count` notes cite, run by run, and which notes these are.
fn runs(laid: &[Laid], file: usize, count: usize) -> Vec<(Lines, Vec<usize>)> {
    let here: Vec<&Laid> = laid.iter().filter(|one| one.holds && one.file == file).collect();
    // Between two of these lines nothing changes.
    let edges: BTreeSet<u32> =
        here.iter().flat_map(|one| [one.lines.first(), one.lines.last().saturating_add(1)]).collect();
    let mut runs: Vec<(Lines, Vec<usize>)> = Vec::new();
    for (first, next) in edges.iter().zip(edges.iter().skip(1)) {
        let Some(lines) = Lines::new(*first, next - 1) else { continue };
        let by: BTreeSet<usize> = here.iter().filter(|one| one.lines.overlaps(lines)).map(|one| one.note).collect();
        if by.len() < count {
            continue;
        }
        let by: Vec<usize> = by.into_iter().collect();
        match runs.last_mut().filter(|(before, notes)| before.last() + 1 == *first && *notes == by) {
            Some((before, _)) => *before = Lines::new(before.first(), lines.last()).unwrap_or(*before),
            None => runs.push((lines, by)),
        }
    }
    runs
}

/// A citation where it stands now, or as it was read.
fn lay(head: &Head, citation: &Citation, verdict: &Verdict) -> (CitedFile, Lines) {
    let now = verdict.now.as_ref().or(verdict.became.as_ref());
    let (path, lines) = now.map_or((citation.path.as_str(), citation.lines), |(path, lines)| (path.as_str(), *lines));
    let in_sight = now.is_some() || matches!(verdict.status, Status::Fresh | Status::Moved | Status::Stale);
    let blob = match &citation.seen {
        Seen::Held(read) if !in_sight => Some(read.blob.clone()).filter(|blob| !blob.is_empty()),
        _ => None,
    };
    let (subject, inside) = head.subject_of(citation).map(Pinned::whole).unzip();
    let inside: Option<String> = inside.flatten();
    let path = inside.map_or_else(|| path.to_owned(), |folder| format!("{folder}/{path}"));
    (CitedFile { subject, path, blob }, lines)
}

fn known(files: &mut Vec<CitedFile>, file: CitedFile) -> usize {
    let subject = |known: &CitedFile| match (&known.subject, &file.subject) {
        (Some(known), Some(new)) => known.is(new),
        (known, new) => known.is_none() && new.is_none(),
    };
    let is_same = |known: &CitedFile| known.path == file.path && known.blob == file.blob && subject(known);
    files.iter().position(is_same).unwrap_or_else(|| {
        files.push(file);
        files.len() - 1
    })
}
