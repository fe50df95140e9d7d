//! Notes that nobody wrote, of 4.5 kB each in 521 folders: always the same ones.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDERS: usize = 520;
const SIZE: usize = 4500;

/// What to search for: words that some, but not most of the notes hold.
pub(crate) const QUERY: [&str; 3] = ["signed", "session", "cookie"];

const NOUNS: [&str; 64] = [
    "session",
    "cookie",
    "request",
    "response",
    "handler",
    "parser",
    "buffer",
    "thread",
    "process",
    "index",
    "query",
    "token",
    "header",
    "route",
    "template",
    "context",
    "signal",
    "socket",
    "stream",
    "encoder",
    "decoder",
    "cache",
    "lock",
    "queue",
    "worker",
    "config",
    "option",
    "command",
    "argument",
    "result",
    "error",
    "warning",
    "module",
    "package",
    "import",
    "function",
    "method",
    "class",
    "object",
    "value",
    "string",
    "number",
    "list",
    "table",
    "row",
    "column",
    "field",
    "record",
    "file",
    "folder",
    "path",
    "name",
    "user",
    "group",
    "permission",
    "secret",
    "key",
    "hash",
    "digest",
    "signature",
    "timestamp",
    "interval",
    "limit",
    "offset",
];
const VERBS: [&str; 24] = [
    "set", "get", "read", "write", "open", "close", "parse", "format", "check", "find", "load", "store", "send",
    "receive", "start", "stop", "create", "remove", "update", "merge", "split", "signed", "encode", "decode",
];
const SMALL: [&str; 16] =
    ["the", "a", "of", "to", "in", "is", "that", "and", "which", "with", "when", "by", "from", "on", "then", "into"];

/// xorshift64*: enough for words.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        // Some words are said more often than others.
        let (a, b) = (self.next(words.len()), self.next(words.len()));
        words[a.min(b)]
    }

    fn identifier(&mut self) -> String {
        let (verb, noun, other) = (self.of(&VERBS), self.of(&NOUNS), self.of(&NOUNS));
        let number = self.next(400);
        match self.next(4) {
            0 => format!("{verb}_{noun}_{other}"),
            1 => format!("{verb}{}{}", capital(noun), capital(other)),
            2 => format!("{}{}{number}", capital(noun), capital(other)),
            _ => format!("{verb}_{noun}{number}"),
        }
    }
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A folder with so many notes; made if it is not there yet.
pub(crate) fn folder(count: usize) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures").join(format!("notes-{count}"));
    let done = root.join(".done");
    if done.exists() {
        return root;
    }
    fs::remove_dir_all(&root).ok();
    for folder in 0..FOLDERS {
        fs::create_dir_all(root.join(format!("topic-{folder:03}"))).unwrap();
    }
    for number in 0..count {
        let folder = root.join(format!("topic-{:03}", number % FOLDERS));
        let (name, text) = note(number);
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(done, "").unwrap();
    root
}

fn note(number: usize) -> (String, String) {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1).wrapping_mul(0xD134_2543_DE82_EF95));
    let (verb, noun, other) = (dice.of(&VERBS), dice.of(&NOUNS), dice.of(&NOUNS));
    let id = format!("n{number:07}");
    let mut text = String::with_capacity(SIZE + 200);
    writeln!(text, "---\nkb: 1\nid: {id}\nquestion: how does the {noun} {verb} its {other}").unwrap();
    writeln!(
        text,
        "created: 2026-{:02}-{:02}T10:00:00Z\norigin: agent\nagent: scout",
        number % 11 + 1,
        number % 28 + 1
    )
    .unwrap();
    writeln!(
        text,
        "subjects:\n  - sample git=https://example.org/sample.git commit=0f9c2a1d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b"
    )
    .unwrap();
    writeln!(text, "citations:").unwrap();
    for _ in 0..4 {
        let (file, line) = (dice.of(&NOUNS), dice.next(900) + 1);
        writeln!(text, "  - src/{file}.py:{line}-{} blob=9c1f0e77a1b2 text=5d41402abc4b2a76", line + 20).unwrap();
    }
    writeln!(text, "tags: [{noun}, {other}]\n---\n# How the {noun} {verb}s its {other}\n").unwrap();
    while text.len() < SIZE {
        if dice.next(6) == 0 {
            writeln!(text, "## {} and {}\n", capital(dice.of(&NOUNS)), dice.of(&NOUNS)).unwrap();
        }
        for _ in 0..dice.next(4) + 2 {
            sentence(&mut dice, &mut text);
        }
        text.push_str("\n\n");
        if dice.next(5) == 0 {
            writeln!(
                text,
                "```python\ndef {}({}):\n    return {}\n```\n",
                dice.identifier(),
                dice.of(&NOUNS),
                dice.identifier()
            )
            .unwrap();
        }
    }
    (format!("how-does-the-{noun}-{verb}-its-{other}-{id}.md"), text)
}

fn sentence(dice: &mut Dice, text: &mut String) {
    for word in 0..dice.next(10) + 6 {
        if word > 0 {
            text.push(' ');
        }
        match dice.next(10) {
            0 => write!(text, "`{}`", dice.identifier()).unwrap(),
            1..=3 => text.push_str(dice.of(&NOUNS)),
            4 => text.push_str(dice.of(&VERBS)),
            5 => write!(text, "{}{}", dice.of(&NOUNS), dice.next(60)).unwrap(),
            _ => text.push_str(dice.of(&SMALL)),
        }
    }
    write!(text, " (`src/{}.py:{}`). ", dice.of(&NOUNS), dice.next(900) + 1).unwrap();
}
