//! What was taken out of a paste, counted, and said in words.

use super::Kind;
use std::fmt;

/// How much was taken out or neutralised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Characters that a reader cannot see.
    pub invisible: usize,
    /// Terminal escapes and other control characters.
    pub escapes: usize,
    /// Text in the look of kb's delimiters or of other common ones.
    pub delimiters: usize,
    /// HTML comments and elements that a renderer would hide, now shown.
    pub hidden: usize,
    /// Remote images, now links.
    pub images: usize,
    /// Secrets by kind, in alphabetical order.
    pub secrets: Vec<(Kind, usize)>,
}

impl Removed {
    /// Whether nothing had to be taken out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was taken out elsewhere.
    pub fn add(&mut self, other: &Removed) {
        self.invisible += other.invisible;
        self.escapes += other.escapes;
        self.delimiters += other.delimiters;
        self.hidden += other.hidden;
        self.images += other.images;
        self.add_secrets(&other.secrets);
    }

    pub(super) fn add_secrets(&mut self, secrets: &[(Kind, usize)]) {
        for (kind, count) in secrets {
            match self.secrets.iter_mut().find(|(known, _)| known == kind) {
                Some((_, sum)) => *sum += count,
                None => self.secrets.push((*kind, *count)),
            }
        }
        self.secrets.sort_unstable();
    }
}

/// `2 invisible characters, 1 forged delimiter, 3 secrets (1 aws access key, 2 password)`; `nothing`.
impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets = self.secrets.iter().map(|(_, count)| count).sum();
        let counts = [
            (self.invisible, "invisible character"),
            (self.escapes, "terminal escape"),
            (self.delimiters, "forged delimiter"),
            (self.hidden, "hidden element"),
            (self.images, "remote image"),
            (secrets, "secret"),
        ];
        let said = counts.iter().filter(|(count, _)| *count > 0);
        let mut said: Vec<String> =
            said.map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" })).collect();
        if let Some(last) = said.last_mut().filter(|_| secrets > 0) {
            let kinds: Vec<String> = self.secrets.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            *last = format!("{last} ({})", kinds.join(", "));
        }
        f.write_str(if said.is_empty() { "nothing" } else { "" })?;
        f.write_str(&said.join(", "))
    }
}
