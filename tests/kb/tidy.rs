//! What the source promises about itself: a module uses only modules above it, each file says what
//! it is for, and none has become a drawer.

use std::fs;
use std::path::{Path, PathBuf};

/// Longer files are read again and asked which two things they do.
const LONGEST_FILE: usize = 600;
/// A table may be long.
const TABLES: [&str; 1] = ["scout/synonyms.rs"];
/// Packages in `Cargo.lock`, development ones included. Raise it knowingly.
const MOST_PACKAGES: usize = 260;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![project().join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(project().join("src")).unwrap().to_owned(), text));
            }
        }
    }
    found
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let map = fs::read_to_string(project().join("src/lib.rs")).unwrap();
    let order: Vec<&str> = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 10, "the map in lib.rs cannot be read");
    let rank = |module: &str| order.iter().position(|known| *known == module);
    for (path, text) in sources() {
        let own = path.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let Some(own_rank) = rank(&own) else { continue };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                for name in used_modules(used) {
                    let used_rank =
                        rank(name).unwrap_or_else(|| panic!("{}: no module `{name}`: {line}", path.display()));
                    assert!(
                        used_rank <= own_rank,
                        "{}: `{own}` stands above `{name}` in lib.rs: {line}",
                        path.display()
                    );
                }
            }
        }
    }
}

/// `a::b` uses `a`; `{a, b::c}` uses `a` and `b`.
fn used_modules(used: &str) -> Vec<&str> {
    let first = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    match used.strip_prefix('{') {
        None => vec![&used[..first(used)]],
        Some(list) => {
            list.trim_end_matches(['}', ';']).split(',').map(str::trim).map(|item| &item[..first(item)]).collect()
        }
    }
}

#[test]
fn each_file_says_what_it_is_for() {
    for (path, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 10, "{}: {first}", path.display());
    }
}

#[test]
fn no_file_is_a_drawer() {
    for (path, text) in sources().into_iter().filter(|(path, _)| !TABLES.iter().any(|table| path == Path::new(table))) {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines: which two things does it do?", path.display());
    }
}

#[test]
fn only_their_own_modules_know_the_big_crates() {
    for (crate_name, homes) in [
        ("tokio", vec!["agent/run.rs", "job/", "cli/ask.rs", "cli/terminal.rs"]),
        ("tantivy", vec!["index/", "search/"]),
        ("tree_sitter", vec!["scout/"]),
        ("clap", vec!["cli/"]),
        ("yaml_edit", vec!["note/"]),
    ] {
        for (path, text) in sources() {
            let uses = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{crate_name}::")));
            let at_home =
                homes.iter().any(|home| path.starts_with(home.trim_end_matches('/')) || path == Path::new(home));
            assert!(!uses || at_home, "{} knows {crate_name}", path.display());
        }
    }
}

#[test]
fn dependencies_do_not_grow_unseen() {
    let lock = fs::read_to_string(project().join("Cargo.lock")).unwrap();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(packages <= MOST_PACKAGES, "{packages} packages: each must earn its build time");
}

#[test]
fn each_dependency_says_what_it_is_for() {
    let manifest = fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let dependencies =
        manifest.split("\n[").filter(|section| section.split(']').next().unwrap().ends_with("dependencies"));
    for section in dependencies {
        let mut said = false;
        for line in section.lines().skip(1).filter(|line| !line.is_empty()) {
            assert!(said || line.starts_with('#'), "no comment before {line}");
            said = true;
        }
    }
}
