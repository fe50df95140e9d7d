//! A file is whole or absent: the only code that writes files that matter.
//!
//! New bytes go into a file of another name in the same folder, are forced to disk, take their name
//! in one step, and the folder is forced to disk too. Killed at any instruction, a file is what it
//! was before or what it is meant to be.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The steps of saving, in order. A test kills the process after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An empty file of another name stands beside the target.
    Made,
    /// It holds the bytes.
    Written,
    /// The disk holds them.
    Synced,
    /// The target has its name.
    Named,
    /// The disk knows the name.
    Done,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [(Step, &'static str); 5] = [
        (Step::Made, "made"),
        (Step::Written, "written"),
        (Step::Synced, "synced"),
        (Step::Named, "named"),
        (Step::Done, "done"),
    ];
}

static KILLED_AFTER: OnceLock<Step> = OnceLock::new();

/// For tests: the process kills itself after this step of the first save.
pub fn kill_after(step: &str) {
    if let Some((step, _)) = Step::ALL.iter().find(|(_, name)| *name == step) {
        let _ = KILLED_AFTER.set(*step);
    }
}

fn reached(step: Step) {
    if KILLED_AFTER.get() == Some(&step) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Begins the names of files that are not finished; no note begins with a dot.
pub const UNFINISHED: &str = ".kb-unfinished-";

/// The mode of files that only their owner may read.
const PRIVATE: u32 = 0o600;

/// What came of a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is there, for good.
    New,
    /// A file of that name was there before and is untouched.
    Taken,
}

/// Makes a new file, durably; never overwrites one.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<Created> {
    let unfinished = Unfinished::write(path, bytes, None)?;
    match unfinished.take_name(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Created::Taken),
        Err(error) => return Err(error),
    }
    reached(Step::Named);
    sync_folder(path)?;
    reached(Step::Done);
    Ok(Created::New)
}

/// Replaces a file, or makes it, durably. The last of two writers wins: for files of kb's own.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, bytes, None)
}

/// [`replace`] for what nobody else may read: mode 0600 from its first byte on.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, bytes, Some(PRIVATE))
}

fn replace_with(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let mut unfinished = Unfinished::write(path, bytes, mode)?;
    fs::rename(&unfinished.path, path)?;
    unfinished.named = true;
    reached(Step::Named);
    sync_folder(path)?;
    reached(Step::Done);
    Ok(())
}

/// What came of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// The file holds the new bytes, for good.
    Done,
    /// The file is not what it was when it was read, and stays so. For a moment the new bytes may have stood
    /// there: who read them in that moment may write over what others wrote before, so those texts are
    /// handed out, to be kept.
    Changed(Vec<Vec<u8>>),
}

/// Replaces what a person may be writing at the same time: only if the file still holds `expected`.
/// Links are followed, and the file's mode stays.
pub fn exchange(path: &Path, expected: &[u8], bytes: &[u8]) -> io::Result<Exchanged> {
    let path = &path.canonicalize()?;
    let mode = fs::metadata(path)?.permissions().mode();
    exchange_at(path, expected, bytes, mode)
}

/// [`exchange`] for what nobody else may read: mode 0600 afterwards, the owner stays.
pub fn exchange_private(path: &Path, expected: &[u8], bytes: &[u8]) -> io::Result<Exchanged> {
    exchange_at(&path.canonicalize()?, expected, bytes, PRIVATE)
}

fn exchange_at(path: &Path, expected: &[u8], bytes: &[u8], mode: u32) -> io::Result<Exchanged> {
    if fs::read(path)? != expected {
        return Ok(Exchanged::Changed(Vec::new()));
    }
    let mut unfinished = Unfinished::write(path, bytes, Some(mode))?;
    keep_owner(path, &unfinished.path)?;
    match renameat_with(CWD, &unfinished.path, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => {
            // What stood there is now under the other name, and may be somebody's only copy of a text
            // written a moment ago: it goes only if it is what was expected.
            unfinished.named = true;
            let found = fs::read(&unfinished.path)?;
            if found != expected {
                renameat_with(CWD, &unfinished.path, CWD, path, RenameFlags::EXCHANGE)?;
                let mut others = vec![found];
                match fs::read(&unfinished.path)? {
                    ours if ours == bytes => fs::remove_file(&unfinished.path)?,
                    theirs => others.push(theirs),
                }
                return Ok(Exchanged::Changed(others));
            }
            fs::remove_file(&unfinished.path)?;
        }
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            if fs::read(path)? != expected {
                return Ok(Exchanged::Changed(Vec::new()));
            }
            fs::rename(&unfinished.path, path)?;
            unfinished.named = true;
        }
        Err(error) => return Err(error.into()),
    }
    reached(Step::Named);
    sync_folder(path)?;
    reached(Step::Done);
    Ok(Exchanged::Done)
}

/// A file of another user that root writes must stay that user's.
fn keep_owner(from: &Path, to: &Path) -> io::Result<()> {
    let (old, new) = (fs::metadata(from)?, fs::metadata(to)?);
    if (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        return Ok(());
    }
    match chown(to, Some(old.uid()), Some(old.gid())) {
        // Somebody else's file in a shared folder: that it changes hands was so before.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// Renames without overwriting, durably. Fails with `AlreadyExists` where a file of the new name is.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    rename_new(from, to)?;
    sync_folder(from)?;
    sync_folder(to)
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            // File systems that cannot: a link fails where the name is taken.
            fs::hard_link(from, to)?;
            // The file has its new name; that the old one stays is no failure of that.
            let _ = fs::remove_file(from);
            Ok(())
        }
        other => Ok(other?),
    }
}

/// Removes what killed processes left behind in a folder an hour ago or more.
pub fn clear_unfinished(folder: &Path) {
    const LEFT_BEHIND: Duration = Duration::from_hours(1);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_old = || {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > LEFT_BEHIND))
        };
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file that has not taken its name yet; gone with this value unless it has.
struct Unfinished {
    path: PathBuf,
    named: bool,
}

impl Unfinished {
    fn write(target: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let (unfinished, mut file) = loop {
            let name = format!("{UNFINISHED}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).mode(mode.unwrap_or(0o666)).open(&path) {
                Ok(file) => break (Self { path, named: false }, file),
                // Left behind by a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        reached(Step::Made);
        if let Some(mode) = mode {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        file.write_all(bytes)?;
        reached(Step::Written);
        file.sync_all()?;
        reached(Step::Synced);
        Ok(unfinished)
    }

    fn take_name(mut self, target: &Path) -> io::Result<()> {
        rename_new(&self.path, target)?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.named {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Forces the names in a folder to disk.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?.sync_all()
}
