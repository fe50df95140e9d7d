//! What one run of kb goes by: flags over environment over the user's configuration over the
//! knowledge base's. The only place that reads the environment.

use super::config::{Config, ConfigError};
use super::fail::Failure;
use crate::agent::Roster;
use crate::index::Index;
use crate::knowledge_base::{self, Found, KnowledgeBase};
use crate::machine::Machine;
use crate::save;
use chrono::DateTime;
use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// How many jobs run at once where nobody says.
const USUAL_JOBS: usize = 4;

/// Flags, environment and configuration, made into one value.
pub(super) struct Settings {
    /// The surroundings.
    pub(super) machine: Rc<Machine>,
    /// `--json`
    pub(super) json: bool,
    /// `--events`: JSON while jobs run, not only at their end.
    pub(super) events: bool,
    /// The agent that the user wants, or `auto`.
    pub(super) agent: String,
    /// Who said so.
    pub(super) agent_from: AgentFrom,
    /// How many jobs run at once.
    pub(super) jobs: usize,
    /// Who can be asked.
    pub(super) roster: Roster,
    /// How long an agent may take.
    pub(super) timeout: Option<Duration>,
    /// How much memory an agent may hold, in bytes.
    pub(super) memory: Option<u64>,
    /// `$VISUAL`, `$EDITOR`
    pub(super) editor: Option<String>,
    /// `$COLUMNS`
    pub(super) columns: Option<usize>,
    kb: Option<PathBuf>,
    kb_dir: Option<PathBuf>,
    found: OnceCell<Found>,
}

/// Who says which agent is asked where the command line names none.
#[derive(Clone, Copy)]
pub(super) enum AgentFrom {
    /// `$KB_AGENT`
    Environment,
    /// The user's `config.toml`.
    Configuration,
    /// Nobody.
    Nobody,
}

impl Settings {
    /// Reads what there is to read. Starts nothing, and looks for no knowledge base yet.
    pub(super) fn read(kb: Option<PathBuf>, json: bool) -> Result<Self, Failure> {
        let machine = machine()?;
        let config = Config::read(&machine.config.join("config.toml"))?;
        let (agent, agent_from) = match (text("KB_AGENT"), config.agent) {
            (Some(agent), _) => (agent, AgentFrom::Environment),
            (None, Some(agent)) => (agent, AgentFrom::Configuration),
            (None, None) => ("auto".to_owned(), AgentFrom::Nobody),
        };
        Ok(Self {
            json,
            events: false,
            agent,
            agent_from,
            jobs: config.jobs.unwrap_or(USUAL_JOBS),
            roster: Roster::new(&config.options, config.own),
            timeout: config.timeout,
            memory: config.memory,
            editor: text("VISUAL").or_else(|| text("EDITOR")),
            columns: text("COLUMNS").and_then(|columns| columns.parse().ok()),
            kb,
            kb_dir: path("KB_DIR"),
            found: OnceCell::new(),
            machine: Rc::new(machine),
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

    /// The same, for another knowledge base.
    pub(super) fn with_base(&self, base: KnowledgeBase) -> Self {
        let found = OnceCell::from(Found { base, why: knowledge_base::Why::Flag });
        Self {
            machine: self.machine.clone(),
            agent: self.agent.clone(),
            roster: self.roster.clone(),
            editor: self.editor.clone(),
            kb: self.kb.clone(),
            kb_dir: self.kb_dir.clone(),
            found,
            ..*self
        }
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

/// The surroundings alone.
pub(super) fn machine() -> Result<Machine, Failure> {
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
        home,
        environment: environment(),
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

fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

fn text(name: &str) -> Option<String> {
    path(name).map(|value| value.to_string_lossy().into_owned())
}
