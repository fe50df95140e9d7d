//! Lists in an answer: each place with its line, and how the list was made.

use super::Page;
use crate::scout::cite::Cited;
use crate::scout::excerpt;
use crate::scout::list::{Listing, Site};
use crate::scout::research::Findings;
use std::fmt::Write;

/// So many places are shown, each with its line; of the rest the files are named.
const SHOWN: usize = 120;
/// Of one definition, sites that lie within so many lines are cited as one place.
const NEAR: u32 = 20;

impl Page<'_, '_> {
    /// Cites the places of a list, those first that answer the question best.
    pub(super) fn cite_best(&mut self, listing: &Listing, found: &Findings) {
        let rank = |site: &Site| {
            let ranked = |place: &Cited| crate::scout::connect::whole(self.scan, place.ranked.unit) == site.unit;
            found.places.iter().position(ranked).unwrap_or(usize::MAX)
        };
        let mut best: Vec<&Site> = listing.sites.iter().collect();
        best.sort_by_key(|site| (rank(site), site.file, site.line));
        let mut cited: Vec<(usize, u32)> = Vec::new();
        for site in best {
            if cited.iter().any(|(unit, line)| *unit == site.unit && line.abs_diff(site.line) <= NEAR) {
                continue;
            }
            let near = listing.sites.iter().filter(|other| other.unit == site.unit).map(|other| other.line);
            let last = near.filter(|line| *line >= site.line && line - site.line <= NEAR).max().unwrap_or(site.line);
            cited.push((site.unit, site.line));
            self.cite(site.unit, site.line, last, 0.0);
        }
    }

    /// All places of a sort, in the order of the source.
    pub(super) fn listing(&mut self, listing: &Listing, found: &Findings) {
        let mut files: Vec<usize> = listing.sites.iter().map(|site| site.file).collect();
        files.dedup();
        let many = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        if found.listings.len() > 1 {
            let _ = write!(self.text, "## {}\n\n", capital(&listing.what));
        }
        let _ = write!(
            self.text,
            "{}: {} in {}.\n\n",
            capital(&listing.what),
            many(listing.sites.len(), "place", "places"),
            many(files.len(), "file", "files")
        );
        for site in listing.sites.iter().take(SHOWN) {
            let citation = self.cite(site.unit, site.line, site.line, 0.0);
            let within = self.scan.qualified(site.unit).map(|name| format!(", in {}", excerpt::code(&name)));
            let text = if site.text.is_empty() {
                excerpt::signature(self.scan, site.unit, self.sources).unwrap_or_default()
            } else {
                site.text.clone()
            };
            let _ = writeln!(self.text, "- {citation}{}: {}", within.unwrap_or_default(), excerpt::code(&text));
        }
        if let Some(rest) = listing.sites.get(SHOWN..).filter(|rest| !rest.is_empty()) {
            let mut counts: Vec<(usize, usize)> = Vec::new();
            for site in rest {
                match counts.last_mut().filter(|(file, _)| *file == site.file) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((site.file, 1)),
                }
            }
            let named: Vec<String> = counts
                .iter()
                .take(SHOWN)
                .map(|(file, count)| format!("{} ({count})", excerpt::code(&self.scan.facts.files[*file].path)))
                .collect();
            let _ = write!(self.text, "\nAnd {} more: {}.\n", rest.len(), named.join(", "));
        }
        self.put("\n");
    }

    /// How a list was made, and what may be missing.
    pub(super) fn looked(&mut self, listing: &Listing) {
        let _ = write!(self.text, "For {}, {} files of code were read", listing.what, listing.read);
        if listing.passed > 0 {
            let _ = write!(self.text, ", {} more have no word that such a place has", listing.passed);
        }
        let _ = write!(self.text, ". {} ", listing.method);
        if listing.aside > 0 {
            let _ = write!(self.text, "Left out: {} in tests, examples and the like. ", listing.aside);
        }
    }

    /// What belongs together, where that was asked for.
    pub(super) fn group(&mut self, found: &Findings) {
        let Some(group) = &found.group else { return };
        let _ = write!(
            self.text,
            "## All of them\n\n{} definitions share {}",
            group.units.len(),
            excerpt::plain(&group.common)
        );
        if let Some(register) = group.register {
            let citation = self.cite(register, self.scan.units[register].first, self.scan.units[register].last, 0.0);
            let name = self.scan.qualified(register).unwrap_or_default();
            let _ = write!(self.text, "; {} ({citation}) names them", excerpt::code(&name));
        }
        self.put(".\n\n");
        for unit in &group.units {
            let text = if let Some(place) = found.places.iter().find(|place| place.ranked.unit == *unit) {
                self.describe(place, true)
            } else {
                let head = &self.scan.units[*unit];
                let citation = self.cite(*unit, head.first, head.last, 0.0);
                format!("{} ({citation})", excerpt::code(&self.scan.qualified(*unit).unwrap_or_default()))
            };
            let _ = writeln!(self.text, "- {text}");
        }
        self.put("\n");
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
