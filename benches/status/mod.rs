//! How often `kb check` is right: labelled edits over real code, and real commits judged by `git blame`.

mod edits;
mod history;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const KB: &str = env!("CARGO_BIN_EXE_kb");

/// Folders that are git repositories are judged by their history, all others get labelled edits.
/// Without any, the packages of `tests/eval/fetch.py` and kb's own repository.
pub(crate) fn figures(folders: &[&Path]) {
    let usual = usual();
    let folders: Vec<&Path> =
        if folders.is_empty() { usual.iter().map(PathBuf::as_path).collect() } else { folders.to_vec() };
    let is_repository = |folder: &&Path| {
        folder.join(".git").exists() || folder.join("HEAD").exists() && folder.join("objects").exists()
    };
    let (repositories, code): (Vec<&Path>, Vec<&Path>) = folders.into_iter().partition(is_repository);
    if !code.is_empty() {
        edits::figures(&code);
    }
    if !repositories.is_empty() {
        history::figures(&repositories);
    }
}

fn usual() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where the packages are kept")]
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let packages = fs::read_dir(home.join(".cache/kb-eval")).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = packages.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.push(PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    folders
}

/// A folder for this run's copies, with a home of its own.
struct Site {
    root: PathBuf,
}

impl Site {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures/status").join(name);
        fs::remove_dir_all(&root).ok();
        fs::create_dir_all(root.join("home")).unwrap();
        fs::create_dir_all(root.join("notes")).unwrap();
        fs::write(root.join("notes/kb.toml"), "kb = 1\n").unwrap();
        Self { root }
    }

    fn code(&self) -> PathBuf {
        self.root.join("code")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        self.surround(&mut command).current_dir(self.code()).args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "gc.auto=0",
        ]);
        let output = command.args(arguments).stderr(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn kb(&self, arguments: &[&str], input: &str) -> String {
        use std::io::Write;
        let mut command = Command::new(KB);
        self.surround(&mut command).current_dir(self.code()).arg("--kb").arg(self.root.join("notes")).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        let output = child.wait_with_output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn surround<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("HOME", self.root.join("home")).env_remove("KB_DIR");
        for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env_remove(name);
        }
        command
    }
}

/// How a citation stands, as `kb check --json` says.
#[derive(Clone, Debug)]
struct Said {
    status: String,
    change: String,
    now: Option<(String, u32, u32)>,
}

/// What kb says of every citation of the newest note or of all notes, by path and lines.
fn said(site: &Site) -> BTreeMap<(String, u32, u32), Said> {
    let json: serde_json::Value = serde_json::from_str(&site.kb(&["check", "--json"], "")).unwrap();
    let mut all = BTreeMap::new();
    let number = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("none").to_owned();
    for one in json["notes"].as_array().unwrap().iter().flat_map(|note| note["citations"].as_array().unwrap()) {
        let place = |value: &serde_json::Value| (text(&value["path"]), number(&value["first"]), number(&value["last"]));
        let now = one["now"].is_object().then(|| place(&one["now"]));
        all.insert(place(one), Said { status: text(&one["status"]), change: text(&one["change"]), now });
    }
    all
}

/// A line of a note that cites a place.
fn cited(path: &str, first: u32, last: u32) -> String {
    format!("`{path}:{first}-{last}`\n")
}

/// Counts of what was said, by what it was said of.
#[derive(Default)]
struct Table(BTreeMap<String, BTreeMap<String, u32>>);

impl Table {
    fn count(&mut self, row: &str, column: &str) {
        *self.0.entry(row.to_owned()).or_default().entry(column.to_owned()).or_default() += 1;
    }

    fn print(&self, columns: &[&str]) {
        println!("{:<26}{}", "", columns.iter().fold(String::new(), |head, column| head + &format!("{column:>14}")));
        for (row, counts) in &self.0 {
            let cells = columns.iter().map(|column| format!("{:>14}", counts.get(*column).copied().unwrap_or(0)));
            println!("{row:<26}{}", cells.collect::<String>());
        }
    }
}

/// xorshift64*: always the same choices.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below.max(1)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.next(at + 1));
        }
    }
}

fn share(part: u32, all: u32) -> f64 {
    if all == 0 { 1.0 } else { f64::from(part) / f64::from(all) }
}

fn verdict(name: &str, value: f64, holds: bool, rest: &str) {
    println!("{:<6} {name:<58} {:.1} %{rest}", if holds { "ok" } else { "MISSED" }, value * 100.0);
}
