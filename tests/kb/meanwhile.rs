//! People go on editing while an agent reads: that is told, and citations are of what it read.

use crate::harness::{Env, Run};
use std::fs;
use std::time::{Duration, Instant};

/// Says that it is there, and answers when somebody has made `done`, which no git knows of.
const WAITS: &str = "#!/bin/sh\n\
    cat > /dev/null\n\
    echo '# Cookies'\n\
    until [ -e .git/done ]; do sleep 0.02; done\n\
    echo 'Set by `save_cookie` in `shop/cookies.py:23-25`, printed by `print_invoice` in `shop/invoices.py:7-9`.'\n";

/// Asks, and edits while the agent reads.
fn ask_and(env: &Env, line: &str, edit: impl FnOnce()) -> Run {
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| env.kb(line));
        let jobs = env.home().join(".local/state/kb/jobs");
        let began = Instant::now();
        let reads = || {
            let streams = fs::read_dir(&jobs).into_iter().flatten().map(|job| job.unwrap().path().join("stream"));
            streams.filter_map(|stream| fs::metadata(stream).ok()).any(|stream| stream.len() > 0)
        };
        while !reads() {
            assert!(began.elapsed() < Duration::from_mins(1) && !asking.is_finished(), "the agent does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        edit();
        fs::write(env.path(".git/done"), "").unwrap();
        let run = asking.join().unwrap();
        fs::remove_file(env.path(".git/done")).unwrap();
        run
    })
}

fn ask_json(env: &Env, edit: impl FnOnce()) -> serde_json::Value {
    ask_and(env, "ask --json --fresh --no-leads --agent mine where are signed cookies set", edit).json()
}

fn edit(env: &Env, path: &str, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(env.path(path)).unwrap();
    fs::write(env.path(path), change(text)).unwrap();
}

#[test]
fn a_file_that_changes_while_the_agent_reads_is_cited_as_it_was() {
    let env = Env::shop().agent(WAITS);
    let before = env.git("rev-parse HEAD:shop/cookies.py");
    let answer = ask_json(&env, || edit(&env, "shop/cookies.py", |text| format!("# new\n# lines\n{text}")));
    assert_eq!(answer["changed_meanwhile"], serde_json::json!(["shop/cookies.py"]));
    assert_eq!(answer["citations"][0]["in"], "SignedCookies.save_cookie", "{answer}");
    let note = env.only_note();
    assert!(note.contains(&format!("shop/cookies.py:23-25 blob={}", &before[..12])), "{note}");
    // What the note says of now is another matter.
    let shown = env.kb("list --json").json();
    assert_eq!(shown["notes"][0]["status"], "moved");
}

#[test]
fn what_comes_goes_and_is_committed_meanwhile_is_listed() {
    let env = Env::shop().agent(WAITS).file("ignored/x.log", "").file(".gitignore", "*.log\n").file("draft.py", "");
    let env = env.commit("before").file("untracked/a.py", "a").file("draft.py", "draft = 1\n");
    let answer = ask_json(&env, || {
        fs::write(env.path("shop/new.py"), "x = 1\n").unwrap();
        fs::write(env.path("untracked/b.py"), "b").unwrap();
        fs::write(env.path("draft.py"), "draft = 2\n").unwrap();
        fs::write(env.path("ignored/x.log"), "noise").unwrap();
        fs::remove_file(env.path("shop/cookies.py")).unwrap();
        edit(&env, "shop/invoices.py", |text| text + "# more\n");
        env.git("commit --quiet --all -m meanwhile");
        // Touched is not changed.
        edit(&env, "shop/app.py", |text| text);
        fs::write(env.base().join("other.md"), "# A note\n").unwrap();
    });
    let expected = ["draft.py", "shop/cookies.py", "shop/invoices.py", "shop/new.py", "untracked/b.py"];
    assert_eq!(answer["changed_meanwhile"], serde_json::json!(expected));
    // It is gone, and was there when it was read.
    assert_eq!(answer["citations"][0]["in"], "SignedCookies.save_cookie", "{answer}");
    assert_eq!(answer["note"]["subjects"][0]["dirty"], true);
}

#[test]
fn nothing_is_said_where_nothing_changes() {
    let env = Env::shop().agent(WAITS).file("untracked/a.py", "a").file("shop/app.py", "changed before\n");
    assert_eq!(ask_json(&env, || {})["changed_meanwhile"], serde_json::json!([]));
}

#[test]
fn a_person_is_told_in_one_line() {
    let env = Env::shop().agent(WAITS);
    let line = "ask --fresh --no-leads --agent mine where are signed cookies set";
    let run = ask_and(&env, line, || edit(&env, "shop/app.py", |text| format!("# new\n{text}"))).ends_with(0);
    assert!(run.stderr.contains("changed while the agent read: `shop/app.py`\n"), "{run}");
    let jobs = env.kb("jobs --json").json();
    assert_eq!(jobs["jobs"][0]["changed_meanwhile"], serde_json::json!(["shop/app.py"]));
}

#[test]
fn a_folder_without_git_is_compared_by_its_times() {
    let env = Env::new().agent(WAITS).file(".git/none", "").file("shop/cookies.py", "x = 1\n".repeat(30));
    let env = env.file("shop/invoices.py", "y = 1\n".repeat(30));
    let answer = ask_json(&env, || edit(&env, "shop/cookies.py", |text| text + "z = 1\n"));
    assert_eq!(answer["changed_meanwhile"], serde_json::json!(["shop/cookies.py"]));
}
