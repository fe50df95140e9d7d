//! Classes by name: their methods, what they extend, and which of them a name resembles.

use super::language::Kind;
use super::scan::Scan;
use crate::words;
use rustc_hash::{FxHashMap, FxHashSet};

/// Names that every library has, too: a call of one on an object that nothing tells says nothing.
pub(crate) const SELDOM_ALONE: &[&str] = &[
    "add",
    "all",
    "any",
    "append",
    "apply",
    "bind",
    "call",
    "clear",
    "clone",
    "close",
    "copy",
    "count",
    "default",
    "delete",
    "done",
    "drop",
    "end",
    "eq",
    "exit",
    "extend",
    "find",
    "first",
    "fmt",
    "format",
    "from",
    "get",
    "hash",
    "init",
    "insert",
    "into",
    "is_empty",
    "items",
    "iter",
    "join",
    "keys",
    "last",
    "len",
    "length",
    "load",
    "log",
    "map",
    "match",
    "name",
    "new",
    "next",
    "of",
    "on",
    "open",
    "parse",
    "path",
    "poll",
    "pop",
    "print",
    "push",
    "put",
    "read",
    "remove",
    "replace",
    "reset",
    "run",
    "save",
    "search",
    "send",
    "set",
    "size",
    "sort",
    "split",
    "start",
    "stop",
    "string",
    "sub",
    "then",
    "to_string",
    "trim",
    "update",
    "value",
    "values",
    "wait",
    "with",
    "write",
];

/// The classes of a subject. A class is known by its name: two of one name are told apart by who asks.
pub(crate) struct Families {
    /// By class and name: methods.
    methods: FxHashMap<(u32, u32), Vec<u32>>,
    /// By class: what it extends or implements.
    bases: FxHashMap<u32, Vec<u32>>,
}

/// Bases of bases are followed so far.
const DEEPEST: usize = 8;

impl Families {
    pub(crate) fn of(scan: &Scan) -> Self {
        let mut methods: FxHashMap<(u32, u32), Vec<u32>> = FxHashMap::default();
        let mut bases: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (at, unit) in scan.units.iter().enumerate() {
            let Some(name) = unit.name else { continue };
            for base in unit.bases().filter(|base| *base != name) {
                let known = bases.entry(name).or_default();
                if !known.contains(&base) {
                    known.push(base);
                }
            }
            if unit.kind.is_callable()
                && unit.kind != Kind::Callback
                && let Some(class) = class_around(scan, at)
            {
                methods.entry((class, name)).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        Self { methods, bases }
    }

    /// The name of the class that a unit, or the function around it, belongs to.
    pub(crate) fn class_of(scan: &Scan, unit: usize) -> Option<u32> {
        let mut next = Some(unit);
        while let Some(at) = next {
            if let Some(class) = class_around(scan, at) {
                return Some(class);
            }
            next = scan.parent(at);
        }
        None
    }

    /// Whether a unit is called on an object of a class.
    pub(crate) fn is_method(scan: &Scan, unit: usize) -> bool {
        scan.units[unit].kind.is_callable() && class_around(scan, unit).is_some()
    }

    /// The methods of a name in a class, or in the nearest of its bases that has one.
    pub(crate) fn method(&self, class: u32, name: u32) -> Option<&[u32]> {
        self.methods.get(&(class, name)).map(Vec::as_slice).or_else(|| self.inherited(class, name))
    }

    /// The same, without the class itself.
    pub(crate) fn inherited(&self, class: u32, name: u32) -> Option<&[u32]> {
        let mut seen = FxHashSet::from_iter([class]);
        let mut level = vec![class];
        for _ in 0..DEEPEST {
            level = level
                .iter()
                .filter_map(|class| self.bases.get(class))
                .flatten()
                .copied()
                .filter(|base| seen.insert(*base))
                .collect();
            let found = level.iter().find_map(|base| self.methods.get(&(*base, name)));
            if found.is_some() || level.is_empty() {
                return found.map(Vec::as_slice);
            }
        }
        None
    }

    /// Classes that extend or implement one, directly or not.
    pub(crate) fn heirs(&self, class: u32) -> FxHashSet<u32> {
        let mut heirs = FxHashSet::default();
        let mut level = vec![class];
        for _ in 0..DEEPEST {
            level = self
                .bases
                .iter()
                .filter(|(heir, bases)| bases.iter().any(|base| level.contains(base)) && !heirs.contains(*heir))
                .map(|(heir, _)| *heir)
                .collect();
            if level.is_empty() {
                break;
            }
            heirs.extend(level.iter().copied());
        }
        heirs.remove(&class);
        heirs
    }

    /// Of some units, the methods of classes whose name holds all words of `receiver`; a word of one or
    /// two letters says nothing.
    pub(crate) fn alike(scan: &Scan, units: &[u32], receiver: &str) -> Vec<usize> {
        let mut asked: Vec<String> = Vec::new();
        words::each(receiver, |word| asked.push(word.to_owned()));
        if asked.iter().all(|word| word.len() < 3) {
            return Vec::new();
        }
        let is_alike = |unit: &usize| {
            let Some(class) = class_around(scan, *unit) else { return false };
            let mut own: Vec<String> = Vec::new();
            words::each(scan.facts.names.get(class), |word| own.push(word.to_owned()));
            asked.iter().all(|word| own.contains(word))
        };
        units.iter().map(|at| *at as usize).filter(is_alike).collect()
    }
}

/// The name of the class that a unit belongs to itself: around it, or beside its name.
fn class_around(scan: &Scan, unit: usize) -> Option<u32> {
    scan.units[unit].owner.or_else(|| {
        let parent = &scan.units[scan.parent(unit)?];
        matches!(parent.kind, Kind::Class | Kind::Interface | Kind::Scope).then_some(parent.name)?
    })
}
