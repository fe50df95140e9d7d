//! Who can be asked on this machine: the agents that kb knows and the user's own, each with what the
//! user's configuration adds, and which of them is ready.

use super::login::{LoginState, looks_logged_in};
use super::{ALL, About, Agent, Needs, Sent};
use crate::machine::Machine;
use crate::sandbox::proxy::Allowed;
use std::path::{Path, PathBuf};

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

    /// Whom it may reach: what it needs, what the configuration names, what its variables name. None: no
    /// network.
    pub fn reach(&self, machine: &Machine) -> Vec<Allowed> {
        let needs = self.needs();
        if needs.hosts.is_empty() {
            return Vec::new();
        }
        let mut reach: Vec<Allowed> = needs.hosts.iter().filter_map(|host| Allowed::parse(host, false)).collect();
        // What the user named may lie on this machine; so may a base URL.
        reach.extend(self.options.hosts.iter().filter_map(|host| Allowed::parse(host, true)));
        reach.extend(self.services(machine).into_iter().map(|(_, host)| host));
        reach
    }

    /// Who answers, and where the code is sent: the end of a sentence that begins with the name.
    pub fn about(&self, machine: &Machine) -> String {
        let About { who, sent } = self.agent.about();
        let mut hosts: Vec<String> = self.options.hosts.iter().map(|host| format!("`{host}`")).collect();
        hosts.dedup();
        match sent {
            Sent::Nowhere => format!("{who}; the code stays on this machine"),
            Sent::Service(provider) => {
                let named = |(name, host): (String, Allowed)| format!("`{host}`, as `{name}` says");
                let services: Vec<String> = self.services(machine).into_iter().map(named).collect();
                let own = self.service(machine).map(|host| format!("`{host}`"));
                hosts.retain(|host| own.as_ref() != Some(host));
                let to = match own {
                    Some(own) => format!("{own}, as its own settings say"),
                    None if services.is_empty() => provider.to_owned(),
                    None => services.join(", and to "),
                };
                let more = match hosts.is_empty() {
                    true => String::new(),
                    false => format!("; it may also reach {}", hosts.join(", ")),
                };
                format!("{who}; what it reads is sent to {to}{more}")
            }
            Sent::Named if self.needs().hosts.is_empty() => format!("{who}; it has no network"),
            Sent::Named => {
                let reach: Vec<String> = self.reach(machine).iter().map(|host| format!("`{host}`")).collect();
                let first = |at: &usize| !reach[..*at].contains(&reach[*at]);
                let reach: Vec<&str> = (0..reach.len()).filter(first).map(|at| reach[at].as_str()).collect();
                format!("{who}; what it reads may go to {}", reach.join(", "))
            }
        }
    }

    /// The service that the agent's own settings name. The wall lets through to it what the configuration names.
    fn service(&self, machine: &Machine) -> Option<Allowed> {
        let (needs, home) = (self.agent.needs(), machine.home.as_deref()?);
        let value = |name: &str| machine.variable(name).map(ToOwned::to_owned);
        let settings = |file: &str| std::fs::read_to_string(needs.users_file(file, home, &value)).ok();
        self.agent.service(&settings).and_then(|address| Allowed::parse(&address, true))
    }

    /// Whether somebody seems to be logged in, by files and variables alone.
    pub fn login(&self, machine: &Machine) -> LoginState {
        let home = machine.home.as_deref().unwrap_or(Path::new("/nonexistent"));
        looks_logged_in(&self.needs(), home, &|name| machine.variable(name).map(ToOwned::to_owned))
    }

    /// Whether its service would know nobody: there is no login, and the user says of no other service or key.
    pub fn lacks_login(&self, machine: &Machine) -> bool {
        let Options { env, hosts, .. } = &self.options;
        let is_elsewhere = !env.is_empty() || !hosts.is_empty() || !self.services(machine).is_empty();
        !is_elsewhere && self.service(machine).is_none() && self.login(machine) == LoginState::No
    }

    /// Services that variables name, which the wall lets through, with the variables' names.
    fn services(&self, machine: &Machine) -> Vec<(String, Allowed)> {
        let needs = self.needs();
        let urls = needs.variables.into_iter().filter(|name| name.ends_with("_URL"));
        urls.filter_map(|name| {
            let host = Allowed::parse(machine.variable(&name)?.to_str()?, true)?;
            Some((name, host))
        })
        .collect()
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
