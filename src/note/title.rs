//! The title of a note: its first heading, else `title:`, else the question, else its first line.

use super::Head;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const LONGEST: usize = 200;

/// Replaces the head's title by the body's first heading, or by what else there is.
pub(super) fn derive(head: &mut Head, body: &str) {
    let given = std::mem::take(&mut head.title);
    head.title = first_heading(body)
        .or_else(|| Some(given).filter(|title| !title.trim().is_empty()))
        .or_else(|| head.question.clone())
        .or_else(|| body.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned))
        .map(|title| one_line(&title))
        .unwrap_or_default();
}

/// The text of the first heading that has one.
pub fn first_heading(body: &str) -> Option<String> {
    // Most bodies begin with their heading, and a huge one need not be parsed to see it.
    let mut text: Option<String> = None;
    for event in Parser::new_ext(body, Options::empty()) {
        match event {
            Event::Start(Tag::Heading { .. }) => text = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                if let Some(text) = text.take().filter(|text| !text.trim().is_empty()) {
                    return Some(text);
                }
            }
            Event::Text(piece) | Event::Code(piece) => {
                if let Some(text) = &mut text {
                    text.push_str(&piece);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(text) = &mut text {
                    text.push(' ');
                }
            }
            _ => {}
        }
    }
    None
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
