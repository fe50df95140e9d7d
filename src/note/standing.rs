//! Whether notes still hold, looked up in their subjects as they are now: many notes at once, each
//! file of a subject once.

use super::{Head, Move};
use crate::citation::{self, Asked, Citation, Difference, Standing, Status, Verdict};
use crate::machine::Machine;
use crate::subject::{Committed, Kind, Past, Pinned, Seen, Snapshot, Tree};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

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
        }
    }

    /// Looks in this folder in place of where its subject was last seen.
    #[must_use]
    pub fn against(mut self, snapshot: &Snapshot) -> Self {
        self.instead = Some((snapshot.pinned.clone(), snapshot.root.clone()));
        self
    }

    /// The folder that is looked in instead of others.
    pub fn folder(&self) -> Option<&Path> {
        self.instead.as_ref().map(|(_, root)| root.as_path())
    }

    /// How the citations of a note stand today.
    pub fn standing(&self, head: &Head) -> Standing {
        self.standings(&[head]).pop().unwrap_or_else(|| Standing::of(Vec::new()))
    }

    /// How the citations of these notes stand today.
    pub fn standings(&self, heads: &[&Head]) -> Vec<Standing> {
        self.standings_in(heads, &|root| self.now(root))
    }

    /// The subject in a folder as it is now.
    pub fn now(&self, root: &Path) -> Option<Box<dyn Tree>> {
        Some(Box::new(self.snapshot(root)))
    }

    /// The subject in a folder as it is in a commit; none where git does not know that.
    pub fn then(&self, root: &Path, commit: &str) -> Option<Box<dyn Tree>> {
        Some(Box::new(Committed::new(root, commit, &self.hidden)?))
    }

    /// The same in any state of the subjects: `tree` gives the one of a folder.
    pub fn standings_in(&self, heads: &[&Head], tree: &TreeOf<'_>) -> Vec<Standing> {
        // A folder that git does not know is recognised by its name alone, which others may have: it is the
        // one that still holds what the note says, if any does.
        let first: Vec<Rc<Vec<PathBuf>>> = heads
            .iter()
            .map(|head| head.subjects.first().map(|pinned| self.whereabouts(pinned)).unwrap_or_default())
            .collect();
        let mut tries: Vec<Vec<Vec<Verdict>>> = Vec::with_capacity(heads.len());
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
                    let asked = Asked { citation, commit };
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
            let looked = citation::look(&asked, &*tree, &self.past(&root));
            for ((slot, _), looked) in group.iter().zip(looked) {
                tries[slot.note][slot.attempt][slot.citation] = looked.verdict;
            }
        }
        tries
            .into_iter()
            .map(|tries| {
                let best = tries.into_iter().map(Standing::of).min_by_key(|standing| standing.status);
                best.unwrap_or_else(|| Standing::of(Vec::new()))
            })
            .collect()
    }

    /// What a citation of a note showed, and what stands there now.
    pub fn difference(&self, head: &Head, citation: &Citation, verdict: &Verdict, tree: &TreeOf<'_>) -> Difference {
        let Some((root, commit)) = self.root_of(head, citation) else { return Difference::default() };
        let Some(tree) = tree(&root) else { return Difference::default() };
        citation::difference(Asked { citation, commit }, verdict, &*tree, &self.past(&root))
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

    /// Every place where subjects of these notes lie, with the commits that were read there.
    pub fn roots<'a>(&self, heads: impl Iterator<Item = &'a Head>) -> BTreeMap<PathBuf, BTreeSet<&'a str>> {
        let mut roots: BTreeMap<PathBuf, BTreeSet<&str>> = BTreeMap::new();
        for pinned in heads.flat_map(|head| &head.subjects) {
            if let Some(root) = self.whereabouts(pinned).first() {
                roots.entry(root.clone()).or_default().extend(pinned.commit());
            }
        }
        roots
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
        Snapshot { pinned, root: root.to_owned(), hidden: self.hidden.clone() }
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
