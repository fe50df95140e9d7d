//! One key of a note's frontmatter changed, every other byte as it was.

use super::frontmatter::{self, Value, yaml};
use super::write;
use std::str::FromStr;

/// What is to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `key: [a, b]`; an empty list takes the key away.
    List(&'static str, Vec<String>),
}

/// Why a note was left as it is.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    /// The frontmatter is not YAML that can be changed safely.
    #[error("its frontmatter is not YAML that can be changed without touching the rest")]
    Frontmatter,
    /// The file holds bytes that are not UTF-8, so that nothing can be told of places in it.
    #[error("it is not valid UTF-8")]
    NotUtf8,
}

/// The file's bytes with one key changed. What comes out was read again and compared: if anything
/// but the key would differ, nothing is changed and that is the error.
pub fn edit(bytes: &[u8], change: &Change) -> Result<Vec<u8>, EditError> {
    let Change::List(key, values) = change;
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = frontmatter::split(&text) else {
        return Ok(with_new_frontmatter(bytes, key, values));
    };
    // Offsets in `text` are offsets in `bytes` only as far as both are the same.
    let old = bytes.get(head.clone()).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let old = old.filter(|old| *old == &text[head.clone()]).ok_or(EditError::Frontmatter)?;
    let new = changed(old, key, values).ok_or(EditError::Frontmatter)?;
    Ok([&bytes[..head.start], new.as_bytes(), &bytes[head.end..]].concat())
}

fn changed(old: &str, key: &str, values: &[String]) -> Option<String> {
    let before = if old.trim().is_empty() { Value::Map(Vec::new()) } else { yaml(old).ok()? };
    let Value::Map(before) = before else { return None };
    let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let known = before.iter().any(|(name, _)| name == key);
    let new = if values.is_empty() && !known {
        old.to_owned()
    } else if !known {
        // A last line without a line end cannot happen: the closing `---` follows it.
        format!("{old}{key}: {}{newline}", write::list(values))
    } else if comments_inside(old, key) {
        return None;
    } else {
        let document = yaml_edit::Document::from_str(old).ok()?;
        if values.is_empty() {
            document.remove(key)?;
        } else {
            let list = yaml_edit::Document::from_str(&write::list(values)).ok()?;
            document.set(key, list.as_sequence()?);
        }
        let mut new = document.to_string();
        if !new.is_empty() && !new.ends_with('\n') {
            new.push_str(newline);
        }
        new
    };
    let after = if new.trim().is_empty() { Value::Map(Vec::new()) } else { yaml(&new).ok()? };
    let Value::Map(after) = after else { return None };
    let others = |map: &[(String, Value)]| map.iter().filter(|(name, _)| name != key).cloned().collect::<Vec<_>>();
    let wanted = (!values.is_empty()).then(|| Value::List(values.iter().cloned().map(Value::Text).collect()));
    let got = after.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let keeps_lines =
        old.lines().filter(|line| !line.trim().is_empty()).count() <= new.lines().count() + lines_of(old, key);
    (others(&before) == others(&after) && got == wanted && keeps_lines).then_some(new)
}

/// How many lines the value of a key takes: those may go.
fn lines_of(head: &str, key: &str) -> usize {
    let mut lines = head.lines().skip_while(|line| !line.starts_with(key));
    let first = usize::from(lines.next().is_some());
    first + lines.take_while(|line| line.starts_with([' ', '-', '\t', ']']) || line.is_empty()).count()
}

/// Whether a list of several lines holds comments, which would go with it.
fn comments_inside(head: &str, key: &str) -> bool {
    let lines: Vec<&str> = head.lines().skip_while(|line| !line.starts_with(key)).collect();
    let count = lines_of(head, key);
    count > 1 && lines.iter().take(count).any(|line| line.trim_start().starts_with('#') || line.contains(" #"))
}

fn with_new_frontmatter(bytes: &[u8], key: &str, values: &[String]) -> Vec<u8> {
    if values.is_empty() {
        return bytes.to_vec();
    }
    let mark: &[u8] = if bytes.starts_with("\u{feff}".as_bytes()) { "\u{feff}".as_bytes() } else { b"" };
    let rest = &bytes[mark.len()..];
    let newline = if rest.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
    let head = format!("---{newline}{key}: {}{newline}---{newline}", write::list(values));
    [mark, head.as_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, tags: &[&str], after: &str) {
        let tags = Change::List("tags", tags.iter().map(|tag| (*tag).to_owned()).collect());
        let got = edit(before.as_bytes(), &tags).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(got.as_deref(), Ok(after));
    }

    #[test]
    fn only_the_key_changes() {
        check(
            "---\na: 1 # why\ntags: [x]\n# end\n---\nbody",
            &["t", "z: 1"],
            "---\na: 1 # why\ntags: [t, \"z: 1\"]\n# end\n---\nbody",
        );
        check("---\r\na: 1\r\n---\r\nbody\r\n", &["t"], "---\r\na: 1\r\ntags: [t]\r\n---\r\nbody\r\n");
        check("no frontmatter", &["t"], "---\ntags: [t]\n---\nno frontmatter");
        check("\u{feff}# T\r\n", &["t"], "\u{feff}---\r\ntags: [t]\r\n---\r\n# T\r\n");
        check("---\ntags: [x]\nb: 2\n---\n", &[], "---\nb: 2\n---\n");
    }

    #[test]
    fn bytes_that_are_not_text_stay() {
        let tags = Change::List("tags", vec!["t".to_owned()]);
        assert_eq!(edit(b"---\na: 1\n---\n\xff\xfe", &tags), Ok(b"---\na: 1\ntags: [t]\n---\n\xff\xfe".to_vec()));
        assert_eq!(edit(b"---\na: \xff\n---\n", &tags), Err(EditError::Frontmatter));
    }

    #[test]
    fn frontmatter_that_is_not_yaml_is_left_alone() {
        let tags = Change::List("tags", vec!["t".to_owned()]);
        assert_eq!(edit(b"---\ntitle: a: b\n---\n", &tags), Err(EditError::Frontmatter));
    }
}
