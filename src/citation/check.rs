//! Citations looked at again: what became of the cited lines? One engine for every command.

use super::compare::{Budget, Followed, Found, compare};
use super::elsewhere::{self, Lost};
use super::file::File;
use super::{Citation, Held, Lines, Seen, Status, Verdict};
use crate::machine::Machine;
use crate::subject::{Past, Snapshot, SubjectError, Tree};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// A citation, and the commit that its note was written from.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What is to be checked.
    pub citation: &'a Citation,
    /// The commit, in hex, if one was pinned.
    pub commit: Option<&'a str>,
    /// It was nowhere when it was last looked for, so that only new files can hold it.
    pub nowhere: bool,
}

/// What was found out about one citation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// How it stands.
    pub verdict: Verdict,
    /// It was looked for in every file and is in none, so that a new file could change the verdict.
    pub lost: bool,
}

/// What may be compared in search of moved text, for the citations of one file.
const MOST_COMPARED: usize = 400_000;

/// Looks at citations of one subject, each file once, all cores at work. `news` are the files that are new
/// since what was nowhere was last looked for.
pub fn look(asked: &[Asked<'_>], tree: &dyn Tree, past: &Past, news: Option<&[String]>) -> Vec<Looked> {
    let mut by_path: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut looked: Vec<Option<Looked>> = vec![None; asked.len()];
    for (at, one) in asked.iter().enumerate() {
        match Verdict::unread(&one.citation.seen) {
            Some(verdict) => looked[at] = Some(Looked { verdict, lost: false }),
            None => by_path.entry(&one.citation.path).or_default().push(at),
        }
    }
    let groups: Vec<(&str, Vec<usize>)> = by_path.into_iter().collect();
    let found: Vec<InFile> = groups.par_iter().map(|(path, group)| in_file(path, group, asked, tree, past)).collect();
    let mut lost = Vec::new();
    for file in &found {
        for (at, found) in &file.found {
            match found {
                Found::Here(verdict) => looked[*at] = Some(Looked { verdict: verdict.clone(), lost: false }),
                Found::Gone | Found::Changed(_) => {
                    let citation = asked[*at].citation;
                    let Seen::Held(held) = &citation.seen else { continue };
                    let one = Lost {
                        path: &citation.path,
                        lines: citation.lines,
                        held,
                        old: file.old.get(held.blob.as_str()).and_then(Option::as_ref),
                        commit: asked[*at].commit,
                        whole_file: file.gone,
                    };
                    let otherwise = match found {
                        Found::Changed(verdict) => verdict.clone(),
                        _ => Verdict::gone(),
                    };
                    lost.push((*at, one, otherwise));
                }
            }
        }
    }
    let (known, unknown): (Vec<_>, Vec<_>) =
        lost.into_iter().partition(|(at, ..)| asked[*at].nowhere && news.is_some());
    let all = if unknown.is_empty() { Vec::new() } else { tree.files() };
    for (lost, files) in [(known, news.unwrap_or_default()), (unknown, all.as_slice())] {
        let (places, rest): (Vec<(usize, Verdict)>, Vec<Lost<'_>>) =
            lost.into_iter().map(|(at, one, otherwise)| ((at, otherwise), one)).unzip();
        for ((at, otherwise), found) in places.into_iter().zip(elsewhere::search(&rest, files, tree, past)) {
            looked[at] = Some(Looked { lost: found.is_none(), verdict: found.unwrap_or(otherwise) });
        }
    }
    let unknown = || Looked { verdict: Verdict::of(Status::Unknown), lost: false };
    looked.into_iter().map(|looked| looked.unwrap_or_else(unknown)).collect()
}

/// What the citations of one path came to.
struct InFile {
    found: Vec<(usize, Found)>,
    /// The file as it was read, by git's id; none where nobody has it any more.
    old: HashMap<String, Option<File>>,
    gone: bool,
}

fn in_file(path: &str, group: &[usize], asked: &[Asked<'_>], tree: &dyn Tree, past: &Past) -> InFile {
    let mut file = InFile { found: Vec::new(), old: HashMap::new(), gone: false };
    let held_by = |at: usize| match &asked[at].citation.seen {
        Seen::Held(held) => Some(held),
        _ => None,
    };
    let new = match tree.read(path) {
        Ok(bytes) => File::of(path, &bytes),
        Err(error) => {
            let status = unread(&error);
            file.gone = status == Status::Broken;
            for at in group {
                let found = match held_by(*at) {
                    Some(held) if file.gone => {
                        as_read(&mut file.old, held, asked[*at], past);
                        Found::Gone
                    }
                    _ => Found::Here(Verdict::of(status)),
                };
                file.found.push((*at, found));
            }
            return file;
        }
    };
    let mut budget = Budget(MOST_COMPARED);
    let mut followed: HashMap<&str, Option<Followed<'_>>> = HashMap::new();
    for at in group {
        if let Some(held) = held_by(*at).filter(|held| held.blob != new.blob()) {
            as_read(&mut file.old, held, asked[*at], past);
        }
    }
    for at in group {
        let Some(held) = held_by(*at) else { continue };
        let old = file.old.get(held.blob.as_str()).and_then(Option::as_ref);
        let followed = followed.entry(&held.blob).or_insert_with(|| old.map(|old| Followed::from(old, &new)));
        let found = compare(asked[*at].citation.lines, held, followed.as_ref(), &new, path, &mut budget);
        file.found.push((*at, found));
    }
    file
}

fn as_read(old: &mut HashMap<String, Option<File>>, held: &Held, asked: Asked<'_>, past: &Past) {
    if !old.contains_key(&held.blob) {
        let path = &asked.citation.path;
        let bytes = past.file(&held.blob, asked.commit, path);
        old.insert(held.blob.clone(), bytes.map(|bytes| File::with_blob(path, &bytes, held.blob.clone())));
    }
}

/// What not being able to read a file says of its citations.
fn unread(error: &SubjectError) -> Status {
    match error {
        SubjectError::Read { source, .. }
            if matches!(source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Status::Broken
        }
        SubjectError::Outside { .. } | SubjectError::NotText { .. } => Status::Broken,
        _ => Status::Unknown,
    }
}

/// Keeps a copy of every cited file that git does not hold as it was read, so that citations can be
/// followed later. Best effort.
pub fn keep(citations: &[Citation], snapshot: &Snapshot, machine: &Machine) {
    keep_in(citations, snapshot, &Past::of(&snapshot.root, &machine.state));
}

/// The same for whoever looks into that past anyway.
pub fn keep_in(citations: &[Citation], snapshot: &Snapshot, past: &Past) {
    let held =
        citations.iter().filter(|citation| citation.subject.is_none()).filter_map(|citation| match &citation.seen {
            Seen::Held(held) => Some((citation.path.as_str(), held.blob.as_str())),
            _ => None,
        });
    let read: BTreeSet<(&str, &str)> = held.collect();
    past.keep(snapshot, read.into_iter());
}

/// A citation that moved, as it would be written today; none if what it moved to cannot be read.
pub fn renewed(citation: &Citation, verdict: &Verdict, tree: &dyn Tree) -> Option<Citation> {
    let (path, lines) = verdict.now.as_ref()?;
    let file = File::of(path, &tree.read(path).ok()?);
    file.cited(*lines)?;
    Some(Citation { path: path.clone(), lines: *lines, seen: Seen::Held(file.held(*lines)), ..citation.clone() })
}

/// Cited lines as they were read, and what they became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// As they were read; empty where nobody has that file any more.
    pub before: Vec<String>,
    /// As they are now; empty where they are gone.
    pub after: Vec<String>,
}

/// What a citation showed, and what stands there now.
pub fn difference(asked: Asked<'_>, verdict: &Verdict, tree: &dyn Tree, past: &Past) -> Difference {
    let citation = asked.citation;
    let Seen::Held(held) = &citation.seen else { return Difference::default() };
    let cut = |bytes: Option<Vec<u8>>, path: &str, lines: Lines| {
        let file = bytes.map(|bytes| File::with_blob(path, &bytes, String::new()));
        let owned = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
        file.and_then(|file| file.cited(lines).map(owned)).unwrap_or_default()
    };
    let before = cut(past.file(&held.blob, asked.commit, &citation.path), &citation.path, citation.lines);
    let after = verdict.became.as_ref().map(|(path, lines)| cut(tree.read(path).ok(), path, *lines));
    Difference { before, after: after.unwrap_or_default() }
}

/// Which of these versions of a file, from the one that was read to the one that is now, changed the
/// cited code: the places of the versions that did.
pub fn changed_by(asked: Asked<'_>, versions: &[Option<Vec<u8>>], past: &Past) -> Vec<usize> {
    let citation = asked.citation;
    let Seen::Held(held) = &citation.seen else { return Vec::new() };
    let path = citation.path.as_str();
    let Some(first) = past.file(&held.blob, asked.commit, path) else { return (0..versions.len()).collect() };
    let mut current = File::of(path, &first);
    let mut lines = citation.lines;
    let mut changed = Vec::new();
    for (at, version) in versions.iter().enumerate() {
        let Some(bytes) = version else {
            changed.push(at);
            return changed;
        };
        let next = File::of(path, bytes);
        let followed = Followed::from(&current, &next);
        if let Some(now) = followed.untouched(lines) {
            lines = now;
            current = next;
            continue;
        }
        let held = current.held(lines);
        let found = compare(lines, &held, Some(&followed), &next, path, &mut Budget(MOST_COMPARED));
        let image = followed.image(lines);
        match found {
            Found::Here(Verdict { status: Status::Fresh, .. }) => {}
            Found::Here(Verdict { status: Status::Moved, now: Some((_, now)), .. }) => lines = now,
            _ => {
                changed.push(at);
                let Some(image) = image else { return changed };
                lines = image;
            }
        }
        current = next;
    }
    changed
}
