//! What a place does in its order, and what happens in it when something is wrong.

use super::Page;
use crate::scout::conditions;
use crate::scout::connect;
use crate::scout::excerpt;
use crate::scout::language;
use crate::scout::query::Ask;
use crate::scout::rank::Ranker;
use crate::scout::research::Findings;
use crate::scout::walk::Role;
use regex::Regex;
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// So many steps are told.
const STEPS: usize = 5;
/// A callee of fewer lines that calls nothing is no step.
const SHORT: u32 = 3;
/// Handlers within so many lines are told as one.
const ROW: u32 = 2;
/// So many errors and handlers.
const CONDITIONS: usize = 4;
/// What is caught is looked for above so many of the best places, ...
const CAUGHT_OF: usize = 3;
/// ... so many calls up, ...
const CAUGHT_ABOVE: usize = 3;
/// ... and told of so many handlers.
const CAUGHT: usize = 4;
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
            let there = self.cite_head(callee);
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
        let caught = if ranker.query.of_failure { self.caught(found) } else { Vec::new() };
        if lines.is_empty() && caught.is_empty() {
            if ranker.query.of_failure {
                self.put(
                    "No line of these places raises or catches an error in the usual form of its language; a call may report one.\n\n",
                );
            }
            return false;
        }
        self.put("## What can go wrong\n\n");
        for line in caught {
            let _ = writeln!(self.text, "- {line}");
        }
        let more = lines.len().saturating_sub(CONDITIONS);
        for (unit, condition) in lines.into_iter().take(CONDITIONS) {
            let citation = self.cite(unit, condition.line, condition.line, 0.0);
            let name = excerpt::code(&self.scan.qualified(unit).unwrap_or_else(|| "code".to_owned()));
            let said = excerpt::code(&condition.text);
            let verb = if condition.catches { "handles" } else { "raises" };
            let _ = write!(self.text, "- {name} {verb} at {citation}: {said}");
            if let Some((_, under)) = condition.under {
                let _ = write!(self.text, ", under {}", excerpt::code(&under));
            }
            self.put("\n");
        }
        if more > 0 {
            let _ = writeln!(self.text, "- and {more} more in these places");
        }
        self.put("\n");
        true
    }

    /// Where an error that comes out of the best places is caught on its way up, and what is called there.
    fn caught(&mut self, found: &Findings) -> Vec<String> {
        let best = found.places.iter().take(CAUGHT_OF).map(|place| connect::whole(self.scan, place.ranked.unit));
        let mut level: Vec<usize> = best.filter(|unit| self.scan.units[*unit].kind.is_callable()).collect();
        let mut seen = level.clone();
        let mut handlers: Vec<(usize, u32)> = Vec::new();
        let mut told = Vec::new();
        let mut forms: FxHashMap<Option<&str>, Option<Regex>> = FxHashMap::default();
        for _ in 0..CAUGHT_ABOVE {
            let mut above = Vec::new();
            for step in connect::sites(self.scan, &found.graph, &level) {
                let (caller, head) = (step.caller, &self.scan.units[step.caller]);
                let is_source = self.scan.role(caller) <= Role::Vendored && !head.test;
                if !is_source || step.meanings > 2 || step.caller == step.callee {
                    continue;
                }
                let (path, last) = (self.scan.path(caller), head.last);
                let text = self.sources.lines(path);
                let form = forms.entry(language::family(path)).or_insert_with(|| conditions::handlers(path));
                if let Some((line, said)) =
                    form.as_ref().and_then(|form| conditions::caught(form, text, step.line, last))
                    && !handlers.contains(&(caller, line))
                {
                    let end = conditions::end_of_handler(text, line, last);
                    handlers.push((caller, line));
                    told.push(self.handler(found, &step, (line, end), &said));
                }
                if !seen.contains(&caller) {
                    seen.push(caller);
                    above.push(caller);
                }
            }
            level = above;
        }
        told.truncate(CAUGHT);
        told
    }

    fn handler(&mut self, found: &Findings, step: &connect::Step, (line, end): (u32, u32), said: &str) -> String {
        let unit = step.caller;
        let name = excerpt::code(&self.scan.qualified(unit).unwrap_or_else(|| "code".to_owned()));
        let citation = self.cite(unit, line, line, 0.0);
        let callee = excerpt::code(&self.scan.qualified(step.callee).unwrap_or_default());
        let said = excerpt::code(said);
        let mut text = format!("{name} catches at {citation} what comes out of {callee}: {said}");
        let calls: Vec<usize> = self
            .calls(found, unit)
            .into_iter()
            .filter(|(at, _)| (line..=end).contains(at))
            .map(|(_, callee)| callee)
            .collect();
        for callee in calls.into_iter().take(2) {
            let there = self.cite_head(callee);
            let _ =
                write!(text, "; calls {} ({there})", excerpt::code(&self.scan.qualified(callee).unwrap_or_default()));
        }
        text
    }
}
