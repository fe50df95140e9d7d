//! Which notes answer best: BM25F, that is BM25 over all fields at once, each with its weight; then
//! notes with all words before those with some. Works word by word over whole posting lists, so that
//! every match is counted.

use super::terms::{Terms, Unit};
use crate::index::Index;
use crate::index::schema::Words;
use std::io;
use std::sync::Arc;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, InvertedIndexReader, TERMINATED, Term};

/// How soon another occurrence of a word stops to count.
const K1: f32 = 1.2;
/// Every found word of all words that were asked for, to this power.
const COVERAGE: f32 = 2.0;
/// With less than this of what was asked for, by the weight of rare words, a note is no match.
const LEAST_COVERAGE: f32 = 0.1;

/// Two words that are in more documents of a segment than this say little by standing side by side,
/// and finding out where they stand is dear.
const TOO_COMMON: u32 = 4096;

/// A field's weight, and how far its length counts.
fn weight(field: Words) -> (f32, f32) {
    match field {
        Words::Title => (3.0, 0.3),
        Words::Question => (2.5, 0.3),
        Words::Headings => (1.5, 0.5),
        Words::Body | Words::Code => (1.0, 0.6),
        Words::Tags => (1.5, 0.3),
        Words::Cited => (1.0, 0.5),
    }
}

/// A matching document: how well, in which segment, which one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Match {
    pub score: f32,
    pub segment: usize,
    pub doc: u32,
}

/// The segments of an index, opened field by field as they are needed.
pub(super) struct Fields {
    segments: Vec<Segment>,
    /// The mean length of each field.
    mean: [f32; 7],
}

struct Segment {
    docs: u32,
    fields: Vec<Option<(Arc<InvertedIndexReader>, FieldNormReader)>>,
}

impl Fields {
    pub(super) fn open(index: &Index) -> tantivy::Result<Fields> {
        let mut tokens = [0u64; 7];
        let mut docs = 0u64;
        let mut segments = Vec::new();
        for reader in index.searcher().segment_readers() {
            docs += u64::from(reader.max_doc());
            let mut fields = Vec::new();
            for (at, words) in Words::ALL.into_iter().enumerate() {
                let inverted = reader.inverted_index(words.field())?;
                tokens[at] += inverted.total_num_tokens();
                let empty = inverted.total_num_tokens() == 0;
                fields.push(if empty { None } else { Some((inverted, reader.get_fieldnorms_reader(words.field())?)) });
            }
            segments.push(Segment { docs: reader.max_doc(), fields });
        }
        #[allow(clippy::cast_precision_loss, reason = "a mean")]
        let mean = tokens.map(|tokens| (tokens as f32 / docs.max(1) as f32).max(1.0));
        Ok(Fields { segments, mean })
    }

    /// How many documents hold a word in any field; counts a document once a field.
    pub(super) fn frequency(&self, word: &str) -> io::Result<u32> {
        let mut frequency = 0;
        for segment in &self.segments {
            for (field, opened) in Words::ALL.into_iter().zip(&segment.fields) {
                let Some((inverted, _)) = opened else {
                    continue;
                };
                frequency += inverted.doc_freq(&Term::from_field_text(field.field(), word))?;
            }
        }
        Ok(frequency)
    }

    /// The term dictionaries in which misspelt words are looked for.
    pub(super) fn dictionaries(&self) -> impl Iterator<Item = &InvertedIndexReader> {
        let fields = self.segments.iter().flat_map(|segment| segment.fields.iter().flatten());
        fields.map(|(inverted, _)| &**inverted)
    }

    /// Calls `each` with every document of a segment that holds the word, the field, how often, and
    /// the field's length there.
    fn each(
        &self,
        segment: usize,
        word: &str,
        each: &mut dyn FnMut(usize, &mut tantivy::postings::SegmentPostings, &FieldNormReader),
        record: IndexRecordOption,
    ) -> io::Result<()> {
        for (at, field) in Words::ALL.into_iter().enumerate() {
            let Some((inverted, norms)) = &self.segments[segment].fields[at] else {
                continue;
            };
            let term = Term::from_field_text(field.field(), word);
            if let Some(mut postings) = inverted.read_postings(&term, record)? {
                each(at, &mut postings, norms);
            }
        }
        Ok(())
    }

    /// Marks every document of a segment that holds the word in any field.
    pub(super) fn holding(&self, segment: usize, word: &str, marks: &mut [bool]) -> io::Result<()> {
        let mut mark = |_, postings: &mut tantivy::postings::SegmentPostings, _: &FieldNormReader| {
            let mut doc = postings.doc();
            while doc != TERMINATED {
                marks[doc as usize] = true;
                doc = postings.advance();
            }
        };
        self.each(segment, word, &mut mark, IndexRecordOption::Basic)
    }

    fn tables(&self) -> [[f32; 256]; 7] {
        let mut tables = [[0.0; 256]; 7];
        for (at, field) in Words::ALL.into_iter().enumerate() {
            let (weight, b) = weight(field);
            for id in 0..=255u8 {
                #[allow(clippy::cast_precision_loss, reason = "lengths are small")]
                let length = FieldNormReader::id_to_fieldnorm(id) as f32;
                tables[at][usize::from(id)] = weight / (1.0 - b + b * length / self.mean[at]);
            }
        }
        tables
    }
}

/// All documents that are allowed and hold any word, with their scores; unordered.
pub(super) fn rank(fields: &Fields, terms: &Terms, allowed: &[Vec<bool>]) -> tantivy::Result<Vec<Match>> {
    let tables = fields.tables();
    let mut sums: Vec<Sums> = fields.segments.iter().map(|segment| Sums::new(segment.docs)).collect();
    let notes: usize = allowed.iter().map(Vec::len).sum();
    let mut all = 0.0;
    for unit in &terms.units {
        let mut found = 0;
        for (segment, sums) in sums.iter_mut().enumerate() {
            sums.begin();
            for (word, part) in &unit.spellings {
                let mut add =
                    |field: usize, postings: &mut tantivy::postings::SegmentPostings, norms: &FieldNormReader| {
                        let table = &tables[field];
                        let mut doc = postings.doc();
                        while doc != TERMINATED {
                            #[allow(clippy::cast_precision_loss, reason = "a count of words")]
                            let times = postings.term_freq() as f32;
                            sums.add(doc, part * times * table[usize::from(norms.fieldnorm_id(doc))]);
                            doc = postings.advance();
                        }
                    };
                fields.each(segment, word, &mut add, IndexRecordOption::WithFreqs)?;
            }
            if let Some((left, right)) = &unit.pair {
                pair(fields, segment, left, right, &tables, sums)?;
            }
            found += sums.touched.len();
        }
        let idf = idf(found, notes);
        // What no note holds says nothing about any of them.
        if unit.counts && found > 0 {
            all += unit.weight * idf;
        }
        for sums in &mut sums {
            sums.finish(unit, idf);
        }
    }
    let mut matches = Vec::new();
    for (segment, sums) in sums.iter().enumerate() {
        for (doc, score) in
            sums.scores.iter().enumerate().filter(|(doc, score)| **score > 0.0 && allowed[segment][*doc])
        {
            let coverage = if all > 0.0 { (sums.covered[doc] / all).min(1.0) } else { 1.0 };
            if coverage < LEAST_COVERAGE {
                continue;
            }
            let score = score * coverage.powf(COVERAGE);
            let doc = u32::try_from(doc).unwrap_or(u32::MAX);
            matches.push(Match { score, segment, doc });
        }
    }
    Ok(matches)
}

fn idf(found: usize, notes: usize) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "a statistic")]
    let (found, notes) = (found as f32, notes.max(found) as f32);
    (1.0 + (notes - found + 0.5) / (found + 0.5)).ln()
}

/// The scores of one segment's documents.
struct Sums {
    scores: Vec<f32>,
    covered: Vec<f32>,
    /// The present word's weighted occurrences.
    times: Vec<f32>,
    touched: Vec<u32>,
}

impl Sums {
    fn new(docs: u32) -> Self {
        let zeros = vec![0.0; docs as usize];
        Sums { scores: zeros.clone(), covered: zeros.clone(), times: zeros, touched: Vec::new() }
    }

    fn begin(&mut self) {
        for doc in self.touched.drain(..) {
            self.times[doc as usize] = 0.0;
        }
    }

    #[inline]
    fn add(&mut self, doc: u32, times: f32) {
        let sum = &mut self.times[doc as usize];
        if *sum == 0.0 {
            self.touched.push(doc);
        }
        *sum += times;
    }

    fn finish(&mut self, unit: &Unit, idf: f32) {
        for doc in &self.touched {
            let doc = *doc as usize;
            let times = self.times[doc];
            self.scores[doc] += unit.weight * idf * times * (K1 + 1.0) / (K1 + times);
            if unit.counts {
                self.covered[doc] += unit.weight * idf;
            }
        }
    }
}

/// Documents in which one word follows the other.
fn pair(
    fields: &Fields,
    segment: usize,
    left: &str,
    right: &str,
    tables: &[[f32; 256]; 7],
    sums: &mut Sums,
) -> io::Result<()> {
    let (mut left_at, mut right_at) = (Vec::new(), Vec::new());
    for (at, field) in Words::ALL.into_iter().enumerate().filter(|(_, field)| field.has_positions()) {
        let Some((inverted, norms)) = &fields.segments[segment].fields[at] else {
            continue;
        };
        let record = IndexRecordOption::WithFreqsAndPositions;
        let (left, right) = (Term::from_field_text(field.field(), left), Term::from_field_text(field.field(), right));
        let Some(mut left) = inverted.read_postings(&left, record)? else {
            continue;
        };
        let Some(mut right) = inverted.read_postings(&right, record)? else {
            continue;
        };
        if left.doc_freq().min(right.doc_freq()) > TOO_COMMON {
            continue;
        }
        let mut doc = left.doc();
        while doc != TERMINATED {
            let other = if right.doc() < doc { right.seek(doc) } else { right.doc() };
            if other == doc {
                left.positions(&mut left_at);
                right.positions(&mut right_at);
                let times = left_at.iter().filter(|at| right_at.binary_search(&(**at + 1)).is_ok()).count();
                if times > 0 {
                    #[allow(clippy::cast_precision_loss, reason = "a count of words")]
                    sums.add(doc, times as f32 * tables[at][usize::from(norms.fieldnorm_id(doc))]);
                }
                doc = left.advance();
            } else if other == TERMINATED {
                break;
            } else {
                doc = left.seek(other);
            }
        }
    }
    Ok(())
}
