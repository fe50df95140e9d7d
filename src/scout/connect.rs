//! How places hang together: real call sites between them, and the way from an entry point to one.

use super::families::SELDOM_ALONE;
use super::research::Findings;
use super::scan::Scan;
use super::trace::{Graph, How, Meant};
use super::walk::Role;
use rustc_hash::{FxHashMap, FxHashSet};

/// A call: who, whom, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) caller: usize,
    pub(crate) callee: usize,
    /// Of the call, from 1.
    pub(crate) line: u32,
    /// Definitions that the call may mean.
    pub(crate) meanings: usize,
    /// What tells that.
    pub(crate) how: How,
}

impl Step {
    fn new(from: usize, to: usize, line: u32, meant: &Meant) -> Self {
        Self { caller: from, callee: to, line, meanings: meant.units.len(), how: meant.how }
    }

    /// Whether the code says that this is what is called.
    pub(crate) fn is_told(&self) -> bool {
        self.how.is_told() && self.meanings == 1
    }
}

/// Whether a call says enough of what it means to be told to a reader.
fn is_worth_telling(scan: &Scan, name: u32, meant: &Meant) -> bool {
    match meant.how {
        How::Name => {
            let name = scan.facts.names.get(name);
            meant.units.len() == 1 && !SELDOM_ALONE.contains(&name) && is_telling(name)
        }
        How::Like => meant.units.len() <= 3,
        _ => true,
    }
}

/// Whether a name alone is unlikely to be given twice: of three words, or long.
fn is_telling(name: &str) -> bool {
    let mut words = 0;
    crate::words::each(name, |_| words += 1);
    words > 2 || name.len() >= LONG_NAME
}

/// From so many letters on.
const LONG_NAME: usize = 10;

/// Calls among the first `count` places, in ranked order; none twice.
pub(crate) fn among(scan: &Scan, found: &Findings, count: usize) -> Vec<Step> {
    let units: Vec<usize> = found.places.iter().take(count).map(|place| whole(scan, place.ranked.unit)).collect();
    let mut steps = Vec::new();
    for caller in &units {
        for call in scan.units[*caller].calls() {
            let meant = found.graph.resolve(scan, *caller, &call);
            if !is_worth_telling(scan, call.name, &meant) {
                continue;
            }
            for callee in &meant.units {
                let new = !steps.iter().any(|step: &Step| step.caller == *caller && step.callee == *callee);
                // What tests call shows nothing of how code hangs together.
                let new =
                    new && (*caller == units[0] || !scan.units[*caller].test && scan.role(*caller) <= Role::Vendored);
                if units.contains(callee) && callee != caller && new {
                    steps.push(Step::new(*caller, *callee, call.line, &meant));
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
                !step.is_told(),
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
pub(crate) fn sites(scan: &Scan, graph: &Graph, units: &[usize]) -> Vec<Step> {
    let names: FxHashSet<u32> = units.iter().filter_map(|unit| scan.units[*unit].name).collect();
    let mut steps = Vec::new();
    for (caller, unit) in scan.units.iter().enumerate() {
        if !unit.kind.is_callable() {
            continue;
        }
        for call in unit.calls().filter(|call| names.contains(&call.name)) {
            let meant = graph.resolve(scan, caller, &call);
            if is_worth_telling(scan, call.name, &meant) {
                let called = units.iter().filter(|unit| meant.units.contains(unit));
                steps.extend(called.map(|callee| Step::new(caller, *callee, call.line, &meant)));
            }
        }
    }
    steps
}
