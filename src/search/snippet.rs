//! The passage of a note that shows best why it was found, with the found words marked. Works on the
//! text that the index holds.

use super::terms::Terms;
use crate::index::schema::extensions;
use crate::index::words::{Splitter, Word};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How long a snippet is at most, in characters.
const LENGTH: usize = 220;
/// Of a longer body only this much is looked at.
const LOOKED_AT: usize = 200_000;

/// A piece of a snippet: all of them, one after the other, are its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Plain text on one line, as the note has it: not yet safe for a terminal.
    pub text: String,
    /// Whether it is a word that was searched for.
    pub hit: bool,
}

/// Cuts snippets for one query.
pub(super) struct Snippets<'a> {
    worth: BTreeMap<&'a str, f32>,
    splitter: Splitter,
}

impl<'a> Snippets<'a> {
    pub(super) fn new(terms: &'a Terms) -> Self {
        Snippets { worth: terms.shown(), splitter: Splitter::default() }
    }

    /// The best passage of a body; its beginning if nothing was found in it.
    pub(super) fn of(&mut self, body: &str, title: &str) -> Vec<Piece> {
        let text = plain(body, title);
        let words = self.splitter.words(&text);
        let hits: Vec<&Word> = words.iter().filter(|word| self.worth.contains_key(word.text.as_str())).collect();
        let window = self.window(&text, &hits);
        pieces(&text, window, &hits)
    }

    /// The stretch of text in which the most is found.
    fn window(&self, text: &str, hits: &[&Word]) -> Range<usize> {
        let mut best = (0.0, 0..0);
        for (at, first) in hits.iter().enumerate() {
            let mut seen = BTreeSet::new();
            let mut worth = 0.0;
            let mut end = first.at.end;
            for hit in &hits[at..] {
                if hit.at.end > first.at.start + LENGTH * 3 / 4 {
                    break;
                }
                let value = self.worth.get(hit.text.as_str()).copied().unwrap_or(0.0);
                // Said again, a word shows little more.
                worth += if seen.insert(&hit.text) { value } else { value * 0.1 };
                end = end.max(hit.at.end);
            }
            if worth > best.0 {
                best = (worth, first.at.start..end);
            }
        }
        widen(text, best.1)
    }
}

/// Makes a stretch as long as a snippet, from the beginning of a sentence or word to the end of one.
fn widen(text: &str, found: Range<usize>) -> Range<usize> {
    let spare = LENGTH.saturating_sub(found.len());
    let mut start = floor(text, found.start.saturating_sub(spare / 3));
    // A sentence that begins near by is a good beginning; else a word.
    let before = &text[start..found.start];
    if start > 0 {
        let sentence = before.rfind(". ").or_else(|| before.rfind(" · ")).map(|at| at + 2);
        let word = before.find(' ').map(|at| at + 1);
        start += sentence.or(word).map_or(0, |at| if before.is_char_boundary(at) { at } else { 0 });
        start += text[start..].len() - text[start..].trim_start_matches(['·', ' ']).len();
        start = start.min(found.start);
    }
    let wanted = floor(text, (start + LENGTH).max(found.end));
    let end = match text[wanted..].chars().next() {
        None | Some(' ') => wanted,
        Some(_) => text[found.end..wanted].rfind(' ').map_or(wanted, |at| found.end + at),
    };
    start..end
}

fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn pieces(text: &str, window: Range<usize>, hits: &[&Word]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |text: &str, hit: bool| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), hit });
        }
    };
    if window.start > 0 {
        push("… ", false);
    }
    let mut at = window.start;
    let inside = |word: &&&Word| word.at.start >= window.start && word.at.end <= window.end;
    let mut marks: Vec<Range<usize>> = hits.iter().filter(inside).map(|word| word.at.clone()).collect();
    // An identifier whole covers its parts.
    marks.sort_by_key(|mark| (mark.start, usize::MAX - mark.end));
    for mark in marks {
        let start = mark.start.max(at);
        if start < mark.end {
            push(&text[at..start], false);
            push(&text[start..mark.end], true);
            at = mark.end;
        }
    }
    push(text[at..window.end].trim_end(), false);
    if window.end < text.trim_end().len() {
        push(" …", false);
    }
    pieces
}

/// Markdown without its marks, on one line; blocks are parted by a dot. The title is left out.
fn plain(body: &str, title: &str) -> String {
    let body = &body[..floor(body, LOOKED_AT)];
    let mut text = String::with_capacity(body.len());
    let mut heading = None;
    for event in Parser::new_ext(body, extensions()) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                part(&mut text);
                heading = Some(text.len());
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(start) = heading.take()
                    && text[start..].trim() == title.trim()
                {
                    text.truncate(start);
                }
                part(&mut text);
            }
            Event::Text(more) | Event::Code(more) | Event::InlineMath(more) | Event::DisplayMath(more) => {
                add(&mut text, &more);
            }
            Event::Html(more) | Event::InlineHtml(more) => add(&mut text, &more),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::TableCell) => {
                add(&mut text, " ");
            }
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Item
                | TagEnd::CodeBlock
                | TagEnd::BlockQuote(_)
                | TagEnd::TableRow
                | TagEnd::TableHead,
            ) => part(&mut text),
            _ => {}
        }
    }
    let len = text.trim_end_matches([' ', '·']).len();
    text.truncate(len);
    text
}

/// Appends text with every run of white space as one space.
fn add(text: &mut String, more: &str) {
    for char in more.chars() {
        if !char.is_whitespace() {
            text.push(char);
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
}

/// The end of a block.
fn part(text: &mut String) {
    let len = text.trim_end().len();
    text.truncate(len);
    if !text.is_empty() && !text.ends_with('·') {
        text.push_str(" · ");
    } else if !text.is_empty() {
        text.push(' ');
    }
}
