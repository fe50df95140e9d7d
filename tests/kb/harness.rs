//! A folder of its own for each test: a home, a repository, a knowledge base. The clock stands
//! still, ids are the same in every run, and nothing of the real environment is seen.

use std::fmt;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// Where kb is tried.
pub(crate) struct Env {
    root: TempDir,
    runs: AtomicU64,
}

impl Env {
    /// A home, and a folder `shop` with a knowledge base in `shop/notes`, where kb is started.
    pub(crate) fn new() -> Self {
        let env = Self { root: TempDir::new().unwrap(), runs: AtomicU64::new(1) };
        fs::create_dir_all(env.home()).unwrap();
        fs::create_dir_all(env.here()).unwrap();
        env.file("notes/kb.toml", "kb = 1\n")
    }

    /// The same without a knowledge base.
    pub(crate) fn without_base() -> Self {
        Self::new().without_notes()
    }

    /// As it is before the first `kb init`.
    pub(crate) fn without_notes(self) -> Self {
        fs::remove_dir_all(self.base()).unwrap();
        self
    }

    /// What a line of shell prints, errors behind the rest; kb is on its path.
    pub(crate) fn shell(&self, line: &str) -> String {
        let kb = Path::new(env!("CARGO_BIN_EXE_kb")).parent().unwrap();
        let mut command = Command::new("sh");
        self.surround(&mut command).current_dir(self.here()).args(["-c", line]);
        command.env("PATH", format!("{}:{}", kb.display(), std::env::var("PATH").unwrap_or_default()));
        let run = self.run(command, "");
        format!("{}{}", run.stdout, run.stderr)
    }

    /// A small web shop in Python, under git.
    pub(crate) fn shop() -> Self {
        let env = Self::new();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kb/shop");
        copy(&from, &env.here());
        env.commit("the shop")
    }

    /// A file below the current folder.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A note without frontmatter.
    pub(crate) fn note(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.file(&format!("notes/{name}.md"), text)
    }

    /// The user's configuration names a program `mine` that answers: this script.
    pub(crate) fn agent(self, script: &str) -> Self {
        let program = self.home().join("mine");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let config = self.home().join(".config/kb");
        fs::create_dir_all(&config).unwrap();
        let text = format!("[agents.mine]\ncommand = [\"{}\"]\n", program.display());
        fs::write(config.join("config.toml"), text).unwrap();
        self
    }

    /// Everything but the notes committed.
    pub(crate) fn commit(self, message: &str) -> Self {
        if !self.path(".git").exists() {
            self.git("init --quiet --initial-branch main");
        }
        self.git("add --all -- . :!notes");
        self.git(&format!("commit --quiet --allow-empty -m '{message}'"));
        self
    }

    /// Runs git in the current folder.
    pub(crate) fn git(&self, line: &str) -> String {
        self.git_in(&self.here(), line)
    }

    /// Runs git in another folder.
    pub(crate) fn git_in(&self, folder: &Path, line: &str) -> String {
        let mut command = Command::new("git");
        self.surround(&mut command).current_dir(folder).args(shell_words::split(line).unwrap());
        let output = command.output().expect("git runs");
        assert!(output.status.success(), "git {line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs kb with these arguments, split as a shell would, standard input closed.
    #[must_use = "look at it, or say how it ends"]
    pub(crate) fn kb(&self, line: &str) -> Run {
        self.run(self.command(line), "")
    }

    /// Runs kb and feeds it.
    #[must_use = "look at it, or say how it ends"]
    pub(crate) fn kb_reads(&self, line: &str, input: impl AsRef<[u8]>) -> Run {
        self.run(self.command(line), input)
    }

    /// Runs kb somewhere below the current folder, or anywhere.
    #[must_use = "look at it, or say how it ends"]
    pub(crate) fn kb_in(&self, folder: impl AsRef<Path>, line: &str) -> Run {
        let mut command = self.command(line);
        command.current_dir(self.here().join(folder));
        self.run(command, "")
    }

    /// kb, ready to be started.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kb"));
        self.surround(&mut command).current_dir(self.here());
        command.args(shell_words::split(line).unwrap());
        command
    }

    /// Runs a command that [`Env::command`] made.
    #[must_use = "look at it, or say how it ends"]
    pub(crate) fn run(&self, mut command: Command, input: impl AsRef<[u8]>) -> Run {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Not all that is offered is read.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        let output = child.wait_with_output().unwrap();
        Run {
            stdout: self.without_paths(&output.stdout),
            stderr: self.without_paths(&output.stderr),
            code: output.status.code(),
        }
    }

    /// Where kb is started: a repository.
    pub(crate) fn here(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap().join("shop")
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap().join("home")
    }

    /// The knowledge base.
    pub(crate) fn base(&self) -> PathBuf {
        self.here().join("notes")
    }

    /// A path below the current folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.here().join(path)
    }

    /// Names of the notes in the base, sorted.
    pub(crate) fn notes(&self) -> Vec<String> {
        let entries = fs::read_dir(self.base()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "md") && !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    /// The text of the only note.
    pub(crate) fn only_note(&self) -> String {
        let notes = self.notes();
        assert_eq!(notes.len(), 1, "{notes:?}");
        self.without_paths(&fs::read(self.base().join(&notes[0])).unwrap())
    }

    fn surround<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_clear();
        let seed = self.runs.fetch_add(1, Ordering::Relaxed).to_string();
        for (name, value) in [
            ("PATH", std::env::var("PATH").unwrap_or_default().as_str()),
            ("LANG", "C.UTF-8"),
            ("COLUMNS", "100"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
            ("KB_TEST_TIME", "2026-11-24T12:00:00Z"),
            ("KB_TEST_SEED", seed.as_str()),
        ] {
            command.env(name, value);
        }
        command.env("HOME", self.home()).env("TMPDIR", self.root.path())
    }

    /// Text without the folders of this run.
    pub(crate) fn without_paths(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        text.replace(&*self.here().to_string_lossy(), "/shop").replace(&*self.home().to_string_lossy(), "/home")
    }
}

/// What one run of kb printed.
pub(crate) struct Run {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Run {
    /// It ended with 0; what it printed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.ends_with(0).stdout
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// It ended with 0 and printed one JSON object.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What it printed as JSON, whatever the exit code.
    #[track_caller]
    pub(crate) fn any_json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        match self.code {
            Some(0) => Ok(()),
            Some(code) => writeln!(f, "--- exit code {code}"),
            None => writeln!(f, "--- ended by a signal"),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Says that a test cannot run here; under CI's switch that is a failure.
pub(crate) fn cannot_run(why: &str) {
    assert!(std::env::var_os("KB_TEST_NO_SKIPS").is_none(), "this test cannot run here: {why}");
    let _ = writeln!(std::io::stderr(), "NOT TESTED: {why}");
}
