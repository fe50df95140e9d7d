//! Citations that do not hold, marked where they stand in a note's text: `app.py:3-9 (weak)`. The note's
//! file stays as it is.

use crate::citation::{Found, Lines, find};
use crate::view::CitationView;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::collections::BTreeMap;
use std::ops::Range;

/// The markdown with a mark behind each place that is broken, stale or weak.
pub(super) fn marked(body: &str, citations: &[CitationView]) -> String {
    let whole = whole(body);
    let mut marks: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let places = find(body);
    for place in &places {
        let Some(words) = citations.iter().find(|one| is_meant(place, one)).and_then(words) else { continue };
        let around = whole.iter().find(|range| range.start <= place.range.start && place.range.end <= range.end);
        let end = around.map_or(place.range.end, |range| range.end);
        // `a.py:3-9,14` is two places.
        let alone = places.iter().filter(|other| other.range == place.range).count() == 1;
        let mark = if alone { words } else { format!("{}: {words}", place.lines) };
        let marks = marks.entry(end).or_default();
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    let mut text = String::with_capacity(body.len() + 12 * marks.len());
    let mut at = 0;
    for (end, words) in marks {
        text.push_str(&body[at..end]);
        text.extend([" (", &words.join(", "), ")"]);
        at = end;
    }
    text.push_str(&body[at..]);
    text
}

/// What cannot take a mark inside: code spans, links, images, blocks of code. Outermost first.
fn whole(body: &str) -> Vec<Range<usize>> {
    let events = Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter();
    let whole = events.filter(|(event, _)| {
        matches!(event, Event::Code(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)))
    });
    whole.map(|(_, range)| range).collect()
}

fn is_meant(place: &Found, citation: &CitationView) -> bool {
    let lines = Lines::new(citation.first, citation.last);
    lines.is_some_and(|lines| place.means(citation.subject.as_deref(), &citation.path, lines))
}

fn words(citation: &CitationView) -> Option<String> {
    let status = Some(citation.status).filter(|status| matches!(*status, "broken" | "stale"));
    let weak = citation.weak.then_some("weak");
    let words: Vec<&str> = status.into_iter().chain(weak).collect();
    (!words.is_empty()).then(|| words.join(", "))
}
