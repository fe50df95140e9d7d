//! The tokens in a login file: what they are, when they end, whose they are, and how they are
//! exchanged without touching another byte.

use crate::agent::{Expiry, Login};
use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// A token that still holds so much longer than a job may take is good for the job.
const SPARE: Duration = Duration::from_mins(10);
/// No token is longer, in bytes.
const LONGEST: usize = 64 << 10;
/// Deeper values name no account.
const DEEPEST: u32 = 16;
/// Keys, in small letters and without marks, whose values say whose login it is.
const ACCOUNT: [&str; 12] = [
    "accountid",
    "accountuuid",
    "chatgptaccountid",
    "chatgptuserid",
    "organizationid",
    "organizationuuid",
    "userid",
    "user",
    "email",
    "emailaddress",
    "login",
    "sub",
];

/// A login file as it was read.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) text: String,
    pub(super) json: Value,
}

impl Stored {
    /// None where it is not JSON.
    pub(super) fn parse(bytes: Vec<u8>) -> Option<Self> {
        let text = String::from_utf8(bytes).ok()?;
        let json = serde_json::from_str(&text).ok()?;
        Some(Self { text, json })
    }

    /// The access token, where there is one.
    pub(super) fn access(&self, login: &Login) -> Option<&str> {
        token(&self.json, login.access)
    }

    /// The refresh token, where there is one.
    pub(super) fn refresh(&self, login: &Login) -> Option<&str> {
        token(&self.json, login.refresh)
    }

    /// Whether some text stands where its tokens belong, however deep: some services have several.
    pub(super) fn is_there(&self, login: &Login) -> bool {
        // Where no place is named, all of the file is the login.
        let below = |path: &[&str]| path.iter().try_fold(&self.json, |value, key| value.get(key));
        let refresh = Some(login.refresh).filter(|path| !path.is_empty());
        [Some(login.access), refresh].into_iter().flatten().filter_map(below).any(has_text)
    }

    /// Both, as one value to compare.
    pub(super) fn pair(&self, login: &Login) -> (Option<&str>, Option<&str>) {
        (self.access(login), self.refresh(login))
    }

    /// When the access token ends; none: it does not say, or never.
    pub(super) fn ends(&self, login: &Login) -> Option<DateTime<Utc>> {
        match login.expiry {
            Expiry::Milliseconds(path) => DateTime::from_timestamp_millis(at(&self.json, path)?.as_i64()?),
            Expiry::Jwt => DateTime::from_timestamp(claims(self.access(login)?)?.get("exp")?.as_i64()?, 0),
            Expiry::Never => None,
        }
    }

    /// Whether the access token outlives a job that may take so long.
    pub(super) fn good_for(&self, login: &Login, now: DateTime<Utc>, time_limit: Duration) -> bool {
        let until = chrono::TimeDelta::from_std(time_limit.saturating_add(SPARE));
        let until = until.ok().and_then(|wait| now.checked_add_signed(wait));
        matches!(login.expiry, Expiry::Never) || until.zip(self.ends(login)).is_some_and(|(until, ends)| ends > until)
    }

    /// What a private home gets: no tokens of other services, and the refresh token only if said so.
    pub(super) fn seed(&self, login: &Login, with_refresh: bool) -> String {
        let mut json = self.json.clone();
        if let Some(map) = json.as_object_mut() {
            map.retain(|key, _| !key.to_lowercase().contains("mcp"));
        }
        if !with_refresh && let Some(refresh) = at_mut(&mut json, login.refresh) {
            *refresh = Value::String(String::new());
        }
        json.to_string()
    }

    /// Whether `new` holds another pair, whole, of the same account, that ends no sooner.
    pub(super) fn is_renewed_by(&self, login: &Login, new: &Self) -> bool {
        let whole = new.access(login).is_some() && new.refresh(login).is_some();
        let later = match login.expiry {
            Expiry::Never => true,
            _ => new.ends(login).is_some_and(|ends| self.ends(login).is_none_or(|old| ends >= old)),
        };
        whole && later && new.pair(login) != self.pair(login) && same_account(&self.json, &new.json)
    }

    /// This text with the renewed values of `new` in place of its own, every other byte as it was.
    pub(super) fn with_tokens_of(&self, login: &Login, new: &Self) -> Option<String> {
        let mut paths = vec![login.access, login.refresh];
        paths.extend(match login.expiry {
            Expiry::Milliseconds(path) => Some(path),
            Expiry::Jwt | Expiry::Never => None,
        });
        paths.extend(login.renewed);
        // A description may name a place twice; a span can be replaced once.
        paths.sort_unstable();
        paths.dedup();
        let mut expected = self.json.clone();
        let mut splices = Vec::new();
        for path in paths {
            let usable = at(&new.json, path).filter(|value| match value {
                Value::String(text) => !text.is_empty() && text.len() <= LONGEST,
                Value::Number(_) => true,
                _ => false,
            });
            if let (Some(value), Some(target)) = (usable, at_mut(&mut expected, path)) {
                *target = value.clone();
                splices.push((span(&self.text, path)?, value.to_string()));
            }
        }
        splices.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let mut text = self.text.clone();
        for (span, value) in splices {
            text.replace_range(span, &value);
        }
        let read_again: Value = serde_json::from_str(&text).ok()?;
        (read_again == expected).then_some(text)
    }
}

fn has_text(json: &Value) -> bool {
    match json {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(all) => all.iter().any(has_text),
        Value::Object(all) => all.values().any(has_text),
        _ => false,
    }
}

fn at<'a>(json: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(json, |value, key| value.get(key)).filter(|_| !path.is_empty())
}

fn at_mut<'a>(json: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    if path.is_empty() {
        return None;
    }
    path.iter().try_fold(json, |value, key| value.get_mut(key))
}

fn token<'a>(json: &'a Value, path: &[&str]) -> Option<&'a str> {
    let usable = |token: &&str| !token.trim().is_empty() && token.len() <= LONGEST && !token.contains(char::is_control);
    at(json, path)?.as_str().filter(usable)
}

/// Where the value of this path stands in a text that is JSON; of a key that is there twice, the last.
fn span(text: &str, path: &[&str]) -> Option<Range<usize>> {
    let mut span = 0..text.len();
    for wanted in path {
        let mut found = None;
        let mut at = after(text, span.start, '{')?;
        while let Some(key) = value_at(text, at).filter(|_| after(text, at, '}').is_none()) {
            let value = value_at(text, after(text, key.end, ':')?)?;
            if serde_json::from_str::<String>(&text[key]).ok()? == *wanted {
                found = Some(value.clone());
            }
            at = after(text, value.end, ',').unwrap_or(value.end);
        }
        span = found?;
    }
    Some(span)
}

/// Behind this mark, if it is what comes next.
fn after(text: &str, at: usize, mark: char) -> Option<usize> {
    text[at..].trim_start().strip_prefix(mark).map(|rest| text.len() - rest.len())
}

fn value_at(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text.len() - text[at..].trim_start().len();
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(start..start + values.byte_offset())
}

/// What a JWT claims; not checked, only compared.
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&decoded(claims)?).ok()
}

/// The base64 of URLs, with or without padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// Whatever both of them say about whose login it is, is the same.
fn same_account(old: &Value, new: &Value) -> bool {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    accounts(old, "", 0, &mut before);
    accounts(new, "", 0, &mut after);
    before.iter().all(|(path, account)| after.get(path).is_none_or(|other| other == account))
}

fn accounts(value: &Value, path: &str, depth: u32, found: &mut BTreeMap<String, String>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = format!("{path}/{key}");
                let plain = key.to_lowercase().replace(['_', '-'], "");
                if ACCOUNT.contains(&plain.as_str()) && !value.is_object() && !value.is_array() {
                    found.insert(path, value.to_string());
                } else {
                    accounts(value, &path, depth + 1, found);
                }
            }
        }
        Value::String(text) => {
            if let Some(claims) = claims(text) {
                accounts(&claims, path, depth + 1, found);
            }
        }
        _ => {}
    }
}
