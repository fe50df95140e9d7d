//! What the code base is as a whole: the answer to a question that names nothing to look for.

use super::Page;
use crate::scout::excerpt;
use crate::scout::language::{self, Kind};
use crate::scout::list::innermost;
use crate::scout::walk::Role;
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// So many entry points and so many of the definitions called most are told.
const TOLD: usize = 6;
/// A sentence of the README lies within so many lines.
const PARAGRAPH: usize = 6;

impl Page<'_, '_> {
    /// The README's first sentence, the languages, the entry points, what is called from most places.
    pub(super) fn overview(&mut self) {
        self.put("The question names nothing that could be looked for; this is what the code base is as a whole.\n\n");
        self.readme();
        let mut languages: FxHashMap<&str, usize> = FxHashMap::default();
        let is_source = |role: Role| role <= Role::Vendored;
        for file in self.scan.facts.files.iter().filter(|file| file.parsed && file.role.is_ok_and(is_source)) {
            if let Some(at) = language::of_path(&file.path) {
                *languages.entry(language::ALL[at].name).or_default() += 1;
            }
        }
        let mut languages: Vec<(&str, usize)> = languages.into_iter().collect();
        languages.sort_by_key(|(name, files)| (usize::MAX - files, *name));
        if !languages.is_empty() {
            let told: Vec<String> = languages
                .iter()
                .map(|(name, files)| format!("{files} {} of {name}", if *files == 1 { "file" } else { "files" }))
                .collect();
            let _ = write!(self.text, "Its source: {}.\n\n", told.join(", "));
        }
        let entries = self.entries();
        self.told("Where it begins", &entries);
        let called = self.called_most();
        self.told("Called from most places", &called);
    }

    fn told(&mut self, title: &str, units: &[usize]) {
        if units.is_empty() {
            return;
        }
        let _ = write!(self.text, "## {title}\n\n");
        for unit in units {
            let citation = self.cite_head(*unit);
            let name = self.called(*unit);
            let _ = write!(self.text, "- {name} ({citation})");
            if let Some(summary) = excerpt::summary(self.scan, *unit, self.sources) {
                let _ = write!(self.text, ": “{summary}”");
            }
            self.put("\n");
        }
        self.put("\n");
    }

    /// The first sentence of the README that is nearest to the root.
    fn readme(&mut self) {
        let files = self.scan.facts.files.iter().enumerate();
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let readmes = files.filter(|(_, file)| file.role.is_ok() && name(&file.path).starts_with("readme"));
        let Some((file, path)) = readmes
            .map(|(at, file)| (at, file.path.clone()))
            .min_by_key(|(_, path)| (path.matches('/').count(), path.clone()))
        else {
            return;
        };
        let lines = self.sources.lines(&path);
        let is_prose = |line: &String| {
            let line = line.trim();
            line.starts_with(char::is_alphabetic) && line.contains(' ') || line.starts_with(['*', '_', '`'])
        };
        let below =
            |at: usize| lines.get(at + 1).is_some_and(|line| line.starts_with("===") || line.starts_with("---"));
        let Some(start) = (0..lines.len()).find(|at| is_prose(&lines[*at]) && !below(*at)) else { return };
        let paragraph: Vec<&str> =
            lines[start..].iter().map(|line| line.trim()).take_while(|line| !line.is_empty()).take(PARAGRAPH).collect();
        let last = start + paragraph.len();
        let said = excerpt::first_sentence(&paragraph.join(" "));
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        if let Some(unit) = innermost(self.scan, file, number(start + 1)) {
            let citation = self.cite(unit, number(start + 1), number(last), 0.0);
            let _ = write!(self.text, "“{said}” ({citation})\n\n");
        }
    }

    /// Functions that a program begins with; of the source, the outermost first.
    fn entries(&self) -> Vec<usize> {
        let is_entry = |unit: &usize| {
            let head = &self.scan.units[*unit];
            let named = self.scan.name(*unit).is_some_and(|name| matches!(name, "main" | "Main" | "__main__"));
            named && head.kind.is_callable() && !head.test && self.scan.role(*unit) == Role::Source
        };
        let mut entries: Vec<usize> = (0..self.scan.units.len()).filter(is_entry).collect();
        entries.sort_by_key(|unit| (self.scan.path(*unit).matches('/').count(), *unit));
        entries.truncate(TOLD);
        entries
    }

    /// Of the public definitions whose name is theirs alone, those that most others call.
    fn called_most(&self) -> Vec<usize> {
        let is_source = |unit: usize| self.scan.role(unit) == Role::Source && !self.scan.units[unit].test;
        let mut defined: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        let mut callers: FxHashMap<u32, usize> = FxHashMap::default();
        for (at, unit) in self.scan.units.iter().enumerate().filter(|(at, _)| is_source(*at)) {
            let counts = unit.kind.is_callable() && unit.kind != Kind::Callback || unit.kind == Kind::Class;
            if let Some(name) = unit.name.filter(|_| counts) {
                defined.entry(name).or_default().push(at);
            }
            let mut names: Vec<u32> = unit.calls().map(|call| call.name).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                *callers.entry(name).or_default() += 1;
            }
        }
        let mut called: Vec<(usize, usize)> = callers
            .into_iter()
            .filter_map(|(name, count)| match defined.get(&name).map(Vec::as_slice) {
                Some([unit]) if self.scan.units[*unit].exported && count > 1 => Some((count, *unit)),
                _ => None,
            })
            .collect();
        called.sort_by_key(|(count, unit)| (usize::MAX - count, *unit));
        called.into_iter().map(|(_, unit)| unit).take(TOLD).collect()
    }
}
