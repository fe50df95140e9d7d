//! A file that was read to resolve or check citations: its lines, hashes and definitions.

use super::{Held, Lines};
use crate::scout::Outline;
use crate::subject::blob_id;
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::OnceLock;

/// A file as it was read once.
pub(super) struct File {
    path: String,
    blob: String,
    text: String,
    /// Where each line stands, without its line end.
    lines: Vec<Range<usize>>,
    outline: OnceLock<Option<Outline>>,
}

/// Larger files are compared as text alone: a grammar takes seconds for them.
const LARGEST_PARSED: usize = 2 << 20;

impl File {
    pub(super) fn of(path: &str, bytes: &[u8]) -> Self {
        let blob = blob_id(bytes)[..12].to_owned();
        Self::with_blob(path, bytes, blob)
    }

    /// The same where git's id is known.
    pub(super) fn with_blob(path: &str, bytes: &[u8], blob: String) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let start = text.as_ptr() as usize;
        let lines = text.lines().map(|line| {
            let at = line.as_ptr() as usize - start;
            at..at + line.len()
        });
        let lines = lines.collect();
        Self { path: path.to_owned(), blob, text, lines, outline: OnceLock::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// First 12 digits of git's id of the file.
    pub(super) fn blob(&self) -> &str {
        &self.blob
    }

    /// How many lines it has.
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    /// A line, counted from 0; nothing behind the last.
    pub(super) fn line(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", |line| &self.text[line.clone()])
    }

    pub(super) fn lines(&self) -> Vec<&str> {
        self.lines.iter().map(|line| &self.text[line.clone()]).collect()
    }

    /// Cited lines, if the file has them all.
    pub(super) fn cited(&self, lines: Lines) -> Option<Vec<&str>> {
        let range = self.lines.get(lines.first() as usize - 1..lines.last() as usize)?;
        Some(range.iter().map(|line| &self.text[line.clone()]).collect())
    }

    /// Its definitions, where scout knows the language.
    pub(super) fn outline(&self) -> Option<&Outline> {
        let parse = || {
            let small = self.text.len() <= LARGEST_PARSED;
            small.then(|| Outline::of(&self.path, self.text.as_bytes())).flatten()
        };
        self.outline.get_or_init(parse).as_ref()
    }

    /// What is hashed as `code`: the tokens of these lines.
    pub(super) fn code(&self, lines: Lines) -> Option<String> {
        // Lines without a token, a comment say, have only their text.
        let code = self.outline()?.code(lines.first(), lines.last()).filter(|code| !code.is_empty())?;
        Some(first_digits(&Sha256::digest(code.as_bytes()), 16))
    }

    /// The same without what formatters add: what `code` would be, had they not been there.
    pub(super) fn plain_code(&self, lines: Lines) -> Option<String> {
        let plain = self.outline()?.plain(lines.first(), lines.last());
        let text: Vec<&str> = plain.iter().map(|token| token.text.as_ref()).collect();
        (!text.is_empty()).then(|| first_digits(&Sha256::digest(text.join("\0").as_bytes()), 16))
    }

    /// The definition around lines.
    pub(super) fn within(&self, lines: Lines) -> Option<&str> {
        self.outline()?.definition_at(lines.first(), lines.last())
    }

    /// What a citation of these lines, which the file has, keeps of them.
    pub(super) fn held(&self, lines: Lines) -> Held {
        Held {
            blob: self.blob.clone(),
            text: text_hash(&self.cited(lines).unwrap_or_default()),
            code: self.code(lines),
            within: self.within(lines).map(str::to_owned),
        }
    }
}

/// The first 16 hex digits of SHA-256 over lines of a file, each without trailing white space,
/// joined by line feeds.
pub(super) fn text_hash(lines: &[&str]) -> String {
    let mut hash = Sha256::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            hash.update(b"\n");
        }
        hash.update(line.trim_end().as_bytes());
    }
    first_digits(&hash.finalize(), 16)
}

fn first_digits(hash: &[u8], digits: usize) -> String {
    use std::fmt::Write;
    hash.iter().take(digits / 2).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
