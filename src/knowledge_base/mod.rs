//! A folder of notes: which one and why, its files, what is saved there and what is thrown away.
//! Knows no index.

mod find;
mod history;
mod settings;
mod store;

pub use find::{FindError, Found, Why, find, init};
pub use history::Revision;
pub use settings::{BaseSettings, SettingsError};
pub use store::{StoreError, Trashed};

use crate::machine::Machine;
use std::path::{Path, PathBuf};

/// Marks a folder as a knowledge base.
pub const MARK: &str = "kb.toml";
/// The folder's name where a repository has one.
pub const USUAL_NAME: &str = "notes";
const TRASH: &str = ".trash";
const HISTORY: &str = ".history";

/// A knowledge base.
#[derive(Clone, Debug)]
pub struct KnowledgeBase {
    /// Its folder: absolute, links resolved.
    pub root: PathBuf,
    /// What its `kb.toml` says.
    pub settings: BaseSettings,
}

impl KnowledgeBase {
    /// Opens a folder as a knowledge base, with or without a `kb.toml`.
    pub fn open(root: &Path) -> Result<Self, FindError> {
        let failed = |source| FindError::Open { path: root.to_owned(), source };
        let root = root.canonicalize().map_err(failed)?;
        if !root.is_dir() {
            return Err(FindError::NotAFolder { path: root });
        }
        let settings = BaseSettings::read(&root.join(MARK))?;
        Ok(Self { root, settings })
    }

    /// The folders that research about `subject` must not see: this base, one in the usual place of
    /// the subject (another work tree's copy, say), and what kb keeps for itself.
    pub fn hidden_from(&self, subject: &Path, machine: &Machine) -> Vec<PathBuf> {
        let usual = subject.join(USUAL_NAME);
        let mut hidden = vec![self.root.clone(), machine.data.clone(), machine.state.clone(), machine.cache.clone()];
        hidden.extend(find::is_marked(&usual).then_some(usual));
        hidden
    }

    /// Its name: `name` of its settings, else the folder's, or for `notes` the folder's around it.
    pub fn name(&self) -> String {
        let folder_name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let of_folder = || match folder_name(&self.root) {
            Some(name) if name == USUAL_NAME => self.root.parent().and_then(folder_name).unwrap_or(name),
            Some(name) => name,
            None => "notes".to_owned(),
        };
        self.settings.name.clone().unwrap_or_else(of_folder)
    }
}
