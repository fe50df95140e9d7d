//! `kb check [ID...]`: whether notes are still true.

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::notes::Viewer;
use super::settings::Settings;
use crate::citation::{Change, Citation, Difference, Standing, Status, Verdict};
use crate::index::Entry;
use crate::note::{Accused, Head};
use crate::subject::{self, Seen, Subject};
use crate::view::{CheckView, CheckedCitationView, CheckedView, CitationView, CommitView, FORMAT, citations};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
  fresh       the cited lines are as they were
  moved       the same text elsewhere
  stale       their code changed
  broken      the definition or file is gone
  unknown     the repository is not here
  unverified  nobody has looked yet

  kb check
  kb check k7f --repo ~/src/flask
  kb check --fail-on stale")]
pub(super) struct Args {
    /// The notes [default: all]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Look in this folder, at the notes that are about it
    #[arg(long, value_name = "SUBJECT")]
    repo: Option<PathBuf>,
    /// Exit with 1 if a note stands like this or worse
    #[arg(long, value_name = "STATUS", value_parser = status)]
    fail_on: Option<Status>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let mut viewer = Viewer::new(settings)?;
    let mut entries: Vec<Entry> = match args.ids.is_empty() {
        true => index.entries()?,
        false => args.ids.iter().map(|id| handles::resolve(id, settings, &index)).collect::<Result<_, _>>()?,
    };
    if let Some(folder) = &args.repo {
        let hidden = settings.base()?.hidden_from(&settings.machine.here.join(folder), &settings.machine);
        let snapshot = subject::pin(&Subject::Folder(folder.clone()), &hidden, &settings.machine)?;
        Seen::remember(&snapshot, &settings.machine);
        entries.retain(|entry| entry.head.subjects.iter().any(|pinned| snapshot.pinned.may_be(pinned)));
        viewer.checker = viewer.checker.against(&snapshot);
    }
    let standings = viewer.standings(entries.iter().map(|entry| &entry.head));
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for standing in &standings {
        *counts.entry(standing.status).or_default() += 1;
    }
    let worst = standings.iter().map(|standing| standing.status).max();
    let fails = args.fail_on.is_some_and(|limit| worst.is_some_and(|worst| worst >= limit));
    let notes = checked(&entries, &standings, &viewer);
    let view = CheckView {
        format: FORMAT,
        counts: counts.into_iter().map(|(status, count)| (status.word(), count)).collect(),
        notes,
        warnings: index.warnings().iter().map(ToString::to_string).collect(),
        fails,
    };
    Ok(View::Check(Box::new(view)).with(index))
}

fn status(word: &str) -> Result<Status, String> {
    Status::from_word(word).ok_or_else(|| "it is not `moved`, `unverified`, `unknown`, `stale` or `broken`".to_owned())
}

/// The notes with what became of what they cite.
fn checked(entries: &[Entry], standings: &[Standing], viewer: &Viewer<'_>) -> Vec<CheckedView> {
    let pairs = || entries.iter().zip(standings);
    let all = pairs().flat_map(|(entry, standing)| {
        let cited = entry.head.citations.iter().zip(&standing.citations);
        cited.map(|(citation, verdict)| Accused { head: &entry.head, citation, verdict })
    });
    let accused: Vec<Accused<'_>> = all.filter(|one| is_changed(one.verdict)).collect();
    let mut commits = viewer.checker.commits(&accused).into_iter();
    let mut one = |head: &Head, citation: &Citation, verdict: &Verdict, view: CitationView| {
        let changed = is_changed(verdict);
        let difference =
            if changed { viewer.checker.difference(head, citation, verdict) } else { Difference::default() };
        let commits = if changed { commits.next().unwrap_or_default() } else { Vec::new() };
        CheckedCitationView {
            citation: view,
            before: difference.before,
            after: difference.after,
            commits: commits.iter().map(CommitView::from).collect(),
        }
    };
    let checked = pairs().map(|(entry, standing)| {
        let views = citations(&entry.head.citations, standing);
        let cited = entry.head.citations.iter().zip(&standing.citations).zip(views);
        let title = if entry.head.title.is_empty() { entry.file.clone() } else { entry.head.title.clone() };
        CheckedView {
            id: entry.id.to_string(),
            path: viewer.path(&entry.file),
            title,
            status: standing.status.word(),
            citations: cited.map(|((citation, verdict), view)| one(&entry.head, citation, verdict, view)).collect(),
        }
    });
    checked.collect()
}

/// Whether somebody changed what was cited.
fn is_changed(verdict: &Verdict) -> bool {
    verdict.change == Some(Change::Lines)
}
