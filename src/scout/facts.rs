//! What scout remembers of a file: its units (definitions, blocks of code between them, parts of
//! texts), the words of each in their roles, and what each calls.

use super::language::{self, Kind, Leaf};
use super::symbols::{self, Symbols};
use super::walk::{LARGEST_CODE, Role};
use super::{pack, text, words};
use rustc_hash::{FxHashMap, FxHashSet};

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
    /// What it calls: in [`FileFacts::names`], and the line of the first such call.
    pub(crate) calls: Vec<(u32, u32)>,
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
}

/// Collects strings, each once.
#[derive(Default)]
struct Table {
    places: FxHashMap<Box<str>, u32>,
    list: Vec<Box<str>>,
}

impl Table {
    fn place(&mut self, value: &str) -> u32 {
        if let Some(place) = self.places.get(value) {
            return *place;
        }
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(value.into());
        self.places.insert(value.into(), place);
        place
    }
}

/// A builder of [`FileFacts`].
#[derive(Default)]
pub(crate) struct Builder {
    units: Vec<Unit>,
    terms: Table,
    names: Table,
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
        words::each_stem(text, |stem| self.words.push((unit, self.terms.place(stem), part)));
    }

    /// Notes a call; only the first of a name is kept.
    pub(crate) fn call(&mut self, unit: usize, name: &str, line: u32) {
        let name = self.names.place(name);
        let calls = &mut self.units[unit].calls;
        if !calls.iter().any(|(known, _)| *known == name) {
            calls.push((name, line));
        }
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
        FileFacts { lines, parsed, units: self.units, terms: self.terms.list, names: self.names.list }
    }
}

/// The facts of one file.
pub(crate) fn of(path: &str, role: Role, bytes: &[u8]) -> FileFacts {
    let source = String::from_utf8_lossy(bytes);
    let lines = u32::try_from(source.lines().count()).unwrap_or(u32::MAX);
    let language = language::of_path(path).filter(|_| bytes.len() <= LARGEST_CODE);
    let symbols = language.and_then(|language| symbols::read(language::ALL[language], &source));
    match symbols {
        Some(symbols) => of_code(&source, &symbols, lines),
        None => text::facts(path, role, &source, lines),
    }
}

/// A function in a function is a unit of its own from so many lines.
const NESTED: u32 = 8;
/// The first paragraph of a documentation counts up to so many lines: what comes after is detail.
const LEAD: usize = 4;
/// Blocks of code outside of definitions end after so many lines.
const BLOCK: u32 = 40;

fn of_code(source: &str, symbols: &Symbols, lines: u32) -> FileFacts {
    let mut builder = Builder::default();
    // For each definition, the unit its words go to.
    let mut unit_of: Vec<usize> = Vec::with_capacity(symbols.definitions.len());
    for definition in &symbols.definitions {
        let parent = definition.parent.map(|parent| unit_of[parent]);
        let inside = parent.map(|parent| builder.units[parent].kind);
        let short = definition.last - definition.first < NESTED;
        let part = match inside {
            Some(kind) if kind.is_callable() => !definition.kind.is_callable() || short,
            Some(Kind::Constant | Kind::Declaration) => short,
            _ => false,
        };
        if let Some(parent) = parent.filter(|_| part) {
            unit_of.push(parent);
            continue;
        }
        let at = builder.unit(definition.kind, Some(&definition.name), definition.first, definition.last);
        if let Some(owner) = &definition.owner {
            builder.words(at, owner, Part::Body);
            builder.units[at].owner = Some(builder.names.place(owner));
        }
        let named_test = definition.kind == Kind::Module && matches!(definition.name.as_str(), "tests" | "test");
        let unit = &mut builder.units[at];
        unit.exported = definition.exported;
        unit.parent = parent.and_then(|parent| u32::try_from(parent).ok());
        unit.doc = definition.doc;
        unit.test = named_test;
        if let Some(parent) = parent {
            let test = builder.units[parent].test;
            builder.units[at].test |= test;
        }
        unit_of.push(at);
    }
    let parts = parts(&mut builder, source);
    let mut place = Places::new(symbols, &unit_of, source);
    let mut block: Option<(usize, Option<usize>)> = None;
    for token in &symbols.tokens {
        let Some(text) = source.get(token.bytes.clone()) else { continue };
        let documented = if token.leaf == Leaf::Comment { place.documented(token.first) } else { None };
        let inner = place.innermost(token.bytes.start);
        let part = match token.leaf {
            Leaf::Comment if documented.is_some_and(|_| place.leads(token.first)) => Part::Doc,
            Leaf::Comment => Part::Comment,
            Leaf::Text => Part::Text,
            _ => Part::Body,
        };
        let unit = if let Some(unit) = documented.or(inner) {
            unit
        } else {
            // Outside of every definition: the block goes on if no definition came between.
            let before = place.passed();
            match block {
                Some((unit, passed))
                    if passed == before
                        && token.last < builder.units[unit].first + BLOCK
                        && token.first <= builder.units[unit].last + 3 =>
                {
                    builder.units[unit].last = builder.units[unit].last.max(token.last);
                    unit
                }
                _ => {
                    let unit = builder.unit(Kind::Block, None, token.first, token.last);
                    block = Some((unit, before));
                    unit
                }
            }
        };
        let (text, rest) = if part == Part::Doc { place.lead(token, text) } else { (text, "") };
        builder.words(unit, text, part);
        builder.words(unit, rest, Part::Comment);
        let mut within = parts.get(&unit);
        // What an inner function says, the outer one says too.
        let mut outer = builder.units[unit].parent;
        while let Some(around) = outer {
            let around = around as usize;
            if !builder.units[around].kind.is_callable() {
                break;
            }
            builder.words(around, text, part);
            within = within.or_else(|| parts.get(&around));
            outer = builder.units[around].parent;
        }
        if let Some(part_of) = within.and_then(|within| {
            within.iter().find(|at| (builder.units[**at].first..=builder.units[**at].last).contains(&token.first))
        }) {
            builder.words(*part_of, text, part);
        }
    }
    let mut place = Places::new(symbols, &unit_of, source);
    for call in &symbols.calls {
        if let (Some(unit), Some(name)) = (place.innermost(call.bytes.start), source.get(call.bytes.clone())) {
            builder.call(unit, name, call.line);
        }
    }
    builder.finish(lines, true)
}

/// A definition longer than this has parts.
const LONG: u32 = 60;
/// Parts have about so many lines.
const PART: u32 = 28;

/// Parts of long definitions, so that the few lines that answer are not lost among hundreds: by the
/// unit they are parts of.
fn parts(builder: &mut Builder, source: &str) -> FxHashMap<usize, Vec<usize>> {
    let text: Vec<&str> = source.lines().collect();
    let mut parts = FxHashMap::default();
    for at in 0..builder.units.len() {
        let unit = &builder.units[at];
        let splits = unit.kind.is_callable() || unit.kind == Kind::Constant;
        let (first, last, exported, test) = (unit.first, unit.last, unit.exported, unit.test);
        if !splits || last - first < LONG {
            continue;
        }
        let mut of_unit = Vec::new();
        let mut start = first;
        while start <= last {
            let end = if last - start < PART * 3 / 2 { last } else { break_near(&text, start + PART) };
            let part = builder.unit(Kind::Part, None, start, end.min(last));
            builder.units[part].parent = u32::try_from(at).ok();
            (builder.units[part].exported, builder.units[part].test) = (exported, test);
            of_unit.push(part);
            start = end + 1;
        }
        parts.insert(at, of_unit);
    }
    parts
}

/// The line near `line` before which code is least torn: blank, or the least indented.
fn break_near(text: &[&str], line: u32) -> u32 {
    let torn = |line: u32| {
        let text = text.get(line as usize).copied().unwrap_or("");
        let indented = text.len() - text.trim_start().len();
        let closes = text.trim_start().starts_with(['}', ')', ']'])
            || text.trim_start().starts_with("else")
            || text.trim_start().starts_with("end");
        if text.trim().is_empty() { 0 } else { indented + if closes { 8 } else { 1 } }
    };
    (line - 7..=line + 7).min_by_key(|at| (torn(*at), at.abs_diff(line))).unwrap_or(line)
}

/// Finds the unit of a byte; asked in ascending order.
struct Places<'a> {
    symbols: &'a Symbols,
    unit_of: &'a [usize],
    open: Vec<usize>,
    next: usize,
    docs: FxHashMap<u32, usize>,
    /// Lines of first paragraphs of documentation.
    leads: FxHashSet<u32>,
}

impl<'a> Places<'a> {
    fn new(symbols: &'a Symbols, unit_of: &'a [usize], source: &str) -> Self {
        let text: Vec<&str> = source.lines().collect();
        let mut docs = FxHashMap::default();
        let mut leads = FxHashSet::default();
        for (definition, unit) in symbols.definitions.iter().zip(unit_of) {
            let Some((first, last)) = definition.doc else { continue };
            docs.extend((first..=last).map(|line| (line, *unit)));
            let says =
                |line: &u32| text.get(*line as usize - 1).is_some_and(|line| line.contains(char::is_alphanumeric));
            let lead = (first..=last).skip_while(|line| !says(line)).take_while(says).take(LEAD);
            leads.extend(lead);
            leads.insert(first);
        }
        Self { symbols, unit_of, open: Vec::new(), next: 0, docs, leads }
    }

    /// Whether a line belongs to the first paragraph of a documentation.
    fn leads(&self, line: u32) -> bool {
        self.leads.contains(&line)
    }

    /// The first paragraph of a documentation in one token, and its rest.
    fn lead<'t>(&self, token: &symbols::Token, text: &'t str) -> (&'t str, &'t str) {
        let mut end = 0;
        for (line, part) in (token.first..).zip(text.split_inclusive('\n')) {
            if !self.leads(line) {
                break;
            }
            end += part.len();
        }
        text.split_at_checked(end).unwrap_or((text, ""))
    }

    fn documented(&self, line: u32) -> Option<usize> {
        self.docs.get(&line).copied()
    }

    fn innermost(&mut self, byte: usize) -> Option<usize> {
        let definitions = &self.symbols.definitions;
        while self.next < definitions.len() && definitions[self.next].bytes.start <= byte {
            self.open.push(self.next);
            self.next += 1;
        }
        while let Some(top) = self.open.last() {
            if definitions[*top].bytes.end > byte {
                return Some(self.unit_of[*top]);
            }
            self.open.pop();
        }
        None
    }

    /// The last definition begun.
    fn passed(&self) -> Option<usize> {
        self.next.checked_sub(1)
    }
}

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
        let mut list: Vec<(u32, u32)> =
            unit.terms.iter().map(|(term, counts)| (terms[*term as usize], *counts)).collect();
        list.sort_unstable();
        let mut before = 0;
        for (term, counts) in list {
            put(&mut part, term - before);
            put(&mut part, counts);
            before = term;
        }
        pack::bytes(&mut out, &part);
        part.clear();
        for (name, line) in &unit.calls {
            put(&mut part, names[*name as usize]);
            put(&mut part, line.saturating_sub(unit.first));
        }
        pack::bytes(&mut out, &part);
    }
    out
}

/// A unit as it lies in the cache: strings by number, lists still packed.
#[derive(Clone, Debug)]
pub(crate) struct Packed<'a> {
    pub(crate) kind: Kind,
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

    /// Name and line.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (u32, u32)> + 'a {
        let mut reader = pack::Reader::new(self.calls);
        let first = self.first;
        std::iter::from_fn(move || Some((reader.small()?, first.saturating_add(reader.small()?))))
    }
}

/// The units in what [`write`] wrote. Ends early where that is damaged.
pub(crate) fn units(bytes: &[u8]) -> impl Iterator<Item = Packed<'_>> {
    let mut reader = pack::Reader::new(bytes);
    let mut left = reader.small().unwrap_or(0);
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        unit(&mut reader)
    })
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
    })
}
