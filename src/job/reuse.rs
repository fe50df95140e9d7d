//! A question that a note already answers is not asked again: the same question in normal form, the
//! same subject and agent, and every citation as it was.

use super::JobError;
use crate::citation::{Citation, Status};
use crate::index::Index;
use crate::knowledge_base::KnowledgeBase;
use crate::machine::Machine;
use crate::note::{Checker, Head};
use crate::question::Question;
use crate::search::{self, Query};
use crate::subject::{Kind, Pinned, Snapshot};
use std::path::PathBuf;

/// How many of the likeliest notes are looked at.
const LOOKED_AT: usize = 20;

/// What a note must answer, whose it must be, and about what.
pub(super) struct Wanted<'a> {
    pub(super) question: &'a Question,
    pub(super) agent: &'a str,
    pub(super) snapshot: &'a Snapshot,
}

/// The note that answers the question already, with its citations.
pub(super) fn still_fresh(
    wanted: &Wanted<'_>,
    kb: &KnowledgeBase,
    machine: &Machine,
) -> Result<Option<(PathBuf, Vec<Citation>)>, JobError> {
    let snapshot = wanted.snapshot;
    let index = Index::up_to_date(&kb.root, &kb.settings.exclude)?;
    let normal = wanted.question.normal();
    // Marks of the query language are words here.
    let words: Vec<String> =
        normal.split(' ').map(|word| word.replace([':', '"'], " ").trim_start_matches('-').to_owned()).collect();
    let Ok(query) = Query::parse(&words) else { return Ok(None) };
    let Ok(results) = search::run(&index, &query, LOOKED_AT) else { return Ok(None) };
    let checker = Checker::new(vec![snapshot.root.clone()], snapshot.hidden.clone(), machine);
    let answers = |head: &Head| {
        let asked = head.question.as_deref().and_then(Question::new).is_some_and(|asked| asked.normal() == normal);
        let by = head.agent.as_ref().is_some_and(|agent| agent.name == wanted.agent);
        asked && by && head.subjects.first().is_some_and(|about| is_same(about, &snapshot.pinned))
    };
    let fresh = results
        .hits
        .into_iter()
        .map(|hit| hit.entry)
        .find(|entry| answers(&entry.head) && checker.standing(&entry.head).status == Status::Fresh);
    index.persist()?;
    Ok(fresh.map(|entry| (kb.root.join(&entry.file), entry.head.citations)))
}

/// The same folder of the same repository, at whatever commit.
fn is_same(one: &Pinned, other: &Pinned) -> bool {
    match (&one.kind, &other.kind) {
        (
            Kind::Git { remote: remote_a, root: root_a, folder: folder_a, .. },
            Kind::Git { remote: remote_b, root: root_b, folder: folder_b, .. },
        ) => {
            let same_root = root_a.is_some() && root_a == root_b;
            let same_remote = remote_a == remote_b && (remote_a.is_some() || root_a == root_b);
            folder_a == folder_b && (same_root || same_remote) && one.name == other.name
        }
        (Kind::Package { package: a, .. }, Kind::Package { package: b, .. }) => a == b,
        (Kind::Folder, Kind::Folder) => one.name == other.name,
        _ => false,
    }
}
