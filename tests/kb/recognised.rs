//! A repository is recognised wherever it lies, also where nobody has seen it yet: notes that came along with
//! a clone, on another machine, are checked against that clone.

use crate::harness::Env;
use std::fs;
use std::path::{Path, PathBuf};

/// A note about the shop, which was cloned from an address.
fn noted() -> Env {
    let env = Env::shop();
    env.git("remote add origin https://example.com/acme/shop.git");
    let env = env.file("shop/more.py", "MORE = 1\n").commit("more");
    env.kb_reads("add --repo . --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    env
}

/// A clone in `home`, with the notes in it; what this machine knew is gone, the first copy too.
fn elsewhere(env: &Env, how: &str, name: &str, address: &str) -> PathBuf {
    let from = env.here();
    env.git_in(&env.home(), &format!("clone --quiet {how} file://{} {name}", from.display()));
    let clone = env.home().join(name);
    env.git_in(&clone, &format!("remote set-url origin {address}"));
    copy_notes(env, &clone);
    fs::remove_dir_all(env.home().join(".local")).unwrap();
    fs::rename(env.path(".git"), env.home().join("away")).unwrap();
    clone
}

fn copy_notes(env: &Env, to: &Path) {
    fs::create_dir_all(to.join("notes")).unwrap();
    for name in env.notes().into_iter().chain(["kb.toml".to_owned()]) {
        fs::copy(env.base().join(&name), to.join("notes").join(&name)).unwrap();
    }
}

fn edit(clone: &Path) {
    let path = clone.join("shop/cookies.py");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("max_age=86400", "max_age=60")).unwrap();
}

#[track_caller]
fn says(env: &Env, folder: &Path, expected: &str) {
    let check = env.kb_in(folder, "check --json").json();
    assert_eq!(check["notes"][0]["status"], expected, "{check}");
}

/// As it was first, then the clone's own text counts.
#[track_caller]
fn is_recognised(env: &Env, folder: &Path) {
    says(env, folder, "fresh");
    edit(folder);
    says(env, folder, "stale");
}

#[test]
fn a_clone_by_its_address() {
    let env = noted();
    let clone = elsewhere(&env, "", "other-name", "git@example.com:acme/shop");
    is_recognised(&env, &clone);
}

#[test]
fn a_fork_by_its_first_commit() {
    let env = noted();
    let clone = elsewhere(&env, "", "other-name", "https://example.com/somebody/their-shop.git");
    is_recognised(&env, &clone);
}

#[test]
fn a_shallow_clone_by_its_address_and_a_shallow_fork_by_its_name() {
    let env = noted();
    let clone = elsewhere(&env, "--depth 1", "other-name", "https://example.com/acme/shop");
    assert_eq!(env.git_in(&clone, "rev-list --count HEAD"), "1");
    is_recognised(&env, &clone);

    let env = noted();
    let clone = elsewhere(&env, "--depth 1", "other-name", "https://example.com/somebody/shop");
    is_recognised(&env, &clone);
}

#[test]
fn another_repository_of_its_name_is_not_it() {
    let env = noted();
    let other = env.home().join("shop");
    fs::create_dir_all(other.join("shop")).unwrap();
    fs::write(other.join("shop/cookies.py"), "no = 1\n").unwrap();
    env.git_in(&other, "init --quiet");
    env.git_in(&other, "add --all");
    env.git_in(&other, "commit --quiet -m other");
    copy_notes(&env, &other);
    fs::remove_dir_all(env.home().join(".local")).unwrap();
    says(&env, &other, "unknown");
    // It was looked at once, and is known from then on.
    says(&env, &other, "unknown");
}

#[test]
fn a_work_tree_beside_the_first_one() {
    let env = noted();
    env.git("worktree add --quiet ../home/tree");
    let tree = env.home().join("tree");
    // Its notes are those of the repository; its code is its own.
    is_recognised(&env, &tree);
    says(&env, &env.here(), "fresh");

    // The same where only the work tree was ever seen.
    fs::remove_dir_all(env.home().join(".local")).unwrap();
    says(&env, &tree, "stale");
}

#[test]
fn a_subfolder_of_a_fork() {
    let env = Env::shop();
    env.git("remote add origin https://example.com/acme/shop.git");
    env.kb_reads("add --repo shop --title Cookies", "Set in `cookies.py:23-25`.\n").ok();
    let clone = elsewhere(&env, "", "fork", "https://example.com/somebody/fork.git");
    is_recognised(&env, &clone);
}

#[test]
fn a_folder_without_git_by_its_name() {
    let env = noted();
    fs::remove_dir_all(env.path(".git")).unwrap();
    env.kb("rm @").ok();
    env.kb_reads("add --repo . --title Cookies", "Set in `shop/cookies.py:23-25`.\n").ok();
    let copy = env.home().join("copies/shop");
    fs::create_dir_all(copy.join("shop")).unwrap();
    fs::copy(env.path("shop/cookies.py"), copy.join("shop/cookies.py")).unwrap();
    copy_notes(&env, &copy);
    fs::remove_dir_all(env.home().join(".local")).unwrap();
    is_recognised(&env, &copy);
}
