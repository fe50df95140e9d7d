//! Citations looked at again: do the cited lines still stand where they stood?

use super::resolve::{File, text_hash};
use super::{Citation, Held, Lines, Seen, Status};
use crate::subject::{Snapshot, SubjectError};
use std::collections::HashMap;

/// How a note stands today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As bad as the worst citation.
    pub status: Status,
    /// One for each citation, in their order.
    pub citations: Vec<Verdict>,
}

/// How one citation stands today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it still holds.
    pub status: Status,
    /// Where the same text stands now, when it moved.
    pub now: Option<(String, Lines)>,
}

impl Standing {
    /// How citations stand that were resolved a moment ago.
    pub fn as_resolved(citations: &[Citation]) -> Self {
        let verdict = |citation: &Citation| {
            Verdict::of(match citation.seen {
                Seen::Held(_) => Status::Fresh,
                Seen::Broken(_) => Status::Broken,
                Seen::Unverified => Status::Unverified,
            })
        };
        Self::of(citations.iter().map(verdict).collect())
    }

    fn of(citations: Vec<Verdict>) -> Self {
        let status = citations.iter().map(|verdict| verdict.status).max().unwrap_or(Status::Uncited);
        Self { status, citations }
    }
}

impl Verdict {
    fn of(status: Status) -> Self {
        Self { status, now: None }
    }
}

/// Looks at every citation of a note. `snapshot` gives the subject of that name (none: the first)
/// as it is now, if it is here.
pub fn stand(citations: &[Citation], snapshot: &dyn Fn(Option<&str>) -> Option<Snapshot>) -> Standing {
    // By subject and path: what was read, or what not being able to says.
    type Files<'a> = HashMap<(Option<&'a str>, &'a str), Result<File, Status>>;
    let mut snapshots: HashMap<Option<&str>, Option<Snapshot>> = HashMap::new();
    let mut files: Files<'_> = HashMap::new();
    let mut budget = MOST_COMPARED;
    let verdicts = citations
        .iter()
        .map(|citation| {
            let held = match &citation.seen {
                Seen::Held(held) => held,
                Seen::Broken(_) => return Verdict::of(Status::Broken),
                Seen::Unverified => return Verdict::of(Status::Unverified),
            };
            let subject = citation.subject.as_deref();
            let file = files.entry((subject, &citation.path)).or_insert_with(|| {
                let snapshot = snapshots.entry(subject).or_insert_with(|| snapshot(subject));
                snapshot.as_ref().map_or(Err(Status::Unknown), |snapshot| read(snapshot, &citation.path))
            });
            match file {
                Ok(file) => compare(citation, held, file, &mut budget),
                Err(status) => Verdict::of(*status),
            }
        })
        .collect();
    Standing::of(verdicts)
}

/// How many lines are compared in search of moved text, for one note: a hostile one could cite ten
/// thousand lines of a huge file.
const MOST_COMPARED: usize = 200_000;

fn read(snapshot: &Snapshot, path: &str) -> Result<File, Status> {
    match snapshot.read(path) {
        Ok(bytes) => Ok(File::of(path, &bytes)),
        Err(SubjectError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Err(Status::Broken),
        Err(SubjectError::Outside { .. } | SubjectError::NotText { .. }) => Err(Status::Broken),
        Err(_) => Err(Status::Unknown),
    }
}

fn compare(citation: &Citation, held: &Held, file: &File, budget: &mut usize) -> Verdict {
    let lines = file.lines();
    let length = citation.lines.len() as usize;
    let place = citation.lines.first() as usize - 1;
    let is_there = lines.len() >= place + length;
    if is_there && held.blob.len() >= 7 && file.blob() == held.blob {
        return Verdict::of(Status::Fresh);
    }
    if held.text.is_empty() {
        return Verdict::of(Status::Unverified);
    }
    let same = |at: usize| lines.get(at..at + length).is_some_and(|lines| text_hash(lines) == held.text);
    // A change of comments or white space changes nothing of what the lines do.
    if same(place) || is_there && held.code.is_some() && file.code(citation.lines) == held.code {
        return Verdict::of(Status::Fresh);
    }
    // The nearest twin is the likeliest to be the one that was meant.
    let mut places: Vec<usize> = (0..(lines.len() + 1).saturating_sub(length)).collect();
    places.sort_by_key(|at| at.abs_diff(place));
    let mut affordable = |_: &usize| {
        let rest = budget.checked_sub(length);
        *budget = rest.unwrap_or(0);
        rest.is_some()
    };
    let moved = places.into_iter().take_while(|at| affordable(at)).find(|at| same(*at));
    let Some(at) = moved else { return Verdict::of(Status::Stale) };
    let first = u32::try_from(at + 1).unwrap_or(u32::MAX);
    let now =
        Lines::new(first, first.saturating_add(citation.lines.len() - 1)).map(|lines| (citation.path.clone(), lines));
    Verdict { status: Status::Moved, now }
}
