//! How notes stood when they were last looked at, kept in kb's cache: by the note's own bytes, with a
//! stamp of every file that the verdict was made from. Read as it lies, decoded where it is looked at.
//! A byte that is not as it was written makes all of it forgotten.
//!
//! Layout, little endian: a header, the notes sorted by hash, their citations, the files, the subjects,
//! the trees, then one text that all of these point into.

use crate::citation::{Change, Lines, Status, Verdict};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

/// Goes up with every change of the layout, or of what makes a verdict.
const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"kbcheck\n";
const HEADER: usize = 64;
const NOTE: usize = 24;
const CITATION: usize = 36;
const FILE: usize = 12;
const SUBJECT: usize = 24;
const TREE: usize = 16;

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
    notes: usize,
    citations: usize,
    files: usize,
    subjects: usize,
    trees: usize,
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
        let count = |at: usize| number(at).map(|count| count as usize);
        let whole = head.starts_with(MAGIC)
            && number(8)? == FORMAT
            && head.get(12..20)? == version()
            && head.get(20..28)? == checksum(&bytes[28..]).to_le_bytes();
        if !whole {
            return None;
        }
        let memory = Self {
            notes: count(28)?,
            citations: count(32)?,
            files: count(36)?,
            subjects: count(40)?,
            trees: count(44)?,
            bytes,
        };
        (memory.text_at() <= memory.bytes.len()).then_some(memory)
    }

    fn citations_at(&self) -> usize {
        HEADER + self.notes * NOTE
    }

    fn files_at(&self) -> usize {
        self.citations_at() + self.citations * CITATION
    }

    fn subjects_at(&self) -> usize {
        self.files_at() + self.files * FILE
    }

    fn trees_at(&self) -> usize {
        self.subjects_at() + self.subjects * SUBJECT
    }

    fn text_at(&self) -> usize {
        self.trees_at() + self.trees * TREE
    }

    fn small(&self, at: usize) -> u32 {
        self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
    }

    fn large(&self, at: usize) -> u64 {
        self.bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
    }

    /// The text that a pair of numbers at `at` points at.
    fn text(&self, at: usize) -> &str {
        let start = self.text_at() + self.small(at) as usize;
        let bytes = self.bytes.get(start..start.saturating_add(self.small(at + 4) as usize));
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// How many files are known.
    pub(super) fn file_count(&self) -> usize {
        self.files
    }

    /// Subject and path of a file.
    pub(super) fn file(&self, number: usize) -> FileAt<'_> {
        let at = self.files_at() + number * FILE;
        (self.small(at) as usize, self.text(at + 4))
    }

    /// The subjects, by number.
    pub(super) fn places(&self) -> Vec<Place> {
        let one = |number: usize| {
            let at = self.subjects_at() + number * SUBJECT;
            let text = |offset: usize| self.text(at + offset).to_owned();
            Place { identity: text(0), commit: text(8), root: text(16) }
        };
        (0..self.subjects).map(one).collect()
    }

    /// The files of a folder as they were when what is lost was last looked for in all of them: a number
    /// each. None if that never was.
    pub(super) fn tree(&self, root: &str) -> Option<Vec<u64>> {
        let at = (0..self.trees).map(|number| self.trees_at() + number * TREE).find(|at| self.text(*at) == root)?;
        let start = self.text_at() + self.small(at + 8) as usize;
        let prints = self.bytes.get(start..start + self.small(at + 12) as usize)?;
        Some(prints.chunks_exact(8).filter_map(|print| print.try_into().ok()).map(u64::from_le_bytes).collect())
    }

    fn tree_roots(&self) -> Vec<String> {
        (0..self.trees).map(|number| self.text(self.trees_at() + number * TREE).to_owned()).collect()
    }

    fn note_at(&self, number: usize) -> Option<&NoteHash> {
        self.bytes.get(HEADER + number * NOTE..)?.first_chunk()
    }

    /// The number of a note.
    pub(super) fn find(&self, hash: &NoteHash) -> Option<usize> {
        let (mut low, mut high) = (0, self.notes);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.note_at(middle)?.cmp(hash) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The citations of a note, by number.
    pub(super) fn citations_of(&self, note: usize) -> std::ops::Range<usize> {
        let at = HEADER + note * NOTE + 16;
        let (first, count) = (self.small(at) as usize, self.small(at + 4) as usize);
        first..(first + count).min(self.citations)
    }

    /// The file of a citation, its stamp, the other file and its stamp, whether it is lost.
    pub(super) fn depends(&self, citation: usize) -> Depends {
        let at = self.citations_at() + citation * CITATION;
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
        let at = self.citations_at() + citation * CITATION;
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
        (0..self.citations).map(|citation| self.depends(citation))
    }

    /// Every note as it would be written again.
    pub(super) fn all(&self) -> impl Iterator<Item = (NoteHash, Vec<Kept>)> + '_ {
        (0..self.notes).filter_map(|note| {
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

/// What is to be remembered.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) notes: HashMap<NoteHash, Vec<Kept>>,
    pub(super) places: Vec<Place>,
    pub(super) trees: HashMap<String, Vec<u64>>,
}

impl Draft {
    /// The number of a subject.
    pub(super) fn place(&mut self, place: &Place, numbers: &mut HashMap<Place, usize>) -> usize {
        *numbers.entry(place.clone()).or_insert_with(|| {
            self.places.push(place.clone());
            self.places.len() - 1
        })
    }

    /// Adds what an older memory knows and this does not: its notes, if they are to `stay`, and trees.
    pub(super) fn add(&mut self, old: &Memory, stay: &dyn Fn(&NoteHash) -> bool) {
        let mut numbers: HashMap<Place, usize> = self.places.iter().cloned().zip(0..).collect();
        let moved: Vec<usize> = old.places().iter().map(|place| self.place(place, &mut numbers)).collect();
        for (hash, mut kept) in old.all().filter(|(hash, _)| stay(hash)) {
            for (subject, _) in kept.iter_mut().filter_map(|one| one.file.as_mut()) {
                *subject = moved.get(*subject).copied().unwrap_or(0);
            }
            self.notes.entry(hash).or_insert(kept);
        }
        for root in old.tree_roots() {
            if let Some(prints) = old.tree(&root) {
                self.trees.entry(root).or_insert(prints);
            }
        }
    }

    /// Replaces the file at `path` in one step. What a power cut leaves torn is seen by its checksum.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&self.encode())?;
        file.persist(path)?;
        Ok(())
    }

    fn encode(&self) -> Vec<u8> {
        let mut text = Text::default();
        let mut files: HashMap<(usize, &str), u32> = HashMap::new();
        let mut listed: Vec<(usize, &str)> = Vec::new();
        let mut hashes: Vec<&NoteHash> = self.notes.keys().collect();
        hashes.sort_unstable();
        let (mut notes, mut citations) = (Vec::new(), Vec::new());
        let mut count = 0_u32;
        for hash in hashes {
            let kept = &self.notes[hash];
            notes.extend_from_slice(hash);
            put(&mut notes, count);
            put(&mut notes, narrow(kept.len()));
            count += narrow(kept.len());
            for one in kept {
                encode_citation(one, &mut files, &mut listed, &mut citations);
            }
        }
        let mut rest = Vec::new();
        for (subject, path) in &listed {
            put(&mut rest, narrow(*subject));
            text.put(&mut rest, path.as_bytes());
        }
        for place in &self.places {
            text.put(&mut rest, place.identity.as_bytes());
            text.put(&mut rest, place.commit.as_bytes());
            text.put(&mut rest, place.root.as_bytes());
        }
        for (root, prints) in &self.trees {
            text.put(&mut rest, root.as_bytes());
            let bytes: Vec<u8> = prints.iter().flat_map(|print| print.to_le_bytes()).collect();
            text.put(&mut rest, &bytes);
        }
        let mut body = notes;
        body.append(&mut citations);
        body.append(&mut rest);
        body.append(&mut text.bytes);
        let mut checked = Vec::with_capacity(HEADER + body.len());
        for count in [self.notes.len(), count as usize, listed.len(), self.places.len(), self.trees.len()] {
            put(&mut checked, narrow(count));
        }
        checked.resize(HEADER - 28, 0);
        checked.append(&mut body);
        let mut out = Vec::with_capacity(28 + checked.len());
        out.extend_from_slice(MAGIC);
        put(&mut out, FORMAT);
        out.extend_from_slice(&version());
        out.extend_from_slice(&checksum(&checked).to_le_bytes());
        out.append(&mut checked);
        out
    }
}

fn encode_citation<'a>(
    one: &'a Kept,
    files: &mut HashMap<(usize, &'a str), u32>,
    listed: &mut Vec<(usize, &'a str)>,
    out: &mut Vec<u8>,
) {
    let mut number = |file: Option<(usize, &'a str)>| match file {
        None => NONE,
        Some(file) => *files.entry(file).or_insert_with(|| {
            listed.push(file);
            narrow(listed.len() - 1)
        }),
    };
    let subject = one.file.as_ref().map(|(subject, _)| *subject);
    let (kind, place) = match (&one.verdict.now, &one.verdict.became) {
        (Some(now), _) => (1, Some(now)),
        (None, Some(became)) => (2, Some(became)),
        (None, None) => (0, None),
    };
    let other = place.and_then(|(path, _)| Some((subject?, path.as_str())));
    put(out, number(one.file.as_ref().map(|(subject, path)| (*subject, path.as_str()))));
    out.extend_from_slice(&one.stamp.to_le_bytes());
    put(out, number(other));
    out.extend_from_slice(&one.other.to_le_bytes());
    let at = |found: Option<usize>| found.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
    out.push(at(Status::ALL.iter().position(|status| *status == one.verdict.status)));
    out.push(one.verdict.change.map_or(0, |change| at(Change::ALL.iter().position(|known| *known == change)) + 1));
    out.push(kind);
    out.push(u8::from(one.lost));
    put(out, place.map_or(0, |(_, lines)| lines.first()));
    put(out, place.map_or(0, |(_, lines)| lines.last()));
}

/// One text that the rest points into.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, (u32, u32)>,
}

impl Text {
    fn put(&mut self, out: &mut Vec<u8>, value: &[u8]) {
        let next = (narrow(self.bytes.len()), narrow(value.len()));
        let place = *self.known.entry(value.to_vec()).or_insert(next);
        if place == next {
            self.bytes.extend_from_slice(value);
        }
        put(out, place.0);
        put(out, place.1);
    }
}

fn put(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
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
            let memory = Memory::decode(draft.encode()).unwrap();
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
    }

    #[test]
    fn damage_is_noticed() {
        let whole = draft(&[1, 2, 3, 4]).encode();
        assert!(Memory::decode(whole.clone()).is_some());
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            assert!(Memory::decode(bytes).is_none(), "byte {at}");
            assert!(Memory::decode(whole[..at].to_vec()).is_none(), "cut at {at}");
        }
    }
}
