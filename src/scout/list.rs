//! Questions that ask for all places of a sort, answered by reading every line that could be one, not by
//! rank: what was looked at is counted, so that a reader knows how complete the list is.

use super::cite::Sources;
use super::families::Families;
use super::language::{self, Kind, Leaf};
use super::packed;
use super::query::{Ask, Query};
use super::scan::Scan;
use super::sorts::{self, Sort};
use super::symbols::{self, Symbols};
use super::walk::Role;
use crate::words;
use rayon::prelude::*;
use regex::Regex;
use rustc_hash::FxHashMap;

/// All places of a sort.
pub(crate) struct Listing {
    pub(crate) what: String,
    /// In the order of the source.
    pub(crate) sites: Vec<Site>,
    /// Files that could hold one, read line by line.
    pub(crate) read: usize,
    /// Files of which it was known from their words that they hold none.
    pub(crate) passed: usize,
    /// Places in tests and examples, left out.
    pub(crate) aside: usize,
    /// In one sentence: what was held against what.
    pub(crate) method: String,
}

impl Listing {
    /// Lists a definition, or counts it where it stands in tests or examples.
    fn add(&mut self, unit: usize, scan: &Scan) {
        if scan.units[unit].test || scan.role(unit) > Role::Vendored {
            self.aside += 1;
            return;
        }
        let (file, line) = (scan.file_of[unit] as usize, scan.units[unit].first);
        self.sites.push(Site { file, unit, line, text: String::new() });
    }
}

/// One place.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) file: usize,
    /// The innermost unit around it.
    pub(crate) unit: usize,
    /// From 1.
    pub(crate) line: u32,
    /// The line, without its indent.
    pub(crate) text: String,
}

/// Words of a question about the whole program, which narrow nothing.
const WHOLE: &str = "application app program library package codebase repository project module code source server client \
                     list lists which all every exist exists existing find found show where there tool";

/// The lists that a question asks for; none if it asks for something else.
pub(crate) fn asked(question: &str, query: &Query, scan: &Scan, sources: &Sources) -> Vec<Listing> {
    let mut words: Vec<String> = Vec::new();
    words::each(question, |word| words.push(word.to_owned()));
    if query.ask == Ask::List {
        // However it is asked, it asks for all.
        words.push("list".to_owned());
    }
    if let Some(listing) = undocumented(&words, scan).or_else(|| heirs(question, &words, scan)) {
        return vec![listing];
    }
    let sorts: Vec<&Sort> = sorts::ALL.iter().copied().filter(|sort| sort.is_asked(&words)).collect();
    // What else the question speaks of narrows it: then it asks for a place, unless it says "all".
    let known = |word: &str| {
        let holds = |list: &str| list.split_whitespace().any(|known| known == word);
        holds(WHOLE) || sorts.iter().any(|sort| holds(sort.vocabulary))
    };
    let narrowed = query.concepts.iter().any(|concept| concept.weight >= 1.0 && !known(&concept.word));
    if sorts.is_empty() || narrowed && query.ask != Ask::List {
        return Vec::new();
    }
    // What narrows the question may be what its answer is found by, where no line has a usual form.
    let listings = sorts.iter().map(|sort| of_sort(sort, scan, sources));
    listings.filter(|listing| !listing.sites.is_empty() || !narrowed && listing.read + listing.passed > 0).collect()
}

/// What a place of a sort looks like in a language.
struct Forms {
    always: Regex,
    /// Only where a line of the file has the second form.
    given: Option<(Regex, Regex)>,
}

impl Forms {
    fn of(sort: &Sort, family: &str) -> Option<Self> {
        let given =
            sort.given(family).and_then(|(form, other)| Some((Regex::new(form).ok()?, Regex::new(other).ok()?)));
        Some(Self { always: Regex::new(sort.form(family)?).ok()?, given })
    }
}

fn of_sort(sort: &Sort, scan: &Scan, sources: &Sources) -> Listing {
    let stems: Vec<String> = sort.hints.split_whitespace().map(words::stem).collect();
    let hints: Vec<bool> = scan.facts.terms.iter().map(|term| stems.iter().any(|stem| stem == term)).collect();
    let forms: FxHashMap<&str, Forms> = language::ALL
        .iter()
        .map(|language| language::family_of(language.name))
        .filter_map(|family| Some((family, Forms::of(sort, family)?)))
        .collect();
    let form_of = |file: usize| forms.get(language::family(&scan.facts.files[file].path)?);
    let is_code = |file: &usize| scan.facts.files[*file].parsed && form_of(*file).is_some();
    let files: Vec<usize> = (0..scan.facts.files.len()).filter(is_code).collect();
    let could = |file: &usize| {
        // In a shell every word is a command or a variable: none hints at a sort.
        let is_shell = language::family(&scan.facts.files[*file].path) == Some("bash");
        is_shell
            || packed::units(scan.facts.units_of(*file))
                .any(|unit| unit.terms().any(|(term, _)| hints.get(term as usize).copied().unwrap_or(false)))
    };
    let hopeful: Vec<usize> = files.par_iter().copied().filter(could).collect();
    let found: Vec<Vec<(usize, u32, String)>> = hopeful
        .par_iter()
        .map(|file| form_of(*file).map_or_else(Vec::new, |form| lines(*file, form, sort.in_comments, scan, sources)))
        .collect();
    let mut sites = Vec::new();
    let mut aside = 0;
    for (file, line, text) in found.into_iter().flatten() {
        let unit = innermost(scan, file, line);
        let is_aside = unit.is_some_and(|unit| scan.units[unit].test)
            || scan.facts.files[file].role.is_ok_and(|role| role > Role::Vendored);
        match unit.filter(|_| !is_aside) {
            Some(unit) => sites.push(Site { file, unit, line, text }),
            None => aside += 1,
        }
    }
    Listing {
        what: sort.what.to_owned(),
        sites,
        read: hopeful.len(),
        passed: files.len() - hopeful.len(),
        aside,
        method: "A line counts if it has one of the usual forms of its language; comments and text in quotation marks do not \
                 count. The same under another name (a wrapper, an alias) is not seen."
            .to_owned(),
    }
}

/// The lines of a file that match, but not in comments or strings; or only in comments.
fn lines(file: usize, forms: &Forms, in_comments: bool, scan: &Scan, sources: &Sources) -> Vec<(usize, u32, String)> {
    let path = &scan.facts.files[file].path;
    let source = sources.read(path);
    let mut matched: Vec<(usize, u32, &str)> = Vec::new();
    let given = forms.given.as_ref().filter(|(_, other)| source.lines().any(|line| other.is_match(line)));
    let find = |line| forms.always.find(line).or_else(|| given.and_then(|(form, _)| form.find(line)));
    let mut start = 0;
    for (line, text) in (1..).zip(source.split_inclusive('\n')) {
        if let Some(found) = find(text.trim_end()).filter(|_| text.len() < 2000) {
            // What stands before it in the form is white space, or a mark.
            let head = text[found.start()..].find(|c: char| c.is_alphanumeric() || c == '@').unwrap_or(0);
            matched.push((start + found.start() + head, line, text.trim()));
        }
        start += text.len();
    }
    if matched.is_empty() {
        return Vec::new();
    }
    let symbols = language::of(path, &source).and_then(|at| symbols::read(language::ALL[at], &source));
    let symbols = symbols.unwrap_or_default();
    let tokens = &symbols.tokens;
    let leaf = |byte: usize| {
        let next = tokens.partition_point(|token| token.bytes.start <= byte);
        let token = tokens.get(next.checked_sub(1)?)?;
        token.bytes.contains(&byte).then_some(token.leaf)
    };
    let counts = |byte: usize| match leaf(byte) {
        Some(Leaf::Comment) => in_comments,
        Some(Leaf::Text) => false,
        _ => !in_comments,
    };
    matched
        .into_iter()
        .filter(|(byte, _, text)| counts(*byte) && !is_defined(*byte, text, &source, &symbols))
        .map(|(_, line, text)| (file, line, text.chars().take(120).collect()))
        .collect()
}

/// Whether a name at a byte is the one that is defined there: the head of a definition is no use of its name
/// (`fn spawn(work: impl Fn())`). `text` is the line around it, without white space at its ends.
fn is_defined(byte: usize, text: &str, source: &str, symbols: &Symbols) -> bool {
    let (before, here) = (source.get(..byte).unwrap_or(""), source.get(byte..).unwrap_or(""));
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let named = &here[..here.bytes().take_while(|byte| in_name(*byte)).count()];
    let keyword = ["fn", "def", "func", "function", "fun", "sub"].iter().any(|word| {
        let head = before.trim_end().strip_suffix(word);
        head.is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let is_first = || text.find(&format!("{named}(")) == Some(line.trim_start().len());
    let is_method = || {
        symbols.definitions.iter().any(|definition| {
            let starts = definition.bytes.start <= byte && byte < definition.bytes.end;
            let near = source.get(definition.bytes.start..byte).is_some_and(|head| !head.contains(['{', '=', '(']));
            starts && near && definition.kind.is_callable() && definition.name == named
        })
    };
    keyword || is_first() && is_method()
}

/// The innermost unit of a file around a line.
pub(crate) fn innermost(scan: &Scan, file: usize, line: u32) -> Option<usize> {
    let from = scan.first_of[file] as usize;
    let to = scan.first_of.get(file + 1).map_or(scan.units.len(), |next| *next as usize);
    let around = |at: &usize| {
        let unit = &scan.units[*at];
        unit.kind != Kind::Part && unit.first <= line && line <= unit.last
    };
    (from..to).filter(around).min_by_key(|at| (scan.units[*at].last - scan.units[*at].first, usize::MAX - at)).or_else(
        || {
            // Between blocks: whatever begins before it.
            (from..to).rev().find(|at| scan.units[*at].first <= line)
        },
    )
}

/// What is meant for others and says nothing of itself, if that is asked.
fn undocumented(words: &[String], scan: &Scan) -> Option<Listing> {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let of_documentation = has(&["documentation", "docstring", "docstrings", "doc", "docs", "documented", "commented"]);
    let without = has(&["without", "no", "lack", "lacks", "lacking", "missing", "not"]) && of_documentation;
    let of_what = has(&[
        "function",
        "functions",
        "method",
        "methods",
        "class",
        "classes",
        "definition",
        "definitions",
        "api",
        "type",
        "types",
        "items",
        "symbols",
    ]);
    if !(has(&["undocumented"]) || without) || !of_what {
        return None;
    }
    let classes = has(&["class", "classes", "type", "types"]);
    let functions = has(&["function", "functions", "method", "methods"]) || !classes;
    let is_asked = |kind: Kind| {
        functions && matches!(kind, Kind::Function | Kind::Method | Kind::Macro)
            || classes && matches!(kind, Kind::Class | Kind::Interface)
            || !(has(&["function", "functions", "method", "methods"]) || classes) && kind.is_container()
    };
    let mut listing = Listing {
        what: "public definitions without documentation".to_owned(),
        sites: Vec::new(),
        read: 0,
        passed: 0,
        aside: 0,
        method: "Public is what its language marks so (`pub`, `export`, a capital letter, no leading underscore), outside of \
                 other functions, with all that is around it; documentation is a comment just above, or a text that comes first."
            .to_owned(),
    };
    let mut looked = 0;
    for at in 0..scan.units.len() {
        let unit = &scan.units[at];
        // What the language itself calls (`__init__`) says by its name what it does.
        let is_special = scan.name(at).is_some_and(|name| name.starts_with("__") && name.ends_with("__"));
        if !is_asked(unit.kind) || is_special || !is_public(scan, at) {
            continue;
        }
        looked += 1;
        if unit.doc.is_some() {
            continue;
        }
        listing.add(at, scan);
    }
    listing.read = scan.facts.files.iter().filter(|file| file.parsed).count();
    listing.method = format!("Of {looked} public definitions. {}", listing.method);
    Some(listing).filter(|listing| looked > 0 && !listing.sites.is_empty())
}

/// The classes that extend or implement one that the question names, if that is asked.
fn heirs(question: &str, words: &[String], scan: &Scan) -> Option<Listing> {
    let asks = ["implement", "extend", "inherit", "subclass", "derive"];
    if !words.iter().any(|word| asks.iter().any(|ask| word.starts_with(ask))) {
        return None;
    }
    let named = |name: &str| name.len() > 2 && (name.contains('_') || name.contains(char::is_uppercase));
    let asked: Vec<&str> =
        question.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| named(name)).collect();
    let is_type = |kind: Kind| matches!(kind, Kind::Class | Kind::Interface | Kind::Type);
    let class = scan.units.iter().filter(|unit| is_type(unit.kind)).filter_map(|unit| unit.name);
    let class = class.filter(|name| asked.contains(&scan.facts.names.get(*name))).min()?;
    let heirs = Families::of(scan).heirs(class);
    let name = scan.facts.names.get(class);
    let mut listing = Listing {
        what: format!("types that extend or implement `{name}`"),
        sites: Vec::new(),
        read: scan.facts.files.iter().filter(|file| file.parsed).count(),
        passed: 0,
        aside: 0,
        method: "Bases are compared by name, directly and through others. What is made at run time, or by a macro, is not seen."
            .to_owned(),
    };
    for (at, unit) in scan.units.iter().enumerate() {
        if !(is_type(unit.kind) || unit.kind == Kind::Scope) || !unit.name.is_some_and(|name| heirs.contains(&name)) {
            continue;
        }
        let says_so = unit.bases().any(|base| base == class || heirs.contains(&base));
        if !says_so {
            continue;
        }
        listing.add(at, scan);
    }
    Some(listing).filter(|listing| !listing.sites.is_empty())
}

/// Whether a definition and all around it is meant for others.
fn is_public(scan: &Scan, unit: usize) -> bool {
    let mut next = Some(unit);
    while let Some(at) = next {
        let head = &scan.units[at];
        // An implementation is as public as its type; it says nothing of that itself.
        let silent = matches!(head.kind, Kind::Scope | Kind::Module);
        if !(head.exported || silent) || at != unit && head.kind.is_callable() {
            return false;
        }
        next = scan.parent(at);
    }
    true
}
