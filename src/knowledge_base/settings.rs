//! `kb.toml`: a stranger's words, for it comes with a repository. It holds preferences that can do
//! no harm; never a program, an address, an environment variable or a weaker wall.

use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a knowledge base prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseSettings {
    /// The version of this file's form: 1.
    pub kb: Option<u32>,
    /// What the base is called.
    pub name: Option<String>,
    /// What it is about.
    pub about: Option<String>,
    /// The agent that it would like; counts only if the user has it.
    pub agent: Option<String>,
    /// Tags for every new note.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Globs of files that are no notes, relative to the base.
    #[serde(default)]
    pub exclude: Vec<String>,
}

/// The keys that `kb.toml` may hold.
const KEYS: [&str; 6] = ["kb", "name", "about", "agent", "tags", "exclude"];
pub(super) const LARGEST: u64 = 64 << 10;

/// Why `kb.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not TOML of the right form.
    #[error("`{}` is not right: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        message: String,
    },
    /// It does not say that it marks a knowledge base.
    #[error("`{}` is not right: it does not say `kb = 1`", path.display())]
    NoVersion {
        /// The file.
        path: PathBuf,
    },
    /// A key that means nothing, or may not stand there.
    #[error("`{}` has a key `{key}` that {}", path.display(), if *forbidden { "only your own configuration may hold" } else { "kb does not know" })]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The known key that is most like it.
        nearest: Option<&'static str>,
        /// It is a key of the user's configuration.
        forbidden: bool,
    },
    /// Made by a later kb.
    #[error("`{}` is of version {version}, which this kb does not know", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its `kb = N`.
        version: u32,
    },
}

impl BaseSettings {
    /// The tags of a new note: those that were given, then the base's own, none twice.
    pub fn tags_with(&self, given: &[String]) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for tag in given.iter().chain(&self.tags) {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        tags
    }

    /// Reads a `kb.toml`; one that is not there says nothing.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let failed = |source| SettingsError::Read { path: path.to_owned(), source };
        let text = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
            Ok(metadata) if !metadata.is_file() || metadata.len() > LARGEST => {
                return Err(failed(io::Error::other("it is not a small file")));
            }
            Ok(_) => fs::read_to_string(path).map_err(failed)?,
        };
        let table: toml::Table = toml::from_str(&text).map_err(|error| parse_error(path, &text, &error))?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let forbidden = matches!(
                key.as_str(),
                "agents" | "command" | "jobs" | "timeout" | "hosts" | "env" | "read" | "wall" | "acp"
            );
            let nearest = crate::suggestion::nearest(key, &KEYS);
            return Err(SettingsError::UnknownKey { path: path.to_owned(), key: key.clone(), nearest, forbidden });
        }
        let settings: Self = table.try_into().map_err(|error| parse_error(path, &text, &error))?;
        match settings.kb {
            Some(1) => Ok(settings),
            Some(version) => Err(SettingsError::Version { path: path.to_owned(), version }),
            None => Err(SettingsError::NoVersion { path: path.to_owned() }),
        }
    }
}

fn parse_error(path: &Path, text: &str, error: &toml::de::Error) -> SettingsError {
    let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    SettingsError::Parse { path: path.to_owned(), message: format!("{line}{}", error.message()) }
}
