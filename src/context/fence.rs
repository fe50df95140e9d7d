//! The two lines around each note, and what in a note only looks like one. Their word comes from the
//! bodies' own hash: no body can have been written to hold it, and the same notes give the same text.

use super::Piece;
use regex::{Captures, Regex};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The delimiters of one paste.
pub(super) struct Fence {
    word: String,
    notes: usize,
}

impl Fence {
    /// The word is made of the first 16 hex digits of SHA-256 over all bodies, each after its length.
    pub(super) fn around(pieces: &[Piece]) -> Self {
        let mut hash = Sha256::new();
        for piece in pieces {
            hash.update((piece.note.body().len() as u64).to_le_bytes());
            hash.update(piece.note.body());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (first, _) = digest.split_at(8);
        let number = first.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Self { word: format!("{number:016x}"), notes: pieces.len() }
    }

    /// What both lines of every note begin with.
    pub(super) fn mark(&self) -> String {
        format!("===== kb {}", self.word)
    }

    pub(super) fn begin(&self, at: usize) -> String {
        format!("{} note {} of {} begins =====", self.mark(), at + 1, self.notes)
    }

    pub(super) fn end(&self, at: usize) -> String {
        format!("{} note {} of {} ends =====", self.mark(), at + 1, self.notes)
    }
}

/// The text without delimiters of kb's look, and with other common ones broken; and how many.
/// Invisible characters must be gone already.
pub(super) fn neutralised(text: Cow<'_, str>) -> (Cow<'_, str>, usize) {
    let mut count = 0;
    let replaced = forged().replace_all(&text, |found: &Captures| {
        let all = &found[0];
        let start = found.get(0).map_or(0, |all| all.start());
        if found.name("own").is_some() {
            count += 1;
            "[forged delimiter taken out]".to_owned()
        } else if found.name("turn").is_some() {
            count += 1;
            all.replace(':', "\\:")
        } else if found.name("tag").is_some() && is_type_argument(&text[..start], all) {
            all.to_owned()
        } else {
            count += 1;
            all.replace('<', "&lt;").replace('[', "\\[")
        }
    });
    match replaced {
        Cow::Borrowed(_) => (text, 0),
        Cow::Owned(replaced) => (Cow::Owned(replaced), count),
    }
}

/// `Vec<Context>` is code.
fn is_type_argument(before: &str, tag: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':')) && !tag.contains('/')
}

/// kb's own delimiter in any case, spacing and frame; tags that prompts put around data; the marks of
/// chat templates; the turns of a dialogue.
fn forged() -> &'static Regex {
    static FORGED: OnceLock<Regex> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "a constant, compiled by every test")]
    FORGED.get_or_init(|| {
        Regex::new(concat!(
            r"(?i)(?P<own>(?:[=＝═][ \t]*){4,}[kｋкκ][ \t._*~-]{0,2}[bｂьвβ][^\n=＝═]*[=＝═ \t]*",
            r"|(?:[=＝═][ \t]*){2,}[kｋкκ][ \t._*~-]{0,2}[bｂьвβ][^\n]*?(?-u:\b[0-9a-f]{8,}\b|\bnote|\bbegin|\bend)[^\n=＝═]*[=＝═ \t]*",
            r"|(?-u:\bk[ \t._*~-]{0,2}b\b)[^\n]{0,40}?(?-u:\b[0-9a-f]{16}\b)[^\n]{0,40}?(?-u:\b(?:begin|end)s?\b)[=＝═\-– \t]*)",
            r"|(?P<tag><[ \t]*/?[ \t]*(?-u:(?:[a-z]+:)?(?:references?|contexts?|documents?|document_content|system|system[-_](?:reminder|prompt)",
            r"|instructions?|untrusted[a-z_-]*|tool_(?:result|use|call|response)s?|function_(?:result|call)s?|invoke",
            r"|search_results?|user_(?:query|message|input)|human|assistant|start_of_turn|end_of_turn)\b)[^<>\n]*>)",
            r"|<[|｜][^<>|｜\s]{2,40}[|｜]>",
            r"|\[[ \t]*/?[ \t]*(?:INST|SYS)[ \t]*\]|<<[ \t]*/?[ \t]*SYS[ \t]*>>",
            r"|(?P<turn>\n[ \t]*\n[ \t]*(?-i:Human|Assistant)[ \t]*:)",
        ))
        .expect("the pattern compiles")
    })
}
