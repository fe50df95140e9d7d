//! Where output goes and in which form.

use crate::harness::Env;
use std::process::Stdio;

const HOSTILE: &str = "---\nid: \"k7f3qdm2\"\ntitle: \"t\"\nquestion: \"q \\e[31m \\u202E\"\ntags: [\"\\e[0m\"]\n---\n# Red \u{1b}[31m \u{202e} \u{9b}2J end\n\nzebra \u{1b}]0;pwned\u{7}\n";

#[test]
fn a_closed_pipe_is_no_error() {
    let env = Env::new();
    for number in 0..200 {
        std::fs::write(env.base().join(format!("{number}.md")), format!("# Zebra {number}\n{}", "word ".repeat(200)))
            .unwrap();
    }
    env.kb("list").ok();
    for line in ["list --json", "search zebra --limit 200", "help all", "completions bash"] {
        let mut child = env.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{line}");
    }
}

#[test]
fn nothing_foreign_reaches_a_terminal_raw() {
    let env = Env::new().note("one", HOSTILE).note("bad\u{1b}[31mname", "# zebra\n");
    for line in [
        "list",
        "list --json",
        "search zebra",
        "search zebra --json",
        "show k7f --json",
        "context k7f",
        "context k7f --json",
        "tag k7f +x",
        "list --ids",
    ] {
        let run = env.kb(line).ends_with(0);
        for c in ['\u{1b}', '\u{202e}', '\u{9b}', '\u{7}'] {
            assert!(!run.stdout.contains(c) && !run.stderr.contains(c), "{line}: {:?}", run.stdout);
        }
    }
    let run = env.kb("'no\u{1b}[31mne'").ends_with(2);
    assert!(!run.stderr.contains('\u{1b}'), "{run}");
    let run = env.kb("show 'no\u{1b}[31mne'").ends_with(1);
    assert!(!run.stderr.contains('\u{1b}'), "{run}");
}

#[test]
fn on_a_terminal_a_note_is_rendered_and_safe() {
    let env = Env::new().note("one", HOSTILE);
    let run = on_a_terminal(&env, "show k7f");
    assert!(run.contains("Red"), "{run:?}");
    assert!(!run.contains("\u{1b}[31m") && !run.contains('\u{202e}') && !run.contains("\u{1b}]"), "{run:?}");
    assert!(!run.contains("# Red"), "the heading is rendered: {run:?}");
}

#[test]
fn on_a_terminal_what_does_not_hold_is_marked_where_it_stands() {
    let env = Env::shop();
    let text = "`save_cookie` signs (`shop/cookies.py:23-25`); `load_cookie` verifies: [there](shop/cookies.py#L5).\n\n\
        Not there: `shop/none.py:3,9`.\n\nThen `SessionSigner` and `sign`.\n";
    env.kb_reads("add --repo . --title Marks", text).ok();
    assert!(env.only_note().ends_with(text), "the file stays as it was");
    assert!(env.kb("show").ok().ends_with(text), "and so does what a program reads");
    let shown = on_a_terminal_with(&env, "show", &[("NO_COLOR", "1"), ("COLUMNS", "200")]);
    for part in [
        "signs (shop/cookies.py:23-25); load_cookie",
        "there (shop/cookies.py#L5) (weak)",
        "shop/none.py:3,9 (3: broken, 9: broken).",
        "\nbroken: shop/none.py:3\r\n",
        "\nweak: shop/cookies.py:5\r\n",
        "\n1 of 4 names is not in this code: `SessionSigner`\r\n",
    ] {
        assert!(shown.contains(part), "{part:?} in {shown}");
    }
    let note = &env.kb("show --json").json()["note"];
    assert_eq!((&note["names_checked"], &note["unknown_names"][0]), (&4.into(), &"SessionSigner".into()));
    assert!(env.kb("context").ok().contains("; perhaps the wrong lines: shop/cookies.py:5."));
}

#[test]
fn no_color_is_obeyed() {
    let env = Env::new().note("one", "# Zebra\n");
    assert!(on_a_terminal(&env, "list").contains("\u{1b}["));
    let plain = on_a_terminal_with(&env, "list", &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn hits_are_numbered_for_the_terminal_that_they_were_printed_in() {
    let env = Env::new().note("one", "# Zebra one\n").note("two", "# Zebra two\n\nzebra zebra\n");
    let kb = env!("CARGO_BIN_EXE_kb");
    let run = shell_on_a_terminal(
        &env,
        &format!("'{kb}' search --limit 1 zebra >/dev/null && '{kb}' path @1 && '{kb}' path @2"),
        &[],
    );
    assert!(run.contains("/notes/two.md") || run.contains("/notes/one.md"), "{run}");
    assert!(run.contains("`@2` is not one of the last 1 hits of this terminal"), "{run}");
}

#[test]
fn a_name_cannot_shift_the_numbers_of_hits() {
    let env = Env::new().note("a\nzz", "# Zebra\n").note("b", "# Zebra\n");
    let kb = env!("CARGO_BIN_EXE_kb");
    let run = shell_on_a_terminal(
        &env,
        &format!("'{kb}' search zebra >/dev/null; '{kb}' path @1 @2; '{kb}' path --kb /shop @1"),
        &[],
    );
    assert!(run.contains("/notes/b.md") && run.contains("zz.md"), "{run}");
}

#[test]
fn rows_fit_a_narrow_terminal_and_break_between_words() {
    let text = "# The session cookie is signed with a key from the environment\n\nThe zebra signs each cookie, so that \
        nobody else can, whatever they say about zebras and their cookies in the documentation.\n";
    let env = Env::new().note("the-session-cookie-is-signed-with-a-key-from-the-environment", text);
    let env = env.note("two", "---\ntags: [a-tag-of-many-letters, another-tag, cookies]\n---\n# Zebra\n");
    for line in
        ["list", "search zebra", "agents", "show the-session-cookie-is-signed-with-a-key-from-the-environment.md"]
    {
        let whole = on_a_terminal_with(&env, line, &[("COLUMNS", "120"), ("NO_COLOR", "1")]);
        let words: Vec<&str> = whole.split_whitespace().collect();
        let narrow = on_a_terminal_with(&env, line, &[("COLUMNS", "50"), ("NO_COLOR", "1")]);
        for row in narrow.lines() {
            assert!(row.trim_end().chars().count() <= 50, "{line}: {row}");
            for word in row.split_whitespace().filter(|word| !word.ends_with('…')) {
                assert!(words.contains(&word), "{line}: {word} in {row}");
            }
        }
    }
    let narrow = on_a_terminal_with(&env, "list", &[("COLUMNS", "50"), ("NO_COLOR", "1")]);
    let narrow = narrow.replace('\r', "");
    assert!(narrow.contains("  The session cookie is signed with …\n    uncited\n"), "{narrow}");
    assert!(narrow.contains("  Zebra\n    uncited · #a-tag-of-many-letters #another-tag\n    #cookies\n"), "{narrow}");
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let env = Env::new();
    let run = env.kb("show zzz --json").ends_with(1);
    assert_eq!(run.stderr, "");
    let error = &run.any_json()["error"];
    assert_eq!(error["code"], "no_such_note");
    assert!(error["message"].is_string() && error["hint"].is_string());
    let usage = |line: &str| {
        let run = env.kb(line).ends_with(2);
        let error = run.any_json()["error"].clone();
        assert_eq!(error["code"], "usage");
        let ids: Vec<&str> =
            error["candidates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        format!("{}\n{}\n{}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap(), ids.join(" "))
    };
    insta::assert_snapshot!(usage("lsit --json x"), @"
    unrecognized subcommand 'lsit'
    did you mean `list`?
    list
    ");
    insta::assert_snapshot!(usage("list --limt 3 --json"), @"
    unexpected argument '--limt' found
    did you mean `--limit`?
    --limit
    ");
    insta::assert_snapshot!(usage("ask --json"), @"
    the following required arguments were not provided: <QUESTION>...
    `kb help COMMAND` shows how a command is used
    ");
    insta::assert_snapshot!(usage("tag --json"), @"
    the following required arguments were not provided: <ID>, <+TAG|-TAG>...
    `kb help COMMAND` shows how a command is used
    ");
    insta::assert_snapshot!(usage("context --format xml --json"), @"
    invalid value 'xml' for '--format <FORMAT>' [possible values: md, json]
    `kb help COMMAND` shows how a command is used
    ");
    insta::assert_snapshot!(usage("--json"), @"
    no command was given
    `kb help all` lists the commands
    ");
}

#[test]
fn what_is_typed_in_the_wrong_way_says_how_it_is_typed() {
    let env = Env::shop();
    insta::assert_snapshot!(env.kb("add some text"), @"
    --- stderr
    kb: `kb add` takes its text from standard input or from a file
    hint: `echo 'some text' | kb add`, or `kb add --file FILE`
    --- exit code 2
    ");
    insta::assert_snapshot!(env.kb("ask '???'"), @"
    --- stderr
    kb: `???` asks nothing: no word is in it
    hint: ask something: `kb ask where are signed cookies set`
    --- exit code 2
    ");
    insta::assert_snapshot!(env.kb("context --budget abc"), @"
    --- stderr
    kb: invalid value 'abc' for '--budget <TOKENS>': it is not a whole number

    For more information, try '--help'.
    --- exit code 2
    ");
    for line in ["ask --jobs 0 x", "ask --max-cost nan x", "list --limit x", "search --limit x y", "diff --from x"] {
        let run = env.kb(line).ends_with(2);
        assert!(run.stderr.contains("': it is "), "{line}: {run}");
    }
    assert_eq!(env.notes(), Vec::<String>::new());
}

#[test]
fn where_there_are_no_notes_that_is_said() {
    let env = Env::new();
    insta::assert_snapshot!(env.kb("list"), @"
    --- stderr
    kb: there are no notes yet; `kb ask QUESTION` makes one, `kb add` keeps a text of yours
    ");
    insta::assert_snapshot!(env.kb("search cookies"), @"
    --- stderr
    kb: there are no notes yet; `kb ask QUESTION` makes one, `kb add` keeps a text of yours
    --- exit code 1
    ");
    insta::assert_snapshot!(env.kb("show"), @"
    --- stderr
    kb: there are no notes yet
    hint: `kb ask QUESTION` makes one, `kb add` keeps a text of yours
    --- exit code 1
    ");
    for line in ["log", "diff", "path @", "context", "show @"] {
        let run = env.kb(line).ends_with(1);
        assert!(run.stderr.starts_with("kb: there are no notes yet\n"), "{line}: {run}");
    }
    assert_eq!(env.kb("list --json").json()["warnings"], serde_json::json!([]));
    let env = env.note("one", "# One\n");
    insta::assert_snapshot!(env.kb("list --tag cookies"), @"
    --- stderr
    kb: no note is like that; `kb list` shows all
    ");
    insta::assert_snapshot!(env.kb("search cookies"), @"
    --- stderr
    kb: no note has to do with that; `kb list` shows all
    --- exit code 1
    ");
    assert_eq!(env.kb("list").ends_with(0).stderr, "");
}

#[test]
fn a_full_disk_is_an_error_that_says_so() {
    let env = Env::new().note("one", "# Zebra\n");
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return crate::harness::cannot_run("there is no /dev/full");
    };
    let output = env.command("list").stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("kb: cannot write: "), "{output:?}");
}

fn on_a_terminal(env: &Env, line: &str) -> String {
    on_a_terminal_with(env, line, &[])
}

fn on_a_terminal_with(env: &Env, line: &str, more: &[(&str, &str)]) -> String {
    shell_on_a_terminal(env, &format!("'{}' {line}", env!("CARGO_BIN_EXE_kb")), more)
}

/// What a command prints on a terminal that `script` makes.
fn shell_on_a_terminal(env: &Env, shell: &str, more: &[(&str, &str)]) -> String {
    let mut inner = env.command("list");
    inner.env("TERM", "xterm").envs(more.iter().copied());
    let mut command = std::process::Command::new("script");
    command.args(["--quiet", "--return", "--command", shell, "/dev/null"]).current_dir(env.here());
    command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    env.run(command, "").stdout
}
