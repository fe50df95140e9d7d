//! Killed at every step of saving: no note is lost, none is garbled.

use crate::harness::Env;
use kb::save::Step;
use std::fs;

const BEFORE: &str = "---\nid: k7f3qdm2\n---\n# Before\n";

#[test]
fn a_new_note_is_whole_or_absent() {
    for (step, name) in Step::ALL {
        let env = Env::new().note("other", BEFORE);
        let mut command = env.command("add");
        command.env("KB_TEST_KILL_AFTER", name);
        let run = env.run(command, "# New\n\nText.\n");
        assert_eq!(run.code, None, "{name}: {run}");
        let notes = env.notes();
        let new: Vec<&String> = notes.iter().filter(|note| *note != "other.md").collect();
        match step {
            Step::Made | Step::Written | Step::Synced => assert!(new.is_empty(), "{name}: {notes:?}"),
            Step::Named | Step::Done => {
                let text = fs::read_to_string(env.base().join(new[0])).unwrap();
                assert!(text.starts_with("---\nkb: 1\n") && text.ends_with("# New\n\nText.\n"), "{name}: {text}");
            }
        }
        assert_eq!(fs::read_to_string(env.base().join("other.md")).unwrap(), BEFORE, "{name}");
        // What a killed process leaves behind is no note and stops nobody.
        assert_eq!(env.kb("list --json").json()["total"].as_u64(), Some(notes.len() as u64), "{name}");
        env.kb_reads("add", "# Again\n").ok();
    }
}

#[test]
fn a_changed_note_is_the_old_or_the_new_one() {
    for (step, name) in Step::ALL {
        let env = Env::new().note("one", BEFORE);
        let mut command = env.command("tag k7f +new");
        command.env("KB_TEST_KILL_AFTER", name);
        let run = env.run(command, "");
        assert_eq!(run.code, None, "{name}: {run}");
        let after = fs::read_to_string(env.base().join("one.md")).unwrap();
        let changed = BEFORE.replace("k7f3qdm2\n", "k7f3qdm2\ntags: [new]\n");
        match step {
            Step::Made | Step::Written | Step::Synced => assert_eq!(after, BEFORE, "{name}"),
            Step::Named | Step::Done => assert_eq!(after, changed, "{name}"),
        }
        assert_eq!(env.kb("list --json").json()["total"], 1, "{name}");
    }
}

#[test]
fn an_answer_is_whole_or_absent() {
    for (step, name) in Step::ALL {
        let env = Env::shop();
        // What kb keeps for itself is kept now, so that the first save of the next command is the note.
        env.kb_reads("add --repo .", "# Before\n").ok();
        let mut command = env.command("ask where are signed cookies set");
        command.env("KB_TEST_KILL_AFTER", name);
        let run = env.run(command, "");
        assert_eq!(run.code, None, "{name}: {run}");
        let whole = matches!(step, Step::Named | Step::Done);
        assert_eq!(env.notes().len(), if whole { 2 } else { 1 }, "{name}");
        for note in env.notes().iter().filter(|note| note.starts_with("where-are")) {
            let text = fs::read_to_string(env.base().join(note)).unwrap();
            assert!(
                text.starts_with("---\nkb: 1\n") && text.ends_with('\n') && text.contains("\n---\n# "),
                "{name}: {text}"
            );
        }
        env.kb("ask where are signed cookies set").ok();
    }
}

#[test]
fn kills_at_random_moments_lose_no_note() {
    let env = Env::new();
    for round in 0..20_u64 {
        env.kb_reads("add", format!("# Kept {round}\n")).ok();
        let mut command = env.command("list");
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(round * 700));
        let _ = child.kill();
        let _ = child.wait();
        let list = env.kb("list --json").json();
        assert_eq!(list["total"], round + 1);
    }
}
