//! `kb agents`: who can be asked, who is by default, and which wall they get.

use super::fail::Failure;
use super::format::{Printer, View, say};
use super::settings::Settings;
use super::terminal::Looker;
use super::{choose, jobs};
use crate::agent::Candidate;
use crate::agent::login::LoginState;
use crate::job::Order;
use crate::sandbox;
use crate::view::{AgentStateView, AgentsView, FORMAT};
use std::path::Path;

#[derive(Debug, clap::Args)]
#[command(after_help = "  kb agents\n  kb agents check claude")]
pub(super) struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Ask an agent one tiny question, behind the wall
    Check {
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub(super) fn run(args: &Args, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    if let Some(What::Check { name }) = &args.what {
        return check(name, settings, printer);
    }
    // Who cannot be asked is no reason not to list the others.
    let default = match choose::chosen(&[], settings) {
        Ok(chosen) => chosen,
        Err(failure @ Failure::NoSuchAgent { .. }) => {
            say(&format!("kb: {failure}"));
            Vec::new()
        }
        Err(failure) => return Err(failure),
    };
    if let Err(failure) = settings.base() {
        say(&format!("kb: {failure}"));
    }
    let agents = settings.roster.all().iter().map(|candidate| {
        let name = candidate.agent.name();
        let program = candidate.program(&settings.machine);
        let login = candidate.login(&settings.machine);
        let chosen = default.iter().find(|chosen| chosen.candidate.agent.name() == name);
        let next = match (&program, login) {
            (None, _) => install(candidate),
            (Some(_), LoginState::No | LoginState::Unknown) => candidate.agent.log_in().map(str::to_owned),
            (Some(_), LoginState::Yes) => None,
        };
        let state = match (&program, login) {
            (None, _) => "not installed",
            (Some(_), LoginState::No) => "installed; not logged in",
            (Some(_), LoginState::Yes) => "ready",
            (Some(_), LoginState::Unknown) => "installed; kb cannot tell whether it is logged in",
        };
        let state = next.as_ref().map_or_else(|| state.to_owned(), |next| format!("{state}: {next}"));
        let why = chosen.and_then(|chosen| chosen.why);
        AgentStateView {
            name: name.to_owned(),
            about: candidate.about(&settings.machine),
            version: program.as_deref().and_then(|program| version(candidate, program)),
            program: program.map(|program| program.to_string_lossy().into_owned()),
            logged_in: match login {
                LoginState::Yes => "yes",
                LoginState::No => "no",
                LoginState::Unknown => "unknown",
            },
            default: chosen.is_some(),
            why: why.map_or_else(|| state.clone(), |why| format!("{state}; {why}")),
            next,
        }
    });
    let agents = agents.collect();
    let (wall, wall_notes) = match sandbox::probe(&settings.machine.program) {
        Ok(wall) => (Some(wall.word()), wall.leaks().iter().map(|leak| format!("does not hold: {leak}")).collect()),
        Err(error) => (None, vec![error.to_string(), error.remedy().to_owned()]),
    };
    printer.print(View::Agents(AgentsView { format: FORMAT, agents, wall, wall_notes }))
}

/// What brings an agent's program.
pub(super) fn install(candidate: &Candidate) -> Option<String> {
    candidate.agent.package().map(|package| format!("`npm install -g {package}`"))
}

/// What is said of an agent that is asked although its service would know nobody.
pub(super) fn warn_of_login(candidate: &Candidate, settings: &Settings) {
    let agent = candidate.agent;
    if candidate.program(&settings.machine).is_some()
        && candidate.lacks_login(&settings.machine)
        && let Some(log_in) = agent.log_in()
    {
        say(&format!("kb: {} does not look logged in: {log_in}", agent.name()));
    }
}

/// Read from where it is installed: nothing is started.
fn version(candidate: &Candidate, program: &Path) -> Option<String> {
    match candidate.agent.executable() {
        None => Some(env!("CARGO_PKG_VERSION").to_owned()),
        Some(_) => crate::agent::installed_version(program),
    }
}

/// How long a trial may take.
const SECONDS: u64 = 120;
/// The same for one that can hardly succeed.
const SECONDS_WITHOUT_LOGIN: u64 = 30;

fn check(name: &str, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let store = jobs::to_start(settings)?;
    let candidate = choose::by_name(name, settings)?;
    if !settings.json {
        warn_of_login(candidate, settings);
    }
    let folder =
        tempfile::tempdir().map_err(|source| Failure::Read { what: "a folder for a trial".to_owned(), source })?;
    let (file, text, question) = if candidate.agent.executable().is_some() {
        ("hello.txt", "the word is: heron\n", "which word does hello.txt give, and in which line")
    } else {
        say(&format!("{name} is built in: nothing has to be installed, nothing leaves this machine"));
        ("hello.py", "def tell_word():\n    return \"heron\"\n", "where is `tell_word`")
    };
    let written = crate::save::replace(&folder.path().join(file), text.as_bytes());
    written.map_err(|source| Failure::Read { what: "a file for a trial".to_owned(), source })?;
    let order = Order {
        question: question.to_owned(),
        agent: candidate.agent.name().to_owned(),
        subject: folder.path().to_owned(),
        base: settings.base()?.root.clone(),
        ask_anyway: true,
        is_trial: true,
        seconds: Some(if candidate.lacks_login(&settings.machine) { SECONDS_WITHOUT_LOGIN } else { SECONDS }),
        ..Order::default()
    };
    let record = store.add(order, &settings.machine)?;
    let code = jobs::run_records(std::slice::from_ref(&record), 1, settings, printer, &mut Looker::here());
    // What it was asked about is gone: there is nothing to repeat, and nothing to look at.
    let _ = store.remove(&record.id);
    code
}
