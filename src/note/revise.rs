//! A note's next text: kb's own keys say what the new answer says, every other line of the
//! frontmatter stays as it is.

use super::frontmatter::{self, Value, yaml};
use super::{Draft, Id, Note};
use chrono::{DateTime, SecondsFormat, Utc};

/// Keys that a new answer gives anew, or leaves out.
const ANSWERED: [&str; 17] = [
    "kb",
    "question",
    "title",
    "origin",
    "agent",
    "agent_version",
    "model",
    "session",
    "wall",
    "subjects",
    "citations",
    "unknown_names",
    "not_found",
    "usage",
    "with",
    "revision",
    "refreshed",
];

/// The text of a note asked again: `draft` as revision `revision` of the note whose file is `old`. Its id,
/// `created`, tags, `follows`, foreign keys, comments, line ends and byte-order mark stay. Where the old
/// frontmatter is not YAML, only what kb reads of it can stay.
pub fn revise(old: &[u8], draft: &Draft, id: &Id, revision: u32, now: DateTime<Utc>) -> String {
    let (note, _) = Note::parse(old);
    let draft = Draft { tags: note.head.tags.clone(), follows: note.head.follows.clone(), ..draft.clone() };
    let text = draft.text(id, note.head.created.unwrap_or(now));
    let (head, body) =
        frontmatter::split(&text).map_or(("", text.as_str()), |(head, body)| (&text[head], &text[body..]));
    let refreshed = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let new = format!("{head}revision: {revision}\nrefreshed: {refreshed}\n");
    let head = note.frontmatter().and_then(|old| merged(old, &new)).unwrap_or(new);
    let text = format!("---\n{}---\n{body}", head.replace("\r\n", "\n"));
    let text = if note.text.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text };
    if note.text.starts_with('\u{feff}') { format!("\u{feff}{text}") } else { text }
}

/// The old frontmatter with the new answers in the places of the old ones. None if what comes out does not
/// say exactly that.
fn merged(old: &str, new: &str) -> Option<String> {
    let (old_pieces, new_pieces) = (pieces(old), pieces(new));
    let mut out = String::new();
    for piece in &old_pieces {
        match new_pieces.iter().find(|new| new.key == piece.key) {
            _ if !ANSWERED.contains(&piece.key) => out.push_str(piece.text),
            Some(new) => out.push_str(new.text),
            None => {}
        }
    }
    let added = new_pieces.iter().filter(|new| old_pieces.iter().all(|old| old.key != new.key));
    out.extend(added.map(|piece| piece.text));
    let (before, answers, after) = (map(old)?, map(new)?, map(&out)?);
    let value = |map: &[(String, Value)], key: &str| {
        map.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let wanted = |key: &str| match ANSWERED.contains(&key) {
        true => value(&answers, key),
        false => value(&before, key).or_else(|| value(&answers, key)),
    };
    let says_so = |key: &String| value(&after, key) == wanted(key);
    let mut keys = before.iter().chain(&answers).chain(&after).map(|(key, _)| key);
    keys.all(says_so).then_some(out)
}

fn map(text: &str) -> Option<Vec<(String, Value)>> {
    match yaml(text).ok()? {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// A key with its value, or lines between keys (an empty key).
struct Piece<'a> {
    key: &'a str,
    text: &'a str,
}

fn pieces(head: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in head.split_inclusive('\n') {
        let goes_on = line.trim().is_empty() || line.starts_with([' ', '\t', '-', ']', '}']);
        if at > start && !goes_on {
            pieces.push(piece(&head[start..at]));
            start = at;
        }
        at += line.len();
    }
    if at > start {
        pieces.push(piece(&head[start..]));
    }
    pieces
}

fn piece(text: &str) -> Piece<'_> {
    let key = match text.split_once(':') {
        Some((key, _)) if !text.starts_with('#') => key.trim().trim_matches(['"', '\'']),
        _ => "",
    };
    Piece { key, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revised(old: &str) -> String {
        let draft =
            Draft { question: Some("why".to_owned()), origin: "agent", body: "# New\n".to_owned(), ..Draft::default() };
        let now = DateTime::from_timestamp(0, 0).unwrap_or_default();
        revise(old.as_bytes(), &draft, &Id::new("k7f3qdm2"), 2, now)
    }

    #[test]
    fn foreign_lines_stay_and_answers_change() {
        assert_eq!(
            revised(
                "---\n# mine\nid: k7f3qdm2 # keep\nquestion: how\nstars:\n  - a\n  # b\nwall: none\ncreated: 2020-01-01\ntags:\n- x\n---\n# Old\n"
            ),
            "---\n# mine\nid: k7f3qdm2 # keep\nquestion: why\nstars:\n  - a\n  # b\ncreated: 2020-01-01\ntags:\n- x\nkb: 1\norigin: agent\nrevision: 2\nrefreshed: 1970-01-01T00:00:00Z\n---\n# New\n"
        );
    }

    #[test]
    fn line_ends_and_a_mark_stay() {
        assert_eq!(
            revised("\u{feff}---\r\nid: k7f3qdm2\r\nmine: 1\r\n---\r\nold\r\n"),
            "\u{feff}---\r\nid: k7f3qdm2\r\nmine: 1\r\nkb: 1\r\nquestion: why\r\ncreated: 1970-01-01T00:00:00Z\r\norigin: agent\r\nrevision: 2\r\nrefreshed: 1970-01-01T00:00:00Z\r\n---\r\n# New\r\n"
        );
    }

    #[test]
    fn what_is_no_yaml_gives_what_it_can() {
        let text = revised("---\ntags: [x]\ntitle: a: b\n---\nold\n");
        assert!(
            text.starts_with("---\nkb: 1\nid: k7f3qdm2\nquestion: why\n") && text.contains("tags: [x]\n"),
            "{text}"
        );
        assert!(revised("no frontmatter\n").ends_with("revision: 2\nrefreshed: 1970-01-01T00:00:00Z\n---\n# New\n"));
    }
}
