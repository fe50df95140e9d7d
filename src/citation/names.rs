//! Names that an answer speaks of, looked up in the code: what stands nowhere in it was made up, or
//! comes from elsewhere.

use crate::subject::Snapshot;
use pulldown_cmark::{Event, Options, Parser};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// Of the names in an answer, how many were looked up and which stand nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// In order of first appearance.
    pub unknown_names: Vec<String>,
    /// How many were looked up.
    pub names_checked: usize,
}

/// More names than that are no answer.
const MOST: usize = 2_000;
/// So many files are read before it is seen whether names are left.
const BATCH: usize = 128;

/// Looks up the identifiers of the markdown's code spans. Spans that are paths, commands or expressions
/// with spaces, and fenced code, are not looked at. `first` are files of the first snapshot that likely
/// hold the names.
pub(super) fn look_up(markdown: &str, question: &str, first: &[String], snapshots: &[Snapshot]) -> Claims {
    let asked: FxHashSet<String> = words(question).map(str::to_lowercase).collect();
    let mut spans: Vec<Vec<String>> = Vec::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        if let Event::Code(text) = event {
            let names = names(&text);
            let known = names.iter().any(|name| asked.contains(&name.to_lowercase()));
            if !names.is_empty() && !known && spans.len() < MOST && !spans.contains(&names) {
                spans.push(names);
            }
        }
    }
    let mut wanted: FxHashSet<&str> = spans.iter().flatten().map(String::as_str).collect();
    let names_checked = wanted.len();
    let mut imported: FxHashSet<String> = FxHashSet::default();
    for (at, snapshot) in snapshots.iter().enumerate() {
        if wanted.is_empty() {
            break;
        }
        let cited: Vec<String> = if at == 0 { first.to_vec() } else { Vec::new() };
        read(&cited, snapshot, &mut wanted, &mut imported);
        if wanted.is_empty() {
            break;
        }
        let rest: Vec<String> = snapshot.files().files.into_iter().map(|entry| entry.path).collect();
        // A file's own name is a name of the code, too.
        for path in &rest {
            for word in words(path) {
                wanted.remove(word);
            }
        }
        for batch in rest.chunks(BATCH) {
            if wanted.is_empty() {
                break;
            }
            read(batch, snapshot, &mut wanted, &mut imported);
        }
    }
    let mut unknown: Vec<String> = Vec::new();
    for span in &spans {
        // `hashlib.sha256_of`: what a library that the code imports offers is not the code's.
        let of_library = span.len() > 1 && imported.contains(&span[0]);
        for name in span.iter().filter(|name| wanted.contains(name.as_str()) && !of_library) {
            if !unknown.contains(name) {
                unknown.push(name.clone());
            }
        }
    }
    Claims { unknown_names: unknown, names_checked }
}

/// Takes away what these files hold, and notes what they import.
fn read(paths: &[String], snapshot: &Snapshot, wanted: &mut FxHashSet<&str>, imported: &mut FxHashSet<String>) {
    let looked: Vec<(Vec<String>, Vec<String>)> = paths
        .par_iter()
        .filter_map(|path| snapshot.read(path).ok())
        .map(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            let mut found: FxHashSet<&str> = FxHashSet::default();
            found.extend(words(&text).filter(|word| wanted.contains(word)));
            let imports = text.lines().filter(|line| {
                let line = line.trim_start();
                ["import ", "from ", "use ", "#include", "require"].iter().any(|start| line.starts_with(start))
                    || line.contains("require(")
            });
            let imports = imports.flat_map(words).map(str::to_owned).collect();
            (found.into_iter().map(str::to_owned).collect(), imports)
        })
        .collect();
    for (found, imports) in looked {
        for name in &found {
            wanted.remove(name.as_str());
        }
        imported.extend(imports);
    }
}

/// Runs of characters that identifiers are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The identifiers of a code span, or none where it is no name: a command, a value, a sentence.
fn names(span: &str) -> Vec<String> {
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
