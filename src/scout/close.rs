//! A close look at the best places: what they are called and call, where they stand and what calls them,
//! beyond what words alone gave.

#![expect(clippy::cast_precision_loss, reason = "counts of calls: a rank needs no more digits")]

use super::cite::Cited;
use super::connect;
use super::language::Kind;
use super::rank::{Ranked, Ranker};
use super::trace::Graph;
use super::walk::Role;
use rustc_hash::FxHashSet;

/// So many of the best lend their callees worth.
const GOOD: usize = 40;
/// More callers say no more.
const MOST_WANTED: f32 = 3.0;

/// What is the same for all places of a question.
pub(crate) struct Close<'a> {
    ranker: &'a Ranker<'a>,
    graph: &'a Graph,
    good: FxHashSet<usize>,
}

impl<'a> Close<'a> {
    pub(crate) fn new(ranker: &'a Ranker<'a>, graph: &'a Graph, best: &[Ranked]) -> Self {
        Self { ranker, graph, good: best.iter().take(GOOD).map(|place| place.unit).collect() }
    }

    /// What a place is worth.
    pub(crate) fn worth(&self, place: &Cited) -> f32 {
        let (scan, weights) = (self.ranker.scan, self.ranker.weights);
        let unit = place.ranked.unit;
        let whole = connect::whole(scan, unit);
        let all = |unit: usize| scan.found(unit).iter().fold(0, |seen, word| seen | 1 << word.stem);
        let named = |unit: usize| {
            scan.found(unit).iter().filter(|word| word.counts.name > 0).fold(0, |seen, word| seen | 1 << word.stem)
        };
        let own: u128 = all(unit);
        let (mut reached, mut handed) = (own, 0);
        for (callee, _) in self.graph.callees(scan, whole) {
            reached |= all(callee);
            handed |= named(callee);
        }
        let callers = self.graph.callers(scan, whole);
        let wanted: f32 = callers.iter().filter(|(caller, _)| self.good.contains(caller)).map(|(_, sure)| sure).sum();
        let calls = scan.units[unit].calls().count() as f32;
        let power = weights.calls * calls.ln_1p()
            + weights.located * self.ranker.share(scan.paths[scan.file_of[unit] as usize])
            + weights.named * self.ranker.share(named(whole))
            + weights.beyond * (self.ranker.share(reached) - self.ranker.share(own))
            + weights.hands_on * self.ranker.share(handed)
            + weights.beside * self.ranker.strict_in_file(unit)
            + weights.wanted * wanted.min(MOST_WANTED)
            + self.standing(unit);
        place.plain * power.exp()
    }

    /// What its kind and the part its file plays are worth, as a power of e.
    fn standing(&self, unit: usize) -> f32 {
        let (scan, weights) = (self.ranker.scan, self.ranker.weights);
        let head = &scan.units[unit];
        let kind = match head.kind {
            Kind::Part => weights.part,
            Kind::Text if scan.has_code => -weights.prose,
            _ => 0.0,
        };
        let aside = head.test || scan.role(unit) > Role::Example;
        if aside { kind - weights.aside } else { kind }
    }
}
