//! `kb log ID`

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::notes::Viewer;
use super::settings::Settings;
use crate::index::Entry;
use crate::knowledge_base::{KnowledgeBase, Revision};
use crate::note::Note;
use crate::view::{FORMAT, LogView, RevisionView};
use chrono::SecondsFormat;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The note
    #[arg(value_name = "ID", default_value = handles::NEWEST)]
    id: String,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let base = settings.base()?;
    let index = settings.index()?;
    let entry = handles::resolve(&args.id, settings, &index)?;
    let viewer = Viewer::new(settings)?;
    let all = revisions(base, &entry)?;
    let present = all.last().map_or(0, |revision| revision.number);
    let view = |revision: &Revision| {
        let head = Note::parse(&revision.bytes).0.head;
        RevisionView {
            revision: revision.number,
            when: head.refreshed.or(head.created).map(|when| when.to_rfc3339_opts(SecondsFormat::Secs, true)),
            status: (revision.number == present).then(|| viewer.standing(&head, &revision.bytes).status.word()),
            agent: head.agent.map(|agent| agent.name),
            title: head.title,
        }
    };
    let revisions = all.iter().rev().map(view).collect();
    let path = base.root.join(&entry.file).to_string_lossy().into_owned();
    Ok(View::Log(LogView { format: FORMAT, id: entry.id.to_string(), path, revisions }).with(index))
}

/// Every text of a note that is kept, oldest first; the last is the present one.
pub(super) fn revisions(base: &KnowledgeBase, entry: &Entry) -> Result<Vec<Revision>, Failure> {
    let bytes = base.read(Path::new(&entry.file))?;
    let mut all = base.history(&entry.id);
    // Killed between keeping the old text and writing the new one, kb leaves the present text there too.
    all.retain(|revision| revision.bytes != bytes);
    let latest = all.last().map_or(0, |revision| revision.number);
    let number = base.number(&entry.id, &bytes)?.max(latest + 1);
    all.push(Revision { number, bytes });
    Ok(all)
}
