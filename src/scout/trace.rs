//! Who calls whom: calls resolved to definitions across files, through what they are called on, classes and
//! their bases, and imports; where none of that tells, by name alone.

use super::facts::Call;
use super::families::{Families, SELDOM_ALONE};
use super::language::{self, Kind};
use super::packed;
use super::rank::Ranked;
use super::receiver::Receiver;
use super::scan::Scan;
use super::walk::Role;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// What tells which definition a call means; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// On the caller's own object: a method of its class or of a base.
    Own,
    /// A function of the same file.
    File,
    /// Imported, or of a module that is.
    Import,
    /// On a type that is named.
    Type,
    /// On something that is named like the type: `session_interface` for `SessionInterface`.
    Like,
    /// The name alone.
    Name,
}

impl How {
    /// Whether the code says so, not only its names.
    pub(crate) fn is_told(self) -> bool {
        self <= Self::Type
    }
}

/// What a call can mean.
#[derive(Clone, Debug)]
pub(crate) struct Meant {
    pub(crate) units: Vec<usize>,
    pub(crate) how: How,
}

impl Meant {
    /// Each definition, with how sure it is.
    fn shared(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        #[expect(clippy::cast_precision_loss, reason = "a dozen at most")]
        let sure = if self.how.is_told() { 1.0 } else { 0.9 } / self.units.len().max(1) as f32;
        self.units.iter().map(move |unit| (*unit, sure))
    }
}

/// Calls between the units of a subject.
pub(crate) struct Graph {
    /// By name: the units so named that can be called.
    named: FxHashMap<u32, Vec<u32>>,
    /// By name: calls of it, each with its unit; only for names asked for.
    calls_of: FxHashMap<u32, Vec<(u32, Call)>>,
    families: Families,
    /// By file: its imports, read when first needed.
    imports: RefCell<FxHashMap<u32, Rc<Vec<Vec<u32>>>>>,
}

/// A name with more definitions says nothing about which is meant.
const MOST_DEFINITIONS: usize = 12;
/// A name with more callers is a tool for everything.
const MOST_CALLERS: usize = 40;

impl Graph {
    /// The calls around these units.
    pub(crate) fn around(scan: &Scan, ranked: &[Ranked]) -> Self {
        let mut named: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (at, unit) in scan.units.iter().enumerate() {
            let callable = unit.kind.is_callable() && unit.kind != Kind::Callback
                || matches!(unit.kind, Kind::Class | Kind::Constant | Kind::Interface);
            if let Some(name) = unit.name.filter(|_| callable) {
                named.entry(name).or_default().push(u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        let wanted: FxHashSet<u32> = ranked.iter().filter_map(|place| scan.units[place.unit].name).collect();
        let mut calls_of: FxHashMap<u32, Vec<(u32, Call)>> = FxHashMap::default();
        for (at, unit) in scan.units.iter().enumerate() {
            for call in unit.calls().filter(|call| wanted.contains(&call.name)) {
                calls_of.entry(call.name).or_default().push((u32::try_from(at).unwrap_or(u32::MAX), call));
            }
        }
        Self { named, calls_of, families: Families::of(scan), imports: RefCell::default() }
    }

    /// The definitions that a call in `unit` can mean; none if there is none, or too many.
    pub(crate) fn resolve(&self, scan: &Scan, unit: usize, call: &Call) -> Meant {
        let told = match call.on {
            Receiver::Nothing => self.bare(scan, unit, call.name),
            Receiver::Own => self.own(scan, unit, call.name),
            Receiver::Base => self.inherited(scan, unit, call.name),
            Receiver::Named(on) => self.of_named(scan, unit, call.name, on),
            Receiver::Unknown => None,
        };
        told.unwrap_or_else(|| Meant { units: self.by_name(scan, unit, call), how: How::Name })
    }

    /// A call on nothing: of the class where the language lets it, of the file, imported.
    fn bare(&self, scan: &Scan, unit: usize, name: u32) -> Option<Meant> {
        if scan.family(unit).is_some_and(language::calls_itself_bare)
            && let Some(mine) = self.own(scan, unit, name)
        {
            return Some(mine);
        }
        let all = self.named.get(&name)?;
        let functions = || all.iter().map(|at| *at as usize).filter(|at| !Families::is_method(scan, *at));
        let file = scan.file_of[unit];
        let here: Vec<usize> = functions().filter(|at| scan.file_of[*at] == file && *at != unit).collect();
        if !here.is_empty() {
            // An inner function before one beside the caller.
            let inner: Vec<usize> = here.iter().copied().filter(|at| scan.parent(*at) == Some(unit)).collect();
            return Some(Meant { units: if inner.is_empty() { here } else { inner }, how: How::File });
        }
        if scan.family(unit).is_some_and(language::shares_folder) {
            let beside: Vec<usize> =
                functions().filter(|at| folder(scan.path(*at)) == folder(scan.path(unit)) && *at != unit).collect();
            if !beside.is_empty() {
                return Some(Meant { units: beside, how: How::File });
            }
        }
        let imports = self.imports(scan, file);
        let brought: Vec<usize> =
            functions().filter(|at| imports.iter().any(|import| brings(scan, import, name, *at))).collect();
        (!brought.is_empty()).then_some(Meant { units: brought, how: How::Import })
    }

    /// A call on the caller's own object.
    fn own(&self, scan: &Scan, unit: usize, name: u32) -> Option<Meant> {
        let class = Families::class_of(scan, unit)?;
        let methods = self.families.method(class, name)?;
        let units = nearest(scan, unit, methods);
        // A definition that hands on to another of its name is not meant.
        let units: Vec<usize> = units.into_iter().filter(|at| *at != unit).collect();
        (!units.is_empty()).then_some(Meant { units, how: How::Own })
    }

    /// A call on the base of the caller's own object.
    fn inherited(&self, scan: &Scan, unit: usize, name: u32) -> Option<Meant> {
        let class = Families::class_of(scan, unit)?;
        let methods = self.families.inherited(class, name)?;
        Some(Meant { units: nearest(scan, unit, methods), how: How::Own })
    }

    /// A call on something that has a name.
    fn of_named(&self, scan: &Scan, unit: usize, name: u32, on: u32) -> Option<Meant> {
        if let Some(methods) = self.families.method(on, name) {
            return Some(Meant { units: nearest(scan, unit, methods), how: How::Type });
        }
        let all = self.named.get(&name)?;
        let receiver = scan.facts.names.get(on);
        // `module.function()`: the receiver is what an import names, and the file is that module.
        let functions = all.iter().map(|at| *at as usize).filter(|at| !Families::is_method(scan, *at));
        let imports = self.imports(scan, scan.file_of[unit]);
        let imported = |at: usize| imports.iter().any(|import| import.contains(&on) && names_file(scan, import, at));
        let of_module: Vec<usize> =
            functions.filter(|at| is_module(scan, *at, receiver) || imported(*at)).filter(|at| *at != unit).collect();
        if !of_module.is_empty() {
            return Some(Meant { units: of_module, how: How::Import });
        }
        let alike = Families::alike(scan, all, receiver);
        (!alike.is_empty()).then_some(Meant { units: alike, how: How::Like })
    }

    /// What bears the name and could be called so.
    fn by_name(&self, scan: &Scan, unit: usize, call: &Call) -> Vec<usize> {
        let Some(all) = self.named.get(&call.name) else { return Vec::new() };
        let family = scan.family(unit);
        let mut others: Vec<usize> = all
            .iter()
            .map(|at| *at as usize)
            .filter(|at| *at != unit && (family.is_none() || scan.family(*at) == family))
            .collect();
        let source = |at: usize| scan.role(at) <= Role::Vendored && !scan.units[at].test;
        if others.iter().any(|at| source(*at)) {
            others.retain(|at| source(*at));
        }
        match call.on {
            Receiver::Nothing if family.is_some_and(|family| !language::calls_itself_bare(family)) => {
                others.retain(|at| !Families::is_method(scan, *at));
            }
            Receiver::Nothing => {}
            _ if others.iter().any(|at| Families::is_method(scan, *at)) => {
                others.retain(|at| Families::is_method(scan, *at));
            }
            // A function is not called on an object, but through one of C's pointers it may be.
            _ if family != Some("c") => others.clear(),
            _ => {}
        }
        // On an object that no name tells, names of every library mean nothing.
        if call.on != Receiver::Nothing && SELDOM_ALONE.contains(&scan.facts.names.get(call.name)) && others.len() > 2 {
            others.clear();
        }
        if others.len() > MOST_DEFINITIONS { Vec::new() } else { others }
    }

    fn imports(&self, scan: &Scan, file: u32) -> Rc<Vec<Vec<u32>>> {
        let read = || Rc::new(packed::imports(scan.facts.units_of(file as usize)));
        Rc::clone(self.imports.borrow_mut().entry(file).or_insert_with(read))
    }

    /// What a unit calls, each with how sure that is.
    pub(crate) fn callees(&self, scan: &Scan, unit: usize) -> Vec<(usize, f32)> {
        let mut callees = Vec::new();
        for call in scan.units[unit].calls() {
            callees.extend(self.resolve(scan, unit, &call).shared());
        }
        callees
    }

    /// What calls a unit, each with how sure that is.
    pub(crate) fn callers(&self, scan: &Scan, unit: usize) -> Vec<(usize, f32)> {
        let Some(calls) = scan.units[unit].name.and_then(|name| self.calls_of.get(&name)) else {
            return Vec::new();
        };
        if calls.len() > MOST_CALLERS {
            return Vec::new();
        }
        let site = |(caller, call): &(u32, Call)| {
            let caller = *caller as usize;
            let meant = self.resolve(scan, caller, call);
            meant.shared().find(|(at, _)| *at == unit).map(|(_, sure)| (caller, sure))
        };
        calls.iter().filter(|(caller, _)| *caller as usize != unit).filter_map(site).collect()
    }
}

/// Of definitions of one name in classes of one name, those nearest to the caller: its file, else all.
fn nearest(scan: &Scan, unit: usize, units: &[u32]) -> Vec<usize> {
    let all = || units.iter().map(|at| *at as usize);
    let here: Vec<usize> = all().filter(|at| scan.file_of[*at] == scan.file_of[unit]).collect();
    let mut found = if here.is_empty() { all().collect() } else { here };
    // In Python the last definition of a name is the one that stands: those before it say types.
    if scan.family(unit) == Some("python") {
        let last: FxHashMap<_, _> = found.iter().map(|at| ((scan.file_of[*at], scan.parent(*at)), *at)).collect();
        found.retain(|at| last.get(&(scan.file_of[*at], scan.parent(*at))) == Some(at));
    }
    found
}

/// Whether an import brings `name` from the file of a unit.
fn brings(scan: &Scan, import: &[u32], name: u32, unit: usize) -> bool {
    import.contains(&name) && names_file(scan, import, unit)
}

/// Whether an import names the file of a unit, or its folder.
fn names_file(scan: &Scan, import: &[u32], unit: usize) -> bool {
    let mut names = import.iter().map(|name| scan.facts.names.get(*name));
    if scan.family(unit).is_some_and(language::shares_folder) {
        // `github.com/a/b/c` is the folder `c`, not the folder or file `b`; `/v2` behind it is its version.
        let is_version =
            |name: &str| name.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        return names.rev().find(|name| !is_version(name)).is_some_and(|name| is_module(scan, unit, name));
    }
    names.any(|name| is_module(scan, unit, name))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a file is the module of a name: by its own name, or its folder's where that is what is imported.
fn is_module(scan: &Scan, unit: usize, name: &str) -> bool {
    let path = scan.path(unit);
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let folder = folders.rsplit('/').next().unwrap_or(folders);
    let shares = scan.family(unit).is_some_and(language::shares_folder);
    let of_folder = matches!(stem, "mod" | "index" | "__init__" | "lib" | "main") || shares;
    // The folder of the whole subject has no name that is known: its file of that name stands for it.
    (folder.is_empty() || !shares) && stem == name || of_folder && folder == name
}
