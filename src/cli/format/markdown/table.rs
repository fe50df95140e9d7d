//! A table in aligned columns, its cells wrapped where the terminal is too narrow.

use super::wrap::{Line, Span, narrowest, width_of, wrap};
use super::{FAINT, STRONG, merged};
use anstyle::Style;
use pulldown_cmark::Alignment;

const BETWEEN: usize = 2;

/// Cells as they come; the first row is the head.
pub(super) struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Vec<Span>>>,
    row: Vec<Vec<Span>>,
}

impl Table {
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new(), row: Vec::new() }
    }

    pub(super) fn push_cell(&mut self, mut cell: Vec<Span>) {
        if self.rows.is_empty() {
            for span in &mut cell {
                span.style = merged(STRONG, span.style);
            }
        }
        self.row.push(cell);
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// Lines of at most `room` columns, as far as what must stay whole allows.
    pub(super) fn lines(self, room: usize) -> Vec<Line> {
        let widths = self.widths(room);
        let total = widths.iter().sum::<usize>() + BETWEEN * widths.len().saturating_sub(1);
        if total > room {
            return self.stacked(room);
        }
        let mut lines = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let cells: Vec<Vec<Line>> = row.iter().zip(&widths).map(|(cell, width)| wrap(cell, *width)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for level in 0..height {
                lines.push(self.line(&cells, level, &widths));
            }
            if at == 0 {
                lines.push(vec![("─".repeat(total), FAINT)]);
            }
        }
        lines
    }

    /// Columns that do not fit beside each other stand below each other, each after its head.
    fn stacked(self, room: usize) -> Vec<Line> {
        let mut rows = self.rows.into_iter();
        let head = rows.next().unwrap_or_default();
        let mut lines = Vec::new();
        for row in rows {
            for (name, cell) in head.iter().zip(row) {
                let colon = Span { text: ": ".to_owned(), style: STRONG, is_solid: false, is_break: false };
                let spans: Vec<Span> = name.iter().cloned().chain([colon]).chain(cell).collect();
                lines.extend(wrap(&spans, room));
            }
            lines.push(vec![("─".repeat(room.min(20)), FAINT)]);
        }
        lines
    }

    fn line(&self, cells: &[Vec<Line>], level: usize, widths: &[usize]) -> Line {
        let mut line = Line::new();
        let empty = Line::new();
        for (at, width) in widths.iter().enumerate() {
            let text = cells.get(at).and_then(|cell| cell.get(level)).unwrap_or(&empty);
            let spare = width.saturating_sub(width_of(text));
            let before = match self.alignments.get(at) {
                Some(Alignment::Right) => spare,
                Some(Alignment::Center) => spare / 2,
                _ => 0,
            };
            let between = if at == 0 { 0 } else { BETWEEN };
            line.push((" ".repeat(between + before), Style::new()));
            line.extend(text.iter().cloned());
            line.push((" ".repeat(spare - before), Style::new()));
        }
        while line.last().is_some_and(|(text, _)| text.trim().is_empty()) {
            line.pop();
        }
        line
    }

    /// As wide as the widest cell; where that is too much, the widest columns give way first.
    fn widths(&self, room: usize) -> Vec<usize> {
        let columns = self.alignments.len();
        let mut widths = vec![1; columns];
        let mut least = vec![1; columns];
        for row in &self.rows {
            for (at, cell) in row.iter().enumerate().take(columns) {
                let wide = wrap(cell, usize::MAX).iter().map(width_of).max().unwrap_or(0);
                widths[at] = widths[at].max(wide.min(room));
                least[at] = least[at].max(narrowest(cell).min(room)).max(8.min(widths[at]));
            }
        }
        let most = room.saturating_sub(BETWEEN * columns.saturating_sub(1));
        while widths.iter().sum::<usize>() > most {
            let can_give = (0..columns).filter(|at| widths[*at] > least[*at]);
            let Some(widest) = can_give.max_by_key(|at| widths[*at]) else { break };
            widths[widest] -= 1;
        }
        widths
    }
}
