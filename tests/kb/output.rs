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
fn errors_are_json_where_json_was_asked_for() {
    let env = Env::new();
    let run = env.kb("show zzz --json").ends_with(1);
    assert_eq!(run.stderr, "");
    let error = &run.any_json()["error"];
    assert_eq!(error["code"], "no_such_note");
    assert!(error["message"].is_string() && error["hint"].is_string());
    let run = env.kb("serach --json x").ends_with(2);
    assert_eq!(run.any_json()["error"]["code"], "usage");
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
