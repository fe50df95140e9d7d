//! Jobs that outlive the terminal: run by a kb in a session of its own.

use crate::machine::Machine;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

/// The command of kb that only kb itself uses.
pub const COMMAND: &str = "__jobs";

/// Starts a kb that runs these jobs, so many at once, and does not wait for it.
pub fn run_detached(ids: &[String], at_once: usize, machine: &Machine) -> io::Result<()> {
    let mut command = own(ids, at_once, machine);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(|_| ())
}

/// The same, on this terminal and for somebody who reads its keys; what is said to it goes through the
/// socket.
pub fn run_watched(ids: &[String], at_once: usize, machine: &Machine) -> io::Result<(Child, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = own(ids, at_once, machine);
    let child = command.arg("--watched").stdin(OwnedFd::from(theirs)).spawn()?;
    Ok((child, ours))
}

fn own(ids: &[String], at_once: usize, machine: &Machine) -> Command {
    #[expect(clippy::disallowed_methods, reason = "starts kb itself")]
    let mut command = Command::new(&machine.program);
    command.arg(COMMAND).arg("--jobs").arg(at_once.to_string()).args(ids);
    command
}
