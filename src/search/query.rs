//! What the words on the command line mean. Knows no index.
//!
//! Words are searched together, notes with all of them first. `"a phrase"`, `-not`, `-"not this"`;
//! `tag:`, `repo:`, `path:`, `agent:` narrow the search (`tag:"two words"`, `-tag:old`); so do
//! `after:` (that moment and later) and `before:` (earlier than it), with a day (its beginning, UTC)
//! or an RFC 3339 time; `is:` names a status. Any other `name:` is a word like all others.

use crate::citation::Status;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// A query, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub(super) wanted: Vec<Text>,
    pub(super) unwanted: Vec<Text>,
    pub(super) filters: Vec<Filter>,
    pub(super) after: Option<DateTime<Utc>>,
    pub(super) before: Option<DateTime<Utc>>,
    statuses: Vec<WantedStatus>,
    suggestions: Vec<Suggestion>,
}

/// Words to be found: one, or several that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub text: String,
    pub phrase: bool,
}

/// `tag:cookies`, `-repo:flask`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    pub key: Key,
    pub value: String,
    pub not: bool,
}

/// What a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Tag,
    Repo,
    Path,
    Agent,
}

/// `is:stale`, `-is:fresh`: for the caller to apply, who can look at code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedStatus {
    /// The status that is named.
    pub status: Status,
    /// Whether notes of that status are unwanted.
    pub not: bool,
}

/// A word that may be meant as a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}:` is searched as a word; did you mean `{meant}:`?")]
pub struct Suggestion {
    /// As it was typed.
    pub typed: String,
    /// The filter that is nearest.
    pub meant: &'static str,
}

/// Why words are no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No word, no filter.
    #[error("nothing to search for")]
    Empty,
    /// `after:yesterday`
    #[error("`{field}:{value}` is no date")]
    Date {
        /// `after` or `before`.
        field: &'static str,
        /// What stood there instead of a date.
        value: String,
    },
    /// `is:nice`
    #[error("`is:{value}` is no status of a note")]
    Status {
        /// What stood there instead of a status.
        value: String,
    },
    /// `tag:` alone.
    #[error("`{field}:` says nothing to look for")]
    NoValue {
        /// The filter.
        field: &'static str,
    },
}

const FIELDS: [&str; 7] = ["tag", "repo", "path", "agent", "before", "after", "is"];

impl Query {
    /// Takes the words as given on the command line.
    pub fn parse(words: &[String]) -> Result<Query, QueryError> {
        let text = words.join(" ");
        let mut query = Query::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (item, after) = Item::next(rest);
            query.take(&item)?;
            rest = after.trim_start();
        }
        let nothing = query.wanted.is_empty()
            && query.unwanted.is_empty()
            && query.filters.is_empty()
            && query.statuses.is_empty()
            && query.after.or(query.before).is_none();
        if nothing { Err(QueryError::Empty) } else { Ok(query) }
    }

    /// The words of a text, in which no mark narrows or forbids anything; none if it holds no word.
    pub fn of_text(text: &str) -> Option<Query> {
        let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
        let wanted: Vec<Text> = words.map(|word| Text { text: word.to_owned(), phrase: false }).collect();
        (!wanted.is_empty()).then(|| Query { wanted, ..Query::default() })
    }

    /// Notes that cite a file, or a path that ends like it.
    pub fn of_path(path: &str) -> Query {
        Query { filters: vec![Filter::new(Key::Path, path, false)], ..Query::default() }
    }

    /// The same among notes about a repository of this name, if there is one.
    #[must_use]
    pub fn in_repository(mut self, name: Option<&str>) -> Query {
        self.filters.extend(name.map(|name| Filter::new(Key::Repo, name, false)));
        self
    }

    /// Which statuses are wanted: [`super::run`] does not look at code, so the caller does.
    pub fn statuses(&self) -> &[WantedStatus] {
        &self.statuses
    }

    /// Words that look like misspelt filters.
    pub fn suggestions(&self) -> &[Suggestion] {
        &self.suggestions
    }

    fn take(&mut self, item: &Item<'_>) -> Result<(), QueryError> {
        let not = item.not;
        match item.field {
            None => {
                let text = Text { text: item.text.to_owned(), phrase: item.quoted };
                if !text.text.chars().any(char::is_alphanumeric) {
                    return Ok(());
                }
                if !item.quoted {
                    self.suggest(item.text);
                }
                if not {
                    self.unwanted.push(text);
                } else {
                    self.wanted.push(text);
                }
            }
            Some(field) if item.text.trim().is_empty() => {
                return Err(QueryError::NoValue { field });
            }
            Some("tag") => self.filters.push(Filter::new(Key::Tag, item.text.trim_start_matches('#'), not)),
            Some("repo") => self.filters.push(Filter::new(Key::Repo, item.text, not)),
            Some("path") => self.filters.push(Filter::new(Key::Path, item.text, not)),
            Some("agent") => self.filters.push(Filter::new(Key::Agent, item.text, not)),
            Some("is") => self.statuses.push(WantedStatus { status: status(item.text)?, not }),
            // Not before is after, and the other way round.
            Some(field) if (field == "after") != not => {
                self.after = self.after.max(Some(date(field, item.text)?));
            }
            Some(field) => {
                let date = date(field, item.text)?;
                self.before = Some(self.before.map_or(date, |before| before.min(date)));
            }
        }
        Ok(())
    }

    fn suggest(&mut self, word: &str) {
        let Some((typed, value)) = word.split_once(':') else {
            return;
        };
        // `std::fs`, `http://` and `src/a.rs:12` are what they are.
        let plain = typed.len() >= 2 && typed.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !plain || value.is_empty() || value.starts_with([':', '/']) {
            return;
        }
        let typed = typed.to_ascii_lowercase();
        let near = FIELDS.iter().map(|field| (strsim::osa_distance(&typed, field), *field)).min();
        if let Some((distance, meant)) = near
            && distance <= 1
            && typed.len() > 2
        {
            self.suggestions.push(Suggestion { typed, meant });
        }
    }
}

impl Filter {
    fn new(key: Key, value: &str, not: bool) -> Self {
        Filter { key, value: value.trim().to_owned(), not }
    }
}

/// One word, phrase or filter.
struct Item<'a> {
    not: bool,
    field: Option<&'static str>,
    text: &'a str,
    quoted: bool,
}

impl<'a> Item<'a> {
    /// The first one of a text that does not begin with white space, and what comes after it.
    fn next(text: &'a str) -> (Item<'a>, &'a str) {
        let negated = text.strip_prefix('-').filter(|rest| rest.starts_with(|char: char| !char.is_whitespace()));
        let not = negated.is_some();
        let text = negated.unwrap_or(text);
        let field = FIELDS.iter().find_map(|field| {
            let value = text.strip_prefix(field)?.strip_prefix(':')?;
            // `path::join` is a name.
            (!value.starts_with(':')).then_some((*field, value))
        });
        let (field, text) = field.map_or((None, text), |(field, value)| (Some(field), value));
        if let Some(quoted) = text.strip_prefix('"') {
            let (text, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            return (Item { not, field, text, quoted: true }, after);
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        (Item { not, field, text: &text[..end], quoted: false }, &text[end..])
    }
}

fn status(word: &str) -> Result<Status, QueryError> {
    Status::from_word(word).ok_or_else(|| QueryError::Status { value: word.to_owned() })
}

fn date(field: &'static str, text: &str) -> Result<DateTime<Utc>, QueryError> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    time.or_else(day).ok_or_else(|| QueryError::Date { field, value: text.to_owned() })
}
