//! `kb agents`: who can be asked, who is by default, and which wall they get.

use super::ask::run_here;
use super::fail::Failure;
use super::format::{Printer, View};
use super::settings::Settings;
use crate::agent::Candidate;
use crate::agent::login::{LoginState, looks_logged_in};
use crate::job::{Jobs, Order};
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
    let default = first_ready(settings).map(|candidate| candidate.agent.name());
    let agents = settings.roster.all().iter().map(|candidate| {
        let name = candidate.agent.name();
        let program = candidate.program(&settings.machine);
        let login = login(candidate, settings);
        let is_default = default == Some(name);
        let why = match (&program, login) {
            (None, _) => "not installed".to_owned(),
            (Some(_), LoginState::No) => "installed; not logged in".to_owned(),
            (Some(_), _) if is_default => "ready; `auto` means this one, the first that is".to_owned(),
            (Some(_), LoginState::Yes) => "ready".to_owned(),
            (Some(_), LoginState::Unknown) => "installed; kb cannot tell whether it is logged in".to_owned(),
        };
        AgentStateView {
            name: name.to_owned(),
            about: candidate.agent.about(),
            version: program.as_deref().and_then(|program| version(candidate, program)),
            program: program.map(|program| program.to_string_lossy().into_owned()),
            logged_in: match login {
                LoginState::Yes => "yes",
                LoginState::No => "no",
                LoginState::Unknown => "unknown",
            },
            default: is_default,
            why,
        }
    });
    let agents = agents.collect();
    let (wall, wall_notes) = match sandbox::probe(&settings.machine.program) {
        Ok(wall) => (Some(wall.word()), wall.leaks().iter().map(|leak| format!("does not hold: {leak}")).collect()),
        Err(error) => (None, vec![error.to_string(), error.remedy().to_owned()]),
    };
    printer.print(View::Agents(AgentsView { format: FORMAT, agents, wall, wall_notes }))
}

/// The agent that `auto` means: the first that is installed and looks logged in; scout is, always.
pub(super) fn first_ready(settings: &Settings) -> Option<&Candidate> {
    settings.roster.all().iter().find(|candidate| is_ready(candidate, settings))
}

/// Whether an agent is installed and looks logged in.
pub(super) fn is_ready(candidate: &Candidate, settings: &Settings) -> bool {
    candidate.program(&settings.machine).is_some() && login(candidate, settings) == LoginState::Yes
}

fn login(candidate: &Candidate, settings: &Settings) -> LoginState {
    let home = settings.machine.home.as_deref().unwrap_or(Path::new("/nonexistent"));
    looks_logged_in(&candidate.needs(), home, &|name| settings.machine.variable(name).map(ToOwned::to_owned))
}

/// Read from where it is installed: nothing is started.
fn version(candidate: &Candidate, program: &Path) -> Option<String> {
    match candidate.agent.executable() {
        None => Some(env!("CARGO_PKG_VERSION").to_owned()),
        Some(_) => crate::agent::installed_version(program),
    }
}

fn check(name: &str, settings: &Settings, printer: &Printer) -> Result<u8, Failure> {
    let folder =
        tempfile::tempdir().map_err(|source| Failure::Read { what: "a folder for a trial".to_owned(), source })?;
    let written = crate::save::replace(&folder.path().join("hello.txt"), b"the word is: heron\n");
    written.map_err(|source| Failure::Read { what: "a file for a trial".to_owned(), source })?;
    let store = Jobs::of(&settings.machine);
    let order = Order {
        question: "which word does hello.txt give, and in which line".to_owned(),
        agent: name.to_owned(),
        subject: folder.path().to_owned(),
        base: settings.base()?.root.clone(),
        ask_anyway: true,
        is_trial: true,
        seconds: Some(120),
        ..Order::default()
    };
    let record = store.add(order, &settings.machine)?;
    run_here(&[record], 1, settings, printer)
}
