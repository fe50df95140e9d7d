//! Text taken apart into words, as identifiers and prose both hold them.

mod stem;

pub(crate) use stem::stem;

use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Calls `found` with each word of `text` in lower case: parts of identifiers (`getHTTPResponse`:
/// get, http, response), runs of digits of two or more, single characters of scripts without spaces.
pub(crate) fn each(text: &str, mut found: impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let mut word = String::with_capacity(24);
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_alphabetic() {
            let start = at;
            at = end_of_part(bytes, at);
            if bytes.get(at).is_some_and(|byte| !byte.is_ascii()) && text[at..].starts_with(is_joined) {
                at = foreign(text, start, &mut word, &mut found);
                continue;
            }
            // What no one types as a word: encoded data.
            if at - start <= 40 {
                word.clear();
                word.push_str(&text[start..at]);
                word.make_ascii_lowercase();
                if word.len() > 1 {
                    found(&word);
                }
            }
        } else if byte.is_ascii_digit() {
            let start = at;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            if (2..=6).contains(&(at - start)) {
                found(&text[start..at]);
            }
        } else if byte.is_ascii() {
            at += 1;
        } else {
            at = foreign(text, at, &mut word, &mut found);
        }
    }
}

/// Where the part of an identifier ends that begins at `at`.
fn end_of_part(bytes: &[u8], mut at: usize) -> usize {
    let start = at;
    if bytes[at].is_ascii_uppercase() {
        while at < bytes.len() && bytes[at].is_ascii_uppercase() {
            at += 1;
        }
        // `HTTPResponse`: the last capital begins the next part; `URLs` is one.
        let plural = at < bytes.len() && bytes[at] == b's' && !bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        if at - start > 1 && at < bytes.len() && bytes[at].is_ascii_lowercase() && !plural {
            return at - 1;
        }
    }
    while at < bytes.len() && bytes[at].is_ascii_lowercase() {
        at += 1;
    }
    at
}

/// A letter of a script that writes words together.
fn is_joined(character: char) -> bool {
    character.is_alphabetic() && !is_alone(character)
}

/// A character of a script without spaces: a word by itself.
fn is_alone(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// A run of letters beyond ASCII.
fn foreign(text: &str, at: usize, word: &mut String, found: &mut impl FnMut(&str)) -> usize {
    word.clear();
    let mut end = at;
    for character in text[at..].chars() {
        let goes_on = is_joined(character) || is_alone(character) && word.is_empty();
        if !goes_on {
            if word.is_empty() {
                end += character.len_utf8();
            }
            break;
        }
        end += character.len_utf8();
        word.extend(character.to_lowercase());
        if is_alone(character) || word.len() > 60 {
            break;
        }
    }
    if !word.is_empty() {
        found(word);
    }
    end.max(at + 1)
}

thread_local! {
    static STEMS: RefCell<FxHashMap<Box<str>, Box<str>>> = RefCell::default();
}

/// Calls `found` with the stem of each word. Stems are remembered: a code base says few words often.
pub(crate) fn each_stem(text: &str, mut found: impl FnMut(&str)) {
    STEMS.with_borrow_mut(|stems| {
        if stems.len() > 200_000 {
            stems.clear();
        }
        each(text, |word| {
            if let Some(stem) = stems.get(word) {
                found(stem);
            } else {
                let stem = stem(word).into_boxed_str();
                found(&stem);
                stems.insert(word.into(), stem);
            }
        });
    });
}

#[cfg(test)]
mod tests {
    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        super::each(text, |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn identifiers_come_apart() {
        assert_eq!(
            words("getHTTPResponse set_signed_cookie SecureCookie2 URLs x"),
            ["get", "http", "response", "set", "signed", "cookie", "secure", "cookie", "urls"]
        );
        assert_eq!(words("a 304 Größe 中文"), ["304", "größe", "中", "文"]);
    }
}
