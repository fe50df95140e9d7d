//! Words reduced to stems, so that `signing`, `signed` and `signer` meet: Porter's algorithm (1980),
//! and after it the doers of code (`parser`, `validator`) reduced to what they do.

/// Words that end like a doer but are none.
const NO_DOERS: &[&str] = &[
    "header",
    "folder",
    "pointer",
    "number",
    "letter",
    "filter",
    "member",
    "layer",
    "render",
    "cluster",
    "character",
    "integer",
    "parameter",
    "footer",
    "corner",
    "border",
    "trigger",
    "manager",
    "counter",
    "operator",
    "vector",
    "monitor",
    "iterator",
    "master",
    "register",
    "chapter",
];

/// The stem of a word in lower case. Words with anything but ASCII letters stay as they are.
pub(crate) fn stem(word: &str) -> String {
    if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut word = american(word);
    plural(&mut word);
    past_and_gerund(&mut word);
    if word.ends_with('y') && word.len() > 2 && has_vowel(&word[..word.len() - 1]) {
        word.pop();
        word.push('i');
    }
    doubled_suffixes(&mut word);
    single_suffixes(&mut word);
    last_suffixes(&mut word);
    doer(&mut word);
    if word.ends_with('e') && word.len() > 3 {
        word.pop();
    }
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
    word
}

/// British spellings as code spells them.
fn american(word: &str) -> String {
    let mut word = word.to_owned();
    for (british, ending) in
        [("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("iser", "izer"), ("ise", "ize")]
    {
        if word.len() > british.len() + 3 && word.ends_with(british) {
            word.truncate(word.len() - british.len());
            word.push_str(ending);
            return word;
        }
    }
    if let Some(at) = word.find("our") {
        let rest = &word[at + 3..];
        if at >= 3 && matches!(rest, "" | "s" | "ed" | "ing" | "ful") {
            word.remove(at + 1);
        }
    }
    word
}

fn is_consonant(word: &[u8], at: usize) -> bool {
    match word[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' => false,
        b'y' => at == 0 || !is_consonant(word, at - 1),
        _ => true,
    }
}

/// How often a vowel is followed by a consonant: Porter's m.
fn measure(word: &str) -> usize {
    let bytes = word.as_bytes();
    let mut count = 0;
    let mut vowel_before = false;
    for at in 0..bytes.len() {
        let consonant = is_consonant(bytes, at);
        if consonant && vowel_before {
            count += 1;
        }
        vowel_before = !consonant;
    }
    count
}

fn has_vowel(word: &str) -> bool {
    (0..word.len()).any(|at| !is_consonant(word.as_bytes(), at))
}

fn ends_consonant_vowel_consonant(word: &str) -> bool {
    let bytes = word.as_bytes();
    let n = bytes.len();
    n >= 3
        && is_consonant(bytes, n - 1)
        && !is_consonant(bytes, n - 2)
        && is_consonant(bytes, n - 3)
        && !matches!(bytes[n - 1], b'w' | b'x' | b'y')
}

fn cut(word: &mut String, suffix: &str, by: &str) {
    word.truncate(word.len() - suffix.len());
    word.push_str(by);
}

fn plural(word: &mut String) {
    if word.ends_with("sses") || word.ends_with("ies") && word.len() > 4 {
        word.truncate(word.len() - 2);
    } else if word.ends_with("ies") || word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
    {
        word.pop();
    }
}

fn past_and_gerund(word: &mut String) {
    if word.ends_with("eed") {
        if measure(&word[..word.len() - 3]) > 0 {
            word.pop();
        }
        return;
    }
    let Some(suffix) = ["ed", "ing"].into_iter().find(|suffix| word.ends_with(suffix)) else {
        return;
    };
    let rest = &word[..word.len() - suffix.len()];
    if !has_vowel(rest) || rest.len() < 2 {
        return;
    }
    cut(word, suffix, "");
    let last = word.as_bytes()[word.len() - 1];
    if word.ends_with("at") || word.ends_with("bl") || word.ends_with("iz") {
        word.push('e');
    } else if word.len() > 1
        && word.as_bytes()[word.len() - 2] == last
        && is_consonant(word.as_bytes(), word.len() - 1)
        && !matches!(last, b'l' | b's' | b'z')
    {
        word.pop();
    } else if measure(word) == 1 && ends_consonant_vowel_consonant(word) {
        word.push('e');
    }
}

fn replace_first(word: &mut String, table: &[(&str, &str)], least: usize) {
    if let Some((suffix, by)) = table.iter().find(|(suffix, _)| word.ends_with(suffix))
        && measure(&word[..word.len() - suffix.len()]) >= least
    {
        cut(word, suffix, by);
    }
}

fn doubled_suffixes(word: &mut String) {
    let table = [
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("abli", "able"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
    ];
    replace_first(word, &table, 1);
}

fn single_suffixes(word: &mut String) {
    let table =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];
    replace_first(word, &table, 1);
}

fn last_suffixes(word: &mut String) {
    if word.ends_with("ion") {
        let rest = &word[..word.len() - 3];
        if (rest.ends_with('s') || rest.ends_with('t')) && measure(rest) > 0 && rest.len() > 3 {
            cut(word, "ion", "");
        }
        return;
    }
    let table = [
        ("al", ""),
        ("ance", ""),
        ("ence", ""),
        ("ic", ""),
        ("able", ""),
        ("ible", ""),
        ("ant", ""),
        ("ement", ""),
        ("ment", ""),
        ("ent", ""),
        ("ism", ""),
        ("ate", ""),
        ("iti", ""),
        ("ous", ""),
        ("ive", ""),
        ("ize", ""),
    ];
    replace_first(word, &table, 2);
}

fn doer(word: &mut String) {
    if word.len() < 6 || NO_DOERS.contains(&word.as_str()) {
        return;
    }
    if word.ends_with("er") || word.ends_with("or") {
        let rest = &word[..word.len() - 2];
        if has_vowel(rest) {
            let bytes = rest.as_bytes();
            let twice = bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
                && !matches!(bytes[bytes.len() - 1], b'l' | b's' | b'z');
            let end = rest.len() - usize::from(twice);
            word.truncate(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn forms_of_a_word_meet() {
        for family in [
            &["sign", "signed", "signing", "signs", "signer"][..],
            &["parse", "parsed", "parsing", "parser", "parsers"],
            &["validate", "validation", "validator", "validating"],
            &["compress", "compression", "compressed", "compressor"],
            &["serialize", "serialise", "serializer", "serialization", "serializing"],
            &["connect", "connection", "connected", "connector"],
            &["decode", "decoder", "decoding"],
            &["colour", "color", "colours"],
            &["dependency", "dependencies"],
        ] {
            for word in family {
                assert_eq!(stem(word), stem(family[0]), "{word}");
            }
        }
    }

    #[test]
    fn different_words_stay_apart() {
        for (a, b) in [("user", "use"), ("header", "head"), ("order", "ord"), ("folder", "fold"), ("number", "numb")] {
            assert_ne!(stem(a), stem(b), "{a} {b}");
        }
    }
}
