//! `kb check` of 10,000 notes with 50,000 citations over a repository of 30,000 files.

use kb::citation;
use kb::knowledge_base::KnowledgeBase;
use kb::machine::Machine;
use kb::note::{Draft, new_id};
use kb::subject::{Kind, Pinned, Snapshot};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KB: &str = env!("CARGO_BIN_EXE_kb");
const FILES: usize = 30_000;
const FOLDERS: usize = 1_500;
const NOTES: usize = 10_000;
const CITATIONS: usize = 5;
/// So many files a commit touches.
const TOUCHED: usize = 20;

/// Prints the figures.
pub(crate) fn figures() {
    let site = Site::made();
    site.kb(&["list", "--limit", "1"]);
    let cold = least(3, || {
        fs::remove_dir_all(site.root.join("home/.cache/kb/check")).ok();
        site.timed(&["check"])
    });
    figure("kb check, nothing known", cold, 2000.0);
    // What was written a moment ago is looked at again.
    std::thread::sleep(Duration::from_millis(200));
    site.kb(&["check"]);
    let warm = least(9, || site.timed(&["check"]));
    figure("kb check, nothing changed", warm, 150.0);
    let mut after = f64::MAX;
    for turn in 0..5 {
        for at in 0..TOUCHED {
            let path = site.root.join("code").join(path_of((turn * 977 + at * 131) % FILES));
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replacen("total = ", &format!("total = {turn} + "), 1)).unwrap();
        }
        site.git(&["commit", "--quiet", "--all", "-m", "twenty files"]);
        std::thread::sleep(Duration::from_millis(100));
        after = after.min(site.timed(&["check"]));
        site.kb(&["check"]);
    }
    figure("the same after a commit that touches 20 files: more than before", after - warm, 60.0);
    let words = ["search", "total", "of", "value", "--limit", "10"];
    let with = least(25, || site.timed(&words));
    let without = least(25, || site.timed(&[&words[..], &["--ids"]].concat()));
    figure("statuses of ten hits in a search", with - without, 5.0);
}

struct Site {
    root: PathBuf,
}

impl Site {
    /// A repository and notes about it; made if they are not there yet.
    fn made() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures/check");
        let site = Self { root };
        if site.root.join("done").exists() {
            let first = site.git(&["rev-list", "--max-parents=0", "HEAD"]);
            site.git(&["reset", "--quiet", "--hard", first.trim()]);
            return site;
        }
        fs::remove_dir_all(&site.root).ok();
        for number in 0..FILES {
            let path = site.root.join("code").join(path_of(number));
            if number < FOLDERS {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
            }
            fs::write(path, source(number)).unwrap();
        }
        fs::create_dir_all(site.root.join("home")).unwrap();
        fs::create_dir_all(site.root.join("notes")).unwrap();
        fs::write(site.root.join("notes/kb.toml"), "kb = 1\n").unwrap();
        site.git(&["init", "--quiet", "--initial-branch", "main"]);
        site.git(&["add", "--all"]);
        site.git(&["commit", "--quiet", "-m", "all of it"]);
        let commit = site.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let kind = Kind::Git { remote: None, commit: Some(commit.clone()), root: Some(commit), folder: None };
        let pinned = Pinned { name: "code".to_owned(), kind, dirty: false };
        let code = site.root.join("code").canonicalize().unwrap();
        let snapshot = Snapshot::now(pinned, code, Vec::new());
        let machine = site.machine();
        let base = KnowledgeBase::open(&site.root.join("notes")).unwrap();
        for number in 0..NOTES {
            let body = body(number);
            let citations = citation::resolve(&body, std::slice::from_ref(&snapshot));
            assert_eq!(citations.len(), CITATIONS);
            let question = Some(format!("how is the total of value {number} made"));
            let draft = Draft {
                question,
                origin: "agent",
                subjects: vec![snapshot.pinned.clone()],
                citations,
                body,
                ..Draft::default()
            };
            let id = new_id(&machine);
            fs::write(base.root.join(format!("note-{number:05}-{id}.md")), draft.text(&id, machine.now())).unwrap();
        }
        // kb learns where the repository lies, and indexes the notes.
        site.kb(&["add", "--repo", ".", "--title", "Seen"]);
        for _ in 0..10 {
            site.kb(&["list", "--limit", "1"]);
        }
        fs::write(site.root.join("done"), "").unwrap();
        site
    }

    fn machine(&self) -> Machine {
        let home = self.root.join("home");
        Machine {
            here: self.root.join("code"),
            config: home.join("config"),
            data: home.join("data"),
            state: home.join(".local/state/kb"),
            cache: home.join(".cache/kb"),
            program: PathBuf::from(KB),
            fixed_time: None,
            seed: Some(7),
            drawn: 0.into(),
            environment: Vec::new().into_iter().collect(),
            home: Some(home.clone()),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root.join("code")).env("HOME", self.root.join("home")).env_remove("KB_DIR");
        for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = self.command("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
        String::from_utf8_lossy(&command.args(arguments).output().unwrap().stdout).into_owned()
    }

    fn kb(&self, arguments: &[&str]) -> String {
        let mut command = self.command(KB);
        command.arg("--kb").arg(self.root.join("notes")).args(arguments);
        if arguments.first() == Some(&"add") {
            command.arg("--file").arg(self.root.join("code").join(path_of(0)));
        }
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    /// Wall time of a whole process, in milliseconds.
    fn timed(&self, arguments: &[&str]) -> f64 {
        let started = Instant::now();
        let said = self.kb(arguments);
        let time = started.elapsed().as_secs_f64() * 1000.0;
        assert!(!said.is_empty(), "{arguments:?} said nothing");
        time
    }
}

fn path_of(number: usize) -> String {
    format!("part{:02}/area{:03}/module_{number:05}.py", number % FOLDERS / 100, number % FOLDERS)
}

/// About 4 kB of Python.
fn source(number: usize) -> String {
    let mut text = format!("\"\"\"Module {number}.\"\"\"\n\nimport os\n\n");
    for function in 0..6 {
        let _ = write!(
            text,
            "\ndef total_{number}_{function}(values, limit):\n    \"\"\"The total of some values.\"\"\"\n    total = 0\n    for at, value in enumerate(values):\n        if value > limit + {function}:\n            raise ValueError(f\"{{at}}: {{value}} is more than {{limit}}\")\n        total += value * {number}\n    if os.environ.get(\"TOTAL_{number}\"):\n        print(\"total\", total, len(values), limit)\n    cut = [value for value in values if value < limit]\n    for value in cut:\n        total -= value // {}\n    return total\n\n",
            function + 1
        );
    }
    text
}

fn body(number: usize) -> String {
    let mut body = format!("# The total of value {number}\n\n");
    for at in 0..CITATIONS {
        let file = (number * 7919 + at * 104_729) % FILES;
        let first = 6 + (number + at) % 6 * 16;
        let _ = writeln!(body, "The total is made in `{}:{first}-{}`.", path_of(file), first + 12);
    }
    body
}

fn least(times: usize, mut run: impl FnMut() -> f64) -> f64 {
    (0..times).map(|_| run()).fold(f64::MAX, f64::min)
}

fn figure(name: &str, milliseconds: f64, limit: f64) {
    println!(
        "{:<6} {name:<64} {milliseconds:.1} ms, limit {limit} ms",
        if milliseconds <= limit { "ok" } else { "MISSED" }
    );
}
