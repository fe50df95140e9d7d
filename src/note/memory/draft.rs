//! What is to be remembered, written down beside what was remembered before.

use super::{FORMAT, FileAt, Kept, MAGIC, Memory, NONE, NoteHash, PARTS, Part, Place, checksum, version};
use crate::citation::{Change, Status};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

/// What is to be remembered.
#[derive(Debug, Default)]
pub(in crate::note) struct Draft {
    pub(in crate::note) notes: HashMap<NoteHash, Vec<Kept>>,
    /// The subjects, by number.
    pub(in crate::note) places: Vec<Place>,
    /// By folder: the prints of its files.
    pub(in crate::note) trees: HashMap<String, Vec<u64>>,
}

impl Draft {
    /// The number of a subject.
    pub(in crate::note) fn place(&mut self, place: &Place, numbers: &mut HashMap<Place, usize>) -> usize {
        *numbers.entry(place.clone()).or_insert_with(|| {
            self.places.push(place.clone());
            self.places.len() - 1
        })
    }

    /// Replaces the file at `path` in one step: by this, and what the older memory knows of notes that are
    /// to `stay`. What a power cut leaves torn is seen by its checksum.
    pub(in crate::note) fn write(
        mut self,
        path: &Path,
        old: &Memory,
        stay: &dyn Fn(&NoteHash) -> bool,
    ) -> io::Result<()> {
        let all = 0..old.count(Part::Notes);
        let staying = all.filter(|note| old.note_at(*note).is_some_and(stay)).map(|note| old.citations_of(note).len());
        let bytes = if staying.sum::<usize>() * 2 < old.count(Part::Citations) {
            // Most of it is of no use any more: written anew.
            self.add(old, stay);
            self.encode(&Memory::default(), &|_| true)
        } else {
            self.encode(old, stay)
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&bytes)?;
        file.persist(path)?;
        Ok(())
    }

    /// Adds what an older memory knows and this does not: its notes, if they are to `stay`, and trees.
    pub(super) fn add(&mut self, old: &Memory, stay: &dyn Fn(&NoteHash) -> bool) {
        let mut numbers: HashMap<Place, usize> = self.places.iter().cloned().zip(0..).collect();
        let renumbered: Vec<usize> = old.places().iter().map(|place| self.place(place, &mut numbers)).collect();
        for (hash, mut kept) in old.all().filter(|(hash, _)| stay(hash)) {
            for (subject, _) in kept.iter_mut().filter_map(|one| one.file.as_mut()) {
                *subject = renumbered.get(*subject).copied().unwrap_or(0);
            }
            self.notes.entry(hash).or_insert(kept);
        }
        for (root, _) in old.trees() {
            if let Some(prints) = old.tree(root) {
                self.trees.entry(root.to_owned()).or_insert(prints);
            }
        }
    }

    /// The older memory's files, subjects and text come first, so that what points at them stays as it is.
    pub(super) fn encode(&self, old: &Memory, stay: &dyn Fn(&NoteHash) -> bool) -> Vec<u8> {
        let mut text = Text::after(old);
        let (subjects, numbers) = self.subjects(old, &mut text);
        let mut files = Files { before: old.count(Part::Files), known: HashMap::new(), new: Vec::new() };
        if !self.notes.is_empty() {
            files.known.extend((0..files.before).map(|number| (old.file(number), narrow(number))));
        }
        let (notes, citations) = self.notes(old, stay, &numbers, &mut files);
        let mut listed = all(old, Part::Files);
        for (subject, path) in &files.new {
            put(&mut listed, narrow(*subject));
            text.put(&mut listed, path.as_bytes());
        }
        let (trees, prints) = self.trees(old, &mut text);
        file(&[notes, citations, listed, subjects, trees, prints, text.bytes])
    }

    /// The subjects, and the numbers that those of this draft have among them.
    fn subjects(&self, old: &Memory, text: &mut Text) -> (Vec<u8>, Vec<usize>) {
        let known: HashMap<Place, usize> = old.places().into_iter().zip(0..).collect();
        let mut subjects = all(old, Part::Subjects);
        let mut count = old.count(Part::Subjects);
        let mut number = |place: &Place| {
            known.get(place).copied().unwrap_or_else(|| {
                for value in [&place.identity, &place.commit, &place.root] {
                    text.put(&mut subjects, value.as_bytes());
                }
                count += 1;
                count - 1
            })
        };
        let numbers = self.places.iter().map(&mut number).collect();
        (subjects, numbers)
    }

    /// The notes of this draft and the older ones that stay, and their citations.
    fn notes<'a>(
        &'a self,
        old: &'a Memory,
        stay: &dyn Fn(&NoteHash) -> bool,
        numbers: &[usize],
        files: &mut Files<'a>,
    ) -> (Vec<u8>, Vec<u8>) {
        let mut entries: Vec<(&NoteHash, Entry<'_>)> =
            self.notes.iter().map(|(hash, kept)| (hash, Entry::New(kept))).collect();
        let stays = |note: usize| {
            let hash = old.note_at(note).filter(|hash| stay(hash) && !self.notes.contains_key(*hash))?;
            Some((hash, Entry::Old(note)))
        };
        entries.extend((0..old.count(Part::Notes)).filter_map(stays));
        entries.sort_unstable_by_key(|(hash, _)| *hash);
        let (mut notes, mut citations, mut first) = (Vec::new(), Vec::new(), 0);
        for (hash, entry) in entries {
            let count = match entry {
                Entry::Old(note) => {
                    let range = old.citations_of(note);
                    citations.extend_from_slice(old.entries(Part::Citations, range.clone()));
                    range.len()
                }
                Entry::New(kept) => {
                    for one in kept {
                        encode_citation(one, numbers, files, &mut citations);
                    }
                    kept.len()
                }
            };
            notes.extend_from_slice(hash);
            put(&mut notes, narrow(first));
            put(&mut notes, narrow(count));
            first += count;
        }
        (notes, citations)
    }

    /// The trees of this draft and the older ones that it does not know, and their prints.
    fn trees(&self, old: &Memory, text: &mut Text) -> (Vec<u8>, Vec<u8>) {
        let (mut trees, mut all, mut first) = (Vec::new(), Vec::new(), 0);
        let mut add = |root: &str, prints: &[u8]| {
            let count = prints.len() / PARTS[Part::Prints as usize].1;
            text.put(&mut trees, root.as_bytes());
            put(&mut trees, narrow(first));
            put(&mut trees, narrow(count));
            all.extend_from_slice(prints);
            first += count;
        };
        old.trees().filter(|(root, _)| !self.trees.contains_key(*root)).for_each(|(root, prints)| add(root, prints));
        for (root, prints) in &self.trees {
            add(root, &prints.iter().flat_map(|print| print.to_le_bytes()).collect::<Vec<u8>>());
        }
        (trees, all)
    }
}

/// A note that is written down: as it was, or anew.
enum Entry<'a> {
    Old(usize),
    New(&'a Vec<Kept>),
}

/// The numbers of files, known and new ones.
struct Files<'a> {
    before: usize,
    known: HashMap<FileAt<'a>, u32>,
    new: Vec<FileAt<'a>>,
}

impl<'a> Files<'a> {
    fn number(&mut self, file: Option<FileAt<'a>>) -> u32 {
        let Some(file) = file else { return NONE };
        *self.known.entry(file).or_insert_with(|| {
            self.new.push(file);
            narrow(self.before + self.new.len() - 1)
        })
    }
}

/// File, its stamp, the other file and its stamp; status, change, which place the other file is for, whether it is
/// lost; first and last line there. `numbers` are those of the draft's subjects.
fn encode_citation<'a>(one: &'a Kept, numbers: &[usize], files: &mut Files<'a>, out: &mut Vec<u8>) {
    let file = one.file.as_ref().and_then(|(subject, path)| Some((*numbers.get(*subject)?, path.as_str())));
    let (kind, place) = match (&one.verdict.now, &one.verdict.became) {
        (Some(now), _) => (1, Some(now)),
        (None, Some(became)) => (2, Some(became)),
        (None, None) => (0, None),
    };
    let other = file.zip(place).map(|((subject, _), (path, _))| (subject, path.as_str()));
    put(out, files.number(file));
    out.extend_from_slice(&one.stamp.to_le_bytes());
    put(out, files.number(other));
    out.extend_from_slice(&one.other.to_le_bytes());
    let at = |found: Option<usize>| found.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
    out.push(at(Status::ALL.iter().position(|status| *status == one.verdict.status)));
    out.push(one.verdict.change.map_or(0, |change| at(Change::ALL.iter().position(|known| *known == change)) + 1));
    out.push(kind);
    out.push(u8::from(one.lost));
    put(out, place.map_or(0, |(_, lines)| lines.first()));
    put(out, place.map_or(0, |(_, lines)| lines.last()));
}

/// The text that the rest points into.
struct Text {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, (u32, u32)>,
}

impl Text {
    /// Of what is written again at each time, the names of trees, the place is known.
    fn after(old: &Memory) -> Self {
        let tree = |number: usize| {
            let at = old.at(Part::Trees, number);
            (old.text(at).as_bytes().to_vec(), (old.small(at), old.small(at + 4)))
        };
        let known = (0..old.count(Part::Trees)).map(tree).collect();
        Self { bytes: all(old, Part::Text), known }
    }

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

/// Header and parts as they lie in the file.
fn file(parts: &[Vec<u8>; PARTS.len()]) -> Vec<u8> {
    let mut checked = Vec::with_capacity(parts.iter().map(Vec::len).sum::<usize>() + 4 * PARTS.len());
    for (bytes, (_, size)) in parts.iter().zip(PARTS) {
        put(&mut checked, narrow(bytes.len() / size));
    }
    for bytes in parts {
        checked.extend_from_slice(bytes);
    }
    let mut out = Vec::with_capacity(28 + checked.len());
    out.extend_from_slice(MAGIC);
    put(&mut out, FORMAT);
    out.extend_from_slice(&version());
    out.extend_from_slice(&checksum(&checked).to_le_bytes());
    out.append(&mut checked);
    out
}

fn all(old: &Memory, part: Part) -> Vec<u8> {
    old.entries(part, 0..old.count(part)).to_vec()
}

fn put(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
