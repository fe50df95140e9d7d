//! Notes as commands return them: what the index or a file says, and how it stands today.

use super::fail::Failure;
use super::format::View;
use super::last_hits;
use super::settings::Settings;
use crate::citation::Standing;
use crate::index::Entry;
use crate::knowledge_base::KnowledgeBase;
use crate::note::{Checker, Head, Note, Noted};
use crate::view::{FORMAT, NoteView, NoteWithBody, ShowView};
use std::path::Path;

/// What is needed to say how notes stand.
pub(super) struct Viewer<'a> {
    base: &'a KnowledgeBase,
    name: String,
    pub(super) checker: Checker,
}

impl<'a> Viewer<'a> {
    /// For the notes of this run's knowledge base.
    pub(super) fn new(settings: &'a Settings) -> Result<Self, Failure> {
        let base = settings.base()?;
        let near = vec![settings.machine.here.clone(), base.root.clone()];
        let checker = Checker::new(near, vec![base.root.clone()], &settings.machine);
        let checker = checker.remembering(&base.root, &settings.machine);
        Ok(Self { base, name: base.name(), checker })
    }

    /// How the citations of a note that was read from these bytes stand today.
    pub(super) fn standing(&self, head: &Head, bytes: &[u8]) -> Standing {
        let hash = blake3::hash(bytes).as_bytes().first_chunk().copied();
        self.checker.standings(&[Noted { head, hash }]).pop().unwrap_or_else(|| Standing::of(Vec::new()))
    }

    /// The same of many notes at once.
    pub(super) fn standings<'b>(&self, entries: impl Iterator<Item = &'b Entry>) -> Vec<Standing> {
        let noted: Vec<Noted<'_>> = entries.map(|entry| Noted { head: &entry.head, hash: Some(entry.hash) }).collect();
        self.checker.standings(&noted)
    }

    /// What is to be done when the answer is out: remembering what was found out.
    pub(super) fn later(self) -> impl FnOnce() + 'static {
        let checker = self.checker;
        move || checker.keep_for_next_time(None)
    }

    /// Notes as the index knows them.
    pub(super) fn entries(&self, entries: &[&Entry]) -> Vec<NoteView> {
        let standings = self.standings(entries.iter().copied());
        let views = entries.iter().zip(&standings);
        views.map(|(entry, standing)| self.view(entry.id.as_str(), &entry.file, &entry.head, standing)).collect()
    }

    /// Where a note's file is.
    pub(super) fn path(&self, file: &str) -> String {
        self.base.root.join(file).to_string_lossy().into_owned()
    }

    /// A note with what is known of it.
    pub(super) fn view(&self, id: &str, file: &str, head: &Head, standing: &Standing) -> NoteView {
        NoteView::new(id, file, &self.base.root, &self.name, head, standing)
    }

    /// A note's file, read and shown.
    pub(super) fn file(&self, id: &str, file: &str) -> Result<(ShowView, Vec<u8>), Failure> {
        let bytes = self.base.read(Path::new(file))?;
        let (note, _) = Note::parse(&bytes);
        let view = self.view(id, file, &note.head, &self.standing(&note.head, &bytes));
        let note = NoteWithBody::new(view, note.body());
        Ok((ShowView { format: FORMAT, note }, bytes))
    }
}

/// What `list` and `search` can print in place of all that is known.
#[derive(Debug, clap::Args)]
pub(super) struct Bare {
    /// Print ids alone, one a line
    #[arg(long)]
    ids: bool,
    /// Print paths alone, one a line
    #[arg(long, conflicts_with = "ids")]
    paths: bool,
}

impl Bare {
    /// Ids or paths, if they are wanted. Otherwise all is printed, and what is printed is what `@1` and
    /// its like mean from now on.
    pub(super) fn view<'a>(
        &self,
        entries: impl Iterator<Item = &'a Entry>,
        settings: &Settings,
    ) -> Result<Option<View>, Failure> {
        let root = &settings.base()?.root;
        if settings.json {
            return Ok(None);
        }
        if self.ids {
            return Ok(Some(View::Ids(entries.map(|entry| entry.id.to_string()).collect())));
        }
        if self.paths {
            let path = |entry: &Entry| root.join(&entry.file).to_string_lossy().into_owned();
            return Ok(Some(View::Paths(entries.map(path).collect())));
        }
        let files: Vec<String> = entries.map(|entry| entry.file.clone()).collect();
        if !files.is_empty() {
            last_hits::remember(files, root, &settings.machine);
        }
        Ok(None)
    }
}

/// The view of a note that was just written, which the index then learns of.
pub(super) fn saved(settings: &Settings, id: &str, file: &str) -> Result<View, Failure> {
    let (view, _) = Viewer::new(settings)?.file(id, file)?;
    let view = View::Saved(Box::new(view));
    // The note is on disk; an index that cannot be had now is the next command's business.
    Ok(match settings.index() {
        Ok(index) => view.with(index),
        Err(_) => view,
    })
}

/// A file of the base, relative to it, with `/`.
pub(super) fn relative(base: &KnowledgeBase, path: &Path) -> String {
    path.strip_prefix(&base.root).unwrap_or(path).to_string_lossy().into_owned()
}
