//! The folder as it is now, held against the table of the last sweep: what is kept, what is new or
//! changed, what cannot be a note. Reads no note. An unchanged note costs its name and its stat,
//! and no allocation.

use super::listing::{Found, Kind, Root};
use super::table::Table;
use super::{SetAside, Warning};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Times coarser than this are kept by no file system that notes live on.
const COARSEST: Duration = Duration::from_secs(2);

/// Patterns of files that are no notes, as in an ignore file.
pub(super) struct Exclude {
    patterns: Gitignore,
    /// Tells whether the table was made with the same patterns.
    pub hash: [u8; 16],
}

/// One file as the sweep met it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Met {
    /// As it was: the row in the table.
    Kept(u32),
    /// To be read: at this place of [`Sweep::changed`].
    Changed(u32),
}

/// A file that is new, changed, or may have changed.
#[derive(Debug)]
pub(super) struct Changed {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Its row in the table, if it has one.
    pub row: Option<u32>,
    /// It looks as it did, but that may deceive.
    pub racy: bool,
}

/// What the folder holds now.
#[derive(Default)]
pub(super) struct Sweep {
    /// Every note, folder by folder.
    pub met: Vec<Met>,
    /// The folders in the order in which they were read: path, and which of `met` are theirs.
    pub folders: Vec<(Range<usize>, Range<usize>)>,
    /// The paths of all folders, one after the other.
    paths: Vec<u8>,
    pub changed: Vec<Changed>,
    pub warnings: Vec<Warning>,
    /// How many rows of the table were met unchanged or changed.
    pub rows_met: usize,
    /// When the sweep began, in nanoseconds since 1970.
    started: i64,
}

impl Exclude {
    /// Patterns that make no sense exclude nothing; the caller has checked them.
    pub(super) fn new(patterns: &[String]) -> Self {
        let mut builder = GitignoreBuilder::new("");
        let mut hasher = blake3::Hasher::new();
        for pattern in patterns {
            let _ = builder.add_line(None, pattern);
            hasher.update(pattern.as_bytes()).update(b"\n");
        }
        let hash = hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default();
        Exclude { patterns: builder.build().unwrap_or_else(|_| Gitignore::empty()), hash }
    }

    fn matches(&self, path: &str, folder: bool) -> bool {
        !self.patterns.is_empty() && self.patterns.matched(path, folder).is_ignore()
    }
}

impl Sweep {
    /// Looks at every folder and note below `root`.
    pub(super) fn of(root: &Root, table: &Table, exclude: &Exclude) -> io::Result<Sweep> {
        let mut sweep = Sweep { started: now(), ..Sweep::default() };
        let mut buffer = Vec::new();
        let recheck = !exclude.patterns.is_empty() && table.exclude() != exclude.hash;
        let mut known = Known { table, by_path: None };
        sweep.folders.push((0..0, 0..0));
        let mut at = 0;
        while at < sweep.folders.len() {
            let path = sweep.paths[sweep.folders[at].0.clone()].to_vec();
            let start = sweep.met.len();
            let mut rows = Rows::new(table, known.folder(at, &path));
            let read = root.read(&path, &mut buffer, &mut |found| {
                sweep.meet(&path, found, &mut rows, table, exclude, recheck);
            });
            match read {
                Ok(()) => {}
                Err(error) if at == 0 => return Err(error),
                // Removed meanwhile: its notes are gone with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let why = SetAside::Unreadable { error: error.kind() };
                    sweep.warnings.push(Warning::SetAside { file: shown(&path), why });
                }
            }
            sweep.folders[at].1 = start..sweep.met.len();
            at += 1;
        }
        Ok(sweep)
    }

    /// The rows of the table whose files are still there.
    pub(super) fn met_rows(&self) -> impl Iterator<Item = usize> {
        self.met.iter().filter_map(|met| match met {
            Met::Kept(row) => Some(*row as usize),
            Met::Changed(at) => self.changed[*at as usize].row.map(|row| row as usize),
        })
    }

    /// Whether a file with these times may have changed after this sweep read it, without a trace.
    pub(super) fn racy(&self, modified: i64, changed: i64) -> bool {
        let coarsest = i64::try_from(COARSEST.as_nanos()).unwrap_or(0);
        modified.max(changed) >= self.started.saturating_sub(coarsest)
    }

    /// The path of a folder; see [`Sweep::folders`].
    pub(super) fn path(&self, folder: &Range<usize>) -> &[u8] {
        &self.paths[folder.clone()]
    }

    #[inline]
    fn meet(
        &mut self,
        folder: &[u8],
        found: &dyn Found,
        rows: &mut Rows<'_>,
        table: &Table,
        exclude: &Exclude,
        recheck: bool,
    ) {
        let name = found.name();
        if name.first() == Some(&b'.') {
            return;
        }
        let mut kind = found.kind();
        let is_note = name.ends_with(b".md");
        if kind == Kind::Unknown || (kind == Kind::File && is_note) {
            let Ok((real, stamp)) = found.stat() else {
                return;
            };
            kind = real;
            if kind == Kind::File && is_note {
                let row = rows.find(name);
                let mut racy = false;
                if let Some(row) = row
                    && !recheck
                {
                    self.rows_met += 1;
                    let before = table.row(row);
                    if before.stamp() == stamp.packed() {
                        if !before.racy() {
                            self.met.push(Met::Kept(narrow(row)));
                            return;
                        }
                        racy = true;
                    }
                }
                return self.meet_changed(folder, name, (row, racy), exclude, recheck);
            }
        }
        match kind {
            Kind::Folder => self.meet_folder(folder, name, exclude),
            Kind::Link | Kind::Other if is_note => {
                let why = if kind == Kind::Link { SetAside::Link } else { SetAside::NoFile };
                self.set_aside(folder, name, why, exclude);
            }
            _ => {}
        }
    }

    fn meet_changed(
        &mut self,
        folder: &[u8],
        name: &[u8],
        (row, racy): (Option<usize>, bool),
        exclude: &Exclude,
        recheck: bool,
    ) {
        let path = join(folder, name);
        let Ok(path) = String::from_utf8(path) else {
            return self.set_aside(folder, name, SetAside::Name, exclude);
        };
        if (row.is_none() || recheck) && exclude.matches(&path, false) {
            return;
        }
        self.rows_met += usize::from(row.is_some() && recheck);
        self.met.push(Met::Changed(narrow(self.changed.len())));
        self.changed.push(Changed { path, row: row.map(narrow), racy });
    }

    fn meet_folder(&mut self, folder: &[u8], name: &[u8], exclude: &Exclude) {
        let path = join(folder, name);
        match std::str::from_utf8(&path) {
            Err(_) => self.set_aside(folder, name, SetAside::Name, exclude),
            Ok(text) if exclude.matches(text, true) => {}
            Ok(_) => {
                let start = self.paths.len();
                self.paths.extend(&path);
                self.folders.push((start..self.paths.len(), 0..0));
            }
        }
    }

    fn set_aside(&mut self, folder: &[u8], name: &[u8], why: SetAside, exclude: &Exclude) {
        let file = shown(&join(folder, name));
        if !exclude.matches(&file, false) {
            self.warnings.push(Warning::SetAside { file, why });
        }
    }
}

/// The folders of the table, found again.
struct Known<'a> {
    table: &'a Table,
    by_path: Option<HashMap<&'a [u8], usize>>,
}

impl Known<'_> {
    /// The rows of a folder: most often it stands where it stood.
    fn folder(&mut self, at: usize, path: &[u8]) -> Range<usize> {
        if at < self.table.folders() {
            let (before, rows) = self.table.folder(at);
            if before == path {
                return rows;
            }
        }
        let table = self.table;
        let by_path =
            self.by_path.get_or_insert_with(|| (0..table.folders()).map(|at| (table.folder(at).0, at)).collect());
        by_path.get(path).map_or(0..0, |at| table.folder(*at).1)
    }
}

/// The rows of one folder, found again by name.
struct Rows<'a> {
    table: &'a Table,
    range: Range<usize>,
    next: usize,
    sorted: Option<Vec<usize>>,
}

impl<'a> Rows<'a> {
    fn new(table: &'a Table, rows: Range<usize>) -> Self {
        Rows { table, next: rows.start, range: rows, sorted: None }
    }

    /// A folder gives its entries in the same order as long as it does not change.
    #[inline]
    fn find(&mut self, name: &[u8]) -> Option<usize> {
        if self.next < self.range.end && self.table.row(self.next).name() == name {
            self.next += 1;
            return Some(self.next - 1);
        }
        let table = self.table;
        let rows = self.range.clone();
        let sorted = self.sorted.get_or_insert_with(|| {
            let mut sorted: Vec<usize> = rows.collect();
            sorted.sort_unstable_by_key(|row| table.row(*row).name());
            sorted
        });
        let at = sorted.binary_search_by(|row| table.row(*row).name().cmp(name)).ok()?;
        self.next = sorted[at] + 1;
        Some(sorted[at])
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Whether a root can be read at all.
pub(super) fn open(root: &Path) -> io::Result<Root> {
    Root::open(root)
}
