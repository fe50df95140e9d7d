//! What git needs to read besides a subject. A repository may be a stranger's, and what it points to is another's
//! until that says so itself.

use super::git::{GitFolders, folders, lends};
use super::pin::scratch;
use super::{Snapshot, holds_home};
use crate::machine::Machine;
use std::fs;
use std::path::{Path, PathBuf};

/// What lies outside a subject, absolute, links resolved.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The `.git` that a linked work tree or submodule belongs to, the one above a subfolder, borrowed objects of
    /// the same project.
    pub read: Vec<PathBuf>,
    /// What the repository points to and nothing else vouches for: objects that it borrows, a `.git` that does
    /// not know it.
    pub left_out: Vec<PathBuf>,
}

impl Beside {
    /// Looks at the repository around a subject.
    pub fn of(subject: &Snapshot, machine: &Machine) -> Self {
        let mut beside = Self::default();
        let root = &subject.root;
        let Some((root, folders)) = root.canonicalize().ok().and_then(|root| Some((root.clone(), folders(&root)?)))
        else {
            return beside;
        };
        // Who keeps the home under git does not ask about it in a folder that git leaves out.
        if root != folders.work_tree && holds_home(&folders.work_tree, machine) {
            return beside;
        }
        let GitFolders { work_tree, git_dir, common_dir } = &folders;
        let dot_git = work_tree.join(".git");
        if dot_git.is_file() && points_back(&folders) {
            beside.read.extend([dot_git, git_dir.clone(), common_dir.clone()]);
        } else if dot_git.is_dir() && is_own(&folders) {
            beside.read.push(git_dir.clone());
        } else {
            let pointed_to = [git_dir, common_dir].into_iter().filter_map(|folder| folder.canonicalize().ok());
            beside.left_out.extend(pointed_to);
        }
        let is_own = |objects: &Path| objects.starts_with(work_tree) || objects.starts_with(common_dir);
        // Weak: the first commit of a public project is known to all, so a copy can pass for the user's own fork.
        let first = subject.pinned.root();
        let is_kin = |objects: &Path| {
            let (Some(first), Some(scratch)) = (first, scratch(&machine.cache)) else { return false };
            lends(objects, first, scratch.path())
        };
        beside.add_borrowed(&common_dir.join("objects"), &|objects| is_own(objects) || is_kin(objects));
        for found in [&mut beside.read, &mut beside.left_out] {
            found.retain(|path| !path.starts_with(&root));
            found.sort();
            // What lies in another one comes with it.
            found.dedup_by(|inner, outer| inner.starts_with(outer));
        }
        beside
    }

    fn add_borrowed(&mut self, objects: &Path, may_be_read: &dyn Fn(&Path) -> bool) {
        /// As many as git follows, and then some.
        const MOST: usize = 16;
        let alternates = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
        for line in alternates.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let Ok(folder) = objects.join(line).canonicalize() else { continue };
            let is_new = !self.read.contains(&folder) && !self.left_out.contains(&folder);
            if folder.join("pack").is_dir() && self.read.len() + self.left_out.len() < MOST && is_new {
                if may_be_read(&folder) { &mut self.read } else { &mut self.left_out }.push(folder.clone());
                self.add_borrowed(&folder, may_be_read);
            }
        }
    }
}

/// Whether a `.git` that is a folder lies where it is seen, and shares nothing with another.
fn is_own(folders: &GitFolders) -> bool {
    let real = folders.git_dir.canonicalize().ok();
    folders.git_dir == folders.common_dir && real.is_some_and(|real| real.starts_with(&folders.work_tree))
}

/// Whether git, and not whoever wrote the `.git` file, says that these folders belong together.
fn points_back(folders: &GitFolders) -> bool {
    let GitFolders { work_tree, git_dir, common_dir } = folders;
    if git_dir == common_dir {
        // A submodule: inside the `.git` of a work tree around it, which names it.
        let around = work_tree.ancestors().skip(1).any(|above| git_dir.starts_with(above.join(".git/modules")));
        let config = fs::read_to_string(git_dir.join("config")).unwrap_or_default();
        let mut settings = config.lines().filter_map(|line| line.split_once('='));
        let named = settings.find(|(key, _)| key.trim().eq_ignore_ascii_case("worktree"));
        let back = named.and_then(|(_, path)| git_dir.join(path.trim().trim_matches('"')).canonicalize().ok());
        return around && back.as_ref() == Some(work_tree);
    }
    let back = fs::read_to_string(git_dir.join("gitdir")).unwrap_or_default();
    let back = git_dir.join(back.trim()).canonicalize().ok();
    git_dir.starts_with(common_dir.join("worktrees")) && back == work_tree.join(".git").canonicalize().ok()
}
