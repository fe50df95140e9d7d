//! A line a job on the terminal that says what happens now, and is gone when it is over. On a terminal
//! only, and not beside JSON; elsewhere a line is said now and then.

use crate::invisible;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthChar;

/// How often lines are drawn again at most: agents can say a thousand things a second.
const DRAWN: Duration = Duration::from_millis(80);

/// How often what a job does is said where nobody sees its line change.
const SAID: Duration = Duration::from_secs(30);

/// The lines.
pub(in crate::cli) struct Live {
    shown: bool,
    /// Somebody may read lines, and sees none change.
    plain: bool,
    width: usize,
    lines: Vec<Option<Line>>,
    drawn: usize,
    last: Option<Instant>,
}

struct Line {
    name: String,
    began: Instant,
    said: Instant,
    doing: String,
    used: String,
}

impl Live {
    pub(super) fn new(json: bool, width: usize) -> Self {
        let terminal = io::stderr().is_terminal();
        Self { shown: !json && terminal, plain: !json && !terminal, width, lines: Vec::new(), drawn: 0, last: None }
    }

    /// A job has its turn. `name` tells it from others.
    pub(in crate::cli) fn begin(&mut self, number: usize, name: &str) {
        if self.lines.len() <= number {
            self.lines.resize_with(number + 1, || None);
        }
        let line = Line {
            name: name.to_owned(),
            began: Instant::now(),
            said: Instant::now(),
            doing: String::new(),
            used: String::new(),
        };
        self.lines[number] = Some(line);
        self.draw(false);
    }

    /// What it does now.
    pub(in crate::cli) fn doing(&mut self, number: usize, what: &str) {
        if let Some(Some(line)) = self.lines.get_mut(number) {
            what.clone_into(&mut line.doing);
        }
        self.draw(false);
    }

    /// What it has used up.
    pub(in crate::cli) fn used(&mut self, number: usize, used: String) {
        if let Some(Some(line)) = self.lines.get_mut(number) {
            line.used = used;
        }
        self.draw(false);
    }

    /// Its line is not needed any more. All lines are taken away, for what is printed now.
    pub(in crate::cli) fn end(&mut self, number: usize) {
        if let Some(line) = self.lines.get_mut(number) {
            *line = None;
        }
        self.clear();
    }

    /// All lines are taken away, and none comes again.
    pub(in crate::cli) fn end_all(&mut self) {
        self.clear();
        self.shown = false;
    }

    /// Draws the lines, unless that was done a moment ago.
    pub(in crate::cli) fn draw(&mut self, at_once: bool) {
        let soon = self.last.is_some_and(|last| last.elapsed() < DRAWN);
        if !self.shown || soon && !at_once {
            return;
        }
        self.clear();
        let mut text = String::new();
        for line in self.lines.iter().flatten() {
            text.push_str(&cut(&invisible::line_for_terminal(&line.text()), self.width.saturating_sub(2)));
            text.push_str("…\n");
            self.drawn += 1;
        }
        let _ = io::stderr().write_all(text.as_bytes());
        self.last = Some(Instant::now());
    }

    /// About a second went by. Where nobody sees a line change, it is said now and then.
    pub(in crate::cli) fn tick(&mut self) {
        self.draw(true);
        for line in self.lines.iter_mut().flatten().filter(|_| self.plain) {
            if line.said.elapsed() >= SAID {
                line.said = Instant::now();
                super::say(&line.text());
            }
        }
    }

    /// A line for those who see none change.
    pub(in crate::cli) fn say_off_terminal(&self, line: &str) {
        if self.plain {
            super::say(line);
        }
    }

    /// Takes the lines away.
    pub(in crate::cli) fn clear(&mut self) {
        if self.drawn > 0 {
            let _ = write!(io::stderr(), "\x1b[{}A\r\x1b[J", self.drawn);
            self.drawn = 0;
        }
    }
}

impl Line {
    fn text(&self) -> String {
        let seconds = self.began.elapsed().as_secs();
        let time = if seconds > 0 { format!("{seconds} s") } else { String::new() };
        let parts = [self.name.as_str(), &time, &self.used, &self.doing];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
    }
}

/// As much of a line as fits.
fn cut(line: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    line.chars().take_while(fits).collect()
}
