//! `kb context [ID...]`

use super::arguments::number;
use super::fail::{Asked, Failure};
use super::format::View;
use super::handles;
use super::notes::Viewer;
use super::settings::Settings;
use crate::context::{self, Budget, LeftOut, Piece};
use crate::index::Entry;
use crate::note::Note;
use crate::search::{self, Query};
use crate::view::{ContextView, FORMAT};
use std::path::Path;

/// About how many tokens are printed where nobody says.
const USUAL_BUDGET: usize = 8_000;
/// What the preamble and one line take.
const LEAST_BUDGET: usize = 300;
/// How many notes a query brings at most.
const MOST_HITS: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = "  kb context k7f | pbcopy\n  kb context --query \"signed cookies\" --budget 4000")]
pub(super) struct Args {
    /// The notes [default: the newest]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// The best five notes that these words find
    #[arg(long, value_name = "WORDS")]
    query: Option<String>,
    /// About how many tokens at most
    #[arg(long, value_name = "TOKENS", default_value_t = USUAL_BUDGET, value_parser = number::<usize>)]
    budget: usize,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Markdown, to paste
    Md,
    /// One JSON object, as with `--json`
    Json,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    if args.budget < LEAST_BUDGET {
        return Err(Failure::Asked(Asked::Budget { text: args.budget, least: LEAST_BUDGET }));
    }
    let index = settings.index()?;
    let entries = match (&args.query, args.ids.is_empty()) {
        (Some(_), false) => return Err(Failure::Asked(Asked::IdsAndQuery)),
        (Some(words), true) => found(words, &index)?,
        (None, true) => vec![handles::resolve(handles::NEWEST, settings, &index)?],
        (None, false) => args.ids.iter().map(|id| handles::resolve(id, settings, &index)).collect::<Result<_, _>>()?,
    };
    let base = settings.base()?;
    let viewer = Viewer::new(settings)?;
    let mut notes = Vec::new();
    for entry in &entries {
        let bytes = base.read(Path::new(&entry.file))?;
        let (note, _) = Note::parse(&bytes);
        let standing = viewer.standing(&note.head, &bytes);
        notes.push((note, standing));
    }
    let pieces: Vec<Piece<'_>> = notes
        .iter()
        .zip(&entries)
        .map(|((note, standing), entry)| Piece { note, id: entry.id.as_str(), standing })
        .collect();
    let rendered = context::render(&pieces, Budget(args.budget));
    let views = entries
        .iter()
        .zip(&notes)
        .map(|(entry, (note, standing))| viewer.view(entry.id.as_str(), &entry.file, &note.head, standing));
    let mut said: Vec<String> = Vec::new();
    if !rendered.removed.is_empty() {
        said.push(format!("taken out or shown harmlessly: {}", rendered.removed));
    }
    said.extend(rendered.left_out.iter().map(|left_out| format!("left out: {}", in_words(left_out, &entries))));
    let view = ContextView {
        format: FORMAT,
        notes: views.collect(),
        text: rendered.text,
        tokens: rendered.tokens,
        left_out: rendered.left_out.iter().map(|left_out| in_words(left_out, &entries)).collect(),
        removed: (&rendered.removed).into(),
    };
    let json = args.format == Format::Json;
    Ok(View::Context { view: Box::new(view), json, said }.with(index).and_then(viewer.later()))
}

fn in_words(left_out: &LeftOut, entries: &[Entry]) -> String {
    let entry = &entries[left_out.piece];
    match left_out.whole {
        true => format!("{} ({})", entry.id, entry.head.title),
        false => format!("about {} tokens of {} ({})", left_out.tokens, entry.id, entry.head.title),
    }
}

fn found(words: &str, index: &crate::index::Index) -> Result<Vec<Entry>, Failure> {
    let words: Vec<String> =
        shell_words::split(words).unwrap_or_else(|_| words.split(' ').map(str::to_owned).collect());
    let results = search::run(index, &Query::parse(&words)?, MOST_HITS)?;
    if results.hits.is_empty() {
        return Err(Failure::NothingFound { words: words.join(" ") });
    }
    Ok(results.hits.into_iter().map(|hit| hit.entry).collect())
}
