//! Rows that fit a terminal: broken between words, or cut.

use super::markdown::{Span, wrap};
use anstyle::Style;
use std::borrow::Cow;
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Harmless text, each piece in its style.
pub(super) type Pieces<'a> = [(Cow<'a, str>, Style)];

/// One row, styled, in lines of `width` columns. What stands before it takes `indent` columns, and so many spaces
/// stand before the lines that follow. A place in a file that is wider is not broken.
pub(super) fn wrapped(pieces: &Pieces<'_>, indent: usize, width: usize) -> String {
    let span = |(text, style): &(Cow<'_, str>, Style)| Span::new(text, *style);
    let spans: Vec<Span> = pieces.iter().map(span).collect();
    let lines = wrap(&spans, width.saturating_sub(indent).max(1));
    let lines: Vec<String> = lines.into_iter().map(styled).collect();
    lines.join(&format!("\n{:indent$}", ""))
}

/// One row, styled, in one line of any width.
pub(super) fn styled<T: AsRef<str>>(pieces: impl IntoIterator<Item = (T, Style)>) -> String {
    let mut text = String::new();
    for (piece, style) in pieces {
        // Writing to a String cannot fail.
        let _ = write!(text, "{style}{}{style:#}", piece.as_ref());
    }
    text
}

/// The beginning of a line, so many columns wide at most.
pub(in crate::cli) fn shortened(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut taken = 1;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    line.chars().take_while(fits).chain(['…']).collect()
}
