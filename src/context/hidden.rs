//! What a renderer of markdown would hide or fetch: HTML, comments, link definitions that nothing
//! uses, remote images. Edited by byte ranges of the parsed text; nothing is written anew.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

/// How much came into sight.
#[derive(Default)]
pub(super) struct Shown {
    /// Elements, comments and definitions.
    pub(super) elements: usize,
    /// Images that are links now.
    pub(super) images: usize,
}

/// Escapes what would be hidden, and turns remote images into links.
pub(super) fn show(text: Cow<'_, str>) -> (Cow<'_, str>, Shown) {
    let mut shown = Shown::default();
    let mut text = text;
    // Not every renderer knows tables, and they hide other things than paragraphs do. Text that was
    // inside an element is markdown once the element is escaped: look again.
    for _ in 0..6 {
        let mut changed = false;
        for options in [Options::ENABLE_TABLES, Options::empty()] {
            let edits = edits(&text, options, &mut shown);
            if !edits.is_empty() {
                text = Cow::Owned(edited(&text, edits));
                changed = true;
            }
        }
        if !changed {
            return (text, shown);
        }
    }
    (Cow::Owned(text.replace('<', "&lt;").replace("![", "image: [")), shown)
}

/// Puts a text in the place of a range.
struct Edit {
    range: Range<usize>,
    with: &'static str,
}

fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.range.start);
    let mut out = String::with_capacity(text.len() + 8 * edits.len());
    let mut copied = 0;
    for Edit { range, with } in edits {
        if range.start >= copied {
            out.push_str(&text[copied..range.start]);
            out.push_str(with);
            copied = range.end;
        }
    }
    out.push_str(&text[copied..]);
    out
}

fn edits(text: &str, options: Options, shown: &mut Shown) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut used = HashSet::new();
    let mut visible = Vec::new();
    let mut in_code = false;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                escape(text, range.clone(), "<", &mut edits, &mut shown.elements);
                visible.push(range);
            }
            Event::Start(Tag::CodeBlock(_)) => {
                in_code = true;
                visible.push(range);
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Code(_) => visible.push(range),
            Event::Text(_) if !in_code => {
                escape(text, range.clone(), "<!--", &mut edits, &mut shown.elements);
                visible.push(range);
            }
            Event::Start(Tag::Image { link_type, dest_url, id, .. }) => {
                if is_remote(&dest_url) {
                    edits.push(Edit { range: range.start..range.start + 1, with: "image: " });
                    shown.images += 1;
                }
                remember(link_type, &id, &mut used);
            }
            Event::Start(Tag::Link { link_type, id, .. }) => remember(link_type, &id, &mut used),
            _ => {}
        }
    }
    show_definitions(text, &visible, used, &mut edits, shown);
    edits
}

fn escape(text: &str, range: Range<usize>, what: &str, edits: &mut Vec<Edit>, count: &mut usize) {
    for (at, _) in text[range.clone()].match_indices(what) {
        let start = range.start + at;
        edits.push(Edit { range: start..start + 1, with: "&lt;" });
        *count += usize::from(!text[start..].starts_with("</"));
    }
}

fn is_remote(url: &str) -> bool {
    let url = url.trim_start().to_ascii_lowercase();
    url.starts_with("//") || url.starts_with("\\\\") || (url.contains("://") && !url.starts_with("data:"))
}

fn remember(kind: LinkType, id: &str, used: &mut HashSet<String>) {
    if matches!(kind, LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut) {
        used.insert(label(id));
    }
}

fn label(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// `[//]: # (a comment)` and its like: definitions that no link uses, or that come too late.
fn show_definitions(
    text: &str,
    visible: &[Range<usize>],
    mut used: HashSet<String>,
    edits: &mut Vec<Edit>,
    shown: &mut Shown,
) {
    for found in definition().captures_iter(text) {
        let (Some(bracket), Some(name)) = (found.get(1), found.get(2)) else {
            continue;
        };
        let next = visible.partition_point(|range| range.end <= bracket.start());
        let is_text = visible.get(next).is_some_and(|range| range.start <= bracket.start());
        if !is_text && !used.remove(&label(name.as_str())) {
            edits.push(Edit { range: bracket.start()..bracket.start(), with: "\\" });
            shown.elements += 1;
        }
    }
}

fn definition() -> &'static Regex {
    static DEFINITION: OnceLock<Regex> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "a constant, compiled by every test")]
    DEFINITION.get_or_init(|| {
        Regex::new(r"(?m)^[ \t>*+\-0-9.]*(\[((?:[^\[\]\\]|\\[^\n])+)\]):").expect("the pattern compiles")
    })
}
