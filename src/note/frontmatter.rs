//! The YAML between two `---` lines, kb's own and anybody's: read as far as it can be.

use super::{AgentStamp, Complaint, Head, Id, Note, Usage, entry, title};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::ops::Range;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// See [`Note::parse`].
pub(super) fn parse(bytes: &[u8]) -> (Note, Vec<Complaint>) {
    let mut complaints = Vec::new();
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        complaints.push(Complaint::NotUtf8);
    }
    let text = text.into_owned();
    let (frontmatter, body) = match split(&text) {
        Some((frontmatter, body)) => (&text[frontmatter], body),
        None => ("", start_of_text(&text)),
    };
    let (mut head, complaint) = read(frontmatter);
    complaints.extend(complaint);
    title::derive(&mut head, &text[body..]);
    entry::derive_citations(&mut head, &text[body..]);
    let body = body..text.len();
    (Note { head, text, body }, complaints)
}

/// Where the frontmatter stands (without its `---` lines) and where the body begins; none if there
/// is no frontmatter.
pub(super) fn split(text: &str) -> Option<(Range<usize>, usize)> {
    let start = start_of_text(text);
    let mut lines = text[start..].split_inclusive('\n');
    let opening = lines.next().filter(|line| line.trim_end() == "---" && line.ends_with('\n'))?;
    let first = start + opening.len();
    let mut at = first;
    for line in lines {
        if matches!(line.trim_end(), "---" | "...") {
            return Some((first..at, at + line.len()));
        }
        at += line.len();
    }
    None
}

fn start_of_text(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// Frontmatter as a value; what cannot be read as YAML is looked at line by line, and said.
pub(super) fn read(frontmatter: &str) -> (Head, Option<Complaint>) {
    if frontmatter.trim().is_empty() {
        return (Head::default(), None);
    }
    match yaml(frontmatter) {
        Ok(Value::Map(map)) => (head(&map, frontmatter), None),
        Ok(_) => (Head::default(), Some(Complaint::Frontmatter("it is not a list of keys".to_owned()))),
        Err(reason) => (head(&line_by_line(frontmatter), frontmatter), Some(Complaint::Frontmatter(reason))),
    }
}

/// Any YAML, within bounds: nesting, aliases and size are limited, and the last of two equal keys
/// counts. The error is one line.
pub(super) fn yaml(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 20_000, max_depth: 64, max_aliases: 100 },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
}

fn head(map: &[(String, Value)], frontmatter: &str) -> Head {
    let value = |key: &str| map.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value);
    let text = |key: &str| value(key).and_then(Value::text);
    let list = |key: &str| value(key).map(Value::texts).unwrap_or_default();
    let agent_map = match value("agent") {
        Some(Value::Map(map)) => map.as_slice(),
        _ => &[],
    };
    let of_agent = |key: &str| agent_map.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.text());
    Head {
        id: id(value("id"), frontmatter),
        title: text("title").unwrap_or_default(),
        question: text("question"),
        created: text("created").or_else(|| text("date")).and_then(|text| moment(&text)),
        origin: text("origin"),
        agent: text("agent").or_else(|| of_agent("name")).map(|name| AgentStamp {
            name,
            version: text("agent_version").or_else(|| of_agent("version")),
            model: text("model").or_else(|| of_agent("model")),
            session: text("session").or_else(|| of_agent("session")),
        }),
        wall: text("wall"),
        subjects: list("subjects").iter().filter_map(|text| entry::subject(text)).collect(),
        citations: match value("citations") {
            Some(Value::List(items)) => items.iter().filter_map(entry::citation).collect(),
            _ => Vec::new(),
        },
        unknown_names: list("unknown_names"),
        usage: text("usage").map(|text| usage(&text)).unwrap_or_default(),
        not_found: matches!(value("not_found"), Some(Value::Bool(true))),
        tags: tags(value("tags")),
        follows: text("follows"),
        with: list("with"),
        revision: text("revision").and_then(|text| text.parse().ok()),
        refreshed: text("refreshed").and_then(|text| moment(&text)),
    }
}

/// An id that YAML takes for a number is the text that stands there.
fn id(value: Option<&Value>, frontmatter: &str) -> Option<Id> {
    let text = match value? {
        Value::Text(text) => text.trim().to_owned(),
        Value::Number(_) => {
            let line = frontmatter.lines().rev().find_map(|line| line.strip_prefix("id:"))?;
            line.split(" #").next().unwrap_or_default().trim().to_owned()
        }
        _ => return None,
    };
    let fits = !text.is_empty() && text.len() <= 100 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    fits.then(|| Id::new(text))
}

fn tags(value: Option<&Value>) -> Vec<String> {
    let texts = match value {
        Some(Value::Text(text)) => text.split([',', ' ']).map(str::to_owned).collect(),
        Some(value) => value.texts(),
        None => Vec::new(),
    };
    let mut tags: Vec<String> = Vec::new();
    for text in texts {
        let tag = text.trim().trim_start_matches('#');
        if !tag.is_empty() && !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

fn usage(text: &str) -> Usage {
    let value = |key: &str| text.split(' ').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    Usage {
        input: value("in").and_then(|text| text.parse().ok()),
        output: value("out").and_then(|text| text.parse().ok()),
        usd: value("usd").and_then(|text| text.parse().ok()),
        seconds: value("seconds").and_then(|text| text.parse().ok()),
    }
}

/// A point in time in the forms that note tools write; without a zone it is taken for UTC.
pub fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, form) {
            return Some(moment.and_utc());
        }
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%dT%H:%M:%S%.f%z"] {
        if let Ok(moment) = DateTime::parse_from_str(text, form) {
            return Some(moment.to_utc());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|moment| moment.and_utc())
}

/// What lines alone give of frontmatter that is not YAML: `key: value`, `key: [a, b]` and lists.
fn line_by_line(frontmatter: &str) -> Vec<(String, Value)> {
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let mut map: Vec<(String, Value)> = Vec::new();
    for line in frontmatter.lines() {
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            if let Some((_, Value::List(items))) = map.last_mut() {
                items.push(Value::Text(unquoted(item)));
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        if key.is_empty() || key.contains(char::is_whitespace) {
            continue;
        }
        let value = value.trim();
        let value = if value.is_empty() {
            Value::List(Vec::new())
        } else if let Some(inside) = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) {
            Value::List(inside.split(',').map(|item| Value::Text(unquoted(item))).collect())
        } else {
            Value::Text(unquoted(value))
        };
        map.push((key.to_owned(), value));
    }
    map
}

/// Any YAML value, as far as kb looks at it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A scalar as text.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The scalars of a list; a scalar alone is a list of one.
    fn texts(&self) -> Vec<String> {
        match self {
            Value::List(items) => items.iter().filter_map(Value::text).collect(),
            other => other.text().into_iter().collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
            map.push((key.text().unwrap_or_default(), value));
        }
        Ok(Value::Map(map))
    }
}
