//! The claims of an answer held against the code: what stands nowhere in it was made up, or comes from
//! elsewhere.

use super::claims::{self, Claim, Excerpt, names_of};
use super::excerpts::{is_code, squeezed};
use super::names::words;
use crate::subject::Snapshot;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// Of the names, paths and excerpts in an answer, how many were looked up and which stand nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// In order of first appearance; an excerpt is named by its first line.
    pub unknown_names: Vec<String>,
    /// How many were looked up.
    pub names_checked: usize,
}

/// So many files are read before it is seen whether anything is left to look for.
const BATCH: usize = 128;
/// Longer lines of excerpts are cut where they are listed.
const LONGEST: usize = 100;

/// What was not found yet.
struct Wanted<'a> {
    names: FxHashSet<&'a str>,
    paths: FxHashSet<&'a str>,
    /// As [`squeezed`] leaves them.
    lines: FxHashSet<&'a str>,
}

/// What the files tell.
#[derive(Default)]
struct Seen {
    /// Words of what is imported.
    imported: FxHashSet<String>,
    /// Those of them that a module's name begins with.
    libraries: FxHashSet<String>,
    /// Names of folders.
    folders: FxHashSet<String>,
    /// Endings of files.
    endings: FxHashSet<String>,
}

/// Looks up what the markdown claims. `first` are files of the first snapshot that likely hold it.
pub(super) fn look_up(markdown: &str, question: &str, first: &[String], snapshots: &[Snapshot]) -> Claims {
    let claims = claims::claims(markdown, question);
    let excerpts =
        claims.iter().filter_map(|claim| if let Claim::Excerpt(excerpt) = claim { Some(excerpt) } else { None });
    let mut wanted = Wanted {
        names: claims.iter().flat_map(names_of).map(String::as_str).collect(),
        paths: claims
            .iter()
            .filter_map(|claim| if let Claim::Path(path) = claim { Some(&**path) } else { None })
            .collect(),
        lines: excerpts.flat_map(|excerpt| &excerpt.lines).map(String::as_str).collect(),
    };
    let mut seen = Seen::default();
    for (at, snapshot) in snapshots.iter().enumerate() {
        if wanted.is_empty() {
            break;
        }
        read(if at == 0 { first } else { &[] }, snapshot, &mut wanted, &mut seen);
        if wanted.is_empty() {
            break;
        }
        let rest: Vec<String> = snapshot.files().files.into_iter().map(|entry| entry.path).collect();
        listed(&rest, &snapshot.pinned.name, &mut wanted, &mut seen);
        for batch in rest.chunks(BATCH) {
            if wanted.is_empty() {
                break;
            }
            read(batch, snapshot, &mut wanted, &mut seen);
        }
    }
    let mut unknown: Vec<String> = Vec::new();
    for name in claims.iter().flat_map(|claim| missing(claim, &wanted, &seen)) {
        if !unknown.contains(&name) {
            unknown.push(name);
        }
    }
    Claims { unknown_names: unknown, names_checked: claims::count(&claims) }
}

impl Wanted<'_> {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.paths.is_empty() && self.lines.is_empty()
    }
}

/// What of a claim stands nowhere.
fn missing(claim: &Claim, wanted: &Wanted<'_>, seen: &Seen) -> Vec<String> {
    match claim {
        // `hashlib.sha256_of`: what a library that the code imports offers is not the code's.
        Claim::Names(names) if names.len() > 1 && seen.imported.contains(&names[0]) => Vec::new(),
        Claim::Names(names) => names.iter().filter(|name| wanted.names.contains(name.as_str())).cloned().collect(),
        Claim::Path(path) if wanted.paths.contains(path.as_str()) && would_be_here(path, seen) => vec![path.clone()],
        Claim::Excerpt(excerpt) if is_made_up(excerpt, wanted, seen) => {
            vec![excerpt.first_line.chars().take(LONGEST).collect()]
        }
        Claim::Path(_) | Claim::Excerpt(_) => Vec::new(),
    }
}

/// A path may be one of a library, of the user's own files, of a server.
fn would_be_here(path: &str, seen: &Seen) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let ending = path.rsplit('.').next().unwrap_or_default();
    let is_known_folder = seen.folders.contains(first);
    seen.endings.contains(ending) && (is_known_folder || is_code(ending) && !seen.libraries.contains(first))
}

fn is_made_up(excerpt: &Excerpt, wanted: &Wanted<'_>, seen: &Seen) -> bool {
    let Excerpt { lines, endings, is_cited, .. } = excerpt;
    let of_subject = endings.is_empty() || endings.iter().any(|ending| seen.endings.contains(*ending));
    let missing = lines.iter().filter(|line| wanted.lines.contains(line.as_str())).count();
    // Agents shorten what they quote. Code that says of no place that it is there may be their own.
    of_subject && if *is_cited { missing * 2 > lines.len() } else { missing == lines.len() && missing > 1 }
}

/// Takes away what the names of files say.
fn listed(files: &[String], subject: &str, wanted: &mut Wanted<'_>, seen: &mut Seen) {
    for path in files {
        for word in words(path) {
            wanted.names.remove(word);
        }
        wanted.paths.retain(|asked| {
            let own = asked.strip_prefix(subject).and_then(|rest| rest.strip_prefix('/')).unwrap_or(asked);
            let ends_so =
                |asked: &str| path.strip_suffix(asked).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
            !ends_so(asked) && !ends_so(own)
        });
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let new: Vec<&str> = folder.split('/').filter(|part| !seen.folders.contains(*part)).collect();
        seen.folders.extend(new.into_iter().map(str::to_owned));
        if let Some((_, ending)) = name.rsplit_once('.').filter(|(_, ending)| !seen.endings.contains(*ending)) {
            seen.endings.insert(ending.to_owned());
        }
    }
}

/// Takes away what these files hold, and notes what they import.
fn read(paths: &[String], snapshot: &Snapshot, wanted: &mut Wanted<'_>, seen: &mut Seen) {
    let looked: Vec<[Vec<String>; 5]> = paths
        .par_iter()
        .filter_map(|path| snapshot.read(path).ok())
        .map(|bytes| in_file(&String::from_utf8_lossy(&bytes), wanted))
        .collect();
    for [names, paths, lines, imports, libraries] in looked {
        names.iter().map(String::as_str).for_each(|name| _ = wanted.names.remove(name));
        paths.iter().map(String::as_str).for_each(|path| _ = wanted.paths.remove(path));
        lines.iter().map(String::as_str).for_each(|line| _ = wanted.lines.remove(line));
        seen.imported.extend(imports);
        seen.libraries.extend(libraries);
    }
}

/// The names, paths and lines of a text that are wanted, the words of what it imports, and those of them
/// that begin the name of a module.
fn in_file(text: &str, wanted: &Wanted<'_>) -> [Vec<String>; 5] {
    let names: FxHashSet<&str> = words(text).filter(|word| wanted.names.contains(word)).collect();
    let paths = wanted.paths.iter().filter(|path| text.contains(**path));
    let mut lines = Vec::new();
    if !wanted.lines.is_empty() {
        // An agent may wrap lines, or leave out what stands behind them.
        let code: String = text.lines().map(squeezed).collect();
        lines.extend(wanted.lines.iter().filter(|line| code.contains(**line)).map(|line| (*line).to_owned()));
    }
    let imports = text.lines().map(str::trim_start).filter(|line| {
        ["import ", "from ", "use ", "#include", "require"].iter().any(|start| line.starts_with(start))
            || line.contains("require(")
    });
    let modules = imports.clone().flat_map(|line| line.split([' ', '\'', '"', '<', '(']));
    let libraries = modules.filter_map(|module| words(module).next().filter(|first| module.starts_with(first)));
    [
        names.into_iter().map(str::to_owned).collect(),
        paths.map(|path| (*path).to_owned()).collect(),
        lines,
        imports.clone().flat_map(words).map(str::to_owned).collect(),
        libraries.map(str::to_owned).collect(),
    ]
}
