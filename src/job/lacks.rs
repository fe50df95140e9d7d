//! What a program may have lacked behind the wall when it came to nothing: told to the user, never let
//! through unasked, because the program's words may be another's.

use crate::agent::{AgentError, Trouble};
use crate::machine::Machine;
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
/// No more of a sort are named.
const MOST: usize = 3;

/// What could be let through, as the configuration names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// For `read`.
    pub read: Vec<String>,
    /// For `env`.
    pub variables: Vec<String>,
}

impl Lacks {
    /// What may have been missing; none if the program says itself what went wrong, or nothing is known.
    /// `readable` could be read.
    pub(super) fn of(error: &AgentError, executable: &Path, readable: &[PathBuf], machine: &Machine) -> Option<Self> {
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
        let variables = manager.map(|(_, names)| names.iter().map(|name| (*name).to_owned()).collect());
        let lacks = Self { read, variables: variables.unwrap_or_default() };
        (lacks != Self::default()).then_some(lacks)
    }
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
