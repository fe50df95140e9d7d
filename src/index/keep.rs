//! What a command learnt, kept for the next one: new segments to disk, small ones merged, the table
//! replaced. Runs after the answer is printed, never waits for another process, and may be killed
//! anywhere: until the table is replaced, nothing has changed.

use super::build::{Fresh, segment, settings};
use super::shelf::{IN_MEMORY, Shelf, Standing, WriteLock, Writes};
use super::sweep::{Changed, Met};
use super::table::{NewRow, Place, Segment, Writer};
use super::{Index, IndexError, packed, tantivy_index};
use std::collections::BTreeMap;
use tantivy::BitSet;
use tantivy::directory::{OwnedBytes, RamDirectory};
use tantivy::fastfield::{AliveBitSet, write_alive_bitset};
use tantivy::indexer::merge_filtered_segments;

/// So many segments of about the same size are merged into one.
const TOO_MANY: usize = 5;
/// Segments of less than this many notes are all small.
const SMALL: u32 = 64;

/// See [`Index::persist`].
pub(super) fn persist(mut index: Index) -> Result<(), IndexError> {
    if !is_new(&index) || index.shelf.standing() == Standing::Foreign {
        return Ok(());
    }
    let held = index.lock.take();
    let Some(lock) = held.or_else(|| index.shelf.lock()) else {
        return Ok(());
    };
    // Somebody was faster: what that process kept is as good.
    if index.shelf.fingerprint() != index.seen {
        return Ok(());
    }
    let path = index.root.join(".kb");
    let failed = |source| IndexError::Keep { path: path.clone(), source };
    for segment in &mut index.segments {
        if segment.files.iter().any(|file| file.stamp == IN_MEMORY) {
            index.shelf.keep(segment, &index.memory, &lock).map_err(failed)?;
            *segment = on_disk(&index.shelf, segment)?;
        }
    }
    let moved = merge(&mut index, &lock)?;
    let mut living: Vec<Segment> = Vec::new();
    let mut numbers = BTreeMap::new();
    for (at, segment) in index.segments.iter().enumerate() {
        if moved.uses(at) {
            numbers.insert(at, living.len());
            living.push(on_disk(&index.shelf, segment)?);
        }
    }
    let place = |place: Place| {
        let place = moved.place(place);
        let number = numbers.get(&(place.segment as usize)).copied().unwrap_or(0);
        Place { segment: u32::try_from(number).unwrap_or(u32::MAX), doc: place.doc }
    };
    let mut writer = Writer::default();
    for (folder, met) in &index.sweep.folders {
        writer.folder(index.sweep.path(folder));
        for met in &index.sweep.met[met.clone()] {
            write_row(&index, *met, &place, &mut writer);
        }
    }
    let Some(bytes) = writer.finish(&living, index.exclude) else {
        return Ok(());
    };
    index.shelf.put_table(&bytes, &lock).map_err(failed)?;
    index.shelf.clear(&living, &lock);
    Ok(())
}

/// Whether the next command would have to do again what this one did.
fn is_new(index: &Index) -> bool {
    let differs = |(changed, fresh): (&Changed, &Option<Fresh>)| {
        let row = changed.row.map(|row| index.table.row(row as usize));
        match (row, fresh) {
            (None, None) => false,
            (Some(row), Some(fresh)) => {
                row.stamp() != packed(&fresh.stamp) || row.flags() != fresh.flags || row.place() != fresh.place
            }
            _ => true,
        }
    };
    let never_kept = index.table.is_none() && index.shelf.standing() == Standing::Folder;
    let other_patterns = index.table.exclude() != index.exclude;
    never_kept
        || other_patterns
        || index.sweep.rows_met != index.table.len()
        || index.sweep.changed.iter().zip(&index.fresh).any(differs)
}

/// The segment with its files as they are now: all of them, or the table would name what is not there.
fn on_disk(shelf: &Shelf, segment: &Segment) -> Result<Segment, IndexError> {
    let name = segment.meta["segment_id"].as_str().unwrap_or_default().replace('-', "");
    let files = shelf.files(&name, &RamDirectory::create());
    let all = segment.files.iter().all(|known| files.iter().any(|file| file.name == known.name));
    if all { Ok(Segment { files, ..segment.clone() }) } else { Err(IndexError::Damaged) }
}

fn write_row(index: &Index, met: Met, place: &dyn Fn(Place) -> Place, writer: &mut Writer) {
    match met {
        Met::Kept(row) => {
            let row = index.table.row(row as usize);
            writer.row(&NewRow {
                name: row.name(),
                id: row.id(),
                stamp: row.stamp(),
                hash: row.hash(),
                created: row.created(),
                place: place(row.place()),
                flags: row.flags(),
            });
        }
        Met::Changed(at) => {
            let Some(fresh) = index.fresh.get(at as usize).and_then(Option::as_ref) else {
                return;
            };
            let path = &index.sweep.changed[at as usize].path;
            let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
            writer.row(&NewRow {
                name: name.as_bytes(),
                id: fresh.id.as_bytes(),
                stamp: &packed(&fresh.stamp),
                hash: fresh.hash,
                created: fresh.created,
                place: place(fresh.place),
                flags: fresh.flags,
            });
        }
    }
}

/// Where notes are after merging.
struct Moved {
    /// For each old segment: the merged one, and the new number of each document.
    into: BTreeMap<usize, (usize, Vec<u32>)>,
    living: Vec<usize>,
}

impl Moved {
    fn uses(&self, segment: usize) -> bool {
        self.living.contains(&segment)
    }

    fn place(&self, place: Place) -> Place {
        match self.into.get(&(place.segment as usize)) {
            None => place,
            Some((segment, docs)) => Place {
                segment: u32::try_from(*segment).unwrap_or(u32::MAX),
                doc: docs.get(place.doc as usize).copied().unwrap_or(0),
            },
        }
    }
}

/// Merges segments where there are too many of one size, or mostly dead ones. The merged ones are
/// added to the index's segments.
fn merge(index: &mut Index, lock: &WriteLock) -> Result<Moved, IndexError> {
    let living: Vec<u32> = index.alive.iter().map(|alive| u32::try_from(alive.len()).unwrap_or(0)).collect();
    let mut moved = Moved { into: BTreeMap::new(), living: (0..living.len()).filter(|at| living[*at] > 0).collect() };
    for group in groups(&living, &index.segments) {
        let merged = index.segments.len();
        let mut next = 0;
        for at in &group {
            let alive = &index.alive[*at];
            let mut docs = vec![0; index.segments[*at].docs as usize];
            for (doc, to) in docs.iter_mut().enumerate() {
                if alive.contains(u32::try_from(doc).unwrap_or(u32::MAX)) {
                    *to = next;
                    next += 1;
                }
            }
            moved.into.insert(*at, (merged, docs));
        }
        let segment = merged_segment(index, &group, next, lock)?;
        index.segments.push(segment);
        moved.living.retain(|at| !group.contains(at));
        moved.living.push(merged);
    }
    Ok(moved)
}

/// Which segments become one.
fn groups(living: &[u32], segments: &[Segment]) -> Vec<Vec<usize>> {
    let mut tiers: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, alive) in living.iter().enumerate().filter(|(_, alive)| **alive > 0) {
        let tier = (alive.max(&SMALL) / SMALL).ilog2() / 3;
        tiers.entry(tier).or_default().push(at);
    }
    let mostly_dead = |at: usize| segments[at].docs > SMALL && living[at] < segments[at].docs / 2;
    let mut groups = Vec::new();
    for (_, tier) in tiers {
        if tier.len() >= TOO_MANY {
            groups.push(tier);
        } else {
            groups.extend(tier.into_iter().filter(|at| mostly_dead(*at)).map(|at| vec![at]));
        }
    }
    groups
}

fn merged_segment(index: &Index, group: &[usize], docs: u32, _lock: &WriteLock) -> Result<Segment, IndexError> {
    let chosen: Vec<Segment> = group.iter().map(|at| index.segments[*at].clone()).collect();
    let source = tantivy_index(&index.shelf, &index.memory, &chosen)?;
    let segments = source.searchable_segments()?;
    let filters = group.iter().map(|at| alive_bitset(&index.alive[*at])).collect::<Result<_, _>>()?;
    let directory = index.shelf.directory(&RamDirectory::create(), Writes::Disk);
    merge_filtered_segments(&segments, settings(), filters, directory.clone())?;
    segment(&index.shelf, &RamDirectory::create(), &directory, docs)
}

fn alive_bitset(alive: &BitSet) -> Result<Option<AliveBitSet>, IndexError> {
    let mut bytes = Vec::new();
    write_alive_bitset(alive, &mut bytes).map_err(|_| IndexError::Damaged)?;
    Ok(Some(AliveBitSet::open(OwnedBytes::new(bytes))))
}
