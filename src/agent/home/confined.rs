//! A folder in which an agent may have left anything: entered by handles, and a link on the way is
//! never followed.

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, fchmod, fstat, mkdirat, openat, renameat_with, statat,
    unlinkat,
};
use rustix::io::Errno;
use std::cell::Cell;
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Deeper folders are moved up before they are walked.
const DEEPEST: u32 = 64;

/// A folder, by its handle.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder whose own path can be trusted; fails if it is a link itself.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, FOLDER | OFlags::RDONLY, Mode::empty())?))
    }

    /// Whether this is still the folder of that path.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        let same =
            |one: rustix::fs::Stat, other: rustix::fs::Stat| (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino);
        let there = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW);
        fstat(&self.0).is_ok_and(|own| there.is_ok_and(|there| same(own, there)))
    }

    /// The handle itself, to be locked.
    pub(crate) fn handle(&self) -> &OwnedFd {
        &self.0
    }

    /// Another handle of the same folder.
    pub(crate) fn again(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    /// A plain file below it, of at most `limit` bytes. Never waits for a pipe's other end.
    pub(crate) fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut folder = self.again()?;
        let (parents, name) = steps(path)?;
        for step in parents {
            folder = Self(openat(&folder.0, step, FOLDER | OFlags::RDONLY, Mode::empty())?);
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        read_plain(File::from(openat(&folder.0, name, flags, Mode::empty())?), limit)
    }

    /// Writes a file below it, mode 0600, in place of whatever has its name; folders on the way are
    /// made, mode 0700.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (parents, name) = steps(path)?;
        self.remove(path)?;
        let folder = self.make(parents)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        File::from(openat(&folder.0, name, flags, mode)?).write_all(bytes)
    }

    /// Removes a file below it, if it is there.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        let (parents, name) = steps(path)?;
        match unlinkat(&self.make(parents)?.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a folder below it, and those on the way.
    pub(crate) fn make_folder(&self, path: &Path) -> io::Result<()> {
        let (parents, name) = steps(path)?;
        self.make(parents.chain([name])).map(drop)
    }

    fn make<'a>(&self, steps: impl Iterator<Item = &'a OsStr>) -> io::Result<Self> {
        let mut folder = self.again()?;
        for step in steps {
            match mkdirat(&folder.0, step, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            folder = Self(openat(&folder.0, step, FOLDER | OFlags::RDONLY, Mode::empty())?);
        }
        Ok(folder)
    }

    /// Removes all but the plain files that `keep` says yes to, and takes from those every right but
    /// their owner's to read and write them. Links, pipes, and files with a second name always go.
    pub(crate) fn keep_only(&self, keep: &dyn Fn(&Path) -> bool) -> io::Result<()> {
        let sweep = Sweep { top: &self.0, keep, moved: Cell::new(0) };
        loop {
            let before = sweep.moved.get();
            sweep.folder(&self.0, Path::new(""), 0)?;
            if sweep.moved.get() == before {
                return Ok(());
            }
        }
    }
}

struct Sweep<'a> {
    top: &'a OwnedFd,
    keep: &'a dyn Fn(&Path) -> bool,
    /// How many folders lay too deep, and are at the top now.
    moved: Cell<u32>,
}

impl Sweep<'_> {
    /// Whether nothing is left.
    fn folder(&self, folder: &OwnedFd, path: &Path, depth: u32) -> io::Result<bool> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_owned());
            }
        }
        let mut empty = true;
        for name in names {
            let path = path.join(OsStr::from_bytes(name.to_bytes()));
            let kind = FileType::from_raw_mode(statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode);
            if kind == FileType::Directory {
                let inner = open_again(folder, &name)?;
                if depth == DEEPEST {
                    self.move_up(folder, &name)?;
                } else if self.folder(&inner, &path, depth + 1)? {
                    unlinkat(folder, &name, AtFlags::REMOVEDIR)?;
                } else {
                    empty = false;
                }
            } else if kind == FileType::RegularFile && (self.keep)(&path) && made_harmless(folder, &name) {
                empty = false;
            } else {
                unlinkat(folder, &name, AtFlags::empty())?;
            }
        }
        Ok(empty)
    }

    /// Nothing that is kept lies under such a name.
    fn move_up(&self, folder: &OwnedFd, name: &CStr) -> io::Result<()> {
        loop {
            self.moved.set(self.moved.get() + 1);
            let place = format!(".deep-{}", self.moved.get());
            match renameat_with(folder, name, self.top, &place, RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => {}
                other => return Ok(other?),
            }
        }
    }
}

/// A folder that its owner may have closed to himself.
fn open_again(folder: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    match openat(folder, name, FOLDER | OFlags::RDONLY, Mode::empty()) {
        Ok(inner) => {
            fchmod(&inner, Mode::RWXU)?;
            Ok(inner)
        }
        Err(Errno::ACCESS) => {
            rustix::fs::chmodat(folder, name, Mode::RWXU, AtFlags::empty())?;
            Ok(openat(folder, name, FOLDER | OFlags::RDONLY, Mode::empty())?)
        }
        Err(error) => Err(error.into()),
    }
}

fn made_harmless(folder: &OwnedFd, name: &CStr) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty()).is_ok_and(|file| {
        fstat(&file).is_ok_and(|about| about.st_nlink == 1) && fchmod(&file, Mode::RUSR | Mode::WUSR).is_ok()
    })
}

/// All of a plain file of at most `limit` bytes.
pub(crate) fn read_plain(file: File, limit: u64) -> io::Result<Vec<u8>> {
    if FileType::from_raw_mode(fstat(file.as_fd())?.st_mode) != FileType::RegularFile {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes"))),
        false => Ok(bytes),
    }
}

/// The folders on the way, and the last name. Fails on a path that could lead out.
fn steps(path: &Path) -> io::Result<(impl Iterator<Item = &OsStr>, &OsStr)> {
    let inside = path.components().all(|step| matches!(step, Component::Normal(_)));
    match path.file_name().filter(|_| inside) {
        Some(name) => Ok((path.parent().unwrap_or(Path::new("")).iter(), name)),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path inside the folder")),
    }
}
