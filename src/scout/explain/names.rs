//! What an answer says of the names that the question gives.

use super::Page;
use crate::scout::excerpt;
use crate::scout::named::Named;
use crate::scout::research::Findings;
use std::fmt::Write;

/// So many lines of a name are told.
const LINES: usize = 8;

impl Page<'_, '_> {
    /// Names that are nowhere, first of all.
    pub(super) fn absent(&mut self, found: &Findings, files: usize) {
        for one in found.named.iter().filter(|one| !one.is_here()) {
            let name = excerpt::code(&one.name);
            let _ = write!(self.text, "{name} is not in this code: no line of the {files} files read has that name.");
            let alike: Vec<String> = one.alike.iter().map(|unit| self.defined(*unit)).collect();
            if !alike.is_empty() {
                let _ = write!(self.text, " Its words are those of {}.", alike.join(", "));
            }
            self.put("\n\n");
        }
    }

    /// `name` (`path:lines`).
    fn defined(&mut self, unit: usize) -> String {
        let citation = self.cite_head(unit);
        format!("{} ({citation})", self.called(unit))
    }

    /// How the first place comes by its rank, where a name of the question leads to it.
    pub(super) fn why_first(found: &Findings) -> Option<String> {
        let place = found.places.first()?;
        let unit = place.ranked.unit;
        let of = |one: &&Named| one.definitions.contains(&unit);
        if let Some(one) = found.named.iter().find(of) {
            return Some(match one.definitions.len() {
                1 => format!("{} is defined here: ", excerpt::code(&one.name)),
                many => format!("{} is defined {many} times, first here: ", excerpt::code(&one.name)),
            });
        }
        let set = |one: &&Named| {
            one.definitions.is_empty()
                && one.sets.iter().any(|at| Some(one.sites[*at].line) == place.line && one.sites[*at].unit == unit)
        };
        found.named.iter().find(set).map(|one| format!("{} is set here: ", excerpt::code(&one.name)))
    }

    /// Where the names stand, line by line.
    pub(super) fn stands(&mut self, found: &Findings) {
        for one in found.named.iter().filter(|one| one.is_here()) {
            let name = excerpt::code(&one.name);
            let _ = write!(self.text, "## Where {name} stands\n\n");
            let own = |unit: usize, line: u32| one.definitions.contains(&unit) && self.scan.units[unit].first == line;
            let lines: Vec<(usize, u32)> =
                one.sites.iter().map(|site| (site.unit, site.line)).filter(|(unit, line)| !own(*unit, *line)).collect();
            let many = match lines.len() {
                0 => "On no other line of the source".to_owned(),
                1 => "On one line of the source: ".to_owned(),
                many => format!("On {many} lines of the source: "),
            };
            self.put(&many);
            let told: Vec<String> = lines
                .iter()
                .take(LINES)
                .map(|(unit, line)| {
                    let citation = self.cite(*unit, *line, *line, 0.0);
                    match self.scan.qualified(*unit) {
                        Some(around) => format!("{citation} in {}", excerpt::code(&around)),
                        None => citation,
                    }
                })
                .collect();
            self.put(&told.join(", "));
            if lines.len() > LINES {
                let _ = write!(self.text, " and {} more", lines.len() - LINES);
            }
            if one.aside > 0 {
                let _ = write!(self.text, "; on {} in tests, examples and documentation", one.aside);
            }
            self.put(".\n\n");
        }
    }
}
