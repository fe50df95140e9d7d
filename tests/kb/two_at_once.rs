//! Several processes at once.

use crate::harness::Env;
use kb::save::{Exchanged, exchange};
use std::collections::HashSet;
use std::fs;
use std::process::Stdio;
use std::thread;

#[test]
fn sixteen_that_add_at_once_lose_nothing() {
    let env = Env::new();
    thread::scope(|scope| {
        for number in 0..16 {
            let env = &env;
            scope.spawn(move || {
                for round in 0..4 {
                    // The same seed in all of them: they want the same names.
                    env.kb_reads("add --title same", format!("text {number} {round} zebra")).ok();
                    env.kb("search zebra").ok();
                }
            });
        }
    });
    assert_eq!(env.notes().len(), 64);
    assert_eq!(env.kb("search zebra --json").json()["total"], 64);
    let list = env.kb("list --json").json();
    let mut ids: Vec<&str> =
        list["notes"].as_array().unwrap().iter().map(|note| note["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 64);
}

/// The moment between an exchange and its undoing is short: here it is hit some hundred times.
#[test]
fn no_line_is_lost_to_an_exchange_that_comes_late() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("note.md");
    fs::write(&path, "").unwrap();
    let (mut kept, mut undone) = (HashSet::new(), 0);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for line in 0..4000 {
                let text = fs::read_to_string(&path).unwrap();
                let new = folder.path().join("new");
                fs::write(&new, format!("{text}line {line}\n")).unwrap();
                fs::rename(&new, &path).unwrap();
            }
        });
        while !writer.is_finished() {
            let read = fs::read(&path).unwrap();
            if let Exchanged::Changed(others) = exchange(&path, &read, &[b"ours\n", &read[..]].concat()).unwrap() {
                undone += usize::from(!others.is_empty());
                kept.extend(others.iter().flat_map(|text| lines(text)));
            }
        }
    });
    kept.extend(lines(&fs::read(&path).unwrap()));
    let lost: Vec<String> = (0..4000).map(|line| format!("line {line}")).filter(|line| !kept.contains(line)).collect();
    assert_eq!(lost, [] as [String; 0], "{undone} undone");
}

fn lines(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
}

#[test]
fn four_asks_at_once_do_not_see_each_other() {
    let env = Env::shop();
    let questions = [
        "where are signed cookies set",
        "how are invoices printed",
        "where are cookies read",
        "what happens when a signature is wrong",
    ];
    thread::scope(|scope| {
        for question in questions {
            let env = &env;
            scope.spawn(move || {
                let mut command = env.command("ask --json");
                command.arg(question);
                let answer = env.run(command, "").json();
                assert_eq!(answer["note"]["subjects"][0]["dirty"], false, "{question}");
                assert!(!answer["citations"].to_string().contains("notes/"), "{answer}");
            });
        }
    });
    assert_eq!(env.notes().len(), 4);
    assert_eq!(env.kb("list --json").json()["total"], 4);
}

#[test]
fn a_stopped_reader_stops_nobody() {
    let env = Env::new();
    for number in 0..50 {
        env.kb_reads("add", format!("# {number}\n")).ok();
    }
    let mut stopped = env.command("search the --json").stdout(Stdio::piped()).spawn().unwrap();
    let _ = std::process::Command::new("kill").args(["-STOP", &stopped.id().to_string()]).status();
    env.kb_reads("add", "# after\n").ok();
    assert_eq!(env.kb("search after --json").json()["total"], 1);
    let _ = stopped.kill();
    let _ = stopped.wait();
}
