//! What differs between two runs: the time, randomness, the user's folders, the programs on PATH.
//! Read from the environment once, by `cli/settings.rs`; replaced by tests.

use chrono::{DateTime, SubsecRound, Utc};
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// The surroundings of one run of kb.
#[derive(Debug)]
pub struct Machine {
    /// Where kb was started.
    pub here: PathBuf,
    /// `$XDG_CONFIG_HOME/kb`
    pub config: PathBuf,
    /// `$XDG_DATA_HOME/kb`
    pub data: PathBuf,
    /// `$XDG_STATE_HOME/kb`
    pub state: PathBuf,
    /// `$XDG_CACHE_HOME/kb`
    pub cache: PathBuf,
    /// `$HOME`
    pub home: Option<PathBuf>,
    /// All variables, in no order.
    pub environment: Vec<(OsString, OsString)>,
    /// kb's own program, to start the built-in researcher.
    pub program: PathBuf,
    /// A clock that stands still, for tests.
    pub fixed_time: Option<DateTime<Utc>>,
    /// A seed in place of randomness, for tests.
    pub seed: Option<u64>,
    /// How often randomness was asked for; part of what a seed gives.
    pub drawn: AtomicU64,
}

impl Machine {
    /// The value of a variable, if it is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let found = self.environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// The folders of `PATH` that are absolute: `.` would be the subject.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let path = self.variable("PATH").unwrap_or_default();
        std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect()
    }

    /// Where a program is, links not resolved. A name with a slash is a path, `~/` the home.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let is_program = |path: &PathBuf| {
            path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
        };
        if name.contains('/') {
            return self.in_home(name).filter(is_program);
        }
        self.search_path().into_iter().map(|folder| folder.join(name)).find(is_program)
    }

    /// A path of the user's: `~/` is the home; none if it is not absolute then.
    pub fn in_home(&self, path: &str) -> Option<PathBuf> {
        let path = match path.strip_prefix("~/") {
            Some(rest) => self.home.as_ref()?.join(rest),
            None => PathBuf::from(path),
        };
        path.is_absolute().then_some(path)
    }

    /// The time now, to the second: finer is of no use in a note.
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
        self.fixed_time.unwrap_or_else(Utc::now).trunc_subsecs(0)
    }

    /// Sixteen random bytes, or the next ones that the seed gives.
    pub fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let seed = match self.seed {
            None if getrandom::fill(&mut bytes).is_ok() => return bytes,
            // Without a source of randomness the clock and the process must do: names are made
            // without overwriting, so a collision costs a second try.
            None => u64::from(std::process::id()) ^ self.now().timestamp().cast_unsigned(),
            Some(seed) => seed,
        };
        let hash = blake3::hash(&[seed.to_le_bytes(), drawn.to_le_bytes()].concat());
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        bytes
    }
}
