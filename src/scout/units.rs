//! Parsed code as units: a definition each, parts of long ones, and blocks between them; every word in
//! the unit it stands in.

use super::facts::{Builder, FileFacts, Part};
use super::language::{Kind, Leaf};
use super::receiver;
use super::symbols::{self, Symbols};
use rustc_hash::{FxHashMap, FxHashSet};

/// A function in a function is a unit of its own from so many lines.
pub(crate) const NESTED: u32 = 8;
/// The first paragraph of a documentation counts up to so many lines: what comes after is detail.
const LEAD: usize = 4;
/// Blocks of code outside of definitions end after so many lines.
const BLOCK: u32 = 40;

/// The facts of parsed code.
pub(crate) fn of_code(source: &str, symbols: &Symbols, lines: u32) -> FileFacts {
    let mut builder = Builder::default();
    let unit_of = define(&mut builder, symbols);
    let parts = parts(&mut builder, source);
    let mut place = Places::new(symbols, &unit_of, source);
    let mut block: Option<(usize, Option<usize>)> = None;
    for token in &symbols.tokens {
        let Some(text) = source.get(token.bytes.clone()) else {
            continue;
        };
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
            let own = place.own_name(call.bytes.start);
            builder.call(unit, name, receiver::before(source, call.bytes.start, own), call.line);
        }
    }
    let mut place = Places::new(symbols, &unit_of, source);
    for base in &symbols.bases {
        if let (Some(unit), Some(name)) = (place.innermost(base.start), source.get(base.clone())) {
            builder.base(unit, name);
        }
    }
    for import in symbols.imports.iter().filter_map(|import| source.get(import.clone())) {
        builder.import(import);
    }
    builder.finish(lines, true)
}

/// Adds a unit for each definition but small ones inside of others. For each definition: the unit its
/// words go to.
fn define(builder: &mut Builder, symbols: &Symbols) -> Vec<usize> {
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
    unit_of
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
        let (first, last) = (unit.first, unit.last);
        let (exported, is_test) = (unit.exported, unit.test);
        if !splits || last - first < LONG {
            continue;
        }
        let mut of_unit = Vec::new();
        let mut start = first;
        while start <= last {
            let end = if last - start < PART * 3 / 2 { last } else { break_near(&text, start + PART) };
            let part = builder.unit(Kind::Part, None, start, end.min(last));
            builder.units[part].parent = u32::try_from(at).ok();
            (builder.units[part].exported, builder.units[part].test) = (exported, is_test);
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
            let Some((first, last)) = definition.doc else {
                continue;
            };
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

    /// What the innermost definitions around a byte call their own object; after [`Self::innermost`].
    fn own_name(&self, byte: usize) -> Option<&'a str> {
        let definitions = &self.symbols.definitions;
        let mut around = self.open.iter().rev().filter(|at| definitions[**at].bytes.end > byte);
        around.find_map(|at| definitions[*at].own.as_deref())
    }

    /// The last definition begun.
    fn passed(&self) -> Option<usize> {
        self.next.checked_sub(1)
    }
}
