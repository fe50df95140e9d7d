//! A new note's text: frontmatter that every YAML reader takes, then the body as it is.

use super::{AgentStamp, Id, Usage, entry, title};
use crate::citation::Citation;
use crate::invisible;
use crate::subject::Pinned;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write;

/// A note that is about to be written. Absent values leave no key behind.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What was asked.
    pub question: Option<String>,
    /// Used where the body has no heading.
    pub title: Option<String>,
    /// `agent`, `human` or `import`.
    pub origin: &'static str,
    /// Who answered.
    pub agent: Option<AgentStamp>,
    /// Which wall stood.
    pub wall: Option<String>,
    /// What it is about.
    pub subjects: Vec<Pinned>,
    /// What it cites, best first.
    pub citations: Vec<Citation>,
    /// Names that exist nowhere in the code.
    pub unknown_names: Vec<String>,
    /// What it cost.
    pub usage: Usage,
    /// The answer is that it is not there.
    pub not_found: bool,
    /// Free words.
    pub tags: Vec<String>,
    /// The note that it follows up.
    pub follows: Option<String>,
    /// Ids of the notes that went along as context.
    pub with: Vec<String>,
    /// The markdown.
    pub body: String,
}

impl Draft {
    /// The file's text, for a note of this id made at this time.
    pub fn text(&self, id: &Id, created: DateTime<Utc>) -> String {
        let mut out = String::from("---\nkb: 1\n");
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(out, "{key}: {value}");
        };
        line("id", id.as_str());
        if let Some(question) = &self.question {
            line("question", &scalar(question));
        }
        if let Some(title) = self.title.as_ref().filter(|_| title::first_heading(&self.body).is_none()) {
            line("title", &scalar(title));
        }
        line("created", &created.to_rfc3339_opts(SecondsFormat::Secs, true));
        line("origin", self.origin);
        if let Some(agent) = &self.agent {
            line("agent", &scalar(&agent.name));
            for (key, value) in
                [("agent_version", &agent.version), ("model", &agent.model), ("session", &agent.session)]
            {
                if let Some(value) = value {
                    // A version may look like a number, a session like anything.
                    line(key, &if key == "model" { scalar(value) } else { quoted(value) });
                }
            }
        }
        if let Some(wall) = &self.wall {
            line("wall", &scalar(wall));
        }
        block(&mut out, "subjects", self.subjects.iter().map(entry::subject_text));
        block(&mut out, "citations", self.citations.iter().map(entry::citation_text));
        flow(&mut out, "unknown_names", &self.unknown_names);
        if self.not_found {
            out.push_str("not_found: true\n");
        }
        if let Some(usage) = usage(&self.usage) {
            let _ = writeln!(out, "usage: {usage}");
        }
        flow(&mut out, "tags", &self.tags);
        if let Some(follows) = &self.follows {
            let _ = writeln!(out, "follows: {}", scalar(follows));
        }
        flow(&mut out, "with", &self.with);
        out.push_str("---\n");
        out.push_str(&self.body);
        if !self.body.ends_with('\n') {
            out.push('\n');
        }
        out
    }
}

fn block(out: &mut String, key: &str, entries: impl Iterator<Item = String>) {
    for (at, entry) in entries.enumerate() {
        if at == 0 {
            let _ = writeln!(out, "{key}:");
        }
        let _ = writeln!(out, "  - {}", scalar(&entry));
    }
}

fn flow(out: &mut String, key: &str, values: &[String]) {
    if !values.is_empty() {
        let _ = writeln!(out, "{key}: {}", list(values));
    }
}

/// A list in one line, `[a, "b: c"]`.
pub(super) fn list(values: &[String]) -> String {
    let items: Vec<String> = values
        .iter()
        .map(|value| if value.contains([',', '[', ']', '{', '}']) { quoted(value) } else { scalar(value) })
        .collect();
    format!("[{}]", items.join(", "))
}

fn usage(usage: &Usage) -> Option<String> {
    let mut parts = Vec::new();
    let mut part = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            parts.push(format!("{key}={value}"));
        }
    };
    part("in", usage.input.map(|value| value.to_string()));
    part("out", usage.output.map(|value| value.to_string()));
    part("usd", usage.usd.map(|value| value.to_string()));
    part("seconds", usage.seconds.map(|value| value.to_string()));
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// One line of YAML that every reader takes for exactly this text: plain where that is safe in
/// every version of YAML, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let first_is_plain = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '/');
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    let breaks = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    let foreign = text.chars().any(|c| c.is_control() || invisible::must_be_escaped(c) || is_line_break(c));
    if first_is_plain && !word && !breaks && !foreign { text.to_owned() } else { quoted(text) }
}

/// Line breaks of old YAML versions.
fn is_line_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || invisible::must_be_escaped(c) || is_line_break(c) => {
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::frontmatter::{Value, yaml};
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str) {
        assert_eq!(
            yaml(&format!("key: {}\n", scalar(text))),
            Ok(Value::Map(vec![("key".into(), Value::Text(text.into()))]))
        );
    }

    #[test]
    fn text_that_yaml_takes_for_something_else_is_quoted() {
        for text in [
            "no",
            "1e5",
            "2026-11-24",
            "~",
            "",
            " x",
            "x ",
            "a: b",
            "a #b",
            "@me",
            "[a",
            "- a",
            "x:",
            "\u{202e}x",
            "a\nb",
        ] {
            check(text);
        }
    }

    proptest! {
        #[test]
        fn a_scalar_is_read_back_as_it_was(text in "\\PC*|[ -~\\n\\t\u{85}\u{2028}\u{202e}\u{feff}]*") {
            check(&text);
        }
    }
}
