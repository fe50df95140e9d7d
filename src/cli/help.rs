//! `kb help [COMMAND|all]`

use super::fail::{Asked, Failure};
use super::format::View;
use crate::suggestion;
use std::fmt::Write;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A command, or `all`
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<View, Failure> {
    let mut kb = super::command();
    kb.build();
    let text = match args.command.as_deref() {
        None => kb.render_help().to_string(),
        Some("all") => all(&kb),
        Some(name) => {
            let known: Vec<String> = kb.get_subcommands().map(|command| command.get_name().to_owned()).collect();
            let command = kb.find_subcommand_mut(name).ok_or_else(|| {
                let known: Vec<&str> = known.iter().map(String::as_str).filter(|name| !name.starts_with('_')).collect();
                let nearest = suggestion::nearest(name, &known).map(str::to_owned);
                Failure::Asked(Asked::NoSuchCommand { name: name.to_owned(), nearest })
            })?;
            command.render_long_help().to_string()
        }
    };
    Ok(View::Plain(text))
}

fn all(kb: &clap::Command) -> String {
    let mut text = String::from("Every command; `kb help COMMAND` explains one.\n\n");
    for command in kb.get_subcommands().filter(|command| !command.get_name().starts_with('_')) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "  {:<12} {about}", command.get_name());
    }
    text
}
