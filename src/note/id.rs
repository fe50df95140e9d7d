//! The name of a note that no move and no renaming changes.

use crate::machine::Machine;
use std::fmt;

/// The id of a note. kb makes ids of eight letters and digits; a foreign note keeps what it brings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(String);

/// Letters and digits that are not taken for one another. The first is a letter, so that an id is
/// never a number in YAML.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const LETTERS: usize = 23;
const LENGTH: usize = 8;

impl Id {
    /// An id as it stands in a file.
    pub fn new(text: impl Into<String>) -> Self {
        Id(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id in kb's form, made of 16 bytes: random ones, or a hash where the same input must give
    /// the same id.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let mut number = u128::from_le_bytes(bytes);
        let mut digit = |base: usize| {
            let index = usize::try_from(number % base as u128).unwrap_or(0);
            number /= base as u128;
            char::from(ALPHABET[index])
        };
        Id((0..LENGTH).map(|at| digit(if at == 0 { LETTERS } else { ALPHABET.len() })).collect())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A new random id.
pub fn new_id(machine: &Machine) -> Id {
    Id::from_bytes(machine.random())
}
