//! Search: a query and an index in, finished hits out. Opens no note: what a hit shows comes from
//! the index, which has just been held against the files.

mod alike;
mod filter;
mod handle;
mod query;
mod rank;
mod snippet;
mod terms;

pub use alike::{Neighbour, Sought, Spot, alike};
pub use handle::{Candidate, HandleError, find};
pub use query::{Query, QueryError, Suggestion, WantedStatus};
pub use snippet::Piece;

use crate::index::{Entry, Index, IndexError, Listed};
use rank::{Fields, Match};
use snippet::Snippets;
use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use terms::Terms;

/// A note that answers a query.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The note.
    pub entry: Entry,
    /// How well it answers; only to be compared within one search. 0 if only filters were given.
    pub score: f32,
    /// Its best passage.
    pub snippet: Vec<Piece>,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// Best first.
    pub hits: Vec<Hit>,
    /// How many notes match, shown or not.
    pub total: usize,
    /// False if some notes are not indexed yet.
    pub complete: bool,
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// What was read is not what was written; the next command makes the index anew.
    #[error("the index is damaged; the next command makes it anew")]
    Damaged,
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(_: tantivy::TantivyError) -> Self {
        SearchError::Damaged
    }
}

impl From<io::Error> for SearchError {
    fn from(_: io::Error) -> Self {
        SearchError::Damaged
    }
}

impl From<IndexError> for SearchError {
    fn from(_: IndexError) -> Self {
        SearchError::Damaged
    }
}

/// Finds the notes that answer best, at most `limit` of them. Statuses of the query
/// ([`Query::statuses`]) are not looked at.
pub fn run(index: &Index, query: &Query, limit: usize) -> Result<Results, SearchError> {
    // A damage that no checksum told may be a panic deep in the search library.
    let results = catch_unwind(AssertUnwindSafe(|| search(index, query, limit)));
    let results = results.unwrap_or(Err(SearchError::Damaged));
    if results.is_err() {
        index.forget();
    }
    results
}

fn search(index: &Index, query: &Query, limit: usize) -> Result<Results, SearchError> {
    let fields = Fields::open(index)?;
    let allowed = filter::allowed(index, query, &fields)?;
    let terms = Terms::of(query, &fields)?;
    let matches = if query.wanted.is_empty() { all(&allowed) } else { rank::rank(&fields, &terms, &allowed)? };
    let mut results = Results { total: matches.len(), complete: index.complete(), hits: Vec::new() };
    let best = best(matches, limit);
    let mut found: Vec<(Match, Listed<'_>)> = listed(index, &best);
    found.sort_by(|(a, x), (b, y)| {
        b.score.total_cmp(&a.score).then(y.created().cmp(&x.created())).then_with(|| x.file().cmp(&y.file()))
    });
    let mut snippets = Snippets::new(&terms);
    for (found, listed) in found {
        if results.hits.len() >= limit {
            break;
        }
        if !index.still_there(&listed) {
            results.total -= 1;
            continue;
        }
        let (entry, note) = index.with_note(&listed)?;
        let snippet = snippets.of(note.body(), &entry.head.title);
        results.hits.push(Hit { entry, score: found.score, snippet });
    }
    Ok(results)
}

/// Every document that is allowed.
fn all(allowed: &[Vec<bool>]) -> Vec<Match> {
    let mut matches = Vec::new();
    for (segment, allowed) in allowed.iter().enumerate() {
        let docs = (0u32..).zip(allowed).filter(|(_, allowed)| **allowed);
        matches.extend(docs.map(|(doc, _)| Match { score: 0.0, segment, doc }));
    }
    matches
}

/// The best matches, a few more than wanted and all that are as good as the last of them.
fn best(mut matches: Vec<Match>, limit: usize) -> Vec<Match> {
    const SPARE: usize = 10;
    let wanted = limit.saturating_add(SPARE);
    if matches.len() > wanted {
        matches.select_nth_unstable_by(wanted - 1, |a, b| b.score.total_cmp(&a.score));
        let last = matches[wanted - 1].score;
        matches.retain(|found| found.score >= last);
    }
    matches
}

/// The notes of matches.
fn listed<'a>(index: &'a Index, matches: &[Match]) -> Vec<(Match, Listed<'a>)> {
    let wanted: HashMap<(usize, u32), Match> =
        matches.iter().map(|found| ((found.segment, found.doc), *found)).collect();
    // Most notes are no match, and a mark is cheaper than a hash.
    let mut marks: Vec<Vec<bool>> = Vec::new();
    for reader in index.searcher().segment_readers() {
        marks.push(vec![false; reader.max_doc() as usize]);
    }
    for found in matches {
        marks[found.segment][found.doc as usize] = true;
    }
    let is_match = |listed: &Listed<'_>| {
        let (segment, doc) = listed.address();
        marks[segment][doc as usize]
    };
    let listed = index.listed().filter(is_match);
    listed.filter_map(|listed| Some((*wanted.get(&listed.address())?, listed))).collect()
}
