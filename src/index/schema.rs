//! What of a note goes into which field, and tantivy's schema for it. Knows no file.

use super::words::{Choice, Splitter, is_name};
use crate::citation::{Held, Seen};
use crate::note::{Head, Note};
use crate::subject::Kind;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use tantivy::TantivyDocument;
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;

/// A field of words, searched by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Words {
    Title,
    Question,
    /// Headings but the title.
    Headings,
    /// All of the body in its order, prose, code and headings; identifiers in parts.
    Body,
    /// The body's identifiers whole, the other words of its code, and the cited definitions.
    Code,
    /// And the names of the subjects.
    Tags,
    /// The cited paths.
    Cited,
}

impl Words {
    pub(crate) const ALL: [Words; 7] =
        [Words::Title, Words::Question, Words::Headings, Words::Body, Words::Code, Words::Tags, Words::Cited];

    /// Whether the index knows where in the field a word stands.
    pub(crate) fn has_positions(self) -> bool {
        matches!(self, Words::Title | Words::Question | Words::Body | Words::Cited)
    }

    fn choice(self) -> Choice {
        match self {
            Words::Body => Choice::Parts,
            Words::Code => Choice::Names,
            _ => Choice::All,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Words::Title => "title",
            Words::Question => "question",
            Words::Headings => "headings",
            Words::Body => "body",
            Words::Code => "code",
            Words::Tags => "tags",
            Words::Cited => "cited",
        }
    }

    /// The field in tantivy's schema: they are made in this order.
    pub(crate) fn field(self) -> Field {
        Field::from_field_id(self as u32)
    }
}

/// Whole values for filters: `tag:cookies`, `repo:flask`, `agent:claude`.
pub(crate) fn facets() -> Field {
    Field::from_field_id(7)
}

/// The note's text, for hits.
pub(crate) fn text() -> Field {
    Field::from_field_id(8)
}

pub(super) fn schema() -> Schema {
    let mut schema = Schema::builder();
    for words in Words::ALL {
        let record =
            if words.has_positions() { IndexRecordOption::WithFreqsAndPositions } else { IndexRecordOption::WithFreqs };
        let indexing = TextFieldIndexing::default().set_tokenizer(words.choice().name()).set_index_option(record);
        schema.add_text_field(words.name(), TextOptions::default().set_indexing_options(indexing));
    }
    let raw = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    schema.add_text_field("facets", TextOptions::default().set_indexing_options(raw));
    schema.add_text_field("text", TextOptions::default().set_stored());
    schema.build()
}

pub(super) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    for choice in [Choice::All, Choice::Parts, Choice::Names] {
        manager.register(choice.name(), Splitter::of(choice));
    }
    manager
}

/// A note as tantivy takes it.
pub(super) fn document(note: &Note) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    let head = &note.head;
    let mut add = |words: Words, text: &str| {
        if !text.is_empty() {
            document.add_text(words.field(), text);
        }
    };
    add(Words::Title, &head.title);
    if let Some(question) = &head.question
        && *question != head.title
    {
        add(Words::Question, question);
    }
    let body = Body::of(note.body(), &head.title);
    add(Words::Headings, &body.headings);
    add(Words::Body, &body.text);
    add(Words::Code, &(body.code + &definitions(head)));
    let subjects = head.subjects.iter().map(|subject| &subject.name);
    add(Words::Tags, &head.tags.iter().chain(subjects).fold(String::new(), |all, name| all + name + "\n"));
    add(Words::Cited, &cited(head));
    for facet in facets_of(head) {
        document.add_text(facets(), facet);
    }
    document.add_text(text(), &note.text);
    document
}

/// The words of a markdown body.
#[derive(Default)]
struct Body {
    text: String,
    headings: String,
    code: String,
}

impl Body {
    fn of(markdown: &str, title: &str) -> Body {
        let mut body = Body { text: String::with_capacity(markdown.len()), ..Body::default() };
        let mut heading: Option<String> = None;
        let mut in_code = false;
        // Where the present stretch of prose begins: an identifier may come in several events.
        let mut prose: Option<usize> = None;
        for event in Parser::new_ext(markdown, extensions()) {
            if !matches!(event, Event::Text(_))
                && let Some(start) = prose.take()
            {
                body.names(start);
            }
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let heading = heading.take().unwrap_or_default();
                    if heading != title {
                        body.headings.push_str(&heading);
                        body.headings.push('\n');
                        body.text.push_str(&heading);
                        body.names(body.text.len() - heading.len());
                    }
                    body.text.push('\n');
                }
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => {
                    in_code = false;
                    body.text.push('\n');
                }
                Event::Text(text) | Event::Code(text) if heading.is_some() => {
                    heading.get_or_insert_default().push_str(&text);
                }
                Event::Code(text) => {
                    body.text.push_str(&text);
                    // Paths are most often citations, which have a field of their own.
                    if !text.contains('/') {
                        body.code.push_str(&text);
                        body.code.push('\n');
                    }
                }
                Event::Text(text) => {
                    body.text.push_str(&text);
                    if in_code {
                        body.code.push_str(&text);
                    } else {
                        prose.get_or_insert(body.text.len() - text.len());
                    }
                }
                Event::Html(text) | Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                    body.text.push_str(&text);
                    body.names(body.text.len() - text.len());
                }
                Event::SoftBreak | Event::HardBreak | Event::End(_) => body.text.push('\n'),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    body.code.push_str(&dest_url);
                    body.code.push('\n');
                }
                _ => {}
            }
        }
        if let Some(start) = prose {
            body.names(start);
        }
        body
    }

    /// Takes the identifiers out of the prose that begins here.
    fn names(&mut self, start: usize) {
        let words = self.text[start..].split(|char: char| !char.is_alphanumeric() && char != '_');
        for word in words.filter(|word| is_name(word)) {
            self.code.push_str(word);
            self.code.push('\n');
        }
    }
}

/// What of markdown's extensions notes may use.
pub(crate) fn extensions() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
}

fn cited(head: &Head) -> String {
    let mut cited = String::new();
    let mut last = "";
    for citation in
        head.citations.iter().filter(|citation| citation.path != std::mem::replace(&mut last, &citation.path))
    {
        cited.push_str(&citation.path);
        cited.push('\n');
    }
    cited
}

fn definitions(head: &Head) -> String {
    let mut definitions = String::new();
    for citation in &head.citations {
        if let Seen::Held(Held { within: Some(within), .. }) = &citation.seen {
            definitions.push_str(within);
            definitions.push('\n');
        }
    }
    definitions
}

/// A filter's value as it stands in the index.
pub(crate) fn facet(key: &str, value: &str) -> String {
    format!("{key}:{}", value.trim().to_lowercase())
}

fn facets_of(head: &Head) -> Vec<String> {
    let mut facets: Vec<String> = head.tags.iter().map(|tag| facet("tag", tag.trim_start_matches('#'))).collect();
    facets.extend(head.agent.iter().map(|agent| facet("agent", &agent.name)));
    for subject in &head.subjects {
        facets.push(facet("repo", &subject.name));
        match &subject.kind {
            Kind::Git { remote: Some(remote), .. } => facets.extend(names(remote).map(|name| facet("repo", name))),
            Kind::Package { package, .. } => {
                let name = package.rsplit_once('@').map_or(package.as_str(), |(name, _)| name);
                let bare = name.rsplit_once(':').map_or(name, |(_, bare)| bare);
                facets.extend([package, name, bare].map(|name| facet("repo", name)));
            }
            Kind::Git { .. } | Kind::Folder => {}
        }
    }
    facets.sort();
    facets.dedup();
    facets
}

/// What a remote is called: its URL, `owner/name`, `name`.
fn names(remote: &str) -> impl Iterator<Item = &str> {
    let bare = remote.trim_end_matches('/').trim_end_matches(".git");
    let path = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    let mut slashes = path.rmatch_indices(['/', ':']).map(|(at, _)| at + 1);
    let (name, owner) = (slashes.next(), slashes.next());
    [Some(remote), Some(bare), Some(path), owner.map(|at| &path[at..]), name.map(|at| &path[at..])]
        .into_iter()
        .flatten()
}
