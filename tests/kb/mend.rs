//! Citations that do not stand, sent back to the agent once. The agent is a script that speaks as Claude
//! Code does.

use crate::harness::{Env, Run};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Says the first text when asked, the second when its session is gone on in; what it was told lies in its
/// own home and is printed as its first words.
fn with_claude(first: &str, second: &str) -> Env {
    let env = Env::shop();
    let folder = env.home().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("claude");
    fs::write(folder.join("first"), first).unwrap();
    fs::write(folder.join("second"), second).unwrap();
    let script = r##"#!/bin/sh
told=$(cat | tr '\n"' ' ~')
here=$(dirname "$0")
case "$*" in *--resume*) text=$(cat "$here/second" | tr '\n' '^') ;; *) text=$(cat "$here/first" | tr '\n' '^') ;; esac
mkdir -p ~/.claude/projects/x && echo '{}' >> ~/.claude/projects/x/s1.jsonl
text=$(printf %s "$text" | sed 's/\^/\\n/g')
case "$text" in *TOLD*) text="# Told\n\n$told" ;; esac
printf '%s\n' '{"type":"system","subtype":"init","session_id":"s1","model":"m","claude_code_version":"2.1.197"}'
printf '%s\n' '{"type":"assistant","session_id":"s1","parent_tool_use_id":null,"message":{"id":"a","model":"m","content":[{"type":"text","text":"'"$text"'"}]}}'
printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"result":"x","stop_reason":"end_turn","session_id":"s1","total_cost_usd":0.25,"modelUsage":{"m":{"inputTokens":100,"outputTokens":10}}}'
"##;
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    env
}

fn ask(env: &Env, line: &str) -> Run {
    let mut command = env.command(&format!("ask --json --no-leads --agent claude {line} where are signed cookies set"));
    command.env("PATH", format!("{}/bin:{}", env.home().display(), std::env::var("PATH").unwrap()));
    env.run(command, "")
}

const BROKEN: &str = "# Cookies\n\nSet by `save_cookie` in `shop/cookies.py:23-25`, read in `shop/reader.py:3`.\n";
const MENDED: &str = "# Cookies\n\nSet by `save_cookie` in `shop/cookies.py:23-25`, read in `shop/cookies.py:28-30`.\n";

#[cfg(target_os = "linux")]
#[test]
fn what_is_not_there_goes_back_to_the_agent_once() {
    let env = with_claude(BROKEN, MENDED);
    let answer = ask(&env, "").json();
    assert_eq!(answer["outcome"], "kept");
    let note = env.only_note();
    assert!(!note.contains("broken=") && note.contains("shop/cookies.py:28-30"), "{note}");
    assert!(note.contains("usage: in=200 out=20 usd=0.5"), "both runs count: {note}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_agent_is_told_why_and_what_is_there_instead() {
    let broken = "# Cookies\n\nIn `cookies.py:900`, `nowhere/templates.py:2`, `a/cookies.py:1` and `../x.py:1`.\n";
    let env = with_claude(broken, "TOLD");
    // A letter that comes back as the answer cites nothing that stands, so the first answer stays; the raw
    // stream has what was said.
    ask(&env, "").ends_with(0);
    let id = env.kb("jobs --all --json").json()["jobs"][0]["id"].as_str().unwrap().to_owned();
    let told = env.kb(&format!("jobs log {id}")).ends_with(0).stdout;
    assert!(told.contains("`shop/cookies.py:900`: the file has "), "{told}");
    assert!(told.contains("`a/cookies.py:1`: files of that name are `shop/cookies.py`"), "{told}");
    assert!(told.contains("`../x.py:1`: it is outside of this code"), "{told}");
    assert!(env.only_note().contains("broken=no-such-line"), "{}", env.only_note());
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_is_no_better_does_not_take_the_first_ones_place() {
    for second in [
        "It is `shop/cookies.py:28-30`.",
        "# Cookies\n\nNo such places, as I said before, in this long and empty text.\n",
    ] {
        let env = with_claude(BROKEN, second);
        ask(&env, "").ends_with(0);
        let note = env.only_note();
        assert!(note.contains("broken=no-such-file") && note.contains("`save_cookie`"), "{note}");
        assert!(note.contains("in=200 "), "{note}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_mend_leaves_what_is_broken() {
    let env = with_claude(BROKEN, MENDED);
    ask(&env, "--no-mend").ends_with(0);
    let note = env.only_note();
    assert!(note.contains("broken=no-such-file") && note.contains("in=100 "), "{note}");
}
