//! Whether something that has the shape of a secret is one: not a placeholder, a name, a hash.

/// What has to be true of a value, beyond its pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// The prefix says it all; only placeholders stay.
    Known,
    /// A password in a URL or after `login`: anything but the words of a manual.
    Password,
    /// After a header's scheme: anything but a word.
    NotAWord,
    /// In quotation marks after a key name: letters and digits mixed.
    Quoted,
    /// The same without quotation marks, where code may stand.
    Bare,
    /// Between the lines of a private key: some line of it is key material.
    Armoured,
}

/// `key` is the name before the value, `after` the text that follows it.
pub(super) fn is_secret(check: Check, key: &str, value: &str, after: &str) -> bool {
    if is_placeholder(value) {
        return false;
    }
    match check {
        Check::Known => true,
        Check::Password => !is_manual_word(value),
        Check::NotAWord => !is_name(value) || has_hump(value) || value.len() >= 40,
        Check::Armoured => value.split(|c| !is_base64(c)).any(|run| run.len() >= 20 && !is_name(run)),
        Check::Quoted | Check::Bare => {
            let chosen = is_about_password(key);
            let value = before_next_parameter(value);
            value.len() >= if chosen { 7 } else { 16 }
                && is_about_secret(key)
                && !is_about_something_else(key)
                && !after.starts_with(['(', '[', '{'])
                && is_mixed(value)
                && !is_known_harmless(value)
                && (!is_name(value) || (chosen && check == Check::Quoted && !is_about_password(value)))
        }
    }
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Stands where a secret should be put.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let anywhere = [
        "example",
        "placeholder",
        "xxxx",
        "changeme",
        "replace",
        "redacted",
        "<",
        "${",
        "{{",
        "$(",
        "...",
        "…",
        "****",
        "%s",
        "%(",
    ];
    // Short words turn up in random text: these must stand alone.
    let alone = ["your", "dummy", "insert", "todo", "fake"];
    anywhere.iter().any(|word| lower.contains(word))
        || lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| alone.contains(&part))
        || value.starts_with('$')
        || value.starts_with('{')
        || distinct(value) <= 3
        || is_a_row(value)
}

/// `12345678`, `abcdefgh`: each character follows the one before, but for one step.
fn is_a_row(value: &str) -> bool {
    let steps = value.bytes().zip(value.bytes().skip(1)).filter(|(a, b)| a.wrapping_add(1) != *b).count();
    value.len() >= 6 && steps <= 1
}

fn distinct(value: &str) -> usize {
    let mut bytes = value.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

/// What manuals write for a password: `user:password@host`.
fn is_manual_word(value: &str) -> bool {
    let words = ["password", "passwd", "pass", "pwd", "secret", "token", "pw", "pat"];
    words.contains(&value.to_ascii_lowercase().as_str())
}

fn is_about_password(key: &str) -> bool {
    key.to_ascii_lowercase().contains("pass") || key.eq_ignore_ascii_case("pwd")
}

/// `api_token2` is, `tokenizer` is not.
fn is_about_secret(key: &str) -> bool {
    let ends = ["pass", "passwd", "password", "passphrase", "pwd", "secret", "token", "key", "credential", "bearer"];
    words(key).iter().any(|word| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_end = |word: &str| ends.iter().any(|end| word.ends_with(end));
        word == "authorization" || is_end(word) || word.strip_suffix('s').is_some_and(is_end)
    })
}

/// `abc` of `abc&page=2`, as in a URL.
fn before_next_parameter(value: &str) -> &str {
    value.split_once('&').filter(|(_, rest)| rest.contains('=')).map_or(value, |(first, _)| first)
}

/// `token_url`, `password_hash`, `secret_name`: the key names something that may be known.
fn is_about_something_else(key: &str) -> bool {
    let anywhere = ["public", "hash", "digest", "checksum", "fingerprint"];
    let last = [
        "url",
        "uri",
        "file",
        "path",
        "name",
        "type",
        "header",
        "env",
        "field",
        "id",
        "length",
        "count",
        "limit",
        "pattern",
        "regex",
        "prefix",
        "version",
        "arn",
        "endpoint",
        "label",
        "algorithm",
        "class",
        "store",
    ];
    let words = words(key);
    words.iter().any(|word| anywhere.contains(&word.as_str()))
        || words.last().is_some_and(|word| last.contains(&word.as_str()))
}

/// The words of `tokenUrl`, `TOKEN_URL` and `token-url`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (before.is_ascii_lowercase() && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Letters and digits, or letters in both cases with other marks: not a word, not a number.
fn is_mixed(value: &str) -> bool {
    let has = |class: fn(&char) -> bool| value.chars().any(|c| class(&c));
    has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        || has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_punctuation)
}

/// Where the digits of `2026-11-24` stand.
const DATE: [bool; 10] = [true, true, true, true, false, true, true, false, true, true];

fn is_known_harmless(value: &str) -> bool {
    let prefixed = ["sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "md5:", "data:", "ssh-", "AAAA", "pk_"];
    let is_path = value.starts_with(['/', '~', '.']) && value.contains('/') && is_name(value);
    let is_date = value.len() >= 10 && value.bytes().take(10).map(|byte| byte.is_ascii_digit()).eq(DATE);
    value.contains("://")
        || is_path
        || is_date
        || is_uuid(value)
        || prefixed.iter().any(|prefix| value.starts_with(prefix))
}

fn is_uuid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Reads like the name of something in code or prose, a path, a version: words of letters, each with
/// at most three digits behind it.
fn is_name(value: &str) -> bool {
    let parts = value.split(|c: char| !c.is_ascii_alphanumeric());
    parts.filter(|part| !part.is_empty()).all(is_name_part)
}

/// `dXNlcjpw` as well as `userName`.
fn has_hump(value: &str) -> bool {
    value.bytes().zip(value.bytes().skip(1)).any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase())
}

fn is_name_part(part: &str) -> bool {
    let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
    if word.is_empty() {
        return part.len() <= 12;
    }
    let humps =
        word.bytes().zip(word.bytes().skip(1)).filter(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    part.len() - word.len() <= 3
        && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        && word.len() >= 4 * humps.count()
        && word.len() <= 40
}
