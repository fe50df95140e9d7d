//! `path:line` in an answer: found in its markdown, resolved against the bytes that were read,
//! looked at again later. Knows neither notes nor where they lie.

mod align;
mod check;
mod claims;
mod compare;
mod elsewhere;
mod excerpts;
mod file;
mod find;
mod look_up;
mod letter;
mod names;
mod resolve;
mod tokens;
mod verdict;
mod weak;

pub use check::{Asked, Difference, Looked, changed_by, difference, keep, keep_in, look, renewed};
pub use claims::names_checked;
pub use find::{Found, find};
pub use letter::letter_about_broken;
pub use look_up::Claims;
pub use resolve::{examine, resolve};
pub use verdict::{Change, Standing, Verdict};

use std::fmt;
use std::str::FromStr;

/// Lines `first..=last` of a file, counted from 1 as editors do. Never empty; whether a file is
/// that long is [`resolve`]'s business.
///
/// ```
/// let lines: kb::citation::Lines = "317-370".parse().unwrap();
/// assert_eq!(lines.len(), 54);
/// assert!("0-3".parse::<kb::citation::Lines>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lines {
    first: u32,
    last: u32,
}

/// Text that does not name a range of lines.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a line or a range of lines")]
pub struct NotLines(String);

impl Lines {
    /// Lines `first..=last`; none if `first` is 0 or `last < first`.
    pub fn new(first: u32, last: u32) -> Option<Self> {
        (first > 0 && last >= first).then_some(Self { first, last })
    }

    /// The first line, counted from 1.
    pub fn first(self) -> u32 {
        self.first
    }

    /// The last line, itself included.
    pub fn last(self) -> u32 {
        self.last
    }

    /// Whether some line is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// How many lines: at least one.
    #[allow(clippy::len_without_is_empty, reason = "a range of lines is never empty")]
    pub fn len(self) -> u32 {
        self.last - self.first + 1
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

impl FromStr for Lines {
    type Err = NotLines;

    fn from_str(text: &str) -> Result<Self, NotLines> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        first
            .parse()
            .ok()
            .zip(last.parse().ok())
            .and_then(|(first, last)| Lines::new(first, last))
            .ok_or_else(|| NotLines(text.to_owned()))
    }
}

/// One place that an answer cites: what is claimed, and what stood there when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// Name of the subject; none for a note's first subject.
    pub subject: Option<String>,
    /// Relative to the subject's root, with `/`.
    pub path: String,
    /// The cited lines.
    pub lines: Lines,
    /// What stood there.
    pub seen: Seen,
    /// Sentence and cited lines have nothing in common.
    pub weak: bool,
}

impl Citation {
    /// The definition around the cited lines, as it was read.
    pub fn within(&self) -> Option<&str> {
        match &self.seen {
            Seen::Held(held) => held.within.as_deref(),
            _ => None,
        }
    }
}

/// What a citation pointed at when its note was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The lines were there.
    Held(Held),
    /// They were not.
    Broken(Broken),
    /// Nobody has looked: a note written by hand, or without a subject.
    Unverified,
}

/// What the cited lines looked like. All hashes are lower-case hex.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// First 12 digits of git's blob id of the file as read.
    pub blob: String,
    /// First 16 digits of SHA-256 over the cited lines, each without trailing white space, joined
    /// by line feeds.
    pub text: String,
    /// The same over their tokens without comments and white space, where scout knows the language.
    pub code: Option<String>,
    /// The enclosing definition, `Class.method`.
    pub within: Option<String>,
}

/// Why a citation does not resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// No file of that name.
    NoSuchFile,
    /// The file ends before the first cited line.
    NoSuchLine,
    /// A bare file name that several files have.
    Ambiguous,
    /// The path leaves the subject, or is hidden from research.
    Outside,
    /// `name//` does not name a subject of the note.
    NoSuchSubject,
    /// The file cannot be read as lines of text.
    NotText,
}

impl Broken {
    const ALL: [(Broken, &'static str); 6] = [
        (Broken::NoSuchFile, "no-such-file"),
        (Broken::NoSuchLine, "no-such-line"),
        (Broken::Ambiguous, "ambiguous"),
        (Broken::Outside, "outside"),
        (Broken::NoSuchSubject, "no-such-subject"),
        (Broken::NotText, "not-text"),
    ];

    /// The word that stands in frontmatter, `broken=WORD`.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(broken, _)| *broken == self).map_or("", |(_, word)| word)
    }

    /// The reason that a frontmatter word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(broken, _)| *broken)
    }
}

/// Whether a citation, or the note that holds it, is still true. Ordered from best to worst: a note
/// is as bad as its worst citation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A note that cites nothing.
    Uncited,
    /// The cited lines are as they were.
    Fresh,
    /// The same text, elsewhere.
    Moved,
    /// Nobody has looked yet.
    Unverified,
    /// The repository is not here.
    Unknown,
    /// The cited lines changed.
    Stale,
    /// The file or definition is gone, or never was.
    Broken,
}

impl Status {
    /// All of them, from best to worst.
    pub const ALL: [Status; 7] = [
        Status::Uncited,
        Status::Fresh,
        Status::Moved,
        Status::Unverified,
        Status::Unknown,
        Status::Stale,
        Status::Broken,
    ];

    /// The status that a word names, in whatever case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word))
    }

    /// The word that people and programs see.
    pub fn word(self) -> &'static str {
        match self {
            Status::Uncited => "uncited",
            Status::Fresh => "fresh",
            Status::Moved => "moved",
            Status::Unverified => "unverified",
            Status::Unknown => "unknown",
            Status::Stale => "stale",
            Status::Broken => "broken",
        }
    }
}
