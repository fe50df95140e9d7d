//! Many questions at once, jobs that outlive the terminal, and what is known of them later.

use crate::harness::Env;
use std::fs;
use std::time::{Duration, Instant};

fn states(env: &Env) -> Vec<String> {
    let jobs = env.kb("jobs --json").json();
    jobs["jobs"].as_array().unwrap().iter().map(|job| job["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn questions_of_a_file_become_a_note_each() {
    let env = Env::shop();
    let file = env.here().join("questions.txt");
    fs::write(&file, "# two questions\nwhere are signed cookies set\n\nhow are invoices printed\n").unwrap();
    let mut ask = env.command("ask --json --jobs 2 -f");
    ask.arg(&file);
    let run = env.run(ask, "");
    let outcomes: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(outcomes.len(), 2, "{run}");
    assert!(outcomes.iter().all(|outcome| outcome["outcome"] == "kept"), "{run}");
    assert_eq!(states(&env), ["kept", "kept"]);
}

#[test]
fn detached_jobs_go_on_without_the_terminal_and_can_be_waited_for() {
    let env = Env::shop();
    let mut ask = env.command("ask --detach");
    ask.args(["where are signed cookies set", "how are kubernetes pods scheduled"]);
    let run = env.run(ask, "");
    let ids: Vec<&str> = run.stdout.lines().collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| id.starts_with("j-")), "{run}");
    // One of them has the answer that it is not there.
    assert_eq!(env.kb("wait --timeout 60s").code, Some(1));
    assert_eq!(env.kb(&format!("wait {}", ids[0])).code, Some(0));
    let shown = env.kb(&format!("jobs show {} --json", ids[0])).json();
    assert_eq!(shown["state"], "kept");
    assert!(shown["note"].as_str().unwrap().contains("/notes/where-are-"), "{shown}");
    let log = env.kb(&format!("jobs log {}", ids[1])).ok();
    assert!(log.contains("\"report\""), "{log}");
}

#[test]
fn a_job_whose_process_died_is_interrupted_and_can_be_repeated() {
    let env = Env::shop();
    let mut ask = env.command("ask where are signed cookies set");
    ask.env("KB_TEST_KILL_AFTER", "made");
    assert_eq!(env.run(ask, "").code, None);
    assert_eq!(states(&env), ["interrupted"]);
    let jobs = env.kb("jobs --json").json();
    let id = jobs["jobs"][0]["id"].as_str().unwrap();
    env.kb(&format!("jobs retry {id}")).ok();
    assert_eq!(states(&env), ["kept"]);
    env.kb(&format!("jobs rm {id}")).ok();
    assert!(states(&env).is_empty());
    assert!(env.only_note().contains("signed cookies"));
}

#[test]
fn a_job_that_is_repeated_in_the_background_can_be_waited_for() {
    let env = Env::shop();
    env.kb("ask where are signed cookies set").ok();
    let jobs = env.kb("jobs --json").json();
    let id = jobs["jobs"][0]["id"].as_str().unwrap();
    env.kb(&format!("jobs retry {id} --detach")).ok();
    assert_eq!(env.kb(&format!("wait {id} --timeout 60s --json")).json()["jobs"][0]["state"], "reused");
}

#[test]
fn a_job_that_is_not_there_is_told_from_one_that_is_ambiguous() {
    let env = Env::shop();
    assert_eq!(env.kb("jobs show j-nothing").code, Some(1));
    let mut ask = env.command("ask --fresh");
    ask.args(["where are signed cookies set", "how are invoices printed"]);
    env.run(ask, "").ok();
    assert_eq!(env.kb("jobs show j-").code, Some(2));
}

#[test]
fn a_wait_for_nothing_ends_at_once() {
    let env = Env::shop();
    let began = Instant::now();
    env.kb("wait").ok();
    assert!(began.elapsed() < Duration::from_secs(5));
}
