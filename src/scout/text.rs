//! Files that no grammar reads: cut into sections and paragraphs, each with the names of code it
//! mentions.

use super::facts::{Builder, FileFacts, Part};
use super::language::Kind;
use super::receiver::Receiver;
use super::walk::Role;

/// A part of a text has at most so many lines.
const LONGEST: usize = 40;
/// From so many on, a part ends at the next blank line.
const ENOUGH: usize = 15;
/// What lies behind is not read: data, not text.
const MOST_LINES: usize = 20_000;

/// The facts of a text.
pub(crate) fn facts(role: Role, source: &str, lines: u32) -> FileFacts {
    let mut builder = Builder::default();
    let text: Vec<&str> = source.lines().take(MOST_LINES).collect();
    let prose = matches!(role, Role::Document | Role::Changelog);
    let mut start = 0;
    let mut heading = None;
    for at in 0..=text.len() {
        let next = if prose && at < text.len() { heading_at(&text, at) } else { None };
        let length = at - start;
        let blank = text.get(at).is_none_or(|line| line.trim().is_empty());
        let full = length >= LONGEST || length >= ENOUGH && blank && !prose || length >= 25 && blank;
        if (at == text.len() || next.is_some() || full) && length > 0 {
            part(&mut builder, &text, start, at, heading, prose);
            start = at;
        }
        if next.is_some() {
            heading = next;
        }
    }
    builder.finish(lines, false)
}

/// The heading that begins here: `# …`, or a line above a row of `=` or `-`.
fn heading_at<'a>(text: &[&'a str], at: usize) -> Option<&'a str> {
    let line = text[at].trim();
    if let Some(rest) = line.strip_prefix('#') {
        let rest = rest.trim_start_matches('#');
        return rest.strip_prefix(' ').map(|rest| rest.trim_end_matches('#').trim());
    }
    let below = text.get(at + 1)?.trim_end();
    let mark = below.chars().next()?;
    let underlined = "=-~^*+\"'`#".contains(mark)
        && below.len() >= 3
        && below.len() + 1 >= line.len()
        && below.chars().all(|c| c == mark);
    let words =
        line.chars().next().is_some_and(char::is_alphanumeric) || line.starts_with('`') || line.starts_with(':');
    (underlined && words).then_some(line)
}

fn part(builder: &mut Builder, text: &[&str], start: usize, end: usize, heading: Option<&str>, prose: bool) {
    let mut lines = text[start..end].iter().enumerate();
    let Some(first) = lines.find(|(_, line)| !line.trim().is_empty()).map(|(at, _)| start + at) else {
        return;
    };
    let last = (first..end).rev().find(|at| !text[*at].trim().is_empty()).unwrap_or(first);
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let unit = builder.unit(Kind::Text, heading, number(first), number(last));
    for (at, line) in text.iter().enumerate().take(last + 1).skip(first) {
        // Data in one endless line.
        let line = line.get(..2000).unwrap_or(if line.len() > 2000 { "" } else { line });
        builder.words(unit, line, if prose { Part::Comment } else { Part::Body });
        if prose {
            mentions(line, |name| builder.call(unit, name, Receiver::Nothing, number(at)));
        }
    }
}

/// Names of code in prose: `a_b`, `aB`, `a()`, anything in backticks.
fn mentions(line: &str, mut found: impl FnMut(&str)) {
    let mut quoted = false;
    for (count, piece) in line.split('`').enumerate() {
        if count > 0 && !piece.is_empty() {
            quoted = !quoted;
        }
        for word in piece.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '(' | '.'))) {
            let called = word.contains('(');
            for name in word.split(['(', '.']).filter(|name| name.len() > 2 && name.len() < 60) {
                let inner_capital = name.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
                    && name.bytes().any(|byte| byte.is_ascii_lowercase());
                let inner_bar = name.trim_matches('_').contains('_');
                if quoted || called || inner_capital || inner_bar {
                    found(name);
                }
            }
        }
    }
}
