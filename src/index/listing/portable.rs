//! Everywhere else: the standard library, a little dearer.

use super::{Found, Kind, Stamp};
use std::fs::{self, DirEntry, File, FileType, Metadata};
use std::io;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
#[cfg(not(unix))]
use std::time::UNIX_EPOCH;

/// The folder that everything is relative to.
#[derive(Debug)]
pub(crate) struct Root {
    folder: PathBuf,
}

struct Entry {
    entry: DirEntry,
    name: Vec<u8>,
}

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        fs::read_dir(path)?;
        Ok(Root { folder: path.to_owned() })
    }

    /// Calls `each` for every entry of a folder. `path` is relative to the root, with `/`; empty
    /// for the root itself.
    pub(crate) fn read(
        &self,
        path: &[u8],
        _buffer: &mut Vec<MaybeUninit<u8>>,
        each: &mut dyn FnMut(&dyn Found),
    ) -> io::Result<()> {
        for entry in fs::read_dir(self.join(&String::from_utf8_lossy(path)))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned().into_bytes();
            each(&Entry { entry, name });
        }
        Ok(())
    }

    /// Opens a regular file; looks first, so that no FIFO is waited for.
    pub(crate) fn file(&self, path: &str) -> io::Result<File> {
        if self.stat(path)?.0 != Kind::File {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        File::open(self.join(path))
    }

    /// What stands at a path now.
    pub(crate) fn stat(&self, path: &str) -> io::Result<(Kind, Stamp)> {
        let metadata = fs::symlink_metadata(self.join(path))?;
        Ok((kind(metadata.file_type()), stamp(&metadata)))
    }

    fn join(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.folder.clone() } else { self.folder.join(path) }
    }
}

/// What an open file is, and its stamp.
pub(crate) fn of_file(file: &File) -> io::Result<(Kind, Stamp)> {
    let metadata = file.metadata()?;
    Ok((kind(metadata.file_type()), stamp(&metadata)))
}

impl Found for Entry {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn kind(&self) -> Kind {
        self.entry.file_type().map_or(Kind::Unknown, kind)
    }

    fn stat(&self) -> io::Result<(Kind, Stamp)> {
        let metadata = fs::symlink_metadata(self.entry.path())?;
        Ok((kind(metadata.file_type()), stamp(&metadata)))
    }
}

fn kind(of: FileType) -> Kind {
    if of.is_file() {
        Kind::File
    } else if of.is_dir() {
        Kind::Folder
    } else if of.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

#[cfg(unix)]
fn stamp(metadata: &Metadata) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    let time = |seconds: i64, nanoseconds: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(nanoseconds);
    Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.len(),
        modified: time(metadata.mtime(), metadata.mtime_nsec()),
        changed: time(metadata.ctime(), metadata.ctime_nsec()),
    }
}

#[cfg(not(unix))]
fn stamp(metadata: &Metadata) -> Stamp {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified = modified.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
    Stamp { device: 0, inode: 0, size: metadata.len(), modified, changed: modified }
}
