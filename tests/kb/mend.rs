//! Citations that do not stand, sent back to the agent once.

use crate::harness::{Env, Run};
use crate::stand_in;

/// Says the first text when asked, the second when its session is gone on in; `TOLD` is what it was told.
fn with_claude(first: &str, second: &str) -> Env {
    let line = |text: &str| text.replace('\n', "^").replace('\'', "'\\''");
    let answers = format!(
        "case \"$*\" in *--resume*) text='{}' ;; *) text='{}' ;; esac\n[ \"$text\" = TOLD ] && text=\"# Told^^$told\"",
        line(second),
        line(first)
    );
    stand_in::claude(Env::shop(), &answers)
}

fn ask(env: &Env, line: &str) -> Run {
    stand_in::kb(env, &format!("ask --json --no-leads --agent claude {line} where are signed cookies set"))
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

#[cfg(target_os = "linux")]
#[test]
fn what_is_doubtful_about_an_answer_is_said_when_it_is_saved() {
    let said = |answer: &str| {
        let env = with_claude(answer, answer);
        let run = stand_in::kb(&env, "ask --no-leads --no-mend --agent claude where are signed cookies set");
        let said = run.ends_with(0).stderr;
        assert!(said.contains("saved as "), "{said}");
        said.lines().last().unwrap().to_owned()
    };
    insta::assert_snapshot!(said(BROKEN), @"1 of 2 citations does not stand: `shop/reader.py:3` (no such file)");
    let many = "# Cookies\n\n`frobnicate_all` is in `shop/app.py:99999`, `../x.py:1`, `a.py:1`, `b.py:2` and `c.py:3`; so are \
        `zap_one`, `zap_two`, `zap_three`, `zap_four`.\n";
    insta::assert_snapshot!(said(many), @"5 of 5 citations do not stand: `shop/app.py:99999` (no such line), `../x.py:1` (outside), `a.py:1` (no such file) and 2 more; 5 names are not in this code: `frobnicate_all`, `zap_one`, `zap_two` and 2 more");
    insta::assert_snapshot!(said("# Cookies\n\nThe method sets them, as far as I remember.\n"), @"no place is cited");
    let good = "# Cookies\n\nSet by `save_cookie` in `shop/cookies.py:23-25`.\n";
    assert!(said(good).starts_with("saved as "), "nothing to doubt");
}
