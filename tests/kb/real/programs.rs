//! The agent programs that people install, fetched from npm at the versions whose behaviour is known,
//! once a machine: they lie outside of the checkout, by name and version.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program as npm delivers it.
pub(crate) struct Package {
    /// `@scope/name`.
    pub(crate) name: &'static str,
    /// Exactly this one.
    pub(crate) version: &'static str,
    /// Its own script that puts the program in its place, where it needs one.
    pub(crate) script: Option<&'static str>,
    /// What it is called.
    pub(crate) program: &'static str,
}

/// Claude Code.
pub(crate) const CLAUDE: Package =
    Package { name: "@anthropic-ai/claude-code", version: "2.1.197", script: Some("install.cjs"), program: "claude" };

impl Package {
    /// The folder that its program lies in. Fetched where it is not there yet; two that fetch it at the
    /// same time do it one after the other. Fails, saying why, where it cannot be had.
    pub(crate) fn folder(&self) -> Result<PathBuf, String> {
        let cache = cache()?;
        let name = format!("{}-{}", self.name.replace(['@', '/'], "").to_lowercase(), self.version);
        let whole = cache.join(&name);
        let lock = File::create(cache.join(format!("{name}.lock"))).map_err(|error| error.to_string())?;
        lock.lock().map_err(|error| error.to_string())?;
        if !whole.is_dir() {
            // What a killed run left is not looked at.
            let part = cache.join(format!("{name}.part"));
            let _ = fs::remove_dir_all(&part);
            self.install(&part)?;
            fs::rename(&part, &whole).map_err(|error| error.to_string())?;
        }
        let folder = whole.join("node_modules/.bin");
        match folder.join(self.program).exists() {
            true => Ok(folder),
            false => Err(format!("{} {} brings no program `{}`", self.name, self.version, self.program)),
        }
    }

    fn install(&self, folder: &Path) -> Result<(), String> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--prefix"]);
        run(npm.arg(folder).arg(format!("{}@{}", self.name, self.version)))?;
        let Some(script) = self.script else { return Ok(()) };
        run(Command::new("node").arg(script).current_dir(folder.join("node_modules").join(self.name)))
    }
}

/// `$KB_TEST_CACHE`, else `kb-tests` among the caches of whoever runs the tests.
fn cache() -> Result<PathBuf, String> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let usual = || {
        let caches = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))?;
        Some(caches.join("kb-tests"))
    };
    let folder = variable("KB_TEST_CACHE").or_else(usual).ok_or("there is no folder for caches")?;
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn run(command: &mut Command) -> Result<(), String> {
    let line = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{line}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{line}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}
