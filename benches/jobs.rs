//! What kb adds to agents: to one, and to 32 that sleep for a second, 16 at once, in a repository of 30,000
//! files with its knowledge base inside. The agent is a script, behind the wall.

use crate::measure::{self, median};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FILES: usize = 30_000;
const JOBS: usize = 32;
const AT_ONCE: &str = "16";
const TIMES: usize = 11;

/// A user with an agent `mine`, and a repository.
struct Place {
    folder: TempDir,
}

/// What a run of kb took.
struct Took {
    wall: Duration,
    /// Of kb's own process, and of all that it started and waited for.
    own: Duration,
    all: Duration,
    /// Of kb's own process at its peak, in MB; of all kb's processes together, shared pages counted once.
    peak: u64,
    together: u64,
}

pub(crate) fn figures() {
    println!("jobs: load {}", fs::read_to_string("/proc/loadavg").unwrap().trim());
    one();
    many();
}

/// One question about kb's own sources to an agent that answers at once.
fn one() {
    let place = Place::new("#!/bin/sh\ncat > /dev/null\necho 'Written in `src/save.rs:1-3`.'\n");
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests", "benches"] {
        let from = own.join(folder);
        assert!(Command::new("cp").arg("-r").args([&from, &place.repo()]).status().unwrap().success());
    }
    place.commit();
    let agent = || {
        let mut command = Command::new(place.home().join("mine"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let began = Instant::now();
        command.status().unwrap();
        began.elapsed()
    };
    let ask = |more: &[&str]| {
        let mut command = place.ask(&["where are notes saved"]);
        let began = Instant::now();
        assert!(command.args(more).status().unwrap().success());
        began.elapsed()
    };
    let (mut alone, mut without, mut with) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES {
        alone.push(agent());
        without.push(ask(&["--no-leads"]));
        with.push(ask(&[]));
    }
    let (alone, without, with) = (median(alone), median(without), median(with));
    println!("  one question, median of {TIMES}: the agent alone {alone:.0} ms");
    println!("    kb adds {:.0} ms (at most 80), leads {:.0} ms more (at most 150)", without - alone, with - without);
}

fn many() {
    let place =
        Place::new("#!/bin/sh\ncat > /dev/null\nsleep 1\necho 'Handled in `p0/m0/f0.py:1-2` by `handler_0`.'\n");
    for number in 0..FILES {
        let folder = place.repo().join(format!("p{}/m{}", number / 1000, number / 50 % 20));
        fs::create_dir_all(&folder).unwrap();
        let text = format!("def handler_{number}(request):\n    return helper_{}(request)\n", number % 977);
        fs::write(folder.join(format!("f{number}.py")), text).unwrap();
    }
    place.commit();
    let questions: Vec<String> = (0..JOBS).map(|number| format!("where is request number {number} handled")).collect();
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
    // Once for the caches of the system and of scout.
    assert!(place.ask(&questions[..1]).status().unwrap().success());
    let agents = (0..JOBS).map(|_| {
        let mut command = Command::new(place.home().join("mine"));
        measure::once(&mut command).cpu
    });
    let agents: Duration = agents.sum();
    for (name, more) in [("without leads", vec!["--no-leads"]), ("with leads", vec![])] {
        let mut command = place.ask(&questions);
        let took = Took::of(command.args(["--jobs", AT_ONCE]).args(more));
        println!(
            "  {JOBS} jobs, {AT_ONCE} at once, {FILES} files, {name}: {:.2} s (at most 2.6); CPU of kb's process {:.2} s, of all it \
             started {:.2} s without the agents' {:.2} s (at most 0.5); peak {} MB, all kb processes together {} MB (at most 60)",
            took.wall.as_secs_f64(),
            took.own.as_secs_f64(),
            took.all.saturating_sub(agents).as_secs_f64(),
            agents.as_secs_f64(),
            took.peak,
            took.together,
        );
    }
}

impl Place {
    fn new(agent: &str) -> Self {
        let place = Self { folder: TempDir::new().unwrap() };
        fs::create_dir_all(place.repo().join("notes")).unwrap();
        fs::create_dir_all(place.home().join(".config/kb")).unwrap();
        fs::write(place.repo().join("notes/kb.toml"), "kb = 1\n").unwrap();
        let program = place.home().join("mine");
        fs::write(&program, agent).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let config = format!("[agents.mine]\ncommand = [\"{}\"]\n", program.display());
        fs::write(place.home().join(".config/kb/config.toml"), config).unwrap();
        place
    }

    fn repo(&self) -> std::path::PathBuf {
        self.folder.path().join("repo")
    }

    fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("home")
    }

    fn commit(&self) {
        for line in ["init --quiet", "add .", "-c user.name=a -c user.email=a@b commit --quiet -m all"] {
            assert!(Command::new("git").current_dir(self.repo()).args(line.split(' ')).status().unwrap().success());
        }
        // A file as old as the index has to be read to be compared.
        std::thread::sleep(Duration::from_millis(1100));
        assert!(Command::new("git").current_dir(self.repo()).args(["status", "--short"]).status().unwrap().success());
    }

    fn ask(&self, questions: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb"));
        command.args(["ask", "--agent", "mine", "--fresh"]).args(questions).current_dir(self.repo());
        command.env_clear().env("HOME", self.home()).env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Took {
    fn of(command: &mut Command) -> Self {
        let began = Instant::now();
        let mut kb = command.spawn().unwrap();
        let (mut own, mut all, mut peak, mut together) = (Duration::ZERO, Duration::ZERO, 0, 0);
        let mut looks = 0;
        while let Some((mine, with_children)) = cpu(&kb) {
            (own, all) = (mine, with_children);
            peak = peak.max(kilobytes(&format!("/proc/{}/status", kb.id()), "VmHWM:"));
            // A look at all processes is dear.
            if looks % 20 == 0 {
                together = together.max(all_of_kb());
            }
            looks += 1;
            if has_ended(&kb) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let wall = began.elapsed();
        assert!(kb.wait().unwrap().success());
        Self { wall, own, all, peak: peak / 1024, together: together / 1024 }
    }
}

/// The fields behind the name in a process's `stat`; none when it is gone.
fn stat(process: &Child) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{}/stat", process.id())).ok()?;
    Some(text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

fn has_ended(process: &Child) -> bool {
    stat(process).is_none_or(|fields| fields[0] == "Z")
}

/// CPU time of a process alone, and with the children that it waited for.
fn cpu(process: &Child) -> Option<(Duration, Duration)> {
    let fields = stat(process)?;
    // The kernel counts in hundredths of a second.
    let ticks = |at: usize| Duration::from_millis(10 * fields[at].parse::<u64>().unwrap());
    let own = ticks(11) + ticks(12);
    Some((own, own + ticks(13) + ticks(14)))
}

/// What all processes of kb's program hold, shared pages divided among those that share them.
fn all_of_kb() -> u64 {
    let kb = Path::new(env!("CARGO_BIN_EXE_kb"));
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let of_kb = processes.filter(|process| fs::read_link(process.join("exe")).is_ok_and(|exe| exe == kb));
    of_kb.map(|process| kilobytes(&process.join("smaps_rollup").to_string_lossy(), "Pss:")).sum()
}

fn kilobytes(file: &str, key: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
