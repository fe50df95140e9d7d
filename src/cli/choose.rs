//! Who is asked: those that the user names, else the configured one, else the knowledge base's wish, else
//! the first that is ready.

use super::fail::Failure;
use super::settings::{AgentFrom, Settings};
use crate::agent::Candidate;
use crate::agent::login::LoginState;
use crate::suggestion;

/// An agent, and where the choice comes from.
pub(super) struct Chosen {
    /// Who is asked.
    pub(super) candidate: Candidate,
    /// Why, as the end of a sentence; none where the command line names it.
    pub(super) why: Option<&'static str>,
    /// By the user, not as the first that is ready.
    pub(super) is_named: bool,
}

/// Those that are named, or where nobody is, who is asked by default: each once, at least one.
pub(super) fn chosen(named: &[String], settings: &Settings) -> Result<Vec<Chosen>, Failure> {
    let (wanted, from): (Vec<&str>, _) = match named {
        [] => (settings.agent.split(',').map(str::trim).collect(), settings.agent_from.why()),
        named => (named.iter().map(|name| name.trim()).collect(), None),
    };
    let mut all: Vec<Chosen> = Vec::new();
    for name in wanted {
        let (candidate, why) = match name {
            "auto" => first(settings).map(|(candidate, why)| (candidate, Some(why)))?,
            name => (named_by(from, name, settings)?, from),
        };
        if all.iter().all(|other| other.candidate.agent.name() != candidate.agent.name()) {
            all.push(Chosen { candidate: candidate.clone(), why, is_named: name != "auto" });
        }
    }
    Ok(all)
}

/// The agent of this name, from the command line.
pub(super) fn by_name<'a>(name: &str, settings: &'a Settings) -> Result<&'a Candidate, Failure> {
    named_by(None, name, settings)
}

fn named_by<'a>(from: Option<&'static str>, name: &str, settings: &'a Settings) -> Result<&'a Candidate, Failure> {
    let roster = &settings.roster;
    let unknown = || {
        let known: Vec<String> = roster.all().iter().map(|known| known.agent.name().to_owned()).collect();
        let all: Vec<&str> = known.iter().map(String::as_str).collect();
        let nearest = suggestion::nearest(name, &all).map(str::to_owned);
        Failure::NoSuchAgent { name: name.to_owned(), from, nearest, known }
    };
    roster.by_name(name).ok_or_else(unknown)
}

/// Who `auto` is. A knowledge base may have a wish; the user's own word counts more.
fn first(settings: &Settings) -> Result<(&Candidate, &'static str), Failure> {
    let ready = |candidate: &&Candidate| is_ready(candidate, settings);
    // Whoever cannot do without a knowledge base says that there is none.
    let base = settings.base().ok();
    let wish = base.and_then(|base| base.settings.agent.as_deref()).and_then(|name| settings.roster.by_name(name));
    if let Some(wish) = wish.filter(ready) {
        return Ok((wish, "the `kb.toml` of this knowledge base names it"));
    }
    match settings.roster.all().iter().find(ready) {
        Some(candidate) => Ok((candidate, "`auto` means this one, the first that is ready")),
        // Scout is kb itself.
        None => by_name("scout", settings).map(|scout| (scout, "no other is ready")),
    }
}

fn is_ready(candidate: &Candidate, settings: &Settings) -> bool {
    candidate.program(&settings.machine).is_some() && candidate.login(&settings.machine) == LoginState::Yes
}

impl AgentFrom {
    fn why(self) -> Option<&'static str> {
        match self {
            AgentFrom::Environment => Some("`KB_AGENT` names it"),
            AgentFrom::Configuration => Some("your `config.toml` names it"),
            AgentFrom::Nobody => None,
        }
    }
}
