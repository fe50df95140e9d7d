//! Secrets in a text: found by known prefixes and shapes, replaced by `[redacted: KIND]`. Hashes,
//! UUIDs, public keys, placeholders and images stay. Knows nothing of notes.

mod plausible;
mod rules;

use regex::{Regex, RegexSet};
use rules::RULES;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// What a secret opens, as a reader should see it: `github token`, `password`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(&'static str);

impl Kind {
    /// The words that stand in `[redacted: …]`.
    pub fn word(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Replaces every secret that is known by its prefix or shape, and tells how many of which kind, in
/// alphabetical order. The key's name, the user of a URL and the scheme of a header stay. Takes
/// invisible characters as they are: text from outside goes through [`crate::invisible`] first.
///
/// ```
/// let (text, kinds) = kb::context::redact("url: postgres://app:tr0ub4dor@db/main");
/// assert_eq!(text, "url: postgres://app:[redacted: password]@db/main");
/// assert_eq!((kinds[0].0.word(), kinds[0].1), ("password", 1));
/// ```
pub fn redact(text: &str) -> (Cow<'_, str>, Vec<(Kind, usize)>) {
    let found = merged(find(text));
    if found.is_empty() {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut out = String::with_capacity(text.len());
    let mut counts = BTreeMap::new();
    let mut copied = 0;
    for Secret { rule, span } in found {
        let kind = RULES[rule].kind;
        out.push_str(&text[copied..span.start]);
        out.push_str("[redacted: ");
        out.push_str(kind);
        out.push(']');
        copied = span.end;
        *counts.entry(Kind(kind)).or_insert(0) += 1;
    }
    out.push_str(&text[copied..]);
    (Cow::Owned(out), counts.into_iter().collect())
}

struct Secret {
    rule: usize,
    span: Range<usize>,
}

fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for rule in all().matches(text) {
        for captures in regex(rule).captures_iter(text) {
            let key = captures.name("key").map_or("", |key| whole_name(text, key.range()));
            let Some(value) = captures.name("secret").or_else(|| captures.get(0)) else {
                continue;
            };
            if RULES[rule].is_plausible(key, value.as_str(), &text[value.end()..]) {
                found.push(Secret { rule, span: value.range() });
            }
        }
    }
    found
}

/// The name that the pattern may have met in its middle: `old_password` for `password`.
fn whole_name(text: &str, part: Range<usize>) -> &str {
    let start = text.as_bytes()[..part.start].iter().rev().take(40);
    let more = start.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    &text[part.start - more..part.end]
}

/// Overlapping finds become one, of the kind that stands first in the table.
fn merged(mut found: Vec<Secret>) -> Vec<Secret> {
    found.sort_by_key(|secret| (secret.span.start, secret.rule));
    let mut merged: Vec<Secret> = Vec::with_capacity(found.len());
    for secret in found {
        match merged.last_mut() {
            Some(last) if secret.span.start < last.span.end => {
                last.span.end = last.span.end.max(secret.span.end);
                last.rule = last.rule.min(secret.rule);
            }
            _ => merged.push(secret),
        }
    }
    merged
}

/// All patterns at once: one look tells which are worth a second one.
fn all() -> &'static RegexSet {
    static ALL: OnceLock<RegexSet> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "constants, compiled by a test; without them no text is safe")]
    ALL.get_or_init(|| RegexSet::new(RULES.iter().map(|rule| rule.pattern)).expect("the table compiles"))
}

fn regex(rule: usize) -> &'static Regex {
    static EACH: [OnceLock<Regex>; RULES.len()] = [const { OnceLock::new() }; RULES.len()];
    #[expect(clippy::expect_used, reason = "a constant, compiled by a test; without it no text is safe")]
    EACH[rule].get_or_init(|| Regex::new(RULES[rule].pattern).expect("the table compiles"))
}

#[cfg(test)]
mod tests {
    use super::rules::Rule;
    use super::*;
    use proptest::prelude::*;

    /// Writes `{20}` as twenty letters and digits, `{20x}` as hex digits, `{20U}` as capitals and
    /// digits, `{20n}` as digits: the table holds nothing that a scanner would take for a secret.
    fn filled(example: &str) -> String {
        let letters = "q7RfZ2mKx9TbW4cLs8NvD3hJp6GyA5kEu1";
        let mut out = String::new();
        let mut rest = example;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (inside, tail) = after.split_once('}').unwrap_or((after, ""));
            let digits = inside.trim_end_matches(|c: char| c.is_alphabetic());
            let Ok(count) = digits.parse() else {
                out.push('{');
                rest = after;
                continue;
            };
            let alphabet: Vec<char> = match &inside[digits.len()..] {
                "x" => "9f3c07be51da84".chars().collect(),
                "n" => "7041938265".chars().collect(),
                "U" => "Q7RF2MKX9TBW4CL".chars().collect(),
                _ => letters.chars().collect(),
            };
            out.extend(alphabet.iter().cycle().take(count));
            rest = tail;
        }
        out + rest
    }

    #[test]
    fn every_rule_finds_its_examples_and_only_the_secret_in_them() {
        for Rule { kind, finds, pattern, .. } in &RULES {
            assert!(Regex::new(pattern).is_ok(), "{kind}");
            assert!(!finds.is_empty(), "{kind}");
            for example in *finds {
                let example = filled(example);
                let (text, counts) = redact(&example);
                let here = counts.iter().any(|(found, _)| found.word() == *kind);
                assert!(here, "{kind}: {example:?} -> {text:?}");
            }
        }
        assert_eq!(all().len(), RULES.len());
    }

    #[test]
    fn every_rule_leaves_near_misses_alone() {
        for Rule { kind, leaves, .. } in &RULES {
            assert!(!leaves.is_empty(), "{kind}");
            for example in *leaves {
                let example = filled(example);
                assert_eq!(redact(&example).0, example, "{kind}");
            }
        }
    }

    #[test]
    fn what_only_looks_random_stays() {
        for text in rules::HARMLESS {
            let text = filled(text);
            assert_eq!(redact(&text).0, text);
        }
    }

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let secrets =
            ["ghp_{36}", "AKIA{16U}", "sk-ant-api03-{60}", "xoxb-{12n}-{24}", "eyJ{20}.eyJ{40}.{43}", "glpat-{20}"];
        let places = [
            "@",
            "`@`",
            "(@)",
            "\"@\"",
            "'@',",
            "| @ |",
            "x=@;",
            "https://h/?k=@&y=1",
            "日本@語",
            "- @.",
            "<@>",
            "**@**",
            "a:@",
        ];
        for (secret, place) in secrets.iter().flat_map(|secret| places.map(|place| (secret, place))) {
            let secret = filled(secret);
            let text = place.replace('@', &secret);
            let (redacted, counts) = redact(&text);
            assert_eq!(counts.len(), 1, "{text}");
            assert!(!redacted.contains(&secret[4..12]), "{text} -> {redacted}");
        }
    }

    #[test]
    fn a_key_keeps_its_name_and_its_quotes() {
        let text = filled("api_key = \"{32}\"\nexport GH_TOKEN=ghp_{36}\ncurl -H 'Authorization: Bearer {30}' x");
        assert_eq!(
            redact(&text).0,
            "api_key = \"[redacted: secret]\"\nexport GH_TOKEN=[redacted: github token]\n\
             curl -H 'Authorization: Bearer [redacted: authorization]' x"
        );
    }

    #[test]
    fn two_rules_for_one_secret_redact_it_once() {
        let text = filled("Authorization: Bearer eyJ{20}.eyJ{30}.{20}");
        assert_eq!(redact(&text), ("Authorization: Bearer [redacted: jwt]".into(), vec![(Kind("jwt"), 1)]));
    }

    #[test]
    fn time_grows_with_the_text_only() {
        let hostile = ["-----BEGIN PRIVATE KEY-----\n", "password=", "a://b:", "eyJ", "secret: \"", "Bearer "];
        for part in hostile {
            let text = part.repeat(300_000 / part.len());
            let start = std::time::Instant::now();
            redact(&text);
            assert!(start.elapsed().as_secs() < 5, "{part}");
        }
    }

    proptest! {
        #[test]
        fn redacting_twice_changes_nothing(
            parts in prop::collection::vec(prop::sample::select(pieces()), 0..12),
            glue in prop::sample::select(vec![" ", "\n", ", ", "; "]),
        ) {
            let text = parts.join(glue);
            let once = redact(&text).0.into_owned();
            prop_assert_eq!(redact(&once).0, once.as_str());
        }
    }

    fn pieces() -> Vec<String> {
        let examples = RULES.iter().flat_map(|rule| rule.finds.iter().chain(rule.leaves));
        examples
            .map(|example| filled(example))
            .chain(["password".into(), "x".into(), "://".into(), "@".into()])
            .collect()
    }
}
