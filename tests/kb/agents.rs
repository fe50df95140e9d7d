//! Agents of the user's own, asked from the command line, behind the wall.

use crate::harness::Env;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[cfg(target_os = "linux")]
#[test]
fn a_program_of_one_s_own_answers_and_changes_nothing() {
    let env = Env::shop();
    let program = env.home().join("mine");
    let script = "#!/bin/sh\ncat > /dev/null\ntouch shop/planted 2> /dev/null && echo planted\n\
                  ls ~/.secret 2> /dev/null && echo read\necho '# Cookies'\necho\n\
                  echo 'Set by `save_cookie` in `shop/cookies.py:23-25`.'\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(env.home().join(".secret"), "x").unwrap();
    let config = env.home().join(".config/kb");
    fs::create_dir_all(&config).unwrap();
    let text = format!("[agents.mine]\ncommand = [\"{}\"]\n", program.display());
    fs::write(config.join("config.toml"), text).unwrap();

    let answer = env.kb("ask --json --agent mine where are signed cookies set").json();
    assert_eq!(answer["outcome"], "kept");
    assert_eq!(answer["citations"][0]["path"], "shop/cookies.py");
    let note = env.only_note();
    assert!(note.contains("agent: mine\n") && note.contains("wall: namespaces\n"), "{note}");
    assert!(!note.contains("planted") && !note.contains("read\n"), "{note}");
    assert!(!env.path("shop/planted").exists());
}

#[test]
fn a_kb_that_an_agent_starts_asks_nobody() {
    let env = Env::shop();
    let mut ask = env.command("ask where are signed cookies set");
    ask.env("KB_JOB", "j-outer");
    let run = env.run(ask, "").ends_with(2);
    assert!(run.stderr.contains("inside its own job j-outer"), "{run}");
    assert!(env.notes().is_empty());
}

#[test]
fn a_dry_run_shows_what_would_be_told_and_asks_nobody() {
    let env = Env::shop();
    let plan = env.kb("ask --dry-run --json --agent scout where are signed cookies set").json();
    assert_eq!(plan["agent"], "scout");
    assert!(plan["prompt"].as_str().unwrap().contains("where are signed cookies set"), "{plan}");
    assert!(env.notes().is_empty());
}
