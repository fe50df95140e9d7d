//! Where an agent's program lies: the folders that it cannot do without. Package managers install a
//! link to a script deep in a tree, and the script's interpreter may lie in another.

use crate::machine::Machine;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The system's programs, which every wall shows.
const SYSTEM: [&str; 5] = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];
/// Folders of the home in which each program has its own.
const SHARED: [&str; 4] = [".cache", ".config", ".local/share", ".local/state"];
/// A script names its interpreter in its first line; longer ones are none.
const FIRST_LINE: usize = 256;
/// A longer `package.json` is none, in bytes.
const LARGEST_MANIFEST: u64 = 1 << 20;
/// A script's interpreter may be a script; not without end.
const DEEPEST: usize = 4;

/// What must be readable for a program to start: the link by which it is called, its folder or package,
/// its interpreter's. Where that folder holds more than programs, the file alone.
pub fn folders(program: &Path, machine: &Machine) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = Some(program.to_owned());
    for _ in 0..DEEPEST {
        let Some(path) = next.take() else { break };
        let Ok(real) = path.canonicalize() else { break };
        let tree = tree(&real);
        found.push(if holds_more(&tree, &real, machine) { real.clone() } else { tree });
        found.push(path);
        next = interpreter(&real, machine);
    }
    found.retain(|folder| !SYSTEM.iter().any(|system| folder.starts_with(system)));
    found.sort();
    found.dedup();
    found
}

/// Whether a program's folder may hold what is no part of it: the home or something around it, a folder that
/// many programs share (`~/.local`, `~/.cargo`, `~/go`), one with keys or with what kb keeps.
fn holds_more(tree: &Path, program: &Path, machine: &Machine) -> bool {
    let Some(home) = machine.home.as_ref().and_then(|home| home.canonicalize().ok()) else {
        return tree.parent().is_none();
    };
    let kept = [&machine.config, &machine.data, &machine.state, &machine.cache].into_iter();
    let kept = kept.map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.clone()));
    let holds = kept.chain(SHARED.map(|folder| home.join(folder))).any(|folder| folder.starts_with(tree));
    let is_dotted = tree.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_around_bin = program.parent().and_then(Path::parent) == Some(tree);
    let is_in_home = tree.parent() == Some(&home);
    tree.parent().is_none() || home.starts_with(tree) || holds || is_in_home && (is_dotted || is_around_bin)
}

/// `PATH` behind the wall: where the program and its interpreter are, then the system's folders.
pub fn search_path(program: &Path, machine: &Machine) -> String {
    let mut folders = vec![program.parent().map(Path::to_owned)];
    let real = program.canonicalize().ok();
    folders.push(real.as_deref().and_then(Path::parent).map(Path::to_owned));
    let interpreter = real.as_deref().and_then(|real| interpreter(real, machine));
    folders.push(interpreter.and_then(|path| path.parent().map(Path::to_owned)));
    let usual = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];
    folders.extend(usual.map(|folder| Some(PathBuf::from(folder))));
    let mut named: Vec<String> = Vec::new();
    for folder in folders.into_iter().flatten() {
        let name = folder.to_string_lossy().into_owned();
        if !name.contains(':') && !named.contains(&name) {
            named.push(name);
        }
    }
    named.join(":")
}

/// The version of an installed npm package, read from its `package.json`: nothing is started.
pub fn version(program: &Path) -> Option<String> {
    let real = program.canonicalize().ok()?;
    // A project of the user's own that the program lies in is not its package.
    let inside = |folder: &&Path| folder.components().any(|part| part == Component::Normal("node_modules".as_ref()));
    let mut package = real.ancestors().skip(1).take_while(inside).map(|folder| folder.join("package.json"));
    let package = package.find(|file| file.metadata().is_ok_and(|file| file.len() < LARGEST_MANIFEST))?;
    let package: serde_json::Value = serde_json::from_slice(&std::fs::read(package).ok()?).ok()?;
    package.get("version")?.as_str().map(str::to_owned)
}

/// The tree that a file was installed in: all of the outermost `node_modules`, else a version's folder
/// around `bin`, else the file's own folder.
fn tree(file: &Path) -> PathBuf {
    let mut tree = PathBuf::new();
    for component in file.components() {
        tree.push(component);
        if component == Component::Normal("node_modules".as_ref()) {
            return tree;
        }
    }
    let folder = file.parent().unwrap_or(file);
    match folder.file_name() {
        Some(name) if name == "bin" => folder.parent().unwrap_or(folder).to_owned(),
        _ => folder.to_owned(),
    }
}

/// The program that a script's first line names; `/usr/bin/env NAME` is looked up.
fn interpreter(script: &Path, machine: &Machine) -> Option<PathBuf> {
    let mut start = Vec::new();
    File::open(script).ok()?.take(FIRST_LINE as u64).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_whitespace();
    let first = words.next()?;
    if Path::new(first).file_name()? == "env" {
        let name = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
        return machine.find_program(name);
    }
    Path::new(first).is_absolute().then(|| PathBuf::from(first))
}
