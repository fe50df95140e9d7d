//! What was found out about notes before, as far as it still holds: every file that a verdict was made
//! from is as it was, and its subject lies where it lay.

use super::memory::{Draft, Kept, Memory, NoteHash, Place};
use super::{Head, entry};
use crate::citation::{Seen as Read, Standing, Status};
use crate::subject::{self, Kind, Pinned, Walk};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// Times of files are no finer than that, as far as a change must show.
const COARSEST: Duration = Duration::from_millis(20);

/// Memory of one knowledge base, as seen from one work tree.
#[derive(Debug)]
pub(super) struct Recall {
    path: PathBuf,
    /// Read when it is first asked.
    old: OnceLock<Memory>,
    /// By the numbers of its subjects.
    roots: OnceLock<Vec<Option<PathBuf>>>,
    new: Draft,
    numbers: HashMap<Place, usize>,
    /// Files that are younger are looked at again.
    since: SystemTime,
    /// Folders whose files were all looked at in this run: the prints of those files.
    walked: BTreeMap<PathBuf, Vec<u64>>,
}

/// Where a subject lies now.
pub(super) type Whereabouts<'a> = dyn Fn(&Pinned) -> Vec<PathBuf> + 'a;

impl Recall {
    /// `folder` is kb's cache; `base` and `around` tell whose memory it is.
    pub(super) fn of(folder: &Path, base: &Path, around: &Path) -> Self {
        let mut name = blake3::Hasher::new();
        name.update(base.as_os_str().as_encoded_bytes()).update(&[0]).update(around.as_os_str().as_encoded_bytes());
        let path = folder.join("check").join(format!("{}.notes", &name.finalize().to_hex()[..24]));
        Self {
            old: OnceLock::new(),
            path,
            roots: OnceLock::new(),
            new: Draft::default(),
            numbers: HashMap::new(),
            since: SystemTime::now() - COARSEST,
            walked: BTreeMap::new(),
        }
    }

    fn old(&self) -> &Memory {
        self.old.get_or_init(|| Memory::read(&self.path))
    }

    /// The stamp of a file; none if it may not be relied on.
    pub(super) fn stamp(&self, root: &Path, path: &str) -> Option<u64> {
        subject::stamp(root, path, self.since)
    }

    /// Where each remembered subject lies, if that is where it lay.
    pub(super) fn roots(&self, whereabouts: &Whereabouts<'_>) -> &[Option<PathBuf>] {
        self.roots.get_or_init(|| self.old().places().iter().map(|place| root_of(place, whereabouts)).collect())
    }

    /// The folders in which something is nowhere.
    pub(super) fn lost_roots(&self) -> HashSet<PathBuf> {
        let roots = self.roots.get().map(Vec::as_slice).unwrap_or_default();
        let lost = self.old().every().filter(|depends| depends.lost).filter_map(|depends| depends.file);
        lost.filter_map(|file| roots.get(self.old().file(file).0)?.clone()).collect()
    }

    /// How notes stand, as far as that is known. `as_it_was` says whether the rest of a folder's files is as it
    /// was, which what is nowhere depends on.
    pub(super) fn standings(
        &self,
        hashes: &[Option<NoteHash>],
        whereabouts: &Whereabouts<'_>,
        as_it_was: &dyn Fn(&Path) -> bool,
    ) -> Vec<Option<Standing>> {
        let notes: Vec<Option<usize>> = hashes.iter().map(|hash| self.old().find(hash.as_ref()?)).collect();
        let places = self.roots(whereabouts);
        let mut wanted = vec![false; self.old().file_count()];
        let citations = notes.iter().flatten().flat_map(|note| self.old().citations_of(*note));
        for depends in citations.map(|citation| self.old().depends(citation)) {
            for file in [depends.file, depends.other_file].into_iter().flatten() {
                if let Some(wanted) = wanted.get_mut(file) {
                    *wanted = true;
                }
            }
        }
        let stamp = |(number, wanted): (usize, &bool)| {
            let (subject, path) = self.old().file(number);
            let root = places.get(subject)?.as_ref().filter(|_| *wanted)?;
            self.stamp(root, path)
        };
        let many = wanted.len() > 500;
        let stamps: Vec<Option<u64>> = match many {
            true => wanted.par_iter().enumerate().with_min_len(500).map(stamp).collect(),
            false => wanted.iter().enumerate().map(stamp).collect(),
        };
        let mut as_they_were: HashMap<usize, bool> = HashMap::new();
        let mut is_same = |citation: usize| {
            let depends = self.old().depends(citation);
            let is = |file: Option<usize>, stamp: u64| {
                file.is_none_or(|file| stamps.get(file).copied().flatten() == Some(stamp))
            };
            let same = is(depends.file, depends.stamp) && is(depends.other_file, depends.other);
            same && match depends.file.filter(|_| depends.lost) {
                None => true,
                Some(file) => {
                    let subject = self.old().file(file).0;
                    let root = places.get(subject).and_then(Option::as_ref);
                    *as_they_were.entry(subject).or_insert_with(|| root.is_some_and(|root| as_it_was(root)))
                }
            }
        };
        let standing = |note: Option<usize>| {
            let citations = self.old().citations_of(note?);
            if !citations.clone().all(&mut is_same) {
                return None;
            }
            Some(Standing::of(citations.map(|citation| self.old().verdict(citation)).collect::<Option<_>>()?))
        };
        notes.into_iter().map(standing).collect()
    }

    /// Which citations of a note were nowhere when they were last looked for, their own file being as it was.
    pub(super) fn lost(&self, hash: Option<&NoteHash>) -> HashSet<usize> {
        let Some(note) = hash.and_then(|hash| self.old().find(hash)) else { return HashSet::new() };
        let roots = self.roots.get().map(Vec::as_slice).unwrap_or_default();
        let is_lost = |citation: usize| {
            let depends = self.old().depends(citation);
            let (subject, path) = self.old().file(depends.file.filter(|_| depends.lost)?);
            let root = roots.get(subject)?.as_ref()?;
            Some(self.stamp(root, path)? == depends.stamp)
        };
        let citations = self.old().citations_of(note).enumerate();
        citations.filter(|(_, citation)| is_lost(*citation) == Some(true)).map(|(at, _)| at).collect()
    }

    /// The files of a folder that are not as they were when what is lost was last looked for; none if that
    /// never was. Learns the prints of all.
    pub(super) fn news(&mut self, root: &Path, walk: &Walk) -> Option<Vec<String>> {
        let print = |entry: &subject::Entry| entry.stamp ^ hash_of(&entry.path);
        let settled = walk.files.iter().filter(|entry| entry.modified.is_some_and(|modified| modified < self.since));
        self.walked.insert(root.to_owned(), settled.map(print).collect());
        let known: HashSet<u64> = self.old().tree(&root.to_string_lossy())?.into_iter().collect();
        let new = walk.files.iter().filter(|entry| !known.contains(&print(entry)));
        Some(new.map(|entry| entry.path.clone()).collect())
    }

    /// Remembers how a note stands. `places` says of each citation where its subject lies, `stamps` what
    /// its file was before it was read, `lost` whether it is nowhere.
    pub(super) fn remember(
        &mut self,
        hash: NoteHash,
        head: &Head,
        standing: &Standing,
        places: &[Option<PathBuf>],
        stamps: &[Option<u64>],
        lost: &[bool],
    ) {
        let mut kept = Vec::with_capacity(head.citations.len());
        for (at, (citation, verdict)) in head.citations.iter().zip(&standing.citations).enumerate() {
            if verdict.status == Status::Unknown {
                return;
            }
            let mut one = Kept { file: None, stamp: 0, other: 0, verdict: verdict.clone(), lost: lost[at] };
            if let (Read::Held(_), Some(root)) = (&citation.seen, &places[at]) {
                let (Some(pinned), Some(stamp)) = (head.subject_of(citation), stamps[at]) else { return };
                let other = verdict.now.as_ref().or(verdict.became.as_ref()).map(|(path, _)| self.stamp(root, path));
                let Some(other) = other.unwrap_or(Some(0)) else { return };
                let place = place(pinned, root);
                let number = self.new.place(&place, &mut self.numbers);
                one = Kept { file: Some((number, citation.path.clone())), stamp, other, ..one };
            }
            kept.push(one);
        }
        self.new.notes.insert(hash, kept);
    }

    /// Writes down what is new. `all` are the notes that there are, if all were looked at: others are
    /// forgotten. Best effort.
    pub(super) fn keep(mut self, all: Option<&HashSet<NoteHash>>) {
        let gone = all.is_some_and(|all| self.old().hashes().any(|hash| !all.contains(hash)));
        if self.new.notes.is_empty() && !gone {
            return;
        }
        // What was lost before and not looked for now knows nothing of newer files.
        let walked = std::mem::take(&mut self.walked);
        for (root, prints) in walked {
            let root = root.to_string_lossy().into_owned();
            if all.is_some() || self.old().tree(&root).is_none() {
                self.new.trees.insert(root, prints);
            }
        }
        let stays = |hash: &NoteHash| all.is_none_or(|all| all.contains(hash));
        let old = self.old.take().unwrap_or_default();
        let _ = self.new.write(&self.path, &old, &stays);
    }

    /// The subjects that notes were about, with the commits that were read.
    pub(super) fn subjects(&self) -> Vec<Pinned> {
        let read = |place: Place| {
            let mut pinned = entry::subject(&place.identity)?;
            if let Kind::Git { commit, .. } = &mut pinned.kind {
                *commit = Some(place.commit).filter(|commit| !commit.is_empty());
            }
            Some(pinned)
        };
        self.old().places().into_iter().chain(self.new.places.iter().cloned()).filter_map(read).collect()
    }
}

fn place(pinned: &Pinned, root: &Path) -> Place {
    let mut bare = Pinned { dirty: false, ..pinned.clone() };
    if let Kind::Git { commit, .. } = &mut bare.kind {
        *commit = None;
    }
    Place {
        identity: entry::subject_text(&bare),
        commit: pinned.commit().unwrap_or_default().to_owned(),
        root: root.to_string_lossy().into_owned(),
    }
}

/// Where a subject lies, if that is where it lay and nowhere else.
fn root_of(place: &Place, whereabouts: &Whereabouts<'_>) -> Option<PathBuf> {
    let pinned = entry::subject(&place.identity)?;
    let now = whereabouts(&pinned);
    let only = pinned.kind != Kind::Folder || now.len() == 1;
    now.into_iter().next().filter(|root| only && *root == Path::new(&place.root))
}

fn hash_of(path: &str) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(path.as_bytes());
    hasher.finish()
}
