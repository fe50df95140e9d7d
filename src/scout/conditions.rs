//! What happens when: where the lines of a place raise an error or catch one, and under which condition.

use super::language;
use super::sorts;
use regex::Regex;

/// One such line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// From 1.
    pub(crate) line: u32,
    pub(crate) text: String,
    /// Whether it catches; else it raises.
    pub(crate) catches: bool,
    /// The nearest line above that decides whether it is reached: `if …`, `except …`.
    pub(crate) under: Option<(u32, String)>,
}

/// Words with which a line decides what comes next.
const DECIDES: &[&str] = &[
    "if", "elif", "else", "elsif", "unless", "guard", "case", "when", "match", "switch", "except", "catch", "rescue",
    "while", "for", "default", "}",
];

/// The conditions in some lines of a file; lines count from 1, `documented` ones are passed over.
pub(crate) fn of(path: &str, text: &[String], first: u32, last: u32, documented: (u32, u32)) -> Vec<Condition> {
    let Some(family) = language::family(path) else { return Vec::new() };
    let form = |sort: &sorts::Sort| sort.form(family).and_then(|form| Regex::new(form).ok());
    let (raises, catches) = (form(&sorts::RAISES), form(&sorts::HANDLERS));
    let matches = |form: &Option<Regex>, line: &str| form.as_ref().is_some_and(|form| form.is_match(line));
    let mut found = Vec::new();
    for line in first..=last.min(u32::try_from(text.len()).unwrap_or(u32::MAX)) {
        let Some(said) = text.get(line as usize - 1).filter(|said| said.len() < 500) else { continue };
        let bare = said.trim_start();
        let is_comment =
            ["#", "//", "*", "/*", "--"].iter().any(|mark| bare.starts_with(mark) && !bare.starts_with("#["));
        if is_comment || (documented.0..=documented.1).contains(&line) {
            continue;
        }
        let (raising, catching) = (matches(&raises, said), matches(&catches, said));
        if raising || catching {
            let catches = catching && !raising;
            let under = if catches { None } else { decision(text, first, line) };
            found.push(Condition { line, text: short(bare), catches, under });
        }
    }
    found
}

/// What handlers look like in the language of a file.
pub(crate) fn handlers(path: &str) -> Option<Regex> {
    Regex::new(sorts::HANDLERS.form(language::family(path)?)?).ok()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// What catches an error that comes out of a line: the first handler below that is less indented than all
/// between, up to the line `last`.
pub(crate) fn caught(handlers: &Regex, text: &[String], line: u32, last: u32) -> Option<(u32, String)> {
    let mut depth = indent(text.get(line as usize - 1)?);
    for below in line + 1..=last.min(u32::try_from(text.len()).unwrap_or(u32::MAX)) {
        let said = text.get(below as usize - 1).filter(|said| !said.trim().is_empty() && indent(said) < depth);
        let Some(said) = said else { continue };
        depth = indent(said);
        if handlers.is_match(said) {
            return Some((below, short(said.trim_start())));
        }
    }
    None
}

/// The last line of what a handler does: before the first that is indented no more than it is.
pub(crate) fn end_of_handler(text: &[String], handler: u32, last: u32) -> u32 {
    let depth = text.get(handler as usize - 1).map_or(0, |line| indent(line));
    let ends =
        |line: &u32| text.get(*line as usize - 1).is_some_and(|said| !said.trim().is_empty() && indent(said) <= depth);
    (handler + 1..=last).find(ends).map_or(last, |line| line - 1)
}

/// The nearest line above that is less indented and decides.
fn decision(text: &[String], first: u32, line: u32) -> Option<(u32, String)> {
    let mut depth = indent(text.get(line as usize - 1)?);
    for above in (first..line).rev() {
        let said = text.get(above as usize - 1)?;
        if said.trim().is_empty() || indent(said) >= depth {
            continue;
        }
        depth = indent(said);
        let bare = said.trim_start().trim_start_matches(['}', ' ']);
        let word = bare.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let arm = bare.trim_end().ends_with("=>") || bare.contains("=> {");
        if DECIDES.contains(&word) && !word.is_empty() || arm {
            return Some((above, short(bare.trim_end().trim_end_matches(['{', ':', ' ']))));
        }
        if depth == 0 {
            break;
        }
    }
    None
}

fn short(text: &str) -> String {
    text.trim_end().chars().take(110).collect()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn an_error_is_told_with_what_leads_to_it() {
        let source = "def load(name):\n    # raise nothing here\n    if not name:\n        log(name)\n        raise ValueError(name)\n    try:\n        read(name)\n    except OSError as error:\n        raise Missing(name) from error\n";
        let text: Vec<String> = source.lines().map(str::to_owned).collect();
        let found = of("a.py", &text, 1, 9, (1, 0));
        let told: Vec<(u32, bool, Option<u32>)> =
            found.iter().map(|one| (one.line, one.catches, one.under.as_ref().map(|under| under.0))).collect();
        assert_eq!(told, [(5, false, Some(3)), (8, true, None), (9, false, Some(8))]);
        assert_eq!(found[0].under.as_ref().map(|under| under.1.as_str()), Some("if not name"));
    }

    #[test]
    fn a_handler_around_a_call_is_found_and_no_other() {
        let source = "def run(app):\n    try:\n        try:\n            app.go()\n        except Late as error:\n            app.wait(error)\n    except Exception as error:\n        app.fail(error)\n    app.end()\n    try:\n        app.rest()\n    except OSError:\n        pass\n";
        let text: Vec<String> = source.lines().map(str::to_owned).collect();
        let at = |line| super::caught(&super::handlers("a.py").expect("python"), &text, line, 13).map(|(line, _)| line);
        assert_eq!([at(4), at(6), at(9), at(11)], [Some(5), Some(7), None, Some(12)]);
        assert_eq!(super::end_of_handler(&text, 7, 13), 8);
        let source = "async function run(app) {\n  try {\n    await app.go();\n  } catch (error) {\n    app.fail(error);\n  }\n}\n";
        let text: Vec<String> = source.lines().map(str::to_owned).collect();
        assert_eq!(
            super::caught(&super::handlers("a.js").expect("javascript"), &text, 3, 7),
            Some((4, "} catch (error) {".to_owned()))
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text: Vec<String>, first in 1..50_u32, last in 0..50_u32) {
            for path in ["a.py", "a.rs", "a.go", "a.sh", "a.txt"] {
                of(path, &text, first, last, (1, 2));
            }
        }
    }
}
