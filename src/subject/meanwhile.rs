//! A subject as it was when it was pinned, while people go on editing it: which files changed since, and
//! the bytes that they had, where git holds those.

use super::git::{self, Repository};
use super::pin::scratch;
use super::{Objects, SubjectError, files};
use crate::machine::Machine;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, openat, statat};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// Times of files lag behind the clock by so much at most.
const COARSEST: Duration = Duration::from_millis(20);
/// So many changed files are named.
const MOST: usize = 1_000;

/// What a subject was like at one moment.
#[derive(Debug)]
pub(super) struct Before {
    /// When it was looked at.
    begun: SystemTime,
    /// What changed since then bears no earlier time.
    since: SystemTime,
    git: Option<InGit>,
}

/// The same, as git tells it.
#[derive(Debug)]
struct InGit {
    repository: Repository,
    commit: String,
    objects: Objects,
    /// What differed from the commit already, with its stamp; none where there was no such file. A folder
    /// has `/` behind it.
    differed: BTreeMap<String, Option<u64>>,
    /// The files that git tracks, a NUL byte behind each; asked for when first needed.
    tracked: OnceLock<Option<Vec<u8>>>,
    cache: PathBuf,
}

impl Before {
    /// Of a folder that git does not know, or cannot compare.
    pub(super) fn unknown(begun: SystemTime) -> Self {
        Self { begun, since: begun.checked_sub(COARSEST).unwrap_or(begun), git: None }
    }

    /// Of a repository's folder, in which these paths differ from its commit.
    pub(super) fn of(
        repository: Repository,
        root: &Path,
        differing: Vec<String>,
        begun: SystemTime,
        machine: &Machine,
    ) -> Self {
        let mut before = Self::unknown(begun);
        before.git = repository.commit.clone().zip(Objects::around(root)).map(|(commit, objects)| InGit {
            repository,
            commit,
            objects,
            differed: stamped(root, differing),
            tracked: OnceLock::new(),
            cache: machine.cache.clone(),
        });
        before
    }

    /// The bytes of a file as it was, given how it was read just now.
    pub(super) fn bytes(
        &self,
        path: &str,
        now: Result<(Vec<u8>, SystemTime), SubjectError>,
    ) -> Result<Vec<u8>, SubjectError> {
        let has_changed = match &now {
            Ok((_, newest)) => *newest >= self.since,
            Err(SubjectError::Read { .. } | SubjectError::NotText { .. }) => true,
            Err(_) => false,
        };
        let committed = || {
            let git = self.git.as_ref().filter(|git| has_changed && !git.differed(path))?;
            git.objects.at(&git.commit, path)
        };
        match committed() {
            Some(bytes) => Ok(bytes),
            None => now.map(|(bytes, _)| bytes),
        }
    }

    /// The files that git tracks, a NUL byte behind each; asked for once.
    pub(super) fn tracked(&self, root: &Path, hidden: &[PathBuf]) -> Option<&Vec<u8>> {
        self.git.as_ref()?.tracked(root, hidden)
    }

    /// See [`super::Snapshot::changed_since`].
    pub(super) fn changed(&self, root: &Path, hidden: &[PathBuf]) -> Vec<String> {
        let Some(git) = &self.git else { return self.touched(root, hidden) };
        if !git.is_any_new(root, hidden, self.since) {
            return Vec::new();
        }
        let scratch = scratch(&git.cache);
        let differing = scratch.and_then(|scratch| git::differing(&git.repository, root, hidden, scratch.path()));
        let Some(differing) = differing else { return self.touched(root, hidden) };
        let now = stamped(root, differing);
        let all: BTreeSet<&String> = git.differed.keys().chain(now.keys()).collect();
        let mut changed = Vec::new();
        for path in all {
            match (git.differed.get(path), now.get(path)) {
                (Some(_), Some(_)) if path.ends_with('/') => {
                    let inside = self.touched(&root.join(path), hidden);
                    changed.extend(inside.iter().map(|inside| format!("{path}{inside}")));
                }
                (Some(before), Some(now)) if before == now => {}
                // What somebody changed and changed back is as it was.
                (None, Some(_)) if git.is_as_committed(root, hidden, path) => {}
                _ => changed.push(path.clone()),
            }
            if changed.len() >= MOST {
                break;
            }
        }
        changed.truncate(MOST);
        changed
    }

    /// The files below a folder whose times are younger than the subject's pinning. What was written right before
    /// bears nearly the same time as what was written right after, when no agent had begun to read: neither counts.
    fn touched(&self, root: &Path, hidden: &[PathBuf]) -> Vec<String> {
        let walk = super::walk(root, hidden);
        let is_new = |path: &str| {
            let metadata = std::fs::symlink_metadata(root.join(path));
            metadata.is_ok_and(|metadata| files::newest(&metadata) > self.begun)
        };
        let new = walk.files.into_iter().map(|entry| entry.path).filter(|path| is_new(path));
        new.take(MOST).collect()
    }
}

impl InGit {
    fn differed(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..=at]);
        self.differed.contains_key(path) || folders.into_iter().any(|folder| self.differed.contains_key(folder))
    }

    fn is_as_committed(&self, root: &Path, hidden: &[PathBuf], path: &str) -> bool {
        let now = files::read(root, hidden, path);
        now.is_ok_and(|now| self.objects.at(&self.commit, path).is_some_and(|before| before == now))
    }

    fn tracked(&self, root: &Path, hidden: &[PathBuf]) -> Option<&Vec<u8>> {
        let list = || {
            let scratch = scratch(&self.cache)?;
            git::tracked(&self.repository, root, hidden, scratch.path())
        };
        self.tracked.get_or_init(list).as_ref()
    }

    /// Whether any file or folder of the subject is younger than `since`. Where none is, none came, went
    /// or changed.
    fn is_any_new(&self, root: &Path, hidden: &[PathBuf], since: SystemTime) -> bool {
        let Some(tracked) = self.tracked(root, hidden) else { return true };
        let mut look = Look { root, since, folders: HashSet::new(), open: None };
        let mut listed = tracked.split_inclusive(|byte| *byte == 0);
        let differed = self.differed.keys().filter(|path| !path.ends_with('/'));
        let untracked = self.differed.keys().filter(|path| path.ends_with('/'));
        look.is_folder_new(b"")
            || listed.any(|path| look.is_file_new(path))
            || differed.map(|path| format!("{path}\0")).any(|path| look.is_file_new(path.as_bytes()))
            || untracked.into_iter().any(|folder| look.is_tree_new(&root.join(folder)))
    }
}

/// Stamps of files as they are now.
fn stamped(root: &Path, paths: Vec<String>) -> BTreeMap<String, Option<u64>> {
    let stamp = |path: &String| std::fs::symlink_metadata(root.join(path)).ok().map(|file| files::stamp_of(&file));
    paths.into_iter().map(|path| (stamp(&path), path)).map(|(stamp, path)| (path, stamp)).collect()
}

/// Looks at the times of many files, folder by folder.
struct Look<'a> {
    root: &'a Path,
    since: SystemTime,
    /// Already looked at.
    folders: HashSet<Vec<u8>>,
    /// The folder of the last file.
    open: Option<(Vec<u8>, OwnedFd)>,
}

impl Look<'_> {
    /// A path relative to the root, a NUL byte behind it. What is not there is not new: that its folder
    /// is tells.
    fn is_file_new(&mut self, path: &[u8]) -> bool {
        let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&path[..0], path),
        };
        let Ok(name) = CStr::from_bytes_with_nul(name) else { return true };
        if self.open.as_ref().is_none_or(|(open, _)| open != folder) {
            if self.is_folder_new(folder) {
                return true;
            }
            let Some(handle) = self.open(folder) else { return false };
            self.open = Some((folder.to_vec(), handle));
        }
        let Some((_, handle)) = &self.open else { return false };
        let Ok(stat) = statat(handle, name, AtFlags::SYMLINK_NOFOLLOW) else { return false };
        self.is_new(&stat)
    }

    /// A folder and those around it, each once.
    fn is_folder_new(&mut self, folder: &[u8]) -> bool {
        let mut folder = folder;
        while self.folders.insert(folder.to_vec()) {
            let stat = self.open(folder).and_then(|handle| fstat(handle).ok());
            if stat.is_some_and(|stat| self.is_new(&stat)) {
                return true;
            }
            folder = folder.iter().rposition(|byte| *byte == b'/').map_or(&[], |at| &folder[..at]);
        }
        false
    }

    fn is_tree_new(&self, folder: &Path) -> bool {
        let is_new = |path: &Path| path.symlink_metadata().is_ok_and(|file| files::newest(&file) >= self.since);
        let entries = || std::fs::read_dir(folder).into_iter().flatten().flatten();
        let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_new(folder)
            || entries().any(|entry| match is_folder(&entry) {
                true => self.is_tree_new(&entry.path()),
                false => is_new(&entry.path()),
            })
    }

    fn open(&self, folder: &[u8]) -> Option<OwnedFd> {
        let path = self.root.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(folder));
        // A handle that reads nothing is enough, where the system has such.
        #[cfg(target_os = "linux")]
        let way = OFlags::PATH;
        #[cfg(not(target_os = "linux"))]
        let way = OFlags::RDONLY;
        openat(CWD, path, way | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()
    }

    fn is_new(&self, stat: &rustix::fs::Stat) -> bool {
        let part = |nanoseconds| i64::try_from(nanoseconds).unwrap_or(0);
        let (written, changed) = ((stat.st_mtime, part(stat.st_mtime_nsec)), (stat.st_ctime, part(stat.st_ctime_nsec)));
        files::newest_of(written, changed) >= self.since
    }
}
