//! Fenced blocks that an answer gives as code of the subject, and not as commands, output or an example of
//! its own.

use super::claims::Excerpt;
use super::names;
use regex::Regex;
use std::sync::LazyLock;

/// What the words behind a fence call a language, and the endings of its files.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("python py python3", &["py", "pyi"]),
    ("rust rs", &["rs"]),
    ("javascript js jsx mjs cjs typescript ts tsx", &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue"]),
    ("go golang", &["go"]),
    ("java", &["java"]),
    ("ruby rb", &["rb"]),
    ("c h cpp c++ cc cxx hpp objc", &["c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm"]),
    ("csharp cs c#", &["cs"]),
    ("php", &["php"]),
    ("swift", &["swift"]),
    ("kotlin kt", &["kt", "kts"]),
    ("scala", &["scala"]),
];

/// Whoever writes so shows code that is not there.
static OWN_CODE: LazyLock<Regex> = LazyLock::new(|| {
    let words = "example|examples|instance|e\\.g|imagine|suppose|would|could|should|might|sketch|pseudo\\w*|can|instead|usage|\
                 try|hypothetical\\w*|propos\\w+|suggest\\w*|fix|patch|roughly|simplified|simplif\\w+|equivalent|minimal|\
                 reproduce\\w*|essentially|conceptually|condensed|abridged|your|you";
    #[expect(clippy::expect_used, reason = "the pattern is a constant, and every test builds it")]
    Regex::new(&format!("(?i)\\b(?:{words})\\b")).expect("a pattern of ours")
});
/// What an editor or `cat -n` puts before a line.
static LINE_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant, and every test builds it")]
    Regex::new(r"^\s*\d{1,6}(?:\s?[|:│→]|\t|\s{2,}|$)").expect("a pattern of ours")
});

/// Shorter lines stand in any file.
const LEAST: usize = 8;

/// Whether a file of such an ending is code that excerpts are of.
pub(super) fn is_code(ending: &str) -> bool {
    LANGUAGES.iter().any(|(_, endings)| endings.contains(&ending))
}

/// The excerpt that a fenced block is, if it is one. `info` are the words behind the fence, `before` is all
/// that stands above it.
pub(super) fn excerpt(info: &str, before: &str, block: &str) -> Option<Excerpt> {
    let tag = info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
    let of_tag =
        LANGUAGES.iter().find(|(tags, _)| tags.split(' ').any(|known| known == tag)).map(|(_, endings)| *endings);
    let is_named = !super::find(info).is_empty() || info.split(' ').any(|word| names::path(word).is_some());
    let before = before.trim_end();
    let paragraph = before.rfind("\n\n").map_or(before, |at| &before[at..]);
    if of_tag.is_none() && !is_named || OWN_CODE.is_match(paragraph) {
        return None;
    }
    let is_cited = is_named || !super::find(paragraph).is_empty();
    let mut inside = block.lines().skip(1).collect::<Vec<_>>();
    inside.pop_if(|last| last.trim_start().starts_with(['`', '~']));
    let numbered = inside.iter().filter(|line| !line.trim().is_empty()).all(|line| LINE_NUMBER.is_match(line));
    let without_number = |line: &&str| {
        let number = if numbered { LINE_NUMBER.find(line) } else { None };
        number.map_or(*line, |number| &line[number.end()..]).trim().to_owned()
    };
    let written: Vec<String> = inside.iter().map(without_number).collect();
    let lines: Vec<String> = written.iter().map(|line| squeezed(line)).filter(|line| line.len() >= LEAST).collect();
    let first_line = written.into_iter().find(|line| squeezed(line).len() >= LEAST)?;
    Some(Excerpt { first_line, lines, endings: of_tag.unwrap_or_default(), is_cited })
}

/// A line of code as it is compared: without white space, a comment behind it and what was left out. Empty
/// where it is nothing but that.
pub(super) fn squeezed(line: &str) -> String {
    let line = line.trim();
    if ["#", "//", "/*", "*", "--", "..."].iter().any(|start| line.starts_with(start)) && !line.starts_with("#[") {
        return String::new();
    }
    let end = [" #", " //", " /*", "...", "…"].iter().filter_map(|sign| line.find(sign)).min().unwrap_or(line.len());
    line[..end].chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[track_caller]
    fn check(info: &str, before: &str, inside: &str, expected: Option<&[&str]>) {
        let block = format!("```{info}\n{inside}\n```");
        let lines = excerpt(info, before, &block).map(|excerpt| excerpt.lines);
        let expected = expected.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        assert_eq!(lines, expected, "{info}: {before}");
    }

    #[test]
    fn code_of_the_subject_is_told_from_other_blocks() {
        let code = "let signer = Signer::new();\n";
        let lines = Some(&["letsigner=Signer::new();"][..]);
        check("rust", "It signs:\n\n", code, lines);
        check("", "As `src/a.rs:3` has it:\n\n", code, None);
        check("src/a.rs:3", "", code, lines);
        check("rust", "For example:\n\n", code, None);
        check("rust", "For example, this.\n\nIt signs in `a.rs:3`:\n\n", code, lines);
        check("sh", "Run it (`src/a.rs:3`):\n\n", "cargo run -- --sign", None);
        check("", "", "  +--------+\n  | signer |", None);
        check("rust", "", "}", None);
    }

    #[test]
    fn quoted_lines_are_told_from_what_was_put_around_them() {
        let lines = Some(&["letsigner=new_signer();", "signer.sign(value)"][..]);
        check("rust", "", "12 | let signer = new_signer();\n13 | signer.sign(value)", lines);
        check("rust", "", "let signer = new_signer(); // made here\n// ...\n    signer.sign(value)", lines);
        check("rust", "", "let signer = new_signer();\n\n  ...\nsigner . sign( value )", lines);
    }
}
