//! The index of a knowledge base: derived from its files alone, and up to date whenever anybody
//! holds one. Knows nothing that the files do not say; there is no way to add a note but to write
//! its file.
//!
//! One call looks at every file (`sweep`), holds it against what the last command saw (`table`),
//! reads what changed into segments (`build`) and opens all of them for search. What is new is kept
//! for the next command by [`Index::persist`], after the answer is printed. Segments never change,
//! and the table that names them is replaced as a whole: no reader waits for a writer.

mod build;
mod keep;
mod listing;
pub(crate) mod schema;
mod shelf;
mod sweep;
mod table;
pub(crate) mod words;

use crate::note::{Complaint, Head, Id, Note, NoteHash};
use build::{Built, Fresh, Site};
use chrono::{DateTime, Utc};
use listing::{Kind, Root, Stamp};
use rayon::prelude::*;
use shelf::{Shelf, Standing, WriteLock, Writes};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use sweep::{Exclude, Met, Sweep};
use table::{NoTable, Place, Segment, Table};
use tantivy::directory::{Directory, RamDirectory};
use tantivy::schema::Value;
use tantivy::{BitSet, DocAddress, ReloadPolicy, Searcher, TantivyDocument};

/// So many changed files are indexed at once, whatever it takes.
const AT_ONCE: usize = 500;
/// For more of them a command waits this long.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of which this much is left for closing segments and for the search itself.
const RESERVE: Duration = Duration::from_millis(500);
/// Another process may replace the index while it is opened; so often that is no damage.
const TRIES: usize = 4;

/// All notes of a knowledge base as they are now.
pub struct Index {
    root: PathBuf,
    files: Root,
    shelf: Shelf,
    table: Table,
    sweep: Sweep,
    fresh: Vec<Option<Fresh>>,
    segments: Vec<Segment>,
    memory: RamDirectory,
    alive: Vec<BitSet>,
    searcher: Searcher,
    exclude: [u8; 16],
    /// Which table stood there when this command began.
    seen: Option<[u8; 16]>,
    warnings: Vec<Warning>,
    left: usize,
    lock: Option<WriteLock>,
}

/// One indexed note, as commands that do not open files see it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Relative to the knowledge base, with `/`.
    pub file: String,
    /// The frontmatter's, or one made from the path.
    pub id: Id,
    /// What the note says of itself.
    pub head: Head,
    /// The first half of BLAKE3 over its file.
    pub hash: NoteHash,
}

/// A note's name in the index: no file and no text was read for it.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    folder: &'a [u8],
    name: &'a [u8],
    id: &'a [u8],
    created: i64,
    place: Place,
    hash: NoteHash,
    stamp: Listing<'a>,
}

#[derive(Clone, Copy)]
enum Listing<'a> {
    Row(&'a [u8]),
    Fresh(&'a Fresh),
}

/// Something that a person should know, and that kept nothing from working: one line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A file that looks like a note and is none.
    #[error("{file}: set aside: {why}")]
    SetAside {
        /// Relative to the knowledge base.
        file: String,
        /// The reason.
        why: SetAside,
    },
    /// A note that is indexed, but not quite as it stands; said when it is read.
    #[error("{file}: {complaint}")]
    Complaint {
        /// Relative to the knowledge base.
        file: String,
        /// What is wrong with it.
        complaint: Complaint,
    },
    /// A note too large to be indexed whole; said when it is read.
    #[error("{file}: only the first {} of its {} MB are searched", build::LARGEST >> 20, size >> 20)]
    Cut {
        /// Relative to the knowledge base.
        file: String,
        /// In bytes.
        size: u64,
    },
    /// The index was made anew from the notes.
    #[error("the index was {why}; it is made anew from the notes")]
    Rebuilt {
        /// What was wrong with the old one.
        why: Rebuilt,
    },
    /// The index cannot be kept, so that the next command has to make it again.
    #[error("the index cannot be kept in {}", path.display())]
    NotKept {
        /// The folder that it should be in.
        path: PathBuf,
    },
}

/// Why a file is no note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetAside {
    /// A symbolic link: what it points at may lie anywhere.
    #[error("it is a link, and links are not followed")]
    Link,
    /// A FIFO, a socket, a device.
    #[error("it is not a regular file")]
    NoFile,
    /// It, or a folder, cannot be read.
    #[error("it cannot be read ({error})")]
    Unreadable {
        /// What the system says.
        error: io::ErrorKind,
    },
    /// Its name cannot be written down.
    #[error("its name is not valid UTF-8")]
    Name,
}

/// Why an index was made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rebuilt {
    /// There was none.
    #[error("missing")]
    Missing,
    /// What stood there was not written by kb.
    #[error("not kb's")]
    Foreign,
    /// Another version of kb wrote it.
    #[error("of another version of kb")]
    OtherVersion,
    /// It is not as it was written.
    #[error("damaged")]
    Damaged,
}

/// Why there is no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The folder of notes cannot be read.
    #[error("cannot read the notes in {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The index could not be kept.
    #[error("cannot keep the index in {}", path.display())]
    Keep {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The search library failed.
    #[error("the index failed")]
    Tantivy(#[from] tantivy::TantivyError),
    /// What was read is not what was written.
    #[error("the index is damaged")]
    Damaged,
    /// A defect in reading or writing the index.
    #[error("the index failed unexpectedly")]
    Panicked,
}

impl Index {
    /// The only way to get one. Looks at every file below `root` and indexes what changed, however
    /// it changed; `exclude` are patterns as in an ignore file. Says in [`Index::warnings`] what it
    /// could not do. More than 500 changed files are indexed for at most two seconds.
    pub fn up_to_date(root: &Path, exclude: &[String]) -> Result<Index, IndexError> {
        Index::within(root, exclude, PATIENCE)
    }

    /// The same with another limit for many changed files.
    pub fn within(root: &Path, exclude: &[String], patience: Duration) -> Result<Index, IndexError> {
        let started = Instant::now();
        let folder_failed = |source| IndexError::Folder { path: root.to_owned(), source };
        let files = sweep::open(root).map_err(folder_failed)?;
        let exclude = Exclude::new(exclude);
        let until = started + patience.saturating_sub(RESERVE.min(patience / 2));
        let mut rebuilt = None;
        for attempt in 0.. {
            let shelf = Shelf::at(root);
            let last = attempt + 1 >= TRIES;
            let (table, seen) = match whole_table(&shelf) {
                Ok(table) => {
                    let seen = (!table.is_none()).then(|| table.fingerprint());
                    (if rebuilt.is_none() { table } else { Table::empty() }, seen)
                }
                Err(why) => {
                    rebuilt = rebuilt.or(Some(why));
                    (Table::empty(), shelf.fingerprint())
                }
            };
            let sweep = Sweep::of(&files, &table, &exclude).map_err(folder_failed)?;
            let draft = Draft { root, files: &files, shelf, table, sweep, exclude: exclude.hash, seen, until };
            match catch_unwind(AssertUnwindSafe(|| draft.index(rebuilt))) {
                Ok(Ok(Some(mut index))) => {
                    index.files = files;
                    return Ok(index);
                }
                // Somebody else replaced the table: look again.
                Ok(Ok(None)) if !last => {}
                // Segments that vanish are another process's doing, at first.
                Ok(Err(IndexError::Tantivy(_) | IndexError::Damaged)) if attempt + 2 < TRIES => {}
                Ok(Err(error)) if last => return Err(error),
                Err(_) if last => return Err(IndexError::Panicked),
                _ => rebuilt = Some(Rebuilt::Damaged),
            }
        }
        Err(IndexError::Damaged)
    }

    /// False if more files changed than could be indexed in time: the next command goes on.
    pub fn complete(&self) -> bool {
        self.left == 0
    }

    /// How many files wait for the next command.
    pub fn left(&self) -> usize {
        self.left
    }

    /// What should be said beside the answer, a line each.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// How many notes there are.
    pub fn len(&self) -> usize {
        self.listed().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.listed().next().is_none()
    }

    /// Every note by name, in no order that means anything.
    pub fn listed(&self) -> impl Iterator<Item = Listed<'_>> {
        self.sweep.folders.iter().flat_map(move |(folder, met)| {
            let folder = self.sweep.path(folder);
            self.sweep.met[met.clone()].iter().filter_map(move |met| self.look_up(folder, *met))
        })
    }

    /// Notes, the newest first; at most `limit` of them.
    pub fn newest(&self, limit: usize) -> Result<Vec<Entry>, IndexError> {
        self.entries_of(&self.newest_first(limit))
    }

    /// The names of notes, the newest first; at most `limit` of them.
    pub fn newest_first(&self, limit: usize) -> Vec<Listed<'_>> {
        let mut listed: Vec<Listed<'_>> = self.listed().collect();
        // Notes say the second; of two made in one, the file written later is the newer.
        let age = |listed: &Listed<'_>| (listed.created.div_euclid(1000), listed.modified());
        listed.sort_unstable_by(|a, b| age(b).cmp(&age(a)).then_with(|| (a.folder, a.name).cmp(&(b.folder, b.name))));
        listed.truncate(limit);
        listed
    }

    /// What these notes say of themselves, in the same order.
    pub fn entries_of(&self, listed: &[Listed<'_>]) -> Result<Vec<Entry>, IndexError> {
        // Neighbours in the store are unpacked once.
        let mut order: Vec<usize> = (0..listed.len()).collect();
        order.sort_unstable_by_key(|at| listed[*at].place);
        let read = |at: usize| Ok::<_, IndexError>((at, self.entry(&listed[at])?));
        let found: Vec<(usize, Entry)> = match order.len() > AT_ONCE {
            true => order.into_par_iter().with_min_len(64).map(read).collect::<Result<_, _>>()?,
            false => order.into_iter().map(read).collect::<Result<_, _>>()?,
        };
        let mut entries: Vec<Option<Entry>> = vec![None; listed.len()];
        for (at, entry) in found {
            entries[at] = Some(entry);
        }
        Ok(entries.into_iter().flatten().collect())
    }

    /// Every note, the newest first.
    pub fn entries(&self) -> Result<Vec<Entry>, IndexError> {
        self.newest(usize::MAX)
    }

    /// What a note says of itself. Opens no file.
    pub fn entry(&self, listed: &Listed<'_>) -> Result<Entry, IndexError> {
        Ok(self.with_note(listed)?.0)
    }

    /// The same with the note as it was indexed.
    pub(crate) fn with_note(&self, listed: &Listed<'_>) -> Result<(Entry, Note), IndexError> {
        let address = DocAddress::new(listed.place.segment, listed.place.doc);
        let document: TantivyDocument = self.searcher.doc(address)?;
        let text = document.get_first(schema::text()).and_then(|value| value.as_str());
        let (note, _) = Note::parse(text.ok_or(IndexError::Damaged)?.as_bytes());
        let entry = Entry { file: listed.file(), id: Id::new(listed.id()), head: note.head.clone(), hash: listed.hash };
        Ok((entry, note))
    }

    /// Whether a note's file still is the one indexed.
    pub fn still_there(&self, listed: &Listed<'_>) -> bool {
        let now = self.files.stat(&listed.file());
        now.is_ok_and(|(kind, stamp)| {
            kind == Kind::File
                && match listed.stamp {
                    Listing::Row(bytes) => stamp.packed() == bytes,
                    Listing::Fresh(fresh) => fresh.stamp == stamp,
                }
        })
    }

    /// Keeps what this command learnt for the next one. Does nothing if nothing is new or another
    /// process is at it; to be called after the answer is printed.
    pub fn persist(self) -> Result<(), IndexError> {
        keep::persist(self)
    }

    /// The index turned out to be damaged: the next command makes it anew.
    pub(crate) fn forget(&self) {
        self.shelf.forget();
    }

    pub(crate) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// The documents of a segment that are notes.
    pub(crate) fn alive(&self, segment: usize) -> &BitSet {
        &self.alive[segment]
    }

    fn look_up<'a>(&'a self, folder: &'a [u8], met: Met) -> Option<Listed<'a>> {
        match met {
            Met::Kept(row) => {
                let row = self.table.row(row as usize);
                let (name, id, created, place) = (row.name(), row.id(), row.created(), row.place());
                Some(Listed { folder, name, id, created, place, hash: row.hash(), stamp: Listing::Row(row.stamp()) })
            }
            Met::Changed(at) => {
                let fresh = self.fresh.get(at as usize)?.as_ref()?;
                let path = self.sweep.changed[at as usize].path.as_bytes();
                let name = &path[path.len() - path.iter().rev().take_while(|byte| **byte != b'/').count()..];
                let (id, created, place) = (fresh.id.as_bytes(), fresh.created, fresh.place);
                Some(Listed { folder, name, id, created, place, hash: fresh.hash, stamp: Listing::Fresh(fresh) })
            }
        }
    }
}

impl<'a> Listed<'a> {
    /// Relative to the knowledge base, with `/`.
    pub fn file(&self) -> String {
        let mut path = String::with_capacity(self.folder.len() + self.name.len() + 1);
        if !self.folder.is_empty() {
            path.push_str(&String::from_utf8_lossy(self.folder));
            path.push('/');
        }
        path.push_str(&String::from_utf8_lossy(self.name));
        path
    }

    /// The note's id.
    pub fn id(&self) -> &'a str {
        std::str::from_utf8(self.id).unwrap_or("")
    }

    /// The first half of BLAKE3 over its file.
    pub fn hash(&self) -> NoteHash {
        self.hash
    }

    /// When its file was last written, in nanoseconds.
    fn modified(&self) -> i64 {
        match self.stamp {
            Listing::Row(bytes) => Stamp::unpacked(bytes).modified,
            Listing::Fresh(fresh) => fresh.stamp.modified,
        }
    }

    /// When the note was made, as far as it says; else when its file was last written.
    pub fn created(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.created).unwrap_or_default()
    }

    /// Segment and document.
    pub(crate) fn address(&self) -> (usize, u32) {
        (self.place.segment as usize, self.place.doc)
    }
}

/// The table of the last command, if it and everything that it names is as it was written.
fn whole_table(shelf: &Shelf) -> Result<Table, Rebuilt> {
    match shelf.standing() {
        Standing::Nothing => return Err(Rebuilt::Missing),
        Standing::Foreign => return Ok(Table::empty()),
        Standing::Folder => {}
    }
    let table = shelf.table().map_err(|no_table| match no_table {
        NoTable::Foreign => Rebuilt::Foreign,
        NoTable::OtherVersion => Rebuilt::OtherVersion,
        NoTable::Damaged => Rebuilt::Damaged,
    })?;
    let table = table.ok_or(Rebuilt::Missing)?;
    if shelf.is_brought(table.segments()) {
        return Err(Rebuilt::Foreign);
    }
    let whole = shelf.changed_files(table.segments()).into_iter().all(|file| shelf.is_whole(file));
    if whole { Ok(table) } else { Err(Rebuilt::Damaged) }
}

/// An index on its way.
struct Draft<'a> {
    root: &'a Path,
    files: &'a Root,
    shelf: Shelf,
    table: Table,
    sweep: Sweep,
    exclude: [u8; 16],
    seen: Option<[u8; 16]>,
    until: Instant,
}

impl Draft<'_> {
    /// None: the table was replaced meanwhile by somebody who had the lock.
    fn index(mut self, rebuilt: Option<Rebuilt>) -> Result<Option<Index>, IndexError> {
        let memory = RamDirectory::create();
        let many = self.sweep.changed.len() > AT_ONCE;
        let lock = if many { self.shelf.lock() } else { None };
        if lock.is_some() && self.shelf.fingerprint() != self.seen {
            return Ok(None);
        }
        let site = Site {
            root: self.files,
            shelf: &self.shelf,
            table: &self.table,
            sweep: &self.sweep,
            memory: &memory,
            writes: if lock.is_some() { Writes::Disk } else { Writes::Memory },
            until: many.then_some(self.until),
        };
        let threads = if many { std::thread::available_parallelism().map_or(1, usize::from) } else { 1 };
        let built = build::build(&site, threads)?;
        let segments = [self.table.segments(), &built.segments].concat();
        let opened = open(&self.shelf, &memory, &segments)?;
        let warnings = self.warnings(rebuilt, &built, many && lock.is_none());
        let mut index = Index {
            root: self.root.to_owned(),
            // Replaced by the caller, who still needs its own.
            files: Root::open(self.root).map_err(|source| IndexError::Folder { path: self.root.to_owned(), source })?,
            shelf: self.shelf,
            table: self.table,
            sweep: self.sweep,
            fresh: built.fresh,
            alive: segments.iter().map(|segment| BitSet::with_max_value(segment.docs)).collect(),
            segments,
            memory,
            searcher: opened,
            exclude: self.exclude,
            seen: self.seen,
            warnings,
            left: built.left,
            lock,
        };
        index.mark_alive()?;
        Ok(Some(index))
    }

    fn warnings(&mut self, rebuilt: Option<Rebuilt>, built: &Built, not_kept: bool) -> Vec<Warning> {
        let mut warnings = Vec::new();
        // A knowledge base with its first note never had an index.
        let never_had_one = rebuilt == Some(Rebuilt::Missing) && self.sweep.met.len() < 2;
        warnings.extend(rebuilt.filter(|_| !never_had_one).map(|why| Warning::Rebuilt { why }));
        if self.shelf.standing() == Standing::Foreign || (not_kept && self.shelf.standing() == Standing::Nothing) {
            warnings.push(Warning::NotKept { path: self.root.join(".kb") });
        }
        warnings.append(&mut self.sweep.warnings);
        warnings.extend(built.warnings.iter().cloned());
        warnings
    }
}

impl Index {
    /// Notes that are there, and no others, are found.
    fn mark_alive(&mut self) -> Result<(), IndexError> {
        let mut alive = std::mem::take(&mut self.alive);
        for listed in self.listed() {
            let (segment, doc) = listed.address();
            let docs = self.segments.get(segment).map_or(0, |segment| segment.docs);
            if doc >= docs {
                return Err(IndexError::Damaged);
            }
            alive[segment].insert(doc);
        }
        self.alive = alive;
        Ok(())
    }
}

/// Opens segments for search.
fn open(shelf: &Shelf, memory: &RamDirectory, segments: &[Segment]) -> Result<Searcher, IndexError> {
    let index = tantivy_index(shelf, memory, segments)?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    // tantivy takes a missing file of positions for an empty one.
    if shelf.lost_any(segments) {
        return Err(IndexError::Damaged);
    }
    Ok(reader.searcher())
}

/// Segments as one index of tantivy's.
fn tantivy_index(shelf: &Shelf, memory: &RamDirectory, segments: &[Segment]) -> Result<tantivy::Index, IndexError> {
    let directory = shelf.directory(memory, Writes::Memory);
    let meta = serde_json::json!({
        "index_settings": build::settings(),
        "segments": segments.iter().map(|segment| &segment.meta).collect::<Vec<_>>(),
        "schema": schema::schema(),
        "opstamp": 0,
    });
    let meta = serde_json::to_vec(&meta).map_err(|_| IndexError::Damaged)?;
    directory.atomic_write(Path::new("meta.json"), &meta).map_err(|_| IndexError::Damaged)?;
    let mut index = tantivy::Index::open(directory)?;
    index.set_tokenizers(schema::tokenizers());
    Ok(index)
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("root", &self.root).field("notes", &self.len()).finish_non_exhaustive()
    }
}

/// Shared with `keep`: what a row will say of a fresh note.
fn packed(stamp: &Stamp) -> [u8; Stamp::PACKED] {
    stamp.packed()
}
