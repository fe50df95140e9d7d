//! The best places of a question and nothing else: where a reader of the code would begin. Others that
//! answer questions are given them.

use super::cite::Sources;
use super::excerpt;
use super::rank::Ranker;
use super::research::Findings;

/// Where to begin reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Relative to the subject's root, with `/`.
    pub path: String,
    /// From 1.
    pub first: u32,
    /// Included.
    pub last: u32,
    /// The definition the lines lie in, as `Class.method`.
    pub within: Option<String>,
    /// The line of it that says most of the question, else its first: foreign text, without its indent,
    /// at most 110 characters.
    pub line_text: String,
}

/// The first `count` places.
pub(crate) fn of(ranker: &Ranker, found: &Findings, count: usize, sources: &mut Sources) -> Vec<Lead> {
    let lead = |place| {
        let cited: &super::cite::Cited = place;
        let unit = cited.ranked.unit;
        let said = excerpt::telling_line(ranker, cited, sources).map(|(_, said)| said);
        let line_text = said.or_else(|| excerpt::signature(ranker.scan, unit, sources)).unwrap_or_default();
        Lead {
            path: ranker.scan.path(unit).to_owned(),
            first: cited.lines.first,
            last: cited.lines.last,
            within: ranker.scan.qualified(unit),
            line_text,
        }
    };
    found.places.iter().take(count).map(lead).collect()
}
