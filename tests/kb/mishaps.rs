//! Jobs that go wrong: no answer is lost, nobody else's job suffers, and it is said what happened.

use crate::harness::Env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// A program that answers when there is a file `go` in the repository, or after a while.
const WAITS: &str = "#!/bin/sh\ncat > /dev/null\nn=0\nwhile [ ! -e go ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); \
                     done\necho 'Set by `save_cookie` in `shop/cookies.py:23-25`.'\n";

#[test]
fn a_job_that_ended_before_it_could_be_cancelled_says_how() {
    let env = Env::shop();
    let id = env.kb("ask --json where are signed cookies set").json()["job"].as_str().unwrap().to_owned();
    let folder = env.home().join(".local/state/kb/jobs").join(&id);
    // It runs, as far as anyone can see, and ends when it is asked to stop.
    let done = fs::read_to_string(folder.join("job.json")).unwrap();
    let mut running: serde_json::Value = serde_json::from_str(&done).unwrap();
    running["ended"] = serde_json::Value::Null;
    fs::write(folder.join("job.json"), running.to_string()).unwrap();
    let lock = fs::File::options().write(true).open(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let cancelled = folder.join("cancel");
    let ends = std::thread::spawn(move || {
        while !cancelled.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        fs::write(folder.join("job.json"), done).unwrap();
        drop(lock);
    });
    let run = env.kb(&format!("jobs cancel {id}")).ends_with(0);
    ends.join().unwrap();
    assert_eq!(run.stderr, format!("{id} ended before it could be cancelled: kept\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn jobs_that_wait_for_their_agent_keep_no_others_waiting() {
    let env = Env::shop().agent(WAITS);
    let config = env.home().join(".config/kb/config.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + "jobs = 1\n").unwrap();
    let mut ask = env.command("ask --json --jobs 2 --agent mine,scout");
    ask.args(["where are signed cookies set", "how are invoices printed", "which threads are started"]);
    let mut child = ask.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let rows = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        row["agent"].as_str().unwrap().to_owned()
    });
    let agents: Vec<String> = rows
        .enumerate()
        .inspect(|(number, _)| {
            if *number == 2 {
                fs::write(env.path("go"), "").unwrap();
            }
        })
        .map(|(_, agent)| agent)
        .collect();
    assert_eq!(agents, ["scout", "scout", "scout", "mine", "mine", "mine"]);
    child.wait().unwrap();
}
