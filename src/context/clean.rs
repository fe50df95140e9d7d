//! One note's body, or one line about it, made safe: what cannot be seen goes first, so that nothing
//! hides behind it; then secrets, forged delimiters, and what a renderer would hide.

use super::removed::Removed;
use super::{budget, fence, hidden, secrets};
use crate::invisible;
use std::borrow::Cow;

/// A body that is safe between two delimiters.
pub(super) struct Body {
    /// Begins and ends with an empty line.
    pub(super) text: String,
    /// What was taken out.
    pub(super) removed: Removed,
    /// What the end of the body costs that was not even looked at.
    pub(super) beyond: u64,
}

/// Cleans a body of which at most `most` bytes can matter.
pub(super) fn body(raw: &str, most: usize) -> Body {
    let raw = without_frontmatter(raw);
    let (looked_at, rest) = raw.split_at(line_end_within(raw, most));
    let mut removed = Removed::default();
    let text = safe(looked_at, &mut removed);
    let (text, shown) = hidden::show(text);
    removed.hidden += shown.elements;
    removed.images += shown.images;
    let mut text = format!("\n{}\n\n", text.trim_start_matches('\n').trim_end());
    if let Some(fence) = budget::open_fence(&text) {
        text.truncate(text.trim_end().len());
        text = format!("{text}\n{fence}\n\n");
    }
    Body { text, removed, beyond: budget::cost(rest) }
}

/// One line of foreign text in at most `most` characters, to stand between quotation marks.
pub(super) fn line(raw: &str, most: usize, removed: &mut Removed) -> String {
    let raw: String = raw.chars().take(most * 8).collect();
    let text = safe(&raw, removed);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "'").replace('<', "&lt;");
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    // Cutting and joining must not have made a delimiter.
    fence::neutralised(Cow::Owned(short)).0.into_owned()
}

fn safe<'a>(raw: &'a str, removed: &mut Removed) -> Cow<'a, str> {
    let (text, taken) = invisible::taken_for_prompt(raw);
    removed.invisible += taken.invisible;
    removed.escapes += taken.controls;
    let (redacted, secrets) = secrets::redact(&text);
    removed.add_secrets(&secrets);
    let text = match redacted {
        Cow::Borrowed(_) => text,
        Cow::Owned(redacted) => Cow::Owned(redacted),
    };
    let (text, forged) = fence::neutralised(text);
    removed.delimiters += forged;
    text
}

/// The end of the last line that ends within `most` bytes.
fn line_end_within(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    text.as_bytes()[..most].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// A body that brings frontmatter of its own, to be taken for kb's, loses it.
fn without_frontmatter(body: &str) -> &str {
    let trimmed = body.trim_start_matches(['\n', '\r', '\u{feff}']);
    let mut end = 0;
    for (at, line) in trimmed.split_inclusive('\n').enumerate() {
        end += line.len();
        let is_rule = matches!(line.trim_end(), "---" | "...");
        match (at, is_rule) {
            (0, _) if line.trim_end() != "---" => return body,
            (0, _) => {}
            (2.., true) => return &trimmed[end..],
            _ if is_like_yaml(line) && at < 200 => {}
            _ => return body,
        }
    }
    body
}

fn is_like_yaml(line: &str) -> bool {
    let is_key = |key: &str| key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    line.starts_with([' ', '#', '-', '\t'])
        || line.trim().is_empty()
        || line.split_once(':').is_some_and(|(key, _)| !key.is_empty() && is_key(key))
}
