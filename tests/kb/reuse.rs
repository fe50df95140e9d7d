//! When a note answers in place of an agent, and when it must not. `tests/eval/reuse.py` tries 300 cases.

use crate::harness::Env;
use kb::question::Question;
use std::fs;
use std::path::Path;

/// Lines of a table of the evaluation, taken apart.
fn table(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/eval/reuse").join(name);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn normal(text: &str) -> String {
    Question::new(text).unwrap().normal()
}

#[test]
fn questions_that_look_alike_are_not_the_same() {
    let pairs = table("wording.tsv");
    assert_eq!(pairs.len(), 240);
    for pair in &pairs {
        assert_ne!(normal(&pair[1]), normal(&pair[2]), "{pair:?}");
    }
}

#[test]
fn courtesy_and_typing_make_no_other_question() {
    for pair in table("same.tsv") {
        assert_eq!(normal(&pair[0]), normal(&pair[1]), "{pair:?}");
    }
}

/// A shop, a note of scout's that answers this, and what stands in its place after `edit`.
fn answered(question: &str, edit: impl Fn(String) -> String) -> Env {
    let env = Env::shop();
    env.kb(&format!("ask {question}")).ok();
    let path = env.base().join(env.notes().remove(0));
    fs::write(&path, edit(fs::read_to_string(&path).unwrap())).unwrap();
    env
}

const QUESTION: &str = "where are signed cookies set";

#[track_caller]
fn outcome(env: &Env, flags: &str) -> String {
    let answer = env.kb(&format!("ask --json {flags} {QUESTION}")).any_json();
    answer["outcome"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_note_answers_for_its_agent_and_scout_for_none_but_itself() {
    let env = answered(QUESTION, |text| text);
    assert_eq!(outcome(&env, ""), "reused");
    assert_eq!(outcome(&env, "--agent scout"), "reused");
    // A model is stronger than scout, but whoever names scout wants scout.
    let env = answered(QUESTION, |text| text.replace("agent: scout", "agent: claude"));
    assert_eq!(outcome(&env, "--agent scout"), "kept");
    let env = answered(QUESTION, |text| text.replace("agent: scout", "agent: claude"));
    assert_eq!(outcome(&env, ""), "reused");
    // Of a program that kb does not know nobody can say how strong it is.
    let env = answered(QUESTION, |text| text.replace("agent: scout", "agent: mine"));
    assert_eq!(outcome(&env, ""), "kept");
    let env = answered(QUESTION, |text| text.replace("\nwall: ", "\nmodel: large-4-20250101\nwall: "));
    assert_eq!(outcome(&env, "--model small"), "kept");
    let env = answered(QUESTION, |text| text.replace("\nwall: ", "\nmodel: large-4-20250101\nwall: "));
    assert_eq!(outcome(&env, "--model large"), "reused");
    assert_eq!(outcome(&env, "--model large-4"), "reused");
}

#[test]
fn a_note_that_is_no_plain_answer_is_not_shown_for_one() {
    for (from, to) in [
        ("origin: agent", "origin: human"),
        ("---\n#", "follows: k7f3qdm2\n---\n#"),
        ("---\n#", "with: [k7f3qdm2]\n---\n#"),
        ("---\n#", "not_found: true\n---\n#"),
        ("\ncitations:", "\n  - other package=pypi:other@1.0\ncitations:"),
        ("citations:\n", "citations:\n  - shop/gone.py:1 broken=no-such-file\n"),
    ] {
        let edit = |text: String| {
            assert!(text.contains(from), "{from} in {text}");
            text.replacen(from, to, 1)
        };
        assert_eq!(outcome(&answered(QUESTION, edit), ""), "kept", "{to}");
    }
    let env = answered(QUESTION, |text| text);
    assert_eq!(outcome(&env, "--with @"), "kept");
}

#[test]
fn that_it_is_not_there_is_said_anew_each_time() {
    let env = Env::shop();
    let ask = "ask --json --keep where is the signed cookie encrypted with rabbitmq queues";
    let kept = env.kb(ask).ends_with(1).any_json();
    assert!(!kept["citations"].as_array().unwrap().is_empty(), "what came nearest is cited: {kept}");
    assert!(env.only_note().contains("\nnot_found: true\n"));
    let again = env.kb(ask).ends_with(1).any_json();
    assert_eq!((&again["outcome"], &again["abstained"]), (&"not_found".into(), &true.into()));
    assert_eq!(env.notes().len(), 2);
}

#[test]
fn a_folder_of_the_same_name_elsewhere_is_read() {
    let env = Env::without_base();
    let code = "def save_cookie(response):\n    \"\"\"Sets a signed cookie.\"\"\"\n    response.set_cookie(sign())\n";
    let env = env.file("one/shop/cookies.py", code);
    let env = env.file("other/shop/cookies.py", code.replace("sign()", "sign(key)"));
    assert_eq!(outcome(&env, "--repo one/shop"), "kept");
    assert_eq!(outcome(&env, "--repo one/shop"), "reused");
    assert_eq!(outcome(&env, "--repo other/shop"), "kept");
}

#[test]
fn a_clone_without_a_remote_is_known_by_its_first_commit_whatever_its_folder_is_called() {
    let env = Env::shop();
    let folder = env.home().join("elsewhere");
    env.git_in(&env.home(), &format!("clone --quiet {} {}", env.here().display(), folder.display()));
    let ask = |repo: &str| outcome(&env, &format!("--repo {repo}"));
    let elsewhere = folder.display().to_string();
    assert_eq!((ask("."), ask(&elsewhere)), ("kept".to_owned(), "reused".to_owned()));
    // What is asked about is read there, and not where the note was made.
    let cookies = fs::read_to_string(folder.join("shop/cookies.py")).unwrap();
    fs::write(folder.join("shop/cookies.py"), cookies.replace("max_age=86400", "max_age=60")).unwrap();
    assert_eq!(ask(&elsewhere), "kept");
}

#[test]
fn a_fork_is_another_repository_and_a_clone_is_not() {
    let env = Env::shop();
    env.git("remote add origin https://example.com/us/shop.git");
    assert_eq!(outcome(&env, ""), "kept");
    for (name, remote, expected) in
        [("clone", "git@example.com:us/shop", "reused"), ("fork", "https://example.com/them/shop", "kept")]
    {
        let folder = env.home().join(name);
        env.git_in(&env.home(), &format!("clone --quiet {} {}", env.here().display(), folder.display()));
        env.git_in(&folder, &format!("remote set-url origin {remote}"));
        assert_eq!(outcome(&env, &format!("--repo {}", folder.display())), expected, "{name}");
    }
}
