//! Several processes at once.

use crate::harness::Env;
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
