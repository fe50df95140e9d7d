//! Folders outside a work tree without which git cannot read it: a linked work tree's own and common
//! folder, and the object folders that a clone borrows. Only what proves to be git's is named: a
//! repository's author chooses what its `.git` says.

use super::git::{GitFolders, folders};
use std::fs;
use std::path::{Path, PathBuf};

/// How many object folders are followed.
const MOST_BORROWED: usize = 16;

/// Absolute folders, links resolved, none of them inside `root`.
pub fn outside_folders(root: &Path) -> Vec<PathBuf> {
    let Some(git) = folders(root) else { return Vec::new() };
    let mut found = Vec::new();
    // Asked about a folder in a work tree: the history lies further up.
    if git.git_dir == git.work_tree.join(".git") || knows(&git) {
        found.push(git.common_dir.clone());
        found.push(git.git_dir.clone());
    }
    let mut next = vec![git.common_dir.join("objects")];
    let mut seen = Vec::new();
    while let Some(objects) = next.pop() {
        if seen.len() > MOST_BORROWED || seen.contains(&objects) || !is_objects(&objects) {
            continue;
        }
        let alternates = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
        let borrowed = alternates.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        next.extend(borrowed.filter_map(|line| objects.join(line).canonicalize().ok()));
        found.push(objects.clone());
        seen.push(objects);
    }
    found.retain(|folder| !folder.starts_with(root) && folder.is_dir());
    found.sort();
    found.dedup();
    found
}

/// Whether the repository knows of this work tree: its name stands there, or it lies below a
/// repository that has it as a submodule.
fn knows(git: &GitFolders) -> bool {
    let dot_git = git.work_tree.join(".git");
    let named = fs::read_to_string(git.git_dir.join("gitdir")).unwrap_or_default();
    let is_linked = Path::new(named.trim()).canonicalize().ok() == dot_git.canonicalize().ok() && !named.is_empty();
    let is_submodule =
        git.work_tree.ancestors().skip(1).any(|folder| git.git_dir.starts_with(folder.join(".git/modules")));
    (is_linked || is_submodule) && is_objects(&git.common_dir.join("objects"))
}

fn is_objects(folder: &Path) -> bool {
    let is_named = folder.file_name().is_some_and(|name| name == "objects");
    is_named && ["pack", "info"].iter().any(|inside| folder.join(inside).is_dir())
}
