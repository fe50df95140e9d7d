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
    let shown = env.kb(&format!("jobs show {id}")).ok();
    assert!(shown.contains("\n  error     its process died\n"), "{shown}");
    assert!(shown.contains(&format!("\n  hint      `kb jobs retry {id}` asks again\n")), "{shown}");
    fs::write(env.home().join(".local/state/kb/jobs").join(id).join("stream"), "They are set").unwrap();
    let shown = env.kb(&format!("jobs show {id}")).ok();
    let hint = format!("`kb jobs retry {id}` asks again; `kb jobs log {id}` prints what its agent had said\n");
    assert!(shown.contains(&hint), "{shown}");
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
fn a_list_that_is_cut_says_so() {
    let env = Env::shop();
    env.kb("ask where are signed cookies set").ok();
    let jobs = env.home().join(".local/state/kb/jobs");
    let first = fs::read_dir(&jobs).unwrap().next().unwrap().unwrap().path();
    let record = fs::read_to_string(first.join("job.json")).unwrap();
    let id = first.file_name().unwrap().to_str().unwrap();
    let more = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let other = format!("j-aaaaaa{number}");
            fs::create_dir(jobs.join(&other)).unwrap();
            fs::write(jobs.join(&other).join("job.json"), record.replace(id, &other)).unwrap();
        }
    };
    more(10..29);
    assert_eq!(env.kb("jobs").ends_with(0).stderr, "");
    more(29..31);
    let run = env.kb("jobs").ends_with(0);
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (20, "2 more: `kb jobs --all`\n"));
    let run = env.kb("jobs --all").ends_with(0);
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (22, ""));
    assert_eq!(env.kb("jobs --json").json()["total"], 22);
}

#[test]
fn where_nothing_was_asked_that_is_said() {
    let env = Env::shop();
    insta::assert_snapshot!(env.kb("jobs"), @"
    --- stderr
    kb: there are no jobs; `kb ask QUESTION` makes one
    ");
    insta::assert_snapshot!(env.kb("wait"), @"
    --- stderr
    kb: no job runs or waits; `kb ask --detach` starts some, `kb jobs` shows what became of earlier ones
    ");
    assert_eq!(env.kb("wait --json").json()["total"], 0);
}

#[test]
fn a_wait_for_nothing_ends_at_once() {
    let env = Env::shop();
    let began = Instant::now();
    env.kb("wait").ok();
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_program_that_listens_learns_all_as_it_happens() {
    let env = Env::shop();
    let run = env.kb("ask --events 'where are signed cookies set' 'how are kubernetes pods scheduled'").ends_with(1);
    let lines: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["format"] == 1 && line["job"].is_string()), "{run}");
    let of = |question: &str| {
        let queued = lines.iter().find(|line| line["event"] == "queued" && line["question"] == question).unwrap();
        lines.iter().filter(|line| line["job"] == queued["job"]).collect::<Vec<_>>()
    };
    let names = |events: &[&serde_json::Value]| {
        let mut names: Vec<String> = events.iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
        names.dedup();
        names.join(" ")
    };
    let cookies = of("where are signed cookies set");
    assert_eq!(names(&cookies), "queued started doing saved ended");
    let (saved, ended) = (cookies[cookies.len() - 2], cookies[cookies.len() - 1]);
    assert_eq!(ended["outcome"], "kept");
    assert_eq!(ended["note"]["id"], saved["note"]);
    let pods = of("how are kubernetes pods scheduled");
    assert_eq!(names(&pods), "queued started doing ended");
    assert_eq!(pods[pods.len() - 1]["abstained"], true);
}

#[test]
fn the_last_line_of_a_job_is_its_row() {
    let env = Env::shop();
    let row = env.kb("ask --json --agent scout how are kubernetes pods scheduled").ends_with(1).any_json();
    let run = env.kb("ask --events --agent scout how are kubernetes pods scheduled").ends_with(1);
    let last = run.stdout.lines().last().unwrap();
    assert_eq!(last.matches("\"format\":").count(), 1, "a key comes once: {last}");
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    let names = |row: &serde_json::Value| {
        let names = row.as_object().unwrap().keys().filter(|name| *name != "event").cloned();
        names.collect::<std::collections::BTreeSet<String>>()
    };
    assert_eq!(names(&last), names(&row));
    let failed = env.kb("ask --events --agent scot where are cookies").ends_with(2).any_json();
    assert_eq!(failed["error"]["code"], "no_such_agent");
}

#[cfg(target_os = "linux")]
#[test]
fn the_last_lines_of_standard_error_are_kept_with_the_job() {
    let says = "#!/bin/sh\ncat > /dev/null\nfor n in 1 2 3 4 5 6; do printf '\\033[31mline %s\\033[0m\\n' $n >&2; done\nsleep 60\n";
    let env = Env::shop().agent(says);
    let config = env.home().join(".config/kb/config.toml");
    fs::write(&config, format!("timeout = \"1s\"\n{}", fs::read_to_string(&config).unwrap())).unwrap();
    let row = env.kb("ask --json --no-leads --agent mine where are cookies set").ends_with(4).any_json();
    let id = row["job"].as_str().unwrap();
    let shown = env.kb(&format!("jobs show {id}")).ok();
    let lines = "\nits last lines on standard error:\n\n  line 2\n  line 3\n  line 4\n  line 5\n  line 6\n";
    assert!(shown.contains(lines), "{shown}");
    assert!(env.kb(&format!("jobs show {id} --json")).json()["stderr"].as_str().unwrap().starts_with("line 1\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn of_an_answer_that_is_too_long_the_beginning_is_kept() {
    let env = Env::shop()
        .agent("#!/bin/sh\ncat > /dev/null\nexec yes 'it is set in a place that cannot be told in one line'\n");
    let row = env.kb("ask --json --no-leads --agent mine where are cookies set").ends_with(4).any_json();
    assert_eq!(row["error"]["message"], "mine printed more than 64 MB");
    let shown = env.kb(&format!("jobs show {} --json", row["job"].as_str().unwrap())).json();
    let partial = shown["partial"].as_str().unwrap();
    assert!(partial.starts_with("it is set in a place") && partial.len() <= 256 << 10, "{}", partial.len());
}

#[test]
fn jobs_of_one_second_are_listed_newest_first_and_a_narrow_list_shows_what_was_asked() {
    let env = Env::shop();
    let asked = ["where are cookies set", "how are invoices printed", "what signs a cookie", "who reads cookies"];
    let mut ask = env.command("ask --agent scout --jobs 1");
    ask.args(asked);
    assert!(matches!(env.run(ask, "").code, Some(0 | 1)));
    let jobs = env.kb("jobs --json").json();
    let listed = jobs["jobs"].as_array().unwrap().iter().map(|job| job["question"].as_str().unwrap());
    assert_eq!(listed.rev().collect::<Vec<_>>(), asked);
    let mut narrow = env.command("jobs");
    narrow.env("COLUMNS", "40");
    let narrow = env.run(narrow, "").ok();
    assert!(
        narrow.contains("\n    how are invoices printed\n") && narrow.lines().all(|line| line.len() <= 40),
        "{narrow}"
    );
}
