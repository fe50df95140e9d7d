//! Jobs that outlive the terminal: run by a kb in a session of its own.

use crate::machine::Machine;
use std::io;
use std::process::{Command, Stdio};

/// The command of kb that only kb itself uses.
pub const COMMAND: &str = "__jobs";

/// Starts a kb that runs these jobs, so many at once, and does not wait for it.
pub fn run_detached(ids: &[String], at_once: usize, machine: &Machine) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "starts kb itself")]
    let mut command = Command::new(&machine.program);
    command.arg(COMMAND).arg("--jobs").arg(at_once.to_string()).args(ids);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(|_| ())
}
