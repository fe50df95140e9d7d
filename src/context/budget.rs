//! How many tokens a text costs, about, and which part of a note fits. Counts without a vocabulary:
//! the estimate is of the kind that errs on the safe side.

use super::clean;
use super::removed::Removed;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// The most tokens that a paste may have, all of it counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(pub usize);

/// A token in the unit of the estimate, so that parts add up without rounding.
const TOKEN: u64 = 140;

impl Budget {
    pub(super) fn units(self) -> u64 {
        u64::try_from(self.0).unwrap_or(u64::MAX).saturating_mul(TOKEN)
    }

    /// More bytes than a body can have and fit.
    pub(super) fn bytes(self) -> usize {
        self.0.saturating_mul(64).saturating_add(1 << 16)
    }
}

/// About how many tokens a model reads in a text. Compared with the o200k vocabulary the median is
/// 1.07 to 1.24 times its count.
pub fn tokens(text: &str) -> usize {
    in_tokens(cost(text))
}

pub(super) fn in_tokens(units: u64) -> usize {
    usize::try_from(units.div_ceil(TOKEN)).unwrap_or(usize::MAX)
}

/// In 1/140 of a token: a run of letters, split at `aB`, costs 1 + (n-1)/14, of digits n/3, of
/// spaces nothing up to sixteen. Costs of texts that end with a line feed add up.
pub(super) fn cost(text: &str) -> u64 {
    let mut units = 0;
    let (mut before, mut run) = (Class::Other, 0_u64);
    for c in text.chars() {
        let class = Class::of(c);
        let goes_on = class == before || (class == Class::Lower && before == Class::Upper);
        run = if goes_on { run + 1 } else { 1 };
        units += match class {
            Class::Lower | Class::Upper => [10, TOKEN][usize::from(run == 1)],
            Class::Digit => [0, TOKEN][usize::from(run % 3 == 1)],
            Class::Space => [0, 77][usize::from(run % 16 == 0)],
            Class::Line => 70,
            Class::Mark => 77,
            Class::Other => 98,
        };
        before = class;
    }
    units
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Space,
    Line,
    Mark,
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            'a'..='z' => Class::Lower,
            'A'..='Z' => Class::Upper,
            '0'..='9' => Class::Digit,
            ' ' | '\t' => Class::Space,
            '\n' => Class::Line,
            c if c.is_ascii() => Class::Mark,
            _ => Class::Other,
        }
    }
}

/// The beginning of a body that fits.
pub(super) struct Fit {
    /// Begins and ends with an empty line; its last line says what is missing.
    pub(super) text: String,
    /// What the rest would cost.
    pub(super) units_left: u64,
    /// Headings in the rest.
    pub(super) headings: Vec<String>,
}

/// Cuts a body at the end of a block so that it costs at most `room`; `beyond` is the cost of what
/// follows it and was not read. None if nothing of it would be left.
pub(super) fn fit(body: &str, beyond: u64, room: u64) -> Option<Fit> {
    let whole = cost(body);
    if beyond == 0 && whole <= room {
        return Some(Fit { text: body.to_owned(), units_left: 0, headings: Vec::new() });
    }
    let blocks = blocks(body);
    let all = whole + beyond;
    let at_block = (1..=blocks.len())
        .rev()
        .zip(costs_of_beginnings(body, &blocks).into_iter().rev())
        .filter(|(shown, cost)| *cost < room && blocks[shown - 1].heading.is_none())
        .find_map(|(shown, _)| {
            let end = blocks[shown - 1].range.end;
            cut_at(body, end, None, &blocks[shown..], all, room).map(|fit| (shown, fit))
        });
    let used = at_block.as_ref().map_or(0, |(_, fit)| all - fit.units_left);
    if used * 4 < room * 3
        && let Some(fit) = cut_inside(body, &blocks, at_block.as_ref().map_or(0, |(shown, _)| *shown), all, room)
    {
        return Some(fit);
    }
    at_block.map(|(_, fit)| fit)
}

/// What the first block costs, the first two, and so on, each without white space at its end.
fn costs_of_beginnings(body: &str, blocks: &[Block]) -> Vec<u64> {
    let mut before = blocks.first().map_or(0, |first| cost(&body[..first.range.start]));
    let beginnings = blocks.iter().map(|block| {
        let text = &body[block.range.clone()];
        let beginning = before + cost(text.trim_end());
        before += cost(text);
        beginning
    });
    beginnings.collect()
}

/// Rather than leave much of the room empty, cuts the next block at the end of a line.
fn cut_inside(body: &str, blocks: &[Block], shown: usize, all: u64, room: u64) -> Option<Fit> {
    let next = shown + blocks[shown..].iter().position(|block| block.heading.is_none())?;
    let Block { range, fence, .. } = &blocks[next];
    let lines = body[range.clone()].match_indices('\n').map(|(at, _)| range.start + at + 1);
    // One line of a code block is its fence, and two of a table its head.
    let ends: Vec<usize> = lines.skip(2).collect();
    let fits = |end: usize| cut_at(body, end, fence.as_deref(), &blocks[next + 1..], all, room);
    let count = ends.partition_point(|end| fits(*end).is_some());
    fits(*ends.get(count.checked_sub(1)?)?)
}

fn cut_at(body: &str, end: usize, fence: Option<&str>, rest: &[Block], all: u64, room: u64) -> Option<Fit> {
    const NAMED: usize = 6;
    let shown = body[..end].trim_end();
    let units_left = all.saturating_sub(cost(shown));
    if cost(shown) > room {
        return None;
    }
    let headings: Vec<String> = rest.iter().filter_map(|block| block.heading.clone()).collect();
    let named = headings.iter().take(NAMED).map(|heading| format!("\"{heading}\""));
    let mut missing = named.collect::<Vec<_>>().join(", ");
    if headings.len() > NAMED {
        missing = format!("{missing} and {} more", headings.len() - NAMED);
    }
    let sections = if missing.is_empty() { "" } else { " with the sections " };
    let close = fence.map(|fence| format!("{fence}\n")).unwrap_or_default();
    let text = format!(
        "{shown}\n{close}\n[left out here to fit the budget: about {} tokens{sections}{missing}]\n\n",
        in_tokens(units_left)
    );
    (cost(&text) <= room).then_some(Fit { text, units_left, headings })
}

/// A block, from its first line to that of the next; an item of a list is a block of its own.
struct Block {
    range: Range<usize>,
    /// Its text, if it is a heading.
    heading: Option<String>,
    /// What closes it, if it is a fenced block of code.
    fence: Option<String>,
}

fn blocks(body: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Vec<bool> = Vec::new();
    let mut heading: Option<String> = None;
    for (event, range) in Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                let is_item = matches!(tag, Tag::Item) && open == [true];
                if (open.is_empty() && !matches!(tag, Tag::List(_))) || is_item {
                    let fence = match &tag {
                        Tag::CodeBlock(CodeBlockKind::Fenced(_)) => Some(fence_of(&body[range.clone()])),
                        _ => None,
                    };
                    if matches!(tag, Tag::Heading { .. }) {
                        heading = Some(String::new());
                    }
                    blocks.push(Block { range, heading: None, fence });
                }
                open.push(matches!(tag, Tag::List(_)));
            }
            Event::End(tag) => {
                open.pop();
                if let (TagEnd::Heading(_), Some(text), Some(block)) =
                    (tag, heading.take_if(|_| open.is_empty()), blocks.last_mut())
                {
                    block.heading = Some(clean::line(&text, 60, &mut Removed::default()));
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Rule if open.is_empty() => blocks.push(Block { range, heading: None, fence: None }),
            _ => {}
        }
    }
    for block in &mut blocks {
        block.range.start = body[..block.range.start].rfind('\n').map_or(0, |at| at + 1);
    }
    let starts: Vec<usize> = blocks.iter().skip(1).map(|block| block.range.start).chain([body.len()]).collect();
    for (block, end) in blocks.iter_mut().zip(starts) {
        block.range.end = end.max(block.range.start);
    }
    blocks
}

fn fence_of(block: &str) -> String {
    let mark = block.trim_start().chars().next().unwrap_or('`');
    block.trim_start().chars().take_while(|c| *c == mark).collect()
}

/// What would close the block of code that is open at the end of a text.
pub(super) fn open_fence(text: &str) -> Option<String> {
    let last = blocks(text).pop()?;
    let fence = last.fence?;
    let block = text[last.range].trim();
    let end = block.lines().skip(1).last().unwrap_or_default().trim();
    let is_closed = end.len() >= fence.len() && end.chars().all(|c| fence.starts_with(c));
    (!is_closed).then_some(fence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_estimate_follows_its_table() {
        assert_eq!(cost("a"), 140);
        assert_eq!(cost("fifteenletterss"), 280);
        assert_eq!(cost("getHTTPResponse"), 140 + 20 + 140 + 110, "split at aB only");
        assert_eq!(cost("1234"), 280);
        assert_eq!(cost("\n.é    "), 70 + 77 + 98);
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("hello world"), 3);
    }

    #[test]
    fn a_cut_does_not_leave_a_heading_behind() {
        let body = format!("\n# One\n\ntext\n\n## Two\n\n{}\n\n", "one long line ".repeat(40));
        let fit = fit(&body, 0, 50 * TOKEN).expect("the first section fits");
        let line = "[left out here to fit the budget: about 149 tokens with the sections \"Two\"]";
        assert_eq!(fit.text, format!("\n# One\n\ntext\n\n{line}\n\n"));
        assert_eq!(fit.headings, ["Two"]);
    }

    #[test]
    fn a_long_block_of_code_is_cut_at_a_line_and_closed() {
        let body = format!("\n```rust\n{}```\n\n", "let x = 1;\n".repeat(100));
        let fit = fit(&body, 0, 100 * TOKEN).expect("some lines fit");
        assert!(fit.text.starts_with("\n```rust\nlet x = 1;\n"));
        assert!(fit.text.contains("let x = 1;\n```\n\n[left out here"), "{}", fit.text);
    }

    #[test]
    fn an_open_fence_is_noticed() {
        assert_eq!(open_fence("a\n\n```rust\nx\n"), Some("```".into()));
        assert_eq!(open_fence("a\n\n~~~~\nx\n~~~\n"), Some("~~~~".into()));
        assert_eq!(open_fence("```\n"), Some("```".into()));
        assert_eq!(open_fence("```\nx\n```\n"), None);
        assert_eq!(open_fence("```\nx\n````\n\n"), None);
        assert_eq!(open_fence("```\nx\n```\n\nafter\n"), None);
    }

    proptest! {
        #[test]
        fn a_fit_fits(body in "\n([#*`>0-9. a-c\n-]{0,12}\n){0,12}\n\n", room in 0_u64..6000, beyond in 0_u64..300) {
            if let Some(fit) = fit(&body, beyond, room) {
                prop_assert!(cost(&fit.text) <= room);
                prop_assert!(fit.text.ends_with("\n\n"));
            }
        }

        #[test]
        fn costs_of_lines_add_up(a in "[a-zA-Z0-9 .é\n]{0,20}\n", b in "[a-zA-Z0-9 .é\n]{0,20}") {
            prop_assert_eq!(cost(&a) + cost(&b), cost(&format!("{a}{b}")));
        }
    }
}
