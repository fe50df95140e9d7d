//! Definitions that belong together: of one class or file with a word in common, or of one name in the files
//! of a folder. "Which converters exist" asks for all of such a group, however well each alone fits.

use super::cite::Cited;
use super::families::Families;
use super::language::Kind;
use super::scan::Scan;
use super::walk::Role;
use crate::words;
use rustc_hash::FxHashMap;

/// A group of definitions.
pub(crate) struct Group {
    /// In the order of the source.
    pub(crate) units: Vec<usize>,
    /// What they have in common, for a reader.
    pub(crate) common: String,
    /// A value that names most of them.
    pub(crate) register: Option<usize>,
}

/// So many of the best places are looked at.
const LOOKED: usize = 15;
/// A group has at least and at most so many.
const SIZE: std::ops::RangeInclusive<usize> = 3..=40;
/// A group holds at least this share of what the places looked at are worth.
const SHARE: f32 = 0.3;

/// The largest group of definitions in one class or file whose names end with `head`; in a file that one of
/// the best places is in, or that is called so.
fn named(scan: &Scan, head: &str, places: &[Cited]) -> Option<Group> {
    let files: Vec<u32> = places.iter().map(|place| scan.file_of[place.ranked.unit]).collect();
    let is_near = |file: u32| {
        let mut called = false;
        let path = &scan.facts.files[file as usize].path;
        words::each_stem(path.rsplit('/').next().unwrap_or(path), |stem| called |= stem == head);
        called || files.contains(&file)
    };
    let mut groups: FxHashMap<Bond, Vec<usize>> = FxHashMap::default();
    for unit in 0..scan.units.len() {
        let own = scan.units[unit].name.filter(|_| is_near(scan.file_of[unit]));
        let Some(name) = own.map(|name| scan.facts.names.get(name)) else { continue };
        let mut last = false;
        words::each_stem(name, |stem| last = stem == head);
        if last {
            let ends = |bond: &Bond| matches!(bond, Bond::Word(_, _, _, false, _));
            for bond in bonds(scan, unit).into_iter().filter(ends) {
                groups.entry(bond).or_default().push(unit);
            }
        }
    }
    groups.retain(|_, units| SIZE.contains(&units.len()));
    let (bond, units) = groups.into_iter().max_by_key(|(bond, units)| (units.len(), bond.said(scan)))?;
    Some(Group { common: bond.said(scan), register: register(scan, &units), units })
}

/// What makes definitions siblings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Bond {
    /// Parent or owner, file, the kind, whether the first or the last word, the word.
    Word(Option<u32>, u32, bool, bool, String),
    /// The folder and the name.
    Name(String, u32),
}

/// The group that most of the worth of the best places lies in.
/// If there is one whose names end with `head`, what is asked for, that one.
pub(crate) fn group(scan: &Scan, head: Option<&str>, places: &[Cited]) -> Option<Group> {
    if let Some(named) = head.and_then(|head| named(scan, head, places)) {
        return Some(named);
    }
    let looked: Vec<(usize, f32)> = places
        .iter()
        .take(LOOKED)
        .map(|place| (super::connect::whole(scan, place.ranked.unit), place.ranked.score))
        .collect();
    let total: f32 = looked.iter().map(|(_, score)| score).sum();
    let mut worth: FxHashMap<Bond, (f32, usize)> = FxHashMap::default();
    for (unit, score) in &looked {
        for bond in bonds(scan, *unit) {
            let known = worth.entry(bond).or_default();
            *known = (known.0 + score, known.1 + 1);
        }
    }
    worth.retain(|_, (share, count)| *share >= SHARE * total && *count >= 2);
    if worth.is_empty() {
        return None;
    }
    let mut members: FxHashMap<&Bond, Vec<usize>> = FxHashMap::default();
    for unit in 0..scan.units.len() {
        for bond in bonds(scan, unit) {
            if let Some((bond, _)) = worth.get_key_value(&bond) {
                members.entry(bond).or_default().push(unit);
            }
        }
    }
    members.retain(|_, units| SIZE.contains(&units.len()));
    let (bond, units) = members.into_iter().max_by(|(a, of_a), (b, of_b)| {
        worth[*a]
            .0
            .total_cmp(&worth[*b].0)
            .then(of_a.len().cmp(&of_b.len()))
            .then_with(|| a.said(scan).cmp(&b.said(scan)))
    })?;
    let register = register(scan, &units);
    Some(Group { common: bond.said(scan), units, register })
}

impl Bond {
    fn said(&self, scan: &Scan) -> String {
        match self {
            Self::Word(_, _, _, true, word) => format!("names that begin with “{word}”"),
            Self::Word(_, _, _, false, word) => format!("names that end with “{word}”"),
            Self::Name(folder, name) => format!("the name “{}” in the files of {folder}/", scan.facts.names.get(*name)),
        }
    }
}

fn bonds(scan: &Scan, unit: usize) -> Vec<Bond> {
    let head = &scan.units[unit];
    let Some(name) = head.name else { return Vec::new() };
    let is_type = matches!(head.kind, Kind::Class | Kind::Interface | Kind::Type);
    let is_function = matches!(head.kind, Kind::Function | Kind::Method | Kind::Macro);
    if !(is_type || is_function) || head.test || scan.role(unit) > Role::Vendored {
        return Vec::new();
    }
    let mut parts: Vec<String> = Vec::new();
    words::each(scan.facts.names.get(name), |word| parts.push(word.to_owned()));
    let file = scan.file_of[unit];
    let around = Families::class_of(scan, unit).filter(|_| is_function);
    let mut bonds = Vec::new();
    if let (Some(first), Some(last)) = (parts.first(), parts.last().filter(|_| parts.len() > 1)) {
        bonds.push(Bond::Word(around, file, is_type, true, first.clone()));
        bonds.push(Bond::Word(around, file, is_type, false, last.clone()));
    }
    if is_function && around.is_none() {
        let folder = scan.path(unit).rsplit_once('/').map_or("", |(folder, _)| folder);
        bonds.push(Bond::Name(folder.to_owned(), name));
    }
    bonds
}

/// A value beside the group whose code names at least half of it, and three.
fn register(scan: &Scan, units: &[usize]) -> Option<usize> {
    let file = scan.file_of[*units.first()?];
    let names: Vec<u32> = units.iter().filter_map(|unit| scan.units[*unit].name).collect();
    let from = scan.first_of[file as usize] as usize;
    let to = scan.first_of.get(file as usize + 1).map_or(scan.units.len(), |next| *next as usize);
    let count_in = |unit: usize| {
        let terms: Vec<u32> = scan.units[unit].terms().map(|(term, _)| term).collect();
        names.iter().filter(|name| holds(scan, &terms, **name)).count()
    };
    let is_value = |unit: &usize| scan.units[*unit].kind == Kind::Constant && !units.contains(unit);
    let best = (from..to).filter(is_value).map(|unit| (count_in(unit), unit)).max_by_key(|(count, _)| *count)?;
    (best.0 >= 3 && best.0 * 2 >= names.len()).then_some(best.1)
}

/// Whether some terms hold all words of a name.
fn holds(scan: &Scan, terms: &[u32], name: u32) -> bool {
    let mut all = true;
    words::each_stem(scan.facts.names.get(name), |stem| {
        all &= terms.iter().any(|term| scan.facts.terms.get(*term) == stem);
    });
    all
}
