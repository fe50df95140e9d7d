//! What is said while jobs run, where no terminal shows it.

use crate::harness::Env;

#[cfg(target_os = "linux")]
#[test]
fn off_a_terminal_it_is_said_that_jobs_begin_where_to_look_and_that_they_go_on() {
    let env = Env::shop().agent("#!/bin/sh\ncat > /dev/null\nsleep 32\necho 'Nothing to cite.'\n");
    let mut ask = env.command("ask --agent mine");
    ask.args(["where are signed cookies set", "how are invoices printed"]);
    let said = env.run(ask, "").ends_with(0).stderr;
    let times = |text: &str| said.matches(text).count();
    for question in ["where are signed cookies set", "how are invoices printed"] {
        assert_eq!(times(&format!("\nmine begins: {question}\n")), 1, "{said}");
        let leads = said.lines().filter(|line| line.starts_with("scout would look at shop/"));
        assert_eq!(leads.filter(|line| line.ends_with(&format!(" for `{question}`"))).count(), 1, "{said}");
    }
    let goes_on = |line: &&str| line.starts_with("mine: ") && line.contains("  3") && line.ends_with(" s");
    assert_eq!(said.lines().filter(goes_on).count(), 2, "{said}");
}

#[test]
fn one_job_alone_is_not_said_to_begin() {
    let env = Env::shop();
    let said = env.kb("ask where are signed cookies set").ends_with(0).stderr;
    assert!(!said.contains("begins") && !said.contains("would look"), "{said}");
}

#[test]
fn a_question_that_is_given_twice_is_asked_once() {
    let env = Env::shop();
    let run = env.kb("ask --json 'where are signed cookies set' 'Where are signed cookies  set?'").ends_with(0);
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    assert_eq!(env.kb("jobs --json").json()["total"], 1);
}

#[test]
fn a_flag_that_does_not_hold_for_an_agent_is_named() {
    let env = Env::shop();
    let run = env.kb("ask --agent scout --model m --max-cost 1 where are signed cookies set").ends_with(0);
    for flag in ["--model", "--max-cost"] {
        assert!(
            run.stderr.contains(&format!("kb: scout cannot be told that: `{flag}` does not hold for it\n")),
            "{run}"
        );
    }
}

#[test]
fn a_note_that_is_reused_keeps_its_tags_and_that_is_said() {
    let env = Env::shop();
    let id =
        env.kb("ask --json --tag a where are signed cookies set").json()["note"]["id"].as_str().unwrap().to_owned();
    let again = env.kb("ask --tag a --tag b where are signed cookies set").ends_with(0).stderr;
    assert!(again.contains(&format!("; `kb tag {id} +b` tags it\n")), "{again}");
}
