//! What became of citations that no longer hold: their lines then and now, and the commits that did it.

use super::{Checker, Head, TreeOf};
use crate::citation::{self, Asked, Change, Citation, Difference, Verdict};
use crate::subject::{Commit, History};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A citation that is no longer as it was.
#[derive(Clone, Copy, Debug)]
pub struct Accused<'a> {
    /// The note's.
    pub head: &'a Head,
    /// Which one.
    pub citation: &'a Citation,
    /// How it stands.
    pub verdict: &'a Verdict,
}

/// What became of a citation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Became {
    /// Its lines as they were read, and as they are.
    pub lines: Difference,
    /// The commits that changed them, oldest first.
    pub commits: Vec<Commit>,
}

/// More citations than that are told the commits that touched their files, not those that changed them.
const MOST_FOLLOWED: usize = 300;
/// So many versions of one file are followed.
const MOST_VERSIONS: usize = 60;

impl Checker {
    /// What became of each of these citations; nothing where their lines are as they were. `tree` gives the
    /// code as it is, `until` is the last commit that counts.
    pub fn became(&self, accused: &[Accused<'_>], tree: &TreeOf<'_>, until: &str) -> Vec<Became> {
        let changed: Vec<usize> =
            (0..accused.len()).filter(|at| accused[*at].verdict.change == Some(Change::Lines)).collect();
        let commits = self.commits(&changed.iter().map(|at| accused[*at]).collect::<Vec<_>>(), until);
        let mut became = vec![Became::default(); accused.len()];
        for (at, commits) in changed.into_iter().zip(commits) {
            let Accused { head, citation, verdict } = accused[at];
            became[at] = Became { lines: self.difference(head, citation, verdict, tree), commits };
        }
        became
    }

    /// For each citation the commits that changed what it cites, oldest first. None where git does not
    /// know the commit that was read, or nothing is committed yet.
    fn commits(&self, accused: &[Accused<'_>], until: &str) -> Vec<Vec<Commit>> {
        let mut found = vec![Vec::new(); accused.len()];
        let mut groups: BTreeMap<(PathBuf, &str), Vec<usize>> = BTreeMap::new();
        for (at, one) in accused.iter().enumerate() {
            if let Some((root, Some(commit))) = self.root_of(one.head, one.citation) {
                groups.entry((root, commit)).or_default().push(at);
            }
        }
        for ((root, commit), group) in groups {
            let Some(history) = History::around(&root) else { continue };
            let all: BTreeSet<&str> = group.iter().flat_map(|at| paths(&accused[*at])).collect();
            let since = history.since(commit, until, &all.into_iter().collect::<Vec<_>>());
            let past = self.past(&root);
            let past = &*past;
            let guilty = |at: &usize| {
                let own = paths(&accused[*at]);
                let touches = |commit: &&Commit| commit.paths.iter().any(|path| own.contains(&path.as_str()));
                let touching: Vec<&Commit> = since.iter().filter(touches).take(MOST_VERSIONS).collect();
                let guilty = if *at < MOST_FOLLOWED && accused[*at].verdict.became.is_some() && own.len() == 1 {
                    let versions: Vec<Option<Vec<u8>>> =
                        touching.iter().map(|commit| past.at(&commit.id, own[0])).collect();
                    let asked = Asked { citation: accused[*at].citation, commit: Some(commit), nowhere: false };
                    citation::changed_by(asked, &versions, past)
                } else {
                    (0..touching.len()).collect()
                };
                guilty.into_iter().filter_map(|at| touching.get(at).copied().cloned()).collect::<Vec<Commit>>()
            };
            let commits: Vec<Vec<Commit>> = group.par_iter().map(guilty).collect();
            for (at, commits) in group.into_iter().zip(commits) {
                found[at] = commits;
            }
        }
        found
    }
}

/// The file that was cited, and the one where that is now.
fn paths<'a>(one: &Accused<'a>) -> Vec<&'a str> {
    let mut paths = vec![one.citation.path.as_str()];
    paths.extend(one.verdict.became.iter().map(|(path, _)| path.as_str()).filter(|path| *path != one.citation.path));
    paths
}
