//! What a program may have lacked behind the wall when it came to nothing: told to the user, never let
//! through unasked, because the program's words may be another's.

use crate::agent::{AgentError, Needs, Trouble};
use crate::machine::Machine;
use crate::sandbox::proxy::Allowed;
use std::path::{Component, Path, PathBuf};

/// Version managers: a part of their folder's path, and the variables by which their programs find it.
const MANAGERS: [(&str, &[&str]); 6] = [
    (".asdf", &["ASDF_DIR", "ASDF_DATA_DIR"]),
    (".volta", &["VOLTA_HOME"]),
    (".nvm", &["NVM_DIR"]),
    (".nodenv", &["NODENV_ROOT"]),
    (".pyenv", &["PYENV_ROOT"]),
    ("mise", &["MISE_DATA_DIR"]),
];
/// Folders of the home that many programs share, and some keep keys in: nobody is advised to show them.
const OF_MANY: [&str; 4] = [".cache", ".cargo", ".config", ".local"];
/// Words about a variable that is not there.
const MISSING: [&str; 8] =
    ["not set", "unset", "unbound", "undefined", "missing", "required", "environment variable", "keyerror"];
/// Words about a host that is not reached.
const UNREACHED: [&str; 6] = ["resolve", "lookup", "enotfound", "eai_again", "gaierror", "connect"];
/// Endings of files that look like the end of a host's name.
const ENDINGS: [&str; 6] = ["py", "js", "ts", "mjs", "cjs", "rs"];
/// No more of a sort are named.
const MOST: usize = 3;

/// What could be let through, as the configuration names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// For `read`.
    pub read: Vec<String>,
    /// For `env`.
    pub variables: Vec<String>,
    /// For `hosts`.
    pub hosts: Vec<String>,
}

/// Where an agent was that came to nothing.
pub(super) struct Behind<'a> {
    /// Its program.
    pub(super) executable: &'a Path,
    /// What could be read.
    pub(super) readable: &'a [PathBuf],
    /// What else it had.
    pub(super) needs: &'a Needs,
    /// It was asked about a file of kb's own: nobody else put words into its mouth.
    pub(super) is_trial: bool,
}

impl Lacks {
    /// What may have been missing; none if the program says itself what went wrong, or nothing is known.
    pub(super) fn of(error: &AgentError, behind: &Behind<'_>, machine: &Machine) -> Option<Self> {
        let Behind { executable, readable, needs, is_trial } = *behind;
        let (AgentError::NotStanding { stderr: said, .. }
        | AgentError::NoAnswer { stderr: said, .. }
        | AgentError::Failed { kind: Trouble::Other, stderr: said, .. }) = error
        else {
            return None;
        };
        let mut read: Vec<String> = Vec::new();
        for path in paths(said) {
            if path.exists()
                && !readable.iter().any(|folder| path.starts_with(folder))
                && let Some(folder) = to_be_read(&path, executable, machine)
                && !read.contains(&folder)
            {
                read.push(folder);
            }
        }
        let starts_elsewhere = matches!(error, AgentError::NotStanding { .. } | AgentError::NoAnswer { .. });
        let manager = MANAGERS.iter().find(|(part, _)| has_part(executable, part)).filter(|_| starts_elsewhere);
        // What it starts lies beside it, and not all of them say where.
        if manager.is_some()
            && let Some(folder) = to_be_read(executable, executable, machine)
            && !read.contains(&folder)
        {
            read.push(folder);
        }
        read.truncate(MOST);
        let mut lacks = Self { read, ..Self::default() };
        lacks.variables.extend(manager.into_iter().flat_map(|(_, names)| *names).map(|name| (*name).to_owned()));
        if is_trial {
            let why = if let AgentError::Failed { why, .. } = error { why } else { "" };
            let text = format!("{why}\n{said}");
            add(&mut lacks.variables, variables(&text, needs, machine));
            add(&mut lacks.hosts, hosts(&text, needs));
        }
        (lacks != Self::default()).then_some(lacks)
    }
}

/// The first few that are new.
fn add(list: &mut Vec<String>, found: impl Iterator<Item = String>) {
    for found in found {
        if list.len() < MOST && !list.contains(&found) {
            list.push(found);
        }
    }
}

/// Variables that a text misses, which are set and were not let through.
fn variables<'a>(text: &'a str, needs: &'a Needs, machine: &'a Machine) -> impl Iterator<Item = String> + 'a {
    let misses = |line: &&str| MISSING.iter().any(|word| line.to_lowercase().contains(word));
    let words =
        text.lines().filter(misses).flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let is_name = |word: &&str| word.len() > 2 && !word.chars().any(|c| c.is_ascii_lowercase());
    let is_kept_out = |word: &&str| {
        let is_had = needs.variables.iter().any(|name| name == word) || super::enclose::is_usual(word);
        !is_had && machine.variable(word).is_some()
    };
    words.filter(is_name).filter(is_kept_out).map(str::to_owned)
}

/// Hosts that a text could not find or reach, and that were not let through.
fn hosts<'a>(text: &'a str, needs: &'a Needs) -> impl Iterator<Item = String> + 'a {
    let misses = |line: &&str| UNREACHED.iter().any(|word| line.to_lowercase().contains(word));
    let part = |c: char| !c.is_ascii_alphanumeric() && !"-.:".contains(c);
    let words =
        text.lines().filter(misses).flat_map(move |line| line.split(part)).map(|word| word.trim_matches([':', '.']));
    // `socket.gaierror` and `file.py` are none: the last part of a name is short, and no ending of a program's file.
    let is_host = |word: &&str| {
        let name = word.split(':').next().unwrap_or_default();
        let (inside, last) = name.rsplit_once('.').unwrap_or_default();
        let is_last = (2..=6).contains(&last.len()) && last.chars().all(|c| c.is_ascii_lowercase());
        !inside.is_empty() && is_last && !ENDINGS.contains(&last) && Allowed::parse(word, false).is_some()
    };
    words.filter(is_host).map(str::to_owned).filter(|host| !needs.hosts.contains(host))
}

/// The absolute paths that a text names.
fn paths(text: &str) -> impl Iterator<Item = PathBuf> {
    let ends = |c: char| c.is_whitespace() || "'\"`:,;()[]<>=".contains(c);
    text.split(ends).filter(|word| word.len() > 1 && word.starts_with('/')).map(PathBuf::from)
}

/// The folder that would have to be named: of what lies in the home, only the one that the program was
/// installed in, never another.
fn to_be_read(path: &Path, executable: &Path, machine: &Machine) -> Option<String> {
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let home = machine.home.as_deref().filter(|home| path.starts_with(home));
    match home {
        _ if !plain => None,
        Some(home) => {
            let first = |path: &Path| path.strip_prefix(home).ok()?.components().next().map(|part| home.join(part));
            let folder = first(path).filter(|folder| first(executable).as_ref() == Some(folder))?;
            let inside = folder.strip_prefix(home).ok()?;
            if OF_MANY.iter().any(|shared| inside == Path::new(shared)) {
                return None;
            }
            let inside = match path.parent().filter(|_| !inside.to_string_lossy().starts_with('.')) {
                // A folder of the user's own work is not named whole.
                Some(parent) => parent.strip_prefix(home).ok()?,
                None => inside,
            };
            Some(format!("~/{}", inside.display()))
        }
        None => {
            let folder = if path.is_dir() { path } else { path.parent()? };
            folder.parent().map(|_| folder.to_string_lossy().into_owned())
        }
    }
}

fn has_part(path: &Path, part: &str) -> bool {
    path.components().any(|component| component == Component::Normal(part.as_ref()))
}
