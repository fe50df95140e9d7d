//! Names that a question gives exactly (`save_session`, `SESSION_COOKIE_NAME`, anything in backticks): where
//! each is defined or set, and every line that it stands on. Such a name leads the answer, or is told to be absent.

use super::cite::{self, Cited, Lines, Sources};
use super::families::Families;
use super::language::{self, Kind};
use super::list::{Site, innermost};
use super::packed;
use super::query::Query;
use super::rank::{Ranked, Ranker};
use super::scan::Scan;
use super::walk::Role;
use crate::words;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// A name and what became of it.
pub(crate) struct Named {
    /// As asked, without marks.
    pub(crate) name: String,
    /// What is so named, of the source first.
    pub(crate) definitions: Vec<usize>,
    /// Lines of the source that it stands on, in the order of the source.
    pub(crate) sites: Vec<Site>,
    /// Of those, the places of the ones that set it.
    pub(crate) sets: Vec<usize>,
    /// Lines in tests, examples and documentation.
    pub(crate) aside: usize,
    /// What is named by the same words in another form, where the name itself is nowhere.
    pub(crate) alike: Vec<usize>,
}

/// A word of the question that has the form of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    name: String,
    /// Whether it can be nothing else: then it is told where it is absent.
    is_sure: bool,
}

/// So many names of a question are looked up.
const MOST_NAMES: usize = 4;
/// So many files are read for a name.
const MOST_FILES: usize = 4000;
/// So many definitions or settings of one name lead.
const LEADING: usize = 3;
/// So many uses follow them.
const USES: usize = 7;
/// In more definitions than this a name is a tool for everything, and where it stands says nothing.
const COMMON: usize = 14;

impl Named {
    /// Whether the subject has it.
    pub(crate) fn is_here(&self) -> bool {
        !self.definitions.is_empty() || !self.sites.is_empty() || self.aside > 0
    }

    /// The definitions of the source around the lines it stands on, without its own.
    fn users(&self) -> Vec<(usize, u32)> {
        let mut seen: FxHashSet<usize> = self.definitions.iter().copied().collect();
        self.sites.iter().filter(|site| seen.insert(site.unit)).map(|site| (site.unit, site.line)).collect()
    }
}

/// The names of a question.
pub(crate) fn find(question: &str, scan: &Scan, sources: &Sources) -> Vec<Named> {
    let forms = forms(question).into_iter().take(MOST_NAMES);
    forms.filter_map(|form| look_up(&form, scan, sources)).collect()
}

/// Puts what the names lead to before all other places.
pub(crate) fn lead(named: &[Named], places: Vec<Cited>, ranker: &Ranker, sources: &mut Sources) -> Vec<Cited> {
    let mut wanted: Vec<(usize, Option<u32>)> = Vec::new();
    let mut users: Vec<(usize, u32)> = Vec::new();
    for one in named {
        if one.definitions.is_empty() {
            let sets = one.sets.iter().map(|at| &one.sites[*at]);
            wanted.extend(sets.take(LEADING).map(|site| (site.unit, Some(site.line))));
        } else {
            wanted.extend(one.definitions.iter().take(LEADING).map(|unit| (*unit, None)));
        }
        wanted.extend(one.alike.iter().take(LEADING).map(|unit| (*unit, None)));
        users.extend(one.users());
    }
    let rank =
        |unit: usize| places.iter().position(|place| super::connect::whole(ranker.scan, place.ranked.unit) == unit);
    // What else the question speaks of chooses among the uses.
    let narrowed = speaks_of_more(named, ranker.query);
    users.retain(|(unit, _)| !narrowed || rank(*unit).is_some());
    users.sort_by_key(|(unit, line)| (rank(*unit).unwrap_or(usize::MAX), *unit, *line));
    if !narrowed || users.len() <= COMMON {
        wanted.extend(users.into_iter().take(USES).map(|(unit, line)| (unit, Some(line))));
    }
    let score = places.first().map_or(1.0, |place| place.ranked.score);
    let mut first: Vec<Cited> = Vec::new();
    for (unit, line) in wanted {
        let known = places.iter().find(|place| place.ranked.unit == unit).map(|place| place.ranked.clone());
        let fresh = || Ranked { unit, score, met: vec![0.0; ranker.query.concepts.len()] };
        let mut place = cite::choose(ranker, known.unwrap_or_else(fresh), sources);
        let head = &ranker.scan.units[unit];
        if line.is_none() && !narrowed && place.lines.first > head.first {
            place.lines = Lines { first: head.first, last: head.last.min(head.first + HEAD) };
            place.line = Some(head.first);
        }
        if let Some(line) = line {
            around(&mut place, line, ranker.scan);
        }
        add(&mut first, place, ranker.scan);
    }
    for place in places {
        add(&mut first, place, ranker.scan);
    }
    first
}

/// Adds a place that overlaps none before it.
fn add(places: &mut Vec<Cited>, place: Cited, scan: &Scan) {
    let overlaps = |known: &Cited| {
        scan.file_of[known.ranked.unit] == scan.file_of[place.ranked.unit]
            && known.lines.first <= place.lines.last
            && place.lines.first <= known.lines.last
    };
    if !places.iter().any(overlaps) {
        places.push(place);
    }
}

/// So many lines of a definition that is asked for and too long to be cited whole.
const HEAD: u32 = 19;
/// Lines before and behind the one that is meant.
const BEFORE: u32 = 2;
const BEHIND: u32 = 6;

/// The lines of a place around one of them, where it is not a function that is short enough to be read whole.
fn around(place: &mut Cited, line: u32, scan: &Scan) {
    let unit = &scan.units[place.ranked.unit];
    let within = (place.lines.first..=place.lines.last).contains(&line);
    if !(within && unit.kind.is_callable()) {
        let first = line.saturating_sub(BEFORE).max(unit.first).min(line);
        place.lines = Lines { first, last: (line + BEHIND).min(unit.last).max(line) };
    }
    place.line = Some(line);
}

/// Whether a question speaks of more than its names.
pub(crate) fn speaks_of_more(named: &[Named], query: &Query) -> bool {
    let mut own: Vec<String> = Vec::new();
    for one in named {
        words::each_stem(&one.name, |stem| own.push(stem.to_owned()));
    }
    query.concepts.iter().any(|concept| concept.weight >= 1.0 && !own.contains(&concept.stems[0].0))
}

/// Words in capitals that are no constants of the code: names of other things, and words that are shouted.
const SHOUTED: &str = " HTTP HTTPS JSON HTML UUID CORS CSRF ASCII SMTP IMAP YAML TOML WSGI ASGI REST SOAP OAUTH TODO FIXME GZIP \
POSIX UNIX SIGINT SIGTERM MIME ANSI DELETE PATCH HEAD POST OPTIONS TRACE CONNECT JSONP BASE64 SHA256 SHA512 READ WRITE MUST ALSO WHERE WHICH WHAT ";

/// What in a question has the form of a name.
fn forms(question: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut add = |name: &str, is_sure: bool| {
        if !forms.iter().any(|known| known.name == name) {
            forms.push(Form { name: name.to_owned(), is_sure });
        }
    };
    let pieces: Vec<&str> = question.split('`').collect();
    let paired = pieces.len() % 2 == 1;
    for (at, piece) in pieces.iter().enumerate() {
        if paired && at % 2 == 1 {
            let name = piece.trim().trim_end_matches("()").trim_start_matches('$');
            if is_path(name) {
                add(name, true);
            }
            continue;
        }
        for word in piece.split_whitespace() {
            let word = word.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '(' | ')')));
            let word = word.trim_start_matches(['(', ')']);
            let is_call = word.ends_with("()");
            let word = word.trim_end_matches(['(', ')']).trim_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
            let word = word.strip_suffix("'s").unwrap_or(word);
            if let Some(is_sure) = shape(word, is_call).filter(|_| is_path(word)) {
                add(word, is_sure);
            }
        }
    }
    forms
}

/// Whether a text is a name, or several joined by `.` or `::`.
fn is_path(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    text.len() > 1 && text.len() < 100 && parts(text).all(is_name)
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split('.').flat_map(|part| part.split("::"))
}

/// Whether a word has the form of a name, and whether it can be nothing else.
fn shape(word: &str, is_call: bool) -> Option<bool> {
    let bytes = word.as_bytes();
    let bar = word.trim_matches('_').contains('_');
    let capital = |at: usize| bytes[at].is_ascii_uppercase();
    let humps = (1..bytes.len()).filter(|at| capital(*at) && bytes[at - 1].is_ascii_lowercase()).count();
    // `macOS`, `iOS` and `eBay` are names of other things.
    let lower_first = bytes.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    let ends_small = bytes.last().is_some_and(u8::is_ascii_lowercase);
    let shouts = word.len() > 3 && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_call || bar || word.contains("::") {
        Some(true)
    } else if humps > 0 && !word.contains('.') {
        Some(lower_first > 1 && ends_small || humps > 2)
    } else {
        let dotted = word.contains('.') && parts(word).all(|part| part.len() > 1);
        let constant = shouts && !SHOUTED.split_whitespace().any(|known| known == word);
        (dotted || constant).then_some(false)
    }
}

fn look_up(form: &Form, scan: &Scan, sources: &Sources) -> Option<Named> {
    let name = form.name.as_str();
    // The name of a file, or of a kind of files, is none of the code.
    let is_file = |path: &str| path.ends_with(name) || language::of_path(name).is_some();
    if name.contains('.') && scan.facts.files.iter().any(|file| is_file(&file.path)) {
        return None;
    }
    let last = parts(name).last()?;
    let mut named = Named {
        name: name.to_owned(),
        definitions: definitions(name, last, scan),
        sites: Vec::new(),
        sets: Vec::new(),
        aside: 0,
        alike: Vec::new(),
    };
    for (file, line, end, text) in lines_with(name, scan, sources) {
        let unit = innermost(scan, file, line);
        let aside = unit.is_some_and(|unit| scan.units[unit].test || scan.units[unit].kind == Kind::Text)
            || scan.facts.files[file].role.is_ok_and(|role| role > Role::Vendored);
        match unit.filter(|_| !aside) {
            Some(unit) => {
                if is_set(&text, end) {
                    named.sets.push(named.sites.len());
                }
                named.sites.push(Site { file, unit, line, text: text.trim().chars().take(120).collect() });
            }
            None => named.aside += 1,
        }
    }
    if !named.is_here() {
        named.alike = alike(name, last, scan);
    }
    // What may be a word of prose only leads where the code defines it.
    let is_told = form.is_sure || !named.definitions.is_empty() || !named.sets.is_empty();
    is_told.then_some(named)
}

/// What is so named; what stands in a class that the name gives, where it gives one.
fn definitions(name: &str, last: &str, scan: &Scan) -> Vec<usize> {
    let Some(id) = (0..).zip(scan.facts.names.iter()).find(|(_, known)| *known == last).map(|(id, _)| id) else {
        return Vec::new();
    };
    let around: Vec<&str> = parts(name).collect();
    let around = around.get(..around.len() - 1).unwrap_or(&[]);
    let belongs = |unit: usize| {
        let Some(before) = around.last() else { return true };
        let qualified = scan.qualified(unit).unwrap_or_default();
        let mut outer = qualified.rsplit('.').skip(1);
        let file = scan.path(unit);
        let module = |part: &str| part == *before || part.split('.').next() == Some(before);
        outer.next() == Some(before) || file.rsplit('/').take(2).any(module)
    };
    let is_defined = |unit: &usize| {
        let unit = &scan.units[*unit];
        unit.name == Some(id) && !matches!(unit.kind, Kind::Text | Kind::Callback | Kind::Scope)
    };
    let mut found: Vec<usize> = (0..scan.units.len()).filter(is_defined).filter(|unit| belongs(*unit)).collect();
    found.sort_by_key(|unit| {
        let head = &scan.units[*unit];
        let aside = head.test || scan.role(*unit) > Role::Vendored;
        (aside, head.kind == Kind::Declaration, Families::is_method(scan, *unit) && around.is_empty(), *unit)
    });
    found
}

/// Every line with a name: its file, its number, where the name ends in it, its text.
fn lines_with(name: &str, scan: &Scan, sources: &Sources) -> Vec<(usize, u32, usize, String)> {
    let mut stems: FxHashSet<String> = FxHashSet::default();
    words::each_stem(name, |stem| {
        stems.insert(stem.to_owned());
    });
    let terms: FxHashSet<u32> =
        (0..).zip(scan.facts.terms.iter()).filter(|(_, term)| stems.contains(*term)).map(|(at, _)| at).collect();
    if terms.len() < stems.len() || terms.is_empty() {
        return Vec::new();
    }
    let could = |file: &usize| {
        packed::units(scan.facts.units_of(*file))
            .any(|unit| unit.terms().filter(|(term, _)| terms.contains(term)).count() == terms.len())
    };
    let mut files: Vec<usize> = (0..scan.facts.files.len()).into_par_iter().filter(could).collect();
    files.truncate(MOST_FILES);
    let read = |file: &usize| {
        let source = sources.read(&scan.facts.files[*file].path);
        let lines = (1..).zip(source.lines()).filter(|(_, text)| text.len() < 2000);
        let found = lines.filter_map(|(line, text)| Some((*file, line, end_of(text, name)?, text.to_owned())));
        found.collect::<Vec<_>>()
    };
    files.par_iter().flat_map_iter(read).collect()
}

/// Where a name ends in a line that holds it whole.
fn end_of(text: &str, name: &str) -> Option<usize> {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, found)| (at, at + found.len())).find_map(|(at, end)| {
        let whole = !text[..at].ends_with(joins) && !text[end..].starts_with(joins);
        whole.then_some(end)
    })
}

/// Whether a line gives the name that ends there a value: `NAME = 1`, `"NAME": 1`, `config["NAME"] = 1`.
fn is_set(text: &str, end: usize) -> bool {
    let bare = text.trim_start();
    if ["#", "//", "*", "/*", "--"].iter().any(|mark| bare.starts_with(mark) && !bare.starts_with("#define")) {
        return false;
    }
    if bare.starts_with("#define") {
        return true;
    }
    let rest = text[end..].trim_start_matches(['"', '\'', ']', ')', ' ', '?']);
    let value = |rest: &str| rest.starts_with(' ') && !rest.trim().is_empty();
    match rest.split_at_checked(1) {
        Some((":", rest)) => value(rest) || rest.starts_with('='),
        Some(("=", rest)) => !rest.starts_with(['=', '~']),
        _ => false,
    }
}

/// What is named by the same words in another form, or by the last part of the name.
fn alike(name: &str, last: &str, scan: &Scan) -> Vec<usize> {
    let taken_apart = |text: &str| {
        let mut parts = Vec::new();
        words::each_stem(text, |stem| parts.push(stem.to_owned()));
        parts
    };
    let wanted = taken_apart(last);
    if wanted.is_empty() {
        return Vec::new();
    }
    let is_alike = |known: &str| known == last && name != last || known.len() < 80 && taken_apart(known) == wanted;
    let ids: FxHashSet<u32> =
        (0..).zip(scan.facts.names.iter()).filter(|(_, known)| is_alike(known)).map(|(id, _)| id).collect();
    let source = |unit: &usize| scan.role(*unit) <= Role::Vendored && !scan.units[*unit].test;
    let is_so_named = |unit: &usize| {
        let unit = &scan.units[*unit];
        unit.name.is_some_and(|name| ids.contains(&name)) && !matches!(unit.kind, Kind::Text | Kind::Callback)
    };
    (0..scan.units.len()).filter(is_so_named).filter(source).take(LEADING).collect()
}

#[cfg(test)]
mod tests {
    use super::{end_of, forms, is_set};

    #[test]
    fn names_are_known_by_their_form() {
        for (question, names) in [
            ("where is SESSION_COOKIE_NAME read?", &[("SESSION_COOKIE_NAME", true)][..]),
            ("who calls url_for(), and `next`?", &[("url_for", true), ("next", true)]),
            ("how does getSession use Jar::open", &[("getSession", true), ("Jar::open", true)]),
            ("is it a WebSocket on macOS or on iOS", &[("WebSocket", false), ("macOS", false), ("iOS", false)]),
            ("how is HTTP spoken, e.g. by us", &[]),
            ("how is the path `a b` or `--flag` read", &[]),
            ("what does app.config hold", &[("app.config", false)]),
        ] {
            let found = forms(question);
            let found: Vec<(&str, bool)> = found.iter().map(|form| (form.name.as_str(), form.is_sure)).collect();
            assert_eq!(found, names, "{question}");
        }
    }

    #[test]
    fn a_value_is_told_from_a_use() {
        for (line, sets) in [
            ("NAME = 1", true),
            ("    \"NAME\": \"x\",", true),
            ("config['NAME'] = x", true),
            ("NAME := f()", true),
            ("#define NAME 1", true),
            ("if NAME == 1:", false),
            ("for x in NAME:", false),
            ("# NAME = 1", false),
            ("f(NAME)", false),
        ] {
            assert_eq!(is_set(line, end_of(line, "NAME").expect("the name")), sets, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(question: String, end in 0..9_usize) {
            for form in forms(&question) {
                end_of(&question, &form.name);
            }
            let at = (0..=end.min(question.len())).rev().find(|at| question.is_char_boundary(*at)).unwrap_or(0);
            is_set(&question, at);
        }
    }
}
