//! What became of the lines that a note cites, in markdown, for whoever is to answer its question again.

use crate::citation::{Change, Citation, Difference, Status, Verdict};
use crate::note::{Accused, Became};
use std::fmt::Write;

/// So many citations are told about.
const MOST_CITATIONS: usize = 40;
/// So many lines of what was, and of what is.
const MOST_LINES: usize = 16;
/// So many commits, the latest ones.
const MOST_COMMITS: usize = 5;

/// One paragraph a citation that is not as it was, the worst first; empty if all are. Foreign text: to be
/// rendered as part of the note.
pub fn changes(cited: &[(Accused<'_>, Became)]) -> String {
    let is_other = |(one, _): &&(Accused<'_>, Became)| {
        one.verdict.status > Status::Fresh || one.verdict.change == Some(Change::Definition)
    };
    let mut other: Vec<&(Accused<'_>, Became)> = cited.iter().filter(is_other).collect();
    other.sort_by_key(|(one, _)| std::cmp::Reverse(one.verdict.status));
    let mut text = String::new();
    for (one, became) in other.iter().take(MOST_CITATIONS) {
        let _ = writeln!(text, "{}\n", what(one.citation, one.verdict));
        lines(&became.lines, &mut text);
        commits(became, &mut text);
    }
    if other.len() > MOST_CITATIONS {
        let _ = writeln!(text, "And {} more.\n", other.len() - MOST_CITATIONS);
    }
    text
}

fn what(citation: &Citation, verdict: &Verdict) -> String {
    let cited = format!("`{}:{}`", citation.path, citation.lines);
    let within = citation.within().map(|name| format!(" in `{name}`")).unwrap_or_default();
    let place = |place: &Option<(String, crate::citation::Lines)>| {
        place.as_ref().map(|(path, lines)| format!(" `{path}:{lines}`")).unwrap_or_default()
    };
    match verdict.status {
        Status::Fresh => format!("{cited}{within} is as it was; code beside it changed, in the same definition."),
        Status::Moved => format!("{cited}{within} is now{}.", place(&verdict.now)),
        Status::Stale if verdict.became.is_some() => {
            format!("{cited}{within} changed, into{}:", place(&verdict.became))
        }
        Status::Stale => format!("{cited}{within} changed:"),
        Status::Broken => format!("{cited}{within} is gone:"),
        other => format!("{cited}{within} is {}.", other.word()),
    }
}

/// The lines that are only on one side.
fn lines(difference: &Difference, text: &mut String) {
    let only = |lines: &[String], others: &[String]| -> Vec<String> {
        let differs = |line: &&String| !line.trim().is_empty() && !others.contains(line);
        lines.iter().filter(differs).cloned().collect()
    };
    let Difference { before, after } = difference;
    for (mark, lines) in [('-', only(before, after)), ('+', only(after, before))] {
        for line in lines.iter().take(MOST_LINES) {
            let _ = writeln!(text, "    {mark} {line}");
        }
        if lines.len() > MOST_LINES {
            let _ = writeln!(text, "    {mark} … {} more lines", lines.len() - MOST_LINES);
        }
    }
    if !before.is_empty() || !after.is_empty() {
        text.push('\n');
    }
}

fn commits(became: &Became, text: &mut String) {
    let latest = became.commits.len().saturating_sub(MOST_COMMITS);
    for commit in &became.commits[latest..] {
        let short = commit.id.get(..12).unwrap_or(&commit.id);
        let _ = writeln!(text, "- in commit {short} of {}: {}", commit.date, commit.subject);
    }
    if !became.commits.is_empty() {
        text.push('\n');
    }
}
