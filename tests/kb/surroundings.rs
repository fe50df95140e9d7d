//! What an agent's program finds around it behind the wall, besides the code that is asked about.

use crate::harness::{Env, Run};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const ASK: &str = "ask --fresh --no-leads --agent mine where are signed cookies set";

/// Makes a file of the home.
fn put(env: &Env, path: &str, text: &str) {
    let path = env.home().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// An agent at this place of the home, that runs a script and lists the files below the folder around the home
/// that it can read, but those of its private home.
fn put_agent(env: &Env, path: &str, script: &str) {
    let around = env.home().parent().unwrap().display().to_string();
    let list = format!(
        "cat > /dev/null\nfind {around} -path \"$HOME\" -prune -o -type f -print 2> /dev/null | while read -r file; do \
         head -c 1 \"$file\" > /dev/null 2>&1 && echo \"can read $file\"; done\necho done\n"
    );
    put(env, path, &format!("#!/bin/sh\n{script}\n{list}"));
    fs::set_permissions(env.home().join(path), fs::Permissions::from_mode(0o700)).unwrap();
}

fn configure(env: &Env, command: &str, more: &str) {
    let command = env.home().join(command);
    put(env, ".config/kb/config.toml", &format!("{more}\n[agents.mine]\ncommand = [\"{}\"]\n", command.display()));
}

/// The files of the home that an agent says it can read.
#[track_caller]
fn of_home(env: &Env, run: Run) -> Vec<String> {
    let said = run.ok();
    assert!(said.contains("done"), "{said}");
    let start = "can read /home/";
    let mut files: Vec<String> = env
        .without_paths(said.as_bytes())
        .lines()
        .filter_map(|line| line.strip_prefix(start))
        .map(str::to_owned)
        .collect();
    files.sort();
    files
}

#[test]
fn a_program_that_shares_its_folder_with_all_others_is_shown_alone() {
    for shared in [".local/bin", ".cargo/bin", "go/bin", "bin"] {
        let env = Env::shop();
        let program = format!("{shared}/mine");
        for other in
            [".local/share/keyrings/login.keyring", ".local/state/other", ".cargo/credentials.toml", "go/pkg/x"]
        {
            put(&env, other, "secret\n");
        }
        put(&env, ".local/state/kb/homes/claude/j-other/.claude/.credentials.json", "secret\n");
        put(&env, ".cache/kb/x", "secret\n");
        put(&env, &format!("{shared}/other"), "secret\n");
        put_agent(&env, &program, "");
        configure(&env, &program, "");
        assert_eq!(of_home(&env, env.kb(ASK)), [program.as_str()], "{shared}");
    }
}

#[test]
fn a_program_s_own_tree_is_shown_behind_the_link_that_names_it() {
    let env = Env::shop();
    put(&env, ".local/share/keyrings/login.keyring", "secret\n");
    put(&env, ".local/bin/other", "secret\n");
    put(&env, ".local/share/mine/versions/data", "part of it\n");
    // What lies beside it is found where the link leads, as node does.
    put_agent(&env, ".local/share/mine/versions/1.0", "cat \"$(dirname \"$(readlink -f \"$0\")\")/data\" || exit 1");
    fs::create_dir_all(env.home().join(".local/bin")).unwrap();
    symlink("../share/mine/versions/1.0", env.home().join(".local/bin/mine")).unwrap();
    configure(&env, ".local/bin/mine", "");
    let tree = [".local/share/mine/versions/1.0", ".local/share/mine/versions/data"];
    assert_eq!(of_home(&env, env.kb(ASK)), tree);
}

#[test]
fn what_kb_keeps_is_hidden_in_all_that_can_be_read() {
    let env = Env::shop();
    put_agent(&env, "agent/mine", "touch \"$HOME/own\" || exit 1");
    configure(&env, "agent/mine", "");
    let config = env.home().join(".config/kb/config.toml");
    let text = fs::read_to_string(&config).unwrap() + "read = [\"~/.local\", \"~/.config\", \"~/.cache\"]\n";
    fs::write(config, text).unwrap();
    for hidden in [".local/state/kb/homes/claude/s/token", ".local/share/kb/note.md", ".cache/kb/x"] {
        put(&env, hidden, "secret\n");
    }
    for shown in [".local/share/other", ".config/other", ".cache/other"] {
        put(&env, shown, "what the user lets it read\n");
    }
    let read = of_home(&env, env.kb(ASK));
    assert_eq!(read, [".cache/other", ".config/other", ".local/share/other", "agent/mine"]);
    assert!(Path::new(&env.home().join(".local/state/kb/homes/claude/s/token")).exists());
}

/// A home that is a repository, with keys in it, and an agent; kb is started in it.
fn home_with_keys() -> Env {
    let env = Env::new();
    for private in
        [".ssh/id", ".netrc", ".bash_history", ".config/gh/hosts.yml", ".local/share/x", "plain.txt", "work/a.py"]
    {
        put(&env, private, "secret\n");
    }
    put_agent(&env, ".local/bin/mine", "");
    configure(&env, ".local/bin/mine", "");
    env.git_in(&env.home(), "init --quiet");
    env.git_in(&env.home(), "add --all --force .bash_history plain.txt work");
    env.git_in(&env.home(), "commit --quiet -m dotfiles");
    env
}

#[test]
fn the_home_is_shown_to_nobody_unless_it_is_named() {
    let env = home_with_keys();
    for line in [ASK.to_owned(), format!("{ASK} --no-wall"), format!("{ASK} --dry-run")] {
        let run = env.kb_in(env.home(), &line);
        assert_ne!(run.code, Some(0), "{line}: {run}");
        assert!(run.stderr.contains("`/home` holds all that is yours"), "{line}: {run}");
        assert!(run.stderr.contains("hint: ask in a project's folder or name one with `--repo`"), "{line}: {run}");
    }
    let run = env.kb_in(env.home(), "ask --agent scout where is x");
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
}

#[test]
fn a_home_that_is_named_is_shown_without_what_begins_with_a_dot() {
    let env = home_with_keys();
    let read = of_home(&env, env.kb_in("..", &format!("{ASK} --repo home")));
    let (git, rest): (Vec<_>, Vec<_>) = read.into_iter().partition(|file| file.starts_with(".git/"));
    // The program itself is there all the same.
    assert_eq!(rest, [".local/bin/mine", "plain.txt", "work/a.py"]);
    assert!(!git.is_empty());
}

#[test]
fn a_folder_of_a_home_that_is_a_repository_is_shown_without_the_rest() {
    let env = home_with_keys();
    assert_eq!(of_home(&env, env.kb_in(env.home().join("work"), ASK)), [".local/bin/mine", "work/a.py"]);
}

/// A second repository in the home, and what of it an agent can read.
fn with_another_repository() -> Env {
    let env = Env::shop();
    put(&env, "other/secret.py", "secret\n");
    let other = env.home().join("other");
    env.git_in(&other, "init --quiet");
    env.git_in(&other, "add --all");
    env.git_in(&other, "commit --quiet -m other");
    env.git_in(&other, "gc --quiet");
    put_agent(&env, "agent/mine", "git log -1 --format='last commit: %s' 2>&1");
    configure(&env, "agent/mine", "");
    env
}

#[track_caller]
fn is_warned_about(env: &Env, ask: &str, folder: &Path) -> Vec<String> {
    let run = env.kb(ask);
    let named = env.without_paths(folder.display().to_string().as_bytes());
    assert!(run.stderr.contains(&format!("points to `{named}`")), "{run}");
    assert!(run.stderr.contains(&format!("`read = [\"{named}\"]` under `[agents.mine]`")), "{run}");
    of_home(env, run)
}

#[test]
fn objects_that_a_repository_borrows_are_read_only_where_the_user_says_so() {
    let env = with_another_repository();
    let objects = env.home().join("other/.git/objects");
    fs::create_dir_all(env.path(".git/objects/info")).unwrap();
    fs::write(env.path(".git/objects/info/alternates"), format!("{}\n", objects.display())).unwrap();
    assert_eq!(is_warned_about(&env, ASK, &objects), ["agent/mine"]);

    let config = env.home().join(".config/kb/config.toml");
    let text = fs::read_to_string(&config).unwrap() + &format!("read = [\"{}\"]\n", objects.display());
    fs::write(config, text).unwrap();
    let run = env.kb(ASK);
    assert!(!run.stderr.contains("points to"), "{run}");
    assert!(of_home(&env, run).iter().any(|file| file.starts_with("other/.git/objects/pack/")));
}

#[test]
fn objects_that_a_clone_borrows_of_the_same_project_are_read() {
    let env = with_another_repository();
    let other = env.home().join("other");
    fs::remove_dir_all(env.path(".git")).unwrap();
    env.git_in(&other, "clone --quiet --shared --no-checkout . ../../shop/clone");
    fs::rename(env.path("clone/.git"), env.path(".git")).unwrap();
    let run = env.kb(ASK);
    assert!(!run.stderr.contains("points to"), "{run}");
    assert!(run.stdout.contains("last commit: other\n"), "{run}");
}

/// Puts a `.git` that leads to another one.
type Forge = fn(&Env, &Path);

#[test]
fn a_git_folder_that_leads_elsewhere_shows_nothing_of_it() {
    let elsewhere = |env: &Env| env.home().join("other/.git");
    let forge: [(&str, Forge); 4] = [
        ("a link", |env, other| symlink(other, env.path(".git")).unwrap()),
        ("a file", |env, other| fs::write(env.path(".git"), format!("gitdir: {}\n", other.display())).unwrap()),
        ("a file that names a work tree of it", |env, other| {
            env.git_in(other.parent().unwrap(), "worktree add --quiet ../tree");
            fs::write(env.path(".git"), format!("gitdir: {}/worktrees/tree\n", other.display())).unwrap();
        }),
        ("a shared folder", |env, other| {
            fs::create_dir(env.path(".git")).unwrap();
            fs::write(env.path(".git/commondir"), format!("{}\n", other.display())).unwrap();
            fs::write(env.path(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        }),
    ];
    for (how, forge) in forge {
        let env = with_another_repository();
        fs::remove_dir_all(env.path(".git")).unwrap();
        forge(&env, &elsewhere(&env));
        // Asked about a folder of it, what is above it must be added.
        let read = is_warned_about(&env, &format!("{ASK} --repo shop"), &elsewhere(&env));
        assert_eq!(read, ["agent/mine"], "{how}");
    }
}

#[test]
fn a_linked_work_tree_and_a_submodule_have_their_history() {
    let env = with_another_repository();
    env.git("worktree add --quiet ../linked");
    let other = env.home().join("other");
    env.git(&format!("-c protocol.file.allow=always submodule --quiet add {} sub", other.display()));
    for (folder, last) in
        [("../linked", "the shop"), ("../linked/shop", "the shop"), ("shop", "the shop"), ("sub", "other")]
    {
        let run = env.kb(&format!("{ASK} --repo {folder}"));
        assert!(!run.stderr.contains("points to"), "{run}");
        assert!(run.stdout.contains(&format!("last commit: {last}\n")), "{folder}: {run}");
    }
}

#[test]
fn a_password_in_git_s_configuration_is_told_where_the_agent_has_a_network() {
    let env = with_another_repository();
    env.git("remote add origin https://me:hunter2hunter2@example.com/x.git");
    let run = env.kb(ASK);
    assert!(!run.stderr.contains("holds a secret"), "{run}");
    let config = env.home().join(".config/kb/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text + "hosts = [\"example.com\"]\n").unwrap();
    for repo in [".", "shop"] {
        let run = env.kb(&format!("{ASK} --repo {repo}"));
        assert!(run.stderr.contains("`/shop/.git/config` holds a secret (password) that mine can read"), "{run}");
    }
    env.git("remote set-url origin https://example.com/x.git");
    env.git("config http.https://example.com/.extraheader 'AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzX2FiY2RlZg=='");
    let run = env.kb(ASK);
    assert!(run.stderr.contains("holds a secret ("), "{run}");
}
