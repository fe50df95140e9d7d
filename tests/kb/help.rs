//! What kb says of itself.

use crate::harness::Env;

#[test]
fn help_shows_the_verbs_that_people_need() {
    let env = Env::new();
    insta::assert_snapshot!(env.kb("--help"));
    assert_eq!(env.kb("--help").ok(), env.kb("help").ok());
}

#[test]
fn help_all_shows_the_rest() {
    let env = Env::new();
    insta::assert_snapshot!(env.kb("help all"));
    insta::assert_snapshot!(env.kb("help serch"), @"
    --- stderr
    kb: `serch` is not a command
    hint: did you mean `kb help search`?
    --- exit code 2
    ");
}

#[test]
fn each_command_explains_itself() {
    let env = Env::new();
    let all = env.kb("help all").ok();
    for command in all.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        let help = env.kb(&format!("help {command}")).ok();
        assert!(help.contains("Usage: kb"), "{command}: {help}");
    }
    insta::assert_snapshot!(env.kb("search --help"));
}

#[test]
fn a_misspelt_flag_or_command_names_the_nearest() {
    let env = Env::new();
    let run = env.kb("search x --limt 5").ends_with(2);
    assert!(run.stderr.contains("--limit"), "{run}");
    let run = env.kb("serach x").ends_with(2);
    assert!(run.stderr.contains("search"), "{run}");
    env.kb("").ends_with(2);
}

#[test]
fn the_version_is_said() {
    assert_eq!(Env::new().kb("--version").ok(), format!("kb {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_every_command() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = env.kb(&format!("completions {shell}")).ok();
        assert!(script.contains("context") && script.contains("--limit") || script.contains("limit"), "{shell}");
    }
}
