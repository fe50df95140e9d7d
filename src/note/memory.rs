//! How notes stood when they were last looked at, kept in kb's cache: by the note's own bytes, with a
//! stamp of every file that the verdict was made from. Read as it lies, decoded where it is looked at.
//! A byte that is not as it was written makes all of it forgotten.
//!
//! Layout, little endian: a header, then the [`PARTS`].

mod draft;

pub(super) use draft::Draft;

use crate::citation::{Change, Lines, Status, Verdict};
use std::cmp::Ordering;
use std::ops::Range;
use std::path::Path;

/// Goes up with every change of the layout, or of what makes a verdict.
const FORMAT: u32 = 2;
const MAGIC: &[u8; 8] = b"kbcheck\n";
/// The mark, the format, the version, a checksum of all that follows, and how many entries each part has.
const HEADER: usize = 28 + 4 * PARTS.len();

/// A part of the file.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// Sorted by hash: the hash, the first citation and how many.
    Notes,
    /// See `encode_citation`.
    Citations,
    /// The subject's number, the path.
    Files,
    /// Identity, commit, folder.
    Subjects,
    /// The folder, the first print and how many.
    Trees,
    /// Of a file in a tree.
    Prints,
    /// One byte of the text that the others point into, by start and length.
    Text,
}

/// The parts in their order, and how many bytes an entry of each has.
const PARTS: [(Part, usize); 7] = [
    (Part::Notes, 24),
    (Part::Citations, 36),
    (Part::Files, 12),
    (Part::Subjects, 24),
    (Part::Trees, 16),
    (Part::Prints, 8),
    (Part::Text, 1),
];

/// Sixteen bytes that no other note has.
pub type NoteHash = [u8; 16];

/// No file.
const NONE: u32 = u32::MAX;

/// One citation as it was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Of the subject that it is about; none where that was not here or the lines never were.
    pub(super) file: Option<(usize, String)>,
    /// Of the cited file, before it was read.
    pub(super) stamp: u64,
    /// Of the other file that the verdict names.
    pub(super) other: u64,
    pub(super) verdict: Verdict,
    /// It was looked for everywhere, and is nowhere.
    pub(super) lost: bool,
}

/// A subject at a commit, and where it lay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) identity: String,
    pub(super) commit: String,
    pub(super) root: String,
}

/// What was remembered; see the module.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bytes: Vec<u8>,
    /// Where each part begins.
    starts: [usize; PARTS.len()],
    /// How many entries it has.
    counts: [usize; PARTS.len()],
}

/// A file by its number: of which subject, at which path.
pub(super) type FileAt<'a> = (usize, &'a str);

impl Memory {
    /// What stands in a file; nothing if that was not written whole by this version.
    pub(super) fn read(path: &Path) -> Self {
        std::fs::read(path).ok().and_then(Self::decode).unwrap_or_default()
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        let head = bytes.get(..HEADER)?;
        let number = |at: usize| head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let whole = head.starts_with(MAGIC)
            && number(8)? == FORMAT
            && head.get(12..20)? == version()
            && head.get(20..28)? == checksum(&bytes[28..]).to_le_bytes();
        if !whole {
            return None;
        }
        let mut memory = Self::default();
        let mut at = HEADER;
        for (part, size) in PARTS {
            let count = number(28 + 4 * part as usize)? as usize;
            memory.counts[part as usize] = count;
            memory.starts[part as usize] = at;
            at += count * size;
        }
        (at == bytes.len()).then_some(Self { bytes, ..memory })
    }

    fn count(&self, part: Part) -> usize {
        self.counts[part as usize]
    }

    /// Where an entry of a part stands.
    fn at(&self, part: Part, number: usize) -> usize {
        self.starts[part as usize] + number * PARTS[part as usize].1
    }

    /// The bytes of some entries of a part.
    fn entries(&self, part: Part, numbers: Range<usize>) -> &[u8] {
        self.bytes.get(self.at(part, numbers.start)..self.at(part, numbers.end)).unwrap_or_default()
    }

    fn small(&self, at: usize) -> u32 {
        self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
    }

    fn large(&self, at: usize) -> u64 {
        self.bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
    }

    /// A pair of numbers at `at`: the first of some entries and how many.
    fn range(&self, at: usize, part: Part) -> Range<usize> {
        let (first, count) = (self.small(at) as usize, self.small(at + 4) as usize);
        first..(first + count).min(self.count(part)).max(first)
    }

    /// The text that a pair of numbers at `at` points at.
    fn text(&self, at: usize) -> &str {
        std::str::from_utf8(self.entries(Part::Text, self.range(at, Part::Text))).unwrap_or("")
    }

    /// How many files are known.
    pub(super) fn file_count(&self) -> usize {
        self.count(Part::Files)
    }

    /// Subject and path of a file.
    pub(super) fn file(&self, number: usize) -> FileAt<'_> {
        let at = self.at(Part::Files, number);
        (self.small(at) as usize, self.text(at + 4))
    }

    /// The subjects, by number.
    pub(super) fn places(&self) -> Vec<Place> {
        let one = |number: usize| {
            let text = |offset: usize| self.text(self.at(Part::Subjects, number) + offset).to_owned();
            Place { identity: text(0), commit: text(8), root: text(16) }
        };
        (0..self.count(Part::Subjects)).map(one).collect()
    }

    /// The folders whose files were all looked at, with a print of each file as it was then.
    fn trees(&self) -> impl Iterator<Item = (&str, &[u8])> {
        (0..self.count(Part::Trees)).map(|number| {
            let at = self.at(Part::Trees, number);
            (self.text(at), self.entries(Part::Prints, self.range(at + 8, Part::Prints)))
        })
    }

    /// The prints of a folder's files as they were when what is lost was last looked for in all of them. None
    /// if that never was.
    pub(super) fn tree(&self, root: &str) -> Option<Vec<u64>> {
        let (_, prints) = self.trees().find(|(known, _)| *known == root)?;
        Some(prints.chunks_exact(8).filter_map(|print| print.try_into().ok()).map(u64::from_le_bytes).collect())
    }

    fn note_at(&self, number: usize) -> Option<&NoteHash> {
        self.bytes.get(self.at(Part::Notes, number)..)?.first_chunk()
    }

    /// The notes, in the order of their hashes.
    pub(super) fn hashes(&self) -> impl Iterator<Item = &NoteHash> {
        (0..self.count(Part::Notes)).filter_map(|note| self.note_at(note))
    }

    /// The number of a note.
    pub(super) fn find(&self, hash: &NoteHash) -> Option<usize> {
        let (mut low, mut high) = (0, self.count(Part::Notes));
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.note_at(middle)?.cmp(hash) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The citations of a note, by number.
    pub(super) fn citations_of(&self, note: usize) -> Range<usize> {
        self.range(self.at(Part::Notes, note) + 16, Part::Citations)
    }

    /// The file of a citation, its stamp, the other file and its stamp, whether it is lost.
    pub(super) fn depends(&self, citation: usize) -> Depends {
        let at = self.at(Part::Citations, citation);
        let file = |number: u32| (number != NONE).then_some(number as usize);
        Depends {
            file: file(self.small(at)),
            stamp: self.large(at + 4),
            other_file: file(self.small(at + 12)),
            other: self.large(at + 16),
            lost: self.bytes.get(at + 27).is_some_and(|flag| *flag == 1),
        }
    }

    /// How a citation stood.
    pub(super) fn verdict(&self, citation: usize) -> Option<Verdict> {
        let at = self.at(Part::Citations, citation);
        let byte = |offset: usize| self.bytes.get(at + offset).copied().map(usize::from);
        let status = Status::ALL.get(byte(24)?).copied()?;
        let change = byte(25)?.checked_sub(1).and_then(|change| Change::ALL.get(change).copied());
        let place = || {
            let (_, path) = self.file(self.small(at + 12) as usize);
            Some((path.to_owned(), Lines::new(self.small(at + 28), self.small(at + 32))?))
        };
        let (now, became) = match byte(26)? {
            1 => (Some(place()?), None),
            2 => (None, Some(place()?)),
            _ => (None, None),
        };
        Some(Verdict { status, change, now, became })
    }

    /// What every citation depends on.
    pub(super) fn every(&self) -> impl Iterator<Item = Depends> + '_ {
        (0..self.count(Part::Citations)).map(|citation| self.depends(citation))
    }

    /// Every note as it would be written again.
    pub(super) fn all(&self) -> impl Iterator<Item = (NoteHash, Vec<Kept>)> + '_ {
        (0..self.count(Part::Notes)).filter_map(|note| {
            let kept = self.citations_of(note).map(|citation| {
                let depends = self.depends(citation);
                let file = depends.file.map(|file| self.file(file)).map(|(subject, path)| (subject, path.to_owned()));
                let verdict = self.verdict(citation)?;
                Some(Kept { file, stamp: depends.stamp, other: depends.other, verdict, lost: depends.lost })
            });
            Some((*self.note_at(note)?, kept.collect::<Option<Vec<Kept>>>()?))
        })
    }
}

/// What a verdict was made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depends {
    pub(super) file: Option<usize>,
    pub(super) stamp: u64,
    pub(super) other_file: Option<usize>,
    pub(super) other: u64,
    pub(super) lost: bool,
}

/// Another version of kb may judge otherwise.
fn version() -> [u8; 8] {
    let hash = blake3::hash(concat!(env!("CARGO_PKG_VERSION"), " check").as_bytes());
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// Four lanes at once: it is asked for at each start.
fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let mut lanes = [1_u64, 2, 3, 4];
    let mut chunks = bytes.chunks_exact(32);
    for chunk in &mut chunks {
        for (lane, part) in lanes.iter_mut().zip(chunk.chunks_exact(8)) {
            let part = u64::from_le_bytes(part.try_into().unwrap_or_default());
            *lane = (lane.rotate_left(5) ^ part).wrapping_mul(FACTOR);
        }
    }
    let rest = chunks.remainder().iter().map(|byte| u64::from(*byte));
    lanes.into_iter().chain(rest).fold(bytes.len() as u64, |sum, part| (sum.rotate_left(5) ^ part).wrapping_mul(FACTOR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn kept(number: u32) -> Kept {
        let lines = Lines::new(number + 1, number + 9).unwrap();
        let (now, became) = match number % 3 {
            0 => (Some(("b.py".to_owned(), lines)), None),
            1 => (None, Some(("a.py".to_owned(), lines))),
            _ => (None, None),
        };
        let status = Status::ALL[number as usize % 7];
        let change = (number % 5).checked_sub(1).map(|at| Change::ALL[at as usize]);
        let file = (number % 4 != 3 || number % 3 != 2).then(|| (number as usize % 2, format!("{}.py", number % 6)));
        Kept {
            file,
            stamp: u64::from(number) << 40,
            other: 7,
            verdict: Verdict { status, change, now, became },
            lost: number.is_multiple_of(2),
        }
    }

    fn draft(numbers: &[u32]) -> Draft {
        let place = |root: &str| Place { identity: "root x".into(), commit: "c".into(), root: root.into() };
        let mut draft = Draft { places: vec![place("/a"), place("/b")], ..Draft::default() };
        for number in numbers {
            let hash = blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().copied().unwrap();
            draft.notes.insert(hash, (0..number % 5).map(|more| kept(number + more)).collect());
        }
        draft.trees.insert("/a".into(), vec![1, 2, 3]);
        draft
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(numbers in proptest::collection::vec(0..500_u32, 0..30)) {
            let draft = draft(&numbers);
            let memory = Memory::decode(draft.encode(&Memory::default(), &|_| true)).unwrap();
            prop_assert_eq!(memory.all().collect::<HashMap<_, _>>(), draft.notes.clone());
            prop_assert_eq!(memory.places(), draft.places.clone());
            prop_assert_eq!(memory.tree("/a"), Some(vec![1, 2, 3]));
            prop_assert_eq!(memory.tree("/b"), None);
            for hash in draft.notes.keys() {
                prop_assert!(memory.find(hash).is_some());
            }
            let mut again = Draft::default();
            again.add(&memory, &|_| true);
            prop_assert_eq!(again.notes, draft.notes);
        }

        #[test]
        fn new_verdicts_go_beside_the_old_ones(
            old in proptest::collection::vec(0..50_u32, 0..20),
            new in proptest::collection::vec(0..50_u32, 0..20),
            gone in 0..50_u32,
        ) {
            let memory = Memory::decode(draft(&old).encode(&Memory::default(), &|_| true)).unwrap();
            let mut added = draft(&new);
            added.places.reverse();
            let gone = draft(&[gone]).notes.into_keys().next().unwrap();
            let both = Memory::decode(added.encode(&memory, &|hash| *hash != gone)).unwrap();
            // The new ones name their subjects by other numbers.
            let by_place = |notes: HashMap<NoteHash, Vec<Kept>>, places: &[Place]| -> HashMap<NoteHash, Vec<_>> {
                let one = |kept: Kept| {
                    let file = kept.file.clone().map(|(subject, path)| (places[subject].root.clone(), path));
                    (file, Kept { file: None, ..kept })
                };
                notes.into_iter().map(|(hash, kept)| (hash, kept.into_iter().map(one).collect())).collect()
            };
            let mut expected = by_place(memory.all().filter(|(hash, _)| *hash != gone).collect(), &memory.places());
            expected.extend(by_place(added.notes.clone(), &added.places));
            prop_assert_eq!(by_place(both.all().collect(), &both.places()), expected);
            prop_assert_eq!(both.tree("/a"), Some(vec![1, 2, 3]));
        }
    }

    #[test]
    fn what_is_written_again_and_again_does_not_grow() {
        let once = draft(&[1, 2, 3, 4]).encode(&Memory::default(), &|_| true);
        let mut bytes = once.clone();
        for _ in 0..5 {
            bytes = draft(&[1, 2, 3, 4]).encode(&Memory::decode(bytes).unwrap(), &|_| true);
        }
        assert_eq!(bytes.len(), once.len());
    }

    #[test]
    fn damage_is_noticed() {
        let whole = draft(&[1, 2, 3, 4]).encode(&Memory::default(), &|_| true);
        assert!(Memory::decode(whole.clone()).is_some());
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            assert!(Memory::decode(bytes).is_none(), "byte {at}");
            assert!(Memory::decode(whole[..at].to_vec()).is_none(), "cut at {at}");
        }
    }
}
