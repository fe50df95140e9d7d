//! What one run of kb goes by: flags over environment over the user's configuration over the
//! knowledge base's. The only place that reads the environment.

use super::fail::Failure;
use crate::index::Index;
use crate::knowledge_base::{self, Found, KnowledgeBase};
use crate::machine::Machine;
use crate::{save, suggestion};
use chrono::DateTime;
use std::cell::OnceCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Flags, environment and configuration, made into one value.
#[derive(Debug)]
pub(super) struct Settings {
    /// The surroundings.
    pub(super) machine: Machine,
    /// `--json`
    pub(super) json: bool,
    /// The agent that the user wants, or `auto`.
    pub(super) agent: String,
    /// How long an agent may take.
    pub(super) timeout: Option<Duration>,
    /// `$VISUAL`, `$EDITOR`
    pub(super) editor: Option<String>,
    /// `$COLUMNS`
    pub(super) columns: Option<usize>,
    kb: Option<PathBuf>,
    kb_dir: Option<PathBuf>,
    found: OnceCell<Found>,
}

/// Why the user's configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It is not TOML of the right form.
    #[error("`{}` is not right: {message}", path.display())]
    Parse { path: PathBuf, message: String },
    /// A key that means nothing.
    #[error("`{}` has a key `{key}` that kb does not know", path.display())]
    UnknownKey { path: PathBuf, key: String, nearest: Option<&'static str> },
    /// There is no home folder to keep anything in.
    #[error("neither `HOME` nor the `XDG_` folders are set, so kb has no place for its files")]
    NoHome,
}

#[derive(Debug, Default)]
struct Config {
    agent: Option<String>,
    timeout: Option<Duration>,
}

const KEYS: [&str; 2] = ["agent", "timeout"];

impl Settings {
    /// Reads what there is to read. Starts nothing, and looks for no knowledge base yet.
    pub(super) fn read(kb: Option<PathBuf>, json: bool) -> Result<Self, Failure> {
        let machine = machine()?;
        let config = Config::read(&machine.config.join("config.toml"))?;
        Ok(Self {
            json,
            agent: text("KB_AGENT").or(config.agent).unwrap_or_else(|| "auto".to_owned()),
            timeout: config.timeout,
            editor: text("VISUAL").or_else(|| text("EDITOR")),
            columns: text("COLUMNS").and_then(|columns| columns.parse().ok()),
            kb,
            kb_dir: path("KB_DIR"),
            found: OnceCell::new(),
            machine,
        })
    }

    /// The knowledge base of this run, and why it is that one.
    pub(super) fn found(&self) -> Result<&Found, Failure> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let found = knowledge_base::find(self.kb.as_deref(), self.kb_dir.as_deref(), &self.machine)?;
        Ok(self.found.get_or_init(|| found))
    }

    /// The knowledge base of this run.
    pub(super) fn base(&self) -> Result<&KnowledgeBase, Failure> {
        Ok(&self.found()?.base)
    }

    /// Its index, up to date.
    pub(super) fn index(&self) -> Result<Index, Failure> {
        let base = self.base()?;
        Ok(Index::up_to_date(&base.root, &base.settings.exclude)?)
    }
}

fn machine() -> Result<Machine, Failure> {
    let home = path("HOME");
    let folder = |xdg: &str, usual: &str| {
        let named = path(xdg).filter(|path| path.is_absolute());
        let folder = named.or_else(|| home.as_ref().map(|home| home.join(usual))).ok_or(ConfigError::NoHome);
        folder.map(|folder| folder.join("kb"))
    };
    if let Some(step) = text("KB_TEST_KILL_AFTER") {
        save::kill_after(&step);
    }
    let (time, seed) = (text("KB_TEST_TIME"), text("KB_TEST_SEED"));
    Ok(Machine {
        here: std::env::current_dir().map_err(Failure::Here)?,
        config: folder("XDG_CONFIG_HOME", ".config")?,
        data: folder("XDG_DATA_HOME", ".local/share")?,
        state: folder("XDG_STATE_HOME", ".local/state")?,
        cache: folder("XDG_CACHE_HOME", ".cache")?,
        program: std::env::current_exe().map_err(Failure::Program)?,
        fixed_time: time.and_then(|time| DateTime::parse_from_rfc3339(&time).ok()).map(|time| time.to_utc()),
        seed: seed.and_then(|seed| seed.parse().ok()),
        drawn: 0.into(),
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    path(name).map(|value| value.to_string_lossy().into_owned())
}

impl Config {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let parse = |message: String| ConfigError::Parse { path: path.to_owned(), message };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        let table: toml::Table = toml::from_str(&text).map_err(|error| parse(error.message().to_owned()))?;
        let mut config = Self::default();
        for (key, value) in &table {
            match (key.as_str(), value.as_str()) {
                ("agent", Some(agent)) => config.agent = Some(agent.to_owned()),
                ("timeout", Some(text)) => {
                    config.timeout =
                        Some(duration(text).ok_or_else(|| {
                            parse(format!("`timeout = \"{text}\"` is not like `90s`, `15m` or `1h`"))
                        })?);
                }
                ("agent" | "timeout", None) => return Err(parse(format!("`{key}` is not text"))),
                _ => {
                    let nearest = suggestion::nearest(key, &KEYS);
                    return Err(ConfigError::UnknownKey { path: path.to_owned(), key: key.clone(), nearest });
                }
            }
        }
        Ok(config)
    }
}

/// `90s`, `15m`, `1h`
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}
