//! What a place does in its order, and what happens in it when something is wrong.

use super::Page;
use crate::scout::conditions;
use crate::scout::connect;
use crate::scout::excerpt;
use crate::scout::query::Ask;
use crate::scout::rank::Ranker;
use crate::scout::research::Findings;
use crate::scout::walk::Role;
use std::fmt::Write;

/// So many steps are told.
const STEPS: usize = 5;
/// A callee of fewer lines that calls nothing is no step.
const SHORT: u32 = 3;
/// Handlers within so many lines are told as one.
const ROW: u32 = 2;
/// So many errors and handlers.
const CONDITIONS: usize = 4;
/// In so many of the best places they are looked for.
const PLACES: usize = 4;

impl Page<'_, '_> {
    /// What the best place calls, in the order of its lines, as far as it can be told what is meant.
    /// Whether there are any.
    pub(super) fn steps(&mut self, found: &Findings) -> bool {
        let callable = |unit: &usize| self.scan.units[*unit].kind.is_callable();
        let wholes = found.places.iter().take(3).map(|place| connect::whole(self.scan, place.ranked.unit));
        let Some((unit, steps)) =
            wholes.filter(callable).map(|unit| (unit, self.calls(found, unit))).find(|(_, steps)| steps.len() > 1)
        else {
            return false;
        };
        let name = excerpt::code(&self.scan.qualified(unit).unwrap_or_default());
        let _ = write!(self.text, "## What {name} calls, in order\n\n");
        let more = steps.len().saturating_sub(STEPS);
        for (at, (line, callee)) in (1..).zip(steps.into_iter().take(STEPS)) {
            let citation = self.cite(unit, line, line, 0.0);
            let target = excerpt::code(&self.scan.qualified(callee).unwrap_or_default());
            let head = &self.scan.units[callee];
            let there = self.cite(callee, head.first, head.last.min(head.first + crate::scout::cite::WHOLE), 0.0);
            let _ = write!(self.text, "{at}. {citation}: {target} ({there})");
            if let Some(summary) = excerpt::summary(self.scan, callee, self.sources) {
                let _ = write!(self.text, ": “{summary}”");
            }
            self.put("\n");
        }
        if more > 0 {
            let _ = writeln!(self.text, "\nAnd {more} more calls.");
        }
        self.put("\n");
        true
    }

    /// Line and callee of each call that is told, in order; of the source alone.
    fn calls(&self, found: &Findings, unit: usize) -> Vec<(u32, usize)> {
        let mut steps: Vec<(u32, usize)> = Vec::new();
        for call in self.scan.units[unit].calls() {
            let meant = found.graph.resolve(self.scan, unit, &call);
            let [callee] = meant.units[..] else { continue };
            let is_source = self.scan.role(callee) <= Role::Vendored && !self.scan.units[callee].test;
            let is_new = callee != unit && !steps.iter().any(|(_, known)| *known == callee);
            if is_new
                && is_source
                && self.says_something(found, callee)
                && meant.how.is_told()
                && self.scan.units[callee].kind.is_callable()
            {
                steps.push((call.line, callee));
            }
        }
        steps.sort_unstable();
        steps
    }

    /// Whether a callee is more than a look at a value; or is one of the places found.
    fn says_something(&self, found: &Findings, unit: usize) -> bool {
        let head = &self.scan.units[unit];
        head.last - head.first >= SHORT
            || head.calls().count() > 1
            || found.places.iter().any(|place| place.ranked.unit == unit)
    }

    /// Where the best places raise errors and catch them, and when. Whether that was asked for.
    pub(super) fn conditions(&mut self, ranker: &Ranker, found: &Findings) -> bool {
        if ranker.query.ask != Ask::Flow && !ranker.query.of_failure {
            return false;
        }
        let mut lines = Vec::new();
        for place in found.places.iter().take(PLACES) {
            let unit = place.ranked.unit;
            let documented = self.scan.units[connect::whole(self.scan, unit)].doc.unwrap_or((1, 0));
            let path = self.scan.path(unit);
            let text = self.sources.lines(path);
            let all = conditions::of(path, text, place.lines.first, place.lines.last, documented);
            lines.extend(all.into_iter().map(|condition| (unit, condition)));
        }
        // Several in a row are one handler.
        lines.dedup_by(|later, known| {
            let near = later.0 == known.0 && later.1.line <= known.1.line + ROW;
            near && later.1.catches && known.1.catches
        });
        if lines.is_empty() {
            if ranker.query.of_failure {
                self.put(
                    "No line of these places raises or catches an error in the usual form of its language; a call may report one.\n\n",
                );
            }
            return false;
        }
        self.put("## What can go wrong\n\n");
        let more = lines.len().saturating_sub(CONDITIONS);
        for (unit, condition) in lines.into_iter().take(CONDITIONS) {
            let citation = self.cite(unit, condition.line, condition.line, 0.0);
            let name = excerpt::code(&self.scan.qualified(unit).unwrap_or_else(|| "code".to_owned()));
            let said = excerpt::code(&condition.text);
            let verb = if condition.catches { "handles" } else { "raises" };
            let _ = write!(self.text, "- {name} {verb} at {citation}: {said}");
            if let Some((line, under)) = condition.under {
                let _ = write!(self.text, ", under {} in line {line}", excerpt::code(&under));
            }
            self.put("\n");
        }
        if more > 0 {
            let _ = writeln!(self.text, "- and {more} more in these places");
        }
        self.put("\n");
        true
    }
}
