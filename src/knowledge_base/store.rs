//! Notes saved, changed, thrown away and brought back. Every write is atomic and durable.

use super::{KnowledgeBase, TRASH};
use crate::machine::Machine;
use crate::note::{Draft, Id, Note, new_id};
use crate::question::slug;
use crate::save::{self, Created, Exchanged};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a note could not be saved, read or moved.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("cannot {verb} `{}`: {source}", path.display())]
    Io {
        /// What kb was doing.
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else changed the file while kb was at it; nothing was written.
    #[error("`{}` changed while kb was at work on it", path.display())]
    Changed {
        /// The note's file.
        path: PathBuf,
    },
    /// There is nothing of that name in the trash.
    #[error("{}", if handle.is_empty() { "the trash is empty".to_owned() } else { format!("nothing in the trash is called `{handle}`") })]
    NotInTrash {
        /// What was asked for; empty for the newest.
        handle: String,
    },
    /// A note stands where the one in the trash came from.
    #[error("`{}` is there again, so the one in the trash stays there", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
}

/// A note that was thrown away or brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trashed {
    /// Where it was, relative to the base.
    pub file: PathBuf,
}

pub(super) fn io_error(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { verb, path: path.to_owned(), source }
}

impl KnowledgeBase {
    /// Saves a new note and returns its path. When this returns, the note is on disk, whole.
    pub fn save(&self, draft: &Draft, machine: &Machine) -> Result<(Id, PathBuf), StoreError> {
        let named_by = draft.question.as_deref().or(draft.title.as_deref());
        let heading = named_by.is_none().then(|| crate::note::first_heading(&draft.body)).flatten();
        let slug = slug(named_by.or(heading.as_deref()).unwrap_or_default());
        loop {
            let id = new_id(machine);
            let path = self.root.join(format!("{slug}-{id}.md"));
            let text = draft.text(&id, machine.now());
            match save::create(&path, text.as_bytes()).map_err(io_error("save", &path))? {
                Created::New => {
                    save::clear_unfinished(&self.root);
                    return Ok((id, path));
                }
                // The id is taken too: another one.
                Created::Taken => {}
            }
        }
    }

    /// Reads a note's file, at most `64 MB` of it.
    pub fn read(&self, file: &Path) -> Result<Vec<u8>, StoreError> {
        const LARGEST: u64 = 64 << 20;
        let path = self.root.join(file);
        let metadata = fs::metadata(&path).map_err(io_error("read", &path))?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(io_error("read", &path)(io::Error::other("it is not a file of at most 64 MB")));
        }
        fs::read(&path).map_err(io_error("read", &path))
    }

    /// Whether somebody made a note's file read-only. It could be replaced all the same.
    pub fn is_read_only(&self, file: &Path) -> bool {
        fs::metadata(self.root.join(file)).is_ok_and(|file| file.permissions().readonly())
    }

    /// Writes a note back, if it still is what was read.
    pub fn rewrite(&self, file: &Path, read: &[u8], new: &[u8]) -> Result<(), StoreError> {
        if read == new {
            return Ok(());
        }
        let path = self.root.join(file);
        match save::exchange(&path, read, new).map_err(io_error("save", &path))? {
            Exchanged::Done => Ok(()),
            Exchanged::Changed(others) => {
                if let Some(id) = Note::parse(read).0.head.id {
                    self.keep_all(&id, &others)?;
                }
                Err(StoreError::Changed { path })
            }
        }
    }

    /// Takes notes away: into the trash, together, under a name that says when they went. What is moved before
    /// one cannot be stays there.
    pub fn throw_away(&self, files: &[PathBuf], machine: &Machine) -> Result<Vec<Trashed>, StoreError> {
        let trash = self.root.join(TRASH);
        real_folder(&self.root, Path::new(TRASH)).map_err(io_error("make", &trash))?;
        // What was thrown away is not to be committed with the rest.
        let ignore = trash.join(".gitignore");
        save::create(&ignore, b"*\n").map_err(io_error("save", &ignore))?;
        let slot = new_slot(&trash, machine)?;
        let moved = |file: &PathBuf| {
            let (from, to) = (self.root.join(file), slot.join(file));
            let folder = to.parent().unwrap_or(&slot);
            real_folder(&slot, file.parent().unwrap_or(Path::new(""))).map_err(io_error("make", folder))?;
            save::rename(&from, &to).map_err(io_error("move", &from))?;
            Ok(Trashed { file: file.clone() })
        };
        files.iter().map(moved).collect()
    }

    /// Brings back what was thrown away last, all of it, or the last file whose name, path or id is `handle`.
    pub fn bring_back(&self, handle: &str) -> Result<Vec<Trashed>, StoreError> {
        let trash = self.root.join(TRASH);
        let mut slots: Vec<PathBuf> = match fs::read_dir(&trash) {
            Ok(entries) if is_real_folder(&trash) => entries.flatten().map(|entry| entry.path()).collect(),
            _ => Vec::new(),
        };
        slots.retain(|slot| is_slot(slot));
        slots.sort();
        let meant = |slot: &PathBuf| {
            let mut files = files_in(slot);
            match handle.is_empty() {
                true => files.sort(),
                false => files = files.into_iter().find(|file| fits(slot, file, handle)).into_iter().collect(),
            }
            (!files.is_empty()).then(|| (slot.clone(), files))
        };
        let not_there = || StoreError::NotInTrash { handle: handle.to_owned() };
        let (slot, files) = slots.iter().rev().find_map(meant).ok_or_else(not_there)?;
        // All or nothing, as far as that can be known beforehand.
        if let Some(file) = files.iter().find(|file| fs::symlink_metadata(self.root.join(file)).is_ok()) {
            return Err(StoreError::InTheWay { path: self.root.join(file) });
        }
        files.into_iter().map(|file| self.put_back(&slot, file)).collect()
    }

    fn put_back(&self, slot: &Path, file: PathBuf) -> Result<Trashed, StoreError> {
        let (from, to) = (slot.join(&file), self.root.join(&file));
        let folder = to.parent().unwrap_or(&self.root);
        real_folder(&self.root, file.parent().unwrap_or(Path::new(""))).map_err(io_error("make", folder))?;
        save::rename(&from, &to).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::InTheWay { path: to.clone() },
            _ => io_error("move", &from)(error),
        })?;
        // Folders that are empty now go; whatever else lies there stays.
        let _ = from.ancestors().skip(1).take_while(|folder| folder.starts_with(slot)).try_for_each(fs::remove_dir);
        Ok(Trashed { file })
    }
}

/// A new folder for what is thrown away now. Names sort by time.
fn new_slot(trash: &Path, machine: &Machine) -> Result<PathBuf, StoreError> {
    let now = machine.now().timestamp_millis();
    for try_again in 0..1000 {
        let slot = trash.join(format!("{now:014}-{try_again:03}"));
        match fs::create_dir(&slot) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|()| slot.clone()).map_err(io_error("make", &slot)),
        }
    }
    Err(io_error("make", trash)(io::ErrorKind::AlreadyExists.into()))
}

/// Whether a file in the trash is meant: by its path, its name, its id or the beginning of that.
fn fits(slot: &Path, file: &Path, handle: &str) -> bool {
    if file == Path::new(handle) || file.file_name().is_some_and(|name| name == handle) {
        return true;
    }
    let bytes = fs::read(slot.join(file)).unwrap_or_default();
    let (note, _) = crate::note::Note::parse(&bytes);
    handle.len() >= 3 && note.head.id.is_some_and(|id| id.as_str().starts_with(handle))
}

/// The files of a slot, relative to it. Links are no files: a stranger may have put them there.
fn files_in(slot: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![slot.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.extend(entry.path().strip_prefix(slot).ok().map(Path::to_owned)),
                _ => {}
            }
        }
    }
    files
}

/// A folder of the trash that has kb's form of a name and is no link.
fn is_slot(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() > 15 && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && is_real_folder(path)
}

pub(super) fn is_real_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Makes the folders of a relative path one by one; a link among them, which may lead anywhere, is an
/// error.
pub(super) fn real_folder(root: &Path, relative: &Path) -> io::Result<()> {
    let mut folder = root.to_owned();
    for part in relative.components() {
        folder.push(part);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ if !is_real_folder(&folder) => return Err(io::Error::other("a link stands in its way")),
            _ => {}
        }
    }
    Ok(())
}
