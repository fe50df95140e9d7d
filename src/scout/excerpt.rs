//! What a place says of itself: the first sentence of its documentation, its first line, and the few
//! lines of code that matter. All of it is foreign text, and is written so that it stays text.

use super::cite::{self, Cited, Sources};
use super::language::{self, Kind};
use super::rank::Ranker;
use super::scan::Scan;
use super::walk::Role;

/// Foreign prose as markdown that means nothing but itself.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '`' => {}
            '*' | '[' | ']' | '<' | '>' | '|' | '#' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Foreign code as inline code: fenced by more backticks than it holds.
pub(crate) fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    let mut run = 0;
    let mut longest = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The first sentence of a unit's documentation, without its marks.
pub(crate) fn summary(scan: &Scan, unit: usize, sources: &mut Sources) -> Option<String> {
    let (first, last) = scan.units[unit].doc?;
    let lines = sources.lines(scan.path(unit));
    let tagged = matches!(language::family(scan.path(unit)), Some("csharp" | "java"));
    let mut words = String::new();
    for line in lines.get(first as usize - 1..(last as usize).min(lines.len()))? {
        let text = line.trim().trim_start_matches(['/', '*', '#', '!', '-', ' ']).trim_end_matches("*/").trim();
        // `r"""` and its like; a word that begins with such a letter is none.
        let quoted = text.trim_start_matches(['r', 'R', 'b', 'f', 'u']);
        let text = if quoted.starts_with(['"', '\'']) { quoted } else { text };
        let text = if text.len() < line.trim().len() && line.contains(['"', '\'']) {
            text
        } else {
            line.trim().trim_start_matches(['/', '*', '#', '!', ' '])
        };
        let text = if tagged { without_tags(text) } else { text.to_owned() };
        let text = text.trim_matches(['"', '\'', '/', '*', ' ']);
        if text.is_empty() {
            if words.is_empty() {
                continue;
            }
            break;
        }
        // Marks of documentation tools say nothing to a reader.
        let text = &without_roles(text);
        if text.starts_with(['@', ':', '\\']) || text.starts_with(".. ") {
            break;
        }
        // Notes to oneself are no documentation.
        if ["TODO", "FIXME", "XXX", "HACK", "noqa", "type:", "eslint", "NOLINT"]
            .iter()
            .any(|note| text.starts_with(note))
        {
            return None;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(text);
        if let Some(end) = sentence_end(&words) {
            words.truncate(end);
            break;
        }
        if words.len() > 240 {
            break;
        }
    }
    if words.len() > 160 {
        let cut = words.char_indices().map(|(at, _)| at).take_while(|at| *at <= 150).last()?;
        let cut = words[..cut].rfind(' ').unwrap_or(cut);
        words.truncate(cut);
        words.push_str(" …");
    }
    let words = words.trim();
    (words.len() > 3 && words.contains(char::is_alphabetic)).then(|| plain(words))
}

/// `:func:` before a name in backticks, as Sphinx has it, is left out.
fn without_roles(text: &str) -> String {
    let mut pieces = text.split(":`");
    let mut out = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let role = out.rfind(|c: char| !(c.is_ascii_lowercase() || c == ':')).map_or(0, |at| at + 1);
        if out[role..].starts_with(':') && out.len() - role > 2 {
            out.truncate(role);
        } else {
            out.push(':');
        }
        out.push('`');
        out.push_str(piece);
    }
    out
}

/// Without the tags of documentation comments, `<summary>`, `<p>`; of `<see cref="X"/>` the name stays.
fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest.trim_start_matches(['<', '/']);
        let end = rest.find('>').filter(|end| *end < 120 && name.starts_with(|c: char| c.is_ascii_lowercase()));
        let Some(end) = end else {
            out.push('<');
            rest = &rest[1..];
            continue;
        };
        let meant =
            rest[..end].split('"').nth(1).filter(|_| rest[..end].contains("cref=") || rest.starts_with("<paramref"));
        out.push_str(meant.unwrap_or(""));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The first sentence of some prose, without its marks.
pub(crate) fn first_sentence(text: &str) -> String {
    plain(&text[..sentence_end(text).unwrap_or(text.len())])
}

/// Behind the first full stop that ends a sentence.
fn sentence_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (20..bytes.len())
        .find(|at| {
            bytes[*at] == b'.'
                && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace)
                && !text
                    .get(..*at)
                    .is_some_and(|before| before.ends_with("e.g") || before.ends_with("i.e") || before.ends_with("etc"))
        })
        .map(|at| at + 1)
}

/// The line with which a unit begins, without decorators.
pub(crate) fn signature(scan: &Scan, unit: usize, sources: &mut Sources) -> Option<String> {
    let head = &scan.units[unit];
    let lines = sources.lines(scan.path(unit));
    let end = (head.last as usize).min(lines.len());
    let text = lines.get(head.first as usize - 1..end)?;
    let at = text.iter().position(|line| !line.trim().is_empty() && !line.trim().starts_with(['@', '#']))?;
    let mut line = text[at].trim().to_owned();
    if line.ends_with('(') {
        // One argument a line: put together again.
        for more in text[at + 1..].iter().map(|line| line.trim()).take(8) {
            line.push_str(more);
            if more.starts_with(')') {
                break;
            }
            line.push(' ');
        }
        line = line.replace(", )", ")");
    }
    let line = line.trim_end_matches(['{', ':', '(', ' ']);
    let cut: String = line.chars().take(100).collect();
    (!cut.is_empty()).then(|| if cut.len() < line.len() { format!("{cut}…") } else { cut })
}

/// Of what a line of code is worth, for one of comment.
const COMMENT: f32 = 0.7;

/// The line of a place that says most of the question, and its number.
pub(crate) fn telling_line(ranker: &Ranker, place: &Cited, sources: &mut Sources) -> Option<(u32, String)> {
    let scan = ranker.scan;
    let unit = &scan.units[place.ranked.unit];
    if place.line == Some(unit.first) {
        // The definition itself is meant: its first line is told as what it is.
        return None;
    }
    let signature = signature(scan, place.ranked.unit, sources);
    let text = sources.lines(scan.path(place.ranked.unit));
    let marks = cite::marks(scan, text, place.lines.first, place.lines.last);
    let documented = |line: u32| unit.doc.is_some_and(|(first, last)| (first..=last).contains(&line));
    let mut best: Option<(f32, u32)> = place.line.filter(|line| *line > unit.first).map(|line| (f32::MAX, line));
    for (mark, line) in marks.iter().zip(place.lines.first..) {
        let comment = text.get(line as usize - 1).is_some_and(|line| is_comment(line));
        // A comment speaks the words of the question, but the line below it decides.
        let worth = ranker.share(*mark) * if comment { COMMENT } else { 1.0 };
        let head = line == unit.first
            || signature.as_deref().is_some_and(|signature| {
                text.get(line as usize - 1)
                    .is_some_and(|text| signature.starts_with(text.trim().trim_end_matches(['{', ':', '(', ' ', ','])))
            });
        if !head && worth > 0.0 && !documented(line) && best.is_none_or(|(known, _)| worth > known) {
            best = Some((worth, line));
        }
    }
    let (_, line) = best?;
    let said: String = text.get(line as usize - 1)?.trim().chars().take(100).collect();
    said.contains(char::is_alphabetic).then_some((line, said))
}

/// The lines of a place that matter: its first, and those that say most of the question, cut to
/// `most` lines, with `…` for what is left out.
pub(crate) fn lines(ranker: &Ranker, place: &Cited, most: usize, sources: &mut Sources) -> Vec<String> {
    let scan = ranker.scan;
    let telling = telling_line(ranker, place, sources).map(|(line, _)| line);
    let unit = &scan.units[place.ranked.unit];
    let text = sources.lines(scan.path(place.ranked.unit));
    let (first, last) = (place.lines.first as usize, (place.lines.last as usize).min(text.len()));
    if first > last {
        return Vec::new();
    }
    let shown = &text[first - 1..last];
    let marks = cite::marks(scan, text, place.lines.first, place.lines.last);
    let documented =
        |at: usize| unit.doc.is_some_and(|(from, to)| (from as usize..=to as usize).contains(&(first + at)));
    let mut keep = vec![false; shown.len()];
    if shown.len() <= most {
        keep.fill(true);
    } else {
        // Lines cut from the middle have no head.
        if place.lines.first <= unit.first && unit.kind != Kind::Part {
            let head = (0..shown.len()).find(|at| !documented(*at) && !shown[*at].trim().is_empty()).unwrap_or(0);
            keep[head] = true;
        }
        let mut order: Vec<usize> =
            (0..shown.len()).filter(|at| !documented(*at) && marks.get(*at).is_some_and(|mark| *mark != 0)).collect();
        order.sort_by(|a, b| ranker.share(marks[*b]).total_cmp(&ranker.share(marks[*a])).then(a.cmp(b)));
        let telling = telling.map(|line| line as usize).filter(|line| (first..=last).contains(line));
        let head = if place.line == Some(unit.first) { 0..shown.len() } else { 0..0 };
        for at in telling.map(|line| line - first).into_iter().chain(order).chain(head) {
            for near in [at, at + 1, at.saturating_sub(1)] {
                let room = keep.iter().filter(|kept| **kept).count() < most;
                // A lone bracket or a comment beside the line says little.
                let says = shown.get(near).is_some_and(|line| near == at || says_something(line));
                if room && says && !documented(near) {
                    keep[near] = true;
                }
            }
        }
    }
    fill(&mut keep, shown);
    let indent = shown
        .iter()
        .zip(&keep)
        .filter(|(line, kept)| **kept && !line.trim().is_empty())
        .map(|(line, _)| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut out: Vec<String> = Vec::new();
    let mut gap = false;
    for (line, kept) in shown.iter().zip(&keep) {
        if *kept {
            if line.trim().is_empty() && (gap || out.is_empty()) {
                continue;
            }
            if gap && !out.is_empty() {
                while out.last().is_some_and(String::is_empty) {
                    out.pop();
                }
                out.push("…".to_owned());
            }
            gap = false;
            let line: String = line
                .get(indent..)
                .unwrap_or(line.trim_start())
                .chars()
                .map(|c| if c.is_control() && c != '\t' { ' ' } else { c })
                .take(140)
                .collect();
            out.push(line.trim_end().to_owned());
        } else if !line.trim().is_empty() {
            gap = true;
        }
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    if gap {
        out.push("…".to_owned());
    }
    out
}

/// A mark for what is left out would take as much room as one line that is.
fn fill(keep: &mut [bool], shown: &[String]) {
    let says: Vec<usize> = (0..shown.len()).filter(|at| !shown[*at].trim().is_empty()).collect();
    let gaps: Vec<usize> = (0..says.len())
        .filter(|at| {
            let kept = |at: Option<&usize>| at.is_none_or(|line| keep[*line]);
            !keep[says[*at]] && kept(at.checked_sub(1).and_then(|at| says.get(at))) && kept(says.get(at + 1))
        })
        .map(|at| says[at])
        .collect();
    if keep.iter().any(|kept| *kept) {
        for line in gaps {
            keep[line] = true;
        }
    }
}

/// Whether a line is more than white space, a bracket or a comment.
fn says_something(line: &str) -> bool {
    !is_comment(line) && line.contains(|c: char| c.is_alphanumeric())
}

fn is_comment(line: &str) -> bool {
    let line = line.trim();
    let attribute = line.starts_with("#[") || line.starts_with("#!") || line.starts_with("#define");
    !attribute && ["#", "//", "/*", "*", "--"].iter().any(|mark| line.starts_with(mark))
}

/// What a unit is, in a word or two.
pub(crate) fn kind(scan: &Scan, unit: usize) -> &'static str {
    let head = &scan.units[unit];
    let test = head.test || scan.role(unit) == Role::Test;
    match head.kind {
        Kind::Function if test => "a function of the tests",
        Kind::Method if test => "a method of the tests",
        Kind::Function => "a function",
        Kind::Method => "a method",
        Kind::Class | Kind::Type => "a type",
        Kind::Interface => "an interface",
        Kind::Constant => "a value",
        Kind::Macro => "a macro",
        Kind::Module => "a module",
        Kind::Scope => "an implementation",
        Kind::Callback => "the function given to",
        Kind::Declaration => "a declaration",
        Kind::Block => "code outside of definitions",
        Kind::Part => "in part",
        Kind::Text => match scan.role(unit) {
            Role::Document | Role::Changelog => "documentation",
            _ => "text",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{without_roles, without_tags};

    #[test]
    fn roles_of_names_are_left_out() {
        assert_eq!(without_roles("files from :attr:`root` and :py:func:`open`."), "files from `root` and `open`.");
        assert_eq!(without_roles(":param x: `y`, a:`b`"), ":param x: `y`, a:`b`");
        assert_eq!(without_roles(":func:`a`"), "`a`");
    }

    #[test]
    fn tags_of_documentation_are_left_out() {
        assert_eq!(without_tags("<summary>Gets <see cref=\"Log\"/> of List<T>.</summary>"), "Gets Log of List<T>.");
        assert_eq!(without_tags("a < b <p> c <"), "a < b  c <");
    }
}
