//! How a note is shown on a terminal: its markdown as styled text in lines of the terminal's width.
//! Every piece of it goes through `invisible`. Knows no terminal: colours are taken out by whoever
//! prints them.

mod highlight;
mod table;
#[cfg(test)]
mod tests;
mod wrap;

use crate::invisible::{for_terminal, line_for_terminal};
use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::fmt::Write;
use table::Table;
use wrap::Line;
pub(super) use wrap::{Span, wrap};

const FAINT: Style = Style::new().dimmed();
const CODE: Style = AnsiColor::Green.on_default();
const STRONG: Style = Style::new().bold();
const TITLE: Style = Style::new().bold().underline();
/// Narrower terminals are taken for this wide.
const NARROWEST: usize = 20;

/// Renders markdown in lines of at most `width` columns. A place in a file, a URL and short code are
/// never split, so that they can be copied: they, and blocks of code, may be wider. Ends with a line
/// feed, unless it is empty.
pub fn render(markdown: &str, width: usize) -> String {
    let mut page = Page { width: width.max(NARROWEST), ..Page::default() };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(markdown, options) {
        page.event(event);
    }
    page.end_text();
    page.out
}

#[derive(Default)]
struct Page {
    out: String,
    width: usize,
    /// What stands before each line: bullets, bars, indents; outermost first.
    margins: Vec<Margin>,
    lists: Vec<List>,
    /// Text not yet written.
    spans: Vec<Span>,
    styles: Vec<Style>,
    links: Vec<Link>,
    code: Option<Code>,
    table: Option<Table>,
    /// A blank line is due before the next block.
    gap: bool,
}

/// `first` stands before the first line, `rest` before the others.
struct Margin {
    first: String,
    rest: String,
    is_new: bool,
}

struct List {
    next: Option<u64>,
    /// Its items are paragraphs: blank lines between them.
    is_loose: bool,
    is_begun: bool,
}

struct Link {
    url: String,
    /// Where its text begins in `Page::spans`.
    from: usize,
}

struct Code {
    text: String,
    /// As the fence names it.
    language: String,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text.push_str(&text),
                None => self.push(&text, self.style(), false),
            },
            Event::Code(text) => {
                let is_solid = unicode_width::UnicodeWidthStr::width(&*text) <= self.width / 2;
                self.push(&text, merged(self.style(), CODE), is_solid);
            }
            Event::Html(html) => {
                self.push(html.trim_end_matches('\n'), FAINT, false);
                self.end_text();
            }
            Event::InlineHtml(html) => self.push(&html, FAINT, false),
            Event::SoftBreak => self.push(" ", self.style(), false),
            Event::HardBreak => self.spans.push(Span::line_break()),
            Event::Rule => {
                self.open_block();
                let rule = "─".repeat(self.room().min(40));
                self.write(&vec![(rule, FAINT)]);
                self.gap = true;
            }
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }, FAINT, false),
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push(&text, self.style(), false);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => {
                if let (Some(list), Some(true)) = (self.lists.last_mut(), self.margins.last().map(|it| it.is_new)) {
                    list.is_loose = true;
                }
                self.open_block();
            }
            Tag::Heading { level, .. } => {
                self.open_block();
                self.styles.push(if level == HeadingLevel::H1 { TITLE } else { STRONG });
            }
            Tag::BlockQuote(_) => {
                self.open_block();
                self.margin("│ ", "│ ");
            }
            Tag::CodeBlock(kind) => {
                self.open_block();
                let language = match kind {
                    pulldown_cmark::CodeBlockKind::Fenced(info) => info.to_lowercase(),
                    pulldown_cmark::CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(Code { text: String::new(), language });
            }
            Tag::HtmlBlock => self.open_block(),
            Tag::List(first) => {
                self.end_text();
                match self.lists.last() {
                    Some(outer) => self.gap = outer.is_loose,
                    None => self.open_block(),
                }
                self.lists.push(List { next: first, is_loose: false, is_begun: false });
            }
            Tag::Item => self.start_item(),
            Tag::Table(alignments) => {
                self.open_block();
                self.table = Some(Table::new(alignments));
            }
            Tag::Emphasis => self.styles.push(Style::new().italic()),
            Tag::Strong => self.styles.push(STRONG),
            // Where there is no style, the sense must not turn into its contrary.
            Tag::Strikethrough => {
                self.styles.push(Style::new().strikethrough());
                self.push("~~", FAINT, false);
            }
            Tag::Link { dest_url, .. } => self.start_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.push("image: ", FAINT, false);
                self.start_link(&dest_url);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.close_block(),
            TagEnd::Heading(_) => {
                self.close_block();
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.end_text();
                self.margins.pop();
                self.gap = true;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap = self.lists.last().is_none_or(|outer| outer.is_loose);
            }
            TagEnd::Item => {
                self.end_text();
                if self.margins.last().is_some_and(|margin| margin.is_new) {
                    self.write(&Line::new());
                }
                self.margins.pop();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                if let Some(table) = &mut self.table {
                    table.push_cell(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::Table => {
                let room = self.room();
                for line in self.table.take().map(|table| table.lines(room)).unwrap_or_default() {
                    self.write(&line);
                }
                self.gap = true;
            }
            TagEnd::Strikethrough => {
                self.push("~~", FAINT, false);
                self.styles.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    fn start_item(&mut self) {
        if let Some(list) = self.lists.last_mut() {
            self.gap = if list.is_begun { list.is_loose } else { self.gap };
            list.is_begun = true;
        }
        let marker = match self.lists.last_mut() {
            Some(List { next: Some(number), .. }) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        if self.gap {
            self.blank();
        }
        self.gap = false;
        self.margin(&marker, &" ".repeat(width(&marker)));
    }

    fn start_link(&mut self, url: &str) {
        self.links.push(Link { url: url.to_owned(), from: self.spans.len() });
        self.styles.push(Style::new().underline());
    }

    /// The address stands behind the text, unless it is the text.
    fn end_link(&mut self) {
        self.styles.pop();
        let Some(Link { url, from }) = self.links.pop() else { return };
        let url = line_for_terminal(&url).into_owned();
        let text: String = self.spans.get(from..).unwrap_or_default().iter().map(|span| span.text.as_str()).collect();
        if text.is_empty() {
            self.push(&url, FAINT, true);
        } else if text != url && format!("mailto:{text}") != url {
            self.push(" ", Style::new(), false);
            self.push(&format!("({url})"), FAINT, true);
        }
    }

    fn end_code(&mut self) {
        let Some(Code { text, language }) = self.code.take() else { return };
        self.margin("    ", "    ");
        let text = for_terminal(&text).replace('\t', "    ");
        for line in highlight::lines(&language, text.trim_end_matches('\n')) {
            self.write(&line);
        }
        self.margins.pop();
        self.gap = true;
    }

    fn style(&self) -> Style {
        self.styles.iter().fold(Style::new(), |all, style| merged(all, *style))
    }

    fn push(&mut self, text: &str, style: Style, is_solid: bool) {
        self.spans.push(Span { text: for_terminal(text).into_owned(), style, is_solid, is_break: false });
    }

    fn margin(&mut self, first: &str, rest: &str) {
        // However deep blocks lie in each other, half of the width is for text.
        let is_deep = self.room() < self.width / 2;
        let rest = if is_deep { "" } else { rest };
        self.margins.push(Margin { first: first.to_owned(), rest: rest.to_owned(), is_new: true });
    }

    fn room(&self) -> usize {
        let margins: usize = self.margins.iter().map(|margin| width(&margin.rest)).sum();
        self.width.saturating_sub(margins).max(NARROWEST / 2)
    }

    fn open_block(&mut self) {
        self.end_text();
        if self.gap {
            self.blank();
        }
        self.gap = false;
    }

    fn close_block(&mut self) {
        self.end_text();
        self.gap = true;
    }

    fn end_text(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        for line in wrap(&spans, self.room()) {
            self.write(&line);
        }
    }

    fn blank(&mut self) {
        let margin: String = self.margins.iter().map(|margin| margin.rest.as_str()).collect();
        self.finish(margin.trim_end(), &Line::new());
    }

    fn write(&mut self, line: &Line) {
        let mut margin = String::new();
        for Margin { first, rest, is_new } in &mut self.margins {
            margin.push_str(if *is_new { first } else { rest });
            *is_new = false;
        }
        self.finish(if line.is_empty() { margin.trim_end() } else { &margin }, line);
    }

    fn finish(&mut self, margin: &str, line: &Line) {
        // Writing to a String cannot fail.
        let _ = if margin.trim().is_empty() {
            write!(self.out, "{margin}")
        } else {
            write!(self.out, "{FAINT}{margin}{FAINT:#}")
        };
        for (text, style) in line {
            let _ = write!(self.out, "{style}{text}{style:#}");
        }
        let end = self.out.trim_end_matches(' ').len();
        self.out.truncate(end);
        self.out.push('\n');
    }
}

/// Both styles at once; the colour is that of the inner one, if it has any.
fn merged(outer: Style, inner: Style) -> Style {
    inner.effects(outer.get_effects() | inner.get_effects()).fg_color(inner.get_fg_color().or(outer.get_fg_color()))
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
