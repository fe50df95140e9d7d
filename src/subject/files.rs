//! The files of a subject: walked as git sees them, read without leaving the folder.

use super::{LARGEST_TEXT, SubjectError};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

/// One regular file of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the subject's root, with `/`.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<SystemTime>,
    /// Changes whenever the file does, as far as the system tells: device, inode, size, times of
    /// content and of state, in one number.
    pub stamp: u64,
}

/// What a walk found.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Sorted by path.
    pub files: Vec<Entry>,
    /// Files whose names are not UTF-8, and folders that could not be read.
    pub passed_over: Vec<PathBuf>,
}

/// Every regular file below `root`: ignore files are respected (with or without git), `.git` and
/// the `hidden` folders are left out, links are not followed. Folders are read by two threads or more:
/// asking for each file's state is what a walk waits for.
pub fn walk(root: &Path, hidden: &[PathBuf]) -> Walk {
    let left_out: Vec<PathBuf> = hidden.to_vec();
    let walker = ignore::WalkBuilder::new(root)
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        // Ignore files above a work tree are not git's business; those above a folder in one are.
        .parents(super::folders(root).is_some_and(|git| git.work_tree != root))
        .git_global(false)
        .threads(std::thread::available_parallelism().map_or(2, |threads| threads.get().clamp(2, 8)))
        .filter_entry(move |entry| entry.file_name() != ".git" && !left_out.iter().any(|hidden| entry.path() == hidden))
        .build_parallel();
    let (found, seen) = std::sync::mpsc::channel();
    walker.run(|| {
        let found = found.clone();
        Box::new(move |entry| {
            // The receiver outlives the walk.
            let _ = found.send(look(root, entry));
            ignore::WalkState::Continue
        })
    });
    drop(found);
    let mut walk = Walk::default();
    for entry in seen {
        match entry {
            Ok(Some(entry)) => walk.files.push(entry),
            Ok(None) => {}
            Err(path) => walk.passed_over.extend(path),
        }
    }
    walk.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walk.passed_over.sort_unstable();
    walk
}

/// Ignore files that [`walk`] heeds above a folder: those between it and the work tree around it.
pub fn ignore_files_above(root: &Path) -> Vec<PathBuf> {
    let Some(git) = super::folders(root) else { return Vec::new() };
    let above = root.ancestors().skip(1).take_while(|folder| folder.starts_with(&git.work_tree));
    let named = above.flat_map(|folder| [".gitignore", ".ignore"].map(|name| folder.join(name)));
    named.filter(|file| file.symlink_metadata().is_ok_and(|metadata| metadata.is_file())).collect()
}

/// The file of one entry, none for what is no file; `Err` with what could not be read.
fn look(root: &Path, entry: Result<ignore::DirEntry, ignore::Error>) -> Result<Option<Entry>, Option<PathBuf>> {
    let entry = entry.map_err(|error| path_of(&error))?;
    // A subject may itself be one file.
    if !entry.file_type().is_some_and(|kind| kind.is_file()) {
        return Ok(None);
    }
    let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
    let relative = if relative.as_os_str().is_empty() { Path::new(entry.file_name()) } else { relative };
    let (Some(path), Ok(metadata)) = (relative.to_str(), entry.metadata()) else {
        return Err(Some(relative.to_owned()));
    };
    let stamp = stamp_of(&metadata);
    Ok(Some(Entry { path: path.to_owned(), size: metadata.len(), modified: metadata.modified().ok(), stamp }))
}

pub(super) fn stamp_of(metadata: &std::fs::Metadata) -> u64 {
    let state = [
        metadata.dev(),
        metadata.ino(),
        metadata.size(),
        metadata.mtime().cast_unsigned(),
        metadata.mtime_nsec().cast_unsigned(),
        metadata.ctime().cast_unsigned(),
        metadata.ctime_nsec().cast_unsigned(),
    ];
    state.iter().fold(0_u64, |stamp, part| (stamp.rotate_left(5) ^ part).wrapping_mul(0x517c_c1b7_2722_0a95))
}

/// Stamps that are no file's.
const MISSING: u64 = 1;
const NO_PATH: u64 = 2;

/// What stands at a path of a subject now: the stamp of a file as [`Entry`] has it, or one that says that
/// there is none. None where that may not be relied on: the system did not say, or the file is so new
/// (younger than `since`) that another change would not show.
pub fn stamp(root: &Path, path: &str, since: SystemTime) -> Option<u64> {
    if path.is_empty() || !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return Some(NO_PATH);
    }
    match std::fs::metadata(root.join(path)) {
        Ok(metadata) => (newest(&metadata) < since).then(|| stamp_of(&metadata).max(NO_PATH + 1)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(MISSING),
        Err(_) => None,
    }
}

fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } => path_of(err),
        _ => None,
    }
}

/// When content or state of a file last changed.
pub(super) fn newest(metadata: &std::fs::Metadata) -> SystemTime {
    newest_of((metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec()))
}

/// The later of two times, each in seconds and nanoseconds since 1970.
pub(super) fn newest_of(one: (i64, i64), other: (i64, i64)) -> SystemTime {
    let (seconds, nanoseconds) = one.max(other);
    let since = Duration::new(u64::try_from(seconds).unwrap_or(0), u32::try_from(nanoseconds).unwrap_or(0));
    SystemTime::UNIX_EPOCH + since
}

/// See [`super::Snapshot::read`].
pub fn read(root: &Path, hidden: &[PathBuf], path: &str) -> Result<Vec<u8>, SubjectError> {
    dated(root, hidden, path).map(|(bytes, _)| bytes)
}

/// The same, and when the file last changed.
pub(super) fn dated(root: &Path, hidden: &[PathBuf], path: &str) -> Result<(Vec<u8>, SystemTime), SubjectError> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let outside = || SubjectError::Outside { path: path.to_owned() };
    if !plain || path.is_empty() {
        return Err(outside());
    }
    let failed = |source| SubjectError::Read { path: root.join(path), source };
    let real = root.join(path).canonicalize().map_err(failed)?;
    let in_git = real.strip_prefix(root).is_ok_and(|inside| inside.starts_with(".git"));
    if !real.starts_with(root) || in_git || hidden.iter().any(|hidden| real.starts_with(hidden)) {
        return Err(outside());
    }
    // A FIFO must not block, and what was checked is what is read.
    let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW).bits();
    let file: File = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(&real).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() || metadata.len() > LARGEST_TEXT {
        return Err(SubjectError::NotText { path: root.join(path) });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(LARGEST_TEXT).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes, newest(&metadata)))
}
