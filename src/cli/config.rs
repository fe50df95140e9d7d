//! The user's `config.toml`: read whole, and refused with the nearest name where a key means nothing.

use crate::agent::{Candidate, Options};
use crate::sandbox::proxy::Allowed;
use crate::suggestion;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// What the file says.
#[derive(Default)]
pub(super) struct Config {
    pub(super) agent: Option<String>,
    pub(super) jobs: Option<usize>,
    pub(super) timeout: Option<Duration>,
    /// In bytes.
    pub(super) memory: Option<u64>,
    /// Built-in agents refined.
    pub(super) options: Vec<(String, Options)>,
    /// The user's own agents.
    pub(super) own: Vec<Candidate>,
}

const KEYS: [&str; 5] = ["agent", "agents", "jobs", "memory", "timeout"];
const AGENT_KEYS: [&str; 7] = ["acp", "command", "env", "hosts", "jobs", "model", "read"];

impl Config {
    /// Reads the file; one that is not there says nothing.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        let file = File { path };
        let table: toml::Table = toml::from_str(&text).map_err(|error| file.wrong(error.message().to_owned()))?;
        let mut config = Self::default();
        for (key, value) in &table {
            match key.as_str() {
                "agent" => config.agent = Some(file.text(key, value)?),
                "jobs" => config.jobs = Some(file.count(key, value)?),
                "timeout" => {
                    let text = file.text(key, value)?;
                    let wrong = || file.wrong(format!("`timeout = \"{text}\"` is not like `90s`, `15m` or `1h`"));
                    config.timeout = Some(duration(&text).ok_or_else(wrong)?);
                }
                "memory" => {
                    let text = file.text(key, value)?;
                    let wrong = || file.wrong(format!("`memory = \"{text}\"` is not like `512M` or `4G`"));
                    config.memory = Some(bytes(&text).ok_or_else(wrong)?);
                }
                "agents" => {
                    let agents = value.as_table().ok_or_else(|| file.wrong("`agents` is not a table".to_owned()))?;
                    for (name, value) in agents {
                        file.agent(name, value, &mut config)?;
                    }
                }
                _ => return Err(file.unknown(key, &KEYS)),
            }
        }
        Ok(config)
    }
}

/// The file, for messages.
struct File<'a> {
    path: &'a Path,
}

impl File<'_> {
    fn agent(&self, name: &str, value: &toml::Value, config: &mut Config) -> Result<(), ConfigError> {
        let table = value.as_table().ok_or_else(|| self.wrong(format!("`agents.{name}` is not a table")))?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            return Err(self.wrong(format!("`{name}` cannot be an agent's name: letters, digits, `-` and `_`")));
        }
        let mut options = Options::default();
        let (mut command, mut acp) = (None, None);
        for (key, value) in table {
            let full = format!("agents.{name}.{key}");
            match key.as_str() {
                "model" => options.model = Some(self.text(&full, value)?),
                "jobs" => options.jobs = Some(self.count(&full, value)?),
                "env" => options.env = self.texts(&full, value)?,
                "read" => options.read = self.texts(&full, value)?,
                "hosts" => options.hosts = self.hosts(&full, value)?,
                "command" => command = Some(self.texts(&full, value)?),
                "acp" => acp = Some(self.texts(&full, value)?),
                _ => return Err(self.unknown(&full, &AGENT_KEYS)),
            }
        }
        let is_known = crate::agent::ALL.iter().any(|agent| agent.name() == name);
        let own = match (command, acp) {
            (None, None) if is_known => {
                config.options.push((name.to_owned(), options));
                return Ok(());
            }
            (None, None) => {
                let message = format!("`agents.{name}` is no agent that kb knows, and names no `command` and no `acp`");
                return Err(self.wrong(message));
            }
            (Some(_) | None, Some(_) | None) if is_known => {
                return Err(self.wrong(format!("`{name}` is built in: give your own agent another name")));
            }
            (Some(command), None) => crate::agent::command(name, command),
            (None, Some(command)) => crate::agent::acp(name, command),
            (Some(_), Some(_)) => {
                return Err(self.wrong(format!("`agents.{name}` has both `command` and `acp`: one of them")));
            }
        };
        let agent = own.ok_or_else(|| self.wrong(format!("`agents.{name}` names an empty command")))?;
        config.own.push(Candidate { agent, options });
        Ok(())
    }

    fn wrong(&self, message: String) -> ConfigError {
        ConfigError::Parse { path: self.path.to_owned(), message }
    }

    fn unknown(&self, key: &str, known: &[&'static str]) -> ConfigError {
        let last = key.rsplit('.').next().unwrap_or(key);
        let nearest = suggestion::nearest(last, known);
        ConfigError::UnknownKey { path: self.path.to_owned(), key: key.to_owned(), nearest }
    }

    fn text(&self, key: &str, value: &toml::Value) -> Result<String, ConfigError> {
        value.as_str().map(str::to_owned).ok_or_else(|| self.wrong(format!("`{key}` is not text")))
    }

    fn texts(&self, key: &str, value: &toml::Value) -> Result<Vec<String>, ConfigError> {
        let wrong = || self.wrong(format!("`{key}` is not a list of texts"));
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    fn hosts(&self, key: &str, value: &toml::Value) -> Result<Vec<String>, ConfigError> {
        let hosts = self.texts(key, value)?;
        match hosts.iter().find(|host| Allowed::parse(host, true).is_none()) {
            Some(host) => Err(self.wrong(format!("`{host}` in `{key}` is not like `host` or `host:port`"))),
            None => Ok(hosts),
        }
    }

    fn count(&self, key: &str, value: &toml::Value) -> Result<usize, ConfigError> {
        let count = value.as_integer().and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
        count.ok_or_else(|| self.wrong(format!("`{key}` is not a number of at least 1")))
    }
}

/// `512M`, `4G`
fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| *bytes > 0)
}

/// `90s`, `15m`, `1h`
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}
