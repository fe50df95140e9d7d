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
