//! One file parsed: its definitions, how they nest, its calls, and its words in their roles. Knows
//! trees, but neither questions nor the cache.

use super::language::{self, Capture, Compiled, Export, Kind, Language, Leaf};
use super::receiver::{self, Receiver};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, ParseOptions, ParseState, Parser, QueryCursor, Tree};

/// Something with a name.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// What it belongs to where nesting does not show it: Go's receiver, JavaScript's `Layer` of
    /// `Layer.prototype.match`.
    pub(crate) owner: Option<String>,
    /// What it calls its own object, where it chooses that: `c` of Go's `func (c *Command)`.
    pub(crate) own: Option<String>,
    pub(crate) bytes: Range<usize>,
    /// Lines, from 1.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The definition around it.
    pub(crate) parent: Option<usize>,
    pub(crate) exported: bool,
    /// Lines of its documentation: above it, or its first statement.
    pub(crate) doc: Option<(u32, u32)>,
}

/// A leaf of the tree that says something.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) leaf: Leaf,
    pub(crate) bytes: Range<usize>,
    /// Lines, from 1.
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// A use of a name as a call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) bytes: Range<usize>,
    /// From 1.
    pub(crate) line: u32,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    /// Sorted by where they begin; what encloses comes before what it encloses.
    pub(crate) definitions: Vec<Definition>,
    /// In the order of the source.
    pub(crate) tokens: Vec<Token>,
    pub(crate) calls: Vec<Call>,
    pub(crate) imports: Vec<Range<usize>>,
    /// What classes extend or implement, in the order of the source.
    pub(crate) bases: Vec<Range<usize>>,
}

/// A grammar may take very long on what is not its language.
const PATIENCE: Duration = Duration::from_secs(4);

/// None if the language cannot be had or the file takes too long.
pub(crate) fn read(language: &Language, source: &str) -> Option<Symbols> {
    let compiled = language.compiled()?;
    let tree = parse(compiled, &without_attributes(language, source))?;
    let mut symbols = Symbols::default();
    let mut docstrings = Vec::new();
    walk(&tree, compiled, &mut symbols.tokens, &mut docstrings);
    query(&tree, compiled, language, source, &mut symbols);
    nest(&mut symbols.definitions);
    document(&mut symbols, &docstrings, source);
    Some(symbols)
}

/// `class API_EXPORT Cache {`: what the macro stands for is not seen, and the class would be taken for a
/// function. Blank in its place, so that bytes stay where they are.
fn without_attributes<'a>(language: &Language, source: &'a str) -> Cow<'a, str> {
    if language.name != "cpp" {
        return Cow::Borrowed(source);
    }
    let mut text = Cow::Borrowed(source);
    for (at, head) in source.match_indices("class ").chain(source.match_indices("struct ")) {
        let start = at + head.len();
        let word = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let macro_end = start + word(&source[start..]);
        let shouts = source[start..macro_end].bytes().all(|byte| !byte.is_ascii_lowercase());
        let named = source[macro_end..].strip_prefix(' ').is_some_and(|rest| word(rest) > 0);
        if macro_end > start + 2 && shouts && named {
            text.to_mut().replace_range(start..macro_end, &" ".repeat(macro_end - start));
        }
    }
    text
}

/// The definitions of a tree, and nothing else.
pub(crate) fn definitions(tree: &Tree, language: &Language, compiled: &Compiled, source: &str) -> Symbols {
    let mut symbols = Symbols::default();
    query(tree, compiled, language, source, &mut symbols);
    nest(&mut symbols.definitions);
    symbols
}

/// The tree, or none if that takes too long.
pub(crate) fn parse(compiled: &Compiled, source: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&compiled.grammar).ok()?;
    let started = Instant::now();
    let mut late = |_: &ParseState| {
        if started.elapsed() > PATIENCE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = source.as_bytes();
    let mut chunk = |at: usize, _| bytes.get(at..).unwrap_or(&[]);
    parser.parse_with_options(&mut chunk, None, Some(ParseOptions::new().progress_callback(&mut late)))
}

fn lines(node: &Node) -> (u32, u32) {
    let (start, end) = (node.start_position(), node.end_position());
    // Some nodes swallow the line feed behind them.
    let end = if end.column == 0 && end.row > start.row { end.row - 1 } else { end.row };
    let line = |row: usize| u32::try_from(row).unwrap_or(u32::MAX - 1) + 1;
    (line(start.row), line(end))
}

/// Collects the leaves. A cursor, not recursion: nesting is as deep as its author pleases.
fn walk(tree: &Tree, compiled: &Compiled, tokens: &mut Vec<Token>, docstrings: &mut Vec<usize>) {
    let mut cursor = tree.walk();
    // The nodes above: `Node::parent` would search from the root each time.
    let mut above: Vec<Node> = Vec::new();
    loop {
        let node = cursor.node();
        let leaf = compiled.leaves.get(usize::from(node.kind_id())).copied().unwrap_or(Leaf::Structure);
        let bare = leaf == Leaf::Text
            && above.last().is_some_and(|parent| parent.kind() == "expression_statement" && parent.child_count() == 1);
        let whole = leaf == Leaf::Comment || bare;
        let is_leaf = node.child_count() == 0;
        if whole || is_leaf && leaf != Leaf::Structure {
            if bare {
                docstrings.push(tokens.len());
            }
            let (first, last) = lines(&node);
            let leaf = if bare { Leaf::Comment } else { leaf };
            tokens.push(Token { leaf, bytes: node.byte_range(), first, last });
        }
        if !whole && cursor.goto_first_child() {
            above.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            above.pop();
        }
    }
}

fn query(tree: &Tree, compiled: &Compiled, language: &Language, source: &str, symbols: &mut Symbols) {
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.matches(&compiled.query, tree.root_node(), source.as_bytes());
    let mut found: Vec<(usize, Definition)> = Vec::new();
    let mut locals: Vec<Range<usize>> = Vec::new();
    while let Some(matched) = matches.next() {
        let (mut name, mut owner, mut definition) = (None, None, None);
        for capture in matched.captures() {
            match compiled.captures.get(capture.index as usize) {
                Some(Capture::Name) => name = Some(capture.node),
                Some(Capture::Owner) => owner = Some(capture.node),
                Some(Capture::Definition(kind)) => definition = Some((*kind, capture.node)),
                Some(Capture::Call) => {
                    symbols.calls.push(Call { bytes: capture.node.byte_range(), line: lines(&capture.node).0 });
                }
                Some(Capture::Local) => locals.push(capture.node.byte_range()),
                Some(Capture::Base) => symbols.bases.push(capture.node.byte_range()),
                Some(Capture::Import) => symbols.imports.push(capture.node.byte_range()),
                _ => {}
            }
        }
        if let (Some(name), Some((kind, node))) = (name, definition) {
            let owner = owner.and_then(|owner| source.get(owner.byte_range()));
            if let Some(definition) = define(kind, &node, &name, owner, language.export, source) {
                found.push((name.start_byte(), definition));
            }
        }
    }
    // Two patterns may find one name: the wider range, and the kind that says more.
    found.sort_by_key(|(at, definition)| (*at, definition.kind as u8));
    found.dedup_by(|(at, later), (kept_at, kept)| {
        let same = at == kept_at;
        if same && later.bytes.len() > kept.bytes.len() {
            (kept.bytes, kept.first, kept.last) = (later.bytes.clone(), later.first, later.last);
            kept.exported |= later.exported;
        }
        if same && kept.owner.is_none() {
            kept.owner = later.owner.take();
        }
        same
    });
    symbols.definitions = found.into_iter().map(|(_, definition)| definition).collect();
    symbols.definitions.sort_by_key(|definition| (definition.bytes.start, usize::MAX - definition.bytes.end));
    symbols.calls.sort_by_key(|call| call.bytes.start);
    symbols.calls.dedup_by_key(|call| call.bytes.start);
    symbols.bases.sort_by_key(|base| base.start);
    symbols.bases.dedup();
    symbols.imports.sort_by_key(|import| import.start);
    forget_locals(symbols, &locals, language, source);
}

/// More definitions around a byte are not looked for.
const LOOKED_BACK: usize = 64;
/// More definitions behind one are not looked at.
const MOST_INNER: usize = 200;

/// A parameter or variable that is called, or in Ruby only looked at, is not the definition of its name.
fn forget_locals(symbols: &mut Symbols, locals: &[Range<usize>], language: &Language, source: &str) {
    let definitions = &symbols.definitions;
    let around = |byte: usize| {
        let next = definitions.partition_point(|definition| definition.bytes.start <= byte);
        let before = (next.saturating_sub(LOOKED_BACK)..next).rev();
        before.filter(move |at| definitions[*at].bytes.end > byte && definitions[*at].kind.is_callable())
    };
    let known: FxHashSet<(usize, &str)> =
        locals.iter().filter_map(|local| Some((around(local.start).next()?, source.get(local.clone())?))).collect();
    // What is defined within and long enough to be told of is meant itself.
    let inner = |at: usize, name: &str| {
        let outer = &definitions[at];
        definitions.iter().skip(at + 1).take(MOST_INNER).take_while(|inner| inner.bytes.start < outer.bytes.end).any(
            |inner| inner.name == name && inner.kind.is_callable() && inner.last - inner.first >= super::units::NESTED,
        )
    };
    // A short function within another is not told of: its name is no other function's there.
    let short = definitions.iter().filter(|inner| inner.kind.is_callable()).filter_map(|inner| {
        let outer = around(inner.bytes.start).find(|at| !std::ptr::eq(&raw const definitions[*at], inner))?;
        let is_nested =
            definitions[outer].bytes.start <= inner.bytes.start && inner.bytes.end <= definitions[outer].bytes.end;
        (is_nested && inner.last - inner.first < super::units::NESTED).then_some((outer, inner.name.as_str()))
    });
    let known: FxHashSet<(usize, &str)> =
        known.into_iter().filter(|(at, name)| !inner(*at, name)).chain(short).collect();
    if known.is_empty() {
        return;
    }
    let is_local = |call: &Call| {
        let Some(name) = source.get(call.bytes.clone()) else { return false };
        let with_arguments = source.get(call.bytes.end..).is_some_and(|rest| rest.starts_with('('));
        let may_be = language::calls_locals(language.name) || !with_arguments;
        let bare = || receiver::before(source, call.bytes.start, None) == Receiver::Nothing;
        may_be && around(call.bytes.start).any(|at| known.contains(&(at, name))) && bare()
    };
    let keep: Vec<bool> = symbols.calls.iter().map(|call| !is_local(call)).collect();
    let mut keep = keep.into_iter();
    symbols.calls.retain(|_| keep.next().unwrap_or(true));
}

fn define(
    kind: Kind,
    node: &Node,
    name: &Node,
    owner: Option<&str>,
    export: Export,
    source: &str,
) -> Option<Definition> {
    let mut text = source.get(name.byte_range())?;
    if matches!(text, "module.exports" | "exports") {
        let value = node.child_by_field_name("right").and_then(|right| right.child_by_field_name("name"));
        text = value.and_then(|name| source.get(name.byte_range())).unwrap_or(text);
    }
    let plain = text.trim_matches(['"', '\'', '`']).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut owner = owner.map(str::to_owned);
    let mut short: &str = &plain;
    if kind == Kind::Scope {
        // `Deserializer<R>`, `&'a mut Serializer<W>`: the type's own name.
        let base = plain.split('<').next().unwrap_or(&plain);
        short = base.rsplit(['&', ' ', ':']).next().unwrap_or(base);
    } else if kind != Kind::Callback && plain.contains('.') && !plain.contains(' ') {
        let mut parts: Vec<&str> = plain.split('.').filter(|part| *part != "prototype" && *part != "this").collect();
        short = parts.pop()?;
        owner = parts.pop().filter(|owner| *owner != "exports" && *owner != "module").map(str::to_owned);
    }
    if short.is_empty() {
        return None;
    }
    let (first, last) = lines(node);
    let head = source.get(node.start_byte()..name.start_byte()).unwrap_or("");
    let exported = match export {
        Export::Underscore => !short.starts_with('_') || short.starts_with("__"),
        Export::Word(words) => says(head, words),
        Export::Unless(words) => !says(head, words),
        Export::Capital => short.starts_with(char::is_uppercase),
    };
    let name: String = short.chars().take(80).collect();
    let own = head.strip_prefix("func (").and_then(|rest| rest.split([' ', ')']).next()).map(str::to_owned);
    Some(Definition {
        kind,
        name,
        owner,
        own,
        bytes: node.byte_range(),
        first,
        last,
        parent: None,
        exported,
        doc: None,
    })
}

/// Whether a text holds one of these words.
fn says(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| words.contains(&part))
}

/// Who encloses whom; functions of a class become methods.
fn nest(definitions: &mut Vec<Definition>) {
    // A callback named like what it makes (`const X = make("X", () => …)`) is that thing.
    let mut open: Vec<usize> = Vec::new();
    let mut doubles = Vec::new();
    for at in 0..definitions.len() {
        while let Some(&top) = open.last() {
            if definitions[top].bytes.end >= definitions[at].bytes.end {
                break;
            }
            open.pop();
        }
        let parent = open.last().copied();
        definitions[at].parent = parent;
        if let Some(parent) = parent {
            let around = &definitions[parent];
            let double = around.bytes == definitions[at].bytes
                || definitions[at].kind == Kind::Callback && around.name == definitions[at].name;
            if double {
                doubles.push(at);
                continue;
            }
            if definitions[at].kind == Kind::Function
                && matches!(around.kind, Kind::Class | Kind::Scope | Kind::Interface)
            {
                definitions[at].kind = Kind::Method;
            }
        }
        open.push(at);
    }
    remove(definitions, &doubles);
}

fn remove(definitions: &mut Vec<Definition>, gone: &[usize]) {
    if gone.is_empty() {
        return;
    }
    let mut place = Vec::with_capacity(definitions.len());
    let mut kept = 0;
    for (at, definition) in definitions.iter_mut().enumerate() {
        let parent = definition.parent;
        if gone.binary_search(&at).is_ok() {
            place.push(parent.and_then(|parent: usize| place.get(parent).copied().flatten()));
        } else {
            definition.parent = parent.and_then(|parent| place.get(parent).copied().flatten());
            place.push(Some(kept));
            kept += 1;
        }
    }
    let mut at = 0;
    definitions.retain(|_| {
        at += 1;
        gone.binary_search(&(at - 1)).is_err()
    });
}

/// Finds the documentation of each definition.
fn document(symbols: &mut Symbols, docstrings: &[usize], source: &str) {
    let text: Vec<&str> = source.lines().collect();
    // Lines that begin with a comment, and where that comment began.
    let mut comment_at = rustc_hash::FxHashMap::default();
    for token in symbols.tokens.iter().filter(|token| token.leaf == Leaf::Comment) {
        let first = text.get(token.first as usize - 1).copied().unwrap_or("");
        let starts = source.get(token.bytes.start..).is_some_and(|rest| first.trim_start().get(..2) == rest.get(..2));
        if starts {
            comment_at.insert(token.last, token.first);
        }
    }
    for definition in &mut symbols.definitions {
        let mut line = definition.first - 1;
        let is_attribute =
            |line: u32| line > 0 && text.get(line as usize - 1).is_some_and(|text| text.trim_start().starts_with("#["));
        while is_attribute(line) {
            line -= 1;
        }
        let last = line;
        while let Some(first) = comment_at.get(&line).copied().filter(|first| *first > 0) {
            line = first - 1;
        }
        if line < last {
            definition.doc = Some((line + 1, last));
        }
    }
    let mut before = 0;
    for &at in docstrings {
        let token = symbols.tokens[at].clone();
        let inner = innermost(&symbols.definitions, token.bytes.start);
        if let Some(inner) = inner.filter(|inner| *inner + 1 != before) {
            // Said inside beats said above: a comment before a class is seldom its documentation.
            symbols.definitions[inner].doc = Some((token.first, token.last));
            before = inner + 1;
        }
    }
}

/// The innermost definition around a byte.
fn innermost(definitions: &[Definition], byte: usize) -> Option<usize> {
    let mut at = definitions.partition_point(|definition| definition.bytes.start <= byte).checked_sub(1)?;
    loop {
        if definitions[at].bytes.end > byte {
            return Some(at);
        }
        at = definitions[at].parent?;
    }
}

impl Symbols {
    /// `Class.method`; Rust: `Type.method`; of modules only the nearest, and only where no class stands
    /// between. Functions in functions: `outer.inner`.
    pub(crate) fn qualified(&self, at: usize) -> String {
        let mut parts = Vec::new();
        let mut next = Some(at);
        while let Some(here) = next {
            let definition = &self.definitions[here];
            if definition.kind != Kind::Module || parts.len() < 2 {
                parts.push(definition.name.as_str());
            }
            if let Some(owner) = &definition.owner {
                parts.push(owner);
            }
            next = definition.parent;
            if parts.len() > 6 {
                break;
            }
        }
        parts.reverse();
        parts.join(".")
    }
}
