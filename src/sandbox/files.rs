//! The weaker wall, where namespaces are refused: Landlock and seccomp alone, and a helper that stays
//! behind to end what the program leaves.

use super::helper::{HelperError, Step, become_program};
use super::namespaces::drop_capabilities;
use super::process::{self, Side};
use super::spec::Spec;
use rustix::fs::Mode;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, getppid, kill_process, kill_process_group, set_child_subreaper,
    set_parent_process_death_signal,
};
use std::ffi::OsString;
use std::fs;

pub(super) fn run(spec: &Spec, program: &[OsString]) -> Result<u8, HelperError> {
    // A signal that can be caught: orphans must be ended before the helper is gone.
    process::end_with(spec.parent, Signal::TERM)?;
    process::block_signals()?;
    set_child_subreaper(Some(getpid())).step("adopt orphans")?;
    let helper = getpid();
    match process::fork()? {
        Side::Child => {
            set_parent_process_death_signal(Some(Signal::KILL)).step("bind the program to the helper")?;
            if getppid() != Some(helper) {
                return Err(std::io::Error::other("the helper is gone")).step("bind the program to the helper");
            }
            drop_capabilities();
            let none = rustix::thread::CapabilitySets {
                effective: rustix::thread::CapabilitySet::empty(),
                permitted: rustix::thread::CapabilitySet::empty(),
                inheritable: rustix::thread::CapabilitySet::empty(),
            };
            rustix::thread::set_capabilities(None, none).step("give up capabilities")?;
            // `chmod` does nothing behind this wall, so a new file's mode is what it is made with.
            rustix::process::umask(Mode::RWXG | Mode::RWXO);
            become_program(spec, program).map(|never| match never {})
        }
        Side::Parent(main) => {
            process::let_go_of_pipes()?;
            let code = process::watch(main, |signal| match kb_is_there(spec) {
                true if kill_process_group(main, process::handed_on(signal)).is_ok() => {}
                true => _ = kill_process(main, process::handed_on(signal)),
                false => _ = kill_process(main, Signal::KILL),
            });
            end_all();
            Ok(code)
        }
    }
}

fn kb_is_there(spec: &Spec) -> bool {
    getppid().is_some_and(|pid| pid.as_raw_nonzero().get().cast_unsigned() == spec.parent)
}

/// Kills what is left: each child that is gone hands its own children to this process.
fn end_all() {
    let children = format!("/proc/self/task/{}/children", getpid().as_raw_nonzero());
    loop {
        let listed = fs::read_to_string(&children).unwrap_or_default();
        for child in listed.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
            let _ = kill_process(child, Signal::KILL);
        }
        if rustix::process::wait(WaitOptions::empty()).is_err() {
            return;
        }
    }
}
