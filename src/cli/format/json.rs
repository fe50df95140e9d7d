//! JSON: one object, one line, and no character that a terminal would obey.

use super::View;
use crate::invisible;
use crate::view::{ErrorView, FORMAT};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

/// Prints a view as one object.
pub(super) fn print(view: &View, out: &mut dyn Write) -> io::Result<()> {
    match view {
        View::Search(view) => object(view, out),
        View::List(view) => object(view, out),
        View::Check(view) | View::Annotations(view) => object(view, out),
        View::Show(view, _) | View::Saved(view) => object(view, out),
        View::Ask(view) => object(view, out),
        View::Event(view) => object(view, out),
        View::Jobs(view) => object(view, out),
        View::Plan(view) => object(view, out),
        View::Agents(view) => object(view, out),
        View::Job(view) => object(view, out),
        View::Context { view, .. } => object(view, out),
        View::Where(view, _) => object(view, out),
        View::Files(view) => object(view, out),
        View::Log(view) => object(view, out),
        View::Diff(view) => object(view, out),
        View::Compare(view) => object(view, out),
        View::Related(view) => object(view, out),
        View::Ids(ids) => object(&Lines { format: FORMAT, ids: Some(ids), paths: None }, out),
        View::Paths(paths) => object(&Lines { format: FORMAT, ids: None, paths: Some(paths) }, out),
        View::AndThen(view, _) | View::AsJson(view) => print(view, out),
        View::Plain(text) => out.write_all(text.as_bytes()),
    }
}

/// Prints a failure.
pub(super) fn error(error: &ErrorView, out: &mut dyn Write) -> io::Result<()> {
    object(&Failed { format: FORMAT, error }, out)
}

#[derive(Serialize)]
struct Failed<'a> {
    format: u32,
    error: &'a ErrorView,
}

#[derive(Serialize)]
struct Lines<'a> {
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<&'a [String]>,
}

fn object(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Visible(CompactFormatter)))?;
    text.push(b'\n');
    out.write_all(&text)
}

/// Writes what cannot be seen, or what a terminal obeys, as `\uXXXX`.
struct Visible(CompactFormatter);

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| invisible::must_be_escaped(*c)) {
            self.0.write_string_fragment(out, &fragment[plain..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        self.0.write_string_fragment(out, &fragment[plain..])
    }
}
