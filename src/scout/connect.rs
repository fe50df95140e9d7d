//! How places hang together: real call sites between them, and the way from an entry point to one.

use super::research::Findings;
use super::scan::Scan;
use super::trace::Graph;
use super::walk::Role;
use rustc_hash::{FxHashMap, FxHashSet};

/// A call: who, whom, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) caller: usize,
    pub(crate) callee: usize,
    /// Of the call, from 1.
    pub(crate) line: u32,
    /// Definitions that the called name may mean.
    pub(crate) meanings: usize,
}

/// Names that every library has, too: a call of one says nothing about which is meant, unless it stands
/// in the same class.
const COMMON: &[&str] = &[
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

/// Whether a call can be told to mean this definition.
fn is_told(scan: &Scan, from: usize, to: usize, meanings: usize) -> bool {
    let name = scan.name(to).unwrap_or("").to_ascii_lowercase();
    let related = scan.parent(from).is_some() && scan.parent(from) == scan.parent(to);
    related || meanings <= 2 && !COMMON.contains(&name.as_str())
}

/// Calls among the first `count` places, in ranked order; none twice.
pub(crate) fn among(scan: &Scan, found: &Findings, count: usize) -> Vec<Step> {
    let units: Vec<usize> = found.places.iter().take(count).map(|place| whole(scan, place.ranked.unit)).collect();
    let mut steps = Vec::new();
    for caller in &units {
        for (name, line) in scan.units[*caller].calls() {
            let meant = found.graph.resolve(scan, *caller, name);
            for (callee, _) in &meant {
                let new = !steps.iter().any(|step: &Step| step.caller == *caller && step.callee == *callee);
                if units.contains(callee) && callee != caller && new && is_told(scan, *caller, *callee, meant.len()) {
                    steps.push(Step { caller: *caller, callee: *callee, line, meanings: meant.len() });
                }
            }
        }
    }
    steps
}

/// A part stands for the definition it is a part of.
pub(crate) fn whole(scan: &Scan, unit: usize) -> usize {
    if scan.units[unit].kind == super::language::Kind::Part { scan.parent(unit).unwrap_or(unit) } else { unit }
}

/// Longer ways are no explanation.
const LONGEST: usize = 5;
/// So many callers are followed at each step.
const WIDEST: usize = 30;

/// A way by which calls reach a unit: from far to near. Empty if nothing is seen to call it.
pub(crate) fn way_to(scan: &Scan, found: &Findings, unit: usize) -> Vec<Step> {
    let mut before: FxHashMap<usize, Step> = FxHashMap::default();
    let mut level = vec![unit];
    let mut seen: FxHashSet<usize> = FxHashSet::from_iter([unit]);
    let mut farthest = unit;
    for _ in 0..LONGEST {
        let mut callers: Vec<Step> = Vec::new();
        let sites = sites(scan, &found.graph, &level);
        for step in sites {
            if scan.role(step.caller) <= Role::Vendored && !scan.units[step.caller].test && seen.insert(step.caller) {
                callers.push(step);
            }
        }
        if callers.is_empty() {
            break;
        }
        callers.sort_by_key(|step| {
            (
                is_aside(scan, step.caller),
                step.meanings,
                !ranked(found, step.caller),
                !scan.units[step.caller].exported,
                step.caller,
            )
        });
        callers.truncate(WIDEST);
        level = callers.iter().map(|step| step.caller).collect();
        farthest = level[0];
        for step in callers {
            before.insert(step.caller, step);
        }
    }
    let mut way = Vec::new();
    let mut at = farthest;
    while let Some(step) = before.get(&at) {
        way.push(step.clone());
        at = step.callee;
    }
    way
}

fn ranked(found: &Findings, unit: usize) -> bool {
    found.places.iter().any(|place| place.ranked.unit == unit)
}

/// The way through the handling of errors is seldom the main one.
fn is_aside(scan: &Scan, unit: usize) -> bool {
    let name = scan.name(unit).unwrap_or("").to_ascii_lowercase();
    ["error", "exception", "fail", "debug", "deprecated"].iter().any(|aside| name.contains(aside))
}

/// All calls of some units, found in one pass.
fn sites(scan: &Scan, graph: &Graph, units: &[usize]) -> Vec<Step> {
    let names: FxHashSet<u32> = units.iter().filter_map(|unit| scan.units[*unit].name).collect();
    let mut steps = Vec::new();
    for (caller, unit) in scan.units.iter().enumerate() {
        if !unit.kind.is_callable() {
            continue;
        }
        for (name, line) in unit.calls().filter(|(name, _)| names.contains(name)) {
            let meant = graph.resolve(scan, caller, name);
            for callee in units.iter().filter(|unit| meant.iter().any(|(at, _)| at == *unit)) {
                if !is_told(scan, caller, *callee, meant.len()) {
                    continue;
                }
                steps.push(Step { caller, callee: *callee, line, meanings: meant.len() });
            }
        }
    }
    steps
}
