//! Linux: getdents and fstatat relative to the folder's descriptor, without an allocation an entry.

use super::{Found, Kind, Stamp};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, RawDirEntry, ResolveFlags, Stat};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// The folder that everything is relative to.
#[derive(Debug)]
pub(crate) struct Root {
    folder: OwnedFd,
}

struct Entry<'a> {
    entry: RawDirEntry<'a>,
    folder: BorrowedFd<'a>,
}

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Root { folder: rustix::fs::openat(CWD, path, flags, Mode::empty())? })
    }

    /// Calls `each` for every entry of a folder but `.` and `..`. `path` is relative to the root,
    /// with `/`; empty for the root itself.
    pub(crate) fn read(
        &self,
        path: &[u8],
        buffer: &mut Vec<MaybeUninit<u8>>,
        each: &mut dyn FnMut(&dyn Found),
    ) -> io::Result<()> {
        buffer.resize(64 << 10, MaybeUninit::uninit());
        let name: &[u8] = if path.is_empty() { b"." } else { path };
        let folder = self.openat(name, OFlags::DIRECTORY)?;
        let folder = folder.as_fd();
        let mut entries = RawDir::new(folder, buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                each(&Entry { entry, folder });
            }
        }
        Ok(())
    }

    /// Opens a regular file, waiting for nobody and following no link.
    pub(crate) fn file(&self, path: &str) -> io::Result<File> {
        Ok(File::from(self.openat(path.as_bytes(), OFlags::NONBLOCK)?))
    }

    /// What stands at a path now.
    pub(crate) fn stat(&self, path: &str) -> io::Result<(Kind, Stamp)> {
        let stat = rustix::fs::statat(&self.folder, path, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok((kind(FileType::from_raw_mode(stat.st_mode)), stamp(&stat)))
    }

    fn openat(&self, path: &[u8], more: OFlags) -> io::Result<OwnedFd> {
        let path = CString::new(path)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY | more;
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
        match rustix::fs::openat2(&self.folder, &path, flags, Mode::empty(), resolve) {
            // Old kernels and walls that do not know the call.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
                Ok(rustix::fs::openat(&self.folder, &path, flags, Mode::empty())?)
            }
            other => Ok(other?),
        }
    }
}

/// What an open file is, and its stamp.
pub(crate) fn of_file(file: &File) -> io::Result<(Kind, Stamp)> {
    let stat = rustix::fs::fstat(file)?;
    Ok((kind(FileType::from_raw_mode(stat.st_mode)), stamp(&stat)))
}

impl Found for Entry<'_> {
    #[inline]
    fn name(&self) -> &[u8] {
        self.entry.file_name().to_bytes()
    }

    #[inline]
    fn kind(&self) -> Kind {
        kind(self.entry.file_type())
    }

    #[inline]
    fn stat(&self) -> io::Result<(Kind, Stamp)> {
        let stat = rustix::fs::statat(self.folder, self.entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok((kind(FileType::from_raw_mode(stat.st_mode)), stamp(&stat)))
    }
}

#[inline]
fn kind(of: FileType) -> Kind {
    match of {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::Unknown => Kind::Unknown,
        _ => Kind::Other,
    }
}

#[inline]
#[allow(clippy::unnecessary_cast, reason = "the width of these fields differs between architectures")]
#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, clippy::cast_lossless, reason = "only compared")]
fn stamp(stat: &Stat) -> Stamp {
    let time = |seconds: i64, nanoseconds: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(nanoseconds);
    Stamp {
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        size: stat.st_size as u64,
        modified: time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        changed: time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    }
}
