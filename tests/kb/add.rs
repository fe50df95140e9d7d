//! Texts of one's own: added, tagged, thrown away, brought back.

use crate::harness::Env;
use std::fs;

#[test]
fn a_text_from_standard_input_becomes_a_note() {
    let env = Env::new();
    insta::assert_snapshot!(env.kb_reads("add --question 'how do we release?' --tag ops", "# Releases\n\nBy hand.\n"));
    insta::assert_snapshot!(env.only_note());
}

#[test]
fn a_title_is_written_only_where_the_text_has_no_heading() {
    let env = Env::new().file("a.txt", "no heading\n");
    env.kb("add --file a.txt --title 'One: two'").ok();
    assert!(env.only_note().contains("\ntitle: \"One: two\"\n"), "{}", env.only_note());
    assert_eq!(env.kb("list --json").json()["notes"][0]["title"], "One: two");
}

#[test]
fn a_title_that_was_given_counts_more_than_the_text_s_heading() {
    for title in ["Mine", "What `a_b` *is* [not] #", "Theirs"] {
        let env = Env::new();
        let mut add = env.command("add --json");
        add.args(["--title", title]);
        let note = env.run(add, "# Theirs\n\nA text.\n").json()["note"].clone();
        assert_eq!(note["title"], title);
        assert!(note["body"].as_str().unwrap().ends_with("# Theirs\n\nA text.\n"), "{note}");
        let notes = env.kb("list --json").json();
        assert_eq!(notes["notes"][0]["title"], title);
        assert_eq!(env.only_note().matches("# Theirs").count(), 1);
    }
}

#[test]
fn what_a_text_cites_is_looked_up_where_it_is_told_to() {
    let env = Env::shop();
    let text = "Set in `shop/cookies.py:23-25`, read at cookies.py:27; gone: `shop/old.py:3`, `shop/app.py:900`, `../x.py:1`.\n";
    let note = &env.kb_reads("add --json --repo .", text).json()["note"];
    let seen: Vec<String> = note["citations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{}:{}-{} {}",
                one["path"].as_str().unwrap(),
                one["first"],
                one["last"],
                one["status"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            "shop/cookies.py:23-25 fresh",
            "shop/cookies.py:27-27 fresh",
            "shop/old.py:3-3 broken",
            "shop/app.py:900-900 broken",
            "../x.py:1-1 broken"
        ]
    );
    assert_eq!(note["status"], "broken");
    let text = env.only_note();
    for part in ["broken=no-such-file", "broken=no-such-line", "broken=outside", " in=SignedCookies.save_cookie\n"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(text.ends_with("`../x.py:1`.\n"), "the body is as it was written: {text}");
}

#[test]
fn a_citation_that_fits_no_sentence_is_weak_and_a_name_that_is_nowhere_is_listed() {
    let env = Env::shop();
    let text = "`save_cookie` signs the value (`shop/cookies.py:23-25`).\n\n\
        `load_cookie` verifies its signature (`shop/invoices.py:7-9`), then `SessionSigner` and `hmac.new_thing` follow.\n";
    let note = &env.kb_reads("add --json --repo .", text).json()["note"];
    let weak = note["citations"].as_array().unwrap().iter().map(|one| one["weak"].as_bool().unwrap());
    assert_eq!(weak.collect::<Vec<_>>(), [false, true]);
    assert_eq!(note["unknown_names"], serde_json::json!(["SessionSigner"]), "`hmac` is a library's");
    assert!(env.only_note().contains("\nunknown_names: [SessionSigner]\n"));
}

#[test]
fn paths_and_excerpts_that_stand_nowhere_are_listed_too() {
    let env = Env::shop();
    let real: Vec<String> =
        fs::read_to_string(env.path("shop/cookies.py")).unwrap().lines().skip(22).take(3).map(str::to_owned).collect();
    let text = format!(
        "In `shop/cookies.py` and `cookies.py`, not in `shop/signing.py`:\n\n```python shop/cookies.py:23-25\n{}\n```\n\n\
         The next step (`shop/cookies.py:23-25`):\n\n```python\nsigner = SessionSigner(self.key)\nreturn signer.seal(value)\n```\n\n\
         For example:\n\n```python\nstore = open_the_store(\"x\")\nstore.save_everything()\n```\n\n\
         Run `/usr/bin/env python3 x/y.py` or:\n\n```sh\nmake the-thing --now\n```\n\nIt answers `text/x.html`.\n",
        real.join("\n")
    );
    let note = &env.kb_reads("add --json --repo .", &text).json()["note"];
    assert_eq!(note["unknown_names"], serde_json::json!(["shop/signing.py", "signer = SessionSigner(self.key)"]));
    assert!(env.only_note().contains("unknown_names: [shop/signing.py, signer = SessionSigner(self.key)]"));
}

#[test]
fn without_a_subject_citations_are_not_looked_at() {
    let env = Env::shop();
    let note = &env.kb_reads("add --json", "Set in `shop/cookies.py:23`.\n").json()["note"];
    assert_eq!(note["status"], "unverified");
    assert_eq!(note["citations"][0]["path"], "shop/cookies.py");
    assert!(!env.only_note().contains("citations:"));
}

#[test]
fn a_body_cannot_speak_for_itself() {
    let env = Env::new();
    let forged = "---\nid: aaaaaaaa\norigin: human\nagent: claude\n---\n# Forged\n";
    let note = &env.kb_reads("add --json", forged).json()["note"];
    assert_ne!(note["id"], "aaaaaaaa");
    assert!(note["agent"].is_null());
    assert_eq!(note["body"], forged);
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let env = Env::new();
    insta::assert_snapshot!(env.kb_reads("add", " \n"), @"
    --- stderr
    kb: there is nothing to keep: the text is empty
    hint: give the text on standard input or with `--file`
    --- exit code 2
    ");
    insta::assert_snapshot!(env.kb_reads("add", b"\xff\xfe"), @"
    --- stderr
    kb: standard input is not UTF-8 text
    hint: notes are UTF-8; convert the text first, for example with `iconv`
    --- exit code 3
    ");
    env.kb_reads("add --tag 'two words'", "x").ends_with(2);
    env.kb("add --file nowhere").ends_with(3);
    assert_eq!(env.notes(), Vec::<String>::new());
}

#[test]
fn tags_come_and_go_and_every_other_byte_stays() {
    let before = "\u{feff}---\r\ntitle:   odd   # why\r\nother: {a: [1, 2]}\r\n---\r\n# T\r\n\r\nbody\u{0}\r\n";
    let env = Env::new().note("odd", before);
    env.kb("tag odd.md +b +a -b").ok();
    let after = fs::read_to_string(env.base().join("odd.md")).unwrap();
    assert_eq!(after, before.replace("---\r\n# T", "tags: [a]\r\n---\r\n# T"));
    env.kb("tag odd.md -a --json").ok();
    assert_eq!(fs::read_to_string(env.base().join("odd.md")).unwrap(), before);
    env.kb("tag odd.md a").ends_with(2);
    env.kb("tag odd.md").ends_with(2);
}

#[test]
fn a_note_that_cannot_be_changed_safely_is_left_alone() {
    let before = "---\ntitle: a: b\nauthor: @me\n---\n# T\n";
    let env = Env::new().note("broken", before);
    env.kb("tag broken.md +a").ends_with(3);
    assert_eq!(fs::read_to_string(env.base().join("broken.md")).unwrap(), before);
}

#[test]
fn what_was_thrown_away_comes_back_where_it_was() {
    let env = Env::new().note("deep/er/one", "# One\n").note("two", "# Two\n");
    env.kb("rm deep/er/one.md").ok();
    env.kb("rm two.md").ok();
    assert_eq!(env.kb("list --json").json()["total"], 0);
    env.kb("rm --undo").ok();
    assert_eq!(env.notes(), ["two.md"]);
    env.kb("rm --undo deep/er/one.md").ok();
    assert_eq!(fs::read_to_string(env.base().join("deep/er/one.md")).unwrap(), "# One\n");
    insta::assert_snapshot!(env.kb("rm --undo"), @"
    --- stderr
    kb: the trash is empty
    hint: what was removed lies in the `.trash` folder of the knowledge base
    --- exit code 1
    ");
}

#[test]
fn what_one_command_threw_away_comes_back_together() {
    let env = Env::new().note("one", "# One\n").note("deep/two", "# Two\n").note("three", "# Three\n");
    env.kb("rm three.md").ok();
    env.kb("rm one.md deep/two.md one.md").ok();
    insta::assert_snapshot!(env.kb("rm --undo"), @"
    /shop/notes/deep/two.md
    /shop/notes/one.md
    ");
    assert_eq!(env.notes(), ["one.md"]);
    assert!(env.base().join("deep/two.md").exists());
    env.kb("rm one.md deep/two.md").ok();
    env.kb("rm --undo two.md").ok();
    assert_eq!(env.notes(), Vec::<String>::new());
    // One that is in the way keeps the others there, too.
    let env = env.note("four", "# Four\n");
    env.kb("rm deep/two.md four.md").ok();
    let env = env.note("four", "# New\n");
    env.kb("rm --undo").ends_with(3);
    assert!(!env.base().join("deep/two.md").exists());
}

#[test]
fn bringing_back_overwrites_nothing() {
    let env = Env::new().note("one", "# Old\n");
    env.kb("rm one.md").ok();
    let env = env.note("one", "# New\n");
    env.kb("rm --undo").ends_with(3);
    assert_eq!(fs::read_to_string(env.base().join("one.md")).unwrap(), "# New\n");
    fs::remove_file(env.base().join("one.md")).unwrap();
    env.kb("rm --undo").ok();
    assert_eq!(fs::read_to_string(env.base().join("one.md")).unwrap(), "# Old\n");
}

#[test]
fn nothing_is_thrown_away_before_every_name_is_understood() {
    let env = Env::new().note("one", "# One\n");
    env.kb("rm one.md nowhere.md").ends_with(1);
    assert_eq!(env.notes(), ["one.md"]);
}

#[test]
fn comments_in_a_list_of_tags_are_not_lost() {
    let before = "---\ntags:\n  - a # first\n  # between\n  - b\n---\n# T\n";
    let env = Env::new().note("one", before);
    env.kb("tag one.md +c").ends_with(3);
    assert_eq!(fs::read_to_string(env.base().join("one.md")).unwrap(), before);
}

#[test]
fn a_stranger_s_trash_leads_nowhere() {
    use std::os::unix::fs::symlink;
    let env = Env::new();
    let (victim, private) = (env.home().join("victim"), env.home().join("private"));
    fs::create_dir_all(&victim).unwrap();
    fs::create_dir_all(&private).unwrap();
    fs::write(private.join("key.md"), "secret").unwrap();
    // A folder of the base that is a link, and a file in the trash that is to go back there.
    symlink(&victim, env.base().join("auth")).unwrap();
    let env = env.file("notes/.trash/00000000000001-000/auth/planted.md", "planted");
    env.kb("rm --undo").ends_with(3);
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 0);
    // A slot that is a link.
    fs::remove_dir_all(env.base().join(".trash")).unwrap();
    fs::create_dir(env.base().join(".trash")).unwrap();
    symlink(&private, env.base().join(".trash/99999999999999-000")).unwrap();
    env.kb("rm --undo").ends_with(1);
    assert!(private.join("key.md").exists());
    // A trash that is a link.
    fs::remove_dir_all(env.base().join(".trash")).unwrap();
    symlink(&victim, env.base().join(".trash")).unwrap();
    let env = env.note("one", "# One\n");
    env.kb("rm one.md").ends_with(3);
    assert_eq!(env.notes(), ["one.md"]);
}

#[test]
fn what_else_lies_in_the_trash_stays_there() {
    let env =
        Env::new().file("notes/.trash/00000000000001-000/a.md", "a").file("notes/.trash/00000000000001-000/b.md", "b");
    std::os::unix::fs::symlink("a.md", env.base().join(".trash/00000000000001-000/link.md")).unwrap();
    env.kb("rm --undo").ok();
    assert_eq!(env.notes(), ["a.md", "b.md"]);
    assert!(env.base().join(".trash/00000000000001-000/link.md").is_symlink());
}
