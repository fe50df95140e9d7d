//! Text to words, for notes and queries alike: identifiers whole and in their parts, English stems,
//! accents folded, scripts without spaces in pairs of characters. Every word knows where in the
//! source it stands.

use std::collections::HashMap;
use std::ops::Range;
use tantivy::tokenizer::{RawTokenizer, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Which of a text's words are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Identifiers whole and in parts.
    #[default]
    All,
    /// Identifiers in parts only.
    Parts,
    /// Identifiers whole only; what has one part is its own whole.
    Names,
}

impl Choice {
    /// The name under which tantivy knows these words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Choice::All => "words",
            Choice::Parts => "parts",
            Choice::Names => "names",
        }
    }
}

/// Longer words are cut: nobody types them.
const LONGEST: usize = 64;
/// How many different words a stemmer remembers.
const REMEMBERED: usize = 20_000;

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it stands in the index.
    pub text: String,
    /// Where it stands in the source, in bytes.
    pub at: Range<usize>,
    /// Parts of an identifier follow each other; the whole stands at its first part.
    pub position: usize,
    /// What it is of its source.
    pub kind: WordKind,
}

/// Whether a word of a text is an identifier of several parts, as far as a look at its letters tells.
pub(super) fn is_name(word: &str) -> bool {
    let bytes = word.as_bytes();
    let joint = |pair: &[u8]| {
        let (left, right) = (pair[0], pair[1]);
        let (letter, digit) = (u8::is_ascii_alphabetic, u8::is_ascii_digit);
        left == b'_'
            || right == b'_'
            || left.is_ascii_lowercase() && right.is_ascii_uppercase()
            || letter(&left) && digit(&right)
            || digit(&left) && letter(&right)
    };
    let upper = || bytes.len() > 2 && bytes[0].is_ascii_uppercase() && bytes[1].is_ascii_uppercase();
    bytes.windows(2).any(joint) || upper()
}

/// Splits texts into words, and remembers stems.
#[derive(Clone)]
pub(crate) struct Splitter {
    token: Token,
    queue: Vec<Piece>,
    stems: Stems,
    choice: Choice,
}

impl Default for Splitter {
    fn default() -> Self {
        Splitter::of(Choice::All)
    }
}

impl Splitter {
    /// A splitter that gives some words only.
    pub(crate) fn of(choice: Choice) -> Self {
        Splitter { token: Token::default(), queue: Vec::with_capacity(16), stems: Stems::default(), choice }
    }

    /// All words of a text, in order.
    pub(crate) fn words(&mut self, text: &str) -> Vec<Word> {
        let mut stream = self.token_stream(text);
        let mut words = Vec::new();
        while stream.advance() {
            let token = &stream.splitter.token;
            words.push(Word {
                text: token.text.clone(),
                at: token.offset_from..token.offset_to,
                position: token.position,
                kind: stream.kind,
            });
        }
        words
    }
}

#[derive(Clone)]
struct Stems {
    stemmer: TextAnalyzer,
    known: HashMap<Box<[u8]>, Box<str>, std::hash::BuildHasherDefault<Fnv>>,
}

/// FNV-1a: words are short.
#[derive(Clone)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Default for Stems {
    fn default() -> Self {
        let stemmer = TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::default()).build();
        Stems { stemmer, known: HashMap::default() }
    }
}

impl Stems {
    /// Turns a lower-case word into its stem.
    fn stem(&mut self, word: &mut String) {
        if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return;
        }
        if let Some(stem) = self.known.get(word.as_bytes()) {
            word.clear();
            word.push_str(stem);
            return;
        }
        let mut stem = String::new();
        self.stemmer.token_stream(word).process(&mut |token| stem.clone_from(&token.text));
        if stem.is_empty() {
            stem.clone_from(word);
        }
        if self.known.len() < REMEMBERED {
            self.known.insert(word.as_bytes().into(), stem.as_str().into());
        }
        *word = stem;
    }
}

#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    position: usize,
    kind: WordKind,
}

/// What a word is of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// A word, or a part of an identifier: stemmed.
    Part,
    /// An identifier whole: as it is, without `_` and capitals.
    Whole,
    /// One character of a script without spaces.
    One,
    /// Two such neighbours.
    Pair,
}

/// The words of one text.
pub(crate) struct Stream<'a> {
    text: &'a str,
    at: usize,
    position: usize,
    next: usize,
    kind: WordKind,
    splitter: &'a mut Splitter,
}

impl Tokenizer for Splitter {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.token.reset();
        self.queue.clear();
        Stream { text, at: 0, position: 0, next: 0, kind: WordKind::Part, splitter: self }
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            while self.next < self.splitter.queue.len() {
                let piece = self.splitter.queue[self.next];
                self.next += 1;
                if self.emit(piece) {
                    return true;
                }
            }
            self.splitter.queue.clear();
            self.next = 0;
            if !self.refill() {
                return false;
            }
        }
    }

    fn token(&self) -> &Token {
        &self.splitter.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.splitter.token
    }
}

impl Stream<'_> {
    /// Makes a piece the current word; false if nothing is left of it.
    fn emit(&mut self, piece: Piece) -> bool {
        let source = &self.text[piece.start..piece.end];
        let Splitter { token, stems, .. } = &mut *self.splitter;
        token.text.clear();
        if !source.is_ascii() {
            fold(source, &mut token.text);
        } else if piece.kind == WordKind::Whole {
            let bytes = source.bytes().filter(|byte| *byte != b'_').take(LONGEST);
            token.text.extend(bytes.map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            token.text.push_str(&source[..source.len().min(LONGEST)]);
            token.text.make_ascii_lowercase();
        }
        if piece.kind == WordKind::Part {
            stems.stem(&mut token.text);
        }
        token.offset_from = piece.start;
        token.offset_to = piece.end;
        token.position = piece.position;
        self.kind = piece.kind;
        !token.text.is_empty()
    }

    /// Finds the next run of word characters and queues its pieces; false at the end.
    fn refill(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut start = self.at;
        while start < bytes.len() {
            let byte = bytes[start];
            if byte.is_ascii() {
                if is_word_byte(byte) {
                    break;
                }
                start += 1;
                continue;
            }
            let Some(first) = self.text[start..].chars().next() else {
                return false;
            };
            if first.is_alphanumeric() {
                break;
            }
            start += first.len_utf8();
        }
        if start >= bytes.len() {
            self.at = start;
            return false;
        }
        let mut end = start;
        let mut ascii = true;
        while end < bytes.len() && is_word_byte(bytes[end]) {
            end += 1;
        }
        if end < bytes.len() && !bytes[end].is_ascii() {
            ascii = false;
            let pairs = self.text[start..].chars().next().is_some_and(goes_in_pairs);
            for (at, char) in self.text[end..].char_indices() {
                let fits = (char.is_alphanumeric() || char == '_') && goes_in_pairs(char) == pairs;
                let goes_on = at + end == start || is_combining_mark(char) || fits;
                if !goes_on {
                    break;
                }
                self.at = end + at + char.len_utf8();
            }
            end = self.at.max(end);
            if pairs {
                self.queue_pairs(start, end);
                self.at = end;
                return true;
            }
        }
        self.at = end;
        if ascii {
            self.queue_parts_ascii(start, end);
        } else {
            self.queue_parts(start, end);
        }
        true
    }

    /// `getHTTPResponse2` is get, HTTP, Response, 2.
    fn queue_parts_ascii(&mut self, start: usize, end: usize) {
        let bytes = &self.text.as_bytes()[start..end];
        // Most words are no identifiers.
        if bytes[1..].iter().all(u8::is_ascii_lowercase) && bytes[0].is_ascii_alphabetic() {
            let (position, kind) = (self.position, WordKind::Part);
            self.splitter.queue.push(Piece { start, end, position, kind });
            self.position += 1;
            return;
        }
        let class = |at: usize| bytes.get(at).map_or(Class::None, |byte| Class::of(char::from(*byte)));
        let mut from = 0;
        self.begin_parts(start, end);
        for at in 1..=bytes.len() {
            if border(class(at - 1), class(at), class(at + 1)) {
                self.queue_part(start + from, start + at);
                from = at;
            }
        }
        self.end_parts();
    }

    fn queue_parts(&mut self, start: usize, end: usize) {
        let chars: Vec<(usize, Class)> = self.text[start..end]
            .char_indices()
            .filter(|(_, char)| !is_combining_mark(*char))
            .map(|(at, char)| (at, Class::of(char)))
            .collect();
        let class = |at: usize| chars.get(at).map_or(Class::None, |(_, class)| *class);
        let mut from = 0;
        self.begin_parts(start, end);
        for at in 1..=chars.len() {
            if border(class(at - 1), class(at), class(at + 1)) {
                let to = chars.get(at).map_or(end - start, |(at, _)| *at);
                self.queue_part(start + from, start + to);
                from = to;
            }
        }
        self.end_parts();
    }

    /// The whole is queued first, and taken back if it turns out to have one part only.
    fn begin_parts(&mut self, start: usize, end: usize) {
        self.splitter.queue.push(Piece { start, end, position: self.position, kind: WordKind::Whole });
    }

    fn queue_part(&mut self, mut start: usize, mut end: usize) {
        let bytes = self.text.as_bytes();
        while start < end && bytes[start] == b'_' {
            start += 1;
        }
        while start < end && bytes[end - 1] == b'_' {
            end -= 1;
        }
        if start < end {
            let position = self.position;
            self.splitter.queue.push(Piece { start, end, position, kind: WordKind::Part });
            self.position += 1;
        }
    }

    fn end_parts(&mut self) {
        let queue = &mut self.splitter.queue;
        match queue.len() {
            0 | 1 => queue.clear(),
            2 => {
                queue.remove(0);
            }
            len => {
                // The whole begins and ends with its parts, not with `_`.
                queue[0].start = queue[1].start;
                queue[0].end = queue[len - 1].end;
                match self.splitter.choice {
                    Choice::All => {}
                    Choice::Parts => self.next = 1,
                    Choice::Names => queue.truncate(1),
                }
            }
        }
    }

    /// Each character, and each pair of neighbours.
    fn queue_pairs(&mut self, start: usize, end: usize) {
        let mut before: Option<usize> = None;
        let text = &self.text[start..end];
        for (at, char) in text.char_indices().filter(|(_, char)| !is_combining_mark(*char)) {
            let (at, to) = (start + at, start + at + char.len_utf8());
            let position = self.position;
            if let Some(before) = before {
                let (position, kind) = (position - 1, WordKind::Pair);
                self.splitter.queue.push(Piece { start: before, end: to, position, kind });
            }
            self.splitter.queue.push(Piece { start: at, end: to, position, kind: WordKind::One });
            self.position += 1;
            before = Some(at);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    None,
    Lower,
    Upper,
    Digit,
    Underscore,
}

impl Class {
    #[inline]
    fn of(char: char) -> Class {
        match char {
            'a'..='z' => Class::Lower,
            'A'..='Z' => Class::Upper,
            '0'..='9' => Class::Digit,
            '_' => Class::Underscore,
            _ if char.is_uppercase() => Class::Upper,
            _ if char.is_numeric() => Class::Digit,
            _ => Class::Lower,
        }
    }
}

/// Whether a part ends between two characters; `after` is the one behind them.
#[inline]
fn border(left: Class, right: Class, after: Class) -> bool {
    match (left, right) {
        (_, Class::None) | (Class::Lower, Class::Upper) => true,
        (Class::Upper, Class::Upper) => after == Class::Lower,
        (Class::Upper, Class::Lower) => false,
        _ => left != right,
    }
}

#[inline]
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Scripts that put no spaces between words.
fn goes_in_pairs(char: char) -> bool {
    matches!(u32::from(char),
        0x0E00..=0x0EFF            // Thai, Lao
        | 0x1000..=0x109F          // Myanmar
        | 0x1780..=0x17FF          // Khmer
        | 0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF // Hangul
        | 0x3005..=0x3007 | 0x3041..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9D // kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF) // Han
}

/// A word as it is in the index when it stands whole: lower case, accents gone, not stemmed.
pub(crate) fn folded(source: &str) -> String {
    let mut folded = String::new();
    fold(source, &mut folded);
    folded
}

/// Lower case, compatibility forms and accents gone, at most [`LONGEST`] bytes.
fn fold(source: &str, into: &mut String) {
    for char in source.nfkd().flat_map(char::to_lowercase) {
        if into.len() >= LONGEST {
            break;
        }
        if !is_combining_mark(char) && char != '_' {
            into.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = Splitter::default().words(text);
        let found: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn identifiers_are_found_whole_and_in_parts() {
        check("set_signed_cookie", &["setsignedcookie", "set", "sign", "cooki"]);
        check("setSignedCookie", &["setsignedcookie", "set", "sign", "cooki"]);
        check("getHTTPResponse", &["gethttpresponse", "get", "http", "respons"]);
        check("get_http_response", &["gethttpresponse", "get", "http", "respons"]);
        check("SHA256", &["sha256", "sha", "256"]);
        check("__init__", &["init"]);
        check("_", &[]);
        check("HTTP", &["http"]);
        check("Running cookies", &["run", "cooki"]);
    }

    #[test]
    fn accents_are_folded_and_scripts_without_spaces_go_in_pairs() {
        check("Café caf\u{e9} cafe\u{301}", &["cafe", "cafe", "cafe"]);
        check("設定", &["設", "設定", "定"]);
        check("ＡＢＣ", &["abc"]);
        check("日本語text", &["日", "日本", "本", "本語", "語", "text"]);
        check("größeÄnderung", &["großeanderung", "große", "anderung"]);
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let found = Splitter::default().words("a getHTTPResponse é");
        let places: Vec<_> = found.iter().map(|word| (word.at.clone(), word.position)).collect();
        assert_eq!(places, [(0..1, 0), (2..17, 1), (2..5, 1), (5..9, 2), (9..17, 3), (18..20, 4)]);
    }

    proptest::proptest! {
        #[test]
        fn words_stand_where_they_say(text in r"(\PC|[a-zA-Z0-9_]|[\s設定é\u{301}]){0,80}") {
            let mut last = 0;
            for word in Splitter::default().words(&text) {
                let source = text.get(word.at.clone());
                proptest::prop_assert!(source.is_some_and(|source| !source.is_empty()), "{:?}", word);
                proptest::prop_assert!(!word.text.is_empty() && word.text.len() <= LONGEST + 4);
                proptest::prop_assert!(word.position >= last || word.kind != WordKind::Part);
                last = word.position;
            }
        }

        #[test]
        fn parts_of_an_identifier_are_words(parts in proptest::collection::vec("[a-z]{1,8}", 1..5)) {
            let camel: String = parts.iter().map(|part| part[..1].to_uppercase() + &part[1..]).collect();
            let mut splitter = Splitter::default();
            let snake = splitter.words(&parts.join("_"));
            for part in &parts {
                let alone = splitter.words(part);
                proptest::prop_assert!(snake.iter().any(|word| word.text == alone[0].text));
            }
            if parts.len() > 1 && parts.iter().all(|part| part.len() > 1) {
                let text = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect::<Vec<_>>();
                proptest::prop_assert_eq!(text(snake), text(splitter.words(&camel)));
            }
        }
    }
}
