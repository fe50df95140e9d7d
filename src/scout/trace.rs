//! Who calls whom, as far as names tell: calls resolved to definitions, across files.

use super::language::{self, Kind};
use super::rank::Ranked;
use super::scan::Scan;
use super::walk::Role;
use rustc_hash::{FxHashMap, FxHashSet};

/// Calls between the units of a subject.
pub(crate) struct Graph {
    /// By name: the units so named that can be called.
    named: FxHashMap<u32, Vec<u32>>,
    /// By name: units that call it, with the line; only for names asked for.
    calls_of: FxHashMap<u32, Vec<(u32, u32)>>,
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
        let mut calls_of: FxHashMap<u32, Vec<(u32, u32)>> = FxHashMap::default();
        for (at, unit) in scan.units.iter().enumerate() {
            for (name, line) in unit.calls().filter(|(name, _)| wanted.contains(name)) {
                calls_of.entry(name).or_default().push((u32::try_from(at).unwrap_or(u32::MAX), line));
            }
        }
        Self { named, calls_of }
    }

    /// The definitions that a call of `name` in `unit` can mean, each with how sure that is.
    pub(crate) fn resolve(&self, scan: &Scan, unit: usize, name: u32) -> Vec<(usize, f32)> {
        let Some(all) = self.named.get(&name) else {
            return Vec::new();
        };
        let file = scan.file_of[unit];
        let class = scan.parent(unit);
        let here: Vec<usize> =
            all.iter().map(|at| *at as usize).filter(|at| scan.file_of[*at] == file && *at != unit).collect();
        if let Some(class) = class {
            let mine: Vec<usize> = here.iter().copied().filter(|at| scan.parent(*at) == Some(class)).collect();
            if !mine.is_empty() {
                return share(&mine, 1.0);
            }
        }
        if !here.is_empty() {
            return share(&here, 1.0);
        }
        let family = language::family(scan.path(unit));
        let mut others: Vec<usize> = all
            .iter()
            .map(|at| *at as usize)
            .filter(|at| *at != unit && (family.is_none() || language::family(scan.path(*at)) == family))
            .collect();
        let source = |at: usize| scan.role(at) <= Role::Vendored && !scan.units[at].test;
        if others.iter().any(|at| source(*at)) {
            others.retain(|at| source(*at));
        }
        if others.len() > MOST_DEFINITIONS { Vec::new() } else { share(&others, 0.9) }
    }

    /// What a unit calls.
    pub(crate) fn callees(&self, scan: &Scan, unit: usize) -> Vec<(usize, f32)> {
        let mut callees = Vec::new();
        for (name, _) in scan.units[unit].calls() {
            callees.extend(self.resolve(scan, unit, name));
        }
        callees
    }

    /// What calls a unit.
    pub(crate) fn callers(&self, scan: &Scan, unit: usize) -> Vec<(usize, f32)> {
        self.sites(scan, unit).into_iter().map(|(caller, _, sure)| (caller, sure)).collect()
    }

    /// The calls of a unit: caller, line, how sure.
    pub(crate) fn sites(&self, scan: &Scan, unit: usize) -> Vec<(usize, u32, f32)> {
        let Some(calls) = scan.units[unit].name.and_then(|name| self.calls_of.get(&name)) else {
            return Vec::new();
        };
        if calls.len() > MOST_CALLERS {
            return Vec::new();
        }
        let name = scan.units[unit].name.unwrap_or(0);
        let site = |(caller, line): &(u32, u32)| {
            let caller = *caller as usize;
            let meant = self.resolve(scan, caller, name);
            meant.iter().find(|(at, _)| *at == unit).map(|(_, sure)| (caller, *line, *sure))
        };
        calls.iter().filter(|(caller, _)| *caller as usize != unit).filter_map(site).collect()
    }
}

fn share(units: &[usize], sure: f32) -> Vec<(usize, f32)> {
    #[expect(clippy::cast_precision_loss, reason = "a dozen at most")]
    let sure = sure / units.len().max(1) as f32;
    units.iter().map(|unit| (*unit, sure)).collect()
}
