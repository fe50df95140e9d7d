//! Facts of a file as bytes, and read back without unpacking what is not asked for.

use super::facts::{Call, FileFacts};
use super::language::Kind;
use super::pack;
use super::receiver::Receiver;

/// Facts as bytes, their strings numbered by `term` and `name`.
pub(crate) fn write(
    facts: &FileFacts,
    mut term: impl FnMut(&str) -> u32,
    mut name: impl FnMut(&str) -> u32,
) -> Vec<u8> {
    let terms: Vec<u32> = facts.terms.iter().map(|text| term(text)).collect();
    let names: Vec<u32> = facts.names.iter().map(|text| name(text)).collect();
    let mut out = Vec::with_capacity(facts.units.len() * 96);
    let mut part = Vec::new();
    let put = |out: &mut Vec<u8>, value: u32| pack::number(out, u64::from(value));
    for import in &facts.imports {
        put(&mut part, u32::try_from(import.len()).unwrap_or(0));
        for name in import {
            put(&mut part, names[*name as usize]);
        }
    }
    pack::bytes(&mut out, &part);
    put(&mut out, u32::try_from(facts.units.len()).unwrap_or(0));
    for unit in &facts.units {
        let head = unit.kind as u32 | u32::from(unit.exported) << 5 | u32::from(unit.test) << 6;
        put(&mut out, head);
        put(&mut out, unit.name.map_or(0, |name| names[name as usize] + 1));
        put(&mut out, unit.owner.map_or(0, |name| names[name as usize] + 1));
        put(&mut out, unit.parent.map_or(0, |parent| parent + 1));
        put(&mut out, unit.first);
        put(&mut out, unit.last.saturating_sub(unit.first));
        let (first, last) = unit.doc.unwrap_or((0, 0));
        put(&mut out, first);
        put(&mut out, last.saturating_sub(first));
        put(&mut out, unit.length);
        part.clear();
        let mut sorted: Vec<(u32, u32)> =
            unit.terms.iter().map(|(term, counts)| (terms[*term as usize], *counts)).collect();
        sorted.sort_unstable();
        let mut before = 0;
        for (term, counts) in sorted {
            put(&mut part, term - before);
            put(&mut part, counts);
            before = term;
        }
        pack::bytes(&mut out, &part);
        part.clear();
        for call in &unit.calls {
            put(&mut part, names[call.name as usize]);
            put(&mut part, call.on.map(|name| names[name as usize]).pack());
            put(&mut part, call.line.saturating_sub(unit.first));
        }
        pack::bytes(&mut out, &part);
        part.clear();
        for base in &unit.bases {
            put(&mut part, names[*base as usize]);
        }
        pack::bytes(&mut out, &part);
    }
    out
}

/// A unit as it lies in the cache: strings by number, lists still packed.
#[derive(Clone, Debug)]
pub(crate) struct Packed<'a> {
    pub(crate) kind: Kind,
    /// Meant for others.
    pub(crate) exported: bool,
    pub(crate) test: bool,
    pub(crate) name: Option<u32>,
    pub(crate) owner: Option<u32>,
    pub(crate) parent: Option<u32>,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) doc: Option<(u32, u32)>,
    pub(crate) length: u32,
    terms: &'a [u8],
    calls: &'a [u8],
    bases: &'a [u8],
}

impl<'a> Packed<'a> {
    /// Term and packed counts.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (u32, u32)> + 'a {
        let mut reader = pack::Reader::new(self.terms);
        let mut term = 0_u32;
        std::iter::from_fn(move || {
            term = term.wrapping_add(reader.small()?);
            Some((term, reader.small()?))
        })
    }

    /// What it calls.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call> + 'a {
        let mut reader = pack::Reader::new(self.calls);
        let first = self.first;
        std::iter::from_fn(move || {
            let (name, on) = (reader.small()?, Receiver::unpack(reader.small()?));
            Some(Call { name, on, line: first.saturating_add(reader.small()?) })
        })
    }

    /// Names of what it extends or implements.
    pub(crate) fn bases(&self) -> impl Iterator<Item = u32> + 'a {
        let mut reader = pack::Reader::new(self.bases);
        std::iter::from_fn(move || reader.small())
    }
}

/// The units in what [`write`] wrote. Ends early where that is damaged.
pub(crate) fn units(bytes: &[u8]) -> impl Iterator<Item = Packed<'_>> {
    let mut reader = pack::Reader::new(bytes);
    reader.bytes();
    let mut left = reader.small().unwrap_or(0);
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        unit(&mut reader)
    })
}

/// The names in each import of a file.
pub(crate) fn imports(bytes: &[u8]) -> Vec<Vec<u32>> {
    let mut reader = pack::Reader::new(pack::Reader::new(bytes).bytes().unwrap_or_default());
    let import = || {
        let count = reader.small()?;
        (0..count).map(|_| reader.small()).collect()
    };
    std::iter::from_fn(import).collect()
}

fn unit<'a>(reader: &mut pack::Reader<'a>) -> Option<Packed<'a>> {
    let head = reader.small()?;
    let name = reader.small()?.checked_sub(1);
    let owner = reader.small()?.checked_sub(1);
    let parent = reader.small()?.checked_sub(1);
    let first = reader.small()?;
    let last = first.checked_add(reader.small()?)?;
    let doc_first = reader.small()?;
    let doc_last = doc_first.checked_add(reader.small()?)?;
    Some(Packed {
        kind: *Kind::ALL.get((head & 31) as usize)?,
        exported: head >> 5 & 1 == 1,
        test: head >> 6 & 1 == 1,
        name,
        owner,
        parent,
        first,
        last,
        doc: (doc_first > 0).then_some((doc_first, doc_last)),
        length: reader.small()?,
        terms: reader.bytes()?,
        calls: reader.bytes()?,
        bases: reader.bytes()?,
    })
}
