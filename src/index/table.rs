//! What the last sweep saw: one packed file in folder order, mapped and compared as bytes, with the
//! segments that hold the text. Knows no folder and no tantivy. A byte that is not as it was written
//! makes the whole table unreadable.
//!
//! Layout, little endian: a header of [`HEADER`] bytes, the folders, the rows, the segments as JSON,
//! then a heap of names and ids.

use super::listing::Stamp;
use serde::{Deserialize, Serialize};
use tantivy::directory::OwnedBytes;

/// Goes up with every change of the schema, the words or this layout: older indexes are rebuilt.
pub(super) const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"kbindex\n";
const HEADER: usize = 96;
const CHECKED: usize = 64;
const FOLDER: usize = 16;
const ROW: usize = 88;

/// The file may have changed after it was read without its stamp telling: read it again.
pub(super) const RACY: u8 = 1;
/// The note brings no id; it was made from its path.
pub(super) const MADE_ID: u8 = 2;
/// The note does not say when it was made; the file's time stands in.
pub(super) const MADE_TIME: u8 = 4;

/// Where a note's text is: which segment, which document in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub segment: u32,
    pub doc: u32,
}

/// One segment of the index: tantivy's own words about it, and its files as they were when they
/// were known to be whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Segment {
    pub meta: serde_json::Value,
    pub docs: u32,
    pub files: Vec<SegmentFile>,
}

/// One file of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SegmentFile {
    pub name: String,
    /// size, inode, mtime, ctime
    pub stamp: (u64, u64, i64, i64),
}

/// Why there is no table to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTable {
    Foreign,
    OtherVersion,
    Damaged,
}

/// A table as it was written.
#[derive(Clone)]
pub(super) struct Table {
    bytes: OwnedBytes,
    folders: usize,
    rows: usize,
    heap: usize,
    segments: Vec<Segment>,
}

/// One note in the table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    bytes: &'a [u8; ROW],
    heap: &'a [u8],
}

impl Table {
    /// A table of nothing.
    pub(super) fn empty() -> Self {
        Table { bytes: OwnedBytes::empty(), folders: 0, rows: 0, heap: HEADER, segments: Vec::new() }
    }

    pub(super) fn read(bytes: OwnedBytes) -> Result<Self, NoTable> {
        if bytes.len() < HEADER || &bytes[..8] != MAGIC {
            return Err(if bytes.starts_with(MAGIC) { NoTable::Damaged } else { NoTable::Foreign });
        }
        if bytes[CHECKED..CHECKED + 16] != checksum(&bytes) {
            // A table of another version may be checked in another way.
            let other = number(&bytes, 8) != FORMAT as usize || bytes[16..48] != version();
            return Err(if other { NoTable::OtherVersion } else { NoTable::Damaged });
        }
        if number(&bytes, 8) != FORMAT as usize || bytes[16..48] != version() {
            return Err(NoTable::OtherVersion);
        }
        let (rows, folders, json) = (number(&bytes, 48), number(&bytes, 52), number(&bytes, 56));
        let segments = HEADER + folders * FOLDER + rows * ROW;
        let heap = segments + json;
        let segments = bytes.get(segments..heap).and_then(|json| serde_json::from_slice(json).ok());
        let segments = segments.ok_or(NoTable::Damaged)?;
        Ok(Table { bytes, folders, rows, heap, segments })
    }

    /// Whether this is no table that ever was written.
    pub(super) fn is_none(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many notes.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn folders(&self) -> usize {
        self.folders
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Sixteen bytes that no other content of the table has.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        self.bytes.get(CHECKED..CHECKED + 16).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }

    /// What was left out of the sweep, as a hash.
    pub(super) fn exclude(&self) -> [u8; 16] {
        self.bytes.get(80..96).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }

    /// The path of a folder, and which rows are its.
    pub(super) fn folder(&self, at: usize) -> (&[u8], std::ops::Range<usize>) {
        let start = HEADER + at * FOLDER;
        let Some(folder) = self.bytes.get(start..start + FOLDER) else {
            return (&[], 0..0);
        };
        let first = number(folder, 8).min(self.rows);
        let path = self.heap(number(folder, 0), number(folder, 4));
        (path, first..(first + number(folder, 12)).min(self.rows))
    }

    /// One note. `at` must be below [`Table::len`].
    #[inline]
    pub(super) fn row(&self, at: usize) -> Row<'_> {
        let start = HEADER + self.folders * FOLDER + at * ROW;
        let bytes = self.bytes[start..start + ROW].first_chunk::<ROW>();
        Row { bytes: bytes.unwrap_or(&[0; ROW]), heap: &self.bytes[self.heap..] }
    }

    fn heap(&self, start: usize, len: usize) -> &[u8] {
        self.bytes.get(self.heap + start..self.heap + start + len).unwrap_or(&[])
    }
}

impl<'a> Row<'a> {
    #[inline]
    pub(super) fn stamp(&self) -> &'a [u8] {
        &self.bytes[..Stamp::PACKED]
    }

    #[inline]
    pub(super) fn racy(&self) -> bool {
        self.bytes[79] & RACY != 0
    }

    pub(super) fn flags(&self) -> u8 {
        self.bytes[79]
    }

    /// The first half of the hash of the file's bytes.
    pub(super) fn hash(&self) -> [u8; 16] {
        self.bytes[40..56].first_chunk().copied().unwrap_or_default()
    }

    /// When the note was made, in milliseconds since 1970.
    pub(super) fn created(&self) -> i64 {
        i64::from_le_bytes(self.bytes[56..64].first_chunk().copied().unwrap_or_default())
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        let number = |at: usize| u32::from_le_bytes(self.bytes[at..].first_chunk().copied().unwrap_or_default());
        Place { segment: number(64), doc: number(68) }
    }

    #[inline]
    pub(super) fn name(&self) -> &'a [u8] {
        let start = number(self.bytes, 72);
        let len = usize::from(u16::from_le_bytes([self.bytes[76], self.bytes[77]]));
        self.heap.get(start..start + len).unwrap_or(&[])
    }

    /// UTF-8.
    pub(super) fn id(&self) -> &'a [u8] {
        let name = usize::from(u16::from_le_bytes([self.bytes[76], self.bytes[77]]));
        let start = number(self.bytes, 72) + name;
        let len = number(self.bytes, 80);
        self.heap.get(start..start + len).unwrap_or(&[])
    }
}

/// What one row will say.
pub(super) struct NewRow<'a> {
    pub name: &'a [u8],
    pub id: &'a [u8],
    pub stamp: &'a [u8],
    pub hash: [u8; 16],
    pub created: i64,
    pub place: Place,
    pub flags: u8,
}

/// Writes a table, folder by folder.
#[derive(Default)]
pub(super) struct Writer {
    folders: Vec<u8>,
    rows: Vec<u8>,
    heap: Vec<u8>,
    count: u32,
    in_folder: u32,
}

impl Writer {
    /// The rows that follow lie in this folder.
    pub(super) fn folder(&mut self, path: &[u8]) {
        self.close_folder();
        for value in [self.heap.len(), path.len(), self.count as usize] {
            self.folders.extend(narrow(value).to_le_bytes());
        }
        self.heap.extend(path);
    }

    pub(super) fn row(&mut self, row: &NewRow<'_>) {
        let start = self.rows.len();
        self.rows.extend(&row.stamp[..Stamp::PACKED]);
        self.rows.extend(row.hash);
        self.rows.extend(row.created.to_le_bytes());
        self.rows.extend(row.place.segment.to_le_bytes());
        self.rows.extend(row.place.doc.to_le_bytes());
        self.rows.extend(narrow(self.heap.len()).to_le_bytes());
        self.rows.extend(u16::try_from(row.name.len()).unwrap_or(0).to_le_bytes());
        self.rows.extend([0, row.flags]);
        self.rows.extend(narrow(row.id.len()).to_le_bytes());
        self.rows.extend([0; 4]);
        debug_assert_eq!(self.rows.len() - start, ROW);
        self.heap.extend(row.name);
        self.heap.extend(row.id);
        self.count += 1;
        self.in_folder += 1;
    }

    /// The whole table; none if it would be larger than the format can say.
    pub(super) fn finish(mut self, segments: &[Segment], exclude: [u8; 16]) -> Option<Vec<u8>> {
        self.close_folder();
        u32::try_from(self.heap.len()).ok()?;
        let segments = serde_json::to_vec(segments).ok()?;
        let mut bytes = Vec::with_capacity(HEADER + self.folders.len() + self.rows.len() + self.heap.len());
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(version());
        for value in [self.count as usize, self.folders.len() / FOLDER, segments.len(), 0] {
            bytes.extend(narrow(value).to_le_bytes());
        }
        bytes.extend([0; 16]);
        bytes.extend(exclude);
        for part in [self.folders, self.rows, segments, self.heap] {
            bytes.extend(part);
        }
        let sum = checksum(&bytes);
        bytes[CHECKED..CHECKED + 16].copy_from_slice(&sum);
        Some(bytes)
    }

    fn close_folder(&mut self) {
        if !self.folders.is_empty() {
            self.folders.extend(self.in_folder.to_le_bytes());
        }
        self.in_folder = 0;
    }
}

/// Over everything but itself.
fn checksum(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[..CHECKED]).update(&bytes[CHECKED + 16..]);
    hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default()
}

/// The program's version, padded.
fn version() -> [u8; 32] {
    let mut bytes = [0; 32];
    let text = env!("CARGO_PKG_VERSION").as_bytes();
    let len = text.len().min(32);
    bytes[..len].copy_from_slice(&text[..len]);
    bytes
}

#[inline]
fn number(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
