//! What kb adds to the own run of Claude Code, asked about a folder of code: its program as npm delivers
//! it, against a stand-in for its models that answers at once. Leads are made from that folder.

#[path = "../tests/kb/real/model.rs"]
#[expect(dead_code, reason = "tests look at what it was asked")]
mod model;
#[path = "../tests/kb/real/programs.rs"]
mod programs;

use crate::measure::median;
use model::Model;
use programs::CLAUDE;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TIMES: usize = 11;
const QUESTION: &str = "where are signed cookies set";

/// Prints the figures of each folder.
pub(crate) fn figures(folders: &[&Path]) {
    for folder in folders {
        match Place::new(folder) {
            Ok(place) => place.figures(&folder.file_name().unwrap_or_default().to_string_lossy()),
            Err(why) => println!("agents: NOT MEASURED: {why}"),
        }
    }
}

/// A user with Claude Code, and a copy of the code as a repository.
struct Place {
    folder: TempDir,
    search_path: String,
    model: Model,
}

impl Place {
    fn new(code: &Path) -> Result<Self, String> {
        let model = Model::start(&json!({"turns": [{"text": "# Cookies\n\nNothing of the kind was found."}]}))?;
        let programs = CLAUDE.folder()?;
        let search_path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
        let place = Self { folder: TempDir::new().unwrap(), search_path, model };
        fs::create_dir_all(place.home()).unwrap();
        assert!(Command::new("cp").arg("-r").args([code, &place.repo()]).status().unwrap().success());
        for line in ["init --quiet", "add .", "-c user.name=a -c user.email=a@b commit --quiet -m all"] {
            assert!(Command::new("git").current_dir(place.repo()).args(line.split(' ')).status().unwrap().success());
        }
        Ok(place)
    }

    fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A program that this user starts in the repository.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.repo()).env_clear().env("HOME", self.home()).env("PATH", &self.search_path);
        command.env("ANTHROPIC_BASE_URL", &self.model.url).env("ANTHROPIC_API_KEY", "a-key");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    fn kb(&self, more: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_kb"));
        command.args(["ask", "--json", "--fresh", "--agent", "claude", QUESTION]).args(more);
        command
    }

    /// Claude Code as kb starts it, without kb: the line and the prompt are those of `--dry-run`.
    fn alone(&self, plan: &Value) -> Command {
        let words: Vec<&str> = plan["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let mut command = self.command(words[0]);
        command.args(&words[1..]).env("IS_SANDBOX", "1");
        command.env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1").env("DISABLE_AUTOUPDATER", "1");
        command
    }

    fn figures(&self, name: &str) {
        let plan = self.kb(&["--no-leads", "--dry-run"]).output().unwrap();
        let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
        let prompt = plan["prompt"].as_str().unwrap();
        let (mut alone, mut without, mut with) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..=TIMES {
            let times =
                [timed(self.alone(&plan), prompt), timed(self.kb(&["--no-leads"]), ""), timed(self.kb(&[]), "")];
            // The first time is for caches.
            if turn > 0 {
                for (all, time) in [&mut alone, &mut without, &mut with].into_iter().zip(times) {
                    all.push(time);
                }
            }
        }
        let (alone, without, with) = (median(alone), median(without), median(with));
        println!("agents: claude {} about {name}, median of {TIMES}: alone {alone:.0} ms", CLAUDE.version);
        println!("  kb adds {:.0} ms (at most 80), leads {:.0} ms more (at most 150)", without - alone, with - without);
    }
}

/// Wall time of a whole process that gets this by its standard input and must answer.
fn timed(mut command: Command, input: &str) -> Duration {
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("Nothing of the kind"), "{command:?}: {said}");
    began.elapsed()
}
