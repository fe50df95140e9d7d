//! Names and paths in the code spans of an answer.

/// Runs of characters that identifiers are made of.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The identifiers of a code span, or none where it is no name: a command, a value, a sentence.
pub(super) fn names(span: &str) -> Vec<String> {
    let span = span.trim();
    let is_name = |c: char| c.is_alphanumeric() || "_.:()#$&*@!?".contains(c);
    let is_place = span.contains(['/', '\\']) || !super::find(&format!("`{span}`")).is_empty();
    if is_place || span.len() > 120 || !span.chars().all(is_name) {
        return Vec::new();
    }
    let is_identifier = |word: &&str| {
        word.len() >= 3 && word.len() <= 80 && !word.starts_with(|c: char| c.is_ascii_digit()) && !is_built_in(word)
    };
    words(span).filter(is_identifier).map(str::to_owned).collect()
}

/// The path that a code span is: relative, of a file with an ending, without lines. Addresses, patterns,
/// and what begins with the name of a host are none.
pub(super) fn path(span: &str) -> Option<String> {
    let span = span.trim();
    let path = span.strip_prefix("./").unwrap_or(span);
    let (folder, name) = path.rsplit_once('/')?;
    let (stem, ending) = name.rsplit_once('.')?;
    let is_plain = path.chars().all(|c| c.is_alphanumeric() || "_-+./".contains(c));
    let is_ending = (1..=5).contains(&ending.len())
        && ending.starts_with(|c: char| c.is_ascii_alphabetic())
        && ending.chars().all(|c| c.is_ascii_alphanumeric());
    let first = folder.split('/').next().unwrap_or_default();
    // What is hidden or above is not looked at by research.
    let is_inside = !folder.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    (is_plain && is_ending && is_inside && !stem.is_empty() && !first.contains('.')).then(|| path.to_owned())
}

/// Names that languages bring, so that no code need hold them.
fn is_built_in(word: &str) -> bool {
    const BUILT_IN: &str = " true false none null nil self this super undefined int str float bool dict list tuple set bytes object \
type string number boolean usize isize u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 char void double long short unsigned option some ok err \
result vec box map array promise error exception typeerror valueerror keyerror attributeerror runtimeerror importerror oserror \
indexerror stopiteration notimplementederror lookuperror isinstance issubclass getattr setattr hasattr len print range super \
property staticmethod classmethod console window document json regexp date math symbol proxy reflect object function async await \
return yield raise except finally lambda class def func struct enum trait impl interface package import export default const let var \
static public private protected get post put delete head options patch http https ";
    let lower = word.to_lowercase();
    BUILT_IN.split_ascii_whitespace().any(|known| known == lower)
}

#[cfg(test)]
mod tests {
    use super::{names, path};

    #[test]
    fn paths_are_told_from_what_only_has_a_slash() {
        for text in ["src/a.py", "./src/a.py", "lib/deep/er/x_y.test.ts"] {
            assert_eq!(path(text).as_deref(), Some(text.trim_start_matches("./")));
        }
        for text in [
            "a.py",
            "/etc/a.conf",
            "~/a.py",
            "../a.py",
            "src/*.py",
            "src/",
            "application/json",
            "a / b.c",
            "x.org/a.js",
            "a/.b",
        ] {
            assert_eq!(path(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_told_from_commands_and_values() {
        assert_eq!(names("Signer.sign_value(key)"), ["Signer", "sign_value", "key"]);
        for text in ["kb ask --fresh", "a == b", "src/a.py", "a.py:3", "true", "42", "x"] {
            assert!(names(text).is_empty(), "{text}");
        }
    }
}
