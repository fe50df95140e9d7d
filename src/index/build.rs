//! Changed notes read and made into segments: a few in memory and at once, many on all cores until
//! the time is over. Knows no search.

use super::listing::{Kind, Root, Stamp, of_file};
use super::schema;
use super::shelf::{Front, Shelf, Writes};
use super::sweep::{Changed, Sweep};
use super::table::{MADE_ID, MADE_TIME, Place, RACY, Row, Segment, Table};
use super::{IndexError, SetAside, Warning};
use crate::note::{Id, Note};
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tantivy::directory::{Directory, RamDirectory};
use tantivy::{IndexBuilder, IndexSettings, SingleSegmentIndexWriter};

/// Of a larger file only this much is indexed.
pub(super) const LARGEST: u64 = 4 << 20;
/// A segment is closed when its writer holds this much.
const SEGMENT_MEMORY: usize = 48 << 20;

/// A note that the table does not know yet, or knows otherwise.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub id: String,
    pub stamp: Stamp,
    pub hash: [u8; 16],
    pub created: i64,
    pub place: Place,
    pub flags: u8,
}

impl Fresh {
    /// As the last command saw it.
    fn of(row: &Row<'_>) -> Fresh {
        let id = String::from_utf8_lossy(row.id()).into_owned();
        let (stamp, hash) = (Stamp::unpacked(row.stamp()), row.hash());
        Fresh { id, stamp, hash, created: row.created(), place: row.place(), flags: row.flags() }
    }
}

/// What became of the changed files.
#[derive(Default)]
pub(super) struct Built {
    /// As [`Sweep::changed`]; none: gone, set aside, or not reached in time.
    pub fresh: Vec<Option<Fresh>>,
    /// New segments; places count on from those of the table.
    pub segments: Vec<Segment>,
    pub warnings: Vec<Warning>,
    /// Files that were not reached in time.
    pub left: usize,
}

/// What building needs to see.
pub(super) struct Site<'a> {
    pub root: &'a Root,
    pub shelf: &'a Shelf,
    pub table: &'a Table,
    pub sweep: &'a Sweep,
    /// Where segments go that are not written to disk.
    pub memory: &'a RamDirectory,
    pub writes: Writes,
    /// When to stop, if ever.
    pub until: Option<Instant>,
}

/// tantivy's settings for every segment.
pub(super) fn settings() -> IndexSettings {
    IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() }
}

/// Reads all changed files on this many threads.
pub(super) fn build(site: &Site<'_>, threads: usize) -> Result<Built, IndexError> {
    let gone = Gone::of(site);
    let next = AtomicUsize::new(0);
    let changed = &site.sweep.changed;
    // What only may have changed comes last: if time ends, it stays as it is.
    let mut order: Vec<usize> = (0..changed.len()).collect();
    order.sort_by_key(|at| changed[*at].racy);
    let order = &order;
    let parts: Vec<Result<Part, IndexError>> = if threads <= 1 {
        vec![Worker::new(site, &gone).run(order, &next)]
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..threads).map(|_| scope.spawn(|| Worker::new(site, &gone).run(order, &next))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or(Err(IndexError::Panicked))).collect()
        })
    };
    let mut built = Built { fresh: vec![None; changed.len()], ..Built::default() };
    let mut reached = 0;
    for part in parts {
        let part = part?;
        let base = site.table.segments().len() + built.segments.len();
        reached += part.reached;
        for (at, mut fresh) in part.fresh {
            if let Some(offset) = fresh.place.segment.checked_sub(NEW) {
                fresh.place.segment = narrow(base) + offset;
            }
            built.fresh[at] = Some(fresh);
        }
        built.segments.extend(part.segments);
        built.warnings.extend(part.warnings);
    }
    built.left = changed.len() - reached;
    // The workers took from the front, so the last ones are left.
    for at in &order[reached..] {
        if let Some(row) = changed[*at].row.filter(|_| changed[*at].racy) {
            built.fresh[*at] = Some(Fresh::of(&site.table.row(row as usize)));
        }
    }
    Ok(built)
}

/// Segments of a worker are numbered from here until all workers are done.
const NEW: u32 = 1 << 31;

/// Notes that are no longer where they were: a file with the same bytes elsewhere is that note, and
/// its text is in the index already.
struct Gone(HashMap<[u8; 16], Place>);

impl Gone {
    fn of(site: &Site<'_>) -> Self {
        let (table, sweep) = (site.table, site.sweep);
        let some_new = sweep.changed.iter().any(|changed| changed.row.is_none());
        if !some_new || sweep.rows_met == table.len() {
            return Gone(HashMap::new());
        }
        let mut met = vec![false; table.len()];
        for row in sweep.met_rows() {
            met[row] = true;
        }
        let rows = (0..table.len()).filter(|row| !met[*row]).map(|row| table.row(row));
        Gone(rows.map(|row| (row.hash(), row.place())).collect())
    }
}

#[derive(Default)]
struct Part {
    fresh: Vec<(usize, Fresh)>,
    segments: Vec<Segment>,
    warnings: Vec<Warning>,
    reached: usize,
}

struct Worker<'a> {
    site: &'a Site<'a>,
    gone: &'a Gone,
    part: Part,
    open: Option<Open>,
    bytes: Vec<u8>,
}

/// A segment that is being written.
struct Open {
    writer: SingleSegmentIndexWriter,
    directory: Front,
    docs: u32,
}

impl<'a> Worker<'a> {
    fn new(site: &'a Site<'a>, gone: &'a Gone) -> Self {
        Worker { site, gone, part: Part::default(), open: None, bytes: Vec::new() }
    }

    fn run(mut self, order: &[usize], next: &AtomicUsize) -> Result<Part, IndexError> {
        loop {
            // At least one a command, or a slow machine would never end.
            if self.site.until.is_some_and(|until| self.part.reached > 0 && Instant::now() >= until) {
                break;
            }
            let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)).copied() else {
                break;
            };
            let changed = &self.site.sweep.changed[at];
            self.part.reached += 1;
            match self.take(changed) {
                Ok(Some(fresh)) => self.part.fresh.push((at, fresh)),
                Ok(None) => {}
                Err(Failure::Aside(why)) => {
                    self.part.warnings.push(Warning::SetAside { file: changed.path.clone(), why });
                }
                Err(Failure::Index(error)) => return Err(error),
            }
        }
        self.close()?;
        Ok(self.part)
    }

    /// One file; none if it is gone.
    fn take(&mut self, changed: &Changed) -> Result<Option<Fresh>, Failure> {
        let stamp = match read(self.site.root, &changed.path, &mut self.bytes) {
            Ok(stamp) => stamp,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::Aside(SetAside::Unreadable { error: error.kind() }));
            }
        };
        let racy = if self.site.sweep.racy(stamp.modified, stamp.changed) { RACY } else { 0 };
        let hash = blake3::hash(&self.bytes).as_bytes().first_chunk().copied().unwrap_or_default();
        let table = self.site.table;
        if let Some(row) = changed.row.map(|row| table.row(row as usize))
            && row.hash() == hash
        {
            let created = if row.flags() & MADE_TIME == 0 { row.created() } else { stamp.modified / 1_000_000 };
            let flags = (row.flags() & !RACY) | racy;
            let (id, place) = (String::from_utf8_lossy(row.id()).into_owned(), row.place());
            return Ok(Some(Fresh { id, stamp, hash, created, place, flags }));
        }
        let (note, complaints) = Note::parse(&self.bytes);
        for complaint in complaints {
            self.part.warnings.push(Warning::Complaint { file: changed.path.clone(), complaint });
        }
        if stamp.size > LARGEST {
            self.part.warnings.push(Warning::Cut { file: changed.path.clone(), size: stamp.size });
        }
        let mut flags = racy;
        let id = note.head.id.clone().unwrap_or_else(|| {
            flags |= MADE_ID;
            made_id(&changed.path)
        });
        let created = note.head.created.map_or_else(
            || {
                flags |= MADE_TIME;
                stamp.modified / 1_000_000
            },
            |created| created.timestamp_millis(),
        );
        let place = match self.gone.0.get(&hash) {
            Some(place) => *place,
            None => self.add(&note)?,
        };
        Ok(Some(Fresh { id: id.as_str().to_owned(), stamp, hash, created, place, flags }))
    }

    fn add(&mut self, note: &Note) -> Result<Place, IndexError> {
        if self.open.as_ref().is_some_and(|open| open.writer.mem_usage() > SEGMENT_MEMORY) {
            self.close()?;
        }
        let open = match &mut self.open {
            Some(open) => open,
            empty => empty.insert(Open::new(self.site)?),
        };
        open.writer.add_document(schema::document(note))?;
        let place = Place { segment: NEW + narrow(self.part.segments.len()), doc: open.docs };
        open.docs += 1;
        Ok(place)
    }

    fn close(&mut self) -> Result<(), IndexError> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let (docs, directory) = (open.docs, open.directory);
        open.writer.finalize()?;
        let segment = segment(self.site.shelf, self.site.memory, &directory, docs)?;
        self.part.segments.push(segment);
        Ok(())
    }
}

impl Open {
    fn new(site: &Site<'_>) -> Result<Self, IndexError> {
        let directory = site.shelf.directory(site.memory, site.writes);
        let builder = IndexBuilder::new().schema(schema::schema()).settings(settings());
        let builder = builder.tokenizers(schema::tokenizers());
        let writer = builder.single_segment_index_writer(directory.clone(), SEGMENT_MEMORY)?;
        Ok(Open { writer, directory, docs: 0 })
    }
}

/// What tantivy just wrote through this directory: one segment.
pub(super) fn segment(
    shelf: &Shelf,
    memory: &RamDirectory,
    directory: &Front,
    docs: u32,
) -> Result<Segment, IndexError> {
    let meta = directory.atomic_read(Path::new("meta.json")).map_err(|_| IndexError::Damaged)?;
    let mut meta: serde_json::Value = serde_json::from_slice(&meta).map_err(|_| IndexError::Damaged)?;
    let meta = meta["segments"][0].take();
    let name = meta["segment_id"].as_str().unwrap_or_default().replace('-', "");
    Ok(Segment { files: shelf.files(&name, memory), docs, meta })
}

/// Reads a note's file, at most [`LARGEST`] bytes of it. The stamp is of before the reading: what
/// changes meanwhile has another one.
fn read(root: &Root, path: &str, bytes: &mut Vec<u8>) -> io::Result<Stamp> {
    let file = root.file(path)?;
    let (kind, stamp) = of_file(&file)?;
    if kind != Kind::File {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    bytes.clear();
    file.take(LARGEST).read_to_end(bytes)?;
    // A letter that the limit cuts in two is no invalid letter.
    if stamp.size > LARGEST {
        let end = bytes.len();
        let cut = (end.saturating_sub(3)..end).find(|at| bytes[*at] >= 0xC0);
        bytes.truncate(cut.unwrap_or(end));
    }
    Ok(stamp)
}

/// The id of a note that brings none: the same as long as it lies where it lies.
pub(super) fn made_id(path: &str) -> Id {
    Id::from_bytes(blake3::hash(path.as_bytes()).as_bytes().first_chunk().copied().unwrap_or_default())
}

enum Failure {
    Aside(SetAside),
    Index(IndexError),
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        Failure::Index(error)
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
