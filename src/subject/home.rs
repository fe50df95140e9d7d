//! The user's home as a subject: keys, logins and histories lie in it, so it is one only where the user names it,
//! and without what begins with a dot.

use crate::machine::Machine;
use std::fs;
use std::path::{Path, PathBuf};

/// Whether a folder is the home, or the home lies in it.
pub fn holds_home(folder: &Path, machine: &Machine) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    machine.home.as_deref().is_some_and(|home| real(home).starts_with(real(folder)))
}

/// What nobody is shown of the home with the rest of it: all that begins with a dot, but git's folder. Links
/// resolved.
pub fn private_in_home(machine: &Machine) -> Vec<PathBuf> {
    let entries = machine.home.as_deref().map(fs::read_dir).into_iter().flatten().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().starts_with(b".") && name != ".git"
    });
    let mut private: Vec<PathBuf> = named.filter_map(|entry| entry.path().canonicalize().ok()).collect();
    private.sort();
    private.dedup();
    private
}
