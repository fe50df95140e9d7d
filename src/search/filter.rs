//! Which notes a query may find at all: those that its filters let through, without what it does not
//! want.

use super::query::{Filter, Key, Query, Text};
use super::rank::Fields;
use crate::index::Index;
use crate::index::schema::{Words, facet, facets};
use crate::index::words::{Splitter, Word, WordKind, folded};
use tantivy::query::{EnableScoring, PhraseQuery, Query as _};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

/// One mark a document, for one segment after the other.
type Marks = Vec<Vec<bool>>;

/// The documents that are notes, and allowed.
pub(super) fn allowed(index: &Index, query: &Query, fields: &Fields) -> tantivy::Result<Marks> {
    let mut allowed = alive(index);
    for filter in &query.filters {
        let marks = match filter.key {
            Key::Path => path(index, &filter.value)?,
            Key::Tag | Key::Repo | Key::Agent => holding_facet(index, &name(filter))?,
        };
        narrow(&mut allowed, &marks, filter.not);
    }
    for text in &query.unwanted {
        narrow(&mut allowed, &holding(index, fields, text)?, true);
        for key in ["tag", "repo", "agent"] {
            narrow(&mut allowed, &holding_facet(index, &facet(key, &text.text))?, true);
        }
    }
    for text in query.wanted.iter().filter(|text| text.phrase) {
        narrow(&mut allowed, &holding(index, fields, text)?, false);
    }
    if query.after.or(query.before).is_some() {
        let mut marks = none(index);
        for listed in index.listed() {
            let created = listed.created();
            let (segment, doc) = listed.address();
            marks[segment][doc as usize] =
                query.after.is_none_or(|after| created >= after) && query.before.is_none_or(|before| created < before);
        }
        narrow(&mut allowed, &marks, false);
    }
    Ok(allowed)
}

fn name(filter: &Filter) -> String {
    let key = match filter.key {
        Key::Tag => "tag",
        Key::Repo => "repo",
        Key::Agent => "agent",
        Key::Path => "path",
    };
    facet(key, filter.value.trim_end_matches('/').trim_end_matches(".git"))
}

fn none(index: &Index) -> Marks {
    index.searcher().segment_readers().iter().map(|reader| vec![false; reader.max_doc() as usize]).collect()
}

fn alive(index: &Index) -> Marks {
    let mut marks = none(index);
    for (segment, marks) in marks.iter_mut().enumerate() {
        let alive = index.alive(segment);
        for (doc, mark) in (0u32..).zip(marks) {
            *mark = alive.contains(doc);
        }
    }
    marks
}

/// Takes away what is not marked, or with `not` what is.
fn narrow(allowed: &mut Marks, marks: &Marks, not: bool) {
    for (allowed, mark) in allowed.iter_mut().flatten().zip(marks.iter().flatten()) {
        *allowed &= *mark != not;
    }
}

fn holding_facet(index: &Index, value: &str) -> tantivy::Result<Marks> {
    let mut marks = none(index);
    for (reader, marks) in index.searcher().segment_readers().iter().zip(&mut marks) {
        let inverted = reader.inverted_index(facets())?;
        let term = Term::from_field_text(facets(), value);
        let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else {
            continue;
        };
        mark(&mut postings, marks);
    }
    Ok(marks)
}

fn mark(docs: &mut dyn DocSet, marks: &mut [bool]) {
    let mut doc = docs.doc();
    while doc != TERMINATED {
        marks[doc as usize] = true;
        doc = docs.advance();
    }
}

/// Notes whose own path or one of whose cited paths holds a piece of path.
fn path(index: &Index, value: &str) -> tantivy::Result<Marks> {
    let value = value.trim_matches(['*', '/']).trim_start_matches("./");
    let words = in_sequence(&Splitter::default().words(value));
    let mut marks = none(index);
    phrase(index, Words::Cited, &words, &mut marks)?;
    for listed in index.listed().filter(|listed| listed.file().contains(value)) {
        let (segment, doc) = listed.address();
        marks[segment][doc as usize] = true;
    }
    Ok(marks)
}

/// Notes that hold a word or phrase.
fn holding(index: &Index, fields: &Fields, text: &Text) -> tantivy::Result<Marks> {
    let words = Splitter::default().words(&text.text);
    let mut marks = none(index);
    let sequence = in_sequence(&words);
    let whole = words.iter().filter(|word| word.kind == WordKind::Whole && !text.phrase);
    let mut single: Vec<String> = whole.map(|word| word.text.clone()).collect();
    if let [(_, word)] = sequence.as_slice() {
        single.push(word.clone());
        single.push(folded(text.text.trim()));
    }
    for (segment, marks) in marks.iter_mut().enumerate() {
        for word in &single {
            fields.holding(segment, word, marks)?;
        }
    }
    if sequence.len() > 1 {
        for words in Words::ALL.into_iter().filter(|words| words.has_positions()) {
            phrase(index, words, &sequence, &mut marks)?;
        }
    }
    Ok(marks)
}

/// Words with their places, each place once.
fn in_sequence(words: &[Word]) -> Vec<(usize, String)> {
    let parts = words.iter().filter(|word| matches!(word.kind, WordKind::Part | WordKind::One));
    parts.map(|word| (word.position, word.text.clone())).collect()
}

fn phrase(index: &Index, words: Words, sequence: &[(usize, String)], marks: &mut Marks) -> tantivy::Result<()> {
    let terms: Vec<(usize, Term)> =
        sequence.iter().map(|(at, word)| (*at, Term::from_field_text(words.field(), word))).collect();
    let searcher = index.searcher();
    for (reader, marks) in searcher.segment_readers().iter().zip(marks) {
        if let [(_, term)] = terms.as_slice() {
            let inverted = reader.inverted_index(words.field())?;
            if let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? {
                mark(&mut postings, marks);
            }
        } else if terms.len() > 1 {
            let query = PhraseQuery::new_with_offset(terms.clone());
            let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
            mark(&mut weight.scorer(reader, 1.0)?, marks);
        }
    }
    Ok(())
}
