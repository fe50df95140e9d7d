//! Who can be asked on this machine: the agents that kb knows and the user's own, each with what the
//! user's configuration adds, and which of them is ready.

use super::{ALL, Agent, Needs};
use crate::machine::Machine;
use std::path::PathBuf;

/// How many jobs of a service run at once where nobody says.
const USUAL_AT_ONCE: usize = 8;

/// What the user's configuration says of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The model to use.
    pub model: Option<String>,
    /// How many of its jobs run at once, across all kb processes.
    pub jobs: Option<usize>,
    /// Names of variables let through, besides its own.
    pub env: Vec<String>,
    /// Also readable.
    pub read: Vec<String>,
    /// Also reachable.
    pub hosts: Vec<String>,
}

/// An agent, and what the user wants of it.
#[derive(Clone)]
pub struct Candidate {
    /// The agent.
    pub agent: &'static dyn Agent,
    /// What the configuration says.
    pub options: Options,
}

/// Everyone who can be asked, in order of preference.
#[derive(Clone)]
pub struct Roster(Vec<Candidate>);

impl Candidate {
    /// All that the wall lets through for it.
    pub fn needs(&self) -> Needs {
        let mut needs = self.agent.needs();
        needs.hosts.extend(self.options.hosts.iter().cloned());
        needs.variables.extend(self.options.env.iter().cloned());
        needs.read.extend(self.options.read.iter().cloned());
        needs
    }

    /// How many of its jobs run at once, across all kb processes; none: as many as anyone likes. A
    /// service counts requests, a program of one's own and scout do not.
    pub fn jobs_at_once(&self) -> Option<usize> {
        self.options.jobs.or_else(|| (!self.agent.needs().hosts.is_empty()).then_some(USUAL_AT_ONCE))
    }

    /// Where its program is; none if it is not installed.
    pub fn program(&self, machine: &Machine) -> Option<PathBuf> {
        match self.agent.executable() {
            None => Some(machine.program.clone()),
            Some(name) => machine.find_program(name),
        }
    }
}

impl Roster {
    /// The built-in agents refined by `options`, and the user's own.
    pub fn new(options: &[(String, Options)], own: Vec<Candidate>) -> Self {
        let refine = |agent: &dyn Agent| {
            let found = options.iter().find(|(name, _)| name == agent.name());
            found.map(|(_, options)| options.clone()).unwrap_or_default()
        };
        let known = ALL.into_iter().map(|agent| Candidate { options: refine(agent), agent });
        Self(known.chain(own).collect())
    }

    /// All of them.
    pub fn all(&self) -> &[Candidate] {
        &self.0
    }

    /// The one of this name.
    pub fn by_name(&self, name: &str) -> Option<&Candidate> {
        self.0.iter().find(|candidate| candidate.agent.name() == name)
    }
}
