//! The command line: one file a command, settings, messages, formats. Commands return a view and
//! never print.

mod add;
mod agents;
mod arguments;
mod ask;
mod check;
mod choose;
mod compare;
mod completions;
mod config;
mod context;
mod diff;
mod doubts;
mod edit;
mod fail;
pub mod format;
mod handles;
mod help;
mod init;
mod jobs;
mod last_hits;
mod list;
mod log;
mod notes;
mod path;
mod refresh;
mod related;
mod rm;
mod run_jobs;
mod scout;
mod search;
mod settings;
mod show;
mod tag;
mod terminal;
mod wait;
mod watch_jobs;
mod wall;
mod r#where;

pub use arguments::command;

use crate::job::{Jobs, News};
use clap::{FromArgMatches, Parser, Subcommand};
use fail::Failure;
use format::Printer;
use settings::Settings;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

/// Ask about code once, keep the answer, know whether it is still true.
#[derive(Debug, Parser)]
#[command(
    name = "kb",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = "`kb help all` shows the other commands, `kb help COMMAND` one of them.")]
struct Cli {
    /// The knowledge base: a folder of notes [default: the nearest one upwards, else your own]
    #[arg(long, global = true, value_name = "DIR")]
    kb: Option<PathBuf>,
    /// Print one JSON object in place of text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask about code, save the answer as a note, print it
    Ask(ask::Args),
    /// Find notes
    Search(search::Args),
    /// Print notes ready to paste into a prompt
    Context(context::Args),
    /// Show a note
    Show(show::Args),
    /// List the notes, newest first
    List(list::Args),
    /// Keep a text of your own as a note
    Add(add::Args),
    /// Say which notes are still true
    Check(check::Args),
    /// Show what is being asked and what became of it
    Jobs(jobs::Args),
    /// Show who can be asked, and which wall keeps them from changing anything
    Agents(agents::Args),
    /// Wait until jobs have ended
    #[command(hide = true)]
    Wait(wait::Args),
    /// Change a note in your editor
    #[command(hide = true)]
    Edit(edit::Args),
    /// Add and take away tags of a note
    #[command(hide = true)]
    Tag(tag::Args),
    /// Move notes to the trash, or bring the last ones back
    #[command(hide = true)]
    Rm(rm::Args),
    /// Print where a note's file is
    #[command(hide = true)]
    Path(path::Args),
    /// Ask again, and keep both answers
    #[command(hide = true)]
    Refresh(refresh::Args),
    /// List the revisions of a note
    #[command(hide = true)]
    Log(log::Args),
    /// Show what changed between two revisions of a note
    #[command(hide = true)]
    Diff(diff::Args),
    /// Show which places several notes cite, and which only one does
    #[command(hide = true)]
    Compare(compare::Args),
    /// Find the notes that are nearest to a note, or to a question
    #[command(hide = true)]
    Related(related::Args),
    /// Make a folder a knowledge base
    #[command(hide = true)]
    Init(init::Args),
    /// Print which knowledge base is used, and why
    #[command(hide = true)]
    Where(r#where::Args),
    /// Print the completions of a shell
    #[command(hide = true)]
    Completions(completions::Args),
    /// Explain a command, or list all of them
    #[command(hide = true)]
    Help(help::Args),
    #[command(name = crate::agent::SCOUT, hide = true)]
    Scout(scout::Args),
    #[command(name = crate::job::RUN_JOBS, hide = true)]
    RunJobs(run_jobs::Args),
}

/// Flags by which standard output is JSON alone.
const JSON: [&str; 2] = ["--json", "--events"];

/// Runs kb with these arguments, the program's name first.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    if let [_, command, rest @ ..] = &*arguments
        && command == crate::sandbox::COMMAND
    {
        return wall::run(rest);
    }
    let wants_json = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| JSON.iter().any(|flag| argument == flag));
    let mut printer = Printer::new(wants_json);
    // What a panic says goes where every failure goes.
    let bug: &'static Mutex<String> = Box::leak(Box::default());
    std::panic::set_hook(Box::new(move |panic| {
        bug.lock().map(|mut bug| *bug = panic.to_string()).unwrap_or_default();
    }));
    let result = catch_unwind(AssertUnwindSafe(|| {
        let matches = arguments::parse(arguments).map_err(Failure::Usage)?;
        let cli = Cli::from_arg_matches(&matches).map_err(Failure::Usage)?;
        run(&cli, &mut printer).inspect_err(|failure| {
            if let Command::RunJobs(args) = &cli.command {
                run_jobs::give_up(args, failure);
            }
        })
    }));
    match result.unwrap_or_else(|_| Err(Failure::Bug(bug.lock().map(|bug| bug.clone()).unwrap_or_default()))) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(printer.failure(&failure)),
    }
}

fn run(cli: &Cli, printer: &mut Printer) -> Result<u8, Failure> {
    if let Command::Scout(args) = &cli.command {
        return scout::run(args);
    }
    let events = matches!(&cli.command, Command::Ask(args) if args.events());
    let mut settings = Settings::read(cli.kb.clone(), cli.json || events)?;
    settings.events = events;
    printer.configure(&settings);
    tell_news(&cli.command, &settings);
    let view = match &cli.command {
        Command::Ask(args) => return ask::run(args, &settings, printer),
        Command::Agents(args) => return agents::run(args, &settings, printer),
        Command::Jobs(args) => return jobs::run(args, &settings, printer),
        Command::Refresh(args) => return refresh::run(args, &settings, printer),
        Command::Wait(args) => return wait::run(args, &settings, printer),
        Command::RunJobs(args) => return run_jobs::run(args, &settings, printer),
        Command::Search(args) => search::run(args, &settings),
        Command::Context(args) => context::run(args, &settings),
        Command::Show(args) => show::run(args, &settings),
        Command::List(args) => list::run(args, &settings),
        Command::Add(args) => add::run(args, &settings),
        Command::Check(args) => check::run(args, &settings),
        Command::Edit(args) => edit::run(args, &settings),
        Command::Tag(args) => tag::run(args, &settings),
        Command::Rm(args) => rm::run(args, &settings),
        Command::Path(args) => path::run(args, &settings),
        Command::Log(args) => log::run(args, &settings),
        Command::Diff(args) => diff::run(args, &settings),
        Command::Compare(args) => compare::run(args, &settings),
        Command::Related(args) => related::run(args, &settings),
        Command::Init(args) => init::run(args, &settings),
        Command::Where(args) => r#where::run(args, &settings),
        Command::Completions(args) => Ok(completions::run(args)),
        Command::Help(args) => help::run(args),
        Command::Scout(_) => return Ok(fail::DONE),
    }?;
    printer.print(view)
}

/// Tells a person, once, of jobs that ended while nobody looked.
fn tell_news(command: &Command, settings: &Settings) {
    // These two tell it themselves, and one has nobody to tell it to.
    let tells = !matches!(command, Command::Jobs(_) | Command::Wait(_) | Command::RunJobs(_));
    if tells && !settings.json && io::stderr().is_terminal() && settings.machine.variable("KB_JOB").is_none() {
        let news = Jobs::of(&settings.machine).take_news();
        let ended: Vec<String> = news.iter().map(|News { job, outcome }| format!("{job} ({outcome})")).collect();
        if !ended.is_empty() {
            format::say(&format!("ended meanwhile: {}; `kb jobs` shows more", ended.join(", ")));
        }
    }
}
