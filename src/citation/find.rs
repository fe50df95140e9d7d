//! Citations in markdown, in the many forms that people and agents write.

use super::Lines;
use pulldown_cmark::{Event, Options, Parser, Tag};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A place that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where in the markdown it is named, in bytes.
    pub range: Range<usize>,
    /// `NAME` of `NAME//path`.
    pub subject: Option<String>,
    /// As written, but for `./`, `file://` and backslashes.
    pub path: String,
    /// One range of lines; `a.py:3-9,14` is found twice.
    pub lines: Lines,
    /// Where the path is written; none where it goes on in a file named before.
    pub path_at: Option<Range<usize>>,
    /// Where these lines are written.
    pub lines_at: Range<usize>,
}

impl Found {
    /// Whether the place as it is written means these lines of this file: the path may be shortened or
    /// lengthened, and what is behind the end of the file was cut off.
    pub fn means(&self, subject: Option<&str>, path: &str, lines: Lines) -> bool {
        let same_subject = subject.is_none() || self.subject.as_deref() == subject;
        let shortened = path.strip_suffix(&self.path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        let lengthened = self.path.strip_suffix(path).is_some_and(|rest| rest.ends_with('/'));
        let same_lines = self.lines.first() == lines.first() && self.lines.last() >= lines.last();
        same_subject && (shortened || lengthened) && same_lines
    }
}

/// Characters of a path in running text. In code spans more is possible.
const IN_TEXT: &str = r"[\p{L}\p{N}_.@+~$%/-]";
const IN_CODE: &str = r"[\p{L}\p{N}_.@+~$%/\\\[\]()=&!' -]";
/// `12`, `12-20`, `L12-L20`, `12..20`, and what follows behind commas.
const NUMBERS: &str = r"L?\d{1,7}(?:C\d+)?(?:\s?(?:-|–|—|\.\.\.?|:-)\s?L?\d{1,7}(?:C\d+)?)?";

/// `path:12-20,31`, `path#L12-L20`; a column after the line is passed over.
static DIRECT: LazyLock<Regex> = LazyLock::new(|| regex(&format!(r"({IN_TEXT}+)(?::|#)({NUMBERS}(?:,{NUMBERS})*)")));
/// The same as the whole of a code span, where a path may hold spaces and brackets.
static SPAN: LazyLock<Regex> =
    LazyLock::new(|| regex(&format!(r"^\s*({IN_CODE}*[^\s\\])(?::|#)({NUMBERS}(?:,\s?{NUMBERS})*)(?::\d+)?\s*$")));
/// A code span of `:12-20` or `L12-L20` goes on in the path named before.
static LINES_ALONE: LazyLock<Regex> = LazyLock::new(|| regex(r"^\s*(?::|#?L|:L)(\d.*?)\s*$"));
/// "`path` (lines 12-20)", "`path`, line 12", `"path", line 12`.
static WORDED: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r#"(?i)({IN_TEXT}+)(?:[`"'*]{{1,3}},?\s{{0,2}}\(?|,\s{{0,2}}\(?|\s{{1,2}}\(?|\()\s?(?:at\s|on\s|in\s)?(?:lines?|ll?\.|L)\s?(\d+(?:\s?(?:-|–|—|to|through)\s?\d+)?)"#
    ))
});
/// "lines 12-20 of `path`", "line 12 in path".
static WORDED_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(
        r#"(?i)\blines?\s(\d+(?:\s?(?:-|–|—|to|through)\s?\d+)?)\s(?:of|in)\s(?:the\s)?(?:file\s)?[`"'*]{{0,3}}({IN_TEXT}+)"#
    ))
});
static RANGE: LazyLock<Regex> = LazyLock::new(|| regex(r"^L?(\d+)(?:C\d+)?(?:\s?[^\dL]+\s?L?(\d+)(?:C\d+)?)?$"));

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and every test builds them")]
    Regex::new(pattern).expect("a pattern of ours")
}

/// Every place that the markdown names, in order. Code blocks are code, not claims; only the words
/// behind their opening fence are looked at.
pub fn find(markdown: &str) -> Vec<Found> {
    let layout = Layout::of(markdown);
    let whole: Vec<Match> = layout.spans.iter().filter_map(|span| in_span(markdown, span.clone())).collect();
    let mut parts = Vec::new();
    for text in &layout.texts {
        for (pattern, path, lines) in [(&DIRECT, 1, 2), (&WORDED, 1, 2), (&WORDED_BEFORE, 2, 1)] {
            let captures = pattern.captures_iter(&markdown[text.clone()]);
            parts.extend(captures.filter_map(|captures| read(markdown, text.start, &captures, path, lines)));
        }
    }
    parts.sort_by_key(|one: &Match| (one.range.start, std::cmp::Reverse(one.range.end)));
    let mut end = 0;
    parts.retain(|one| {
        // What a span says as a whole counts more than what a part of it looks like.
        let next = whole.partition_point(|span| span.range.end <= one.range.start);
        let in_span = whole.get(next).is_some_and(|span| span.range.start < one.range.end);
        let keep = !in_span && one.range.start >= end;
        if keep {
            end = one.range.end;
        }
        keep
    });
    let mut found: Vec<Found> = whole.into_iter().chain(parts).flat_map(|one| one.found).collect();
    found.sort_by_key(|one| one.range.start);
    lines_alone(markdown, &layout.spans, &mut found);
    found
}

/// One match of a pattern: a place, or several of one file.
struct Match {
    range: Range<usize>,
    found: Vec<Found>,
}

/// Which bytes are running text, and which are code spans in it.
struct Layout {
    texts: Vec<Range<usize>>,
    spans: Vec<Range<usize>>,
}

impl Layout {
    fn of(markdown: &str) -> Self {
        let (mut texts, mut spans) = (Vec::new(), Vec::new());
        let mut at = 0;
        for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Code(_) => spans.push(range),
                Event::Start(Tag::CodeBlock(_)) => {
                    // The first line of a fenced block is `` ```rust src/a.rs:3 ``; of an indented one, code.
                    let block = &markdown[range.clone()];
                    let fenced = block.trim_start().starts_with(['`', '~']);
                    let words = if fenced { block.find('\n').unwrap_or(block.len()) } else { 0 };
                    texts.push(at.min(range.start)..range.start + words);
                    at = range.end;
                }
                Event::Html(_) if range.start >= at => {
                    texts.push(at..range.start);
                    at = range.end;
                }
                _ => {}
            }
        }
        texts.push(at.min(markdown.len())..markdown.len());
        Self { texts, spans }
    }
}

fn in_span(markdown: &str, span: Range<usize>) -> Option<Match> {
    let ticks = markdown[span.clone()].bytes().take_while(|byte| *byte == b'`').count();
    let inside = span.start + ticks..span.end.saturating_sub(ticks).max(span.start + ticks);
    read(markdown, inside.start, &SPAN.captures(markdown.get(inside)?)?, 1, 2)
}

/// How many bytes before lines alone their file must have been named.
const NEAR: usize = 400;

/// `` `a.py:3` and `:14` ``: the second goes on in the file of the first.
fn lines_alone(markdown: &str, spans: &[Range<usize>], found: &mut Vec<Found>) {
    let mut more = Vec::new();
    for span in spans {
        let text = markdown[span.clone()].trim_matches('`');
        let Some(captures) = LINES_ALONE.captures(text) else { continue };
        let next = found.partition_point(|one| one.range.start < span.start);
        let before = found[..next].last().filter(|one| span.start.saturating_sub(one.range.end) < NEAR);
        if let (Some(before), Some(numbers)) = (before, captures.get(1)) {
            let start =
                span.start + (text.as_ptr() as usize - markdown[span.clone()].as_ptr() as usize) + numbers.start();
            for (lines_at, lines) in each_of(numbers.as_str(), start) {
                more.push(Found { range: span.clone(), lines, path_at: None, lines_at, ..before.clone() });
            }
        }
    }
    found.append(&mut more);
    found.sort_by_key(|one| one.range.start);
}

/// What a match of a pattern says, where it says anything. `path` and `lines` are its groups.
fn read(markdown: &str, offset: usize, captures: &regex::Captures<'_>, path: usize, lines: usize) -> Option<Match> {
    let (all, path, numbers) = (captures.get(0)?, captures.get(path)?, captures.get(lines)?);
    let range = offset + all.start()..offset + all.end();
    // A number that goes on is something else: `a.py:3rd`.
    if markdown[range.end..].starts_with(char::is_alphanumeric) {
        return None;
    }
    let path_at = offset + path.start()..offset + path.end();
    let (subject, path) = place(path.as_str(), &markdown[..offset + path.start()])?;
    let of = |(lines_at, lines)| Found {
        range: range.clone(),
        subject: subject.clone(),
        path: path.clone(),
        lines,
        path_at: Some(path_at.clone()),
        lines_at,
    };
    let found: Vec<Found> = each_of(numbers.as_str(), offset + numbers.start()).map(of).collect();
    Some(Match { range, found })
}

/// Each range of lines in `3-9, 14`, and where it stands.
fn each_of(numbers: &str, start: usize) -> impl Iterator<Item = (Range<usize>, Lines)> + '_ {
    numbers.split(',').filter_map(move |part| {
        let part = part.trim();
        let at = start + (part.as_ptr() as usize - numbers.as_ptr() as usize);
        Some((at..at + part.len(), lines_of(part)?))
    })
}

fn lines_of(text: &str) -> Option<Lines> {
    let captures = RANGE.captures(text)?;
    let number = |group: usize| captures.get(group).map(|text| text.as_str().parse::<u32>());
    let first = number(1)?.ok()?;
    let last = match number(2) {
        Some(last) => last.ok()?,
        None => first,
    };
    Lines::new(first, last)
}

/// Subject and path of what looks like a path; none for addresses, times and words with a colon.
fn place(text: &str, before: &str) -> Option<(Option<String>, String)> {
    let text = text.replace('\\', "/");
    let text = text.trim_start_matches(['(', '[', '\'']).trim_start();
    if let Some(absolute) = text.strip_prefix("//") {
        // `file:///x` is a path; `https://x` and `//x` are addresses.
        let path = absolute.starts_with('/').then(|| unescape(absolute))?;
        return before.ends_with("file:").then_some((None, path));
    }
    // The regular expressions begin at the first character of a path, so what stands before it is no part of one.
    if before.ends_with("://") || before.ends_with("::") {
        return None;
    }
    let (subject, path) = match text.split_once("//") {
        Some((subject, path)) if !subject.contains('/') && !subject.is_empty() => (Some(subject.to_owned()), path),
        Some(_) => return None,
        None => (None, text),
    };
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    looks_like_a_path(path).then(|| (subject, path.to_owned()))
}

fn looks_like_a_path(path: &str) -> bool {
    const NAMES: [&str; 10] = [
        "Makefile",
        "Dockerfile",
        "Containerfile",
        "Gemfile",
        "Rakefile",
        "Justfile",
        "justfile",
        "LICENSE",
        "README",
        "CHANGELOG",
    ];
    const HOSTS: [&str; 7] = ["com", "org", "net", "io", "dev", "local", "localhost"];
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.is_empty() {
        return false;
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let has_extension = extension.is_some_and(|extension| {
        extension.starts_with(|c: char| c.is_ascii_alphabetic())
            && extension.len() <= 12
            && extension.chars().all(|c| c.is_alphanumeric() || "_+-".contains(c))
    });
    let is_host = !path.contains('/') && extension.is_some_and(|extension| HOSTS.contains(&extension));
    let has_folder = path.contains('/')
        && path
            .split('/')
            .all(|part| part.chars().any(char::is_alphanumeric) || part == "." || part == ".." || part.is_empty());
    !is_host
        && (has_extension
            || NAMES.contains(&name)
            || (has_folder && !name.chars().all(|c| c.is_ascii_digit() || c == '.')))
}

fn unescape(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(markdown: &str, expected: &[&str]) {
        let got: Vec<String> = find(markdown)
            .into_iter()
            .map(|found| {
                let subject = found.subject.map(|name| format!("{name}//")).unwrap_or_default();
                format!("{subject}{}:{}", found.path, found.lines)
            })
            .collect();
        assert_eq!(got, expected, "{markdown}");
    }

    #[test]
    fn the_many_forms_of_a_citation() {
        check("`src/a.py:3`", &["src/a.py:3"]);
        check("see src/a.py:3-9.", &["src/a.py:3-9"]);
        check("`a.py:3-9,14`", &["a.py:3-9", "a.py:14"]);
        check("`a.py:3-9, 14`", &["a.py:3-9", "a.py:14"]);
        check("(src/a.py:3)", &["src/a.py:3"]);
        check("**src/a.py:3**", &["src/a.py:3"]);
        check("src/__init__.py:3 and `pkg/__main__.py:4`", &["src/__init__.py:3", "pkg/__main__.py:4"]);
        check("[a](src/a.py#L10-L20)", &["src/a.py:10-20"]);
        check("[`a`](./src/a.py#L10)", &["src/a.py:10"]);
        check("src/a.rs#L10-20", &["src/a.rs:10-20"]);
        check("`src/a.rs:L10-L20`", &["src/a.rs:10-20"]);
        check("`src/a.rs#L10C3-L12C9`", &["src/a.rs:10-12"]);
        check("src/a.rs:10–20 and src/b.rs:10..20", &["src/a.rs:10-20", "src/b.rs:10-20"]);
        check("`src/a.rs:10:5`", &["src/a.rs:10"]);
        check("src/a.rs:10:5: error", &["src/a.rs:10"]);
        check("<file:///home/u/my%20repo/a.py#L3>", &["/home/u/my repo/a.py:3"]);
        check("file:///home/u/a.py:3", &["/home/u/a.py:3"]);
        check("/home/u/a.py:3", &["/home/u/a.py:3"]);
        check("`src\\win\\a.cs:3`", &["src/win/a.cs:3"]);
        check("`my folder/a b.py:3-4`", &["my folder/a b.py:3-4"]);
        check("`app/[id]/page.tsx:3`", &["app/[id]/page.tsx:3"]);
        check("`werkzeug//src/http.py:3-9`", &["werkzeug//src/http.py:3-9"]);
        check("`src/a.py` (lines 3-9)", &["src/a.py:3-9"]);
        check("`src/a.py`, line 3", &["src/a.py:3"]);
        check("File \"src/a.py\", line 3, in f", &["src/a.py:3"]);
        check("src/a.py lines 3 to 9", &["src/a.py:3-9"]);
        check("lines 3-9 of `src/a.py`", &["src/a.py:3-9"]);
        check("`src/a.py:3` and `:14`, `L20-L22`", &["src/a.py:3", "src/a.py:14", "src/a.py:20-22"]);
        check("Makefile:3, docker/Dockerfile:4", &["Makefile:3", "docker/Dockerfile:4"]);
        check("| file | what |\n|---|---|\n| `a.go:3` | x |", &["a.go:3"]);
        check("```rust src/a.rs:3-4\nlet b = \"b.rs:9\";\n```\nthen c.rs:5", &["src/a.rs:3-4", "c.rs:5"]);
        check("- one `a.c:1`\n- two\n  - b.h:2\n", &["a.c:1", "b.h:2"]);
        check("auth/セッション.py:3", &["auth/セッション.py:3"]);
        check("../other/a.py:3", &["../other/a.py:3"]);
    }

    #[test]
    fn what_only_looks_like_one() {
        for text in [
            "at 12:30",
            "localhost:8080",
            "127.0.0.1:8000",
            "example.com:443",
            "http://localhost:80/a.py:3x",
            "https://github.com/a/b/blob/main/a.py#L3",
            "std::fs:12",
            "TODO:12",
            "a ratio of 3:4",
            "v1.2:3",
            "    indented/code.py:3",
            "    indented.py:3\n    b.py:4",
            "<!-- a.py:3 -->",
            "key: 12",
            "`make all >/dev/null 2>&1`",
            "make all > src/all.l 2>&1",
            "`a:1`",
            "a.py:0",
            "a.py:9-3",
            "{\"a\":1}",
            "",
        ] {
            check(text, &[]);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|([a-z./:#L0-9,` \\n-]|\\PC){0,80}") {
            for found in find(&text) {
                prop_assert!(text.get(found.range).is_some());
                let lines = text.get(found.lines_at);
                prop_assert!(lines.is_some_and(|lines| lines.contains(&found.lines.first().to_string())), "{lines:?}");
                prop_assert!(found.path_at.is_none_or(|path| text.get(path).is_some()));
            }
        }
    }
}
