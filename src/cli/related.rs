//! `kb related ID`

use super::fail::Failure;
use super::format::View;
use super::handles;
use super::notes::{Bare, Viewer};
use super::settings::Settings;
use crate::index::Entry;
use crate::question::Question;
use crate::scout::{self, Request};
use crate::search::{self, Neighbour, Sought, Spot};
use crate::subject::{self, Pinned, Subject};
use crate::view::{FORMAT, NeighbourView, RelatedView};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Notes are near if they cite the same places and speak of the same things.

  kb related k7f
  kb related --question \"where are signed cookies set\" --repo ~/src/flask")]
pub(super) struct Args {
    /// The note
    #[arg(value_name = "ID", default_value = "@", conflicts_with = "question")]
    id: String,
    /// A question in place of a note: what is near to its answer, as far as scout finds it
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
    /// The folder that the question is about [default: the repository around the current folder]
    #[arg(long, value_name = "SUBJECT", requires = "question")]
    repo: Option<PathBuf>,
    /// How many notes at most
    #[arg(long, value_name = "N", default_value_t = 5)]
    limit: usize,
    #[command(flatten)]
    bare: Bare,
}

/// Notes less near than that have nothing to do with it.
const LEAST: f32 = 0.1;

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let index = settings.index()?;
    let asked = if let Some(question) = args.question.as_deref().and_then(Question::new) {
        of_question(&question, args.repo.as_deref(), settings)?
    } else {
        of_note(handles::resolve(&args.id, settings, &index)?)
    };
    let sought = Sought { question: &asked.question, places: &asked.places, about: asked.about.as_ref() };
    let mut near = search::alike(&index, &sought, args.limit.saturating_add(1))?;
    near.retain(|one| one.near >= LEAST && Some(&one.entry.file) != asked.file.as_ref());
    near.truncate(args.limit);
    let viewer = Viewer::new(settings)?;
    if let Some(bare) = args.bare.view(near.iter().map(|one| &one.entry), settings)? {
        return Ok(bare.with(index));
    }
    let views = viewer.entries(&near.iter().map(|one| &one.entry).collect::<Vec<_>>());
    let view = |(one, note): (&Neighbour, _)| NeighbourView { note, near: one.near, same: one.same };
    let same = near.iter().filter(|one| one.is_the_same()).max_by(|a, b| a.same.total_cmp(&b.same));
    let view = View::Related(RelatedView {
        format: FORMAT,
        same: same.map(|one| one.entry.id.to_string()),
        notes: near.iter().zip(views).map(view).collect(),
    });
    Ok(view.with(index).and_then(viewer.later()))
}

/// What notes are to be near to.
struct Matter {
    question: String,
    places: Vec<Spot>,
    about: Option<Pinned>,
    /// The note's own.
    file: Option<String>,
}

fn of_note(note: Entry) -> Matter {
    Matter {
        places: note.head.citations.iter().map(Spot::from).collect(),
        question: note.head.question.unwrap_or(note.head.title),
        about: note.head.subjects.into_iter().next(),
        file: Some(note.file),
    }
}

/// A question, with the places where scout finds its answer.
fn of_question(question: &Question, repo: Option<&Path>, settings: &Settings) -> Result<Matter, Failure> {
    let folder = match repo {
        Some(folder) => settings.machine.here.join(folder),
        None => match subject::here(&settings.machine) {
            Subject::Folder(folder) => folder,
        },
    };
    let hidden = settings.base()?.hidden_from(&folder, &settings.machine);
    let snapshot = subject::pin(&Subject::Folder(folder), &hidden, &settings.machine)?;
    let request = Request {
        question: question.as_str().to_owned(),
        root: snapshot.root.clone(),
        hidden: snapshot.hidden.clone(),
        cache: Some(scout::memory(&settings.machine.cache, &snapshot.root)),
    };
    let report = scout::answer(&request, &mut |_| {});
    let places = report.map_err(|error| Failure::Scout { message: error.to_string() })?.places;
    let places = places.into_iter().filter_map(|place| Spot::new(place.path, place.first, place.last, place.symbol));
    Ok(Matter {
        question: question.as_str().to_owned(),
        places: places.collect(),
        about: Some(snapshot.pinned),
        file: None,
    })
}
