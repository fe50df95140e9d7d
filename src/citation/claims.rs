//! What an answer says is in the code, beside its citations: names and paths in code spans, excerpts in
//! fenced blocks. Found in the markdown alone; `look_up` holds them against the code.

use super::{excerpts, names};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};
use rustc_hash::FxHashSet;

/// Something that can be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Claim {
    /// The identifiers of one code span: `a.b` is two.
    Names(Vec<String>),
    /// A path without lines.
    Path(String),
    /// Lines of code.
    Excerpt(Excerpt),
}

/// A fenced block that says that it is code of the subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Excerpt {
    /// As it is written.
    pub(super) first_line: String,
    /// Those of its lines that say something, without white space and comments.
    pub(super) lines: Vec<String>,
    /// Endings of the files that it can be of; any where it is empty.
    pub(super) endings: &'static [&'static str],
    /// A place or path stands right before it.
    pub(super) is_cited: bool,
}

/// More than that is no answer.
const MOST: usize = 2_000;

/// The claims of a markdown text, each once, in order of first appearance. What the question names is no
/// claim.
pub(super) fn claims(markdown: &str, question: &str) -> Vec<Claim> {
    let asked: FxHashSet<String> = names::words(question).map(str::to_lowercase).collect();
    let mut known: FxHashSet<Claim> = FxHashSet::default();
    let mut claims = Vec::new();
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        let claim = match event {
            Event::Code(text) => match names::path(&text) {
                Some(path) => (!question.contains(&path)).then_some(Claim::Path(path)),
                None => Some(names::names(&text))
                    .filter(|names| !names.is_empty() && !names.iter().any(|name| asked.contains(&name.to_lowercase())))
                    .map(Claim::Names),
            },
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                excerpts::excerpt(&info, &markdown[..range.start], &markdown[range]).map(Claim::Excerpt)
            }
            _ => None,
        };
        if let Some(claim) = claim.filter(|claim| claims.len() < MOST && !known.contains(claim)) {
            known.insert(claim.clone());
            claims.push(claim);
        }
    }
    claims
}

/// How many names, paths and excerpts there are to look up.
pub(super) fn count(claims: &[Claim]) -> usize {
    let names: FxHashSet<&str> = claims.iter().flat_map(names_of).map(String::as_str).collect();
    names.len() + claims.iter().filter(|claim| !matches!(claim, Claim::Names(_))).count()
}

/// How many names, paths and excerpts of an answer to this question can be looked up in the code.
pub fn names_checked(markdown: &str, question: &str) -> usize {
    count(&claims(markdown, question))
}

/// The names of a claim; none of what is no name.
pub(super) fn names_of(claim: &Claim) -> &[String] {
    match claim {
        Claim::Names(names) => names,
        _ => &[],
    }
}
