//! What scout remembers of a file: its units (definitions, blocks of code between them, parts of
//! texts), the words of each in their roles, and what each calls.

use super::language::{self, Kind};
use super::receiver::Receiver;
use super::walk::{LARGEST_CODE, Role};
use super::{symbols, text, units};
use crate::words;
use rustc_hash::FxHashMap;

/// How often a word stands in each part of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) name: u8,
    pub(crate) doc: u8,
    pub(crate) comment: u8,
    pub(crate) text: u8,
    pub(crate) body: u8,
}

impl Counts {
    /// The body lowest: most words stand only there, and then fit one byte.
    pub(crate) fn pack(self) -> u32 {
        u32::from(self.body.min(63))
            | u32::from(self.text.min(15)) << 6
            | u32::from(self.comment.min(15)) << 10
            | u32::from(self.doc.min(15)) << 14
            | u32::from(self.name.min(3)) << 18
    }

    #[inline]
    pub(crate) fn unpack(packed: u32) -> Self {
        let part = |shift: u32, mask: u32| (packed >> shift & mask).to_le_bytes()[0];
        Self { body: part(0, 63), text: part(6, 15), comment: part(10, 15), doc: part(14, 15), name: part(18, 3) }
    }
}

/// Which part of a unit a word stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Name,
    Doc,
    Comment,
    Text,
    Body,
}

/// A piece of a file that can be an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) kind: Kind,
    pub(crate) exported: bool,
    /// A test by where it stands, whatever file it is in.
    pub(crate) test: bool,
    /// In [`FileFacts::names`]; none for blocks.
    pub(crate) name: Option<u32>,
    /// The name of what it belongs to where nesting does not tell.
    pub(crate) owner: Option<u32>,
    /// The unit around it.
    pub(crate) parent: Option<u32>,
    /// Lines, from 1.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Lines of its documentation.
    pub(crate) doc: Option<(u32, u32)>,
    /// Words in it.
    pub(crate) length: u32,
    /// In [`FileFacts::terms`], with packed [`Counts`]; sorted.
    pub(crate) terms: Vec<(u32, u32)>,
    /// What it calls; of calls of a name on the same thing, the first.
    pub(crate) calls: Vec<Call>,
    /// What it extends or implements: in [`FileFacts::names`].
    pub(crate) bases: Vec<u32>,
}

/// A name called. Names are numbers: in [`FileFacts::names`], in the cache in the subject's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: u32,
    pub(crate) on: Receiver<u32>,
    pub(crate) line: u32,
}

/// All units of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileFacts {
    pub(crate) lines: u32,
    pub(crate) parsed: bool,
    /// Sorted by where they begin, what encloses first; blocks and texts among them.
    pub(crate) units: Vec<Unit>,
    /// Stems.
    pub(crate) terms: Vec<Box<str>>,
    /// Names as written.
    pub(crate) names: Vec<Box<str>>,
    /// For each import, the names in it.
    pub(crate) imports: Vec<Vec<u32>>,
}

/// Collects strings, each once.
#[derive(Default)]
pub(crate) struct Table {
    places: FxHashMap<Box<str>, u32>,
    list: Vec<Box<str>>,
}

impl Table {
    pub(crate) fn place(&mut self, value: &str) -> u32 {
        if let Some(place) = self.places.get(value) {
            return *place;
        }
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(value.into());
        self.places.insert(value.into(), place);
        place
    }
}

/// More names of one import are not looked at.
const MOST_IMPORTED: usize = 60;

/// A builder of [`FileFacts`].
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) units: Vec<Unit>,
    terms: Table,
    pub(crate) names: Table,
    imports: Vec<Vec<u32>>,
    /// Unit, term, part: one entry a word.
    words: Vec<(u32, u32, Part)>,
}

impl Builder {
    /// Adds a unit; its place.
    pub(crate) fn unit(&mut self, kind: Kind, name: Option<&str>, first: u32, last: u32) -> usize {
        let place = name.filter(|name| !name.is_empty()).map(|name| self.names.place(name));
        self.units.push(Unit {
            kind,
            exported: true,
            test: false,
            name: place,
            owner: None,
            parent: None,
            first,
            last,
            doc: None,
            length: 0,
            terms: Vec::new(),
            calls: Vec::new(),
            bases: Vec::new(),
        });
        let at = self.units.len() - 1;
        if let Some(name) = name {
            self.words(at, name, Part::Name);
        }
        at
    }

    /// Adds the words of a text to a unit.
    pub(crate) fn words(&mut self, unit: usize, text: &str, part: Part) {
        let unit = u32::try_from(unit).unwrap_or(u32::MAX);
        words::each_stem(text, |stem| {
            self.words.push((unit, self.terms.place(stem), part));
        });
    }

    /// Notes a call; only the first of a name on the same thing is kept.
    pub(crate) fn call(&mut self, unit: usize, name: &str, on: Receiver<&str>, line: u32) {
        let name = self.names.place(name);
        let on = on.map(|receiver| self.names.place(receiver));
        let calls = &mut self.units[unit].calls;
        if !calls.iter().any(|known| known.name == name && known.on == on) {
            calls.push(Call { name, on, line });
        }
    }

    /// Notes what a unit extends or implements.
    pub(crate) fn base(&mut self, unit: usize, name: &str) {
        let name = self.names.place(name);
        let bases = &mut self.units[unit].bases;
        if !bases.contains(&name) {
            bases.push(name);
        }
    }

    /// Notes an import: the names in its text.
    pub(crate) fn import(&mut self, text: &str) {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        let names: Vec<u32> = words.take(MOST_IMPORTED).map(|word| self.names.place(word)).collect();
        self.imports.push(names);
    }

    pub(crate) fn finish(mut self, lines: u32, parsed: bool) -> FileFacts {
        self.words.sort_unstable();
        for group in self.words.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut counts = Counts::default();
            for (_, _, part) in group {
                let count = match part {
                    Part::Name => &mut counts.name,
                    Part::Doc => &mut counts.doc,
                    Part::Comment => &mut counts.comment,
                    Part::Text => &mut counts.text,
                    Part::Body => &mut counts.body,
                };
                *count = count.saturating_add(1);
            }
            let unit = &mut self.units[group[0].0 as usize];
            unit.terms.push((group[0].1, counts.pack()));
            unit.length += u32::try_from(group.len()).unwrap_or(0);
        }
        FileFacts {
            lines,
            parsed,
            units: self.units,
            terms: self.terms.list,
            names: self.names.list,
            imports: self.imports,
        }
    }
}

/// The facts of one file.
pub(crate) fn of(path: &str, role: Role, bytes: &[u8]) -> FileFacts {
    let source = String::from_utf8_lossy(bytes);
    let lines = u32::try_from(source.lines().count()).unwrap_or(u32::MAX);
    let language = language::of(path, &source).filter(|_| bytes.len() <= LARGEST_CODE);
    let symbols = language.and_then(|language| symbols::read(language::ALL[language], &source));
    match symbols {
        Some(symbols) => units::of_code(&source, &symbols, lines),
        None => text::facts(role, &source, lines),
    }
}
