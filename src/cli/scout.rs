//! `kb __scout`: the built-in researcher in a process of its own. A request on standard input, one
//! JSON object a line on standard output.

use super::fail::{self, Failure};
use crate::agent::ScoutMessage as Message;
use crate::scout::{self, Request};
use std::io::{self, Write};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<u8, Failure> {
    let failed = |message: String| Failure::Scout { message };
    // Whatever ends kb, this ends with it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let request: Request =
        serde_json::from_reader(io::stdin().lock()).map_err(|error| failed(format!("this is no request: {error}")))?;
    let report = scout::answer(&request, &mut |doing| {
        // Nobody listening is no reason to stop: the report will fail to be written.
        let _ = say(&Message::Doing(doing.to_owned()));
    });
    let report = report.map_err(|error| failed(error.to_string()))?;
    say(&Message::Report(Box::new(report))).map_err(Failure::Output)?;
    Ok(fail::DONE)
}

fn say(message: &Message) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, message)?;
    out.write_all(b"\n")?;
    out.flush()
}
