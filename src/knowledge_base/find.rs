//! Which knowledge base a command means, and why.

use super::{KnowledgeBase, MARK, SettingsError, USUAL_NAME};
use crate::machine::Machine;
use crate::save;
use crate::subject;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why this knowledge base and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// `--kb DIR`
    Flag,
    /// `KB_DIR`
    Environment,
    /// The nearest folder upwards that is one or holds one.
    Nearest,
    /// The one of the repository's main work tree, which all its work trees share.
    WorkTree,
    /// There is none around here: the user's own.
    Own,
}

/// A knowledge base that was looked for.
#[derive(Clone, Debug)]
pub struct Found {
    /// The base; its folder exists, unless it is the user's own and nothing was saved yet.
    pub base: KnowledgeBase,
    /// How it was found.
    pub why: Why,
}

/// Why there is no knowledge base to use.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The folder cannot be opened.
    #[error("cannot open the knowledge base `{}`: {source}", path.display())]
    Open {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file stands where a folder should.
    #[error("`{}` is not a folder, so it cannot be a knowledge base", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be made.
    #[error("cannot make the knowledge base `{}`: {source}", path.display())]
    Make {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its `kb.toml` is not right.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// The knowledge base of a command: the named one, else the nearest upwards, else the user's own,
/// which is made.
pub fn find(flag: Option<&Path>, environment: Option<&Path>, machine: &Machine) -> Result<Found, FindError> {
    for (named, why) in [(flag, Why::Flag), (environment, Why::Environment)] {
        if let Some(folder) = named {
            return Ok(Found { base: KnowledgeBase::open(&machine.here.join(folder))?, why });
        }
    }
    let git = subject::folders(&machine.here);
    if let Some(near) = upwards(&machine.here) {
        let shared = git.as_ref().and_then(|git| in_main_work_tree(&near, git));
        let (root, why) = shared.map_or((near, Why::Nearest), |root| (root, Why::WorkTree));
        return Ok(Found { base: KnowledgeBase::open(&root)?, why });
    }
    // A work tree does not hold notes that are not committed; the main one beside it does.
    let main = git.filter(|git| git.git_dir != git.common_dir).and_then(|git| upwards(git.common_dir.parent()?));
    if let Some(root) = main {
        return Ok(Found { base: KnowledgeBase::open(&root)?, why: Why::WorkTree });
    }
    let own = &machine.data;
    fs::create_dir_all(own).map_err(|source| FindError::Make { path: own.clone(), source })?;
    Ok(Found { base: KnowledgeBase::open(own)?, why: Why::Own })
}

/// The nearest folder upwards that is a knowledge base, or whose `notes` is one.
fn upwards(from: &Path) -> Option<PathBuf> {
    from.ancestors().find_map(|folder| {
        let usual = folder.join(USUAL_NAME);
        [folder.to_owned(), usual].into_iter().find(|folder| is_marked(folder))
    })
}

/// Whether a folder is a knowledge base. Called `notes`, it is one by its `kb.toml`, whatever that says: one that
/// is not right is an error, for notes would go astray otherwise. Elsewhere the file may be another program's, and
/// counts if it says `kb = 1`, or nothing that any program could read.
pub(super) fn is_marked(folder: &Path) -> bool {
    let mark = folder.join(MARK);
    let Ok(file) = fs::metadata(&mark) else { return false };
    if folder.ends_with(USUAL_NAME) {
        return true;
    }
    let says_kb = |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == "kb");
    let is_nobody_s = |text: &str| toml::from_str::<toml::Table>(text).map_or(true, |table| table.is_empty());
    // A stranger's file of any size must not be read to see whose it is.
    let is_small = file.is_file() && file.len() <= super::settings::LARGEST;
    is_small && fs::read_to_string(mark).is_ok_and(|text| text.lines().any(says_kb) || is_nobody_s(&text))
}

/// The same folder in the main work tree, for one that lies in a linked work tree.
fn in_main_work_tree(base: &Path, git: &subject::GitFolders) -> Option<PathBuf> {
    if git.git_dir == git.common_dir {
        return None;
    }
    let main = git.common_dir.parent()?;
    let root = main.join(base.strip_prefix(&git.work_tree).ok()?);
    is_marked(&root).then_some(root)
}

/// Makes a folder a knowledge base. Says whether it was one before.
pub fn init(folder: &Path) -> Result<(KnowledgeBase, bool), FindError> {
    let failed = |source| FindError::Make { path: folder.to_owned(), source };
    if folder.exists() && !folder.is_dir() {
        return Err(FindError::NotAFolder { path: folder.to_owned() });
    }
    fs::create_dir_all(folder).map_err(failed)?;
    let text = "# A kb knowledge base: every .md file below this folder is a note.\nkb = 1\n";
    let created = save::create(&folder.join(MARK), text.as_bytes()).map_err(failed)?;
    Ok((KnowledgeBase::open(folder)?, created == save::Created::Taken))
}
