//! One line of `subjects` or `citations` in frontmatter: the thing itself, then `key=value` or a
//! mark, with space and `%` percent-encoded.

use super::Head;
use super::frontmatter::Value;
use crate::citation::{self, Broken, Citation, Held, Lines, Seen};
use crate::subject::{Kind, Pinned};
use std::collections::HashSet;
use std::fmt::Write;

/// An entry as it is taken apart.
struct Parts<'a> {
    thing: String,
    pairs: Vec<(&'a str, String)>,
    marks: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let thing = decode(words.next()?);
        let (mut pairs, mut marks) = (Vec::new(), Vec::new());
        for word in words {
            match word.split_once('=') {
                Some((key, value)) => pairs.push((key, decode(value))),
                None => marks.push(word),
            }
        }
        Some(Self { thing, pairs, marks })
    }

    fn value(&self, key: &str) -> Option<String> {
        self.pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn mark(&self, mark: &str) -> bool {
        self.marks.contains(&mark)
    }
}

/// Reads an entry of `subjects`.
pub(super) fn subject(text: &str) -> Option<Pinned> {
    let parts = Parts::of(text)?;
    let kind = if let Some(package) = parts.value("package") {
        Kind::Package { package, sha256: parts.value("sha256") }
    } else if parts.value("git").is_some() || parts.value("commit").is_some() || parts.mark("git") {
        Kind::Git {
            remote: parts.value("git"),
            commit: parts.value("commit"),
            root: parts.value("root"),
            folder: parts.value("folder"),
        }
    } else {
        Kind::Folder
    };
    let dirty = parts.mark("dirty");
    Some(Pinned { name: parts.thing, kind, dirty })
}

/// Writes an entry of `subjects`.
pub(super) fn subject_text(pinned: &Pinned) -> String {
    let mut text = encode(&pinned.name);
    let mut pair = |key: &str, value: Option<&String>| {
        if let Some(value) = value {
            let _ = write!(text, " {key}={}", encode(value));
        }
    };
    match &pinned.kind {
        Kind::Git { remote, commit, root, folder } => {
            pair("git", remote.as_ref());
            pair("commit", commit.as_ref());
            pair("root", root.as_ref());
            pair("folder", folder.as_ref());
            if remote.is_none() && commit.is_none() {
                text.push_str(" git");
            }
        }
        Kind::Package { package, sha256 } => {
            pair("package", Some(package));
            pair("sha256", sha256.as_ref());
        }
        Kind::Folder => {}
    }
    if pinned.dirty {
        text.push_str(" dirty");
    }
    text
}

/// Reads an entry of `citations`: kb's own line, or another tool's map of `path` and `lines`.
pub(super) fn citation(value: &Value) -> Option<Citation> {
    if let Value::Map(map) = value {
        let text = |key: &str| map.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.text());
        let path = text("path")?;
        let lines = text("lines").or_else(|| text("line"))?.parse().ok()?;
        return Some(Citation { subject: None, path, lines, seen: Seen::Unverified, weak: false });
    }
    let text = value.text()?;
    let parts = Parts::of(&text)?;
    let (subject, place) = match parts.thing.split_once("//") {
        Some((subject, place)) => (Some(subject.to_owned()), place),
        None => (None, parts.thing.as_str()),
    };
    let (path, lines) = place.rsplit_once(':')?;
    let lines: Lines = lines.parse().ok()?;
    let seen = if let Some(word) = parts.value("broken") {
        Seen::Broken(Broken::from_word(&word).unwrap_or(Broken::NoSuchFile))
    } else if let Some(blob) = parts.value("blob") {
        let text = parts.value("text").unwrap_or_default();
        Seen::Held(Held { blob, text, code: parts.value("code"), within: parts.value("in") })
    } else {
        Seen::Unverified
    };
    Some(Citation { subject, path: path.to_owned(), lines, seen, weak: parts.mark("weak") })
}

/// Writes an entry of `citations`.
pub(super) fn citation_text(citation: &Citation) -> String {
    let mut text = String::new();
    if let Some(subject) = &citation.subject {
        let _ = write!(text, "{}//", encode(subject));
    }
    let _ = write!(text, "{}:{}", encode(&citation.path), citation.lines);
    match &citation.seen {
        Seen::Held(held) => {
            let _ = write!(text, " blob={}", held.blob);
            if !held.text.is_empty() {
                let _ = write!(text, " text={}", held.text);
            }
            if let Some(code) = &held.code {
                let _ = write!(text, " code={code}");
            }
            if let Some(within) = &held.within {
                let _ = write!(text, " in={}", encode(within));
            }
        }
        Seen::Broken(broken) => {
            let _ = write!(text, " broken={}", broken.word());
        }
        Seen::Unverified => {}
    }
    if citation.weak {
        text.push_str(" weak");
    }
    text
}

/// A note that lists no citations has those of its body, which nobody has looked at.
pub(super) fn derive_citations(head: &mut Head, body: &str) {
    if !head.citations.is_empty() {
        return;
    }
    let mut known = HashSet::new();
    for found in citation::find(body) {
        if known.len() < MOST_CITATIONS && known.insert((found.subject.clone(), found.path.clone(), found.lines)) {
            let citation::Found { subject, path, lines, .. } = found;
            head.citations.push(Citation { subject, path, lines, seen: Seen::Unverified, weak: false });
        }
    }
}

/// More citations than that are no text that a person wrote.
const MOST_CITATIONS: usize = 2_000;

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '%' || c == ' ' || c.is_control() || c.is_whitespace() || crate::invisible::must_be_escaped(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn decode(text: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_name_survives_being_written(name in "\\PC{1,20}|[ -~\\n\\t\u{202e}]{1,20}") {
            prop_assert_eq!(decode(&encode(&name)), name);
        }

        #[test]
        fn a_citation_survives_being_written(path in "[a-zA-Z0-9_./ %=#:-]{1,30}", first in 1u32..9999, more in 0u32..200, kind in 0..3) {
            prop_assume!(!path.contains("//"));
            let seen = match kind {
                0 => Seen::Unverified,
                1 => Seen::Broken(Broken::Ambiguous),
                _ => Seen::Held(Held { blob: "abc".into(), text: "def".into(), code: Some("012".into()), within: Some("A.b c".into()) }),
            };
            let citation = Citation { subject: None, path, lines: Lines::new(first, first + more).unwrap(), seen, weak: first % 2 == 0 };
            let text = citation_text(&citation);
            prop_assert_eq!(super::citation(&Value::Text(text)), Some(citation));
        }
    }
}
