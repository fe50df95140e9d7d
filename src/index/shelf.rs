//! Where the index lies: `.kb` below the knowledge base, and memory in front of it. A tantivy
//! directory that takes no lock, so that nobody can block a reader; kb's own lock keeps two writers
//! apart. Every name in here is kb's; nothing else in the folder is touched, no link is followed.

use super::listing::{Kind, Root};
use super::table::{NoTable, Segment, SegmentFile, Table};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, ManagedDirectory, MmapDirectory, RamDirectory,
    TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

const FOLDER: &str = ".kb";
const STATE: &str = "state";
const LOCK: &str = "lock";
const IGNORE: &str = ".gitignore";
/// What tantivy calls the parts of a segment.
const PARTS: [&str; 7] = ["idx", "pos", "term", "store", "temp", "fast", "fieldnorm"];

/// The stamp of a file that is on no disk.
pub(super) const IN_MEMORY: (u64, u64, i64, i64) = (0, 0, 0, 0);

/// The folder `.kb`.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    path: PathBuf,
    disk: Option<MmapDirectory>,
}

/// What stands where the index should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Folder,
    Nothing,
    /// A link or a file: not touched.
    Foreign,
}

/// The right to change what lies in `.kb`; ends with the process at the latest.
#[derive(Debug)]
pub(super) struct WriteLock {
    _file: File,
}

impl Shelf {
    pub(super) fn at(root: &Path) -> Self {
        let mut shelf = Shelf { path: root.join(FOLDER), disk: None };
        if shelf.standing() == Standing::Folder {
            shelf.disk = MmapDirectory::open(&shelf.path).ok();
        }
        shelf
    }

    pub(super) fn standing(&self) -> Standing {
        match fs::symlink_metadata(&self.path) {
            Ok(metadata) if metadata.is_dir() => Standing::Folder,
            Ok(_) => Standing::Foreign,
            Err(_) => Standing::Nothing,
        }
    }

    /// The table of the last sweep; none if there never was one.
    pub(super) fn table(&self) -> Result<Option<Table>, NoTable> {
        // Opened anew: a directory of tantivy's goes on showing a file that was replaced.
        let Some(disk) = self.disk.as_ref().and_then(|_| MmapDirectory::open(&self.path).ok()) else {
            return Ok(None);
        };
        // Only a regular file of ours: a link could point at anything.
        match fs::symlink_metadata(self.path.join(STATE)) {
            Err(_) => return Ok(None),
            Ok(metadata) if !metadata.is_file() => return Err(NoTable::Foreign),
            Ok(_) => {}
        }
        let handle = disk.get_file_handle(Path::new(STATE)).map_err(|_| NoTable::Damaged)?;
        let bytes = handle.read_bytes(0..handle.len()).map_err(|_| NoTable::Damaged)?;
        Table::read(bytes).map(Some)
    }

    /// Which table stands there now; none if there is none, or one that cannot be read.
    pub(super) fn fingerprint(&self) -> Option<[u8; 16]> {
        self.table().ok().flatten().map(|table| table.fingerprint())
    }

    /// Makes the folder if need be, and takes the lock. None: somebody else writes, or nobody can.
    pub(super) fn lock(&mut self) -> Option<WriteLock> {
        if self.standing() == Standing::Nothing {
            fs::create_dir(&self.path).ok();
        }
        if self.standing() != Standing::Folder {
            return None;
        }
        let ignore = self.path.join(IGNORE);
        if !ignore.exists() {
            self.put(IGNORE, b"*\n").ok()?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
            options.custom_flags(flags.bits().cast_signed());
        }
        let file = options.open(self.path.join(LOCK)).ok()?;
        file.try_lock().ok()?;
        if self.disk.is_none() {
            self.disk = MmapDirectory::open(&self.path).ok();
        }
        self.disk.as_ref()?;
        Some(WriteLock { _file: file })
    }

    /// The table becomes what the next command finds. Whole or not at all.
    pub(super) fn put_table(&self, bytes: &[u8], _lock: &WriteLock) -> io::Result<()> {
        self.put(STATE, bytes)
    }

    /// Nothing here is worth a flush to the disk: what a power cut leaves torn is seen by its
    /// checksum, and made again from the notes.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix("new-").suffix(".tmp").tempfile_in(&self.path)?;
        file.write_all(bytes)?;
        file.persist(self.path.join(name)).map(drop).map_err(|error| error.error)
    }

    /// The table is believed no longer. What else lies here goes with the next [`Shelf::clear`].
    pub(super) fn forget(&self) {
        if self.standing() == Standing::Folder {
            fs::remove_file(self.path.join(STATE)).ok();
        }
    }

    /// Removes segments that no table names, and what dead writers left: nobody else writes while
    /// the lock is held. Readers that have a file open keep it.
    pub(super) fn clear(&self, living: &[Segment], _lock: &WriteLock) {
        let Ok(entries) = fs::read_dir(&self.path) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let lives = living.iter().any(|segment| segment.files.iter().any(|file| file.name == name));
            if !lives && is_ours(name) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                fs::remove_file(entry.path()).ok();
            }
        }
    }

    /// The files of a segment, on disk as they are now or in memory.
    pub(super) fn files(&self, segment: &str, memory: &RamDirectory) -> Vec<SegmentFile> {
        let root = Root::open(&self.path).ok();
        let stamp_of = |name: &str| match root.as_ref().and_then(|root| stamp(root, name)) {
            None => memory.exists(Path::new(name)).unwrap_or(false).then_some(IN_MEMORY),
            on_disk => on_disk,
        };
        let names = PARTS.iter().map(|part| format!("{segment}.{part}"));
        names.filter_map(|name| Some(SegmentFile { stamp: stamp_of(&name)?, name })).collect()
    }

    /// Whether a segment on disk lost a file to another process that wrote a newer table.
    pub(super) fn lost_any(&self, segments: &[Segment]) -> bool {
        let on_disk = segments.iter().flat_map(|segment| &segment.files).filter(|file| file.stamp != IN_MEMORY);
        let root = Root::open(&self.path).ok();
        on_disk.into_iter().any(|file| root.as_ref().and_then(|root| stamp(root, &file.name)).is_none())
    }

    /// The files that are not as they were when they were known to be whole.
    pub(super) fn changed_files<'a>(&self, segments: &'a [Segment]) -> Vec<&'a SegmentFile> {
        let files = segments.iter().flat_map(|segment| &segment.files);
        let Ok(root) = Root::open(&self.path) else {
            return files.collect();
        };
        files.filter(|file| stamp(&root, &file.name) != Some(file.stamp)).collect()
    }

    /// Whether the files of the segments were made elsewhere: not one has the inode that the table says.
    /// An index that came with the notes may say of them what its maker liked.
    pub(super) fn is_brought(&self, segments: &[Segment]) -> bool {
        let Ok(root) = Root::open(&self.path) else { return false };
        let files = segments.iter().flat_map(|segment| &segment.files);
        let mut there = files.filter_map(|file| Some((stamp(&root, &file.name)?.1, file.stamp.1))).peekable();
        there.peek().is_some() && there.all(|(is, said)| is != said)
    }

    /// A directory for tantivy: `.kb` with memory in front, in which new files go to `writes`.
    pub(super) fn directory(&self, memory: &RamDirectory, writes: Writes) -> Front {
        let (path, disk) = (self.path.clone(), self.disk.clone());
        Front { path, disk, memory: memory.clone(), metas: RamDirectory::create(), writes }
    }

    /// Copies a segment's files from memory.
    pub(super) fn keep(&self, segment: &Segment, memory: &RamDirectory, _lock: &WriteLock) -> io::Result<()> {
        for file in &segment.files {
            let handle = memory.get_file_handle(Path::new(&file.name)).map_err(io::Error::other)?;
            let bytes = handle.read_bytes(0..handle.len())?;
            OpenOptions::new().write(true).create_new(true).open(self.path.join(&file.name))?.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Whether one file of a segment is as it was written.
    pub(super) fn is_whole(&self, file: &SegmentFile) -> bool {
        let directory = self.directory(&RamDirectory::create(), Writes::Memory);
        let managed = ManagedDirectory::wrap(Box::new(directory));
        managed.is_ok_and(|managed| managed.validate_checksum(Path::new(&file.name)).unwrap_or(false))
    }
}

fn stamp(root: &Root, name: &str) -> Option<(u64, u64, i64, i64)> {
    let (kind, stamp) = root.stat(name).ok()?;
    (kind == Kind::File).then_some((stamp.size, stamp.inode, stamp.modified, stamp.changed))
}

/// A name that kb gave: 32 hex digits and a part's name, or a temporary file.
fn is_ours(name: &str) -> bool {
    let Some((stem, part)) = name.rsplit_once('.') else {
        return false;
    };
    let segment = stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    (segment && PARTS.contains(&part)) || (part == "tmp" && stem.starts_with("new-"))
}

/// Where new files of tantivy go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    Memory,
    Disk,
}

/// What tantivy sees: files in memory, else those in `.kb`. `meta.json` is always in memory: what
/// counts is the table.
#[derive(Clone, Debug)]
pub(super) struct Front {
    path: PathBuf,
    disk: Option<MmapDirectory>,
    memory: RamDirectory,
    metas: RamDirectory,
    writes: Writes,
}

struct PlainFile(File);

impl Write for PlainFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for PlainFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        Ok(())
    }
}

impl Directory for Front {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match (self.memory.get_file_handle(path), &self.disk) {
            (Err(OpenReadError::FileDoesNotExist(_)), Some(disk)) => disk.get_file_handle(path),
            (found, _) => found,
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.memory.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.memory.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        if self.writes == Writes::Memory {
            return self.memory.open_write(path);
        }
        let file = OpenOptions::new().write(true).create_new(true).open(self.path.join(path));
        let file = file.map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        Ok(BufWriter::with_capacity(128 << 10, Box::new(PlainFile(file))))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.metas.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.metas.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, _: &Lock) -> Result<DirectoryLock, LockError> {
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.metas.watch(callback)
    }
}
