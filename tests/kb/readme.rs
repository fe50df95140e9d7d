//! The README's blocks are run, and print what it says.

use crate::harness::Env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Set it to write the README's transcripts anew; look at the difference before committing it.
const UPDATE: &str = "KB_TEST_UPDATE";

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn its_transcripts_are_what_kb_prints() {
    let env = Env::shop().without_notes();
    let text = readme();
    let mut written = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        writeln!(written, "{line}").unwrap();
        if line != "~~~console" {
            continue;
        }
        for line in lines.by_ref().take_while(|line| *line != "~~~") {
            if let Some(command) = line.strip_prefix("$ ") {
                writeln!(written, "{line}").unwrap();
                written.push_str(&env.shell(command));
            }
        }
        written.push_str("~~~\n");
    }
    if std::env::var_os(UPDATE).is_some() {
        return fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), &written).unwrap();
    }
    let differs = text.lines().zip(written.lines()).find(|(is, should)| is != should);
    assert_eq!(differs, None, "set {UPDATE}=1 to write the transcripts anew");
    assert_eq!(text, written);
}

#[test]
fn it_shows_every_command() {
    let text = readme();
    let all = Env::new().kb("help all").ok();
    for command in all.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        assert!(text.contains(&format!("kb {command}")), "the README shows no `kb {command}`");
    }
}

#[test]
fn it_gives_the_exit_codes_that_kb_has() {
    let text = readme();
    let env = Env::new().note("one", "# One\n");
    for (line, code) in [("list", 0), ("search nothing", 1), ("show x", 2), ("list --kb nowhere", 3)] {
        env.kb(line).ends_with(code);
        assert!(text.contains(&format!("\n| {code} | ")), "{code}");
    }
}

#[test]
fn its_keys_are_those_of_the_note_format() {
    let text = readme();
    let note = text.split("```markdown\n").nth(1).unwrap().split("\n```").next().unwrap();
    let (note, complaints) = kb::note::Note::parse(note.as_bytes());
    assert_eq!(complaints, []);
    assert_eq!(note.head.citations.len(), 2);
    assert_eq!(note.head.tags, ["cookies", "sessions"]);
    assert!(note.head.subjects[0].dirty);
}
