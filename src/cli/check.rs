//! `kb check [ID...]`: whether notes are still true.

use super::fail::{Asked, Failure};
use super::format::View;
use super::handles;
use super::notes::Viewer;
use super::settings::Settings;
use crate::citation::{Citation, Seen as Held, Standing, Status, Verdict};
use crate::index::{Entry, Index};
use crate::knowledge_base::KnowledgeBase;
use crate::note::{Accused, Head, Note, NoteHash, TreeOf, relocate};
use crate::subject::{self, History, Kind, Pinned, Seen, Snapshot, Subject};
use crate::view::{self, CheckView, CheckedCitationView, CheckedView, CommitView, FORMAT, PlaceView};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
  fresh       the cited lines do what they did, where they did it
  moved       the same elsewhere
  stale       their code changed
  broken      the definition or file is gone
  unknown     the repository is not here
  unverified  nobody has looked yet

  kb check
  kb check k7f --update
  kb check --repo . --changed origin/main..HEAD --fail-on stale --format github")]
pub(super) struct Args {
    /// The notes [default: all]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Look in this folder, at the notes that are about it
    #[arg(long, value_name = "SUBJECT")]
    repo: Option<PathBuf>,
    /// Only what holds at BASE and no longer at HEAD, in the repository around the current folder
    #[arg(long, value_name = "BASE..HEAD", conflicts_with = "update")]
    changed: Option<String>,
    /// Write the new places of what moved into the notes
    #[arg(long)]
    update: bool,
    /// Exit with 1 if a note stands like this or worse
    #[arg(long, value_name = "STATUS", value_parser = status)]
    fail_on: Option<Status>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object, as with `--json`
    Json,
    /// Annotations of a pull request
    Github,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let viewer = Viewer::new(settings)?;
    let whole = args.ids.is_empty() && args.repo.is_none() && args.changed.is_none();
    let (viewer, found) = match whole {
        true => {
            let found = everything(args, settings, &index, &viewer)?;
            (viewer, found)
        }
        false => chosen(args, settings, &index, viewer)?,
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for status in &found.statuses {
        *counts.entry(status.word()).or_default() += 1;
    }
    let mut warnings: Vec<String> = index.warnings().iter().map(ToString::to_string).collect();
    if args.changed.is_none() {
        warnings.extend(ahead(&found.shown, &viewer, whole));
    }
    let mut notes = views(&found, &viewer);
    if args.update {
        for ((entry, standing), note) in found.shown.iter().zip(&mut notes) {
            match update(entry, standing, &viewer, settings.base()?) {
                Ok(updated) => note.updated = updated,
                Err(why) => warnings.push(format!("{}: left as it is: {why}", entry.file)),
            }
        }
    }
    let fails = args.fail_on.is_some_and(|limit| {
        // What was written into a note has moved no longer.
        let mended = notes.iter().filter(|note| note.updated && note.status == Status::Moved.word()).count();
        let mended = if limit <= Status::Moved { mended } else { 0 };
        found.statuses.iter().filter(|status| **status >= limit).count() > mended
    });
    let view = Box::new(CheckView { format: FORMAT, counts, notes, warnings, fails });
    let view = match args.format {
        Format::Text => View::Check(view),
        Format::Json => View::AsJson(Box::new(View::Check(view))),
        Format::Github => View::Annotations(view),
    };
    let all: HashSet<NoteHash> = index.listed().map(|listed| listed.hash()).collect();
    let checker = viewer.checker;
    let keep = move || checker.keep_for_next_time(whole.then_some(&all));
    Ok(view.with(index).and_then(keep))
}

/// What a check came to.
struct Found {
    /// Of every note that was looked at.
    statuses: Vec<Status>,
    /// Those that are told about.
    shown: Vec<(Entry, Standing)>,
    /// The commit that the code was looked at in; none for the work tree.
    at: Option<String>,
}

/// All notes. Only those are taken out of the index that nothing is known of, or that are told about.
fn everything(args: &Args, settings: &Settings, index: &Index, viewer: &Viewer<'_>) -> Result<Found, Failure> {
    let listed = index.newest_first(usize::MAX);
    let hashes: Vec<Option<NoteHash>> = listed.iter().map(|listed| Some(listed.hash())).collect();
    let mut standings = viewer.checker.remembered(&hashes);
    let mut entries: Vec<Option<Entry>> = vec![None; listed.len()];
    let unknown: Vec<usize> = (0..listed.len()).filter(|at| standings[*at].is_none()).collect();
    let read = |ats: &[usize]| index.entries_of(&ats.iter().map(|at| listed[*at]).collect::<Vec<_>>());
    let looked_at = read(&unknown)?;
    for ((at, entry), standing) in unknown.iter().zip(&looked_at).zip(viewer.standings(looked_at.iter())) {
        standings[*at] = Some(standing);
        entries[*at] = Some(entry.clone());
    }
    let all = settings.json || args.format == Format::Json;
    let as_it_was = |at: &usize| standings[*at].as_ref().is_none_or(|one| one.status <= Status::Fresh);
    let told: Vec<usize> = (0..listed.len()).filter(|at| all || !as_it_was(at)).collect();
    let unread: Vec<usize> = told.iter().copied().filter(|at| entries[*at].is_none()).collect();
    for (at, entry) in unread.iter().zip(read(&unread)?) {
        entries[*at] = Some(entry);
    }
    let statuses = standings.iter().flatten().map(|standing| standing.status).collect();
    let shown = told.into_iter().filter_map(|at| Some((entries[at].take()?, standings[at].take()?)));
    Ok(Found { statuses, shown: shown.collect(), at: None })
}

/// The notes that are named, those about one folder, or those that a range of commits makes false.
fn chosen<'a>(
    args: &Args,
    settings: &Settings,
    index: &Index,
    mut viewer: Viewer<'a>,
) -> Result<(Viewer<'a>, Found), Failure> {
    let mut entries: Vec<Entry> = match args.ids.is_empty() {
        true => index.entries()?,
        false => args.ids.iter().map(|id| handles::resolve(id, settings, index)).collect::<Result<_, _>>()?,
    };
    if args.repo.is_some() || args.changed.is_some() {
        let snapshot = pinned(args, settings)?;
        let is_about = |pinned: &Pinned| snapshot.pinned.root_for(pinned, &snapshot.root).is_some();
        entries.retain(|entry| entry.head.subjects.iter().any(is_about));
        viewer.checker = viewer.checker.against(&snapshot);
    }
    let (at, shown) = if let Some(range) = &args.changed {
        made_false(range, entries, &viewer, settings)?
    } else {
        let standings = viewer.standings(entries.iter());
        (None, entries.into_iter().zip(standings).collect())
    };
    let statuses = shown.iter().map(|(_, standing)| standing.status).collect();
    Ok((viewer, Found { statuses, shown, at }))
}

fn status(word: &str) -> Result<Status, String> {
    Status::from_word(word).ok_or_else(|| "it is not `moved`, `unverified`, `unknown`, `stale` or `broken`".to_owned())
}

/// The folder to look in.
fn pinned(args: &Args, settings: &Settings) -> Result<Snapshot, Failure> {
    let subject = args.repo.clone().map_or_else(|| subject::here(&settings.machine), Subject::Folder);
    let Subject::Folder(folder) = &subject;
    let hidden = settings.base()?.hidden_from(&settings.machine.here.join(folder), &settings.machine);
    let snapshot = subject::pin(&subject, &hidden, &settings.machine)?;
    Seen::remember(&snapshot, &settings.machine);
    Ok(snapshot)
}

/// Notes with how they stand, and the commit that this was said of.
type Told = (Option<String>, Vec<(Entry, Standing)>);

/// The notes with a citation that holds at the first commit of a range and not at its second.
fn made_false(range: &str, entries: Vec<Entry>, viewer: &Viewer<'_>, settings: &Settings) -> Result<Told, Failure> {
    let around = viewer.checker.folder().unwrap_or(&settings.machine.here).to_owned();
    let history = History::around(&around).ok_or_else(|| Failure::NoHistory { path: around.clone() })?;
    let (base, head) = ends(range, &history)?;
    let heads: Vec<&Head> = entries.iter().map(|entry| &entry.head).collect();
    let standings = |commit: &str| viewer.checker.standings_in(&heads, &|root| viewer.checker.then(root, commit));
    let (before, after) = (standings(&base), standings(&head));
    let became_false =
        |(before, after): (&Verdict, &Verdict)| before.status < Status::Stale && after.status >= Status::Stale;
    let pairs = entries.into_iter().zip(before.into_iter().zip(after));
    let pairs = pairs.filter(|(_, (before, after))| before.citations.iter().zip(&after.citations).any(became_false));
    let pairs = pairs.map(|(entry, (_, after))| (entry, after)).collect();
    Ok((Some(head), pairs))
}

/// The two commits of `A..B`; of `A...B` where both parted, and `B`; of `A` that and the one checked out.
fn ends(range: &str, history: &History) -> Result<(String, String), Failure> {
    let commit = |name: &str| {
        let name = if name.is_empty() { "HEAD" } else { name };
        history.commit(name).ok_or_else(|| Failure::Asked(Asked::NoSuchRevision { name: name.to_owned() }))
    };
    if let Some((base, head)) = range.split_once("...") {
        let (base, head) = (commit(base)?, commit(head)?);
        let parted = history.merge_base(&base, &head);
        return parted
            .map(|parted| (parted, head))
            .ok_or_else(|| Failure::Asked(Asked::NoSuchRevision { name: range.to_owned() }));
    }
    let (base, head) = range.split_once("..").unwrap_or((range, ""));
    Ok((commit(base)?, commit(head)?))
}

/// The notes with what became of what they cite.
fn views(found: &Found, viewer: &Viewer<'_>) -> Vec<CheckedView> {
    let tree = |root: &Path| match &found.at {
        Some(commit) => viewer.checker.then(root, commit),
        None => viewer.checker.now(root),
    };
    let cited = found.shown.iter().flat_map(|(entry, standing)| {
        let cited = entry.head.citations.iter().zip(&standing.citations);
        cited.map(|(citation, verdict)| Accused { head: &entry.head, citation, verdict })
    });
    let cited: Vec<Accused<'_>> = cited.collect();
    let until = found.at.as_deref().unwrap_or("HEAD");
    let mut became = cited.iter().zip(viewer.checker.became(&cited, &tree, until));
    let views = found.shown.iter().map(|(entry, standing)| {
        let views = view::citations(&entry.head.citations, standing).into_iter().zip(&mut became);
        let citations = views.map(|(view, (one, became))| CheckedCitationView {
            citation: view,
            why: why(one, viewer, &tree),
            became: one.verdict.became.as_ref().map(PlaceView::from),
            inside: inside(one.head, one.citation),
            before: became.lines.before,
            after: became.lines.after,
            commits: became.commits.iter().map(CommitView::from).collect(),
        });
        CheckedView {
            id: entry.id.to_string(),
            path: viewer.path(&entry.file),
            title: if entry.head.title.is_empty() { entry.file.clone() } else { entry.head.title.clone() },
            status: standing.status.word(),
            citations: citations.collect(),
            updated: false,
        }
    });
    views.collect()
}

/// Why a citation does not hold, where its lines do not show it.
fn why(one: &Accused<'_>, viewer: &Viewer<'_>, tree: &TreeOf<'_>) -> Option<String> {
    match (&one.citation.seen, one.verdict.status) {
        (Held::Broken(why), _) => Some(format!("{} when it was written", why.word().replace('-', " "))),
        (_, Status::Broken) => {
            let (root, _) = viewer.checker.root_of(one.head, one.citation)?;
            Some(match tree(&root)?.read(&one.citation.path) {
                Ok(_) => "what was cited is nowhere any more".to_owned(),
                Err(_) => "the file is gone".to_owned(),
            })
        }
        (_, Status::Unknown) => Some("the code is not here; `--repo FOLDER` says where it is".to_owned()),
        _ => None,
    }
}

/// The folder of a citation's subject in its repository, with `/` behind it.
fn inside(head: &Head, citation: &Citation) -> String {
    match head.subject_of(citation).map(|pinned| &pinned.kind) {
        Some(Kind::Git { folder: Some(folder), .. }) => format!("{folder}/"),
        _ => String::new(),
    }
}

/// Writes the new places of a note's moved citations into it; whether there were any. `Err` says why a note is
/// left as it is.
fn update(entry: &Entry, standing: &Standing, viewer: &Viewer<'_>, base: &KnowledgeBase) -> Result<bool, String> {
    let moves = viewer.checker.moves(&entry.head, standing);
    if moves.is_empty() {
        return Ok(false);
    }
    let file = Path::new(&entry.file);
    let bytes = base.read(file).map_err(|error| error.to_string())?;
    if Note::parse(&bytes).0.head.citations != entry.head.citations {
        return Err("it changed meanwhile; check it again".to_owned());
    }
    let new = relocate(&bytes, &moves).map_err(|error| error.to_string())?;
    if base.is_read_only(file) {
        return Err("it is read-only".to_owned());
    }
    base.rewrite(file, &bytes, &new).map_err(|error| error.to_string())?;
    viewer.checker.keep(&entry.head, &moves);
    Ok(true)
}

/// A line for each repository whose remote branch is ahead of what was read: of the work tree, which was just
/// looked at, and of what notes were written from.
fn ahead(shown: &[(Entry, Standing)], viewer: &Viewer<'_>, whole: bool) -> Vec<String> {
    let remembered = if whole { viewer.checker.subjects() } else { Vec::new() };
    let subjects = shown.iter().flat_map(|(entry, _)| &entry.head.subjects).chain(&remembered);
    let line = |(root, commits): (PathBuf, BTreeSet<&str>)| {
        let history = History::around(&root)?;
        let upstream = history.upstream()?;
        let count = history.ahead(&upstream, commits.into_iter()).filter(|count| *count > 0)?;
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let commits = if count == 1 { "commit" } else { "commits" };
        Some(format!("{name}: {upstream} is {count} {commits} ahead of what was read"))
    };
    viewer.checker.roots(subjects).into_iter().filter_map(line).collect()
}
