//! Which knowledge base is used.

use crate::harness::Env;
use std::fs;

#[track_caller]
fn check(env: &Env, folder: &str, flags: &str, kb: &str, why: &str) {
    let found = env.kb_in(folder, &format!("where --json {flags}")).json();
    assert_eq!((found["kb"].as_str(), found["why"].as_str()), (Some(kb), Some(why)));
}

#[test]
fn the_nearest_one_upwards_else_one_s_own() {
    let env = Env::new();
    fs::create_dir_all(env.path("src/deep")).unwrap();
    check(&env, "src/deep", "", "/shop/notes", "nearest");
    check(&env, "notes", "", "/shop/notes", "nearest");
    check(&env, "../home", "", "/home/.local/share/kb", "own");
    fs::create_dir_all(env.path("src/notes")).unwrap();
    check(&env, "src/deep", "", "/shop/notes", "nearest");
    let env = env.file("src/notes/kb.toml", "kb=1");
    check(&env, "src/deep", "", "/shop/src/notes", "nearest");
    check(&env, "src/deep", "--kb ../../notes", "/shop/notes", "flag");
    // Another program's kb.toml is none.
    let env = env.file("src/deep/kb.toml", "keyboard = \"us\"\n");
    check(&env, "src/deep", "", "/shop/src/notes", "nearest");
}

#[test]
fn flags_count_more_than_the_environment() {
    let env = Env::new().file("other/a.md", "# A\n");
    let mut command = env.command("where --json");
    command.env("KB_DIR", env.path("other"));
    assert_eq!(env.run(command, "").json()["why"], "environment");
    let mut command = env.command("where --json --kb notes");
    command.env("KB_DIR", env.path("other"));
    assert_eq!(env.run(command, "").json()["why"], "flag");
    env.kb("list --kb nowhere").ends_with(3);
    env.kb("list --kb notes/kb.toml").ends_with(3);
}

#[test]
fn work_trees_share_the_base_of_the_main_one() {
    let env = Env::shop();
    env.git("worktree add --quiet ../tree");
    check(&env, "../tree", "", "/shop/notes", "worktree");
    // Committed notes stand in both work trees; there is one base all the same.
    env.git("add --all");
    env.git("commit --quiet -m notes");
    env.git("worktree add --quiet ../second");
    check(&env, "../second/shop", "", "/shop/notes", "worktree");
}

#[test]
fn init_makes_one_and_leaves_what_is_there() {
    let env = Env::without_base();
    insta::assert_snapshot!(env.kb("init"), @"/shop/notes");
    insta::assert_snapshot!(fs::read_to_string(env.base().join("kb.toml")).unwrap(), @"
    # A kb knowledge base: every .md file below this folder is a note.
    kb = 1
    ");
    let env = env.file("notes/kb.toml", "kb = 1\nname = \"mine\"\n");
    assert_eq!(env.kb("init --json").json()["why"], "there before");
    assert_eq!(env.kb("where --json").json()["name"], "mine");
    env.kb("init other/base").ok();
    assert!(env.path("other/base/kb.toml").exists());
    env.kb("init shop.txt").ok();
    let env = env.file("file", "");
    env.kb("init file").ends_with(3);
}

#[test]
fn the_index_keeps_itself_out_of_git() {
    let env = Env::new().note("one", "# One\n");
    env.git("init --quiet");
    env.kb("list").ok();
    let status = env.git("status --porcelain --untracked-files=all");
    assert!(!status.contains(".kb"), "{status}");
}

#[test]
fn a_base_s_settings_are_a_stranger_s_words() {
    let env = Env::new().file("notes/kb.toml", "kb = 1\nagents = { x = { command = [\"rm\"] } }\n");
    insta::assert_snapshot!(env.kb("list"), @"
    --- stderr
    kb: `/shop/notes/kb.toml` has a key `agents` that only your own configuration may hold
    hint: a knowledge base may come from a stranger: put the key into your own `config.toml`
    --- exit code 3
    ");
    let env = env.file("notes/kb.toml", "kb = 1\nabuot = \"x\"\n");
    insta::assert_snapshot!(env.kb("list"), @"
    --- stderr
    kb: `/shop/notes/kb.toml` has a key `abuot` that kb does not know
    hint: did you mean `about`?
    --- exit code 3
    ");
    let env = env.file("notes/kb.toml", "kb = 2\n");
    env.kb("list").ends_with(3);
    let env = env.file("notes/kb.toml", "kb = \n");
    env.kb("list").ends_with(3);
}

#[test]
fn a_mark_that_is_not_right_leads_to_no_other_base() {
    let env = Env::new().file("notes/kb.toml", "oops\n");
    insta::assert_snapshot!(env.kb("where"), @"
    --- stderr
    kb: `/shop/notes/kb.toml` is not right: line 1: key with no value, expected `=`
    hint: mend it: a line `kb = 1`, and what you want of `name`, `about`, `agent`, `tags`
    --- exit code 3
    ");
    let env = env.file("notes/kb.toml", "");
    insta::assert_snapshot!(env.kb("list"), @"
    --- stderr
    kb: `/shop/notes/kb.toml` is not right: it does not say `kb = 1`
    hint: write `kb = 1` into it, or remove it if the folder holds no notes
    --- exit code 3
    ");
    let env = env.file("notes/kb.toml", "kb = 1\nnonsense = [");
    insta::assert_snapshot!(env.kb("search x"), @"
    --- stderr
    kb: `/shop/notes/kb.toml` is not right: line 2: unclosed array, expected `]`
    hint: mend it: a line `kb = 1`, and what you want of `name`, `about`, `agent`, `tags`
    --- exit code 3
    ");
    let env = env.file("notes/kb.toml", "name = \"shop\"\n");
    for line in ["list", "ask where are cookies set", "add", "show k7f", "check", "where", "init", "list --kb notes"] {
        let run = env.kb(line).ends_with(3);
        assert!(run.stderr.contains("`/shop/notes/kb.toml` is not right: it does not say `kb = 1`"), "{line}: {run}");
    }
    env.kb_in("notes", "list").ends_with(3);
    // A base that is not called `notes` either.
    let env = env.without_notes().file("kb.toml", "oops");
    env.kb("list").ends_with(3);
    assert!(!env.home().join(".local/share/kb").exists(), "one's own stays untouched");
}

#[test]
fn an_unknown_key_of_one_s_own_configuration_names_the_nearest() {
    let env = Env::new().file("../home/.config/kb/config.toml", "agnet = \"scout\"\n");
    insta::assert_snapshot!(env.kb("list"), @"
    --- stderr
    kb: `/home/.config/kb/config.toml` has a key `agnet` that kb does not know
    hint: did you mean `agent`?
    --- exit code 3
    ");
    let env = env.file("../home/.config/kb/config.toml", "timeout = \"soon\"\n");
    env.kb("list").ends_with(3);
    let env = env.file("../home/.config/kb/config.toml", "memory = \"0G\"\n");
    env.kb("list").ends_with(3);
    let env = env.file("../home/.config/kb/config.toml", "memory = \"2G\"\ntimeout = \"2m\"\nagent = \"scout\"\n");
    env.kb("list").ok();
}

#[test]
fn files_that_the_base_excludes_are_no_notes() {
    let env = Env::new().file("notes/kb.toml", "kb = 1\nexclude = [\"drafts/**\", \"README.md\"]\n");
    let env = env.note("drafts/a", "# A\n").note("README", "# R\n").note("b", "# B\n");
    assert_eq!(env.kb("list --json").json()["total"], 1);
}
