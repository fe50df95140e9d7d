//! Whether notes still hold, looked up in their subjects as they are now: many notes at once, each
//! file of a subject once.

use super::memory::NoteHash;
use super::recall::Recall;
use super::{Head, Move};
use crate::citation::{self, Asked, Citation, Difference, Standing, Status, Verdict};
use crate::machine::Machine;
use crate::subject::{self, Committed, Kind, Past, Pinned, Seen, Snapshot, SubjectError, Tree, Walk};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// Gives the state of a subject by the folder that it lies in; none where it has no such state.
pub type TreeOf<'a> = dyn Fn(&Path) -> Option<Box<dyn Tree>> + 'a;

/// Says how notes stand. What it learnt of folders and repositories holds as long as it does: make a
/// new one for a new look.
#[derive(Debug)]
pub struct Checker {
    seen: Seen,
    near: Vec<PathBuf>,
    hidden: Vec<PathBuf>,
    state: PathBuf,
    /// Looked in for every subject that may lie there, whatever was seen.
    instead: Option<(Pinned, PathBuf)>,
    places: RefCell<HashMap<String, Rc<Vec<PathBuf>>>>,
    pasts: RefCell<HashMap<PathBuf, Rc<Past>>>,
    walks: RefCell<HashMap<PathBuf, Arc<OnceLock<Walk>>>>,
    recall: Option<RefCell<Recall>>,
}

/// A note to be looked at: what it says, and the hash of its bytes if what is known of it may be
/// remembered.
#[derive(Clone, Copy, Debug)]
pub struct Noted<'a> {
    /// What the note says of itself.
    pub head: &'a Head,
    /// The first half of BLAKE3 over its file.
    pub hash: Option<NoteHash>,
}

impl Checker {
    /// `near` are folders that may lie in a subject: the current folder, the knowledge base; `hidden`
    /// are part of none.
    pub fn new(near: Vec<PathBuf>, hidden: Vec<PathBuf>, machine: &Machine) -> Self {
        Self {
            seen: Seen::read(machine),
            near,
            hidden,
            state: machine.state.clone(),
            instead: None,
            places: RefCell::default(),
            pasts: RefCell::default(),
            walks: RefCell::default(),
            recall: None,
        }
    }

    /// Remembers from one run to the next how the notes of a knowledge base stand.
    #[must_use]
    pub fn remembering(mut self, base: &Path, machine: &Machine) -> Self {
        let around = subject::folders(&machine.here).map(|git| git.work_tree);
        let recall = Recall::of(&machine.cache, base, &around.unwrap_or_default());
        self.recall = Some(RefCell::new(recall));
        self
    }

    /// Looks in this folder in place of where its subject was last seen.
    #[must_use]
    pub fn against(mut self, snapshot: &Snapshot) -> Self {
        self.instead = Some((snapshot.pinned.clone(), snapshot.root.clone()));
        self.recall = None;
        self
    }

    /// The folder that is looked in instead of others.
    pub fn folder(&self) -> Option<&Path> {
        self.instead.as_ref().map(|(_, root)| root.as_path())
    }

    /// How the citations of a note stand today.
    pub fn standing(&self, head: &Head) -> Standing {
        self.standings(&[Noted { head, hash: None }]).pop().unwrap_or_else(|| Standing::of(Vec::new()))
    }

    /// How the citations of these notes stand today.
    pub fn standings(&self, notes: &[Noted<'_>]) -> Vec<Standing> {
        let hashes: Vec<Option<NoteHash>> = notes.iter().map(|note| note.hash).collect();
        let mut standings = self.remembered(&hashes);
        let open: Vec<usize> = (0..notes.len()).filter(|at| standings[*at].is_none()).collect();
        let judged = self.judged(&open.iter().map(|at| notes[*at]).collect::<Vec<_>>());
        for (at, standing) in open.into_iter().zip(judged) {
            standings[at] = Some(standing);
        }
        standings.into_iter().map(|standing| standing.unwrap_or_else(|| Standing::of(Vec::new()))).collect()
    }

    /// How notes of these hashes stand today, as far as it is known without looking at them.
    pub fn remembered(&self, hashes: &[Option<NoteHash>]) -> Vec<Option<Standing>> {
        let Some(recall) = &self.recall else { return vec![None; hashes.len()] };
        let as_before = |root: &Path| self.news(root).is_some_and(|news| news.is_empty());
        let standings = recall.borrow().standings(hashes, &|pinned| self.whereabouts(pinned).to_vec(), &|_| false);
        let lost = standings.iter().zip(hashes).any(|(standing, hash)| standing.is_none() && hash.is_some());
        if !lost {
            return standings;
        }
        // Where nothing but the rest of the files could have changed it, they are looked at, too.
        let roots: HashSet<PathBuf> = recall.borrow().lost_roots();
        let same: HashSet<PathBuf> = roots.into_iter().filter(|root| as_before(root)).collect();
        if same.is_empty() {
            return standings;
        }
        let whereabouts = |pinned: &Pinned| self.whereabouts(pinned).to_vec();
        recall.borrow().standings(hashes, &whereabouts, &|root| same.contains(root))
    }

    /// Forgets nothing that was found out: for the next run. `all` are the hashes of all notes, if all were
    /// looked at.
    pub fn keep_for_next_time(self, all: Option<&HashSet<NoteHash>>) {
        if let Some(recall) = self.recall {
            recall.into_inner().keep(all);
        }
    }

    /// Looks at notes, and remembers how they stand.
    fn judged(&self, notes: &[Noted<'_>]) -> Vec<Standing> {
        let heads: Vec<&Head> = notes.iter().map(|note| note.head).collect();
        let now = |root: &Path| self.now(root);
        let Some(recall) = &self.recall else { return self.standings_in(&heads, &now) };
        let places: Vec<Vec<Option<PathBuf>>> = heads.iter().map(|head| self.roots_of(head)).collect();
        let stamps: Vec<Vec<Option<u64>>> = {
            let recall = recall.borrow();
            let recall = &*recall;
            let stamp = |(citation, root): (&Citation, &Option<PathBuf>)| recall.stamp(root.as_ref()?, &citation.path);
            let of =
                |(head, roots): (&&Head, &Vec<Option<PathBuf>>)| head.citations.iter().zip(roots).map(stamp).collect();
            heads.par_iter().zip(&places).map(of).collect()
        };
        // Asked once, so that what is known of subjects is at hand.
        let _ = recall.borrow().roots(&|pinned| self.whereabouts(pinned).to_vec());
        let known = |at: usize| recall.borrow().lost(notes[at].hash.as_ref());
        let known: Vec<HashSet<usize>> = (0..notes.len()).map(known).collect();
        let judged = self.judge(&heads, &now, &known);
        let roots: BTreeSet<&PathBuf> = judged
            .iter()
            .zip(&places)
            .flat_map(|((_, lost), places)| {
                lost.iter().zip(places).filter(|(lost, _)| **lost).filter_map(|(_, root)| root.as_ref())
            })
            .collect();
        for root in roots {
            self.news(root);
        }
        for (at, (standing, lost)) in judged.iter().enumerate() {
            // A folder that is one of several of its name is not the same tomorrow.
            let by_name = heads[at].subjects.first().filter(|pinned| pinned.kind == Kind::Folder);
            let sure = by_name.is_none_or(|pinned| self.whereabouts(pinned).len() == 1);
            if let Some(hash) = notes[at].hash.filter(|_| sure) {
                recall.borrow_mut().remember(hash, heads[at], standing, &places[at], &stamps[at], lost);
            }
        }
        judged.into_iter().map(|(standing, _)| standing).collect()
    }

    /// The files of a folder that are new since what is lost was last looked for in all of them; none if
    /// that never was.
    fn news(&self, root: &Path) -> Option<Vec<String>> {
        let walk = self.walk(root);
        let walk = walk.get_or_init(|| self.snapshot(root).files());
        self.recall.as_ref()?.borrow_mut().news(root, walk)
    }

    fn walk(&self, root: &Path) -> Arc<OnceLock<Walk>> {
        self.walks.borrow_mut().entry(root.to_owned()).or_default().clone()
    }

    fn roots_of(&self, head: &Head) -> Vec<Option<PathBuf>> {
        let first = head.subjects.first().map(|pinned| self.whereabouts(pinned)).unwrap_or_default();
        head.citations.iter().map(|citation| self.place(head, citation, first.first()).0).collect()
    }

    /// The subject in a folder as it is now.
    pub fn now(&self, root: &Path) -> Option<Box<dyn Tree>> {
        Some(Box::new(Now { snapshot: self.snapshot(root), walk: self.walk(root) }))
    }

    /// The subject in a folder as it is in a commit; none where git does not know that.
    pub fn then(&self, root: &Path, commit: &str) -> Option<Box<dyn Tree>> {
        Some(Box::new(Committed::new(root, commit, &self.hidden)?))
    }

    /// The same in any state of the subjects: `tree` gives the one of a folder.
    pub fn standings_in(&self, heads: &[&Head], tree: &TreeOf<'_>) -> Vec<Standing> {
        let judged = self.judge(heads, tree, &vec![HashSet::new(); heads.len()]);
        judged.into_iter().map(|(standing, _)| standing).collect()
    }

    /// The same with which citations are nowhere. `known` are those of each note that were nowhere before:
    /// they are looked for in new files only.
    fn judge(&self, heads: &[&Head], tree: &TreeOf<'_>, known: &[HashSet<usize>]) -> Vec<(Standing, Vec<bool>)> {
        // A folder that git does not know is recognised by its name alone, which others may have: it is the
        // one that still holds what the note says, if any does.
        let first: Vec<Rc<Vec<PathBuf>>> = heads
            .iter()
            .map(|head| head.subjects.first().map(|pinned| self.whereabouts(pinned)).unwrap_or_default())
            .collect();
        let mut tries: Vec<Vec<Vec<Verdict>>> = Vec::with_capacity(heads.len());
        let mut lost: Vec<Vec<bool>> = heads.iter().map(|head| vec![false; head.citations.len()]).collect();
        let mut by_root: BTreeMap<PathBuf, Vec<(Slot, Asked<'_>)>> = BTreeMap::new();
        for (number, head) in heads.iter().enumerate() {
            let by_name = head.subjects.first().is_some_and(|pinned| pinned.kind == Kind::Folder);
            let count = if by_name { first[number].len() } else { first[number].len().min(1) }.max(1);
            let unknown = vec![Verdict::of(Status::Unknown); head.citations.len()];
            let mut attempts = vec![unknown; count];
            for (attempt, verdicts) in attempts.iter_mut().enumerate() {
                for (at, citation) in head.citations.iter().enumerate() {
                    let slot = Slot { note: number, attempt, citation: at };
                    let (root, commit) = self.place(head, citation, first[number].get(attempt));
                    let asked = Asked { citation, commit, nowhere: known[number].contains(&at) };
                    match root {
                        Some(root) => by_root.entry(root).or_default().push((slot, asked)),
                        None => verdicts[at] = never_read(citation),
                    }
                }
            }
            tries.push(attempts);
        }
        for (root, group) in by_root {
            let asked: Vec<Asked<'_>> = group.iter().map(|(_, asked)| *asked).collect();
            let Some(tree) = tree(&root) else { continue };
            // New files are only of use for what was nowhere before.
            let news = asked.iter().any(|asked| asked.nowhere).then(|| self.news(&root)).flatten();
            let looked = citation::look(&asked, &*tree, &self.past(&root), news.as_deref());
            for ((slot, _), looked) in group.iter().zip(looked) {
                lost[slot.note][slot.citation] = looked.lost;
                tries[slot.note][slot.attempt][slot.citation] = looked.verdict;
            }
        }
        let best = tries.into_iter().map(|tries| {
            let best = tries.into_iter().map(Standing::of).min_by_key(|standing| standing.status);
            best.unwrap_or_else(|| Standing::of(Vec::new()))
        });
        best.zip(lost).collect()
    }

    /// What a citation of a note showed, and what stands there now.
    pub(super) fn difference(
        &self,
        head: &Head,
        citation: &Citation,
        verdict: &Verdict,
        tree: &TreeOf<'_>,
    ) -> Difference {
        let Some((root, commit)) = self.root_of(head, citation) else { return Difference::default() };
        let Some(tree) = tree(&root) else { return Difference::default() };
        citation::difference(Asked { citation, commit, nowhere: false }, verdict, &*tree, &self.past(&root))
    }

    /// The moved citations of a note, and what they would be today.
    pub fn moves(&self, head: &Head, standing: &Standing) -> Vec<Move> {
        let moved = head.citations.iter().zip(&standing.citations).filter(|(_, verdict)| verdict.now.is_some());
        let renewed = moved.filter_map(|(citation, verdict)| {
            let (root, _) = self.root_of(head, citation)?;
            let to = citation::renewed(citation, verdict, &self.snapshot(&root))?;
            Some(Move { from: citation.clone(), to })
        });
        renewed.collect()
    }

    /// Keeps the files as they are now that git does not hold, for these citations of a note.
    pub fn keep(&self, head: &Head, moves: &[Move]) {
        for one in moves {
            if let Some((root, _)) = self.root_of(head, &one.to) {
                citation::keep_in(std::slice::from_ref(&one.to), &self.snapshot(&root), &self.past(&root));
            }
        }
    }

    /// Every place where these subjects lie, with the commits that were read there.
    pub fn roots<'a>(&self, subjects: impl Iterator<Item = &'a Pinned>) -> BTreeMap<PathBuf, BTreeSet<&'a str>> {
        let mut roots: BTreeMap<PathBuf, BTreeSet<&str>> = BTreeMap::new();
        for pinned in subjects {
            if let Some(root) = self.whereabouts(pinned).first() {
                roots.entry(root.clone()).or_default().extend(pinned.commit());
            }
        }
        roots
    }

    /// The subjects of the notes that are remembered.
    pub fn subjects(&self) -> Vec<Pinned> {
        self.recall.as_ref().map(|recall| recall.borrow().subjects()).unwrap_or_default()
    }

    /// Where the subject of a citation lies now, and which commit of it was read.
    pub fn root_of<'a>(&self, head: &'a Head, citation: &Citation) -> Option<(PathBuf, Option<&'a str>)> {
        let first = head.subjects.first().map(|pinned| self.whereabouts(pinned)).unwrap_or_default();
        let (root, commit) = self.place(head, citation, first.first());
        Some((root?, commit))
    }

    /// Files of the subject in a folder as they were.
    pub fn past(&self, root: &Path) -> Rc<Past> {
        let mut pasts = self.pasts.borrow_mut();
        pasts.entry(root.to_owned()).or_insert_with(|| Rc::new(Past::of(root, &self.state))).clone()
    }

    /// The subject in a folder as it is now.
    pub fn snapshot(&self, root: &Path) -> Snapshot {
        let pinned = Pinned { name: String::new(), kind: Kind::Folder, dirty: false };
        Snapshot::now(pinned, root.to_owned(), self.hidden.clone())
    }

    fn place<'a>(
        &self,
        head: &'a Head,
        citation: &Citation,
        first: Option<&PathBuf>,
    ) -> (Option<PathBuf>, Option<&'a str>) {
        match &citation.subject {
            None => (first.cloned(), head.subjects.first().and_then(Pinned::commit)),
            Some(name) => {
                let pinned = head.subjects.iter().find(|pinned| pinned.name == *name);
                let root = pinned.and_then(|pinned| self.whereabouts(pinned).first().cloned());
                (root, pinned.and_then(Pinned::commit))
            }
        }
    }

    fn whereabouts(&self, pinned: &Pinned) -> Rc<Vec<PathBuf>> {
        let mut places = self.places.borrow_mut();
        let identity = pinned.identity();
        let found = places.entry(identity).or_insert_with(|| {
            let near: Vec<&Path> = self.near.iter().map(PathBuf::as_path).collect();
            let instead = self.instead.as_ref().and_then(|(instead, root)| instead.root_for(pinned, root));
            Rc::new(instead.map_or_else(|| self.seen.whereabouts(pinned, &near), |root| vec![root]))
        });
        found.clone()
    }
}

/// A folder as it is now, its files listed once.
struct Now {
    snapshot: Snapshot,
    walk: Arc<OnceLock<Walk>>,
}

impl Tree for Now {
    fn read(&self, path: &str) -> Result<Vec<u8>, SubjectError> {
        self.snapshot.read(path)
    }

    fn files(&self) -> Vec<String> {
        let walk = self.walk.get_or_init(|| self.snapshot.files());
        walk.files.iter().map(|entry| entry.path.clone()).collect()
    }
}

/// Which citation of which note, in which of the places that its subject may lie in.
#[derive(Clone, Copy)]
struct Slot {
    note: usize,
    attempt: usize,
    citation: usize,
}

/// The verdict where the repository is not here.
fn never_read(citation: &Citation) -> Verdict {
    match Standing::as_resolved(std::slice::from_ref(citation)).citations.pop() {
        Some(verdict) if verdict.status != Status::Fresh => verdict,
        _ => Verdict::of(Status::Unknown),
    }
}
