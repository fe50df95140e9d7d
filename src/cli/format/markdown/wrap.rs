//! Styled text in lines of a width. Breaks at spaces and between characters of scripts that have
//! none; never inside a place such as `src/app.rs:12-34`.

use super::width;
use anstyle::Style;
use unicode_segmentation::UnicodeSegmentation;

/// Text in one style.
#[derive(Clone, Debug)]
pub(in crate::cli::format) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
    /// Its spaces are no places to break.
    pub(super) is_solid: bool,
    /// A line ends here.
    pub(super) is_break: bool,
}

impl Span {
    /// Text that may be broken at its spaces.
    pub(in crate::cli::format) fn new(text: &str, style: Style) -> Self {
        Self { text: text.to_owned(), style, is_solid: false, is_break: false }
    }

    /// Ends a line.
    pub(super) fn line_break() -> Self {
        Self { text: String::new(), style: Style::new(), is_solid: false, is_break: true }
    }
}

/// One line: pieces of text, each in its style.
pub(in crate::cli::format) type Line = Vec<(String, Style)>;

/// How wide a line is, in columns.
pub(super) fn width_of(line: &Line) -> usize {
    line.iter().map(|(text, _)| width(text)).sum()
}

/// The narrowest that the text can become without breaking what must stay whole.
pub(super) fn narrowest(spans: &[Span]) -> usize {
    words(spans).iter().map(|word| if word.is_whole() { word.width() } else { 1 }).max().unwrap_or(0)
}

/// Lays text out in lines of at most `room` columns; none for no text.
pub(in crate::cli::format) fn wrap(spans: &[Span], room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::new();
    let mut used = 0;
    for word in words(spans) {
        if word.is_break {
            lines.push(std::mem::take(&mut line));
            used = 0;
            continue;
        }
        let space = usize::from(word.after_space && used > 0);
        if used > 0 && used + space + word.width() > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if space > 0 {
            push_space(&mut line, &word);
            used += 1;
        }
        for part in word.split(room) {
            if used > 0 && used + part.width() > room && !word.is_whole() {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            used += part.width();
            for (text, style) in part.parts {
                push(&mut line, &text, style);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn push(line: &mut Line, text: &str, style: Style) {
    match line.last_mut() {
        Some((last, same)) if *same == style => last.push_str(text),
        _ => line.push((text.to_owned(), style)),
    }
}

/// Between two words of one style the space has it too.
fn push_space(line: &mut Line, next: &Word) {
    let before = line.last().map(|(_, style)| *style);
    let after = next.parts.first().map(|(_, style)| *style);
    let style = before.filter(|style| Some(*style) == after).unwrap_or_default();
    push(line, " ", style);
}

/// What is not broken, unless it is wider than the line.
#[derive(Default)]
struct Word {
    parts: Line,
    after_space: bool,
    is_break: bool,
    is_solid: bool,
}

impl Word {
    fn width(&self) -> usize {
        width_of(&self.parts)
    }

    /// Is to be copied as one: code, an address, a place in a file.
    fn is_whole(&self) -> bool {
        self.is_solid || self.parts.iter().any(|(text, _)| text.contains(['/', ':']))
    }

    /// Itself, or its characters if it has to be broken.
    fn split(&self, room: usize) -> Vec<Word> {
        let parts = self.parts.iter();
        if self.is_whole() || self.width() <= room {
            return vec![Word { parts: parts.cloned().collect(), ..Word::default() }];
        }
        let each = |(text, style): &(String, Style)| {
            let style = *style;
            let characters = text.graphemes(true).map(str::to_owned).collect::<Vec<_>>();
            characters.into_iter().map(move |one| Word { parts: vec![(one, style)], ..Word::default() })
        };
        parts.flat_map(each).collect()
    }
}

fn words(spans: &[Span]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word = Word::default();
    for span in spans {
        if span.is_break {
            words.push(std::mem::take(&mut word));
            words.push(Word { is_break: true, ..Word::default() });
            continue;
        }
        for grapheme in span.text.graphemes(true) {
            let is_space = matches!(grapheme, " " | "\n" | "\t");
            if is_space && !span.is_solid {
                words.push(std::mem::replace(&mut word, Word { after_space: true, ..Word::default() }));
                continue;
            }
            let starts_anew = !span.is_solid && is_ideograph(grapheme) || word.parts.last().is_some_and(ends_anew);
            if starts_anew && !word.parts.is_empty() && !is_closing(grapheme) {
                words.push(std::mem::take(&mut word));
            }
            push(&mut word.parts, if is_space { " " } else { grapheme }, span.style);
            word.is_solid |= span.is_solid;
        }
    }
    words.push(word);
    words.retain(|word| word.is_break || !word.parts.is_empty());
    words
}

fn ends_anew((text, _): &(String, Style)) -> bool {
    text.graphemes(true).next_back().is_some_and(|last| is_ideograph(last) || is_closing(last))
}

/// Of a script without spaces.
fn is_ideograph(grapheme: &str) -> bool {
    grapheme.starts_with(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'))
}

/// Must not begin a line.
fn is_closing(grapheme: &str) -> bool {
    grapheme.starts_with(|c| "、。，．：；？！）」』】》〉…ー".contains(c))
}
