//! `kb search WORDS...`

use super::arguments::number;
use super::fail::{self, Failure};
use super::format::View;
use super::notes::{Bare, Viewer};
use super::settings::Settings;
use crate::index::Index;
use crate::search::{self, Query, Results};
use crate::view::{FORMAT, HitView, NoteView, PieceView, SearchView};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Words may stand in any order; identifiers are found whole and in parts.
  '\"two words\"'                one after the other; the shell takes the outer marks
  -word                        notes without it
  tag:T repo:R path:P agent:A  notes with this tag, repository, file or cited path, agent
  before:DATE after:DATE       notes made before or after it (2026-11-24)
  is:STATUS                    notes that are fresh, moved, stale, broken, ... today

  kb search signed cookies -flask --limit 5")]
pub(super) struct Args {
    /// What to look for
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// How many hits at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = number::<usize>)]
    limit: usize,
    #[command(flatten)]
    bare: Bare,
}

pub(super) fn run(args: &Args, settings: &Settings) -> Result<View, Failure> {
    let query = Query::parse(&args.words)?;
    let index = settings.index()?;
    let viewer = Viewer::new(settings)?;
    let results = found(&query, args.limit, &index, &viewer)?;
    if let Some(bare) = args.bare.view(results.hits.iter().map(|hit| &hit.entry), settings)? {
        return Ok(bare.with(index).and_then(viewer.later()));
    }
    let notes = viewer.entries(&results.hits.iter().map(|hit| &hit.entry).collect::<Vec<_>>());
    let hit = |(hit, note): (&search::Hit, NoteView)| HitView {
        note,
        score: hit.score,
        snippet: hit.snippet.iter().map(|piece| PieceView { text: piece.text.clone(), hit: piece.hit }).collect(),
    };
    let mut said: Vec<String> = query.suggestions().iter().map(ToString::to_string).collect();
    said.extend(index.warnings().iter().map(ToString::to_string));
    if results.total == 0 && !settings.json {
        said.push(match index.is_empty() {
            true => fail::none_yet(),
            false => "no note has to do with that; `kb list` shows all".to_owned(),
        });
    }
    let view = View::Search(SearchView {
        format: FORMAT,
        total: results.total,
        complete: results.complete,
        hits: results.hits.iter().zip(notes).map(hit).collect(),
        warnings: said,
    });
    Ok(view.with(index).and_then(viewer.later()))
}

/// The hits; where the query names statuses (`is:stale`), those of that status alone.
pub(super) fn found(query: &Query, limit: usize, index: &Index, viewer: &Viewer<'_>) -> Result<Results, Failure> {
    if query.statuses().is_empty() {
        return Ok(search::run(index, query, limit)?);
    }
    let mut results = search::run(index, query, usize::MAX)?;
    let mut standings = viewer.standings(results.hits.iter().map(|hit| &hit.entry)).into_iter();
    results.hits.retain(|_| {
        let status = standings.next().map(|standing| standing.status);
        query.statuses().iter().all(|wanted| (Some(wanted.status) == status) != wanted.not)
    });
    results.total = results.hits.len();
    results.hits.truncate(limit);
    Ok(results)
}
