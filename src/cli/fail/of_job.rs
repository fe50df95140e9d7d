//! What to do next about a job that came to nothing.

use super::{AGENT, FAILED, NO, USAGE, of_record, of_store, of_subject};
use crate::agent::{Agent, AgentError, Trouble, by_name};
use crate::job::{JobError, Lacks, Noticed};

/// Who can be asked always.
const SCOUT: &str = "`--agent scout`";

/// A word for programs, the exit code, and what to do next about a job of this agent that came to nothing.
pub(in crate::cli) fn of_job(error: &JobError, agent: &str) -> (&'static str, u8, String) {
    let (code, exit, hint) = match error {
        JobError::Subject(error) => return of_subject(error),
        JobError::Agent(error) => return of_agent(error, agent),
        JobError::Lacking { lacks, .. } => return ("agent", AGENT, let_through(lacks, agent)),
        JobError::Store(error) => return of_store(error),
        JobError::Record(error) => return of_record(error),
        JobError::Index(_) => (
            "index",
            FAILED,
            "the index can be deleted at any time: remove the `.kb` folder of the knowledge base and try again",
        ),
        JobError::Handle(_) => ("no_such_note", NO, "`kb list` shows all notes"),
        JobError::EmptyQuestion => ("usage", USAGE, "ask something: `kb ask where are signed cookies set`"),
        JobError::NoSuchAgent { .. } => ("no_such_agent", USAGE, "`kb agents` lists those that kb knows"),
        JobError::NotInstalled { .. } => {
            let package = by_name(agent).and_then(Agent::package);
            let how = package.map_or_else(|| "install it".to_owned(), |package| format!("`npm install -g {package}`"));
            return ("not_installed", AGENT, format!("{how}, or choose another: {SCOUT}"));
        }
        JobError::WholeHome { path, .. } => {
            let hint = format!(
                "ask in a project's folder or name one with `--repo`; `--repo {}` asks about the home, without what begins \
                 with a dot",
                path.display()
            );
            return ("whole_home", USAGE, hint);
        }
        JobError::Wall(error) => return ("wall", FAILED, error.remedy().to_owned()),
        JobError::Home(_) => ("home", FAILED, "check the file that is named, and whether the disk is full"),
        JobError::Upstream { variable, .. } => {
            let hint = format!("set `{variable}` to an `http://` proxy, or to nothing to go without one");
            return ("proxy", FAILED, hint);
        }
        JobError::Unsaved { path: None, .. } => {
            ("unsaved", FAILED, "keep what is printed here (`kb add` makes a note of it), or make room and ask again")
        }
        JobError::Unsaved { path: Some(_), .. } => (
            "unsaved",
            FAILED,
            "put that file into the knowledge base when it can be written: it is a note; nobody need be asked again",
        ),
        JobError::Hindered { error, noticed } => return of_hindered(error, noticed, agent),
        JobError::Cancelled => ("cancelled", AGENT, "`kb jobs retry ID` asks again"),
    };
    (code, exit, hint.to_owned())
}

fn of_hindered(error: &AgentError, noticed: &[Noticed], agent: &str) -> (&'static str, u8, String) {
    let usual = of_agent(error, agent);
    match noticed.first() {
        Some(Noticed::NoLogin) => (usual.0, AGENT, how_to_log_in(agent)),
        Some(Noticed::Certificate { .. }) => {
            let hint = "set `NODE_EXTRA_CA_CERTS` and `SSL_CERT_FILE` to the file that holds it";
            ("certificate", AGENT, hint.to_owned())
        }
        Some(Noticed::Unreached(unreached)) => {
            let hint = match &unreached.through {
                Some(_) => format!("check that proxy (`HTTPS_PROXY`), and ask again; scout needs no network: {SCOUT}"),
                None => format!("check the network, and ask again; scout needs none: {SCOUT}"),
            };
            ("unreached", AGENT, hint)
        }
        Some(Noticed::Refused { hosts }) if !says_enough(error) => {
            let host = hosts.first().map_or("HOST", |host| host.strip_suffix(":443").unwrap_or(host));
            let hint = format!(
                "if it needs that, let it through: `hosts = [\"{host}\"]` under `[agents.{agent}]` in your `config.toml`"
            );
            (usual.0, AGENT, hint)
        }
        _ => usual,
    }
}

/// What an agent says itself is surer than what it was refused.
fn says_enough(error: &AgentError) -> bool {
    match error {
        AgentError::Failed { kind, .. } => *kind != Trouble::Other,
        AgentError::Incomplete { .. } | AgentError::Unfounded { .. } => true,
        _ => false,
    }
}

fn of_agent(error: &AgentError, agent: &str) -> (&'static str, u8, String) {
    let hint = match error {
        AgentError::Start { .. } => "check that the program is installed and may be run".to_owned(),
        AgentError::NotStanding { .. } => {
            format!("let it read what it lacks: `read = [\"FOLDER\"]` under `[agents.{agent}]` in your `config.toml`")
        }
        AgentError::NoModel { .. } => format!("set `model` under `[agents.{agent}]` in your `config.toml`"),
        AgentError::NoAnswer { killed: true, .. } => {
            format!("something ended its program: is memory short? ask again, or another: {SCOUT}")
        }
        AgentError::NoAnswer { .. } => format!(
            "what it lacks behind the wall is let through by `read`, `env` and `hosts` under `[agents.{agent}]` in your \
             `config.toml`; `kb agents check {agent}` tries it"
        ),
        AgentError::TimeOut { .. } => {
            "ask something smaller, or set `timeout = \"30m\"` in your `config.toml`".to_owned()
        }
        AgentError::TooMuchMemory { .. } => {
            "ask something smaller, or set `memory = \"8G\"` in your `config.toml`".to_owned()
        }
        AgentError::TooMuch { .. } | AgentError::TooLarge { .. } => "ask something smaller".to_owned(),
        AgentError::Lost { .. } | AgentError::Stopped { .. } => "`kb jobs retry ID` asks again".to_owned(),
        AgentError::Incomplete { .. } => "nothing was saved; ask again".to_owned(),
        AgentError::Unfounded { .. } => format!("nothing was saved; another agent can be asked: {SCOUT}"),
        AgentError::Failed { kind: Trouble::Login, .. } => how_to_log_in(agent),
        AgentError::Failed { kind: Trouble::Overload, .. } => format!("wait a little, or choose another: {SCOUT}"),
        AgentError::Failed { kind: Trouble::NoSuchSession, .. } => {
            "ask without `--follow`; the note can go along with `--with`".to_owned()
        }
        AgentError::Failed { kind: Trouble::Other, .. } => format!("ask again, or choose another: {SCOUT}"),
    };
    ("agent", AGENT, hint)
}

/// What could be let through the wall, as the configuration is written.
fn let_through(lacks: &Lacks, agent: &str) -> String {
    let list = |key: &str, values: &[String]| {
        let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        (!values.is_empty()).then(|| format!("`{key} = [{}]`", values.join(", ")))
    };
    let lines = [list("read", &lacks.read), list("env", &lacks.variables), list("hosts", &lacks.hosts)];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    format!(
        "it may lack what the wall keeps from it; if you want it to have that, write {} under `[agents.{agent}]` in \
         your `config.toml`",
        lines.join(", ")
    )
}

fn how_to_log_in(agent: &str) -> String {
    let how = by_name(agent).and_then(Agent::log_in).unwrap_or("log in with the program itself");
    format!("{how}; or choose another: {SCOUT}")
}
